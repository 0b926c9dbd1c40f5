"""Shortcodes of WordPress: their markup leaves a text, what they enclose stays."""

from __future__ import annotations

import re

#: A tag in brackets: its slashes, name and attributes; doubled brackets are meant as brackets.
_TAG = re.compile(
    r"\[(\[?)(/?)([a-zA-Z][\w-]*)((?=[\s/\]])(?:[^\[\]\"']|\"[^\"\[\]]*\"|'[^'\[\]]*')*)\](\]?)"
)

#: The same in Markdown, where a link goes on with a parenthesis, a bracket or a colon.
_TAG_IN_MARKDOWN = re.compile(rf"(?<![\\!]){_TAG.pattern}(?![(:]|\[(?![/a-z_-]+[\s\]]))")

#: Shortcodes of WordPress, Jetpack and WordPress.com that need no attributes.
_KNOWN = frozenset({
    "gallery", "caption", "embed", "video", "audio", "playlist", "archives", "contact-form",
    "slideshow", "jetpack-related-posts", "sitemap", "tiled-gallery", "toc", "youtube", "vimeo",
    "tweet", "instagram", "dailymotion", "soundcloud", "gist", "polldaddy", "ted", "wpvideo",
})  # fmt: skip

#: Shortcodes that enclose an address, not a text.
_SILENT = re.compile(r"\[(embed|video|audio|playlist|gallery)\b[^\[\]]*\][^\[\]<>]*\[/\1\]")

#: An attribute with a value, or the slash of a tag without an end: no text has these in brackets.
_ATTRIBUTE = re.compile(r"\s[\w-]+=[\"'\w]|/$")

#: The text under a picture, as WordPress 3.3 and older had it.
_CAPTION = re.compile(r"\bcaption=(?:\"([^\"]*)\"|'([^']*)')")


def without_shortcodes(text: str, *, is_markdown: bool = False) -> str:
    """Return a text without the tags of shortcodes.

    A word in brackets stays, as in "the [prime] minister", unless it has attributes, an underscore
    or an end tag, or is the name of a shortcode that WordPress itself has.

    Parameters
    ----------
    text : str
        The content of a post.
    is_markdown : bool, default=False
        Whether brackets may be links of Markdown, which stay.
    """
    if "[" not in text:
        return text
    text = _SILENT.sub(" ", text)
    tag = _TAG_IN_MARKDOWN if is_markdown else _TAG
    closed = {match[3] for match in tag.finditer(text) if match[2]}

    def replaced(match: re.Match[str]) -> str:
        before, slash, name, attributes, after = match.groups()
        if before and after:  # [[gallery]] shows [gallery]
            return match[0][1:-1]
        is_shortcode = (
            slash
            or name in closed
            or name.lower() in _KNOWN
            or "_" in name
            or _ATTRIBUTE.search(attributes)
        )
        if not is_shortcode:
            return match[0]
        caption = _CAPTION.search(attributes) if name.lower().endswith("caption") else None
        words = (caption[1] or caption[2] or "") if caption else ""
        return f"{before} {words} {after}"

    return tag.sub(replaced, text)
