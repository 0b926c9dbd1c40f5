"""The queries of the guide to databases, on tables as each CMS makes them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from postgres_server import running_postgres
from relnews import RelatedNews
from relnews.articles import Article
from relnews.readers import read_sql

PAGE = (Path(__file__).parents[2] / "docs/how-to/read-from-a-database.md").read_text("utf-8")
NOON = 1748851200  # 2 June 2025, 08:00 UTC


def query(name: str) -> str:
    """Return a query of the guide, by the name of its file."""
    found = re.search(rf"^:caption: {name}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


#: Tables as Drupal 10 makes them, without columns that no query needs.
DRUPAL = """
CREATE TABLE node_field_data (nid INTEGER, vid INTEGER, type VARCHAR(32), langcode VARCHAR(12),
  status SMALLINT, uid INTEGER, title VARCHAR(255), created INTEGER, changed INTEGER,
  promote SMALLINT, sticky SMALLINT, default_langcode SMALLINT, PRIMARY KEY (nid, langcode));
CREATE TABLE node__body (bundle VARCHAR(128), deleted SMALLINT, entity_id INTEGER,
  revision_id INTEGER, langcode VARCHAR(32), delta INTEGER, body_value TEXT, body_summary TEXT,
  body_format VARCHAR(255), PRIMARY KEY (entity_id, deleted, delta, langcode));
CREATE TABLE node__field_tags (bundle VARCHAR(128), deleted SMALLINT, entity_id INTEGER,
  revision_id INTEGER, langcode VARCHAR(32), delta INTEGER, field_tags_target_id INTEGER);
CREATE TABLE taxonomy_term_field_data (tid INTEGER, revision_id INTEGER, vid VARCHAR(32),
  langcode VARCHAR(12), status SMALLINT, name VARCHAR(255), default_langcode SMALLINT);
CREATE TABLE users_field_data (uid INTEGER, langcode VARCHAR(12), name VARCHAR(60), status SMALLINT,
  default_langcode SMALLINT);
CREATE TABLE path_alias (id INTEGER, revision_id INTEGER, langcode VARCHAR(12), path VARCHAR(255),
  alias VARCHAR(255), status SMALLINT);
CREATE TABLE node__field_image (bundle VARCHAR(128), deleted SMALLINT, entity_id INTEGER,
  langcode VARCHAR(32), delta INTEGER, field_image_target_id INTEGER, field_image_alt VARCHAR(512));
CREATE TABLE file_managed (fid INTEGER, uri VARCHAR(255), status SMALLINT);
INSERT INTO node_field_data VALUES
 (1, 1, 'article', 'en', 1, 5, 'Ferry crews call a strike', 1748851200, 1748851300, 1, 0, 1),
 (2, 2, 'article', 'en', 1, 5, 'Talks to avert the strike', 1748937600, 1748937700, 1, 0, 1),
 (2, 2, 'article', 'de', 1, 5, 'Gespräche', 1748937600, 1748937700, 1, 0, 0),
 (3, 3, 'article', 'en', 0, 5, 'A draft', 1748937600, 1748937700, 1, 0, 1),
 (4, 4, 'page', 'en', 1, 5, 'About us', 1748937600, 1748937700, 1, 0, 1),
 (12, 12, 'article', 'de', 1, 5, 'Die Bäckerei öffnet', 1748937600, 1748937700, 1, 0, 1);
INSERT INTO node__body VALUES
 ('article', 0, 1, 1, 'en', 0, '<p>The crews want rest.</p>', 'New rosters.', 'basic_html'),
 ('article', 0, 2, 2, 'en', 0, '<p>Crews and company met.</p>', '', 'basic_html'),
 ('article', 0, 2, 2, 'de', 0, '<p>Sie trafen sich.</p>', '', 'basic_html'),
 ('article', 0, 3, 3, 'en', 0, '<p>Nobody may read it.</p>', '', 'basic_html'),
 ('article', 0, 12, 12, 'de', 0, '<p>Endlich Brot.</p>', '', 'basic_html');
INSERT INTO node__field_tags VALUES
 ('article', 0, 1, 1, 'en', 0, 7), ('article', 0, 1, 1, 'en', 1, 8);
INSERT INTO taxonomy_term_field_data VALUES
 (7, 7, 'tags', 'en', 1, 'ferry', 1), (8, 8, 'tags', 'en', 1, 'strike', 1);
