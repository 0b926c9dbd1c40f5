"""A list as HTML: a fragment for any page, or a page of its own with the article."""

from __future__ import annotations

import base64
import datetime as dt
import functools
import hashlib
import re
from urllib.parse import quote

import babel
import jinja2
from babel.dates import format_date
from markupsafe import Markup

from relnews import _checks
from relnews.articles import Article
from relnews.export import _errors
from relnews.results import RelatedItem, RelatedList

#: Languages written from right to left.
_RIGHT_TO_LEFT = {"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"}

#: Where the digits begin that languages write dates with, by CLDR's name; Babel writes ASCII.
_ZEROS = {"arab": 0x660, "arabext": 0x6F0, "deva": 0x966, "beng": 0x9E6, "mymr": 0x1040}

#: Characters that browsers drop or replace in an address; they could disguise a scheme. U+FEFF is
#: a space in JavaScript, so that `<related-news>` refuses it too.
_DISGUISE = re.compile(r"[\s\\\x00-\x1f\x7f-\x9f\ufeff]")

#: A web address, or a relative address: without scheme and host.
_LINKABLE = re.compile(r"https?://[^/?#]|(?!//)[^:/?#]*(?:[/?#]|$)", re.IGNORECASE)


#: The address of an image: one that is not relative to the page that it was made for.
_IMAGE = re.compile(r"https?://|/", re.IGNORECASE)


def fragment(
    related: RelatedList,
    *,
    heading: str = "Related News",
    heading_level: int = 2,
    lead: str = "Both mention: ",
    language: str = "en",
) -> str:
    """Return a list as a ``<section>`` to put into any page.

    Parameters
    ----------
    related : RelatedList
        The list.
    heading : str, default="Related News"
        Text of the heading.
    heading_level : int, default=2
        Level of the heading, from 1 to 6.
    lead : str, default="Both mention: "
        Beginning of the line with the names that an item shares with the article; only items with
        ``mentions`` have that line.
    language : str, default="en"
        BCP 47 tag of the page's language, in which dates are written; ``en`` writes them as
        ``en-GB`` does.

    Returns
    -------
    str
        Empty for an empty list: a page needs no heading without a list.

    Notes
    -----
    All text is escaped. A title is a link if its address is ``http:``, ``https:`` or relative. With
    any other address the title is no link: the address could run a script or, like ``//host``, name
    a file server from a page on disk. An image is shown if its address is ``http:`` or ``https:``,
    or begins at the root of the site. Its ``alt`` is empty, because the title beside it says where
    the link leads. The heading's ``id`` is ``relnews-`` and
    the article's id, percent-encoded; ``relnews`` for a draft.
    """
    _checks.check_integer("heading_level", heading_level, minimum=1, maximum=6)
    if _locale(language) is None:
        raise _errors.unknown_language(language)
    if not related:
        return ""
    return _TEMPLATES.get_template("fragment.html.jinja").render(
        related=related,
        heading=heading,
        heading_level=heading_level,
        lead=lead,
        language=language,
        heading_id="relnews" if related.id is None else f"relnews-{quote(related.id, safe='')}",
    )


def page(article: Article, related: RelatedList) -> str:
    """Return an article and its list as a complete document.

    The document loads no other file than the images of the list, runs no script, and follows the
    reader's choice of light or dark.

    Parameters
    ----------
    article : Article
        The story.
    related : RelatedList
        Its list; the document of an empty list has no section for it.

    Returns
    -------
    str
        From ``<!DOCTYPE html>`` to ``</html>``. Blank lines separate paragraphs; in a text without
        blank lines, newlines do. A language written from right to left sets ``dir``; for an unknown
        language the browser decides.
    """
    style = Markup(stylesheet() + _TEMPLATES.get_template("page.css").render())
    language = known_language(article.language)
    return _TEMPLATES.get_template("page.html.jinja").render(
        article=article,
        direction=_direction(article.language),
        paragraphs=_paragraphs(article.text),
        related=Markup(fragment(related, language=language)),
        language=language,
        image_policy="; img-src http: https:"
        if any(_image(item.image) for item in related)
        else "",
        style=style,
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )


def headline(story: Article | RelatedItem) -> str:
    """Return the title, or else the dek or the id: a link must have a text.

    Parameters
    ----------
    story : Article or RelatedItem
        The story.
    """
    return next(filter(str.strip, (story.title, story.dek)), story.id)


def linkable(url: str | None) -> str | None:
    """Return an address if it is safe to link to (``http:``, ``https:``, relative), else None.

    Parameters
    ----------
    url : str or None
        The address.
    """
    return url if url and not _DISGUISE.search(url) and _LINKABLE.match(url) else None


def _image(url: str | None) -> str | None:
    """Return the address of an image if it is safe, and the same on every page, else None."""
    return url if linkable(url) and _IMAGE.match(url or "") else None


def stylesheet() -> str:
    """Return the stylesheet ``related-news.css``, of fragments and of ``<related-news>``."""
    return _TEMPLATES.get_template("related-news.css").render()


def known_language(language: str | None) -> str:
    """Return a language tag if dates can be written in the language, else ``en``.

    Parameters
    ----------
    language : str or None
        A BCP 47 tag, or anything else.
    """
    return language if language and _locale(language) else "en"


@functools.lru_cache(maxsize=256)
def _locale(language: object) -> babel.Locale | None:
    """Return the locale of a language tag; None if Unicode's CLDR lacks it."""
    tag = str(language).replace("_", "-")
    try:
        return babel.Locale.parse("en-GB" if tag.lower() == "en" else tag, sep="-")
    except (ValueError, babel.UnknownLocaleError):
        return None


@functools.lru_cache(maxsize=1 << 14)
def _day(day: dt.date, language: str) -> str:
    """Return a day in words of a language, with its digits, as browsers write it."""
    locale = _locale(language)
    assert locale is not None
    zero = _ZEROS.get(locale.default_numbering_system, ord("0"))
    text: str = format_date(day, "long", locale=locale)
    return text.translate({ord("0") + digit: zero + digit for digit in range(10)})


def _time(when: dt.datetime, language: str) -> Markup:
    """Return a date as an element, without its time if that is midnight: the time is unknown."""
    bare = when.time() == dt.time()
    return Markup('<time datetime="{}" lang="{}" dir="{}">{}</time>').format(
        when.date().isoformat() if bare else when.isoformat(timespec="seconds"),
        language, _direction(language), _day(when.date(), language),
    )  # fmt: skip


def _direction(language: str | None) -> str:
    if not language:
        return "auto"
    return "rtl" if re.split("[-_]", language.lower())[0] in _RIGHT_TO_LEFT else "ltr"


def _paragraphs(text: str) -> list[str]:
    text = text.strip()
    paragraphs = re.split(r"\n\s*\n", text)
    return [part.strip() for part in (paragraphs if len(paragraphs) > 1 else text.split("\n"))]


_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("relnews.export"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)
_TEMPLATES.filters.update(headline=headline, href=linkable, image=_image, time=_time)
