"""Records: dicts, objects and data frame rows to articles."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from relnews._checks import expected_date
from relnews.articles import DATES, TEXTS, TUPLES, Article
from relnews.dates import is_missing, parse_date
from relnews.readers.load_report import LoadReport, Problem

#: Other names that data sets have for a field of `Article`. The first one with a value counts, if
#: the record has no value under the field's own name.
ALIASES = {
    "lang": "language",
    "topics": "tags",
    "summary": "dek",
    "description": "dek",
    "excerpt": "dek",
}


def articles_from(source: object, load_report: LoadReport) -> Iterator[Article]:
    """Yield the articles of an iterable of dicts, `Article`, data frame rows or a data frame.

    Parameters
    ----------
    source : iterable or DataFrame
        Rows may be mappings, dataclasses, named tuples, pandas Series, or what
        ``DataFrame.iterrows`` yields.
    load_report : LoadReport
        Counts every record that is skipped or repaired.

    Yields
    ------
    Article
        Each with an id that no earlier article had.
    """
    for number, record in enumerate(_rows(source), start=1):
        if isinstance(record, Article) and record.origin:  # a reader has checked it
            article: Article | None = record
        else:
            article = parse_article(_as_mapping(record, number), load_report, f"article {number}")
        if article is not None and load_report.admit(article):
            yield article


def parse_article(
    record: Mapping[str, object],
    load_report: LoadReport,
    origin: str,
    fields: Mapping[str, str] | None = None,
) -> Article | None:
    """Return the article of a record; None, and a problem in the report, if it has none.

    Parameters
    ----------
    record : mapping
        Names to values. Names in neither `FIELDS` nor `ALIASES` are ignored.
    load_report : LoadReport
        Counts the problem, if there is one.
    origin : str
        Place of the record, for the message.
    fields : mapping, optional
        Field of `Article` to the name that the record has for it.
    """
    named = _rename(record, fields or {})
    try:
        values: dict[str, Any] = {name: _text(named.get(name), name) for name in TEXTS}
        values |= {name: _texts(named.get(name), name) for name in TUPLES}
    except TypeError as error:
        load_report.report(Problem.UNREADABLE, origin, str(error))
        return None
    known = {name: value for name, value in values.items() if value}
    identifier = known.get("id", "")
    if not identifier.strip():
        load_report.report(Problem.MISSING_ID, origin, _expected_id())
        return None
    if not known.get("text", "").strip():
        if not any(known.get(name, "").strip() for name in ("title", "dek")):
            load_report.report(Problem.NO_WORDS, origin, repr(identifier))
            return None
        load_report.report(Problem.NO_TEXT, origin, repr(identifier))
    for name in DATES:
        try:
            known[name] = parse_date(named.get(name))
        except (TypeError, ValueError, OverflowError):
            detail = expected_date(named.get(name))
            load_report.report(Problem.BAD_DATE, origin, f"{identifier!r}: {detail}")
    return Article(**known, origin=origin)


def _rows(source: object) -> Iterable[object]:
    if hasattr(source, "iter_rows"):  # polars
        return source.iter_rows(named=True)  # type: ignore[no-any-return]
    if hasattr(source, "itertuples"):  # pandas; named rows would lose names like "body text"
        names = [str(name) for name in source.columns]  # type: ignore[attr-defined]
        return (dict(zip(names, row, strict=True)) for row in source.itertuples(False, None))
    if isinstance(source, (str, bytes, Mapping, Article)) or not isinstance(source, Iterable):
        raise _not_articles(source)
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
    raise _not_an_article(record, number)


def _rename(record: Mapping[str, object], fields: Mapping[str, str]) -> dict[str, object]:
    """Return a record under the names of `Article`: mapped names, then own names, then aliases."""
    named = {
        name: value
        for name, value in record.items()
        if isinstance(value, str) or (value is not None and not is_missing(value))
    }
    for alias, name in ALIASES.items():
        if alias in named:
            named.setdefault(name, named[alias])
    named.update((name, record.get(theirs)) for name, theirs in fields.items())
    return named


def _text(value: object, name: str) -> str | None:
    if isinstance(value, str):
        return value if value.isascii() else _without_lone_surrogates(value)
    if value is None or is_missing(value):
        return None
    if isinstance(value, Iterable):
        raise TypeError(_expected_string(name, value))
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # a pandas column of integers with gaps
    return str(value)


def _without_lone_surrogates(text: str) -> str:
    # JSON can spell half of a surrogate pair; no encoding, file or database takes it.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _texts(value: object, name: str) -> tuple[str, ...]:
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping)):
        texts = [_text(part, name) or "" for part in value]
    else:
        texts = (_text(value, name) or "").split(",")
    return tuple(text.strip() for text in texts if text.strip())


def _expected_id() -> str:
    """Describe an id that is missing."""
    return "expected a non-empty `id`; map another field to it if the data calls it differently"


def _expected_string(name: str, got: object) -> str:
    """Describe a field of the wrong type."""
    return f"`{name}` must be a string, got {type(got).__name__}"


def _not_articles(got: object) -> TypeError:
    """Reject something that is not a collection of articles."""
    return TypeError(
        "`articles` must be an iterable of dicts, Article objects or data frame rows, "
        f"got {type(got).__name__}. Put a single article into a list; read a file with "
        "relnews.read_articles(path)."
    )


def _not_an_article(got: object, number: int) -> TypeError:
    """Reject a row that has no named fields."""
    return TypeError(
        f"article {number} must be a mapping, an Article or a data frame row, "
        f"got {type(got).__name__}."
    )
