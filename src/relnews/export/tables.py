"""Lists as the rows of a table: CSV and Parquet.

Columns are ``article``, the id of the article whose list it is, and the fields of `RelatedItem`.
"""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from relnews.results import COLUMNS, RelatedItem, RelatedList

#: Lists in a row group of Parquet.
_GROUP = 10_000


def csv_text(lists: Iterable[RelatedList]) -> Iterator[str]:
    """Yield CSV (RFC 4180, UTF-8): a header, and the items of each list.

    Several values of a field, such as tags, are joined by ``"; "``; an unknown value is empty.

    Parameters
    ----------
    lists : iterable of RelatedList
        The lists.
    """
    yield _csv_of([COLUMNS])
    for related in lists:
        yield _csv_of([[_cell(value) for value in row] for row in related.rows()])


def write_parquet(path: Path, lists: Iterable[RelatedList]) -> None:
    """Write the items of lists to a Parquet file.

    Parameters
    ----------
    path : Path
        File to write.
    lists : iterable of RelatedList
        The lists.

    Raises
    ------
    ImportError
        If pyarrow is missing.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        msg = "Parquet needs pyarrow: pip install 'relnews[frames]'."
        raise ImportError(msg) from error
    types = {
        "str": pa.string(), "str | None": pa.string(), "int": pa.int32(), "float": pa.float64(),
        "dt.datetime | None": pa.timestamp("us", tz="UTC"),
        "tuple[str, ...]": pa.list_(pa.string()),
    }  # fmt: skip
    fields = [(field.name, types[str(field.type)]) for field in dataclasses.fields(RelatedItem)]
    schema = pa.schema([("article", pa.string()), *fields])
    waiting = iter(lists)
    with pq.ParquetWriter(path, schema) as writer:
        while group := [*itertools.islice(waiting, _GROUP)]:
            rows = [row for related in group for row in related.rows()]
            columns = [[row[i] for row in rows] for i in range(len(COLUMNS))]
            pairs = zip(columns, schema.types, strict=True)
            arrays = [pa.array(column, kind) for column, kind in pairs]
            writer.write_table(pa.table(arrays, schema=schema))


def _csv_of(rows: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    """Return a value as CSV writes it."""
    if isinstance(value, tuple):
        return "; ".join(value)
    return value.isoformat() if isinstance(value, dt.datetime) else value
