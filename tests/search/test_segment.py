"""Segments: rows and postings hold the same pairs in order, and damage is noticed."""

import dataclasses
import itertools
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relnews._kernels.wording import BREAK, NO_PLACE, PHRASE
from relnews.dates import UNDATED
from relnews.exceptions import ArticleError
from relnews.search import segment_layout
from relnews.search.order import oldest_first
from relnews.search.segment import SEGMENT_ARTICLES, Segment
from relnews.search.segment_layout import MOST_PAIRS, SEGMENT_DTYPES, WIDER_DTYPES
from relnews.text.article_terms import ArticleTerms
from relnews.text.rows import Counts, Ragged

N_TERMS = 12

rows = st.lists(
    st.dictionaries(st.integers(0, 9), st.one_of(st.integers(1, 4), st.integers(1, 1 << 21))),
    min_size=1,
    max_size=8,
)


def counts_of(rows):
    pairs = [pair for row in rows for pair in row.items()]
    term, count = np.array(pairs, dtype=np.int32).reshape(-1, 2).T.copy()
    return Counts(np.cumsum([0, *map(len, rows)]), term, count)


def text_of(row):
    """Return the words of a row in an order, with a break between two texts."""
    return [*sorted(row, reverse=True), BREAK, *row] if row else []


def phrases_of(row):
    """Return triples of a row's terms, whose first two are words."""
    terms = sorted(row)
    words = [term for term in terms[:-1] if row[term] != PHRASE]
    return [[a, b, terms[-1]] for a, b in itertools.pairwise(words)]


def parts_of(ragged):
    """Return the values of each article as lists."""
    return [part.tolist() for part in np.split(ragged.value, ragged.ptr[1:-1])][
        : len(ragged.ptr) - 1
    ]


def terms_of(rows):
    if not rows:
        return ArticleTerms.none()
    text = [np.array(text_of(row), dtype=np.int32) for row in rows]
    phrases = [np.array(phrases_of(row), dtype=np.int32).reshape(-1, 3) for row in rows]
    return ArticleTerms(counts_of(rows), Ragged.gather(text), Ragged.gather(phrases))


def laid_out(rows, order):
    """Return a segment with articles in the given order of dates; keys start at 10."""
    published = np.argsort(order)
    ids = [str(i) for i in range(len(rows))]
    key = np.arange(len(rows)) + 10
    return Segment.from_terms(terms_of(rows), key, published, ids, N_TERMS)


def rows_of(segment):
    """Return {key: {term: count}}."""
    values = segment.values
    found = {}
    for local, key in enumerate(segment.key.tolist()):
        term, level = segment.row(local)
        assert (np.diff(term) > 0).all()
        found[key] = dict(zip(term.tolist(), values[level].tolist(), strict=True))
    return found


@given(rows.flatmap(lambda r: st.tuples(st.just(r), st.permutations(range(len(r))))))
def test_rows_and_postings_hold_the_pairs(case):
    """Rows are sorted by term, postings by term, value and article; both are complete."""
    rows, order = case
    segment = laid_out(rows, order)
    values = segment.values

    assert segment.key.tolist() == [article + 10 for article in order]
    for local, article in enumerate(order):
        term, level = segment.row(local)
        assert list(zip(term, values[level], strict=True)) == sorted(rows[article].items())
    expected = {}
    for local, article in enumerate(order):
        for term, count in rows[article].items():
            expected.setdefault(term, []).append((count, local))
    assert segment.term.tolist() == sorted(expected)
    for i, term in enumerate(segment.term):
        groups = range(segment.term_ptr[i], segment.term_ptr[i + 1])
        found = [
            (int(values[segment.group_level[g]]), int(local))
            for g in groups
            for local in segment.posting[segment.group_ptr[g] : segment.group_ptr[g + 1]]
        ]
        assert found == sorted(expected[term])
        assert len({segment.group_level[g] for g in groups}) == len(groups)
    terms, frequency = segment.document_frequency()
    assert terms.tolist() == sorted(expected)
    assert frequency.tolist() == [len(expected[t]) for t in sorted(expected)]


