"""Articles from databases: SQLite always, PostgreSQL where a server can be started."""

from __future__ import annotations

import datetime as dt
import decimal
import itertools
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from postgres_server import SECRET, free_port, running_postgres
from relnews import RelatedNews
from relnews.cli import main
from relnews.exceptions import ArticleError
from relnews.readers import read_sql
from relnews.readers.load_report import Problem
from relnews.readers.sql import store_watermark, stored_watermark

ROWS = [
    (1, "Ferry crews call a strike", "Crews of the island ferry will stop work.", "2025-06-02", 10),
    (2, "Talks to avert the strike", "The company and the crews met on the island.", None, 20),
    (3, "Old bakery opens again", "Bread, at last.", "2025-06-04", None),
]
QUERY = "SELECT nr AS id, headline AS title, body AS text, published, changed FROM stories"


@pytest.fixture(scope="module")
def postgres() -> Iterator[sa.URL]:
    """Run a PostgreSQL server with a password; return its address."""
    with running_postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of a database with a table of stories."""
    if request.param == "sqlite":
        url = sa.URL.create("sqlite", database=str(tmp_path / "cms.db"))
    else:
        url = request.getfixturevalue("postgres")
    run(url.render_as_string(hide_password=False), "DROP TABLE IF EXISTS stories",
        "CREATE TABLE stories (nr INTEGER PRIMARY KEY, headline TEXT, body TEXT, published DATE, "
        "changed INTEGER)")  # fmt: skip
    address = url.render_as_string(hide_password=False)
    for row in ROWS:
        insert(address, *row)
    return address


def run(url: str, *statements: str, **values: object) -> None:
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement), values)


def insert(url: str, nr: int, headline: str, body: str, published: object, changed: object) -> None:
    run(url, "INSERT INTO stories VALUES (:nr, :headline, :body, :published, :changed)",
        nr=nr, headline=headline, body=body, published=published, changed=changed)  # fmt: skip


def relnews(*arguments: object, **environment: str) -> Result:
    result = CliRunner().invoke(main, [*map(str, arguments)], env=environment)
    assert result.exception is None or isinstance(result.exception, SystemExit), result
    return result


def lists_in(folder: Path) -> dict[str | None, list[str]]:
    return {related.id: related.ids for related in RelatedNews.open(folder).related_all()}


# --- reading -------------------------------------------------------------------------------------


def test_rows_become_articles(database: str) -> None:
    """Columns become fields; numbers, dates and NULL become the article's types."""
    reader = read_sql(database, f"{QUERY} ORDER BY nr")
    articles = [*reader]

    assert [article.id for article in articles] == ["1", "2", "3"]
    assert articles[0].published == dt.datetime(2025, 6, 2, tzinfo=dt.UTC)
    assert articles[1].published is None
    assert articles[2].text == "Bread, at last."
    assert [article.origin for article in articles] == ["row 1", "row 2", "row 3"]
    assert not reader.load_report.problems
    assert (reader.bytes_total, reader.bytes_read) == (None, None)
    assert RelatedNews().fit(reader).related("1").ids == ["2"]


def test_parameters_and_fields(database: str) -> None:
    """Parameters are bound, never pasted; a field may have another column."""
    reader = read_sql(
        database, "SELECT nr, headline, body FROM stories WHERE headline = :wanted",
        parameters={"wanted": "Old bakery opens again"},
        fields={"id": "nr", "title": "headline", "text": "body"},
    )  # fmt: skip
    assert [article.title for article in reader] == ["Old bakery opens again"]
    reader = read_sql(database, f"{QUERY} WHERE headline = :wanted",
                      parameters={"wanted": "x' OR '1'='1"})  # fmt: skip
    assert [*reader] == []


def test_rows_are_skipped_as_records_of_a_file_are(database: str) -> None:
    """The load report names a bad row; strict raises."""
    insert(database, 4, "", "", None, 5)
    reader = read_sql(database, f"{QUERY} ORDER BY nr")
    assert len([*reader]) == 3
    assert reader.load_report.examples == {Problem.NO_WORDS: ["row 4: no title and no text: '4'"]}
    with pytest.raises(ArticleError):
        [*read_sql(database, QUERY, strict=True)]


def test_rows_are_streamed(database: str) -> None:
    """The first rows of a huge result arrive at once."""
    number = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        "SELECT i AS id, 'x' AS text FROM n"
        if database.startswith("sqlite")
        else "SELECT generate_series(1, 2000000000) AS id, 'x' AS text"
    )
    articles = iter(read_sql(database, number))
    assert [article.id for article in itertools.islice(articles, 1500)][-1] == "1500"
    articles.close()  # type: ignore[attr-defined]


