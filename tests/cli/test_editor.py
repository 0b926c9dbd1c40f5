"""What an editor does at the terminal, over real articles, from an empty folder."""

from __future__ import annotations

import itertools
import json
import lzma
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Invoke = Callable[..., Result]


def rows(result: Result) -> list[list[str]]:
    """Return the cells of the rows of a table, without the heading."""
    assert result.exit_code == 0, result.stderr
    return [re.split(r" {2,}", line) for line in result.stdout.splitlines()[1:]]


def test_five_commands(
    data_folder: Path, invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An editor finds a story, reads and explains its list, pins and blocks, without any JSON."""
    monkeypatch.chdir(tmp_path)
    with lzma.open(data_folder / "archive_en_100k.jsonl.xz", "rt", encoding="utf-8") as file:
        Path("articles.jsonl").write_text("".join(itertools.islice(file, 2000)), encoding="utf-8")
    assert invoke("build", "articles.jsonl", "-o", "my.relnews").exit_code == 0

    *_, story, title = rows(invoke("find", "my.relnews", "trump", "budget"))[0]
    listed = rows(invoke("related", "my.relnews", title, "--ids", "-k", 2))
    first, second = (identifier for *_, identifier, _ in listed)
    assert "\nrank 1\n" in invoke("explain", "my.relnews", title, first).stdout
    pinned = invoke("rules", "pin", "my.relnews", title, second)
    assert pinned.stderr == f"added: the list of id={story} begins with id={second}\n"
    blocked = invoke("rules", "block", "my.relnews", title, first)
    assert blocked.stderr == f"added: no list of id={story} has id={first}\n"

    related = invoke("related", "my.relnews", story, "--json")
    items = [item["id"] for item in json.loads(related.stdout)["related"]]
    assert items[0] == second
    assert first not in items
