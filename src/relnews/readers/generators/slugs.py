"""Slugs as each generator makes them of a title or a name."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable

_TAG = re.compile(r"</?[^>]*>")


def jekyll_slug(text: str, *, is_pretty: bool = False) -> str:
    """Return Jekyll's slug; a pretty one keeps capitals and some signs.

    Parameters
    ----------
    text : str
        Name or slug.
    is_pretty : bool, default=False
        As in ``:title``.
    """
    signs = "._~!$&'()+,;=@" if is_pretty else ""
    slug = "".join(c if c in signs or _is_word(c) else "-" for c in text)
    slug = re.sub("^-|-$", "", re.sub("-{2,}", "-", slug))
    return slug if is_pretty else slug.lower()


def hugo_path(text: str, *, keeps_case: bool = False) -> str:
    """Return the path that Hugo makes of a path or a title.

    Parameters
    ----------
    text : str
        Path without an ending, or title.
    keeps_case : bool, default=False
        Whether capitals stay.
    """
    pieces: list[str] = []
    is_blank = was_hyphen = False
    # A percent sign stays where it quotes a character.
    for character in re.sub("%(?![0-9A-Fa-f]{2})", "", text):
        if character in "./\\_#+~-@%" or _is_word(character):
            was_hyphen = character == "-"
            if is_blank and not was_hyphen:
                pieces.append("-")
            is_blank = False
            pieces.append(character)
        elif pieces and not was_hyphen and character.isspace():
            is_blank = True
    path = "".join(pieces)
    return path if keeps_case else path.lower()


def github_slug(text: str) -> str:
    """Return the slug of github-slugger, which Astro makes of each part of a path.

    Parameters
    ----------
    text : str
        Part of a path, without an ending.
    """
    kept = (c for c in text.lower() if c in " -" or _is_word(c, "Pc"))
    return "".join(kept).replace(" ", "-")


def mkdocs_slug(text: str) -> str:
    """Return the slug of Python-Markdown's extensions, which MkDocs Material makes of a title.

    Parameters
    ----------
    text : str
        The title.
    """
    slug = _TAG.sub("", unicodedata.normalize("NFC", text)).strip().lower()
    return re.sub(r"[^\w\- ]", "", slug).replace(" ", "-")


def pelican_slug(
    text: str,
    substitutions: Iterable[tuple[str, str]],
    *,
    keeps_case: bool = False,
    keeps_unicode: bool = False,
) -> str | None:
    """Return Pelican's slug; None if the letters cannot be written in ASCII here.

    Parameters
    ----------
    text : str
        Title or name.
    substitutions : iterable of (str, str)
        Pelican's SLUG_REGEX_SUBSTITUTIONS.
    keeps_case, keeps_unicode : bool, default=False
        Pelican's SLUGIFY_PRESERVE_CASE and SLUGIFY_USE_UNICODE.
    """
    slug = unicodedata.normalize("NFKC", html.unescape(" ".join(_TAG.sub("", text).split())))
    if not keeps_unicode and not slug.isascii():
        try:
            from unidecode import unidecode  # Pelican needs it, too
        except ImportError:
            decomposed = unicodedata.normalize("NFKD", slug)
            slug = "".join(c for c in decomposed if not unicodedata.combining(c))
            if not slug.isascii():
                return None
        else:
            slug = unidecode(slug)
    for pattern, replacement in substitutions:
        slug = re.sub(
            unicodedata.normalize("NFKC", pattern),
            unicodedata.normalize("NFKC", replacement),
            slug,
            flags=re.IGNORECASE,
        )
    return (slug if keeps_case else slug.lower()).strip()


def _is_word(character: str, *others: str) -> bool:
    """Return whether a character is a letter, a mark, a digit, or of another kind of Unicode."""
    category = unicodedata.category(character)
    return category[0] in "LM" or category == "Nd" or category in others
