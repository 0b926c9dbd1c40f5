"""Every check and the wording of every error: what was expected, what was got, what to do.

Functions named after a mistake build the exception for the caller to raise; functions named
``check_…`` raise it themselves.
"""

from __future__ import annotations

import contextlib
import difflib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relnews.exceptions import (
    ArchiveChangedError,
    ArchiveFormatError,
    UnknownArticleError,
)

if TYPE_CHECKING:
    import os

# --- articles ------------------------------------------------------------------------------------


def problem_sentence(origin: str, problem: str, detail: str) -> str:
    """Name a record that was skipped or mended."""
    return f"{origin}: {problem}: {detail}" if detail else f"{origin}: {problem}"


def expected_id() -> str:
    """Describe an id that is missing."""
    return "expected a non-empty `id`; map another field to it if the data calls it differently"


def expected_date(got: object) -> str:
    """Describe a date that is not one."""
    return f"expected an ISO 8601 date such as 2025-08-22 or 2025-08-22T14:05Z, got {_short(got)}"


def expected_string(name: str, got: object) -> str:
    """Describe a field of the wrong type."""
    return f"`{name}` must be a string, got {type(got).__name__}"


def not_articles(got: object) -> TypeError:
    """Reject something that is not a collection of articles."""
    return TypeError(
        "`articles` must be an iterable of dicts, Article objects or data frame rows, "
        f"got {type(got).__name__}. Put a single article into a list; read a file with "
        "relnews.read_articles(path)."
    )


def not_an_article(got: object, number: int) -> TypeError:
    """Reject a row that has no named fields."""
    return TypeError(
        f"article {number} must be a mapping, an Article or a data frame row, "
        f"got {type(got).__name__}."
    )


# --- readers -------------------------------------------------------------------------------------


def expected_utf8(got: int) -> str:
    """Describe a byte that is not UTF-8."""
    return f"expected UTF-8 text, got the byte 0x{got:02X}; save or convert the file as UTF-8"


def expected_json_object(got: str, reason: str) -> str:
    """Describe a line that holds no JSON object."""
    return f"expected one JSON object on the line, got {_short(got[:100])} ({reason})"


def expected_row(reason: str) -> str:
    """Describe a row that is not CSV."""
    reason = reason.partition(" - ")[0]  # what follows is about calling csv
    return f"expected a row of CSV ({reason}); a quote inside a quoted cell is written twice"


def expected_columns(expected: int, got: int) -> str:
    """Describe a row that is longer or shorter than the header."""
    return (
        f"expected {expected} columns as in the header, got {got}; "
        "put quotes around a cell that has a delimiter or a line break in it"
    )


def damaged_file(error: Exception) -> str:
    """Describe the end of a packed file that could not be unpacked."""
    if isinstance(error, EOFError):
        return "the file ends in the middle; the rest is lost, copy or pack it again"
    return f"the file is damaged ({error}); the rest is lost, copy or pack it again"


def not_json_lines(name: str, *, array: bool) -> ValueError:
    """Reject JSON that is not one object a line."""
    got, query = ("one JSON array", "'.[]'") if array else ("JSON over several lines", ".")
    return ValueError(
        f"{name}: expected one JSON object a line (JSON Lines), got {got}. "
        f"Convert it with `jq -c {query} {name} > articles.jsonl`, or load it with json.load and "
        "pass the articles as a list."
    )


def no_header(name: str, reason: str) -> ValueError:
    """Reject a CSV file whose first row cannot be read."""
    return ValueError(f"{name}: the first row must name the columns: {reason}.")


def no_such_column(name: str, column: str, header: list[str]) -> ValueError:
    """Reject a name in `fields` that the header does not have."""
    return ValueError(
        f"{name}: `fields` names the column {column!r}, but the header has {_listed(header)}."
    )


def unknown_field(got: str, fields: tuple[str, ...]) -> ValueError:
    """Reject a name in `fields` that is no field of an article."""
    return ValueError(
        "`fields` maps a field of Article to the name that the file has for it, got the field "
        f"{got!r}. Use {_listed(fields)}."
    )


def unknown_format(got: object, formats: tuple[str, ...]) -> ValueError:
    """Reject a format that no reader is for."""
    return ValueError(f"`format` must be one of {_listed(formats)} or None, got {got!r}.")


def unknown_extension(name: str, known: tuple[str, ...], packed: tuple[str, ...]) -> ValueError:
    """Reject a file whose name does not say what is in it."""
    return ValueError(
        f"cannot tell the format of {name!r} from its name: expected it to end in "
        f"{', '.join(known)}, each also with {' or '.join(packed)}. "
        'Say it with format="jsonl" or format="csv".'
    )


