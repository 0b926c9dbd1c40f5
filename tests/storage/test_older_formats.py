"""Folders of older formats: read unchanged, and migrated wholly by the first change."""

import contextlib
import itertools
import json
import os
import shutil
import sqlite3
import subprocess
import textwrap

import pytest

import preloaded
from relnews import ArchiveFormatError, RelatedNews
from relnews.storage import checksums, database, schema
from relnews.storage.catalogue import Catalogue
from relnews.storage.database import CATALOGUE

#: Older formats know no repeated lines, so that their archives count all lines.
OPTIONS = {
    "title_overlap": 0.25, "normalization": None, "stop_words": ("the",),
    "ignore_repeated_lines": False,
}  # fmt: skip

#: Names in newer formats and in format 6.
OLD_NAMES = {
    "analysis": {"normalization": "folding"}, "weighting": {"title_overlap": "title_share"},
}  # fmt: skip

#: Statements that take away what format 8 adds: checksums, or the key in them.
WITHOUT_CHECKSUMS = [
    "UPDATE articles SET digest = substr(digest, 1, length(digest) - 4)",
    "UPDATE terms SET term = substr(term, 1, length(term) - 4)",
    "UPDATE lists SET entries = rekeyed(entries, key)",
    "UPDATE counts SET checksum = with_key(checksum, key)",
    "DELETE FROM settings WHERE name IN ('checksum', 'arrays', 'removals')",
]


def stories(first, last):
    return [
        {
            "id": f"s{i}", "title": f"dike word{i % 7}", "text": f"flood crest word{i} word{i % 3}",
            "published": f"2025-08-{i % 27 + 1:02d}",
        }
        for i in range(first, last)
    ]  # fmt: skip


def make_older(folder, version=6):
    """Change a folder of this format into one of an older format."""
    with contextlib.closing(
        sqlite3.connect(folder / CATALOGUE, isolation_level=None)
    ) as connection:
        for function in (checksums.rekeyed, checksums.with_key):
            connection.create_function(function.__name__, 2, function)
        for statement in WITHOUT_CHECKSUMS if version < 8 else ():
            connection.execute(statement)
        for name, renamed in OLD_NAMES.items() if version == 6 else ():
            query = "SELECT value FROM settings WHERE name = ?"
            (value,) = connection.execute(query, (name,)).fetchone()
            older = {renamed.get(key, key): part for key, part in json.loads(value).items()}
            connection.execute(
                "UPDATE settings SET value = ? WHERE name = ?", (json.dumps(older), name)
            )
        if version < 10:
            connection.execute("ALTER TABLE articles DROP COLUMN image_alt")
        connection.execute(f"PRAGMA user_version = {version}")


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """Return a folder of this format with segments, pending articles, removals, rules and lists."""
    folder = tmp_path_factory.mktemp("formats") / "original"
    news = RelatedNews(**OPTIONS).fit(stories(0, 12))
    news.rules.block("s3", "s4")
    news.store_lists(4)
    news.partial_fit(stories(10, 16))
    news.remove("s2")
    news.save(folder)
    return folder


@pytest.fixture
def newer(original, tmp_path):
    return shutil.copytree(original, tmp_path / "newer")


@pytest.fixture(params=[6, 7, 8, 9])
def version(request):
    """Return each older format that is read."""
    return request.param


@pytest.fixture
def older(original, tmp_path, version):
    folder = shutil.copytree(original, tmp_path / "older")
    make_older(folder, version)
    return folder


def version_of(folder):
    with contextlib.closing(sqlite3.connect(folder / CATALOGUE)) as connection:
        return schema.version_of(connection)


def names_in(folder):
    """Return the names in the two settings that differ in format 6."""
    query = "SELECT value FROM settings WHERE name IN ('analysis', 'weighting')"
    with contextlib.closing(sqlite3.connect(folder / CATALOGUE)) as connection:
        return {key for (value,) in connection.execute(query) for key in json.loads(value)}


def is_of_format(folder, version):
    new = {"normalization", "title_overlap"}
    old = {"folding", "title_share"}
    expected, others = (old, new) if version == 6 else (new, old)
    names = names_in(folder)
    return version_of(folder) == version and names >= expected and not names & others


