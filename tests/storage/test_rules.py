"""Rules hold in every list, whatever the archive, mode, stored lists and updates."""

import datetime as dt
import json
import re
import shutil
import sqlite3
import sys
from contextlib import closing
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

import reference
from lists.test_selector import Greedy
from maintenance.test_updates import ranked
from relnews import ArchiveFormatError, RelatedNews, Rule, Selection, UnknownArticleError
from relnews.options.modes import MODES
from relnews.storage import list_reader, rule_kinds
from relnews.storage.compiled_rules import title_matches
from relnews.storage.database import CATALOGUE
from strategies import archives_with_copies, examples

LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
SOON = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)

kinds_of_articles = st.sampled_from([
    "section=World", "section=Sport", "tag=court", "tag=live", "title=*nato*", "title=kyiv*",
    "title=", "title=*",
])  # fmt: skip


# --- the specification ---------------------------------------------------------------------------


def is_named(article, name):
    """Return whether a rule names an article, computed slowly."""
    field, _, value = name.partition("=")
    if field == "tag":
        return value in article["tags"]
    if field == "title":
        pattern = ".*".join(map(re.escape, value.casefold().split("*")))
        return re.fullmatch(pattern, article["title"].casefold(), re.DOTALL) is not None
    return article[field] == value


def is_barred(article, other, given):
    """Return whether a rule excludes an article from another's list."""
    return any(
        (rule.kind == "hide" and is_named(other, rule.a))
        or (rule.kind in ("block", "never") and is_named(article, rule.a)
            and is_named(other, rule.b))
        or (rule.kind == "never" and is_named(article, rule.b) and is_named(other, rule.a))
        for rule in given
    )  # fmt: skip


def is_visible(article, now):
    expires, published = article.get("expires"), article["published"]
    return (expires is None or expires > now) and (published is None or published <= now)


class Editor(Greedy):
    """The specification: visible pins first, then the selection from allowed articles."""

    def __init__(self, articles, rules):
        super().__init__(articles, 50)
        self.rules = rules
        self.now = dt.datetime.now(dt.UTC)

    def may_be_in(self, identifier, other):
        article = self.article[identifier]
        return (
            other in self.article
            and other != identifier
            and is_visible(self.article[other], self.now)
            and not is_barred(article, self.article[other], self.rules)
        )

    def pins(self, identifier):
        wanted = [rule.b[3:] for rule in self.rules
                  if rule.kind == "pin" and rule.a == f"id={identifier}"]  # fmt: skip
        return [other for other in dict.fromkeys(wanted) if self.may_be_in(identifier, other)]

    def ranked(self, identifier):
        date = self.article[identifier]["published"]
        return self.rank(identifier, [
            self.may_be_in(identifier, other) * reference.fading(date, found["published"], 180, 0.5)
            for other, found in self.article.items()
        ])  # fmt: skip

    def list_of(self, identifier, k):
        pins, ranked = self.pins(identifier)[:k], self.ranked(identifier)
        return [*pins, *self.choose(identifier, k - len(pins), {}, ranked, pins)]


@st.composite
def articles_and_rules(draw, **sizes):
    """Return articles, a part of them hidden, and rules about them."""
    articles = draw(archives_with_copies(**sizes))
    for article in articles:
        article["tags"] = draw(st.sampled_from([[], ["court"], ["live", "court"]]))
        if draw(st.integers(0, 7)) == 0:
            article["published"] = SOON
        if draw(st.integers(0, 7)) == 0:
            article["expires"] = LONG_AGO
    ids = st.sampled_from([*(f"id={article['id']}" for article in articles), "id=gone"])
    anyone = ids | kinds_of_articles.filter(lambda name: name != "title=")
    given = draw(st.lists(st.one_of(
        st.builds(Rule, st.just("pin"), ids, ids),
        st.builds(Rule, st.sampled_from(["block", "never"]), anyone, anyone),
        st.builds(Rule, st.just("hide"), anyone),
    ), max_size=6))  # fmt: skip
    return articles, [rule for rule in dict.fromkeys(given) if rule.a != rule.b
                      or rule.kind != "pin"]  # fmt: skip


# --- the lists -----------------------------------------------------------------------------------


