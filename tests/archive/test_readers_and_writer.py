"""Many readers beside one writer: no error, and no list that mixes two states."""

import contextlib
import json
import random
import subprocess
import threading
from pathlib import Path
from unittest import mock

import pytest

import pairs
import preloaded
from relnews import RelatedNews, UnknownArticleError
from relnews.archive.snapshot import Snapshot
from relnews.maintenance import merging


def start(what, folder, note, seconds, seed=0):
    return subprocess.Popen(
        [*preloaded.python(), pairs.__file__, what, *map(str, (folder, note, seconds, seed))],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip


def tell(processes):
    for process in processes:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write("go on\n")
            process.stdin.flush()


def hear(processes):
    """Return a line of JSON from each process; end all processes if one has failed."""
    lines = [process.stdout.readline() for process in processes]
    if not all(lines):
        for process in processes:
            process.kill()
        raise AssertionError("\n".join(process.stderr.read() for process in processes))
    return [None if line == "ready\n" else json.loads(line) for line in lines]


@pytest.mark.parametrize("lists", [False, True], ids=["ranked", "stored"])
@pytest.mark.parametrize(
    ("n_readers", "seconds", "n_stories"),
    [(3, 1.5, 150), pytest.param(8, 60, 20_000, marks=pytest.mark.slow)],
    ids=["few", "many"],
)
def test_readers_see_whole_states(tmp_path, capsys, n_readers, seconds, n_stories, lists):
    """While a process commits every 50 ms, each list is from one recent state."""
    folder = tmp_path / "a.relnews"
    news = RelatedNews(stop_words=None).fit(pairs.story(i) for i in range(n_stories))
    if lists:
        news.store_lists(4)
    news.save(folder)
    note = tmp_path / "note"
    pairs.Note(note)
    writer = start("write", folder, note, seconds)
    readers = [start("read", folder, note, seconds, seed) for seed in range(n_readers)]
    everyone = [writer, *readers]
    hear(everyone)
    tell(everyone)
    (written, *read) = hear(everyone)
    tell(readers)
    shares = hear(readers)
    tell(readers)
    for process in everyone:
        process.communicate()
        assert process.returncode == 0

    # The numbers depend on the machine and its load.
    assert written["commits"] > 2
    for counts in read:
        assert counts["generations"] > 1
        assert min(counts["reads"].values()) > 0
    assert RelatedNews.open(folder).verify() == []
    if n_stories < 1000:
        return
    with capsys.disabled():
        print(f"\n{written}\n{read[0]}", end="")
    if None not in shares:
        with capsys.disabled():
            print(f"\nPSS in MB: {[round(share['all'] / 1e6) for share in shares]}", end="")
            print(f", of arrays {[round(share['arrays'] / 1e6, 1) for share in shares]}", end="")
            print(f", mapped {[round(share['arrays mapped'] / 1e6, 1) for share in shares]}")
        mapped = max(share["arrays mapped"] for share in shares)
        assert sum(share["arrays"] for share in shares) < 2 * mapped, "readers share the arrays"


@pytest.mark.parametrize("lists", [False, True], ids=["ranked", "stored"])
def test_threads_read_while_one_writes(tmp_path, lists):
    """Threads of one process see whole states, too, in memory and in a folder."""
    news = RelatedNews(stop_words=None, n_jobs=2).fit(pairs.story(i) for i in range(60))
    if lists:
        news.store_lists(4)
    news.save(tmp_path / "a.relnews")
    for archive in (news, RelatedNews.open(tmp_path / "a.relnews", n_jobs=2)):
        note = pairs.Note(Path(tmp_path / f"{id(archive)}.note"))
        failures = []

        def watched(function, *arguments, failures=failures):
            try:
                function(*arguments)
            except BaseException as error:
                failures.append(error)

        with (
            mock.patch.multiple(merging, PENDING_ARTICLES=8, FANOUT=3),
            mock.patch.object(pairs, "PACE", 0.02),
        ):
            threads = [threading.Thread(target=watched, args=(pairs.write, archive, note, 0.8))]
            threads += [
                threading.Thread(
                    target=watched, args=(pairs.read, archive, note, 0.8, random.Random(i), 60)
                )
                for i in range(3)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        if failures:
            raise failures[0]
        assert archive.verify() == []
        assert note.read()[0] >= 0, "a pair was removed"


def test_who_is_always_overtaken_gets_a_list_all_the_same():
    """A reader gets its list even if commits come faster than it can rank."""
    news = RelatedNews(stop_words=None).fit(pairs.story(i) for i in range(20))
    rank, writers = Snapshot.rank, []

    def overtaken(snapshot, *arguments):
        ranked = rank(snapshot, *arguments)
        change = [pairs.story(100 + len(writers))]
        writers.append(threading.Thread(target=news.partial_fit, args=(change,)))
        writers[-1].start()
        if not news.archive_.catalogue._database.connection.in_transaction:
            writers[-1].join()
        return ranked

    with mock.patch.object(Snapshot, "rank", overtaken):
        got = news.related("s0", 4)
    for writer in writers:
        writer.join()

    assert len(got) == 4
    assert len(writers) > 1
    assert len(news) == 20 + len(writers)


@pytest.mark.parametrize("options", [{}, {"selection": None}], ids=["chosen", "ranked"])
def test_what_goes_while_its_list_is_made_has_none(options):
    """An article removed while its list is made has no list."""
    news = RelatedNews(stop_words=None).fit(pairs.story(i) for i in range(20))
    rank = Snapshot.rank

    def late(snapshot, *arguments):
        if "s0" in news:
            news.remove("s0")
        return rank(snapshot, *arguments)

    with mock.patch.object(Snapshot, "rank", late), pytest.raises(UnknownArticleError):
        news.related("s0", 4, **options)


@pytest.mark.parametrize("n_new", [0, 1, 40])
@pytest.mark.parametrize("words", [[], ["dike", "w7"]])
def test_another_process_compacts_the_archive(tmp_path, words, n_new):
    """A reader follows a compaction, which drops words and gives the others new numbers."""
    folder = tmp_path / "a.relnews"
    news = RelatedNews(stop_words=None).fit(pairs.story(i) for i in range(30))
    for word in words:
        news.rules.ignore(word)
    news.save(folder)
    reader, writer = RelatedNews.open(folder), RelatedNews.open(folder)
    reader.related("s0", selection=None)
    writer.remove([f"s{i}" for i in range(0, 30, 3)])
    reader.related("s1", selection=None)
    writer.compact()
    if n_new:
        writer.partial_fit(pairs.story(100 + i) for i in range(n_new))

    expected = list(RelatedNews.open(folder).related_all(6, selection=None))
    assert list(reader.related_all(6, selection=None)) == expected
    reader.rules.ignore("estuary")
    expected = list(RelatedNews.open(folder).related_all(6))
    assert list(reader.related_all(6)) == expected
    assert reader.related_to_text("river dike") == writer.related_to_text("river dike")
    assert reader.verify() == []
