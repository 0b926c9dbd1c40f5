"""Backups: a copy of one moment, or nothing; and no copy that goes back in time."""

import gc
import os
import shutil
import subprocess
import sys
import threading
from unittest import mock

import pytest

import pairs
from relnews import ArchiveChangedError, ArchiveFormatError, RelatedNews
from relnews.maintenance import merging
from relnews.storage import backup, database
from relnews.storage.arrays import Store
from relnews.storage.database import CATALOGUE, LOG


def lists_of(news, k=4):
    return [items.to_dict() for items in news.related_all(k)]


@pytest.fixture
def folder(tmp_path):
    """Return an archive with stored lists, rules, pending and removed articles."""
    pairs.lived_in(tmp_path / "a.relnews")
    return tmp_path / "a.relnews"


def test_a_backup_is_the_archive(folder, tmp_path):
    """A backup has the same lists, rules and settings, and lives a life of its own."""
    news = RelatedNews.open(folder)
    news.backup(tmp_path / "copy.relnews")
    copy = RelatedNews.open(tmp_path / "copy.relnews")

    assert lists_of(copy) == lists_of(news)
    assert [*copy.rules] == [*news.rules]
    assert copy.get_params() == news.get_params()
    assert copy.verify() == []
    before = lists_of(news)
    copy.remove("s1")
    copy.partial_fit([pairs.story(99)])
    assert lists_of(news) == before
    assert news.verify() == copy.verify() == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.relnews", "copy.relnews"]


def test_a_backup_shares_no_file(folder, tmp_path):
    """Damage to a file of the archive is not damage to its backup."""
    RelatedNews.open(folder).backup(tmp_path / "copy.relnews")
    for path in folder.rglob("*.npy"):
        path.write_bytes(b"")

    copy = RelatedNews.open(tmp_path / "copy.relnews")
    assert copy.verify() == []
    assert not [path for path in (tmp_path / "copy.relnews").rglob("*.npy*") if "own" in path.name]


def test_a_backup_of_an_archive_in_memory(tmp_path):
    """An archive in memory is backed up too, to an empty folder or a new one."""
    news = RelatedNews().fit([{"id": "a", "title": "dike breach"}, {"id": "b", "title": "dike"}])
    (tmp_path / "empty").mkdir()
    for name in ("empty", "new"):
        news.backup(tmp_path / name)
        assert lists_of(RelatedNews.open(tmp_path / name)) == lists_of(news)


@pytest.mark.parametrize("what", ["file", "folder", "archive"])
def test_a_backup_replaces_nothing(folder, tmp_path, what):
    """Something at the target is an error, and stays as it is."""
    target = tmp_path / "target"
    if what == "file":
        target.write_text("precious")
    else:
        target.mkdir()
        (target / (CATALOGUE if what == "archive" else "note")).write_text("precious")

    with pytest.raises(FileExistsError, match="it is left as it is"):
        RelatedNews.open(folder).backup(target)
    with pytest.raises(FileNotFoundError, match="Create it"):
        RelatedNews.open(folder).backup(tmp_path / "none" / "target")
    content = target if what == "file" else next(target.iterdir())
    assert content.read_text() == "precious"


def test_a_target_that_is_filled_meanwhile_is_left_as_it_is(folder, tmp_path, monkeypatch):
    """An empty folder may be the target; what comes into it during the copy is never deleted."""
    target, check = tmp_path / "target", backup.check
    target.mkdir()

    def fill(copied):
        check(copied)
        (target / "kept.txt").write_text("kept")

    monkeypatch.setattr(backup, "check", fill)
    with pytest.raises(OSError, match="cannot write the archive"):
        RelatedNews.open(folder).backup(target)
    assert (target / "kept.txt").read_text() == "kept"
    assert [path.name for path in tmp_path.glob(".*.partial")] == []


