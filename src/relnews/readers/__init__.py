"""Readers: files, folders and databases of articles become an iterator of `Article`.

Its modules::

    reader      `ArticleReader`, and what it says of what is no article
    opening     plain, gzip, xz, standard input
    files       which format; `read_articles`; a file with a line for each article
    jsonl         lines ─▶ records: one JSON object a line
    csv           lines ─▶ records: a header row, then one article a row
    documents   files that are read at once, or a folder of them
    markdown      document ─▶ record: front matter and text
    pages         document ─▶ record: the article of an HTML page
    feeds         document ─▶ records: the entries of RSS or Atom
    plain       the text of HTML
    sql         the rows of a query; `read_sql`
"""

from relnews.readers.files import read_articles
from relnews.readers.reader import ArticleReader
from relnews.readers.sql import read_sql

__all__ = ["ArticleReader", "read_articles", "read_sql"]
