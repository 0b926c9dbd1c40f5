"""Shortcodes and template code inside texts: what they are, and the text without them."""

from __future__ import annotations

import re

from relnews.readers import wordpress_shortcodes

#: The beginnings of template code, and what ends each.
_ENDS = {"{{<": ">}}", "{{%": "%}}", "{{": "}}", "{%": "%}", "{#": "#}"}

#: The same, or the beginning of code that a page shows as it is.
_BEGIN = re.compile(r"\{\{[<%]?|\{[%#]|`+|^ {0,3}~{3,}", re.MULTILINE)

_RAW = re.compile(r"\{%-?\s*(raw|verbatim)\s*-?%\}")
_RAW_ENDS = {name: re.compile(rf"\{{%-?\s*end{name}\s*-?%\}}") for name in ("raw", "verbatim")}

#: What stands for the code that is shown, while shortcodes go.
_SHOWN = re.compile("\0(\\d+)\0")

#: Comments, whose inside is no text either, each with the last characters of its end.
_COMMENTS = (
    (re.compile(r"\{%-?\s*comment\b[^{}]*%\}.*?\{%-?\s*endcomment\s*-?%\}", re.S), "endcomment"),
    (re.compile(r"\{\{-?\s*/\*.*?\*/\s*-?\}\}", re.S), "*/"),
)

#: A text in quotes, as an argument: what ends code does not end it there. An apostrophe inside a
#: word is no quote, and quotes do not go beyond a blank line.
_QUOTED = (
    r"(?<=[\s=:,(\[|])"
    r"""(?:"(?:[^"\\\n]|\\.|\n(?!\s*\n))*"|'(?:[^'\\\n]|\\.|\n(?!\s*\n))*')|`[^`]*`"""
)

_STEPS = {end: re.compile(f"{_QUOTED}|({re.escape(end)})|(\\n\\s*\\n)") for end in _ENDS.values()}

#: Characters of the longest code. A brace that nothing ends is text.
_LONGEST = 5000

#: Attributes that kramdown and Python-Markdown take for an element, and the lines of admonitions.
_ATTRIBUTES = re.compile(r"\{:?\s*[.#:][^{}\n]{0,300}\}|\{:\s*[\w-]+=[^{}\n]{0,300}\}")
_ADMONITION = re.compile(r"^[ \t]*(?::{3,}|!!!|\?\?\?\+?)[ \t]*[\w-]*", re.MULTILINE)

#: Lines of JavaScript in MDX.
_MODULE_LINES = re.compile(
    r"^(?:import\s[^\n]*?(?:from\s)?[\"'][^\"'\n]+[\"'];?|export\s+(?:const|let|default|function)"
    r"\b[^\n]*)$",
    re.MULTILINE,
)


def without_shortcodes(text: str) -> str:
    """Return a text without shortcodes; what stands between two of them stays.

    It knows the shortcodes of Hugo, Liquid (Jekyll), Nunjucks and Jinja, and WordPress.

    Parameters
    ----------
    text : str
        Markdown or HTML.
    """
    shown: list[str] = []
    text = _without_code(_without_comments(text.replace("\0", " ")), shown)
    if "{" in text:
        text = _ATTRIBUTES.sub(" ", text)
    text = wordpress_shortcodes.without_shortcodes(text, is_markdown=True)
    return _SHOWN.sub(lambda match: shown[int(match[1])], _ADMONITION.sub("", text))


def without_module_lines(text: str) -> str:
    """Return a text of MDX without the lines that import and export.

    Parameters
    ----------
    text : str
        MDX.
    """
    return _MODULE_LINES.sub("", text)


def _without_comments(text: str) -> str:
    for comment, end in _COMMENTS:
        # Nothing is looked for behind the last end: each beginning there would be read to the end.
        last = text.rfind(end) + len(end) + 8
        text = comment.sub(" ", text[:last]) + text[last:] if end in text else text
    return text


def _without_code(text: str, shown: list[str]) -> str:
    """Return a text without template code; code that a page shows is kept in a list."""
    pieces: list[str] = []
    position = start = 0
    last: dict[str, int] = {}
    lacking: set[str] = set()
    while begin := _BEGIN.search(text, start):
        mark = begin[0].strip()
        stop, kept = -1, " "
        if mark[0] in "`~":
            stop = _end_of_shown(text, begin, mark)
            kept = text[begin.start() : stop]
        elif mark == "{%" and (raw := _RAW.match(text, begin.start())) and raw[1] not in lacking:
            if raw_end := _RAW_ENDS[raw[1]].search(text, raw.end()):
                stop, kept = raw_end.end(), text[raw.end() : raw_end.start()]
            else:
                lacking.add(raw[1])  # so that no part is searched twice
        else:
            end = _ENDS[mark]
            if end not in last:
                last[end] = text.rfind(end)
            if last[end] >= begin.end():
                stop = _end_of_code(text, begin.end(), end)
        if stop < 0:
            start = begin.end()
            continue
        if kept != " ":
            shown.append(kept)
            kept = f"\0{len(shown) - 1}\0"
        pieces += (text[position : begin.start()], kept)
        position = start = stop
    pieces.append(text[position:])
    return "".join(pieces)


def _end_of_shown(text: str, begin: re.Match[str], mark: str) -> int:
    """Return where code that is shown ends, or -1: a fence or, within a paragraph, a span."""
    is_fence = (
        len(mark) >= 3 and not text[text.rfind("\n", 0, begin.start()) + 1 : begin.start()].strip()
    )
    if is_fence:
        fence = re.compile(rf"^ {{0,3}}{mark[0]}{{{len(mark)},}}[ \t]*$", re.MULTILINE)
        end = fence.search(text, begin.end())
        return len(text) if end is None else end.end()
    span = re.compile(rf"(?<!`){mark}(?!`)|(\n\s*\n)")
    found = span.search(text, begin.end(), begin.end() + _LONGEST)
    return -1 if found is None or found[1] else found.end()


def _end_of_code(text: str, start: int, end: str) -> int:
    """Return where code ends, or -1: after quotes are closed, or else at the first end."""
    limit = min(len(text), start + _LONGEST)
    position = start
    while match := _STEPS[end].search(text, position, limit):
        if match[1]:
            return match.end()
        if match[2]:
            break
        position = match.end()
    first = text.find(end, start, limit)
    return first + len(end) if first >= 0 and not re.search(r"\n\s*\n", text[start:first]) else -1
