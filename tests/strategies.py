"""Strategies of archives: few words, so that scores tie, and all edge cases."""

import datetime as dt

from hypothesis import settings
from hypothesis import strategies as st


def examples(factor, **more):
    """Return settings with this many times the examples of the profile."""
    return settings(max_examples=round(factor * settings.default.max_examples), **more)


#: Words that share letters, scripts and cases; stop words; one letter; an underscore; digits.
WORDS = [
    "nato", "NATO", "Ukraine", "kyiv", "guarantees", "guarantee", "the", "and", "a", "I", "x",
    "snake_case", "snake", "case", "US", "U.S.", "USA", "us", "talks", "talk", "countries",
    "2025", "été", "ÉTÉ", "straße", "STRASSE", "İstanbul", "ΣΟΦΟΣ", "война",
    "北約峰會", "안보", "حلف", "ሰላም", "𝔘𝔫𝔦", "e\u0301", "don't", "ﬁn", "naïve",
]  # fmt: skip
SEPARATORS = [" ", " ", " ", ", ", "-", "\n", "\u00a0", "。", "’", "/", "\u200d", "🙂"]

DATES = [None, *(dt.datetime(2025, 8, day, tzinfo=dt.UTC) for day in (1, 2, 3))]


@st.composite
def texts(draw, max_words=8):
    words = draw(st.lists(st.sampled_from(WORDS), max_size=max_words))
    return "".join(word + draw(st.sampled_from(SEPARATORS)) for word in words)


#: Vectors of few numbers, so that cosines are equal, negative and 0; and none.
vectors = st.none() | st.lists(st.sampled_from([-1.0, 0.0, 0.5, 2.0]), min_size=3, max_size=3)


@st.composite
def archives(draw, min_size=0, max_size=14):
    """Return articles as dicts with distinct ids; some without any term, some equal."""
    ids = draw(
        st.lists(
            st.text(st.characters(codec="utf-8"), min_size=1, max_size=3).filter(str.strip),
            min_size=min_size,
            max_size=max_size,
            unique=True,
        )
    )
    return [
        {
            "id": identifier,
            "title": draw(texts(4)),
            "dek": draw(texts(3)),
            "text": draw(texts()) or "…",
            "published": draw(st.sampled_from(DATES)),
        }
        for identifier in ids
    ]


@st.composite
def crowded_archives(draw, min_size=0, max_size=14):
    """Return articles of so few words that chains of near-duplicates overlap."""
    words = st.lists(st.sampled_from(["nato", "kyiv", "veto", "gas", "rain"]), min_size=2)
    drawn = draw(st.lists(words, min_size=min_size, max_size=max_size))
    dates = draw(st.lists(st.sampled_from(DATES), min_size=len(drawn), max_size=len(drawn)))
    return [
        {"id": f"{i}", "title": "", "dek": "", "text": " ".join(text), "published": date}
        for i, (text, date) in enumerate(zip(drawn, dates, strict=True))
    ]


@st.composite
def archives_with_copies(draw, **sizes):
    """Return articles, a part of which have equal or nearly equal texts."""
    articles = draw(archives(**sizes) | crowded_archives(**sizes))
    for article in articles:
        article["section"] = draw(st.sampled_from(["World", "Sport", "", None]))
        article["source"] = draw(st.sampled_from(["wire", "own", None]))
        article["author"] = draw(st.sampled_from(["Ann", None]))
        if draw(st.integers(0, 3)) == 0:
            other = draw(st.sampled_from(articles))
            article.update({name: other[name] for name in ("title", "dek", "text")})
            article["text"] += draw(st.sampled_from(["", "", " kyiv", " nato nato", " x1 x2"]))
    return articles


def any_text(max_words=12):
    """Return texts of any Unicode, including lone surrogates, and of words that share letters."""
    characters = st.text(st.characters(exclude_categories=()), max_size=40)
    return st.one_of(characters, texts(max_words))
