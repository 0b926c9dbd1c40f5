"""Article: one story of the archive."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib


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
