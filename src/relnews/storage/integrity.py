"""Checks of stored data: what is found wrong with an archive folder."""

from __future__ import annotations

import contextlib
import errno
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from relnews._checks import check_integer, shortened
from relnews.exceptions import (
    ArchiveFormatError,
    RelnewsError,
)

if TYPE_CHECKING:
    import os

    import numpy as np
    from numpy.typing import NDArray

    from relnews.storage.catalogue import FolderEntry


def check_archive_target(folder: Path, catalogue: str) -> None:
    """Refuse to write an archive over something else."""
    if folder.is_dir():
        if (folder / catalogue).exists() or not any(folder.iterdir()):
            return
    elif not folder.exists():
        return
    msg = (
        f"{folder} exists and is not a relnews archive; it is left as it is. "
        "Choose another name, or remove it first."
    )
    raise FileExistsError(msg)


def check_archive_source(folder: Path, catalogue: str) -> None:
    """Refuse to open something that is not an archive folder."""
    if not folder.exists():
        msg = f"there is no archive at {folder}. Make one with `relnews build` or save(path)."
        raise FileNotFoundError(msg)
    if not (folder / catalogue).is_file():
        msg = (
            f"{folder} is not a relnews archive: expected a folder with {catalogue} in it. "
            "Make one with `relnews build` or save(path)."
        )
        raise ArchiveFormatError(msg)


def check_files(folder: Path, names: Iterable[str]) -> None:
    """Refuse links, whose targets SQLite would read and write, and pipes, which it waits for."""
    for name in names:
        path = folder / name
        if path.is_symlink():
            raise damaged_archive(folder, f"{name} is a link, which an archive never has")
        if path.exists() and not path.is_file():
            raise damaged_archive(folder, f"{name} is not a file")


def check_schema(folder: Path, is_ours: bool) -> None:
    """Refuse a catalogue whose tables are others, or that has code in it."""
    if not is_ours:
        raise damaged_archive(folder, "its catalogue has other tables than those of the format")


def check_format(folder: Path, is_archive: bool, version: int, supported: int) -> None:
    """Refuse a catalogue of another program or another format version."""
    if not is_archive:
        msg = f"{folder} is not a relnews archive, or its first save was never finished."
        raise ArchiveFormatError(msg)
    if version != supported:
        msg = (
            f"{folder} has archive format {version}; this version of relnews reads format "
            f"{supported}. Build it again from the articles, or install a matching relnews."
        )
        raise ArchiveFormatError(msg)


#: Keys, and numbers of folders and changes, are below this.
_MANY = 1 << 62


#: Settings that are integers, and what they are below.
_INTEGERS = {
    "generation": _MANY, "sealed": _MANY, "epoch": 1 << 53, "n_stop": 1 << 31, "seed": 1 << 64,
    "last_folder": _MANY,
}  # fmt: skip


def read_settings(names: Iterable[str], stored: Mapping[str, str]) -> list[Any]:
    """Return settings, stored as JSON, or raise ValueError or TypeError; None if one is missing."""
    return [
        check_setting(name, json.loads(stored[name])) if name in stored else None for name in names
    ]


def check_setting(name: str, value: Any) -> Any:
    """Return a setting of an archive, or raise ValueError or TypeError."""
    if value is not None and name in _INTEGERS:
        if type(value) is int and 0 <= value < _INTEGERS[name]:
            return value
        return check_integer(name, value, minimum=0, maximum=_INTEGERS[name] - 1)
    if value is not None and name == "lists":
        k = check_integer("k", value["k"], minimum=1, maximum=10_000)
        check_integer("candidates", value["candidates"], minimum=k, maximum=65_536)
        if value["max_drift"] is not None:
            float(value["max_drift"])
    return value


def check_tags(value: object) -> tuple[str, ...]:
    """Return the stored tags of an article, or raise ValueError."""
    if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
        msg = f"tags must be a list of strings, got {shortened(value)}"
        raise ValueError(msg)
    return tuple(value)


def check_next_key(folder: Path, last: int) -> int:
    """Return the key after the last one, or raise ArchiveFormatError."""
    if not 0 <= last < _MANY:
        raise damaged_archive(folder, f"the last article has the key {last}")
    return last + 1


