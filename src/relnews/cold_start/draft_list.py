"""List of a draft, ranked by NumPy alone, for a process that may rank only once.

The first list of a process takes 0.52 s of processor time this way and 1.36 s with kernels, because
Numba and the kernels are loaded first. From the second list on, kernels are faster. The lists are
the same.

A walk over the postings sums, for every article, the length of its weights, its cosine with the
draft, and the words of each title that the other text contains. Phrases need the word order, which
is read for a few articles only: a phrase counts in the upper bound of the score, not in the lower.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from relnews._kernels.scoring import NO_DAY, SCORE_STEPS
from relnews._kernels.title_match import PHRASE_WEIGHT
from relnews._kernels.wording import IN_TITLE, PHRASE, TF_SHIFT
from relnews.archive.snapshot import Snapshot
from relnews.articles import Article
from relnews.cold_start.mapped_archive import MappedArchive, Part, matches, pairs_of
from relnews.dates import timestamp
from relnews.exceptions import ArchiveChangedError, ArchiveFormatError
from relnews.lists import containment, similarities
from relnews.lists.block_selector import SelectedItems
from relnews.lists.containment import LEAST_COSINE
from relnews.lists.selector import select
from relnews.lists.similarities import floor_of, floors_for
from relnews.options.modes import stored_selection
from relnews.options.vectors import SETTING as VECTORS
from relnews.results import RelatedList, ranked_items
from relnews.search.bounds import CommonTerms
from relnews.search.corpus_stats import CorpusStats
from relnews.search.limits import days, fading_of
from relnews.search.order import list_key
from relnews.search.query import Queries
from relnews.search.top_k import Ranked
from relnews.search.view import View
from relnews.search.weights import inverse
from relnews.storage import integrity
from relnews.storage.catalogue import Catalogue
from relnews.storage.compiled_rules import CompiledRules
from relnews.text import repeated_lines
from relnews.text.article_terms import NO_ARTICLE

#: Maximum length of a list; kernels rank longer lists.
MOST = 50

#: Scores that are summed in another order differ by less than this.
_ROUNDING = 1e-9


def list_of_draft(catalogue: Catalogue, draft: Article, k: int) -> RelatedList | None:
    """Return the list of a draft in the default mode; None if it needs kernels.

    Kernels rank lists longer than `MOST`, lists of archives with editors' rules, repeated lines or
    vectors, and lists of archives that are damaged or have changed during the ranking.

    Parameters
    ----------
    catalogue : Catalogue
        Catalogue of the archive.
    draft : Article
        Article to rank for.
    k : int
        Length of the list.
    """
    if k > MOST:
        return None
    try:
        place = catalogue.folder or ":memory:"
        with catalogue.read_transaction(), integrity.damage_in(place), np.errstate(all="ignore"):
            if CompiledRules.of(catalogue).rules or any(
                catalogue.settings(repeated_lines.SETTING, VECTORS)
            ):
                return None
            chosen = _Ranking(MappedArchive(catalogue), draft).choose(k)
            about: Any = catalogue.details(chosen.key)
    except (ArchiveChangedError, ArchiveFormatError, FileNotFoundError):
        return None  # the ranking by kernels reports the damage, or tries again
    return RelatedList(None, ranked_items(zip(about, *chosen[1:], strict=True)))


class _Ranking:
    """Ranking of the articles of an archive for a draft.

    Parameters
    ----------
    state : MappedArchive
        Archive to rank over.
    draft : Article
        Article to rank for.
    """

    def __init__(self, state: MappedArchive, draft: Article) -> None:
        self._state = state
        query = state.query(draft)
        common = CommonTerms(np.empty(0, np.int32), np.empty((0, 0)), len(state.idf))
        statistics = CorpusStats(state.idf, state.unseen, state.least_title, common)
        self._queries = Queries.of([query], statistics, state.weighting)
        self._text = query.text
        self._text_pairs = pairs_of(query.text[:-1], query.text[1:])
        date = timestamp(draft.published)
        self._published = np.array([state.now if date is None else date])
        self._fading = fading_of(self._published, state.recency)
        self._sums = [self._sum(part) for part in state.parts]

    def choose(self, k: int) -> SelectedItems:
        """Return the items of a list of at most k."""
        selection = stored_selection()
        floor = floor_of(cast(float, selection.duplicate_threshold))
        cosine_steps = SCORE_STEPS / self._state.weighting.scale
        near = []
        for sums in self._sums:
            steps = np.rint(sums.cosine * cosine_steps)
            floors = floors_for(floor, sums.part.published, self._published)
            is_near = steps >= floors
            for local in np.flatnonzero((steps >= LEAST_COSINE) & ~is_near).tolist():
                text = sums.part.article(local).text
                is_near[local] = containment.containment(self._text, text) >= floors[local]
            near.append(sums.part.key[is_near])
        if len(self._text) >= containment.SAME_WORDS:
            near += [sums.part.key[sums.part.with_text(self._text)] for sums in self._sums]
        near_draft = np.concatenate([np.empty(0, dtype=np.int64), *near])
        (chosen,) = select(
            cast(Snapshot, self), self, 1, k, selection, [near_draft[:0]], near_draft, self._compare
        )
        return chosen

    def best(self, numbers: Sequence[int], depth: int) -> list[Ranked]:
        """Return the best articles for the draft, as `Source.best` does."""
        return [self._best(depth) for _ in numbers]

    @property
    def view(self) -> View:
        """The ranking itself, in place of `Snapshot.view`: it has the methods that are called."""
        return cast(View, self)

    def ids(self, keys: Sequence[int]) -> list[str]:
        """Return the ids of articles."""
        return self._state.catalogue.ids(keys)

    def published(self, keys: Sequence[int]) -> NDArray[np.int64]:
        """Return the timestamps of articles, as `View.published` does."""
        return np.array([part.published[local] for part, local in map(self._find, keys)])

    def _find(self, key: int) -> tuple[Part, int]:
        """Return the part of an article, and its place there."""
        parts = (sums.part for sums in self._sums)
        found = ((part, np.flatnonzero(part.key == key)) for part in parts)
        return next((part, int(local[0])) for part, local in found if len(local))

    def _compare(self, keys: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return the similarities of a single group of articles, as `similarities` does."""
        places = np.flatnonzero(keys[0] >= 0)
        articles = [part.article(local) for part, local in map(self._find, keys[0, places])]
        all_terms = [np.empty(0, np.int32), *(article.term for article in articles)]
        terms = np.unique(np.concatenate(all_terms))
        weights = np.zeros((len(articles), len(terms)))
        for row, article in zip(weights, articles, strict=True):
            of_term = self._state.weighting.tf_weight(article.code) * self._state.idf[article.term]
            row[np.searchsorted(terms, article.term)] = of_term / np.sqrt((of_term**2).sum())
        cosine = np.einsum("ik,jk->ij", weights, weights)
        steps = np.rint(np.minimum(cosine, 1.0) * SCORE_STEPS).astype(np.int32)
        texts = [article.text for article in articles]
        signs = [(len(text), *text[:1], *text[-1:], -1, -1)[:3] for text in texts]
        number = similarities.same_texts(
            np.array(signs, dtype=np.int64).reshape(-1, 3), lambda i: texts[i]
        )
        steps[number[:, None] == number] = SCORE_STEPS
        for i, j in np.argwhere((steps >= LEAST_COSINE) & (steps < SCORE_STEPS)).tolist():
            steps[i, j] = max(steps[i, j], containment.containment(texts[i], texts[j]))
        found = np.zeros((1, keys.size, keys.size), dtype=np.int32)
        found[0, places[:, None], places] = steps
        return found

    def _sum(self, part: Part) -> _Sums:
        """Return the sums of a part's articles, by a walk over postings of the draft's terms."""
        state, queries, titles = self._state, self._queries, self._queries.title_match
        weight, idf = state.weighting.tf_weight(part.values), state.idf
        cosine, of_query, of_article, more = np.zeros((4, len(part.key)))
        length, title = part.totals(state.weighting, idf)
        inverse_title = inverse(np.maximum(title, state.least_title))
        for i, place in part.places(queries.term):
            groups = part.groups(place)
            level = part.level[groups]
            part.add(groups, queries.weight[i] * weight[level], cosine)
            if titles is not None:
                code, in_title = part.values[level], titles.title_part[i]
                in_text = code >> TF_SHIFT > 0
                part.add(groups, in_text * in_title, of_query)
                part.add(groups, in_text * (titles.title_most[i] - in_title), more)
                if titles.code[i] >> TF_SHIFT:
                    part.add(groups, (code & IN_TITLE > 0) * idf[queries.term[i]], of_article)
        of_phrases = np.zeros(len(part.key))
        if titles is not None:
            # An upper bound: a term can be the phrase of two pairs of words.
            for _, at in matches(part.pair_key, self._text_pairs):
                place = int(part.pair_term[at])
                groups = part.groups(place)
                is_phrase = part.values[part.level[groups]] & PHRASE > 0
                part.add(groups, is_phrase * (PHRASE_WEIGHT * idf[part.term[place]]), of_phrases)
        query_day, table, undated = self._fading
        day = days(part.published).astype(np.int64)
        ago = np.minimum(np.abs(day - query_day[0]), len(table) - 1)
        factor = np.where(day == NO_DAY, undated, table[ago])
        return _Sums(
            part, cosine * inverse(length), of_query, of_article, more + of_phrases * inverse_title,
            inverse_title, factor * state.is_shown(part),
        )  # fmt: skip

    def _best(self, depth: int) -> Ranked:
        """Return the best ``depth`` articles, in the order of a list."""
        titles = self._queries.title_match
        share = 0.0 if titles is None else titles.share
        bounds = [sums.bounds(share) for sums in self._sums]
        least = np.concatenate([np.zeros(depth), *(low for low, _ in bounds)])
        floor = np.partition(least, -depth)[-depth] - (1 / SCORE_STEPS + _ROUNDING)
        key, steps, similarities, date = [], [], [], []
        for sums, (_, high) in zip(self._sums, bounds, strict=True):
            for local in np.flatnonzero((high >= floor) & (high > 0)).tolist():
                similarity = self._similarity(sums, local)
                key.append(int(sums.part.key[local]))
                steps.append(round(similarity * float(sums.factor[local]) * SCORE_STEPS))
                similarities.append(round(similarity * SCORE_STEPS) / SCORE_STEPS)
                date.append(int(sums.part.published[local]))
        ids = self._state.catalogue.ids(key)
        order = sorted(range(len(key)), key=lambda i: list_key(steps[i], date[i], ids[i]))
        order = [i for i in order if steps[i] > 0][:depth]
        keys = np.array([key[i] for i in order], dtype=np.int64)
        scores = np.array([steps[i] for i in order], dtype=np.int64) / SCORE_STEPS
        return Ranked(NO_ARTICLE, keys, scores, np.array([similarities[i] for i in order]))

    def _similarity(self, sums: _Sums, local: int) -> float:
        """Return the exact similarity of an article, phrases of both titles included."""
        titles, idf = self._queries.title_match, self._state.idf
        similarity = float(sums.cosine[local])
        if titles is not None:
            article = sums.part.article(local)
            pairs = pairs_of(article.text[:-1], article.text[1:])
            in_text = np.isin(pairs_of(titles.first, titles.last), pairs)
            of_query = sums.of_query[local] + titles.phrase_part[in_text].sum()
            first, last, phrase = article.phrases.T
            found = np.isin(pairs_of(first, last), self._text_pairs)
            of_article = sums.of_article[local] + PHRASE_WEIGHT * idf[phrase[found]].sum()
            similarity += titles.share * (of_query + of_article * sums.inverse_title[local])
        return min(similarity, 1.0)


@dataclasses.dataclass(frozen=True, slots=True)
class _Sums:
    """Sums over the postings of a draft's terms, for the articles of a part.

    Parameters
    ----------
    part : Part
        The articles.
    cosine, of_query, of_article, more, inverse_title, factor : float64 arrays
        For each article: the cosine's part of the similarity; the share of the draft's title whose
        words the article's text contains; the idf of the words of the article's title that the
        draft's text contains; an upper bound of what phrases add to both shares; 1 / sum of the idf
        of the article's title; the factor from similarity to score, 0 for articles not shown.
    """

    part: Part
    cosine: NDArray[np.float64]
    of_query: NDArray[np.float64]
    of_article: NDArray[np.float64]
    more: NDArray[np.float64]
    inverse_title: NDArray[np.float64]
    factor: NDArray[np.float64]

    def bounds(self, share: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return lower and upper bounds of the scores; ``share`` is `QueryTitleMatch.share`."""
        shares = self.of_query + self.of_article * self.inverse_title
        least = np.where(self.cosine > 0, self.cosine + share * shares, 0.0)
        most = np.where(self.cosine > 0, least + share * self.more, 0.0)
        return np.minimum(least, 1.0) * self.factor, np.minimum(most, 1.0) * self.factor
