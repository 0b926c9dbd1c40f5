"""Article: one story of the archive, and its fields by type."""

from __future__ import annotations

import array
import dataclasses
import datetime as dt
import hashlib
import operator
import typing
from collections.abc import Sequence


@dataclasses.dataclass(frozen=True, slots=True)
class Article:
    """A story of the archive.

    Parameters
    ----------
    id : str
        Id of the story in the newsroom; unique in an archive.
    title, dek, text : str
        Headline, standfirst and body. Lists are ranked by these.
    published : datetime, optional
        Aware; a date without a time zone is UTC. The article is in no list before this date.
    language : str, optional
        A BCP 47 tag. Words of two languages are different words.
    url, section, author, source, image : str, optional
        Shown in lists; conditions and editors' rules can ask for section, author and source.
    image_alt : str, optional
        What the image shows, in words, for readers who cannot see it.
    tags : tuple of str
        Shown in lists; conditions and editors' rules can ask for a tag.
    expires : datetime, optional
        Aware; the article is in no list from this date on.
    vector : sequence of float, optional
        Meaning of the article, from any model, for an archive with vectors. Its length does not
        count.
    origin : str
        Place of the record (``file:line``), for messages only.
    place : int
        Number of records before it in a source that is read in parts; otherwise 0.
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
    image_alt: str | None = None
    expires: dt.datetime | None = None
    vector: Sequence[float] | None = dataclasses.field(default=None, compare=False, repr=False)
    origin: str = dataclasses.field(default="", compare=False, repr=False)
    place: int = dataclasses.field(default=0, compare=False, repr=False)

    def digest(self) -> bytes:
        """Return `DIGEST_BYTES` bytes that are equal for two equal records of an article."""
        # An article without an alternative text has the digest that it had before format 10.
        digested = _DIGESTED if self.image_alt is not None else _DIGESTED_AT_FIRST
        values = repr([*digested(self)])
        digest = hashlib.blake2b(values.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES)
        digest.update(self.text.encode("utf-8", "surrogatepass"))
        if self.vector is not None:
            digest.update(array.array("d", self.vector).tobytes())
        return digest.digest()


#: Bytes of a digest.
DIGEST_BYTES = 16

#: Every field that a record can have.
FIELDS = tuple(field.name for field in dataclasses.fields(Article) if field.compare)

#: The same, and the vector, which lists do not show.
RECORD_FIELDS = (*FIELDS, "vector")

#: What a digest has of an article beside its text; the second one without an alternative text.
_DIGESTED = operator.attrgetter(*(name for name in FIELDS if name != "text"))
_DIGESTED_AT_FIRST = operator.attrgetter(
    *(name for name in FIELDS if name not in ("text", "image_alt"))
)

_TYPES = typing.get_type_hints(Article)


def _of_type(kind: object) -> tuple[str, ...]:
    return tuple(name for name in FIELDS if _TYPES[name] == kind)


#: The fields by type: texts, of which the last ones may be None; tuples of texts; dates.
TEXTS = (*_of_type(str), *_of_type(str | None))
TUPLES = _of_type(tuple[str, ...])
DATES = _of_type(dt.datetime | None)

#: Fields that conditions can ask for; several articles may share a value.
FILTERABLE = (
    *(name for name in _of_type(str | None) if name not in ("url", "image", "image_alt")),
    *TUPLES,
)
