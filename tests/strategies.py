"""Archives for hypothesis: few words, so that scores tie, and every edge an archive can have."""

import datetime as dt

from hypothesis import strategies as st

#: Words that share letters, scripts and cases; stop words; one letter; an underscore; digits.
WORDS = [
    "nato", "NATO", "Ukraine", "kyiv", "guarantees", "guarantee", "the", "and", "a", "I", "x",
    "snake_case", "2025", "été", "ÉTÉ", "straße", "STRASSE", "İstanbul", "ΣΟΦΟΣ", "война",
    "北約峰會", "안보", "حلف", "ሰላም", "𝔘𝔫𝔦", "e\u0301", "don't", "ﬁn", "naïve",
]  # fmt: skip
SEPARATORS = [" ", " ", " ", ", ", "-", "\n", "\u00a0", "。", "’", "/", "\u200d", "🙂"]

DATES = [None, *(dt.datetime(2025, 8, day, tzinfo=dt.UTC) for day in (1, 2, 3))]


@st.composite
def texts(draw, max_words=8):
    words = draw(st.lists(st.sampled_from(WORDS), max_size=max_words))
    return "".join(word + draw(st.sampled_from(SEPARATORS)) for word in words)


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


def any_text(max_words=12):
    """Return texts of any Unicode, lone surrogates included, and of words that share letters."""
    characters = st.text(st.characters(exclude_categories=()), max_size=40)
    return st.one_of(characters, texts(max_words))
