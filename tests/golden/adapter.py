"""Adapter: the only module of the golden tests that knows the names of the package.

Calls, options and answers have neutral names here, on which the recorded files are built. When a
public name changes, this file changes and the recorded files stay as they are.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import functools
import http
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from relnews import Recency, RelatedNews, Selection, sample, web
from relnews.export import formats, html, sites, text
from relnews.text.analysis import Analysis
from serving import PATIENT

Answer = dict[str, Any]

# --- the names: neutral on the left, today's on the right; what has the same name is not listed --

OPTIONS = {"published": "when"}
LEDGER = {"published": "when"}

#: Neutral names of all modes.
ALL_MODES = ("similar", "news", "background", "follow_up", "same_story", "newest", "more")

#: Kinds of static sites.
SITES = ("json", "html", "hugo", "jekyll", "eleventy", "astro", "pelican")

#: Endings of addresses of lists, each a format.
FORMATS = ("json", "html", "jsonld", "atom", "jsonfeed")


def check_modes() -> None:
    """Fail if a mode was added or lost: then it has to be recorded, or to be a wanted loss."""
    from relnews.options.modes import MODES

    assert set(MODES) == {*ALL_MODES}


def _renamed(values: Mapping[str, Any], names: Mapping[str, str]) -> Answer:
    return {names.get(name, name): value for name, value in values.items()}


def _neutral(name: str, names: Mapping[str, str]) -> str:
    return {today: neutral for neutral, today in names.items()}.get(name, name)


def _options(options: Mapping[str, Any]) -> Answer:
    """Return options as the package takes them."""
    values = dict(options)
    if values.get("recency") is not None:
        values["recency"] = Recency(**values["recency"])
    if values.get("selection") is not None:
        values["selection"] = Selection(**values["selection"])
    return _renamed(values, OPTIONS)


def _items(items: Iterable[Any]) -> list[Answer]:
    """Return the items of a list: what ranks them, and what differs from most lists."""
    rows = []
    for number, item in enumerate(items, start=1):
        assert item.rank == number
        row = {"id": item.id, "score": item.score, "similarity": item.similarity}
        if item.near_duplicates:
            row["near_duplicates"] = list(item.near_duplicates)
        if item.reason != ("similar",):
            row["reason"] = list(item.reason)
        if item.mentions:
            row["mentions"] = list(item.mentions)
        rows.append(row)
    return rows


# --- archives ------------------------------------------------------------------------------------


def sample_articles() -> list[Answer]:
    """Return the articles of the sample archive as dicts."""
    return [article_fields(article) for article in sample.sample_articles()]


def article_fields(article: Any) -> Answer:
    """Return an article as a dict without what is unknown."""
    values = dataclasses.asdict(article)
    del values["origin"], values["place"]
    return {name: value for name, value in values.items() if value}


def fit(articles: Iterable[Mapping[str, Any]], **settings: Any) -> Any:
    """Return the archive of articles; `settings` go to its constructor."""
    if settings.get("recency") is not None:
        settings["recency"] = Recency(**settings["recency"])
    return RelatedNews(**settings).fit(articles)


def fit_as(archive: Any, articles: Iterable[Mapping[str, Any]]) -> Any:
    """Return the archive of articles under the rules for words of another archive."""
    version = archive.archive_.analysis.version
    made = functools.partial(Analysis, version=version)
    with mock.patch("relnews.maintenance.fresh.Analysis", made):
        return fit(articles)


def save(archive: Any, folder: Path) -> None:
    """Write an archive to a folder."""
    archive.save(folder)


def open_archive(folder: Path) -> Any:
    """Return the archive in a folder."""
    return RelatedNews.open(folder)


def _report(report: Any) -> Answer:
    answer: Answer = {
        name: list(getattr(report, name))
        for name in ("added", "replaced", "removed", "unchanged")
        if getattr(report, name)
    }
    if report.changed is not None:
        answer["changed"] = list(report.changed)
    if report.drift is not None:
        answer["drift"] = report.drift.idf
    return answer


def update(archive: Any, articles: Iterable[Mapping[str, Any]]) -> Answer:
    """Add or replace articles; return the report."""
    return _report(archive.partial_fit(articles))


def remove(archive: Any, ids: Sequence[str]) -> Answer:
    """Remove articles; return the report."""
    return _report(archive.remove(ids))


def store_lists(archive: Any, k: int) -> Answer:
    """Store the list of every article; return the report."""
    return _report(archive.store_lists(k))


def drift(archive: Any) -> Answer:
    """Return how far the statistics have moved."""
    found = archive.drift()
    return {"idf": found.idf, "lists": found.lists}


def compact(archive: Any) -> None:
    """Write the archive without anything of what was removed."""
    archive.compact()


def verify(archive: Any, removed: str | None = None) -> list[str]:
    """Return what is wrong with the archive, and where a removed article is still found."""
    found = archive.verify()
    return found if removed is None else [*found, *archive.verify_removed(removed)]


# --- lists ---------------------------------------------------------------------------------------


def related(archive: Any, article: str, k: int = 8, **options: Any) -> list[Answer]:
    """Return the list of an article."""
    return _items(archive.related(article, k, **_options(options)))


def related_all(
    archive: Any, k: int = 8, *, ids: Sequence[str] | None = None, n_jobs: int | None = None,
    **options: Any,
) -> dict[str, list[Answer]]:  # fmt: skip
    """Return the lists of all articles, in the order of the archive."""
    before, archive.n_jobs = archive.n_jobs, n_jobs
    try:
        lists = archive.related_all(k, ids=ids, **_options(options))
        return {found.id: _items(found) for found in lists}
    finally:
        archive.n_jobs = before


def blocks(archive: Any, article: str, sizes: Mapping[str, int], **options: Any) -> Answer:
    """Return several lists of an article with nothing in two of them."""
    found = archive.related_blocks(article, sizes, **_options(options))
    return {mode: _items(items) for mode, items in found.items()}


def related_to_text(
    archive: Any, title: str, text: str, date: dt.datetime, k: int = 8, *,
    language: str | None = None, **options: Any,
) -> list[Answer]:  # fmt: skip
    """Return the list of a draft of a date."""
    # A draft's date is not a condition on dates: the names of both are translated apart.
    return _items(archive.related_to_text(
        text, title=title, published=date, language=language, k=k, **_options(options)
    ))  # fmt: skip


def duplicates(
    archive: Any, threshold: float, *, keep: str, wire_sources: Sequence[str] = ()
) -> list[list[str]]:
    """Return the groups of near-duplicates."""
    found = archive.duplicates(threshold, keep=keep, wire_sources=wire_sources)
    return [list(group) for group in found]


# --- reasons -------------------------------------------------------------------------------------


def explain(archive: Any, a: str, b: str, **options: Any) -> Answer:
    """Return what a score and a rank are made of; parts and factors to 10 decimals."""
    found = archive.explain(a, b, **_options(options))
    return {
        "similarity": _rounded(found.similarity),
        "score": _rounded(found.score),
        "rank": found.rank,
        "terms": [
            [
                term.term, _rounded(term.part), term.tf_a, term.tf_b, int(term.in_title_a),
                int(term.in_title_b), _rounded(term.idf), term.df,
            ]
            for term in found.terms
        ],
        "ledger": [
            [_neutral(line.name, LEDGER), _rounded(line.factor), _rounded(line.product)]
            for line in found.ledger
        ],
        "names": list(found.names),
    }  # fmt: skip


def why_not(archive: Any, a: str, b: str, k: int = 8, **options: Any) -> Answer:
    """Return why an article is not among the first k."""
    found = archive.why_not(a, b, k, **_options(options))
    return {
        "reason": found.reason,
        "rank": found.rank,
        "score": _rounded(found.score),
        "last": None if found.last is None else _rounded(found.last),
    }


def why_not_sentence(archive: Any, a: str, b: str, k: int = 8, **options: Any) -> str:
    """Return the same in words."""
    return str(archive.why_not(a, b, k, **_options(options)).sentence)


def explanation_text(archive: Any, a: str, b: str, **options: Any) -> list[str]:
    """Return what the terminal shows of an explanation, and its line for readers."""
    found = archive.explain(a, b, **_options(options))
    return [*str(found).splitlines(), found.reader_line()]


def _rounded(value: float) -> float:
    return round(float(value), 10)


# --- rules ---------------------------------------------------------------------------------------


def rule(archive: Any, kind: str, *values: str) -> None:
    """Make a rule; `kind` is pin, block, block both ways, never, hide or ignore."""
    if kind == "pin":
        archive.rules.pin(values[0], values[1:])
    elif kind == "block both ways":
        archive.rules.block(*values, both_ways=True)
    else:
        getattr(archive.rules, kind)(*values)


def rules(archive: Any) -> list[list[str]]:
    """Return all rules."""
    return [[found.kind, found.a, found.b] for found in archive.rules]


def rule_sentences(archive: Any) -> list[str]:
    """Return all rules in words, and why those that do nothing now do nothing."""
    asleep = [f"{rule}: {reason}" for rule, reason in archive.rules.sleeping().items()]
    return [*map(str, archive.rules), *asleep]


def sleeping_rules(archive: Any) -> list[list[str]]:
    """Return the rules that do nothing now."""
    return [[found.kind, found.a, found.b] for found in archive.rules.sleeping()]


def drop_rules(archive: Any, kind: str) -> None:
    """Take all rules of a kind back."""
    archive.rules.drop(*(found for found in archive.rules if found.kind == kind))


# --- exports -------------------------------------------------------------------------------------


def exported(archive: Any, article: str, k: int, fmt: str, **options: Any) -> Any:
    """Return a list in a format: JSON with neutral names, other formats as they are written."""
    return _parsed(_written(archive.related(article, k, **_options(options)), fmt), fmt)


def _written(found: Any, fmt: str) -> str:
    if fmt != "table":
        return formats.FORMATS[fmt].write(found)
    heading, newline, rows = text.table(found).partition("\n")
    # Every recorded table with a column of reasons is at least as wide as both names.
    return heading.replace("reason", "why   ") + newline + rows


def _parsed(written: str, fmt: str) -> Any:
    if fmt in ("json", "jsonld", "jsonfeed"):
        return json.loads(written)
    return written.splitlines()


def exported_html(archive: Any, article: str, k: int, **options: Any) -> list[str]:
    """Return a fragment with a heading, a level and a lead that are not the usual."""
    found = archive.related(article, k, **_options(options))
    page = html.fragment(found, heading="Read on", heading_level=3, lead="In both: ")
    return page.splitlines()


def exported_page(archive: Any, article: Mapping[str, Any], k: int) -> list[str]:
    """Return a page without its style sheet."""
    from relnews import Article

    page = html.page(Article(**article), archive.related(article["id"], k))
    return re.sub(r"(?s)<style>.*</style>", "<style></style>", page).splitlines()


def exported_site(archive: Any, folder: Path, kind: str, k: int, **options: Any) -> Answer:
    """Export all lists for a static site; return what was done, and the files by name."""
    report = sites.export_site(archive, folder, kind, k=k, **_options(options))
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    files = {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in paths}
    return {
        "report": {name: getattr(report, name) for name in ("written", "unchanged", "removed")},
        "files": {
            name: json.loads(body) if name.endswith(".json") else body
            for name, body in files.items()
        },
    }


# --- HTTP ----------------------------------------------------------------------------------------


@contextlib.contextmanager
def service(folder: Path) -> Iterator[TestClient]:
    """Serve an archive to a client; no answer may be kept for longer than a minute."""
    with TestClient(
        web.app(folder, max_age=60, limits=PATIENT), raise_server_exceptions=False
    ) as client:
        yield client


def ask(client: TestClient, method: str, address: str, **request: Any) -> Answer:
    """Return an answer: status, headers that are no digest, and the body with neutral names."""
    got = client.request(method, address, **request)
    names = ("content-type", "cache-control", "vary", "allow", "accept-post", "retry-after")
    media_type = got.headers.get("content-type", "").partition(";")[0]
    fmt = {
        "application/json": "json",
        "application/problem+json": "problem",
        "application/ld+json": "jsonld",
        "application/feed+json": "jsonfeed",
    }.get(media_type, "text")
    body: Any = None
    if fmt == "problem":
        problem = got.json()
        # Python 3.13 has another phrase for 422.
        body = {
            "status": problem["status"],
            "has the phrase": problem["title"] == http.HTTPStatus(got.status_code).phrase,
            "fields": sorted(problem),
        }
    elif got.content and address.startswith("/related"):
        body = _parsed(got.text, fmt)
    return {
        "status": got.status_code,
        "headers": {name: got.headers[name] for name in names if name in got.headers},
        "body": body,
    }


def problem_detail(client: TestClient, method: str, address: str, **request: Any) -> str:
    """Return the sentence of a problem document."""
    return str(client.request(method, address, **request).json()["detail"])


def is_known(client: TestClient, address: str) -> int:
    """Return the status of an answer that the client has already."""
    tag = client.get(address).headers["etag"]
    return client.get(address, headers={"if-none-match": tag}).status_code


def health(client: TestClient) -> Answer:
    """Return what the service says of itself; how many commits there were does not matter."""
    return {name: value for name, value in client.get("/health").json().items()
            if name != "generation"}  # fmt: skip


def paths(client: TestClient) -> list[str]:
    """Return the addresses that the description of the service has."""
    return sorted(client.get("/openapi.json").json()["paths"])


def metrics(client: TestClient) -> list[list[str]]:
    """Return name, kind and labels of every metric."""
    found = []
    for family in text_string_to_metric_families(client.get("/metrics").text):
        labels = sorted({label for one in family.samples for label in one.labels})
        found.append([family.name, family.type, *labels])
    return sorted(found)
