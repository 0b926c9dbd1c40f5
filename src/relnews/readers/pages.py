"""Reader of HTML pages: the article of a page, without navigation and advertisements."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from relnews._checks import shortened
from relnews.readers import _errors
from relnews.readers.documents import DocumentReader, id_of
from relnews.readers.found import Found, Skipped
from relnews.readers.load_report import Problem
from relnews.readers.page_head import leads_to, moment_in_body, said_of_itself

try:
    import trafilatura
    from trafilatura.metadata import extract_metadata
except ModuleNotFoundError as error:
    raise _errors.no_reader(needs="HTML pages needs trafilatura, which is", extra="html") from error

#: Dates only from the metadata of a page; no guesses from its text. These are days without a time.
_DATES = {"original_date": True, "extensive_search": False}


class Reader(DocumentReader):
    """The articles of HTML pages."""

    format = "html"
    is_file_article = True

    def _parse(self, content: bytes, name: str) -> Iterator[Found]:
        return records(content, name)


def records(content: bytes, name: str) -> Iterator[Found]:
    """Yield the article of a page.

    Parameters
    ----------
    content : bytes
        HTML.
    name : str
        Path of the file below the folder.

    Yields
    ------
    place : str
        Empty: the file is the place.
    record : dict or Skipped
        Fields of an article, or why there is no article.
    """
    try:
        record = _record(content, name)
    except Exception as error:  # the page makes the parser fail
        yield "", Skipped(Problem.UNREADABLE, _errors.unreadable_page(str(error)))
        return
    yield "", record


def _record(content: bytes, name: str) -> dict[str, Any] | Skipped:
    tree = trafilatura.load_html(content)
    if tree is None:
        return Skipped(Problem.UNREADABLE, _errors.unreadable_page(""))
    address = leads_to(tree)
    if address is not None:
        return Skipped(Problem.NOT_AN_ARTICLE, f"it leads to {shortened(address)}")
    said = said_of_itself(tree)
    about = extract_metadata(tree, date_config=dict(_DATES), extensive=False)
    page = trafilatura.bare_extraction(tree, include_comments=False)
    return {
        "id": id_of(name),
        "title": about.title,
        "dek": about.description,
        "text": getattr(page, "text", None) or "",
        "published": moment_in_body(tree, about.date),
        "url": _address(about.url, name),
        "section": next(iter(about.categories or ()), None),
        "tags": about.tags or (),
        "author": about.author,
        "source": about.sitename,
        "image": about.image,
    } | said


def _address(canonical: str | None, name: str) -> str:
    """Return the canonical address of a page, or the address of its file on the site."""
    if canonical and canonical.startswith(("https://", "http://")):
        return canonical
    path = PurePosixPath("/", name)
    return quote(f"{path.parent}/".replace("//", "/") if path.stem == "index" else str(path))
