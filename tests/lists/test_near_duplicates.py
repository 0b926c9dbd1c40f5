"""Near-duplicates of an archive equal a comparison of all pairs by the reference."""

import datetime as dt
import itertools
import json
import math
from unittest import mock

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import reference
from relnews import RelatedNews, Selection
from relnews.cli import main
from relnews.lists import containment
from relnews.options.selection import KEEP_OF_GROUP
from relnews.search import bounds
from strategies import archives_with_copies


def expected_groups(articles, threshold, keep, wire_sources):
    """Return the connected groups of all near-duplicate pairs, in order."""
    counts = {a["id"]: reference.Words(a) for a in articles}
    idf = reference.inverse_document_frequency([*counts.values()])
    weights = {i: reference.unit_weights(c, idf) for i, c in counts.items()}
    group = {i: {i} for i in weights}
    for a, b in itertools.combinations(weights, 2):
        similarity = reference.likeness(
            counts[a], counts[b], weights[a], weights[b], containment.SAME_WORDS
        )
        if similarity >= reference.rounded(threshold):
            both = group[a] | group[b]
            group.update(dict.fromkeys(both, both))
    published = {a["id"]: a["published"] for a in articles}
    source = {a["id"]: a["source"] for a in articles}

    def age(i):
        return math.inf if published[i] is None else -published[i].timestamp()

    def badness(i):
        if keep == "longest":
            return -sum(counts[i].tf.values()), i
        return (age(i) if published[i] is None or keep == "newest" else -age(i)), i

    groups = []
    for ids in {frozenset(ids) for ids in group.values() if len(ids) > 1}:
        own = {i for i in ids if source[i] not in wire_sources}
        first = min(own or ids, key=badness)
        groups.append((first, *sorted(ids - {first}, key=lambda i: (age(i), i))))
    return sorted(groups, key=lambda ids: (-len(ids), ids[0]))


@given(
    archives_with_copies(), st.sampled_from([0.3, 0.7, 0.9, 1.0]),
    st.sampled_from(KEEP_OF_GROUP), st.sampled_from([2, 1 << 16]),
    st.sampled_from([0.1, 1.0]), st.booleans(), st.sampled_from([1, 64]), st.sampled_from([1, 2]),
    st.sampled_from([(), ("wire",)]), st.sampled_from([2, 12]),
)  # fmt: skip
def test_groups_are_those_of_all_pairs(
    articles,
    threshold,
    keep,
    segment_articles,
    common,
    waiting,
    block,
    n_jobs,
    wire_sources,
    same_words,
):
    """Groups are exact, for any segments and block size."""
    with (
        mock.patch("relnews.maintenance.layout.SEGMENT_ARTICLES", segment_articles),
        mock.patch.multiple(bounds, WORTH_PRUNING=0, COMMON=common),
        mock.patch("relnews.lists.near_duplicates.BLOCK", block),
        mock.patch("relnews.lists.containment.SAME_WORDS", same_words),
    ):
        half = len(articles) // 2 if waiting else len(articles)
        news = RelatedNews(stop_words=None, n_jobs=n_jobs).fit(articles[:half])
        news.partial_fit(articles[half:])
        got = news.duplicates(threshold, keep=keep, wire_sources=wire_sources)
        expected = expected_groups(articles, threshold, keep, wire_sources)

    assert got == expected


def test_a_chain_of_versions_is_one_group():
    """A group is transitive: its ends may have little in common."""
    words = [f"word{i}" for i in range(60)]
    versions = [
        {"id": f"{i}", "text": " ".join(words[10 * i : 10 * i + 30])} for i in range(4)
    ]  # fmt: skip
    news = RelatedNews().fit([*versions, {"id": "other", "text": "gas prices rise"}])

    assert news.duplicates(0.5) == [("0", "1", "2", "3")]
    ends = next(item for item in news.related("0", 3) if item.id == "2")
    assert ends.similarity < 0.5


@pytest.mark.parametrize(("dek", "n_words"), [("", 12), ("levee", 11)])
def test_equal_texts_are_near_duplicates_from_a_length_on(dek, n_words):
    """Equal deks and texts of 12 counted words, 11 with a dek, are near-duplicates."""
    for n, groups in ((n_words - 1, []), (n_words, [("a", "b")])):
        text = "the " + " ".join(f"word{i}" for i in range(n - bool(dek)))
        news = RelatedNews(title_weight=9).fit([
            {"id": "a", "title": "alpha beta gamma delta", "dek": dek, "text": text},
            {"id": "b", "title": "omega sigma kappa theta", "dek": dek, "text": text},
        ])  # fmt: skip
        assert news.duplicates() == groups
        assert news.related("a").ids == ([] if groups else ["b"])


def test_a_crowd_of_copies_is_one_group():
    """Groups are merged on the way, so that memory stays small."""
    news = RelatedNews().fit({"id": f"{i:03}", "text": f"rain {i % 2}0"} for i in range(300))
    with mock.patch("relnews.lists.near_duplicates.BLOCK", 8):
        groups = news.duplicates(1.0)

    assert groups == [tuple(f"{i:03}" for i in range(start, 300, 2)) for start in (0, 1)]


def test_who_is_in_no_group():
    """Hidden, removed and empty articles are in no group."""
    now = dt.datetime.now(dt.UTC)
    day = dt.timedelta(days=1)
    news = RelatedNews().fit([
        {"id": "a", "text": "guarantees"}, {"id": "b", "text": "guarantees"},
        {"id": "embargo", "text": "guarantees", "published": now + day},
        {"id": "expired", "text": "guarantees", "expires": now - day},
        {"id": "removed", "text": "guarantees"},
        {"id": "empty", "text": "the and"}, {"id": "as empty", "text": "the and"},
    ])  # fmt: skip
    news.remove("removed")

    assert news.duplicates() == [("a", "b")]
    assert RelatedNews().fit([]).duplicates() == []


