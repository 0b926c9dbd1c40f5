"""Writer: the note in an archive folder that names the writing process."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

from relnews.storage import failures, integrity

#: File that names the writing process, for the error message of a second writer.
WRITER = "writer.json"


@contextlib.contextmanager
def named_writer(folder: Path | None) -> Iterator[None]:
    """Keep a file that names this process in the folder while the process writes."""
    if folder is None:
        yield
        return
    import socket

    note = folder / WRITER
    writer = {"process": os.getpid(), "host": socket.gethostname(), "since": time.time()}
    with failures.writing_to(folder):
        note.unlink(missing_ok=True)  # it may be a link
        with note.open("x", encoding="utf-8") as file:
            file.write(json.dumps(writer))  # in a third of the time of `json.dump`
    try:
        yield
    finally:
        note.unlink(missing_ok=True)


def writer_of(folder: Path) -> str:
    """Return a description of the writing process, as far as it is known."""
    try:
        integrity.check_files(folder, [WRITER])
        writer = json.loads((folder / WRITER).read_text(encoding="utf-8"))
        since = dt.datetime.fromtimestamp(float(writer["since"]), dt.UTC)
        return (
            f"process {int(writer['process'])} on {writer['host']!s:.100}, "
            f"since {since:%H:%M:%S} UTC"
        )
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return "another process"
