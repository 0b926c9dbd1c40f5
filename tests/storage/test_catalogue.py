"""The catalogue: atomic changes, unique keys, embargo and expiry."""

import contextlib
import copy
import dataclasses
import datetime as dt
import os
import sqlite3
import tempfile
import threading
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

import reference
from relnews import (
    ArchiveChangedError,
    ArchiveFormatError,
    Mode,
    RelatedNews,
    Selection,
    UnknownArticleError,
)
from relnews.articles import Article
from relnews.dates import moment, timestamp
from relnews.maintenance import layout
from relnews.options.modes import MODES
from relnews.options.selection import CUTOFF
from relnews.results import RelatedItem, item_of
from relnews.storage import database
from relnews.storage.catalogue import Catalogue, FolderEntry
from relnews.storage.database import CATALOGUE
from relnews.storage.writer import WRITER
from strategies import archives, examples

UTC = dt.UTC


@pytest.fixture(params=["in memory", "in a folder"])
def empty(request, tmp_path):
    return Catalogue.in_memory() if request.param == "in memory" else Catalogue.create(tmp_path)


def add(catalogue, *ids, **fields):
    articles = [Article(id=identifier, **fields) for identifier in ids]
    with catalogue.transaction():
        return list(catalogue.add(articles, [article.digest() for article in articles]))


# --- dates ---------------------------------------------------------------------------------------


@given(st.datetimes(timezones=st.just(UTC)))
def test_dates_survive_to_the_microsecond(date):
    """A date converts to an integer and back exactly."""
    assert moment(timestamp(date)) == date
    assert moment(None) is timestamp(None) is None


# --- what is shown -------------------------------------------------------------------------------


def test_details_come_in_the_order_that_is_asked_for(empty):
    """Details come in the requested order, for more keys than SQLite's limit."""
    keys = add(empty, *(f"id{i}" for i in range(2500)), title="t", tags=("a", 'b"'), url="/x")
    order = keys[::-2] + keys[:3]

    assert empty.ids(order) == [f"id{key}" for key in order]
    assert len(empty) == 2500
    assert [about[0] for about in empty.details(order)] == empty.ids(order)
    assert empty.details(order[:1])[0][1:6] == ("t", "", "/x", None, None)
    assert empty.details(order[:1])[0][6] == ("a", 'b"')
    assert empty.keys() == keys
    assert empty.all_ids() == [f"id{i}" for i in range(2500)]


def test_an_item_is_one_however_it_is_made(empty):
    """An item made by the fast path equals one of the class, and is frozen."""
    about = {
        "id": "a", "title": "t", "dek": "d", "url": "/x", "section": "World", "tags": ("y", "z"),
        "published": dt.datetime(2025, 8, 22, 14, 5, 0, 1, tzinfo=UTC), "author": "b",
        "source": "s", "language": "en", "image": "/i", "image_alt": "I",
    }  # fmt: skip
    more = {"near_duplicates": ("c",), "reason": ("pinned",), "mentions": ("m",)}
    others = {name: value for name, value in about.items() if name != "id"}
    (details,) = empty.details(add(empty, "a", **others))
    item = item_of(details, 3, 0.5, 0.25, **more)

    assert item == RelatedItem(**about, **more, rank=3, score=0.5, similarity=0.25)
    assert item_of(details) == RelatedItem(**about, rank=0, score=0.0, similarity=0.0)
    assert len({item, copy.copy(item), copy.deepcopy(item)}) == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        item.rank = 1


def test_an_article_that_is_gone_is_a_change(empty):
    """A missing key raises the error of a changed archive."""
    keys = add(empty, "a", "b")
    with empty.transaction():
        empty.remove(keys[:1])

    for ask in (empty.ids, empty.details, empty.dates):
        with pytest.raises(ArchiveChangedError):
            ask(keys)
    assert empty.key_of("a") is None
    assert empty.key_of("b") == keys[1]


def test_digests_of_many_ids(empty):
    """Any number of ids with any characters can be looked up."""
    ids = [f"{i}'\"\\,é𝔘\u0007" for i in range(1500)]
    keys = add(empty, *ids)
    got = empty.digests([*ids, "unknown"])

    assert {identifier: key for identifier, (key, _) in got.items()} == dict(
        zip(ids, keys, strict=True)
    )
    assert got[ids[3]][1] == Article(id=ids[3]).digest()
    assert empty.digests([]) == {}


def test_keys_are_never_used_twice(empty):
    """A removed key is not used again, even if it was the last."""
    assert add(empty, "a", "b") == [0, 1]
    with empty.transaction():
        empty.remove([0, 1])
    assert empty.next_key() == 2
    assert add(empty, "a") == [2]


