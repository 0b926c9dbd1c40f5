"""The command line: data on standard output, everything else on standard error, exit codes."""

import contextlib
import gzip
import importlib.metadata
import io
import json
import os
import re
import shlex
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import uvicorn
from click.testing import CliRunner

import relnews
from relnews import RelatedNews
from relnews.cli import main
from relnews.exceptions import ArchiveFormatError
from relnews.sample import DEMO_ID, sample_articles
from relnews.storage.compiled_rules import CompiledRules
from relnews.storage.database import CATALOGUE
from waiting import LIMIT

#: `relnews` as a process. It restores Ctrl-C, which a background job inherits as ignored.
RELNEWS = [
    sys.executable,
    "-c",
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "from relnews.cli import main; main(prog_name='relnews')",
]

ARABIC = "قادة أوروبا يبحثون ضمانات أمنية"

RECORDS = [
    {"id": "veto", "title": "Kremlin seeks veto", "text": "A veto on guarantees."},
    {"id": "push", "title": "Talks push on", "text": "Talks on guarantees."},
    {"id": "arabic", "title": ARABIC, "text": "guarantees"},
    {"id": "lone", "title": "Aardvark", "text": "Aardvarks only."},
]

RELATED_HEADLINES = [
    "Putin Zelenskyy talks paused until agenda is ready",
    "Ukraine Russia Deal Hinges on Western Backing",
    "Kremlin seeks veto on Ukraine security guarantees",
    "Ukraine talks push for US guarantees",
    "Ukraine seeks clear security guarantees before Putin meeting",
    "Ukraine security guarantees push advances in Washington",
    "Peace terms collide with battlefield reality",
    "Europe to fund Ukraine defense continues",
]


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Return the folder of a saved sample; tests must not write to it."""
    folder = tmp_path_factory.mktemp("sample") / "sample.relnews"
    RelatedNews().fit(sample_articles()).save(folder)
    return folder


@pytest.fixture
def small(tmp_path):
    """Return the folder of an archive of `RECORDS`."""
    folder = tmp_path / "small.relnews"
    RelatedNews().fit(RECORDS).save(folder)
    return folder


@pytest.fixture
def articles(tmp_path):
    """Return a file of `RECORDS`."""
    path = tmp_path / "articles.jsonl"
    write_jsonl(path, RECORDS)
    return path


def write_jsonl(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")


def ids_in(folder):
    return [related.id for related in RelatedNews.open(folder).related_all()]


# --- relnews -------------------------------------------------------------------------------------


def test_the_command_is_installed():
    """The command `relnews` is installed and runs what `python -m relnews` runs."""
    (entry,) = importlib.metadata.entry_points(group="console_scripts", name="relnews")

    assert entry.load() is importlib.import_module("relnews.__main__").main


def test_the_package_runs_as_the_command():
    """``python -m relnews`` behaves as ``relnews``, in messages, too."""
    done = subprocess.run(
        [sys.executable, "-m", "relnews", "--help"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("Usage: relnews ")


def test_version(invoke):
    """--version names the version."""
    result = invoke("--version")

    assert (result.exit_code, result.stdout) == (0, f"relnews, version {relnews.__version__}\n")


def test_help_does_not_wait_for_the_compiler():
    """--help and --version import no slow library."""
    code = (
        "import sys; from relnews.cli import main\n"
        "for arguments in (['--help'], ['build', '--help'], ['--version']):\n"
        "    main(arguments, standalone_mode=False)\n"
        "slow = {'numba', 'sklearn', 'scipy', 'numpy', 'jinja2'} & set(sys.modules)\n"
        "sys.exit(f'imported {slow}' if slow else 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert result.returncode == 0, result.stderr
    assert "relnews demo" in result.stdout


@pytest.fixture
def served_and_ended(monkeypatch):
    """Let servers stop right after their start, at any port; return the servers."""
    started, create = [], socket.create_server

    async def end(server):
        started.append(server.started)

    monkeypatch.setattr(uvicorn.Server, "main_loop", end)
    monkeypatch.setattr(  # the port of an example may be in use
        socket, "create_server", lambda address, **given: create((address[0], 0), **given)
    )
    return started


@pytest.mark.parametrize("command", [None, *main.commands])
def test_examples_in_the_help_run(command, invoke, articles, served_and_ended, monkeypatch):
    """Each help shows examples, and every example works."""
    monkeypatch.chdir(articles.parent)
    named = [{**record, "id": record["id"] + "2"} for record in RECORDS]
    records = [{"id": name, "title": "Kyiv", "text": "veto"} for name in ("SOME-ID", "OTHER")]
    write_jsonl(articles, [*RECORDS, *records, *named])
    Path("articles.csv").write_text("nid,title,body\na,Kremlin,veto\n")
    Path("draft.txt").write_text("A draft about the veto.")
    Path("q.tsv").write_text("veto\tpush\t1\n")
    Path("gone.txt").write_text("lone2\n")
    write_jsonl(Path("new.jsonl"), [{"id": "new", "title": "Kremlin", "text": "guarantees"}])
    for folder in ("my.relnews", "yesterday.relnews"):
        invoke("build", "articles.jsonl", "-o", folder)
        invoke("store-lists", folder)
    if command in (None, "merge"):
        for part in "12":
            invoke("build", "articles.jsonl", "-o", f"parts/{part}", "--part", f"{part}/2")

    shown = invoke(*[command] if command else [], "--help").stdout
    examples = re.findall(rf"^ +(relnews {command or ''}.*?)(?:  .*)?$", shown, re.MULTILINE)

    assert examples
    for example in examples:
        # Here a folder stands for a bucket.
        here = example.replace("s3://news", articles.parent.as_uri())
        _, *arguments = shlex.split(here.partition(" | ")[0])
        result = invoke(*arguments)
        if arguments[0] == "tune":  # so few articles cannot choose settings
            assert "needs at least 40 articles" in result.output
            continue
        assert result.exit_code == 0, (example, result.output)
    servers = [example for example in examples if {"serve", "review"} & {*example.split()}]
    assert served_and_ended == [True] * len(servers)


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["build"],
        ["build", "articles.jsonl"],
        ["build", "articles.jsonl", "-o", "a", "--nonsense"],
        ["build", "articles.jsonl", "-o", "a", "--format", "xml"],
        ["build", "articles.jsonl", "-o", "a", "--stop-words", "german"],
        ["build", "articles.jsonl", "-o", "a", "--title-weight", "-1"],
        ["build", "articles.jsonl", "-o", "a", "--title-weight", "1001"],
        ["build", "articles.jsonl", "-o", "articles.jsonl"],
        ["related"],
        ["related", "small.relnews"],
        ["related", "small.relnews", "--title", ""],
        ["related", "small.relnews", "--title", " "],
        ["related", "small.relnews", "--text-file", "empty.txt"],
        ["related", "small.relnews", "--text-file", "missing.txt"],
        ["related", "small.relnews", "veto", "--title", "A draft"],
        ["related", "small.relnews", "veto", "--text-file", "empty.txt"],
        ["related", "small.relnews", "veto", "--published", "2025-09-01"],
        ["related", "small.relnews", "--title", "A draft", "--published", "tomorrow"],
        ["related", "small.relnews", "veto", "-k", "0"],
        ["related", "small.relnews", "veto", "-k", "1.5"],
        ["related", "small.relnews", "veto", "--format", "xml"],
        ["export", "small.relnews"],
        ["export", "small.relnews", "-o", "-", "-k", "0"],
        ["export", "small.relnews", "-o", "-", "--n-jobs", "0"],
        ["export", "small.relnews", "-o", "-", "--n-jobs", "all"],
        ["export", "small.relnews", "-o", "."],
        ["demo", "-k", "0"],
        ["demo", "--html", "."],
        ["info"],
        ["update", "small.relnews"],
        ["update", "small.relnews", "articles.jsonl", "--format", "xml"],
        ["update", "small.relnews", "articles.jsonl", "--field", "nonsense=body"],
        ["update", "small.relnews", "articles.jsonl", "--changed", "."],
        ["remove"],
        ["remove", "small.relnews"],
        ["remove", "small.relnews", "--ids-from", "missing.txt"],
        ["store-lists", "small.relnews", "-k", "0"],
        ["store-lists", "small.relnews", "-k", "10001"],
        ["store-lists", "small.relnews", "--max-drift", "-0.1"],
        ["store-lists", "small.relnews", "--n-jobs", "0"],
        ["compact"],
        ["verify"],
    ],
    ids=" ".join,
)
def test_wrong_usage(arguments, invoke, small, articles, monkeypatch):
    """Wrong usage is exit code 2 and a sentence, and nothing is done."""
    monkeypatch.chdir(small.parent)
    (small.parent / "empty.txt").write_text("\n")
    before = sorted(path.name for path in small.parent.iterdir())

    result = invoke(*arguments)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert re.search(r"^Error: .+", result.stderr, re.MULTILINE)
    assert sorted(path.name for path in small.parent.iterdir()) == before


def test_build_names_the_lines_that_it_ignores(invoke, tmp_path):
    """The most frequent lines are printed, `info` counts them, and an option lets them count."""
    lines = "".join(f"\ncommon{i} footer{i}" for i in range(22))
    articles = [
        {"id": f"s{i}", "source": "Gazette" if i < 30 else "", "text": f"own{i}{lines}"}
        for i in range(60)
    ]
    file = tmp_path / "articles.jsonl"
    file.write_text("".join(json.dumps(article) + "\n" for article in articles))
    folder = str(tmp_path / "a.relnews")

    printed = invoke("build", str(file), "-o", folder).stderr.splitlines()
    assert "ignored, because they repeat: 44 lines" in printed
    assert sum("in 30 articles" in line for line in printed) == 20
    assert "  in 30 articles of Gazette: common0 footer0" in printed
    assert printed[-1] == "  and 24 more"
    assert json.loads(invoke("info", folder, "--json").stdout)["repeated_lines"] == 44
    assert "ignored lines: 44 repeated lines" in invoke("info", folder).stdout

    counted = invoke("build", str(file), "-o", folder, "--count-repeated-lines")
    assert "repeat" not in counted.stderr
    assert json.loads(invoke("info", folder, "--json").stdout)["repeated_lines"] is None


@pytest.mark.parametrize(
    "command",
    [["related", "{}", "veto"], ["export", "{}", "-o", "-"], ["info", "{}"],
     ["update", "{}", "articles.jsonl"], ["remove", "{}", "veto"], ["store-lists", "{}"],
     ["compact", "{}"], ["verify", "{}"]],
    ids=lambda c: c[0],
)  # fmt: skip
@pytest.mark.parametrize(
    ("folder", "message"),
    [("missing", "there is no archive at"), ("other", "is not a relnews archive"),
     ("damaged", "is damaged")],
)  # fmt: skip
def test_no_archive(command, folder, message, invoke, small, articles, monkeypatch):
    """A folder that is no archive is exit code 1 and a sentence that names it."""
    tmp_path = articles.parent
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other").mkdir()
    if folder == "damaged":
        next(small.glob("*/posting.npy")).unlink()
        small.rename(tmp_path / "damaged")

    result = invoke(*(argument.format(tmp_path / folder) for argument in command))

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert message in result.stderr
    assert folder in result.stderr


# --- demo ----------------------------------------------------------------------------------------


def test_demo_prints_the_eight_headlines(invoke):
    """The demo prints a story and its eight related stories."""
    result = invoke("demo")

    assert result.exit_code == 0
    assert result.stdout.startswith("NATO backs Ukraine with new security guarantees\n")
    assert sorted(RELATED_HEADLINES) == sorted(
        headline for headline in RELATED_HEADLINES if f"  {headline}\n" in result.stdout
    )
    assert result.stderr == ""


def test_demo_k(invoke):
    """-k cuts the list of the demo."""
    printed = invoke("demo", "-k", 3).stdout

    assert sum(headline in printed for headline in RELATED_HEADLINES) == 3


def test_demo_html_writes_a_page(invoke, tmp_path):
    """--html writes the story and the list as a page instead of printing them."""
    path = tmp_path / "demo.html"

    result = invoke("demo", "--html", path)

    page = path.read_text("utf-8")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{path}: ")
    assert page.startswith("<!DOCTYPE html>")
    assert [headline for headline in RELATED_HEADLINES if f">{headline}<" not in page] == []
    assert [p.name for p in tmp_path.iterdir()] == ["demo.html"]


# --- build ---------------------------------------------------------------------------------------


def test_build_says_what_it_did_on_standard_error(invoke, articles, tmp_path):
    """The summary goes to standard error, progress to terminals only."""
    result = invoke("build", articles, "-o", tmp_path / "a")

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"4 articles loaded, 0 skipped\n{tmp_path / 'a'}: 4 articles\n"
    assert ids_in(tmp_path / "a") == ["veto", "push", "arabic", "lone"]


def test_build_quiet(invoke, articles, tmp_path):
    """--quiet prints errors only."""
    result = invoke("build", articles, "-o", tmp_path / "a", "--quiet")

    assert (result.exit_code, result.output) == (0, "")
    assert len(RelatedNews.open(tmp_path / "a")) == 4


def test_build_names_what_it_skips(invoke, articles, tmp_path):
    """Skipped and mended articles are counted and named with file and line."""
    with articles.open("a") as file:
        file.write('{"id": "veto", "text": "again"}\nnot json\n{"id": "date", "title": "t", ')
        file.write('"text": "t", "published": "yesterday"}\n')

    result = invoke("build", articles, "-o", tmp_path / "a")

    assert result.exit_code == 0
    assert "4 articles loaded, 2 skipped, 1 withheld" in result.stderr
    assert "articles.jsonl:5: duplicate id: 'veto'" in result.stderr
    assert "articles.jsonl:6: unreadable" in result.stderr
    assert "articles.jsonl:7: withheld: unreadable date of publication" in result.stderr


def test_build_options_reach_the_archive(invoke, articles, tmp_path):
    """The archive is built with --title-weight and --stop-words."""
    invoke("build", articles, "-o", tmp_path / "a", "--title-weight", 0, "--stop-words", "none")

    news = RelatedNews.open(tmp_path / "a")
    assert (news.title_weight, news.stop_words) == (0, None)
    assert news.related_to_text("only").ids == ["lone"]
    assert news.related_to_text("Kremlin").ids == []


@pytest.mark.parametrize(
    ("name", "options"),
    [("a.csv", []), ("a.tsv", []), ("a.dat", ["--format", "csv"]), ("a.csv.gz", [])],
)
def test_build_csv(name, options, invoke, tmp_path):
    """CSV is recognised by its name or --format, packed or not."""
    text = "id,title,text\na,Kremlin seeks veto,guarantees\nb,Talks push on,guarantees\n"
    text = text.replace(",", "\t") if ".tsv" in name else text
    data = gzip.compress(text.encode()) if name.endswith(".gz") else text.encode()
    (tmp_path / name).write_bytes(data)

    result = invoke("build", tmp_path / name, "-o", tmp_path / "a", *options)

    assert result.exit_code == 0, result.stderr
    assert ids_in(tmp_path / "a") == ["a", "b"]


def test_build_maps_fields(invoke, tmp_path):
    """--field takes a field from another name, and may be repeated."""
    write_jsonl(tmp_path / "a.jsonl", [{"nid": 7, "head": "Kremlin", "body": "veto = no"}])

    result = invoke(
        "build", tmp_path / "a.jsonl", "-o", tmp_path / "a",
        "--field", "id=nid", "--field", "title=head", "--field", "text=body",
    )  # fmt: skip

    assert result.exit_code == 0
    assert RelatedNews.open(tmp_path / "a").related_to_text("veto")[0].title == "Kremlin"


@pytest.mark.parametrize("field", ["text", "text=", "=body", "", "nonsense=body"])
def test_build_refuses_a_wrong_field(field, invoke, articles, tmp_path):
    """A --field that is no mapping, or names no field of an article, is wrong usage."""
    result = invoke("build", articles, "-o", tmp_path / "a", "--field", field)

    assert result.exit_code == 2
    assert "text=body" in result.stderr or "'nonsense'" in result.stderr
    assert not (tmp_path / "a").exists()


def test_build_refuses_a_column_that_the_header_lacks(invoke, tmp_path):
    """A --field for a missing column is an error that lists the columns."""
    (tmp_path / "a.csv").write_text("id,title\na,one\n")

    result = invoke("build", tmp_path / "a.csv", "-o", tmp_path / "a", "--field", "text=body")

    assert result.exit_code == 1
    assert "'body', but the header has 'id', 'title'" in result.stderr
    assert not (tmp_path / "a").exists()


def test_build_replaces_an_archive(invoke, articles, small):
    """A build replaces an existing archive entirely."""
    write_jsonl(articles, RECORDS[:2])

    result = invoke("build", articles, "-o", small)

    assert result.exit_code == 0
    assert ids_in(small) == ["veto", "push"]
    assert len(list(small.iterdir())) == 5, "catalogue, vocabulary, epoch, segment, outline"


def test_build_keeps_rules_and_stored_lists(invoke, articles, small):
    """A build has the rules and stored lists of the archive that it replaces; `--fresh` has not."""
    news = RelatedNews.open(small)
    news.rules.pin("veto", "push")
    news.rules.ignore("guarantees")
    news.store_lists(3, max_drift=0.5)
    rules = [*news.rules]

    result = invoke("build", articles, "-o", small)

    assert result.exit_code == 0
    assert "kept: 2 rules and stored lists" in result.stderr
    news = RelatedNews.open(small)
    assert [*news.rules] == rules
    catalogue = news.archive_.catalogue
    assert catalogue.setting("lists") == {
        "k": 3,
        "candidates": 6,
        "max_drift": 0.5,
        "choice": 1,
    }
    assert len(catalogue.all_entries()) == len(news)
    assert not CompiledRules.of(catalogue).outdates_lists
    assert news.verify() == []

    assert invoke("build", articles, "-o", small, "--fresh").stderr.splitlines()[-1] == (
        f"{small}: {len(news)} articles; dropped: 2 rules and stored lists"
    )
    assert len(RelatedNews.open(small).rules) == 0
    assert RelatedNews.open(small).archive_.catalogue.setting("lists") is None
    assert "kept" not in invoke("build", articles, "-o", small).stderr


def test_build_keeps_an_archive_that_it_cannot_read(invoke, articles, small):
    """An archive whose rules cannot be read is an error before anything is written."""
    with contextlib.closing(sqlite3.connect(small / CATALOGUE)) as connection:
        connection.execute("INSERT INTO settings VALUES ('rules', '[3]')")
        connection.commit()
    result = invoke("build", articles, "-o", small)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: the archive {small} is damaged")
    assert "Build it again from the articles, in another folder." in result.stderr


#: Contents of a bad file, options, and the expected message.
FAILING_FILES = [
    ("missing.jsonl", None, [], "there is no"),
    ("folder.jsonl", None, [], "expected a folder of files"),
    ("array.json", '[{"id": "a"}, {"id": "b"}]', [], "no article in 2 records"),
    ("indented.json", '{\n  "id": "a"\n}', [], "no article in 1 record"),
    ("strict.jsonl", '{"id": "a", "text": "b"}\n{"id": ""}\n', ["--strict"], "strict.jsonl:2:"),
    ("strict.csv", "id,text\na,b\na,c\n", ["--strict"], "strict.csv:3: duplicate id"),
    ("none.jsonl", '{"heading line": "no title"}\n', [], "no article in 1 record"),
    ("empty.jsonl", "", [], "has no articles"),
]


@pytest.mark.parametrize("file", FAILING_FILES, ids=lambda file: file[0])
def test_a_failing_build_leaves_the_old_archive(file, invoke, small, tmp_path):
    """A bad file is exit code 1 and a sentence, and the archive stays unchanged."""
    name, content, options, message = file
    if name.startswith("folder"):
        (tmp_path / name).mkdir()
    elif content is not None:
        (tmp_path / name).write_text(content)
    before = snapshot(small)

    for output in (small, tmp_path / "new"):
        result = invoke("build", tmp_path / name, "-o", output, *options)

        assert (result.exit_code, result.stdout) == (1, "")
        assert message in result.stderr
        assert name in result.stderr
    assert snapshot(small) == before
    assert not (tmp_path / "new").exists()


def snapshot(folder):
    """Return the bytes of every file of a folder."""
    return {p.relative_to(folder): p.is_file() and p.read_bytes() for p in folder.rglob("*")}


def test_build_refuses_a_folder_that_is_something_else(invoke, tmp_path):
    """A folder that is no archive is refused before anything is read."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "one.jpg").write_bytes(b"jpg")

    result = invoke("build", tmp_path / "missing.jsonl", "-o", tmp_path / "photos")

    assert result.exit_code == 1
    assert "is not a relnews archive; it is left as it is" in result.stderr
    assert [p.name for p in (tmp_path / "photos").iterdir()] == ["one.jpg"]