def test_arrays_are_read_only_and_of_the_stored_types():
    """Every array is read-only and has the dtype of the format."""
    arrays = laid_out([{1: 2}, {}, {1: 1, 3: 1}], [2, 0, 1]).arrays()

    assert {name: array.dtype for name, array in arrays.items()} == SEGMENT_DTYPES
    assert not any(array.flags.writeable for array in arrays.values())


@given(rows, st.data())
def test_taking_articles_from_counts(rows, data):
    """Articles can be taken in any order, even twice, with their own pairs."""
    counts = counts_of(rows)
    articles = data.draw(st.lists(st.integers(0, len(rows) - 1)))
    taken = counts.take(np.array(articles, dtype=np.int64))

    assert taken.n_articles == len(articles)
    pairs = [[*rows[article].items()] for article in articles]
    assert taken.row_ptr.tolist() == np.cumsum([0, *map(len, pairs)]).tolist()
    flat = [pair for row in pairs for pair in row]
    assert list(zip(taken.term.tolist(), taken.count.tolist(), strict=True)) == flat
    assert taken.term.dtype == taken.count.dtype == np.int32
    assert taken.article.tolist() == [i for i, row in enumerate(pairs) for _ in row]


#: Dates, equal and missing ones included.
dates = st.sampled_from([UNDATED, -1, 0, 5])


@given(st.lists(st.tuples(dates, st.text(max_size=3)), unique_by=lambda pair: pair[1]))
def test_articles_go_by_date_and_then_by_id_from_the_last(articles):
    """Later local numbers win ties: newer, then the smaller id."""
    published = np.array([date for date, _ in articles], dtype=np.int64)
    order = oldest_first(published, [identifier for _, identifier in articles])
    got = [articles[i] for i in order]

    smaller_last = sorted(articles, key=lambda pair: pair[1], reverse=True)
    assert got == sorted(smaller_last, key=lambda pair: pair[0])


# --- without postings ----------------------------------------------------------------------------


@given(rows, st.data())
def test_rows_alone_are_the_rows_of_the_whole(rows, data):
    """A segment without postings has the same rows, dates and frequencies."""
    rows = [dict(sorted(row.items())) for row in rows]
    published = np.array(data.draw(st.lists(dates, min_size=len(rows), max_size=len(rows))))
    ids = data.draw(
        st.lists(st.text(max_size=2), min_size=len(rows), max_size=len(rows), unique=True)
    )
    key = np.arange(len(rows)) * 3
    whole = Segment.from_terms(terms_of(rows), key, published, ids, N_TERMS)
    alone = Segment.of_rows(terms_of(rows), key, published, ids)

    assert not alone.has_postings
    assert whole.has_postings
    assert rows_of(alone) == rows_of(whole) == {3 * i: row for i, row in enumerate(rows)}
    places = ("text_ptr", "text_place", "phrase_ptr", "phrase_place")
    of_rows = ("row_ptr", "row_low", "row_high", "row_level")
    for name in ("key", "published", "values", *of_rows, *places):
        assert getattr(alone, name).tolist() == getattr(whole, name).tolist()
    for ours, other in zip(alone.document_frequency(), whole.document_frequency(), strict=True):
        assert ours.tolist() == other.tolist()
    assert alone.longest == whole.longest == max(map(len, rows))
    assert {name: a.dtype for name, a in alone.arrays().items()} == SEGMENT_DTYPES
    assert not any(array.flags.writeable for array in alone.arrays().values())


@given(rows.flatmap(lambda r: st.tuples(st.just(r), st.permutations(range(len(r))))), st.data())
def test_articles_are_found_by_key(case, data):
    """A key finds its article; an unknown key finds none."""
    segment = laid_out(*case)
    keys = data.draw(st.lists(st.integers(-3, 30)))
    places = {key: local for local, key in enumerate(segment.key.tolist())}

    assert segment.find_all(np.array(keys, dtype=np.int64)).tolist() == [
        places.get(key, -1) for key in keys
    ]
    assert [segment.find(key) for key in keys] == [places.get(key, -1) for key in keys]


