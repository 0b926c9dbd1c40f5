"""Shards: an archive that is merged of parts is the archive of one build, or there is an error."""

import contextlib
import copy
import dataclasses
import datetime as dt
import errno
import itertools
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import textwrap
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import preloaded
import relnews
from relnews import ArchiveFormatError, RelatedNews
from relnews.maintenance import build, merging, shard_lines, shard_merge, shards, spool
from relnews.readers import read_articles
from relnews.sample import DEMO_ID, sample_articles
from relnews.search import segment_layout
from relnews.search.subset import subset
from relnews.storage import arrays
from relnews.storage.database import CATALOGUE
from relnews.text import repeated_lines
from strategies import DATES, archives_with_copies, examples
from waiting import LIMIT

STOP_WORDS = ("the", "and")

LINES = [
    "nato talks", "NATO talks!", "kyiv talks and the veto", "rain", "the rain", "gas gas",
    "the and", "", " ", "…", "北約峰會", "read more about gas", "snake_case a_b c_d",
]  # fmt: skip


@st.composite
def records_of_lines(draw, max_size=9):
    """Return records whose texts are made of few lines; some ids twice, some not public."""
    lines = st.lists(st.sampled_from(LINES), max_size=4).map("\n".join)
    return [
        {
            "id": draw(st.sampled_from("abcdefghijkl")),
            "title": draw(st.sampled_from(["…", "nato rain", "gas talks in kyiv", "a_b of snake"])),
            "dek": draw(st.sampled_from(["", "", *LINES[:3], "veto\nrain"])),
            "text": draw(lines),
            "source": draw(st.sampled_from(["wire", "own", "", None])),
            "language": draw(st.sampled_from([None, None, "de"])),
            "published": draw(st.sampled_from(DATES)),
            "status": draw(st.sampled_from(["publish", "publish", "publish", "publish", "draft"])),
        }
        for _ in range(draw(st.integers(1, max_size)))
    ]


def parts_of(records, count, folder, **parameters):
    """Build the parts of records; return their folders, in no order."""
    paths = []
    for number in range(1, count + 1):
        path = folder / f"{number}.relnews"
        RelatedNews(**parameters).fit(records, part=(number, count)).save(path)
        paths.append(path)
    random.Random(count).shuffle(paths)
    return paths


def test_a_part_has_no_vectors():
    """A part with vectors is refused."""
    with pytest.raises(ValueError, match="`part` does not go with `vectors`"):
        RelatedNews(vectors="given").fit([{"id": "a", "text": "dike"}], part=(1, 2))


def rounded(values):
    """Return values by name, without the rounding errors of sums in another order."""
    return {name: round(value, 9) if isinstance(value, float) else value
            for name, value in values.items()}  # fmt: skip


def explained(explanation):
    """Return an explanation, with terms of equal parts in one order."""
    about = explanation.to_dict()
    terms = [*map(rounded, about.pop("terms"))]
    names, ledger = sorted(about.pop("names")), [*map(rounded, about.pop("ledger"))]
    terms.sort(key=lambda term: (-term["part"], term["term"]))
    return terms, names, ledger, rounded(about)


def answers_of(news):
    """Return what an archive answers, in the order of the archive."""
    lists = [*news.related_all(20, selection=None)]
    ids = [related.id for related in lists]
    pairs = [*itertools.pairwise(ids[:3])]
    return (
        lists,
        [*news.related_all(3)],
        [explained(news.explain(a, b)) for a, b in pairs],
        [str(news.why_not(a, b, 1)) for a, b in pairs],
        news.duplicates(0.7),
        news.related_to_text("nato talks about gas\nread more about gas", title="rain in kyiv"),
        news.archive_.catalogue.setting(repeated_lines.SETTING),
        news.archive_.facts()["terms"],
        news.verify(),
    )


