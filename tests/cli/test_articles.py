"""The commands that look up articles, and the names that every command takes for an article."""

import contextlib
import io
import json

import pytest
from click.testing import CliRunner

from relnews import RelatedNews
from relnews.cli import main

RECORDS = [
    {"id": "veto", "title": "Kremlin seeks veto", "text": "A veto on guarantees.",
     "published": "2025-01-02", "section": "World", "url": "/world/veto", "author": "A. Writer",
     "dek": "Moscow wants\na say.", "tags": ["kremlin", "kyiv"]},
    {"id": "push", "title": "Talks push on", "text": "Talks on guarantees.", "url": "/world/push"},
    {"id": "again", "title": "Talks push on", "text": "guarantees", "published": "2999-01-01"},
    {"id": "Talks push on", "title": "Lone", "text": "Guarantees on a talk",
     "published": "2025-01-01", "expires": "2025-02-01"},
    *({"id": f"w{n}", "title": "Weather", "text": "rain"} for n in range(7)),
]  # fmt: skip


@pytest.fixture
def archive(tmp_path):
    folder = tmp_path / "a.relnews"
    RelatedNews().fit(RECORDS).save(folder)
    return folder


def run(*arguments, code=0, **more):
    result = CliRunner().invoke(main, [*map(str, arguments)], **more)
    assert result.exit_code == code, result.output
    return result


def test_find(archive):
    """Articles come newest first, hidden ones too, and -k limits them."""
    assert run("find", archive, "talks", "PUSH").stdout.splitlines() == [
        "date        section  id     title",
        "2999-01-01           again  Talks push on",
        "                     push   Talks push on",
    ]
    assert "  World    veto  " in run("find", archive, "kremlin").stdout
    result = run("find", archive, "weather", "-k", 2, "--format", "json")
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert records == [{"id": "w0", "title": "Weather"}, {"id": "w1", "title": "Weather"}]
    assert run("find", archive, "weather", "-k", 2).stderr == "2 of 7 articles; -k shows more.\n"
    assert len(run("find", archive, "weather").stdout.splitlines()) == 8


def test_nothing_found(archive):
    """Nothing is exit code 1, with titles that have some of the words; no word is exit code 2."""
    result = run("find", archive, "xylophone", code=1)
    assert (result.stdout, result.stderr) == (
        "",
        "Error: no title has all of the words: xylophone. Try other words, or their beginnings.\n",
    )  # fmt: skip
    assert run("find", archive, "veto zeppelin", code=1).stderr == (
        "Error: no title has all of the words: veto zeppelin. Titles with some of them:\n"
        "  2025-01-02  veto  Kremlin seeks veto\n"
    )
    assert "give at least one word" in run("find", archive, " ", code=2).stderr


def test_show(archive):
    """The fields of an article come one a line; those that it lacks are left out."""
    assert run("show", archive, "veto").stdout.splitlines() == [
        "id:        veto",
        "title:     Kremlin seeks veto",
        "dek:       Moscow wants a say.",
        "url:       /world/veto",
        "published: 2025-01-02T00:00:00+00:00",
        "section:   World",
        "tags:      kremlin, kyiv",
        "author:    A. Writer",
    ]
    assert json.loads(run("show", archive, "veto", "--format", "json").stdout)["tags"] == [
        "kremlin", "kyiv"
    ]  # fmt: skip
    record = json.loads(run("show", archive, "lone", "--format", "json").stdout)
    assert record["expires"] == "2025-02-01T00:00:00+00:00"


def test_show_has_the_near_duplicates(archive):
    """Public copies of an article are shown, newest first; hidden ones are not."""
    text = "Rain falls on the hills from noon and reaches the coast before the night begins."
    copies = [
        {"id": "old", "title": "Rain", "text": text, "published": "2025-01-01"},
        {"id": "new", "title": "Rain", "text": text, "published": "2025-01-02"},
        {"id": "own", "title": "Rain at last", "text": f"Rain. {text}", "published": "2025-01-03"},
        {"id": "gone", "title": "Rain", "text": text, "expires": "2025-01-02"},
        {"id": "soon", "title": "Rain", "text": text, "published": "2999-01-01"},
        {"id": "other", "title": "Rain", "text": "No drop fell.", "published": "2025-01-02"},
    ]
    news = RelatedNews.open(archive)
    news.partial_fit(copies)
    for name, near in {"old": ["own", "new"], "soon": ["own", "new", "old"], "other": []}.items():
        record = json.loads(run("show", archive, name, "--format", "json").stdout)
        assert record.get("near_duplicates", []) == near == news.near_duplicates(name)
    assert "near_duplicates: own, new\n" in run("show", archive, "old").stdout
    assert news.near_duplicates("new", threshold=1) == ["old"]


class Terminal(io.StringIO):
    """Standard output that is a terminal."""

    def isatty(self):
        return True


