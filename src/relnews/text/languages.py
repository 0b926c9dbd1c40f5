"""Languages: the language of an article, the mark of its terms, and its stop words."""

from __future__ import annotations

import functools
import importlib.util
import re
import runpy
from pathlib import Path

from relnews._checks import shortened

#: Surrounds the language in a term of a foreign language: ``haus:de:`` with this letter in place of
#: the colons. A rare letter without a capital form; in texts it separates words.
MARK = "\ua78f"

#: Languages with a list of stop words in the package ``stop-words``, by the names in the package.
#: Each list was reviewed: words that a headline may hang on are left out; see `stop_words_of`.
LISTS = {
    "cs": "czech", "da": "danish", "de": "german", "es": "spanish", "fr": "french",
    "it": "italian", "nl": "dutch", "no": "norwegian", "pl": "polish", "pt": "portuguese",
    "ru": "russian", "sv": "swedish", "uk": "ukrainian",
}  # fmt: skip

#: Further codes of these languages: three letters, and the two written forms of Norwegian.
_CODES = {
    "eng": "en", "ces": "cs", "cze": "cs", "dan": "da", "deu": "de", "ger": "de", "spa": "es",
    "fra": "fr", "fre": "fr", "ita": "it", "dut": "nl", "nld": "nl", "nb": "no", "nn": "no",
    "nob": "no", "nno": "no", "nor": "no", "pol": "pl", "por": "pt", "rus": "ru", "swe": "sv",
    "ukr": "uk",
    "english": "en", **{name: code for code, name in LISTS.items()},
}  # fmt: skip

#: One file of stop words for each language that has a list.
_FOLDER = Path(__file__).parent / "stop_words"

_PRIMARY = re.compile(r"\s*([A-Za-z]{2,16})(?:[-_.]|\s*$)")


def code_of(tag: str | None) -> str | None:
    """Return the language of a BCP 47 tag, without script and region, or None.

    Other common forms are accepted: ``eng``, ``English`` and ``en_GB`` are ``en``. None means no
    tag, an invalid tag, or ``und``, the tag of an undetermined language.
    """
    found = _PRIMARY.match(tag) if tag else None
    code = found[1].lower() if found else "und"
    return None if code == "und" else _CODES.get(code, code)


def check_language(tag: object) -> None:
    """Raise unless a value is a tag of a known language or None."""
    if tag is not None and not (isinstance(tag, str) and code_of(tag)):
        raise _not_a_language(tag)


def without_mark(term: str) -> str:
    """Return a term without the mark of its language."""
    return term.partition(MARK)[0]


@functools.cache
def stop_words_of(code: str) -> tuple[str, ...]:
    """Return the stop words of a language, in a fixed order; empty without a list.

    A file of this package has the words. A line that begins with a minus has words that count,
    although they are in the language's list of the package ``stop-words``.
    """
    file = _FOLDER / f"{code}.txt"
    if not (code.isalpha() and file.is_file()):
        return ()
    words = {*first_stop_words_of(code)} if code in LISTS else set[str]()
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("-"):
            words.difference_update(line[1:].split())
        elif not line.startswith("#"):
            words.update(line.split())
    return tuple(sorted(words))


def codes_with_stop_words() -> list[str]:
    """Return the codes of the languages that have a list of stop words, sorted."""
    return sorted(file.stem for file in _FOLDER.glob("*.txt"))


@functools.cache
def first_stop_words_of(code: str) -> tuple[str, ...]:
    """Return the stop words of archives whose analysis has version 1."""
    if code == "en":
        return english_stop_words()
    if code not in LISTS:
        return ()
    from stop_words import get_stop_words

    return tuple(sorted(set(get_stop_words(LISTS[code]))))


@functools.cache
def english_stop_words() -> tuple[str, ...]:
    """Return scikit-learn's list, in a fixed order.

    Only the file of the list is read, because importing scikit-learn takes longer than fitting and
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
    """Return the error of a value that is not a language tag."""
    msg = (
        f"`language` must be a BCP 47 tag such as 'en' or 'de-AT', or None, got {shortened(value)}."
    )
    return ValueError(msg)
