"""Reader of Ghost: its JSON export, and saved pages of its Content API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from relnews.readers import _errors
from relnews.readers.documents import DocumentReader
from relnews.readers.found import Found, Skipped
from relnews.readers.ghost_posts import found_in, posts_of
from relnews.readers.json_decoding import loads
from relnews.readers.load_report import Problem

#: Bytes of the longest export. It is read whole: tags and authors come after the posts.
LONGEST = 1 << 30


class Reader(DocumentReader):
    """The posts of an export of Ghost, or of pages of its Content API."""

    format = "ghost"

    def _stream(self, stream: BinaryIO, name: str) -> Iterator[Found]:
        content = stream.read(LONGEST + 1)
        if len(content) > LONGEST:
            yield name, Skipped(Problem.UNREADABLE, _errors.document_too_long(LONGEST))
            return
        # An address of one's own comes first, then the rule that Ghost follows by default.
        has_pattern = self._spec.url is not None
        for place, record in records(content):
            if isinstance(record, dict) and not has_pattern and not record["url"]:
                record["url"] = f"/{slug}/" if (slug := record.get("slug")) else None
            yield f"{name}{place}", record


def records(content: bytes) -> Iterator[Found]:
    """Yield the posts of an export, or of a page of the Content API.

    Parameters
    ----------
    content : bytes
        JSON.

    Yields
    ------
    place : str
        Number of the post, from 1.
    record : dict or Skipped
        Fields of an article, or why there is no article.
    """
    try:
        document = loads(content)
    except (ValueError, RecursionError) as error:
        yield "", Skipped(Problem.UNREADABLE, _errors.unreadable_ghost(f"no JSON ({error})"))
        return
    posts = posts_of(document)
    if posts is None:
        got = "no posts in it" if isinstance(document, Mapping) else "another value"
        yield "", Skipped(Problem.UNREADABLE, _errors.unreadable_ghost(got))
        return
    for number, post in enumerate(posts, start=1):
        if not isinstance(post, Mapping):
            yield f":{number}", Skipped(Problem.UNREADABLE, _errors.unreadable_ghost("no post"))
            continue
        yield from ((f":{number}", found) for found in found_in(post))
