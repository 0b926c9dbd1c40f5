"""Repeated lines: found by a build, and left out of all articles until the next build."""

import contextlib
import dataclasses
import itertools
import sqlite3
import tempfile
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mutations
import reference
from relnews import ArchiveFormatError, RelatedNews
from relnews.articles import Article
from relnews.maintenance import merging
from relnews.sample import sample_articles
from relnews.storage.database import CATALOGUE
from relnews.text import repeated_lines
from relnews.text.analysis import Analysis
from strategies import DATES, any_text, texts

STOP_WORDS = ("the", "and")

FOOTER = "This article was first published in our newsletter."

#: Lines that articles share: with the same words, without words, and of stop words.
LINES = [
    "nato talks", "NATO talks!", "kyiv talks and the veto", "rain", "the rain", "gas gas",
    "the and", "", " ", "…", "北約峰會", "read more about gas",
]  # fmt: skip
IDS = [f"a{number}" for number in range(12)]


def rule(least, share):
    """Let lines repeat in few articles."""
    return mock.patch.multiple(repeated_lines, LEAST_ARTICLES=least, LEAST_SHARE=share)


@st.composite
def articles_of_lines(draw, max_size=9):
    """Return articles whose texts are made of few lines."""
    lines = st.lists(st.sampled_from(LINES), max_size=4).map("\n".join)
    return [
        {
            "id": identifier,
            "title": draw(st.sampled_from(["", "nato rain", "gas talks in kyiv"])) or "…",
            "dek": draw(st.sampled_from(["", "", *LINES[:3], "veto\nrain"])),
            "text": draw(lines),
            "source": draw(st.sampled_from(["wire", "own", "", None])),
            "language": draw(st.sampled_from([None, None, "de"])),
            "published": draw(st.sampled_from(DATES)),
        }
        for identifier in draw(st.lists(st.sampled_from(IDS), max_size=max_size, unique=True))
    ]


def lists(news):
    return {
        found.id: [(item.id, item.score, item.similarity) for item in found]
        for found in news.related_all(20, selection=None)
    }


@given(st.data(), articles_of_lines(), st.lists(articles_of_lines(5), max_size=3))
def test_incremental_is_batch(data, articles, changes):
    """After updates the lists are what the articles give without the lines that the build found."""
    share = data.draw(st.sampled_from([0.0, 0.5, 0.8]))
    with rule(2, share), tempfile.TemporaryDirectory(suffix=".relnews") as folder:
        news = RelatedNews(stop_words=STOP_WORDS, recency=None).fit(articles)
        repeated = reference.repeated_lines(articles, 2, share, stop_words=STOP_WORDS)
        assert len(news.repeated_lines_) == len(repeated)
        there = {article["id"]: article for article in articles}

        def check(news):
            wanted = reference.related_news(
                [*there.values()], 20, stop_words=STOP_WORDS, repeated=repeated
            )
            assert lists(news) == {identifier: wanted[identifier] for identifier in there}
            assert news.verify() == []

        check(news)
        for new in changes:
            with mock.patch.multiple(merging, PENDING_ARTICLES=3, FANOUT=2):
                news.partial_fit(new)
            there |= {article["id"]: article for article in new}
            change = data.draw(st.sampled_from(["remove", "compact", "save", "store lists"]))
            if change == "remove" and there:
                gone = data.draw(st.sampled_from(sorted(there)))
                news.remove(gone)
                del there[gone]
            elif change == "compact":
                news.compact()
            elif change == "save":
                news.save(folder)
                news = RelatedNews.open(folder)
            else:
                news.store_lists(3)
            check(news)
        del news


@given(any_text() | texts(), st.sampled_from(["en", "de", "fr", "tr", "el", "zh"]),
       st.sampled_from(["language", "english", None]))  # fmt: skip
