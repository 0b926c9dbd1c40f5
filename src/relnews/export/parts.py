"""Parts of an export: files that any scheduler makes in any order, and a check that all are there.

Each part has a record beside it, which says what the file is of. The name of the record begins with
``_``, so that Spark and others that read the whole folder skip it.
"""

from __future__ import annotations

import collections
import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from relnews import dates
from relnews._checks import MAX_PARTS, counted
from relnews.export._errors import no_parts
from relnews.export.list_files import replacing, write_lists
from relnews.storage.syncing import make_folder

if TYPE_CHECKING:
    from relnews.options.list_options import Options
    from relnews.related import RelatedNews
    from relnews.results import RelatedList

#: From this timestamp on, nothing changes any more.
_NEVER = 1 << 62

#: The fields of a record that are always numbers, and those that are text.
_NUMBERS = ("part", "parts", "generation", "lists", "bytes")
_TEXTS = ("archive", "options", "sha256")

#: A function that shows progress: it gets the lists and their number, here None, and returns them.
Progress = Callable[[Iterator["RelatedList"], int | None], Iterable["RelatedList"]]


@dataclasses.dataclass(frozen=True, slots=True)
class PartRecord:
    """What a part of an export is of.

    Parameters
    ----------
    part, parts : int
        Number of the part, from 1, and of all parts.
    archive : str
        Name of the build of the archive.
    generation : int
        Number of commits of the archive.
    options : str
        The options of the lists, ``k`` among them.
    until : int or None
        Timestamp at which an embargo ends or an article expires; None for never.
    lists, bytes : int
        Number of lists, and size of the file.
    sha256 : str
        Checksum of the file.
    """

    part: int
    parts: int
    archive: str
    generation: int
    options: str
    until: int | None = None
    lists: int = 0
    bytes: int = 0
    sha256: str = ""

    @property
    def name(self) -> str:
        """The part as it is asked for, such as 3/64."""
        return f"{self.part}/{self.parts}"

    def is_as(self, other: PartRecord) -> bool:
        """Return whether both are of the same, and readers may still see the same articles."""
        unfilled = dataclasses.replace(self, until=other.until, lists=0, bytes=0, sha256="")
        return unfilled == other and not self.has_expired()

    def has_file(self, path: Path) -> bool:
        """Return whether a file is the one that was recorded, whole."""
        try:
            return path.stat().st_size == self.bytes and _checksum(path) == self.sha256
        except FileNotFoundError:
            return False

    def has_expired(self) -> bool:
        """Return whether readers may see other articles now than when the part was made."""
        return self.until is not None and self.until <= dates.now()


def export_part(
    news: RelatedNews,
    part: tuple[int, int],
    output: Path,
    k: int = 8,
    *,
    progress: Progress | None = None,
    **options: Unpack[Options],
) -> PartRecord | None:
    """Write the lists of a part of an archive to a file, unless it is there; return its record.

    Parameters
    ----------
    news : RelatedNews
        The archive, opened from a folder.
    part : tuple of (int, int)
        Number of the part, from 1, and of all parts. Parts take about as long as each other.
    output : Path
        The file: Parquet if it ends with ``.parquet``, otherwise one JSON object a line. It appears
        when it is complete; its record ``_NAME.json`` follows. The folder is created if it is
        missing.
    k : int, default=8
        Maximum number of items of a list.
    progress : callable, optional
        Called with the lists and None; returns the lists, as ``tqdm`` does.
    **options
        See `Options`.

    Returns
    -------
    PartRecord or None
        None if the file is complete, and of the same commit, part and options.

    Raises
    ------
    ArchiveChangedError
        If the archive changes meanwhile; the file is then what it was before.
    """
    lists = news.related_all(k, part=part, **options)  # checks the options
    wanted = _wanted(news, part, k, options)
    record = _read_record(_record_of(output))
    if record is not None and record.is_as(wanted) and record.has_file(output):
        return None
    make_folder(output.parent)
    n = write_lists(output, lists if progress is None else progress(lists, None))
    made = dataclasses.replace(
        wanted, lists=n, bytes=output.stat().st_size, sha256=_checksum(output)
    )
    with replacing(_record_of(output)) as file:
        file.write(json.dumps(dataclasses.asdict(made), ensure_ascii=False).encode() + b"\n")
    return made


