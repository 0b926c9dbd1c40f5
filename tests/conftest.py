"""Fixtures that several test modules share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The first example of many a test compiles a kernel: time limits would measure that.
settings.register_profile("relnews", deadline=None, print_blob=True)
settings.load_profile("relnews")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Return the folder of real news, which is no part of the project: RELNEWS_TEST_DATA."""
    default = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("RELNEWS_TEST_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"no folder of test data at {folder}; name one in RELNEWS_TEST_DATA")
    return folder
