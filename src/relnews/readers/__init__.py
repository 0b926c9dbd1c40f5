"""Readers: files, folders and databases of articles to an iterator of `Article`.

Its modules::

    load_report   `LoadReport`: what was loaded, skipped, withheld and repaired
    source_dates  dates as sources write them
    visibility    whether a record may be shown to the public
    field_names   names that sources have for the fields of an article
    field_values  values that sources have, mended if it is obvious
    addresses     addresses by a pattern, and ids that are made
    read_options  `ReadOptions`: how records are read
    html_text     the text of HTML
    markup        whether fields are HTML
    found         entries of a source, before they are articles
    rows          lists, objects and data frames to mappings
    records       `RecordParser`: mappings, and posts of Ghost and WordPress, to articles
    reader        `ArticleReader`, the base of all readers
    opening       plain files, gzip, xz, standard input
    formats       the registry of formats
    files         `read_articles`
    file_reader   `FileReader`: files, folders and standard input
    lines         `LineReader`: files with a line for each article
    jsonl         JSON Lines, and other JSON
    json_decoding values of JSON, and names that stand twice
    json_document the values of JSON that is not JSON Lines
    json_shapes   where the records are in a value
    json_tables   columns of values to records
    csv           a header row, then one article a row
    csv_rows      the rows of CSV, read on after a broken one
    documents     `DocumentReader`: files that are read whole
    front_matter  names and values at the beginning of a text
    shortcodes    template code inside texts
    markdown_text the text of Markdown
    rst           metadata and text of reStructuredText
    generators    what each generator of static sites makes of a folder
    markdown      front matter and text
    page_head     what an HTML page says of itself: dates, robots, redirects
    pages         the article of an HTML page
    xml_decoding  the characters of XML, whatever encoding it declares
    xml_mending   XML that is not well-formed, mended
    xml_entries   the entries of XML, each parsed by itself
    feeds         the entries of RSS or Atom
    shortcodes    shortcodes of WordPress
    wordpress     the posts of an export of WordPress
    wordpress_api posts of WordPress's REST API
    ghost_bodies  the documents of Ghost's editors
    ghost_posts   the fields of posts of Ghost
    ghost         the posts of an export of Ghost
    sql           the rows of a query; `read_sql`
"""

from relnews.readers.files import read_articles
from relnews.readers.reader import ArticleReader
from relnews.readers.sql import read_sql

__all__ = ["ArticleReader", "read_articles", "read_sql"]
