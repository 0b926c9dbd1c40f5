"""Ignored words: lists are the lists of an archive in which these words weigh nothing."""

from unittest import mock

import pytest
from hypothesis import Phase, example, given
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

import reference
from maintenance.test_updates import RANKED, STOP_WORDS, EpochOfIdf, K, Living, frequencies
from relnews import ArchiveFormatError, RelatedNews, Rule
from relnews.maintenance import merging
from relnews.search import bounds
from relnews.text.ignored_terms import IgnoredTerms
from relnews.text.vocabulary import LayeredVocabulary, Vocabulary
from strategies import WORDS, archives, examples, texts

#: Words as editors write them: known and unknown ones, terms and others.
some_words = st.lists(
    st.sampled_from([*WORDS, "Guarantees", "U.S.", "e-mail", "nowhere", "_"]), max_size=3
)


class Edited(Living):
    """Ignores words and restores them while articles are added and removed."""

    ignored = ignored_then = ()

    @rule(words=some_words)
    def ignore(self, words):
        self.news.rules.ignore(*words)
        self.ignored = (*self.ignored, *words)

    @rule()
    def count_again(self):
        self.news.rules.drop(*self.news.rules[:2])
        self.ignored = tuple(rule.a for rule in self.news.rules)

    @rule(per_item=st.integers(1, 2))
    def store_lists(self, per_item):
        before = dict(self.shown)
        with mock.patch("relnews.maintenance.updates.CANDIDATES_PER_ITEM", per_item):
            report = self.news.store_lists(K)
        self.epoch = reference.ignoring(EpochOfIdf(self.articles), self.ignored)
        self.ignored_then = self.ignored
        self.shown = self.epoch_lists()
        assert set(report.changed) == {
            i
            for i, items in self.shown.items()
            if [identifier for identifier, *_ in items]
            != [identifier for identifier, *_ in before.get(i, [("?",)])]
        }

    @invariant()
    def lists_are_those_of_a_fresh_fit(self):
        lists = {related.id: related for related in self.news.related_all(K)}
        is_stored = self.epoch is not None and {*self.ignored} == {*self.ignored_then}
        expected = self.shown if is_stored else self.fresh_lists()
        assert {i: as_rows(one) for i, one in lists.items()} == expected
        for identifier in [*self.articles][:2]:
            assert self.news.related(identifier, K) == lists[identifier]

    @invariant()
    def ranking_is_that_of_a_fresh_fit(self):
        expected = self.fresh_lists()
        for identifier in self.articles:
            assert as_rows(self.news.related(identifier, K, fallback=())) == expected[identifier]

    def fresh_lists(self):
        idf = reference.ignoring(frequencies(self.articles)[0], self.ignored)
        return self.lists_of(idf)


def as_rows(items):
    return [(item.id, item.score, item.similarity) for item in items]


@pytest.mark.parametrize(("open_articles", "common"), [(1, 0.1), (3, 1.0)])
def test_lists_are_those_in_which_the_words_weigh_nothing(open_articles, common):
    """Ranked and stored lists give ignored words no weight, after any updates."""
    phases = [Phase.explicit, Phase.reuse, Phase.generate]
    few = examples(0.2, stateful_step_count=10, phases=phases)
    with (
        mock.patch.multiple(merging, PENDING_ARTICLES=open_articles, FANOUT=2, NEWER_TERMS=4),
        mock.patch.multiple(bounds, WORTH_PRUNING=0, COMMON=common),
        mock.patch("relnews.options.list_options.MODES", RANKED),
        mock.patch("relnews.options.modes.STORED_SELECTION", RANKED["news"].selection),
    ):  # fmt: skip
        run_state_machine_as_test(Edited, settings=few)


@example([{"id": "a", "title": "", "text": "nato ", "published": None}],
         "nato snake_case ", "nato ", ["snake"], 1.0)  # fmt: skip
