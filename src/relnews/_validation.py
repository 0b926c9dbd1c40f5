"""Every check and the wording of every error: what was expected, what was got, what to do.

Functions named after a mistake build the exception for the caller to raise; functions named
``check_…`` raise it themselves.
"""

from __future__ import annotations

import contextlib
import enum
import errno
import math
import numbers
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from relnews.exceptions import (
    ArchiveChangedError,
    ArchiveFormatError,
    ArticleError,
    RelnewsError,
    UnknownArticleError,
)

if TYPE_CHECKING:
    import os

    import numpy as np
    from numpy.typing import NDArray

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
        'Say it with format="jsonl", "csv", "markdown", "html" or "feed".'
    )


#: What is read with the packages of an extra.
_READERS = {
    "markdown": ("Markdown needs PyYAML and markdown-it-py", "are"),
    "feeds": ("feeds needs feedparser", "is"),
    "html": ("HTML pages needs trafilatura", "is"),
    "sql": ("databases needs SQLAlchemy", "is"),
}


def no_reader(*, extra: str) -> ImportError:
    """Say how to install what reads a kind of articles."""
    needs, verb = _READERS[extra]
    return ImportError(
        f"reading {needs}, which {verb} not installed: pip install 'relnews[{extra}]'"
    )


def check_articles_folder(path: Path, formats: Sequence[str]) -> None:
    """Reject a folder that holds no documents, or more than one kind of them."""
    if not formats:
        message = (
            "expected a file of articles, or a folder with Markdown, HTML or feeds in it, got the "
            f"folder {str(path)!r}. Name a file in it."
        )
        raise IsADirectoryError(message)
    if len(formats) > 1:
        message = (
            f"the folder {str(path)!r} has files of the formats {_listed(formats)}. Say which to "
            f"read, such as format={formats[0]!r}."
        )
        raise ValueError(message)


def leads_out() -> str:
    """Describe a file that is a link."""
    return "it is a link out of the folder; copy the file if it is one of the articles"


def document_too_long(n_bytes: int) -> str:
    """Describe a file that is not read."""
    return f"expected a document of at most {n_bytes >> 20} MiB, unpacked; split it"


def unreadable_front_matter(reason: str) -> str:
    """Describe front matter that cannot be read."""
    reason = " ".join(reason.split())
    return f"expected front matter in YAML, TOML or JSON, and then text ({reason})"


def long_front_matter(n_characters: int) -> str:
    """Describe front matter that is not read."""
    return f"longer than {n_characters:,} characters"


def long_markdown(n_characters: int) -> str:
    """Describe a text that is not read, for it could take minutes."""
    return f"the text is longer than {n_characters:,} characters; part it, or leave it out"


def quoted_markdown() -> str:
    """Describe a text whose quotations take minutes to read."""
    return "too many lines that may begin a quotation; put blank lines between those with '>'"


def no_aliases() -> str:
    """Describe YAML that refers to itself."""
    return "aliases such as *name are not read; write the value out"


def expected_mapping(got: str) -> str:
    """Describe front matter without names."""
    return f"expected names and values, got {got}"


def unreadable_feed(reason: str, n_entries: int) -> str:
    """Describe a feed that is none, or is damaged."""
    if n_entries:
        return f"the feed is damaged ({reason}); {n_entries:,} entries of it were read"
    return f"expected a feed of RSS or Atom{f' ({reason})' if reason else ''}"


def unreadable_page(reason: str) -> str:
    """Describe a page that is none."""
    return f"expected a page of HTML{f' ({reason})' if reason else ''}"


def not_a_database_url() -> ValueError:
    """Reject an address, without showing what may be secret in it."""
    return ValueError(
        "expected the address of a database, such as postgresql+psycopg://user@host/name or "
        "sqlite:///file.db, got something else (not shown, for there may be a password in it)."
    )


def no_driver(name: str, package: str | None) -> ImportError:
    """Say what is missing to reach a kind of database."""
    return ImportError(
        f"{name}:// needs the package {package or 'of its driver'}, which is not installed; for "
        "PostgreSQL: pip install 'psycopg[binary]' and postgresql+psycopg://…"
    )


def check_result(wanted: Iterable[str], names: Sequence[str]) -> None:
    """Refuse the result of a query that lacks a column which was named."""
    for name in wanted:
        if name not in names:
            msg = f"the query has no column {name!r}: its result has {_listed(names)}."
            raise ValueError(msg)


