"""What is publicly visible: nothing comes in that is not plainly public."""

from __future__ import annotations

import csv
import datetime as dt
import json
import random
import string
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relnews import RelatedNews, read_articles
from relnews.exceptions import ArticleError
from relnews.readers.load_report import LoadReport, Problem
from relnews.readers.read_options import ReadSpec
from relnews.readers.records import articles_from
from strategies import examples

GOOD = {"id": "a", "title": "A title", "text": "Some text."}

ON = [True, 1, "true", "True", "yes", "Yes", "on", "ON", "y", "t", "1", " true ", 1.0, np.True_]
OFF = [False, 0, "false", "FALSE", "no", "No", "off", "n", "f", "0", 0.0, np.False_]
UNREADABLE = ["maybe", "soon", 2, -1, "2", ["yes"], "ja", "?"]

#: What a source says: its name, values that everybody may see, and values that keep an article out.
RULES: dict[str, tuple[list[Any], list[Any]]] = {
    # Switches that are on for an article that is not for everybody.
    **{
        name: (OFF, [*ON, *UNREADABLE])
        for name in (
            "draft", "isDraft", "private", "unlisted", "unpublished", "hidden", "is_hidden",
            "headless", "noindex", "robotsNoIndex", "protected", "password_protected",
            "members_only", "deleted", "is_deleted", "trashed", "disabled", "WIP",
            "eleventyExcludeFromCollections",
        )
    },
    # The same, but any other value is something else than a switch.
    **{
        name: ([*OFF, "navigation", ["toc"], 7], ON)
        for name in ("hide", "exclude", "internal", "secret", "confidential")
    },
    # Switches that are off for one.
    **{
        name: (ON, [*OFF, *UNREADABLE])
        for name in (
            "is_published", "isPublic", "public", "listed", "visible", "discoverable", "routable",
        )
    },
    # The same, but any other value is something else than a switch.
    **{
        name: ([*ON, *other], [*OFF, "never"])
        for name, other in {
            "permalink": ["/a/"], "render": ["a"], "live": ["ticker"],
            "active": ["x"], "enabled": ["x"], "online": ["https://g.example"], "approved": ["x"],
            "show": ["Panorama"], "display": ["block"],
            "published": ["2020-01-01"],
        }.items()
    },
    # WordPress, Ghost, Pelican, Nikola, Drupal and the agencies' ninjs.
    "status": (
        ["publish", "published", "Published", "public", "live", "featured", 1, "1", True],
        ["draft", "Draft", "auto-draft", "pending", "private", "future", "trash", "inherit",
         "scheduled", "sent", "hidden", "skip", "unpublished", "in review", "on_hold", 0, "0",
         *UNREADABLE],
    ),
    "wp:status": (["publish"], ["draft", "private", "trash", "future", "pending", "acf-disabled"]),
    "post_status": (["publish"], ["draft", "private", "trash", "nonsense"]),
    "moderation_state": (["published"], ["draft", "archived", "needs_work"]),
    "pubstatus": (["usable", "stat:usable"], ["withheld", "stat:canceled", "not:usable"]),
    "creativeWorkStatus": (["Published"], ["Draft", "Obsolete", "Incomplete"]),
    "visibility": (["public", "Public"], ["members", "paid", "tiers", "private", "filter",
                                          "subscribers", "everybody else"]),
    # Words with several meanings: only a word that is known keeps an article out.
    "state": (["published", 1, 2, "Texas"], ["draft", "unpublished", 0, -2, "-2"]),
    "audience": (["everyone", "families"], ["only_paid", "founding", "private"]),
    # Passwords, and the moment of deletion.
    "password": ([False], ["secret", "0", "false", 1234]),
    "wp:post_password": ([], ["secret", "0"]),
    "deleted_at": ([False, "0000-00-00 00:00:00", 0], ["2024-01-01", 1700000000, "yes", True]),
    # Pages and front matter for search engines.
    "robots": (
        ["index, follow", "nofollow", "max-image-preview:none", "max-snippet:-1", ["nofollow"],
         {"index": True}, {"index": "index"}],
        ["noindex", "NOINDEX, follow", "none", "googlebot: noindex", ["follow", "noindex"],
         {"index": False}, {"noindex": True}, {"index": "noindex"}, False],
    ),
    # Hugo and Eleventy.
    "build": (
        ["always", {"list": "always"}, {"list": True, "render": "always"}, {"publishResources": 0}],
        [{"list": "never"}, {"list": "local"}, {"render": "never"}, {"render": False},
         {"render": "link"}, {"list": "sometimes"}, False, "never"],
    ),
    "_build": ([{"list": "always"}], [{"list": "never"}, {"render": "no"}]),
    # Plugins of WordPress and TYPO3: groups of readers, and robots.
    "fe_group": (["0", 0, "-1", ""], ["1", "2,3", -2, 7]),
    "_members_access_role": ([[], "none"], ["subscriber", ["editor"]]),
    "_jetpack_newsletter_access": (["everybody"], ["subscribers", "paid_subscribers"]),
    "rcp_subscription_level": (["a:0:{}"], ["any", 'a:1:{i:0;s:1:"2";}']),
    "_yoast_wpseo_meta-robots-noindex": (["0", "2"], ["1", 1]),
    "_aioseo_noindex": (["0"], ["1"]),
    "rank_math_robots": ([["index"], 'a:1:{i:0;s:5:"index";}'], [["noindex"],
                         'a:1:{i:0;s:7:"noindex";}']),
    "googlebot": (["index"], ["noindex"]),
    "yoast_head_json.robots.index": (["index"], ["noindex"]),
    # Objects that are about the article, and others.
    "seo": ([{"noindex": False}, {"title": "x"}], [{"noindex": True}, {"robots": "noindex"}]),
    "params": ([{"draft": "no"}, {}], [{"draft": True}, {"status": "trash"}, {"hidden": "maybe"},
                                       {"seo": {"noindex": "yes"}}]),
    "meta": ([[{"key": "colour", "value": "1"}], [1, "x"]],
             [{"_members_access_role": "editor"}, [{"key": "noindex", "value": "1"}],
              [["meta", {"name": "robots", "content": "none"}]]]),
    "access": (["public", "1", 1, {"level": "public"}],
               ["private", "registered", "members-only", 2, "3", 0, {"level": "members"},
                {"site.login": "yes"}]),
    "publish": ([True, "2020-01-01"], [False, "never", {"status": "draft"}]),
    "_id": (["a", "a.drafts."], ["drafts.a"]),
    "memberships": ([[], "none"], [["gold"], "gold"]),
    "cover": ([{"hidden": True, "status": "odd", "draft": False}], [{"draft": True}]),
    # Dates before which an article is not public.
    "embargo": ([False, "no", 0], [True, "yes", "1", "tomorrow"]),
    "publish_up": (["0000-00-00 00:00:00", "2020-01-01"], ["some day"]),
}  # fmt: skip

