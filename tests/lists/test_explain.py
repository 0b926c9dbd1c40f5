"""Explanations: parts add up to the similarity; ledger and rank equal the list's."""

import datetime as dt
import json
import math
from unittest import mock

import pytest
from click.testing import CliRunner
from hypothesis import assume, given
from hypothesis import strategies as st

import reference
from relnews import Recency, RelatedNews, UnknownArticleError
from relnews.cli import main
from relnews.lists import candidates
from relnews.lists.surface_forms import names as names_of
from relnews.options.conditions import Conditions
from relnews.text.analysis import Analysis
from strategies import archives

SECTIONS = ["World", "Sport", None]
MOMENTS = [dt.datetime(2025, 8, day, tzinfo=dt.UTC) for day in (1, 2, 3, 4)]
#: Less than two hundred years ahead: beyond that, recency is constant.
FUTURE = dt.datetime(2200, 1, 1, tzinfo=dt.UTC)
EXPIRIES = [None, None, dt.datetime(2020, 1, 1, tzinfo=dt.UTC), FUTURE]

conditions = st.fixed_dictionaries(
    {},
    optional={
        "after": st.sampled_from(MOMENTS),
        "before": st.sampled_from(MOMENTS),
        "within": st.sampled_from([0, 0.5, 1, 400]),
        "filters": st.fixed_dictionaries(
            {},
            optional={
                "section": st.sampled_from(["World", ["World", "Sport"], []]),
                "tags": st.sampled_from(["nato", ["nato", "kyiv"]]),
            },
        ),
        "exclude": st.lists(st.integers(0, 13), max_size=4, unique=True),
        "recency": st.builds(
            Recency, half_life=st.sampled_from([0.01, 1.0]), floor=st.sampled_from([0.0, 0.5]),
        ),
    },
)  # fmt: skip


def broken(article, query, given, now):
    """Return the rules that exclude an article from a list, computed slowly."""
    published, expires = article["published"], article.get("expires")
    center = query["published"] or now
    filters = given.get("filters", {})
    tests = {
        "itself": article["id"] != query["id"],
        "embargo": published is None or published <= now,
        "expired": expires is None or expires > now,
        "after": "after" not in given or (published is not None and published >= given["after"]),
        "before": "before" not in given or (published is not None and published < given["before"]),
        "within": "within" not in given
        or (
            published is not None
            and abs(published - center) <= dt.timedelta(days=given["within"])
        ),
        "section": "section" not in filters or article["section"] in listed(filters["section"]),
        "tags": "tags" not in filters or set(article["tags"]) & {*listed(filters["tags"])},
        "exclude": article["id"] not in given.get("exclude", ()),
        "recency": factor(article, query, given.get("recency")) > 0,
    }  # fmt: skip
    return {name for name, is_fulfilled in tests.items() if not is_fulfilled}


def listed(values):
    return [values] if isinstance(values, str) else values


def factor(article, query, recency):
    dates = [side["published"] for side in (article, query)]
    if recency is None:
        return 1.0
    if None in dates:
        return (1 + recency.floor) / 2
    return reference.fading(*dates, recency.half_life, recency.floor)


def reason(article, query, given, now, similarity, rank, k):
    """Return why an article is not among the first k, checked in the documented order."""
    rules = broken(article, query, given, now)
    for name in ("itself", "embargo", "expired"):
        if name in rules:
            return name
    if not similarity:
        return "no shared term"
    if rules:
        return "condition"
    if rank is None:
        return "score"
    return "listed" if rank <= k else "rank"


@st.composite
def cases(draw):
    """Return articles with every field, conditions, and an archive made of them."""
    articles = draw(archives(min_size=1, max_size=10))
    # SQLite's JSON, used to look up many ids at once, ends at a NUL.
    assume(not any("\0" in article["id"] for article in articles))
    for article in articles:
        article["section"] = draw(st.sampled_from(SECTIONS))
        article["tags"] = draw(st.sampled_from([[], ["nato"], ["kyiv", "nato"]]))
        article["expires"] = draw(st.sampled_from(EXPIRIES))
        if draw(st.integers(0, 5)) == 5:
            article["published"] = FUTURE
    given = draw(conditions)
    ids = [article["id"] for article in articles]
    if "exclude" in given:
        given["exclude"] = [ids[i % len(ids)] for i in given["exclude"]]
    n_built = draw(st.integers(0, len(articles)))
    with mock.patch(
        "relnews.maintenance.layout.SEGMENT_ARTICLES", draw(st.sampled_from([2, 1 << 16]))
    ):
        gone = [{**article, "id": article["id"] + "gone"} for article in articles[::3]]
        news = RelatedNews(stop_words=None, recency=None).fit(articles[:n_built] + gone)
        news.partial_fit(articles[n_built:])
        news.remove(article["id"] for article in gone)
    return articles, given, news


