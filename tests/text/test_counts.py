"""The compiled counting pass against regular expressions and a dict."""

import collections
import itertools
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reference
import strategies
from relnews._kernels import counting, hashing
from relnews.text import counts as counts_module
from relnews.text.counts import Batch, Counter
from relnews.text.encoding import encode
from relnews.text.rows import Counts
from relnews.text.vocabulary import Runs, Vocabulary

any_text = strategies.any_text()
ngram_ranges = st.sampled_from([(1, 1), (1, 2), (1, 4), (2, 2), (2, 3), (3, 3), (1, 40)])


def stop_vocabulary(words):
    return Vocabulary.of(word.encode("utf-8", "surrogatepass") for word in words)


def decoded(counts, names):
    """Return a dict of names for each article; each name occurs once."""
    rows = [{} for _ in range(counts.n_articles)]
    for article, term, count in zip(counts.article, counts.term, counts.count, strict=True):
        assert names[term] not in rows[article]
        rows[article][names[term]] = int(count)
    return rows


def phrase_names(counter):
    """Spell the phrases of a counter; a shorter one has the lower number."""
    words, names = counter.words.decode(), []
    parts = zip(*(part.tolist() for part in counter.phrases.parts()), strict=True)
    for first, last, is_phrase in parts:
        names.append(f"{(names if is_phrase else words)[first]} {words[last]}")
    return names


def both(counter, words, phrases):
    """Return one dict of words and phrases for each article."""
    rows = decoded(words, counter.words.decode())
    if phrases is not None:
        pairs = zip(rows, decoded(phrases, phrase_names(counter)), strict=True)
        rows = [row | more for row, more in pairs]
    return rows


def count(texts, stop_words=(), **options):
    """Count plain texts; one dict for each."""
    counter = Counter(stop_vocabulary(stop_words), **options)
    for text in texts:
        counter.add([(*encode(text), 1)])
    return both(counter, *counter.take())


@given(st.lists(any_text, max_size=6))
def test_terms_and_counts_of_any_unicode(texts):
    """Terms equal the regular expression's over the lower-cased text, in any script."""
    assert count(texts) == [dict(reference.term_counts({"text": text})) for text in texts]


@given(
    st.lists(any_text, max_size=4),
    st.sets(st.sampled_from([*strategies.WORDS, "can't", "of the"])),
    ngram_ranges,
    st.integers(1, 4),
)
def test_phrases_and_stop_words(texts, stop_words, ngram_range, min_length):
    """Phrases span removed stop words and short runs; stop words are used as given."""
    expected = [
        dict(reference.phrase_counts(text, *ngram_range, stop_words, min_length)) for text in texts
    ]

    assert count(texts, stop_words, ngram_range=ngram_range, min_length=min_length) == expected


@given(st.lists(st.lists(any_text, max_size=3), max_size=5), ngram_ranges)
def test_the_parts_of_an_article_do_not_join(articles, ngram_range):
    """No phrase crosses from one part of an article to the next."""
    counter = Counter(ngram_range=ngram_range)
    for parts in articles:
        counter.add([(*encode(text), 1) for text in parts])
    expected = [
        dict(sum((reference.phrase_counts(t, *ngram_range) for t in parts), collections.Counter()))
        for parts in articles
    ]

    assert both(counter, *counter.take()) == expected


@given(st.lists(any_text, min_size=1, max_size=8), st.integers(0, 40), ngram_ranges)
def test_batches_do_not_matter(texts, batch_bytes, ngram_range):
    """Articles counted singly or together have the same terms in the same order."""

    def counted():
        counter = Counter(ngram_range=ngram_range)
        for text in texts:
            counter.add([(*encode(text), 1)])
        rows = both(counter, *counter.take())
        return [list(row.items()) for row in rows], counter.vocabulary.decode()

    with mock.patch.object(counts_module, "BATCH_BYTES", batch_bytes):
        piece_by_piece = counted()

    assert piece_by_piece == counted()


@given(st.lists(any_text, max_size=5), ngram_ranges)
def test_a_batch_of_texts_is_one_of_articles_of_one_part(texts, ngram_range):
    """`Batch.of` and `Counter.count` equal `add` and `take`."""
    counter = Counter(ngram_range=ngram_range)

    assert both(counter, *counter.count(Batch.of(texts, lower=True))) == count(
        texts, ngram_range=ngram_range
    )


@given(any_text)
def test_case_is_kept_on_demand(text):
    """Without `lower`, terms keep their case."""
    counter = Counter(lower=False, min_length=1)
    words = counter.count(Batch.of([text], lower=False))

    assert both(counter, *words) == [dict(collections.Counter(reference.runs(text)))]


@pytest.mark.parametrize("ngram_range", [(1, 1), (1, 2)])
def test_articles_are_numbered_afresh_after_take(ngram_range):
    """`take` resets the counts and keeps the vocabulary."""
    counter = Counter(ngram_range=ngram_range)
    counter.add([(b"peace talks", True, 1)])
    first = counter.take()
    counter.add([(b"talks talks peace", True, 1)])
    counter.add([])
    second = counter.take()
    more = ngram_range == (1, 2)

    assert both(counter, *first) == [
        {"peace": 1, "talks": 1} | ({"peace talks": 1} if more else {})
    ]
    assert both(counter, *second) == [
        {"talks": 2, "peace": 1} | ({"talks talks": 1, "talks peace": 1} if more else {}),
        {},
    ]
    assert counter.vocabulary.decode() == ["peace", "talks"]


