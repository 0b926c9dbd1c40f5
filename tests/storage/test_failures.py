"""Errors of the system say what is wrong, keep their number, and are never called damage."""

import errno
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import textwrap

import pytest

import preloaded
from relnews import RelatedNews
from relnews.exceptions import ArchiveFormatError
from relnews.storage import arrays, backup, failures
from waiting import LIMIT

ARTICLES = [{"id": str(i), "text": f"talks on guarantees, part{i % 7}"} for i in range(40)]

#: What is said of a damaged archive only.
DAMAGE = re.compile("damaged|again from the articles|remove the folder")

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")


@pytest.fixture
def folder(tmp_path):
    """Return the folder of a saved archive."""
    RelatedNews().fit(ARTICLES).save(tmp_path / "a.relnews")
    return tmp_path / "a.relnews"


def error_of_sqlite(code):
    """Return an error as SQLite raises it."""
    error = sqlite3.OperationalError("a sentence of SQLite")
    error.sqlite_errorcode = code
    return error


#: Codes of SQLite, the class of the error that follows, and its number.
SYSTEM = {
    "SQLITE_NOMEM": (MemoryError, None),
    "SQLITE_IOERR_NOMEM": (MemoryError, None),
    "SQLITE_FULL": (OSError, errno.ENOSPC),
    "SQLITE_IOERR": (OSError, errno.EIO),
    "SQLITE_IOERR_READ": (OSError, errno.EIO),
    "SQLITE_IOERR_FSYNC": (OSError, errno.EIO),
    "SQLITE_IOERR_WRITE": (OSError, errno.EIO),
    "SQLITE_CANTOPEN": (OSError, errno.EIO),
    "SQLITE_PERM": (PermissionError, errno.EACCES),
    "SQLITE_AUTH": (PermissionError, errno.EACCES),
    "SQLITE_READONLY": (PermissionError, errno.EACCES),
    "SQLITE_READONLY_CANTINIT": (PermissionError, errno.EACCES),
    "SQLITE_BUSY": (TimeoutError, None),
    "SQLITE_BUSY_SNAPSHOT": (TimeoutError, None),
    "SQLITE_LOCKED": (TimeoutError, None),
    "SQLITE_PROTOCOL": (TimeoutError, None),
}


@pytest.mark.parametrize("name", SYSTEM)
def test_a_failure_of_the_system_is_no_damage(name, tmp_path):
    """Reading and writing report it as an error of the system, with its number and a remedy."""
    kind, number = SYSTEM[name]
    why = error_of_sqlite(getattr(sqlite3, name))
    for error in (
        failures.unreadable_archive(tmp_path, why),
        failures.cannot_write(tmp_path, why, "process 7"),
    ):
        assert isinstance(error, kind)
        assert not isinstance(error, ArchiveFormatError)
        assert getattr(error, "errno", None) == number
        assert not DAMAGE.search(str(error))
        assert str(tmp_path) in str(error)


@pytest.mark.parametrize(
    "name",
    ["SQLITE_CORRUPT", "SQLITE_CORRUPT_INDEX", "SQLITE_NOTADB", "SQLITE_ERROR",
     "SQLITE_IOERR_SHORT_READ", "SQLITE_IOERR_CORRUPTFS", "SQLITE_IOERR_DATA"],
)  # fmt: skip
def test_wrong_bytes_are_damage(name, tmp_path):
    """Codes of wrong or missing bytes are called damage, with the advice for it."""
    why = error_of_sqlite(getattr(sqlite3, name))
    assert isinstance(failures.unreadable_archive(tmp_path, why), ArchiveFormatError)
    assert DAMAGE.search(str(failures.unreadable_archive(tmp_path, why)))
    assert isinstance(failures.cannot_write(tmp_path, why), ArchiveFormatError)


def test_too_little_memory_for_sqlite(tmp_path):
    """Python's own MemoryError gets the archive and a remedy."""
    error = failures.unreadable_archive(tmp_path, MemoryError())
    assert isinstance(error, MemoryError)
    assert "Free memory" in str(error)
    assert str(tmp_path) in str(error)