def test_nothing_is_changed_in_the_database(database: str) -> None:
    """The query runs in a transaction that is rolled back."""
    query = "DELETE FROM stories RETURNING nr AS id, headline AS title, body AS text"
    if database.startswith("sqlite"):
        assert len([*read_sql(database, query)]) == 3
    else:
        with pytest.raises(ValueError, match="database says: syntax error"):  # only SELECT streams
            next(iter(read_sql(database, query)))
    assert len([*read_sql(database, QUERY)]) == 3


def test_a_column_that_the_result_lacks(database: str) -> None:
    """A missing column is an error with the existing ones, before any article."""
    for asked in ({"fields": {"text": "content"}}, {"watermark": "content"}):
        with pytest.raises(ValueError, match=r"no column 'content': its result has 'id', 'title'"):
            next(iter(read_sql(database, QUERY, **asked)))
    with pytest.raises(ValueError, match="got the field 'body'"):
        read_sql(database, QUERY, fields={"body": "x"})


def test_a_query_that_is_refused(database: str) -> None:
    """A refused query is one error with the database's message."""
    with pytest.raises((ValueError, ConnectionError), match=r"(?s)database says: .*nowhere"):
        [*read_sql(database, "SELECT * FROM nowhere")]


def test_postgres_types(postgres: sa.URL) -> None:
    """Arrays are tags, times are in UTC, and other types are named."""
    url = postgres.render_as_string(hide_password=False)
    article = next(iter(read_sql(
        url,
        "SELECT gen_random_uuid() AS id, 'T' AS title, 12.5 AS text, ARRAY['a', 'b'] AS tags, "
        "timestamptz '2025-06-02 10:00+02' AS published",
    )))  # fmt: skip
    assert len(article.id) == 36
    assert (article.text, article.tags) == ("12.5", ("a", "b"))
    assert article.published == dt.datetime(2025, 6, 2, 8, tzinfo=dt.UTC)
    reader = read_sql(url, "SELECT 1 AS id, 'x'::bytea AS text")
    assert [article.text for article in reader] == ["x"]
    assert reader.load_report.problems == {Problem.MENDED: 1}


# --- watermarks ----------------------------------------------------------------------------------


def test_an_update_reads_on_from_the_watermark(database: str, tmp_path: Path) -> None:
    """An update reads new and changed rows; the archive equals a full build."""
    archive, since = tmp_path / "x.relnews", f"{QUERY} WHERE changed >= :watermark"
    built = relnews("build", "--sql", database, "--query", QUERY, "--watermark", "changed",
                    "-o", archive)  # fmt: skip
    assert built.exit_code == 0, built.output
    assert "3 articles loaded, 0 skipped" in built.stderr
    assert stored_watermark(RelatedNews.open(archive).archive_.catalogue) == ("changed", 20)

    insert(database, 4, "Strike is over", "The ferry sails to the island again.", None, 30)
    run(database, "UPDATE stories SET headline = 'Bakery strike', changed = 25 WHERE nr = 3")
    result = relnews("update", archive, "--sql", database, "--query", since)
    assert result.exit_code == 0, result.output
    assert "1 added, 1 replaced, 0 removed, 1 unchanged" in result.stderr  # 2 has the watermark
    assert stored_watermark(RelatedNews.open(archive).archive_.catalogue) == ("changed", 30)

    again = relnews("update", archive, "--sql", database, "--query", since)
    assert "0 added, 0 replaced, 0 removed, 1 unchanged" in again.stderr
    fresh = {
        related.id: related.ids
        for related in RelatedNews().fit(read_sql(database, QUERY)).related_all()
    }
    assert lists_in(archive) == fresh
    assert RelatedNews.open(archive).verify() == []


def test_the_watermark_stays_through_everything(database: str, tmp_path: Path) -> None:
    """Other updates, compact and saving elsewhere keep the watermark."""
    archive, copy = tmp_path / "x.relnews", tmp_path / "copy.relnews"
    relnews("build", "--sql", database, "--query", QUERY, "--watermark", "changed", "-o", archive)
    news = RelatedNews.open(archive)
    news.remove("1")
    news.compact()
    news.save(copy)
    assert stored_watermark(RelatedNews.open(copy).archive_.catalogue) == ("changed", 20)