def check_articles_file(path: Path) -> None:
    """Reject a path at which there is no file."""
    if path.is_dir():
        message = f"expected a file of articles, got the folder {str(path)!r}. Name a file in it."
        raise IsADirectoryError(message)
    if not path.exists():
        message = f"expected a file of articles, but there is no {str(path)!r}"
        if not path.is_absolute():
            message += f" in {str(Path.cwd())!r}"
        message += ". Check the path."
        raise FileNotFoundError(message)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names))


def check_batch_bytes(n_bytes: int) -> None:
    """Refuse a single text that is too long for 32-bit offsets."""
    if n_bytes >= 1 << 31:
        msg = f"a text must have less than 1.4 GB, got about {n_bytes / 1e9:.1f} GB. Split it."
        raise ValueError(msg)


# --- parameters ----------------------------------------------------------------------------------


def check_integer(name: str, value: object, *, minimum: int, maximum: int | None = None) -> int:
    """Return an integer within bounds, or raise TypeError or ValueError."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        msg = f"`{name}` must be an integer, got {_short(value)}."
        raise TypeError(msg)
    if value < minimum or (maximum is not None and value > maximum):
        bounds = f"at least {minimum}" if maximum is None else f"from {minimum} to {maximum}"
        msg = f"`{name}` must be {bounds}, got {value}."
        raise ValueError(msg)
    return int(value)


def check_n_jobs(value: object) -> None:
    """Reject a number of threads that joblib would not understand."""
    if value is not None and check_integer("n_jobs", value, minimum=-(2**31)) == 0:
        msg = "`n_jobs` must be at least 1, -1 for all cores, or None, got 0."
        raise ValueError(msg)


def check_parent(file: Path) -> None:
    """Refuse to write a file into a folder that does not exist."""
    if not file.absolute().parent.is_dir():
        msg = f"cannot write {file}: there is no folder {file.parent}. Make it first."
        raise FileNotFoundError(msg)


def check_stop_words(value: object) -> str | tuple[str, ...] | None:
    """Return 'english', None or a tuple of words, or raise ValueError."""
    if value is None or value == "english":
        return value
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        words = tuple(value)
        if all(isinstance(word, str) for word in words):
            return words
    msg = (
        f"`stop_words` must be 'english', an iterable of strings or None, got {_short(value)}. "
        "For another language pass its list of words."
    )
    raise ValueError(msg)


def no_pystemmer() -> ImportError:
    """Say how to install PyStemmer."""
    return ImportError(
        "a named stemmer needs PyStemmer, which is not installed: pip install 'relnews[stem]'"
    )


def unknown_stemmer(got: str, known: Iterable[str]) -> ValueError:
    """Name the languages that there is a stemmer for."""
    nearest = difflib.get_close_matches(got.lower(), known := list(known), 1)
    hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
    return ValueError(
        f"expected stemmer to be a function or one of {_listed(known)}, got {got!r}.{hint}"
    )


def check_draft(title: object, text: object) -> None:
    """Reject a draft without words to rank by."""
    for name, value in (("title", title), ("text", text)):
        if not isinstance(value, str):
            msg = f"`{name}` must be a string, got {type(value).__name__}."
            raise TypeError(msg)
    if not (str(title).strip() or str(text).strip()):
        msg = "`title` and `text` are both empty; give the draft at least one of them."
        raise ValueError(msg)


def not_fitted(what: str) -> Exception:
    """Reject the use of a model that has no archive yet."""
    # Imported late: scikit-learn is slow to import, and nothing else here needs it.
    from sklearn.exceptions import NotFittedError

    return NotFittedError(  # type: ignore[no-any-return]
        f"this {what} has no archive yet. Call fit(articles), or open one with {what}.open(path)."
    )


def unknown_article(identifier: str, known: Iterable[str]) -> UnknownArticleError:
    """Name an id that the archive does not have, and the one that was probably meant."""
    sentence = f"no article has the id {_short(identifier, 200)}."
    near = _nearest(identifier, known)
    return UnknownArticleError(f"{sentence} Did you mean {near!r}?" if near else sentence)


def _nearest(identifier: str, known: Iterable[str]) -> str | None:
    """Return the most similar id, if one is similar enough to be a slip."""
    folded = identifier.strip().casefold()
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(folded)
    best, least = None, 0.75
    letters = set(folded)
    for candidate in known:
        # Two cheap upper bounds come first: an archive has many ids.
        if 2 * min(len(candidate), len(folded)) < least * (len(candidate) + len(folded)):
            continue
        theirs = candidate.casefold()
        if len(letters.symmetric_difference(theirs)) > 4:
            continue
        matcher.set_seq1(theirs)
        if matcher.real_quick_ratio() > least and matcher.quick_ratio() > least:
            ratio = matcher.ratio()
            if ratio > least:
                best, least = candidate, ratio
    return best


# --- the archive folder --------------------------------------------------------------------------


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


def check_kind(folder: Path, kind: object, kinds: Mapping[str, object]) -> str:
    """Refuse a folder entry of a kind that the format does not have."""
    if not isinstance(kind, str) or kind not in kinds:
        raise damaged_archive(folder, f"unknown kind of data {_short(kind)}")
    return kind


def check_file(folder: Path, name: str, expected: int | None) -> None:
    """Refuse a file that is missing or has another size than when it was written."""
    file = folder / name
    if expected is None:
        raise damaged_archive(folder, f"{name} is not listed in the catalogue")
    if not file.is_file():
        raise damaged_archive(folder, f"{name} is missing")
    size = file.stat().st_size
    if size != expected:
        raise damaged_archive(folder, f"{name} has {size:,} bytes, expected {expected:,}")


def check_array(folder: Path, name: str, array: NDArray[Any], dtype: np.dtype[Any]) -> None:
    """Refuse an array of another type or shape than the format says."""
    if array.dtype != dtype or array.ndim != 1:
        raise damaged_archive(
            folder,
            f"{name} has {array.ndim} dimensions of {array.dtype}, expected 1 of {dtype}",
        )


def check_vocabulary(arrays: Mapping[str, NDArray[Any]]) -> None:
    """Refuse arrays of a vocabulary that do not fit each other."""
    slots = len(arrays["table"]) // 2
    ends = arrays["term_ptr"][-1] + 8 == len(arrays["blob"]) and arrays["term_ptr"][0] == 0
    if not ends or slots < 1 or slots & (slots - 1) or len(arrays["table"]) % 2:
        msg = "the arrays of the vocabulary do not fit each other"
        raise ValueError(msg)


def check_common(arrays: Mapping[str, NDArray[Any]], n_terms: int) -> None:
    """Refuse common terms that are none."""
    terms = arrays["terms"]
    if len(terms) and not (0 <= terms[0] <= terms[-1] < n_terms and (np.diff(terms) > 0).all()):
        msg = "the common terms are not in order"
        raise ValueError(msg)


def check_segment(arrays: Mapping[str, NDArray[Any]], norms: NDArray[Any], n_terms: int) -> None:
    """Refuse arrays of a segment that do not fit each other."""
    length = {name: len(array) for name, array in arrays.items()}
    consistent = (
        length["row_ptr"] == length["published"] + 1 == len(norms) + 1
        and length["row_term"] == length["row_level"] == length["posting"]
        and length["term_ptr"] == length["term"] + 1
        and length["group_ptr"] == length["group_level"] + 1
        and arrays["row_ptr"][-1] == arrays["group_ptr"][-1] == length["posting"]
        and arrays["term_ptr"][-1] == length["group_level"]
        and (length["term"] == 0 or arrays["term"][-1] < n_terms)
    )
    if not consistent:
        msg = "the arrays of a segment do not fit each other"
        raise ValueError(msg)


@contextlib.contextmanager
def damage_in(folder: str | os.PathLike[str]) -> Iterator[None]:
    """Turn what goes wrong with stored values into the error of a damaged archive."""
    try:
        yield
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise damaged_archive(folder, error) from error


def damaged_archive(folder: str | os.PathLike[str], why: object) -> ArchiveFormatError:
    """Name an archive that cannot be read."""
    return ArchiveFormatError(
        f"the archive {folder} is damaged: {why}. Build it again from the articles."
    )


def unreadable_archive(folder: str | os.PathLike[str], why: Exception) -> Exception:
    """Name an archive that another process holds, or that is damaged."""
    if _is_locked(why):
        return TimeoutError(
            f"another process has been writing the archive {folder} for long: {why}. Try again."
        )
    return damaged_archive(folder, why)


def cannot_write(folder: Path, why: Exception) -> Exception:
    """Name an archive that cannot be written to now."""
    if _is_locked(why):
        return TimeoutError(
            f"another process is writing the archive {folder}: {why}. Try again when it is done."
        )
    return ArchiveFormatError(
        f"cannot write the archive {folder}: {why}. If it is damaged, remove the folder first."
    )


def _is_locked(error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def archive_changed() -> ArchiveChangedError:
    """Say that the catalogue is newer than the arrays that were opened with it."""
    return ArchiveChangedError(
        "the archive was saved anew since it was opened. Open it again to see its new state."
    )


def _short(value: object, length: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= length else text[: length - 1] + "…"