@given(cases(), st.data(), st.integers(1, 3))
def test_explanations_equal_the_reference(case, data, k):
    """Parts, ledger, rank and reason equal the reference, for every pair and archive."""
    articles, conditions, news = case
    query = data.draw(st.sampled_from(articles))
    now = dt.datetime.now(dt.UTC)
    words = [reference.Words(article) for article in articles]
    idf = reference.inverse_document_frequency(words)
    weights = [reference.unit_weights(w, idf) for w in words]
    number = articles.index(query)
    priors = [
        factor(article, query, conditions.get("recency"))
        * (not broken(article, query, conditions, now))
        for article in articles
    ]
    rows = [(a["id"], a["published"], w) for a, w in zip(articles, weights, strict=True)]
    ranking = reference.ranking(weights[number], rows, len(rows), exclude=query["id"],
                                priors=priors)  # fmt: skip
    ranks = {identifier: rank for rank, (identifier, *_) in enumerate(ranking, start=1)}
    options = {"selection": None, **conditions}
    items = {item.id: item for item in news.related(query["id"], len(rows), **options)}

    for i, article in enumerate(articles):
        got = news.explain(query["id"], article["id"], **conditions)

        assert (got.a, got.b) == (query["id"], article["id"])
        assert math.fsum(shared.part for shared in got.terms) == pytest.approx(
            got.similarity, abs=1e-9
        )
        similarity = reference.similarity(weights[number], weights[i])
        assert got.similarity == pytest.approx(similarity, abs=1e-9)
        assert [(-shared.part, shared.term) for shared in got.terms] == sorted(
            (-shared.part, shared.term) for shared in got.terms
        )
        check_terms(got.terms, weights[number], weights[i], words)

        first, *rules = got.ledger
        assert (first.name, first.factor, first.product) == (
            "similarity", got.similarity, got.similarity,
        )  # fmt: skip
        for before, line in zip(got.ledger, rules, strict=False):
            assert line.product == before.product * line.factor
        assert got.score == got.ledger[-1].product
        assert got.score == pytest.approx(similarity * priors[i], abs=1e-9)
        assert {line.name for line in rules if not line.factor} == broken(
            article, query, conditions, now
        )

        assert got.rank == ranks.get(article["id"])
        item = items.get(article["id"])
        assert (item is None) == (got.rank is None)
        if item is not None:
            assert item.rank == got.rank
            assert item.score == pytest.approx(got.score, abs=1e-6)
            assert item.similarity == pytest.approx(got.similarity, abs=1e-6)

        why = news.why_not(query["id"], article["id"], k, **options)
        assert why.reason == reason(article, query, conditions, now, similarity, got.rank, k)
        assert (why.rank, why.k) == (got.rank, k)
        if why.reason == "rank":
            assert why.last == pytest.approx(ranking[k - 1][1], abs=1.1e-6)
            assert repr(ranking[k - 1][0]) in why.sentence
        assert why.sentence == str(why)
        json.dumps([got.to_dict(), why.to_dict()])


def check_terms(terms, a, b, all_words):
    """Compare the shared terms with the reference for two articles."""
    idf, titles = a.idf, [title_of(a), title_of(b)]
    expected = []
    for word in a.keys() & b.keys():
        in_titles = word in a.words.title, word in b.words.title
        part = a[word] * b[word]
        part += 0.1 * idf[word] / titles[0] if in_titles[0] and word in b.words.tf else 0.0
        part += 0.1 * idf[word] / titles[1] if in_titles[1] and word in a.words.tf else 0.0
        expected.append((word, part, *in_titles, idf[word], word))
    for phrase in a.words.phrases.keys() | b.words.phrases.keys() if expected else ():
        parts = [
            0.2 * idf[phrase] / title
            if own.words.phrases.get(phrase) in other.words.pairs else 0.0
            for own, other, title in ((a, b, titles[0]), (b, a, titles[1]))
        ]  # fmt: skip
        if any(parts):
            in_titles = parts[0] > 0, parts[1] > 0
            expected.append((phrase.replace("_", " "), sum(parts), *in_titles, idf[phrase], phrase))
    got = sorted(terms, key=lambda shared: (shared.term, shared.part))
    for shared, (term, part, in_a, in_b, its_idf, name) in zip(
        got, sorted(expected, key=lambda row: row[:2]), strict=True
    ):
        assert (shared.term, shared.in_title_a, shared.in_title_b) == (term, in_a, in_b)
        assert shared.part == pytest.approx(part / 1.2)
        assert shared.idf == pytest.approx(its_idf)
        assert shared.df == sum(name in words.terms for words in all_words)
        if " " not in term:
            assert (shared.tf_a, shared.tf_b) == (a.words.tf[term], b.words.tf[term])