@given(archives(), texts(4), texts(), some_words, st.sampled_from([0.1, 1.0]))
def test_drafts_are_without_them_too(articles, title, text, words, common):
    """Ignored words have no weight in a draft's title, even if unknown to the archive."""
    with mock.patch.multiple(bounds, WORTH_PRUNING=0, COMMON=common):
        news = RelatedNews(stop_words=STOP_WORDS, recency=None).fit(articles)
    news.rules.ignore(*words)
    idf, _ = frequencies({article["id"]: article for article in articles})
    idf = reference.ignoring(idf, words)
    rows = [
        (article["id"], article["published"],
         reference.unit_weights(reference.Words(article, STOP_WORDS), idf))
        for article in articles
    ]  # fmt: skip
    if not (title.strip() or text.strip()):
        return
    draft = reference.Words({"title": title, "text": text}, STOP_WORDS)
    expected = reference.ranking(reference.unit_weights(draft, idf), rows, 5)
    got = news.related_to_text(text, title=title, k=5, selection=None)

    assert [item.id for item in got] == [i for i, *_ in expected]
    for item, (_, score, similarity) in zip(got, expected, strict=True):
        assert (item.score, item.similarity) == pytest.approx((score, similarity), abs=1.1e-6)


@given(archives(min_size=2), some_words, st.data())
def test_what_is_explained_adds_up_without_them(articles, words, data):
    """No part of an explanation is an ignored word, and the parts add up."""
    news = RelatedNews(stop_words=STOP_WORDS).fit(articles)
    news.rules.ignore(*words)
    ids = [article["id"] for article in articles]
    a, b = data.draw(st.permutations(ids))[:2]
    found = news.explain(a, b)
    terms = {news.archive_.analysis.own.term(word) for word in words}

    assert terms.isdisjoint(part for shared in found.terms for part in shared.term.split(" "))
    assert sum(shared.part for shared in found.terms) == pytest.approx(found.similarity)
    ranked = {item.id: item for item in news.related(a, 20, selection=None)}
    assert round(found.similarity, 6) == pytest.approx(
        ranked[b].similarity if b in ranked else 0, abs=1.1e-6
    )


@given(
    st.lists(st.text("ab_é", min_size=1), unique=True), st.lists(st.text("ab_é", min_size=1)),
    st.integers(0, 9),
)  # fmt: skip
def test_which_terms_are_ignored(terms, words, n):
    """Ignored terms are the word and every term with it between underscores."""
    encoded = [term.encode() for term in terms]
    vocabulary = LayeredVocabulary(Vocabulary.of(encoded[:n]), encoded[n:])
    mask = IgnoredTerms(words).among(vocabulary)
    cuts = [
        {"_".join(parts[i:j]) for j in range(len(parts) + 1) for i in range(j)}
        for parts in (term.split("_") for term in terms)
    ]

    assert (mask is None) == (not words)
    if words:
        assert mask.tolist() == [not cut.isdisjoint(words) for cut in cuts]


STORIES = [
    {"id": "talks", "title": "Reuters: talks on guarantees", "text": "Kyiv asks Reuters"},
    {"id": "rates", "title": "Reuters: rates fall again", "text": "Bonds, says Reuters"},
    {"id": "veto", "title": "Veto on guarantees", "text": "Kyiv and the press"},
]


@pytest.fixture
def news(tmp_path):
    """Return an archive that is opened from a folder."""
    RelatedNews().fit(STORIES).save(tmp_path / "a.relnews")
    return RelatedNews.open(tmp_path / "a.relnews")


def test_a_word_holds_from_the_next_list_on(news, tmp_path):
    """A rule holds from the next list on, in every open archive, until it is dropped."""
    other = RelatedNews.open(tmp_path / "a.relnews")
    assert other.related("talks").ids == news.related("talks").ids == ["rates", "veto"]
    news.rules.ignore("REUTERS")

    for archive in (news, other, RelatedNews.open(tmp_path / "a.relnews")):
        assert archive.related("talks").ids == ["veto"]
        assert archive.related_to_text("Reuters", title="Reuters rates").ids == ["rates"]
        assert archive.why_not("talks", "rates").reason == "no shared term"
    assert [str(rule) for rule in other.rules] == ["the word 'REUTERS' is ignored"]
    other.rules.drop(*other.rules)
    assert other.related("talks").ids == news.related("talks").ids == ["rates", "veto"]


