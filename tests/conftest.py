"""Fixtures that several test modules share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# The first example often compiles a kernel, which a time limit would measure.
settings.register_profile("relnews", deadline=None, print_blob=True)
settings.load_profile("relnews")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Return the folder of real news outside the project, from RELNEWS_TEST_DATA."""
    default = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("RELNEWS_TEST_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"no folder of test data at {folder}; name one in RELNEWS_TEST_DATA")
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run headless Chromium."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    names = ("chromium", "chromium-browser", "google-chrome")
    chromium = next(filter(None, map(shutil.which, names)), None)
    if chromium is None:
        pytest.skip("no Chromium or Chrome is installed")
    arguments = [
        "--no-sandbox", "--disable-gpu", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--no-first-run",
    ]  # fmt: skip
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield browser
        browser.close()
