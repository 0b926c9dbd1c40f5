"""Scores of lists by judgements: files, measures, baselines, labels from links, the command."""

import json
import math
import random
import statistics
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from relnews import Article, RelatedNews, evaluation, read_articles
from relnews.evaluation import links, pictures, scores, tables
from relnews.evaluation.baselines import articles_of, at_random, latest, same_section
from relnews.sample import sample_articles
from strategies import any_text, examples

#: Any text without separators of columns and lines, and without a byte order mark.
IDS = st.text(st.characters(codec="utf-8", exclude_characters="\t\n\r\ufeff"), min_size=1)
QRELS = st.dictionaries(
    IDS, st.dictionaries(IDS, st.integers(-1000, 1000), min_size=1, max_size=5), max_size=5
)
RUNS = st.dictionaries(IDS, st.lists(IDS, unique=True, min_size=1, max_size=6), max_size=5)

#: Minimal judgements and run.
PAIR = {"a": {"b": 1}}, {"a": ["b"]}

#: Few ids, so that lists contain judged articles.
FEW = st.sampled_from("abcdefgh")
JUDGED = st.dictionaries(
    FEW, st.dictionaries(FEW, st.integers(-1, 3), max_size=6), min_size=1, max_size=4
)
LISTS = st.dictionaries(FEW, st.lists(FEW, unique=True, max_size=8), max_size=8)


@pytest.fixture(scope="module")
def news():
    """Return the sample archive."""
    return RelatedNews().fit(sample_articles())


@pytest.fixture(scope="module")
def archive(news, tmp_path_factory):
    """Return its folder."""
    folder = tmp_path_factory.mktemp("sample") / "sample.relnews"
    news.save(folder)
    return folder


@pytest.fixture
def qrels(news, tmp_path):
    """Return a file that judges only the second item of each list as relevant."""
    path = tmp_path / "q.tsv"
    lines = (
        f"{related.id}\t{related.ids[1]}\t1\n"
        for related in news.related_all(2)
        if len(related) == 2
    )
    path.write_text("".join(lines), encoding="utf-8")
    return path


# --- files ---------------------------------------------------------------------------------------


@given(QRELS)
def test_judgements_are_read_as_they_were_written(tmp_path_factory, qrels):
    """Judgements survive writing and reading, with any ids."""
    path = tmp_path_factory.mktemp("qrels") / "qrels.tsv"
    evaluation.write_qrels(path, qrels)

    assert evaluation.read_qrels(path) == qrels


@given(RUNS)
def test_runs_are_read_as_they_were_written(tmp_path_factory, run):
    """Runs survive writing and reading, in order."""
    path = tmp_path_factory.mktemp("run") / "run.txt"
    evaluation.write_run(path, run)

    assert evaluation.read_run(path) == run


@pytest.mark.parametrize(
    "text",
    [
        "a 0 b 1\na 0 c 2\n",
        "a\tb\t1\na\tc\t2\n",
        "a\tQ0\tb\t1\r\na\t0\tc\t2\r\n",
        "\ufeffa  0  b  1\n\n  a 0 c 2",
        "a 0 b 1\na 0 b 1\na\t0\tc\t2\n",
    ],
    ids=["trec", "three columns", "windows", "untidy", "repeated"],
)
def test_forms_of_judgements(text, tmp_path):
    """Three or four columns separated by tabs or spaces are read."""
    (tmp_path / "q").write_bytes(text.encode())

    assert evaluation.read_qrels(tmp_path / "q") == {"a": {"b": 1, "c": 2}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a 0 b 1\na b\n", r"q:2: expected the columns query, 0, article, grade, got 'a b'\."),
        ("a 0 b c d\n", "q:1: expected the columns"),
        ("a 0 b 0.5\n", "q:1: a grade must be a whole number, at most 1000, got '0.5'"),
        ("a 0 b 1001\n", "q:1: a grade must be"),
        ("query\tdoc\tgain\n", "q:1: a grade must be"),
        ("a 0 b 1\na 0 b 2\n", "q:2: 'b' has another grade for 'a' further up"),
        ("caf\udce9 0 b 1\n", "q: expected UTF-8 text, got the byte 0xE9"),
    ],
)
def test_judgements_that_are_not_in_order(text, message, tmp_path):
    """A bad line is named with the expected form."""
    (tmp_path / "q").write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(ValueError, match=message):
        evaluation.read_qrels(tmp_path / "q")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a 0 b 1\n", "r:1: expected the columns query, Q0, article, rank, score, name"),
        ("a Q0 b 1 high x\n", "r:1: the score must be a number, got 'high'"),
        ("a Q0 b 1 nan x\n", "r:1: the score must be a number"),
        ("a Q0 b first 1 x\n", "r:1: the rank must be a number"),
        ("a Q0 b 1 2 x\na Q0 b 2 1 x\n", "r:2: 'b' is in the list of 'a' twice"),
    ],
)
def test_runs_that_are_not_in_order(line, message, tmp_path):
    """A bad line is named with the expected form."""
    (tmp_path / "r").write_text(line)

    with pytest.raises(ValueError, match=message):
        evaluation.read_run(tmp_path / "r")