def test_an_update_without_a_watermark(database: str, tmp_path: Path) -> None:
    """The error says what to do, and the archive stays unchanged."""
    archive = tmp_path / "x.relnews"
    since = f"{QUERY} WHERE changed > :watermark"
    first = relnews("build", "--sql", database, "--query", since, "-o", archive)
    assert (first.exit_code, archive.exists()) == (2, False)
    relnews("build", "--sql", database, "--query", QUERY, "-o", archive)
    result = relnews("update", archive, "--sql", database, "--query", since)
    assert result.exit_code == 2
    assert "has no watermark to put into the query" in result.stderr
    relnews("update", archive, "--sql", database, "--query", QUERY, "--watermark", "changed")
    other = relnews("update", archive, "--sql", database, "--query", since, "--watermark", "nr")
    assert "has a watermark of the column 'changed', got 'nr'" in other.stderr


@pytest.mark.parametrize(
    "value",
    [0, -5, 2**62, 1.5, "2025-06-02 10:00", "", dt.date(2025, 6, 2), decimal.Decimal("1.10"),
     dt.datetime(2025, 6, 2, 10, 0, 0, 123456, tzinfo=dt.UTC), dt.datetime(2025, 6, 2)],
)  # fmt: skip
def test_any_watermark_is_recalled_as_it_was(value: object) -> None:
    """A watermark keeps its type, since databases compare equal types only."""
    catalogue = RelatedNews().fit([{"id": "a", "text": "x"}]).archive_.catalogue
    assert stored_watermark(catalogue) is None
    store_watermark(catalogue, "c", value)
    store_watermark(catalogue, "c", None)
    column, stored = stored_watermark(catalogue) or ("", None)
    assert (column, stored, type(stored)) == ("c", value, type(value))


def test_moments_of_postgres_are_watermarks(postgres: sa.URL, tmp_path: Path) -> None:
    """A timestamp with time zone is stored and returned unchanged."""
    url, archive = postgres.render_as_string(hide_password=False), tmp_path / "x.relnews"
    run(url, "DROP TABLE IF EXISTS log",
        "CREATE TABLE log (id INTEGER, text TEXT, at TIMESTAMPTZ DEFAULT now())",
        "INSERT INTO log VALUES (1, 'ferry'), (2, 'ferry talks')")  # fmt: skip
    relnews(
        "build", "--sql", url, "--query", "SELECT * FROM log", "--watermark", "at", "-o", archive
    )
    run(url, "INSERT INTO log VALUES (3, 'ferry strike')")
    query = "SELECT * FROM log WHERE at > :watermark"
    result = relnews("update", archive, "--sql", url, "--query", query)
    assert "1 added, 0 replaced, 0 removed, 0 unchanged" in result.stderr


@pytest.mark.parametrize("column", ["body = body", "CAST('x' AS BLOB)", "x.mixed"])
def test_what_is_no_watermark(column: str, tmp_path: Path) -> None:
    """Watermarks without an order, or of two types, are refused."""
    url = f"sqlite:///{tmp_path / 'x.db'}"
    run(url, "CREATE TABLE x (id, body, mixed)", "INSERT INTO x VALUES (1, 'a', 1), (2, 'b', 'c')")
    reader = read_sql(url, f"SELECT id, body AS text, {column} AS w FROM x", watermark="w")
    if column.startswith("body"):
        assert len([*reader]) == 2  # in SQLite a comparison is a number
    else:
        with pytest.raises(ValueError, match="the watermark must be a column of numbers, texts"):
            list(reader)


def test_a_query_that_breaks_off_leaves_the_archive(tmp_path: Path) -> None:
    """A query that fails midway changes neither archive nor watermark."""
    url, archive = f"sqlite:///{tmp_path / 'x.db'}", tmp_path / "x.relnews"
    run(
        url,
        "CREATE TABLE x (id INTEGER, text TEXT)",
        "INSERT INTO x VALUES (1, 'ferry'), (2, 'ferry talks'), (-9223372036854775808, 'island')",
    )
    relnews("build", "--sql", url, "--query", "SELECT * FROM x WHERE id = 1", "--watermark", "id",
            "-o", archive)  # fmt: skip
    before = lists_in(archive)
    query = "SELECT abs(id) AS id, text FROM x ORDER BY id DESC"
    result = relnews("update", archive, "--sql", url, "--query", query)

    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "the sqlite database says: integer overflow" in result.stderr
    assert lists_in(archive) == before
    assert stored_watermark(RelatedNews.open(archive).archive_.catalogue) == ("id", 1)


