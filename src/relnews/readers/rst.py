"""The metadata and the text of reStructuredText, as Pelican reads it."""

from __future__ import annotations

import importlib.util
from typing import Any

from relnews.readers import _errors
from relnews.readers.front_matter import of_nikola
from relnews.readers.visibility import distinct

#: Characters of the longest text: docutils takes up to 0.2 ms for each.
_LONGEST = 1 << 17

#: No file is included, nothing is executed, nothing is printed.
_SETTINGS = {
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "report_level": 5,
    "halt_level": 5,
    "warning_stream": False,
    "_disable_config": True,
}


def check_installed() -> None:
    """Raise ImportError if docutils is not installed."""
    if importlib.util.find_spec("docutils") is None:
        raise _errors.no_reader(needs="reStructuredText needs docutils, which is", extra="markdown")


def parted_rst(text: str) -> tuple[dict[str, Any], str, str]:
    """Return the metadata, the text and the title of reStructuredText.

    Parameters
    ----------
    text : str
        reStructuredText.

    Raises
    ------
    ValueError
        If the text is too long, or cannot be read.
    """
    # Imported here: docutils takes a third of a second.
    from docutils import core, nodes

    if len(text) > _LONGEST:
        raise ValueError(_errors.long_markdown(_LONGEST))
    try:
        document = core.publish_doctree(text, settings_overrides=_SETTINGS)
    except Exception as error:  # the text makes the parser fail
        raise ValueError(str(error)) from error
    title = next((node.astext() for node in document.findall(nodes.title)), "")
    found: list[tuple[str, Any]] = [*of_nikola(text)[0].items()]
    for info in document.findall(nodes.docinfo):
        for element in info.children:
            if isinstance(element, nodes.field):
                found.append((element[0].astext().lower(), element[1].astext()))
            elif isinstance(element, nodes.authors):
                found.append(("authors", [author.astext() for author in element.children]))
            else:
                found.append((element.tagname.lower(), element.astext()))
    names = distinct([name for name, _ in found])
    front = {name: value for name, (_, value) in zip(names, found, strict=True)}
    silent = (nodes.docinfo, nodes.comment, nodes.system_message, nodes.title, nodes.raw,
              nodes.substitution_definition, nodes.target)  # fmt: skip
    for node in [*document.findall(lambda node: isinstance(node, silent))]:
        is_heading = isinstance(node, nodes.title) and node.parent is not document
        if node.parent is not None and not is_heading:
            node.parent.remove(node)
    return front, document.astext(), title
