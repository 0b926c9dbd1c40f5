"""Source: lists of an archive for a server that may fork while the archive changes."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import time
from pathlib import Path
from typing import NamedTuple

from relnews.exceptions import UnknownArticleError
from relnews.options import vectors
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

    There are two connections. The first reads stored lists, in microseconds, in the process that
    answers. The second is open in the processes that rank.

    Parameters
    ----------
    folder : Path
        Folder of the archive.
    """

    def __init__(self, folder: Path) -> None:
        integrity.check_archive_source(folder, CATALOGUE)
        self._folder = folder
        #: Device and number of the file of the catalogue; None before the first request.
        self._file: tuple[int, int] | None = None
        self._status_of = functools.lru_cache(maxsize=1)(self._read_status)

    @functools.cached_property
    def _catalogue(self) -> Catalogue:
        return Catalogue.open(self._folder)

    @functools.cached_property
    def _news(self) -> RelatedNews:
        return RelatedNews.open(self._folder)

    def follow(self) -> None:
        """Open the folder again if another one has taken its place.

        While there is none, the lists of the last one are served.
        """
        with contextlib.suppress(OSError):
            stat = (self._folder / CATALOGUE).stat()
            file = stat.st_dev, stat.st_ino
            if self._file not in (None, file):
                for connection in ("_catalogue", "_news"):
                    self.__dict__.pop(connection, None)
            self._file = file

    def status(self) -> dict[str, int]:
        """Return generation and number of articles, as the folder has them on the disk now.

        Raises
        ------
        ArchiveFormatError, OSError
            If the archive cannot be read.
        """
        self.follow()
        return self._status_of(self.generation(), int(time.time()))

    def _read_status(self, _: int, __: int) -> dict[str, int]:
        """Return the status at a generation and second."""
        catalogue = Catalogue.open(self._folder)  # what is open stays readable without a file
        with catalogue.read_transaction():
            return {"generation": catalogue.generation(), "articles": len(catalogue)}

    def has_lists(self) -> bool:
        """Return whether lists are stored."""
        return self._catalogue.cached(lambda setting: setting is not None, "lists")

    def ranks_drafts(self) -> bool:
        """Return whether drafts can be ranked: a function that makes vectors is not stored."""
        return self._catalogue.cached(
            lambda setting: setting is None or setting["source"] != vectors.FUNCTION,
            vectors.SETTING,
        )

    def generation(self) -> int:
        """Return how many changes were committed."""
        return self._catalogue.latest_generation()

    def __len__(self) -> int:
        catalogue = self._catalogue
        return catalogue.cached(lambda _: len(catalogue), "generation")

    def find(self, identifier: str, k: int) -> Found | None:
        """Return an article and its stored list, None if the archive lacks it."""
        found = list_reader.date_and_list(self._catalogue, identifier, k)
        return found and Found(*found)

    def rank(self, identifier: str, k: int) -> RelatedList | None:
        """Return the stored or ranked list of an article; None if the archive lacks it."""
        try:
            return self._news.related(identifier, k)
        except UnknownArticleError:  # removed a moment ago
            return None

    def rank_draft(self, title: str, text: str, k: int, language: str) -> RelatedList:
        """Return the list of a story that is not in the archive."""
        return self._news.related_to_text(text, title=title, k=k, language=code_of(language))
