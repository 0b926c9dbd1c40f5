"""The compiled counting pass against regular expressions and a dict."""

import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import reference
from relnews import counts as counts_module
from relnews.analysis import Analysis, encode, word_characters
from relnews.articles import Article
from relnews.counts import Counter

any_text = st.text(max_size=60)


def count(texts, stop_words=()):
    """Count plain texts; one dict of decoded terms for each."""
    counter = Counter(stop_words)
    for text in texts:
        counter.add([(encode(text), 1)])
    return decoded(counter.take(), counter.vocabulary())


def decoded(counts, vocabulary):
    rows = [{} for _ in range(counts.n_articles)]
    terms = vocabulary.decode(range(len(vocabulary)))
    for article, term, tf in zip(counts.article, counts.term, counts.count, strict=True):
        assert terms[term] not in rows[article]
        rows[article][terms[term]] = int(tf)
    return rows


@given(st.lists(any_text, max_size=6))
def test_terms_and_counts_of_any_unicode(texts):
    """Terms are those of the regular expression over the lower-cased text, whatever the script."""
    assert count(texts) == [dict(reference.term_counts({"text": text})) for text in texts]


@given(st.lists(any_text, max_size=4), st.lists(any_text, max_size=4))
def test_stop_words_go_through_the_same_tokeniser(texts, stop_words):
    """A stop word stops each term that it consists of."""
    expected = [dict(reference.term_counts({"text": t}, stop_words=stop_words)) for t in texts]

    assert count(texts, stop_words) == expected


@given(any_text, any_text, any_text, st.integers(0, 5))
def test_title_words_count_title_weight_times(title, dek, text, weight):
    """An article's count of a term is the weighted sum over its fields."""
    analysis = Analysis(title_weight=weight, stop_words=None)
    counter = Counter()
    counter.add(analysis.parts(Article("a", title, dek, text)))
    expected = reference.term_counts({"title": title, "dek": dek, "text": text}, weight)

    (row,) = decoded(counter.take(), counter.vocabulary())

    assert row == {term: tf for term, tf in expected.items() if tf}


def test_word_characters_are_those_of_the_regular_expression():
    r"""Every code point is classified as ``\w`` does, surrogates included."""
    is_word = word_characters()
    sample = [*range(0x3000), *range(0xD7F0, 0xE010), 0x1D518, 0x1F642, sys.maxunicode]

    assert [bool(is_word[c]) for c in sample] == [
        bool(reference.re.match(r"\w", chr(c))) for c in sample
    ]


@given(st.lists(any_text, min_size=1, max_size=8), st.integers(0, 40))
def test_batches_do_not_matter(texts, batch_bytes):
    """Articles counted one by one or all at once have the same terms under the same numbers."""
    whole = Counter()
    pieces = Counter()
    for text in texts:
        whole.add([(encode(text), 1)])
    try:
        counts_module.BATCH_BYTES, before = batch_bytes, counts_module.BATCH_BYTES
        for text in texts:
            pieces.add([(encode(text), 1)])
    finally:
        counts_module.BATCH_BYTES = before
    a, b = whole.take(), pieces.take()

    assert a.n_articles == b.n_articles == len(texts)
    np.testing.assert_array_equal(a.article, b.article)
    np.testing.assert_array_equal(a.term, b.term)
    np.testing.assert_array_equal(a.count, b.count)
    assert whole.vocabulary().blob.tobytes() == pieces.vocabulary().blob.tobytes()


def test_the_table_grows_in_the_middle_of_an_article():
    """A hundred thousand new terms in one article are all found, and found again."""
    text = " ".join(f"w{i:x}" for i in range(100_000))
    counter = Counter(["w1"])
    counter.add([(encode(text), 1), (encode(text), 2)])
    (row,) = decoded(counter.take(), counter.vocabulary())

    assert row == {f"w{i:x}": 3 for i in range(100_000) if i != 1}


def test_articles_are_numbered_afresh_after_take():
    """Counts that were taken do not leak into the next ones; the vocabulary stays."""
    counter = Counter()
    counter.add([(b"peace talks", 1)])
    first = counter.take()
    counter.add([(b"talks talks", 1)])
    second = counter.take()

    assert decoded(first, counter.vocabulary()) == [{"peace": 1, "talks": 1}]
    assert decoded(second, counter.vocabulary()) == [{"talks": 2}]
    assert second.term.tolist() == [1]


@given(st.lists(any_text, max_size=4), st.lists(any_text, max_size=4))
def test_find_numbers_known_terms_only(known, asked):
    """Terms of another vocabulary are found by their bytes, others are -1."""
    ours, theirs = Counter(), Counter()
    ours.add([(encode(" ".join(known)), 1)])
    theirs.add([(encode(" ".join(asked)), 1)])
    ours.take(), theirs.take()
    here, there = ours.vocabulary(), theirs.vocabulary()
    numbers = {term: i for i, term in enumerate(here.decode(range(len(here))))}

    assert here.find(there).tolist() == [
        numbers.get(term, -1) for term in there.decode(range(len(there)))
    ]


def test_a_token_of_a_megabyte_and_nul_bytes():
    """Extreme tokens are tokens; NUL separates like any character that is not of a word."""
    long = "x" * 1_000_000

    assert count([f"{long}\0ab\0{long}"]) == [{long: 2, "ab": 1}]