@given(articles_and_rules(min_size=1), st.integers(1, 6), st.sampled_from([2, 1 << 16]))
def test_lists_are_those_of_the_specification(drawn, k, segment_articles):
    """Lists are pins in order, then allowed news, and full if possible."""
    articles, given = drawn
    with mock.patch("relnews.maintenance.layout.SEGMENT_ARTICLES", segment_articles):
        news = RelatedNews(title_weight=2, stop_words=None).fit(articles)
    news.rules.replace(given)
    editor = Editor(articles, given)

    assert [*news.rules] == given
    lists = [*news.related_all(k)]
    for found in lists:
        assert found.ids == editor.list_of(found.id, k)
        n_pins = len(editor.pins(found.id)[:k])
        assert [item.reason for item in found] == [
            ("pinned",) if place < n_pins else ("similar",) for place in range(len(found))
        ]
        assert [item.rank for item in found] == list(range(1, len(found) + 1))
        assert found == news.related(found.id, k)
    news.store_lists(k)
    assert [*news.related_all(k)] == lists
    assert [news.related(found.id, k) for found in lists] == lists


@given(
    articles_and_rules(min_size=1), st.sampled_from([*MODES]), st.integers(1, 5),
    st.booleans(), st.lists(st.sampled_from(["section", "newest"]), unique=True),
)  # fmt: skip
def test_no_mode_breaks_a_rule(drawn, mode, k, duplicates, fallback):
    """In every mode rules hold, pins come first, and no item repeats."""
    articles, given = drawn
    news = RelatedNews(title_weight=2, stop_words=None).fit(articles)
    news.rules.replace(given)
    editor = Editor(articles, given)
    selection = {"selection": Selection(duplicate_threshold=None)} if duplicates else {}
    for found in news.related_all(k, mode=mode, fallback=fallback, **selection):
        ids = found.ids
        assert len({*ids, found.id}) == len(ids) + 1 <= k + 1
        assert all(editor.may_be_in(found.id, other) for other in ids)
        pinned = [item.id for item in found if item.reason == ("pinned",)]
        assert ids[: len(pinned)] == pinned
        assert pinned == [other for other in editor.pins(found.id) if other in ids]
        if MODES[mode].when is None and MODES[mode].within is None:
            assert pinned == editor.pins(found.id)[:k]
            if "newest" in fallback and duplicates:
                n = sum(editor.may_be_in(found.id, other) for other in editor.article)
                assert len(found) == min(k, n)
        assert found == news.related(found.id, k, mode=mode, fallback=fallback, **selection)


#: The modes, with all of a ranking in a list: a stored list is cut off by its own, older scores.
RANKED = ranked(None)


@pytest.mark.parametrize("modes", [MODES, RANKED], ids=["news", "ranked"])
@examples(0.5)
@given(articles_and_rules(min_size=2), st.data(), st.integers(1, 4), st.integers(1, 3))
def test_stored_lists_keep_to_rules_after_updates(modes, drawn, data, k, per_item):
    """After updates stored lists have no barred item, and k items if possible."""
    with (
        mock.patch("relnews.options.list_options.MODES", modes),
        mock.patch("relnews.options.modes.STORED_SELECTION", modes["news"].selection),
    ):
        check_updates(*drawn, data, k, per_item, has_copies=modes is RANKED)


def check_updates(articles, given, data, k, per_item, has_copies):
    """Add and remove articles, and check the lists after each change."""
    n = data.draw(st.integers(1, len(articles)))
    news = RelatedNews(title_weight=2, stop_words=None).fit(articles[:n])
    with mock.patch("relnews.maintenance.updates.CANDIDATES_PER_ITEM", per_item):
        news.store_lists(k)
    news.rules.replace(given)
    there = {article["id"]: article for article in articles[:n]}
    for _ in range(2):
        before = {i: list_reader.stored_list(news.archive_.catalogue, i, k) for i in there}
        new = data.draw(st.lists(st.sampled_from(articles), max_size=2))
        gone = data.draw(st.sampled_from([None, *there]))
        reports = [news.partial_fit(new)]
        there.update((article["id"], article) for article in new)
        if gone is not None:
            reports.append(news.remove(gone))
            del there[gone]
        editor = Editor([*there.values()], given)
        # Replacements of a hidden article are not reported.
        all_seen = all(is_visible(article, editor.now) for article in articles)
        for identifier in there:
            found = news.related(identifier, k)
            assert all(editor.may_be_in(identifier, other) for other in found.ids)
            pins = editor.pins(identifier)[:k]
            assert found.ids[: len(pins)] == pins
            eligible = {*pins, *(other for other, *_ in editor.ranked(identifier))}
            assert len(found) == min(k, len(eligible)) or (
                not has_copies and len(found) < len(eligible)
            )
            now = list_reader.stored_list(news.archive_.catalogue, identifier, k)
            was = before.get(identifier)
            if all_seen and was is not None and now is not None and was.ids != now.ids:
                assert any(identifier in report.changed for report in reports)


