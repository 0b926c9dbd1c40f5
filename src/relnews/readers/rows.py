"""Rows: the records of lists, objects and data frames, as entries of a source."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from relnews.articles import Article
from relnews.readers.field_names import is_name, is_name_of_id
from relnews.readers.found import Found

#: Rows of a pyarrow table that become Python objects at a time.
_ROWS = 1000

#: Kinds of an index of pandas, by its `inferred_type`, that somebody has made of ids. pandas makes
#: an index of integers by itself, and keeps what is left of it in a part of a frame.
_KINDS_OF_IDS = ("string", "categorical", "mixed")


def entries_of(source: object) -> Iterator[Found]:
    """Yield the rows of a source of articles as mappings, each with its place.

    An article that a reader has read is finished, and has the place of its record.

    Parameters
    ----------
    source : iterable or data frame
        Of pandas, polars (eager or lazy) or pyarrow (table, record batch, a reader of batches, a
        dataset or a file of Parquet); or any iterable of rows or of such data frames. The named
        levels of an index of pandas are columns. If no column has the id, an index is the id if it
        has another name than a field, or no name, but texts.

    Raises
    ------
    TypeError
        If the source is not a collection of articles.
    """
    rows = _rows_of_frame(source)
    if rows is None:
        if isinstance(source, (str, bytes, Mapping, Article)) or not isinstance(source, Iterable):
            raise _not_articles(source)
        rows = itertools.chain.from_iterable(map(_rows_of_part, source))
    for number, row in enumerate(rows, start=1):
        if isinstance(row, Article) and row.origin:
            yield row.origin, row
        else:
            yield f"article {number}", _as_mapping(row, number)


def _rows_of_part(part: object) -> Iterable[object]:
    """Return the rows of an element of a source: a data frame, or one row."""
    rows = None if isinstance(part, (dict, Article, tuple)) else _rows_of_frame(part)
    return [part] if rows is None else rows


def _rows_of_frame(frame: Any) -> Iterable[object] | None:
    """Return the rows of a data frame; None for anything else."""
    if hasattr(frame, "collect_schema") and hasattr(frame, "collect"):  # polars, lazy
        frame = frame.collect()
    if hasattr(frame, "iter_rows"):  # polars
        return frame.iter_rows(named=True)  # type: ignore[no-any-return]
    if hasattr(frame, "itertuples"):
        return _rows_of_pandas(frame)
    if hasattr(frame, "to_pylist") and hasattr(frame, "schema"):  # pyarrow: a table or a batch
        return _rows_of_batches([frame])
    if hasattr(frame, "read_next_batch"):
        return _rows_of_batches(frame)
    for name in ("to_batches", "iter_batches"):  # a dataset, a file of Parquet
        if hasattr(frame, name):
            return _rows_of_batches(getattr(frame, name)())
    return None


def _as_mapping(record: object, number: int) -> Mapping[str, object]:
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
        index, row = record[0], record[1].to_dict()  # DataFrame.iterrows
        has_id = not isinstance(index, str) or any(map(is_name_of_id, map(str, row)))
        return row if has_id else {"id": index, **row}
    if dataclasses.is_dataclass(record) and not isinstance(record, type):
        return {f.name: getattr(record, f.name) for f in dataclasses.fields(record)}
    for convert in ("_asdict", "to_dict"):
        if hasattr(record, convert):
            return getattr(record, convert)()  # type: ignore[no-any-return]
    raise _not_an_article(record, number)


def _rows_of_pandas(frame: Any) -> Iterator[dict[str, object]]:
    # `itertuples` with names would lose names such as "body text".
    names = [str(name) for name in frame.columns]
    levels = [None if name is None else str(name) for name in frame.index.names]
    is_one = len(levels) == 1
    is_id = is_one and _is_index_id(frame.index, [*names, *filter(None, levels)])
    for index, *row in frame.itertuples(True, None):
        record = dict(zip(names, row, strict=True))
        for name, value in zip(levels, [index] if is_one else index, strict=True):
            if name is not None:
                record.setdefault(name, value)
        if is_id:
            record["id"] = index
        yield record


def _is_index_id(index: Any, names: list[str]) -> bool:
    """Return whether an index has the ids of articles that have no other."""
    if any(map(is_name_of_id, names)):
        return False
    if index.name is not None:
        return not is_name(str(index.name))
    return getattr(index, "inferred_type", "") in _KINDS_OF_IDS


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