def test_lines_have_the_words_of_the_text(text, code, stop_words):
    """Words are found in the whole text, and are then of its lines."""
    language = Analysis(stop_words, language="ru").language_of(code)
    lines = language.lines(text)
    assert [*itertools.chain(*lines)] == language.words(text)
    assert len(lines) <= text.count("\n") + 1


def stories(n, n_with, source="paper"):
    """Return stories, of which the first have a footer."""
    return [
        {
            "id": f"{source}{i}", "source": source, "title": f"headline{i}",
            "text": f"own{i} words{i % 7}\n" + "Our   LETTER: every morning\n" * (i < n_with),
        }
        for i in range(n)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("n", "n_with", "repeats"),
    [(40, 19, False), (40, 20, True), (4000, 20, True), (4001, 20, False), (5800, 29, True)],
)
def test_a_line_repeats_in_twenty_articles_and_in_one_of_two_hundred(n, n_with, repeats):
    """A line twice in one article counts once; case, spaces and punctuation do not matter."""
    articles = stories(n, n_with)
    articles[0]["text"] += "our letter, every morning"
    news = RelatedNews().fit(articles)
    expected = [("paper", "letter morning", n_with)] if repeats else []
    assert [*map(tuple, news.repeated_lines_)] == expected


@pytest.mark.parametrize("language", [None, "de"])
def test_a_name_may_end_a_line(language):
    """A stop word in capitals at the end of a line is a name, and the line ends there."""
    articles = [
        {"id": f"a{i}", "text": f"own{i} report of the WHO\nfooter\n{'ABOUT' * (i % 4 == 0)}",
         "language": language}
        for i in range(40)
    ]  # fmt: skip
    news = RelatedNews().fit(articles[:30])
    assert {line.words for line in news.repeated_lines_} == {"footer"}
    news.partial_fit(articles[30:])
    # Names are found in the whole text: beside ABOUT, WHO would be none.
    assert lists(news) == lists(RelatedNews().fit(articles))


def test_a_line_repeats_in_a_source():
    """The same line counts in a source in which it is rare."""
    others = [
        {"id": f"b{i}", "source": "b", "text": f"other{i} story\nOur letter: every morning"}
        for i in range(3)
    ]
    news = RelatedNews().fit([*stories(40, 40, "a"), *others])
    assert [line.source for line in news.repeated_lines_] == ["a"]
    assert news.related("a0", selection=None).ids[:3] != ["b0", "b1", "b2"]
    assert {*news.related("b0", 2, selection=None).ids} == {"b1", "b2"}


def test_copies_keep_their_lines():
    """An article in which every line repeats has words, and copies are near-duplicates."""
    text = "dike flood crest river\nlevee gauge pump"
    copies = [{"id": f"c{i}", "text": text} for i in range(30)]
    news = RelatedNews().fit([*copies, {"id": "own", "text": f"{text}\nestuary"}])
    assert len(news.repeated_lines_) == 2
    assert news.related("c0", selection=None)[0].similarity > 0.8  # no titles
    assert not len(news.related("own"))


def footed(articles):
    """Return articles with a footer under every second one."""
    return [
        dataclasses.replace(article, text=f"{article.text}\n\n{FOOTER}" if i % 2 else article.text)
        for i, article in enumerate(articles)
    ]


def answers(news, draft):
    return (
        [found.to_dict() for found in news.related_all(5)],
        news.related_to_text(draft.text, title=draft.title).to_dict(),
    )


def test_lists_are_those_of_articles_without_the_line(tmp_path):
    """A build, updates, drafts and another process leave the line out."""
    plain = [*sample_articles()]
    with_line = footed(plain)
    expected, news = RelatedNews().fit(plain[:100]), RelatedNews().fit(with_line[:100])
    assert [line.words for line in news.repeated_lines_] == ["article published newsletter"]
    for archive, articles in ((expected, plain), (news, with_line)):
        archive.partial_fit(articles[100:])
        archive.remove(articles[3].id)
    wanted = answers(expected, plain[5])
    assert answers(news, with_line[5]) == wanted
    news.save(tmp_path / "a.relnews")
    opened = RelatedNews.open(tmp_path / "a.relnews")
    assert answers(opened, with_line[5]) == wanted
    assert opened.ignore_repeated_lines
    assert opened.archive_.facts()["repeated_lines"] == 1
    assert opened.archive_.describe()["ignored lines"] == "1 repeated line"