# --- changes -------------------------------------------------------------------------------------


STORIES = [
    {"id": "talks", "title": "Talks on guarantees", "section": "World", "text": "Kyiv"},
    {"id": "live", "title": "Live: talks on guarantees", "section": "World", "text": "Kyiv"},
    {"id": "veto", "title": "Veto on guarantees", "section": "World", "text": "Moscow"},
    {"id": "trial", "title": "Trial of a minister", "section": "Court", "tags": ["court"],
     "text": "guarantees"},
]  # fmt: skip


@pytest.fixture
def news(tmp_path):
    """Return an archive that is opened from a folder."""
    RelatedNews().fit(STORIES).save(tmp_path / "a.relnews")
    return RelatedNews.open(tmp_path / "a.relnews")


def test_changes_are_durable_at_once(news, tmp_path):
    """Every open archive of the folder sees new rules at once."""
    other = RelatedNews.open(tmp_path / "a.relnews")
    assert other.related("talks").ids == ["live", "trial", "veto"]
    generation = news.archive_.catalogue.generation()
    news.rules.hide("title=live: *")
    assert news.archive_.catalogue.generation() == generation + 1
    news.rules.pin("talks", ["trial", "veto"])
    news.rules.pin("talks", ["veto", "trial"], replace=True)

    assert other.related("talks").ids == ["veto", "trial"]
    assert RelatedNews.open(tmp_path / "a.relnews").related("talks").ids == ["veto", "trial"]
    assert news.rules[0] == Rule("hide", "title=live: *")
    assert [str(rule) for rule in news.rules] == [
        "title=live: * is in no list",
        "the list of id=talks begins with id=veto",
        "the list of id=talks begins with id=trial",
    ]
    news.rules.drop(*news.rules)
    assert other.related("talks").ids == ["live", "trial", "veto"]
    assert len(other.rules) == 0


def test_pins_are_added(news):
    """A second pin follows the first; `replace` puts others in place of all, or removes them."""
    news.rules.pin("talks", "trial")
    news.rules.pin("live", "veto")
    news.rules.pin("talks", ["veto", "trial"])
    assert news.related("talks", 2).ids == ["trial", "veto"]
    news.rules.pin("talks", "live", place=1)
    assert news.related("talks").ids == ["trial", "live", "veto"]
    news.rules.pin("talks", "trial", place=2)
    assert news.related("talks").ids == ["live", "veto", "trial"]
    news.rules.pin("talks", ["veto", "trial"], place=0)
    assert news.related("talks").ids == ["veto", "trial", "live"]
    rules = [*news.rules]
    news.rules.pin("talks", "trial", place=1)
    assert [*news.rules] == rules
    with pytest.raises(ValueError, match="`place`"):
        news.rules.pin("talks", "trial", place=-1)
    news.rules.pin("talks", ["live"], replace=True)
    assert news.related("talks", 1).ids == ["live"]
    news.rules.pin("talks", [], replace=True)
    assert [*news.rules] == [Rule("pin", "id=live", "id=veto")]