def answers(news):
    """Return stored and ranked lists, drafts and explanations."""
    return (
        [items.to_dict() for k in (4, 30) for items in news.related_all(k)],
        news.related_to_text("dike word3 flood").to_dict(),
        str(news.explain("s1", "s8")),
        [news.related(f"s{i}", mode="background").to_dict() for i in (1, 14)],
    )


def content(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("mode", database._MODES)
def test_an_older_folder_is_read_as_it_is(older, newer, mode, monkeypatch, version):
    """Lists and parameters equal this format's, and no byte changes."""
    before = content(older)
    monkeypatch.setattr(database, "_MODES", (mode,))
    news = RelatedNews.open(older)

    assert answers(news) == answers(RelatedNews.open(newer))
    assert {name: getattr(news, name) for name in OPTIONS} == OPTIONS
    assert news.verify() == []
    del news
    after = content(older)  # without permission to write, SQLite keeps its log
    assert {path: after[path] for path in before} == before
    assert is_of_format(older, version)


CHANGES = {
    "add": lambda news, _: news.partial_fit(stories(50, 60)),
    "remove": lambda news, _: news.remove("s7"),
    "store lists": lambda news, _: news.store_lists(3),
    "compact": lambda news, _: news.compact(),
    "rules": lambda news, _: news.rules.block("s8", "s9"),
    "save over it": lambda _, folder: RelatedNews(**OPTIONS).fit(stories(0, 9)).save(folder),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_first_change_migrates(older, newer, change):
    """Any first change migrates; open archives go on in this format."""
    early = RelatedNews.open(older)
    reader, unread = RelatedNews.open(older), RelatedNews.open(older)
    answers(reader)
    for folder in (older, newer):
        CHANGES[change](RelatedNews.open(folder), folder)
    expected = RelatedNews.open(newer)

    assert is_of_format(older, 10)
    for news in (reader, unread, early, RelatedNews.open(older)):
        assert len(news) == len(expected)
        if change != "save over it":
            assert answers(news) == answers(expected)
        assert news.verify() == []
    assert reader.partial_fit(stories(70, 72)) == expected.partial_fit(stories(70, 72))
    assert lists_of(early) == lists_of(expected)


def lists_of(news):
    return [items.to_dict() for items in news.related_all(5)]


def test_one_state_has_one_format(older):
    """A read transaction from before the migration stays in its format."""
    reader = Catalogue.open(older)
    weighting, analysis = reader.setting("weighting"), reader.setting("analysis")
    with reader.read_transaction():
        assert reader.setting("weighting") == weighting
        RelatedNews.open(older).remove("s7")
        assert version_of(older) == 10
        assert reader.setting("weighting") == weighting
        assert reader.setting("analysis") == analysis
    assert reader.setting("weighting") == weighting
    assert reader.setting("analysis") == analysis


def test_alternative_texts_after_a_migration(older):
    """Articles without one are unchanged; open archives read the texts that come with others."""
    reader = RelatedNews.open(older)
    reader.related("s1")
    with reader._archive.store.catalogue.read_transaction():
        before = reader.related("s1").to_dict()
        described = {**stories(8, 9)[0], "image": "/8.jpg", "image_alt": "The dike"}
        report = RelatedNews.open(older).partial_fit([*stories(5, 8), described])
        assert (report.unchanged, report.replaced) == (("s5", "s6", "s7"), ("s8",))
        assert reader.related("s1").to_dict() == before
    for news in (reader, RelatedNews.open(older)):
        alts = {item.id: item.image_alt for item in news.related("s1", k=40)}
        assert alts.pop("s8") == "The dike"
        assert {*alts.values()} == {None}
        assert news.verify() == []


def test_a_copy_of_an_older_archive_is_of_this_format(older, newer, tmp_path):
    """A saved copy is migrated; the original is not."""
    before = content(older)
    RelatedNews.open(older).save(tmp_path / "copy")

    assert is_of_format(tmp_path / "copy", 10)
    assert answers(RelatedNews.open(tmp_path / "copy")) == answers(RelatedNews.open(newer))
    assert content(older) == before


def test_a_first_change_that_fails_leaves_its_format(older, version):
    """A failed change undoes the migration with it."""
    news = RelatedNews.open(older)
    expected = answers(news)

    def failing():
        yield from stories(80, 90)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        news.partial_fit(failing())
    assert is_of_format(older, version)
    assert answers(news) == answers(RelatedNews.open(older)) == expected
    news.remove("s7")
    assert is_of_format(older, 10)
    assert news.verify() == []


#: Updates a folder in a process that dies at its nth write.
KILLED = """
    import os, signal, sys
    from relnews import RelatedNews
    from relnews.storage import schema
    from relnews.storage.database import Database

    news = RelatedNews().fit([{"id": "0", "text": "warm"}])
    news.partial_fit([{"id": "1", "text": "warm up"}])
    news.store_lists(2)
    news.partial_fit([{"id": "2", "text": "warm up"}])

    def die_at(target, name, n):
        original = getattr(target, name)
        calls = iter(range(1_000_000))

        def function(*arguments):
            result = original(*arguments)
            if next(calls) == n:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        setattr(target, name, function)

    for n, folder in enumerate(sys.argv[1:]):
        pid = os.fork()
        if not pid:
            if n:
                die_at(Database, "write", n - 1)
            else:
                die_at(schema, "set_version", 0)
            RelatedNews.open(folder).partial_fit([{"id": "new", "title": "dike word1"}])
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        print("killed" if os.WIFSIGNALED(status) else "done", flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="needs signals and forks")
def test_a_first_change_that_is_killed_leaves_one_format(older, tmp_path, version):
    """After a kill names and version belong to the same format."""
    expected = answers(RelatedNews.open(older))
    folders = [shutil.copytree(older, tmp_path / str(n)) for n in range(16)]
    process = subprocess.run(
        [*preloaded.python(), "-c", textwrap.dedent(KILLED), *map(str, folders)],
        stdout=subprocess.PIPE, encoding="utf-8", check=True,
    )  # fmt: skip
    ends = process.stdout.split()

    assert len(ends) == len(folders)
    assert ends.count("killed") > 6, "settings and articles are written one after another"
    assert ends[-1] == "done", "there are folders for every time that something is written"
    done = RelatedNews.open(folders[-1])
    for folder, end in zip(folders, ends, strict=True):
        assert is_of_format(folder, version if end == "killed" else 10)
        news = RelatedNews.open(folder)
        if end == "killed" and int(folder.name) % 4 == 0:
            assert answers(news) == expected
            news.partial_fit([{"id": "new", "title": "dike word1"}])
            assert is_of_format(folder, 10)
            assert answers(news) == answers(done)
            assert news.verify() == []


@pytest.mark.parametrize("version", [5, 11])
def test_other_formats_are_refused(newer, version):
    """Unknown formats are refused, even if they appear while the folder is open."""
    news = RelatedNews.open(newer)
    with contextlib.closing(sqlite3.connect(newer / CATALOGUE)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    says = rf"format {version}; this version of relnews reads formats 6 to 10\. Build it again"

    for use in (
        lambda: RelatedNews.open(newer),
        lambda: news.remove("s1"),
        lambda: news.related_to_text("dike"),
        lambda: RelatedNews().fit(stories(0, 3)).save(newer),
    ):
        with pytest.raises(ArchiveFormatError, match=says):
            use()
    assert version_of(newer) == version


@pytest.mark.parametrize("version", [6, 7])  # names are the same since
def test_names_of_another_format_are_damage(older, newer, version):
    """Settings that do not fit the version are an error."""
    make_older(newer, 7)
    for folder, other in ((older, 13 - version), (newer, 6)):
        with contextlib.closing(sqlite3.connect(folder / CATALOGUE)) as connection:
            connection.execute(f"PRAGMA user_version = {other}")
        with pytest.raises(ArchiveFormatError, match="is damaged"):
            RelatedNews.open(folder)


def test_formats_that_are_read_are_contiguous():
    """Each readable format has a migration to the next."""
    steps = itertools.pairwise(schema.READ_VERSIONS)
    assert all(newer == older + 1 for older, newer in steps)
    assert schema.READ_VERSIONS[-1] == schema.FORMAT_VERSION
