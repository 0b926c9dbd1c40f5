"""Integrity: checks of an archive folder, and the errors that name the damage."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from relnews._checks import counted, exists
from relnews.exceptions import (
    ArchiveFormatError,
    RelnewsError,
)

if TYPE_CHECKING:
    import os

    import numpy as np
    from numpy.typing import NDArray


def check_archive_target(folder: Path, catalogue: str) -> None:
    """Raise FileExistsError unless a folder is an archive, is empty or does not exist."""
    if folder.is_dir():
        if exists(folder / catalogue) or not any(folder.iterdir()):
            return
    elif not exists(folder):
        return
    msg = (
        f"{folder} exists and is not a relnews archive; it is left as it is. "
        "Choose another name, or remove it first."
    )
    raise FileExistsError(msg)


def check_archive_source(folder: Path, catalogue: str) -> None:
    """Raise unless a folder exists and has a catalogue."""
    if not exists(folder):
        msg = f"there is no archive at {folder}. Make one with `relnews build` or save(path)."
        raise FileNotFoundError(msg)
    if not (exists(folder / catalogue) and (folder / catalogue).is_file()):
        msg = (
            f"{folder} is not a relnews archive: expected a folder with {catalogue} in it. "
            "Make one with `relnews build` or save(path)."
        )
        raise ArchiveFormatError(msg)


def check_files(folder: Path, names: Iterable[str]) -> None:
    """Raise for links, whose targets SQLite would write, and for pipes, which block it."""
    for name in names:
        path = folder / name
        if path.is_symlink():
            raise damaged_archive(folder, f"{name} is a link, which an archive never has")
        if path.exists() and not path.is_file():
            raise damaged_archive(folder, f"{name} is not a file")


def check_format(folder: Path, is_archive: bool, version: int, known: Sequence[int]) -> None:
    """Raise ArchiveFormatError for a catalogue of another program or of an unknown format.

    Parameters
    ----------
    folder : Path
        Folder of the catalogue.
    is_archive : bool
        Whether the header of the file names relnews.
    version : int
        Format version of the file.
    known : sequence of int
        Formats that this version reads, ascending.
    """
    if not is_archive:
        msg = f"{folder} is not a relnews archive, or its first save was never finished."
        raise ArchiveFormatError(msg)
    if version not in known:
        msg = (
            f"{folder} has archive format {version}; this version of relnews reads formats "
            f"{known[0]} to {known[-1]}. Build it again from the articles, in another folder, or "
            "install a matching relnews."
        )
        raise ArchiveFormatError(msg)


#: Upper bound, exclusive, of keys and of the numbers of folders and changes.
MANY = 1 << 62


def check_file(folder: Path, name: str, expected: int | None) -> None:
    """Raise if a file is missing, is a link, or has another size than when it was written."""
    file = folder / name
    if expected is None:
        raise damaged_archive(folder, f"{name} is not listed in the catalogue")
    if file.is_symlink() or file.parent.is_symlink():
        raise damaged_archive(folder, f"{name} is a link, which an archive never has")
    try:
        status = file.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise damaged_archive(folder, f"{name} is missing") from error
    if not stat.S_ISREG(status.st_mode):
        raise damaged_archive(folder, f"{name} is not a file")
    size = status.st_size
    if size != expected:
        raise damaged_archive(folder, f"{name} has {counted(size, 'byte')}, expected {expected:,}")


def check_vocabulary(arrays: Mapping[str, NDArray[Any]]) -> None:
    """Raise ValueError if the arrays of a vocabulary do not fit each other."""
    from relnews._kernels import tokens  # late: nothing here needs NumPy
    from relnews._kernels.arguments import TermTable

    table = TermTable(arrays["table"], arrays["blob"], arrays["term_ptr"])
    if not tokens.is_sound(table):
        msg = "the arrays of the vocabulary do not fit each other"
        raise ValueError(msg)


def check_epoch(arrays: Mapping[str, NDArray[Any]], n_terms: int, n_articles: int) -> None:
    """Raise ValueError if common terms or document frequencies of an epoch are impossible."""
    terms, basis = arrays["terms"], arrays["basis"]
    frequency = arrays["document_frequency"]
    n_known = len(frequency)
    in_order = not len(terms) or (
        0 <= terms[0] <= terms[-1] < n_known and (terms[1:] > terms[:-1]).all()
    )
    is_possible = n_known <= n_terms and ((frequency >= 0) & (frequency <= n_articles)).all()
    if not is_possible or not in_order or not (abs(basis) <= 1.001).all():
        msg = "the arrays of an epoch do not fit each other"
        raise ValueError(msg)


def checked_sums(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sums that lengths are made of; raise ValueError if one is impossible."""
    if not (sums.min(initial=0.0) >= 0 and sums.max(initial=0.0) < float("inf")):  # or NaN
        msg = "the lengths of a segment's articles are impossible"
        raise ValueError(msg)
    return sums


def check_segment(is_sound: bool) -> None:
    """Raise ValueError if the arrays of a segment do not fit each other."""
    if not is_sound:
        msg = "the arrays of a segment do not fit each other"
        raise ValueError(msg)


#: Errors that code raises for a damaged stored value.
DAMAGE = (LookupError, TypeError, ValueError, OverflowError, RecursionError)


class damage_in:  # noqa: N801 (used like a function; a generator takes 3× as long)
    """A context that turns errors from damaged values into the error of a damaged archive."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        if isinstance(error, DAMAGE):
            raise_damage(self._folder, error)


def raise_damage(folder: str | os.PathLike[str], error: Exception) -> NoReturn:
    """Raise the error of a damaged archive that follows from one of `DAMAGE`.

    An error that relnews raised on purpose is raised as it is.
    """
    if isinstance(error, RelnewsError):
        raise error
    raise damaged_archive(folder, error) from error


def damaged_archive(folder: str | os.PathLike[str], why: object) -> ArchiveFormatError:
    """Return the error of an archive that is damaged."""
    return ArchiveFormatError(
        f"the archive {folder} is damaged: {why}. Build it again from the articles, in another "
        "folder."
    )