def test_build_does_not_guess_a_format(invoke, tmp_path):
    """A name without a known ending is wrong usage; --format solves it."""
    write_jsonl(tmp_path / "articles", RECORDS)

    guessed = invoke("build", tmp_path / "articles", "-o", tmp_path / "a")
    told = invoke("build", tmp_path / "articles", "-o", tmp_path / "a", "--format", "jsonl")

    assert guessed.exit_code == 2
    assert "cannot tell the format of 'articles'" in guessed.stderr
    assert told.exit_code == 0


# --- related -------------------------------------------------------------------------------------


def test_related_table(invoke, archive):
    """By default `related` prints a table of rank, score, date and title."""
    result = invoke("related", archive, DEMO_ID, "-k", 2)

    heading, first, second = result.stdout.splitlines()
    assert (result.exit_code, result.stderr) == (0, "")
    assert heading.split() == ["#", "score", "date", "title"]
    assert re.fullmatch(r"1  0\.\d{3}  2025-08-19  Ukraine security guarantees .+", first)
    assert second.startswith("2  ")


def test_related_json(invoke, archive):
    """--format json prints one line with all known fields of each item."""
    result = invoke("related", archive, DEMO_ID, "--format", "json")

    assert result.stdout.count("\n") == 1
    assert json.loads(result.stdout) == RelatedNews.open(archive).related(DEMO_ID).to_dict()