def check_folders(folder: Path, numbers: Sequence[int]) -> None:
    """Refuse numbers that no folder can have."""
    for number in numbers:
        if not 0 < number < _MANY:
            raise damaged_archive(folder, f"a folder of arrays has the number {number}")


def check_terms(folder: Path, terms: Sequence[bytes | None]) -> None:
    """Refuse terms that are empty or there twice."""
    if not all(terms) or len(set(terms)) < len(terms):
        raise damaged_archive(folder, "new terms are empty, or there twice")


def check_kind(folder: str | os.PathLike[str], kind: object, kinds: Mapping[str, object]) -> str:
    """Refuse a folder entry of a kind that the format does not have."""
    if not isinstance(kind, str) or kind not in kinds:
        raise damaged_archive(folder, f"unknown kind of data {shortened(kind)}")
    return kind


def check_kinds(
    folder: str | os.PathLike[str], entries: Iterable[FolderEntry], kinds: Mapping[str, object]
) -> None:
    """Refuse folder entries of a kind that the format does not have."""
    for entry in entries:
        check_kind(folder, entry.kind, kinds)


def check_file(folder: Path, name: str, expected: int | None) -> None:
    """Refuse a file that is missing or has another size than when it was written."""
    file = folder / name
    if expected is None:
        raise damaged_archive(folder, f"{name} is not listed in the catalogue")
    if file.is_symlink() or file.parent.is_symlink():
        raise damaged_archive(folder, f"{name} is a link, which an archive never has")
    if not file.is_file():
        raise damaged_archive(folder, f"{name} is missing")
    size = file.stat().st_size
    if size != expected:
        raise damaged_archive(folder, f"{name} has {size:,} bytes, expected {expected:,}")


def check_array(folder: Path, name: str, is_ours: bool, dtype: np.dtype[Any]) -> None:
    """Refuse an array of another type or shape than the format says."""
    if not is_ours:
        raise damaged_archive(folder, f"{name} does not hold one dimension of {dtype}")


def check_checksum(folder: Path, name: str, got: int, expected: int) -> None:
    """Refuse a file whose content is not what was written."""
    if got != expected:
        raise damaged_archive(folder, f"{name} has the checksum {got:08x}, expected {expected:08x}")


def check_vocabulary(arrays: Mapping[str, NDArray[Any]]) -> None:
    """Refuse arrays of a vocabulary that do not fit each other."""
    table, ptr = arrays["table"], arrays["term_ptr"]
    slots = len(table) // 2
    ends = ptr[-1] == len(arrays["blob"]) - 8 and ptr[0] == 0 and (ptr[1:] > ptr[:-1]).all()
    fits = ends and slots >= 1 and not slots & (slots - 1) and not len(table) % 2
    numbers = table[1::2] & 0xFFFFFFFF
    # A table without an empty slot would be searched for ever.
    fits = fits and numbers.max() < len(ptr) and numbers.min() == 0
    if fits:
        entries = table[1::2][numbers > 0]
        number = (entries & 0xFFFFFFFF).astype("int64")
        # So many bytes are compared.
        fits = (ptr[number] - ptr[number - 1] == entries >> 32).all()
    if not fits:
        msg = "the arrays of the vocabulary do not fit each other"
        raise ValueError(msg)


def check_epoch(arrays: Mapping[str, NDArray[Any]], n_terms: int, n_articles: int) -> None:
    """Refuse common terms that are none, and statistics that cannot be."""
    terms, basis = arrays["terms"], arrays["basis"]
    frequency = arrays["document_frequency"]
    n_known = len(frequency)
    in_order = not len(terms) or (
        0 <= terms[0] <= terms[-1] < n_known and (terms[1:] > terms[:-1]).all()
    )
    can_be = n_known <= n_terms and ((frequency >= 0) & (frequency <= n_articles)).all()
    if not can_be or not in_order or not (abs(basis) <= 1.001).all():
        msg = "the arrays of an epoch do not fit each other"
        raise ValueError(msg)


