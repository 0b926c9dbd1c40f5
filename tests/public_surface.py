"""The public surface as text: what callers of Python, the command line, JSON and HTTP rely on.

Run ``python tests/public_surface.py --record`` to write it to the file that
`tests/test_public_surface.py` compares it with.
"""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import importlib
import inspect
import json
import re
import sys
import tempfile
import typing
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
from click.testing import CliRunner

from relnews import RelatedNews
from relnews.cli import main
from relnews.export import json as lists_as_json
from relnews.export.formats import FORMATS
from relnews.options.modes import MODES
from relnews.storage.schema import FORMAT_VERSION, READ_VERSIONS
from relnews.web import openapi
from relnews.web.metrics import Metrics

ROOT = Path(__file__).parents[1]
RECORDED = ROOT / "docs" / "reference" / "public-surface.txt"


def surface() -> str:
    """Return the surface, one name a line, in sections."""
    sections = {
        "Python": python(),
        "Command line": command_line(),
        "Lists as JSON": schema_lines("list", lists_as_json.schema()),
        "JSON of commands": json_of_commands(),
        "HTTP": http(),
        "Metrics": metrics(),
        "Words": words(),
    }
    return "\n".join(f"# {title}\n\n{_joined(lines)}" for title, lines in sections.items())


def _joined(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


# --- Python --------------------------------------------------------------------------------------


def python() -> Iterator[str]:
    """Yield each name of the reference, and the members of classes."""
    page = (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
    for name in sorted(re.findall(r"^\.\. (?:auto|py:)\w+:: (relnews\.[\w.]+)$", page, re.M)):
        module, _, attribute = name.rpartition(".")
        thing = getattr(importlib.import_module(module), attribute)
        if not inspect.isclass(thing):
            yield f"{name}{signature(thing) if callable(thing) else ''}"
            continue
        bases = ", ".join(base.__name__ for base in thing.__bases__ if base is not object)
        yield f"class {name}" + (f" ({bases})" if bases else "")
        yield from (f"    {member}" for member in members(thing))


def members(thing: type) -> Iterator[str]:
    """Yield how to make an instance, then its fields, properties and methods in order of name."""
    if issubclass(thing, enum.Enum):
        yield from (f"{member.name} = {member.value!r}" for member in thing)
        return
    if typing.is_typeddict(thing):
        yield from sorted(thing.__annotations__)
        return
    if thing.__init__ is not object.__init__ and not issubclass(thing, Exception):
        yield f"__init__{signature(thing)}"
    if dataclasses.is_dataclass(thing):
        yield from (field.name for field in dataclasses.fields(thing) if not field.init)
    for name in sorted(dir(thing)):
        owner = next(kind for kind in thing.__mro__ if name in vars(kind))
        if name.startswith("_") or not owner.__module__.startswith("relnews"):
            continue
        member = inspect.getattr_static(thing, name)
        if isinstance(member, (staticmethod, classmethod)) or inspect.isfunction(member):
            yield f"{name}{signature(getattr(thing, name))}"
        elif isinstance(member, property):
            yield f"{name} (property)"


def signature(thing: Any) -> str:
    """Return the parameters of a callable with their defaults, without types."""
    described = inspect.signature(thing)
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in described.parameters.values()
        if parameter.name not in ("self", "cls")
    ]
    return str(inspect.Signature(parameters))


# --- the command line ----------------------------------------------------------------------------


def command_line() -> Iterator[str]:
    """Yield each command with its arguments and options."""
    yield from commands("relnews", main)


def commands(path: str, command: click.Command) -> Iterator[str]:
    """Yield a command, and those below it."""
    arguments = [option for option in command.params if isinstance(option, click.Argument)]
    yield " ".join(
        [path, *(argument.make_metavar(click.Context(command)) for argument in arguments)]
    )
    for option in sorted(command.params, key=lambda option: option.opts):
        if isinstance(option, click.Option):
            yield f"    {described(option)}"
    if isinstance(command, click.Group):
        for name, child in sorted(command.commands.items()):
            yield from commands(f"{path} {name}", child)


def described(option: click.Option) -> str:
    """Return the spellings of an option, its type, and whether it is needed or repeated."""
    kind = "" if option.is_flag else f" {option.type.name}"
    if isinstance(option.type, click.Choice):
        kind = f" [{'|'.join(map(str, option.type.choices))}]"
    notes = [" required"] * option.required + [" repeatable"] * option.multiple
    return f"{', '.join([*option.opts, *option.secondary_opts])}{kind}{''.join(notes)}"


# --- JSON and HTTP -------------------------------------------------------------------------------

STORIES = [
    {"id": "strike", "title": "Ferry crews strike", "text": "The ferry stops.", "section": "City"},
    {"id": "talks", "title": "Talks on the ferry strike", "text": "Crews talk.", "url": "/talks"},
    {"id": "copy", "title": "Talks on the ferry strike", "text": "Crews talk.", "url": "/copy"},
]

COMMANDS = {
    "related-blocks": ["strike", "similar=2"],
    "duplicates": [],
    "explain": ["strike", "talks"],
    "why-not": ["strike", "copy"],
    "find": ["ferry"],
    "show": ["talks"],
    "health": ["--quiet"],
    "evaluate": ["--quiet", "--qrels", "qrels.txt"],
    "rules list": [],
}


def json_of_commands() -> Iterator[str]:
    """Yield the keys of what commands print with ``--format json``."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        RelatedNews().fit(STORIES).save("a.relnews")
        Path("qrels.txt").write_text("strike 0 talks 1\n", encoding="utf-8")
        printed("rules pin", "strike", "talks")
        for command, arguments in COMMANDS.items():
            lines = map(json.loads, printed(command, *arguments, "--format", "json").splitlines())
            yield from dict.fromkeys(key for line in lines for key in keys(command, line))


def printed(command: str, *arguments: str) -> str:
    """Run a command on the archive, and return its output."""
    words = [*command.split(), "a.relnews", *arguments]
    return CliRunner().invoke(main, words, catch_exceptions=False).stdout


def keys(path: str, value: Any) -> Iterator[str]:
    """Yield the paths of the keys of a JSON value; a list of articles is one."""
    if isinstance(value, dict) and "related" not in value:
        for key, its in value.items():
            yield from keys(f"{path}.{key}", its)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        yield from keys(f"{path}[]", value[0])
    else:
        yield path


def schema_lines(path: str, schema: dict[str, Any]) -> Iterator[str]:
    """Yield the keys of a JSON schema, each with its type."""
    for name, definition in schema.get("$defs", {}).items():
        yield from schema_lines(name, definition)
    if "properties" not in schema:
        yield f"{path}: {kind(schema)}"
        return
    for key, value in schema["properties"].items():
        mark = "" if key in schema.get("required", ()) else " optional"
        yield f"{path}.{key}: {kind(value)}{mark}"


def kind(schema: dict[str, Any]) -> str:
    """Return the type of a value, or what it refers to."""
    if "items" in schema:
        return f"array of {kind(schema['items'])}"
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "const" in schema:
        return json.dumps(schema["const"])
    types = schema.get("type", "any")
    return types if isinstance(types, str) else " or ".join(types)


def http() -> Iterator[str]:
    """Yield each request of the service, its parameters and the codes of its answers."""
    described = openapi.document()
    for path, methods in described["paths"].items():
        for method, request in methods.items():
            codes = " ".join(sorted(request["responses"]))
            yield f"{method.upper()} {path} -> {codes}"
            for parameter in request.get("parameters", ()):
                yield f"    {parameter['in']} {parameter['name']}: {kind(parameter['schema'])}"
    for name, schema in described["components"]["schemas"].items():
        if name not in ("list", *lists_as_json.schema()["$defs"]):
            yield from schema_lines(name, schema)


def metrics() -> Iterator[str]:
    """Yield each metric of ``/metrics``."""
    for metric in Metrics().registry.collect():
        yield f"{metric.name} {metric.type}"


# --- words ---------------------------------------------------------------------------------------


def words() -> Iterator[str]:
    """Yield the words that options take, and the versions of archives that open."""
    yield f"modes: {' '.join(MODES)}"
    yield f"formats of lists: {' '.join(FORMATS)}"
    yield f"format of archives: {FORMAT_VERSION}"
    yield f"formats of archives that open: {' '.join(map(str, READ_VERSIONS))}"


if __name__ == "__main__":
    if sys.argv[1:] == ["--record"]:
        RECORDED.write_text(surface(), encoding="utf-8")
    else:
        sys.stdout.write(surface())
