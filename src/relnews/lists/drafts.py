"""Drafts: stories that are not in the archive, as articles."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from relnews._checks import check_draft, check_numbers, date_of
from relnews.articles import Article
from relnews.text.languages import check_language


def draft_of(
    text: str, title: str, published: dt.datetime | dt.date | str | None, language: str | None,
    vector: Sequence[float] | None = None,
) -> Article:  # fmt: skip
    """Return a draft as an article with an empty id.

    Parameters
    ----------
    text, title : str
        At least one of the two has words.
    published : datetime, date, str or None
        Date of the draft. A string is ISO 8601; None means now.
    language : str or None
        A BCP 47 tag; None means the archive's own language.
    vector : sequence of float or None
        Vector of the draft; None means that it is made of the text, if at all.
    """
    check_draft(title, text)
    check_language(language)
    date = date_of("published", published)
    if vector is not None:
        vector = check_numbers("vector", vector)
    return Article(
        id="", title=title, text=text, published=date, language=language, vector=vector
    )  # fmt: skip
