"""Records: dicts, objects, data frame rows, and posts of Ghost and WordPress, to articles."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from relnews._checks import counted, listed, shortened
from relnews.articles import TEXTS, TUPLES, Article
from relnews.dates import is_missing
from relnews.readers import ghost_posts, markup, visibility, wordpress_api
from relnews.readers.addresses import digest_id
from relnews.readers.field_names import FieldNames, dates_of, likely_names, slug_in
from relnews.readers.field_values import alt_of, text_value, text_values, vector_value
from relnews.readers.found import Former, Found, Skipped
from relnews.readers.load_report import LoadReport, Problem
from relnews.readers.read_options import ReadSpec
from relnews.readers.rows import entries_of
from relnews.readers.source_dates import read_date
from relnews.readers.visibility import switch

#: Records that tell how all of them are read: whether they have ids, and whether texts are HTML.
N_FIRST = 100

#: Kinds of posts of WordPress that are no articles. A site may have kinds of its own that are.
_NO_ARTICLES = frozenset({
    "page", "attachment", "revision", "nav_menu_item", "custom_css", "customize_changeset",
    "oembed_cache", "user_request", "wp_block", "wp_template", "wp_template_part",
    "wp_global_styles", "wp_navigation", "wp_font_family", "wp_font_face",
})  # fmt: skip

#: Systems whose posts get the fields of an article.
_SYSTEMS = (ghost_posts, wordpress_api)


class _Named(NamedTuple):
    """A record, and its values that are not missing, by the names of the source and by field."""

    record: Mapping[str, object]
    given: Mapping[str, object]
    named: Mapping[str, object]


class RecordParser:
    """Makes articles of the records of a source, and counts what is wrong with them.

    Parameters
    ----------
    spec : ReadSpec
        How records are read.
    load_report : LoadReport
        Counts every record that is skipped, withheld or repaired.
    is_plain : bool, default=True
        Whether names and values are as anybody may have written them. False for a reader of one
        kind of source: its records have the names of `Article`, and no HTML in their fields.
    """

    def __init__(self, spec: ReadSpec, load_report: LoadReport, *, is_plain: bool = True) -> None:
        self._spec = spec
        self._report = load_report
        self._is_plain = is_plain
        self._names = FieldNames(spec.fields, spec.remembered, has_aliases=is_plain)
        self._lacking: Counter[str] = Counter()
        self._is_html = spec.markup == "html"
        self._has_ids = True

    def articles(self, entries: Iterator[Found]) -> Iterator[Article]:
        """Yield the article of every entry that has one."""
        if self._is_plain:
            entries = _with_fields(entries)
        first = [*itertools.islice(entries, N_FIRST)]
        told = [*map(self._named, _with_fields(("", record) for record in self._spec.first))]
        ahead = [*map(self._named, first)]
        if self._is_plain:
            self._look_at([record for _, record in told or ahead if isinstance(record, _Named)])
        part = None if self._spec.part is None else self._report.part
        if part is not None:
            ahead, entries = [], part.own(itertools.chain(first, entries))
        latest = None  # the place of the latest article
        for origin, record in itertools.chain(ahead, map(self._named, entries)):
            if isinstance(record, Article):
                yield record if part is None else dataclasses.replace(record, place=part.place)
            elif isinstance(record, Skipped):
                self._report.report(record.problem, origin, record.detail)
            elif isinstance(record, Former):
                if origin != latest:
                    self._report.lose(record.id)
            else:
                try:
                    article = self._article(record, origin)
                except RecursionError:  # an attack
                    self._report.report(Problem.UNREADABLE, origin, "it is nested too deeply")
                    continue
                if article is not None:
                    latest = origin
                    yield article
        for field, name in self._names.taken.items():
            self._report.note(f"{field} is read from {name!r}")
        for name, count in self._lacking.items():
            if name:
                self._report.note(f"no address for {counted(count, 'article')} without {{{name}}}")

    def _named(self, entry: Found) -> tuple[str, _Named | Skipped | Former | Article]:
        """Return an entry with the names of its record."""
        origin, record = entry
        if isinstance(record, (Article, Skipped, Former)):
            return origin, record
        given = {
            name: value
            for name, value in record.items()
            if type(value) in _NEVER_MISSING or not is_missing(value)
        }
        return origin, _Named(record, given, self._names.named(given))

    def _look_at(self, records: list[_Named]) -> None:
        """Decide, from the first records, how all of them are read."""
        if not records:
            return
        names = itertools.chain.from_iterable(named.record for named in records)
        self._report.names = [*dict.fromkeys(names)]
        for field, theirs in self._spec.fields.items():
            if theirs not in self._report.names:
                found = listed(self._report.names[:20])
                self._report.note(
                    f"no record has {theirs!r}, which `fields` names for {field}; they have {found}"
                )
        named = [record.named for record in records]
        lacking = [
            field
            for field in ("id", "title", "text")
            if all(values.get(field) is None for values in named)
        ]
        self._has_ids = "id" in self._spec.fields or "id" not in lacking
        unknown = self._names.unknown(self._report.names)
        likely = likely_names(lacking, unknown)
        self._report.lacking = {
            field: likely.get(field, "NAME")
            for field in lacking
            # An article without an id gets one, unless the caller names it.
            if field != "id" or field in likely or field in self._spec.fields
        }
        words = [name for name in lacking if name != "id" and name not in self._spec.fields]
        if unknown and words:
            self._report.note(
                f"no field is the {' or the '.join(words)}; other names are {listed(unknown[:20])}"
            )
        if self._spec.markup == "auto":
            self._is_html = markup.is_mostly_html(named)
            if self._is_html:
                self._report.note("texts are read as HTML; --markup text reads them as they are")

    def _article(self, record: _Named, origin: str) -> Article | None:
        _, given, named = record
        values: dict[str, Any] = {}
        mended = []
        alt = alt_of(named.get("image"))
        for name, parse in _PARSERS:
            if name in named:
                value, how = parse(named[name], name)
                if name in _CARRIED and value:
                    value = value.strip()  # databases pad CHAR columns
                if value:
                    values[name] = value
                if how and not (alt and name == "image"):
                    mended.append(how)
        if alt:
            values.setdefault("image_alt", alt)
        if self._is_html:
            markup.to_text(values)
        elif self._is_plain and self._spec.markup == "auto" and "&" in values.get("title", ""):
            values["title"] = markup.characters(values["title"])
        identifier = values.get("id", "")
        said = visibility.flattened(given)
        reason = None if self._spec.include_unlisted else visibility.hidden(said)
        if reason is not None:
            with contextlib.suppress(TypeError, ValueError, OverflowError):
                values["published"] = read_date(named.get("published")).moment
            self._withheld(
                reason.problem, identifier or self._id_of(values, given)[0], origin, reason.detail
            )
            return None
        if not any(values.get(name, "").strip() for name in ("title", "dek", "text")):
            self._report.report(Problem.NO_WORDS, origin, repr(identifier))
            if identifier:
                self._report.lose(identifier)
            return None
        for name, dates in dates_of(named, said, self._spec.fields).items():
            if not self._read_date(name, dates, given, values, origin):
                return None
        if not identifier.strip():
            if self._has_ids:
                self._report.report(Problem.MISSING_ID, origin, _expected_id())
                return None
            values["id"], note = self._id_of(values, given)
            self._report.note(note)
        if self._spec.url is not None and not values.get("url"):
            written = None
            with contextlib.suppress(TypeError, ValueError, OverflowError):
                written = read_date(named.get("published"), self._spec.date_order).written
            values["url"], lacking = self._spec.url.url(values, given, written)
            self._lacking[lacking] += 1
        for how in mended:
            self._report.report(Problem.MENDED, origin, f"{values['id']!r}: {how}")
        if not values.get("text", "").strip():
            self._report.report(Problem.NO_TEXT, origin, repr(values["id"]))
        part = self._report.part
        return Article(**values, origin=origin, place=0 if part is None else part.place)

    def _read_date(
        self, name: str, dates: list[object], given: Mapping[str, object],
        values: dict[str, Any], origin: str,
    ) -> bool:  # fmt: skip
        """Add the strictest date to the values of an article; return whether it may be shown."""
        identifier = values.get("id", "")
        for date in dates:
            # `visibility` has seen the switches of these names.
            if not isinstance(date, dt.date) and switch(date) in _SWITCHES[name]:
                continue
            try:
                moment, is_ambiguous, _ = read_date(date, self._spec.date_order)
            except (TypeError, ValueError, OverflowError):
                detail = _expected_date(date)
                if self._spec.unreadable_dates == "withhold":
                    identifier = identifier or self._id_of(values, given)[0]
                    self._withheld(_UNREADABLE[name], identifier, origin, detail)
                    return False
                self._report.report(Problem.BAD_DATE, origin, f"{identifier!r}: {detail}")
                continue
            if is_ambiguous:
                detail = f"{identifier!r}: {date!r} is read as {moment:%d %B %Y}"
                self._report.report(Problem.AMBIGUOUS_DATE, origin, detail)
            if moment is not None:
                values[name] = _STRICTEST[name](moment, values.get(name, moment))
        return True

    def _withheld(self, problem: Problem, identifier: str, origin: str, detail: str) -> None:
        if identifier:
            detail = f"{identifier!r}: {detail}"
        self._report.withhold(problem, identifier, origin, detail)

    def _id_of(self, values: Mapping[str, Any], given: Mapping[str, object]) -> tuple[str, str]:
        """Return the id of an article of a source without ids, and a note of what it is made of."""
        if self._has_ids:
            return "", ""
        for name, value in (("url", values.get("url")), ("slug", slug_in(given))):
            if value and value.strip():
                return str(value), f"there is no id; the {name} is taken"
        return digest_id(values), "there is no id; a digest of title and date is taken"


#: How each field is parsed: texts, then tuples of texts, then the vector.
_PARSERS: tuple[tuple[str, Callable[[object, str], tuple[Any, str]]], ...] = (
    *((name, text_value) for name in TEXTS),
    *((name, text_values) for name in TUPLES),
    ("vector", vector_value),
)

#: Texts that are only carried along.
_CARRIED = frozenset(TEXTS) - {"id", "title", "dek", "text"}

#: Types of which no value is missing.
_NEVER_MISSING = frozenset({str, bool, int, list, tuple, dict, dt.date, dt.datetime})

#: Of several dates of publication the last counts, of expiry the first.
_STRICTEST: dict[str, Callable[..., dt.datetime]] = {"published": max, "expires": min}

#: Values that are no dates, where a date is expected.
_SWITCHES = {"published": (True, False), "expires": (False,)}

_UNREADABLE = {"published": Problem.UNREADABLE_DATE, "expires": Problem.UNREADABLE_EXPIRY}


def articles_from(
    source: object,
    load_report: LoadReport,
    spec: ReadSpec = ReadSpec(),  # noqa: B008 (frozen)
) -> Iterator[Article]:
    """Yield the articles of an iterable of dicts, `Article`, data frame rows or a data frame.

    Parameters
    ----------
    source : iterable or data frame
        Rows may be mappings, dataclasses, named tuples, pandas Series, or what
        ``DataFrame.iterrows`` yields. A data frame is of pandas, polars or pyarrow.
    load_report : LoadReport
        Counts every record that is skipped, withheld or repaired.
    spec : ReadSpec, optional
        How records are read. `Article` objects of a reader have been read.

    Yields
    ------
    Article
        Each with an id that no earlier article had.
    """
    load_report.is_admitting = True
    parser = RecordParser(spec, load_report)
    yield from filter(load_report.admit, parser.articles(entries_of(source)))


def _with_fields(entries: Iterator[Found]) -> Iterator[Found]:
    """Yield entries; posts of Ghost and of WordPress get the fields of an article.

    Their own names and values stay, for a caller who maps them.
    """
    for place, record in entries:
        if not isinstance(record, Mapping):
            yield place, record
        elif system := next((system for system in _SYSTEMS if system.is_post(record)), None):
            values = {name: None if is_missing(value) else value for name, value in record.items()}
            yield from ((place, found) for found in system.found_in(values))
        elif kind := _kind(record):
            yield place, Skipped(Problem.NOT_AN_ARTICLE, f"its type is {kind!r}")
        else:
            yield place, record


def _kind(record: Mapping[str, object]) -> str:
    """Return the kind of a post of WordPress's database that is no article, or nothing."""
    name = "post_type" if "post_type" in record else "wp:post_type"
    kind = record.get(name)
    return kind if isinstance(kind, str) and kind in _NO_ARTICLES else ""


def _expected_date(got: object) -> str:
    """Describe a value that is not a date."""
    return (
        f"expected a date with year, month and day, such as 2025-08-22T14:05Z, got {shortened(got)}"
    )


def _expected_id() -> str:
    """Describe an id that is missing."""
    return "expected a non-empty `id`; map another field to it if the data calls it differently"