def test_ids_that_no_encoding_takes():
    """Half a surrogate pair is in no text of the archive, so no article has such an id."""
    news = RelatedNews().fit(
        [{"id": "a\ud800", "title": "dike"}, {"id": "b", "title": "dike breach"}]
    )
    wrong = "a\ud800"
    assert wrong not in news
    for call in (news.related, news.remove, lambda name: news.rules.pin("b", name)):
        with pytest.raises(UnknownArticleError):
            call(wrong)
    assert news.verify_removed(wrong) == []
    expected = news.related("b")
    assert news.related("b", exclude=[wrong, "é"]) == expected
    assert news.related("b", filters={"section": wrong}).ids == []
    news.rules.hide(f"id={wrong}")
    assert news.related("b") == expected
    assert len(news.compact().dropped_rules) == 1
    assert news.verify() == []


@pytest.mark.parametrize("seq", [0, -1, None, "x", 1 << 62])
def test_a_number_of_keys_that_is_wrong(empty, seq):
    """A next key that an article has, or a removed one that a segment may still have, is damage."""
    assert add(empty, "a", "b") == [0, 1]
    with empty.transaction():
        empty.remove([1])
    empty._database.connection.execute("UPDATE sqlite_sequence SET seq = ?", [seq])
    with pytest.raises(ArchiveFormatError, match="the last article has the key"):
        empty.next_key()


@pytest.mark.parametrize(
    "change", ["DELETE FROM sqlite_sequence", "UPDATE sqlite_sequence SET seq = 0"]
)
def test_removals_that_are_numbered_from_the_start(tmp_path, change):
    """Numbers of removals that begin again, which an open archive would skip, are damage."""
    folder = tmp_path / "a.relnews"
    RelatedNews().fit([{"id": f"a{i}", "text": f"dike word{i}"} for i in range(6)]).save(folder)
    news = RelatedNews.open(folder)
    news.remove(["a4"])
    news.related("a0")
    RelatedNews.open(folder).compact()
    with contextlib.closing(sqlite3.connect(folder / CATALOGUE)) as connection:
        assert connection.execute("SELECT * FROM removals").fetchall() == []
        connection.execute(f"{change} WHERE name = 'removals'")
        connection.commit()

    for archive in (news, RelatedNews.open(folder)):
        with pytest.raises(ArchiveFormatError, match=r"last key of removals is .*, expected 1"):
            archive.remove(["a3"])
        (problem,) = archive.verify()
        assert "the last key of removals" in problem
        assert "a3" in archive.related("a0").ids


@pytest.mark.parametrize("name", ["forgotten", "last_keys"])
@pytest.mark.parametrize("value", [[1], 3, "x", {"articles": 1.5}])
def test_settings_that_have_no_numbers_by_name(empty, name, value):
    """Such a setting in another form is damage."""
    with empty.transaction():
        empty.set(name, value)
        with pytest.raises(ArchiveFormatError):
            empty.setting(name)


def test_dates_and_expiries(empty):
    """Dates and expiries are timestamps by key; the span covers the known dates."""
    assert empty.span() == (None, None)
    old, new = dt.datetime(1960, 1, 1, tzinfo=UTC), dt.datetime(2030, 1, 1, tzinfo=UTC)
    first = add(empty, "a", published=new, expires=old) + add(empty, "b", published=old)
    last = add(empty, "c")

    assert empty.dates(first + last) == [timestamp(new), timestamp(old), None]
    assert empty.expiries() == {first[0]: timestamp(old)}
    assert empty.span() == (old, new)


# --- changes -------------------------------------------------------------------------------------


def test_a_change_is_whole_or_nothing(empty):
    """An error undoes the whole change, including its number."""
    add(empty, "a")
    generation = empty.generation()
    entry = FolderEntry(5, "segment", None, {"x": (1, 2)})

    def fail():
        with empty.transaction():
            empty.add([Article(id="b")], [b""])
            empty.add_folder(entry)
            empty.set("lists", {"k": 1})
            empty.set_entries([(0, b"x")])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert empty.all_ids() == ["a"]
    assert empty.folders() == empty.all_entries() == []
    assert empty.setting("lists") is None
    assert empty.generation() == generation
    assert empty.next_key() == 1
    with empty.transaction():
        empty.add_folder(entry)
    assert empty.folders() == [entry]
    assert empty.generation() == generation + 1


def test_a_transaction_without_a_change_is_not_counted(empty):
    """The generation stays unless a row changed; a setting with the same value is no change."""
    add(empty, "a")
    with empty.transaction():
        empty.set("epoch", 1)
    generation = empty.generation()
    with empty.transaction():
        empty.set("epoch", 1)
        empty.remove([])
        empty.set_entries([])
        assert not empty.has_changes()
    assert empty.generation() == generation
    with empty.transaction():
        empty.set("epoch", 2)
        assert empty.has_changes()
    assert (empty.setting("epoch"), empty.generation()) == (2, generation + 1)


