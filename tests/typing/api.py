"""Public interface as a caller's type checker sees it: mypy reads this module, nothing runs it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, assert_type

import relnews
from relnews import (
    ArchiveChangedError,
    ArchiveFormatError,
    Article,
    ArticleError,
    Drift,
    Explanation,
    LoadReport,
    Mode,
    Options,
    RelatedItem,
    RelatedList,
    RelatedNews,
    RelnewsError,
    Rule,
    Rules,
    Selection,
    UnknownArticleError,
    UpdateReport,
    WhyNot,
    distributed,
    evaluation,
    read_articles,
    warm_up,
)
from relnews.export import html, json, text
from relnews.options.modes import MODES
from relnews.readers import ArticleReader
from relnews.readers.load_report import Problem
from relnews.results import RelatedLists
from relnews.sample import DEMO_ID, sample_articles


def version() -> str:
    """Name the version."""
    return relnews.__version__


def merged(paths: Sequence[Path]) -> None:
    """Call what joins and distributes builds."""
    assert_type(relnews.merge(paths, "merged.relnews", fresh=True), RelatedNews)
    assert_type(distributed.build(object(), "a.relnews", RelatedNews(), markup="html"), RelatedNews)


def edited(news: RelatedNews) -> None:
    """Call every kind of rule."""
    assert_type(
        news.related("a", 3, mode="news", when="before", filters={"section": "World"}), RelatedList
    )
    assert_type(
        news.related("a", mode=Mode(fallback=("newest",)), recency=None, mentions=2), RelatedList
    )
    assert_type(news.related_blocks("a", {"newest": 3}, exclude=["b"]), dict[str, RelatedList])
    options: Options = {"mode": "background", "selection": None, "fallback": ["section"]}
    assert_type(news.related_all(**options), RelatedLists)
    assert_type(MODES["news"], Mode)
    rules: Rules = news.rules
    rules.pin("a", ["b"])
    rules.block("a", "b", both_ways=True)
    rules.never("tag=x", "section=Y")
    rules.hide("title=Live: *")
    assert_type(next(iter(rules)), Rule)
    assert_type(rules.sleeping(), dict[Rule, str])
    rules.drop(rules[0])


def article() -> Article:
    """Make an article with all fields."""
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
        expires=dt.datetime(2035, 8, 22, tzinfo=dt.UTC),
    )


def read(path: Path) -> list[Article]:
    """Read a file of articles, with its load report."""
    reader: ArticleReader = read_articles(
        path, format="jsonl", fields={"text": "body"}, strict=True
    )
    read_articles("-")
    articles = list(reader)
    assert_type(articles, list[Article])
    assert_type(reader.load_report, LoadReport)
    assert_type(reader.bytes_read, int | None)
    assert_type(reader.bytes_total, int | None)
    return articles


def account(load_report: LoadReport) -> str:
    """Use the load report."""
    assert_type(load_report.loaded, int)
    assert_type(load_report.skipped, int)
    assert_type(load_report.problems, Counter[Problem])
    assert_type(load_report.examples, dict[Problem, list[str]])
    return load_report.summary()


def fit() -> RelatedNews:
    """Fit on every kind of source."""
    warm_up()
    news = RelatedNews(title_weight=2, stop_words=["the"], sublinear_tf=False, n_jobs=-1)
    RelatedNews(stop_words=None).fit(sample_articles())
    news.fit([{"id": "a", "title": "One"}], load_report=LoadReport(strict=True))
    assert_type(news.load_report_, LoadReport)
    assert_type(news.get_params(), dict[str, Any])
    assert_type(news.set_params(n_jobs=2), RelatedNews)
    return news.fit(article() for _ in range(2))


def rank(news: RelatedNews, path: Path) -> RelatedLists:
    """Request lists in every way."""
    assert_type(news.related(DEMO_ID), RelatedList)
    assert_type(news.related(DEMO_ID, k=3), RelatedList)
    assert_type(news.related_to_text("text", title="title", k=3), RelatedList)
    own = Selection(duplicate_threshold=0.95, keep="oldest")
    assert_type(news.related(DEMO_ID, selection=own), RelatedList)
    chosen = Selection(duplicate_threshold=None, diversity=0.3, caps={"section": 2}, min_score=0.1)
    assert_type(news.related(DEMO_ID, selection=Selection(cutoff=None)), RelatedList)
    assert_type(news.related_to_text("text", selection=chosen), RelatedList)
    assert_type(news.related_all(8, selection=chosen), RelatedLists)
    assert_type(news.duplicates(0.8, keep="longest"), list[tuple[str, ...]])
    assert_type(len(news), int)
    assert_type(DEMO_ID in news, bool)
    news.save(path)
    return RelatedNews.open(str(path), n_jobs=2).related_all(8, part=(3, 64), ordered=False)


def explain(news: RelatedNews) -> str:
    """Request explanations and reasons."""
    explanation: Explanation = news.explain("a", "b", exclude=["c"])
    assert_type(explanation.similarity + explanation.score, float)
    assert_type(explanation.rank, int | None)
    assert_type([term.part for term in explanation.terms], list[float])
    assert_type([(line.name, line.product) for line in explanation.ledger], list[tuple[str, float]])
    assert_type(explanation.reader_line(2, lead=""), str)
    assert_type(explanation.to_dict(), dict[str, object])
    reason: WhyNot = news.why_not("a", "b", k=3, within=7)
    assert_type(reason.last, float | None)
    assert_type(reason.to_dict(), dict[str, object])
    return explanation.reader_line() or reason.sentence


def change(news: RelatedNews) -> tuple[str, ...] | None:
    """Change an archive and maintain it."""
    report: UpdateReport = news.partial_fit([article()], load_report=LoadReport())
    news.partial_fit(read_articles("new.jsonl"))
    assert_type(news.remove("nato"), UpdateReport)
    assert_type(news.remove(["a", "b"]), UpdateReport)
    assert_type(news.store_lists(), UpdateReport)
    assert_type(news.store_lists(5, max_drift=0.1), UpdateReport)
    assert_type(news.compact(), UpdateReport)
    assert_type(news.verify(), list[str])
    news.backup("copy.relnews")
    assert_type(news.verify_removed("nato"), list[str])
    drift: Drift = news.drift(sample=10)
    assert_type(drift.idf, float)
    assert_type(drift.lists, float | None)
    assert_type(report.drift, Drift | None)
    assert_type(report.added + report.replaced + report.removed, tuple[str, ...])
    assert_type(report.unchanged, tuple[str, ...])
    assert_type(report.load_report, str)
    return report.changed


def show(story: Article, related: RelatedList) -> dict[str, str]:
    """Take a list apart and format it."""
    first: RelatedItem = related[0]
    assert_type(related.id, str | None)
    assert_type(related.ids, list[str])
    assert_type(related[:2], tuple[RelatedItem, ...])
    assert_type(related.to_dict(), dict[str, object])
    assert_type(first.rank, int)
    assert_type(first.score + first.similarity, float)
    assert_type(first.published, dt.datetime | None)
    assert_type(first.tags, tuple[str, ...])
    assert_type(first.near_duplicates, tuple[str, ...])
    assert_type(first.to_dict(), dict[str, object])
    items: Sequence[RelatedItem] = related
    return {
        "titles": "\n".join(item.title for item in items),
        "fragment": html.fragment(related, heading="More", heading_level=3),
        "page": html.page(story, related),
        "json": json.dumps(related),
        "table": text.table(related),
    }


def evaluate(news: RelatedNews, path: Path) -> str:
    """Score lists with and without judgements."""
    judged = evaluation.known_to(news, evaluation.read_qrels(path))
    assert_type(judged.qrels, dict[str, dict[str, int]])
    evaluation.known_to({"a", "b"}, evaluation.labels_from_links([article()]))
    run = evaluation.make_run(news, judged.qrels, k=3)
    assert_type(run, dict[str, list[str]])
    evaluation.write_run(path, {"a": ("b", "c")}, name="by hand")
    scores = evaluation.score(judged.qrels, run, k=3, name="words")
    assert_type(scores.means(), dict[str, float])
    assert_type(scores.intervals(), dict[str, tuple[float, float]])
    comparison = evaluation.compare(scores, scores)
    assert_type(comparison[0].p_value, float)
    evaluation.picture([scores], path)
    state = evaluation.health(news, against=news)
    assert_type(state.coverage, float)
    assert_type(state.common, int | None)
    evaluation.picture(state, str(path))
    baselines = evaluation.baselines(news, judged.qrels)
    assert_type(baselines, dict[str, dict[str, list[str]]])
    return str(state)


def caught() -> tuple[type[Exception], ...]:
    """Catch every error, also by its builtin base class."""
    key: type[KeyError] = UnknownArticleError
    value: type[ValueError] = ArchiveFormatError
    also_value: type[ValueError] = ArticleError
    runtime: type[RuntimeError] = ArchiveChangedError
    base: tuple[type[RelnewsError], ...] = (
        UnknownArticleError, ArchiveFormatError, ArticleError, ArchiveChangedError,
    )  # fmt: skip
    return key, value, also_value, runtime, *base
