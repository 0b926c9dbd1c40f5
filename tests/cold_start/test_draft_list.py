"""The first list of a process, made without kernels, equals the list of the kernels."""

import datetime as dt
import subprocess
import sys
import tempfile
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relnews import Recency, RelatedNews
from relnews.articles import Article
from relnews.cold_start import draft_list, mapped_archive
from relnews.maintenance import merging
from relnews.text.vocabulary import Vocabulary
from strategies import DATES, archives_with_copies, texts


def lists(news, k, **draft):
    """Return the list that NumPy makes, and the one that kernels make."""
    article = Article(**{"id": "", "title": "", "text": "", "published": None, **draft})
    return draft_list.list_of_draft(news._catalogue, article, k), news.related_to_text(**draft, k=k)


@given(
    archives_with_copies(max_size=20), archives_with_copies(max_size=6), texts(5), texts(14),
    st.sampled_from(DATES), st.integers(1, 6), st.data(),
)  # fmt: skip
def test_lists_are_those_of_kernels(articles, more, title, text, published, k, data):
    """Ids, order, scores and exclusions equal the kernels', for any archive and draft."""
    options = {
        "stop_words": data.draw(st.sampled_from([None, ("the", "and", "can't")])),
        "normalization": data.draw(st.sampled_from(["english", None])),
        "title_overlap": data.draw(st.sampled_from([0.1, 0.0, 1.0])),
        "title_weight": data.draw(st.sampled_from([1.0, 0.0])),
        "sublinear_tf": data.draw(st.booleans()),
        "recency": data.draw(st.sampled_from([None, Recency(), Recency(2.0, 0.25)])),
    }
    with (
        tempfile.TemporaryDirectory() as folder, mock.patch.object(merging, "PENDING_ARTICLES", 4),
        mock.patch("relnews.lists.containment.SAME_WORDS", 3),
    ):  # fmt: skip
        RelatedNews(**options).fit(articles).save(folder)
        news = RelatedNews.open(folder)
        news.partial_fit(more[:4])
        news.partial_fit(more[4:])
        ids = [article["id"] for article in articles if article["id"] in news]
        if ids:
            news.remove(data.draw(st.lists(st.sampled_from(ids), unique=True, max_size=3)))
        drafts = [{"title": title, "text": text, "published": published}, *(
            {"title": article["title"], "text": article["text"]} for article in articles[:2]
        )]  # fmt: skip
        for draft in drafts:
            if (draft["title"] + draft["text"]).strip():
                found, expected = lists(news, k, **draft)
                assert found == expected


@pytest.mark.parametrize("at_once", [1, 7, 1 << 18])
def test_sums_of_pieces_are_those_of_the_whole(tmp_path, at_once):
    """Postings summed in pieces give the sums of the whole."""
    rng = np.random.default_rng(0)
    words = [f"w{i}" for i in range(60)]
    RelatedNews().fit(
        {
            "id": str(i),
            "title": " ".join(rng.choice(words, 3)),
            "text": " ".join(rng.choice(words, 30)),
        }
        for i in range(200)
    ).save(tmp_path)
    news = RelatedNews.open(tmp_path)

    with mock.patch.object(mapped_archive, "_AT_ONCE", at_once):
        found, expected = lists(news, 8, title="w1 w2 w3", text=" ".join(rng.choice(words, 40)))
    assert found == expected
    assert len(found) == 8


def test_what_may_not_be_seen_is_not(tmp_path):
    """Articles under embargo and expired articles are not listed."""
    never, past = dt.datetime(2998, 1, 1, tzinfo=dt.UTC), dt.datetime(1999, 1, 1, tzinfo=dt.UTC)
    RelatedNews().fit([
        {"id": "a", "title": "dike breach"},
        {"id": "b", "title": "dike breach", "published": never},
        {"id": "c", "title": "dike breach", "expires": past},
        {"id": "d", "title": "dike breach reported", "expires": never},
    ]).save(tmp_path)  # fmt: skip
    found, expected = lists(RelatedNews.open(tmp_path), 8, text="a dike again")

    assert found == expected
    assert {*found.ids} == {"a", "d"}


def test_kernels_have_to_where_it_is_more_than_a_ranking(tmp_path):
    """Rules, long lists and damaged archives are left to the kernels."""
    RelatedNews().fit({"id": i, "title": "dike breach", "text": i} for i in "abc").save(tmp_path)
    news, draft = RelatedNews.open(tmp_path), Article(id="", title="dike")

    assert draft_list.list_of_draft(news._catalogue, draft, draft_list.MOST) is not None
    assert draft_list.list_of_draft(news._catalogue, draft, draft_list.MOST + 1) is None
    news.rules.hide("id=b")
    assert draft_list.list_of_draft(news._catalogue, draft, 3) is None
    news.rules.drop(*news.rules)
    assert draft_list.list_of_draft(news._catalogue, draft, 3) is not None
    (posting,) = tmp_path.glob("*/posting.npy")
    content = bytearray(posting.read_bytes())
    content[-1] ^= 1
    posting.write_bytes(content)
    assert draft_list.list_of_draft(news._catalogue, draft, 3) is None


@given(st.lists(st.text(min_size=1, max_size=40), unique=True, max_size=30), st.text(min_size=1))
def test_words_are_found_as_kernels_find_them(words, other):
    """Words of any length are found as the kernels find them, under any seed."""
    spelt = [word.encode("utf-8", "surrogatepass") for word in words]
    vocabulary = Vocabulary.of(spelt)
    for _ in range(2):
        arrays = {"table": vocabulary.table, "blob": vocabulary.blob}
        arrays["term_ptr"] = vocabulary.term_ptr
        found = [mapped_archive._number(arrays, word, vocabulary.seed) for word in spelt]
        assert found == [*range(len(words))]
        if other not in words:
            unknown = other.encode("utf-8", "surrogatepass")
            assert mapped_archive._number(arrays, unknown, vocabulary.seed) == -1
        vocabulary._rehash(vocabulary.table.size, reseed=True)


def test_the_first_list_of_a_process_is_without_numba(tmp_path):
    """The first list needs no Numba; the second uses kernels and is equal."""
    script = (
        "import sys\n"
        "from relnews import RelatedNews\n"
        "news = RelatedNews.open(sys.argv[1])\n"
        "heavy = {'numba', 'sklearn', 'scipy', 'joblib'}\n"
        "first = news.related_to_text('talks on guarantees', title='Kyiv')\n"
        "assert not heavy & {*sys.modules}, heavy & {*sys.modules}\n"
        "second = news.related_to_text('talks on guarantees', title='Kyiv')\n"
        "assert 'numba' in sys.modules\n"
        "assert first == second\n"
        "print(*first.ids)\n"
    )
    news = RelatedNews().fit(
        {"id": f"{i}", "title": f"Kyiv hosts talks {i}", "text": "guarantees " * (i % 3) + f"of{i}"}
        for i in range(12)
    )
    news.save(tmp_path / "a.relnews")

    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "a.relnews")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == news.related_to_text("talks on guarantees", title="Kyiv").ids
