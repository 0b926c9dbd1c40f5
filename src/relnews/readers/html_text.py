"""The visible text of HTML, a line for each block.

An attacker can write a few megabytes that take Python's own parser minutes. This parser reads a
text once.
"""

from __future__ import annotations

import html
import re
from collections.abc import Container

#: Elements within a line; every other element begins a new line.
_WITHIN = {
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins",
    "kbd", "mark", "q", "ruby", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "u",
    "var", "wbr",
}  # fmt: skip

#: The other elements of HTML, old ones too.
_BLOCKS = {
    "acronym", "address", "area", "article", "aside", "audio", "base", "big", "blink", "blockquote",
    "body", "br", "button", "canvas", "caption", "center", "col", "colgroup", "datalist", "dd",
    "details", "dfn", "dialog", "dir", "div", "dl", "dt", "embed", "fieldset", "figcaption",
    "figure", "footer", "form", "frame", "frameset", "h1", "h2", "h3", "h4", "h5", "h6", "head",
    "header", "hgroup", "hr", "html", "iframe", "image", "img", "input", "label", "legend", "li",
    "link", "main", "map", "marquee", "math", "menu", "meta", "meter", "nav", "nobr", "noframes",
    "noscript", "object", "ol", "optgroup", "option", "output", "p", "param", "picture",
    "plaintext", "pre", "progress", "rb", "rp", "rt", "rtc", "script", "search", "section",
    "select", "slot", "source", "strike", "style", "summary", "svg", "table", "tbody", "td",
    "template", "textarea", "tfoot", "th", "thead", "title", "tr", "track", "tt", "ul", "video",
    "xmp",
}  # fmt: skip

#: Attributes that need no value.
_SWITCHES = {
    "allowfullscreen", "async", "autofocus", "autoplay", "border", "checked", "compact", "controls",
    "contenteditable", "crossorigin", "default", "defer", "disabled", "disablepictureinpicture",
    "download", "draggable", "formnovalidate", "hidden", "inert", "ismap", "itemscope", "loop",
    "multiple", "muted", "nomodule", "noshade", "novalidate", "nowrap", "open", "playsinline",
    "readonly", "required", "reversed", "selected", "webkitallowfullscreen", "mozallowfullscreen",
    "/",
}  # fmt: skip

_ELEMENTS = frozenset(_WITHIN | _BLOCKS)
_END_TAG = re.compile(r"</([a-zA-Z][^\s/<>\"']*)")

#: Ends of elements whose content is not visible text.
_SILENT = {
    tag: re.compile(f"</{tag}", re.IGNORECASE)
    for tag in ("script", "style", "template", "head", "noscript", "iframe", "object", "svg", "rt",
                "rp")
}  # fmt: skip

#: The beginning of a comment, a tag, or a declaration. No match crosses the next ``<``, so that no
#: part of a text is scanned twice. The value of an attribute may contain ``>``.
_MARKUP = re.compile(
    r"""<!--|</?([a-zA-Z][^\s/<>"']*+)(?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+>|<[!?][^<>]*+>"""
)

_COMMENT_END = re.compile("-->")

