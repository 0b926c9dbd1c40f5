"""Durability: acknowledged changes survive, whole, through kills, full disks and damage."""

import contextlib
import itertools
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from unittest import mock

import pytest

from relnews import ArchiveFormatError, RelatedNews
from relnews.archive import state
from relnews.exceptions import RelnewsError
from relnews.maintenance import merging, stored_lists
from relnews.search import segment
from relnews.search.corpus_stats import Statistics
from relnews.storage import arrays, database, writer
from relnews.storage.arrays import folder_name
from relnews.storage.database import CATALOGUE

posix_only = pytest.mark.skipif(os.name != "posix", reason="needs signals and forks")

K = 3


# --- kills ---------------------------------------------------------------------------------------

#: Step n of a long series for the present articles; the same in all processes. Segments are small,
#: so that most steps write arrays, too.
SERIES = """
    import random
    from unittest import mock

    small = mock.patch.multiple(
        "relnews.maintenance.merging", PENDING_ARTICLES=7, FANOUT=2, NEWER_TERMS=16, NEWER_SHARE=0.0
    )

    def articles_of(n, rng, ids):
        words = [f"w{rng.randrange(40)}" for _ in range(rng.randrange(1, 9))] + [f"new{n}"]
        return [
            {
                "id": rng.choice(ids) if ids and rng.random() < 0.3 else f"{n}-{i}",
                "title": f"{rng.choice(words)} of step {n}",
                "text": " ".join(rng.choices(words, k=9)),
                "published": f"2025-08-{rng.randrange(1, 28):02d}",
            }
            for i in range(rng.randrange(1, 6))
        ]

    def step(news, n):
        rng = random.Random(n)
        ids = news.archive_.catalogue.all_ids()
        kind = rng.random()
        if kind < 0.04:
            news.compact()
        elif kind < 0.08:
            news.store_lists(3)
        elif len(ids) > 60 or (ids and kind < 0.4):
            news.remove(rng.sample(ids, min(len(ids), rng.randrange(1, 9))))
        else:
            news.partial_fit(articles_of(n, rng, ids))
"""

#: Forks a writer for each start step that it receives, so that imports run once.
WRITER = """
    import os, sys
    from relnews import RelatedNews
    import relnews.maintenance.merging
    {series}
    small.start()
    news = RelatedNews().fit([{{"id": "0", "text": "warm"}}])
    news.partial_fit([{{"id": "1", "text": "warm up"}}])
    news.store_lists(2)
    news.related_to_text("warm")
    print("ready", flush=True)
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            print(os.getpid(), flush=True)
            news = RelatedNews.open(sys.argv[1])
            for n in range(int(line), 1_000_000):
                step(news, n)
                print(n, flush=True)
        os.waitpid(pid, 0)
        print("gone", flush=True)
"""


@contextlib.contextmanager
def python(script, *arguments):
    """Run a script that reads and writes lines."""
    script = textwrap.dedent(script).format(series=textwrap.dedent(SERIES))
    process = subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def lists_of(news, k=K):
    return [related.to_dict() for related in news.related_all(k)]