def check_watermark(value: object, types: tuple[type, ...], last: object) -> None:
    """Refuse a value that cannot be compared, or not with the last one."""
    known = isinstance(value, types) and not isinstance(value, bool)
    alike = last is None or type(value) is type(last)
    if not known or not alike or value != value:
        before = "" if alike else f" after one of {type(last).__name__}"
        msg = (
            "the watermark must be a column of numbers, texts or dates, got a value of "
            f"{type(value).__name__}{before}. Cast it in the query."
        )
        raise ValueError(msg)


def no_watermark(archive: object) -> ValueError:
    """Reject a query from a watermark on where there is none."""
    return ValueError(
        f"{archive} has no watermark to put into the query. Read all of it once, without "
        ":watermark and with --watermark COLUMN."
    )


def another_watermark(archive: object, column: str, got: str) -> ValueError:
    """Reject a watermark of another column than the one that the archive has."""
    return ValueError(
        f"{archive} has a watermark of the column {column!r}, got {got!r}. Build it anew to have "
        "another."
    )


def database_error(name: str, message: str, *, lost: bool) -> Exception:
    """Name what a database says, which cannot be reached or refuses a query."""
    message = f"the {name} database says: {message}"
    return ConnectionError(message) if lost else ValueError(message)


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
    # NumPy's integers are of this kind, its booleans are not.
    if isinstance(value, bool) or not isinstance(value, (int, numbers.Integral)):
        msg = f"`{name}` must be an integer, got {_short(value)}."
        raise TypeError(msg)
    value = int(value)
    if value < minimum or (maximum is not None and value > maximum):
        bounds = f"at least {minimum}" if maximum is None else f"from {minimum} to {maximum}"
        msg = f"`{name}` must be {bounds}, got {value}."
        raise ValueError(msg)
    return value


def check_n_jobs(value: object) -> None:
    """Reject a number of threads that joblib would not understand."""
    if value is not None and check_integer("n_jobs", value, minimum=-(2**31)) == 0:
        msg = "`n_jobs` must be at least 1, -1 for all cores, or None, got 0."
        raise ValueError(msg)


def check_recency(half_life: float, floor: float, offset: float) -> None:
    """Reject a decay that is none."""
    for name, value in (("half_life", half_life), ("floor", floor), ("offset", offset)):
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            msg = f"`{name}` must be a number, got {_short(value)}."
            raise TypeError(msg)
    if not 0 < half_life <= 36_525 or not 0 <= floor <= 1 or not 0 <= offset <= 36_525:
        msg = (
            "`half_life` must be above 0 and `offset` from 0, both to 36,525 days, and `floor` "
            f"from 0 to 1, got {half_life}, {offset} and {floor}."
        )
        raise ValueError(msg)


def not_an_anchor(value: object) -> ValueError:
    """Reject what days cannot be counted from."""
    return ValueError(f"`anchor` must be 'article', 'now' or a time: {expected_date(value)}")


def check_own_recency(recency: Any) -> None:
    """Reject a recency that lists could not be stored under."""
    if recency is not None and recency.anchor != "article":
        msg = (
            "the recency of an archive counts days from the date of the article, "
            f"`anchor='article'`, got {_short(recency.anchor)}. Ask for another one in a call."
        )
        raise ValueError(msg)


def check_is_recency(value: object, kind: type) -> None:
    """Reject what is no `Recency`."""
    if value is not None and not isinstance(value, kind):
        msg = f"`recency` must be a relnews.Recency or None, got {_short(value)}."
        raise TypeError(msg)


def check_options(got: Iterable[str], known: Iterable[str]) -> None:
    """Reject a keyword that is no option of a list."""
    for name in got:
        if name not in known:
            msg = f"unexpected option {name!r}. Use {_listed(known)}."
            raise TypeError(msg)


def check_mode(name: str, known: Iterable[str]) -> str:
    """Return the name of a mode, or raise ValueError."""
    if name not in known:
        msg = f"`mode` must be one of {_listed(known)}, or a relnews.Mode, got {_short(name)}."
        raise ValueError(msg)
    return name


