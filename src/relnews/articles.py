"""Article: one story, and what to do with a record that does not quite hold one.

Every way into an archive (files, dicts, data frame rows, objects) becomes an `Article` here, and
every article that is skipped or mended on the way is counted in an `Intake`.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from relnews import _validation
from relnews.exceptions import ArticleError

#: Names that published data sets use for a field of `Article`.
ALIASES = {"lang": "language", "topics": "tags"}

#: How many problems of a kind are named; the rest are only counted.
EXAMPLES_NAMED = 5


@dataclasses.dataclass(frozen=True, slots=True)
class Article:
    """One story of the archive.

    Parameters
    ----------
    id : str
        What the newsroom calls the story; unique in an archive.
    title, dek, text : str
        Headline, the line under it, and the body. They are what is ranked.
    published : datetime, optional
        Aware; a date without a time zone is taken as UTC.
    language : str, optional
        A BCP 47 tag. Words of two languages are different words.
    url, section, author, source, image : str, optional
        Carried along for output and news rules.
    tags : tuple of str
        The same.
    expires : datetime, optional
        From then on the article is in no list; as `published`, before which it is in none.
    origin : str
        Where the record was found (``file:line``), for messages only.
    """

    id: str
    title: str = ""
    dek: str = ""
    text: str = ""
    published: dt.datetime | None = None
    url: str | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    author: str | None = None
    source: str | None = None
    language: str | None = None
    image: str | None = None
    expires: dt.datetime | None = None
    origin: str = dataclasses.field(default="", compare=False, repr=False)

    def digest(self) -> bytes:
        """Return 16 bytes that tell whether two records of an article are the same."""
        values = repr([getattr(self, name) for name in FIELDS if name != "text"])
        digest = hashlib.blake2b(values.encode("utf-8", "surrogatepass"), digest_size=16)
        digest.update(self.text.encode("utf-8", "surrogatepass"))
        return digest.digest()


FIELDS = tuple(field.name for field in dataclasses.fields(Article) if field.name != "origin")


class Problem(enum.StrEnum):
    """What can be wrong with a record."""

    UNREADABLE = "unreadable"
    MISSING_ID = "missing id"
    DUPLICATE_ID = "duplicate id"
    NO_WORDS = "no title and no text"
    NO_TEXT = "no text"
    BAD_DATE = "bad date"
    DRAFT = "draft"
    FUTURE = "dated in the future"

    @property
    def consequence(self) -> str:
        """What happens to such a record unless the intake is strict."""
        return {Problem.NO_TEXT: "kept, title only", Problem.BAD_DATE: "kept, undated"}.get(
            self, "skipped"
        )

    @property
    def is_fault(self) -> bool:
        """Whether anything is wrong; a draft is as it should be."""
        return self not in (Problem.DRAFT, Problem.FUTURE)


class Intake:
    """What was loaded, and what was skipped or mended and why.

    Parameters
    ----------
    strict : bool, default=False
        Raise `ArticleError` at the first problem instead of counting it.

    Attributes
    ----------
    loaded : int
        Articles admitted.
    problems : Counter of Problem
        How often each kind of problem was met.
    examples : dict of Problem to list of str
        The first few of each kind, each with its place.
    """

    def __init__(self, *, strict: bool = False) -> None:
        self.strict = strict
        self.loaded = 0
        self.problems: Counter[Problem] = Counter()
        self.examples: dict[Problem, list[str]] = {}
        self._ids: set[str] = set()

    @property
    def skipped(self) -> int:
        """Records that did not become an article of the archive."""
        return sum(n for problem, n in self.problems.items() if problem.consequence == "skipped")

    def report(self, problem: Problem, origin: str, detail: str) -> None:
        """Count a problem, or raise it if the intake is strict and it is a fault."""
        sentence = _validation.problem_sentence(origin, problem.value, detail)
        if self.strict and problem.is_fault:
            raise ArticleError(sentence)
        self.problems[problem] += 1
        examples = self.examples.setdefault(problem, [])
        if len(examples) < EXAMPLES_NAMED:
            examples.append(sentence)

    def admit(self, article: Article) -> bool:
        """Say whether an article goes into the archive: its id is new."""
        if article.id in self._ids:
            self.report(
                Problem.DUPLICATE_ID, article.origin, f"{article.id!r}; the first one is kept"
            )
            return False
        self._ids.add(article.id)
        self.loaded += 1
        return True

    def summary(self) -> str:
        """Return the account as text: one line, and a few more for each kind of problem."""
        lines = [f"{self.loaded:,} articles loaded, {self.skipped:,} skipped"]
        for problem, count in self.problems.most_common():
            lines.append(f"  {problem.value}: {count:,} ({problem.consequence})")
            examples = self.examples[problem]
            lines.extend(f"    {sentence}" for sentence in examples)
            if count > len(examples):
                lines.append(f"    … and {count - len(examples):,} more")
        return "\n".join(lines)


def articles_from(source: object, intake: Intake) -> Iterator[Article]:
    """Yield the articles of an iterable of dicts, `Article`, data frame rows or a data frame.

    Parameters
    ----------
    source : iterable or DataFrame
        Rows may be mappings, dataclasses, named tuples, pandas Series, or what
        ``DataFrame.iterrows`` yields.
    intake : Intake
        Told of every record that is skipped or mended.

    Yields
    ------
    Article
        Each with an id that no earlier one had.
    """
    for number, record in enumerate(_rows(source), start=1):
        if isinstance(record, Article) and record.origin:  # a reader has checked it
            article: Article | None = record
        else:
            article = parse_article(_as_mapping(record, number), intake, f"article {number}")
        if article is not None and intake.admit(article):
            yield article


def parse_article(
    record: Mapping[str, object],
    intake: Intake,
    origin: str,
    fields: Mapping[str, str] | None = None,
) -> Article | None:
    """Make an `Article` of a record, or tell the intake why that cannot be done.

    Parameters
    ----------
    record : mapping
        Field names to values; names that are no field of `Article` are ignored.
    intake : Intake
        Told of the problem, if there is one.
    origin : str
        Where the record is, for the message.
    fields : mapping, optional
        Field of `Article` to the name that the record has for it.
    """
    named = _rename(record, fields or {})
    try:
        values = {name: _text(named.get(name), name) for name in FIELDS if name not in _PARSED}
        tags = _tags(named.get("tags"))
    except TypeError as error:
        intake.report(Problem.UNREADABLE, origin, str(error))
        return None
    identifier = values.pop("id")
    if not (identifier and identifier.strip()):
        intake.report(Problem.MISSING_ID, origin, _validation.expected_id())
        return None
    title, dek, text = (values.pop(name) or "" for name in ("title", "dek", "text"))
    if not text.strip():
        if not (title.strip() or dek.strip()):
            intake.report(Problem.NO_WORDS, origin, repr(identifier))
            return None
        intake.report(Problem.NO_TEXT, origin, repr(identifier))
    dates: dict[str, dt.datetime | None] = {}
    for name in ("published", "expires"):
        try:
            dates[name] = parse_date(named.get(name))
        except (TypeError, ValueError, OverflowError):
            detail = _validation.expected_date(named.get(name))
            intake.report(Problem.BAD_DATE, origin, f"{identifier!r}: {detail}")
            dates[name] = None
    about = {name: value or None for name, value in values.items()}
    return Article(
        id=identifier, title=title, dek=dek, text=text, tags=tags, origin=origin,
        published=dates["published"], expires=dates["expires"], **about,
    )  # fmt: skip


_PARSED = {"published", "expires", "tags"}


def _rows(source: object) -> Iterable[object]:
    if hasattr(source, "iter_rows"):  # polars
        return source.iter_rows(named=True)  # type: ignore[no-any-return]
    if hasattr(source, "itertuples"):  # pandas; named rows would lose names like "body text"
        names = [str(name) for name in source.columns]  # type: ignore[attr-defined]
        return (dict(zip(names, row, strict=True)) for row in source.itertuples(False, None))
    if isinstance(source, (str, bytes, Mapping, Article)) or not isinstance(source, Iterable):
        raise _validation.not_articles(source)
    return source


def _as_mapping(record: object, number: int) -> Mapping[str, object]:
    if isinstance(record, Mapping):
        return record
    if isinstance(record, tuple) and len(record) == 2 and hasattr(record[1], "to_dict"):
        record = record[1]  # DataFrame.iterrows
    if dataclasses.is_dataclass(record) and not isinstance(record, type):
        return {f.name: getattr(record, f.name) for f in dataclasses.fields(record)}
    for convert in ("_asdict", "to_dict"):
        if hasattr(record, convert):
            return getattr(record, convert)()  # type: ignore[no-any-return]
    raise _validation.not_an_article(record, number)


def _rename(record: Mapping[str, object], fields: Mapping[str, str]) -> dict[str, object]:
    named = {name: record[alias] for alias, name in ALIASES.items() if alias in record}
    named.update((name, value) for name, value in record.items() if not _is_missing(value))
    named.update((name, record.get(theirs)) for name, theirs in fields.items())
    return named


def _is_missing(value: object) -> bool:
    """Tell None, NaN, NaT and pandas.NA from a value."""
    if value is None or isinstance(value, (str, list, tuple)):
        return value is None
    try:
        return bool(value != value)  # how NaN and NaT show themselves
    except (TypeError, ValueError):  # pandas.NA; arrays
        return type(value).__name__ == "NAType"


def _text(value: object, name: str) -> str | None:
    if _is_missing(value):
        return None
    if isinstance(value, str):
        return value if value.isascii() else _without_lone_surrogates(value)
    if isinstance(value, Iterable):
        raise TypeError(_validation.expected_string(name, value))
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # a pandas column of integers with gaps
    return str(value)


def _without_lone_surrogates(text: str) -> str:
    # JSON can spell half of a surrogate pair; no encoding, file or database takes it.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _tags(value: object) -> tuple[str, ...]:
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping)):
        tags = [_text(tag, "tags") or "" for tag in value]
    else:
        tags = (_text(value, "tags") or "").split(",")
    return tuple(tag.strip() for tag in tags if tag.strip())


def parse_date(value: object) -> dt.datetime | None:
    """Return a date in UTC of a date or a string; None of nothing.

    Raises
    ------
    TypeError, ValueError, OverflowError
        If it is no date.
    """
    if _is_missing(value) or value == "":
        return None
    if type(value).__name__ == "datetime64":
        value = value.astype("datetime64[us]").item()  # type: ignore[attr-defined]
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value.strip())
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        value = dt.datetime.combine(value, dt.time())
    if not isinstance(value, dt.datetime):
        raise TypeError
    if value.tzinfo is None:
        value = value.replace(tzinfo=dt.UTC)
    value = value.astimezone(dt.UTC)
    # A pandas Timestamp is a datetime too; keep the plain one.
    return dt.datetime(
        value.year, value.month, value.day, value.hour, value.minute, value.second,
        value.microsecond, tzinfo=dt.UTC,
    )  # fmt: skip
