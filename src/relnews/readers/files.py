"""read_articles: the reader of files, folders or standard input, by their format."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

from relnews.readers import _errors
from relnews.readers.formats import FORMATS, STDIN_FORMAT, format_of
from relnews.readers.opening import STDIN
from relnews.readers.read_options import ReadOptions, ReadSpec
from relnews.readers.reader import ArticleReader


def read_articles(
    path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    format: str | None = None,  # noqa: A002 (the word for it)
    strict: bool = False,
    **options: Unpack[ReadOptions],
) -> ArticleReader:
    """Read the articles of files and folders, one after another.

    Parameters
    ----------
    path : str, path-like, or sequence of these
        A file, plain or packed (``.gz``, ``.xz``; its first bytes tell). Its ending tells the
        format: JSON of any shape (``.jsonl``, ``.ndjson``, ``.json``), CSV (``.csv``, ``.tsv``),
        Markdown with front matter (``.md``, ``.markdown``, ``.mdx``) or reStructuredText
        (``.rst``), HTML (``.html``, ``.htm``), RSS or Atom (``.rss``, ``.atom``, ``.xml``). An
        export of WordPress (``.xml``) or Ghost (``.json``), pages of their APIs, and JSON Feed are
        told by their beginning. Or a folder of files of one of these formats, such as the texts of
        a static site; or several files and folders of one format, such as the parts of an export.
        ``"-"`` is standard input.
    format : str, optional
        ``"jsonl"``, ``"csv"``, ``"markdown"``, ``"html"``, ``"feed"``, ``"wordpress"``,
        ``"ghost"``, or another format of
        `relnews.readers.formats`, such as ``"hugo"`` for a static site without its settings. By
        default the endings of names tell; standard input is JSON.
    strict : bool, default=False
        Raise `ArticleError` at the first problem instead of counting it.
    **options
        See `ReadOptions`: ``fields``, ``markup``, ``include_unlisted``, ``unreadable_dates``,
        ``date_order``, ``url``.

    Returns
    -------
    ArticleReader
        Iterate over it; its ``load_report`` counts what was skipped or repaired, with reasons.

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        If the file is missing, or the folder has nothing to read.
    ImportError
        If a package that reads the format is not installed: ``relnews[markdown]``,
        ``relnews[html]``.
    ValueError
        If the format or an option is invalid. While reading: if a CSV header cannot be read, or
        lacks a name of `fields`.
    """
    parts = [path] if isinstance(path, (str, os.PathLike)) else path
    paths = [os.fspath(part) for part in parts]
    if format is not None and format not in FORMATS:
        raise _errors.unknown_format(format, tuple(FORMATS))
    spec = ReadSpec.of(options)
    if STDIN in paths or not paths:
        if len(paths) != 1:
            raise _errors.not_one_source(paths)
        known = FORMATS[format or STDIN_FORMAT]
    else:
        for part in paths:
            _errors.check_exists(Path(part))
        known = FORMATS[format] if format else format_of(paths)
    return known.reader(paths, spec, strict=strict)
