"""Field names: the names that sources have for the fields of an article."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Container, Iterable, Mapping

from relnews.articles import RECORD_FIELDS
from relnews.readers.field_values import text_value
from relnews.readers.source_dates import is_no_date
from relnews.readers.visibility import EMBARGOES, is_empty, plain_name, says_state, switch

#: Names of a field by preference, in lower case, by their letters and digits. The
#: field's own name comes before all of them.
ALIASES: dict[str, tuple[str, ...]] = {
    "id": ("guid", "uuid", "articleid", "postid", "storyid", "newsid", "entryid", "contentid",
           "nid", "identifier", "uri"),
    "title": ("headline", "heading", "posttitle", "articletitle", "headlinemain"),
    "dek": ("summary", "description", "excerpt", "standfirst", "subtitle", "subhead",
            "subheadline", "subheading", "abstract", "teaser", "lede", "customexcerpt"),
    "text": ("content", "body", "articlebody", "bodytext", "fulltext", "storytext", "contenttext",
             "contenthtml", "bodyhtml", "bodyxhtml", "html", "postcontent", "articletext",
             "maintext", "story", "article"),
    "published": ("publishedat", "publishedon", "publisheddate", "publishdate", "publicationdate",
                  "datepublished", "pubdate", "publishtime", "publishedtime", "firstpublished",
                  "firstpublishedat", "dategmt", "date", "datetime", "postdategmt", "postdate",
                  "posted", "postedat",
                  "firstcreated", "createdat", "created", "datecreated", "timestamp"),
    "url": ("link", "permalink", "href", "canonicalurl", "weburl", "articleurl", "postlink"),
    "section": ("category", "channel", "desk", "department", "rubric", "newsdesk", "sectionname",
                "categories"),
    "tags": ("topics", "keywords", "taglist", "labels"),
    "author": ("byline", "authors", "creator", "writer", "authorname", "reporter"),
    "source": ("publisher", "agency", "outlet", "publication", "sourcename"),
    "language": ("lang", "locale", "inlanguage", "langcode"),
    "image": ("imageurl", "thumbnail", "thumbnailurl", "featuredimage", "featureimage",
              "leadimage", "picture", "ogimage", "images"),
    "image_alt": ("imagealttext", "alttext", "featuredimagealt", "featureimagealt", "leadimagealt",
                  "coverimagealt", "coveralt", "thumbnailalt", "picturealt", "ogimagealt"),
    "expires": ("expiry", "expirydate", "expiresat", "expireson", "expirationdate", "unpublishon",
                "unpublishat", "unpublishdate", "publishdown", "expire", "expiration", "expiredate",
                "expirytime", "expirationtime", "validuntil", "validto", "validthrough",
                "visibleuntil", "availableuntil", "publishuntil", "onlineuntil", "liveuntil",
                "activeuntil", "displayuntil", "showuntil", "publishend", "publicationend",
                "endpublishing", "unavailableafter", "takedowndate", "takedownat"),
}  # fmt: skip

#: Names of the part of an address that tells one article from another.
_SLUGS = ("slug", "urlslug", "postname", "urlname")

#: Names that are a part of names of other fields, such as "ArticleNumber".
_TOO_COMMON = frozenset({"article", "story", "content"})

#: Second names that are documented beside the field's own.
_SECOND_NAMES = frozenset({"lang", "topics"})

#: Letters of the shortest name that another name may contain, and how alike two names are that one
#: may have meant for the other.
_LONG_ENOUGH = 4
_ALIKE = 0.75

#: The field of each name, and its rank among the names of the field.
_FIELD_OF = {plain_name(name): (name, 0) for name in RECORD_FIELDS} | {
    alias: (field, rank)
    for field, aliases in ALIASES.items()
    for rank, alias in enumerate(aliases, start=2)
}


class FieldNames:
    """The names of the records of a source, by field.

    Parameters
    ----------
    fields : mapping
        Field of `Article` to the name that the source has for it; the caller knows best.
    remembered : mapping, optional
        The same of an earlier source: a name counts where a record has it.
    has_aliases : bool, default=True
        Whether a field may have another name than its own, besides ``fields``.

    Attributes
    ----------
    taken : dict of str to str
        Field to the name of the source that it was read from, where the two differ and the caller
        named neither.
    """

    def __init__(
        self,
        fields: Mapping[str, str],
        remembered: Mapping[str, str] | None = None,
        *,
        has_aliases: bool = True,
    ) -> None:
        self.taken: dict[str, str] = {}
        self._fields = dict(fields)
        self._remembered = {} if remembered is None else dict(remembered)
        self._has_aliases = has_aliases
        self._known: dict[str, tuple[str, int] | None] = {}

    def named(self, record: Mapping[str, object]) -> dict[str, object]:
        """Return the values of a record that are there, by field.

        Parameters
        ----------
        record : mapping
            Names to values that are not missing. A value under the field's own name comes first,
            then the best alias with a value.
        """
        best: dict[str, tuple[int, str]] = {}
        for name, value in record.items():
            place = self._known.get(name) if name in self._known else self._place(name)
            if place is None or value is None or _is_blank(value):
                continue
            field, rank = place
            if field == "published" and (switch(value) is not None or is_no_date(value)):
                continue  # says whether, not when; or that the time in UTC is not known
            if field not in best or rank < best[field][0]:
                best[field] = rank, name
        named = {field: record[name] for field, (rank, name) in best.items()}
        for field, (rank, name) in best.items():
            if rank and field not in self._fields and name not in _SECOND_NAMES:
                self.taken.setdefault(field, str(name))
        for field, theirs in self._remembered.items():
            if field not in self._fields and theirs in record:
                named[field] = record[theirs]
        for field, theirs in self._fields.items():
            named[field] = record.get(theirs)
        return named

    def unknown(self, names: Iterable[str]) -> list[str]:
        """Return the names that belong to no field and say nothing of how an article is read.

        Parameters
        ----------
        names : iterable of str
            Names of the source.
        """
        known = {*self._fields.values(), *_SECOND_NAMES}
        return [name for name in names if name not in known and not is_name(name)]

    def _place(self, name: str) -> tuple[str, int] | None:
        """Return the field of a name and the rank among its names; the own name has rank 0."""
        plain = plain_name(name)
        place = _FIELD_OF.get(plain)
        if place is not None and place[1] == 0 and name != place[0]:
            place = place[0], 1  # such as "Title" and "_id"
        is_alias = place is not None and place[1] > 0
        # The name that is mapped to the id may be the address as well.
        mapped = {theirs for field, theirs in self._fields.items() if field != "id"}
        if is_alias and (not self._has_aliases or name in mapped):
            place = None
        self._known[name] = place
        return place


def _is_blank(value: object) -> bool:
    return isinstance(value, str) and (not value or value.isspace())


def is_name_of_id(name: str) -> bool:
    """Return whether a name is one of the id."""
    return _FIELD_OF.get(plain_name(name), ("", 0))[0] == "id"


def is_name(name: str) -> bool:
    """Return whether a name is one of a field, or says how an article is to be read."""
    plain = plain_name(name)
    return plain in _FIELD_OF or plain in EMBARGOES or plain in _SLUGS or says_state(plain)


def says_visibility(name: str) -> bool:
    """Return whether a name tells who may see an article, or until when."""
    plain = plain_name(name)
    return says_state(plain) or _FIELD_OF.get(plain, ("", 0))[0] == "expires"


def dates_of(
    named: Mapping[str, object], record: Mapping[str, object], mapped: Container[str]
) -> dict[str, list[object]]:
    """Return what a record says of each date of its article, without what says nothing.

    Parameters
    ----------
    named : mapping
        Values of the record by field.
    record : mapping
        Names to values, flattened. The article is not public before the dates of embargoes, and
        from the dates of expiries on.
    mapped : container of str
        Fields that the caller named. An expiry among them has no other name.
    """
    dates = {
        "published": [value for name, value in record.items() if _is_embargo(name)],
        "expires": [value for name, value in record.items() if _is_expiry(name)],
    }
    if "expires" in mapped:
        dates["expires"].clear()
    for field, values in dates.items():
        if named.get(field) is not None:
            values.insert(0, named[field])
        dates[field] = [*{repr(value): value for value in values if not is_empty(value)}.values()]
    return dates


def likely_names(fields: Iterable[str], names: Iterable[str]) -> dict[str, str]:
    """Return the names that probably mean fields, by field.

    Parameters
    ----------
    fields : iterable of str
        Fields of an article.
    names : iterable of str
        Names of a source that are not known.
    """
    likely: dict[str, str] = {}
    for field in fields:
        known = [
            name
            for name in (field, *ALIASES[field])
            if len(name) >= _LONG_ENOUGH and name not in _TOO_COMMON
        ]
        for name in names:
            plain = plain_name(name)
            is_alike = any(alias in plain for alias in known) or difflib.get_close_matches(
                plain, known, 1, _ALIKE
            )
            if is_alike and name not in likely.values():
                likely[field] = name
                break
    return likely


def slug_in(record: Mapping[str, object]) -> str:
    """Return the slug that a record has, or an empty text."""
    found = (
        text_value(value, "id")[0] for name, value in record.items() if plain_name(name) in _SLUGS
    )
    return next((slug.strip() for slug in found if slug and slug.strip()), "")


@functools.lru_cache(4096)
def _is_embargo(name: str) -> bool:
    # Spelled in another way, such as ``start_time``, TYPO3's name is of an event.
    return name == "starttime" or _is_one_of(name, EMBARGOES) or _is_second(name, "published")


@functools.lru_cache(4096)
def _is_expiry(name: str) -> bool:
    return name == "endtime" or _is_one_of(name, ALIASES["expires"]) or _is_second(name, "expires")


def _is_second(name: str, field: str) -> bool:
    """Return whether a name is of another value of a field, such as ``expires (2)``."""
    return str(name).startswith(f"{field} (") and plain_name(name) == field


def _is_one_of(name: str, names: Container[str]) -> bool:
    """Return whether a name, or its last part, is one of the names."""
    return plain_name(name) in names or plain_name(str(name).rpartition(".")[2]) in names
