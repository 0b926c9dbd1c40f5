"""Known answers: the duplicates and stories that the generator planted, and how many are found.

::

    python -m benchmarks planted --generate 10k

One article in thirty copies an earlier article with a twelfth of its words replaced, and the
articles of a story share words that few others have. One article in thirty is printed a second
time under another headline, with a lead or a footer of 5 to 30 % of its words. All are known
beforehand and need no judges.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from benchmarks import generate

#: Thresholds of near-duplicates; 0.9 is the default of `RelatedNews.duplicates`.
THRESHOLDS = (0.9, 0.8)

#: Of this many articles, one is printed a second time with added text.
PRINTED_TWICE = 30

#: Added text, as shares of the words of the article.
ADDED = (0.05, 0.3)

#: Number of articles whose lists are searched for stories.
LISTS = 1000


def measured(n_articles: int, *, seed: int = 0) -> Iterator[dict[str, Any]]:
    """Yield the records of one archive.

    Parameters
    ----------
    n_articles : int
        Number of articles.
    seed : int
        Another seed, another archive.
    """
    from relnews import RelatedNews

    ids, texts = [], []
    for article in generate.articles(n_articles, seed=seed):
        ids.append(article["id"])
        texts.append(article)
    news = RelatedNews().fit(texts)
    wanted = {(ids[a], ids[b]) for a, b in planted(n_articles, seed=seed).tolist()}
    for threshold in THRESHOLDS:
        recall, precision = of_groups(news.duplicates(threshold), wanted)
        yield _record(f"planted duplicates among the groups at {threshold}", recall)
        yield _record("pairs of these groups that come from one planted original", precision)
    extended = [*with_additions(texts, seed=seed)]
    more = RelatedNews().fit([*texts, *extended])
    printed = {(copy["id"], copy["id"].removesuffix("+")) for copy in extended}
    root = dict(wanted)
    groups = more.duplicates()
    recall, _ = of_groups(groups, printed)
    # The original of a second print may be a copy itself.
    _, precision = of_groups(groups, wanted | {(a, root.get(b, b)) for a, b in printed})
    yield _record("copies with 5 to 30 % of text added among the groups at 0.9", recall)
    yield _record(
        "pairs of these groups that come from one planted original, all copies", precision
    )
    rows = np.random.default_rng(seed).permutation(n_articles)[:LISTS]
    lists = [news.related(ids[row]).ids for row in rows.tolist()]
    first = [found[0] if found else "" for found in lists]
    of_first, of_items, of_chance = stories_found(ids, rows, lists, first, seed)
    yield _record("lists whose first item is of the article's story", of_first)
    yield _record("items that are of the article's story", of_items)
    yield _record("two articles drawn at random that are of one story", of_chance)


def _record(what: str, share: float) -> dict[str, Any]:
    return {"job": "planted", "what": what, "share": share}


def with_additions(texts: Sequence[dict[str, str]], *, seed: int = 0) -> Iterator[dict[str, str]]:
    """Yield second prints of articles: another headline, and words of another article added.

    Parameters
    ----------
    texts : sequence of dict
        Articles of the generator.
    seed : int
        Another seed, other additions.

    Yields
    ------
    dict
        ``id`` is the id of the original and a plus sign.
    """
    rng = np.random.default_rng([seed, 2])
    for row in rng.permutation(len(texts))[: len(texts) // PRINTED_TWICE].tolist():
        original, other = texts[row], texts[int(rng.integers(len(texts)))]
        words, more = original["text"].split(), other["text"].split()
        n_added = round(float(rng.uniform(*ADDED)) * len(words))
        added = (more * (n_added // max(len(more), 1) + 1))[:n_added]
        pieces = [added, words] if rng.random() < 0.5 else [words, added]
        yield original | {
            "id": f"{original['id']}+",
            "title": other["title"],
            "text": " ".join(itertools.chain.from_iterable(pieces)),
        }


def planted(n_articles: int, *, seed: int = 0) -> np.ndarray:
    """Return the copies as pairs of positions: copy, original."""
    pairs = []
    for start in range(0, n_articles, generate.BLOCK):
        original = generate.originals(start, seed)
        copies = np.flatnonzero(original >= 0)
        pairs.append(np.stack([copies, original[copies]], axis=1) + start)
    found = np.concatenate(pairs) if pairs else np.empty((0, 2), np.int64)
    return found[found[:, 0] < n_articles]


def stories(n_articles: int, *, seed: int = 0) -> np.ndarray:
    """Return the story number of each article; a copy has its original's."""
    story = generate.story_of(np.arange(n_articles, dtype=np.uint64), seed)
    copies = planted(n_articles, seed=seed)
    story[copies[:, 0]] = story[copies[:, 1]]
    return story


def of_groups(groups: Iterable[Sequence[str]], wanted: set[tuple[str, str]]) -> tuple[float, float]:
    """Compare groups of near-duplicates with the planted ones.

    Parameters
    ----------
    groups : iterable of sequence of str
        Groups of ids.
    wanted : set of (str, str)
        Ids of copies and originals.

    Returns
    -------
    recall : float
        Share of the planted pairs that are in one group.
    precision : float
        Share of the pairs in a group with the same original, or of a copy and its original.
    """
    original = dict(wanted)
    group_of, together, right = {}, 0, 0
    for number, group in enumerate(groups):
        group_of |= dict.fromkeys(group, number)
        roots = [original.get(member, member) for member in group]
        same = [roots.count(root) for root in roots]
        together += len(group) * (len(group) - 1) // 2
        right += sum(n - 1 for n in same) // 2
    found = sum(group_of.get(a, -1) == group_of.get(b, -2) for a, b in wanted)
    return found / max(len(wanted), 1), right / together if together else 1.0


def stories_found(
    ids: Sequence[str],
    rows: np.ndarray,
    lists: Sequence[Sequence[str]],
    first: Sequence[str],
    seed: int,
) -> tuple[float, float, float]:
    """Return the shares of first items, all items and random pairs that share a story."""
    story = stories(len(ids), seed=seed)
    of = dict(zip(ids, story.tolist(), strict=True))
    own = [of[ids[row]] for row in rows.tolist()]
    hits = [[of[item] == mine for item in one] for mine, one in zip(own, lists, strict=True)]
    firsts = [of.get(item) == mine for mine, item in zip(own, first, strict=True)]
    size = np.unique(story, return_counts=True)[1]
    chance = (size * (size - 1)).sum() / (len(ids) * (len(ids) - 1))
    return (
        float(np.mean(firsts)),
        float(np.mean([*itertools.chain.from_iterable(hits)])),
        float(chance),
    )
