"""Files of lists, JSON Lines, CSV or Parquet, written whole or not at all."""

from __future__ import annotations

import contextlib
import glob
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from relnews._checks import check_parent
from relnews.export import json, tables
from relnews.results import RelatedList
from relnews.storage.syncing import sync

#: Seconds after which an unfinished file is one of a process that was killed.
_ABANDONED = 86_400.0


def write_lists(path: Path, lists: Iterable[RelatedList]) -> int:
    """Write lists to a file, whole or not at all; return their number.

    Parameters
    ----------
    path : Path
        The file: a table of items if it ends with ``.parquet`` or ``.csv``, otherwise one JSON
        object a line.
    lists : iterable of RelatedList
        The lists; a few are in memory at a time.

    Raises
    ------
    ImportError
        If Parquet is asked for, and pyarrow is not installed.
    """
    n = 0

    def counted() -> Iterator[RelatedList]:
        nonlocal n
        for related in lists:
            n += 1
            yield related

    with replacing(path) as file:
        write_to(file, path.suffix, counted())
    return n


def write_to(file: BinaryIO, suffix: str, lists: Iterable[RelatedList]) -> None:
    """Write lists to an open file, in the format that the ending of its name says.

    Parameters
    ----------
    file : binary file
        The file.
    suffix : str
        Ending of its name, as for `write_lists`.
    lists : iterable of RelatedList
        The lists.
    """
    _WRITERS.get(suffix.lower(), _write_lines)(file, lists)


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


def _write_lines(file: BinaryIO, lists: Iterable[RelatedList]) -> None:
    file.writelines(json.dumps(related).encode() + b"\n" for related in lists)


def _write_csv(file: BinaryIO, lists: Iterable[RelatedList]) -> None:
    file.writelines(piece.encode() for piece in tables.csv_text(lists))


#: What writes lists to a file, by the ending of its name; others have one JSON object a line.
_WRITERS = {".parquet": tables.write_parquet, ".csv": _write_csv}
