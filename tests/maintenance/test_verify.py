"""`verify`: a whole archive has no problems, and every problem is named."""

import contextlib
import sqlite3
import time
from unittest import mock

import numpy as np
import pytest

import mutations
from relnews import ArchiveFormatError, Article, RelatedNews
from relnews.maintenance import merging, verify
from relnews.storage.checksums import rekeyed
from relnews.storage.database import CATALOGUE
from relnews.storage.list_codec import StoredList

MICROSECOND = 1_000

ARTICLES = [
    {"id": f"a{i}", "title": f"dike breach {i % 3}", "text": f"flood crest word{i}"}
    for i in range(12)
]


@pytest.fixture
def news():
    """Return an archive with segments, removed and pending articles, and stored lists."""
    with mock.patch.multiple(merging, PENDING_ARTICLES=4):
        news = RelatedNews().fit(ARTICLES[:5])
        news.store_lists(2)
        news.partial_fit(ARTICLES[5:])
        news.partial_fit([{**ARTICLES[0], "text": "another text of the flood"}])
        news.remove(["a3", "a11"])
    assert news.archive_.state.pending
    assert len(news.archive_.state.live_segments) > 1
    return news


def plant(news, statement, *values):
    """Change the catalogue by SQL."""
    news.archive_.catalogue._database.connection.execute(statement, values)


def key_of(news, identifier):
    return news.archive_.catalogue.key_of(identifier)


def test_all_is_well(news, tmp_path):
    """An archive changed by its own methods has no problems."""
    news.save(tmp_path / "a.relnews")
    opened = RelatedNews.open(tmp_path / "a.relnews")

    assert news.verify() == opened.verify() == []
    opened.compact()
    assert opened.verify() == []
    opened.remove(["a1", "a2"])
    assert opened.verify() == []
    assert RelatedNews().fit([]).verify() == []


def test_an_article_in_no_segment(news):
    """An article in no segment is a problem, since it cannot be ranked."""
    news.archive_.catalogue.add([Article(id="ghost")], [b"digest"])

    assert news.verify() == [
        "article 'ghost' is in 0 segments, expected 1", "1 article without a stored list"
    ]  # fmt: skip


def test_an_article_in_two_segments(news):
    """An article in two segments is a problem, since it would be listed twice."""
    state = news.archive_.state
    member = next(iter(state.live_segments.values()))
    key = int(member.segment.key[member.is_alive][0])
    state.pending[key] = next(iter(state.pending.values()))
    (identifier,) = news.archive_.catalogue.ids([key])

    assert news.verify() == [f"article {identifier!r} is in 2 segments, expected 1"]


def test_an_article_that_the_catalogue_lacks(news):
    """A ranked article without a row in the catalogue is a problem."""
    plant(news, "DELETE FROM lists WHERE key = ?", key_of(news, "a1"))
    plant(news, "DELETE FROM articles WHERE id = 'a1'")

    assert news.verify() == ["1 article in a segment, but not in the catalogue"]


def with_list(news, identifier, pairs):
    entries = StoredList([(key_of(news, other), steps, steps, -1) for other, steps in pairs], False)
    key = key_of(news, identifier)
    plant(news, "UPDATE lists SET entries = ? WHERE key = ?", rekeyed(entries.pack(), key), key)


@pytest.mark.parametrize(
    "pairs", [[("a1", 10)], [("a2", 10), ("a2", 9)], [("a2", 10), ("a4", 8), ("a2", 8)]]
)
def test_a_list_with_itself_or_with_one_twice(news, pairs):
    """A list with its own article, or with an article twice, is a problem."""
    with_list(news, "a1", pairs)

    (problem,) = news.verify()
    assert problem.endswith("holds itself, one twice, or one that is gone")


@pytest.mark.parametrize("pairs", [[("a2", 9), ("a4", 10)], [("a2", 9), ("a4", 0)], [("a4", -1)]])
def test_a_list_that_is_not_in_order(news, pairs):
    """A list that is not in order, or has a score of 0, is a problem."""
    with_list(news, "a1", pairs)

    (problem,) = news.verify()
    assert problem.endswith("is not in order")


