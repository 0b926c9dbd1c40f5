"""How the command leaves: after a signal, and when nobody reads its output any more."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

#: Exit code after a broken pipe: that of a program that SIGPIPE (13) ends, as a shell shows it.
BROKEN_PIPE = 128 + 13

#: Exit code after Ctrl-C.
INTERRUPTED = 128 + signal.SIGINT

#: Ctrl-C, and the request of the system to end.
_SIGNALS = (signal.SIGINT, signal.SIGTERM)

#: Seconds until a signal that had no effect is sent again, and between further trials.
_PAUSE = 0.01


class Signalled(SystemExit):
    """Exit because of a signal."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.number = number


@contextlib.contextmanager
def on_signals() -> Iterator[None]:
    """Turn SIGINT and SIGTERM into `Signalled`, so that files, threads and locks are cleaned up.

    The exit code is 130 after SIGINT and 143 after SIGTERM. A second signal ends the process at
    once. A signal that the parent process ignores stays ignored.

    Python drops what a finalizer or the callback of a weak reference raises, and an import runs
    many of them. A signal that arrives there is sent again.
    """
    handlers = {}
    if threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:
                handlers[number] = signal.signal(number, _leave)
    report = sys.unraisablehook
    is_taking = False

    def take_dropped(dropped: sys.UnraisableHookArgs) -> None:
        nonlocal is_taking
        error = dropped.exc_value
        if not isinstance(error, Signalled) or not hasattr(signal, "setitimer"):
            report(dropped)
            return
        is_taking = True  # Python drops what this function raises, and does not call it again
        for number in handlers:
            if signal.getsignal(number) == signal.SIG_DFL:
                signal.signal(number, _leave)
        _send_later(error.number, lambda: is_taking)
        is_taking = False

    sys.unraisablehook = take_dropped
    try:
        yield
    finally:
        sys.unraisablehook = report
        for number, handler in handlers.items():
            if signal.getsignal(number) is _leave:
                signal.signal(number, handler)


@contextlib.contextmanager
def signals_to(handler: Callable[[int, FrameType | None], Any]) -> Iterator[None]:
    """Give the signals to the handler of a server, which ends in order, also while it starts."""
    numbers = [number for number in _SIGNALS if signal.getsignal(number) is _leave]
    for number in numbers:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, _leave)


def _send_later(number: int, is_early: Callable[[], bool]) -> None:
    """Send a signal as soon as Python handles an alarm that is not early.

    Python does not see what arrives between its look for signals and a wait for input. So the
    alarm is repeated.
    """

    def send(*_: object) -> None:
        if is_early():
            return
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.raise_signal(number)

    signal.signal(signal.SIGALRM, send)
    signal.setitimer(signal.ITIMER_REAL, _PAUSE, _PAUSE)


def _leave(number: int, _: FrameType | None) -> None:
    for other in _SIGNALS:
        if signal.getsignal(other) is _leave:
            signal.signal(other, signal.SIG_DFL)
    raise Signalled(number)


def discard_output() -> None:
    """Send the rest of standard output nowhere; Python flushes it when it exits."""
    # In tests standard output is no file.
    with contextlib.suppress(OSError), Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