def test_an_id_twice_is_refused(empty):
    """SQLite refuses a repeated id, and nothing is left of the attempt."""
    add(empty, "a")
    with pytest.raises(ArchiveFormatError, match="UNIQUE"):
        add(empty, "b", "a")

    assert empty.all_ids() == ["a"]


def test_new_terms_are_numbered_on(empty):
    """Terms are read from any number on; a gap is damage."""
    with empty.transaction():
        empty.add_terms(5, [b"five", b"six", b"seven"])

    assert empty.terms(5) == [b"five", b"six", b"seven"]
    assert empty.terms(7) == [b"seven"]
    assert empty.terms(8) == []
    for first in (3, 4):
        with pytest.raises(ArchiveFormatError, match="new terms are missing"):
            empty.terms(first)


def test_others_see_a_change_when_it_is_committed(tmp_path):
    """Others see a change after its commit, but not inside `read_transaction`."""
    writer = Catalogue.create(tmp_path)
    reader = Catalogue.open(tmp_path)
    assert reader._database.changed_since_last_check()
    assert not reader._database.changed_since_last_check()
    with writer.transaction():
        writer.add([Article(id="a")], [b""])
        assert len(reader) == 0
        assert not reader._database.changed_since_last_check()
    assert reader._database.changed_since_last_check()
    assert not reader._database.changed_since_last_check()
    assert len(reader) == 1
    with reader.read_transaction():
        assert len(reader) == 1
        add(writer, "b")
        with reader.read_transaction():
            assert len(reader) == 1
    assert len(reader) == 2
    assert reader._database.changed_since_last_check()
    database = writer._database
    assert not database.changed_since_last_check() or not database.changed_since_last_check()


changes_of_two = st.lists(
    st.tuples(st.booleans(), st.sampled_from(["set", "folder", "fail", "read"])), max_size=12
)


@examples(0.5)
@given(changes_of_two)
def test_what_is_kept_of_settings_and_folders_is_what_is_there(changes):
    """Whoever commits or fails, two writers read the same settings and folders of arrays."""
    with tempfile.TemporaryDirectory() as name:
        writers = [Catalogue.create(Path(name)), Catalogue.open(Path(name))]
        told, numbers = None, []
        for i, (is_second, what) in enumerate(changes):
            writer = writers[is_second]
            if what != "read":
                with contextlib.suppress(ZeroDivisionError), writer.transaction():
                    assert [entry.number for entry in writer.folders()] == numbers
                    writer.set("told", i)
                    assert writer.cached(str, "told") == str(i)
                    entry = FolderEntry(i + 1, "lines", None, {"a": (1, i)})
                    if what != "set":
                        writer.add_folder(entry)
                    if what == "fail":
                        raise ZeroDivisionError
                    told = i
                    numbers += [entry.number] if what == "folder" else []
            for each in writers:
                assert each.setting("told") == told
                assert each.cached(str, "told") == str(told)
                assert [entry.number for entry in each.folders()] == numbers
        for writer in writers:
            writer.close()


def test_a_second_writer_is_told_who_writes(tmp_path, monkeypatch):
    """The error names the writing process, its machine and its start."""
    monkeypatch.setattr(database, "PATIENCE", 0.05)
    writer, other = Catalogue.create(tmp_path), Catalogue.create(tmp_path)
    with writer.transaction():
        with (
            pytest.raises(
                TimeoutError, match=rf"being written by process {os.getpid()} on .*, since .* UTC\."
            ),
            other.transaction(),
        ):
            raise AssertionError
        for note in ("", "[]", '{"process": "x"}', '{"since": 1e99}', "\udcff", '{"a": 1'):
            (tmp_path / WRITER).write_text(note, errors="surrogateescape")
            with pytest.raises(TimeoutError, match="another process"), other.transaction():
                raise AssertionError
    assert not (tmp_path / WRITER).exists()
    add(other, "a")
    assert len(writer) == 1


