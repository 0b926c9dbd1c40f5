"""The commands of editors' rules, and the options of lists."""

import dataclasses
import json

import pytest
from click.testing import CliRunner

from relnews import Recency, RelatedNews, Rule, Selection
from relnews.cli import main
from relnews.options.list_options import TEXT_OPTIONS, Options
from relnews.sample import DEMO_ID, sample_articles
from relnews.storage.rule_kinds import KINDS

RATES = "how-falling-ecb-rates-reach-borrowers"
VETO = "kremlin-seeks-veto-on-ukraine-security-guarantees"


@pytest.fixture
def archive(tmp_path):
    """Return the folder of the sample archive."""
    folder = tmp_path / "a.relnews"
    RelatedNews().fit(sample_articles()).save(folder)
    return folder


def run(*arguments, code=0, **more):
    result = CliRunner().invoke(main, [*map(str, arguments)], **more)
    assert result.exit_code == code, result.output
    return result


def ids(*arguments):
    record = json.loads(run("related", *arguments, "--format", "json").stdout)
    return [item["id"] for item in record["related"]]


def test_rules_come_and_go(archive):
    """Each command changes the rules as its help says, and `list` prints them."""
    assert run("rules", "list", archive).stderr == "No rules.\n"
    run("rules", "pin", archive, DEMO_ID, RATES, VETO)
    run("rules", "block", archive, DEMO_ID, "no-such", code=1)
    run("rules", "hide", archive, "title=live: *")
    run("rules", "never", archive, "section=Sport", "tag=ukraine")
    assert ids(archive, DEMO_ID, "-k", 3)[:2] == [RATES, VETO]
    news = RelatedNews.open(archive)
    news.remove(RATES)
    assert ids(archive, DEMO_ID, "-k", 3)[0] == VETO

    lines = run("rules", "list", archive).stdout.splitlines()
    assert lines == [
        f"1. the list of id={DEMO_ID} begins with id={RATES} (asleep: {RATES!r} is not in the "
        "archive)",
        f"2. the list of id={DEMO_ID} begins with id={VETO}",
        "3. title=live: * is in no list (asleep: no article has the title 'live: *')",
        "4. section=Sport and tag=ukraine are never in each other's lists",
    ]
    records = [
        json.loads(line)
        for line in run("rules", "list", archive, "--format", "json").stdout.splitlines()
    ]
    assert records[0].pop("asleep") == f"{RATES!r} is not in the archive"
    assert [record.pop("asleep", None) for record in records] == [
        None, None, "no article has the title 'live: *'", None
    ]  # fmt: skip
    every = [*news.rules]
    assert [Rule(**record) for record in records] == every
    run("rules", "drop", archive, 1, 3)
    assert [*news.rules] == [
        Rule("pin", f"id={DEMO_ID}", f"id={VETO}"), Rule("never", "section=Sport", "tag=ukraine")
    ]  # fmt: skip
    assert "no number 3" in run("rules", "drop", archive, 3, code=1).stderr
    news.rules.replace(every)
    assert run("rules", "list", archive).stdout.splitlines() == lines
    assert "give an OTHER" in run("rules", "pin", archive, DEMO_ID, code=2).stderr
    run("rules", "pin", archive, DEMO_ID, "--replace")
    assert len(news.rules) == 2
    run("rules", "block", archive, DEMO_ID, VETO, "--both-ways")
    assert news.rules[-1].kind == "never"
    assert DEMO_ID not in ids(archive, VETO)
    assert VETO not in ids(archive, DEMO_ID, "-k", 8)


def test_commands_say_what_they_change(archive):
    """Rules that are added and removed are printed, and an inactive one has its reason."""
    pin = f"the list of id={DEMO_ID} begins with id="
    got = [
        run("rules", *arguments).stderr
        for arguments in (
            ["pin", archive, DEMO_ID, RATES],
            ["pin", archive, DEMO_ID, VETO],
            ["pin", archive, DEMO_ID, VETO],
            ["pin", archive, DEMO_ID, VETO, RATES, "--replace"],
            ["pin", archive, DEMO_ID, VETO, "--replace"],
            ["hide", archive, "section=Wrold"],
            ["drop", archive, 1, 2],
        )
    ]
    assert got == [
        f"added: {pin}{RATES}\n",
        f"added: {pin}{VETO}\n",
        "No change: the rules were like this before.\n",
        "The pins have another order.\n",
        f"removed: {pin}{RATES}\n",
        "added: section=Wrold is in no list (asleep: no article has the section 'Wrold'; did you "
        "mean 'World'?)\n",
        f"removed: {pin}{VETO}\nremoved: section=Wrold is in no list\n",
    ]
    assert len(RelatedNews.open(archive).rules) == 0


