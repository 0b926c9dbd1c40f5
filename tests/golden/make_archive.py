"""Make the golden folder of an archive format: run once for each format, before it is superseded.

From the root of the project::

    PYTHONPATH=src:tests python -m golden.make_archive tests/archives/format-6
    pytest tests/golden/test_formats.py --record-golden

The folder has what a folder can have: stored lists, rules, a segment that was merged, removed
articles, articles that wait for a segment, terms that are in no vocabulary file yet, an embargo and
an article that has expired. A folder that is there already is never made again.
"""

from __future__ import annotations

import contextlib
import gc
import json
import sqlite3
import sys
from pathlib import Path
from typing import Any

from golden import adapter, archives

#: The articles of all golden folders: written for this project, like the sample.
ARTICLES = Path(__file__).parents[1] / "archives" / "articles.jsonl"

Article = dict[str, Any]


def read_articles() -> list[Article]:
    """Return the articles of golden folders."""
    return [json.loads(line) for line in ARTICLES.read_text(encoding="utf-8").splitlines()]


def special() -> list[Article]:
    """Return articles in another language, under embargo, expired, and without a date."""
    wanted = ("de-haushalt", "de-schulen", "zh-river", "undated", "embargo", "expired")
    return [article for article in archives.newcomers() if article["id"] in wanted]


def replaced(article: Article) -> Article:
    """Return what comes in the place of an article."""
    return {**article, "title": f"Corrected: {article['title']}"}


def late_version(article: Article) -> Article:
    """Return a near-duplicate of an article that came later."""
    return archives.version(article, "late", published="2025-09-01T00:00:00+00:00")


def remaining(articles: list[Article]) -> list[Article]:
    """Return the articles that are in the folder in the end."""
    kept = [*articles[1:3], *articles[4:7], *articles[14:]]
    return [replaced(articles[0]), *kept, *special(), late_version(articles[1])]


def write(folder: Path) -> None:
    """Make the folder."""
    articles = read_articles()
    ids = [article["id"] for article in articles]
    adapter.save(adapter.fit(articles[:16]), folder)
    archive = adapter.open_archive(folder)
    adapter.store_lists(archive, 4)
    adapter.remove(archive, ids[7:14])
    adapter.remove(archive, [ids[3], ids[15]])  # now most are gone: the segment is written again
    adapter.update(archive, [*articles[15:], *special()])
    adapter.rule(archive, "pin", ids[1], ids[17])
    adapter.rule(archive, "block", ids[1], ids[2])
    adapter.rule(archive, "never", "section=Politik", "tag=ukraine")
    adapter.rule(archive, "hide", "title=corrected: *")
    adapter.update(archive, [replaced(articles[0])])
    adapter.update(archive, [late_version(articles[1])])
    adapter.update(archive, [archives.version(articles[2], "gone")])
    adapter.remove(archive, [f"{ids[2]}-gone"])
    assert adapter.verify(archive) == []


def settle(folder: Path) -> None:
    """Bring everything into the one file of the database, and close it."""
    gc.collect()
    with contextlib.closing(sqlite3.connect(folder / "catalogue.sqlite")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert not [*folder.glob("*-wal"), *folder.glob("*-shm")]


if __name__ == "__main__":
    target = Path(sys.argv[1])
    if target.exists():
        sys.exit(f"{target} is there already: a golden folder is never made again.")
    write(target)
    settle(target)