@pytest.mark.parametrize("to", ["empty", "nowhere"])
def test_a_link_at_the_target_is_refused_before_anything_is_copied(folder, tmp_path, to):
    """A link is something, wherever it leads."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "target").symlink_to(to)

    with (
        mock.patch.object(backup, "_copy", side_effect=AssertionError),
        pytest.raises(FileExistsError, match="it is left as it is"),
    ):
        RelatedNews.open(folder).backup(tmp_path / "target")


def test_a_backup_inside_the_archive_is_refused(folder):
    """It would keep what is removed from the archive."""
    with pytest.raises(FileExistsError, match="inside the archive"):
        RelatedNews.open(folder).backup(folder / "copy")


@pytest.mark.parametrize("kind", ["file", "folder", "pipe"])
def test_a_backup_has_only_what_belongs_to_the_archive(folder, tmp_path, kind):
    """What somebody else put into the folders of the archive is no part of the copy."""
    for place in (folder, next(folder.glob("*.segment"))):
        path = place / "stray"
        {"file": path.touch, "folder": path.mkdir, "pipe": lambda: os.mkfifo(path)}[kind]()  # noqa: B023
    RelatedNews.open(folder).backup(tmp_path / "copy")

    assert not [*(tmp_path / "copy").rglob("stray")]
    assert lists_of(RelatedNews.open(tmp_path / "copy")) == lists_of(RelatedNews.open(folder))


@pytest.mark.skipif("os.geteuid() == 0", reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_to(folder, tmp_path):
    """A reader without write permission makes a backup that its owner can change."""
    folder.chmod(0o555)
    try:
        RelatedNews.open(folder).backup(tmp_path / "copy")
    finally:
        folder.chmod(0o755)
    RelatedNews.open(tmp_path / "copy").remove("s1")


def test_the_mode_of_a_backup(folder, tmp_path):
    """Who may read the folder may read the backup, which its owner can always change."""
    folder.chmod(0o555)
    RelatedNews.open(folder).backup(tmp_path / "copy")
    folder.chmod(0o755)
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("failing", ["sync", "check", "_link"])
def test_a_backup_that_fails_leaves_nothing(folder, tmp_path, failing):
    """After an error in the middle, or an interrupt, there is no target."""
    for error in (OSError(28, "No space left on device"), KeyboardInterrupt()):
        with (
            mock.patch.object(backup, failing, side_effect=error),
            pytest.raises(type(error)),
        ):
            RelatedNews.open(folder).backup(tmp_path / "copy")
        assert not (tmp_path / "copy").exists()
        assert [path.name for path in tmp_path.iterdir()] == ["a.relnews"]


def test_a_damaged_archive_is_not_backed_up(folder, tmp_path):
    """A backup of a damaged or incomplete archive is an error, not a half copy."""
    path = next(folder.glob("*.segment")) / "posting.npy"
    content = path.read_bytes()
    for damaged in (content[:-1] + bytes([content[-1] ^ 1]), None):
        path.unlink()
        if damaged is not None:
            path.write_bytes(damaged)
        with pytest.raises(ArchiveFormatError, match=r"posting\.npy"):
            RelatedNews.open(folder).backup(tmp_path / "copy")
        assert [path.name for path in tmp_path.iterdir()] == ["a.relnews"]


def test_another_file_system(folder, tmp_path):
    """Where no links can be made, files are copied."""
    with mock.patch.object(os, "link", side_effect=OSError(18, "Invalid cross-device link")):
        RelatedNews.open(folder).backup(tmp_path / "copy")

    assert lists_of(RelatedNews.open(tmp_path / "copy")) == lists_of(RelatedNews.open(folder))


def test_files_that_go_while_they_are_copied(folder, tmp_path):
    """A backup begins again when a writer removes files that it needs."""
    writer, take = RelatedNews.open(folder), backup._take_arrays
    states = []

    def late(*arguments):
        if len(states) < 2:
            writer.remove(f"s{5 + len(states)}")
            writer.compact()
            states.append(lists_of(writer))
        take(*arguments)

    with mock.patch.object(backup, "_take_arrays", late):
        RelatedNews.open(folder).backup(tmp_path / "copy")
    copy = RelatedNews.open(tmp_path / "copy")
    assert lists_of(copy) == states[-1]
    assert copy.verify() == []

    def always_late(*arguments):
        writer.partial_fit([pairs.story(100 + len(states))])
        writer.compact()
        states.append(None)
        take(*arguments)

    with (
        mock.patch.object(backup, "_take_arrays", always_late),
        pytest.raises(ArchiveChangedError),
    ):
        RelatedNews.open(folder).backup(tmp_path / "never")
    assert not (tmp_path / "never").exists()


def test_backups_while_another_writes(folder, tmp_path):
    """Each backup made beside a busy writer is whole, and one of the writer's states."""
    states, stop, failures = [], threading.Event(), []

    def write():
        try:
            with mock.patch.multiple(merging, PENDING_ARTICLES=4, FANOUT=2):
                news = RelatedNews.open(folder)
                for n in range(1000):
                    if stop.is_set():
                        return
                    news.partial_fit([pairs.story(200 + n)])
                    if n % 3 == 0:
                        news.remove(f"s{200 + n}")
                    if n % 5 == 0:
                        news.compact()
                    states.append({*news.archive_.catalogue.all_ids()})
        except BaseException as error:
            failures.append(error)

    states.append({*RelatedNews.open(folder).archive_.catalogue.all_ids()})
    writer = threading.Thread(target=write)
    writer.start()
    try:
        for n in range(6):
            n_before = len(states)
            RelatedNews.open(folder).backup(tmp_path / f"{n}.relnews")
            copy = RelatedNews.open(tmp_path / f"{n}.relnews")
            assert copy.verify() == []
            ids = {*copy.archive_.catalogue.all_ids()}
            assert any(len(ids ^ state) <= 1 for state in states[n_before - 1 :])
    finally:
        stop.set()
        writer.join()
    assert not failures