def test_lists_show_ids(archive, monkeypatch):
    """The column of ids is an option; by default a terminal has it if the table fits."""
    heading = ["#", "score", "date", "id", "title"]
    for command in (["related", archive, "veto"], ["related-blocks", archive, "veto", "similar=3"]):
        with_ids = [line.split() for line in run(*command, "--ids").stdout.splitlines()]
        assert heading in with_ids
        assert any("push" in line for line in with_ids)
        assert heading not in [line.split() for line in run(*command).stdout.splitlines()]
        for columns, has_ids in ((200, True), (30, False)):
            monkeypatch.setenv("COLUMNS", str(columns))
            terminal = Terminal()
            with contextlib.redirect_stdout(terminal):
                main([*map(str, command)], standalone_mode=False)
            words = [line.split() for line in terminal.getvalue().splitlines()]
            assert (heading in words) == has_ids
            with contextlib.redirect_stdout(Terminal()) as terminal:
                main([*map(str, command), "--no-ids"], standalone_mode=False)
            assert heading not in [line.split() for line in terminal.getvalue().splitlines()]


def test_an_id_wins(archive):
    """If an id is equal to titles, it is the article with the id."""
    assert "Lone" in run("show", archive, "Talks push on").stdout


def test_several_articles_have_a_title(archive):
    """The error offers the first few; nothing is chosen."""
    lines = run("show", archive, "talks push on", code=1).stderr.splitlines()
    assert lines == [
        "Error: 2 articles have the title or url 'talks push on'. Give an id:",
        "  2999-01-01  again  Talks push on",
        "              push   Talks push on",
    ]
    lines = run("remove", archive, "weather", code=1).stderr.splitlines()
    assert (len(lines), lines[-1]) == (7, "  and 2 more")
    assert len(RelatedNews.open(archive)) == len(RECORDS)


@pytest.mark.parametrize("name", ["kremlin seeks VETO", "/world/veto"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["related", "A", "NAME", "--format", "json"],
        ["related-blocks", "A", "NAME", "similar=2", "--format", "json"],
        ["show", "A", "NAME"],
        ["explain", "A", "NAME", "push"],
        ["explain", "A", "push", "NAME"],
        ["why-not", "A", "NAME", "push"],
        ["why-not", "A", "push", "NAME"],
        ["rules", "pin", "A", "NAME", "push"],
        ["rules", "pin", "A", "push", "NAME"],
        ["rules", "block", "A", "NAME", "push"],
        ["rules", "block", "A", "push", "NAME"],
        ["remove", "A", "NAME"],
    ],
)
def test_every_command_takes_a_title_or_an_address(tmp_path, arguments, name):
    """A title or an address does what the id does."""

    def outcome(given):
        folder = tmp_path / given.strip("/").partition("/")[0]
        RelatedNews().fit(RECORDS).save(folder)
        places = {"A": folder, "NAME": given}
        result = run(*(places.get(argument, argument) for argument in arguments))
        news = RelatedNews.open(folder)
        return result.output, [*map(str, news.rules)], news.archive_.catalogue.all_ids()

    assert outcome(name) == outcome("veto")


def test_every_argument_with_an_id_is_tested():
    """A command whose arguments name articles is in the test above."""
    tested = {"related", "related_blocks", "show", "explain", "why_not", "remove", "pin", "block"}
    commands = [*main.commands.values(), *main.commands["rules"].commands.values()]
    named = {"id", "ids", "other", "others"}
    found = {
        command.callback.__name__
        for command in commands
        if named & {parameter.name for parameter in command.params}
    }
    assert found <= tested


def test_an_unknown_name(archive):
    """The error has the nearest id or the nearest titles; `why-not` has a reason."""
    assert run("related", archive, "kremlin has veto", code=1).stderr == (
        "Error: no article has the id, title or url 'kremlin has veto'. Articles with a similar "
        "title:\n  2025-01-02  veto  Kremlin seeks veto\n"
    )
    assert "  2025-01-02  veto  Kremlin" in run("show", archive, "kremlin-veto", code=1).stderr
    assert run("explain", archive, "veto", "pushh", code=1).stderr == (
        "Error: no article has the id, title or url 'pushh'. Did you mean 'push'?\n"
    )
    assert run("why-not", archive, "veto", "nobody").stdout == "No article has the id 'nobody'.\n"
    run("why-not", archive, "nobody", "veto", code=1)


@pytest.mark.parametrize("command", [["show"], ["related"], ["remove"], ["rules", "pin"]])
def test_a_name_that_is_not_utf8(archive, command):
    """No article has a name with bytes that are not UTF-8, and the error says so."""
    result = run(*command, archive, "\udcff", *["veto"][: command == ["rules", "pin"]], code=1)
    assert "no article has the id, title or url '\\udcff'" in result.stderr
    run("find", archive, "\udcff", code=1)


def test_files_of_ids_are_ids(archive):
    """A file of ids has no titles: a program wrote it."""
    result = run("remove", archive, "--ids-from", "-", input="Kremlin seeks veto\n", code=1)
    assert "no article has the id 'Kremlin seeks veto'" in result.stderr
