"""A hostile archive folder: an error or a list, and nothing worse."""

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

import mutations
from relnews import ArchiveFormatError, RelatedNews
from relnews.storage import database
from relnews.storage.database import CATALOGUE
from relnews.storage.writer import WRITER

pytestmark = pytest.mark.skipif(os.name != "posix", reason="makes links and pipes")


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "whole.relnews"
    mutations.build(folder)
    return folder


@pytest.fixture
def folder(archive, tmp_path):
    """Return a copy of the archive to change."""
    shutil.copytree(archive, tmp_path / "a.relnews")
    return tmp_path / "a.relnews"


def run(archive, work, first, last, **environment):
    """Try changes in another process; return what went wrong."""
    work.mkdir()
    with (work / "errors").open("w+") as errors:
        process = subprocess.Popen(
            [sys.executable, mutations.__file__, str(archive), str(work), str(first), str(last)],
            stdout=subprocess.PIPE, stderr=errors, encoding="utf-8",
            env={**os.environ, **environment},
        )  # fmt: skip
        wrong, begun, done = [], None, 0
        for line in process.stdout:
            report = json.loads(line)
            begun = report.get("begun")
            done += "done" in report
            wrong += [
                f"change {report['done']}: {report['changes']}: {name}\n{trace}"
                for name, trace in report.get("wrong", ())
            ]
        process.stdout.close()
        if process.wait():
            errors.seek(0)
            wrong.append(f"change {begun}: exit code {process.returncode}\n{errors.read()}")
        return wrong, done


def try_changes(archive, tmp_path, n, **environment):
    """Try n changes in two processes."""
    half = n // 2
    with ThreadPoolExecutor(2) as pool:
        (wrong, n_done), (more, n_more) = pool.map(
            lambda i: run(
                archive, tmp_path / str(i), i * half, (i + 1) * half, **environment
            ),
            range(2),
        )  # fmt: skip
    assert not wrong + more, "\n\n".join([*wrong, *more][:3])
    assert n_done + n_more == n


def test_an_unchanged_archive_is_used(archive, tmp_path):
    """Every call works on the unchanged archive."""
    copy = tmp_path / "a.relnews"
    shutil.copytree(archive, copy)
    outcomes = {name: result for name, _, result in mutations.use(copy)}

    assert {*outcomes.values()} == {"done"}
    state = RelatedNews.open(archive).archive_.state
    assert state.pending
    assert len(state.live_segments) > 1
    assert len(state.epoch.common.terms)
    assert any(not member.is_alive.all() for member in state.live_segments.values())


@pytest.mark.heavy
def test_changed_archives(archive, tmp_path):
    """A changed archive raises only expected errors and never hangs."""
    try_changes(archive, tmp_path, 60)


@pytest.mark.slow
def test_very_many_changed_archives(archive, tmp_path):
    """Thousands of changed archives raise only expected errors."""
    try_changes(archive, tmp_path, 10_000)


@pytest.mark.slow
def test_no_kernel_reads_outside_of_an_array(archive, tmp_path):
    """With Numba's bounds checks no kernel reads outside an array."""
    cache = tmp_path / "kernels"
    cache.mkdir()
    try_changes(archive, tmp_path, 4_000, NUMBA_BOUNDSCHECK="1", NUMBA_CACHE_DIR=str(cache))


# --- what links could do -------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["", "-wal", "-shm", "-journal"])
def test_a_database_that_is_a_link(folder, tmp_path, end):
    """A link in place of the database is refused, since SQLite would follow it."""
    precious = tmp_path / "precious"
    link = folder / f"{CATALOGUE}{end}"
    if end:
        precious.write_bytes(b"precious" * 1000)
    else:
        link.rename(precious)
    content = precious.read_bytes()
    link.symlink_to(precious)

    for use in (RelatedNews.open, RelatedNews().fit([]).save):
        with pytest.raises(ArchiveFormatError, match=r"is a link, which an archive never has"):
            use(folder)
    assert link.is_symlink()
    assert precious.read_bytes() == content


