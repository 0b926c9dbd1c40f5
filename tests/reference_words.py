"""The specification of words: from a text to its words, character by character.

The module imports nothing of relnews and shares no code with it: it asks Unicode for the category
and the name of each character, where the package has patterns and tables.
"""

import functools
import re
import unicodedata

import unicodedata2  # a fixed version of Unicode, whatever Python's is

#: Separates the language in a term.
MARK = "\ua78f"

#: Prefixes of the names of characters that are written without spaces between words.
UNSPACED = (
    "CJK UNIFIED IDEOGRAPH", "CJK COMPATIBILITY IDEOGRAPH", "IDEOGRAPHIC", "HANGZHOU", "HIRAGANA",
    "KATAKANA", "HALFWIDTH KATAKANA", "HENTAIGANA", "VERTICAL KANA", "VERTICAL IDEOGRAPHIC", "MASU",
    "THAI ", "LAO ", "KHMER ", "MYANMAR ",
)  # fmt: skip

#: Apostrophes, modifier letters and accents that are typed for an apostrophe.
APOSTROPHES = "\N{RIGHT SINGLE QUOTATION MARK}\N{LEFT SINGLE QUOTATION MARK}" \
    "\N{SINGLE HIGH-REVERSED-9 QUOTATION MARK}\N{MODIFIER LETTER APOSTROPHE}" \
    "\N{MODIFIER LETTER TURNED COMMA}\N{MODIFIER LETTER PRIME}\N{ACUTE ACCENT}" \
    "\N{FULLWIDTH APOSTROPHE}"  # fmt: skip

#: Languages whose words an apostrophe is a part of, and those in which I is the capital of ı.
JOINED = {"be", "uk", "uz", "haw", "ha", "sw", "gn", "rue", "mt"}
DOTLESS = {"tr", "az"}


def category(character):
    return unicodedata.category(character)


@functools.cache
def is_mark(character):
    return category(character)[0] == "M"


@functools.cache
def is_word(character):
    return character.isalnum() or character == "_" or is_mark(character)


@functools.cache
def is_invisible(character):
    """Return whether a character vanishes: formats, selectors, and marks that are optional."""
    name = unicodedata.name(character, "")
    if character in "\u200b\u0604\u2028" or name == "ZERO WIDTH SPACE":
        return character == "\u0604"
    if category(character) == "Cf" or category(character) == "Me":
        return True
    if "VARIATION SELECTOR" in name or name in ("COMBINING GRAPHEME JOINER", "ARABIC TATWEEL"):
        return True
    # Of newer marks, Python's own table may lack the names.
    if unicodedata2.category(character) != "Mn" or character > "\uffff":
        return False
    name = unicodedata2.name(character)
    if name.startswith("HEBREW"):
        return name != "HEBREW POINT JUDEO-SPANISH VARIKA"
    composes = ("ARABIC MADDAH ABOVE", "ARABIC HAMZA ABOVE", "ARABIC HAMZA BELOW")
    return name.startswith("ARABIC") and name not in composes


@functools.cache
def plain(character):
    """Return a variant of letters or digits as these letters or digits."""
    if character in "Ŀŀ":
        return "L" if character == "Ŀ" else "l"
    if "SARA AM" in unicodedata.name(character, "") or character == "\u0eb3":
        return character
    if category(character)[0] not in "LNM":
        return character
    letters = unicodedata.normalize("NFKC", character).strip()
    return letters if letters and all(map(is_word, letters)) else character


def settled(text):
    """Return the text in one spelling: NFC, plain letters, nothing invisible."""
    text = unicodedata.normalize("NFC", text.replace(MARK, " "))
    letters = []
    for character in text:
        if not (character == "\u0307" and letters and letters[-1] in "ijį"):
            letters.append(character)
    text = unicodedata.normalize("NFC", "".join(letters))
    for old, new in {"ണ": "ൺ", "ന": "ൻ", "ര": "ർ", "ല": "ൽ", "ള": "ൾ", "ക": "ൿ"}.items():
        text = text.replace(f"{old}\u0d4d\u200d", new)
    text = "".join(map(plain, text))
    text = "".join(character for character in text if not is_invisible(character))
    letters = []
    for character in unicodedata.normalize("NFC", text):
        # A mark belongs to what is before it: without a letter there it is of no word.
        if not is_mark(character) or (letters and is_word(letters[-1])):
            letters.append(character)
    text = "".join(letters)

    def stays(i):
        if text[i] not in "\"'“”„’״׳·":
            return True
        around = text[i - 1 : i] + text[i + 1 : i + 2]
        if text[i] in "\"'“”„’״׳":
            return len(around) < 2 or not all("א" <= letter <= "ת" for letter in around)
        return text[i] != "·" or len(around) < 2 or around.lower() != "ll"

    return "".join(character for i, character in enumerate(text) if stays(i))