@given(
    st.lists(st.integers(0, 5), unique=True),
    st.lists(st.integers(0, 5), unique=True),
    st.lists(st.integers(0, 5), unique=True),
)
def test_a_change_is_reverted(before, after, later):
    """Reverting restores the rules; what was added and dropped since then stays so."""
    kept, numbered = RelatedNews().fit(STORIES).rules, [Rule("hide", f"tag={n}") for n in range(6)]
    kept.replace(numbered[n] for n in before)
    kept.replace(numbered[n] for n in after)
    change = kept.last_change
    assert change.before == tuple(numbered[n] for n in before)
    kept.revert(change)
    assert [*kept] == [*change.before]
    kept.revert(kept.last_change)
    assert [*kept] == [*change.after]

    kept.replace(numbered[n] for n in later)
    kept.revert(change)
    undone = {*after} - {*before}, {*before} - {*after}
    expected = ({*later} - undone[0] - ({*before} & undone[0])) | undone[1]
    expected -= {n for n in before if n not in later and n in after}
    assert {*kept} == {numbered[n] for n in expected}
    since = [n for n in later if n not in before and n not in after]
    assert [rule for rule in kept if rule in [numbered[n] for n in since]] == [
        numbered[n] for n in since
    ]


def test_a_pin_that_was_put_first_since_stays_first(news):
    """Undoing a pin leaves the order of the pins that others made meanwhile."""
    kept = news.rules
    kept.pin("talks", "trial")
    kept.pin("talks", "veto")
    change = kept.last_change
    kept.pin("talks", "live", place=0)
    kept.revert(change)
    assert news.related("talks", 2).ids == ["live", "trial"]

    kept.pin("talks", "trial", place=0)
    change = kept.last_change
    kept.pin("talks", "veto", place=0)
    kept.revert(change)
    assert news.related("talks").ids == ["veto", "live", "trial"]


@pytest.mark.parametrize(
    ("articles", "reason"),
    [
        ("section=Cuort", "no article has the section 'Cuort'; did you mean 'Court'?"),
        ("section=zzzz", "no article has the section 'zzzz'"),
        ("tag=cuort", "no article has the tag 'cuort'; did you mean 'court'?"),
        ("title=Lvie: *", "no article has the title 'Lvie: *'; did you mean 'Live: *'?"),
        ("title=zzzz", "no article has the title 'zzzz'"),
        ("id=talk", "'talk' is not in the archive; did you mean 'talks'?"),
    ],
)
def test_rules_of_no_article_say_so(news, articles, reason):
    """A rule that matches no article is inactive, with the nearest value that exists."""
    rules = [Rule("hide", articles), Rule("never", "section=Court", articles)]
    news.rules.add(*rules)
    assert news.rules.sleeping() == dict.fromkeys(rules, reason)


def test_rules_of_some_article_are_awake(news):
    """A rule is active if any article matches, one under embargo too."""
    news.partial_fit([{"id": "soon", "title": "Later", "section": "Soon", "published": SOON}])
    for articles in ("section=Soon", "section=Court", "tag=court", "title=LATER", "title=*live*"):
        news.rules.hide(articles)
    assert news.rules.sleeping() == {}


def test_blocks_and_pairs(news):
    """Blocks work in one or both directions and by kind."""
    news.rules.block("talks", "veto")
    assert "veto" not in news.related("talks").ids
    assert "talks" in news.related("veto").ids
    news.rules.block("talks", "live", both_ways=True)
    assert "live" not in news.related("talks").ids
    assert "talks" not in news.related("live").ids
    news.rules.never("tag=court", "section=World")
    assert news.related("trial").ids == []
    assert all("trial" not in news.related(i).ids for i in ("talks", "live", "veto"))
    news.rules.drop(Rule("never", "tag=court", "section=World"))
    assert news.related("trial").ids
    news.rules.hide("id=trial")
    assert "trial" not in {i for found in news.related_all() for i in found.ids}
    assert news.related("trial").ids, "it has a list of its own"


def test_rules_survive_what_an_archive_goes_through(news, tmp_path):
    """Rules survive updates, removals, compaction, lists and saving."""
    news.rules.pin("talks", "trial")
    news.store_lists(2)
    news.partial_fit([{"id": "trial", "title": "Trial goes on", "text": "guarantees"}])
    assert news.related("talks", 2).ids[0] == "trial"
    assert news.related("talks", 2)[0].title == "Trial goes on"
    news.compact()
    news.save(tmp_path / "b.relnews")
    moved = RelatedNews.open(tmp_path / "b.relnews")
    assert moved.related("talks", 2).ids[0] == "trial"
    assert moved.rules.sleeping() == {}

    report = moved.remove("trial")
    assert "talks" in report.changed
    assert moved.related("talks", 2).ids == ["live", "veto"]
    (rule,) = moved.rules
    assert moved.rules.sleeping() == {rule: "'trial' is not in the archive"}
    report = moved.partial_fit([STORIES[3]])
    assert "talks" in report.changed
    assert moved.related("talks", 2).ids[0] == "trial"
    assert moved.verify() == []


