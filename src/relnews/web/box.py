"""Box: Related News for templates, in the process that renders the pages."""

from __future__ import annotations

import functools
import logging
import os

from markupsafe import Markup

from relnews import _checks
from relnews.exceptions import RelnewsError, UnknownArticleError
from relnews.export import html
from relnews.related import RelatedNews
from relnews.results import RelatedList

_LOG = logging.getLogger(__name__)


class Box:
    """A writer of the HTML of lists, for use in a template.

    Parameters
    ----------
    archive : path
        Folder of the archive; opened for the first list, so that a server may fork before.
    k : int, default=8
        Maximum length of a list.
    heading : str, default="Related News"
        Heading of a list.
    heading_level : int, default=2
        Level of the heading, from 1 to 6.
    language : str, default="en"
        BCP 47 tag of the page's language, in which dates are written.

    Examples
    --------
    In a Jinja template, ``{{ related_news(article.id) }}`` after
    ``environment.globals["related_news"] = Box("archive.relnews")``.
    """

    def __init__(
        self,
        archive: str | os.PathLike[str],
        *,
        k: int = 8,
        heading: str = "Related News",
        heading_level: int = 2,
        language: str = "en",
    ) -> None:
        _checks.check_integer("k", k, minimum=1)
        self._archive = archive
        self._k = k
        self._write = functools.partial(
            html.fragment, heading=heading, heading_level=heading_level, language=language
        )
        self._write(RelatedList(None, ()))  # raises for an invalid setting

    @functools.cached_property
    def _news(self) -> RelatedNews:
        return RelatedNews.open(self._archive)

    def __call__(self, id: object, k: int | None = None) -> Markup:  # noqa: A002
        """Return the list of an article as a ``<section>``.

        Parameters
        ----------
        id : object
            Id of the article; a number is taken as its digits.
        k : int, optional
            Maximum length of this list; by default that of the box.

        Returns
        -------
        Markup
            Empty for an empty list and for an article that the archive does not have yet. A page
            must not fail for its box: if the archive cannot be read, the error is logged.
        """
        news, identifier = self._news, str(id)
        try:
            if identifier in news:
                return Markup(self._write(news.related(identifier, k or self._k)))
        except UnknownArticleError:  # removed a moment ago
            pass
        except (RelnewsError, OSError):
            _LOG.exception("no Related News for %r", identifier)
        return Markup()
