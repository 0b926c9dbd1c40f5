"""Runs the documents: every Python and console block of the README and of docs/.

A document is read from top to bottom in an empty working directory of its own. What it does:

- ```` ```python ````: runs; what follows ``>>>`` lines is compared.
- ```` ```console ````: each ``$ `` line runs in a shell, with the `relnews` of
  `tests/preloaded.py`, which starts at once; what it prints on either stream is compared. Lines
  with ``$ pip`` are not run, for a test must install nothing; of ``$ pip install … && relnews …``
  the second half is.
  A command that ends in ``&`` runs on until the document ends; what is shown of it is waited for.
- ```` ```{code-block} ```` with a ``:caption:``: is saved as the file that the caption names.

In what is compared, ``...`` stands for anything.

It also sets up a run of all tests: where temporary files are, how many workers there are, and which
files they begin with.
"""

from __future__ import annotations

import collections
import contextlib
import doctest
import functools
import gc
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from sybil import Document, Example, Region, Sybil
from sybil.parsers.myst import CodeBlockParser, PythonCodeBlockParser
from sybil.parsers.myst.lexers import DirectiveLexer

import preloaded
from waiting import LIMIT

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

#: A file system in memory. Tests sync thousands of small files, for which a disk takes its time.
MEMORY = Path("/dev/shm")
#: Bytes that it must have free; the files of one run take a quarter of a gigabyte.
ROOM = 4 * 2**30

#: Files whose tests need no compiled kernels: they run while these are compiled.
WITHOUT_KERNELS = (
    "tests/readers/test_front_matter.py",
    "tests/readers/test_generators.py",
    "tests/readers/test_files.py",
    "tests/readers/test_pages.py",
    "tests/readers/test_jsonl.py",
    "tests/readers/test_source_dates.py",
)

#: Files to begin with. With `--dist loadfile` a file with few but long tests would come last, and
#: one worker would be busy with it while the others wait.
FIRST_FILES = (
    *WITHOUT_KERNELS,
    "tests/test_benchmarks.py",
    "tests/maintenance/test_durability.py",
    "docs/how-to/command-line.md",
    "tests/export/test_static_site.py",
    "tests/golden/test_golden.py",
    "tests/cli/test_leaving.py",
    "tests/maintenance/test_power_loss.py",
    "tests/test_real_data.py",
    "tests/tuning/test_tuning.py",
    "tests/test_distributed.py",
    "tests/test_newcomers.py",
    "tests/test_notebooks.py",
    "tests/maintenance/test_updates.py",
    "tests/text/test_minimal_pairs.py",
    "tests/archive/test_workers.py",
    "tests/storage/test_hostile.py",
    "tests/archive/test_readers_and_writer.py",
    "tests/lists/test_selector.py",
    "tests/test_examples.py",
)

FLAGS = doctest.ELLIPSIS | doctest.REPORT_NDIFF


def pytest_configure(config: pytest.Config) -> None:
    """Prepare a run, before there are workers, which inherit the environment."""
    gc.disable()
    if hasattr(config, "workerinput"):
        return
    # Child processes compile the package once, not each time.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOM:
        os.environ["TMPDIR"] = tempfile.tempdir = tempfile.mkdtemp(prefix="relnews-", dir=MEMORY)
        Path(os.environ["TMPDIR"]).chmod(0o755)  # PostgreSQL's server runs as another user
        config.add_cleanup(lambda: shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True))
    if hasattr(config.option, "loadscopereorder"):  # pytest-xdist is installed
        config.option.loadscopereorder = False
        if config.option.dist != "no" and fcntl:
            begin_to_compile(config)


