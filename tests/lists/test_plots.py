"""Plots of explanations and maps, and how results look in a notebook."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relnews import RelatedNews, UpdateReport
from relnews.lists.plots import map_of, places_of
from relnews.results import RelatedList
from relnews.sample import DEMO_ID, sample_articles

matplotlib = pytest.importorskip("matplotlib", reason="Matplotlib is not installed")
html5lib = pytest.importorskip("html5lib", reason="html5lib is not installed")
plt = pytest.importorskip("matplotlib.pyplot")

VETO = "kremlin-seeks-veto-on-ukraine-security-guarantees"
HOSTILE = "<script>alert(1)</script> & \"quotes\" $x_1$ 'more'"


@pytest.fixture(scope="module")
def news():
    return RelatedNews().fit(sample_articles())


@pytest.fixture(autouse=True)
def no_display():
    """Draw without a display, and leave no figure open."""
    matplotlib.use("agg")
    yield
    plt.close("all")


@pytest.fixture
def hostile():
    """Return an archive whose texts are markup and mathematics."""
    records = [
        {"id": HOSTILE, "title": HOSTILE, "text": "guarantees $y"},
        {"id": "b", "title": f"{HOSTILE} again", "published": "2025-01-02"},
        {"id": ""},
    ]
    return RelatedNews().fit(records)


# --- plots ---------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=1, max_size=8))
def test_points_of_a_plane_keep_their_distances(points):
    """Distances of points in a plane are restored exactly, whatever their turn."""
    points = np.array(points)
    distance = np.linalg.norm(points[:, None] - points, axis=2)
    found = places_of(distance)
    assert np.linalg.norm(found[:, None] - found, axis=2) == pytest.approx(distance, abs=1e-4)
    assert (found[0] >= 0).all()


def test_a_map_has_an_article_and_its_list(news):
    """The places are those of the article and its items; the same story is nearer than others."""
    snapshot = news.archive_.snapshot()
    items, places, n_named = map_of(snapshot, [DEMO_ID, "how-falling-ecb-rates-reach-borrowers"], 5)
    assert n_named == 2
    assert [item.id for item in items[:2]] == [DEMO_ID, "how-falling-ecb-rates-reach-borrowers"]
    ids = {item.id for item in items}
    assert {*news.related(DEMO_ID, 5).ids} < ids
    near = [i for i, item in enumerate(items) if item.id in news.related(DEMO_ID, 5).ids]
    distance = np.linalg.norm(places - places[0], axis=1)
    assert distance[near].max() < distance[1]

    axes = news.map(DEMO_ID, k=3)
    shown = [text.get_text() for text in axes.texts]
    assert len(shown) == 4
    assert shown[0] == "NATO backs Ukraine with new sec…"
    assert len(axes.figure.axes) == 2, "the map and the scale of dates"
    other = plt.figure().subplots()
    assert news.map([DEMO_ID], ax=other) is other
    with pytest.raises(ValueError, match="`ids` is empty"):
        news.map([])
    with pytest.raises(KeyError, match="no-such"):
        news.map("no-such")


def test_a_map_of_odd_articles(hostile, tmp_path):
    """Articles without dates, without a list, or with mathematics in their titles are drawn."""
    hostile.partial_fit([{"id": "lonely", "title": "xylophone"}])
    for ids in ([HOSTILE], ["b"], ["lonely"], ["lonely", HOSTILE]):
        hostile.map(ids).figure.savefig(tmp_path / "map.png")
    hostile.explain(HOSTILE, "b").plot().figure.savefig(tmp_path / "explanation.png")


def test_an_explanation_is_drawn(news):
    """The bars are the parts of the shared terms, the largest on top."""
    explanation = news.explain(DEMO_ID, VETO)
    axes = explanation.plot()
    assert [bar.get_width() for bar in axes.patches] == [t.part for t in explanation.terms[:12]]
    assert [label.get_text() for label in axes.get_yticklabels()][:2] == ["guarantee", "ukraine"]
    assert axes.yaxis_inverted()
    assert "11 more terms" in axes.get_title(loc="left")
    other = plt.figure().subplots()
    nothing = news.explain(DEMO_ID, "how-falling-ecb-rates-reach-borrowers")
    assert nothing.plot(ax=other) is other


# --- notebooks -----------------------------------------------------------------------------------


def cells(result):
    """Return the texts of an object in a notebook, by line of a table or paragraph."""
    markup = result._repr_html_()
    parser = html5lib.HTMLParser(namespaceHTMLElements=False, strict=True)
    tree = parser.parseFragment(markup)
    assert {element.tag for element in tree.iter()} <= {
        "DOCUMENT_FRAGMENT", "table", "thead", "tbody", "tr", "th", "td", "p",
    }  # fmt: skip
    assert not [name for name in ("rgb", "#", "black", "white") if f"color: {name}" in markup]
    return [
        ["".join(cell.itertext()) for cell in row] if row.tag == "tr" else "".join(row.itertext())
        for row in tree.iter()
        if row.tag in ("tr", "p")
    ]


def test_results_in_a_notebook(news):
    """Results are tables or lines with what their text has."""
    related = news.related(DEMO_ID, 3)
    heading, *rows = cells(related)
    assert heading == ["#", "score", "date", "title", "reason", "id"]
    assert [row[-1] for row in rows] == related.ids
    assert rows[0][:3] == ["1", f"{related[0].score:.3f}", f"{related[0].published.date()}"]
    assert cells(RelatedList(None, ())) == ["empty list"]

    explanation = news.explain(DEMO_ID, VETO)
    shown = {"".join("".join(row).split()) for row in cells(explanation)}
    assert {"".join(line.split()) for line in str(explanation).splitlines()} - {""} == shown
    assert cells(news.explain(DEMO_ID, VETO))[-1] == "rank 4"
    assert cells(news.why_not(DEMO_ID, VETO)) == [f"{news.why_not(DEMO_ID, VETO)}"]
    assert cells(news.load_report_) == ["124 articles loaded, 0 skipped"]
    assert ["articles", "124"] in cells(news)
    assert cells(RelatedNews(title_weight=2)) == [["RelatedNews(title_weight=2)", ""]]
    report = UpdateReport(added=("a",), changed=(), load_report="1 articles loaded, 0 skipped")
    assert cells(report) == [*str(report).splitlines(), "1 articles loaded, 0 skipped"]


def test_markup_in_a_notebook_is_text(hostile):
    """Text of articles and reports cannot be markup."""
    report = hostile.partial_fit([{"id": "", "title": HOSTILE}, {"id": "c", "published": HOSTILE}])
    assert HOSTILE in "".join(map(str, cells(hostile.related("b"))[1]))
    for result in (hostile, report, hostile.load_report_, hostile.explain("b", HOSTILE),
                   hostile.why_not("b", HOSTILE), hostile.why_not("b", "<b>x</b>")):  # fmt: skip
        assert cells(result)
    undated = hostile.related("b")[0]
    assert undated.published is None
    assert cells(hostile.related("b"))[1][2] == ""
    assert dt.date.fromisoformat(cells(hostile.related(HOSTILE))[1][2])
