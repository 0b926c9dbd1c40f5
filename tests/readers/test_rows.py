"""Rows of data frames: the real packages, and what their columns may be."""

from __future__ import annotations

import datetime as dt
import typing
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relnews import RelatedNews
from relnews.articles import Article
from relnews.readers.load_report import LoadReport, Problem
from relnews.readers.read_options import ReadSpec
from relnews.readers.records import articles_from
from strategies import examples

BERLIN = dt.timezone(dt.timedelta(hours=2))
ROWS: list[dict[str, typing.Any]] = [
    {
        "id": "a", "title": "A", "text": "One.", "tags": ["x", "y"], "section": "news",
        "published": dt.datetime(2025, 8, 22, 14, 5, tzinfo=BERLIN),
    },
    {"id": "b", "title": "B", "text": "Two.", "tags": None, "section": None, "published": None},
    {"id": "c", "title": None, "text": "Three.", "tags": [], "section": "news", "published": None},
]  # fmt: skip
DATE = dt.datetime(2025, 8, 22, 12, 5, tzinfo=dt.UTC)
EXPECTED = [
    Article("a", "A", text="One.", tags=("x", "y"), section="news", published=DATE),
    Article("b", "B", text="Two."),
    Article("c", text="Three.", section="news"),
]

TABLE = pa.Table.from_pylist(ROWS)
PANDAS = pd.DataFrame(ROWS)
POLARS = pl.DataFrame(ROWS)


def take(source: object, **options: object) -> tuple[list[Article], LoadReport]:
    """Return the articles of a source, and its load report."""
    load_report = LoadReport()
    return list(articles_from(source, load_report, ReadSpec.of(options))), load_report


def parquet_file() -> pyarrow.parquet.ParquetFile:
    stream = pa.BufferOutputStream()
    pyarrow.parquet.write_table(TABLE, stream)
    return pyarrow.parquet.ParquetFile(pa.BufferReader(stream.getvalue()))


#: Sources of the same rows.
SOURCES: dict[str, Callable[[], object]] = {
    "pandas": lambda: PANDAS,
    "pandas, types of its own": lambda: PANDAS.convert_dtypes(),
    "pandas, types of pyarrow": lambda: PANDAS.convert_dtypes(dtype_backend="pyarrow"),
    "pandas, objects": lambda: PANDAS.astype(object),
    "pandas, categories": lambda: PANDAS.astype({"section": "category", "title": "category"}),
    "pandas, another zone": lambda: PANDAS.assign(
        published=pd.to_datetime(PANDAS["published"], utc=True).dt.tz_convert("Asia/Tokyo")
    ),
    "pandas, index": lambda: PANDAS.set_index("id"),
    "pandas, index without a name": lambda: PANDAS.set_index("id").rename_axis(None),
    "pandas, index of another name": lambda: PANDAS.set_index("id").rename_axis("key"),
    "pandas, two levels": lambda: PANDAS.set_index(["section", "id"]),
    "pandas, iterrows of an index": lambda: PANDAS.set_index("id").iterrows(),
    "pandas, parts": lambda: iter([PANDAS[:1], PANDAS[1:]]),
    "polars": lambda: POLARS,
    "polars, lazy": lambda: POLARS.lazy(),
    "polars, series of structs": lambda: POLARS.to_struct("article"),
    "polars, categories": lambda: POLARS.with_columns(
        pl.col("section").cast(pl.Categorical), pl.col("title").cast(pl.Enum(["A", "B"]))
    ),
    "polars, another zone": lambda: POLARS.with_columns(
        pl.col("published").dt.convert_time_zone("Asia/Tokyo")
    ),
    "pyarrow table": lambda: TABLE,
    "pyarrow table of chunks": lambda: pa.concat_tables([TABLE[:1], TABLE[1:]]),
    "pyarrow batch": lambda: TABLE.to_batches()[0],
    "pyarrow batches": lambda: TABLE.to_batches(max_chunksize=2),
    "pyarrow reader of batches": lambda: TABLE.to_reader(max_chunksize=2),
    "pyarrow dictionary": lambda: TABLE.set_column(
        TABLE.schema.get_field_index("section"), "section", TABLE["section"].dictionary_encode()
    ),
    "pyarrow large types": lambda: TABLE.cast(
        pa.schema(
            {name: pa.large_string() for name in ("id", "title", "text")}
            | {"tags": pa.large_list(pa.large_string()), "section": pa.large_string()}
            | {"published": pa.timestamp("ms", "Asia/Tokyo")}
        )
    ),
    "pyarrow dataset": lambda: pyarrow.dataset.dataset(TABLE),
    "pyarrow scanner": lambda: pyarrow.dataset.dataset(TABLE).scanner(batch_size=2),
    "parquet": parquet_file,
    "parquet in batches": lambda: parquet_file().iter_batches(2),
}


