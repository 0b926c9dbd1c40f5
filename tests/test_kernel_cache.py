"""Machine code on disk: damaged files are compiled again, and lost ones reported once."""

import errno
import io
import os
import random
import subprocess
import sys
import warnings

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba.core import caching

from relnews._kernels import _cache
from relnews._kernels._compile import kernel
from strategies import examples


def total(values):
    """Return the sum of an array."""
    result = 0.0
    for i in range(len(values)):
        result += values[i]
    return result


def compiled():
    """Return `total` as a new process would compile or load it."""
    return kernel(total).made


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return the folder of the cache, filled by one compilation."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(_cache, "_WARNED", _cache.threading.Event())
    assert compiled()(np.ones(3)) == 3
    return tmp_path


def files(folder):
    """Return the files of the cache: the index and the data."""
    found = {path.suffix: path for path in folder.rglob("*.nb?")}
    assert found.keys() == {".nbi", ".nbc"}
    return found


def flipped(content, seed):
    """Return the content with one bit changed."""
    changed = bytearray(content)
    bit = random.Random(seed).randrange(8 * len(content))
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


DAMAGE = {
    "empty": lambda content, _: b"",
    "cut": lambda content, seed: content[: random.Random(seed).randrange(len(content))],
    "zeros": lambda content, _: bytes(len(content)),
    "zeros at the end": lambda content, seed: content[:seed] + bytes(len(content) - seed),
    "garbage": lambda content, seed: random.Random(seed).randbytes(seed),
    "one bit": flipped,
    "other program": lambda content, _: b"cos\nsystem\n(S'false'\ntR.",
}


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_compiled_again(suffix, damage, folder):
    """Whatever an index or data file holds, the kernel works, and the file is whole afterwards."""
    path = files(folder)[suffix]
    whole = path.read_bytes()
    for seed in range(1, 4):
        path.write_bytes(DAMAGE[damage](whole, seed))
        again = compiled()
        assert again(np.ones(4)) == 4
        assert [*again.stats.cache_hits.values()] == []
        loaded = compiled()
        assert loaded(np.ones(5)) == 5
        assert [*loaded.stats.cache_hits.values()] == [1]


#: Calls a kernel; prints how often it was on disk, and whether what only compiles was imported.
CALLED = """
import sys
from relnews._kernels.hashing import pair_key
assert pair_key(1, 2) == (1 << 32) + 3
print(sum(pair_key.made.stats.cache_hits.values()), "numba.np.linalg" in sys.modules)
"""


def test_machine_code_is_loaded_without_the_compiler(tmp_path):
    """A process that finds a kernel on disk imports no part of Numba that only compiles."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    for printed in "0 True", "1 False":
        result = subprocess.run(
            [sys.executable, "-c", CALLED], env=environment, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        assert result.stdout.strip() == printed


def test_an_unreadable_file_is_compiled_again(folder):
    """A folder in the place of a file cannot be read or replaced; that is one warning."""
    path = files(folder)[".nbi"]
    path.unlink()
    path.mkdir()
    with pytest.warns(RuntimeWarning, match="NUMBA_CACHE_DIR"):
        assert compiled()(np.ones(4)) == 4


def test_a_folder_that_cannot_be_written_to_is_one_warning(folder, monkeypatch):
    """One warning says how long each process compiles, and which variable helps."""
    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert [compiled()(np.ones(n)) for n in (2, 3)] == [2, 3]
    assert [warning.category for warning in caught] == [RuntimeWarning]
    assert "10 to 40 seconds" in str(caught[0].message)
    assert "NUMBA_CACHE_DIR" in str(caught[0].message)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EDQUOT])
def test_a_full_disk_is_one_warning(number, folder, monkeypatch):
    """An error of writing the cache does not end the program."""

    def fail(*_):
        raise OSError(number, os.strerror(number))

    for path in files(folder).values():
        path.unlink()
    monkeypatch.setattr(caching.os, "replace", fail)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert [compiled()(np.ones(n)) for n in (2, 3)] == [2, 3]
    assert [os.strerror(number) in str(warning.message) for warning in caught] == [True]
    assert not [*folder.rglob("*.tmp*")]


@examples(4)
@given(st.binary(max_size=50), st.data())
def test_a_checksum_finds_each_change(content, data):
    """A content with its checksum is whole; with any byte changed or cut it is not."""
    whole = content + _cache._checksum(content)
    position = data.draw(st.integers(0, len(whole) - 1))
    change = data.draw(st.integers(1, 255))
    changed = bytearray(whole)
    changed[position] ^= change
    assert _cache.is_whole(whole)
    assert not _cache.is_whole(bytes(changed))


@pytest.mark.parametrize("is_terminal", [False, True])
def test_a_terminal_is_told_once_that_relnews_compiles(is_terminal, folder, monkeypatch):
    """The line comes after a second of compiling, once in a process, and at a terminal only."""
    clock = iter(range(100))
    stderr = io.StringIO()
    stderr.isatty = lambda: is_terminal
    monkeypatch.setattr(_cache, "_NOTICE", _cache._Notice())
    monkeypatch.setattr(_cache.time, "monotonic", lambda: 0.9 * next(clock))
    monkeypatch.setattr(_cache.sys, "stderr", stderr)
    said = []
    for _ in range(6):
        for path in files(folder).values():
            path.unlink()
        assert compiled()(np.ones(2)) == 2
        said.append(stderr.getvalue().count("\n"))
    assert said == ([0, 0, 1, 1, 1, 1] if is_terminal else [0] * 6)


#: Runs commands and prints the kernels that were compiled meanwhile.
COUNTED = """
import sys
from numba.core import event

names = []
class Listener(event.Listener):
    def on_start(self, event):
        names.append(event.data["dispatcher"].py_func.__name__)
    def on_end(self, event):
        pass

with event.install_listener("numba:compile", Listener()):
    from relnews.cli import main
    main(sys.argv[1:], standalone_mode=False)
print(*sorted(set(names)), file=sys.stderr)
"""


@pytest.mark.slow
def test_nothing_is_compiled_after_warm_up(tmp_path):
    """After ``relnews warm-up`` in an empty cache, no command compiles."""
    articles = tmp_path / "articles.jsonl"
    articles.write_text(
        "".join(
            f'{{"id": "{i}", "title": "Flood in {i % 40}", "text": "Rivers rise in {i}."}}\n'
            for i in range(9000)
        )
    )
    few = tmp_path / "few.jsonl"
    few.write_text("".join(articles.read_text().splitlines(keepends=True)[:100]))
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}

    def run(*arguments):
        result = subprocess.run(
            [sys.executable, "-c", COUNTED, *arguments], env=environment, cwd=tmp_path,
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return result.stderr.splitlines()[-1]

    assert "rank_articles" in run("warm-up")
    assert run("demo") == ""
    for source in "few", "articles":
        assert run("build", f"{source}.jsonl", "-o", source, "--quiet") == ""
        assert run("related", source, "3") == ""
        assert run("store-lists", source, "--quiet") == ""
        assert run("update", source, "few.jsonl", "--quiet") == ""
        assert run("export", source, "-o", "lists.jsonl", "--quiet") == ""
        assert run("explain", source, "3", "43") == ""
        assert run("duplicates", source) == ""
