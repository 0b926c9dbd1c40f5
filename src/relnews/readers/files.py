"""read_articles: the reader of a file, a folder or standard input, by its format."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Unpack

from relnews.readers import _errors
from relnews.readers.formats import FORMATS, STDIN_FORMAT, format_in, format_of
from relnews.readers.opening import STDIN
from relnews.readers.read_options import ReadOptions, ReadSpec
from relnews.readers.reader import ArticleReader


def read_articles(
    path: str | os.PathLike[str],
    *,
    format: str | None = None,  # noqa: A002 (the word for it)
    strict: bool = False,
    **options: Unpack[ReadOptions],
) -> ArticleReader:
    """Read the articles of a file or a folder, one after another.

    Parameters
    ----------
    path : str or path-like
        A file, plain or packed (``.gz``, ``.xz``; its first bytes tell). Its ending tells the
        format: JSON of any shape (``.jsonl``, ``.ndjson``, ``.json``), CSV (``.csv``, ``.tsv``),
        Markdown with front matter (``.md``, ``.markdown``, ``.mdx``) or reStructuredText
        (``.rst``), HTML (``.html``, ``.htm``), RSS or Atom (``.rss``, ``.atom``, ``.xml``). Or a
        folder of files of one of the last three formats, such as the texts of a static site. An
        export of WordPress (``.xml``) or Ghost (``.json``), and pages of their APIs, are told by
        their beginning.
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
    name = os.fspath(path)
    is_folder = name != STDIN and Path(name).is_dir()
    if format is not None and format not in FORMATS:
        raise _errors.unknown_format(format, tuple(FORMATS))
    if format is None and is_folder:
        known = format_in(Path(name))
    elif format is None and name != STDIN:
        known = format_of(name)
    else:
        known = FORMATS[format or STDIN_FORMAT]
    spec = ReadSpec.of(options)
    if name != STDIN and not (is_folder and known.in_folders):
        _errors.check_articles_file(Path(name))
    return known.reader(name, spec, strict=strict)
