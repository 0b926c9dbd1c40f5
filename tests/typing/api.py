"""What a caller's type checker has to know of relnews: mypy reads this module, nothing runs it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import assert_type

import relnews
from relnews import (
    ArchiveChangedError,
    ArchiveFormatError,
    Article,
    ArticleError,
    ArticleReader,
    Intake,
    RelatedItem,
    RelatedList,
    RelatedNews,
    RelnewsError,
    UnknownArticleError,
    read_articles,
    warm_up,
)
from relnews.articles import Problem
from relnews.export import html, json, text
from relnews.sample import DEMO_ID, sample_articles


def version() -> str:
    """Name the version."""
    return relnews.__version__


def article() -> Article:
    """Make an article of all its fields."""
    return Article(
        id="nato",
        title="NATO backs Ukraine",
        dek="A line under it",
        text="A body",
        published=dt.datetime(2025, 8, 22, tzinfo=dt.UTC),
        url="/world/nato",
        section="World",
        tags=("nato", "ukraine"),
        author="Foreign desk",
        source="The Sample Gazette",
        language="en",
        image="/nato.jpg",
    )


def read(path: Path) -> list[Article]:
    """Read a file of articles, with its account."""
    reader: ArticleReader = read_articles(
        path, format="jsonl", fields={"text": "body"}, strict=True
    )
    read_articles("-")
    articles = list(reader)
    assert_type(articles, list[Article])
    assert_type(reader.intake, Intake)
    assert_type(reader.bytes_read, int | None)
    assert_type(reader.bytes_total, int | None)
    return articles


def account(intake: Intake) -> str:
    """Look at what was loaded and what was not."""
    assert_type(intake.loaded, int)
    assert_type(intake.skipped, int)
    assert_type(intake.problems, Counter[Problem])
    assert_type(intake.examples, dict[Problem, list[str]])
    return intake.summary()


def fit() -> RelatedNews:
    """Fit on everything that holds articles."""
    warm_up()
    news = RelatedNews(title_weight=2, stop_words=["the"], sublinear_tf=False, n_jobs=-1)
    RelatedNews(stop_words=None).fit(sample_articles())
    news.fit([{"id": "a", "title": "One"}], intake=Intake(strict=True))
    assert_type(news.intake_, Intake)
    return news.fit(article() for _ in range(2))


def rank(news: RelatedNews, path: Path) -> Iterator[RelatedList]:
    """Ask for lists in every way there is."""
    assert_type(news.related(DEMO_ID), RelatedList)
    assert_type(news.related(DEMO_ID, k=3), RelatedList)
    assert_type(news.related_to_text("text", title="title", k=3), RelatedList)
    assert_type(len(news), int)
    assert_type(DEMO_ID in news, bool)
    news.save(path)
    return RelatedNews.open(str(path), n_jobs=2).related_all(8)


def show(story: Article, related: RelatedList) -> dict[str, str]:
    """Take a list apart and write it down."""
    first: RelatedItem = related[0]
    assert_type(related.id, str | None)
    assert_type(related.ids, list[str])
    assert_type(related[:2], tuple[RelatedItem, ...])
    assert_type(related.to_dict(), dict[str, object])
    assert_type(first.rank, int)
    assert_type(first.score + first.similarity, float)
    assert_type(first.published, dt.datetime | None)
    assert_type(first.tags, tuple[str, ...])
    assert_type(first.to_dict(), dict[str, object])
    items: Sequence[RelatedItem] = related
    return {
        "titles": "\n".join(item.title for item in items),
        "fragment": html.fragment(related, heading="More", heading_level=3),
        "page": html.page(story, related),
        "json": json.dumps(related),
        "table": text.table(related),
    }


def caught() -> tuple[type[Exception], ...]:
    """Name the errors, each also a builtin one."""
    key: type[KeyError] = UnknownArticleError
    value: type[ValueError] = ArchiveFormatError
    also_value: type[ValueError] = ArticleError
    runtime: type[RuntimeError] = ArchiveChangedError
    base: tuple[type[RelnewsError], ...] = (
        UnknownArticleError, ArchiveFormatError, ArticleError, ArchiveChangedError,
    )  # fmt: skip
    return key, value, also_value, runtime, *base