@posix_only
@pytest.mark.parametrize("n_kills", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_killed_writers_lose_nothing(tmp_path, n_kills):
    """After a kill the archive is in the state of the last or the next step.

    Another archive takes the same steps undisturbed, in memory and with other segment sizes: lists,
    ranked and stored, are the same.
    """
    script = textwrap.dedent(WRITER)
    names = {}
    exec(textwrap.dedent(SERIES), names)
    step = names["step"]
    folder = tmp_path / "a.relnews"
    undisturbed = RelatedNews(stop_words=None).fit([])
    undisturbed.save(folder)
    rng = random.Random(n_kills)
    n = 0
    with python(script, folder) as process:
        assert process.stdout.readline() == "ready\n"
        for _ in range(n_kills):
            print(n, file=process.stdin, flush=True)
            writer = int(process.stdout.readline())
            for _ in range(rng.randrange(5)):
                assert process.stdout.readline() == f"{n}\n"
                step(undisturbed, n)
                n += 1
            time.sleep(rng.random() * 0.04)
            os.kill(writer, signal.SIGKILL)
            while (line := process.stdout.readline()) != "gone\n":
                assert line == f"{n}\n"
                step(undisturbed, n)
                n += 1

            opened = RelatedNews.open(folder)
            steps = opened.archive_.catalogue.generation() - 1
            assert steps in (n, n + 1), "a step that was acknowledged is lost"
            if steps == n + 1:  # killed between the commit and its acknowledgement
                step(undisturbed, n)
                n += 1
            assert opened.verify() == []
            assert lists_of(opened) == lists_of(undisturbed)
            check_against_a_fresh_fit(opened, n, step)
    assert n > n_kills
    opened.compact()
    entries = opened.archive_.catalogue.folders()
    on_disk = {path.name for path in folder.iterdir() if path.is_dir()}
    assert on_disk == {folder_name(entry) for entry in entries}, "killed writers' files are gone"


def check_against_a_fresh_fit(opened, n, step):
    """Compare ranked lists with a fresh fit on the remaining articles."""
    texts = RelatedNews(stop_words=None).fit([])
    articles = {}
    original = texts.partial_fit

    def remember(given):
        articles.update((a["id"], a) for a in reversed(given))  # of equal ids the first counts
        return original(given)

    if n % 10 == 0:  # takes as long as all steps together
        texts.partial_fit = remember
        for i in range(n):
            step(texts, i)
        left = [articles[i] for i in opened.archive_.catalogue.all_ids()]
        fresh = RelatedNews(stop_words=None).fit(left)
        for article in left:
            assert opened.related(article["id"], K, fallback=()) == fresh.related(article["id"], K)


@posix_only
def test_a_killed_writer_is_in_nobodys_way(tmp_path, monkeypatch):
    """The lock, the note and the partial work of a killed writer have no effect."""
    folder = tmp_path / "a.relnews"
    RelatedNews().fit([{"id": "a", "title": "dike breach"}]).save(folder)
    monkeypatch.setattr(database, "PATIENCE", 0.1)
    with python(
        """
        import sys
        from relnews import RelatedNews

        def articles():
            yield from ({{"id": i, "title": "dike repair"}} for i in range(5000))
            print("writing", flush=True)
            sys.stdin.readline()

        RelatedNews.open(sys.argv[1]).partial_fit(articles())
        """,
        folder,
    ) as process:
        assert process.stdout.readline() == "writing\n"
        news = RelatedNews.open(folder)
        assert news.related("a").ids == [], "uncommitted articles are invisible"
        with pytest.raises(TimeoutError, match=f"is being written by process {process.pid} on "):
            news.partial_fit([{"id": "b", "title": "dike repair"}])
        with pytest.raises(TimeoutError, match="Try again when it is done"):
            news.remove("a")
        assert len(news) == 1
        process.kill()
        process.wait()
    assert (folder / writer.WRITER).exists()
    news.partial_fit([{"id": "b", "title": "dike repair"}])

    assert not (folder / writer.WRITER).exists()
    assert news.related("a").ids == ["b"]
    assert len(news) == 2
    assert news.verify() == []


# --- full disks ----------------------------------------------------------------------------------


def mount(folder, options):
    """Mount a file system in memory, or skip the test without permission."""
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"no file system can be mounted: {done.stderr.strip()}")


def unmount(folder):
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def disk(tmp_path):
    """Return a folder on a disk of 12 MB."""
    if os.name != "posix" or not shutil.which("mount"):
        pytest.skip("needs mount")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount(folder, "size=12m")
    yield folder
    unmount(folder)


def stories(first, last):
    return [
        {"id": f"s{i}", "title": f"dike word{i % 7}", "text": f"flood crest word{i} word{i % 3}"}
        for i in range(first, last)
    ]


@pytest.mark.parametrize("lists", [False, True])
def test_a_full_disk_costs_nothing_but_time(disk, lists, monkeypatch):
    """A full disk is a clear error, changes nothing, and does not block later updates."""
    monkeypatch.setattr(merging, "PENDING_ARTICLES", 64)
    folder = disk / "a.relnews"
    news = RelatedNews().fit(stories(0, 60))
    if lists:
        news.store_lists(K)
    news.save(folder)
    writer, reader = RelatedNews.open(folder), RelatedNews.open(folder)
    ballast = disk / "ballast"
    n, n_failed = 60, 0
    for room in range(0, 400_000, 36_000):
        before = lists_of(writer)
        assert lists_of(reader) == before
        fill(ballast, room)
        failed = None
        try:
            writer.partial_fit(stories(n, n + 40))
            n += 40
        except OSError as error:
            failed = error
        if failed is not None:
            n_failed += 1
            assert f"write the archive {folder}" in str(failed)
            assert "it is as it was before" in str(failed)
            for archive in (writer, reader, RelatedNews.open(folder)):
                assert lists_of(archive) == before
                assert len(archive) == n
        ballast.unlink()
        assert writer.verify() == []
        writer.remove("s0")
        writer.partial_fit(stories(0, 1))
        if n > 200:
            break
    assert n_failed >= 3
    assert len(RelatedNews.open(folder)) == n
    ranked = [writer.related(f"s{i}", K, fallback=()).ids for i in range(n)]
    fresh = RelatedNews().fit([*stories(1, n), *stories(0, 1)])
    assert ranked == [fresh.related(f"s{i}", K).ids for i in range(n)]
    writer.compact()
    names = {path.name for path in folder.iterdir() if path.is_dir()}
    assert names == {folder_name(entry) for entry in writer.archive_.catalogue.folders()}