def test_related_html(invoke, archive):
    """--format html prints a section for a page."""
    result = invoke("related", archive, DEMO_ID, "--format", "html")

    assert result.stdout.startswith("<section")
    assert result.stdout.endswith("</section>\n")
    assert [line for line in RELATED_HEADLINES if f">{line}<" not in result.stdout] == []


def test_related_k_beyond_the_archive(invoke, small):
    """A k greater than the archive is no error: the list ends earlier."""
    result = invoke("related", small, "veto", "-k", 10**30, "--format", "json")

    assert result.exit_code == 0
    assert [item["id"] for item in json.loads(result.stdout)["related"]] == ["arabic", "push"]


@pytest.mark.parametrize("format_", ["table", "json", "html"])
def test_related_draft(format_, invoke, archive, tmp_path):
    """A draft needs a title, a text or both, and is shown in the same formats."""
    (tmp_path / "draft.txt").write_text("Allies discuss security guarantees for Kyiv.", "utf-8")
    draft = ["--title", "Ukraine guarantees", "--text-file", tmp_path / "draft.txt"]

    for arguments in (draft, draft[:2], draft[2:]):
        result = invoke("related", archive, *arguments, "--format", format_, "-k", 3)
        assert (result.exit_code, result.stderr) == (0, "")
        assert "uarantees" in result.stdout
        if format_ == "json":
            assert json.loads(result.stdout)["id"] is None