def test_a_thread_waits_for_the_transaction_of_another(empty):
    """Writers in one process take turns without an error."""
    order = []

    def write(identifier):
        with empty.transaction():
            order.append(identifier)
            empty.add([Article(id=identifier)], [b""])
            order.append(identifier)

    threads = [threading.Thread(target=write, args=(str(i),)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(order[::2]) == sorted(empty.all_ids()) == [str(i) for i in range(8)]
    assert order[::2] == order[1::2]


def test_a_closed_archive_needs_no_log(tmp_path):
    """After the last close the folder has a single database file."""
    writer = Catalogue.create(tmp_path)
    add(writer, "a")
    del writer

    assert [path.name for path in tmp_path.iterdir()] == [database.CATALOGUE]
    assert len(Catalogue.open(tmp_path)) == 1


# --- embargo and expiry --------------------------------------------------------------------------

START = dt.datetime(2030, 1, 1, tzinfo=UTC)
MICROSECOND = dt.timedelta(microseconds=1)
STOP_WORDS = ("the", "and")


def at(moment):
    nanoseconds = (moment - dt.datetime(1970, 1, 1, tzinfo=UTC)) // MICROSECOND * 1000
    return mock.patch("time.time_ns", return_value=nanoseconds)


#: Days after START; None means never.
days = st.one_of(st.none(), st.integers(-3, 3))


def hides(article, now):
    return (article["published"] is not None and article["published"] > now) or (
        article["expires"] is not None and article["expires"] <= now
    )


#: Lists without a selection: another test covers near-duplicates.
RANKED = {**MODES, "news": Mode(selection=Selection(duplicate_threshold=None))}


@mock.patch("relnews.options.list_options.MODES", RANKED)
@mock.patch("relnews.options.modes.STORED_SELECTION", RANKED["news"].selection)
@examples(0.5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    articles=archives(min_size=1, max_size=6), data=st.data(),
    per_item=st.sampled_from([None, 1, 2]), on_disk=st.booleans(),
    segment_articles=st.sampled_from([2, 1 << 16]),
)  # fmt: skip
def test_hidden_articles_are_in_no_list(
    articles, data, per_item, on_disk, segment_articles, tmp_path
):
    """Articles are hidden before their date and from their expiry on, to the microsecond."""
    for article in articles:
        for name in ("published", "expires"):
            offset = data.draw(days)
            article[name] = None if offset is None else START + dt.timedelta(days=offset)
    k = 2
    n_late = data.draw(st.integers(0, len(articles)))
    with mock.patch.object(layout, "SEGMENT_ARTICLES", segment_articles):
        news = RelatedNews(stop_words=STOP_WORDS, recency=None).fit(
            articles[: len(articles) - n_late]
        )
    news.partial_fit(articles[len(articles) - n_late :])
    if per_item is not None:
        with mock.patch("relnews.maintenance.updates.CANDIDATES_PER_ITEM", per_item):
            news.store_lists(data.draw(st.integers(1, k)))
    if on_disk:
        news.save(tmp_path / "a.relnews")
        news = RelatedNews.open(tmp_path / "a.relnews")
    counts = [reference.Words(article, STOP_WORDS) for article in articles]
    idf = reference.inverse_document_frequency(counts)
    rows = [
        (article["id"], article["published"], reference.unit_weights(c, idf))
        for article, c in zip(articles, counts, strict=True)
    ]
    for day in (-4, -1, 0, 2, 4):
        for now in (START + dt.timedelta(days=day) - MICROSECOND, START + dt.timedelta(days=day)):
            priors = [0.0 if hides(article, now) else 1.0 for article in articles]
            with at(now):
                lists = {related.id: related for related in news.related_all(k)}
                for identifier, _, weights in rows:
                    expected = reference.ranking(
                        weights, rows, k, exclude=identifier, priors=priors, cutoff=CUTOFF
                    )
                    got = [(item.id, item.score, item.similarity) for item in lists[identifier]]
                    assert got == expected
                    assert news.related(identifier, k) == lists[identifier]
                    assert [item.rank for item in lists[identifier]] == [1, 2][: len(got)]
                draft = news.related_to_text("nato kyiv guarantees", k=50)
                hidden = {a["id"] for a in articles if hides(a, now)}
                assert not hidden & {*draft.ids}
                for identifier in sorted(hidden):
                    assert news.verify_removed(identifier) == []


def test_an_expiry_that_is_changed_counts_from_the_next_read(tmp_path):
    """A past expiry takes an article down in every open archive."""
    articles = [{"id": i, "title": "dike breach", "text": f"word{i}"} for i in "abc"]
    news = RelatedNews().fit(articles)
    news.store_lists(2)
    news.save(tmp_path / "a.relnews")
    writer, reader = (RelatedNews.open(tmp_path / "a.relnews") for _ in range(2))
    assert reader.related("a").ids == ["b", "c"]
    writer.partial_fit([{**articles[1], "expires": "2001-01-01"}])

    for opened in (writer, reader):
        assert opened.related("a").ids == ["c"]
        assert opened.related_to_text("dike").ids == ["a", "c"]
        assert [items.ids for items in opened.related_all()] == [["c"], ["a"], ["a", "c"]]
