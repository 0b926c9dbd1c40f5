"""Formats of a list. The web service and the command line follow this registry.

To add a format, write a function that returns a list as text and enter it in `FORMATS`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from relnews.results import RelatedList


class Format(NamedTuple):
    """One format of a list.

    Parameters
    ----------
    name : str
        Name for callers; with a dot before it, the suffix of addresses and files.
    media_type : str
        Media type of HTTP.
    writer : str
        Module of `relnews.export` and function, such as ``json.dumps``. The module is imported
        when it is needed.
    settings : tuple of str, default=()
        Keyword arguments that the function takes, of ``heading``, ``heading_level`` and
        ``language``.
    """

    name: str
    media_type: str
    writer: str
    settings: tuple[str, ...] = ()

    @property
    def suffix(self) -> str:
        """Suffix of addresses and files."""
        return f".{self.name}"

    @property
    def content_type(self) -> str:
        """Value of the HTTP header."""
        is_text = self.media_type.startswith("text/")
        return f"{self.media_type}; charset=utf-8" if is_text else self.media_type

    def write(self, related: RelatedList, **settings: Any) -> str:
        """Return a list in this format.

        Parameters
        ----------
        related : RelatedList
            The list.
        **settings
            ``heading``, ``heading_level`` and ``language``; a format ignores those that it does not
            show.
        """
        module, _, name = self.writer.partition(".")
        function = getattr(importlib.import_module(f"relnews.export.{module}"), name)
        text: str = function(
            related, **{name: settings[name] for name in self.settings if name in settings}
        )
        return text


#: The formats by name. The service sends the first one to a client without a preference.
FORMATS: dict[str, Format] = {
    entry.name: entry
    for entry in (
        Format("json", "application/json", "json.dumps"),
        Format("html", "text/html", "html.fragment", ("heading", "heading_level", "language")),
        Format("jsonld", "application/ld+json", "jsonld.dumps"),
        Format("atom", "application/atom+xml", "feeds.atom", ("heading",)),
        Format("jsonfeed", "application/feed+json", "feeds.json_feed", ("heading",)),
    )
}