def test_words_are_ignored(archive):
    """Ignored words are added, listed and dropped; a word of no article is inactive."""
    run("rules", "ignore", archive, "Ukraine", "associated nowhere")
    lines = run("rules", "list", archive).stdout.splitlines()
    assert lines == [
        "1. the word 'Ukraine' is ignored",
        "2. the word 'associated' is ignored (asleep: no article has the word)",
        "3. the word 'nowhere' is ignored (asleep: no article has the word)",
    ]
    found = run("explain", archive, DEMO_ID, VETO).stdout
    assert "security" in found
    assert "ukraine" not in found
    run("rules", "drop", archive, 1, 2, 3)
    assert "ukraine" in run("explain", archive, DEMO_ID, VETO).stdout
    assert "one word" in run("rules", "ignore", archive, "", code=2).stderr


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_has_a_command(archive, kind):
    """Each kind of rule has a command with help and working examples."""
    assert f"relnews rules {kind.name} my.relnews" in run("rules", kind.name, "--help").stdout
    for parts in kind.examples:
        run("rules", kind.name, archive, *parts)
        assert RelatedNews.open(archive).rules[-1] == Rule(kind.name, *parts)


@pytest.mark.parametrize("parts", [["hide", "World"], ["never", "tag=x", "colour=red"]])
def test_rules_of_no_articles(archive, parts):
    """Arguments that name no articles are a usage error and change no rules."""
    result = run("rules", parts[0], archive, *parts[1:], code=2)
    assert "id=… or section=… or tag=… or title=…" in result.stderr
    assert len(RelatedNews.open(archive).rules) == 0


LIST_COMMANDS = ["related", "related-blocks", "export", "explain", "why-not"]


def test_every_command_that_makes_lists_has_the_same_options():
    """All commands share one table of options, which covers Python's parameters."""
    names = {option.name for option in TEXT_OPTIONS}
    parameters = [field.name for kind in (Recency, Selection) for field in dataclasses.fields(kind)]
    assert names == {*Options.__annotations__, *parameters} - {"recency", "selection"}
    for command in LIST_COMMANDS:
        assert names <= {option.name for option in main.commands[command].params}


def test_options_are_those_of_python(archive):
    """Every option reaches the Python parameter."""
    news = RelatedNews.open(archive)
    every = {
        ("--mode", "background"): {"mode": "background"},
        ("--after", "2025-08-20"): {"after": "2025-08-20"},
        ("--before", "2025-08-20"): {"before": "2025-08-20"},
        ("--within", "2"): {"within": 2},
        ("--when", "after"): {"when": "after"},
        ("--filter", "section=Sport", "--filter", "section=Economy"): {
            "filters": {"section": ["Sport", "Economy"]}
        },
        ("--exclude", VETO): {"exclude": [VETO]},
        ("--keep", "oldest", "--wire-source", "x", "--wire-source", "y"): {
            "selection": Selection(keep="oldest", wire_sources=["x", "y"])
        },
        ("--duplicate-threshold", "none"): {"selection": Selection(duplicate_threshold=None)},
        ("--duplicate-threshold", "0.3", "--mode", "similar"): {
            "mode": "similar",
            "selection": Selection(duplicate_threshold=0.3, cutoff=None),
        },
        ("--cap", "story=1", "--story", "0.3", "--diversity", "0.2"): {
            "selection": Selection(caps={"story": 1}, story=0.3, diversity=0.2)
        },
        ("--half-life", "2", "--floor", "0", "--offset", "1", "--anchor", "2025-01-30"): {
            "recency": Recency(2, 0, 1, anchor="2025-01-30")
        },
        ("--cutoff", "none"): {"selection": Selection(cutoff=None)},
        ("--cutoff", "0.9"): {"selection": Selection(cutoff=0.9)},
        ("--fallback", "newest", "--min-score", "0.3"): {"mode": "similar"},
    }
    for arguments, options in every.items():
        if "--fallback" not in arguments:
            assert ids(archive, DEMO_ID, *arguments) == news.related(DEMO_ID, **options).ids
    assert len(ids(archive, DEMO_ID, "--min-score", "0.3")) < 8
    assert len(ids(archive, DEMO_ID, "--min-score", "0.3", "--fallback", "newest")) == 8
    assert 0 < len(ids(archive, DEMO_ID, "--cutoff", "0.9")) < 8
    assert len(ids(archive, DEMO_ID, "--cap", "story=1", "--cutoff", "none")) == 8
    faded = run("related", archive, DEMO_ID, "--half-life", "1", "--floor", "0", "-k", 1)
    assert "0.346" not in faded.stdout
    result = run("export", archive, "-o", "-", "-q", "--mode", "news", "--filter", "section=Sport")
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert {item["section"] for record in records for item in record["related"]} == {"Sport"}
    assert ids(archive, "--title", "guarantees", "--exclude", VETO, "-k", 50).count(VETO) == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--after", "soon"], "expected an ISO 8601 date"),
        (["--filter", "World"], "expected FIELD=VALUE, such as section=World, got 'World'"),
        (["--filter", "colour=red"], "`filters` can name"),
        (["--cap", "source=x"], "expected a number of items"),
        (["--cap", "colour=2"], "`caps` can be on"),
        (["--diversity", "2"], "`diversity` must be from 0 to 1"),
        (["--half-life", "0"], "`half_life` must be above 0"),
        (["--floor", "0.5"], "`floor` needs `half_life`"),
        (["--anchor", "now"], "`anchor` needs `half_life`"),
        (["--anchor", "soon", "--half-life", "9"], "`anchor` must be 'article', 'now' or a time"),
        (["--mode", "nws"], "Invalid value for '--mode'"),
        (["--within", "-1"], "`within` must be from 0"),
        (["--duplicate-threshold", "all"], "expected a number or none, got 'all'"),
        (["--mentions", "-1"], "`mentions` must be at least 0"),
    ],
)
def test_options_that_are_none(archive, tmp_path, arguments, words):
    """An invalid option is one line and exit code 2, before anything is written."""
    assert words in run("related", archive, DEMO_ID, *arguments, code=2).stderr
    lists = tmp_path / "lists.jsonl"
    assert words in run("export", archive, "-o", lists, *arguments, code=2).stderr
    assert not lists.exists()
    for command in ("explain", "why-not"):
        assert words in run(command, archive, DEMO_ID, VETO, *arguments, code=2).stderr
    assert words in run("related-blocks", archive, DEMO_ID, "news=2", *arguments, code=2).stderr