def title_of(article):
    """Return the total idf of the words and phrases of a title, at least that of 4 new words."""
    words, idf = article.words, article.idf
    whole = sum(idf[w] for w in {*words.title}) + 2 * sum(idf[p] for p in words.phrases)
    return max(whole, 4 * idf.unseen)


STORIES = [
    {
        "id": "a", "title": "NATO backs Ukraine with security guarantees",
        "dek": "A visit to Kyiv by Mark Rutte", "published": "2025-08-22", "section": "World",
    },
    {
        "id": "b", "title": "Kremlin seeks veto on Ukraine security guarantees",
        "text": "NATO and Rutte object. Kyiv, too.", "published": "2025-08-20", "section": "World",
        "tags": ["kremlin"],
    },
    {"id": "c", "title": "Security at the airport", "published": "2025-08-10"},
    {"id": "d", "title": "Drought empties the reservoirs"},
    {"id": "e", "title": "Security guarantees signed", "published": "2999-06-01T05:00Z"},
    {"id": "f", "title": "Guarantees expire", "expires": "2020-01-01"},
]  # fmt: skip


@pytest.fixture
def news():
    """Return a small archive."""
    return RelatedNews().fit(STORIES)


def test_a_line_for_readers(news):
    """Names are spelled as in the articles, and words adjacent in both form a phrase."""
    got = news.explain("a", "b")

    assert got.reader_line() == "Both mention: NATO, security guarantees, Kyiv"
    assert got.reader_line(1, lead="") == "NATO"
    assert set(got.names) == {"security guarantees", "Ukraine", "NATO", "Kyiv", "Rutte"}
    assert news.explain("a", "d").reader_line() == ""
    with pytest.raises(ValueError, match="`n` must be at least 1"):
        got.reader_line(0)


@pytest.mark.parametrize(
    ("texts", "names"),
    [
        # Lower case anywhere: the capital belongs to a headline.
        ((["Security talks"], ["Talks on security"]), {"security", "talks"}),
        # Never in lower case: the most frequent form, then the first.
        ((["NATO", "NATO"], ["Nato"]), {"NATO"}),
        ((["Nato"], ["NATO"]), {"Nato"}),
        # In no title and no dek.
        ((["One"], ["Two"]), {"rutte"}),
        # Adjacent in both texts, with any white space between.
        ((["New York votes"], ["Votes in New\u00a0York"]), {"New York", "votes"}),
        # Not in both texts, or not adjacent.
        ((["New York"], ["York is new"]), {"new", "York"}),
        ((["New, York"], ["New York"]), {"New", "York"}),
        ((["New York"], ["New", "York"]), {"New", "York"}),
        # A phrase has at most four words.
        ((["a1 b2 c3 d4 e5"], ["a1 b2 c3 d4 e5"]), {"a1 b2 c3 d4", "e5"}),
    ],
)
def test_names(texts, names):
    """Names are what both articles mention, as readers would write it."""
    words = {word.lower() for name in names for word in name.split()}
    got = names_of({(word,): 1.0 for word in words}, texts, Analysis(normalization=None).own)
    assert set(got) == names


def test_phrases_that_are_terms_come_once():
    """A term of several words replaces the words it consists of."""
    got = names_of(
        {("security", "guarantees"): 0.3, ("security",): 0.1, ("kyiv",): 0.2}, [["Kyiv"], []],
        Analysis(normalization=None).own,
    )  # fmt: skip
    assert got == ("security guarantees", "Kyiv")


