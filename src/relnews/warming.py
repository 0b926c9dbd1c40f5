"""Warming: compiles or loads the kernels before a reader waits for them."""

from __future__ import annotations

from relnews.options.selection import Selection
from relnews.related import RelatedNews
from relnews.search.bounds import COMMON, WORTH_PRUNING
from relnews.search.top_k import FEW_ARTICLES

#: A line of many articles.
_LINE = "read newsletter"

#: Words of two articles whose texts are similar enough for their word sequences to be compared.
_TEXT = "river dike levee crest flood harbor bridge tunnel market school museum theater garden"


def warm_up() -> None:
    """Compile or load the kernels that fitting, ranking and updating use, before a reader waits.

    The smaller an archive, the fewer kernels rank it; the kernels for each size are compiled.
    """
    for n_articles in 2, FEW_ARTICLES + 2, WORTH_PRUNING:
        # One word is common. The other articles have no word in common, so that their lists are
        # made at once. In the larger ones a line repeats.
        n_common = int(COMMON * n_articles) + 2
        news = RelatedNews().fit(
            {
                "id": str(i),
                "text": f"story number {i} {_TEXT if i < 2 else ''}\n{_LINE}"
                if i < n_common
                else str(i),
            }
            for i in range(n_articles)
        )
        news.related("0", selection=Selection(duplicate_threshold=None, diversity=0.5))
        news.related_to_text("story")
        news.explain("0", "1")
        news.store_lists(1)
        for number in range(n_articles, n_articles + 2):
            news.partial_fit([{"id": str(number), "text": f"story number {number}"}])
            news.related(str(number), selection=None)