def check_is_mode(value: object, kind: type) -> None:
    """Reject what is no `Mode`."""
    if not isinstance(value, kind):
        msg = f"`mode` must be the name of one or a relnews.Mode, got {_short(value)}."
        raise TypeError(msg)


def check_sizes(value: object) -> None:
    """Reject blocks that are none."""
    if not isinstance(value, Mapping):
        msg = f"`sizes` must map modes to numbers, as {{'latest': 3}}, got {_short(value)}."
        raise TypeError(msg)
    for mode, size in value.items():
        check_integer(f"sizes[{mode!r}]", size, minimum=1)


def check_fallback(value: object, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return what fills a short list, or raise ValueError."""
    names = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else None
    if names is None or any(name not in known for name in names):
        msg = f"`fallback` must be several of {_listed(known)}, got {_short(value)}."
        raise ValueError(msg)
    return names


def check_max_drift(value: object) -> None:
    """Reject a change of an idf that cannot be."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        msg = f"`max_drift` must be a number, as 0.05, or None, got {_short(value)}."
        raise TypeError(msg)
    if not float(value) >= 0:
        msg = f"`max_drift` must be at least 0, got {value}."
        raise ValueError(msg)


def check_within(value: object) -> None:
    """Reject a number of days that is none."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        msg = f"`within` must be a number of days, got {_short(value)}."
        raise TypeError(msg)
    if not 0 <= float(value) <= 3_700_000:
        msg = f"`within` must be from 0 to 3,700,000 days, got {value}."
        raise ValueError(msg)


def check_only(value: object, sides: tuple[str, ...]) -> None:
    """Reject a side that is none."""
    if value is not None and value not in sides:
        msg = f"`only` must be one of {_listed(sides)} or None, got {_short(value)}."
        raise ValueError(msg)


def check_where(value: object, fields: tuple[str, ...]) -> None:
    """Reject a condition on fields that articles do not have."""
    if not isinstance(value, Mapping):
        msg = f"`where` must map fields to values, as {{'section': 'World'}}, got {_short(value)}."
        raise TypeError(msg)
    for name, wanted in value.items():
        if name not in fields:
            msg = f"`where` can ask for {_listed(fields)}, got {name!r}."
            raise ValueError(msg)
        values = [wanted] if isinstance(wanted, str) else wanted
        if not isinstance(values, Iterable) or not all(isinstance(one, str) for one in values):
            msg = f"`where` must map {name!r} to a string or several, got {_short(wanted)}."
            raise TypeError(msg)


def check_share(name: str, value: object, *, above: bool = False) -> None:
    """Reject what is no number from 0 to 1; 0 itself, too, if it has to be above."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        msg = f"`{name}` must be a number, got {_short(value)}."
        raise TypeError(msg)
    if not 0 <= float(value) <= 1 or (above and value == 0):
        bounds = "above 0 and at most 1" if above else "from 0 to 1"
        msg = f"`{name}` must be {bounds}, got {value}."
        raise ValueError(msg)


def check_prefer(value: object, names: tuple[str, ...]) -> None:
    """Reject a preference among near-duplicates that is none."""
    if not callable(value) and value not in names:
        msg = f"`prefer` must be one of {_listed(names)} or a function, got {_short(value)}."
        raise ValueError(msg)


def check_agencies(value: object) -> tuple[str, ...]:
    """Return the names of sources, or raise TypeError."""
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        msg = f"`agencies` must be several sources, got {_short(value)}."
        raise TypeError(msg)
    return tuple(sorted(map(str, value)))


def check_picked(value: object, articles: Sequence[object]) -> None:
    """Reject what a preference has picked if it was not to be picked from."""
    if not any(value is article for article in articles):
        msg = f"`prefer` must return one of the articles that it is given, got {_short(value)}."
        raise ValueError(msg)


def check_caps(value: object, fields: tuple[str, ...]) -> None:
    """Reject a cap on what articles do not have, or one that is no number of items."""
    if not isinstance(value, Mapping):
        msg = f"`caps` must map fields to numbers, as {{'source': 2}}, got {_short(value)}."
        raise TypeError(msg)
    for name, most in value.items():
        if name not in fields:
            msg = f"`caps` can be on {_listed(fields)}, got {name!r}."
            raise ValueError(msg)
        check_integer(f"caps[{name!r}]", most, minimum=1)


def check_is_selection(value: object, kind: type) -> None:
    """Reject what is no `Selection`."""
    if value is not None and not isinstance(value, kind):
        msg = f"`selection` must be a relnews.Selection or None, got {_short(value)}."
        raise TypeError(msg)


def check_pins(article: str, others: Sequence[str]) -> None:
    """Reject an article that is pinned to its own list."""
    if article in others:
        msg = f"`others` must be other articles, got {_short(article)}, which the list is for."
        raise ValueError(msg)


def check_rules(rows: Any, fields: tuple[str, ...]) -> list[tuple[Any, str, str]]:
    """Return rules as they are stored, or raise ValueError or TypeError."""
    if not isinstance(rows, list):
        msg = f"rules must be a list, got {type(rows).__name__}"
        raise TypeError(msg)
    for row in rows:
        if not isinstance(row, (list, tuple)) or not all(isinstance(one, str) for one in row):
            msg = f"a rule must be a list of strings, got {_short(row)}."
            raise TypeError(msg)
        kind, *parts = row
        if kind not in ("pin", "block", "never", "hide", "ignore") or len(parts) != 2:
            msg = (
                "a rule must be a pin, block, never, hide or ignore of one or two, got "
                f"{_short(row)}."
            )
            raise ValueError(msg)
        if (kind in ("hide", "ignore")) != (not parts[1]):
            msg = f"a rule to hide or ignore is of one, any other of two, got {_short(row)}."
            raise ValueError(msg)
        if kind == "ignore":
            check_ignored([parts[0]])
            continue
        for some in parts[: 1 if kind == "hide" else 2]:
            name, _, value = some.partition("=")
            if name not in (("id",) if kind == "pin" else fields) or not value:
                expected = ["id=…"] if kind == "pin" else [f"{field}=…" for field in fields]
                msg = f"a rule names articles as {' or '.join(expected)}, got {_short(some)}."
                raise ValueError(msg)
    return [tuple(row) for row in rows]


def check_ignored(words: Any) -> tuple[str, ...]:
    """Return words to ignore, or raise ValueError or TypeError."""
    if not isinstance(words, (list, tuple)) or not all(isinstance(word, str) for word in words):
        msg = f"words to ignore must be a list of strings, got {_short(words)}."
        raise TypeError(msg)
    for word in words:
        if word.split() != [word]:
            msg = f"a word to ignore is one word, without spaces, got {_short(word)}."
            raise ValueError(msg)
    return tuple(words)


def not_a_date(name: str, got: object) -> ValueError:
    """Reject a moment that is none."""
    return ValueError(f"`{name}`: {expected_date(got)}")


def check_parent(file: Path) -> None:
    """Refuse to write a file into a folder that does not exist."""
    if not file.absolute().parent.is_dir():
        msg = f"cannot write {file}: there is no folder {file.parent}. Make it first."
        raise FileNotFoundError(msg)


def check_stop_words(value: object) -> str | tuple[str, ...] | None:
    """Return 'language', 'english', None or a tuple of words, or raise ValueError."""
    if value is None or value in ("language", "english"):
        return value
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        words = tuple(value)
        if all(isinstance(word, str) for word in words):
            return words
    msg = (
        "`stop_words` must be 'language', 'english', an iterable of strings or None, "
        f"got {_short(value)}. For another language pass `language`, or its list of words."
    )
    raise ValueError(msg)


def check_folding(value: object) -> None:
    """Refuse spellings that are not known."""
    if value not in ("english", None):
        msg = f"`folding` must be 'english' or None, got {_short(value)}."
        raise ValueError(msg)


def not_a_language(value: object) -> ValueError:
    """Reject what does not begin as a tag of a language."""
    msg = f"`language` must be a BCP 47 tag such as 'en' or 'de-AT', or None, got {_short(value)}."
    return ValueError(msg)


def check_weighting(title_weight: object, title_share: object) -> None:
    """Refuse weights of titles that are no numbers from 0 on."""
    for name, value in (("title_weight", title_weight), ("title_share", title_share)):
        is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
        if not is_number or not 0 <= float(value) <= 1000:  # type: ignore[arg-type]
            msg = f"`{name}` must be a number from 0 to 1000, got {_short(value)}."
            raise ValueError(msg)


def no_pystemmer() -> ImportError:
    """Say how to install PyStemmer."""
    return ImportError(
        "a named stemmer needs PyStemmer, which is not installed: pip install 'relnews[stem]'"
    )


def unknown_stemmer(got: str, known: Iterable[str]) -> ValueError:
    """Name the languages that there is a stemmer for."""
    import difflib

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
    import difflib  # late: a reader of lists should not wait for it

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


# --- evaluation ----------------------------------------------------------------------------------


def wrong_columns(place: str, form: str, got: str) -> ValueError:
    """Reject a line of a file of judgements or of a run."""
    return ValueError(f"{place}: expected the columns {form}, got {_short(got.rstrip())}.")


def not_utf8(name: str, error: UnicodeDecodeError) -> ValueError:
    """Reject a file of judgements or of a run that is not UTF-8."""
    return ValueError(f"{name}: {expected_utf8(error.object[error.start])}.")


def parse_grade(place: str, word: str) -> int:
    """Return a grade, or raise ValueError."""
    # trec_eval makes room for every grade up to the highest.
    try:
        grade = int(word)
    except ValueError:
        grade = None
    if grade is None or abs(grade) > 1000:
        msg = f"{place}: a grade must be a whole number, at most 1000, got {_short(word)}."
        raise ValueError(msg)
    return grade


def parse_number(place: str, name: str, word: str) -> float:
    """Return a number of a run file, or raise ValueError."""
    try:
        number = float(word)
    except ValueError:
        number = math.nan
    if math.isnan(number):
        msg = f"{place}: the {name} must be a number, got {_short(word)}."
        raise ValueError(msg)
    return number


def judged_twice(place: str, query: str, article: str) -> ValueError:
    """Reject judgements that contradict each other."""
    return ValueError(
        f"{place}: {article!r} has another grade for {query!r} further up. Keep one of the lines."
    )


def listed_twice(query: str, article: str, place: str = "") -> ValueError:
    """Reject a list with an article that it has already."""
    where = f"{place}: " if place else ""
    return ValueError(f"{where}{article!r} is in the list of {query!r} twice.")


def nothing_judged(n_queries: int, n_known: int, example: str | None) -> ValueError:
    """Reject judgements of which none is left."""
    if n_queries and not n_known:
        return ValueError(
            f"no query of the judgements is an article of the archive: not {example!r}, nor any "
            f"other of {n_queries:,}. Are they of this archive?"
        )
    return ValueError(
        f"nothing to find: none of {n_queries:,} judged queries has a relevant article in the "
        "archive."
    )


def not_comparable(first: str, second: str) -> ValueError:
    """Reject scores of different queries or measures."""
    return ValueError(
        f"the scores of {first!r} and {second!r} are of different queries or measures. "
        "Make both with the same judgements and the same `k`."
    )


def check_column(value: str) -> str:
    """Return what may stand in a file of columns, or raise ValueError."""
    if not value or any(character in value for character in "\t\n\r"):
        msg = f"a file of columns cannot hold {_short(value)}: it is empty, or has a tab or a "
        msg += "line break in it."
        raise ValueError(msg)
    return value


def check_picture(file: Path, formats: tuple[str, ...]) -> None:
    """Refuse to draw a picture of an unknown format, or into a folder that does not exist."""
    if file.suffix.lower() not in formats:
        msg = f"cannot draw {file}: expected a name that ends in {', '.join(formats)}."
        raise ValueError(msg)
    check_parent(file)


def no_ir_measures() -> ImportError:
    """Say how to install what scores need."""
    return ImportError(f"scores need ir-measures, {_EVALUATION_EXTRA}")


def no_matplotlib() -> ImportError:
    """Say how to install what pictures need."""
    return ImportError(f"pictures need Matplotlib, {_EVALUATION_EXTRA}")


_EVALUATION_EXTRA = "which is not installed: pip install 'relnews[evaluation]'"


# --- files of a site -----------------------------------------------------------------------------


def check_site(site: object, sites: Iterable[str]) -> str:
    """Return the name of a kind of site, or raise ValueError."""
    if not isinstance(site, str) or site not in sites:
        msg = f"`site` must be one of {_listed(sites)}, got {_short(site)}."
        raise ValueError(msg)
    return site


def check_own_files(file: Path, wrong: str | None) -> None:
    """Refuse a list of the files that exports wrote if it names what none would write."""
    if wrong is not None:
        msg = (
            f"{file} is to list the files that exports wrote, and names {_short(wrong)}, which "
            "none would write. Remove the folder, or choose another."
        )
        raise ValueError(msg)


def check_not_foreign(folder: Path, name: str | None) -> None:
    """Refuse to write over a file of somebody else."""
    if name is not None:
        msg = (
            f"{folder / name} exists and was not written by an export; nothing was done. "
            "Choose another folder, or remove the file first."
        )
        raise FileExistsError(msg)


def check_leads_in(path: Path, leads_out: bool) -> None:
    """Refuse to write through a link to another folder."""
    if leads_out:
        msg = f"{path} is a link out of the folder to be written. Remove the link."
        raise FileExistsError(msg)


# --- the web service -----------------------------------------------------------------------------


class WebProblem(enum.Enum):
    """Status and sentence of what the service tells a client that gets no list.

    Nothing in them is from an exception or from a request.
    """

    NO_SUCH_PAGE = 404, "There is nothing at this address."
    UNKNOWN_ARTICLE = 404, "No article has this id."
    WRONG_METHOD = 405, "This address does not take that method; Allow says which it does."
    WRONG_FORM = 406, "A list is application/json, text/html or application/ld+json."
    LATE = 408, "The draft did not arrive in time."
    TOO_LARGE = 413, "A draft is at most 1 MiB of JSON."
    LONG_ID = 400, "An id is at most 1,024 characters."
    NOT_JSON = 415, "A draft is JSON: send it with Content-Type: application/json."
    WRONG_QUERY = 400, "Expected at most one k, from 1 to 50, and one id, here or in the path."
    UNREADABLE = 400, "Expected a JSON object in UTF-8."
    WRONG_DRAFT = (
        422,
        'Expected {"title": string, "text": string, "k": whole number from 1 to 50, "language": '
        '"en" or another BCP 47 tag} and nothing else; a title or a text with words is needed.',
    )
    OUT_OF_ORDER = 500, "Something is wrong with the service; its log says what."
    TOO_SLOW = 503, "Ranking took too long. Try again, or send a shorter text."
    BUSY = 503, "Too much is being ranked at the moment. Try again."
    CHANGING = 503, "The archive is changing too fast. Try again."


def check_max_age(value: object) -> None:
    """Reject an age that caches do not understand."""
    check_integer("max_age", value, minimum=0, maximum=31_536_000)


def check_origins(value: object) -> tuple[str, ...]:
    """Return origins that pages may ask from; reject what no browser would send."""
    if not isinstance(value, str) and isinstance(value, Iterable):
        origins = tuple(value)
        if all(isinstance(one, str) and _ORIGIN.fullmatch(one) for one in origins):
            return origins
    msg = "`origins` must be strings like 'https://news.example' or '*', without a path, "
    msg += f"got {_short(value)}."
    raise ValueError(msg)


_ORIGIN = re.compile(r"\*|https?://[^/?#\s]+", re.ASCII)


def no_web_extra(error: ImportError) -> ImportError:
    """Say how to install what the web service needs."""
    return ImportError(
        f"the web service needs {error.name or 'Starlette'}, which is not installed: "
        "pip install 'relnews[web]'"
    )


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


def check_setting(name: str, value: Any) -> Any:
    """Return a setting of an archive, or raise ValueError or TypeError."""
    if value is not None and name in _INTEGERS:
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
        msg = f"tags must be a list of strings, got {_short(value)}"
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
        raise damaged_archive(folder, f"unknown kind of data {_short(kind)}")
    return kind


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


def not_distinct() -> ValueError:
    """Name terms for which no table is found, whatever the seed."""
    return ValueError("the terms of a vocabulary are not distinct")


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


def check_pairs(n_pairs: int, most: int) -> None:
    """Reject articles that have more terms than a segment can number."""
    if n_pairs > most:
        msg = (
            f"articles that are indexed together have {n_pairs:,} terms, a term counted once for "
            f"each article, and {most:,} is the most. Split articles that are as long as books."
        )
        raise ArticleError(msg)


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


def archive_changed() -> ArchiveChangedError:
    """Say that the archive is another one by the time that an answer is made."""
    return ArchiveChangedError("the archive kept changing while it was read. Try again.")


def _short(value: object, length: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= length else text[: length - 1] + "…"