public_values = st.sampled_from(
    [(name, value) for name, (shown, _) in RULES.items() for value in shown]
)
hidden_values = st.sampled_from(
    [(name, value) for name, (_, hidden) in RULES.items() for value in hidden]
)


def read(record: dict[str, Any], **options: Any) -> tuple[list[str], LoadReport]:
    """Return the ids of the articles that a record becomes, and the load report."""
    report = LoadReport()
    ids = [article.id for article in articles_from([record], report, ReadSpec.of(options))]
    assert report.seen == 1 == report.loaded + report.skipped + report.withheld
    return ids, report


def respelled(name: str, source: random.Random) -> str:
    """Return another spelling of a name: its case, and the blanks between its words."""
    for blank in "-_ ":
        name = name.replace(blank, source.choice("-_ "))
    return source.choice([name, name.upper(), name.lower(), name.title(), f"_{name}"])


@given(st.lists(public_values, max_size=6), hidden_values, st.randoms())
def test_one_value_that_is_not_public_keeps_an_article_out(
    shown: list[tuple[str, Any]], hidden: tuple[str, Any], source: random.Random
) -> None:
    """Whatever else a record says, in any order and spelling, a value that hides it decides."""
    others = [(name, value) for name, value in shown if name != hidden[0]]
    pairs = [(respelled(name, source), value) for name, value in [*others, hidden]]
    source.shuffle(pairs)
    record = {**GOOD, **dict(pairs)}
    ids, report = read(record)
    assert ids == []
    assert report.withheld == 1
    assert report.withheld_ids == ["a"]
    (problem,) = report.problems
    assert problem.value.startswith("withheld: ")


@given(st.lists(public_values, max_size=8), st.randoms())
def test_public_values_let_an_article_in(
    shown: list[tuple[str, Any]], source: random.Random
) -> None:
    """An article of which all values are public comes in."""
    record = {**GOOD, **{respelled(name, source): value for name, value in shown}}
    assert read(record)[0] == ["a"]