def test_stored_lists_are_of_the_words_that_they_were_made_with(news):
    """After a change of ignored words lists are ranked until they are stored again."""
    news.store_lists(2)
    news.rules.ignore("reuters")
    assert news.related("talks").ids == ["veto"]
    assert [related.ids for related in news.related_all()] == [["veto"], [], ["talks"]]
    report = news.store_lists(2)
    assert {*report.changed} == {"talks", "rates"}
    stored = news.related("talks", 2)
    news.partial_fit([{"id": "new", "title": "Reuters", "text": "Reuters on guarantees"}])
    assert news.related("talks", 2).ids == ["new", "veto"]
    news.rules.drop(*news.rules)
    assert {*news.related("talks", 3).ids} == {"veto", "rates", "new"}
    news.rules.ignore("reuters")
    news.remove("new")
    assert news.related("talks", 2) == stored
    news.compact()
    assert news.related("talks", 2) == stored
    assert news.verify() == []


def test_words_that_do_nothing_sleep(news):
    """An ignored word without articles is kept, and works once an article has it."""
    news.rules.ignore("associated press", "e-mail", "The")
    associated, press, mail, the = news.rules
    assert [rule.a for rule in news.rules] == ["associated", "press", "e-mail", "The"]
    assert news.rules.sleeping() == dict.fromkeys(
        (associated, mail, the), "no article has the word"
    )
    news.partial_fit([{"id": "new", "text": "Associated with Kyiv"}])
    assert news.rules.sleeping() == dict.fromkeys((mail, the), "no article has the word")
    news.rules.ignore("press")
    assert [*news.rules] == [associated, press, mail, the]


def test_near_duplicates_are_without_them():
    """Texts that differ only in ignored words are near-duplicates."""
    agencies = ["Reuters Reuters Reuters", "Interfax Interfax Interfax"]
    news = RelatedNews().fit(
        [{"id": agency[:1], "text": f"{agency} drought empties reservoirs"} for agency in agencies]
    )
    assert news.duplicates() == []
    news.rules.ignore("reuters", "interfax")
    assert news.duplicates() == [("I", "R")]


@pytest.mark.parametrize("words", [[""], [" "], ["reuters", ""]])
def test_what_is_no_word(news, words):
    """A value that is no word is refused, and nothing changes."""
    with pytest.raises(ValueError, match="one word, without spaces"):
        news.rules.ignore(*words)
    assert len(news.rules) == 0
    with pytest.raises(ValueError, match="one word"):
        news.rules.replace([Rule("ignore", "two words")])
    with pytest.raises(ValueError, match="hide or ignore is of one"):
        news.rules.replace([Rule("ignore", "reuters", "id=talks")])


@pytest.mark.parametrize("value", [3, "reuters", ["a b"], [3], {"a": 1}])
def test_damaged_words_of_stored_lists(news, value):
    """A damaged setting of ignored words is an archive error."""
    news.store_lists()
    catalogue = news.archive_.catalogue
    with catalogue.transaction():
        catalogue.set("ignored", value)
    with pytest.raises(ArchiveFormatError, match="damaged"):
        news.related("talks", 2)


def test_words_are_ignored_in_every_language():
    """An ignored word is spelled as in each language: German has no plurals in s."""
    news = RelatedNews().fit(
        [
            {"id": "en", "title": "News agencies", "text": "News of drought", "language": "en"},
            {"id": "de", "title": "News Reuters", "text": "News der Dürre", "language": "de"},
            {"id": "de 2", "title": "Reuters News", "text": "Ernte", "language": "de"},
            {"id": "de 3", "title": "New Deal", "text": "Reuters", "language": "de"},
        ]
    )
    assert {*news.related("de").ids} == {"de 2", "de 3"}
    news.rules.ignore("News", "reuters")
    for identifier in ("de", "de 2", "de 3"):
        assert news.related(identifier).ids == []
    draft = {"title": "Reuters Ernte", "language": "de", "selection": None}
    assert news.related_to_text("News", **draft).ids == ["de 2"]
    news.rules.drop(news.rules[1])
    assert {*news.related("de 3").ids} == {"de", "de 2"}
