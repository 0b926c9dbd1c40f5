"""The documents name everything there is; that their examples run is seen to by conftest.py."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import click
import pytest

import relnews
from relnews.archive import _DTYPES
from relnews.articles import Problem
from relnews.bounds import OUTLINE_DTYPES
from relnews.cli import main
from relnews.exceptions import RelnewsError
from relnews.lists import RelatedItem
from relnews.postings import SEGMENT_DTYPES
from relnews.storage import Catalogue

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def document(path: str) -> str:
    return (DOCS / path).read_text(encoding="utf-8")


def test_every_public_name_is_in_the_reference() -> None:
    """Nothing can be imported from relnews that the reference does not describe."""
    described = re.findall(r"auto\w+:: relnews\.(\w+)$", document("reference/api.md"), re.MULTILINE)
    assert sorted(described) == sorted(relnews.__all__)
    assert sorted(relnews.__all__) == sorted(relnews._HOME)


def test_every_command_and_option_is_documented() -> None:
    """Each command has a section, and each of its options a row there."""
    text = document("how-to/command-line.md")
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    assert list(sections) == ["demo", "build", "related", "export", "info"]
    assert set(sections) == set(main.commands)
    for name, command in main.commands.items():
        for option in command.params:
            if isinstance(option, click.Option):
                for spelling in option.opts:
                    assert f"`{spelling}" in sections[name], f"{name} {spelling}"


def test_the_map_names_every_module() -> None:
    """The docstring of the package has one line for each module, and none for what is gone."""
    package = Path(relnews.__file__).parent
    modules = {path.stem for path in package.glob("*.py")} - {"__init__"}
    modules |= {path.parent.name for path in package.glob("*/__init__.py")}
    assert relnews.__doc__ is not None
    assert set(re.findall(r"^`(\w+)`", relnews.__doc__, re.MULTILINE)) == modules


@pytest.mark.parametrize(
    ("heading", "dtypes"),
    [
        ("The vocabulary", _DTYPES["vocabulary"]),
        ("Common terms", _DTYPES["common"]),
        ("A segment", _DTYPES["segment"]),
    ],
)
def test_the_archive_format_names_every_array(heading: str, dtypes: dict[str, object]) -> None:
    """Each array of the folder has a row with its dtype, and no row is of an array that is gone."""
    section = document("reference/archive-format.md").split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", section, re.MULTILINE))
    assert rows == {name: str(dtype) for name, dtype in dtypes.items()}


def test_a_segment_in_a_folder_is_its_arrays_norms_and_outlines() -> None:
    """So the test above sees every array of a segment."""
    assert set(_DTYPES["segment"]) == {*SEGMENT_DTYPES, "norms", *OUTLINE_DTYPES}


def test_the_archive_format_names_every_column() -> None:
    """Tables and columns of the catalogue are those of its schema."""
    text = document("reference/archive-format.md").split("## The catalogue")[1]
    catalogue = Catalogue.in_memory()
    rows = catalogue._connection.execute(
        "SELECT m.name, t.name FROM sqlite_master AS m, pragma_table_info(m.name) AS t "
        "WHERE m.type = 'table'"
    )
    for table, column in rows:
        assert f"`{table}`" in text
        assert f"`{column}`" in text


def test_every_error_is_documented() -> None:
    """The table of errors has each, and the builtin that it also is."""
    text = document("reference/errors.md")
    for error in RelnewsError.__subclasses__():
        assert f"| `{error.__name__}` | `{error.__bases__[1].__name__}` |" in text


def test_every_problem_is_documented() -> None:
    """The table of what is skipped or mended has each kind of problem, and what happens."""
    text = document("how-to/read-articles.md")
    for problem in Problem:
        consequence = problem.consequence.removesuffix(", title only")
        assert f"| {problem.value} | {consequence} |" in text


def test_every_field_is_documented() -> None:
    """The fields that a list shows are among those that the guide to reading names."""
    text = document("how-to/read-articles.md")
    for field in dataclasses.fields(RelatedItem):
        if field.name not in ("rank", "score", "similarity"):
            assert f"`{field.name}`" in text


def test_links_of_the_readme() -> None:
    """What the README links to is there; links between the documents are Sphinx's to check."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", readme):
        assert (ROOT / target).exists(), target
