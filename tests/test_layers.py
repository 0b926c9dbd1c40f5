"""Imports go in one direction, and machinery is used where the design says."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "relnews"

#: A module may import those before it.
ORDER = [
    "exceptions",
    "_validation",
    "_kernels",
    "_parallel",
    "articles",
    "catalogue",
    "entries",
    "lists",
    "rules",
    "stored",
    "readers",
    "languages",
    "scripts",
    "analysis",
    "spelling",
    "vocabulary",
    "counts",
    "wording",
    "ignored",
    "features",
    "documents",
    "vectorizer",
    "bounds",
    "neighbors",
    "weights",
    "statistics",
    "postings",
    "opened",
    "recency",
    "selection",
    "modes",
    "queries",
    "ranking",
    "conditions",
    "options",
    "storage",
    "members",
    "index",
    "archive",
    "duplicates",
    "choice",
    "snapshot",
    "plain",
    "standing",
    "updates",
    "audit",
    "shared",
    "names",
    "explain",
    "latest",
    "desk",
    "verdicts",
    "living",
    "related",
    "export",
    "web",
    "evaluation",
    "sample",
    "cli",
    "__main__",
]

#: The only modules that import these libraries at all.
USERS = {
    "joblib": {"_parallel"},
    "numba": {"_kernels"},
    "llvmlite": {"_kernels"},
    "sqlite3": {"catalogue", "_validation"},
    "click": {"cli"},
    "tqdm": {"cli"},
    "jinja2": {"export"},
    "stop_words": {"languages"},
    "ir_measures": {"evaluation"},
    "matplotlib": {"evaluation"},
    "starlette": {"web"},
    "prometheus_client": {"web"},
    "django": {"web"},
    "uvicorn": {"cli"},
    "yaml": {"readers"},
    "markdown_it": {"readers"},
    "feedparser": {"readers"},
    "trafilatura": {"readers"},
    "sqlalchemy": {"readers"},
    "pickle": set(),
}


def imports(path):
    """Yield what a file imports, as dotted names, inside functions and TYPE_CHECKING too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def module_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def test_every_module_has_a_place():
    """A new module is entered into the order; one that is gone leaves it."""
    assert {module_of(path) for path in FILES} == set(ORDER)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(path):
    """A module imports only from those before it."""
    module = module_of(path)
    allowed = {*ORDER[: ORDER.index(module) + 1], "__version__"}
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "relnews" and len(parts) > 1:
            assert parts[1] in allowed, f"{module} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_machinery_has_one_user(path):
    """joblib, Numba, SQLite and the like each live behind one module."""
    module = module_of(path)
    for name in imports(path):
        library = name.split(".")[0]
        assert module in USERS.get(library, {module}), f"{module} imports {library}"
