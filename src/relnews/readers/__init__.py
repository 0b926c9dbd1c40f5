"""Readers: a file of articles becomes an iterator of `Article`.

Its modules::

    files     opening (plain, gzip, xz, standard input), `read_articles`, `ArticleReader`
    jsonl     lines ─▶ records: one JSON object a line
    csv       lines ─▶ records: a header row, then one article a row
"""

from relnews.readers.files import ArticleReader, read_articles

__all__ = ["ArticleReader", "read_articles"]