def test_blocks(archive):
    """`related-blocks` prints several lists without common items."""
    sizes = ["newest=3", "background=3", "more=2"]
    record = json.loads(run("related-blocks", archive, DEMO_ID, *sizes, "--format", "json").stdout)
    lists = record["blocks"]
    assert [*lists] == ["newest", "background", "more"]
    every = [item["id"] for block in lists.values() for item in block["related"]]
    assert len(every) == len({*every}) == 8
    tables = run("related-blocks", archive, DEMO_ID, *sizes).stdout
    assert tables.startswith("newest\n#")
    assert "\n\nbackground\n#" in tables
    assert "`mode` must be one of" in run("related-blocks", archive, DEMO_ID, "x=3", code=2).stderr
    assert "at least 1" in run("related-blocks", archive, DEMO_ID, "more=0", code=2).stderr
    assert "expected a number" in run("related-blocks", archive, DEMO_ID, "more=x", code=2).stderr
    run("related-blocks", archive, "no-such-id", "more=1", code=1)
    assert "MODE=K" in run(
        "related-blocks", archive, DEMO_ID, "more=2", "--mode", "news", code=2
    ).stderr  # fmt: skip
    got = run(
        "related-blocks", archive, DEMO_ID, *sizes, "--filter", "section=Sport", "--format", "json"
    ).stdout  # fmt: skip
    expected = RelatedNews.open(archive).related_blocks(
        DEMO_ID, {"newest": 3, "background": 3, "more": 2}, filters={"section": "Sport"}
    )
    assert json.loads(got)["blocks"] == {mode: one.to_dict() for mode, one in expected.items()}


def test_explanations_take_options(archive):
    """`explain` and `why-not` use the options of the list."""
    news = RelatedNews.open(archive)
    got = run("explain", archive, DEMO_ID, VETO, "--when", "after", "--format", "json").stdout
    assert json.loads(got) == news.explain(DEMO_ID, VETO, when="after").to_dict()
    got = run("why-not", archive, DEMO_ID, VETO, "--mode", "follow_up").stdout
    assert got == f"{news.why_not(DEMO_ID, VETO, mode='follow_up')}\n"


def test_a_length_beyond_all_integers(archive, tmp_path):
    """A length that no array has is as good as that of the archive, for every command."""
    lists = tmp_path / "lists.csv"
    for command in (["related", archive, DEMO_ID], ["demo"], ["export", archive, "-o", lists]):
        run(*command, "-k", 1 << 63)
