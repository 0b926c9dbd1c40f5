"""What a page of HTML says of itself: dates, robots, and whether it leads elsewhere."""

from __future__ import annotations

import collections
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from relnews.readers.json_decoding import loads_leniently
from relnews.readers.load_report import Problem
from relnews.readers.source_dates import read_date
from relnews.readers.visibility import hidden, plain_name

#: Names of the moment of publication in ``meta``, by preference: Open Graph, schema.org, Dublin
#: Core, Parse.ly, Sailthru, and what CMS write.
_PUBLISHED = (
    "article:published_time", "og:published_time", "datepublished", "publish_date", "publishdate",
    "publish-date", "pubdate", "dc.date.issued", "dcterms.issued", "dcterms.created", "dc.date",
    "parsely-pub-date", "sailthru.date", "article.published",
)  # fmt: skip

#: Names of the moment of expiry in ``meta``.
_EXPIRES = ("article:expiration_time", "og:expiration_time", "expires-on", "dcterms.valid")

#: Names of the alternative text of the image of a page, in ``meta``.
_IMAGE_ALT = ("og:image:alt", "twitter:image:alt")

#: Names of robots in ``meta``: of all of them, or of a search engine.
_ROBOTS = re.compile(
    r"robots|x-robots-tag|googlebot(?:-\w+)?|google|bingbot|msnbot|slurp|teoma|duckduckbot|"
    r"baiduspider|yandex(?:bot)?|applebot|seznambot|petalbot|qwantbot|yeti"
)

#: Type of a script with linked data.
_LINKED_DATA = "application/ld+json"

#: Name of the state of a page in linked data.
_STATE = "creativeworkstatus"

#: What may stand before JSON in a script, for old browsers and XHTML, and the characters after it.
_BEFORE_JSON = re.compile(r"\A(?:(?://|/\*)\s*)?(?:<!\[CDATA\[|<!--)\s*(?:\*/)?")
_AFTER_JSON = re.compile(r"(?://|/\*)?\s{0,9}(?:\]\]>|-->)\s{0,9}(?:\*/)?\Z")

#: What linked data that cannot be read says of who may see the page.
_STATES = re.compile(r'"(creativeWorkStatus|expires)"\s*:\s*"([^"]*)"')

#: The directive of robots that says when a page expires. Its date may have a comma in it.
_UNAVAILABLE = re.compile(
    r"unavailable_after\s*:\s*(.+?)(?:,\s*(?:no|max|all|index|follow|unavailable).*)?$",
    re.IGNORECASE,
)

#: The delay in seconds of a refresh, and the address that it leads to.
_REFRESH = re.compile(
    r"\s*(\d{0,6})(?:\.\d*)?\s*[;,\s]\s*(?:url\s*=\s*)?['\"]?([^'\"\s]+)", re.IGNORECASE
)

#: Seconds within which a reader is led elsewhere. Pages of news that reload themselves wait longer.
_SHORT_DELAY = 30

#: Places of the moment of publication in the body of a page, by preference.
_IN_BODY = [
    ".//*[@itemprop='datePublished']",
    ".//time[@pubdate]",
    ".//article//time[@datetime]",
    ".//time[@datetime][contains(@class, 'publish') or contains(@class, 'entry-date')]",
]

#: Places of it where the day is known, and what tells that an element is about a change.
_ANYWHERE = "//meta[@content] | //time | //abbr[@title] | //span[@title]"
_CHANGED = re.compile("modif|updat|revis", re.IGNORECASE)

#: Types of schema.org that are articles end in these words.
_ARTICLES = ("article", "posting", "report", "review", "recipe")

#: Characters of the longest JSON-LD that is read, and its entries and elements of a page that are
#: looked at.
_LONGEST_JSON = 1_000_000
_MOST_ENTRIES = 1000


def leads_to(tree: Any) -> str | None:
    """Return the address that a page leads its reader to at once, or None.

    Parameters
    ----------
    tree : lxml.html.HtmlElement
        The page.
    """
    for meta in tree.iter("meta"):
        if meta.get("http-equiv", "").strip().lower() != "refresh":
            continue
        match = _REFRESH.match(meta.get("content", ""))
        # Browsers with scripts, which are nearly all, do not see what is in `noscript`.
        is_seen = next(meta.iterancestors("noscript"), None) is None
        if match and int(match[1] or 0) < _SHORT_DELAY and is_seen:
            return match[2]
    return None


