"""The archive folder: transactions, and a clear error for every folder that is no archive."""

import gc
import itertools
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
import zlib
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, given

from mutations import correct_checksums
from relnews import RelatedNews
from relnews.exceptions import ArchiveFormatError
from relnews.search import bounds
from relnews.storage import arrays, database
from strategies import archives, examples

ARTICLES = [
    {
        "id": f"story-{i}",
        "title": f"Talks {i % 3} on guarantees",
        "dek": "Allies meet",
        "text": f"word{i} word{i % 5} talks guarantees " * (i % 4 + 1),
        "published": f"2025-08-{i % 27 + 1:02d}T10:00:00+02:00",
        "url": f"/world/{i}",
        "section": "World",
        "tags": ["nato", "ukraine"],
        "author": "Foreign desk",
        "source": "Gazette",
        "language": "en",
        "image": "/i.png",
        "image_alt": "Hills" if i % 2 else None,
    }
    for i in range(40)
]


@pytest.fixture
def news():
    return RelatedNews().fit(ARTICLES)


@pytest.fixture
def folder(news, tmp_path):
    news.save(tmp_path / "a.relnews")
    return tmp_path / "a.relnews"


@examples(0.5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(articles=archives())
def test_opened_lists_are_the_same(articles, tmp_path):
    """Saved and opened archives give the same lists, with all details."""
    options = {"stop_words": ["the", "and"], "title_weight": 2, "sublinear_tf": False}
    news = RelatedNews(**options, recency=None).fit(articles)
    news.save(tmp_path / "a.relnews")
    opened = RelatedNews.open(tmp_path / "a.relnews")

    assert list(opened.related_all(5)) == list(news.related_all(5))
    assert opened.related_to_text("nato kyiv") == news.related_to_text("nato kyiv")
    assert (opened.title_weight, opened.stop_words, opened.sublinear_tf) == (
        2, ("the", "and"), False
    )  # fmt: skip


def test_all_details_survive(news, folder):
    """Every field of an item is equal in memory and from disk."""
    item = RelatedNews.open(folder).related("story-3")[0]

    assert item == news.related("story-3")[0]
    assert item.tags == ("nato", "ukraine")
    assert item.published.isoformat().endswith("T08:00:00+00:00")


def test_arrays_are_mapped_and_read_only(folder):
    """Opening maps arrays read-only, and keeps none of their files open."""
    (member,) = RelatedNews.open(folder).archive_.state.live_segments.values()
    array = member.segment.posting

    memory = array
    while isinstance(memory, np.ndarray):
        memory = memory.base
    assert isinstance(memory, memoryview)
    assert memory.readonly
    assert not array.flags.writeable
    if sys.platform == "linux":
        assert str(folder) in maps()
        assert not [file for file in open_files() if file.endswith(".npy")]
        del member, array, memory
        gc.collect()
        assert str(folder) not in maps()


def maps():
    """Return the mapped files of the process."""
    return Path("/proc/self/maps").read_text()


def open_files():
    """Return the open files of the process."""
    return [str(path.readlink()) for path in Path("/proc/self/fd").iterdir() if path.exists()]


def test_an_archive_is_replaced_and_the_old_files_go(news, folder):
    """Saving over an archive replaces it and leaves no old file."""
    RelatedNews().fit(ARTICLES[:5]).save(folder)

    assert len(RelatedNews.open(folder)) == 5
    assert sorted(path.name for path in folder.iterdir()) == [
        "000005.vocabulary", "000006.segment", "000007.epoch", "000008.outline", "catalogue.sqlite"
    ]  # fmt: skip
    news.save(folder)
    assert list(RelatedNews.open(folder).related_all()) == list(news.related_all())


def test_bounds_are_stored_too(folder):
    """Stored bounds are read unchanged, and lists are equal."""
    with mock.patch.multiple(bounds, WORTH_PRUNING=0, COMMON=0.05):
        news = RelatedNews().fit(ARTICLES)
    news.save(folder)
    opened = RelatedNews.open(folder)

    ours, theirs = news.archive_.state, opened.archive_.state
    assert len(ours.epoch.common.terms) > 1
    for name, array in ours.epoch.arrays().items():
        assert np.array_equal(array, theirs.epoch.arrays()[name])
    for segment, other in zip(
        ours.live_segments.values(), theirs.live_segments.values(), strict=True
    ):
        for a, b in zip(segment.outline, other.outline, strict=True):
            assert a.shape == b.shape
            assert np.array_equal(a, b)
    assert list(opened.related_all()) == list(news.related_all())
    assert list(opened.related_all()) == list(RelatedNews().fit(ARTICLES).related_all())


def test_an_opened_archive_is_where_it_is(folder, tmp_path):
    """Saving an opened archive over itself changes nothing."""
    opened = RelatedNews.open(folder)
    before, generation = list(opened.related_all()), opened.archive_.catalogue.generation()
    names = sorted(folder.iterdir())
    (tmp_path / "link").symlink_to(folder)
    opened.save(folder)
    opened.save(tmp_path / "link")

    assert list(RelatedNews.open(folder).related_all()) == before
    assert opened.archive_.catalogue.generation() == generation
    assert sorted(folder.iterdir())[: len(names)] == names


@pytest.mark.parametrize("lists", [False, True])
@pytest.mark.parametrize("when", ["before it reads", "after it has read"])
def test_who_has_it_open_sees_a_new_save(folder, when, lists):
    """A reader switches to the new save and never mixes both in a list."""
    opened = RelatedNews.open(folder)
    generation = opened.archive_.catalogue.generation()
    if when == "after it has read":
        assert len(list(opened.related_all())) == 40
    new = RelatedNews(title_weight=3, stop_words=None).fit(ARTICLES[20::-1])
    if lists:
        new.store_lists(3)
    new.save(folder)

    assert opened.related("story-3") == new.related("story-3")
    assert list(opened.related_all()) == list(new.related_all())
    assert opened.related_to_text("talks the word7") == new.related_to_text("talks the word7")
    assert opened.related_to_text("meet word7", k=50) == new.related_to_text("meet word7", k=50)
    assert len(opened) == 21
    assert opened.archive_.catalogue.generation() == generation + 1
    with pytest.raises(KeyError, match="no article has the id 'story-30'"):
        opened.related("story-30")
    report = opened.partial_fit(ARTICLES[30:31])
    assert report.added == ("story-30",)
    assert (report.changed is None) is not lists
    assert opened.verify() == []


def test_lists_under_way_go_on_in_a_new_save(folder):
    """An iterator over lists that began before a save gives the remaining lists."""
    opened = RelatedNews.open(folder)
    under_way = opened.related_all()
    next(under_way)
    RelatedNews().fit(ARTICLES).save(folder)

    assert len(list(under_way)) == 39


def test_something_else_is_not_overwritten(news, tmp_path):
    """A folder or file that is no archive is not changed."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "1.jpg").write_bytes(b"x")
    (tmp_path / "file").write_bytes(b"y")
    for target in ("photos", "file"):
        with pytest.raises(FileExistsError, match="is not a relnews archive; it is left as it is"):
            news.save(tmp_path / target)

    assert (tmp_path / "photos" / "1.jpg").read_bytes() == b"x"
    assert (tmp_path / "file").read_bytes() == b"y"


def test_another_database_is_not_overwritten(news, tmp_path):
    """Another program's SQLite file is not taken for an archive."""
    other = tmp_path / "other"
    other.mkdir()
    with sqlite3.connect(other / arrays.CATALOGUE) as connection:
        connection.execute("CREATE TABLE precious (x)")
    connection.close()
    with pytest.raises(ArchiveFormatError, match="not a relnews archive"):
        news.save(other)
    with pytest.raises(ArchiveFormatError, match="not a relnews archive"):
        RelatedNews.open(other)


def test_an_empty_folder_becomes_an_archive(news, tmp_path):
    """Saving into an empty folder works."""
    news.save(tmp_path)

    assert len(RelatedNews.open(tmp_path)) == 40


def test_nothing_is_there(tmp_path):
    """A missing archive is a FileNotFoundError that says how to make one."""
    with pytest.raises(FileNotFoundError, match="relnews build"):
        RelatedNews.open(tmp_path / "none")


@pytest.mark.parametrize(
    "content", [b"", b"not a database" * 100, b"SQLite format 3\0" + b"x" * 99]
)
def test_a_catalogue_that_is_none(tmp_path, content):
    """Any other file in the catalogue's place is an archive error."""
    (tmp_path / arrays.CATALOGUE).write_bytes(content)

    with pytest.raises(ArchiveFormatError):
        RelatedNews.open(tmp_path)


def test_another_format_version(folder):
    """An unknown version is an error with both versions and a solution."""
    with sqlite3.connect(folder / arrays.CATALOGUE) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(
        ArchiveFormatError, match=r"format 99; this version .* reads formats 6 to 10\."
    ):
        RelatedNews.open(folder)


def every_file(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_any_file_missing_or_truncated_is_noticed(folder, tmp_path):
    """A missing, empty, halved or cut file is a clear error."""
    files = every_file(folder)
    assert len(files) == 1 + 3 + 3 + 18 + 9
    for name in files:
        whole = (folder / name).read_bytes()
        for cut in (None, 0, len(whole) // 2, len(whole) - 1):
            broken = tmp_path / "broken.relnews"
            shutil.copytree(folder, broken)
            if cut is None:
                (broken / name).unlink()
            else:
                (broken / name).write_bytes(whole[:cut])
            with pytest.raises(ArchiveFormatError) as caught:
                list(RelatedNews.open(broken).related_all())
            assert "archive" in str(caught.value)
            shutil.rmtree(broken)


def rewritten(folder, path, dtype):
    """Rewrite an array with another dtype, and correct size and checksum in the catalogue."""
    array = np.load(path).astype(dtype)
    np.save(path, array)
    about = path.stat().st_size, zlib.crc32(array.data), int(path.parent.name[:6]), path.stem
    with sqlite3.connect(folder / arrays.CATALOGUE) as connection:
        connection.execute(
            "UPDATE files SET bytes = ?, checksum = ? WHERE folder = ? AND name = ?", about
        )
    connection.close()
    correct_checksums(folder)


def test_terms_of_many_bits_are_ranked_the_same(news, folder, tmp_path):
    """High bits of terms may have 8 or 16 bits, with equal lists."""
    rewritten(folder, next(folder.glob("*/row_high.npy")), np.uint16)
    opened = RelatedNews.open(folder)

    for archive in (opened, news):
        archive.rules.ignore("allies")
        archive.partial_fit([{**ARTICLES[3], "id": "late"}])
    (member,) = opened.archive_.state.live_segments.values()
    assert member.segment.row_high.dtype == np.uint16
    assert list(opened.related_all()) == list(news.related_all())
    opened.compact()
    assert np.load(next(folder.glob("*/row_high.npy"))).dtype == np.uint8
    assert list(opened.related_all()) == list(news.related_all())


@pytest.mark.parametrize("name", arrays.SEGMENT_DTYPES)
def test_arrays_of_another_type_are_refused(folder, name):
    """An array of another dtype is refused, even with equal numbers."""
    dtype = arrays.SEGMENT_DTYPES[name]
    other = {1: "u4", 2: "u1", 4: "i8", 8: "f8"}[dtype.itemsize]
    rewritten(folder, next(folder.glob(f"*.segment/{name}.npy")), other)

    with pytest.raises(
        ArchiveFormatError, match=rf"{name}\.npy does not hold one dimension of {dtype}"
    ):
        list(RelatedNews.open(folder).related_all())


def test_pickled_arrays_are_refused(folder):
    """An array of Python objects is an error and runs no code."""
    path = next(folder.glob("*.segment")) / "values.npy"
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    size = path.stat().st_size
    with sqlite3.connect(folder / arrays.CATALOGUE) as connection:
        connection.execute("UPDATE files SET bytes = ? WHERE name = 'values'", (size,))
    connection.close()
    correct_checksums(folder)
    with pytest.raises(
        ArchiveFormatError, match=r"values\.npy does not hold one dimension of int32"
    ):
        RelatedNews.open(folder).related("story-3")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE settings SET value = 'x' WHERE name = 'analysis'",
        "UPDATE settings SET value = '{\"title_weight\": -1}' WHERE name = 'analysis'",
        "DELETE FROM settings",
        "UPDATE folders SET kind = '../../etc' WHERE kind = 'segment'",
        "DELETE FROM folders WHERE kind = 'vocabulary'",
        "DELETE FROM files",
        "DROP TABLE folders",
    ],
)
def test_a_catalogue_with_nonsense_in_it(folder, change):
    """Impossible values in the catalogue are an archive error."""
    with sqlite3.connect(folder / arrays.CATALOGUE) as connection:
        connection.execute(change)
    connection.close()
    with pytest.raises(ArchiveFormatError, match="damaged"):
        RelatedNews.open(folder).related("story-3")


def test_arrays_of_different_archives_do_not_mix(folder, tmp_path):
    """Arrays of inconsistent lengths are an error."""
    path = next(folder.glob("*.segment")) / "published.npy"
    array = np.arange(3)
    np.save(path, array)
    with sqlite3.connect(folder / arrays.CATALOGUE) as connection:
        connection.execute(
            "UPDATE files SET bytes = ?, checksum = ? WHERE name = 'published'",
            (path.stat().st_size, zlib.crc32(array.data)),
        )
    connection.close()
    correct_checksums(folder)
    with pytest.raises(ArchiveFormatError, match="do not fit"):
        RelatedNews.open(folder).related("story-3")


def test_one_writer_at_a_time(news, folder, monkeypatch):
    """A second writer gets an error, and the first writer's state stays."""
    holder = sqlite3.connect(folder / arrays.CATALOGUE, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr(database, "PATIENCE", 0.1)
    with pytest.raises(TimeoutError, match=r"is being written by another process\. Try again"):
        news.save(folder)
    holder.execute("ROLLBACK")
    holder.close()

    assert len(RelatedNews.open(folder)) == 40


def test_a_failing_save_leaves_the_old_archive(news, folder, monkeypatch):
    """A save that fails leaves the old archive; its files go next time."""
    calls = itertools.count()
    sync = os.fsync

    def full(descriptor):
        if next(calls) == 9:
            raise OSError(28, "No space left on device")
        sync(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(arrays.os, "fsync", full)
        with pytest.raises(OSError, match=r"no space left to write .*; it is as it was"):
            RelatedNews().fit(ARTICLES[:3]).save(folder)
    assert list(RelatedNews.open(folder).related_all()) == list(news.related_all())
    RelatedNews().fit(ARTICLES[:3]).save(folder)

    assert len(RelatedNews.open(folder)) == 3
    assert len([path for path in folder.iterdir() if path.is_dir()]) == 4


#: Forks a process that saves, for each line that it receives, so that imports run once.
SAVE_FOR_EVER = """
    import os, sys
    from relnews import RelatedNews
    sets = [[{"id": f"{n}-{i}", "text": f"talks word{i % 7} set{n}"} for i in range(100)]
            for n in range(2)]
    news = [RelatedNews().fit(articles) for articles in sets]
    for line in sys.stdin:
        if not (pid := os.fork()):
            print(os.getpid(), flush=True)
            while True:
                for archive in news:
                    archive.save(sys.argv[1])
        os.waitpid(pid, 0)
        print("gone", flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_a_killed_save_leaves_one_state_or_the_other(tmp_path):
    """After a kill at any of eight moments the archive is old or new."""
    target = tmp_path / "a.relnews"
    RelatedNews().fit({"id": f"0-{i}", "text": "talks"} for i in range(100)).save(target)
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SAVE_FOR_EVER), str(target)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip
    for attempt in range(8):
        print(file=parent.stdin, flush=True)
        writer = int(parent.stdout.readline())
        time.sleep(0.03 + attempt * 0.0107)
        os.kill(writer, signal.SIGKILL)
        assert parent.stdout.readline() == "gone\n"
        opened = RelatedNews.open(target)
        lists = list(opened.related_all())
        sets = {related.id.split("-")[0] for related in lists} | {
            i.id[0] for related in lists for i in related
        }

        assert len(lists) == 100
        assert sets in ({"0"}, {"1"})
    parent.communicate()


def test_paths_may_be_strings_or_odd(news, tmp_path):
    """Paths may be strings, and have spaces, signs and other scripts."""
    path = tmp_path / "ein % ordner?mode=memory #1 وثائق.relnews"
    news.save(str(path))

    assert len(RelatedNews.open(str(path))) == 40
    assert isinstance(path, Path)


def test_new_arrays_are_compared_after_the_commit(tmp_path):
    """The transaction that writes arrays reads them as they are; every later one compares them."""
    store = arrays.Store.create(tmp_path / "a.relnews")
    frequency = np.arange(5, dtype=np.int32)
    empty = {"terms": np.empty(0, np.int32), "basis": np.empty(0)}
    counting = mock.patch.object(zlib, "crc32", wraps=zlib.crc32)
    with counting as crc32, store.transaction():
        store.put("epoch", {"document_frequency": frequency, **empty})
        (entry,), n_before = store.catalogue.folders(), crc32.call_count
        assert np.array_equal(store.arrays(entry)["document_frequency"], frequency)
        assert crc32.call_count == n_before
    file = tmp_path / "a.relnews" / arrays.folder_name(entry) / "document_frequency.npy"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(ArchiveFormatError, match="checksum"):
        store.arrays(entry)
    with store.transaction(), pytest.raises(ArchiveFormatError, match="checksum"):
        store.arrays(entry)
