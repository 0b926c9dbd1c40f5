"""The made-up archives of the benchmarks: the same each time, and the same as text and vectors."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from relnews import TfidfVectorizer

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT))

from benchmarks import generate, neighbors, single  # noqa: E402

#: Articles are drawn in blocks of so many here, and these are a block and a bit.
BLOCK, N = 1024, 1100

WEIGHTS: dict[str, dict[str, Any]] = {
    "raw": {},
    "stop": {"stop_words": "english", "sublinear_tf": True, "min_df": 2},
}


@pytest.fixture(scope="module", autouse=True)
def small_blocks() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generate, "BLOCK", BLOCK)
        yield


@pytest.fixture(scope="module")
def articles() -> list[dict[str, str]]:
    return list(generate.articles(N))


@pytest.mark.parametrize("weights", WEIGHTS)
def test_vectors_are_those_of_the_texts(articles: list[dict[str, str]], weights: str) -> None:
    """What is measured on vectors holds for the archive whose text is never made."""
    texts = [f"{article['title']}\n{article['text']}" for article in articles]
    wanted = TfidfVectorizer(dtype=np.float32, **WEIGHTS[weights]).fit_transform(texts)
    found = generate.matrix(N, weights=weights)
    assert found.shape == wanted.shape
    np.testing.assert_array_equal(found.indptr, wanted.indptr)
    np.testing.assert_array_equal(found.indices, wanted.indices)
    np.testing.assert_allclose(found.data, wanted.data, atol=1e-6)
    assert found.has_canonical_format


def test_an_archive_is_the_beginning_of_a_larger_one(articles: list[dict[str, str]]) -> None:
    assert list(generate.articles(N // 2)) == articles[: N // 2]


def test_another_seed_is_another_archive(articles: list[dict[str, str]]) -> None:
    assert next(generate.articles(1, seed=1)) != articles[0]


def test_stories_make_up_less_of_longer_articles() -> None:
    story = np.arange(256, dtype=np.uint64)
    shares = [generate.stories(story, np.full(256, n))[1] for n in (10, 400, 8000)]
    assert (shares[0] >= shares[1]).all()
    assert (shares[1] > shares[2]).all()
    low, high = generate.STORY_SHARE
    assert (shares[1].min(), shares[1].max()) == (low, high)
    assert shares[0].max() == generate.STORY_SHARE_MOST


@pytest.mark.parametrize(("text", "number"), [("500", 500), ("10k", 10_000), ("1M", 1_000_000)])
def test_counts_are_written_short(text: str, number: int) -> None:
    assert neighbors.count(text) == number


def test_tantivy_finds_lists(articles: list[dict[str, str]], tmp_path: Path) -> None:
    """The peer is given every article, and asked for the lists of the drawn ones."""
    pytest.importorskip("tantivy")
    single.lay_out(articles, tmp_path)
    task = single.Task("tantivy", rows=[7, 5], k=3, weights="raw", repeat=1)
    few, many = single.tantivy(tmp_path, task)
    assert (few.name, many.name) == (
        "tantivy, 25 terms (other scores)", "tantivy, all terms (other scores)",
    )  # fmt: skip
    assert [address.doc for address in many.queries] == [7, 5]
    for address in many.queries:
        hits = many.find(address)
        assert len(hits) == 4
        assert address.doc in [hit.doc for _, hit in hits]