def test_nothing_is_found_in_a_segment_of_nothing():
    """An empty segment finds no key."""
    nothing = np.empty(0, dtype=np.int64)
    segment = Segment.of_rows(terms_of([]), nothing, nothing, [])

    assert segment.find(0) == -1
    assert segment.find_all(np.array([1, 2])).tolist() == [-1, -1]
    assert segment.longest == 0


@given(rows, st.data())
def test_the_wording_comes_back(rows, data):
    """Word order and phrases of any articles are read as they were laid out."""
    order = data.draw(st.permutations(range(len(rows))))
    articles = data.draw(st.lists(st.integers(0, len(rows) - 1)))
    for alone in (False, True):
        given = [dict(sorted(row.items())) for row in rows] if alone else rows
        published, key = np.argsort(order), np.arange(len(rows))
        ids = [str(i) for i in range(len(rows))]
        if alone:
            segment = Segment.of_rows(terms_of(given), key, published, ids)
        else:
            segment = Segment.from_terms(terms_of(given), key, published, ids, N_TERMS)
        words = segment.article_terms(np.array(articles, dtype=np.int64))

        chosen = [given[order[local]] for local in articles]
        assert parts_of(words.text) == [*map(text_of, chosen)]
        assert parts_of(words.phrases) == [*map(phrases_of, chosen)]
        for i, local in enumerate(articles):
            query = segment.query(local)
            assert query.text.tolist() == text_of(chosen[i])
            assert query.phrases.tolist() == phrases_of(chosen[i])
            assert dict(zip(query.term.tolist(), query.code.tolist(), strict=True)) == chosen[i]


@given(rows, st.data())
def test_renumbering_changes_the_numbers_of_terms_only(rows, data):
    """Renumbering terms in the same order gives the same arrays."""
    segment = laid_out(rows, range(len(rows)))
    new = data.draw(st.lists(st.integers(0, 99), min_size=N_TERMS, max_size=N_TERMS, unique=True))
    number = np.array(sorted(new), dtype=np.int32)
    renumbered = segment.renumbered(number)
    again = Segment.from_terms(
        terms_of([{int(number[t]): n for t, n in row.items()} for row in rows]),
        segment.key, segment.published, [str(i) for i in range(len(rows))], 100,
    )  # fmt: skip

    for name, array in renumbered.arrays().items():
        assert array.tolist() == getattr(again, name).tolist(), name
        assert not array.flags.writeable
    assert renumbered.is_sound(100)


@given(rows, st.data())
def test_terms_of_many_bits_come_back(rows, data):
    """Term numbers from 2**24 on only widen the high bits."""
    rows = [dict(sorted(row.items())) for row in rows]
    highest = data.draw(st.sampled_from([(1 << 16) - 1, 1 << 16, (1 << 24) - 1, 1 << 24, 1 << 25]))
    number = np.arange(N_TERMS, dtype=np.int32) + (highest - 9)
    given = [{int(number[t]): n for t, n in row.items()} for row in rows]
    key = published = np.arange(len(rows))
    segment = Segment.of_rows(terms_of(given), key, published, [*map(str, key)])
    renumbered = laid_out(rows, key).renumbered(number)

    is_wide = any(term >= 1 << 24 for row in given for term in row)
    for version, shift in ((segment, 0), (renumbered, 10)):
        assert rows_of(version) == {i + shift: row for i, row in enumerate(given)}
        expected = SEGMENT_DTYPES | (WIDER_DTYPES if is_wide else {})
        assert {name: array.dtype for name, array in version.arrays().items()} == expected
        assert version.terms().tolist() == [term for row in given for term in row]
        assert not version.terms().flags.writeable
    assert renumbered.is_sound(highest + 1)
    before = np.zeros(number[-1] + 1, dtype=np.int32)
    before[number] = np.arange(N_TERMS)
    back = renumbered.renumbered(before)
    for name, array in laid_out(rows, key).arrays().items():
        assert getattr(back, name).dtype == array.dtype
        assert getattr(back, name).tolist() == array.tolist()