def test_a_list_of_or_with_an_article_that_is_gone(news):
    """A list of a removed article, or with one, is a problem."""
    gone = StoredList([(key_of(news, "a2"), 5, 5, 0)], True).pack()
    plant(news, "INSERT INTO lists VALUES (?, ?)", 3, rekeyed(gone, 3))
    pairs = [(key_of(news, "a2"), 6, 6, 0), (3, 5, 5, 1)]
    kept, key = StoredList(pairs, True).pack(), key_of(news, "a1")
    plant(news, "UPDATE lists SET entries = ? WHERE key = ?", rekeyed(kept, key), key)

    one, other = sorted(news.verify())
    assert one.endswith("holds itself, one twice, or one that is gone")
    assert other == "there is a stored list of article 3, which is gone"
    assert news.verify_removed("a3")[-1] == "stored lists hold 1 removed article"


def test_an_article_without_a_list(news):
    """An article without a list is a problem if lists are stored."""
    plant(news, "DELETE FROM lists WHERE key = ?", key_of(news, "a1"))

    assert news.verify() == ["1 article without a stored list"]


def test_a_list_that_cannot_be_read(news):
    """A list with a wrong checksum is a problem."""
    plant(news, "UPDATE lists SET entries = x'0011223344' WHERE key = ?", key_of(news, "a1"))

    (problem,) = news.verify()
    assert "cannot be read: a stored list has another checksum" in problem
    with pytest.raises(ArchiveFormatError, match="another checksum"):
        news.verify_removed("a3")


def test_arrays_are_read_again(news, tmp_path):
    """A bit that flips behind an open archive is found."""
    folder = tmp_path / "a.relnews"
    news.save(folder)
    opened = RelatedNews.open(folder)
    assert opened.verify() == []
    path = next(folder.glob("*.segment")) / "row_low.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)

    with pytest.raises(ArchiveFormatError, match=r"row_low\.npy has the checksum"):
        opened.verify()


def test_sqlite_checks_its_own_file(news, tmp_path):
    """An state of the database that disagrees with its table is found."""
    folder = tmp_path / "a.relnews"
    news.save(folder)

    def change(*statements):
        connection = sqlite3.connect(folder / CATALOGUE, isolation_level=None)
        connection.execute("PRAGMA writable_schema = ON")
        rows = [connection.execute(*statement).fetchall() for statement in statements]
        connection.close()
        return rows[0]

    where = "FROM sqlite_master WHERE name = 'articles_by_expiry'"
    (row,) = change((f"SELECT * {where}",), (f"DELETE {where}",))
    change(("UPDATE articles SET expires = 1 WHERE id = 'a1'",))
    change(("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", row))

    problems = RelatedNews.open(folder).verify()
    assert problems[0] == (
        "the catalogue is damaged: wrong # of entries in state articles_by_expiry"
    ) or problems[0].startswith("the catalogue is damaged: row ")


@pytest.fixture
def folder(news, tmp_path):
    """Return the folder of a saved copy."""
    news.save(tmp_path / "a.relnews")
    return tmp_path / "a.relnews"


def run(folder, statement):
    with contextlib.closing(sqlite3.connect(folder / CATALOGUE, isolation_level=None)) as other:
        other.execute(statement)


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE articles SET published = 5 WHERE id = 'a1'", "'a1' has another date in its seg"),
        ("UPDATE settings SET value = '7' WHERE name = 'seed'", "terms are not found in the voc"),
        ("UPDATE sqlite_sequence SET seq = 2", "the last article has the key 2, expected at least"),
        ("UPDATE settings SET value = '-1' WHERE name = 'last_folder'", "`last_folder` must be"),
    ],
)
def test_what_checksums_do_not_say(folder, statement, problem):
    """Catalogue and arrays that do not fit are a problem, even if every checksum is right."""
    run(folder, statement)
    mutations.correct_checksums(folder)

    problems = problems_of(folder)
    assert any(problem in line for line in problems), problems


def problems_of(folder):
    """Return the problems of an archive, or why it cannot be read."""
    try:
        return RelatedNews.open(folder).verify()
    except ArchiveFormatError as error:
        return [str(error)]


