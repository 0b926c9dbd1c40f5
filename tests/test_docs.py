"""The documents name everything there is; conftest.py runs their examples."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import click
import pytest

import relnews
from relnews import evaluation
from relnews.cli import main
from relnews.exceptions import RelnewsError
from relnews.readers import visibility
from relnews.readers.load_report import Problem
from relnews.results import RelatedItem
from relnews.storage.arrays import DTYPES
from relnews.storage.catalogue import Catalogue
from relnews.storage.schema import FORMAT_VERSION

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def document(path: str) -> str:
    return (DOCS / path).read_text(encoding="utf-8")


def test_every_public_name_is_in_the_reference() -> None:
    """Nothing can be imported from relnews that the reference does not describe."""
    described = re.findall(r"auto\w+:: relnews\.(\w+)$", document("reference/api.md"), re.MULTILINE)
    assert sorted(described) == sorted(relnews.__all__)
    assert sorted(relnews.__all__) == sorted(relnews._HOME)


def test_every_name_of_the_evaluation_is_in_the_reference() -> None:
    """Nothing can be imported from relnews.evaluation that the reference does not describe."""
    text = document("reference/api.md")
    described = re.findall(r":: relnews\.evaluation\.(\w+)$", text, re.MULTILINE)
    assert sorted(described) == sorted(evaluation.__all__)


def test_every_command_and_option_is_documented() -> None:
    """Each command has a section, and each of its options a row there."""
    text = document("how-to/command-line.md")
    sections = dict(re.findall(r"^## ([\w-]+)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    assert list(sections) == [
        "demo", "build", "merge", "related", "related-blocks", "find", "show", "export", "info",
        "duplicates", "rules", "review", "explain", "why-not", "update", "remove", "store-lists",
        "serve", "compact", "verify", "backup", "fetch", "evaluate", "tune", "health", "help",
        "warm-up",
    ]  # fmt: skip
    assert set(sections) == set(main.commands)
    for name, command in main.commands.items():
        for option in command.params:
            if isinstance(option, click.Option):
                for spelling in option.opts:
                    assert f"`{spelling}" in sections[name], f"{name} {spelling}"


def test_the_map_names_every_module() -> None:
    """The package's docstring names every wing and module of the top level, and no other."""
    package = Path(relnews.__file__).parent
    modules = {path.stem for path in package.glob("*.py")} - {"__init__"}
    modules |= {path.parent.name for path in package.glob("*/__init__.py")}
    assert relnews.__doc__ is not None
    assert set(re.findall(r"`(\w+)`", relnews.__doc__)) == modules


#: Section of each kind of folder.
SECTIONS = {
    "vocabulary": "The vocabulary", "epoch": "An epoch", "segment": "A segment",
    "outline": "An outline", "lines": "The lines of a part",
}  # fmt: skip


@pytest.mark.parametrize("kind", DTYPES)
def test_the_archive_format_names_every_array(kind: str) -> None:
    """Each array of the folder has a row with its dtype, and each row has an array."""
    text = document("reference/archive-format.md")
    section = text.split(f"## {SECTIONS[kind]}\n")[1].split("\n## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", section, re.MULTILINE))
    assert rows == {name: str(dtype) for name, dtype in DTYPES[kind].items()}


def test_the_archive_format_names_every_column() -> None:
    """The page names the schema's tables, columns and version."""
    text = document("reference/archive-format.md")
    assert f"format version {FORMAT_VERSION}." in text
    sections = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL))
    columns: dict[str, set[str]] = {}
    catalogue = Catalogue.in_memory()
    for table, column in catalogue._database.connection.execute(
        "SELECT m.name, t.name FROM sqlite_master AS m, pragma_table_info(m.name) AS t "
        "WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'"
    ):
        columns.setdefault(table, set()).add(column)
    assert sections.keys() == columns.keys()
    for table, names in columns.items():
        cells = re.findall(r"^\| (`.*?) \|", sections[table], re.MULTILINE)
        described = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
        assert names <= described, table


def test_every_error_is_documented() -> None:
    """The table of errors has each error and its builtin base class."""
    text = document("reference/errors.md")
    for error in RelnewsError.__subclasses__():
        assert f"| `{error.__name__}` | `{error.__bases__[1].__name__}` |" in text


def test_every_problem_is_documented() -> None:
    """The table of problems has each kind of problem and its consequence."""
    text = document("how-to/read-articles.md")
    for problem in Problem:
        consequence = problem.consequence.removesuffix(", title only")
        assert f"| {problem.value} | {consequence} |" in text


#: Section of the page of each set of names in `relnews.readers.visibility`.
VISIBILITY = {
    "HIDES_IF_ON": "Hidden if on",
    "HIDES_IF_ON_SWITCH": "Hidden if on, and otherwise something else",
    "HIDES_IF_OFF": "Hidden if off",
    "HIDES_IF_OFF_SWITCH": "Hidden if off, and otherwise something else",
    "HIDES_IF_SET": "Hidden if set",
    "PASSWORDS": "Passwords",
    "STATES": "States",
    "POSSIBLE_STATES": "States",
    "PUBLIC_STATES": "Words of public states",
    "HIDDEN_STATES": "Words of hidden states",
    "EMBARGOES": "Embargoes",
    "PLUGIN_SWITCHES": "Switches of plugins",
    "RESTRICTIONS": "Groups of readers",
    "ROBOTS": "Robots",
    "OWN_OBJECTS": "Objects about the article",
    "UNMISTAKABLE": "All other objects",
}


def test_every_rule_of_visibility_is_documented() -> None:
    """Each set of names has its section, with exactly these names in it."""
    text = document("explanation/what-is-public.md")
    sections = dict(re.findall(r"^### (.*?)\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL))
    rules = {name for name in vars(visibility) if name.isupper() and not name.startswith("_")}
    assert rules == VISIBILITY.keys()
    for title in set(VISIBILITY.values()):
        names = {name for rule, its in VISIBILITY.items() if its == title
                 for name in getattr(visibility, rule)}  # fmt: skip
        lines = re.findall(r"^(?:`\w+`(?:, |,?\n|,?\Z))+", sections[title], re.MULTILINE)
        assert set(re.findall(r"`(\w+)`", "".join(lines))) == names, title


def test_every_test_that_is_named_exists() -> None:
    """A rule on a page names a test that there is."""
    named = [
        found
        for page in DOCS.rglob("*.md")
        for found in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page.read_text(encoding="utf-8"))
    ]
    assert named
    for path, name in named:
        assert f"\ndef {name}(" in (ROOT / path).read_text(encoding="utf-8"), name


def test_every_field_is_documented() -> None:
    """The guide to reading names each field that a list shows."""
    text = document("how-to/read-articles.md")
    for field in dataclasses.fields(RelatedItem):
        if field.name not in (
            "rank",
            "score",
            "similarity",
            "near_duplicates",
            "reason",
            "mentions",
        ):
            assert f"`{field.name}`" in text


def test_the_citation_names_the_version() -> None:
    """The version is written in two places, which agree."""
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {relnews.__version__}\n" in citation


def test_links_of_the_readme() -> None:
    """The README's links to files work; Sphinx checks links between documents."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", readme):
        assert (ROOT / target).exists(), target
