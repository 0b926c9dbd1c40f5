"""Warming: compiles or loads the kernels before a reader waits for them."""

from __future__ import annotations

from relnews.options.selection import Selection
from relnews.related import RelatedNews


def warm_up() -> None:
    """Compile or load the kernels that fitting, ranking and updating use, before a reader waits."""
    news = RelatedNews().fit({"id": str(i), "text": f"story number {i}"} for i in range(2))
    news.related("0", selection=Selection(duplicate_threshold=None, diversity=0.5))
    news.related_to_text("story")
    news.store_lists(1)
    for number in "23":
        news.partial_fit([{"id": number, "text": f"story number {number}"}])
        news.related(number, selection=None)