def test_the_date_of_a_draft(invoke, archive):
    """A draft with a date has the scores of that date, whatever today is."""
    draft = ["related", archive, "--title", "Ukraine guarantees", "--format", "json", "-k", 3]
    news = RelatedNews.open(archive)
    for date in ("2025-09-01", "2031-01-01T12:00Z"):
        result = invoke(*draft, "--published", date)
        expected = news.related_to_text(title="Ukraine guarantees", published=date, k=3)
        assert json.loads(result.stdout) == expected.to_dict()
    assert "`published`: expected an ISO 8601 date" in invoke(*draft, "--published", "?").stderr


@pytest.mark.parametrize("story", [["lone"], ["--title", "zyzzyva"]], ids=["article", "draft"])
def test_an_empty_list(story, invoke, small):
    """A table says that there is no related news; other formats are empty lists."""
    for format_ in ("table", "html"):
        result = invoke("related", small, *story, "--format", format_)
        assert (result.exit_code, result.stdout) == (0, "")
        assert result.stderr == "No related news.\n"

    result = invoke("related", small, *story, "--format", "json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout)["related"] == []


def test_an_unknown_id_gets_a_suggestion(invoke, archive):
    """An unknown id is exit code 1 and a suggestion."""
    result = invoke("related", archive, DEMO_ID[:-1])

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"Error: no article has the id, title or url '{DEMO_ID[:-1]}'. Did you mean '{DEMO_ID}'?\n"
    )


