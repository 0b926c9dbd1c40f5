"""Errors of readers: what was expected, what was found, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from relnews._checks import exists, listed, shortened


def expected_json_object(got: str, reason: str) -> str:
    """Describe a value that is no JSON object."""
    return f"expected one JSON object, got {shortened(got[:100])} ({reason})"


def expected_row(reason: str) -> str:
    """Describe a row that is not CSV."""
    if reason == "unexpected end of data":
        reason = "a quote is never closed"
    reason = reason.partition(" - ")[0]  # the rest is about calling csv
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


def record_too_long(n_characters: int) -> str:
    """Describe a record that is too long."""
    return f"expected a record of at most {n_characters:,} characters"


def rest_is_lost() -> str:
    """Describe the end of a document in which no next record can be found."""
    return "all records after it are lost, mend or export the file again"


def list_left_out(n_records: int, taken: str) -> str:
    """Describe a list of a document beside the list of articles."""
    return f"a list of {n_records:,} beside {taken}, the articles"


def never_closed() -> str:
    """Describe a quoted cell that swallows rows."""
    return (
        "expected a row of CSV, got a quoted cell of several rows; close the quote, or write a "
        "quote in a cell twice"
    )


def row_lost() -> str:
    """Describe a line after a broken row that cannot begin a row."""
    return "it follows a broken row and does not look like the rows before; it may be a part of it"


def no_header(name: str, reason: str) -> ValueError:
    """Reject a CSV file whose first row cannot be read."""
    return ValueError(f"{name}: the first row must name the columns: {reason}.")


def no_such_column(name: str, column: str, header: list[str]) -> ValueError:
    """Reject a name in `fields` that the header does not have."""
    return ValueError(
        f"{name}: `fields` names the column {column!r}, but the header has {listed(header)}."
    )


def unknown_field(got: str, fields: tuple[str, ...]) -> ValueError:
    """Reject a name in `fields` that is no field of an article."""
    return ValueError(
        "`fields` maps a field of Article to the name that the file has for it, got the field "
        f"{got!r}. Use {listed(fields)}."
    )


def reader_has_options(option: str) -> TypeError:
    """Reject an option of reading for articles that a reader reads."""
    return TypeError(f"`articles` is a reader; give `{option}` to `read_articles` or `read_sql`.")


def unknown_format(got: object, formats: tuple[str, ...]) -> ValueError:
    """Reject a format without a reader."""
    return ValueError(f"`format` must be one of {listed(formats)} or None, got {got!r}.")


def unknown_extension(
    name: str, known: Sequence[str], packed: Sequence[str], formats: Sequence[str]
) -> ValueError:
    """Reject a file whose name does not tell its format."""
    return ValueError(
        f"cannot tell the format of {name!r} from its name: expected it to end in "
        f"{', '.join(known)}, each also with {' or '.join(packed)}. Say it: "
        f"{_format_option('csv')}. The formats are {', '.join(formats)}."
    )


def no_reader(*, needs: str, extra: str) -> ImportError:
    """Name the packages that a reader needs and how to install them."""
    return ImportError(f"reading {needs} not installed: pip install 'relnews[{extra}]'")


def nothing_to_read(path: Path, endings: Sequence[str]) -> IsADirectoryError:
    """Reject a folder without files that can be read."""
    return IsADirectoryError(
        f"expected a folder of files that end in {', '.join(endings)}, found none in "
        f"{str(path)!r}. Name the folder or the file with the articles."
    )


def several_formats(paths: Sequence[str], formats: Sequence[str]) -> ValueError:
    """Reject files of several formats."""
    return ValueError(
        f"{listed(paths)} {'have' if len(paths) > 1 else 'has'} files of the formats "
        f"{listed(formats)}. Say which to read: {_format_option(formats[0])}."
    )


def check_folder_of(name: str, path: Path, files: Mapping[Path, object]) -> None:
    """Raise unless a folder has files of a format."""
    if not files:
        message = (
            f"the folder {str(path)!r} has no files of the format {name!r}. "
            f"Name the folder or the file with the articles."
        )
        raise IsADirectoryError(message)


def _format_option(name: str) -> str:
    return f'--format {name} on the command line, format="{name}" in Python'


def read_as_western() -> str:
    """Describe a text with bytes that are not UTF-8."""
    return "bytes that are not UTF-8 are read as Windows-1252"


def document_too_long(n_bytes: int) -> str:
    """Describe a document that is too long."""
    return f"expected a document of at most {n_bytes >> 20} MiB, unpacked; split it"


def too_many_tags(n_tags: int) -> str:
    """Describe an entry of a feed or an export with too many tags."""
    return f"expected an entry with at most {n_tags:,} tags; this one may be an attack"


def unreadable_encoding(error: UnicodeDecodeError) -> str:
    """Describe a text whose bytes are not in the encoding that its first bytes say."""
    return f"expected a text in {error.encoding}, as its first bytes say ({error.reason})"


def several_in_item(name: str) -> str:
    """Describe an item of an export that has run into another."""
    return f"expected one <{name}> in an item, got several: items are run together"


def unreadable_front_matter(reason: str) -> str:
    """Describe front matter that cannot be read."""
    reason = " ".join(reason.split())
    return f"expected front matter in YAML, TOML or JSON, and then text ({reason})"


def endless_front_matter(begin: str) -> str:
    """Describe front matter without an end."""
    return f"expected a line with {begin} at its end, found none"


def unknown_front_matter(language: str) -> str:
    """Describe front matter in another language."""
    return f"front matter in {shortened(language)} is not read; write YAML, TOML or JSON"


def long_front_matter(n_characters: int) -> str:
    """Describe front matter that is too long."""
    return f"longer than {n_characters:,} characters"


def long_markdown(n_characters: int) -> str:
    """Describe a text that is too long: parsing it could take minutes."""
    return f"the text is longer than {n_characters:,} characters; part it, or leave it out"


def bracketed_markdown(n_brackets: int) -> str:
    """Describe a text whose brackets would take minutes to parse."""
    return (
        f"more than {n_brackets:,} brackets that may begin a link; part the text, or leave it out"
    )


def quoted_markdown() -> str:
    """Describe a text whose quotations would take minutes to parse."""
    return "too many lines that may begin a quotation; put blank lines between those with '>'"


def no_aliases() -> str:
    """Describe YAML that refers to itself."""
    return "aliases such as *name are not read; write the value out"


def expected_mapping(got: str) -> str:
    """Describe front matter without names."""
    return f"expected names and values, got {got}"


def unreadable_feed(got: str) -> str:
    """Describe a file that is not a feed."""
    return f"expected a feed of RSS, Atom or JSON Feed{f', got {got}' if got else ''}"


def hidden_entries() -> str:
    """Describe a feed whose entries cannot be reached."""
    return "expected entries, but a comment, CDATA or a damaged beginning hides them"


def feed_is_export() -> str:
    """Describe an export of WordPress among feeds."""
    return "this is an export of WordPress, not a feed: read it with the format wordpress"


def unreadable_export(got: str) -> str:
    """Describe a file that is no export of WordPress."""
    return (
        f"expected an export of WordPress, or posts of its REST API{f', got {got}' if got else ''}"
    )


def unreadable_ghost(got: str) -> str:
    """Describe a file that is no export of Ghost."""
    return f"expected an export of Ghost, or posts of its Content API, got {got}"


def unreadable_page(reason: str) -> str:
    """Describe a file that is not a page of HTML."""
    return f"expected a page of HTML{f' ({reason})' if reason else ''}"


def not_a_database_url() -> ValueError:
    """Reject the address of a database, without quoting it: it may contain a password."""
    return ValueError(
        "expected the address of a database, such as postgresql+psycopg://user@host/name or "
        "sqlite:///file.db, got something else (not shown, for there may be a password in it)."
    )


def no_driver(name: str, package: str | None) -> ImportError:
    """Name the package that connects to a kind of database."""
    return ImportError(
        f"{name}:// needs the package {package or 'of its driver'}, which is not installed; for "
        "PostgreSQL: pip install 'psycopg[binary]' and postgresql+psycopg://…"
    )


def check_result(wanted: Iterable[str], names: Sequence[str]) -> None:
    """Raise unless the result of a query has every named column."""
    for name in wanted:
        if name not in names:
            msg = f"the query has no column {name!r}: its result has {listed(names)}."
            raise ValueError(msg)


def check_watermark(value: object, types: tuple[type, ...], last: object) -> None:
    """Raise unless a value can be compared with the last value of the watermark."""
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
    """Reject a query that needs a watermark of an archive without one."""
    return ValueError(
        f"{archive} has no watermark to put into the query. Read all of it once, without "
        ":watermark and with --watermark COLUMN."
    )


def another_watermark(archive: object, column: str, got: str) -> ValueError:
    """Reject a watermark of a column that is not the column of the archive."""
    return ValueError(
        f"{archive} has a watermark of the column {column!r}, got {got!r}. Build the archive "
        "again to use another column."
    )


def database_error(name: str, message: str, *, lost: bool) -> Exception:
    """Return the error of a database that cannot be reached or rejects a query."""
    message = f"the {name} database says: {message}"
    return ConnectionError(message) if lost else ValueError(message)


def check_articles_file(path: Path) -> None:
    """Raise unless the path is a file."""
    check_exists(path)
    if path.is_dir():
        message = f"expected a file of articles, got the folder {str(path)!r}. Name a file in it."
        raise IsADirectoryError(message)


def not_one_source(paths: Sequence[str]) -> ValueError:
    """Reject no path, or standard input among other paths."""
    return ValueError(
        f"expected files and folders of articles, or '-' alone, got {listed(paths) or 'no path'}."
    )


def check_exists(path: Path) -> None:
    """Raise unless there is a file or a folder."""
    if not exists(path):
        message = f"expected a file or a folder of articles, but there is no {str(path)!r}"
        if not path.is_absolute():
            message += f" in {str(Path.cwd())!r}"
        message += ". Check the path."
        raise FileNotFoundError(message)
