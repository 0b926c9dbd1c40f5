"""Site: what a generator of static sites makes of a folder of texts."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar
from urllib.parse import quote

from relnews.dates import is_missing
from relnews.readers.documents import id_of
from relnews.readers.formats import FORMATS
from relnews.readers.generators.settings import read_settings
from relnews.readers.source_dates import read_date

#: Names of months and days; English in every locale.
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

#: Endings of texts that are HTML after their front matter.
HTML = FORMATS["html"].endings

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
        #: What of the settings cannot be read, for the summary.
        self.notes: list[str] = []

    @classmethod
    def settings_in(cls, folder: Path) -> Mapping[str, Any] | None:
        """Return the settings of a site in a folder, or None if there is no such site.

        Parameters
        ----------
        folder : Path
            The folder.
        """
        mark = cls.mark_in(folder)
        return None if mark is None else read_settings(mark)

    @classmethod
    def mark_in(cls, folder: Path) -> Path | None:
        """Return the file that tells the generator in a folder, or None.

        Parameters
        ----------
        folder : Path
            The folder.
        """
        return next((folder / name for name in cls.marks if (folder / name).is_file()), None)

    @property
    def home(self) -> str:
        """Folder, below the one of the site, at which the generator's paths of texts begin."""
        return "."

    @property
    def folders(self) -> tuple[str, ...]:
        """Folders with content, below the folder of the site; ``"."`` is the folder itself."""
        return (self.home,)

    def id_of(self, path: PurePosixPath) -> str:
        """Return the id of a text: its path below `home`, so that templates can compute it.

        Parameters
        ----------
        path : PurePosixPath
            Path of the file below the folder of the site.
        """
        return id_of(str(relative(path, self.home)))

    def excluded(self, path: PurePosixPath) -> str | None:
        """Return the name of the setting by which the site leaves a text out, or None.

        Parameters
        ----------
        path : PurePosixPath
            Path of the file below the folder of the site.
        """
        return None

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

    def values(self, path: PurePosixPath, front: Mapping[str, Any]) -> dict[str, Any]:
        """Return the front matter of a text, completed by `defaults`.

        Parameters
        ----------
        path : PurePosixPath
            Path of the file below the folder of the site.
        front : mapping
            The front matter.
        """
        return {**self.defaults(path), **front}

    def date_of(self, path: PurePosixPath) -> str | None:
        """Return the date that the name of a file begins with, or the name of a bundle; or None.

        Parameters
        ----------
        path : PurePosixPath
            Path of the file below the folder of the site.
        """
        dated = DATED_NAME.match(path.parent.name if path.stem == "index" else path.stem)
        return dated[1] if dated else None

    def needs_front(self, path: PurePosixPath) -> bool:
        """Return whether a file without front matter is no text of the site: HTML, for one.

        Parameters
        ----------
        path : PurePosixPath
            Path of the file below the folder of the site.
        """
        return path.suffix.lower() in HTML

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


def relative(path: PurePosixPath, folder: str | PurePosixPath) -> PurePosixPath:
    """Return a path below a folder; outside of the folder, the path itself.

    Parameters
    ----------
    path : PurePosixPath
        Path of a file.
    folder : str or PurePosixPath
        Path of the folder.
    """
    return path.relative_to(folder) if path.is_relative_to(folder) else path


def is_named(path: PurePosixPath, patterns: Iterable[str], *, is_whole: bool = False) -> bool:
    """Return whether a pattern with ``**`` and ``{a,b}`` names a path or a folder above it.

    Parameters
    ----------
    path : PurePosixPath
        Path of a file.
    patterns : iterable of str
        Globs of the whole path, as JavaScript's packages have them.
    is_whole : bool, default=False
        Whether a folder above the path does not count.
    """
    from wcmatch import glob  # here: it takes 60 ms

    flags = glob.GLOBSTAR | glob.BRACE | glob.EXTGLOB | glob.DOTGLOB | glob.FORCEUNIX
    plain = [re.sub(r"^(\./)+|/$", "", pattern) for pattern in patterns]
    places = [path, *(place for place in path.parents if place.name and not is_whole)]
    return any(glob.globmatch(str(place), plain, flags=flags) for place in places)


def filled(
    pattern: str, names: re.Pattern[str], value: Callable[[re.Match[str]], str | None]
) -> str | None:
    """Return a pattern with its names replaced by values; None if one has no value.

    Parameters
    ----------
    pattern : str
        Pattern of addresses.
    names : pattern
        A name in it.
    value : callable
        Returns the value of a match, or None.
    """
    values = [value(match) for match in names.finditer(pattern)]
    if None in values:
        return None
    found = iter(values)
    return names.sub(lambda _: str(next(found)), pattern)


def are_named(path: PurePosixPath, patterns: Iterable[str]) -> bool:
    """Return whether patterns name a path; one that begins with ``!`` takes back.

    Parameters
    ----------
    path : PurePosixPath
        Path of a file.
    patterns : iterable of str
        Globs as for `is_named`. If all take back, they name all other paths.
    """
    patterns = [*patterns]
    given = [pattern for pattern in patterns if not pattern.startswith("!")]
    taken = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    return (not given or is_named(path, given, is_whole=True)) and not is_named(path, taken)


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