def problems_of_parts(folder: Path, news: RelatedNews | None = None) -> list[tuple[str, str]]:
    """Return the parts of an export that are missing or not what they should be, each with why.

    Parameters
    ----------
    folder : Path
        The folder of the parts.
    news : RelatedNews, optional
        The archive that they are to be of, as it is now. None means the newest commit that a part
        is of.

    Raises
    ------
    FileNotFoundError
        If the folder has no part.
    """
    records = {
        path.with_name(path.name[1:].removesuffix(".json")): record
        for path in sorted(folder.glob("_*.json"))
        if (record := _read_record(path)) is not None
    }
    if not records:
        raise no_parts(folder)
    newest = max(records.values(), key=lambda record: record.generation)
    if news is not None:
        archive, generation = news.archive_.catalogue.settings("made", "generation")
        newest = dataclasses.replace(newest, archive=str(archive), generation=generation or 0)
    (options, parts), _ = collections.Counter(
        (record.options, record.parts) for record in records.values()
    ).most_common(1)[0]
    expected = dataclasses.replace(newest, options=options, parts=parts)
    problems, found = [], collections.Counter[int]()
    for path, record in records.items():
        why = _difference(path, record, expected)
        if why:
            problems.append((record.name, f"{path.name} {why}"))
        if record.parts == parts:
            found[record.part] += 1
    for number in range(1, parts + 1):
        if found[number] != 1:
            why = "is in several files" if found[number] else "is missing"
            problems.append((f"{number}/{parts}", why))
    return sorted(problems, key=lambda problem: [*map(int, problem[0].split("/"))])


def _difference(path: Path, record: PartRecord, expected: PartRecord) -> str:
    """Return how a part differs from what is expected of all; empty if it does not."""
    if record.archive != expected.archive:
        return "is of another archive"
    if record.generation != expected.generation:
        return f"is of commit {record.generation:,}, not of {expected.generation:,}"
    if record.parts != expected.parts:
        return f"is one of {counted(record.parts, 'part')}, most are of {expected.parts:,}"
    if record.options != expected.options:
        return "was made with other options than most"
    if record.has_expired():
        return "was made before an embargo ended, or an article expired"
    return "" if record.has_file(path) else "is not the file that was written"


def _wanted(news: RelatedNews, part: tuple[int, int], k: int, options: Options) -> PartRecord:
    """Return the record of a part that is to be made."""
    archive, generation = news.archive_.catalogue.settings("made", "generation")
    until = int(news.archive_.snapshot().view.until)
    texts = {name: _text_of(value) for name, value in sorted(options.items())}
    return PartRecord(
        int(part[0]), int(part[1]), str(archive), generation or 0,
        json.dumps({"k": int(k), **texts}),
        until if until < _NEVER else None,
    )  # fmt: skip


def _text_of(value: object) -> str:
    """Return an option as text that is the same in every process."""
    if isinstance(value, Mapping):
        return repr(sorted((name, _text_of(of_name)) for name, of_name in value.items()))
    return repr(sorted(value) if isinstance(value, (set, frozenset)) else value)


def _record_of(output: Path) -> Path:
    """Return the record of a file."""
    return output.with_name(f"_{output.name}.json")


def _read_record(path: Path) -> PartRecord | None:
    """Return a record; None if there is none, or the file is no record."""
    try:
        record = PartRecord(**json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, IsADirectoryError, ValueError, TypeError, RecursionError):
        return None
    is_sound = (
        all(type(getattr(record, name)) is int for name in _NUMBERS)
        and all(type(getattr(record, name)) is str for name in _TEXTS)
        and (record.until is None or type(record.until) is int)
    )
    return record if is_sound and 1 <= record.part <= record.parts <= MAX_PARTS else None


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