def test_more_pairs_than_are_numbered():
    """More pairs than the maximum are rejected; the maximum itself is accepted."""
    rows = [{0: 1, 3: 2}, {3: 1}]
    with mock.patch.object(segment_layout, "MOST_PAIRS", 3):
        laid_out(rows, [0, 1])
    with (
        mock.patch.object(segment_layout, "MOST_PAIRS", 2),
        pytest.raises(ArticleError, match=r"have 3 terms, .* and 2 is the maximum"),
    ):
        laid_out(rows, [0, 1])


# --- damage --------------------------------------------------------------------------------------


def a_segment():
    """Return a segment with tied dates, an empty article, and groups of several articles."""
    rows = [{0: 5, 3: 2, 7: 1}, {0: 1, 3: 1}, {}, {2: 5, 3: 2, 9: 1}, {0: 1}]
    key = np.array([4, 9, 2, 30, 11])
    published = np.array([UNDATED, 3, 3, 8, 9])
    return Segment.from_terms(terms_of(rows), key, published, list("abcde"), N_TERMS)


@given(rows)
def test_what_is_laid_out_is_sound(rows):
    """Every segment that is written passes the checks when it is read."""
    segment = laid_out(rows, range(len(rows)))

    assert segment.is_sound(N_TERMS)
    assert segment.is_sound(1 << 31)
    highest = max((term for row in rows for term in row), default=-1)
    assert segment.is_sound(max(highest + 1, 0))
    if highest >= 0:
        assert not segment.is_sound(highest)


def with_value(name, place, value):
    def damage(segment):
        array = getattr(segment, name).copy()
        array[place] = value
        return dataclasses.replace(segment, **{name: array})

    return damage


def with_wide_terms(place, high):
    """Return a damage to the high bits of terms."""

    def damage(segment):
        wide = dataclasses.replace(segment, row_high=segment.row_high.astype(np.uint16))
        assert wide.is_sound(N_TERMS)
        return with_value("row_high", place, high)(wide)

    return damage


def resized(name, change):
    def damage(segment):
        array = getattr(segment, name)
        array = array[:change] if change < 0 else np.append(array, array[-1:])
        return dataclasses.replace(segment, **{name: array.astype(SEGMENT_DTYPES[name])})

    return damage


