"""Checksums: of the rows of the catalogue, so that damage is seen when a row is read.

SQLite has none of its own. Each checksum includes the key of its row, so that exchanged rows are
seen too. Archives of formats before `SINCE` have no checksums of articles, terms and settings, and
those of counts and lists lack the key.
"""

from __future__ import annotations

import marshal
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from relnews.results import SHOWN

#: The first format with these checksums.
SINCE = 8

#: Place of the alternative text of an image, which format 10 added, in the row of an article. A row
#: without it has the checksum that it had before.
_ADDED = SHOWN.index("image_alt")

#: Bytes of a checksum at the end of a blob.
N_BYTES = 4


def of_rows(rows: Iterable[Sequence[Any]]) -> int:
    """Return the CRC-32 of rows of strings, integers, None and bytes, in their order.

    Version 2 of Python's marshal tells them apart, writes the same bytes in every version of
    Python, and takes a third of the time of `repr`.
    """
    return zlib.crc32(b"".join([marshal.dumps(tuple(row), 2) for row in rows]))


def with_key(checksum: int, key: int) -> int:
    """Return a checksum that includes the key of its row; applied again, the one before."""
    return checksum ^ (key & 0xFFFFFFFF)


def sealed(content: bytes, key: int) -> bytes:
    """Return bytes with their checksum, which includes a key, at the end."""
    return content + with_key(zlib.crc32(content), key).to_bytes(N_BYTES, "little")


def sealed_terms(first: int, terms: Iterable[bytes]) -> list[tuple[int, bytes]]:
    """Return the rows of terms, numbered from ``first``."""
    return [(number, sealed(term, number)) for number, term in enumerate(terms, start=first)]


def opened_terms(rows: Iterable[tuple[int, bytes]]) -> list[bytes]:
    """Return the terms of the rows of `sealed_terms`; raise ValueError if one is damaged."""
    terms = []
    for number, stored in rows:
        term = stored[:-N_BYTES]
        if stored != sealed(term, number):
            msg = f"term {number}"
            raise wrong(msg)
        terms.append(term)
    return terms


def sealed_counts(rows: Iterable[tuple[int, list[bytes]]]) -> list[tuple[int | bytes, ...]]:
    """Return the rows of counts, given as key and blobs, each with its checksum at the end."""
    return [(key, *blobs, with_key(zlib.crc32(b"".join(blobs)), key)) for key, blobs in rows]


def check_counts(rows: Iterable[Sequence[Any]], *, have_keys: bool) -> None:
    """Raise ValueError if a row of `sealed_counts` is damaged.

    Parameters
    ----------
    rows : iterable of sequence
        Key, blobs and checksum.
    have_keys : bool
        Whether checksums include the key; those of older formats do not.
    """
    for key, *blobs, checksum in rows:
        if with_key(zlib.crc32(b"".join(blobs)), key if have_keys else 0) != checksum:
            msg = f"the counts of article {key}"
            raise wrong(msg)


def rekeyed(stored: bytes, key: int) -> bytes:
    """Return bytes that end with a checksum, now with the key in it; applied again, without.

    Parameters
    ----------
    stored : bytes
        Bytes that end with their CRC-32.
    key : int
        Key of their row.
    """
    checksum = int.from_bytes(stored[-N_BYTES:], "little") ^ (key & 0xFFFFFFFF)
    return stored[:-N_BYTES] + checksum.to_bytes(N_BYTES, "little")


def rekeyed_rows(rows: Iterable[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Return rows of key and bytes, with all bytes as `rekeyed` returns them."""
    return [(key, rekeyed(stored, key)) for key, stored in rows]


def check_articles(rows: Iterable[Sequence[Any]]) -> None:
    """Raise ValueError if a row of an article is damaged.

    Parameters
    ----------
    rows : iterable of sequence
        The fields, the key, and the digest with the checksum at its end.
    """
    for row in rows:
        stored = row[-1]
        if not isinstance(stored, bytes) or stored != digest_of(row[:-1], stored[:-N_BYTES]):
            msg = f"article {row[-2]}"
            raise wrong(msg)


def sealed_articles(
    rows: Iterable[Sequence[Any]], digests: Iterable[bytes]
) -> list[tuple[object, ...]]:
    """Return rows of articles with their digests, and their checksums, at the end."""
    return [(*row, digest_of(row, digest)) for row, digest in zip(rows, digests, strict=True)]


def digest_of(fields: Sequence[Any], digest: bytes) -> bytes:
    """Return the digest of an article with the checksum of its row at the end.

    Parameters
    ----------
    fields : sequence
        The fields and the key, in the order in which they are read.
    digest : bytes
        The digest alone.
    """
    row = tuple(fields)
    if row[_ADDED] is None:
        row = row[:_ADDED] + row[_ADDED + 1 :]
    return digest + zlib.crc32(digest, of_rows([row])).to_bytes(N_BYTES, "little")


def wrong(what: str) -> ValueError:
    """Return the error of a row that is not as it was written."""
    return ValueError(f"{what} has another checksum in the catalogue than when it was written")
