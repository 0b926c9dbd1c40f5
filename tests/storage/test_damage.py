"""Damage to the catalogue: no wrong list and no wrong title while `verify` is silent."""

import contextlib
import gc
import os
import random
import shutil
import sqlite3

import pytest

import mutations
from relnews import RelatedNews
from relnews.exceptions import RelnewsError
from relnews.storage import schema
from relnews.storage.database import CATALOGUE, LOG


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return an archive with everything that an archive can have, and nothing hidden for now."""
    folder = tmp_path_factory.mktemp("whole") / "whole.relnews"
    mutations.build(folder)
    with mutations.small_segments():
        RelatedNews.open(folder).partial_fit(mutations.articles(107, 110))
    gc.collect()  # closes the database
    assert not (folder / LOG).exists()
    return folder


@pytest.fixture(scope="module")
def expected(whole):
    return read(whole)


def read(folder):
    """Return lists, titles and dates, stored and ranked, of an archive opened now."""
    news = RelatedNews.open(folder)
    ids = [f"s{i}" for i in (0, 1, 2, 20, 55, 58, 80, 101, 108)]
    lists = [news.related(identifier, 3).to_dict() for identifier in ids if identifier in news]
    return (
        lists,
        [items.to_dict() for items in news.related_all(3)],
        [news.related(identifier, 9).to_dict() for identifier in ids if identifier in news],
        news.related_to_text("dike inundationrecord3 word101 flood").to_dict(),
        news.related("s1", 5, filters={"tags": ["a"]}).to_dict(),
        len(news),
    )


def is_noticed(folder, expected):
    """Return whether a change of a folder changes nothing, or is an error, or a problem."""
    try:
        if read(folder) == expected:
            return True
    except (RelnewsError, OSError):
        return True
    try:
        return bool(RelatedNews.open(folder).verify())
    except (RelnewsError, OSError):
        return True


def is_noticed_when_read(folder, expected):
    """Return whether what is read is right or an error, without `verify`."""
    try:
        return read(folder) == expected
    except (RelnewsError, OSError):
        return True


def copied(whole, folder):
    """Return a copy of an archive, which shares its arrays, but no file of its database."""
    ignored = shutil.ignore_patterns(f"{CATALOGUE}*")
    shutil.copytree(whole, folder, copy_function=os.link, ignore=ignored)
    shutil.copyfile(whole / CATALOGUE, folder / CATALOGUE)
    return folder


def remove(folder):
    """Remove a copy; an archive that is closed meanwhile removes files of its database itself."""
    shutil.rmtree(folder, ignore_errors=True)


# --- each value ----------------------------------------------------------------------------------


def columns():
    """Return every table and column that the schema has."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        schema.create_tables(connection)
        return [
            (table, column)
            for (table,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
            ).fetchall()
            for _, column, *_ in connection.execute(f"PRAGMA table_info({table})").fetchall()
        ]


def changes_of(value, others, rng):
    """Return values near a value: of its type, of other rows, and NULL."""
    changed = [None, *rng.sample(others, min(2, len(others)))]
    match value:
        case int():
            changed += [value + 1, value - 1, 0, value ^ (1 << rng.randrange(40))]
        case str():
            digit = next((i for i, letter in enumerate(value) if letter.isdigit()), None)
            if digit is not None:
                other = str((int(value[digit]) + 1) % 10)
                changed.append(value[:digit] + other + value[digit + 1 :])
            changed += [f"{value}x", value[1:], value.swapcase(), value.replace("true", "false")]
        case bytes() if value:
            place = rng.randrange(len(value))
            flipped = bytes([value[place] ^ (1 << rng.randrange(8))])
            changed += [value[:place] + flipped + value[place + 1 :], value[:-1], b""]
        case None:
            changed += [1, "x", 1_500_000_000_000_000]
    return [new for new in changed if new != value or type(new) is not type(value)]


def one_value_changes(folder, table, column, rng, n_rows):
    """Yield statements that each change one value: of a sample of the rows, to every near value."""
    with contextlib.closing(sqlite3.connect(folder / CATALOGUE)) as connection:
        rows = connection.execute(f"SELECT rowid, {column} FROM {table}").fetchall()
    values = [value for _, value in rows]
    for row, value in rng.sample(rows, min(n_rows, len(rows))):
        for new in changes_of(value, values, rng):
            yield f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (new, row)


