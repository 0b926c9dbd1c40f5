"""Source: lists of an archive for a server that may fork while the archive changes."""

from __future__ import annotations

import datetime as dt
import functools
from pathlib import Path
from typing import NamedTuple

from relnews.dates import moment
from relnews.exceptions import UnknownArticleError
from relnews.related import RelatedNews
from relnews.results import RelatedList
from relnews.storage import integrity, list_reader
from relnews.storage.catalogue import Catalogue
from relnews.storage.database import CATALOGUE
from relnews.text.languages import code_of


class Found(NamedTuple):
    """An article of the archive.

    Parameters
    ----------
    published : datetime or None
        Its date.
    related : RelatedList or None
        Its stored list; None if no list of that length is stored.
    """

    published: dt.datetime | None
    related: RelatedList | None


class Source:
    """A reader of an archive, opened at its first use because a connection must not cross a fork.

    There are two connections. The first reads stored lists, in microseconds, in one thread. The
    second ranks, in any thread, and is busy while it reads a change of the archive.

    Parameters
    ----------
    folder : Path
        Folder of the archive.
    """

    def __init__(self, folder: Path) -> None:
        integrity.check_archive_source(folder, CATALOGUE)
        self._folder = folder
        self._generation = 0
        self._counted = (-1, 0)

    @functools.cached_property
    def _catalogue(self) -> Catalogue:
        return Catalogue.open(self._folder)

    @functools.cached_property
    def _news(self) -> RelatedNews:
        return RelatedNews.open(self._folder)

    def generation(self) -> int:
        """Return the number of committed changes."""
        if self._catalogue.changed_since_last_check():
            self._generation = self._catalogue.generation()
        return self._generation

    def __len__(self) -> int:
        generation = self.generation()
        if self._counted[0] != generation:
            self._counted = generation, len(self._catalogue)
        return self._counted[1]

    def find(self, identifier: str, k: int) -> Found | None:
        """Return an article and its stored list; None if the archive lacks the article."""
        catalogue = self._catalogue
        with catalogue.read_transaction():
            key = catalogue.key_of(identifier)
            if key is None:
                return None
            (published,) = catalogue.dates([key])
            with integrity.damage_in(self._folder):
                date = moment(published)
            return Found(date, list_reader.stored_list(catalogue, identifier, k))

    def rank(self, identifier: str, k: int) -> RelatedList | None:
        """Return the stored or ranked list of an article; None if the archive lacks it."""
        try:
            return self._news.related(identifier, k)
        except UnknownArticleError:  # removed a moment ago
            return None

    def rank_draft(self, title: str, text: str, k: int, language: str) -> RelatedList:
        """Return the list of a story that is not in the archive."""
        return self._news.related_to_text(text, title=title, k=k, language=code_of(language))