# --- secrets -------------------------------------------------------------------------------------


def spelled(text: str) -> bool:
    """Return whether a text contains the secret in any encoding of an address."""
    return any(form in text for form in (SECRET, "s3cr3t", "p%40ss", "p@ss"))


def test_secrets_are_in_no_archive(database: str, tmp_path: Path) -> None:
    """No byte of the archive contains the address."""
    archive = tmp_path / "x.relnews"
    relnews("build", "--sql", database, "--query", QUERY, "--watermark", "changed", "-o", archive)
    for file in archive.rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        for part in (b"s3cr3t", b"editor", b"127.0.0.1", b"cms.db", b"SELECT nr"):
            assert part not in content


def failures(port: int) -> Iterator[str]:
    secret = sa.URL.create("x", "u", SECRET, "127.0.0.1").render_as_string(hide_password=False)
    secret = secret.removeprefix("x://")
    yield f"postgresql+psycopg://{secret}:{port}/x"  # no server listens
    yield f"postgresql+psycopg://{secret}:{port}/x?options={SECRET.replace(' ', '+')}"
    yield f"postgresql+psycopg://{secret}:port/x"
    yield f"nosuch+driver://{secret}/x"
    yield f"mysql+nosuch://{secret}/x"
    yield SECRET
    yield f"postgresql+psycopg:/{secret}"
    yield f"sqlite:///nowhere.db?password={SECRET.replace(' ', '+')}"
    yield ""


def test_secrets_are_in_no_error() -> None:
    """No message, traceback or command output contains the password."""
    pytest.importorskip("psycopg", reason="psycopg, the driver of PostgreSQL, is not installed")
    for url in failures(free_port()):
        with pytest.raises((ValueError, OSError, ImportError)) as caught:
            [*read_sql(url, QUERY)]
        assert not spelled("".join(traceback.format_exception(caught.value))), url.split(":")[0]
        result = relnews("build", "--sql", url, "--query", QUERY, "-o", "x.relnews")
        assert result.exit_code in (1, 2)
        assert not spelled(result.output), result.output


def test_a_wrong_password_is_not_shown(postgres: sa.URL) -> None:
    """The server's refusal is shown without the password."""
    url = postgres.set(password=f"{SECRET} wrong").render_as_string(hide_password=False)
    with pytest.raises(ConnectionError, match="password authentication failed") as caught:
        [*read_sql(url, QUERY)]
    assert not spelled("".join(traceback.format_exception(caught.value)))


# --- the command ---------------------------------------------------------------------------------


def test_the_address_may_be_in_the_environment(database: str, tmp_path: Path) -> None:
    """RELNEWS_SQL holds the address; files can still be read."""
    archive = tmp_path / "x.relnews"
    result = relnews("build", "--query", QUERY, "-o", archive, RELNEWS_SQL=database)
    assert result.exit_code == 0, result.output
    (tmp_path / "a.jsonl").write_text('{"id": "7", "title": "Ferry"}\n')
    result = relnews("update", archive, tmp_path / "a.jsonl", RELNEWS_SQL=database)
    assert "1 added" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [[], ["--query", "SELECT 1"], ["--sql", "sqlite://"], ["a.jsonl", "--sql", "sqlite://"],
     ["a.jsonl", "--sql", "sqlite://", "--query", "SELECT 1"], ["a.jsonl", "--watermark", "x"]],
)  # fmt: skip
def test_wrong_usage(arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database needs a query and excludes a file."""
    monkeypatch.chdir(tmp_path)
    Path("a.jsonl").write_text('{"id": "7", "title": "Ferry"}\n')
    assert relnews("build", *arguments, "-o", "x.relnews").exit_code == 2
    assert not Path("x.relnews").exists()


def test_a_database_file_is_not_made(tmp_path: Path) -> None:
    """A missing SQLite file is an error and is not created."""
    with pytest.raises(FileNotFoundError, match=r"there is no '.*typo\.db'"):
        read_sql(f"sqlite:///{tmp_path / 'typo.db'}", QUERY)
    assert not (tmp_path / "typo.db").exists()


def test_what_is_not_installed_is_said(tmp_path: Path) -> None:
    """A missing extra is an error that names it."""
    code = (
        "import sys; sys.modules['sqlalchemy'] = None\n"
        "from relnews.cli import main\nmain(sys.argv[1:])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "build", "--sql", "sqlite://", "--query", "SELECT 1",
         "-o", tmp_path / "x.relnews"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "pip install 'relnews[sql]'" in done.stderr