# --- copies without their log --------------------------------------------------------------------


@pytest.fixture
def cut_off(folder, tmp_path):
    """Return a copy of an archive in use: its newest changes are in a log without an index."""
    news = RelatedNews.open(folder)
    connection = news._catalogue._database.connection
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    news.remove("s1")
    news.partial_fit([pairs.story(77)])
    copy = shutil.copytree(folder, tmp_path / "copy", ignore=shutil.ignore_patterns("*-shm"))
    assert (copy / LOG).stat().st_size
    return copy, lists_of(news)


def without_write_access(monkeypatch):
    """Let SQLite open only files without locks, as on a read-only file system."""
    connect = database._connect

    def refused(folder, mode):
        if "immutable" not in mode:
            raise sqlite_error()
        return connect(folder, mode)

    monkeypatch.setattr(database, "_connect", refused)


def sqlite_error():
    import sqlite3

    error = sqlite3.OperationalError("unable to open database file")
    error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
    return error


def test_a_log_that_cannot_be_read_is_refused(cut_off, monkeypatch):
    """An archive whose newest changes cannot be read is not opened without them."""
    copy, expected = cut_off
    with monkeypatch.context() as patched:
        without_write_access(patched)
        with pytest.raises(PermissionError, match=r"catalogue\.sqlite-wal.*relnews backup"):
            RelatedNews.open(copy)

    assert lists_of(RelatedNews.open(copy)) == expected
    gc.collect()
    without_write_access(monkeypatch)
    assert lists_of(RelatedNews.open(copy)) == expected


@pytest.mark.parametrize("name", [LOG, f"{CATALOGUE}-journal"])
@pytest.mark.parametrize("size", [0, 1])
def test_an_empty_log_is_no_reason(folder, monkeypatch, name, size):
    """Of logs only those with content are refused; a rollback journal is one as well."""
    (folder / name).write_bytes(bytes(size))
    without_write_access(monkeypatch)

    if size:
        with pytest.raises(PermissionError, match=name):
            RelatedNews.open(folder)
    else:
        assert len(RelatedNews.open(folder)) == 34


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.geteuid() != 0, reason="mounts a file system"
)
def test_a_copy_without_its_index_on_a_read_only_disk(cut_off, tmp_path):
    """On a file system that is really read-only the copy is refused, and a backup opens."""
    copy, expected = cut_off
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip("cannot mount a file system")
    try:
        shutil.copytree(copy, disk / "copy")
        RelatedNews.open(copy).backup(disk / "backup")
        gc.collect()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        with pytest.raises(PermissionError, match="go back in time"):
            RelatedNews.open(disk / "copy")
        opened = RelatedNews.open(disk / "backup")
        assert lists_of(opened) == expected
        assert opened.verify() == []
    finally:
        gc.collect()
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_readers_of_a_copy_see_no_log_later(folder, monkeypatch):
    """A reader without locks refuses to go on when a log appears beside its file."""
    without_write_access(monkeypatch)
    reader = RelatedNews.open(folder)
    assert len(reader) == 34
    (folder / LOG).write_bytes(bytes(5000))

    with pytest.raises(PermissionError, match="go back in time"):
        len(reader)


def test_store_of_a_backup_is_closed(folder, tmp_path):
    """No log is left beside the catalogue of a backup."""
    RelatedNews.open(folder).backup(tmp_path / "copy")
    assert [path.name for path in (tmp_path / "copy").glob("catalogue*")] == [CATALOGUE]
    assert Store.open(tmp_path / "copy").leftovers() == []