NUMBERS = [
    errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO,
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.ESTALE, errno.EINTR, errno.ENODEV,
]  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS, ids=errno.errorcode.get)
def test_an_array_that_cannot_be_mapped(number, folder, monkeypatch):
    """The error of mapping an array keeps its class and number."""

    def fail(*_):
        raise OSError(number, os.strerror(number), "posting.npy")

    monkeypatch.setattr(arrays, "mapped", fail)
    with pytest.raises(type(OSError(number, ""))) as caught:
        RelatedNews.open(folder).related("1")
    assert caught.value.errno == number
    assert os.strerror(number) in str(caught.value)
    assert not DAMAGE.search(str(caught.value))


@pytest.mark.parametrize("number", NUMBERS, ids=errno.errorcode.get)
def test_an_array_that_cannot_be_written(number, folder, monkeypatch):
    """The error of writing an array keeps its number; the archive stays as it was."""

    def fail(*_):
        raise OSError(number, os.strerror(number))

    news = RelatedNews.open(folder)
    with monkeypatch.context() as patch:
        patch.setattr(arrays.np.lib.format, "write_array_header_1_0", fail)
        with pytest.raises(OSError, match=r"cannot write|no space left") as caught:
            news.compact()
    assert caught.value.errno == number
    assert not DAMAGE.search(str(caught.value))
    assert RelatedNews.open(folder).verify() == []