def begin_to_compile(config: pytest.Config) -> None:
    """Compile the kernels in one process while the workers collect; else each compiles them.

    The process holds a lock until it ends, however it ends.
    """
    number, path = tempfile.mkstemp()
    fcntl.flock(number, fcntl.LOCK_EX)
    process = subprocess.Popen(
        [sys.executable, "-m", "relnews", "warm-up"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[number],
    )
    os.close(number)
    os.environ["RELNEWS_TEST_LOCK"] = path

    def end() -> None:
        process.terminate()
        process.wait()
        Path(path).unlink()

    config.add_cleanup(end)


@functools.cache
def wait_for_kernels() -> None:
    """Wait until the kernels are compiled."""
    if path := os.environ.get("RELNEWS_TEST_LOCK"):
        with Path(path).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Begin a test when it has what it needs."""
    if not item.nodeid.startswith(WITHOUT_KERNELS):
        wait_for_kernels()


def pytest_xdist_auto_num_workers() -> int:
    """Return one worker more than processors: a test that waits leaves its processor to others."""
    n_processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    return (n_processors or os.cpu_count() or 1) + 1


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with `FIRST_FILES`, then go from files with many tests to files with few."""
    files = [item.nodeid.partition("::")[0] for item in items]
    n_tests = collections.Counter(files)
    ranks = {path: rank for rank, path in enumerate(FIRST_FILES, start=-len(FIRST_FILES))}
    order = {path: (ranks.get(path, 0), -n_tests[path]) for path in n_tests}
    items.sort(key=lambda item: order[item.nodeid.partition("::")[0]])


def pytest_collection_finish(session: pytest.Session) -> None:
    """Spare the garbage collector all that a worker imports and collects.

    Many tests collect, so that an archive is closed; a tenth of a second each would go into the
    same million objects. While they are made, collecting found no garbage in a quarter of the time.
    """
    if hasattr(session.config, "workerinput"):
        import numba  # noqa: F401 - what most tests load
        import sklearn.feature_extraction.text  # noqa: F401

        gc.collect()
        gc.freeze()
    gc.enable()


def run_console(example: Example) -> str | None:
    """Run the commands of a block; say where the output differs from the one shown."""
    checker = doctest.OutputChecker()
    for part in re.split(r"^\$ ", example.parsed, flags=re.MULTILINE)[1:]:
        line, _, want = part.partition("\n")
        command = re.sub(r"^pip\b.*?(?:&& (?=relnews )|$)", "", line)
        if not command:
            continue
        want = want.rstrip("\n") + "\n" if want.strip() else ""
        if command.endswith(" &"):
            got = _begin(command.removesuffix(" &"), want.count("\n"), example.namespace["_stack"])
        else:
            got = subprocess.run(
                command, shell=True, encoding="utf-8", env=_environment(preloaded.folder()),
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            ).stdout  # fmt: skip
        if not checker.check_output(want, got, FLAGS):
            return checker.output_difference(doctest.Example(command, want), got, FLAGS)
    return None


def _begin(command: str, n_lines: int, stack: contextlib.ExitStack) -> str:
    """Begin a command that runs on, and return its first lines."""
    process = subprocess.Popen(
        f"exec {command}", shell=True, encoding="utf-8", env=_environment(),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    stack.enter_context(process)
    stack.callback(_end, process)
    assert process.stdout is not None
    return "".join(process.stdout.readline() for _ in range(n_lines))


def _end(process: subprocess.Popen[str]) -> None:
    """End a command that runs on, which it does at once; else the document fails."""
    process.terminate()
    try:
        process.wait(LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        raise


def _environment(first: Path | None = None) -> dict[str, str]:
    """Return the environment of a command, with `relnews` from a folder or beside this Python."""
    folders = [sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)]
    path = os.pathsep.join([*([str(first)] if first else []), *folders])
    patience = {"RELNEWS_SERVE_RANKING_TIMEOUT": str(LIMIT)}
    return {**patience, **os.environ, "PATH": path, "PYTHONUTF8": "1"}


class CaptionedFileParser:
    """Finds the blocks that are files."""

    def __init__(self) -> None:
        self._lexer = DirectiveLexer("code-block", arguments=".*")

    def __call__(self, document: Document) -> Iterable[Region]:
        """Yield each with what to do about it."""
        for region in self._lexer(document):
            if "caption" in region.lexemes["options"]:
                region.parsed = region.lexemes
                region.evaluator = write_file
                yield region


def write_file(example: Example) -> None:
    """Save a captioned block."""
    path = Path(example.parsed["options"]["caption"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(example.parsed["source"], encoding="utf-8")


def enter_empty_folder(namespace: dict[str, Any]) -> None:
    """Begin a document."""
    stack = namespace["_stack"] = contextlib.ExitStack()
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    stack.enter_context(contextlib.chdir(folder))


def leave_folder(namespace: dict[str, Any]) -> None:
    """End a document."""
    namespace["_stack"].close()


pytest_collect_file = Sybil(
    parsers=[
        PythonCodeBlockParser(doctest_optionflags=FLAGS),
        CodeBlockParser(language="console", evaluator=run_console),
        CaptionedFileParser(),
    ],
    patterns=["README.md", "docs/*.md", "docs/*/*.md"],
    setup=enter_empty_folder,
    teardown=leave_folder,
).pytest()
