"""Archive folders of earlier formats: they open, rank and update.

Each folder in ``tests/archives`` was written by the version that had its format; see
`golden.make_archive`. A folder is copied before it is opened.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from golden import adapter, archives, calls, make_archive
from golden.recorded import Recording

FOLDER = make_archive.ARTICLES.parent

FORMATS = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


@pytest.fixture(scope="module")
def articles() -> list[dict[str, Any]]:
    """Return the articles that the folders began with."""
    return make_archive.read_articles()


@pytest.fixture(params=FORMATS)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a copy of a folder."""
    target = tmp_path / str(request.param)
    shutil.copytree(FOLDER / request.param, target)
    return target


def answers(archive: Any, articles: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what is asked of a folder: stored lists, ranked ones, reasons and rules."""
    ids = [articles[0]["id"], articles[1]["id"], articles[16]["id"], "de-haushalt", "expired"]
    found: dict[str, Any] = {}
    for article in ids:
        for k in (4, 10):
            items = adapter.related(archive, article, k)
            found[f"related k={k} {article}"] = [[item["id"], item["score"]] for item in items]
    found |= calls.modes(archive, ids[:2], 5)
    found |= calls.all_lists(archive, 4)
    found |= calls.exports(archive, ids[1:2])
    found["explain"] = adapter.explain(archive, ids[1], ids[2])
    for other in (ids[2], articles[2]["id"], articles[17]["id"], articles[7]["id"], "embargo"):
        found[f"why_not {other}"] = adapter.why_not(archive, ids[1], other)
    found["duplicates"] = adapter.duplicates(archive, 0.5, keep="newest")
    found["drift"] = adapter.drift(archive)
    found["rules"] = adapter.rules(archive)
    return found


def test_there_is_a_folder() -> None:
    """Formats 6 and 7 have version 1 of the rules for words; they and later ones stay readable."""
    assert {"format-6", "format-7", "format-8", "format-9"} <= {*FORMATS}


def test_folder_opens(recording: Callable[[str], Recording], folder: Path, articles: Any) -> None:
    """Stored and ranked lists are what they were when it was written, and nothing is wrong."""
    archive = adapter.open_archive(folder)
    recording("formats").check(folder.name, answers(archive, articles))
    assert adapter.verify(archive) == []


def test_folder_that_is_only_read(
    recording: Callable[[str], Recording], folder: Path, articles: Any
) -> None:
    """A folder that nobody may write to gives the same answers."""
    paths = [folder, *folder.rglob("*")]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        archive = adapter.open_archive(folder)
        recording("formats").check(folder.name, answers(archive, articles))
    finally:
        for path in paths:
            path.chmod(0o755 if path.is_dir() else 0o644)


def test_folder_is_updated(folder: Path, articles: Any) -> None:
    """After updates it is the archive of what is left, and stays that when opened again."""
    archive = adapter.open_archive(folder)
    new = [archives.version(article, "new", published="2025-09-02") for article in articles[17:20]]
    again = make_archive.replaced(articles[4])
    report = adapter.update(archive, [*new, again, articles[5]])
    assert report["added"] == [article["id"] for article in new]
    assert (report["replaced"], report["unchanged"]) == ([again["id"]], [articles[5]["id"]])
    assert report["changed"]
    adapter.remove(archive, [articles[2]["id"], "zh-river"])
    adapter.rule(archive, "hide", f"id={articles[18]['id']}")

    gone = {articles[2]["id"], articles[4]["id"], "zh-river"}
    left = [a for a in make_archive.remaining(articles) if a["id"] not in gone]
    fresh = adapter.fit_as(archive, [*left, *new, again])
    adapter.rule(fresh, "pin", articles[1]["id"], articles[17]["id"])
    adapter.rule(fresh, "never", "section=Politik", "tag=ukraine")
    adapter.rule(fresh, "hide", "title=corrected: *")
    adapter.rule(fresh, "hide", f"id={articles[18]['id']}")

    adapter.store_lists(archive, 4)
    adapter.store_lists(fresh, 4)
    wanted = calls.all_lists(fresh, 4)
    assert calls.all_lists(archive, 4) == wanted
    reopened = adapter.open_archive(folder)
    assert calls.all_lists(reopened, 4) == wanted
    assert adapter.verify(reopened) == []
    adapter.compact(reopened)
    assert adapter.verify(reopened, articles[7]["id"]) == []
    assert calls.all_lists(adapter.open_archive(folder), 4) == wanted