INSERT INTO users_field_data VALUES (5, 'en', 'ada', 1, 1);
INSERT INTO path_alias VALUES (1, 1, 'en', '/node/1', '/island/strike', 1),
 (2, 2, 'en', '/node/12', '/not/this', 1), (3, 3, 'und', '/node/12', '/baeckerei', 1);
INSERT INTO node__field_image VALUES ('article', 0, 1, 'en', 0, 9, 'The ferry');
INSERT INTO file_managed VALUES (9, 'public://2025-06/ferry.jpg', 1);
"""

DRUPAL_7 = """
CREATE TABLE node (nid INTEGER, vid INTEGER, type VARCHAR(32), language VARCHAR(12),
  title VARCHAR(255), uid INTEGER, status INTEGER, created INTEGER, changed INTEGER);
CREATE TABLE field_data_body (entity_type VARCHAR(128), bundle VARCHAR(128), deleted SMALLINT,
  entity_id INTEGER, revision_id INTEGER, language VARCHAR(32), delta INTEGER, body_value TEXT,
  body_summary TEXT, body_format VARCHAR(255));
CREATE TABLE field_data_field_tags (entity_type VARCHAR(128), bundle VARCHAR(128), deleted SMALLINT,
  entity_id INTEGER, revision_id INTEGER, language VARCHAR(32), delta INTEGER,
  field_tags_tid INTEGER);
CREATE TABLE taxonomy_term_data (tid INTEGER, vid INTEGER, name VARCHAR(255));
CREATE TABLE users (uid INTEGER, name VARCHAR(60), status INTEGER);
CREATE TABLE url_alias (pid INTEGER, source VARCHAR(255), alias VARCHAR(255), language VARCHAR(12));
INSERT INTO node VALUES
 (1, 1, 'article', 'und', 'Ferry crews call a strike', 5, 1, 1748851200, 1748851300),
 (2, 2, 'article', 'en', 'Talks to avert the strike', 5, 1, 1748937600, 1748937700),
 (3, 3, 'article', 'en', 'A draft', 5, 0, 1748937600, 1748937700),
 (4, 4, 'page', 'en', 'About us', 5, 1, 1748937600, 1748937700);
INSERT INTO field_data_body VALUES
 ('node', 'article', 0, 1, 1, 'und', 0, '<p>The crews want rest.</p>', 'New rosters.', 'html'),
 ('node', 'article', 0, 2, 2, 'und', 0, '<p>Crews and company met.</p>', '', 'html'),
 ('comment', 'article', 0, 2, 2, 'und', 0, '<p>A comment.</p>', '', 'html');
INSERT INTO field_data_field_tags VALUES ('node', 'article', 0, 1, 1, 'und', 0, 7),
 ('node', 'article', 0, 1, 1, 'und', 1, 8);
INSERT INTO taxonomy_term_data VALUES (7, 1, 'ferry'), (8, 1, 'strike');
INSERT INTO users VALUES (5, 'ada', 1);
INSERT INTO url_alias VALUES (1, 'node/1', 'island/strike', 'und');
"""

JOOMLA = """
CREATE TABLE jos_content (id INTEGER, asset_id INTEGER, title VARCHAR(255), alias VARCHAR(400),
  introtext TEXT, fulltext TEXT, state SMALLINT, catid INTEGER, created TIMESTAMP,
  created_by INTEGER, created_by_alias VARCHAR(255), modified TIMESTAMP, publish_up TIMESTAMP,
  publish_down TIMESTAMP, images TEXT, access INTEGER, language CHAR(7));
CREATE TABLE jos_categories (id INTEGER, title VARCHAR(255), published SMALLINT, access INTEGER);
CREATE TABLE jos_users (id INTEGER, name VARCHAR(400));
CREATE TABLE jos_tags (id INTEGER, title VARCHAR(255), published SMALLINT, access INTEGER);
CREATE TABLE jos_contentitem_tag_map (type_alias VARCHAR(255), content_item_id INTEGER,
  tag_id INTEGER);
