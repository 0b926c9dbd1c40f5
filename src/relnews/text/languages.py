"""Languages: which one an article is in, what parts its words from others', and its stop words."""

from __future__ import annotations

import functools
import importlib.util
import re
import runpy
from pathlib import Path

from relnews._checks import shortened

#: Stands around the language in a term of another language than the archive's: ``haus:de:`` with
#: this letter for the colons. A rare letter that has no capital; in texts it parts words.
MARK = "\ua78f"

#: Languages with a list of stop words in the package ``stop-words``, by its names for them. The
#: lists have been read: see docs/how-to/languages.md for what keeps out the others.
LISTS = {
    "cs": "czech", "da": "danish", "de": "german", "es": "spanish", "fr": "french",
    "it": "italian", "nl": "dutch", "no": "norwegian", "pl": "polish", "pt": "portuguese",
    "ru": "russian", "sv": "swedish", "uk": "ukrainian",
}  # fmt: skip

#: Other codes of those languages, of three letters and of the two written forms of Norwegian.
_CODES = {
    "eng": "en", "ces": "cs", "cze": "cs", "dan": "da", "deu": "de", "ger": "de", "spa": "es",
    "fra": "fr", "fre": "fr", "ita": "it", "dut": "nl", "nld": "nl", "nb": "no", "nn": "no",
    "nob": "no", "nno": "no", "nor": "no", "pol": "pl", "por": "pt", "rus": "ru", "swe": "sv",
    "ukr": "uk",
    "english": "en", **{name: code for code, name in LISTS.items()},
}  # fmt: skip

_PRIMARY = re.compile(r"\s*([A-Za-z]{2,16})(?:[-_.]|\s*$)")


def code_of(tag: str | None) -> str | None:
    """Return the language of a BCP 47 tag, without script and region, or None.

    A few other ways to write it are known: ``eng``, ``English`` and ``en_GB`` are ``en``. What is
    no tag, and ``und``, which says that the language is not known, is as no tag at all.
    """
    found = _PRIMARY.match(tag) if tag else None
    code = found[1].lower() if found else "und"
    return None if code == "und" else _CODES.get(code, code)


def check_language(tag: object) -> None:
    """Refuse what is neither a tag of a known language nor None."""
    if tag is not None and not (isinstance(tag, str) and code_of(tag)):
        raise _not_a_language(tag)


def without_mark(term: str) -> str:
    """Return a term as people see it, whatever language it is of."""
    return term.partition(MARK)[0]


@functools.cache
def stop_words_of(code: str) -> tuple[str, ...]:
    """Return the stop words of a language, in a fixed order; none if there is no list of them."""
    if code == "en":
        return english_stop_words()
    if code not in LISTS:
        return ()
    from stop_words import get_stop_words

    return tuple(sorted(set(get_stop_words(LISTS[code]))))


@functools.cache
def english_stop_words() -> tuple[str, ...]:
    """Return scikit-learn's list, in a fixed order.

    The file it is in is read by itself: importing scikit-learn takes longer than fitting and
    ranking a small archive.
    """
    package = importlib.util.find_spec("sklearn")
    if package is not None and package.origin is not None:
        path = Path(package.origin).parent / "feature_extraction" / "_stop_words.py"
        if path.is_file():
            return tuple(sorted(runpy.run_path(str(path))["ENGLISH_STOP_WORDS"]))
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return tuple(sorted(ENGLISH_STOP_WORDS))


def _not_a_language(value: object) -> ValueError:
    """Reject what does not begin as a tag of a language."""
    msg = (
        f"`language` must be a BCP 47 tag such as 'en' or 'de-AT', or None, got {shortened(value)}."
    )
    return ValueError(msg)
