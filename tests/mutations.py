"""Changes that an attacker may make to an archive folder, and what may come of its use.

As a script it tries many changes in turn:

    python tests/mutations.py ARCHIVE WORK FIRST LAST

It prints a line of JSON before and after each change.
"""

import contextlib
import faulthandler
import json
import os
import random
import shutil
import sqlite3
import sys
import zlib
from pathlib import Path
from unittest import mock

import numpy as np

from relnews import RelatedNews
from relnews.exceptions import RelnewsError
from relnews.maintenance import merging
from relnews.search import bounds
from relnews.storage import catalogue, checksums, schema
from relnews.storage import settings as stored_settings
from relnews.storage.database import CATALOGUE
from relnews.storage.list_codec import StoredList

#: Seconds after which a change counts as an endless loop, on a busy machine too.
MOST_SECONDS = 300

WORDS = [
    "dike", "breach", "flood", "crest", "river", "rain", "levee", "dam", "gauge", "pump", "silt",
    "estuary",
]  # fmt: skip
STOPPED = "Talks talks TALKS and the a"


def articles(first, last):
    """Return stories that share words: dated, undated, and with an expiry."""
    rng = random.Random(first)
    return [
        {
            "id": f"s{i}",
            "title": f"{rng.choice(WORDS)} {rng.choice(WORDS)} {STOPPED}",
            "text": " ".join(rng.choices(WORDS, k=12))
            + f" word{i} inundationrecord{i % 9}"
            + "\nread more about silt" * (i % 2),
            "published": [None, f"2025-08-{i % 28 + 1:02d}", "2999-01-01"][min(i % 7, 2)],
            "expires": [None, "2998-01-01", "1999-01-01"][max(i % 9 - 6, 0)],
            "tags": ["a", "b"][: i % 3],
            "url": f"/{i}",
        }
        for i in range(first, last)
    ]


def build(folder):
    """Write an archive with everything that an archive can have."""
    with small_segments(), bounded_terms():
        news = RelatedNews().fit(articles(0, 60))
        news.save(folder)
        news = RelatedNews.open(folder)
        news.rules.ignore("gauge", "nowhere")
        news.store_lists(3)
        news.partial_fit(articles(50, 95))
        news.remove(["s3", "s70", "s94"])
        news.partial_fit(articles(100, 107))
        news.rules.pin("s1", ["s101", "s2"])
        news.rules.never("tag=b", "title=dike *")
        news.rules.hide("id=s55")


def small_segments():
    """Make each segment hold few articles."""
    return mock.patch.multiple(merging, PENDING_ARTICLES=32)


def bounded_terms():
    """Bound terms instead of walking them, even in a small archive."""
    return mock.patch.multiple(bounds, WORTH_PRUNING=0, COMMON=0.2)


# --- changes -------------------------------------------------------------------------------------


def mutate(folder, rng):
    """Change a folder in one or more ways; return what was done."""
    ways = [_array, _value, _blob, _setting, _file, _bytes, _schema]
    picks = rng.choices(range(len(ways)), [6, 5, 3, 3, 1, 1, 1], k=rng.choice([1, 1, 1, 2, 4]))
    done = []
    for way in (ways[i] for i in sorted(picks)):  # a database that may hang is not changed again
        try:
            done.append(f"{way.__name__}: {way(folder, rng)}")
        except Exception as error:  # SQLite refuses the change, perhaps because of an earlier one
            done.append(f"{way.__name__}: {error}")
    may_hang = any(ways[i] in (_file, _schema) for i in picks)
    if rng.random() < 0.8 and not may_hang:
        correct_checksums(folder)
        done.append("checksums corrected")
    return done


def correct_checksums(folder):
    """Correct the checksums of rows and settings, so that checks behind them are reached."""
    for correct in (_correct_articles, _correct_terms, _correct_settings):
        # A changed schema or file may be beyond it.
        with contextlib.suppress(Exception), contextlib.closing(_connection(folder)) as connection:
            correct(connection)


