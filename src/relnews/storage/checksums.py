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

#: The first format with these checksums.
SINCE = 8

#: Bytes of a checksum at the end of a blob.
N_BYTES = 4


def of_values(values: Sequence[Any], start: int = 0) -> int:
    """Return the CRC-32 of strings, integers, None and bytes.

    Version 2 of Python's marshal tells them apart, writes the same bytes in every version of
    Python, and takes a third of the time of `repr`.

    Parameters
    ----------
    values : sequence
        The values.
    start : int, default=0
        Checksum of the values before these.
    """
    return zlib.crc32(marshal.dumps(tuple(values), 2), start)


def of_rows(rows: Iterable[Sequence[Any]]) -> int:
    """Return the checksum of rows, in their order."""
    checksum = 0
    for row in rows:  # `of_values`, without a call for each row
        checksum = zlib.crc32(marshal.dumps(tuple(row), 2), checksum)
    return checksum


def with_key(checksum: int, key: int) -> int:
    """Return a checksum that includes the key of its row; applied again, the one before."""
    return checksum ^ (key & 0xFFFFFFFF)


def sealed(content: bytes, key: int) -> bytes:
    """Return bytes with their checksum, which includes a key, at the end."""
    return content + with_key(zlib.crc32(content), key).to_bytes(N_BYTES, "little")


def opened(stored: bytes, key: int, what: str) -> bytes:
    """Return the bytes that `sealed` was given; raise ValueError if they are damaged.

    Parameters
    ----------
    stored : bytes
        The bytes with their checksum.
    key : int
        Key of their row.
    what : str
        The row in words, for the message.
    """
    content = stored[:-N_BYTES]
    if stored != sealed(content, key):
        raise wrong(what)
    return content


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


def check_articles(rows: Iterable[Sequence[Any]]) -> None:
    """Raise ValueError if a row of an article is damaged.

    Parameters
    ----------
    rows : iterable of sequence
        The fields, the key, and the digest with the checksum at its end, of each article.
    """
    for *fields, stored in rows:
        if not isinstance(stored, bytes) or stored != digest_of(fields, stored[:-N_BYTES]):
            msg = f"article {fields[-1]}"
            raise wrong(msg)


def digest_of(fields: Sequence[object], digest: bytes) -> bytes:
    """Return the digest of an article with the checksum of its row at the end.

    Parameters
    ----------
    fields : sequence
        The fields and the key, in the order in which they are read.
    digest : bytes
        The digest alone.
    """
    return digest + zlib.crc32(digest, of_values(fields)).to_bytes(N_BYTES, "little")


def wrong(what: str) -> ValueError:
    """Return the error of a row that is not as it was written."""
    return ValueError(f"{what} has another checksum in the catalogue than when it was written")