def test_an_archive_that_changes_is_gone_through_again(tmp_path):
    """The groups are from one state of the archive; progress counts all blocks."""
    RelatedNews().fit({"id": i, "text": "guarantees"} for i in "abc").save(tmp_path / "archive")
    news = RelatedNews.open(tmp_path / "archive")
    told = []

    def progress(blocks, total):
        if not told:
            RelatedNews.open(tmp_path / "archive").remove("b")
        told.append(total)
        return blocks

    assert news.duplicates(progress=progress) == [("a", "c")]
    assert told == [1, 1]


@pytest.fixture
def archive(tmp_path):
    """Return the folder of an archive with a group and an unrelated story."""
    guarantees = "allies near deal on guarantees"
    RelatedNews().fit([
        {"id": "old", "title": guarantees, "published": "2025-08-21"},
        {"id": "new", "title": guarantees, "published": "2025-08-22"},
        {"id": "veto", "title": "veto on guarantees"},
    ]).save(tmp_path / "archive")  # fmt: skip
    return str(tmp_path / "archive")


@pytest.fixture
def run():
    """Return a function that runs a command and fails unless it succeeds."""

    def run(*arguments):
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0, result.output
        return result

    return run


def test_the_command_prints_groups(run, archive):
    """Groups go to standard output as a table or JSON lines, a count to standard error."""
    result = run("duplicates", archive)
    assert result.stdout.splitlines() == [
        "#  date        id   title",
        "1  2025-08-22  new  allies near deal on guarantees",
        "1  2025-08-21  old  allies near deal on guarantees",
    ]
    assert result.stderr == "near-duplicates: 2 of 3 articles, groups: 1\n"
    lines = run("duplicates", archive, "--format", "json", "--keep", "oldest", "-q").output
    assert json.loads(lines) == {"id": "old", "near_duplicates": ["new"]}
    assert run("duplicates", archive, "--threshold", "0.001", "-q").stdout.count("\n") == 4


def test_the_command_prints_nothing_if_there_is_nothing(run, tmp_path):
    """Without groups nothing is printed, not even a heading."""
    RelatedNews().fit([{"id": "a", "title": "guarantees"}]).save(tmp_path / "a")

    assert run("duplicates", str(tmp_path / "a")).stdout == ""
    assert run("duplicates", str(tmp_path / "a"), "--format", "json", "-q").output == ""


@pytest.mark.parametrize("threshold", ["0", "1.1", "nan", "much"])
def test_the_command_refuses_a_threshold(threshold, archive):
    """A wrong threshold is refused in one line."""
    result = CliRunner().invoke(main, ["duplicates", archive, "--threshold", threshold])

    assert result.exit_code in (1, 2)
    assert "threshold" in result.output
    assert "Traceback" not in result.output


def test_lists_without_duplicates_on_the_command_line(run, archive, tmp_path):
    """A list keeps one version, which names the others."""
    line = run(
        "related", archive, "veto", "--duplicate-threshold", "0.9", "--format", "json"
    ).output
    (item,) = json.loads(line)["related"]
    assert (item["id"], item["near_duplicates"]) == ("new", ["old"])
    line = run(
        "related",
        archive,
        "--title",
        "guarantees",
        "--duplicate-threshold",
        "0.9",
        "--format",
        "json",
    )
    assert len(json.loads(line.output)["related"]) == 2
    lists = tmp_path / "lists.jsonl"
    run("export", archive, "-o", str(lists), "--duplicate-threshold", "0.9", "-q")
    records = map(json.loads, lists.read_text(encoding="utf-8").splitlines())
    assert [[item["id"] for item in record["related"]] for record in records] == [
        ["veto"], ["veto"], ["new"]
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"threshold": 0}, ValueError, "`threshold` must be above 0 and at most 1, got 0"),
        ({"threshold": "0.9"}, TypeError, "`threshold` must be a number, got '0.9'"),
        ({"keep": None}, ValueError, "`keep` must be one of 'newest', 'oldest', 'longest'"),
    ],
)
def test_what_cannot_be_asked(given, error, words):
    """A wrong parameter is refused with the expected and the given value."""
    with pytest.raises(error, match=words):
        RelatedNews().fit([]).duplicates(**given)


def test_a_contained_text_of_exactly_the_threshold():
    """Nine of ten word sequences are a containment of 0.9, and no more."""
    words = [f"word{i}a" for i in range(12)]
    wire = {"id": "wire", "text": " ".join(words)}
    paper = {"id": "paper", "text": " ".join([*words[:11], *(f"own{i}b" for i in range(7))])}
    news = RelatedNews(stop_words=None).fit([wire, paper])

    assert [{*group} for group in news.duplicates(0.9)] == [{"wire", "paper"}]
    assert news.duplicates(0.900001) == []
    for threshold, ids in ((0.9, []), (0.900001, ["paper"])):
        selection = Selection(duplicate_threshold=threshold)
        assert news.related("wire", selection=selection, fallback=()).ids == ids
        draft = news.related_to_text(wire["text"], selection=selection, fallback=())
        assert draft.ids == ids


def test_copies_that_are_gone_or_hidden_are_in_no_group():
    """A removed copy, and a copy under embargo, is no near-duplicate of the others."""
    text = " ".join(f"word{i}a" for i in range(14))
    copies = [{"id": i, "text": text} for i in ("a", "b", "gone")]
    hidden = {"id": "hidden", "text": text, "published": "2999-01-01"}
    news = RelatedNews().fit([*copies, hidden])
    news.remove("gone")

    assert [{*group} for group in news.duplicates()] == [{"a", "b"}]