def fill(file, room):
    """Fill the disk of a file except for the given room."""
    free = shutil.disk_usage(file.parent).free
    try:
        file.write_bytes(bytes(max(free - room, 0)))
    except OSError:
        assert room < 10_000


def test_saving_to_a_disk_that_is_too_small(disk):
    """A save without room is a clear error; with room it succeeds."""
    news = RelatedNews().fit(stories(0, 60))
    ballast = disk / "ballast"
    for room in (0, 60_000, 200_000, 400_000):
        fill(ballast, room)
        with pytest.raises(OSError, match=r"No space left|no space left|it is as it was before"):
            news.save(disk / "a.relnews")
        ballast.unlink()
    news.save(disk / "a.relnews")

    assert lists_of(RelatedNews.open(disk / "a.relnews")) == lists_of(news)
    assert RelatedNews.open(disk / "a.relnews").verify() == []


LIMITED = """
    import resource, sys
    from relnews import RelatedNews
    news = RelatedNews.open(sys.argv[1])
    before = [related.to_dict() for related in news.related_all()]
    more = [{{"id": f"m{{i}}", "text": f"flood word{{i}} " * 9}} for i in range(3000)]
    for limit in (5_000, 20_000, 100_000, 300_000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        try:
            news.partial_fit(more)
            print("no error at", limit)
        except OSError as error:
            print(error)
        assert [related.to_dict() for related in news.related_all()] == before
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print(len(news.partial_fit(more).added), news.verify())
"""


@posix_only
def test_a_limit_on_the_size_of_files_is_a_full_disk(tmp_path):
    """A limit on file sizes (`ulimit -f`) is handled like a full disk."""
    folder = tmp_path / "a.relnews"
    RelatedNews().fit(stories(0, 60)).save(folder)
    with python(LIMITED, folder) as process:
        lines = process.stdout.read().splitlines()

    assert len(lines) == 5
    assert lines[-1] == "3000 []"
    for line in lines[:-1]:
        assert "write the archive" in line
        assert "it is as it was before" in line
    assert len(RelatedNews.open(folder)) == 3060


# --- folders that cannot be written to -----------------------------------------------------------


@pytest.mark.parametrize("was_killed", [False, True])
def test_a_disk_that_is_read_only(disk, was_killed):
    """A read-only archive gives lists; a change is a PermissionError that helps."""
    folder = disk / "a.relnews"
    news = RelatedNews().fit(stories(0, 30))
    news.store_lists(K)
    news.save(folder)
    if was_killed:
        script = """
            import os, signal, sys
            from relnews import RelatedNews
            news = RelatedNews.open(sys.argv[1])
            news.remove(["s1", "s2"])
            os.kill(os.getpid(), signal.SIGKILL)
        """
        with python(script, folder) as process:
            process.wait()
        assert (folder / f"{CATALOGUE}-wal").exists()
        news.remove(["s1", "s2"])
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    opened = RelatedNews.open(folder)

    assert lists_of(opened) == lists_of(news)
    assert opened.related("s5", K) == news.related("s5", K)
    assert opened.related_to_text("dike flood").ids
    assert opened.verify() == []
    for change in (
        lambda: opened.partial_fit(stories(30, 31)),
        lambda: opened.remove("s5"),
        lambda: opened.store_lists(K),
        opened.compact,
        lambda: news.save(folder),
    ):
        with pytest.raises(PermissionError, match=r"cannot write the archive .*make its folder"):
            change()
    assert lists_of(opened) == lists_of(news)


