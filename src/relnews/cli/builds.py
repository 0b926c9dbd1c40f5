"""Commands that build an archive, in one run or in parts."""

# ruff: noqa: D301 (click takes the character \b to keep the lines of a paragraph)

from __future__ import annotations

import contextlib
import functools
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from tqdm import tqdm

from relnews._checks import counted, exists
from relnews.cli._shared import (
    one_line,
    part_of_text,
    phase,
    quiet_option,
    reading,
    strict_option,
)
from relnews.cli._source import Source, source_options
from relnews.options.vectors import GIVEN, WEIGHT, WORDLLAMA

if TYPE_CHECKING:
    from relnews.articles import Article
    from relnews.readers.load_report import LoadReport
    from relnews.related import RelatedNews
    from relnews.results import RepeatedLine
    from relnews.storage.rule_kinds import Rule

#: Repeated lines that `relnews build` names.
MOST_REPEATED = 20

output_option = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder to write. An archive in this folder is replaced when the new one is complete.",
)

fresh_option = click.option(
    "--fresh",
    is_flag=True,
    help="Drop the rules and the stored lists of an archive in this folder.",
)


@click.command()
@source_options
@output_option
@click.option("--title-weight", type=click.FloatRange(0, 1000), default=1, show_default=True,
              help="Weight that a word gains by being in the title.")  # fmt: skip
@click.option(
    "--stop-words",
    type=click.Choice(["language", "english", "none"]),
    default="language",
    show_default=True,
    help="Words to ignore: those of the article's language, English ones, or none.",
)
@click.option(
    "--normalization",
    type=click.Choice(["english", "none"]),
    default="english",
    show_default=True,
    help="Count plurals as singulars in English and French, and US as U.S. in English.",
)
@click.option("--language", metavar="TAG", default="en", show_default=True,
              help="Language of articles that do not name theirs.")  # fmt: skip
@click.option(
    "--ignore-repeated-lines/--count-repeated-lines",
    default=True,
    show_default=True,
    help="Ignore lines that stand in at least 20 articles of a source, and in 0.5 % of them.",
)
@click.option(
    "--vectors",
    type=click.Choice([WORDLLAMA, GIVEN]),
    help="Compare vectors of meaning, too: of wordllama, for English, or those of field `vector`.",
)
@click.option("--vector-weight", type=click.FloatRange(0, 1000), default=WEIGHT, show_default=True,
              help="Weight of the cosine of two vectors; that of words has 1.")  # fmt: skip
@fresh_option
@click.option(
    "--part",
    callback=part_of_text,
    metavar="N/M",
    help="Build part N of M of the articles only; relnews merge makes one archive of all parts.",
)
@strict_option
@quiet_option
def build(
    source: Source,
    output: Path,
    title_weight: float,
    stop_words: str,
    normalization: str,
    language: str,
    ignore_repeated_lines: bool,
    vectors: str | None,
    vector_weight: float,
    fresh: bool,
    part: tuple[int, int] | None,
    strict: bool,
    quiet: bool,
) -> None:
    """Build an archive from files of articles, folders, or a database.

    ARTICLES are files, or folders of files, of one format: JSON (.jsonl, .ndjson, .json), CSV
    (.csv, .tsv), Markdown with front matter (.md), HTML (.html), RSS or Atom (.rss, .atom, .xml),
    plain or compressed (.gz, .xz); or - for standard input.

    \b
    relnews build articles.jsonl -o my.relnews
    relnews build articles.csv -o my.relnews --field id=nid --field text=body
    relnews build articles.jsonl -o parts/3 --part 3/64

    \b
    Fields: id, title, dek, text, published (ISO 8601), url, section, tags (or topics),
    author, source, language (or lang), image, image_alt, expires, vector. An id, and a title or a
    text, are needed.

    Invalid articles are skipped or corrected; the report counts them and names the first few.

    If an archive is in the folder already, the new one has its rules and, if it has stored lists,
    lists of the same length; --fresh drops them.
    """
    from relnews.related import RelatedNews
    from relnews.storage import integrity
    from relnews.storage.catalogue import Catalogue
    from relnews.storage.database import CATALOGUE

    integrity.check_archive_target(output, CATALOGUE)  # before the work, not after it
    kept = Kept.of(output)  # raises if the archive there is damaged
    if part is not None and kept.is_whole:
        msg = f"{output} has an archive of all parts; write part {part[0]} to another folder."
        raise click.ClickException(msg)
    reader = source.open(strict, part=part)
    news = RelatedNews(
        title_weight=title_weight,
        stop_words=None if stop_words == "none" else stop_words,
        normalization=None if normalization == "none" else normalization,
        language=language,
        ignore_repeated_lines=ignore_repeated_lines,
        vectors=vectors,
        vector_weight=vector_weight,
    )
    is_new = not (output.exists() or output.is_symlink())
    with contextlib.ExitStack() as stack:
        place = output if is_new else stack.enter_context(_beside(output)) / "archive"
        then = "laying out and writing" if is_new else "laying out"
        with reading(reader, quiet, then) as records:
            articles = records if part is not None else _some(records, reader.load_report, source)
            news.fit(articles, folder=place, load_report=reader.load_report)
        source.remember(reader, Catalogue.open(place))
        if not is_new and part is None:
            kept = Kept.of(output)  # now, after the work
            if not fresh:
                kept.apply(news)
        if not is_new:
            with phase("writing", quiet):
                news.save(output)
    if not quiet:
        about = "" if part is None else f"part {part[0]}/{part[1]}, "
        click.echo(f"{output}: {about}{_outcome(news, kept, fresh)}", err=True)
        _print_repeated(news.repeated_lines_)


