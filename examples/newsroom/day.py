"""A day of a newsroom: build at night, publish, update, correct, take down, export.

    python day.py

It works in the folder in which it starts: `archive.relnews` is the archive, `site` has a page for
each story, `lists.jsonl` every list. The stories come from the sample archive. In a newsroom
they come from `read_articles`, and each step is a job of its own, with `RelatedNews.open`.
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

from relnews import Article, RelatedNews, UpdateReport
from relnews.export.list_files import write_lists
from relnews.export.sites import export_site
from relnews.sample import sample_articles

ARCHIVE, SITE, LISTS = Path("archive.relnews"), Path("site"), Path("lists.jsonl")


def build_at_night(articles: list[Article]) -> RelatedNews:
    """Build the archive and store every list; save both as one change, which readers then see."""
    news = RelatedNews().fit(articles)
    news.store_lists()
    news.save(ARCHIVE)
    export_site(news, SITE, "html")
    print(f"night: {len(news)} stories, their lists and their pages")
    return RelatedNews.open(ARCHIVE)


def show(step: str, news: RelatedNews, report: UpdateReport) -> None:
    """Write the pages whose list changed; the others keep their files."""
    files = export_site(news, SITE, "html")
    print(f"{step}: {len(report.changed or ())} lists changed; {files}")


def take_down(news: RelatedNews, identifier: str) -> None:
    """Remove a story from all lists, pages and files, and make sure that nothing of it is left."""
    show("take down", news, news.remove(identifier))
    news.compact()
    if problems := news.verify_removed(identifier):
        sys.exit("\n".join(problems))


def main() -> None:
    """Run the day."""
    *archive, first, second, third = sample_articles()
    news = build_at_night(archive)

    show("publish", news, news.partial_fit([first, second]))
    show("publish", news, news.partial_fit([third]))

    longer = dataclasses.replace(first, text=f"{first.text} Talks go on in the evening.")
    show("update", news, news.partial_fit([longer]))

    headline = dataclasses.replace(second, title=f"{second.title} (corrected)")
    show("correct", news, news.partial_fit([headline]))

    take_down(news, third.id)

    print(f"export: {write_lists(LISTS, news.related_all())} lists in {LISTS}")
    if problems := news.verify():
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    main()