def test_what_may_not_be_seen_is_not_pinned(news):
    """Embargo, expiry and other rules override a pin, and the pin says so."""
    news.rules.pin("talks", ["trial", "veto", "live"])
    news.partial_fit([
        {**STORIES[3], "published": SOON}, {**STORIES[2], "expires": LONG_AGO}
    ])  # fmt: skip
    news.rules.hide("title=live:*")
    trial, veto, live, hidden = news.rules

    assert news.related("talks").ids == []
    assert news.rules.sleeping() == {
        trial: "'trial' is under embargo, or has expired",
        veto: "'veto' is under embargo, or has expired",
        live: "another rule is stronger: title=live:* is in no list",
    }
    assert str(hidden) == "title=live:* is in no list"


def test_conditions_are_stronger_than_pins(news):
    """A pin that does not meet the conditions is not listed."""
    news.rules.pin("talks", ["trial", "veto"])

    assert news.related("talks", exclude=["trial"]).ids[0] == "veto"
    assert news.related("talks", filters={"section": "Court"}).ids == ["trial"]
    assert news.related("talks", filters={"tags": "court"}).ids == ["trial"]
    assert news.related("talks", 1, selection=Selection(min_score=1)).ids == ["trial"]


def test_a_pin_keeps_its_copies_out(news):
    """A near-duplicate of a pinned article is not listed."""
    news.partial_fit([{**STORIES[2], "id": "veto-2"}])
    news.rules.pin("talks", "veto")

    assert news.related("talks", selection=None).ids[:2] == ["veto", "live"]
    assert "veto-2" in news.related("talks", selection=None).ids
    assert news.related("talks").ids == ["veto", "live", "trial"]


def test_drafts_have_rules_of_titles(news):
    """Hidden articles are hidden from drafts, and rules on titles apply to drafts."""
    news.rules.hide("section=Court")
    news.rules.never("title=talks*", "title=live*")

    assert news.related_to_text("guarantees", title="Talks").ids == ["talks", "veto"]
    assert "live" in news.related_to_text("guarantees", title="Other").ids


def test_stored_lists_are_read_without_numpy(news, tmp_path):
    """With rules stored lists load without NumPy; a changed list is ranked."""
    import subprocess

    news.store_lists()
    news.rules.pin("live", "trial")
    news.rules.never("tag=court", "id=veto")
    program = (
        "import sys, relnews\n"
        f"news = relnews.RelatedNews.open({str(tmp_path / 'a.relnews')!r})\n"
        "assert news.related('talks').ids[0] == 'live'\n"
        "assert not {'numpy', 'numba'} & set(sys.modules)\n"
        "assert news.related('live').ids[0] == 'trial'\n"
        "assert 'veto' not in news.related('trial').ids\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda rules: rules.pin("talks", ["vet"]), UnknownArticleError, "mean 'veto'"),
        (lambda rules: rules.pin("talk", ["veto"]), UnknownArticleError, "mean 'talks'"),
        (lambda rules: rules.pin("talks", ["talks"]), ValueError, "must be other articles"),
        (lambda rules: rules.block("talks", "talks"), ValueError, "must be other articles"),
        (lambda rules: rules.pin("talks", []), ValueError, "`replace=True` to remove the pins"),
        (lambda rules: rules.block("talks", "x"), UnknownArticleError, "'x'"),
        (lambda rules: rules.hide("colour=red"), ValueError, "id=… or section=… or tag=…"),
        (lambda rules: rules.hide("World"), ValueError, "names articles as id=…"),
        (lambda rules: rules.never("tag=", "tag=x"), ValueError, "got 'tag='"),
        (lambda rules: rules.never("tag=x", ""), ValueError, "any other of two"),
        (lambda rules: rules.ignore("a", " "), ValueError, "one word, without spaces"),
        (lambda rules: rules.hide(3), TypeError, "list of strings"),
        (lambda rules: rules.replace([Rule("pin", "tag=x", "id=talks")]), ValueError, "as id=…"),
        (lambda rules: rules.replace([Rule("praise", "tag=x")]), ValueError, "a pin, block"),
        (lambda rules: rules.add(Rule("block", "tag=x")), ValueError, "a rule to hide or ignore"),
        (lambda rules: rules.add("hide"), TypeError, "must be a relnews.Rule"),
    ],
)
def test_rules_that_are_none(news, change, error, words):
    """A wrong rule is refused with the expected value, and nothing changes."""
    news.rules.hide("tag=court")
    generation = news.archive_.catalogue.generation()
    with pytest.raises(error, match=words):
        change(news.rules)
    assert [*news.rules] == [Rule("hide", "tag=court")]
    assert news.archive_.catalogue.generation() == generation