def test_a_run_is_ordered_by_score_then_rank(tmp_path):
    """A run is ordered by score, then rank, whatever the order of its lines."""
    (tmp_path / "r").write_text(
        "q Q0 third 3 0.5 x\nq Q0 first 9 1e3 x\nq Q0 second 2 0.5 x\nq Q0 last 1 -1 x\n"
    )

    assert evaluation.read_run(tmp_path / "r") == {"q": ["first", "second", "third", "last"]}


@pytest.mark.parametrize("identifier", ["", "a\tb", "a\nb", "a\rb"])
def test_ids_that_no_column_can_hold(identifier, tmp_path):
    """Ids that a column cannot hold are an error, and nothing is written."""
    with pytest.raises(ValueError, match="a file of columns cannot hold"):
        evaluation.write_qrels(tmp_path / "q", {"x": {"y": 1}, identifier: {"b": 1}})

    assert not (tmp_path / "q").exists()


def test_what_an_archive_does_not_know_is_left_out_and_counted():
    """Unknown ids, self-judgements and queries without relevant articles are counted."""
    qrels = {
        "a": {"b": 1, "gone": 2, "a": 3},
        "b": {"a": 0, "gone": 1},
        "c": {"lost": 1, "a": 1, "b": -1},
        "elsewhere": {"a": 1, "unheard of": 1},
    }
    judged = evaluation.known_to({"a", "b", "c"}, qrels)

    assert judged.qrels == {"a": {"b": 1}, "c": {"a": 1, "b": -1}}
    assert judged.to_dict() == {
        "queries": 2, "judgements": 3, "unknown_queries": 1, "unknown_articles": 2,
        "without_relevant": 1,
    }  # fmt: skip
    assert judged.summary() == (
        "2 queries, 3 judgements\n"
        "  unknown query: 1 (left out)\n"
        "  unknown article: 2 (left out)\n"
        "  query without a relevant article: 1 (left out)"
    )


@pytest.mark.parametrize(
    ("qrels", "message"),
    [
        ({"x": {"a": 1}, "y": {"a": 1}}, "of 2. The first is 'x'"),
        ({"a": {"x": 1}}, "no judged query, of 1, has a relevant article in the archive"),
        ({"a": {"b": 0}}, "nothing to find"),
        ({}, "nothing to find: no judged query, of 0,"),
    ],
)
def test_judgements_of_which_nothing_is_left(qrels, message):
    """Judgements without any usable query are an error."""
    with pytest.raises(ValueError, match=message):
        evaluation.known_to({"a", "b"}, qrels)


# --- measures ------------------------------------------------------------------------------------


def by_hand(grades, items, k):
    """Return nDCG, AP, recall and RR of the first k items of a list, from their definitions."""
    relevant = {article for article, grade in grades.items() if grade > 0}
    top = items[:k]
    gains = [max(0, grades.get(article, 0)) for article in top]
    best = sorted((grades[article] for article in relevant), reverse=True)[:k]
    hits = [rank for rank, article in enumerate(top, start=1) if article in relevant]
    return {
        f"nDCG@{k}": discounted(gains) / discounted(best),
        f"MAP@{k}": sum(i / rank for i, rank in enumerate(hits, start=1)) / len(relevant),
        f"recall@{k}": len(hits) / len(relevant),
        f"MRR@{k}": 1 / hits[0] if hits else 0.0,
    }


