"""Lists and scores against judgements: links set by writers, and ratings by people.

A set is a folder with articles (``docs.*`` and ``background.*``, of any format that `read_articles`
reads) and judgements:

- ``qrels*.tsv``: query, article, grade. Lists are made of the whole archive.
- ``pairs.tsv``: two articles and their ratings by people, a column each, with a first line of
  titles. Scores are compared with the ratings, and qrels of such a set are known of its rated pairs
  only, so that lists are made of the judged articles of a query.
- ``quoted.tsv``: pairs in which one text has the other's title. They are left out of judgements and
  lists in a second measure.

relnews is used as a site uses it; each peer scores all articles, and the highest scores are its
list.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers import PEERS

#: Items of a list.
K = 8

#: Fields of the articles that systems get.
FIELDS = ("title", "text", "published", "language")

#: Bootstrap resamples of articles for the interval of a difference of correlations.
RESAMPLES = 2000

#: Names in tables of the columns of ``pairs.tsv``; others keep their names.
RATINGS = {
    "meanSimRating": "similarity", "similarity_0_1": "similarity", "meanGoodR": "would-follow",
}  # fmt: skip

#: Systems that always run, since they need only what relnews needs.
ALWAYS = ("scikit-learn", "sublinear")


@dataclasses.dataclass(frozen=True)
class Ranker:
    """A system that has indexed the articles of a set.

    Parameters
    ----------
    best : callable
        Maps an article's position, a number of items, and excluded positions to positions, best
        first.
    scores : callable
        Maps an article's position to the scores of all articles.
    """

    best: Callable[[int, int, Sequence[int]], list[int]]
    scores: Callable[[int], np.ndarray]


@dataclasses.dataclass(frozen=True)
class Judged:
    """A set of judged articles.

    Parameters
    ----------
    articles : list of dict
        The articles; ids are positions.
    qrels : mapping of int to mapping of int to int
        Maps query to judged article to grade.
    quoted : frozenset of (int, int)
        Pairs in which one text contains the other's title.
    pairs : ndarray of int of shape (n, 2)
        Pairs that people rated.
    ratings : dict of str to ndarray of float of shape (n,)
        Ratings by question.
    """

    articles: list[dict[str, Any]]
    qrels: Mapping[int, Mapping[int, int]]
    quoted: frozenset[tuple[int, int]]
    pairs: np.ndarray
    ratings: dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Correlation:
    """Correlation of scores with ratings.

    Parameters
    ----------
    articles : int
        Number of articles in the set.
    pairs : ndarray of int of shape (n, 2)
        Rated pairs of positions.
    scores, ratings : ndarray of float of shape (n,)
        Score and rating of each pair.
    """

    articles: int
    pairs: np.ndarray
    scores: np.ndarray
    ratings: np.ndarray

    def value(self) -> float:
        """Return Pearson's correlation."""
        return float(self.of_resamples(np.ones((1, self.articles)))[0])

    def of_resamples(self, times: np.ndarray) -> np.ndarray:
        """Return the correlation for each row of article counts.

        A pair counts as often as both of its articles together.
        """
        weight = times[:, self.pairs[:, 0]] * times[:, self.pairs[:, 1]]
        n = weight.sum(axis=1)
        x, y = (_standard(values) for values in (self.scores, self.ratings))
        mean_x, mean_y = weight @ x / n, weight @ y / n
        both = weight @ (x * y) / n - mean_x * mean_y
        spread = (weight @ (x * x) / n - mean_x**2) * (weight @ (y * y) / n - mean_y**2)
        return both / np.sqrt(spread)