@given(archives(min_size=2))
def test_names_cover_every_term_once(articles):
    """Each word of a shared term is in exactly one name, in any script and case."""
    news = RelatedNews(stop_words=None, normalization=None).fit(articles)
    a, b = (article["id"] for article in articles[:2])
    got = news.explain(a, b)
    # A name may repeat a word, as in Duran Duran.
    language = news.archive_.analysis.own
    words = [word for name in got.names for word in {*language.found(name)}]
    assert sorted(words) == sorted(
        {word for shared in got.terms for word in shared.term.split(" ")}
    )


def test_the_table(news):
    """The table aligns terms, rules and rank, and sums the terms that it omits."""
    recency = Recency(half_life=2, floor=0.5)
    got = str(news.explain("a", "b", recency=recency, within=7, filters={"section": "World"}))

    assert (
        got
        == """\
shared term      part   in a   in b    idf  df
nato         0.097438  title      1  1.847   2
kyiv         0.088735      1      1  1.847   2
rutte        0.088735      1      1  1.847   2
ukraine      0.088735  title  title  1.847   2
guarantee    0.046445  title  title  1.336   4
security     0.046445  title  title  1.336   4

rule          factor   product
similarity  0.456533  0.456533
recency     0.750000  0.342400  2 days apart
within      1.000000  0.342400  2 days apart, wanted within 7 days
section     1.000000  0.342400  'World', wanted 'World'

rank 1"""
    )


def test_a_long_table_is_cut():
    """A table shows a dozen terms and the sum of the others."""
    text = " ".join(f"word{i}" for i in range(20))
    got = RelatedNews().fit([{"id": i, "text": text} for i in "ab"]).explain("a", "b")

    assert "… 8 more     0.333333\n" in str(got)
    assert str(got).endswith("\n\nrank 1")


def test_nothing_shared(news):
    """Without shared terms the explanation has no rank but all rules."""
    got = news.explain("a", "d", after="2025-01-01")

    assert (got.terms, got.names, got.similarity, got.score, got.rank) == ((), (), 0.0, 0.0, None)
    assert (
        str(got)
        == """\
no shared term

rule          factor   product
similarity  0.000000  0.000000
recency     0.750000  0.000000  no date to go by
after       0.000000  0.000000  no date, wanted from 2025-01-01 00:00 UTC on

in no list"""
    )


@pytest.mark.parametrize(
    ("b", "given", "sentence"),
    [
        ("x", {}, "No article has the id 'x'."),
        ("a", {}, "'a' is left out: an article is not in its own list."),
        ("e", {}, "'e' is left out: under embargo until 2999-06-01 05:00 UTC."),
        ("f", {}, "'f' is left out: expired 2020-01-01 00:00 UTC."),
        ("d", {"exclude": ["d"]}, "'d' shares no term with 'a'."),
        ("b", {}, "'b' is in the list, at rank 1."),
        ("b", {"exclude": ["b"]}, "condition: exclude: among the excluded."),
        (
            "c", {"after": "2025-08-11", "filters": {"section": ["Sport", "World"]}},
            "'c' is left out by a condition: after: published 2025-08-10 00:00 UTC, wanted from "
            "2025-08-11 00:00 UTC on; section: none, wanted 'Sport' or 'World'.",
        ),
        (
            "b", {"before": "2025-08-20", "within": 1},
            "before: published 2025-08-20 00:00 UTC, wanted before 2025-08-20 00:00 UTC; within: "
            "2 days apart, wanted within 1 day.",
        ),
        ("b", {"filters": {"tags": "nato"}}, "condition: tags: 'kremlin', wanted 'nato'."),
    ],
)  # fmt: skip
def test_reasons(news, b, given, sentence):
    """`why_not` gives the first reason as a sentence that names the rule."""
    assert news.why_not("a", b, **given).sentence.endswith(sentence)


def test_a_better_rank_is_named():
    """The reason names the last item and its score, or the date that decided."""
    stories = [*STORIES, {**STORIES[2], "id": "c2", "published": "2025-08-11"}]
    news = RelatedNews(recency=None).fit(stories)

    got = news.why_not("a", "c", k=1, selection=None)
    assert (got.reason, got.rank) == ("rank", 3)
    assert got.sentence == (
        f"'c' is at rank 3 with a score of {got.score:.6f}; 'b' at rank 1 has {got.last:.6f}."
    )
    assert news.why_not("a", "c", k=2, selection=None).sentence.endswith(
        "'c2' at rank 2 has the same, and is newer or has the smaller id."
    )