def discounted(gains):
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))


@given(JUDGED, LISTS, st.integers(1, 10))
@examples(4)
def test_measures_are_their_definitions(qrels, run, k):
    """Measures equal their definitions; a query without a list scores 0."""
    findable = {q: grades for q, grades in qrels.items() if any(g > 0 for g in grades.values())}
    assume(findable)
    scored = evaluation.score(qrels, run, k)

    assert scored.queries == tuple(findable)
    assert scored.missing == sum(query not in run for query in findable)
    expected = [by_hand(grades, run.get(q, []), k) for q, grades in findable.items()]
    for measure, values in scored.values.items():
        np.testing.assert_allclose(values, [measures[measure] for measures in expected], atol=1e-7)
        mean = statistics.mean(measures[measure] for measures in expected)
        assert scored.means()[measure] == pytest.approx(mean, abs=1e-7)


def test_the_perfect_and_the_hopeless_run(news):
    """A perfect run scores 1 by every measure, a run of irrelevant articles 0."""
    run = evaluation.make_run(news, [related.id for related in news.related_all(1) if related])
    qrels = {query: dict.fromkeys(ids, 1) for query, ids in run.items()}
    elsewhere = {query: ["nowhere"] for query in run}

    assert set(evaluation.score(qrels, run).means().values()) == {1.0}
    assert set(evaluation.score(qrels, elsewhere).means().values()) == {0.0}


def test_a_run_with_an_article_twice_is_refused():
    """A run with a repeated article is refused, since it would count twice."""
    with pytest.raises(ValueError, match="'b' is in the list of 'a' twice"):
        evaluation.score({"a": {"b": 1}}, {"a": ["b", "c", "b"]})


@pytest.mark.parametrize(
    ("module", "message", "action"),
    [
        ("ir_measures", "scores need ir-measures", lambda: evaluation.score(*PAIR)),
        ("matplotlib", "pictures need Matplotlib", lambda: pictures.check_picture("a.svg")),
    ],
)
def test_a_missing_extra_is_named(module, message, action, monkeypatch):
    """A missing library is an error that names the extra to install."""
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(ImportError, match=rf"{message}, .*: pip install 'relnews\[evaluation\]'"):
        action()


def test_judgements_and_health_need_no_extra():
    """Only scores and pictures import the libraries of the extra."""
    code = (
        "import sys; from relnews import evaluation, RelatedNews\n"
        "evaluation.health(RelatedNews().fit([{'id': 'a', 'text': 'veto'}]))\n"
        "sys.exit(str({'ir_measures', 'matplotlib', 'pytrec_eval'} & set(sys.modules) or ''))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert result.stderr.strip() == ""


# --- resampling ----------------------------------------------------------------------------------


def scored(*values, name="run"):
    """Return scores of one measure."""
    return scores.Scores(name, tuple(map(str, range(len(values)))), {"m": np.array(values)}, 0)


def test_an_interval_is_that_of_the_normal_distribution_for_many_queries():
    """The interval of many queries is nearly the normal distribution's."""
    values = np.random.default_rng(1).exponential(size=3000)
    low, high = scored(*values).intervals()["m"]
    margin = 1.96 * values.std(ddof=1) / math.sqrt(len(values))

    assert low == pytest.approx(values.mean() - margin, abs=margin / 10)
    assert high == pytest.approx(values.mean() + margin, abs=margin / 10)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_an_interval_lies_within_the_values(values):
    """An interval lies within the values and is reproducible."""
    low, high = scored(*values).intervals()["m"]

    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9
    assert scored(*values).intervals()["m"] == (low, high)


def test_one_query_has_no_interval():
    """A single query has no interval: null in JSON, nothing in a table."""
    scores = scored(0.5)

    assert scores.to_dict()["scores"] == {"m": {"mean": 0.5, "low": None, "high": None}}
    assert tables.score_table([scores]) == "run  m\nrun  0.500"
    (compared,) = evaluation.compare(scores, scored(0.25))
    assert (compared.difference, compared.p_value) == (0.25, 1.0)
    assert compared.to_dict()["low"] is None


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=8))
def test_a_p_value_is_the_share_of_exchanges_that_differ_as_much(pairs):
    """For few queries the p-value equals the exhaustive permutation test."""
    differences = [x - y for x, y in pairs]
    sums = [
        abs(sum(map(math.prod, zip(signs, differences, strict=True))))
        for signs in product([1, -1], repeat=len(pairs))
    ]
    as_far = sum(total >= abs(sum(differences)) for total in sums) / len(sums)
    (compared,) = evaluation.compare(*(scored(*map(float, x)) for x in zip(*pairs, strict=True)))

    assert compared.p_value == pytest.approx(as_far)
    assert compared.difference == pytest.approx(statistics.mean(differences))
    assert compared.low - 1e-9 <= compared.high
    assert (compared.better, compared.equal, compared.worse) == tuple(
        sum((d > 0) - (d < 0) == sign for d in differences) for sign in (1, 0, -1)
    )