@pytest.mark.parametrize("source", SOURCES)
def test_every_kind_of_frame(source: str) -> None:
    """Equal rows give equal articles, whatever package, type and form they have."""
    articles, load_report = take(SOURCES[source]())
    assert articles == EXPECTED
    assert not load_report.problems
    assert not load_report.notes


def test_csv_in_parts_of_pandas(tmp_path: Path) -> None:
    """The parts that `chunksize` makes are read one after another."""
    PANDAS.drop(columns="tags").to_csv(tmp_path / "news.csv", index=False)
    with pd.read_csv(tmp_path / "news.csv", chunksize=2) as parts:
        articles, load_report = take(parts)
    assert [article.id for article in articles] == ["a", "b", "c"]
    assert not load_report.problems


def test_frames_build_archives() -> None:
    """`fit` takes frames, and gives the same lists for all of them."""
    lists = []
    for source in (PANDAS.set_index("id"), POLARS.lazy(), TABLE):
        news = RelatedNews().fit(source)
        lists.append([str(news.related(article.id)) for article in EXPECTED])
    assert lists[0] == lists[1] == lists[2]


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(3),
        pd.Index([0, 2, 5]),  # what is left after filtering
        pd.Index([0, 1, 0]),  # frames that were joined
        pd.DatetimeIndex(["2025-01-01"] * 3),
    ],
)
def test_numbers_of_rows_are_no_ids(index: pd.Index) -> None:
    """An index that pandas makes by itself, or of dates, has no ids: another name is taken."""
    frame = PANDAS.drop(columns="id").assign(url=["u/1", "u/2", "u/3"]).set_axis(index)
    articles, load_report = take(frame)
    assert [article.id for article in articles] == ["u/1", "u/2", "u/3"]
    assert load_report.notes == ["there is no id; the url is taken"]


def test_named_levels_of_an_index_are_columns() -> None:
    """An index named after a field is the field, beside a column of ids or without."""
    dates = pd.DatetimeIndex(["2025-01-01", "2025-01-02", "2025-01-03"], name="published")
    articles, _ = take(PANDAS.drop(columns="published").set_index(dates))
    assert [article.id for article in articles] == ["a", "b", "c"]
    assert [article.published.day for article in articles if article.published] == [1, 2, 3]
    drafts = pd.Index(["draft", "publish", "publish"], name="status")
    articles, load_report = take(PANDAS.set_index(drafts))
    assert [article.id for article in articles] == ["b", "c"]
    assert load_report.withheld == 1


def test_mapped_index() -> None:
    """`fields` may name the index."""
    frame = PANDAS.set_index("id").rename_axis("key")
    articles, _ = take(frame, fields={"id": "key"})
    assert articles == EXPECTED


def test_columns_need_not_be_texts() -> None:
    """Numbers as names of columns, and columns of several levels, are only ignored."""
    frame = pd.DataFrame({"id": ["a"], 7: ["x"], "text": ["T"], ("a", "b"): [1]})
    assert take(frame)[0] == [Article("a", text="T")]


def test_structs_are_mended() -> None:
    """A column of structs stands for the name in it, and is counted."""
    rows = [{"id": 1, "text": "T", "author": {"name": "Ann Lee", "n": 1}}]
    for frame in (pl.DataFrame(rows), pa.Table.from_pylist(rows)):
        articles, load_report = take(frame)
        assert articles == [Article("1", text="T", author="Ann Lee")]
        assert load_report.problems == {Problem.MENDED: 1}


def test_nanoseconds() -> None:
    """Nanoseconds are cut off at microseconds."""
    date = pa.array([1_755_864_300_123_456_789], pa.timestamp("ns", "UTC"))
    table = pa.table({"id": ["a"], "text": ["T"], "published": date})
    for frame in (table, table.to_pandas(), pl.from_arrow(table)):
        (article,), _ = take(frame)
        assert article.published == DATE.replace(microsecond=123_456)


_values = st.one_of(
    st.none(),
    st.integers(-(2**40), 2**40),
    st.floats(),
    st.booleans(),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2100, 1, 1)),
    st.lists(st.text(max_size=3), max_size=3),
    st.lists(st.integers(0, 9), max_size=3).map(np.array),
    st.dictionaries(st.sampled_from(["name", "url", "x"]), st.text(max_size=3), max_size=2),
    st.sampled_from([pd.NA, pd.NaT, pd.Timestamp(0), pd.Period("2025-01"), pd.Interval(0, 1)]),
)


@examples(2)
@given(st.lists(st.tuples(_values, _values, _values), min_size=1, max_size=5))
def test_no_value_of_a_carried_column_costs_the_article(
    values: list[tuple[object, object, object]],
) -> None:
    """Every row of a frame is loaded, whatever its carried columns have."""
    frame = pd.DataFrame(values, columns=["section", "tags", "image"], dtype=object)
    frame = frame.assign(id=[f"a{n}" for n in range(len(values))], text="Text.")
    articles, load_report = take(frame)
    assert [article.id for article in articles] == [*frame["id"]]
    assert load_report.problems.keys() <= {Problem.MENDED}
