"""Plain ranking: the list of a draft by NumPy alone, for a process that may rank only one.

Importing Numba and loading kernels takes several times as long as this does; from the second list
on they are worth it. The lists are the same.

A walk over the postings sums, for every article, the length of its weights, its cosine with the
draft, and which words of either title the other text has. Whether the words of a phrase follow each
other there is looked at for few articles: as if they always did is a bound from above, as if they
never did is one from below.
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
from relnews.lists import similarities
from relnews.lists.near_duplicates import Canonical
from relnews.lists.selector import ListSelector, SelectedItems, floors_of
from relnews.lists.similarities import Similarities
from relnews.options.modes import DEFAULT, MODES
from relnews.options.selection import Selection
from relnews.results import RelatedList, item_of
from relnews.search.bounds import CommonTerms
from relnews.search.corpus_stats import CorpusStats
from relnews.search.decay import decay_of, undated_factor
from relnews.search.order import list_key
from relnews.search.query import Queries
from relnews.search.segment import days
from relnews.search.top_k import Ranked
from relnews.search.view import View
from relnews.search.weights import inverse
from relnews.storage import integrity
from relnews.storage.catalogue import Catalogue
from relnews.storage.compiled_rules import CompiledRules
from relnews.text.article_terms import NO_ARTICLE

#: A longer list is left to kernels.
MOST = 50

#: Scores that were summed in another order differ by less.
_ROUNDING = 1e-9


def list_of_draft(catalogue: Catalogue, draft: Article, k: int) -> RelatedList | None:
    """Return the list of a draft in the mode that goes without saying; None if kernels have to.

    Parameters
    ----------
    catalogue : Catalogue
    draft : Article
    k : int
    """
    if k > MOST:
        return None
    try:
        place = catalogue.folder or ":memory:"
        with catalogue.read_transaction(), integrity.damage_in(place), np.errstate(all="ignore"):
            if CompiledRules.of(catalogue):
                return None
            chosen = _Ranking(MappedArchive(catalogue), draft).choose(k)
            about: Any = catalogue.details(chosen.ranked.key.tolist())
    except (ArchiveChangedError, ArchiveFormatError):
        return None  # kernels find out which it is, or try again
    ranked = chosen.ranked
    lines = zip(
        about,
        ranked.score.tolist(),
        ranked.similarity.tolist(),
        chosen.near_duplicates,
        strict=True,
    )
    return RelatedList(None, tuple(
        item_of(shown, rank, score, similarity, also)
        for rank, (shown, score, similarity, also) in enumerate(lines, start=1)
    ))  # fmt: skip


class _Ranking:
    """The articles of an archive as they are related to a draft.

    Parameters
    ----------
    state : MappedArchive
    draft : Article
    """

    def __init__(self, state: MappedArchive, draft: Article) -> None:
        self._state = state
        query = state.query(draft)
        common = CommonTerms(np.empty(0, np.int32), np.empty((0, 0)), len(state.idf))
        statistics = CorpusStats(state.idf, state.unseen, common)
        self._queries = Queries.of([query], statistics, state.weighting)
        self._text = query.text
        self._text_pairs = pairs_of(query.text[:-1], query.text[1:])
        date = timestamp(draft.published)
        self._day = int(days(np.array([state.now if date is None else date]))[0])
        self._sums = [self._sum(part) for part in state.parts]

    def choose(self, k: int) -> SelectedItems:
        """Return what is in the list."""
        selection = cast(Selection, MODES[DEFAULT].selection)
        floors = floors_of(selection)
        of_one = SCORE_STEPS / self._state.weighting.scale
        near = [s.part.key[np.rint(s.cosine * of_one) >= floors[0]] for s in self._sums]
        if len(self._text) >= similarities.SAME_WORDS:
            near += [s.part.key[s.part.with_text(self._text)] for s in self._sums]
        near_draft = np.concatenate([np.empty(0, dtype=np.int64), *near])
        canonical = Canonical(selection.keep, cast(Snapshot, self))
        no_keys = np.empty(0, dtype=np.int64)
        depth = k + k // 2 + 1
        while True:
            ranked = self._best(depth)
            compared = cast(Similarities, _Compared(self._state, [*map(self._find, ranked.key)]))
            selector = ListSelector(
                ranked, len(ranked.key) < depth, k, selection, floors, compared, 0, canonical,
                no_keys, near_draft,
            )  # fmt: skip
            if selector.is_complete:
                return selector.selected()
            depth *= 4

    @property
    def view(self) -> View:
        """What a `Snapshot` has of this name, as far as the choice of a list asks for it."""
        return cast(View, self)

    def ids(self, keys: Sequence[int]) -> list[str]:
        """Return the ids of articles."""
        return self._state.catalogue.ids(keys)

    def published(self, keys: Sequence[int]) -> NDArray[np.int64]:
        """Return the dates of articles, as a `View` does."""
        return np.array([part.published[local] for part, local in map(self._find, keys)])

    def _find(self, key: int) -> tuple[Part, int]:
        """Return where an article is."""
        found = ((s.part, np.flatnonzero(s.part.key == key)) for s in self._sums)
        return next((part, int(local[0])) for part, local in found if len(local))

    def _sum(self, part: Part) -> _Sums:
        """Walk over what the articles of a part have of the draft."""
        state, queries, titles = self._state, self._queries, self._queries.title_match
        weight, idf = state.weighting.tf_weight(part.values), state.idf
        cosine, of_query, of_article, more = np.zeros((4, len(part.key)))
        length, title = part.totals(state.weighting, idf)
        inverse_title = inverse(title)
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
            # A term can be the phrase of two pairs of words, so this is a bound, too.
            for _, at in matches(part.pair_key, self._text_pairs):
                place = int(part.pair_term[at])
                groups = part.groups(place)
                is_phrase = part.values[part.level[groups]] & PHRASE > 0
                part.add(groups, is_phrase * (PHRASE_WEIGHT * idf[part.term[place]]), of_phrases)
        table, undated = decay_of(state.recency), undated_factor(state.recency)
        day = days(part.published).astype(np.int64)
        ago = np.minimum(np.abs(day - self._day), len(table) - 1)
        factor = np.where(day == NO_DAY, undated, table[ago])
        return _Sums(
            part, cosine * inverse(length), of_query, of_article, more + of_phrases * inverse_title,
            inverse_title, factor * state.is_shown(part),
        )  # fmt: skip

    def _best(self, depth: int) -> Ranked:
        """Return the best articles, in the order that the ranking has."""
        titles = self._queries.title_match
        share = 0.0 if titles is None else titles.share
        bounds = [s.bounds(share) for s in self._sums]
        least = np.concatenate([np.zeros(depth), *(low for low, _ in bounds)])
        floor = np.partition(least, -depth)[-depth] - (1 / SCORE_STEPS + _ROUNDING)
        key, steps, similarities, date = [], [], [], []
        for s, (_, high) in zip(self._sums, bounds, strict=True):
            for local in np.flatnonzero((high >= floor) & (high > 0)).tolist():
                similarity = self._similarity(s, local)
                key.append(int(s.part.key[local]))
                steps.append(round(similarity * float(s.factor[local]) * SCORE_STEPS))
                similarities.append(round(similarity * SCORE_STEPS) / SCORE_STEPS)
                date.append(int(s.part.published[local]))
        ids = self._state.catalogue.ids(key)
        order = sorted(range(len(key)), key=lambda i: list_key(steps[i], date[i], ids[i]))
        order = [i for i in order if steps[i] > 0][:depth]
        keys = np.array([key[i] for i in order], dtype=np.int64)
        scores = np.array([steps[i] for i in order], dtype=np.int64) / SCORE_STEPS
        return Ranked(NO_ARTICLE, keys, scores, np.array([similarities[i] for i in order]))

    def _similarity(self, s: _Sums, local: int) -> float:
        """Return how similar an article is, phrases of both titles looked for."""
        titles, idf = self._queries.title_match, self._state.idf
        similarity = float(s.cosine[local])
        if titles is not None:
            article = s.part.article(local)
            pairs = pairs_of(article.text[:-1], article.text[1:])
            own = np.isin(pairs_of(titles.first, titles.last), pairs)
            of_query = s.of_query[local] + titles.phrase_part[own].sum()
            first, last, phrase = article.phrases.T
            found = np.isin(pairs_of(first, last), self._text_pairs)
            of_article = s.of_article[local] + PHRASE_WEIGHT * idf[phrase[found]].sum()
            similarity += titles.share * (of_query + of_article * s.inverse_title[local])
        return min(similarity, 1.0)


@dataclasses.dataclass(frozen=True, slots=True)
class _Sums:
    """What the articles of a part have of a draft.

    Parameters
    ----------
    part : Part
    cosine, of_query, of_article, more, inverse_title, factor : float64 arrays
        For each article: the cosine's part of the similarity; what share of the draft's title is
        found as words, and the idf of the words of the article's own title that are; what phrases
        could add to both shares; 1 / the idf of the title; what the similarity is multiplied by.
    """

    part: Part
    cosine: NDArray[np.float64]
    of_query: NDArray[np.float64]
    of_article: NDArray[np.float64]
    more: NDArray[np.float64]
    inverse_title: NDArray[np.float64]
    factor: NDArray[np.float64]

    def bounds(self, share: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what the scores are at least, and at most."""
        shares = self.of_query + self.of_article * self.inverse_title
        least = np.where(self.cosine > 0, self.cosine + share * shares, 0.0)
        most = np.where(self.cosine > 0, least + share * self.more, 0.0)
        return np.minimum(least, 1.0) * self.factor, np.minimum(most, 1.0) * self.factor


