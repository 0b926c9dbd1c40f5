"""Lists as files for a static site: a file for each article, or a few files for all.

A kind of site is a row of `SITES`. `export_site` writes changed files and removes files of
articles that are gone.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from relnews import dates
from relnews.export import _errors, json
from relnews.export.folder import FolderReport, KeptFolder, kept
from relnews.export.formats import FORMATS
from relnews.export.names import digest, file_name
from relnews.results import RelatedList

if TYPE_CHECKING:
    from relnews.options.list_options import Options
    from relnews.related import RelatedNews

#: Lists in one file of a pack, on average at most.
PACKED = 1024

#: Articles that are looked up at a time.
_CHUNK = 10_000


@dataclasses.dataclass(frozen=True, slots=True)
class Site:
    """Where and how a kind of site reads its data.

    Parameters
    ----------
    folder : str
        Folder of the files, below the folder of the site.
    format : str, default="json"
        A name of `FORMATS`; its suffix is the ending of the files.
    packed : bool, default=False
        Whether a file has many lists, by id, instead of the list of one article. Only JSON.
    index : str or None, default=None
        Name of a file that maps ids to the names of files, for templates that cannot compute them.
    stylesheet : str or None, default=None
        Name of a file with the style of the lists.
    """

    folder: str
    format: str = "json"
    packed: bool = False
    index: str | None = None
    stylesheet: str | None = None

    @property
    def ending(self) -> str:
        """Ending of the files."""
        return FORMATS[self.format].suffix


#: The kinds of sites by name. Hugo reads ``assets`` when a page asks for a file, and keeps all of
#: ``data`` in memory. Jekyll and Eleventy read only ``_data``, whose file names become keys. Astro
#: loads a collection from any folder; in Pelican, MkDocs and Docusaurus the settings decide.
SITES: Mapping[str, Site] = {
    "json": Site(".", index="_index.json"),
    "html": Site(".", format="html", index="_index.html.json", stylesheet="related-news.css"),
    "hugo": Site("assets/relnews", index="_index.json"),
    "astro": Site("src/data/relnews"),
    "jekyll": Site("_data/relnews", packed=True),
    "eleventy": Site("_data/relnews", packed=True),
    "pelican": Site("relnews", packed=True),
    "mkdocs": Site("relnews", packed=True),
    "docusaurus": Site("relnews", packed=True),
}


def export_site(
    news: RelatedNews,
    folder: str | os.PathLike[str],
    site: str = "json",
    *,
    k: int = 8,
    heading: str = "Related News",
    language: str = "en",
    progress: Callable[[Iterator[RelatedList], int], Iterable[RelatedList]] | None = None,
    **options: Unpack[Options],
) -> FolderReport:
    """Write the list of every article into the folder of a static site.

    A file with the right content is left as it is. A file that an earlier export wrote and that is
    not needed any more is removed. Other files are never touched: ``.relnews-json`` and the like,
    beside the files, list those that exports wrote. Articles under embargo or expired get no file.

    Parameters
    ----------
    news : RelatedNews
        The archive.
    folder : path-like
        Folder of the site; created if it is missing.
    site : str, default="json"
        A name of `SITES`.
    k : int, default=8
        Maximum length of a list.
    heading : str, default="Related News"
        Heading of HTML fragments.
    language : str, default="en"
        BCP 47 tag of the language in which HTML fragments have dates.
    progress : callable, optional
        Called with the lists and their number; returns the lists, to show progress.
    **options
        As for `RelatedNews.related_all`. Stored lists are used if there are no options.

    Returns
    -------
    FolderReport
        Numbers of files written, unchanged and removed, and of articles without an address.

    Raises
    ------
    FileExistsError
        If a file that no export wrote is in the way; then nothing is written.
    """
    about = SITES[_errors.check_site(site, SITES)]
    FORMATS[about.format].write(RelatedList(None, ()), heading=heading, language=language)  # checks
    ids = news.archive_.catalogue.visible_ids(dates.now())
    stems = _pack_names(ids) if about.packed else {id_: file_name(id_) for id_ in ids}
    names = {stem + about.ending for stem in stems.values()}
    names |= {name for name in (about.index, about.stylesheet) if name}
    with kept(Path(folder, about.folder), f".relnews-{site}", names) as files:
        lists: Iterable[RelatedList] = news.related_all(k, **options)
        if progress is not None:
            lists = progress(iter(lists), len(news))
        no_address: set[str] = set()
        known = ((stems[each.id], each) for each in _watched(lists, no_address) if each.id in stems)
        if about.packed:
            _write_packs(files, known, about)
        else:
            done = _write_each(files, known, about, heading=heading, language=language)
            if about.index:
                index = {id_: stems[id_] + about.ending for id_ in sorted(done)}
                files.write(about.index, f"{json.line(index)}\n".encode())
            if about.stylesheet:
                from relnews.export import html  # late: other sites do not wait for Jinja

                files.write(about.stylesheet, html.stylesheet().encode())
    return dataclasses.replace(files.report, without_address=len(no_address))


def _watched(lists: Iterable[RelatedList], no_address: set[str]) -> Iterator[RelatedList]:
    """Yield the lists; add the ids of their articles without an address."""
    for related in lists:
        no_address.update(item.id for item in related if not item.url)
        yield related


def _pack_names(ids: list[str]) -> dict[str, str]:
    """Return the pack of each list: as many digits of a hash of its id as are needed."""
    n_digits = next(n for n in range(64) if len(ids) <= PACKED << 4 * n)
    if not n_digits:
        return dict.fromkeys(ids, "lists")
    return {id_: f"lists-{digest(id_)[:n_digits]}" for id_ in ids}


def _write_each(
    files: KeptFolder, lists: Iterable[tuple[str, RelatedList]], site: Site, **settings: str
) -> list[str]:
    done: list[str] = []
    for stem, related in lists:
        text = FORMATS[site.format].write(related, **settings)
        files.write(stem + site.ending, f"{text}\n".encode() if text else b"")
        done.append(str(related.id))
    return done


def _write_packs(files: KeptFolder, lists: Iterable[tuple[str, RelatedList]], site: Site) -> None:
    """Write packs; a pack is a JSON object with a line for each id, in order of ids."""
    packs: dict[str, list[tuple[str, str]]] = {}
    for stem, related in lists:
        packs.setdefault(stem, []).append((str(related.id), json.dumps(related)))
    for stem in sorted(packs):
        lines = ",\n".join(f"{json.line(id_)}: {text}" for id_, text in sorted(packs.pop(stem)))
        files.write(stem + site.ending, f"{{\n{lines}\n}}\n".encode())