@contextlib.contextmanager
def _beside(output: Path) -> Iterator[Path]:
    """Yield a temporary folder on the disk of a folder."""
    parent = output.resolve().parent
    with tempfile.TemporaryDirectory(
        prefix=f".{output.name}.", suffix=".partial", dir=parent, ignore_cleanup_errors=True
    ) as folder:
        yield Path(folder)


def _some(articles: Iterator[Article], report: LoadReport, source: Source) -> Iterator[Article]:
    """Yield articles; raise at their end if the source had no record at all."""
    n_articles = 0
    for n_articles, article in enumerate(articles, start=1):  # noqa: B007
        yield article
    if not n_articles and not report.seen:
        msg = f"{source} has no articles, and no archive was written."
        raise click.ClickException(msg)


@click.command()
@click.argument("parts", nargs=-1, required=True, type=click.Path(path_type=Path))
@output_option
@fresh_option
@quiet_option
def merge(parts: Sequence[Path], output: Path, fresh: bool, quiet: bool) -> None:
    """Make one archive of the parts that `relnews build --part` wrote.

    \b
    relnews build articles.jsonl -o parts/1 --part 1/2
    relnews build articles.jsonl -o parts/2 --part 2/2
    relnews merge parts/1 parts/2 -o my.relnews

    PARTS are the folders of all parts, in any order. The archive has the lists of one build of all
    articles. Of several articles with one id the first stays.

    If a part is missing, damaged, or built from other articles or with other options, nothing is
    written. An archive in the folder keeps its rules and stored lists, as `relnews build` does.
    """
    import relnews

    kept = Kept.of(output)
    stores = kept.lists is not None and not fresh
    bar = functools.partial(tqdm, unit=" parts", disable=True if quiet else None)
    with contextlib.ExitStack() as stack:
        place = stack.enter_context(_beside(output)) / "archive" if stores else output
        with one_line():
            news = relnews.merge(
                parts, place, fresh=fresh, progress=lambda parts, total: bar(parts, total=total)
            )
        if stores:
            kept = Kept.of(output)  # now, after the work
            kept.apply(news)
            news.save(output)
    if not quiet:
        click.echo(f"{output}: {_outcome(news, kept, fresh)}", err=True)
        _print_repeated(news.repeated_lines_)


class Kept(NamedTuple):
    """The settings of an archive that a new build in its folder keeps.

    Parameters
    ----------
    rules : tuple of Rule
        Editors' rules.
    lists : dict or None
        Options of the stored lists; None if none are stored.
    is_whole : bool
        Whether there is an archive that is not of a part only.
    """

    rules: tuple[Rule, ...] = ()
    lists: dict[str, Any] | None = None
    is_whole: bool = False

    @classmethod
    def of(cls, folder: Path) -> Kept:
        """Return what the archive in a folder has; nothing without an archive.

        Parameters
        ----------
        folder : Path
            Folder of the build.
        """
        from relnews.storage.catalogue import Catalogue
        from relnews.storage.compiled_rules import CompiledRules
        from relnews.storage.database import CATALOGUE
        from relnews.storage.settings import SHARD

        if not exists(folder / CATALOGUE):
            return cls()
        catalogue = Catalogue.open(folder)
        lists, shard = catalogue.settings("lists", SHARD)
        return cls(CompiledRules.of(catalogue).rules, lists, shard is None)

    def apply(self, news: RelatedNews) -> None:
        """Give the rules to a new archive, and store its lists if they were stored before."""
        news.rules.replace(self.rules)
        if self.lists is not None:
            news.store_lists(self.lists["k"], max_drift=self.lists.get("max_drift"))

    def __str__(self) -> str:
        n = len(self.rules)
        names = [counted(n, "rule")] * bool(n) + ["stored lists"] * bool(self.lists)
        return " and ".join(names)


def _outcome(news: RelatedNews, kept: Kept, fresh: bool) -> str:
    """Return how many articles an archive has, and what is kept of the one before."""
    note = f"; {'dropped' if fresh else 'kept'}: {kept}" if str(kept) else ""
    return f"{counted(len(news), 'article')}{note}"


def _print_repeated(lines: Sequence[RepeatedLine]) -> None:
    """Say which lines a build ignores, if any, the most frequent ones by name."""
    if not lines:
        return
    click.echo(f"ignored, because they repeat: {counted(len(lines), 'line')}", err=True)
    for line in lines[:MOST_REPEATED]:
        source = f" of {line.source}" if line.source else ""
        click.echo(f"  in {line.n_articles:,} articles{source}: {line.words}", err=True)
    if len(lines) > MOST_REPEATED:
        click.echo(f"  and {len(lines) - MOST_REPEATED:,} more", err=True)
