"""Waiting for what other processes and threads do: for a condition, never for some seconds.

A busy machine may keep a process waiting for minutes. So every limit of time in a test that stands
only for "it hangs" is `LIMIT`.
"""

from __future__ import annotations

import time
from collections.abc import Callable

#: Seconds after which what a test waits for is taken to hang.
LIMIT = 600


def until(is_true: Callable[[], object]) -> None:
    """Wait until something is true."""
    end = time.monotonic() + LIMIT
    while not is_true():
        assert time.monotonic() < end, is_true
        time.sleep(0.02)