def check_segment(is_sound: bool) -> None:
    """Refuse arrays of a segment that do not fit each other."""
    if not is_sound:
        msg = "the arrays of a segment do not fit each other"
        raise ValueError(msg)


def check_counts(key: int, is_whole: bool) -> None:
    """Refuse counts of an article that are not what was written."""
    if key < 0:
        msg = f"an article has the key {key}"
        raise ValueError(msg)
    if not is_whole:
        msg = f"the counts of article {key} have another checksum than when they were written"
        raise ValueError(msg)


def check_row(term: NDArray[Any], code: NDArray[Any], n_terms: int) -> None:
    """Refuse counts of an article that cannot be."""
    fits = len(term) == len(code) and (term[1:] > term[:-1]).all() and (code > 0).all()
    if not fits or (len(term) and not 0 <= term[0] <= term[-1] < n_terms):
        msg = "the counts of an article are of terms that the archive does not have"
        raise ValueError(msg)


def check_words(
    term: NDArray[Any], is_word: NDArray[Any], text: NDArray[Any], phrases: NDArray[Any]
) -> None:
    """Refuse words in order that are no terms of their article, and phrases of what is no word."""
    are_terms = set(term.tolist()).issuperset
    are_words = set(term[is_word].tolist()).issuperset
    if (
        len(phrases) % 3
        or not are_terms(phrases[2::3].tolist())
        or not are_words([*phrases[::3].tolist(), *phrases[1::3].tolist()])
        or not are_terms(text[text != -1].tolist())
    ):
        msg = "the words of an article are not among its terms"
        raise ValueError(msg)


def check_entries(is_whole: bool) -> None:
    """Refuse a stored list that is not what was written."""
    if not is_whole:
        msg = "a stored list has another checksum than when it was written"
        raise ValueError(msg)


#: What is raised where a value is not what was stored.
_OF_DAMAGE = (LookupError, TypeError, ValueError, OverflowError, RecursionError)


class damage_in:  # noqa: N801 (used like a function; a generator takes three times as long)
    """Turn what goes wrong with stored values into the error of a damaged archive."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        if isinstance(error, _OF_DAMAGE) and not isinstance(error, RelnewsError):
            raise damaged_archive(self._folder, error) from error


def damaged_archive(folder: str | os.PathLike[str], why: object) -> ArchiveFormatError:
    """Name an archive that cannot be read."""
    return ArchiveFormatError(
        f"the archive {folder} is damaged: {why}. Build it again from the articles."
    )


def unreadable_archive(folder: str | os.PathLike[str], why: Exception) -> Exception:
    """Name an archive that another process holds, or that is damaged."""
    if is_locked(why):
        return TimeoutError(
            f"another process has been writing the archive {folder} for long: {why}. Try again."
        )
    return damaged_archive(folder, why)


def cannot_write(folder: Path, why: Exception, writer: str) -> Exception:
    """Name an archive that cannot be written to now."""
    if is_locked(why):
        return TimeoutError(
            f"the archive {folder} is being written by {writer}. Try again when it is done."
        )
    code = getattr(why, "sqlite_errorcode", 0) & 0xFF
    number = getattr(why, "errno", None)
    if code == sqlite3.SQLITE_FULL or number in _FULL:
        return OSError(
            errno.ENOSPC, f"no space left to write the archive {folder}; it is as it was before"
        )
    if code in _FORBIDDEN or number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return PermissionError(
            errno.EACCES, f"cannot write the archive {folder} ({why}); make its folder writable"
        )
    if code == sqlite3.SQLITE_IOERR or isinstance(why, OSError):
        return OSError(
            errno.EIO, f"cannot write the archive {folder} ({why}); it is as it was before"
        )
    return ArchiveFormatError(
        f"cannot write the archive {folder}: {why}. If it is damaged, remove the folder first."
    )


#: What systems call a disk or a quota that is full, and a file that may not be longer.
_FULL = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))


_FORBIDDEN = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)


@contextlib.contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Name the archive that files of could not be written."""
    try:
        yield
    except OSError as error:
        raise cannot_write(folder, error, "") from error


def is_locked(error: Exception) -> bool:
    """Say whether another process is in the way, no more."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