def test_a_comparison_turned_round():
    """Swapping the runs changes only signs; a run equals itself."""
    generator = random.Random(3)
    run = scored(*(generator.random() for _ in range(40)))
    other = scored(*(generator.random() + 0.1 for _ in range(40)))
    (there,), (back,) = evaluation.compare(run, other), evaluation.compare(other, run)
    (same,) = evaluation.compare(run, run)

    assert there.difference == pytest.approx(-back.difference)
    assert there.p_value == pytest.approx(back.p_value)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))
    assert (there.better, there.worse) == (back.worse, back.better)
    assert (same.difference, same.low, same.high, same.p_value) == (0, 0, 0, 1)


def test_scores_of_other_queries_are_not_compared():
    """Scores of different queries cannot be paired."""
    with pytest.raises(ValueError, match="'a' and 'b' are of different queries or measures"):
        evaluation.compare(scored(1.0, 0.0, name="a"), scored(1.0, name="b"))


def test_tables_are_aligned():
    """Each column of a table is aligned."""
    one, other = scored(0.5, 1.0, 0.75, name="words"), scored(0.0, 0.5, 0.25, name="x")
    heading, *lines = tables.score_table([one, other]).splitlines()
    table = tables.comparison_table(evaluation.compare(one, other)).splitlines()

    assert heading.index("m") == lines[0].index("0.750 [") == lines[1].index("0.250 [")
    assert table[0].split() == ["measure", "difference", "p", "better", "equal", "worse"]
    assert table[1].split() == ["m", "+0.500", "[+0.500,", "+0.500]", "0.2500", "3", "0", "0"]
    assert tables.score_table([]) == ""


# --- baselines -----------------------------------------------------------------------------------

ARCHIVES = st.lists(
    st.builds(
        Article,
        id=st.text("abcdef", min_size=1, max_size=2),
        published=st.sampled_from([None, *(a.published for a in list(sample_articles())[:6])]),
        section=st.sampled_from([None, "World", "Economy"]),
    ),
    max_size=12,
    unique_by=lambda article: article.id,
)


@given(ARCHIVES, st.integers(1, 12))
def test_baselines_are_their_definitions(articles, k):
    """Baselines order by date: before the query newest first, then the rest; ties by id."""
    ids = [article.id for article in articles]
    newest_first = sorted((a for a in articles if a.published), key=lambda a: a.id)
    newest_first.sort(key=lambda a: a.published, reverse=True)
    newest = latest(articles, ids, k)
    section = same_section(articles, ids, k)

    for query in articles:
        before = newest_first[newest_first.index(query) + 1 :] if query.published else newest_first
        after = [a for a in newest_first[::-1] if a not in before and a is not query]
        order = (before[:k] + after)[:k]
        assert newest[query.id] == [a.id for a in order]
        assert set(section[query.id]) <= {a.id for a in articles if a.section == query.section}
        if query.section:
            group = [a for a in articles if a.section == query.section]
            assert section[query.id] == latest(group, [query.id], k)[query.id]
        else:
            assert section[query.id] == []


