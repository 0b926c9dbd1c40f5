"""JSON tables: columns of values, as data frames write them, to records."""

from __future__ import annotations

from collections.abc import Mapping

from relnews.readers.field_names import FieldNames, is_name_of_id


def rows_of_table(value: Mapping[str, object], names: FieldNames) -> list[dict[str, object]] | None:
    """Return the records of a table; None if it is no table.

    Parameters
    ----------
    value : mapping
        Of names to lists of one length, or to objects with the same keys; or with ``columns`` and
        ``data``, as the orientation "split" of pandas has it.
    names : FieldNames
        Names of the fields of an article.
    """
    columns, rows = value.get("columns"), value.get("data")
    if isinstance(columns, list) and isinstance(rows, list) and all(map(_is_text, columns)):
        if all(isinstance(row, list) and len(row) == len(columns) for row in rows):
            return _records([*columns], rows, value.get("index"))
        return None
    parts = [*value.values()]
    if not {"title", "text"} & names.named(value).keys():
        return None
    if all(isinstance(part, list) for part in parts):
        lists = [part for part in parts if isinstance(part, list)]
        if len({*map(len, lists)}) != 1 or any(isinstance(part[0], dict) for part in lists if part):
            return None
        return _records([*value], [*map(list, zip(*lists, strict=True))], None)
    if all(isinstance(part, dict) for part in parts):
        objects = [part for part in parts if isinstance(part, dict)]
        index = [*objects[0]]
        if not index or any([*part] != index for part in objects):
            return None
        return _records([*value], [[part[key] for part in objects] for key in index], index)
    return None


def _records(
    columns: list[str], rows: list[list[object]], index: object
) -> list[dict[str, object]]:
    """Return rows as records; an index is their ids if it has texts, but for row numbers."""
    records = [dict(zip(columns, row, strict=True)) for row in rows]
    is_id = (
        isinstance(index, list)
        and len(index) == len(rows)
        and not any(map(is_name_of_id, columns))
        and all(_is_text(key) and not key.isdigit() for key in index)
    )
    if is_id and isinstance(index, list):
        records = [{"id": key, **record} for key, record in zip(index, records, strict=True)]
    return records


def _is_text(value: object) -> bool:
    return isinstance(value, str)
