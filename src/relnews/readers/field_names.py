"""Field names: the names that sources have for the fields of an article."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping

from relnews.articles import FIELDS
from relnews.readers.visibility import plain_name

#: Names of a field by preference, in lower case, without blanks, hyphens and underscores. The
#: field's own name comes before all of them.
ALIASES: dict[str, tuple[str, ...]] = {
    "id": ("guid", "uuid", "articleid", "postid", "storyid", "contentid", "nid", "identifier"),
    "title": ("headline", "heading", "posttitle", "articletitle", "headlinemain"),
    "dek": ("summary", "description", "excerpt", "standfirst", "subtitle", "subhead",
            "subheadline", "subheading", "abstract", "teaser", "lede", "customexcerpt"),
    "text": ("content", "body", "articlebody", "bodytext", "fulltext", "storytext", "contenttext",
             "contenthtml", "bodyhtml", "html", "postcontent", "articletext", "maintext", "story",
             "article"),
    "published": ("publishedat", "publishedon", "publisheddate", "publishdate", "publicationdate",
                  "datepublished", "pubdate", "publishtime", "publishedtime", "firstpublished",
                  "firstpublishedat", "date", "datetime", "postdate", "posted", "postedat",
                  "createdat", "created", "datecreated", "timestamp"),
    "url": ("link", "permalink", "href", "canonicalurl", "weburl", "articleurl", "postlink"),
    "section": ("category", "channel", "desk", "department", "rubric", "newsdesk", "sectionname",
                "categories"),
    "tags": ("topics", "keywords", "taglist", "labels"),
    "author": ("byline", "authors", "creator", "writer", "authorname", "reporter"),
    "source": ("publisher", "agency", "outlet", "publication", "sourcename"),
    "language": ("lang", "locale", "inlanguage", "langcode"),
    "image": ("imageurl", "thumbnail", "thumbnailurl", "featuredimage", "featureimage",
              "leadimage", "picture", "ogimage", "images"),
    "expires": ("expiry", "expirydate", "expiresat", "expireson", "expirationdate", "unpublishon",
                "unpublishat", "unpublishdate", "publishdown", "expire"),
}  # fmt: skip

#: Second names that are documented beside the field's own.
_SECOND_NAMES = frozenset({"lang", "topics"})

#: Names of a date before which an article is not public, besides its date of publication.
EMBARGOES = frozenset({
    "embargo", "embargodate", "embargoeduntil", "embargountil", "publishon", "publishat",
    "publishup", "golive", "goliveat", "scheduledat", "scheduledfor", "notbefore",
})  # fmt: skip

#: The field of each name, and its rank among the names of the field.
_FIELD_OF = {name: (name, 0) for name in FIELDS} | {
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
    has_aliases : bool, default=True
        Whether a field may have another name than its own, besides ``fields``.

    Attributes
    ----------
    taken : dict of str to str
        Field to the name of the source that it was read from, where the two differ and the caller
        named neither.
    """

    def __init__(self, fields: Mapping[str, str], *, has_aliases: bool = True) -> None:
        self.taken: dict[str, str] = {}
        self._fields = dict(fields)
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
            if place is None or value is None or (isinstance(value, str) and not value):
                continue
            field, rank = place
            if field not in best or rank < best[field][0]:
                best[field] = rank, name
        named = {field: record[name] for field, (rank, name) in best.items()}
        for field, (rank, name) in best.items():
            if rank and field not in self._fields and name not in _SECOND_NAMES:
                self.taken.setdefault(field, str(name))
        for field, theirs in self._fields.items():
            named[field] = record.get(theirs)
        return named

    def _place(self, name: str) -> tuple[str, int] | None:
        """Return the field of a name and the rank among its names; the own name has rank 0."""
        plain = plain_name(name)
        place = _FIELD_OF.get(plain)
        if place is not None and place[1] == 0 and name != place[0]:
            place = place[0], 1  # such as "Title" and "_id"
        is_alias = place is not None and place[1] > 0
        if is_alias and (not self._has_aliases or name in self._fields.values()):
            place = None
        self._known[name] = place
        return place


def is_name_of_id(name: str) -> bool:
    """Return whether a name is one of the id."""
    return _FIELD_OF.get(plain_name(name), ("", 0))[0] == "id"


def embargoes(record: Mapping[str, object]) -> Iterable[object]:
    """Return the dates before which a record says that it is not public."""
    return [value for name, value in record.items() if _plain_name(name) in EMBARGOES]


_plain_name = functools.lru_cache(4096)(plain_name)