@pytest.mark.filterwarnings("ignore:only .* records became articles")
@examples(0.5)
@given(
    st.data(),
    records_of_lines() | archives_with_copies(min_size=1),
    st.lists(records_of_lines(4), max_size=1),
    st.booleans(),
)
def test_parts_are_one_build(data, records, changes, ignores):
    """Lists, explanations and whatever else equal those of one build, and do so after updates."""
    count = data.draw(st.integers(1, 5))
    share = data.draw(st.sampled_from([0.0, 0.5, 0.8]))
    parameters = {"stop_words": STOP_WORDS, "ignore_repeated_lines": ignores}
    most = data.draw(st.sampled_from([2, 5, 65_535]))
    with (
        tempfile.TemporaryDirectory() as name,
        mock.patch.multiple(repeated_lines, LEAST_ARTICLES=2, LEAST_SHARE=share),
        mock.patch.object(build, "CHUNK", data.draw(st.sampled_from([2, 4096]))),
        mock.patch.multiple(spool, SEGMENT_ARTICLES=3, MOST_IN_MEMORY=1),
        mock.patch.object(shard_merge, "LARGE", data.draw(st.sampled_from([1, 2, 8192]))),
        mock.patch.object(shard_lines, "LINES_TOGETHER", data.draw(st.sampled_from([2, 99]))),
        mock.patch.object(segment_layout, "MOST_PLACES", most),
        mock.patch.object(shards, "MOST_PLACES", most),
        mock.patch.multiple(merging, PENDING_ARTICLES=3, FANOUT=2),
    ):
        folder = Path(name)
        try:
            one = RelatedNews(**parameters).fit(records)
        except relnews.ArticleError:
            with pytest.raises(ArchiveFormatError, match="the parts have no articles"):
                relnews.merge(parts_of(records, count, folder, **parameters), folder / "all")
            assert not (folder / "all").exists()
            return
        merged = relnews.merge(parts_of(records, count, folder, **parameters), folder / "all")
        assert merged.repeated_lines_ == one.repeated_lines_
        assert answers_of(merged) == answers_of(one)
        for news in (merged, one):
            for new in changes:
                news.partial_fit(new)
            if data.draw(st.booleans(), label="compact"):
                news.compact()
            news.store_lists(2)
        assert answers_of(merged) == answers_of(one)
        del merged, news


def test_a_line_of_several_sources_is_reported_in_one_order(tmp_path):
    """Equal lines of two sources come by source, whichever part is read first."""
    words = {"rain": "wire", "veto": "own", "nato": "own", "snow": "wire"}
    records = [
        {"id": word, "title": "gas", "text": f"{word}\nread more about gas", "source": source}
        for word, source in words.items()
    ]
    with mock.patch.multiple(repeated_lines, LEAST_ARTICLES=2):
        one = RelatedNews().fit(records)
        merged = relnews.merge(parts_of(records, 2, tmp_path), tmp_path / "all")
    assert [line.source for line in one.repeated_lines_] == ["own", "wire"]
    assert merged.repeated_lines_ == one.repeated_lines_


@pytest.fixture(scope="module")
def sample_parts(tmp_path_factory):
    """Return the folders of three parts of the sample articles."""
    return sorted(parts_of([*sample_articles()], 3, tmp_path_factory.mktemp("parts")))


def entries_of(folder):
    """Return the names of what is in a folder, at any depth, without files of a connection."""
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.suffix not in (".sqlite-wal", ".sqlite-shm")
    )


def test_the_sample(sample_parts, tmp_path):
    """Parts in any order are the archive of one build, in the order of its articles."""
    one = RelatedNews().fit(sample_articles())
    merged = relnews.merge(sample_parts[::-1], tmp_path / "all.relnews")
    assert [*merged.related_all()] == [*one.related_all()]
    assert [*RelatedNews.open(tmp_path / "all.relnews").related_all()] == [*one.related_all()]
    assert merged.verify() == []