@pytest.mark.parametrize("name", RULES)
def test_every_value_of_every_name(name: str) -> None:
    """Each value alone decides as its source says."""
    shown, hidden = RULES[name]
    for value in shown:
        assert read({**GOOD, name: value})[0] == ["a"], value
    for value in hidden:
        assert read({**GOOD, name: value})[0] == [], value


@given(hidden_values)
def test_who_asks_for_unlisted_articles_gets_them(hidden: tuple[str, Any]) -> None:
    """`include_unlisted` and `unreadable_dates` let in what was withheld."""
    name, value = hidden
    options: Any = {"include_unlisted": True, "unreadable_dates": "keep"}
    assert read({**GOOD, name: value}, **options)[0] == ["a"]


@given(st.sampled_from([*RULES]),
       st.sampled_from([None, "", " ", "\t", float("nan"), [], {}, (), np.array([])]))  # fmt: skip
def test_a_name_without_a_value_says_nothing(name: str, value: object) -> None:
    """An empty cell is no state, and nor is a list or an object of nothing."""
    assert read({**GOOD, name: value})[0] == ["a"]


@given(st.sampled_from(["status", "draft", "visibility", "is_published"]),
       st.text(string.ascii_letters, min_size=3, max_size=12))  # fmt: skip
def test_a_word_that_nobody_knows_keeps_an_article_out(name: str, word: str) -> None:
    """A state is known, or it is withheld as unreadable."""
    if word.lower() in {"publish", "published", "public", "live", "visible", "listed", "released",
                        "online", "active", "featured", "everyone", "usable", "true", "yes", "on",
                        "false", "off", "never"}:  # fmt: skip
        return
    ids, report = read({**GOOD, name: word})
    assert ids == []
    assert report.withheld == 1


def test_what_is_withheld_is_not_quoted() -> None:
    """The report names the deciding value, not the text of an article, and no password."""
    _, report = read({**GOOD, "draft": "maybe", "text": "Confidential."})
    assert report.summary() == (
        "0 articles loaded, 0 skipped, 1 withheld\n"
        "  withheld: unreadable state of publication: 1\n"
        "    article 1: withheld: unreadable state of publication: 'a': `draft` is 'maybe'"
    )
    assert "hunter2" not in read({**GOOD, "password": "hunter2"})[1].summary()


# --- embargo and expiry --------------------------------------------------------------------------

LATE = dt.datetime(2090, 1, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "name", ["embargo", "embargoed", "embargo_until", "publishOn", "publish_up", "go_live_at",
             "scheduled_for"],
)  # fmt: skip
def test_embargo(name: str) -> None:
    """An article under embargo is dated by its end, whatever date it has."""
    for value in ("2090-01-01", "1 January 2090", LATE, LATE.timestamp(), "2090/1/1"):
        report = LoadReport()
        record = {**GOOD, "published": "2020-01-01", name: value}
        (article,) = articles_from([record], report)
        assert article.published == LATE
    assert read({**GOOD, name: "when the court has ruled"})[0] == []


@pytest.mark.parametrize("switch", [True, "yes", 1, "1"])
@pytest.mark.parametrize("name", ["date", "pub_date", "published_at"])
def test_a_switch_is_no_date(switch: object, name: str) -> None:
    """Where `published` says whether, another name says when."""
    (article,) = articles_from([{**GOOD, "published": switch, name: "2090-01-01"}], LoadReport())
    assert article.published == LATE
    assert read({**GOOD, "published": switch, name: "when the talks end"})[0] == []


@pytest.mark.parametrize("name", ["expires", "expiryDate", "expiry", "expirationDate",
                                  "unpublish_on", "publish_down", "unpublishdate"])  # fmt: skip
def test_expiry(name: str) -> None:
    """The first of all expiries counts; what cannot be read keeps an article out."""
    (article,) = articles_from([{**GOOD, name: "2 March 2021"}], LoadReport())
    assert article.expires == dt.datetime(2021, 3, 2, tzinfo=dt.UTC)
    both = {**GOOD, "expires": "2090-01-01", name: "2021-03-02"}
    (article,) = articles_from([both], LoadReport())
    assert article.expires == dt.datetime(2021, 3, 2, tzinfo=dt.UTC)
    for nothing in (False, "never", "0000-00-00 00:00:00", 0, "", None):
        (article,) = articles_from([{**GOOD, name: nothing}], LoadReport())
        assert article.expires is None
    ids, report = read({**GOOD, name: "at some time"})
    assert ids == []
    assert report.problems == {Problem.UNREADABLE_EXPIRY: 1}


