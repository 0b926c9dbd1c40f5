"""Workers: processes that rank, so that no ranking holds the lock of the process that answers.

They are started by `subprocess`. `multiprocessing` would import the program's main module again,
which may start a second server, and it refuses to start processes below those of some servers.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
import traceback
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from relnews.web.problems import HTTPProblem, WebProblem
from relnews.web.source import Source

_LOG = logging.getLogger(__name__)


class Workers:
    """The processes of one service: one for each ranking at a time, started by the first.

    Parameters
    ----------
    folder : Path
        Folder of the archive, which each process opens for itself.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        #: What ends each process; at the latest, the end of this object or of the interpreter does.
        self._processes: dict[subprocess.Popen[bytes], Callable[[], Any]] = {}
        self._idle: list[subprocess.Popen[bytes]] = []

    def ask(self, function: Callable[..., Any], *args: Any) -> Any:
        """Return what a function of a `Source` returns in a process. Any thread may ask.

        Parameters
        ----------
        function : callable
            Called with a `Source` and the further arguments; it and its result are pickled.

        Raises
        ------
        HTTPProblem
            If the process does not start or ends. The next call starts another one.
        """
        process = None
        try:
            process = self._take()
            assert process.stdin is not None
            assert process.stdout is not None
            pickle.dump((function, args), process.stdin)
            process.stdin.flush()
            result, error = pickle.load(process.stdout)  # noqa: S301 (a process of our own)
        except Exception as broken:
            if process is None or self._drop(process):  # otherwise `close` ended it
                _LOG.error("a process that ranks is gone: %r", broken)
            raise HTTPProblem(WebProblem.CUT_SHORT) from broken
        self._idle.append(process)
        if error is not None:
            raise error
        return result

    def close(self) -> None:
        """End all processes; what they rank is lost."""
        for process in [*self._processes]:
            self._drop(process)

    def _take(self) -> subprocess.Popen[bytes]:
        """Return an idle process, or start one."""
        while self._idle:
            process = self._idle.pop()
            if process in self._processes and process.poll() is None:
                return process
            self._drop(process)
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__, self._folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            start_new_session=True,  # Ctrl-C is for the process that answers
        )  # fmt: skip
        self._processes[process] = weakref.finalize(self, _end, process, os.getpid())
        threading.Thread(target=process.wait, daemon=True).start()  # leaves no zombie
        return process

    def _drop(self, process: subprocess.Popen[bytes]) -> bool:
        """End a process; return False if it was ended before."""
        end = self._processes.pop(process, None)
        if end is not None:
            end()
        return end is not None


def _end(process: subprocess.Popen[bytes], parent: int) -> None:
    if os.getpid() == parent:  # and not a fork of it that ends
        process.kill()
        with contextlib.suppress(OSError), process:  # closes the pipes and waits
            pass


def _answer(folder: Path, questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer questions about an archive until there are no more."""
    source = Source(folder)
    while True:
        try:
            function, args = pickle.load(questions)  # noqa: S301 (from the process that started it)
        except (EOFError, pickle.UnpicklingError):  # nobody asks any more
            return
        answer: tuple[Any, Exception | None]
        try:
            source.follow()
            answer = function(source, *args), None
        except Exception as error:
            error.add_note("".join(traceback.format_exception(error)))
            answer = None, error
        answers.write(pickle.dumps(answer))
        answers.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it ends with the process that answers
    # What somebody prints is no answer.
    with contextlib.suppress(BrokenPipeError), os.fdopen(os.dup(1), "wb") as pipe:
        os.dup2(2, 1)
        _answer(Path(sys.argv[1]), sys.stdin.buffer, pipe)