def test_records_of_a_source(tmp_path):
    """Each record is of one part, whatever reads it; the first records tell how all are read."""
    path = tmp_path / "a.jsonl"
    lines = [f'{{"Headline": "gas {i}", "body": "<p>rain {i} &amp; veto</p>"}}' for i in range(250)]
    path.write_text("\n".join([*lines[:120], "{broken", *lines[120:]]), encoding="utf-8")
    whole = read_articles(path)
    articles = [*whole]
    parts = [read_articles(path, part=(number, 3)) for number in (1, 2, 3)]
    found = [[*reader] for reader in parts]
    in_order = sorted(itertools.chain(*found), key=lambda article: article.place)
    assert in_order == articles
    assert [article.origin for article in in_order] == [article.origin for article in articles]
    assert sum(reader.load_report.skipped for reader in parts) == whole.load_report.skipped == 1
    inputs = {reader.load_report.part.setting()["input"] for reader in parts}
    assert len(inputs) == 1
    path.write_text(path.read_text(encoding="utf-8").replace("gas 7", "oil 7"), encoding="utf-8")
    changed = read_articles(path, part=(1, 3))
    assert [*changed]
    assert changed.load_report.part.setting()["input"] not in inputs


BEFORE = {"id": "a", "title": "gas", "published": dt.date(2024, 1, 2), "draft": False,
          "tags": ["dike"], "meta": {"access": {"level": 1}, "keys": {"b", "c"}}}  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"draft": True}, {"published": dt.date(2024, 1, 3)}, {"tags": ["oil"]},
        {"meta": {"access": {"level": 2}, "keys": {"b", "c"}}},
        {"meta": {"access": {"level": 1}, "keys": {"b"}}}, {"expires": None}, {"draft": np.True_},
    ],
)  # fmt: skip
def test_a_value_that_is_no_text(change):
    """Whatever of a record changes makes another input, such as a draft of what was public."""
    assert input_of(BEFORE) != input_of({**BEFORE, **change})
    assert input_of(BEFORE) == input_of(copy.deepcopy(BEFORE))


def test_a_field_of_an_article_that_is_no_text():
    """The fields of articles count as those of records do."""
    article = relnews.Article("a", "gas", published=dt.datetime(2024, 1, 2, tzinfo=dt.UTC))
    for change in ({"published": None}, {"expires": article.published}, {"tags": ("oil",)}):
        assert input_of(article) != input_of(dataclasses.replace(article, **change))


def input_of(record):
    """Return what the input of a part of two records is, given the first of them."""
    news = RelatedNews().fit([record, {"id": "b", "title": "rain"}], part=(2, 2))
    return news.load_report_.part.setting()["input"]


def test_a_record_that_is_in_itself():
    """A source in Python may have one; it is read as it always is."""
    record = {"id": "a", "title": "gas"}
    record["self"] = [record]
    news = RelatedNews().fit([record], part=(1, 1))
    assert len(news) == 1


def test_parts_that_were_read_in_other_ways(tmp_path):
    """Each option of reading has to be the same, above all those that tell what is public."""
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(f'{{"id": "{i}", "title": "gas {i}"}}' for i in range(4)))

    def part(number, **options):
        folder = tmp_path / f"{number}{''.join(options)}"
        RelatedNews().fit(read_articles(path, part=(number, 2), **options)).save(folder)
        return folder

    first, usual = part(1), part(2)
    for options in (
        {"include_unlisted": True}, {"unreadable_dates": "keep"}, {"markup": "html"},
        {"date_order": "mdy"}, {"url": "/{slug}"}, {"fields": {"title": "id"}},
    ):  # fmt: skip
        name = next(iter(options))
        merge_fails([first, part(2, **options)], tmp_path / "all", f"they differ in {name}")
    assert len(relnews.merge([first, usual], tmp_path / "all")) == 4


@pytest.mark.parametrize("part", [(0, 3), (4, 3), (1, 0), (1.0, 2), (1, 2, 3), "1/2", 1])
def test_a_part_is_two_numbers(part):
    """Anything else is an error before a record is read."""
    with pytest.raises((TypeError, ValueError), match="`part` must be"):
        RelatedNews().fit([*sample_articles()], part=part)


def test_a_part_cannot_be_changed(sample_parts):
    """An update of a part would be lost in the merge, or make it another input."""
    news = RelatedNews.open(sample_parts[0])
    before = [*news.related_all(2)]
    for change in (
        lambda: news.partial_fit([{"id": "new", "title": "gas"}]),
        lambda: news.remove(before[0].id),
        news.compact,
        news.store_lists,
    ):
        with pytest.raises(ValueError, match="is part 1 of 3 of an input, and cannot be changed"):
            change()
    assert [*news.related_all(2)] == before
    assert news.verify() == []
    with pytest.raises(ValueError, match="an update takes all"):
        RelatedNews().fit(sample_articles()).partial_fit([*sample_articles()], part=(1, 2))