#: Texts of a link that tell nothing of where it leads, nor of the article: phrases of failure F84
#: of the WCAG ("click here", "more") and of Lighthouse's audit of link texts, without words that
#: articles use, such as "information" and "start"; and the same in other languages.
#: https://www.w3.org/WAI/WCAG22/Techniques/failures/F84
#: https://developer.chrome.com/docs/lighthouse/seo/link-text
LINK_PHRASES = frozenset({
    "click here", "click this", "here", "right here", "this", "this link", "link", "this page",
    "more", "more info", "more information", "more here", "read more", "read more here", "see more",
    "see here", "learn more", "find out more", "details", "more details", "full story",
    "read the full story", "read full story", "read the full article", "read full article",
    "read on", "view more", "show more", "tap here", "source", "via",
    "hier", "hier klicken", "klicken sie hier", "klick hier", "zum link", "mehr",
    "mehr dazu", "mehr erfahren", "mehr infos", "mehr informationen", "mehr lesen",
    "weitere informationen", "weiterlesen", "weiter lesen", "jetzt lesen", "lesen sie mehr",
    "quelle",
    "ici", "cliquez ici", "cliquer ici", "lien", "ce lien", "plus", "en savoir plus",
    "plus d'informations", "plus d'infos", "lire la suite", "lire plus", "voir plus", "la suite",
    "aquí", "aqui", "haz clic aquí", "haga clic aquí", "clic aquí", "pincha aquí", "enlace",
    "este enlace", "más", "más información", "leer más", "ver más", "seguir leyendo", "saber más",
    "clique aqui", "mais", "mais informações", "saiba mais", "leia mais", "ler mais", "ver mais",
    "veja mais", "continue lendo", "este link",
    "qui", "clicca qui", "questo link", "altro", "di più", "leggi di più", "leggi tutto",
    "leggi anche", "scopri di più", "per saperne di più", "maggiori informazioni", "continua",
    "continua a leggere",
})  # fmt: skip

#: Beginnings of such a text; the title of the article may follow.
_LINK_BEGINNINGS = ("continue reading", "weiterlesen:", "lire la suite:", "seguir leyendo:")

#: Characters of the longest text of a link that is compared.
_LONGEST_PHRASE = 300

#: What stands around such a text: arrows, dots, brackets.
_AROUND = re.compile(r"^[\W_]+|[\W_]+$")


def text_of(source: str) -> str:
    """Return the text of a fragment of HTML.

    Parameters
    ----------
    source : str
        HTML.

    Returns
    -------
    str
        A line for each block, without markup, scripts and styles, and without links that only say
        "read more" or the like.
    """
    pieces: list[str] = []
    position = 0
    anchor = None  # the first piece of the link that is open
    ended: set[str] | None = None  # names of the elements that have an end
    while match := _MARKUP.search(source, position):
        tag = (match[1] or "").lower()
        if tag and tag not in _ELEMENTS and ended is None:
            ended = {name.lower() for name in _END_TAG.findall(source)}
        if tag and _is_text(tag, match[0], ended or ()):
            pieces.append(html.unescape(source[position : match.start() + 1]))
            position = match.start() + 1
            continue
        pieces.append(html.unescape(source[position : match.start()]))
        position = match.end()
        end = _COMMENT_END if match[0] == "<!--" else None
        if tag and match[0][1] != "/" and match[0][-2] != "/":
            end = _SILENT.get(tag)
        if end is not None:
            found = end.search(source, position)
            there = found and (found.end() if end is _COMMENT_END else found.start())
            position = len(source) if there is None else there
        if tag and tag not in _WITHIN:
            pieces.append("\n")
        elif tag == "a":
            if match[0][1] != "/":
                anchor = len(pieces)
            elif anchor is not None:
                if _says_nothing(pieces[anchor:]):
                    pieces[anchor:] = " "
                anchor = None
    pieces.append(html.unescape(source[position:]))
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return "\n".join(filter(None, lines))


def _is_text(tag: str, markup: str, ended: Container[str]) -> bool:
    """Return whether what looks like a tag is text, as in ``a<b and c>d`` and ``List<String>``."""
    if markup[1] == "/":
        return False
    if tag not in _ELEMENTS:
        return not (tag in ended or "-" in tag or ":" in tag or markup[-2] == "/")
    if "=" in markup or len(markup) == len(tag) + 2:
        return False
    return not _SWITCHES.issuperset(markup[len(tag) + 1 : -1].lower().split())


def _says_nothing(pieces: list[str]) -> bool:
    """Return whether the text of a link tells nothing of the article."""
    if sum(map(len, pieces)) > _LONGEST_PHRASE:
        return False
    text = " ".join("".join(pieces).split()).casefold().replace("’", "'")
    return _AROUND.sub("", text) in LINK_PHRASES or text.startswith(_LINK_BEGINNINGS)