@pytest.mark.parametrize(("most", "n"), [(4, 4), (10, 10), (100, 10)])
def test_the_sample_of_lists_is_spread_over_the_archive(news, most, n):
    """At most the number of lists asked for is ranked again, up to the last ones."""
    with (
        mock.patch.object(verify, "_SAMPLE", most),
        mock.patch.object(verify, "differing", wraps=verify.differing) as differing,
    ):
        assert news.verify() == []
    (_, sample, _), _ = differing.call_args
    keys = [key for key, _ in sample]
    assert len(keys) == n
    assert keys[-1] > news.archive_.catalogue.keys()[-5]


def test_a_check_begins_again_after_a_change(folder):
    """Files that a change of another process removed are no damage; without a change they are."""
    other, news = RelatedNews.open(folder), RelatedNews.open(folder)

    def fail_once(archive):
        calls.append(archive)
        if len(calls) == 1:
            other.rules.hide("section=none")
            raise FileNotFoundError
        return []

    calls = []
    with mock.patch.object(verify, "_problems", fail_once):
        assert news.verify() == []
    assert len(calls) == 2
    with (
        mock.patch.object(verify, "_problems", side_effect=FileNotFoundError) as problems,
        pytest.raises(FileNotFoundError),
    ):
        news.verify()
    problems.assert_called_once()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE articles SET title = 'Another title' WHERE id = 'a1'",
        "UPDATE articles SET id = CASE id WHEN 'a1' THEN 'x' ELSE id END",
        "UPDATE settings SET value = replace(value, 'true', 'false') WHERE name = 'weighting'",
        "UPDATE lists SET entries = (SELECT entries FROM lists WHERE key = 2) WHERE key = 1",
        "UPDATE removals SET key = key + 1",
        "UPDATE files SET checksum = checksum + 1 WHERE name = 'term'",
        "DELETE FROM settings WHERE name = 'recency'",
    ],
)
def test_rows_that_are_not_as_they_were_written(folder, statement):
    """A row or setting with another checksum is a problem, or the archive cannot be read."""
    run(folder, statement)

    problems = problems_of(folder)
    assert problems
    assert "checksum" in problems[0]


@pytest.mark.parametrize("identifier", ["a1", "a10"])
def test_a_list_that_is_ranked_differently(news, identifier):
    """A stored list that is sound in itself but not the ranking of its epoch is a problem."""
    with_list(news, identifier, [("a2", 9), ("a4", 8)])

    assert news.verify() == [
        f"the stored list of article {key_of(news, identifier)} is another than the ranking of "
        "its epoch"
    ]


# --- takedown ------------------------------------------------------------------------------------


def test_a_removed_article_leaves_no_trace(news):
    """A removed article, and an article that never was, leave no trace."""
    assert news.verify_removed("a3") == news.verify_removed("never was") == []


def test_an_article_that_is_there_is_no_takedown(news):
    """An article that is still visible is reported."""
    assert news.verify_removed("a1") == [
        "'a1' is in the archive, and neither under embargo nor expired"
    ]


@pytest.mark.parametrize("field", ["published", "expires"])
def test_hidden_articles_leave_no_trace(field):
    """Articles under embargo and expired articles count as removed."""
    moment = "2999-01-01" if field == "published" else "1999-01-01"
    for late in (False, True):
        first, last = ({"id": "b", "title": "dike"}, {"id": "a", "title": "dike", field: moment})
        news = RelatedNews().fit([first] if late else [first, last])
        if late:
            news.partial_fit([last])
        news.store_lists(2)
        assert news.verify_removed("a") == []
        assert news.related("b").ids == []

        view = news.archive_.state.view()
        scored = next(s for s in view.segments if s.segment.find(key_of(news, "a")) >= 0)
        scored._set_prior(np.ones(scored.segment.n_articles))
        assert news.verify_removed("a") == ["'a' is ranked"]


def test_an_embargo_that_is_over():
    """An article is visible from the exact microsecond of its date."""
    at = 1_900_000_000_000_000
    news = RelatedNews().fit(
        [{"id": "a", "title": "dike", "published": "2030-03-17T17:46:40+00:00"}]
    )
    for now, expected in ((at - 1, []), (at, ["is in the archive"])):
        with mock.patch.object(time, "time_ns", return_value=now * MICROSECOND):
            problems = news.verify_removed("a")
            assert len(problems) == len(expected)
            assert all(part in problem for part, problem in zip(expected, problems, strict=True))