def test_nothing_at_all_is_no_article():
    """A counter without articles has no counts of words or phrases."""
    words, phrases = Counter(ngram_range=(1, 2)).take()

    assert (words.n_articles, len(words.term)) == (0, 0)
    assert (phrases.n_articles, len(phrases.term)) == (0, 0)


def test_counts_are_put_one_after_another():
    """Concatenated counts are the counts of all articles, or empty."""
    counter = Counter()
    parts = [
        counter.count(Batch.of(texts, lower=True))[0]
        for texts in (["a peace", ""], [], ["peace talks"])
    ]

    assert Counts.concatenate([]).n_articles == 0
    assert decoded(Counts.concatenate(parts), counter.vocabulary.decode()) == [
        {"peace": 1},
        {},
        {"peace": 1, "talks": 1},
    ]


def test_the_tables_grow_in_the_middle_of_an_article():
    """100,000 new terms and as many phrases of each length are found, and found again."""
    names = [f"w{i:x}" for i in range(100_000)]
    text = " ".join(names)
    counter = Counter(stop_vocabulary(["w1"]), ngram_range=(1, 3))
    counter.add([(text.encode(), True, 1)] * 2)
    expected = reference.phrase_counts(text, 1, 3, ["w1"])

    assert both(counter, *counter.take()) == [dict.fromkeys(expected, 2)]


def test_phrases_that_crowd_one_place_get_another_seed():
    """Phrases made to collide in the middle of a batch are still counted correctly."""
    words = [f"w{i}" for i in range(1_400)]
    counter = Counter(ngram_range=(1, 3))
    mask = np.uint64(counter.phrases._table.size // 2 - 1)
    # Single-word articles number the words without making phrases.
    texts = list(words)
    for i, j in itertools.product(range(len(words)), repeat=2):
        if hashing.slot_of(hashing.pair_key(i, j), np.uint64(0), mask) < 16:
            texts.append(f"{words[i]} {words[j]} w0")
    assert len(texts) > len(words) + counting.LONGEST_PROBE + 16
    rows = both(counter, *counter.count(Batch.of(texts * 2, lower=True)))

    assert rows == [dict(reference.phrase_counts(text, 1, 3)) for text in texts * 2]
    assert counter.phrases._seed != 0


@pytest.mark.parametrize("step", [1, 16, 256])
def test_no_pattern_of_phrases_fills_the_table_unevenly(step, monkeypatch):
    """Phrases of all pairs of words restart about as often as the table doubles."""
    words = [f"w{i}" for i in range(256 * step)]
    counter = Counter(ngram_range=(2, 2))
    counter.count(Batch.of(words, lower=True))
    make_room = mock.Mock(side_effect=counter.phrases._make_room)
    monkeypatch.setattr(counter.phrases, "_make_room", make_room)
    texts = [f"{a} {b}" for a, b in itertools.product(words[::step], repeat=2)]
    _, phrases = counter.count(Batch.of(texts, lower=True))

    assert len(counter.phrases) == 256 * 256
    assert phrases.term.tolist() == [*range(256 * 256)]
    assert make_room.call_count <= 4


@given(st.lists(any_text, max_size=5), st.sets(st.sampled_from(strategies.WORDS)), ngram_ranges)
def test_stems_are_counted_in_place_of_words(texts, stop_words, ngram_range):
    """A stemmer is asked once for each distinct term that is no stop word, over all batches."""
    stemmer = mock.Mock(side_effect=lambda term: term[:2])
    with mock.patch.object(counts_module, "BATCH_BYTES", 20):
        rows = count(texts, stop_words, ngram_range=ngram_range, stemmer=stemmer)
    terms = [[term for term in reference.tokens(text) if term not in stop_words] for text in texts]
    stems = [" ".join(term[:2] for term in row) for row in terms]

    assert rows == [dict(reference.phrase_counts(text, *ngram_range)) for text in stems]
    assert [call.args[0] for call in stemmer.call_args_list] == list(
        dict.fromkeys(itertools.chain(*terms))
    )


def test_phrases_longer_than_any_text_cost_nothing():
    """The maximum phrase length may be any number of words."""
    texts = ["peace talks", "talks"]

    assert count(texts, ngram_range=(1, 10**9)) == [
        dict(reference.phrase_counts(text, 1, 2)) for text in texts
    ]


def test_known_phrases_only():
    """Without `grow`, new phrases are skipped, even as prefixes of longer ones."""
    counter = Counter(ngram_range=(1, 3))
    counter.count(Batch.of(["peace talks in kyiv"], lower=True))
    batch = Batch.of(["peace talks in in kyiv", "talks in", "in peace talks in kyiv"], lower=True)
    runs = Runs.of(batch.texts, batch.is_ascii, lower=True)
    words = counter.vocabulary.number(runs, 2)
    counts = counter.phrases.count(runs, words, batch, 0, grow=False)

    assert decoded(counts, phrase_names(counter)) == [
        {"peace talks": 1, "talks in": 1, "in kyiv": 1, "peace talks in": 1},
        {"talks in": 1},
        {
            "peace talks": 1,
            "talks in": 1,
            "in kyiv": 1,
            "peace talks in": 1,
            "talks in kyiv": 1,
        },
    ]
