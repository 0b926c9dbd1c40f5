"""Copies of archives in object storage: the same lists, and only what is new is read."""

import errno
import shutil
import sys
from pathlib import Path
from unittest import mock

import fsspec
import pytest
from click.testing import CliRunner
from fsspec.implementations.memory import MemoryFileSystem

import pairs
import relnews
from relnews import ArchiveChangedError, ArchiveFormatError, RelatedNews
from relnews.cli import main
from relnews.storage import remote
from relnews.storage.database import CATALOGUE, LOG

URL = "memory://bucket/news.relnews"
ARCHIVES = Path(__file__).parents[1] / "archives"


@pytest.fixture(autouse=True)
def memory():
    """Return fsspec's storage in memory, empty before and after."""
    files = fsspec.filesystem("memory")
    files.store.clear()
    yield files
    files.store.clear()


@pytest.fixture
def news(tmp_path):
    """Return an archive with stored lists, rules, pending and removed articles."""
    return pairs.lived_in(tmp_path / "a.relnews")


@pytest.fixture
def upload(news, tmp_path, memory):
    """Return a function that puts a backup of the archive behind the URL."""

    def put():
        news.backup(tmp_path / "backup.relnews")
        if memory.exists(URL):
            memory.rm(URL, recursive=True)
        memory.put(str(tmp_path / "backup.relnews"), URL, recursive=True)
        shutil.rmtree(tmp_path / "backup.relnews")

    put()
    return put


@pytest.fixture
def read(monkeypatch):
    """Return a list of the names of arrays that were read."""
    names, get = [], MemoryFileSystem.get

    def noted(self, paths, *more, **options):
        names.extend(path for path in paths if path.endswith(".npy"))
        return get(self, paths, *more, **options)

    monkeypatch.setattr(MemoryFileSystem, "get", noted)
    return names


def full_disk():
    return OSError(errno.ENOSPC, "No space left on device")


def lists_of(news, k=4):
    return [items.to_dict() for items in news.related_all(k)]


def test_a_fetched_archive_is_the_archive(news, upload, tmp_path):
    """A local copy has the same lists, rules and settings, and nothing lies beside it."""
    assert relnews.fetch(URL, tmp_path / "copy.relnews")
    copy = RelatedNews.open(tmp_path / "copy.relnews")

    assert lists_of(copy) == lists_of(news)
    assert [*copy.rules] == [*news.rules]
    assert copy.get_params() == news.get_params()
    assert copy.verify() == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.relnews", "copy.relnews"]


def test_only_what_is_new_is_read(news, upload, tmp_path, read):
    """Nothing new costs one look; then only files of new content are read, into an open copy."""
    folder = tmp_path / "copy.relnews"
    relnews.fetch(URL, folder)
    copy, n_first = RelatedNews.open(folder), len(read)
    assert n_first > 20
    before = lists_of(copy)

    assert not relnews.fetch(URL, folder)
    assert len(read) == n_first
    assert lists_of(copy) == before

    news.partial_fit(pairs.story(i) for i in range(99, 105))
    news.store_lists(4)  # which puts the new articles in a segment
    upload()
    del read[:]
    assert relnews.fetch(URL, folder)
    assert 0 < len(read) < n_first
    assert lists_of(copy) == lists_of(news) != before
    assert "s99" in copy

    news.remove("s5")
    news.compact()
    upload()
    assert relnews.fetch(URL, folder)
    assert "s5" not in copy
    assert copy.verify() == copy.verify_removed("s5") == []


def test_an_older_format(tmp_path, memory):
    """Archives of every earlier format can be fetched."""
    folders = sorted(path for path in ARCHIVES.iterdir() if (path / CATALOGUE).exists())
    assert folders
    for folder in folders:
        memory.put(str(folder), f"memory://{folder.name}", recursive=True)
        shutil.copytree(folder, tmp_path / "own" / folder.name)
        relnews.fetch(f"memory://{folder.name}", tmp_path / folder.name)
        copy, own = (RelatedNews.open(tmp_path / name / folder.name) for name in ("", "own"))
        assert lists_of(copy) == lists_of(own)
        assert copy.verify() == []


