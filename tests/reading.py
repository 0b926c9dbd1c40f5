"""What the tests of readers of files share: articles, and files of them."""

from __future__ import annotations

import csv
import functools
import gzip
import io
import json
import lzma
from collections.abc import Callable, Iterable
from typing import TypeAlias

from relnews.readers import ArticleReader
from relnews.readers.load_report import LoadReport, Problem
from relnews.readers.records import articles_from

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".xz": functools.partial(lzma.compress, preset=0),  # a twelfth of the time
}
RECORDS = [
    {"id": "a", "title": "Überschrift", "text": "One.\nTwo.", "published": "2025-08-22"},
    {"id": "b", "title": "見出し", "text": "本文", "tags": ["x", "y"], "lang": "ja"},
]
ARTICLES = list(articles_from(RECORDS, LoadReport()))


def as_jsonl(records: Iterable[dict[str, object]], *, ensure_ascii: bool = False) -> bytes:
    lines = (json.dumps(record, ensure_ascii=ensure_ascii) + "\n" for record in records)
    return "".join(lines).encode()


def as_csv(records: Iterable[dict[str, object]], delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    names = ("id", "title", "dek", "text", "published", "section", "tags", "lang", "url")
    writer = csv.DictWriter(text, names, delimiter=delimiter)
    writer.writeheader()
    for record in records:
        writer.writerow({**record, "tags": ",".join(record.get("tags", ()))})
    return text.getvalue().encode()


WRITERS = {".jsonl": as_jsonl, ".csv": as_csv}


#: The function of the fixture `read`.
Read: TypeAlias = Callable[..., ArticleReader]


def ids(reader: ArticleReader) -> list[str]:
    return [article.id for article in reader]


def unreadable(reader: ArticleReader) -> list[str]:
    """Return the sentences about unreadable records; fail if a sentence is missing."""
    assert set(reader.load_report.problems) == {Problem.UNREADABLE}
    examples = reader.load_report.examples[Problem.UNREADABLE]
    assert len(examples) == reader.load_report.problems[Problem.UNREADABLE]
    return examples
