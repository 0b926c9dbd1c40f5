"""Reader of databases: the rows of a query, and the watermark up to which they were read.

SQLAlchemy is imported when a query is run.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import decimal
import itertools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack
from urllib.parse import quote, quote_plus

from relnews.readers import _errors
from relnews.readers.found import Found
from relnews.readers.read_options import ReadOptions, ReadSpec
from relnews.readers.reader import ArticleReader
from relnews.storage import integrity

if TYPE_CHECKING:
    import sqlalchemy

    from relnews.storage.catalogue import Catalogue

#: Rows that are fetched at a time.
_ROWS = 1000

#: Name of the archive's setting and of the query's parameter.
WATERMARK = "watermark"

#: Types of a watermark, and how each is parsed; ``datetime`` is a subclass of ``date``, so first.
_TYPES: dict[type, Callable[[str], Any]] = {
    dt.datetime: dt.datetime.fromisoformat,
    dt.date: dt.date.fromisoformat,
    int: int,
    float: float,
    decimal.Decimal: decimal.Decimal,
    str: str,
}


def read_sql(
    url: str,
    /,
    query: str,
    *,
    parameters: Mapping[str, object] | None = None,
    strict: bool = False,
    watermark: str | None = None,
    **options: Unpack[ReadOptions],
) -> QueryReader:
    r"""Read articles from a database, one row after another.

    Nothing is committed to the database. Rows are streamed: memory does not grow with their number.

    Parameters
    ----------
    url : str
        Address of the database for SQLAlchemy: ``postgresql+psycopg://user@host/name``,
        ``sqlite:///file.db``. It is neither stored nor quoted in errors.
    query : str
        Its columns have the names of the fields of `Article`. A colon before a word is a parameter;
        write any other colon as ``\:``.
    parameters : mapping, optional
        Values of the parameters of the query.
    strict : bool, default=False
        Raise `ArticleError` at the first problem instead of counting it.
    watermark : str, optional
        A column; the reader's attribute ``watermark`` is its greatest value.
    **options
        See `ReadOptions`.

    Returns
    -------
    QueryReader
        Iterate over it.

    Raises
    ------
    ImportError
        If SQLAlchemy, or the driver of the database, is not installed: ``relnews[sql]``.
    ValueError
        If the address or an option is invalid. While reading: if the database rejects the query, or
        the result lacks a named column.
    ConnectionError
        While reading: if the database cannot be reached.
    """
    return QueryReader(url, query, parameters or {}, ReadSpec.of(options), watermark, strict=strict)


class QueryReader(ArticleReader):
    """The articles of a query, as `read_sql` returns them.

    Attributes
    ----------
    column : str or None
        The column of the watermark.
    watermark : object
        Its greatest value in the latest pass; None without a value.
    """

    def __init__(
        self,
        url: str,
        query: str,
        parameters: Mapping[str, object],
        spec: ReadSpec,
        watermark: str | None,
        *,
        strict: bool = False,
    ) -> None:
        super().__init__(spec, strict=strict)
        self.watermark: Any = None
        self.column = watermark
        self._query = query
        self._parameters = dict(parameters)
        self._url = _parsed(url)

    def _records(self) -> Iterator[Found]:
        self.watermark = None
        with _without_secrets(self._url), _rows(self._url, self._query, self._parameters) as rows:
            names = [*rows.keys()]
            wanted = [*self._spec.fields.values(), *([self.column] if self.column else [])]
            _errors.check_result(wanted, names)
            for number, row in enumerate(rows, start=1):
                record = dict(zip(names, row, strict=True))
                if self.column:
                    self._raise_to(record[self.column])
                yield f"row {number}", record

    def _raise_to(self, value: Any) -> None:
        if value is None:
            return
        _errors.check_watermark(value, tuple(_TYPES), self.watermark)
        self.watermark = value if self.watermark is None else max(value, self.watermark)


def read_on(
    catalogue: Catalogue | None,
    url: str,
    /,
    query: str,
    *,
    strict: bool = False,
    watermark: str | None = None,
    **options: Unpack[ReadOptions],
) -> QueryReader:
    """Read the rows of a database from an archive's watermark on.

    Parameters
    ----------
    catalogue : Catalogue or None
        Catalogue of the archive, whose watermark becomes ``:watermark`` in the query; None if the
        archive does not exist yet.
    url, query, strict, **options
        As for `read_sql`.
    watermark : str, optional
        Its column, if the archive has no watermark yet.

    Raises
    ------
    ValueError
        As for `read_sql`, and if the archive has no watermark, or a watermark of another column.
    """
    column, value = (catalogue and stored_watermark(catalogue)) or (watermark, None)
    place = catalogue.folder if catalogue else "the archive"
    if watermark not in (None, column):
        raise _errors.another_watermark(place, str(column), str(watermark))
    is_asked = WATERMARK in _sqlalchemy().text(query).compile().params
    if is_asked and value is None:
        raise _errors.no_watermark(place)
    return read_sql(
        url, query, parameters={WATERMARK: value} if is_asked else None, strict=strict,
        watermark=column, **options,
    )  # fmt: skip


def stored_watermark(catalogue: Catalogue) -> tuple[str, Any] | None:
    """Return column and value of the watermark of an archive, None without a watermark.

    Parameters
    ----------
    catalogue : Catalogue
        Catalogue of the archive.
    """
    stored = catalogue.setting(WATERMARK)
    if stored is None:
        return None
    with integrity.damage_in(catalogue.place):
        readers = {kind.__name__: read for kind, read in _TYPES.items()}
        return str(stored["column"]), readers[stored["type"]](str(stored["value"]))


def store_watermark(catalogue: Catalogue, column: str, value: Any) -> None:
    """Store a watermark in an archive.

    Parameters
    ----------
    catalogue : Catalogue
        Catalogue of the archive.
    column : str
        Column of the watermark.
    value : object
        Number, text or date; None is not stored.
    """
    if value is None or stored_watermark(catalogue) == (column, value):
        return
    kind = next(kind for kind in _TYPES if isinstance(value, kind))
    text = value.isoformat() if isinstance(value, dt.date) else str(value)
    with catalogue.transaction():
        catalogue.set(WATERMARK, {"column": column, "type": kind.__name__, "value": text})


@contextlib.contextmanager
def _rows(
    url: sqlalchemy.URL, query: str, parameters: Mapping[str, object]
) -> Iterator[sqlalchemy.CursorResult[Any]]:
    """Run a query in a transaction that is rolled back."""
    sa = _sqlalchemy()
    try:
        engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    except ModuleNotFoundError as error:
        raise _errors.no_driver(url.drivername, error.name) from None
    with engine.connect() as connection:
        streamed = connection.execution_options(stream_results=True, yield_per=_ROWS)
        with streamed.execute(sa.text(query), dict(parameters)) as rows:
            yield rows


def _parsed(url: str) -> sqlalchemy.URL:
    sa = _sqlalchemy()
    try:
        parsed: sqlalchemy.URL = sa.make_url(url)
        parsed.get_dialect()
    except ModuleNotFoundError as error:
        raise _errors.no_driver(parsed.drivername, error.name) from None
    except (sa.exc.ArgumentError, ValueError):
        raise _errors.not_a_database_url() from None
    file = parsed.database
    is_file = parsed.get_backend_name() == "sqlite" and file and not file.startswith((":", "file:"))
    if is_file and file:
        _errors.check_articles_file(Path(file))  # SQLite would create it
    return parsed


@contextlib.contextmanager
def _without_secrets(url: sqlalchemy.URL) -> Iterator[None]:
    """Turn errors of the database into ours, without the secrets of its address."""
    exc = _sqlalchemy().exc
    try:
        yield
    except exc.SQLAlchemyError as error:
        message = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        for secret in _secrets(url):
            message = message.replace(secret, "***")
        lost = isinstance(error, (exc.OperationalError, exc.InterfaceError))
        # From None: the chained error would show the secrets.
        raise _errors.database_error(url.get_backend_name(), message, lost=lost) from None


def _secrets(url: sqlalchemy.URL) -> list[str]:
    parameters = itertools.chain.from_iterable(url.normalized_query.values())
    secrets = [str(secret) for secret in (url.password, *parameters) if secret]
    spellings = {spell(secret) for secret in secrets for spell in (str, quote, quote_plus)}
    return sorted(spellings, key=len, reverse=True)


def _sqlalchemy() -> Any:
    try:
        import sqlalchemy
    except ModuleNotFoundError as error:
        raise _errors.no_reader(
            needs="databases needs SQLAlchemy, which is", extra="sql"
        ) from error
    return sqlalchemy
