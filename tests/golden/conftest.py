"""The option that records golden answers instead of comparing them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from golden.recorded import Recording


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--record-golden``."""
    parser.addoption(
        "--record-golden", action="store_true", default=False,
        help="write the golden answers down instead of comparing them",
    )  # fmt: skip


@pytest.fixture(scope="session")
def recording(request: pytest.FixtureRequest) -> Callable[[str], Recording]:
    """Return the recorded answers of an archive, by name."""
    is_recorded = request.config.getoption("--record-golden", default=False)
    return lambda name: Recording(name, is_recorded)