def test_archives_that_are_not_replaced(news, upload, tmp_path):
    """An archive that was not fetched, or changed since, stays as it is; so does anything else."""
    own = lists_of(news)
    with pytest.raises(FileExistsError, match=r"that was not fetched.*Fetch into another folder"):
        relnews.fetch(URL, tmp_path / "a.relnews")
    assert lists_of(news) == own

    relnews.fetch(URL, tmp_path / "copy.relnews")
    copy = RelatedNews.open(tmp_path / "copy.relnews")
    copy.rules.pin("s1", "s9")
    news.remove("s6")
    upload()
    with pytest.raises(FileExistsError, match="was changed after it was fetched"):
        relnews.fetch(URL, tmp_path / "copy.relnews")
    assert "s6" in copy

    (tmp_path / "text").write_text("precious")
    with pytest.raises(FileExistsError, match="not a relnews archive"):
        relnews.fetch(URL, tmp_path / "text")
    with pytest.raises(FileNotFoundError, match=r"no folder .*/none"):
        relnews.fetch(URL, tmp_path / "none" / "copy.relnews")


def test_a_change_while_files_are_read(news, upload, tmp_path, monkeypatch):
    """A local change is not lost; a remote change is read in the next attempt."""
    folder = tmp_path / "copy.relnews"
    relnews.fetch(URL, folder)
    news.remove("s6")
    upload()
    read, changes = remote._read, [lambda: RelatedNews.open(folder).rules.pin("s1", "s9")]

    def changed(*arguments):
        store = read(*arguments)
        for change in changes:
            change()
        return store

    monkeypatch.setattr(remote, "_read", changed)
    with pytest.raises(FileExistsError, match="was changed after it was fetched"):
        relnews.fetch(URL, folder)

    folder = tmp_path / "another.relnews"
    store, target = fsspec.filesystem("memory").store, "/bucket/news.relnews/"

    def lose_an_array():
        news.remove("s7")
        upload()
        del changes[:]
        raise FileNotFoundError

    changes[:] = [lose_an_array]
    assert relnews.fetch(URL, folder)
    assert "s7" not in RelatedNews.open(folder)
    assert f"{target}{CATALOGUE}" in store

    def always():
        news.partial_fit([pairs.story(200 + len(news))])
        upload()
        raise FileNotFoundError

    changes[:] = [always]
    with pytest.raises(ArchiveChangedError):
        relnews.fetch(URL, tmp_path / "third.relnews")
    assert not (tmp_path / "third.relnews").exists()
    assert not [*tmp_path.glob("*.partial")]