@pytest.mark.parametrize("end", ["-wal", "-shm", "-journal"])
def test_a_database_with_a_pipe(folder, end):
    """A pipe in place of the database is refused, since SQLite would wait."""
    os.mkfifo(folder / f"{CATALOGUE}{end}")

    for use in (RelatedNews.open, RelatedNews().fit([]).save):
        with pytest.raises(ArchiveFormatError, match=r"is not a file"):
            use(folder)


def test_a_writers_note_that_is_a_pipe(folder, monkeypatch):
    """A pipe in place of the writer's note is not read and is replaced."""
    monkeypatch.setattr(database, "PATIENCE", 0.05)
    os.mkfifo(folder / WRITER)
    news = RelatedNews.open(folder)
    with contextlib.closing(sqlite3.connect(folder / CATALOGUE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TimeoutError, match="another process"):
            news.remove("s1")
    news.remove("s1")
    assert not (folder / WRITER).exists()


@pytest.mark.parametrize("what", ["array", "folder"])
def test_arrays_that_are_links(folder, tmp_path, what):
    """Links out of the folder are not read."""
    path = next(folder.glob("*.segment"))
    if what == "array":
        path /= "row_low.npy"
    path.rename(tmp_path / "outside")
    path.symlink_to(tmp_path / "outside")

    with pytest.raises(ArchiveFormatError, match="is a link, which an archive never has"):
        RelatedNews.open(folder).related_to_text("flood")


def test_a_writers_note_that_is_a_link(folder, tmp_path):
    """A note replaces a link and leaves its target unchanged."""
    (tmp_path / "precious").write_text("precious")
    (folder / WRITER).symlink_to(tmp_path / "precious")
    RelatedNews.open(folder).remove("s1")

    assert (tmp_path / "precious").read_text() == "precious"
    assert not (folder / WRITER).is_symlink()


def test_a_left_over_folder_that_is_a_link(folder, tmp_path):
    """Leftovers of killed writers are removed, but not the targets of links."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("precious")
    (folder / "000900.segment").symlink_to(outside)
    (folder / "000901.segment").mkdir()
    RelatedNews.open(folder).compact()

    assert (outside / "precious").exists()
    assert not (folder / "000901.segment").exists()


# --- what the database could do ------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER t AFTER INSERT ON articles BEGIN DELETE FROM articles; END",
        "CREATE VIEW v AS SELECT 1",
        "CREATE TABLE more (x)",
        "CREATE INDEX i ON articles (title COLLATE NOCASE)",
        "ALTER TABLE articles ADD COLUMN x AS (title || 'x')",
        "ALTER TABLE lists RENAME COLUMN entries TO other",
        "DROP TABLE removals",
    ],
)
def test_a_database_with_other_tables(folder, statement):
    """A database with other tables, views or triggers is refused."""
    connection = sqlite3.connect(folder / CATALOGUE)
    connection.execute(statement)
    connection.commit()
    connection.close()

    for use in (RelatedNews.open, RelatedNews().fit([]).save):
        with pytest.raises(ArchiveFormatError, match="other tables than"):
            use(folder)


def test_a_database_that_was_analyzed_or_packed(folder):
    """A database after ANALYZE or VACUUM is still an archive."""
    expected = list(RelatedNews.open(folder).related_all())
    connection = sqlite3.connect(folder / CATALOGUE, isolation_level=None)
    connection.execute("ANALYZE")
    connection.execute("VACUUM")
    connection.execute("REINDEX")
    connection.close()

    assert list(RelatedNews.open(folder).related_all()) == expected


def test_terms_that_collide_under_every_seed(folder):
    """Terms repeated hundreds of times are an error, not an endless loop."""
    connection = sqlite3.connect(folder / CATALOGUE)
    (n_known,) = connection.execute("SELECT min(number) FROM terms").fetchone()
    connection.execute("DELETE FROM terms")
    connection.executemany(
        "INSERT INTO terms VALUES (?, 'same')", ((n_known + i,) for i in range(1000))
    )
    connection.commit()
    connection.close()
    mutations.correct_checksums(folder)

    with pytest.raises(ArchiveFormatError, match="there twice"):
        RelatedNews.open(folder).related_to_text("flood")