@pytest.mark.parametrize(
    "value", ["3", "{}", "[3]", '[["hide"]]', '[["hide","a=b",""]]', "nonsense", "[[[]]]", "[[]]",
              "", '[["pin","tag=a","id=b"]]', '[["hide","tag=a",3]]', '[["ignore","a b",""]]'],
)  # fmt: skip
def test_damaged_rules(news, tmp_path, value):
    """Damaged rules are an archive error."""
    with closing(sqlite3.connect(tmp_path / "a.relnews" / CATALOGUE)) as connection:
        connection.execute("INSERT INTO settings VALUES ('rules', ?)", [value])
        connection.commit()
    for read in (lambda: news.related("talks"), lambda: list(news.rules)):
        with pytest.raises(ArchiveFormatError, match="damaged"):
            read()


def test_an_archive_without_rules_has_none(news, tmp_path):
    """An archive without the setting has no rules."""
    with closing(sqlite3.connect(tmp_path / "a.relnews" / CATALOGUE)) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM settings")}
    assert "rules" not in names
    assert [*news.rules] == []
    shutil.copytree(tmp_path / "a.relnews", tmp_path / "old.relnews")
    assert RelatedNews.open(tmp_path / "old.relnews").related("talks").ids


@given(st.text(max_size=12), st.text(alphabet="ab*ßS", max_size=12), st.text("abßs", max_size=12))
def test_patterns_of_titles(anything, pattern, title):
    """In a pattern a star matches anything, and nothing else is special."""
    assert title_matches(anything.replace("*", ""), anything.replace("*", ""))
    assert title_matches("*", anything)
    assert title_matches(f"{title[:2]}*", f"{title[:2]}{anything}")
    expected = ".*".join(map(re.escape, pattern.casefold().split("*")))
    got = title_matches(pattern, title)
    assert got == (re.fullmatch(expected, title.casefold(), re.DOTALL) is not None)


@pytest.mark.parametrize("kind", rule_kinds.KINDS.values(), ids=lambda kind: kind.name)
def test_kinds(news, kind):
    """A kind takes its number of arguments, has effects, and a sentence."""
    part = "word" if kind.name == "ignore" else "id=veto"
    rule = Rule(kind.name, *[part, "id=live"][: kind.n_parts])
    news.rules.add(rule, rule)
    assert [*news.rules] == [rule]
    assert part.removeprefix("id=") in str(rule)
    assert rule_kinds.effects_of(rule) != rule_kinds.Effects()
    assert kind.parse(rule.a, rule.b) == rule
    with pytest.raises(ValueError, match="any other of two"):
        kind.parse(rule.a, "" if rule.b else "id=live")


def test_an_ignored_word_may_look_like_an_id(news):
    """An ignored word is inactive without articles that have it, even if it is an id."""
    news.rules.add(Rule("ignore", "id=nowhere"))
    assert [*news.rules.sleeping().values()] == ["no article has the word"]


def test_rules_can_be_carried_over(news):
    """A new build can take over rules; rules of missing articles are inactive."""
    news.rules.pin("talks", ["trial"])
    news.rules.hide("section=Court")
    other = RelatedNews().fit(STORIES[:3])
    other.rules.replace(news.rules)

    assert [*other.rules] == [*news.rules]
    assert [*other.rules.sleeping().values()] == [
        "'trial' is not in the archive", "no article has the section 'Court'"
    ]  # fmt: skip
    record = news.related("talks")[0].to_dict()
    assert "reason" not in record
    news.rules.drop(news.rules[1])
    assert json.loads(json.dumps(news.related("talks").to_dict()))["related"][0]["reason"] == [
        "pinned"
    ]