@pytest.mark.parametrize(("table", "column"), columns())
@pytest.mark.parametrize("n_rows", [2, pytest.param(100, marks=pytest.mark.slow)])
def test_one_value(whole, expected, tmp_path, table, column, n_rows):
    """Each value of each column, changed to any value that the schema accepts, is noticed."""
    rng = random.Random(f"{table} {column}")
    n_rows = max(n_rows, 30 if table in ("settings", "folders") else 0)
    changes = one_value_changes(whole, table, column, rng, n_rows)
    for n, (statement, values) in enumerate(changes):
        folder = copied(whole, tmp_path / str(n))
        with contextlib.closing(sqlite3.connect(folder / CATALOGUE)) as connection:
            try:
                connection.execute(statement, values)
            except (sqlite3.IntegrityError, OverflowError):
                continue
            connection.commit()
        # Under another key, a list is missing where it was: a new one is ranked, which is right.
        noticed = is_noticed if (table, column) == ("lists", "key") else is_noticed_when_read
        assert noticed(folder, expected), (statement, values)
        remove(folder)


def test_missing_counts_of_a_hidden_article(tmp_path):
    """An article whose counts are gone is noticed when lists are read, though nobody sees it."""
    folder = tmp_path / "a.relnews"
    RelatedNews().fit([{"id": f"a{i}", "text": f"dike flood word{i}"} for i in range(5)]).save(
        folder
    )
    RelatedNews.open(folder).partial_fit(
        [{"id": "later", "text": "dike flood", "published": "2999-01-01"}]
    )
    gc.collect()
    with contextlib.closing(sqlite3.connect(folder / CATALOGUE)) as connection:
        assert connection.execute("DELETE FROM counts").rowcount == 1
        connection.commit()
    with pytest.raises(RelnewsError, match="counts are missing"):
        RelatedNews.open(folder).related("a0")


@pytest.mark.parametrize("stores", [False, True])
def test_an_id_that_leads_to_another_article(tmp_path, stores):
    """An entry of SQLite's index of ids that has the key of another row is noticed when read."""
    folder = tmp_path / "a.relnews"
    RelatedNews().fit(
        [{"id": f"story{i}", "title": "T", "text": f"dike flood word{i}"} for i in range(9)]
    ).save(folder)
    if stores:
        RelatedNews.open(folder).store_lists(3)
        gc.collect()
    content = (folder / CATALOGUE).read_bytes()
    assert content.count(b"story2\2") == content.count(b"story5\5") == 1  # id and key
    changed = content.replace(b"story2\2", b"story2\5").replace(b"story5\5", b"story5\2")
    (folder / CATALOGUE).write_bytes(changed)

    for ask in (
        lambda news: news.related("story2", 3),
        lambda news: news.related("story2", 8),
        lambda news: news.related("story1", exclude=["story2"]),
        lambda news: news.explain("story1", "story2"),
        lambda news: news.partial_fit([{"id": "story2", "title": "T"}]),
        lambda news: news.remove("story2"),
    ):
        with pytest.raises(RelnewsError, match=r"leads to another article|another checksum"):
            ask(RelatedNews.open(folder))
    assert "missing from index" in RelatedNews.open(folder).verify()[0]


# --- pages ---------------------------------------------------------------------------------------


def damage_page(content, rng):
    """Return a database with a page damaged as disks and programs do it."""
    size = int.from_bytes(content[16:18], "big")
    damaged = bytearray(content)
    start = size * rng.randrange(len(content) // size)
    place, n = start + rng.randrange(size), rng.choice([1, 1, 4, 64, 512])
    end = min(place + n, start + size)
    match rng.choice(["flip", "zero", "random", "page", "exchange"]):
        case "flip":
            damaged[place] ^= 1 << rng.randrange(8)
        case "zero":
            damaged[place:end] = bytes(end - place)
        case "random":
            damaged[place:end] = rng.randbytes(end - place)
        case "page":
            damaged[start : start + size] = bytes(size)
        case "exchange":
            other = size * rng.randrange(len(content) // size)
            damaged[start : start + size] = content[other : other + size]
            damaged[other : other + size] = content[start : start + size]
    return bytes(damaged)


@pytest.mark.parametrize("n", [60, pytest.param(2000, marks=pytest.mark.slow)])
def test_damaged_pages(whole, expected, tmp_path, n):
    """A damaged page of the catalogue gives the same lists, an error, or a problem."""
    rng = random.Random(n)
    content = (whole / CATALOGUE).read_bytes()
    n_same = 0
    for number in range(n):
        folder = copied(whole, tmp_path / str(number))
        damaged = damage_page(content, rng)
        (folder / CATALOGUE).write_bytes(damaged)
        n_same += damaged == content
        assert is_noticed(folder, expected), number
        remove(folder)
    assert n_same < n // 2
