"""Comforts of a shell: completion, help, short options, and files by the ending of their names."""

import csv
import datetime as dt
import io
import json
import os
import shutil
import subprocess
import sys
import sysconfig

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from relnews import RelatedNews
from relnews.cli import main
from relnews.cli.serve import _logging
from relnews.results import COLUMNS
from relnews.sample import DEMO_ID, sample_articles

#: Starts completion as the documentation says, and prints what completes a line, one a line.
SHELLS = {
    "bash": """
eval "$(_RELNEWS_COMPLETE=bash_source relnews)"
complete -p relnews > /dev/null || exit 1
COMP_WORDS=({words}); COMP_CWORD={place}
_relnews_completion relnews
printf '%s\\n' "${{COMPREPLY[@]}}"
""",
    "zsh": """
compdef() {{ :; }}
_describe() {{ print -l -- "${{(P@)3}}"; }}
eval "$(_RELNEWS_COMPLETE=zsh_source relnews)"
words=({words}); CURRENT={place}+1
_relnews_completion
""",
    "fish": """
_RELNEWS_COMPLETE=fish_source relnews | source
complete -C "{words}"
""",
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shell") / "a.relnews"
    RelatedNews().fit(sample_articles()).save(folder)
    return folder


def run(*arguments, code=0):
    result = CliRunner().invoke(main, [*map(str, arguments)])
    assert result.exit_code == code, result.output
    return result


# --- completion ----------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", SHELLS)
def test_completion(shell, tmp_path):
    """Shells complete commands, options and choices, once the line of the guide was run."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    path = os.pathsep.join([str(tmp_path), sysconfig.get_path("scripts"), os.environ["PATH"]])
    program = tmp_path / "relnews"  # the one of this Python, whatever is on the PATH
    program.write_text(
        f"#!{sys.executable}\nfrom relnews.cli import main\nmain(prog_name='relnews')\n"
    )
    program.chmod(0o755)
    for words, expected in {
        "relnews exp": {"explain", "export"},
        "relnews rules hi": {"hide"},
        "relnews help exp": {"explain", "export"},
        "relnews help rules hi": {"hide"},
        "relnews help related hi": set(),
    }.items():
        script = SHELLS[shell].format(words=words, place=len(words.split()) - 1)
        result = subprocess.run(
            [shell, *(["--norc"] if shell == "bash" else []), "-c", script],
            env={**os.environ, "PATH": path, "HOME": str(tmp_path)},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        found = {line.split("\t")[0].split(":")[0] for line in result.stdout.split("\n") if line}
        assert found == expected, result.stderr


# --- help ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("names", [[], ["related"], ["rules"], ["rules", "pin"], ["help"]])
def test_help(names):
    """`relnews help X` prints what `relnews X --help` prints."""
    expected = run(*names, "--help").stdout
    assert run("help", *names).stdout == expected


def test_help_of_no_command():
    """A name that is no command is a usage error."""
    assert "No such command 'nothing'" in run("help", "nothing", code=2).stderr
    assert "has no commands" in run("help", "related", "x", code=2).stderr
    assert "No such command 'x'" in run("help", "rules", "x", code=2).stderr


# --- JSON ----------------------------------------------------------------------------------------


def test_json_is_short_for_the_format(archive, tmp_path):
    """Every command that has `--format json` has `--json`, and prints the same."""
    qrels = tmp_path / "q.tsv"
    qrels.write_text(f"{DEMO_ID} ukraine-talks-push-for-us-guarantees 1\n")
    RelatedNews.open(archive).rules.hide("tag=zzz")
    pair = [DEMO_ID, "ukraine-talks-push-for-us-guarantees"]
    calls = {
        "related": [archive, DEMO_ID],
        "related-blocks": [archive, DEMO_ID, "newest=2"],
        "find": [archive, "ecb"],
        "show": [archive, DEMO_ID],
        "info": [archive],
        "duplicates": [archive, "-q", "--threshold", 0.3],
        "rules list": [archive],
        "explain": [archive, *pair],
        "why-not": [archive, *pair],
        "evaluate": [archive, "--qrels", qrels, "-q"],
        "health": [archive, "-q", "-k", 1],
    }
    groups = {"": main.commands, "rules ": main.commands["rules"].commands}
    has_json = {
        f"{group}{name}"
        for group, commands in groups.items()
        for name, command in commands.items()
        for option in command.params
        if option.name == "format_" and "json" in option.type.choices
    }
    assert has_json - {"tune"} == {*calls}  # it tries 400 settings, and has the same two options
    for name, arguments in calls.items():
        expected = run(*name.split(), *arguments, "--format", "json").stdout
        assert [json.loads(line) for line in expected.splitlines()]
        assert run(*name.split(), *arguments, "--json").stdout == expected
        other = run(*name.split(), *arguments).stdout
        assert other != expected
    assert "--json is --format json" in run(
        "related", archive, DEMO_ID, "--json", "--format", "html", code=2
    ).stderr  # fmt: skip


def test_info_as_json(archive):
    """The facts are numbers and plain values, and those that the text has."""
    facts = json.loads(run("info", archive, "--json").stdout)
    text = run("info", archive).stdout
    assert facts["articles"] == 124
    assert (facts["oldest"][:10], facts["newest"][:10]) == ("2024-02-13", "2025-12-11")
    assert f"{facts['oldest'][:10]} to {facts['newest'][:10]}" in text
    assert f"{facts['terms']:,}" in text
    assert f"{facts['pairs']:,} (article, term)" in text
    assert facts["drift"] == {"idf": 0.0, "lists": None}
    assert facts["stored_lists"] is None
    assert facts["recency"]["half_life"] == 180
    assert (facts["language"], facts["stop_words"], facts["segments"]) == ("en", "language", 1)
    news = RelatedNews(language=None, stop_words=["a", "b"], recency=None, normalization=None)
    news.fit([{"id": "a", "title": "b c"}])
    facts = news.archive_.facts()
    assert json.loads(json.dumps(facts))["stop_words"] == ["a", "b"]
    assert (facts["oldest"], facts["recency"], facts["language"]) == (None, None, None)


# --- colours -------------------------------------------------------------------------------------


def test_no_color(monkeypatch):
    """NO_COLOR takes the colours from the messages of the service."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert _logging("info")["formatters"]["default"]["use_colors"] is None
    monkeypatch.setenv("NO_COLOR", "1")
    assert _logging("info")["formatters"]["default"]["use_colors"] is False


# --- tables of lists -----------------------------------------------------------------------------


def test_exports_as_csv_and_parquet(archive, tmp_path):
    """The ending of the name is the format; rows have the items of JSON, in order."""
    for name in ("lists.jsonl", "lists.csv", "lists.parquet"):
        run("export", archive, "-o", tmp_path / name, "-q", "-k", 3)
    lines = (tmp_path / "lists.jsonl").read_text("utf-8").splitlines()
    expected = [
        {"article": record["id"], **item}
        for record in map(json.loads, lines)
        for item in record["related"]
    ]
    text = (tmp_path / "lists.csv").read_text("utf-8")
    rows = [*csv.DictReader(io.StringIO(text))]
    table = pq.read_table(tmp_path / "lists.parquet").to_pylist()
    assert len(rows) == len(table) == len(expected) > 300
    assert [*rows[0]] == [*table[0]] == [*COLUMNS]
    for want, row, entry in zip(expected, rows, table, strict=True):
        want = {"tags": [], "reason": ["similar"], **want}
        for column in COLUMNS:
            value = want.get(column, [] if column in ("near_duplicates", "mentions") else "")
            cell = "; ".join(value) if isinstance(value, list) else str(value)
            assert row[column] == cell
            got = entry[column]
            assert (got.isoformat() if isinstance(got, dt.datetime) else got or "") == (value or "")
    frame = RelatedNews.open(archive).related_all(3).to_frame()
    for column in ("article", "id", "rank", "score", "published"):
        assert [*frame[column]] == [entry[column] for entry in table]


@pytest.mark.parametrize("name", ["lists.xlsx", "lists.json", "lists.csv.gz"])
def test_other_endings_are_refused(archive, tmp_path, name):
    """A name with another ending is a usage error, and nothing is written."""
    result = run("export", archive, "-o", tmp_path / name, code=2)
    assert "one of .jsonl, .ndjson, .csv, .parquet, got" in result.stderr
    assert not [*tmp_path.iterdir()]


def test_a_failed_export_leaves_nothing(archive, tmp_path, monkeypatch):
    """A missing package is one line, and the file that was there stays."""
    file = tmp_path / "lists.parquet"
    file.write_text("before")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert "pip install 'relnews[frames]'" in run("export", archive, "-o", file, code=1).stderr
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]


def test_frames(archive):
    """A list is a data frame with the fields of its items, also if it is empty."""
    news = RelatedNews.open(archive)
    related = news.related(DEMO_ID, 3)
    frame = related.to_frame()
    assert [*frame.columns] == [*COLUMNS]
    assert [*frame["id"]] == related.ids
    assert set(frame["article"]) == {DEMO_ID}
    assert frame["published"][0] == related[0].published
    empty = news.related_to_text(title="xylophone").to_frame()
    assert [*empty.columns] == [*COLUMNS]
    assert dict(empty.dtypes) == dict(frame.dtypes)
    assert frame["rank"].dtype == "int64"
    assert [*frame["author"]] == [item.author for item in related]
    lists = news.related_all(2)
    first = next(lists)
    assert len(lists.to_frame()) == sum(map(len, news.related_all(2))) - len(first)