class _Compared:
    """Articles that are compared with each other, as `Candidates` are."""

    def __init__(self, state: MappedArchive, places: Sequence[tuple[Part, int]]) -> None:
        articles = [part.article(local) for part, local in places]
        terms = np.unique(np.concatenate([np.empty(0, np.int32), *(one.term for one in articles)]))
        self._weights = np.zeros((len(articles), len(terms)))
        for weights, one in zip(self._weights, articles, strict=True):
            of_term = state.weighting.tf_weight(one.code) * state.idf[one.term]
            weights[np.searchsorted(terms, one.term)] = of_term / np.sqrt((of_term**2).sum())
        signs = [(len(one.text), *one.text[:1], *one.text[-1:], -1, -1)[:3] for one in articles]
        self._text = similarities.same_texts(
            np.array(signs, dtype=np.int64).reshape(-1, 3), lambda i: articles[i].text
        )

    def between(self, some: slice, others: slice) -> NDArray[np.int64]:
        """Return how similar articles are to others, in millionths."""
        cosine = np.einsum("ik,jk->ij", self._weights[some], self._weights[others])
        steps: NDArray[np.int64] = np.rint(np.minimum(cosine, 1.0) * SCORE_STEPS).astype(np.int64)
        steps[self._text[some, None] == self._text[None, others]] = SCORE_STEPS
        return steps