def test_a_draft_that_is_not_utf8(invoke, small, tmp_path):
    """A text that is not UTF-8 is refused with the wrong byte."""
    (tmp_path / "draft.txt").write_bytes("Café".encode("latin-1"))

    result = invoke("related", small, "--text-file", tmp_path / "draft.txt")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "draft.txt: expected UTF-8 text, got the byte 0xE9" in result.stderr


# --- export --------------------------------------------------------------------------------------


def test_export_is_every_list_in_order(invoke, archive, tmp_path):
    """The export has one line per article, in the order of the archive."""
    result = invoke("export", archive, "-o", tmp_path / "lists.jsonl", "-k", 3)

    lines = (tmp_path / "lists.jsonl").read_text("utf-8").splitlines()
    ids = [json.loads(line)["id"] for line in lines]
    assert (result.exit_code, result.output) == (0, "")
    assert len(lines) == len(set(ids)) == 124
    assert ids == [story.id for story in sample_articles()]
    assert json.loads(lines[4]) == RelatedNews.open(archive).related(DEMO_ID, 3).to_dict()


@pytest.mark.parametrize("n_jobs", [1, 2, -1])
def test_export_does_not_depend_on_threads(n_jobs, invoke, archive, tmp_path):
    """Any number of threads writes the same bytes, to a file or standard output."""
    invoke("export", archive, "-o", tmp_path / "lists.jsonl")
    expected = (tmp_path / "lists.jsonl").read_bytes()

    result = invoke("export", archive, "-o", "-", "--n-jobs", n_jobs)
    invoke("export", archive, "-o", tmp_path / "again.jsonl", "--n-jobs", n_jobs, "--quiet")

    assert result.stdout_bytes == expected
    assert (tmp_path / "again.jsonl").read_bytes() == expected


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ArchiveFormatError("gone"), 1),
        (OSError("gone"), 1),
        (MemoryError("gone"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_a_failing_export_leaves_the_old_file(error, code, invoke, archive, tmp_path, monkeypatch):
    """A failed export leaves the old file, and no other file."""
    (tmp_path / "lists.jsonl").write_text("old")
    whole = RelatedNews.related_all

    def broken(news, k, **given):
        lists = whole(news, k, **given)
        yield next(lists)
        raise error

    monkeypatch.setattr(RelatedNews, "related_all", broken)
    result = invoke("export", archive, "-o", tmp_path / "lists.jsonl")

    assert result.exit_code == code
    assert re.fullmatch(r"Error: .*gone\n" if code == 1 else "", result.stderr)
    assert [p.name for p in tmp_path.iterdir()] == ["lists.jsonl"]
    assert (tmp_path / "lists.jsonl").read_text() == "old"


def test_export_into_a_folder_that_is_not_there(invoke, archive, tmp_path):
    """An unwritable file is exit code 1 and a sentence."""
    result = invoke("export", archive, "-o", tmp_path / "nowhere" / "lists.jsonl")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "nowhere" in result.stderr


@pytest.mark.skipif(os.name != "posix", reason="links and pipes are of POSIX")
def test_export_to_what_is_no_plain_file(invoke, small, tmp_path):
    """A link stays a link and its target is written; a pipe receives the lines."""
    (tmp_path / "link.jsonl").symlink_to("lists.jsonl")
    os.mkfifo(tmp_path / "pipe")
    taken = []
    reader = threading.Thread(target=lambda: taken.append((tmp_path / "pipe").read_bytes()))
    reader.start()

    assert invoke("export", small, "-o", tmp_path / "link.jsonl").exit_code == 0
    assert invoke("export", small, "-o", tmp_path / "pipe").exit_code == 0

    reader.join(LIMIT)
    assert (tmp_path / "link.jsonl").is_symlink()
    assert (tmp_path / "pipe").is_fifo()
    assert taken == [(tmp_path / "lists.jsonl").read_bytes()]
    assert taken[0].count(b"\n") == 4


def test_info(invoke, archive):
    """`info` prints a line for each property of an archive."""
    result = invoke("info", archive)

    about = dict(re.split(r": +", line, maxsplit=1) for line in result.stdout.splitlines())
    assert (result.exit_code, result.stderr) == (0, "")
    assert about["articles"] == "124"
    assert about["dates"] == "2024-02-13 to 2025-12-11"
    assert about["title"] == "weight 1, overlap 0.1"
    assert about["language"] == "en"
    assert about["stop words"] == "of the language"
    assert about["normalization"] == "english"


# --- processes -----------------------------------------------------------------------------------


def test_standard_input(archive, tmp_path):
    """Articles and drafts can be read from standard input, in any locale."""
    data = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in RECORDS).encode()
    folder = tmp_path / "a"
    legacy = {**os.environ, "PYTHONIOENCODING": "latin-1"}

    built = subprocess.run(
        [*RELNEWS, "build", "-", "-o", folder], input=data, capture_output=True, env=legacy
    )
    found = subprocess.run(
        [*RELNEWS, "related", folder, "--text-file", "-", "--format", "json"],
        input=" ".join(ARABIC.split()[:2]).encode(), capture_output=True, env=legacy,
    )  # fmt: skip

    assert (built.returncode, built.stdout) == (0, b""), built.stderr
    assert b"4 articles loaded, 0 skipped" in built.stderr
    assert (found.returncode, found.stderr) == (0, b"")
    assert [item["title"] for item in json.loads(found.stdout)["related"]] == [ARABIC]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_without_the_letters(encoding, small):
    """Characters that the terminal lacks are replaced; JSON stays complete."""
    with encoded_output(encoding) as output:
        main(["related", str(small), "veto"], standalone_mode=False)
        main(["related", str(small), "veto", "--format", "json"], standalone_mode=False)

    *table, line = output.getvalue().splitlines()
    assert len(table) == 3
    assert b"Talks push on" in table[2]
    assert json.loads(line)["related"][0]["title"] == ARABIC


@contextlib.contextmanager
def encoded_output(encoding):
    """Give standard output an encoding, as a locale or PYTHONIOENCODING would."""
    raw, before = io.BytesIO(), sys.stdout
    sys.stdout = io.TextIOWrapper(raw, encoding=encoding)
    try:
        yield raw
    finally:
        sys.stdout.detach()
        sys.stdout = before


def test_an_unexpected_end_of_a_file_is_not_called_aborted(archive, monkeypatch):
    """Click takes EOFError for the user's wish to end; it is an error like others."""

    def broken(*_, **__):
        raise EOFError

    monkeypatch.setattr(RelatedNews, "related_all", broken)
    result = CliRunner().invoke(main, ["export", str(archive), "-o", "-"])
    assert isinstance(result.exception, RuntimeError)
    assert "Aborted" not in result.output


@pytest.mark.skipif(os.name != "posix", reason="Windows has no broken pipe")
@pytest.mark.parametrize("n_jobs", ["1", "2"])
def test_a_broken_pipe_is_quiet(n_jobs, archive):
    """An export into `head` ends silently when the pipe closes, with the code of SIGPIPE."""
    with subprocess.Popen(
        [*RELNEWS, "export", archive, "-o", "-", "--n-jobs", n_jobs],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        first = process.stdout.readline()
        process.stdout.close()
        message = process.stderr.read()

    assert "related" in json.loads(first)
    assert message == b""
    assert process.returncode == 128 + signal.SIGPIPE


def send_until_it_ends(process, number):
    """Send a signal to a process that reads standard input; return how often that was needed.

    Python drops an interrupt, with a note, in a callback whose exceptions it ignores. It is rare,
    and then a person presses Ctrl-C once more.
    """
    for n_sent in range(1, 6):
        process.send_signal(number)
        # Python does not see a signal between its look for one and its wait for input: the next
        # line ends that wait.
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(b"\n")
            process.stdin.flush()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(60)
            return n_sent
    pytest.fail("the process does not end")


@pytest.mark.skipif(os.name != "posix", reason="Windows has other signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_leaves_no_archive(number, small):
    """A signal while reading ends quietly and leaves the archive unchanged."""
    before = snapshot(small)
    lines = "".join(json.dumps({"id": i, "text": "some words " * 50}) + "\n" for i in range(2000))

    for output in (small, small.with_name("new")):
        with subprocess.Popen(
            [*RELNEWS, "build", "-", "-o", output],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as process:  # fmt: skip
            # Lines are longer than a pipe holds: after the write the process has begun to read.
            process.stdin.write(lines.encode())
            n_sent = send_until_it_ends(process, number)
            message = process.stderr.read().decode()
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()

        assert process.returncode == 128 + number
        assert message == "" or n_sent > 1
    assert snapshot(small) == before
    assert not small.with_name("new").exists()
    assert not [*small.parent.glob("*.partial"), *small.parent.glob(".*.partial")]


@pytest.mark.skipif(os.name != "posix", reason="Windows has no pseudo-terminal")
def test_progress_is_shown_on_a_terminal(articles, tmp_path):
    """Build and export show progress on a terminal, unless --quiet."""
    folder, lists = tmp_path / "a", tmp_path / "lists.jsonl"
    build, export = ["build", articles, "-o", folder], ["export", folder, "-o", lists]

    read = r"reading: .*100%.*"
    new = rf"{read}laying out and writing ….*4 articles loaded.*4 articles"
    assert re.search(new, on_terminal(build), re.DOTALL)
    again = rf"{read}laying out ….*4 articles loaded.*writing ….*4 articles"
    assert re.search(again, on_terminal(build), re.DOTALL)
    update = on_terminal(["update", folder, articles])
    assert re.search(r"reading: .*100%.*writing ….*4 articles loaded", update, re.DOTALL)
    assert re.search(r"4/4 .* lists/s", on_terminal(export))
    assert on_terminal([*build, "--quiet"]) == ""


def on_terminal(arguments):
    """Run `relnews` with standard error on a terminal; return its output there."""
    import pty
    import termios

    terminal, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    command = [sys.executable, "-m", "relnews", *map(str, arguments)]
    with subprocess.Popen(command, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # Linux raises EIO when the other side is closed
            while piece := os.read(terminal, 4096):
                shown += piece
    os.close(terminal)
    assert process.returncode == 0
    return shown.decode()