def _correct_articles(connection):
    columns = schema.row(schema.FORMAT_VERSION)
    for row in connection.execute(f"SELECT {columns} FROM articles").fetchall():
        digest = checksums.digest_of(row[:-1], (row[-1] or b"")[:-4])
        connection.execute("UPDATE articles SET digest = ? WHERE key = ?", (digest, row[-2]))


def _correct_terms(connection):
    query = "SELECT number, CAST(term AS BLOB) FROM terms"
    for number, term in connection.execute(query).fetchall():
        try:
            checksums.opened_terms([(number, term)])
        except ValueError:
            term = checksums.sealed(term, number)
            connection.execute("UPDATE terms SET term = ? WHERE number = ?", (term, number))


def _correct_settings(connection):
    def put(name, value):
        connection.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, str(value)))

    rows = [*connection.execute(catalogue._FILES), *connection.execute(catalogue._FOLDERS)]
    put("arrays", checksums.of_rows(rows))
    put("removals", connection.execute(catalogue._REMOVALS).fetchone()[0])
    settings = {
        name: text for name, text, _ in connection.execute(stored_settings._SETTINGS).fetchall()
    }
    settings.pop("checksum", None)
    put("checksum", stored_settings._checksum_of(settings))


def _connection(folder):
    connection = sqlite3.connect(folder / CATALOGUE, isolation_level=None)
    connection.execute("PRAGMA ignore_check_constraints = ON")
    return connection


def _run(folder, *statement):
    connection = _connection(folder)
    try:
        return connection.execute(*statement).fetchall()
    finally:
        connection.close()


def _number(rng, near):
    """Return a number that is wrong or nearly right."""
    near = [int(n) + d for n in near for d in (-1, 0, 1)]
    ends = [0, 1, -1, 2**15, 2**16 - 1, 2**31 - 1, -(2**31), 2**40, 2**62, 2**63 - 1, -(2**63)]
    return rng.choice([*near, *ends, rng.randrange(-(2**63), 2**63)])


