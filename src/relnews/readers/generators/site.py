"""Site: what a generator of static sites makes of a folder of texts."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar
from urllib.parse import quote

from relnews.dates import is_missing
from relnews.readers.source_dates import read_date

#: Names of months and days; English in every locale.
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

#: A date at the beginning of the name of a file.
DATED_NAME = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})(?:[-_ ]+(?=.)|$)")

_WRITTEN_DAY = re.compile(r"\s*(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?!\d)")

#: A pattern of a generator, or code of a template, in place of an address.
_PATTERN = re.compile(r"[:{]")


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """A text of a site.

    Parameters
    ----------
    path : PurePosixPath
        Path of the file below the folder of the site.
    values : mapping
        The front matter, completed by what the site says of the path; names in lower case.
    title : str
        Title or first heading; may be empty.
    date : object
        The date of publication as the source has it, or None.
    """

    path: PurePosixPath
    values: Mapping[str, Any]
    title: str = ""
    date: object = None

    @property
    def stem(self) -> str:
        """Name of the file without its ending."""
        return self.path.stem

    @property
    def day(self) -> dt.datetime | None:
        """The date of publication as it is written, in its own time zone; None if unreadable."""
        if isinstance(self.date, dt.datetime):
            return self.date
        if isinstance(self.date, dt.date):
            return dt.datetime(self.date.year, self.date.month, self.date.day)
        written = _WRITTEN_DAY.match(str(self.date))
        try:
            if written:
                year, month, day = map(int, written.groups())
                return dt.datetime(year, month, day)
            return read_date(self.date).moment
        except (TypeError, ValueError, OverflowError):
            return None

    def text(self, name: str) -> str | None:
        """Return a value of the front matter that is a text with characters, or None.

        Parameters
        ----------
        name : str
            In lower case.
        """
        value = self.values.get(name)
        if value is None or isinstance(value, (bool, list, Mapping)) or is_missing(value):
            return None
        return str(value).strip() or None


class Site:
    """A folder of no known generator; the class of each generator is derived from this one.

    Parameters
    ----------
    root : Path
        Folder of the site: the one with its settings.
    settings : mapping
        The settings, as far as they can be read.
    """

    #: Name of the generator; empty for none.
    name: ClassVar[str] = ""

    #: Files whose presence tells the generator.
    marks: ClassVar[tuple[str, ...]] = ()

    #: Whether a text of tags or categories is parted at blanks.
    parts_at_blanks: ClassVar[bool] = True

    #: Whether metadata between two ``---`` need not be YAML.
    has_meta_lines: ClassVar[bool] = False

    #: Folders whose names begin with ``_`` and that have articles all the same.
    articles_in: frozenset[str] = frozenset({"_posts"})

    #: Whether HTML with front matter is a text of the site.
    reads_html: ClassVar[bool] = False

    #: Endings of texts that the generator does not read.
    others: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, root: Path, settings: Mapping[str, Any]) -> None:
        self.root = root
        self.settings = settings

    @classmethod
    def settings_in(cls, folder: Path) -> Mapping[str, Any] | None:
        """Return the settings of a site in a folder, or None if there is no such site.

        Parameters
        ----------
        folder : Path
            The folder.
        """
        return None

    @property
    def folders(self) -> tuple[str, ...]:
        """Folders with content, below the folder of the site; ``"."`` is the folder itself."""
        return (".",)

    def holds(self, path: PurePosixPath) -> bool:
        """Return whether a file is content of the site.

        Parameters
        ----------
        path : PurePosixPath
            Path of the file below the folder of the site.
        """
        is_package = "node_modules" in path.parts
        return not is_package and any(path.is_relative_to(folder) for folder in self.folders)

    def defaults(self, path: PurePosixPath) -> Mapping[str, Any]:
        """Return what the site says of a text beside its front matter.

        Parameters
        ----------
        path : PurePosixPath
            Path of the file below the folder of the site.
        """
        return {}

    def date_of(self, path: PurePosixPath) -> str | None:
        """Return the date that the name of a file begins with, or the name of a bundle; or None.

        Parameters
        ----------
        path : PurePosixPath
            Path of the file below the folder of the site.
        """
        dated = DATED_NAME.match(path.parent.name if path.stem == "index" else path.stem)
        return dated[1] if dated else None

    def no_article(self, page: Page) -> str | None:
        """Return why the generator makes no page of a text, or None.

        Parameters
        ----------
        page : Page
            The text.
        """
        return None

    def slug(self, page: Page) -> str | None:
        """Return the slug of a page: its own, or the name of the file without a date.

        Parameters
        ----------
        page : Page
            The text.
        """
        return page.text("slug") or plain_stem(page.path)

    def section(self, page: Page) -> str | None:
        """Return the section that the place of a file says, or None.

        Parameters
        ----------
        page : Page
            The text.
        """
        return None

    def own_url(self, page: Page) -> str | None:
        """Return the address that the front matter gives to a page, or None.

        Parameters
        ----------
        page : Page
            The text.
        """
        for name in ("url", "permalink", "canonical_url"):
            url = page.text(name)
            if url and not _PATTERN.search(re.sub("^https?:", "", url)):
                return url
        return None

    def url(self, page: Page) -> str | None:
        """Return the address that the generator gives to a page, or None if it is not known.

        Parameters
        ----------
        page : Page
            The text.
        """
        return None


def plain_stem(path: PurePosixPath) -> str:
    """Return the name of a file without its ending and date; of an index, its folder's.

    Parameters
    ----------
    path : PurePosixPath
        Path of the file.
    """
    stem = path.parent.name if path.stem == "index" and path.parent.name else path.stem
    return DATED_NAME.sub("", stem, count=1) or stem


def from_root(path: str) -> str:
    """Return an address from the root of a site, with one slash between parts, quoted.

    Parameters
    ----------
    path : str
        The address; characters outside ASCII are quoted.
    """
    if re.match("https?://", path):
        return path
    return quote(re.sub("/{2,}", "/", f"/{path}"), safe="/-._~!$&'()*+,;=:@%")