def run(code, *arguments):
    """Run code in a process of its own; return what it prints."""
    done = subprocess.run(
        [*preloaded.python(), "-c", textwrap.dedent(code), *map(str, arguments)],
        capture_output=True, text=True, timeout=LIMIT,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout.splitlines()


@on_linux
def test_too_many_open_files(folder):
    """Under every limit of open files, a list comes or the error is EMFILE, with a remedy."""
    lines = run(
        """
        import gc, os, resource, sys
        from relnews import RelatedNews
        want = RelatedNews.open(sys.argv[1]).related("1")
        gc.collect()
        n_open = len(os.listdir("/proc/self/fd")) - 1
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        for extra in range(12):
            resource.setrlimit(resource.RLIMIT_NOFILE, (n_open + extra, most))
            try:
                news = RelatedNews.open(sys.argv[1])
                found = "list" if news.related("1") == want else "other list"
                news.partial_fit([{"id": "new", "text": f"talks{extra}"}])
                found = "update"
            except Exception as error:
                found = f"{type(error).__name__} {error}"
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
            print(found)
            news = None
            gc.collect()
        """,
        folder,
    )
    assert lines[-1] == "update"
    failed = [line for line in lines if line != "update"]
    assert failed
    assert all(re.match(r"OSError \[Errno 24\] .*ulimit -n", line) for line in failed), failed


@on_linux
def test_many_segments_under_a_low_limit(tmp_path):
    """An archive of 50 segments gives lists and takes changes under ``ulimit -n 64``."""
    lines = run(
        """
        import resource, sys
        from relnews import RelatedNews
        from relnews.maintenance import build
        build.CHUNK, build.SEGMENT_PAIRS = 4, 1
        articles = [{"id": str(i), "text": f"talks guarantees part{i % 7} alone{i}"}
                    for i in range(200)]
        built = RelatedNews().fit(articles)
        built.save(sys.argv[1])
        want = [*built.related_all(3)]
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        news = RelatedNews.open(sys.argv[1], n_jobs=2)
        print(len(news.archive_.state.live_segments) >= 50, [*news.related_all(3)] == want)
        news.store_lists(3)
        print(news.partial_fit([{"id": "new", "text": "talks"}]).added)
        """,
        tmp_path / "a.relnews",
    )
    assert lines == ["True True", "('new',)"]


@on_linux
def test_too_little_memory(folder):
    """Under every limit of memory, a list comes or the error is of memory."""
    lines = run(
        """
        import errno, gc, resource, sys
        from pathlib import Path
        from relnews import RelatedNews
        want = RelatedNews.open(sys.argv[1]).related("1")
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        for extra in range(0, 512, 16):
            limit = 4096 * pages + 4096 * extra
            resource.setrlimit(resource.RLIMIT_AS, (limit, most))
            try:
                news = RelatedNews.open(sys.argv[1])
                found = "list" if news.related("1") == want else "other list"
            except MemoryError as error:
                found = "MemoryError"
            except Exception as error:
                found = f"{type(error).__name__} {error}"
            resource.setrlimit(resource.RLIMIT_AS, (most, most))
            print(found)
            news = None
            gc.collect()
        """,
        folder,
    )
    failed = [line for line in lines if line not in {"list", "MemoryError"}]
    assert all(line.startswith(f"OSError [Errno {errno.ENOMEM}]") for line in failed), failed
    assert len({*lines}) > 1  # some limit was too low


@on_linux
@pytest.mark.skipif("os.geteuid() != 0", reason="needs to become another user")
@pytest.mark.parametrize("place", ["catalogue.sqlite", "array", "arrays", "."])
def test_files_of_another_user(place, folder, tmp_path):
    """A file that this user cannot read is an error of permissions."""
    for path in (folder, *folder.parents):
        if path == tmp_path.parents[3]:
            break
        path.chmod(0o755)
    array = next(folder.rglob("*.segment/*.npy"))
    path = {"array": array, "arrays": array.parent}.get(place, folder / place)
    path.chmod(0)
    try:
        (line,) = run(
            """
            import os, sys
            from relnews import RelatedNews
            # Import all that is needed: the other user may not be able to read Python's own files.
            RelatedNews.open(sys.argv[1]).related("1")
            os.setgroups([]); os.setgid(65534); os.setuid(65534)
            try:
                RelatedNews.open(sys.argv[1]).related("1")
            except OSError as error:
                print(type(error).__name__, error)
            """,
            folder,
        )
    finally:
        path.chmod(0o755)
    assert line.startswith("PermissionError [Errno 13]"), line
    assert not DAMAGE.search(line)


@pytest.mark.parametrize("number", NUMBERS, ids=errno.errorcode.get)
@pytest.mark.parametrize("place", ["copy", "sync", "array"])
def test_a_backup_that_cannot_be_made(number, place, folder, tmp_path, monkeypatch):
    """The error says what fails and what to do, and keeps its number."""

    def fail(*names):
        raise OSError(number, os.strerror(number), *names)

    news = RelatedNews.open(folder)
    with monkeypatch.context() as patch:
        match place:
            case "copy":
                patch.setattr(
                    backup.shutil, "copyfile", lambda source, to, **_: fail(source, None, to)
                )
            case "sync":
                patch.setattr(backup, "sync", lambda _: fail())
            case "array":
                patch.setattr(backup, "_link", lambda source, _: fail(source))
        with pytest.raises(OSError, match=r"cannot (read|write)|no space left") as caught:
            news.backup(tmp_path / "copy")
    assert caught.value.errno == number
    assert not DAMAGE.search(str(caught.value))
    assert str(folder if place == "array" else tmp_path / "copy") in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["a.relnews"]


#: What may happen to the folder of an archive that is open.
MOVES = {
    "moved": lambda folder: folder.rename(folder.with_name("elsewhere")),
    "gone": shutil.rmtree,
    "replaced": lambda folder: (
        folder.rename(folder.with_name("elsewhere")),
        RelatedNews().fit(ARTICLES[:9]).save(folder),
    ),
}


@on_linux
@pytest.mark.parametrize("move", MOVES)
def test_a_folder_that_is_not_where_it_was_opened(move, folder, tmp_path):
    """A moved, removed or replaced folder is not called damaged, and takes no change."""
    news = RelatedNews.open(folder)
    MOVES[move](folder)
    for call in (
        lambda: news.related("1"), lambda: news.related_to_text("talks"), news.verify, news.compact,
        lambda: news.partial_fit([{"id": "new", "text": "talks"}]),
        lambda: news.rules.hide("id=3"), lambda: news.backup(tmp_path / "copy"),
    ):  # fmt: skip
        with pytest.raises(FileNotFoundError, match="Open it again") as caught:
            call()
        assert caught.value.errno == errno.ENOENT
        assert not DAMAGE.search(str(caught.value))
    assert not (tmp_path / "copy").exists()
    if move == "replaced":
        assert len(RelatedNews.open(folder)) == 9
    if move != "gone":
        assert len(RelatedNews.open(folder.with_name("elsewhere"))) == len(ARTICLES)


def test_a_program_that_changes_its_working_folder(folder, tmp_path, monkeypatch):
    """An archive that was opened by a relative path is found from everywhere."""
    monkeypatch.chdir(folder.parent)
    news = RelatedNews.open(folder.name)
    monkeypatch.chdir(tmp_path.parent)

    assert news.related("1") == RelatedNews.open(folder).related("1")
    news.remove("3")
    news.backup(tmp_path / "copy")
    assert len(RelatedNews.open(folder)) == len(RelatedNews.open(tmp_path / "copy")) == 39