def test_a_score_can_be_too_small():
    """An article whose score rounds to 0 is in no list, even with a shared term."""
    stories = [
        {"id": "a", "text": " ".join(f"a{i}" for i in range(20_000)) + " common"},
        {"id": "b", "text": " ".join(f"b{i}" for i in range(20_000)) + " common"},
    ]
    dated = [{**one, "published": f"20{year}-08-01"} for year, one in enumerate(stories, start=20)]
    news = RelatedNews().fit(dated)
    recency = Recency(0.001, 0)

    assert news.related("a", recency=recency).ids == []
    got = news.why_not("a", "b", recency=recency)
    assert (got.reason, got.rank) == ("score", None)
    assert 0 < got.score < 5e-7


def test_an_article_is_looked_for_however_far_down():
    """The rank is exact far down the ranking, across segments."""
    stories = [
        {"id": f"{i:03}", "text": "guarantees", "published": dt.date(2020, 1, 1 + i % 28)}
        for i in range(150)
    ]
    with (
        mock.patch("relnews.maintenance.layout.SEGMENT_ARTICLES", 40),
        mock.patch.multiple(candidates, _DEEP_LOOK=2, _DEEPER=3),
    ):
        news = RelatedNews().fit(stories)
        ids = news.related("000", 150, selection=None).ids
        assert [news.explain("000", identifier).rank for identifier in ids[::7]] == [
            *range(1, 150, 7)
        ]


def test_every_condition_has_a_rule():
    """Every condition has a line in the ledger."""
    assert set(Conditions.__annotations__) == {
        "after", "before", "within", "when", "filters", "exclude", "recency",
    }  # fmt: skip


def test_the_ranking_is_that_of_now(news):
    """Explanations use the current statistics, whatever is stored."""
    news.store_lists()
    news.partial_fit([{"id": "g", "title": "Ukraine", "text": "Kyiv"}])
    fresh = RelatedNews().fit([*STORIES, {"id": "g", "title": "Ukraine", "text": "Kyiv"}])

    got, expected = (archive.explain("a", "g") for archive in (news, fresh))
    assert got.similarity == pytest.approx(expected.similarity, abs=1e-12)
    assert got.rank == expected.rank


def test_unknown_articles(news):
    """`explain` needs both articles; why_not needs only the first."""
    for a, b in (("a", "x"), ("x", "a")):
        with pytest.raises(UnknownArticleError, match="no article has the id 'x'"):
            news.explain(a, b)
    with pytest.raises(UnknownArticleError):
        news.why_not("x", "a")
    news.remove("b")
    assert news.why_not("a", "b").reason == "unknown"
    with pytest.raises(ValueError, match="`k` must be at least 1"):
        news.why_not("a", "c", 0)
    with pytest.raises(TypeError, match="unexpected option 'until'"):
        news.explain("a", "c", until="2025")


# --- the commands --------------------------------------------------------------------------------


@pytest.fixture
def saved(news, tmp_path):
    """Return the archive saved in a folder."""
    news.save(tmp_path / "a.relnews")
    return tmp_path / "a.relnews"


@pytest.fixture
def invoke(saved):
    """Return a function that runs a command on it."""

    def run(command, *arguments):
        return CliRunner().invoke(main, [command, str(saved), *arguments])

    return run


def test_explain_prints(invoke, saved):
    """`explain` prints a table, JSON, or the line for readers."""
    got = RelatedNews.open(saved).explain("a", "b")
    assert invoke("explain", "a", "b").stdout == f"{got}\n"
    assert invoke("explain", "a", "b", "--format", "line").stdout == f"{got.reader_line()}\n"
    assert json.loads(invoke("explain", "a", "b", "--format", "json").stdout) == got.to_dict()
    nothing = invoke("explain", "a", "d", "--format", "line")
    assert (nothing.exit_code, nothing.stdout, nothing.stderr) == (0, "", "No shared term.\n")
    unknown = invoke("explain", "a", "x")
    assert (unknown.exit_code, unknown.stderr) == (
        1,
        "Error: no article has the id, title or url 'x'.\n",
    )


def test_why_not_prints(invoke, saved):
    """`why-not` prints a sentence or JSON."""
    got = RelatedNews.open(saved).why_not("a", "c", 1)
    assert invoke("why-not", "a", "c", "-k", "1").stdout == f"{got.sentence}\n"
    assert (
        json.loads(invoke("why-not", "a", "c", "-k", "1", "--format", "json").stdout)
        == got.to_dict()
    )
    assert invoke("why-not", "x", "a").exit_code == 1