@functools.cache
def place_of(character):
    """Return whether a character is a letter or a mark of unspaced scripts, or neither."""
    name, kind = unicodedata2.name(character, ""), unicodedata2.category(character)
    of_unspaced = name.startswith(UNSPACED)
    if name.startswith(("VARIATION SELECTOR", "COMBINING KATAKANA-HIRAGANA")) or (
        of_unspaced and kind[0] == "M"
    ):
        return "mark"
    return "letter" if of_unspaced and (kind[0] == "L" or kind == "Nl") else "other"


def parted(text):
    """Return the text with unspaced letters as pairs without marks; U+A78F is a space."""
    words, run = [], ""
    for character in f"{text}.".replace(MARK, " "):
        if place_of(character) == "mark":
            # Like every mark, it separates words of other scripts.
            words.append("" if run else " ")
        elif place_of(character) == "letter":
            run += character
        else:
            pairs = [run[i : i + 2] for i in range(max(len(run) - 1, 1))] if run else []
            words.append("".join(f" {pair} " for pair in pairs) + character)
            run = ""
    return "".join(words)[:-1]


def respelt(text):
    """Return the text with US, U.S., USA and U.S.A. as one word, if in capitals."""
    return text if text.isupper() else re.sub(r"\bU\.?S(\.?A)?\b\.?", " usa ", text)


def singular(word):
    """Return the singular by Harman's S stemmer."""
    if len(word) > 3 and word[-1] == "s" and word[-2] not in "us":
        if word.endswith("ies") and word[-4] not in "ea":
            return word[:-3] + "y"
        return word[:-1]
    return word


def plural_folded(word, language):
    """Return the singular in English, and a word without the s of the plural in French."""
    if language == "en":
        return singular(word)
    return word[:-1] if len(word) > 4 and word[-1] == "s" and word[-2] not in "us" else word


def runs(text):
    """Return the runs of word characters, each with the text before it."""
    found, before, run = [], "", ""
    for character in f"{text} ":
        if is_word(character):
            run += character
        else:
            if run:
                found.append((before, run))
                before, run = "", ""
            before += character
    return found


def joins(gap, first, last, language):
    """Return whether two runs are one word, by what is between them."""
    if gap == ".":
        return len(first) == len(last) == 1 and first.isupper() and last.isupper()
    if gap != "'" or first[-1] in "_0123456789" or last[0] in "_0123456789":
        return False
    if language == "en":
        return last.lower() not in ("s", "d", "m", "re", "ve", "ll")
    return language in JOINED


def words_of(text, language="en", *, folds=True, stopped=(), names=False):
    """Return the words of a text in order, stop words included.

    With ``names``, an underscore follows each of the stop words that is a name.
    """
    words, written, is_loud = runs_of_words(text, language, folds)
    if names and not is_loud:
        words = with_names(words, written, stopped)
    return [word for word in words if len(word) > 1]


@functools.lru_cache(4096)  # tests ask for the words of an article again and again
def runs_of_words(text, language, folds):
    """Return the words of a text, what they were before, and whether it has no small letter."""
    text = parted(settled(text))
    if language in DOTLESS:
        text = text.replace("I", "ı").replace("İ", "I")
    if language == "el":
        letters = unicodedata.normalize("NFD", text)
        text = "".join(letter for letter in letters if not "\u0300" <= letter <= "\u036f")
        text = unicodedata.normalize("NFC", text)
    if folds and language == "en":
        text = respelt(text)
    for apostrophe in APOSTROPHES:
        text = text.replace(apostrophe, "'")
    text = text.replace("ß", "ss").replace("ẞ", "SS").replace("İ", "I")
    written, last = [], ""
    for gap, run in runs(text):
        if written and joins(gap, last, run, language):
            written[-1] += run
        else:
            written.append(run)
        last = run
    words = ["".join("σ" if c in "Σς" else c.lower() for c in run) for run in written]
    if folds:
        words = [plural_folded(word, language) for word in words]
    return words, written, not any(character.islower() for character in text)


def with_names(words, written, stopped):
    """Return the words, with an underscore after each stop word that is a name."""

    def is_capital(i):
        return 0 <= i < len(words) and all(c.isupper() for c in written[i][: len(words[i])])

    def is_loud(i):
        return is_capital(i) and (words[i] in stopped or len(words[i]) > 5)

    return [
        f"{word}_"
        if word in stopped and len(word) <= 4 and is_capital(i)
        and not is_loud(i - 1) and not is_loud(i + 1)
        else word
        for i, word in enumerate(words)
    ]  # fmt: skip
