"""The benchmark of the service runs at a tiny size and reports."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import pytest

from relnews.sample import sample_articles

sys.path.append(str(Path(__file__).parents[2]))

from benchmarks import serve


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    path = tmp_path / "articles.jsonl"
    path.write_text(
        "".join(
            json.dumps(dataclasses.asdict(article), default=str) + "\n"
            for article in sample_articles()
        )
    )
    return path


def test_no_list_is_late_under_load(articles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Under load and updates every request is answered with current lists."""
    code = serve.main([str(articles), "--limit", "100", "--seconds", "2.5", "--client", "python"])
    shown = dict(
        line.strip("| ").split(" | ")
        for line in capsys.readouterr().out.splitlines()
        if "| " in line
    )
    assert shown["errors"] == "0"
    assert int(shown["commits"]) >= 2
    assert int(shown["looks at how old a list is"]) > 0
    assert int(shown["requests"].replace(",", "")) > 0
    assert code == 0


def test_late_lists_are_found() -> None:
    """A list with an outdated counter is late since the commit after it."""
    looks = serve.Looks("http://127.0.0.1:1", "a")
    looks.seen = [(0.5, 0), (1.5, 0), (3.5, 1), (3.5, 2), (9.0, 2), (9.0, 3)]
    assert looks.late([0.0, 1.0, 2.0]) == [0.5, 1.5]


def test_addresses_are_drawn_with_a_skew() -> None:
    """Without a skew all addresses are equally frequent; the order is reproducible."""
    ids = [f"{i}/ü" for i in range(50)]
    for skew, most in ((0.0, 0.03), (1.0, 0.3)):
        paths = serve.draw(ids, skew)
        assert paths == serve.draw(ids, skew)
        share = max(paths.count(path) for path in set(paths)) / len(paths)
        assert share < most
        assert len(set(paths)) == 50
    assert share > 0.2