@given(ARCHIVES, st.integers(1, 12), st.integers(0, 3))
def test_random_lists(articles, k, seed):
    """Random lists have up to k other articles, and depend on seed and query only."""
    ids = [article.id for article in articles]
    run = at_random(articles, ids, k, seed)

    for query, items in run.items():
        assert len(set(items)) == len(items) == min(k, len(ids) - 1)
        assert set(items) <= set(ids) - {query}
        assert at_random(articles, [query], k, seed) == {query: items}


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"published": "2025-08-18", "section": "World"}, ["latest", "same section", "random"]),
        ({"published": "2025-08-18"}, ["latest", "random"]),
        ({}, ["random"]),
    ],
)
def test_baselines_that_an_archive_has_no_data_for_are_left_out(fields, names):
    """Without dates or sections the respective baselines are left out."""
    news = RelatedNews().fit([{"id": i, "text": "veto", **fields} for i in "abc"])
    runs = evaluation.baselines(news, ["a"], 1)

    assert [*runs] == names
    assert all(len(run["a"]) == 1 for run in runs.values())


def test_random_lists_differ_by_query_and_seed(news):
    """All articles occur, and no two random lists are equal."""
    articles = articles_of(news)
    ids = [article.id for article in articles]
    run = at_random(articles, ids)

    assert len({tuple(items) for items in run.values()}) == len(ids)
    assert {item for items in run.values() for item in items} == set(ids)
    assert at_random(articles, ids, seed=1) != run


def test_the_articles_of_an_archive(news):
    """Articles come in archive order with all shown fields, without texts."""
    stories = list(sample_articles())

    for article, story in zip(articles_of(news), stories, strict=True):
        assert article.text == ""
        assert (article.id, article.title, article.published) == (
            story.id, story.title, story.published
        )  # fmt: skip
        assert (article.section, article.tags, article.url) == (
            story.section, story.tags, story.url
        )  # fmt: skip


# --- labels from links ---------------------------------------------------------------------------

HOME = "https://www.example.org/2025/08/talks/"

SAME = [
    "https://www.example.org/2025/08/talks/",
    "http://example.org/2025/08/talks",
    "HTTPS://EXAMPLE.ORG:443/2025/08/talks#comments",
    "//example.org/2025/08/talks/index.html",
    "https://example.org/2025/08/talks?utm_source=mail&utm_medium=x&fbclid=1",
    "https://example.org/2025/08/t%61lks/",
    "/2025/08/talks/",
    "../talks",
]
OTHER = [
    "https://example.org/2025/08/talks/2",
    "https://example.org/2025/08/talks?page=2",
    "https://example.com/2025/08/talks",
    "https://example.org:8080/2025/08/talks",
    "https://example.org/2025/08/Talks",
    "ftp://example.org/2025/08/talks",
    "mailto:talks@example.org",
    "https://example.org/",
    "https://[example.org/2025/08/talks",
    "https://example.org:port/2025/08/talks",
    "#talks",
]
WAYS = [
    '<p>After the <a class="x" href="{}">talks</a>.</p>',
    "<A HREF='{}' title=\"a > b\">talks</A>",
    "<a href={}>talks</a>",
    "<![odd [<a href='{}'>talks</a>",
    "After the [talks]({}).",
    'After the [talks](<{}> "a title").',
    "After the [talks][1].\n\n[1]: {}\n",
]
BARE_WAYS = ["{}", "<{}>", "see {}, or not.", "(see {})", "“{}”…", "*{}*"]


@pytest.mark.parametrize(("form", "target"), [*product(WAYS, SAME), *product(BARE_WAYS, SAME[:2])])
def test_links_that_are_labels(form, target):
    """Links in HTML, Markdown and plain text are labels, in any spelling of the address."""
    here = "https://example.org/2025/08/veto"
    articles = [
        {"id": "talks", "url": HOME, "text": "Talks push on."},
        {"id": "veto", "url": here + "/", "text": form.format(target)},
    ]

    assert evaluation.labels_from_links(articles) == {"veto": {"talks": 1}}


