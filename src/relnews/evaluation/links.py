"""Judgements from the links that a site's writers put into their texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit

from relnews.readers.load_report import LoadReport
from relnews.readers.read_options import ReadSpec
from relnews.readers.records import articles_from

#: Parameters of an address that track the reader and do not change the page.
_TRACKING = re.compile(r"utm_\w+|(?:fb|g|d|ms|y)clid|mc_[ce]id|igshid", re.IGNORECASE)

#: ``[words](target)`` and ``[name]: target``; a target may have a pair of parentheses in it.
_MARKDOWN = re.compile(r"\](?:\(|:[ \t])\s*<?((?:[^\s()<>]|\([^\s()<>]*\))+)")

#: Reading of records: texts that are read as HTML lose their links.
_AS_WRITTEN = ReadSpec(markup="text")

_BARE = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)


def labels_from_links(articles: object) -> dict[str, dict[str, int]]:
    """Return judgements that take a linked article for relevant to the linking one.

    Links are HTML's ``<a href=…>``, Markdown's brackets, and addresses in plain text. Two addresses
    are the same if they differ only in scheme, ``www.``, port 80 or 443, a slash or ``index.html``
    at the end, the order of parameters, parameters such as ``utm_source``, or the part after ``#``.
    Relative links start from the ``url`` of their article.

    Parameters
    ----------
    articles : iterable or DataFrame
        As for `RelatedNews.fit`, with the links still in the texts.

    Returns
    -------
    dict of str to dict of str to int
        Linking article to linked article to grade 1, in the order of archive and text. Of articles
        that share an address the first counts.

    Notes
    -----
    Fit on texts without the links: the words of an address reveal the linked article.

    Examples
    --------
    >>> from relnews.evaluation import labels_from_links
    >>> labels_from_links([
    ...     {"id": "talks", "url": "https://example.org/talks/", "text": "Talks push on."},
    ...     {"id": "veto", "text": 'After the <a href="http://www.example.org/talks">talks</a>'},
    ... ])
    {'veto': {'talks': 1}}
    """
    home: dict[str, str] = {}
    links: dict[str, list[str]] = {}
    for article in articles_from(articles, LoadReport(), _AS_WRITTEN):
        own = address(article.url or "")
        if own is not None:
            home.setdefault(own, article.id)
        found = (address(target, article.url or "") for target in targets(article.text))
        links[article.id] = [link for link in found if link is not None and link != own]
    labels = {
        query: {home[link]: 1 for link in found if link in home and home[link] != query}
        for query, found in links.items()
    }
    return {query: grades for query, grades in labels.items() if grades}


def quoted_titles(
    articles: object, labels: Mapping[str, Mapping[str, int]]
) -> set[tuple[str, str]]:
    """Return the judged pairs in which the text of one article has the title of the other.

    Any search for the title finds such a pair, so it says little of how good lists are.

    Parameters
    ----------
    articles : iterable or DataFrame
        As for `labels_from_links`.
    labels : mapping of str to mapping of str to int
        Query to judged article to grade.

    Returns
    -------
    set of (str, str)
        Query and judged article. Case and white space do not matter; titles of one word are
        never quoted.

    Examples
    --------
    >>> from relnews.evaluation import quoted_titles
    >>> stories = [
    ...     {"id": "talks", "title": "Talks push on"},
    ...     {"id": "veto", "title": "Veto", "text": "Read also: talks push on"},
    ... ]
    >>> quoted_titles(stories, {"veto": {"talks": 1}})
    {('veto', 'talks')}
    """
    judged = {article for grades in labels.values() for article in grades} | {*labels}
    words = {
        article.id: (_plain(article.title), f" {_plain(article.dek)} {_plain(article.text)} ")
        for article in articles_from(articles, LoadReport())
        if article.id in judged
    }

    def is_quoted(title: str, text: str) -> bool:
        return " " in title and f" {title} " in text

    return {
        (query, other)
        for query, grades in labels.items()
        for other in grades
        if query in words and other in words
        if is_quoted(words[other][0], words[query][1])
        or is_quoted(words[query][0], words[other][1])
    }


def _plain(text: str) -> str:
    """Return the words of a text in lower case, with single spaces between them."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def targets(text: str) -> Iterator[str]:
    """Yield the targets of the links of a text, as written; a target can come several times."""
    if "<" in text:
        anchors = _Anchors()
        # Declarations contain no links, and malformed ones make the parser raise.
        anchors.feed(text.replace("<!", "&lt;!"))
        anchors.close()
        yield from anchors.targets
    yield from _MARKDOWN.findall(text)
    for bare in _BARE.findall(text):
        target = bare.rstrip(".,;:!?'*_”’»…")
        while target.endswith((")", "]")) and not _balanced(target):
            target = target[:-1].rstrip(".,;:!?'*_”’»…")
        yield target


def address(url: str, base: str = "") -> str | None:
    """Return the normal form of the address of a page.

    Parameters
    ----------
    url : str
        The address.
    base : str, default=""
        Address that a relative one starts from.

    Returns
    -------
    str or None
        None if no article can have this address: it is malformed, of another scheme, or the
        address of a whole site.
    """
    try:
        parts = urlsplit(urljoin(base.strip(), url.strip()))
        host, port = (parts.hostname or "").removeprefix("www."), parts.port
        path = quote(unquote(parts.path)).removesuffix("/index.html").rstrip("/")
    except ValueError:
        return None
    parameters = urlencode(
        sorted(
            (name, value)
            for name, value in parse_qsl(parts.query, keep_blank_values=True)
            if not _TRACKING.fullmatch(name)
        )
    )
    if parts.scheme not in ("", "http", "https") or not (path or parameters):
        return None
    return "".join(
        (
            host,
            f":{port}" if port not in (None, 80, 443) else "",
            path,
            f"?{parameters}" if parameters else "",
        )
    )


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.targets += (value for name, value in attrs if name == "href" and value)


def _balanced(target: str) -> bool:
    return all(target.count(opening) >= target.count(closing) for opening, closing in ("()", "[]"))