def said_of_itself(tree: Any) -> dict[str, Any]:
    """Return dates and states of a page, as it writes them.

    Parameters
    ----------
    tree : lxml.html.HtmlElement
        The page.

    Returns
    -------
    dict
        ``published``, ``expires``, ``image_alt``, ``robots`` and ``creativeWorkStatus``, those
        that are there, and ``language``. Another expiry is ``expiry`` or ``expirationDate``.
    """
    metas: dict[str, list[str]] = {}
    for meta in tree.iter("meta"):
        named = ("property", "name", "itemprop", "http-equiv")
        name = next(filter(None, map(meta.get, named)), "")
        if content := meta.get("content", "").strip():
            metas.setdefault(name.strip().lower(), []).append(content)
    data = _linked_data(tree)
    robots = [
        content
        for name, contents in metas.items()
        if _ROBOTS.fullmatch(name)
        for content in contents
    ]
    unavailable = (match[1] for text in robots if (match := _UNAVAILABLE.search(text)))
    said = {
        "published": _first(
            _values(metas, _PUBLISHED[:2]), [data.get("datePublished")],
            _values(metas, _PUBLISHED[2:]),
        ),
        "expires": _first(_values(metas, _EXPIRES)),
        "image_alt": _first(_values(metas, _IMAGE_ALT)),
        "expiry": data.get("expires"),
        "expirationDate": _first(unavailable),
        "robots": robots,
        "language": tree.get("lang") or tree.get("xml:lang"),
    }  # fmt: skip
    said |= {name: value for name, value in data.items() if plain_name(name) == _STATE}
    said |= {name: values for name, values in metas.items() if _is_hidden(name, values)}
    return {name: value for name, value in said.items() if value}


def _is_hidden(name: str, values: list[str]) -> bool:
    """Return whether a ``meta`` says that not everybody may see the page."""
    reasons = (hidden({name: value}) for value in values)
    return any(reason is not None and reason.problem is Problem.NOT_PUBLIC for reason in reasons)


def moment_in_body(tree: Any, day: str | None) -> str | None:
    """Return the moment of publication that the body of a page names, or the day.

    Parameters
    ----------
    tree : lxml.html.HtmlElement
        The page.
    day : str or None
        The day of publication in ISO 8601, if it is known. Another day is of something else.
    """
    places = _IN_BODY if day is None else [*_IN_BODY, _ANYWHERE]
    elements = itertools.chain.from_iterable(tree.xpath(path) for path in places)
    changed = None
    for element in itertools.islice(elements, _MOST_ENTRIES):
        found = _moment(element)
        if not found or (day is not None and not _is_on(day, found)):
            continue
        if not _CHANGED.search(" ".join(map(str, element.values()))):
            return found
        changed = changed or found
    return changed or day


def _moment(element: Any) -> str:
    values = [element.get(name) for name in ("datetime", "content", "title")]
    return next((value.strip() for value in values if value), (element.text or "").strip())


def _is_on(day: str, text: str) -> bool:
    """Return whether a text is a moment of a day, and says more than the day."""
    if len(text) <= len(day):
        return False
    try:
        moment = read_date(text).moment
    except (TypeError, ValueError, OverflowError):
        return False
    return moment is not None and (text.startswith(day) or moment.date().isoformat() == day)


def _values(metas: Mapping[str, list[str]], names: Iterable[str]) -> Iterator[str]:
    return itertools.chain.from_iterable(metas.get(name, ()) for name in names)


def _first(*candidates: Iterable[Any]) -> Any:
    return next(filter(None, itertools.chain.from_iterable(candidates)), None)


def _linked_data(tree: Any) -> Mapping[str, Any]:
    """Return the first article of the JSON-LD of a page."""
    left = _LONGEST_JSON
    for script in tree.iter("script"):
        text = script.text or ""
        if (
            script.get("type", "").partition(";")[0].strip().lower() != _LINKED_DATA
            or len(text) > left
        ):
            continue
        left -= len(text)
        try:
            data = loads_leniently(_AFTER_JSON.sub("", _BEFORE_JSON.sub("", text.strip(), 1), 1))
        except (ValueError, RecursionError):
            if said := dict(_STATES.findall(text)):
                return said
            continue
        for entry in itertools.islice(_entries(data), _MOST_ENTRIES):
            if _is_article(entry):
                return entry
    return {}


def _entries(data: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of JSON-LD: of a list, a graph, and the main entity of a page."""
    waiting = collections.deque([data])
    while waiting:
        entry = waiting.popleft()
        if isinstance(entry, list):
            waiting.extendleft(reversed(entry))
        elif isinstance(entry, dict):
            yield entry
            waiting += [entry[name] for name in ("@graph", "mainEntity") if name in entry]


def _is_article(entry: Mapping[str, Any]) -> bool:
    kinds = entry.get("@type")
    names = kinds if isinstance(kinds, list) else [kinds]
    return any(isinstance(name, str) and name.lower().endswith(_ARTICLES) for name in names)