def merge_fails(paths, target, match, error=ArchiveFormatError):
    """Check that a merge raises, and leaves an archive that is there as it is."""
    before = entries_of(target) if target.exists() else None
    with pytest.raises(error, match=match) as raised:
        relnews.merge(paths, target)
    assert ".partial" not in str(raised.value)
    if before is None:
        assert not target.exists()
        assert not [*target.parent.glob(".*")]
    else:
        assert entries_of(target) == before
        assert not before or RelatedNews.open(target).verify() == []


@pytest.fixture(params=["a new folder", "an empty folder", "an archive"])
def target(request, tmp_path):
    """Return a folder to write: a new one, an empty one, or one with an archive."""
    folder = tmp_path / "target.relnews"
    if request.param == "an empty folder":
        folder.mkdir()
    if request.param == "an archive":
        RelatedNews().fit([{"id": "old", "title": "old gas"}]).save(folder)
    return folder


def test_parts_that_do_not_belong_together(sample_parts, target, tmp_path):
    """Each mistake is a sentence, before anything is written."""
    articles = [*sample_articles()]

    def other(number, count, records=articles, **parameters):
        path = tmp_path / f"other{number}.{len(records)}.{'.'.join(parameters)}"
        RelatedNews(**parameters).fit(records, part=(number, count)).save(path)
        return path

    two = sample_parts[:2]
    merge_fails(two, target, r"parts are missing: 3/3\. Build each")
    merge_fails([], target, "archives of all parts", ValueError)
    merge_fails([*sample_parts, two[0]], target, "are both part 1 of 3")
    merge_fails([*two, other(3, 3, articles[:-1])], target, "not parts of one build: their input")
    merge_fails([*two, other(3, 4)], target, "one is of 3 parts, the other of 4")
    merge_fails([*two, other(3, 3, title_weight=2)], target, "they differ in weighting")
    merge_fails([*two, other(3, 3, language="de")], target, "they differ in analysis")
    merge_fails(
        [*two, other(3, 3, ignore_repeated_lines=False)], target, "differ in repeated lines"
    )
    merge_fails([*two, tmp_path / "nowhere"], target, "there is no archive", FileNotFoundError)
    RelatedNews().fit(articles).save(tmp_path / "whole")
    merge_fails([*two, tmp_path / "whole"], target, "not the archive of a part")
    with_rules = other(3, 3)
    RelatedNews.open(with_rules).rules.hide(f"id={articles[2].id}")
    merge_fails([*two, with_rules], target, "editors' rules, which would be lost")
    merge_fails(sample_parts, sample_parts[1], "is one of the parts", FileExistsError)
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").write_text("dear reader")
    with pytest.raises(FileExistsError, match="not a relnews archive"):
        relnews.merge(sample_parts, tmp_path / "letters")
    assert entries_of(tmp_path / "letters") == ["a.txt"]


def test_damaged_parts(sample_parts, target, tmp_path):
    """A byte of any array that is another, or a file that is cut off, ends the merge."""
    for number, path in enumerate(sorted(sample_parts[1].rglob("*.npy"))):
        if path.parent.name.endswith((".epoch", ".outline")):
            continue  # which a merge does not read
        copy = tmp_path / f"copy{number}"
        shutil.copytree(sample_parts[1], copy)
        file = copy / path.relative_to(sample_parts[1])
        data = bytearray(file.read_bytes())
        if len(data) > 128:
            data[-1] ^= 0x40
            file.write_bytes(data)
            merge_fails([sample_parts[0], copy, sample_parts[2]], target, "damaged")


