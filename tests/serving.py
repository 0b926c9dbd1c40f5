"""Run `relnews serve` as a process, and look at its processes."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from relnews.web import Limits
from waiting import LIMIT

#: For tests that start processes on a busy machine.
PATIENT = Limits(ranking_timeout=LIMIT)


@contextlib.contextmanager
def serving(
    archive: Path, *options: str, stdout: IO[bytes] | None = None, error: str = ""
) -> Iterator[str]:
    """Serve an archive at a free port; yield the address without a trailing slash.

    `error` is the beginning of a line that has to be in the log.
    """
    command = [sys.executable, "-c", "from relnews.cli import main; main()"]
    with subprocess.Popen(
        [*command, "serve", str(archive), "--port=0", f"--ranking-timeout={LIMIT}", *options],
        stdout=stdout, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.fullmatch(r".*: (http://127\.0\.0\.1:\d+)/related/ID\n", line)
        try:
            assert found, line + process.stderr.read()
            yield found[1]
        finally:
            process.terminate()
            log = process.stderr.read()
    # A wrong request may log a line, but nothing may log a traceback.
    log = re.sub(r"WARNING: +Invalid HTTP request received\.\n", "", log)
    assert re.fullmatch(f"ERROR: +{error}.*\n" if error else "", log), log


def pid_serving(archive: Path) -> int:
    """Return the process that serves an archive."""
    (pid,) = (
        pid
        for pid, command in each_process("cmdline")
        if b"serve" in command.split(b"\0") and str(archive).encode() in command
    )
    return pid


def children_of(parent: int) -> set[int]:
    """Return the processes that a process started, those that ended and are not reaped, too."""
    stats = ((pid, stat.rpartition(b")")[2].split()) for pid, stat in each_process("stat"))
    return {pid for pid, (_, ppid, *_) in stats if int(ppid) == parent}


def each_process(name: str) -> Iterator[tuple[int, bytes]]:
    """Return each process with the content of a file below /proc."""
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with contextlib.suppress(OSError):  # it has ended
                yield int(process.name), (process / name).read_bytes()