@pytest.mark.parametrize("first", ["Talks push on.", "<p>Talks push on.</p>"])
def test_links_of_a_site_whose_texts_are_all_html(first):
    """Links count too where most texts have tags, so that reading them would leave links out."""
    articles = [
        {"id": "talks", "url": HOME, "text": first},
        *(
            {"id": f"{i}", "url": f"https://example.org/{i}", "text": f"<p><a href='{HOME}'>x</a>"}
            for i in range(9)
        ),
    ]

    assert evaluation.labels_from_links(articles) == {f"{i}": {"talks": 1} for i in range(9)}


@pytest.mark.parametrize(("form", "target"), [*product(WAYS, OTHER)])
def test_links_that_are_no_labels(form, target):
    """Other pages, other schemes, the home page and invalid addresses are no labels."""
    articles = [
        {"id": "talks", "url": HOME, "text": "Talks push on."},
        {"id": "root", "url": "https://example.org", "text": "All news."},
        {"id": "veto", "url": "https://example.org/veto", "text": form.format(target)},
    ]

    assert evaluation.labels_from_links(articles) == {}


def test_parentheses_and_entities_in_addresses():
    """Addresses may contain paired parentheses, and &amp; in HTML."""
    wiki, query = "https://example.org/Veto_(law)", "https://example.org/?b=2&a=1"
    articles = [
        {"id": "wiki", "url": wiki, "text": "…"},
        {"id": "query", "url": query, "text": "…"},
        {"id": "markdown", "text": f"[veto]({wiki})"},
        {"id": "bare", "text": f"(see {wiki})."},
        {"id": "html", "text": '<a href="https://example.org/?a=1&amp;b=2&amp;utm_id=3">x</a>'},
    ]

    assert evaluation.labels_from_links(articles) == {
        "markdown": {"wiki": 1}, "bare": {"wiki": 1}, "html": {"query": 1}
    }  # fmt: skip


def test_no_article_is_a_label_of_itself():
    """Self-links are ignored, links count once, the first article owns an address."""
    articles = [
        {"id": "a", "url": "https://e.org/1", "text": "https://e.org/1 https://e.org/2"},
        {"id": "b", "url": "https://e.org/2", "text": "https://e.org/1 [x](http://e.org/1/)"},
        {"id": "c", "url": "https://e.org/1#c", "text": "https://e.org/1"},
        {"id": "d", "text": "https://e.org/3 and nothing else"},
    ]

    assert evaluation.labels_from_links(articles) == {"a": {"b": 1}, "b": {"a": 1}}


@given(any_text(), any_text(), st.sampled_from([*WAYS, *BARE_WAYS]))
def test_any_text_may_have_links(text, target, form):
    """No text and no address raises an error."""
    for address in links.targets(text + form.format(target) + text):
        links.address(address, target)
        links.address(target, address)


@given(
    st.lists(st.text("aé-_(1 ", min_size=1, max_size=5), min_size=1, max_size=3),
    st.sampled_from(["http:", "https:", "HTTP:"]),
    st.sampled_from(["", "www.", "WWW."]),
    st.sampled_from(["", "/", "/index.html"]),
    st.sampled_from(["", "?", "?utm_campaign=a+b", "?gclid=1&UTM_TERM"]),
    st.sampled_from(["", "#", "#top"]),
)
def test_addresses_of_one_page(path, scheme, www, end, tracking, fragment):
    """All spellings of a page's address are equal."""
    page = "/".join(path).strip()
    url = f"{scheme}//{www}Example.org/{page}{end}{tracking}{fragment}"

    assert links.address(url) == links.address(f"https://example.org/{page}")


# --- pictures ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.png", "a.svg", "a.pdf", "a.SVG"])
def test_a_picture_of_scores(name, tmp_path):
    """A picture has the format of its file name and reproducible bytes."""
    signature = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}
    runs = [scored(0.5, 1.0, name="_words $x$"), scored(0.0, 0.5, name="random")]
    evaluation.picture(runs, tmp_path / name)
    data = (tmp_path / name).read_bytes()
    evaluation.picture(runs, tmp_path / name)

    assert data.startswith(signature[Path(name).suffix.lower()])
    assert (tmp_path / name).read_bytes() == data
    if name.endswith("svg"):
        assert all(text.encode() in data for text in ("words $x$", "random", "2 queries"))


