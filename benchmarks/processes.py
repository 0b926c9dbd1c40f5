"""A system in its own process: the side that asks, and the side that answers.

The process uses as many cores as threads, and libraries are told this number. It reads one request
per line and answers with a line; output of libraries goes to standard error.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from benchmarks import machine


class Failed(Exception):  # noqa: N818 (it reads as a sentence)
    """A system could not do its job."""


class System:
    """A process that answers requests.

    Parameters
    ----------
    peer : str
        One of `benchmarks.peers.PEERS`.
    folder : Path
        Folder that `benchmarks.given.lay_out` wrote.
    threads : int
        Number of threads and cores.
    patience : float
        Time limit of an answer in seconds.
    """

    def __init__(self, peer: str, folder: Path, threads: int, patience: float) -> None:
        self.peer, self.patience = peer, patience
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", peer, str(folder), str(threads)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors,
            env=machine.environment(threads), text=True,
        )  # fmt: skip
        self._answers: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._answers.put(line)
        self._answers.put("")

    def ask(self, do: str, **arguments: Any) -> Any:
        """Return the answer to a request, a method of `benchmarks.worker.Worker`."""
        assert self._process.stdin is not None
        # A process that has ended broke the pipe; its output is read below.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
            self._process.stdin.flush()
        try:
            line = self._answers.get(timeout=self.patience)
        except queue.Empty:
            self.close()
            raise Failed(f"gave up after {self.patience:.0f} s of: {do}") from None
        if not line:
            raise Failed(f"{do}: {self._last_words()}")
        return json.loads(line)

    def _last_words(self) -> str:
        status = self._process.wait()
        self._errors.seek(0)
        said = [line.strip() for line in self._errors if line.strip()]
        return said[-1][:300] if said else f"the process ended with {status}"

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            with contextlib.suppress(BrokenPipeError):
                if stream is not None:
                    stream.close()

    def __enter__(self) -> System:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def answer_requests(worker: object) -> None:
    """Answer requests on standard input with the methods of an object, until it ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(getattr(worker, request.pop("do"))(**request)), file=answers, flush=True)
