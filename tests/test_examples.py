"""The scripts in `examples/newsroom/` run, and do what their page says."""

import dataclasses
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from relnews import RelatedNews
from relnews.evaluation import health
from relnews.export.names import file_name
from relnews.sample import sample_articles

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "examples" / "newsroom"
PAGE = ROOT / "docs" / "how-to" / "newsroom-day.md"


def run(folder, script, *arguments):
    """Run a script in a folder; return its exit code and what it printed."""
    done = subprocess.run(
        [sys.executable, SCRIPTS / script, *arguments],
        cwd=folder, capture_output=True, text=True, env={**os.environ, "PYTHONUTF8": "1"},
        check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_a_day_of_a_newsroom(tmp_path):
    """After the day and a night, lists equal the lists of an archive built from what is left."""
    code, printed, errors = run(tmp_path, "day.py")
    assert (code, errors) == (0, "")
    assert printed in PAGE.read_text(encoding="utf-8")

    *archive, first, second, third = map(dataclasses.asdict, sample_articles())
    first["text"] += " Talks go on in the evening."
    second["title"] += " (corrected)"
    fresh = RelatedNews().fit([*archive, first, second])
    lists = {related.id: related.ids for related in fresh.related_all()}
    news = RelatedNews.open(tmp_path / "archive.relnews")
    news.store_lists()  # the next night
    assert {related.id: related.ids for related in news.related_all()} == lists
    assert news.verify() == []

    pages = {path.name for path in (tmp_path / "site").glob("*.html")}
    assert pages == {file_name(identifier) + ".html" for identifier in lists}
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in written if third["id"].encode() in path.read_bytes()]
    lines = (tmp_path / "lists.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["id"] for line in lines} == {*lists}
    assert second["title"] in (tmp_path / "lists.jsonl").read_text(encoding="utf-8")


@pytest.mark.heavy
def test_a_check_of_all_lists_on_dask(tmp_path):
    """The figures are what one thread finds, and the exit code tells of the one out of bounds."""
    pytest.importorskip("distributed", reason="dask is not installed")
    strangers = [{"id": f"x{n}", "text": f"unheardof{n}"} for n in range(9)]
    news = RelatedNews().fit([*sample_articles(), *strangers])
    news.store_lists()
    news.save(tmp_path / "archive.relnews")
    code, printed, errors = run(tmp_path, "monitor.py", "archive.relnews")
    assert json.loads(printed) == {**health(news).to_dict(), "drift": 0.0}
    assert re.findall(r"^(\w+) is .*, not from", errors, re.MULTILINE) == ["coverage"]
    assert code == 1
