"""Fixtures that several test modules share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import settings

from relnews import RelatedNews
from relnews.cli import main
from relnews.sample import sample_articles
from relnews.search import top_k
from waiting import LIMIT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# The first example often compiles a kernel, which a time limit would measure. `strategies.examples`
# asks for more or fewer. Each run tries the same; `--hypothesis-profile=thorough` tries others each
# time.
settings.register_profile(
    "relnews", deadline=None, print_blob=True, max_examples=25, derandomize=True
)
settings.register_profile(
    "thorough", settings.get_profile("relnews"), max_examples=1000, derandomize=False
)
settings.load_profile("relnews")

# Archives of tests are small, and take the way of large ones. `relnews` in a process of its own,
# the documents and some examples of `tests/search/test_top_k.py` take the way of small ones.
top_k.FEW_ARTICLES = 0


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Return the folder of real news outside the project, from RELNEWS_TEST_DATA."""
    default = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("RELNEWS_TEST_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"no folder of test data at {folder}; name one in RELNEWS_TEST_DATA")
    return folder


@pytest.fixture(scope="module")
def pending_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the sample archive, some of it in no segment yet."""
    folder = tmp_path_factory.mktemp("sample") / "sample.relnews"
    articles = [*sample_articles()]
    RelatedNews().fit(articles[:100]).save(folder)
    RelatedNews.open(folder).partial_fit(articles[100:])
    return folder


@pytest.fixture
def invoke() -> Callable[..., Result]:
    """Return a function that runs `relnews` in this process and returns what click recorded."""

    def run(*arguments: object, **options: Any) -> Result:
        result = CliRunner().invoke(main, list(map(str, arguments)), **options)
        # For every error the user sees a sentence and no traceback.
        assert result.exception is None or isinstance(result.exception, SystemExit), result
        return result

    return run


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
        sync_api.expect.set_options(timeout=1000 * LIMIT)
        yield browser
        browser.close()