def test_a_picture_of_one_query_has_bars(tmp_path):
    """A picture of a single query has bars without intervals, and no warning."""
    evaluation.picture([scored(0.5)], tmp_path / "a.png")

    assert (tmp_path / "a.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [("a.gif", ValueError, r"ends in \.png, \.svg, \.pdf"), ("a", ValueError, "cannot draw"),
     ("nowhere/a.png", FileNotFoundError, "there is no folder")],
)  # fmt: skip
def test_a_picture_that_cannot_be_written(name, error, message, tmp_path):
    """An unknown format or missing folder is refused."""
    with pytest.raises(error, match=message):
        evaluation.picture([scored(0.5, 0.6)], tmp_path / name)


# --- relnews evaluate ----------------------------------------------------------------------------


def test_evaluate_prints_a_table(invoke, archive, qrels):
    """Scores go to standard output, the summary of judgements to standard error."""
    result = invoke("evaluate", archive, "--qrels", qrels)

    n = len(qrels.read_text("utf-8").splitlines())
    assert result.exit_code == 0
    assert result.stderr == f"{n:,} queries, {n:,} judgements\n"
    # The only relevant article is always second.
    ndcg = 1 / math.log2(3)
    assert result.stdout.splitlines() == [
        "run             nDCG@8                MAP@8                 recall@8              MRR@8",
        f"sample.relnews  {ndcg:.3f} [{ndcg:.3f}, {ndcg:.3f}]  0.500 [0.500, 0.500]  "
        "1.000 [1.000, 1.000]  0.500 [0.500, 0.500]",
    ]


def test_evaluate_as_json(invoke, archive, qrels, tmp_path):
    """The JSON line has counts, the scores of every run and the comparison."""
    other = tmp_path / "other.run"
    evaluation.write_run(
        other, {q: [*grades] for q, grades in evaluation.read_qrels(qrels).items()}
    )
    result = invoke(
        "evaluate", archive, "--qrels", qrels, "--format", "json", "--against", other,
        "--baselines", "-k", 3, "--quiet",
    )  # fmt: skip

    assert (result.exit_code, result.stderr, result.stdout.count("\n")) == (0, "", 1)
    report = json.loads(result.stdout)
    assert report["k"] == 3
    assert report["queries"] == report["judgements"] == len(evaluation.read_qrels(qrels))
    names = [run["run"] for run in report["runs"]]
    assert names == ["sample.relnews", "other.run", "latest", "same section", "random"]
    means = [run["scores"]["MRR@3"]["mean"] for run in report["runs"]]
    assert means[:2] == [0.5, 1.0]
    assert max(means[2:]) < 0.5
    ahead = {row["measure"]: row for row in report["comparison"]}
    assert ahead["MRR@3"]["difference"] == -0.5
    assert ahead["MRR@3"]["p_value"] < 0.01
    assert ahead["recall@3"]["p_value"] == 1.0


def test_evaluate_writes_a_run_and_compares_with_it(invoke, archive, qrels, tmp_path):
    """A written run compared with the same lists differs by 0."""
    run = tmp_path / "today.run"
    invoke("evaluate", archive, "--qrels", qrels, "--run-out", run, "-k", 3)
    result = invoke("evaluate", archive, "--qrels", qrels, "--against", run, "-k", 3)

    news = RelatedNews.open(archive)
    assert evaluation.read_run(run) == {
        query: news.related(query, 3).ids for query in evaluation.read_qrels(qrels)
    }
    assert result.exit_code == 0
    assert "\nsample.relnews less today.run\nmeasure " in result.stdout
    assert "\nMRR@3     +0.000 [+0.000, +0.000]  1.0000  0 " in result.stdout