INSERT INTO jos_categories VALUES (9, 'Island', 1, 1), (10, 'Staff', 1, 3), (11, 'Old', 0, 1);
INSERT INTO jos_users VALUES (5, 'Ada');
INSERT INTO jos_tags VALUES (7, 'ferry', 1, 1), (8, 'secret', 0, 1);
INSERT INTO jos_contentitem_tag_map VALUES ('com_content.article', 1, 7),
 ('com_content.article', 1, 8), ('com_content.category', 1, 7);
INSERT INTO jos_content VALUES
 (1, 1, 'Ferry crews call a strike', 'ferry-strike', '<p>New rosters.</p>',
  '<p>The crews want rest.</p>', 1, 9, '2025-06-01 08:00:00', 5, '', '2025-06-02 09:00:00',
  '2025-06-02 08:00:00', '2090-01-01 00:00:00', '{}', 1, '*'),
 (2, 2, 'Talks to avert the strike', 'talks', '<p>Crews and company met.</p>', '', 1, 9,
  '2025-06-03 08:00:00', 5, 'The desk', '2025-06-03 09:00:00', NULL, NULL, '{}', 1, 'en-GB'),
 (3, 3, 'Unpublished', 'a', 'x', '', 0, 9, '2025-06-03 08:00:00', 5, '', '2025-06-03 09:00:00',
  NULL, NULL, '{}', 1, '*'),
 (4, 4, 'Trashed', 'b', 'x', '', -2, 9, '2025-06-03 08:00:00', 5, '', '2025-06-03 09:00:00', NULL,
  NULL, '{}', 1, '*'),
 (5, 5, 'For registered users', 'c', 'x', '', 1, 9, '2025-06-03 08:00:00', 5, '',
  '2025-06-03 09:00:00', NULL, NULL, '{}', 2, '*'),
 (6, 6, 'In a hidden category', 'd', 'x', '', 1, 10, '2025-06-03 08:00:00', 5, '',
  '2025-06-03 09:00:00', NULL, NULL, '{}', 1, '*'),
 (7, 7, 'In an unpublished category', 'e', 'x', '', 1, 11, '2025-06-03 08:00:00', 5, '',
  '2025-06-03 09:00:00', NULL, NULL, '{}', 1, '*'),
 (8, 8, 'Not yet', 'f', '<p>Under embargo.</p>', '', 1, 9, '2025-06-03 08:00:00', 5, '',
  '2025-06-03 09:00:00', '2090-01-01 00:00:00', NULL, '{}', 1, '*');
"""

TYPO3 = """
CREATE TABLE tx_news_domain_model_news (uid INTEGER, pid INTEGER, tstamp INTEGER, crdate INTEGER,
  deleted SMALLINT, hidden SMALLINT, starttime INTEGER, endtime INTEGER, fe_group VARCHAR(255),
  sys_language_uid INTEGER, t3ver_wsid INTEGER, title VARCHAR(255), teaser TEXT, bodytext TEXT,
  datetime BIGINT, author VARCHAR(255), path_segment VARCHAR(255));
INSERT INTO tx_news_domain_model_news VALUES
 (1, 1, 1748851300, 0, 0, 0, 0, 0, '', 0, 0, 'Ferry crews call a strike', 'New rosters.',
  '<p>The crews want rest.</p>', 1748851200, 'ada', 'ferry-strike'),
 (2, 1, 1748851300, 0, 0, 0, 1893456000, 1893456001, '0', -1, 0, 'Talks to avert the strike', '',
  '<p>Crews and company met.</p>', 1748851200, '', 'talks'),
 (3, 1, 1748851300, 0, 1, 0, 0, 0, '', 0, 0, 'Deleted', '', 'x', 1748851200, '', 'a'),
 (4, 1, 1748851300, 0, 0, 1, 0, 0, '', 0, 0, 'Hidden', '', 'x', 1748851200, '', 'b'),
 (5, 1, 1748851300, 0, 0, 0, 0, 0, '7', 0, 0, 'For a group', '', 'x', 1748851200, '', 'c'),
 (6, 1, 1748851300, 0, 0, 0, 0, 0, '', 1, 0, 'Translated', '', 'x', 1748851200, '', 'd'),
 (7, 1, 1748851300, 0, 0, 0, 0, 0, '', 0, 3, 'In a workspace', '', 'x', 1748851200, '', 'e');
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[sa.URL]:
    """Run a PostgreSQL server with a password; return its address."""
    with running_postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """Return a function that fills a database and reads the articles of a query of the guide."""
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path / 'cms.db'}"
    else:
        url: sa.URL = request.getfixturevalue("postgres")
        address = url.render_as_string(hide_password=False)
    engine = sa.create_engine(address)
    tables: list[str] = []

    def articles(statements: str, name: str, **options: Any) -> dict[str, Article]:
        if request.param == "sqlite":
            with sqlite3.connect(tmp_path / "cms.db") as connection:
                connection.executescript(statements)
            connection.close()
        else:
            tables.extend(re.findall(r"CREATE TABLE (\w+)", statements))
            with engine.begin() as connection:
                for statement in statements.split(";\n"):
                    if statement.strip():
                        connection.exec_driver_sql(statement)
        wanted = query(name)
        if request.param == "postgresql":
            wanted = re.sub(r"GROUP_CONCAT\(([\w.]+)\)", r"STRING_AGG(\1, ',')", wanted)
        reader = read_sql(address, wanted, **options)
        found = [*reader]
        assert not reader.load_report.problems
        assert len(RelatedNews().fit(found)) == len(found)
        return {article.id: article for article in found}

    yield articles
    if tables:
        with engine.begin() as connection:
            for table in tables:
                connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")
    engine.dispose()


