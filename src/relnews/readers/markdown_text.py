"""The text and the first heading of Markdown."""

from __future__ import annotations

from relnews.readers import _errors
from relnews.readers.html_text import text_of
from relnews.readers.shortcodes import without_module_lines, without_shortcodes

try:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock, blockquote
    from markdown_it.token import Token
except ModuleNotFoundError as error:
    raise _errors.no_reader(
        needs="Markdown needs PyYAML and markdown-it-py, which are", extra="markdown"
    ) from error

#: Characters of the longest text: a thousand pages of a book.
LONGEST = 1 << 20

#: Brackets of a text that may begin a link. The parser takes 20 µs for each.
_MOST_BRACKETS = 1 << 16

#: Calls of the rule for quotations per file. The parser calls it n²/2 times for n lines with ``>``
#: without a blank line between them.
_MOST_QUESTIONS = 1 << 19


def _quote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Apply markdown-it's rule for quotations; raise ValueError after `_MOST_QUESTIONS` calls."""
    state.env["questions"] = asked = state.env.get("questions", 0) + 1
    if asked > _MOST_QUESTIONS:
        raise ValueError(_errors.quoted_markdown())
    return blockquote(state, start, end, silent)


# Without tables: the parser fills a short row up with cells, so that a megabyte could become
# gigabytes. The words are the same.
_markdown = MarkdownIt("commonmark")
_markdown.block.ruler.at(
    "blockquote", _quote, {"alt": ["paragraph", "reference", "blockquote", "list"]}
)


def text_and_heading(body: str, *, is_mdx: bool = False) -> tuple[str, str]:
    """Return the text of Markdown without markup and shortcodes, and its first heading.

    Parameters
    ----------
    body : str
        Markdown.
    is_mdx : bool, default=False
        Whether lines of JavaScript may stand in it.

    Raises
    ------
    ValueError
        If the text is too long, or would take minutes to parse.
    """
    if len(body) > LONGEST:
        raise ValueError(_errors.long_markdown(LONGEST))
    if is_mdx:
        body = without_module_lines(body)
    body = without_shortcodes(body)
    if body.count("[") > _MOST_BRACKETS:
        raise ValueError(_errors.bracketed_markdown(_MOST_BRACKETS))
    tokens = _markdown.parse(body, {})
    first = next((i for i, token in enumerate(tokens, 1) if token.type == "heading_open"), None)
    heading = "" if first is None else _rendered(tokens[first : first + 1])
    return _rendered(tokens), " ".join(heading.split())


def _rendered(tokens: list[Token]) -> str:
    return text_of(_markdown.renderer.render(tokens, _markdown.options, {}))