def _array(folder, rng):
    """Change an array, and correct its size and checksum in the catalogue."""
    path = rng.choice(sorted(folder.glob("*.*/*.npy")))
    array = np.load(path)
    kind = rng.choice(["value", "value", "values", "bytes", "longer", "shorter", "swap", "other"])
    if kind in ("value", "values") and array.size:
        array = array.copy()
        for _ in range(1 if kind == "value" else rng.randrange(1, 20)):
            place = rng.choice([0, -1, rng.randrange(array.size)])
            if array.dtype.kind == "f":
                array[place] = rng.choice([np.nan, np.inf, -np.inf, -1, 0, 1e300 % 1e38, 1e-40])
            else:
                number = _number(rng, [array[place], array.size, array.max(), 60, 32])
                array[place] = np.array([number]).astype(array.dtype)[0]
    elif kind == "bytes" and array.size:
        content = bytearray(array.tobytes())
        for _ in range(rng.randrange(1, 9)):
            content[rng.randrange(len(content))] = rng.randrange(256)
        array = np.frombuffer(bytes(content), array.dtype)
    elif kind == "longer":
        array = np.append(array, np.zeros(rng.choice([1, 2, 7, 1000]), array.dtype))
    elif kind == "shorter":
        array = array[: rng.choice([0, 1, array.size // 2, max(array.size - 1, 0)])]
    elif kind == "swap":
        array = rng.choice([array[::-1], np.sort(array), np.roll(array, 1)]).copy()
    elif kind == "other":
        others = [other for other in sorted(folder.glob("*.*/*.npy")) if other != path]
        array = np.load(rng.choice(others)).astype(array.dtype)
    np.save(path, array)
    number, name = int(path.parent.name.partition(".")[0]), path.stem
    checksum = zlib.crc32(np.ascontiguousarray(array).data)
    _run(
        folder, "UPDATE files SET bytes = ?, checksum = ? WHERE folder = ? AND name = ?",
        (path.stat().st_size, checksum, number, name),
    )  # fmt: skip
    return f"{path.parent.name}/{path.name} {kind}"


def _anything(rng):
    return rng.choice([
        None, 0, 1, -1, 2**63 - 1, -(2**63), 2**31, rng.randrange(-(2**63), 2**63), 1.5, 1e300,
        float("inf"), "", "x", "s1", "../../etc/passwd", "/etc/passwd", "segment", "\0", "🙂" * 99,
        b"", b"\0", b"\xff" * 7, rng.randbytes(rng.randrange(64)), _json(rng),
    ])  # fmt: skip


def _json(rng):
    return rng.choice([
        "", "null", "true", "-1", "0", "1e999", "NaN", "1.5", '"x"', '"english"', "[]", "{}", "[1]",
        '["a", 1, null]', '{"a": 1}', "9" * 30, "9" * 5000, "[" * 50_000, '{"k": 1e9}', "'",
        "\ud800", str(2**31), str(2**63), str(-(2**63)), str(rng.randrange(200)),
        '["' + "the" * 99 + '"]',
    ]).encode("utf-8", "surrogatepass").decode("utf-8", "replace")  # fmt: skip


def _value(folder, rng):
    """Change a value of the catalogue, of whatever type."""
    tables = ["articles", "counts", "removals", "terms", "lists", "settings", "folders", "files",
              "sqlite_sequence"]  # fmt: skip
    table = rng.choice(tables)
    columns = [row[1] for row in _run(folder, f"PRAGMA table_info({table})")]
    rows = [row[0] for row in _run(folder, f"SELECT rowid FROM {table}")]
    row, column = rng.choice(rows or [1]), rng.choice(columns)
    kind = rng.random()
    if kind < 0.15:
        _run(folder, f"DELETE FROM {table} WHERE rowid = ?", (row,))
        return f"{table} {row} deleted"
    if kind < 0.2:
        _run(folder, f"DELETE FROM {table}")
        return f"{table} emptied"
    if kind < 0.3:
        values = [_anything(rng) for _ in columns]
        _run(folder, f"INSERT INTO {table} VALUES ({','.join('?' * len(values))})", values)
        return f"{table} with {values!r:.200}"
    value = _anything(rng)
    which = "1" if kind > 0.95 else "rowid = :row"
    change = f"UPDATE {table} SET {column} = :value WHERE {which}"
    _run(folder, change, {"value": value, "row": row})
    return f"{table}.{column} {value!r:.100} where {which}"


def _blob(folder, rng):
    """Change a blob, and correct its checksum."""
    if rng.random() < 0.5:
        rows = _run(folder, "SELECT key, terms, codes, text, phrases FROM counts")
        if not rows:
            return "no counts"
        key, *blobs = rng.choice(rows)
        arrays = [np.frombuffer(blob, "<i4").astype(np.int64) for blob in blobs]
        for _ in range(rng.randrange(1, 4)):
            which = rng.randrange(4)
            array = arrays[which]
            kind = rng.choice(["value", "longer", "shorter", "swap"])
            if kind == "value" and array.size:
                array[rng.randrange(array.size)] = _number(rng, [*array[:2], array.max(), 400])
            elif kind == "longer":
                array = np.append(array, _number(rng, [400]))
            elif kind == "shorter":
                array = array[: rng.randrange(array.size + 1)]
            else:
                array = array[::-1]
            arrays[which] = array
        blobs = [array.astype("<i4").tobytes() for array in arrays]
        blobs[0] = blobs[0][: len(blobs[0]) - (rng.random() < 0.1)]
        _run(
            folder,
            "UPDATE counts SET terms = ?, codes = ?, text = ?, phrases = ?, checksum = ? "
            "WHERE key = ?",
            (*blobs, checksums.with_key(zlib.crc32(b"".join(blobs)), key), key),
        )
        return f"counts of {key}"
    key, stored = rng.choice(_run(folder, "SELECT key, entries FROM lists") or [(1, b"")])
    pairs = StoredList.unpack(checksums.rekeyed(stored, key)).entries if stored else []
    for _ in range(rng.randrange(1, 9)):
        other = min(_number(rng, [key, *(k for k, *_ in pairs)]), 2**63 - 1)
        steps = np.array([_number(rng, [10**6]) for _ in range(3)]).astype(np.int32).tolist()
        pairs.insert(rng.randrange(len(pairs) + 1), (other, *steps))
    entries = StoredList(pairs, rng.random() < 0.5).pack()
    if rng.random() < 0.2:
        body = rng.choice([b"", b"\0", b"\1" * 12, entries[:-5], rng.randbytes(25)])
        entries = body + zlib.crc32(body).to_bytes(4, "little")
    entries = checksums.rekeyed(entries, key)
    _run(folder, "INSERT OR REPLACE INTO lists VALUES (?, ?)", (key, entries))
    return f"list of {key}"


def _setting(folder, rng):
    """Change a setting, or a part of it."""
    settings = dict(_run(folder, "SELECT name, value FROM settings"))
    name = rng.choice([*settings, "unknown"])
    value = _json(rng)
    if name in ("analysis", "lists") and rng.random() < 0.7:
        part = json.loads(settings[name])
        field = rng.choice([*part, "unknown"])
        try:
            part[field] = json.loads(value)
        except (ValueError, RecursionError):
            part.pop(field, None)
        value = json.dumps(part)
    _run(folder, "INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))
    return f"setting {name} {value!r:.100}"


def _bytes(folder, rng):
    """Flip bits of the catalogue, its log and its header."""
    path = folder / CATALOGUE
    content = bytearray(path.read_bytes())
    for _ in range(rng.choice([1, 2, 8, 50])):
        place = rng.choice([rng.randrange(100), rng.randrange(len(content))])
        content[place] ^= 1 << rng.randrange(8)
    path.write_bytes(content)
    if rng.random() < 0.2:
        (folder / f"{CATALOGUE}-wal").write_bytes(rng.randbytes(rng.choice([0, 40, 5000])))
    return "bytes of the catalogue"


def _file(folder, rng):
    """Put links, folders and pipes in the place of files."""
    names = [CATALOGUE, f"{CATALOGUE}-wal", f"{CATALOGUE}-shm", f"{CATALOGUE}-journal",
             "writer.json", "999999999999999999999999.segment", "000077.outline"]  # fmt: skip
    paths = [folder / name for name in names]
    paths += [*folder.glob("*.*/"), *folder.glob("*.*/*.npy")]
    path = rng.choice(sorted(paths))
    outside = folder.with_suffix(".outside")
    kind = rng.choice(["link", "dangling", "folder", "pipe", "gone", "empty"])
    if path.exists():
        path.rename(outside)
    if kind == "link" and not outside.exists():
        outside.write_bytes(b"precious")
    if kind in ("link", "dangling"):
        path.symlink_to(outside if kind == "link" else outside / "nothing")
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "empty":
        path.touch()
    return f"{path.name} {kind}"


def _schema(folder, rng):
    """Change the database's schema: other tables, views and triggers."""
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
    statements = rng.choice([
        ["CREATE TRIGGER t AFTER INSERT ON articles BEGIN DELETE FROM files; END"],
        ["CREATE TRIGGER t BEFORE INSERT ON settings BEGIN SELECT RAISE(ABORT, 'no'); END"],
        ["CREATE TRIGGER t AFTER INSERT ON counts BEGIN "
         "INSERT INTO removals (key) VALUES (NEW.key); END"],
        ["DROP TABLE lists", f"CREATE VIEW lists AS {endless} SELECT i AS key, x'00' AS entries "
         "FROM n"],
        ["DROP TABLE articles", "CREATE VIEW articles AS SELECT 1 AS key, 'a' AS id"],
        ["DROP TABLE settings", f"CREATE VIEW settings AS {endless} SELECT 'generation' AS name, "
         "i AS value FROM n WHERE i < 0"],
        ["DROP TABLE terms", "CREATE TABLE terms (number, term)",
         "INSERT INTO terms VALUES ('x', 7)"],
        ["ALTER TABLE folders ADD COLUMN more"],
        ["DROP INDEX articles_by_expiry"],
        ["DROP TABLE removals"],
        ["CREATE TABLE more (x)"],
        ["PRAGMA user_version = 2"],
        ["PRAGMA application_id = 7"],
        ["PRAGMA journal_mode = DELETE"],
        ["PRAGMA auto_vacuum = FULL", "VACUUM"],
        ["PRAGMA page_size = 512", "PRAGMA journal_mode = DELETE", "VACUUM"],
        ["PRAGMA encoding = 'UTF-16'", "VACUUM"],
    ])  # fmt: skip
    for statement in statements:
        _run(folder, statement)
    return statements[-1][:80]


# --- use -----------------------------------------------------------------------------------------


def use(folder):
    """Call everything on an archive; yield each call and its unexpected outcome."""
    opened = []
    deeds = {
        "open": lambda: opened.append(RelatedNews.open(folder)),
        "related": lambda: [opened[0].related(f"s{i}", 3) for i in (0, 1, 55, 58, 101)],
        "len": lambda: (len(opened[0]), "s1" in opened[0]),
        "ranked": lambda: [opened[0].related(f"s{i}", 9) for i in (0, 2, 57, 103)],
        "draft": lambda: opened[0].related_to_text("dike inundationrecord3 word101 flood"),
        "all": lambda: [related.to_dict() for related in opened[0].related_all(3)],
        "more": lambda: [related.to_dict() for related in opened[0].related_all(9)],
        "blocks": lambda: opened[0].related_blocks("s1", {"newest": 2, "more": 3}, mentions=2),
        "why not": lambda: str(opened[0].why_not("s1", "s55", mode="news")),
        "rules": lambda: (opened[0].rules.sleeping(), opened[0].rules.hide("id=s5")),
        "drift": lambda: opened[0].drift(),
        "verify": lambda: (opened[0].verify(), opened[0].verify_removed("s3")),
        "describe": lambda: opened[0].archive_.describe(),
        "add": lambda: opened[0].partial_fit(articles(98, 103)),
        "again": lambda: [related.to_dict() for related in opened[0].related_all(3)],
        "remove": lambda: opened[0].remove(["s1", "s102"]),
        "add many": lambda: opened[0].partial_fit(articles(120, 160)),
        "compute": lambda: opened[0].store_lists(2),
        "save": lambda: opened[0].save(folder.with_suffix(".copy")),
        "compact": lambda: opened[0].compact(),
        "at last": lambda: [related.to_dict() for related in opened[0].related_all(9)],
    }
    for name, deed in deeds.items():
        try:
            deed()
        except (RelnewsError, OSError) as error:
            yield name, None, repr(error)
            if name == "open":
                return
        except Exception as error:
            import traceback

            yield name, traceback.format_exc(), repr(error)
        else:
            yield name, None, "done"


def try_one(archive, work, number):
    """Change a copy of an archive and use it; return the change and what went wrong."""
    rng = random.Random(number)
    folder = work / f"{number}.relnews"
    shutil.copytree(archive, folder)
    changes = mutate(folder, rng)
    with np.errstate(all="ignore"), small_segments():
        outcomes = [*use(folder)]
    for path in work.glob(f"{number}.*"):
        # An archive that is closed meanwhile removes files of its database itself.
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()
    return changes, outcomes


def main(archive, work, first, last):
    faulthandler.enable()
    whole = Path(work) / "whole.relnews"
    shutil.copytree(archive, whole)
    with small_segments():
        assert {result for *_, result in use(whole)} == {"done"}  # compiles the kernels
    for number in range(int(first), int(last)):
        print(json.dumps({"begun": number}), flush=True)
        faulthandler.dump_traceback_later(MOST_SECONDS, exit=True)
        changes, outcomes = try_one(Path(archive), Path(work), number)
        faulthandler.cancel_dump_traceback_later()
        wrong = [[name, trace] for name, trace, _ in outcomes if trace]
        n_done = sum(result == "done" for _, _, result in outcomes)
        print(
            json.dumps({"done": number, "changes": changes, "wrong": wrong, "fine": n_done}),
            flush=True,
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