def _standard(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / values.std()


def measured(data: Path, peers: Sequence[str], threads: int) -> Iterator[dict[str, Any]]:
    """Yield the records of relnews and each peer, with the lead of relnews over the peer.

    Parameters
    ----------
    data : Path
        A set, or a folder of sets.
    peers : sequence of str
        Names in `benchmarks.peers.PEERS`.
    threads : int
        Number of threads of each system.
    """
    others = [name for name in PEERS if name in ALWAYS or name in peers]
    asked = [name for name in others if "relevance" in PEERS[name].jobs]
    found: dict[str, dict[str, Any]] = {}
    sets = {folder.name: read(folder) for folder in folders_of_sets(data.resolve())}
    for name in ["relnews", *asked]:
        for label, ranker in rankers(name, threads):
            found[label] = {}
            for judged_set in sets.items():
                found[label] |= of_set(*judged_set, ranker(judged_set[1]))
            print(f"relevance: {label}", file=sys.stderr, flush=True)
    for label, values in found.items():
        means = {measure: mean(value) for measure, value in values.items()}
        yield {"job": "relevance", "system": label, "ours": label == "relnews", "means": means}
    for label, values in found.items():
        if label != "relnews":
            ours = found["relnews"]
            differences = {m: difference(ours[m], value) for m, value in values.items()}
            yield {"job": "bootstrap", "system": label, "differences": differences}


def folders_of_sets(data: Path) -> list[Path]:
    """Return the sets of a folder: itself, or the folders in it with articles and judgements."""
    folders = [data, *sorted(path for path in data.iterdir() if path.is_dir())]
    found = [
        folder
        for folder in folders
        if any(folder.glob("docs.*")) and [*folder.glob("qrels*.tsv"), *folder.glob("pairs.tsv")]
    ]
    if not found:
        raise SystemExit(
            f"{data} has no set: expected docs.* and qrels*.tsv or pairs.tsv, in it or in a folder"
            " in it"
        )
    return found


def read(folder: Path) -> Judged:
    """Read a set: articles, qrels, title pairs and ratings, as far as it has them."""
    from relnews import read_articles
    from relnews.evaluation import known_to, read_qrels

    files = [path for name in ("docs.*", "background.*") for path in sorted(folder.glob(name))]
    read_ = [article for path in files for article in read_articles(path)]
    place = {article.id: i for i, article in enumerate(read_)}
    articles = [
        {
            "id": str(i),
            "title": a.title,
            "text": a.text,
            "published": a.published,
            "language": a.language,
        }
        for i, a in enumerate(read_)
    ]
    qrels: dict[int, dict[int, int]] = {}
    for path in sorted(folder.glob("qrels*.tsv")):
        known = known_to(place, read_qrels(path))
        print(f"relevance: {path}: {known.summary()}", file=sys.stderr)
        for query, grades in known.qrels.items():
            of_query = qrels.setdefault(place[query], {})
            of_query |= {place[article]: grade for article, grade in grades.items()}
    quoted = [(a, b) for a, b, *_ in _known(_rows(folder / "quoted.tsv"), place)]
    titles, *rows = _rows(folder / "pairs.tsv") or [[]]
    rated = _known(rows, place)
    ratings = {
        RATINGS.get(title, title): np.array([float(row[column]) for row in rated])
        for column, title in enumerate(titles)
        if column > 1 and title != "ratings"  # the number of people that rated
    }
    pairs = np.array([row[:2] for row in rated], dtype=int).reshape(-1, 2)
    return Judged(articles, qrels, frozenset(quoted), pairs, ratings)


def _rows(path: Path) -> list[list[str]]:
    if not path.exists():
        return []
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]


def _known(rows: list[list[str]], place: Mapping[str, int]) -> list[list[Any]]:
    """Return the rows of two known articles, with positions in place of ids."""
    return [[place[a], place[b], *rest] for a, b, *rest in rows if a in place and b in place]


def rankers(name: str, threads: int) -> Iterator[tuple[str, Callable[[Judged], Ranker]]]:
    """Yield the ways to rank that a system has, by their names in tables."""
    if name == "relnews":
        yield "relnews", by_related_news
        if importlib.util.find_spec("wordllama") is not None:
            yield "relnews, wordllama", lambda judged: by_related_news(judged, vectors="wordllama")
    else:
        peer = PEERS[name](threads)
        yield peer.name, lambda judged: by_scores(peer.scores, judged)


def by_related_news(judged: Judged, **parameters: Any) -> Ranker:
    """Rank as a site does, by the public interface."""
    from relnews import RelatedNews

    news, n = RelatedNews(**parameters).fit(judged.articles), len(judged.articles)

    def best(query: int, k: int, out: Sequence[int]) -> list[int]:
        # Conditions are part of the ranking, so that the list is still full.
        found = news.related(str(query), k, exclude=[str(position) for position in out])
        return [int(item.id) for item in found]

    def scores(query: int) -> np.ndarray:
        found = np.zeros(n)
        # People also rated versions of the same story, of which a list has at most one.
        for item in news.related(str(query), n, selection=None):
            found[int(item.id)] = item.score
        return found

    return Ranker(best, scores)