def test_evaluate_counts_what_is_unknown(invoke, archive, qrels, tmp_path):
    """Unknown ids and missing queries are counted and do not stop the command."""
    with qrels.open("a", encoding="utf-8") as file:
        file.write("nobody\tnothing\t1\n")
    (tmp_path / "other").write_text("nobody Q0 nothing 1 1 x\n")
    n = len(evaluation.read_qrels(qrels)) - 1
    result = invoke("evaluate", archive, "--qrels", qrels, "--against", tmp_path / "other")

    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        f"{n:,} queries, {n:,} judgements",
        "  unknown query: 1 (left out)",
        f"other: no list for {n:,} of the queries",
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [("nobody nothing 1", "no query of the judgements is an article of the archive"),
     ("nobody nothing", "q.tsv:1: expected the columns"), ("", "nothing to find")],
)  # fmt: skip
def test_judgements_that_are_of_no_use(line, message, invoke, archive, tmp_path):
    """Unusable judgements are one line on standard error and exit code 1."""
    (tmp_path / "q.tsv").write_text(line)
    result = invoke("evaluate", archive, "--qrels", tmp_path / "q.tsv")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: ")
    assert message in result.stderr


def test_evaluate_names_the_baselines_that_it_leaves_out(invoke, tmp_path):
    """The command names the baselines that lack data."""
    RelatedNews().fit([{"id": "a", "text": "veto"}, {"id": "b", "text": "veto"}]).save(
        tmp_path / "a.relnews"
    )
    (tmp_path / "q.tsv").write_text("a b 1")
    result = invoke(
        "evaluate", tmp_path / "a.relnews", "--qrels", tmp_path / "q.tsv", "--baselines"
    )

    assert [line.split()[0] for line in result.stdout.splitlines()] == [
        "run",
        "a.relnews",
        "random",
    ]
    assert result.stderr.splitlines()[1:] == [
        "latest: left out, the archive has no data for it",
        "same section: left out, the archive has no data for it",
    ]


def test_evaluate_draws_a_picture(invoke, archive, qrels, tmp_path):
    """A picture is drawn; an impossible file name is refused before any work."""
    path = tmp_path / "scores.svg"
    drawn = invoke("evaluate", archive, "--qrels", qrels, "--baselines", "--picture", path)
    refused = invoke("evaluate", archive, "--qrels", qrels, "--picture", tmp_path / "scores.txt")

    assert drawn.exit_code == 0
    assert "same section" in path.read_text("utf-8")
    assert refused.exit_code == 1
    assert "ends in .png, .svg, .pdf" in refused.stderr


@pytest.mark.parametrize(
    "arguments",
    [[], ["--qrels", "missing.tsv"], ["--qrels", "."], ["--qrels", __file__, "-k", "0"],
     ["--qrels", __file__, "--against", "missing.run"], ["--qrels", __file__, "--format", "xml"]],
)  # fmt: skip
def test_evaluate_wrong_usage(arguments, invoke, archive):
    """Wrong usage is exit code 2 and a sentence."""
    result = invoke("evaluate", archive, *arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "\nError: " in result.stderr


def test_evaluate_what_is_no_archive(invoke, qrels, tmp_path):
    """A folder that is no archive is exit code 1 and a sentence that names it."""
    result = invoke("evaluate", tmp_path / "missing", "--qrels", qrels)

    assert (result.exit_code, result.stdout) == (1, "")
    assert "there is no archive at" in result.stderr


# --- real judgements -----------------------------------------------------------------------------


def test_lists_are_far_ahead_of_the_baselines_on_real_judgements(data_folder):
    """On real links of writers the lists score many times the baselines."""
    folder = data_folder / "digitalgov"
    news = RelatedNews().fit(read_articles(folder / "docs.jsonl.gz", fields={"dek": "summary"}))
    judged = evaluation.known_to(news, evaluation.read_qrels(folder / "qrels.links-clean.tsv"))
    lists = evaluation.make_run(news, judged.qrels)
    runs = evaluation.baselines(news, judged.qrels)
    words, *others = (
        evaluation.score(judged.qrels, run, name=name)
        for name, run in {"words": lists, **runs}.items()
    )

    assert (len(judged.qrels), judged.to_dict()["judgements"]) == (965, 2396)
    assert [other.name for other in others] == ["latest", "random"], "no story has a section"
    assert 0.5 < words.means()["nDCG@8"] < 0.6
    for other in others:
        assert words.means()["nDCG@8"] > 5 * other.means()["nDCG@8"]
    for compared in evaluation.compare(words, others[0]):
        assert compared.low > 0.1
        assert compared.p_value < 0.001