def test_a_damaged_catalogue_of_a_part(sample_parts, target, tmp_path):
    """A row of an article that is another than when it was written ends the merge."""
    copy = tmp_path / "copy"
    shutil.copytree(sample_parts[1], copy)
    with contextlib.closing(sqlite3.connect(copy / CATALOGUE)) as connection:
        connection.execute("UPDATE articles SET title = 'x' WHERE key = (SELECT max(key) - 3 * 5 "
                           "FROM articles)")  # fmt: skip
        connection.commit()
    merge_fails([sample_parts[0], copy, sample_parts[2]], target, "damaged")


@pytest.mark.parametrize("n_written", [0, 1, 2, 3])
def test_a_full_disk(sample_parts, target, n_written, monkeypatch):
    """The error says so, and what was written is gone."""
    write, written = arrays._write_arrays, itertools.count()

    def failing(path, *arguments):
        if next(written) < n_written:
            return write(path, *arguments)
        path.mkdir()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(arrays, "_write_arrays", failing)
    merge_fails(sample_parts, target, "no space left to write", OSError)


KILLED = """
    import itertools, os, signal, sys
    import relnews
    from relnews.storage import arrays

    write, written = arrays._write_arrays, itertools.count()

    def killing(path, *arguments):
        if next(written) == int(sys.argv[1]):
            os.kill(os.getpid(), signal.SIGKILL)
        return write(path, *arguments)

    arrays._write_arrays = killing
    relnews.merge(sys.argv[3:], sys.argv[2])
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="only POSIX has SIGKILL")
@pytest.mark.parametrize("n_written", [0, 3])
def test_a_killed_merge(sample_parts, target, n_written):
    """It leaves the old archive, or none; the next merge writes all, and removes what was left."""
    is_new, is_empty = not target.exists(), target.exists() and not [*target.iterdir()]
    program = [*preloaded.python(), "-c", textwrap.dedent(KILLED)]
    command = [*program, str(n_written), target, *sample_parts]
    killed = subprocess.run(command, check=False, timeout=LIMIT)
    assert killed.returncode == -signal.SIGKILL
    if is_new:
        assert not target.exists()
    elif is_empty:
        with pytest.raises(ArchiveFormatError, match="was not completed"):
            RelatedNews.open(target)
    else:
        assert RelatedNews.open(target).related("old").ids == []
    merged = relnews.merge(sample_parts, target)
    assert [*merged.related_all()] == [*RelatedNews().fit(sample_articles()).related_all()]
    assert merged.verify() == []
    assert merged.archive_.store.leftovers() == []


def test_the_rules_of_an_archive_that_is_replaced(sample_parts, tmp_path):
    """Rules hold from the first moment of the new archive on, unless the caller drops them."""
    target = tmp_path / "target.relnews"
    one = RelatedNews().fit(sample_articles())
    hidden = one.related(DEMO_ID).ids[0]
    one.rules.hide(f"id={hidden}")
    one.save(target)
    reader = RelatedNews.open(target)
    merged = relnews.merge(sample_parts, target)
    assert [*merged.rules] == [*one.rules]
    assert hidden not in merged.related(DEMO_ID).ids
    assert reader.related(DEMO_ID) == merged.related(DEMO_ID)  # it follows without opening again
    assert [*relnews.merge(sample_parts, target, fresh=True).rules] == []


def test_a_subset_of_a_segment():
    """It is the segment of these articles, laid out from their terms."""
    news = RelatedNews().fit(sample_articles())
    (live,) = news.archive_.state.live_segments.values()
    for step in (1, 2, 7, 123):
        kept = np.arange(live.segment.n_articles) % step == 0
        found = subset(live.segment, kept)
        assert found.is_sound(len(news.archive_.state.vocabulary))
        local = np.flatnonzero(kept)
        wanted = segment_layout.arrays_of(
            live.segment.article_terms(local), len(news.archive_.state.vocabulary)
        )
        for name, array in wanted.items():
            if name == "values":  # of codes that no article has any more
                assert {*array.tolist()} <= {*found.values.tolist()}
            elif "level" in name:
                assert np.array_equal(found.values[getattr(found, name)], wanted["values"][array])
            else:
                assert np.array_equal(getattr(found, name), array), name
        assert np.array_equal(found.key, live.segment.key[local])
        assert np.array_equal(found.published, live.segment.published[local])
