"""Files of lists, JSON Lines or Parquet, written whole or not at all."""

from __future__ import annotations

import contextlib
import glob
import itertools
import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from relnews._checks import check_parent
from relnews.articles import DATES, TUPLES
from relnews.export import json
from relnews.export._errors import missing_pyarrow
from relnews.results import LIST_VERSION, RelatedItem, RelatedList
from relnews.storage.syncing import sync

#: Ending of a file of Parquet; every other file has lines of JSON.
PARQUET = ".parquet"

#: Lists that are turned into columns at a time, and that a row group of Parquet has.
_GROUP = 4096

#: Seconds after which an unfinished file is one of a process that was killed.
_ABANDONED = 86_400.0


def write_lists(path: Path, lists: Iterable[RelatedList]) -> int:
    """Write lists to a file, whole or not at all; return their number.

    Parameters
    ----------
    path : Path
        The file: Parquet if it ends with ``.parquet``, otherwise one JSON object a line.
    lists : iterable of RelatedList
        The lists; a few are in memory at a time.

    Raises
    ------
    ImportError
        If Parquet is asked for, and pyarrow is not installed.
    """
    write = _parquet_writer() if path.suffix == PARQUET else _write_lines
    with replacing(path) as file:
        return write(file, lists)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a new file that takes the place of another one when it is complete, and durable.

    Several processes may write the same file at the same time; the last one stays.
    """
    check_parent(path)
    name = f".{path.name}."
    for left in path.parent.glob(f"{glob.escape(name)}*.partial"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > _ABANDONED:
                left.unlink()
    # Processes of two machines may have the same number.
    partial = path.with_name(f"{name}{os.urandom(6).hex()}.partial")
    try:
        with partial.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    sync(path.parent)


def _write_lines(file: BinaryIO, lists: Iterable[RelatedList]) -> int:
    n = 0
    for related in lists:
        file.write(json.dumps(related).encode() + b"\n")
        n += 1
    return n


def _parquet_writer() -> Callable[[BinaryIO, Iterable[RelatedList]], int]:
    """Return what writes lists as Parquet: columns ``id`` and ``related``, a list of structs."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise missing_pyarrow(error) from error

    def kind(name: str) -> pa.DataType:
        if name in DATES:
            return pa.timestamp("us", tz="UTC")
        if name in TUPLES or name in ("near_duplicates", "reason", "mentions"):
            return pa.list_(pa.string())
        numbers = {"rank": pa.int32(), "score": pa.float64(), "similarity": pa.float64()}
        return numbers.get(name, pa.string())

    names = RelatedItem.__slots__
    item = pa.struct([pa.field(name, kind(name)) for name in names])
    schema = pa.schema(
        [("id", pa.string()), ("related", pa.list_(item))],
        metadata={"relnews.list_version": str(LIST_VERSION)},
    )

    def row(related: RelatedList) -> dict[str, Any]:
        items = [{name: getattr(item, name) for name in names} for item in related]
        return {"id": related.id, "related": items}

    def write(file: BinaryIO, lists: Iterable[RelatedList]) -> int:
        n, waiting = 0, iter(lists)
        with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
            while group := [row(related) for related in itertools.islice(waiting, _GROUP)]:
                writer.write_batch(pa.RecordBatch.from_pylist(group, schema=schema))
                n += len(group)
        return n

    return write