@pytest.mark.parametrize("what", ["array", "missing", "catalogue", "other"])
def test_a_damaged_remote_archive(upload, tmp_path, memory, what):
    """Damage is an error that names the URL, and there is no copy."""
    array = next(path for path in memory.find(URL) if path.endswith("posting.npy"))
    catalogue = f"{URL}/{CATALOGUE}"
    if what == "array":
        content = memory.cat_file(array)
        memory.pipe_file(array, content[:-1] + bytes([content[-1] ^ 1]))
    elif what == "missing":
        memory.rm(array)
    elif what == "catalogue":
        content = memory.cat_file(catalogue)
        memory.pipe_file(catalogue, content[:4096] + b"\xff" * 4096 + content[8192:])
    else:
        memory.pipe_file(catalogue, b"no database")
    with pytest.raises((ArchiveFormatError, FileNotFoundError), match=URL) as error:
        relnews.fetch(URL, tmp_path / "copy.relnews")
    assert ".partial" not in str(error.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.relnews"]


def test_a_damaged_local_copy(news, upload, tmp_path, read):
    """A file of the local copy that is damaged is read again."""
    folder = tmp_path / "copy.relnews"
    relnews.fetch(URL, folder)
    news.remove("s6")
    upload()
    for path in folder.rglob("posting.npy"):
        content = path.read_bytes()
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert relnews.fetch(URL, folder)
    assert RelatedNews.open(folder).verify() == []


def test_a_copy_that_was_open(upload, tmp_path, memory):
    """A log beside the catalogue may have the newest changes: such a copy is refused."""
    memory.pipe_file(f"{URL}/{LOG}", b"")
    relnews.fetch(URL, tmp_path / "copy.relnews")
    memory.pipe_file(f"{URL}/{LOG}", b"log")
    with pytest.raises(ArchiveFormatError, match="that `relnews backup` made"):
        relnews.fetch(URL, tmp_path / "another.relnews")


def test_a_bucket_of_s3(news, tmp_path, monkeypatch):
    """s3fs reads a bucket of a server on this machine; new files only, and errors with the URL."""
    server = pytest.importorskip("moto.server", reason="moto is not installed: moto[server], s3fs")
    pytest.importorskip("s3fs", reason="s3fs is not installed: moto[server], s3fs")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")
    bucket = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    bucket.start()
    try:
        host, port = bucket.get_host_and_port()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        files = fsspec.filesystem("s3")
        files.mkdir("bucket")
        url, folder = "s3://bucket/news.relnews", tmp_path / "copy.relnews"
        for change in (lambda: None, lambda: news.remove("s6")):
            change()
            news.backup(tmp_path / "backup.relnews")
            files.put(f"{tmp_path}/backup.relnews/", f"{url}/", recursive=True)
            shutil.rmtree(tmp_path / "backup.relnews")
            assert relnews.fetch(url, folder)
            assert not relnews.fetch(url, folder)
            assert lists_of(RelatedNews.open(folder)) == lists_of(news)
        for none in ("s3://bucket/none", "s3://no-bucket/none"):
            with pytest.raises(FileNotFoundError, match=none):
                relnews.fetch(none, folder)
    finally:
        bucket.stop()


def test_a_url_that_cannot_be_read(tmp_path):
    """Missing packages, kinds of URLs and archives are named; errors of the system stay."""
    target = tmp_path / "copy.relnews"
    with pytest.raises(ValueError, match=r"nope://x cannot be read: .*nope"):
        relnews.fetch("nope://x", target)
    with pytest.raises(FileNotFoundError, match="there is no archive at memory://none"):
        relnews.fetch("memory://none", target)
    with (
        mock.patch.dict(sys.modules, {"fsspec": None}),
        pytest.raises(ImportError, match=r"pip install 'relnews\[cloud\]'"),
    ):
        relnews.fetch(URL, target)
    for error, expected in (
        (full_disk(), "No space left"),
        (RuntimeError("403"), "cannot be read: 403"),
    ):
        with (
            mock.patch.object(MemoryFileSystem, "info", side_effect=error),
            pytest.raises(OSError, match=expected) as found,
        ):
            relnews.fetch(URL, target)
        assert found.value.errno == getattr(error, "errno", None)
    assert not target.exists()


def test_the_command(upload, tmp_path):
    """The command says how many articles there are, and whether anything was new."""
    copy = str(tmp_path / "copy.relnews")
    for text in ("34 articles\n", "34 articles, nothing new\n"):
        result = CliRunner().invoke(main, ["fetch", URL, copy])
        assert result.exit_code == 0, result.output
        assert result.stderr == f"{copy}: {text}"
    result = CliRunner().invoke(main, ["fetch", "nope://x", copy])
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: nope://x cannot be read: ")


def test_a_full_disk(news, upload, tmp_path):
    """A copy that could not be written can be fetched again, into the same folder."""
    folder = tmp_path / "copy.relnews"
    for _ in range(2):
        with (
            mock.patch("relnews.storage.arrays._write_arrays", side_effect=full_disk()),
            pytest.raises(OSError, match="No space left"),
        ):
            relnews.fetch(URL, folder)
        relnews.fetch(URL, folder)
        assert lists_of(RelatedNews.open(folder)) == lists_of(news)
        news.remove(next(news.related_all(1)).id)
        upload()