def test_readers_that_may_not_write_follow(disk):
    """Readers without write permission see the commits of others."""
    writable, readable = disk / "writable", disk / "readable"
    writable.mkdir()
    readable.mkdir()
    news = RelatedNews().fit(stories(0, 30))
    news.store_lists(K)
    news.save(writable / "a.relnews")
    del news
    subprocess.run(["mount", "--bind", str(writable), str(readable)], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(readable)], check=True)
        reader = RelatedNews.open(readable / "a.relnews")
        assert reader.related("s5", K).ids
        for n in range(30, 33):  # the last writer to close merges the log into the file
            writer = RelatedNews.open(writable / "a.relnews")
            writer.partial_fit(stories(n, n + 1))
            writer.remove(reader.related("s5", 1).ids)
            assert lists_of(reader) == lists_of(writer)
            del writer
            again = RelatedNews.open(writable / "a.relnews")
            again.compact()
            assert lists_of(reader) == lists_of(again)
            assert reader.related("s5", K) == again.related("s5", K)
            assert len(reader) == len(again) == 30
            del again
        with pytest.raises(PermissionError, match="make its folder writable"):
            reader.remove("s5")
        assert reader.verify() == []
    finally:
        unmount(readable)


@pytest.mark.skipif(
    os.name != "posix" or os.geteuid() == 0, reason="permissions are no obstacle for root"
)
def test_a_folder_without_permission(tmp_path):
    """A folder of another user behaves like a read-only one."""
    folder = tmp_path / "a.relnews"
    RelatedNews().fit(stories(0, 30)).save(folder)
    try:
        for path in [folder, *folder.rglob("*")]:
            path.chmod(path.stat().st_mode & ~0o222)
        opened = RelatedNews.open(folder)
        assert opened.related("s5", K).ids
        with pytest.raises(PermissionError, match="make its folder writable"):
            opened.remove("s5")
    finally:
        folder.chmod(0o755)


# --- interruptions -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return the folder of an archive with everything that an archive can have."""
    folder = tmp_path_factory.mktemp("made") / "living.relnews"
    with mock.patch.object(merging, "PENDING_ARTICLES", 8):
        news = RelatedNews().fit(stories(0, 8))
        news.store_lists(K)
        news.save(folder)
        news = RelatedNews.open(folder)
        news.partial_fit(stories(6, 18))
        news.remove(["s3", "s15"])
        news.partial_fit(stories(100, 105))
    return folder


@pytest.fixture
def living(made, tmp_path, monkeypatch):
    """Return a copy of that archive, for one test to change."""
    monkeypatch.setattr(merging, "PENDING_ARTICLES", 8)
    return shutil.copytree(made, tmp_path / "living.relnews")