def test_drupal(database: Any) -> None:
    """Published nodes of the type come in whole, in their original language."""
    found = database(DRUPAL, "drupal.sql", url="/node/{id}")
    assert sorted(found) == ["1", "12", "2"]
    story = found["1"]
    assert (story.title, story.dek, story.text) == (
        "Ferry crews call a strike", "New rosters.", "The crews want rest.",
    )  # fmt: skip
    assert story.published is not None
    assert story.published.timestamp() == NOON
    assert (story.url, story.author, story.language) == ("/island/strike", "ada", "en")
    assert (sorted(story.tags), story.image, story.image_alt) == (
        ["ferry", "strike"], "/sites/default/files/2025-06/ferry.jpg", "The ferry",
    )  # fmt: skip
    assert (found["2"].title, found["2"].url) == ("Talks to avert the strike", "/node/2")
    assert (found["12"].language, found["12"].url) == ("de", "/baeckerei")


def test_drupal_7(database: Any) -> None:
    """The older tables give the same articles."""
    found = database(DRUPAL_7, "drupal7.sql", url="/node/{id}")
    assert sorted(found) == ["1", "2"]
    story = found["1"]
    assert (story.text, story.dek, story.author) == ("The crews want rest.", "New rosters.", "ada")
    assert (story.url, sorted(story.tags), story.language) == (
        "/island/strike", ["ferry", "strike"], None,
    )  # fmt: skip
    assert (found["2"].text, found["2"].url) == ("Crews and company met.", "/node/2")


def test_joomla(database: Any) -> None:
    """Articles that guests may see come in, those of the future under embargo."""
    found = database(JOOMLA, "joomla.sql", url="/index.php?view=article&id={id}:{slug}")
    assert sorted(found) == ["1", "2", "8"]
    story = found["1"]
    assert (story.dek, story.text) == ("New rosters.", "The crews want rest.")
    assert (story.section, story.author, story.tags) == ("Island", "Ada", ("ferry",))
    assert story.url == "/index.php?view=article&id=1:ferry-strike"
    assert str(story.published) == "2025-06-02 08:00:00+00:00"
    assert str(story.expires) == "2090-01-01 00:00:00+00:00"
    talks = found["2"]
    assert (talks.dek, talks.text, talks.author) == ("", "Crews and company met.", "The desk")
    assert (talks.language, str(talks.published)) == ("en-GB", "2025-06-03 08:00:00+00:00")
    assert str(found["8"].published) == "2090-01-01 00:00:00+00:00"


def test_typo3(database: Any) -> None:
    """News that guests may see come in, with their embargo and expiry."""
    found = database(TYPO3, "typo3.sql", url="/news/{slug}")
    assert sorted(found) == ["1", "2"]
    assert (found["1"].text, found["1"].url) == ("The crews want rest.", "/news/ferry-strike")
    assert found["1"].published is not None
    assert found["1"].published.timestamp() == NOON
    assert (str(found["2"].published)[:10], str(found["2"].expires)[:10]) == (
        "2030-01-01", "2030-01-01",
    )  # fmt: skip
