"""Imports go in one direction between wings, and machinery is used where the design says."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "relnews"

#: Rooms of the top level that every wing may use; each imports only earlier ones.
SHARED = [
    "_checks", "exceptions", "dates", "articles", "results", "_parallel",
]  # fmt: skip

#: The wings, and the wings that each may import in addition to the shared rooms.
WINGS = {
    "_kernels": set(),
    "text": {"_kernels"},
    "options": set(),
    "search": {"_kernels", "text", "options"},
    "estimators": {"_kernels", "text", "search"},
    "storage": {"_kernels", "options", "search"},
    "archive": {"_kernels", "text", "options", "search", "storage"},
    "lists": {"_kernels", "text", "options", "search", "storage", "archive"},
    "readers": {"storage"},
    "maintenance": {
        "_kernels", "text", "options", "search", "storage", "archive", "lists",
    },
    "tuning": {"_kernels", "options", "search", "storage", "archive"},
    "related": {
        "options", "estimators", "storage", "archive", "lists", "readers", "maintenance", "tuning",
    },
    "distributed": {"options", "storage", "archive", "lists", "readers", "maintenance", "related"},
    "warming": {"options", "search", "related"},
    "export": {"options", "storage", "related"},
    "web": {"text", "options", "storage", "related", "export"},
    "evaluation": {"readers", "tuning", "related", "export"},
    "sample": {"readers"},
    "cli": {
        "options", "storage", "readers", "related", "export", "web", "evaluation", "sample",
    },
    "__main__": {"cli"},
}  # fmt: skip

#: The only wings that import these libraries at all.
USERS = {
    "joblib": {"_parallel"},
    "threadpoolctl": {"search"},
    "numba": {"_kernels"},
    "llvmlite": {"_kernels"},
    "sqlite3": {"storage"},
    "fsspec": {"cli", "storage"},
    "pyarrow": {"export"},
    "click": {"cli"},
    "tqdm": {"cli"},
    "jinja2": {"export"},
    "babel": {"export"},
    "stop_words": {"text"},
    "ir_measures": {"evaluation"},
    "matplotlib": {"evaluation", "lists", "related"},
    "starlette": {"web"},
    "prometheus_client": {"web"},
    "django": {"web"},
    "dask": {"distributed"},
    "uvicorn": {"cli", "web"},
    "yaml": {"readers"},
    "dateutil": {"readers"},
    "docutils": {"readers"},
    "unidecode": {"readers"},
    "markdown_it": {"readers"},
    "pathspec": {"readers"},
    "wcmatch": {"readers"},
    "feedparser": set(),
    "trafilatura": {"readers"},
    "wordllama": {"archive"},
    "sqlalchemy": {"readers"},
    "pickle": {"web"},  # between a service and the processes that it starts
}


def imports(path):
    """Yield what a file imports, as dotted names, inside functions and TYPE_CHECKING too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def wing_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def allowed(wing):
    """Return the names below `relnews` that a wing may import."""
    if wing in SHARED:
        return {*SHARED[: SHARED.index(wing) + 1]}
    return {wing, *SHARED, *WINGS[wing]}


FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def test_every_module_has_a_wing():
    """The table lists exactly the wings that exist."""
    assert {wing_of(path) for path in FILES} == {*SHARED, *WINGS}


def test_no_wing_is_built_on_a_later_one():
    """The table is in order, so that no two wings can import each other."""
    names = [*WINGS]
    for number, (wing, others) in enumerate(WINGS.items()):
        assert others <= {*names[:number]}, wing


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(path):
    """A module imports only from its own wing, the shared rooms and the wings in the table."""
    wing = wing_of(path)
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "relnews" and len(parts) > 1:
            assert parts[1] in {*allowed(wing), "__version__"}, f"{wing} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_machinery_has_one_user(path):
    """joblib, Numba, SQLite and the like each live behind one wing."""
    wing = wing_of(path)
    for name in imports(path):
        library = name.split(".")[0]
        assert wing in USERS.get(library, {wing}), f"{wing} imports {library}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_is_read_in_one_sitting(path):
    """A module has one noun; one of more than 450 lines has a second."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 450