@contextlib.contextmanager
def interrupted(target, name, at):
    """Raise KeyboardInterrupt at the nth call of a function."""
    original = getattr(target, name)
    calls = itertools.count()

    def interrupt(*arguments, **options):
        if next(calls) == at:
            raise KeyboardInterrupt
        return original(*arguments, **options)

    with mock.patch.object(target, name, interrupt):
        yield


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize(
    ("target", "name"),
    [
        (state.LiveSegment, "scored"), (state.LiveSegment, "norm_components"),
        (state.ArchiveState, "_refresh_removed"), (state.ArchiveState, "_refresh_pending"),
        (state.ArchiveState, "_refresh_epoch"), (Statistics, "add"), (Statistics, "settle"),
        (state, "ScoredSegment"), (segment.Segment, "is_sound"), (arrays, "_mapped"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_who_is_interrupted_while_reading_reads_on(living, target, name, at):
    """After an interrupt while reading, the next read starts again."""
    reader, writer = RelatedNews.open(living), RelatedNews.open(living)
    read(reader)
    writer.partial_fit(stories(60, 72))
    writer.remove(["s60", "s1", "s14"])
    with interrupted(target, name, at), contextlib.suppress(KeyboardInterrupt):
        read(reader)

    assert read(reader) == read(RelatedNews.open(living))
    assert reader.verify() == []
    report = reader.partial_fit(stories(200, 201))
    assert report.added == ("s200",)
    assert read(writer) == read(reader) == read(RelatedNews.open(living))


@pytest.mark.parametrize("at", [0, 1, 5])
@pytest.mark.parametrize(
    ("target", "name"),
    [
        (state.LiveSegment, "norm_components"), (state.ArchiveState, "apply_commits"),
        (arrays, "_write_arrays"), (arrays, "sync"), (os, "fsync"),
        (database.Database, "write"), (Statistics, "add"),
        (stored_lists.StoredLists, "update"), (stored_lists.StoredLists, "_insert"),
        (merging, "lay_out"), (segment.Segment, "from_terms"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_who_is_interrupted_while_writing_has_written_nothing(living, target, name, at):
    """After an interrupt a change is missing or whole, in the writer, too."""
    writer, reader = RelatedNews.open(living), RelatedNews.open(living)
    writer.partial_fit(stories(55, 58))
    before = read(reader)
    with interrupted(target, name, at):
        try:
            writer.partial_fit(stories(56, 66))
        except KeyboardInterrupt:
            done = False
        else:
            done = True
    assert (read(reader) == before) is not done
    assert read(writer) == read(reader) == read(RelatedNews.open(living))
    assert writer.verify() == []
    writer.partial_fit(stories(56, 66))
    writer.remove(["s56"])
    assert writer.verify() == []
    assert read(writer) == read(reader) == read(RelatedNews.open(living))


def read(news):
    ranked = [news.related(f"s{i}", 5, fallback=()).to_dict() for i in (5, 17, 104)]
    return ranked, lists_of(news), news.related_to_text("dike word3 word60").to_dict()


# --- damage --------------------------------------------------------------------------------------


def read_everything(folder):
    news = RelatedNews.open(folder)
    return [lists_of(news, k) for k in (K, 30)], news.related_to_text("dike word3").to_dict()


def test_flipped_bytes_of_arrays_are_noticed(living, tmp_path):
    """A flipped byte anywhere in an array file is an error that names the file."""
    expected = read_everything(living)
    files = sorted(living.glob("*.*/*.npy"))
    assert len({path.stem for path in files}) == 32
    rng = random.Random(0)
    named = []
    for path in files:
        whole = path.read_bytes()
        places = {1, 60, 128, len(whole) - 1, *rng.choices(range(len(whole)), k=2)}
        for place in sorted(place for place in places if place < len(whole)):
            flipped = bytearray(whole)
            flipped[place] ^= 1 << rng.randrange(8)
            path.write_bytes(flipped)
            try:
                got = read_everything(living)
            except ArchiveFormatError as error:
                named.append(path.stem in str(error))
            else:
                assert got == expected
                assert place < 128, f"{path.name} at {place}"
        path.write_bytes(whole)
    assert all(named)
    assert len(named) > 2 * len(files)
    assert read_everything(living) == expected


def test_flipped_bytes_of_the_catalogue_are_no_crash(living):
    """A flipped byte of the catalogue gives a list or a clear error, never a crash.

    `verify` finds every flip that changes an article or a list.
    """
    expected = read_everything(living)
    path = living / CATALOGUE
    whole = path.read_bytes()
    rng = random.Random(1)
    n_errors = n_same = 0
    for _ in range(50):
        flipped = bytearray(whole)
        for _ in range(rng.choice([1, 1, 4])):
            flipped[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
        path.write_bytes(flipped)
        try:
            got = read_everything(living)
            n_same += got == expected
            if ids_and_scores(got) != ids_and_scores(expected):
                assert RelatedNews.open(living).verify()
        except (RelnewsError, OSError):
            n_errors += 1
        for rest in living.glob(f"{CATALOGUE}-*"):
            rest.unlink()
    path.write_bytes(whole)
    assert n_errors
    assert n_same
    assert read_everything(living) == expected


def ids_and_scores(read):
    lists, draft = read
    return [
        (record["id"], [(item["id"], item["score"]) for item in record["related"]])
        for record in [*itertools.chain(*lists), draft]
    ]


def test_what_was_counted_has_a_checksum(living):
    """Damage to stored counts and lists is noticed by checksums."""
    assert len(RelatedNews.open(living).archive_.state.pending) == 5
    columns = ("counts", "terms"), ("counts", "codes"), ("counts", "text"), ("lists", "entries")
    for table, column in columns:
        with contextlib.closing(sqlite3.connect(living / CATALOGUE)) as connection:
            (key, blob) = connection.execute(
                f"SELECT key, {column} FROM {table} ORDER BY key DESC"
            ).fetchone()
            flipped = bytes([blob[0] ^ 1]) + blob[1:]
            change = f"UPDATE {table} SET {column} = ? WHERE key = ?"
            connection.execute(change, (flipped, key))
            connection.commit()
            with pytest.raises(ArchiveFormatError, match="another checksum"):
                read_everything(living)
            connection.execute(change, (blob, key))
            connection.commit()
    read_everything(living)


def test_a_missing_folder_is_named(living):
    """A missing folder of arrays is an error that names it."""
    for folder in sorted(living.glob("*.*/")):
        away = living.parent / "away"
        folder.rename(away)
        with pytest.raises(ArchiveFormatError, match=folder.name):
            read_everything(living)
        away.rename(folder)
    assert isinstance(read_everything(living), tuple)
    assert Path(living).is_dir()
