"""Bodies of Ghost's posts: HTML, or the documents of its editors, Lexical and Mobiledoc."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from relnews.readers.html_text import text_of

#: Values of Lexical's cards that are HTML or plain text for the readers of a page.
_TEXTS = (
    "heading", "header", "subheader", "content", "html", "calloutText", "caption", "buttonText",
    "title", "description", "productTitle", "productDescription", "fileTitle", "fileCaption",
)  # fmt: skip

#: Cards that only an email has, and the form of a subscription.
_SILENT = frozenset({"email", "email-cta", "signup"})

#: Levels of the deepest document.
_DEEPEST = 100


def body_of(post: Mapping[str, Any]) -> str:
    """Return the text of a post.

    Parameters
    ----------
    post : mapping
        A post with ``html``, ``lexical``, ``mobiledoc`` or ``plaintext``; the first counts that is
        not empty.
    """
    if html := post.get("html"):
        return text_of(str(html))
    for name, lines in (("lexical", _lexical_lines), ("mobiledoc", _mobiledoc_lines)):
        document = _document(post.get(name))
        if document and (text := "\n".join(filter(None, lines(document)))):
            return text
    return str(post.get("plaintext") or "")


def _document(value: object) -> Mapping[str, Any]:
    """Return the document that a value is, or is in JSON."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, Mapping) else {}


def _lexical_lines(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a document of Lexical."""
    root = document.get("root")
    if isinstance(root, Mapping):
        for block in _nodes(root.get("children")):
            yield from _block_lines(block, 0)


def _block_lines(block: Mapping[str, Any], depth: int) -> Iterator[str]:
    """Yield the lines of a block: a paragraph, a list or a card."""
    if block.get("type") in _SILENT or depth > _DEEPEST:
        return
    if block.get("type") == "markdown":
        yield _of_markdown(str(block.get("markdown") or ""))
        return
    for name in _TEXTS:
        if isinstance(block.get(name), str):
            yield text_of(block[name])
    if isinstance(block.get("code"), str):
        yield block["code"]
    for image in _nodes(block.get("images")):
        yield text_of(str(image.get("caption") or ""))
    children = _nodes(block.get("children"))
    line = ""
    for child in children:
        if child.get("type") in ("list", "listitem", "paragraph"):
            yield from (line.strip(), *_block_lines(child, depth + 1))
            line = ""
        else:
            line += _inline_text(child, depth + 1)
    yield line.strip()


def _inline_text(node: Mapping[str, Any], depth: int) -> str:
    """Return the text of a part of a line, such as a link."""
    if depth > _DEEPEST:
        return ""
    if node.get("type") == "linebreak":
        return "\n"
    if isinstance(node.get("text"), str):
        return str(node["text"])
    return "".join(_inline_text(child, depth + 1) for child in _nodes(node.get("children")))


def _mobiledoc_lines(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a document of Mobiledoc: its sections are lists that begin with a kind."""
    atoms, cards = document.get("atoms"), document.get("cards")
    for section in _lists(document.get("sections")):
        kind, rest = section[0], section[1:]
        if kind == 1 and len(rest) > 1:  # tag, markers
            yield _markers_text(rest[1], atoms)
        elif kind == 3 and len(rest) > 1:  # tag, markers of each item
            yield from (_markers_text(item, atoms) for item in _lists(rest[1]))
        elif kind == 10 and rest:  # number of a card
            card = _item(cards, rest[0])
            if isinstance(card, list) and len(card) > 1 and isinstance(card[1], Mapping):
                yield from _card_lines(str(card[0]), card[1])


def _card_lines(name: str, values: Mapping[str, Any]) -> Iterator[str]:
    if name in ("markdown", "card-markdown"):
        yield _of_markdown(str(values.get("markdown") or ""))
    else:
        yield from _block_lines({"type": name, **values, "children": None}, 0)


def _markers_text(markers: object, atoms: object) -> str:
    """Return the text of markers: a kind, markups, the number of ends, and a text or an atom."""
    pieces = []
    for marker in _lists(markers):
        if len(marker) > 3:
            value = marker[3]
            if marker[0] == 1:  # an atom: its name and text
                atom = _item(atoms, value)
                value = atom[1] if isinstance(atom, list) and len(atom) > 1 else ""
                value = value or "\n"  # such as a soft return
            pieces.append(str(value))
    return "".join(pieces)


def _of_markdown(source: str) -> str:
    """Return the text of a card of Markdown."""
    # Imported here: only posts without HTML need it, and the packages that it needs.
    from relnews.readers import markdown

    for _, record in markdown.records(f"---\n\n---\n{source}".encode(), "card.md"):
        if isinstance(record, Mapping):
            return str(record["text"])
    return text_of(source)  # one that would take minutes to parse


def _nodes(value: object) -> list[Mapping[str, Any]]:
    return [node for node in value if isinstance(node, Mapping)] if isinstance(value, list) else []


def _lists(value: object) -> list[list[Any]]:
    """Return the lists in a list that are not empty."""
    parts = value if isinstance(value, list) else []
    return [part for part in parts if isinstance(part, list) and part]


def _item(values: object, number: object) -> object:
    if isinstance(values, list) and isinstance(number, int) and 0 <= number < len(values):
        return values[number]
    return None