def by_scores(
    scores_of: Callable[[list[dict[str, Any]], list[int]], np.ndarray], judged: Judged
) -> Ranker:
    """Rank by the scores of all articles."""
    queries = sorted({*judged.qrels, *judged.pairs.ravel().tolist()})
    place = {query: i for i, query in enumerate(queries)}
    found = np.asarray(scores_of(judged.articles, queries))

    def best(query: int, k: int, out: Sequence[int]) -> list[int]:
        row = found[place[query]].astype(float)
        row[[query, *out]] = -np.inf
        first = np.argsort(-row, kind="stable")[:k]
        return [int(position) for position in first if row[position] > 0]

    return Ranker(best, lambda query: found[place[query]])


def of_set(name: str, judged: Judged, ranker: Ranker) -> dict[str, Any]:
    """Return the measures of a set: nDCG of each query as `Scores`, or a `Correlation`."""
    found: dict[str, Any] = {}
    if judged.qrels:
        measure = f"{name} nDCG@{K}"
        found[measure] = (of_judged if judged.ratings else of_archive)(judged, ranker)
        if judged.quoted:
            found[f"{measure}, unquoted"] = of_archive(judged, ranker, judged.quoted)
    # A rating has no direction, so scores that depend on the direction are averaged.
    rows = {int(query): ranker.scores(int(query)) for query in np.unique(judged.pairs)}
    scores = np.array([(rows[a][b] + rows[b][a]) / 2 for a, b in judged.pairs.tolist()], float)
    for question, ratings in judged.ratings.items():
        correlation = Correlation(len(judged.articles), judged.pairs, scores, ratings)
        found[f"{name} {question}"] = correlation
    return found


def of_archive(
    judged: Judged, ranker: Ranker, out: frozenset[tuple[int, int]] = frozenset()
) -> Any:
    """Return nDCG over the whole archive; excluded pairs are neither judged nor listed."""
    from relnews.evaluation import score

    qrels = {
        str(query): {str(a): grade for a, grade in grades.items() if (query, a) not in out}
        for query, grades in judged.qrels.items()
    }
    run = {
        str(query): [
            str(position)
            for position in ranker.best(query, K, [a for a in grades if (query, a) in out])
        ]
        for query, grades in judged.qrels.items()
    }
    return score(qrels, run, K)


def of_judged(judged: Judged, ranker: Ranker) -> Any:
    """Return nDCG among the judged articles of each query; grade g gains 2**g - 1."""
    from relnews.evaluation import score

    qrels, run = {}, {}
    for query, grades in judged.qrels.items():
        scores = ranker.scores(query)
        qrels[str(query)] = {str(a): 2**grade - 1 for a, grade in grades.items()}
        run[str(query)] = [str(a) for a in sorted(grades, key=lambda a: (-scores[a], a))[:K]]
    return score(qrels, run, K)


def mean(measure: Any) -> float:
    """Return a measure as tables show it."""
    if isinstance(measure, Correlation):
        return measure.value()
    return float(measure.means()[f"nDCG@{K}"])


def difference(ours: Any, theirs: Any) -> dict[str, float]:
    """Return the lead of relnews, and its 95 % interval by a paired bootstrap."""
    if not isinstance(ours, Correlation):
        from relnews.evaluation import compare

        (found,) = [
            comparison for comparison in compare(ours, theirs) if comparison.measure == f"nDCG@{K}"
        ]
        return {"difference": found.difference, "low": found.low, "high": found.high}
    # Resample articles, not pairs: pairs that share an article are not independent.
    judged = np.unique(ours.pairs)
    drawn = np.random.default_rng(0).multinomial(
        len(judged), np.full(len(judged), 1 / len(judged)), RESAMPLES
    )
    times = np.zeros((RESAMPLES, ours.articles))
    times[:, judged] = drawn
    gaps = ours.of_resamples(times) - theirs.of_resamples(times)
    low, high = np.percentile(gaps, [2.5, 97.5])
    return {"difference": ours.value() - theirs.value(), "low": float(low), "high": float(high)}
