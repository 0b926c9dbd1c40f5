"""Rows: the records of lists, objects and data frames, as mappings of names to values."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from relnews.articles import Article
from relnews.readers.field_names import is_name_of_id

#: Rows of a pyarrow table that become Python objects at a time.
_ROWS = 1000


def rows_of(source: object) -> Iterable[object]:
    """Return the rows of a source of articles.

    Parameters
    ----------
    source : iterable or data frame
        Of pandas (a named index, and one of texts, is the id if no column is), polars (eager or
        lazy) or pyarrow (table, record batch, or a reader of batches); or any iterable of rows.

    Raises
    ------
    TypeError
        If the source is not a collection of articles.
    """
    frame: Any = source
    if hasattr(source, "collect_schema") and hasattr(source, "collect"):  # polars, lazy
        frame = frame.collect()
    if hasattr(frame, "iter_rows"):  # polars
        return frame.iter_rows(named=True)  # type: ignore[no-any-return]
    if hasattr(frame, "itertuples"):
        return _rows_of_pandas(frame)
    if hasattr(frame, "to_pylist") and hasattr(frame, "schema"):  # pyarrow, one batch or a table
        batches = frame.to_batches(_ROWS) if hasattr(frame, "to_batches") else [frame]
        return _rows_of_batches(batches)
    if hasattr(frame, "read_next_batch"):
        return _rows_of_batches(frame)
    if isinstance(source, (str, bytes, Mapping, Article)) or not isinstance(source, Iterable):
        raise _not_articles(source)
    return source


def as_mapping(record: object, number: int) -> Mapping[str, object]:
    """Return names and values of a row.

    Parameters
    ----------
    record : object
        A mapping, dataclass, named tuple, pandas Series, or what ``DataFrame.iterrows`` yields.
    number : int
        Number of the row, for the message.

    Raises
    ------
    TypeError
        If the row has no named fields.
    """
    if isinstance(record, Mapping):
        return record
    if isinstance(record, tuple) and len(record) == 2 and hasattr(record[1], "to_dict"):
        record = record[1]  # DataFrame.iterrows
    if dataclasses.is_dataclass(record) and not isinstance(record, type):
        return {f.name: getattr(record, f.name) for f in dataclasses.fields(record)}
    for convert in ("_asdict", "to_dict"):
        if hasattr(record, convert):
            return getattr(record, convert)()  # type: ignore[no-any-return]
    raise _not_an_article(record, number)


def _rows_of_pandas(frame: Any) -> Iterator[dict[str, object]]:
    # `itertuples` with names would lose names such as "body text".
    names = [str(name) for name in frame.columns]
    index = frame.index
    has_id = any(map(is_name_of_id, names))
    # pandas numbers rows by itself; any other index was made by somebody.
    is_index_id = not has_id and (
        is_name_of_id(str(index.name or "")) or type(index).__name__ != "RangeIndex"
    ) and getattr(index, "nlevels", 1) == 1  # fmt: skip
    for row in frame.itertuples(is_index_id, None):
        yield dict(zip(["id", *names] if is_index_id else names, row, strict=True))


def _rows_of_batches(batches: Iterable[Any]) -> Iterator[dict[str, object]]:
    for batch in batches:
        for start in range(0, batch.num_rows, _ROWS):
            yield from batch.slice(start, _ROWS).to_pylist()


def _not_articles(got: object) -> TypeError:
    """Reject something that is not a collection of articles."""
    return TypeError(
        "`articles` must be an iterable of dicts, Article objects or data frame rows, "
        f"got {type(got).__name__}. Put a single article into a list; read a file with "
        "relnews.read_articles(path)."
    )


def _not_an_article(got: object, number: int) -> TypeError:
    """Reject a row that has no named fields."""
    return TypeError(
        f"article {number} must be a mapping, an Article or a data frame row, "
        f"got {type(got).__name__}."
    )
