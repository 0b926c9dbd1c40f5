"""Run `relnews serve` as a process."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO


@contextlib.contextmanager
def serving(archive: Path, *options: str, stdout: IO[bytes] | None = None) -> Iterator[str]:
    """Serve an archive at a free port; yield the address without a trailing slash."""
    command = [sys.executable, "-c", "from relnews.cli import main; main()"]
    with subprocess.Popen(
        [*command, "serve", str(archive), "--port", "0", *options],
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
    assert not re.sub(r"WARNING: +Invalid HTTP request received\.\n", "", log)
