"""Reading on the command line: what is lost is said, and nothing is lost by an update."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from relnews import RelatedNews

Invoke = Callable[..., Result]

STORIES: list[dict[str, Any]] = [
    {"id": "a", "title": "Ferry crews call a strike", "text": "The crews want rest."},
    {"id": "b", "title": "Talks to avert the strike", "text": "Crews and company met."},
    {"id": "c", "title": "The bakery opens", "text": "Bread at last."},
]


def write(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return path


@pytest.fixture
def archive(tmp_path: Path, invoke: Invoke) -> Path:
    """Build an archive of three stories."""
    path = tmp_path / "news.relnews"
    assert invoke("build", write(tmp_path / "a.jsonl", STORIES), "-o", path, "-q").exit_code == 0
    return path


def ids(archive: Path) -> list[str]:
    return sorted(article for article in "abcdefgh" if article in _known(archive))


def _known(archive: Path) -> set[str]:
    news = RelatedNews.open(archive)
    return {*news.archive_.catalogue.all_ids()}


def test_names_that_nobody_knows(tmp_path: Path, invoke: Invoke) -> None:
    """`build` of a file with other names writes nothing, and says which names it found."""
    path = write(tmp_path / "a.jsonl", [{"nr": 1, "kicker": "K", "copy": "C"}])
    result = invoke("build", path, "-o", tmp_path / "x.relnews")
    assert result.exit_code == 1
    assert result.stderr.startswith("0 articles loaded, 1 skipped\n")
    assert "The first records have 'nr', 'kicker', 'copy'" in result.stderr
    assert not (tmp_path / "x.relnews").exists()
    result = invoke(
        "build", path, "-o", tmp_path / "x.relnews", "--field", "id=nr", "--field", "text=copy"
    )
    assert result.exit_code == 0


def test_most_is_lost(tmp_path: Path, invoke: Invoke) -> None:
    """`build` of a file that is mostly lost says so in its summary, and writes the rest."""
    lost = [{"id": n, "comment": "C"} for n in range(4)]
    path = write(tmp_path / "a.jsonl", [*STORIES, *lost])
    result = invoke("build", path, "-o", tmp_path / "x.relnews")
    assert result.exit_code == 0
    assert "  only 3 of 7 records became articles\n" in result.stderr
    assert len(RelatedNews.open(tmp_path / "x.relnews")) == 3


def test_an_update_removes_what_is_no_longer_public(
    archive: Path, tmp_path: Path, invoke: Invoke
) -> None:
    """A story that is a draft again, or whose state cannot be read, leaves the archive."""
    changes = [{**STORIES[0], "status": "draft"}, {**STORIES[1], "status": "who knows"},
               {"id": "d", "title": "The ferry sails", "text": "At last."},
               {"id": "e", "title": "A draft", "text": "Never shown.", "draft": True}]  # fmt: skip
    result = invoke("update", archive, write(tmp_path / "b.jsonl", changes))
    assert result.exit_code == 0
    assert "1 article loaded, 0 skipped, 3 withheld" in result.stderr
    assert "1 added, 0 replaced, 2 removed, 0 unchanged" in result.output
    assert ids(archive) == ["c", "d"]


def test_an_update_of_withdrawals_only(archive: Path, tmp_path: Path, invoke: Invoke) -> None:
    """An update may bring nothing but withdrawals, beside records that are no articles."""
    changes = [{**STORIES[0], "status": "trash"}, {"id": "x", "comment": "no words"}]
    result = invoke("update", archive, write(tmp_path / "b.jsonl", changes))
    assert result.exit_code == 0, result.output
    assert ids(archive) == ["b", "c"]


@pytest.mark.parametrize(
    "fault",
    [{"status": "who knows"}, {"published": "some day"}, {"expires": "some day"},
     {"title": "", "text": ""}, {"id": ""}],
)  # fmt: skip
def test_strict_changes_nothing(
    fault: dict[str, Any], archive: Path, tmp_path: Path, invoke: Invoke
) -> None:
    """`--strict` stops at the first fault, and leaves an archive as it was; drafts are no fault."""
    changes = [{"id": "d", "title": "The ferry sails", "text": "At last."},
               {**STORIES[1], "draft": True}, {**STORIES[0], **fault}]  # fmt: skip
    path = write(tmp_path / "b.jsonl", changes)
    result = invoke("update", archive, path, "--strict")
    assert result.exit_code == 1
    assert "b.jsonl:3: " in result.stderr
    assert ids(archive) == ["a", "b", "c"]
    result = invoke("build", path, "-o", tmp_path / "x.relnews", "--strict")
    assert result.exit_code == 1
    assert not (tmp_path / "x.relnews").exists()
    path = write(tmp_path / "c.jsonl", changes[:2])
    assert invoke("update", archive, path, "--strict").exit_code == 0
    assert ids(archive) == ["a", "c", "d"]


def test_an_update_with_options(archive: Path, tmp_path: Path, invoke: Invoke) -> None:
    """`update` takes the options of reading that `build` takes."""
    changes = [{"id": "d", "kicker": "K &amp; L", "copy": "<p>Ferry crews.</p>", "draft": True,
                "published": "02/03/2024"}]  # fmt: skip
    result = invoke(
        "update", archive, write(tmp_path / "b.jsonl", changes), "--field", "title=kicker",
        "--field", "text=copy", "--include-unlisted", "--date-order", "mdy", "--url", "/{id}.html",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    item = RelatedNews.open(archive).related("a", mode="more")
    (found,) = [item for item in item if item.id == "d"]
    assert (found.title, found.url) == ("K & L", "/d.html")
    assert str(found.published)[:10] == "2024-02-03"


def test_quiet_is_quiet(tmp_path: Path, invoke: Invoke) -> None:
    """`--quiet` prints no summary, even if most is lost."""
    path = write(tmp_path / "a.jsonl", [*STORIES[:1], {"id": "x"}, {"id": "y"}])
    result = invoke("build", path, "-o", tmp_path / "x.relnews", "-q")
    assert (result.exit_code, result.output) == (0, "")


def test_an_update_remembers_the_names_of_fields(tmp_path, invoke):
    """`--field` of the build holds for updates: an article is replaced, not added again."""
    path, archive = tmp_path / "a.csv", tmp_path / "x.relnews"
    path.write_text(
        "nr,url,title,text,status\n1,/1,Ferry,strike,published\n2,/2,Ferry,talks,published\n"
    )
    assert invoke("build", path, "-o", archive, "--field", "id=nr").exit_code == 0
    path.write_text(
        "nr,url,title,text,status\n1,/1,Ferry,strikes,published\n2,/2,Ferry,talks,draft\n"
    )
    result = invoke("update", archive, path)
    assert "0 added, 1 replaced, 1 removed" in result.stderr
    other = tmp_path / "b.jsonl"
    other.write_text('{"id": "3", "text": "ferry"}\n')
    assert "1 added" in invoke("update", archive, other).stderr