def test_the_lines_may_count(tmp_path):
    """Without the option nothing is left out, now or after an update."""
    articles = footed(sample_articles())
    news = RelatedNews(ignore_repeated_lines=False).fit(articles[:100])
    assert news.repeated_lines_ == []
    news.save(tmp_path / "a.relnews")
    opened = RelatedNews.open(tmp_path / "a.relnews")
    assert not opened.ignore_repeated_lines
    opened.partial_fit(articles[100:])
    whole = RelatedNews(ignore_repeated_lines=False).fit(articles)
    assert answers(opened, articles[5]) == answers(whole, articles[5])
    assert answers(RelatedNews().fit(articles), articles[5]) != answers(whole, articles[5])


def test_an_update_looks_for_no_lines():
    """The lines are of the build: a line that repeats later counts until the next one."""
    articles = footed(sample_articles())
    news = RelatedNews().fit(articles[:20])
    news.partial_fit(articles[20:])
    counted = RelatedNews(ignore_repeated_lines=False).fit(articles)
    assert answers(news, articles[5]) == answers(counted, articles[5])


def test_nothing_of_the_lines_is_stored(tmp_path):
    """When the articles with a line are gone, no file has a part of it or of their source."""
    articles = [
        {"id": f"s{i}", "source": "Vanished Agency", "text": f"crest{i}\nzymurgist quixotry"}
        for i in range(30)
    ]
    others = [{"id": f"o{i}", "text": f"river{i}\nflood{i}"} for i in range(5)]
    RelatedNews().fit([*articles, *others]).save(tmp_path / "a.relnews")
    news = RelatedNews.open(tmp_path / "a.relnews")
    news.remove([article["id"] for article in articles])
    news.compact()
    assert news.verify_removed("s3") == []
    content = b"".join(p.read_bytes() for p in Path(tmp_path).rglob("*") if p.is_file())
    for part in (b"zymur", b"quixo", b"Vanis", b"vanis", b"Agenc"):
        assert part not in content
    news.partial_fit([{"id": "again", "source": "Vanished Agency",
                       "text": "crest\nzymurgist quixotry"}])  # fmt: skip
    assert news.verify_removed("s3") == []
    assert news.archive_.has_word("crest")
    assert not news.archive_.has_word("quixotry")


@pytest.mark.parametrize("value", ["no", None, 2])
def test_the_option_is_true_or_false(value):
    with pytest.raises(ValueError, match="`ignore_repeated_lines` must be True or False"):
        RelatedNews(ignore_repeated_lines=value).fit([Article("a", "dike")])


@pytest.mark.parametrize("value", ['{"zz": []}', '{"0123456789abcdef": ["0123"]}', "7", '["0"]'])
def test_a_setting_that_is_no_lines_is_damage(value, tmp_path):
    """A setting that a program wrote with a right checksum is refused when it is read."""
    RelatedNews().fit(footed(sample_articles())).save(tmp_path / "a.relnews")
    with contextlib.closing(sqlite3.connect(tmp_path / "a.relnews" / CATALOGUE)) as connection:
        statement = "UPDATE settings SET value = ? WHERE name = 'repeated_lines'"
        assert connection.execute(statement, (value,)).rowcount == 1
        connection.commit()
    mutations.correct_checksums(tmp_path / "a.relnews")
    with pytest.raises(ArchiveFormatError, match="is damaged"):
        RelatedNews.open(tmp_path / "a.relnews")