def test_a_mapped_expiry_is_the_only_one() -> None:
    """Who maps `expires` knows which column it is."""
    record = {**GOOD, "valid_to": "2090-01-01", "expires": "in the cache"}
    spec = ReadSpec.of({"fields": {"expires": "valid_to"}})
    (article,) = articles_from([record], LoadReport(), spec)
    assert article.expires == LATE


# --- files and archives --------------------------------------------------------------------------


@examples(0.5)
@given(hidden=hidden_values)
def test_files_say_it_as_records_do(tmp_path_factory: Any, hidden: tuple[str, Any]) -> None:
    """JSON Lines and CSV withhold what records withhold."""
    name, value = hidden
    if isinstance(value, (list, dict, np.bool_)):
        return
    folder = tmp_path_factory.mktemp("files")
    records = [{"id": "b", "text": "Shown."}, {**GOOD, name: value}]
    lines = [json.dumps(record) for record in records]
    Path(folder, "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    with Path(folder, "a.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["id", "title", "text", name])
        writer.writeheader()
        writer.writerows(records)
    for file_name in ("a.jsonl", "a.csv"):
        reader = read_articles(folder / file_name)
        assert [article.id for article in reader] == ["b"]
        assert reader.load_report.withheld == 1


def test_an_article_that_is_withdrawn_leaves_the_archive() -> None:
    """An update in which an article is a draft removes it; the others stay."""
    news = RelatedNews().fit([
        {"id": "a", "text": "The ferry strike."}, {"id": "b", "text": "The ferry talks."},
        {"id": "c", "text": "The ferry sails."},
    ])  # fmt: skip
    report = news.partial_fit([{"id": "b", "text": "The ferry talks.", "status": "trash"}])
    assert report.removed == ("b",)
    assert news.related("a").ids == ["c"]


def test_only_drafts_are_an_error() -> None:
    """An archive of nothing but drafts is refused, and the message says what to do."""
    with pytest.raises(ArticleError, match="include_unlisted=True"):
        RelatedNews().fit([{**GOOD, "draft": True}])


@pytest.mark.parametrize("made_of", [{"url": "/a"}, {"slug": "a"}, {}])
def test_an_article_whose_id_was_made_is_withdrawn(made_of: dict[str, str]) -> None:
    """An article of a source without ids leaves the archive as any other."""
    story = {
        "title": "Ferry strike",
        "text": "Crews stop work.",
        "published": "2025-06-02",
    } | made_of
    other = {"title": "Ferry talks", "text": "Crews and company meet.", "published": "2025-06-03"}
    other |= dict.fromkeys(made_of, "b")
    news = RelatedNews().fit([story, other])
    report = news.partial_fit([story | {"status": "draft"}])
    assert len(report.removed) == 1
    assert len(news) == 1


@pytest.mark.parametrize(
    "values",
    [
        {"Draft?": "yes"}, {"post.status": "draft"}, {"approved": "pending"}, {"publish": "draft"},
        {"content": {"rendered": "storm", "protected": True}},
        {"archived": True}, {"is_live": False}, {"review_state": "private"},
        {"robots": "noindex nofollow"}, {"embargo_end": "2099-01-01"},
        {"valid_until": "2001-01-01"},
    ],
)  # fmt: skip
def test_names_and_words_as_sources_write_them(values: dict[str, object]) -> None:
    """Punctuation, flattened objects and other words of the same meaning hide an article, too."""
    news = RelatedNews().fit([
        {"id": "a", "text": "ferry strike"}, {"id": "b", "text": "ferry strike again", **values},
    ])  # fmt: skip
    assert news.related("a", mode="similar").ids == []


def test_duplicate_columns_all_say_who_may_see_an_article(tmp_path: Path) -> None:
    """Of two columns of one name, one that hides decides."""
    path = tmp_path / "a.csv"
    path.write_text(
        "id,text,status,status\n1,ferry,draft,published\n2,strike,published,published\n"
    )
    assert [article.id for article in read_articles(path)] == ["2"]


@pytest.mark.parametrize("record", [
    '"draft": true, "draft": false', '"status": "draft", "status": "published"',
    '"expires": "2001-01-01", "expires": "2090-01-01"', '"seo": {"noindex": 1, "noindex": 0}',
    '"published": "2090-01-01", "published": "2020-01-01"',
])  # fmt: skip
def test_a_name_that_stands_twice_in_json(record: str, tmp_path: Path) -> None:
    """Of two values of one name, one that hides decides; of two dates, the stricter one."""
    path = tmp_path / "a.jsonl"
    lines = [f'{{"id": "a", "text": "ferry strike", {record}}}', '{"id": "b", "text": "ferry"}']
    path.write_text("\n".join(lines), encoding="utf-8")
    assert RelatedNews().fit(read_articles(path)).related("b", mode="similar").ids == []


