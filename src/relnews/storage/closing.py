"""Closing: of databases that nobody uses any more, at the latest at the exit of the interpreter."""

from __future__ import annotations

import atexit
import contextlib
import sqlite3
import sys
import threading
import time
import weakref
from types import FrameType
from typing import Any

#: Seconds to wait for a lock, and at exit for lists that daemon threads make.
_PATIENCE, _LAST_LIST = 1.0, 10.0

#: How to close each open database.
_open: weakref.WeakKeyDictionary[object, weakref.finalize[..., Any]] = weakref.WeakKeyDictionary()


def close_later(
    owner: object, connection: sqlite3.Connection, *locks: Any
) -> weakref.finalize[..., Any]:
    """Close a connection with the object that owns it, or at the exit; return what closes it.

    Parameters
    ----------
    owner : object
        The open database.
    connection : sqlite3.Connection
        Its connection.
    *locks : lock
        Threads that use the connection hold one of them.
    """
    close = weakref.finalize(owner, _close, connection, *locks)
    close.atexit = False  # `_leave` calls it
    _open[owner] = close
    return close


def empty_and_close(connection: sqlite3.Connection) -> None:
    """Close a connection, and empty the log unless others use it: it has what was removed."""
    with contextlib.suppress(sqlite3.Error):
        connection.execute("PRAGMA busy_timeout = 0")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _close(connection: sqlite3.Connection, *locks: Any) -> None:
    """Close a connection while no thread uses it: SQLite crashes otherwise.

    The locks are kept. A thread that holds one for longer keeps the connection.
    """
    if all(lock.acquire(timeout=_PATIENCE) for lock in locks):
        empty_and_close(connection)


@atexit.register
def _leave() -> None:
    """Close all databases at the exit of the interpreter, and let daemon threads come to rest.

    The locks of the databases are kept, so each daemon thread waits at its next read until the
    process has ended. Before Python 3.14, the exit unwinds the stack of a thread that asks for the
    interpreter lock; inside C++ code, such as NumPy's `unique`, that aborts the process.
    """
    for close in [*_open.values()]:
        close()
    end, own = time.monotonic() + _LAST_LIST, threading.get_ident()
    while time.monotonic() < end and any(
        _is_at_work(frame) for thread, frame in sys._current_frames().items() if thread != own
    ):
        time.sleep(0.001)


def _is_at_work(frame: FrameType | None) -> bool:
    """Return whether a thread is inside relnews, and not waiting for the lock of a database."""
    names = []
    while frame is not None:
        names.append(frame.f_globals.get("__name__", ""))
        frame = frame.f_back
    is_waiting = names[0] == "relnews.storage.database"
    return not is_waiting and any(name.startswith("relnews.") for name in names)