BIG = np.iinfo(np.int64).max
DAMAGES = {
    **{f"{name} one short": resized(name, -1) for name in SEGMENT_DTYPES if name != "values"},
    **{f"{name} one more": resized(name, 1) for name in SEGMENT_DTYPES if name != "values"},
    "a level that is not there": resized("values", -1),
    "dates go down": with_value("published", 2, 99),
    "a negative key": with_value("key", 0, -1),
    "a count of none": with_value("values", 0, 0),
    "a negative count": with_value("values", 0, -3),
    "counts not ascending": with_value("values", 1, 1),
    "rows do not begin at 0": with_value("row_ptr", 0, 1),
    "rows begin below 0": with_value("row_ptr", 0, -1),
    "rows go down": with_value("row_ptr", 1, 6),
    "rows end before the pairs": with_value("row_ptr", -1, 8),
    "rows end behind the pairs": with_value("row_ptr", -1, 10),
    "a row ends far away": with_value("row_ptr", 2, BIG),
    "a row ends far below": with_value("row_ptr", 2, -BIG),
    "a term of a row too high": with_value("row_low", -1, N_TERMS),
    "a term of a row too high by the bits above": with_value("row_high", -1, 1),
    "a term of a row far too high": with_wide_terms(-1, 0xFFFF),
    "terms of a row not ascending": with_value("row_low", 1, 0),
    "terms of a row not ascending by the bits above": with_value("row_high", 0, 1),
    "a level of a row too high": with_value("row_level", 3, 3),
    "a term too high": with_value("term", -1, N_TERMS),
    "a term negative": with_value("term", 0, -1),
    "a term twice": with_value("term", 1, 0),
    "terms do not begin at 0": with_value("term_ptr", 0, 1),
    "terms go down": with_value("term_ptr", 1, 5),
    "terms end early": with_value("term_ptr", -1, 1),
    "terms end late": with_value("term_ptr", -1, MOST_PAIRS),
    "groups do not begin at 0": with_value("group_ptr", 0, 1),
    "groups go down": with_value("group_ptr", 1, MOST_PAIRS),
    "groups end early": with_value("group_ptr", -1, 2),
    "groups end late": with_value("group_ptr", -1, MOST_PAIRS),
    "a level of a group too high": with_value("group_level", 0, 3),
    "an article that is not there": with_value("posting", 0, 5),
    "texts do not begin at 0": with_value("text_ptr", 0, 1),
    "texts go down": with_value("text_ptr", 1, 99),
    "texts end early": with_value("text_ptr", -1, 1),
    "texts end late": with_value("text_ptr", -1, BIG),
    "a word that is not of the row": with_value("text_place", 0, 3),
    "a word far from the row": with_value("text_place", 0, NO_PLACE - 1),
    "phrases do not begin at 0": with_value("phrase_ptr", 0, 1),
    "phrases go down": with_value("phrase_ptr", 1, 99),
    "phrases end late": with_value("phrase_ptr", -1, 3),
    "a phrase that is not of the row": with_value("phrase_place", 2, 3),
    "a phrase of a phrase and a word": with_value("phrase_place", 0, 2),
    "a phrase of a word and a phrase": with_value("phrase_place", 1, 2),
    "a phrase with a break": with_value("phrase_place", 0, NO_PLACE),
    "a phrase that is no term": with_value("pair_term", 0, 5),
    "a negative phrase": with_value("pair_term", 0, -1),
}


def test_the_segment_to_be_damaged_is_sound():
    """The undamaged segment passes, so that the damage is what is noticed."""
    segment = a_segment()

    assert segment.is_sound(N_TERMS)
    assert segment.values.tolist() == [1, 2, 5]
    assert len(segment.row_low) == 9
    assert len(segment.pair_term) == len(segment.phrase_place) // 3 == 2
    assert len(segment.term) == 5


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damage_is_seen(damage):
    """Damage that would break a kernel or a list is noticed."""
    assert not damage(a_segment()).is_sound(N_TERMS)


@pytest.mark.parametrize("name", ["row_ptr", "term_ptr", "group_ptr", "text_ptr", "phrase_ptr"])
def test_pointers_that_wrap_around_are_seen(name):
    """A step that overflows its bits is noticed."""
    segment = a_segment()
    most = np.iinfo(getattr(segment, name).dtype).max
    segment = with_value(name, 2, -5)(with_value(name, 1, most)(segment))

    assert not segment.is_sound(N_TERMS)


def test_too_many_articles_are_seen():
    """A segment with more articles than 16 bits can number is refused."""
    n = SEGMENT_ARTICLES + 1
    nothing = np.empty(0, dtype=np.int64)
    segment = Segment(
        key=np.arange(n), published=np.zeros(n, np.int64), values=np.empty(0, np.int32),
        row_ptr=np.zeros(n + 1, np.int64), row_low=np.empty(0, np.uint16),
        row_high=np.empty(0, np.uint8),
        row_level=np.empty(0, np.uint16), term=np.empty(0, np.int32),
        term_ptr=np.zeros(1, np.int32), group_ptr=np.zeros(1, np.int32),
        group_level=np.empty(0, np.uint16), posting=nothing.astype(np.uint16),
        text_ptr=np.zeros(n + 1, np.int64), text_place=np.empty(0, np.uint16),
        phrase_ptr=np.zeros(n + 1, np.int64), phrase_place=np.empty(0, np.uint16),
        pair_key=np.empty(0, np.uint64), pair_term=np.empty(0, np.int32),
    )  # fmt: skip

    assert not segment.is_sound(N_TERMS)