@pytest.mark.parametrize(
    ("name", "is_public"),
    [
        *((name, False) for name in (
            "drafts", "draft", "trash", "trashed", "deleted", "unpublished", "private",
            "draft_posts", "privateArticles", "deletedItems", "members_only", "scheduled",
            "archived", "embargoed", "spiked", "inReview")),
        *((name, True) for name in ("archive", "news", "posts", "new", "private_equity")),
    ],
)  # fmt: skip
def test_a_list_whose_name_hides_what_is_in_it(name: str, is_public: bool, tmp_path: Path) -> None:
    """The entries of a list of drafts are withheld, beside another list, inside it, and alone."""
    path = tmp_path / "a.json"
    entry, article = {**GOOD, "id": "d"}, {**GOOD, "id": "p"}
    shapes: list[Any] = [
        {name: [entry], "articles": [article]}, {name: {"posts": [entry]}, "posts": [article]},
        {name: [entry]}, {"posts": {"published": [article], name: [entry]}}, [{name: [entry]}],
        {name: {"d": {"title": "A title", "text": "Some text."}}},
    ]  # fmt: skip
    for shape in shapes:
        path.write_text(json.dumps(shape), encoding="utf-8")
        reader = read_articles(path)
        ids = {article.id for article in reader}
        assert is_public or (ids <= {"p"} and reader.load_report.withheld_ids == ["d"]), shape
        assert not is_public or reader.load_report.withheld == 0
    assert [a.id for a in read_articles(path, include_unlisted=True)] == ["d"]


@pytest.mark.parametrize("is_inner", [True, False])
def test_an_object_and_the_record_around_it(is_inner: bool, tmp_path: Path) -> None:
    """A record whose fields are in an object inside it has the states of both."""
    inner, outer = {**GOOD, "draft": is_inner}, {"draft": not is_inner}
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"edges": [{**outer, "node": inner}]}), encoding="utf-8")
    reader = read_articles(path)
    assert [*reader] == []
    assert reader.load_report.withheld_ids == ["a"]


def test_times_of_typo3_and_of_events() -> None:
    """TYPO3's `starttime` and `endtime` are an embargo and an expiry; others are of events."""
    times = {"starttime": 4102444800, "endtime": 4102448400}
    (article,) = articles_from([{**GOOD, **times}], LoadReport())
    assert article.published == dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
    assert article.expires == dt.datetime(2100, 1, 1, 1, tzinfo=dt.UTC)
    others: list[dict[str, Any]] = [{"starttime": 0, "endtime": 0}, {"start_time": "2100-01-01"},
                                    {"endTime": "2001-01-01"}]  # fmt: skip
    for values in others:
        (article,) = articles_from([{**GOOD, **values}], LoadReport())
        assert (article.published, article.expires) == (None, None)


def test_an_embargo_and_an_expiry_in_an_object() -> None:
    """Dates count in objects that are about the article."""
    record = {**GOOD, "meta": {"embargo_until": "2090-01-01"}, "params": {"expiryDate": "2091"}}
    assert read(record)[0] == []  # a year is no date
    record["params"] = {"expiryDate": "2091-01-01"}
    (article,) = articles_from([record], LoadReport())
    assert article.published == LATE
    assert article.expires == dt.datetime(2091, 1, 1, tzinfo=dt.UTC)


def test_drafts_of_atom_and_blogger(tmp_path: Path) -> None:
    """What a feed says of the state of an entry is read."""
    path = tmp_path / "a.atom"
    entry = "<entry><id>{}</id><title>Storm {}</title><content>words</content>{}</entry>"
    path.write_text(
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:app="http://www.w3.org/2007/app" '
        'xmlns:blogger="http://schemas.google.com/blogger/2018"><title>G</title>'
        + entry.format(1, 1, "<app:control><app:draft>yes</app:draft></app:control>")
        + entry.format(2, 2, "<blogger:status>DRAFT</blogger:status>")
        + entry.format(4, 4, "<status>draft</status><status>published</status>")
        + entry.format(5, 5, "<expirationDate>soon</expirationDate>")
        + entry.format(6, 6, '<m:status xmlns:m="http://search.yahoo.com/mrss/" state="blocked"/>')
        + entry.format(3, 3, "<app:control><app:draft>no</app:draft></app:control>")
        + "</feed>"
    )
    assert [article.id for article in read_articles(path)] == ["3"]
