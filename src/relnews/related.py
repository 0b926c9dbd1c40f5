"""RelatedNews: the class that most people meet."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from relnews import _checks
from relnews._checks import (
    check_folding,
    check_integer,
    check_n_jobs,
    check_stop_words,
    check_weighting,
    shortened,
)
from relnews.exceptions import UnknownArticleError
from relnews.living import LivingArchive
from relnews.options.modes import DEFAULT, STORED
from relnews.options.recency import Recency, check_own_recency
from relnews.options.selection import check_agencies, check_prefer
from relnews.results import Drift, RelatedList, UpdateReport
from relnews.storage import integrity, list_reader
from relnews.storage.catalogue import Catalogue

if TYPE_CHECKING:
    import datetime as dt

    from relnews.archive.snapshot import Snapshot
    from relnews.articles import Article
    from relnews.lists.builder import ListBuilder
    from relnews.lists.explanation import Explanation, WhyNot
    from relnews.lists.near_duplicates import Progress
    from relnews.options.list_options import Options, Plan
    from relnews.options.selection import Prefer
    from relnews.readers.load_report import Intake
    from relnews.storage.rules import Rules

# What ranks is imported when it is needed first: a stored list is read without.


class RelatedNews(LivingArchive):
    r"""Related News lists for an archive of articles.

    An article's words are weighted by tf-idf. Its list is the k articles that are most similar, by
    the cosine of the weights and by what share of either title is found in the other text, fading
    with the days between them; exactly. Of two articles that score the same to within a millionth
    the newer comes first (undated ones last), and of one date the one with the smaller id.

    Parameters
    ----------
    title_weight : float, default=1
        What a word weighs more if it is in the title; one that is once in the text weighs 1.
    title_share : float, default=0.1
        How much it counts, as a part of the cosine, that all of one title is found in the other
        text, its words and its phrases.
    stop_words : 'language', 'english', iterable of str or None, default='language'
        Words that do not count; by default, those of the language that an article is in, as far as
        there is a list of them. 'english', or any words, are for all articles.
    folding : 'english' or None, default='english'
        Spellings that are one in English: a plural loses its s, and US, U.S. and USA are the same.
    language : str or None, default='en'
        A BCP 47 tag, of which only the language counts: what articles are in that do not say it.
        Articles in different languages share no word. None takes all for one language, English.
    sublinear_tf : bool, default=True
        Weigh a term that is tf times in the text by 1 + ln(tf) instead of tf.
    recency : Recency or None, default=Recency()
        How scores fade with the days between two articles, unless something else is asked for.
    n_jobs : int, default=None
        Threads that `related_all` ranks with; None is 1 unless a ``joblib.parallel_config`` says
        otherwise, -1 is all cores. The lists do not depend on it.

    Attributes
    ----------
    intake_ : Intake
        What `fit` loaded, and what it skipped or mended and why.
    archive_ : Archive
        The articles, counted and laid out.

    Examples
    --------
    >>> from relnews import RelatedNews
    >>> news = RelatedNews().fit([
    ...     {"id": "a", "title": "Ukraine talks push for US guarantees"},
    ...     {"id": "b", "title": "Kremlin seeks veto on Ukraine security guarantees"},
    ...     {"id": "c", "title": "Drought empties the reservoirs"},
    ... ])
    >>> print(news.related("a"))
    1. Kremlin seeks veto on Ukraine security guarantees
    """

    intake_: Intake

    def __init__(
        self,
        *,
        title_weight: float = 1.0,
        title_share: float = 0.1,
        stop_words: str | Iterable[str] | None = "language",
        folding: str | None = "english",
        language: str | None = "en",
        sublinear_tf: bool = True,
        recency: Recency | None = Recency(),  # noqa: B008 (frozen)
        n_jobs: int | None = None,
    ) -> None:
        super().__init__(n_jobs)
        self.title_weight = title_weight
        self.title_share = title_share
        self.stop_words = stop_words
        self.folding = folding
        self.language = language
        self.sublinear_tf = sublinear_tf
        self.recency = recency
        self._has_ranked = False

    def fit(self, articles: object, *, intake: Intake | None = None) -> RelatedNews:
        """Build the archive.

        Parameters
        ----------
        articles : iterable or DataFrame
            Dicts, `Article` objects, data frame rows, or what `read_articles` returns. Read once,
            one after another; texts are counted and not kept.
        intake : Intake, optional
            Counts what is skipped or mended. By default the reader's own, or a new one;
            ``Intake(strict=True)`` raises `ArticleError` instead.

        Returns
        -------
        RelatedNews
            Itself. ``intake_`` says what was skipped or mended and why.
        """
        from relnews.maintenance.build import build
        from relnews.search.weights import Weighting
        from relnews.text.analysis import Analysis

        _checks.check_instance("recency", self.recency, Recency)
        check_own_recency(self.recency)
        analysis = Analysis(self.stop_words, self.folding, self.language)  # type: ignore[arg-type]
        weighting = Weighting(self.sublinear_tf, self.title_weight, self.title_share)
        self.stop_words = analysis.stop_words  # a generator of words is empty the second time
        given, intake = _given(articles, intake)
        self._take(build(given, analysis, weighting, self.recency))
        self.intake_ = intake
        return self

    def partial_fit(self, articles: object, *, intake: Intake | None = None) -> UpdateReport:
        """Add articles to the archive, or replace those that have the same ids.

        What was opened from a folder is durable there when this returns; all of it or, whatever
        happens, nothing of it. Every list is then what a fresh `fit` would make it.

        Parameters
        ----------
        articles : iterable or DataFrame
            As for `fit`. Of two with the same id the first one counts.
        intake : Intake, optional
            As for `fit`.

        Returns
        -------
        UpdateReport
            What was added and replaced and, if lists are stored, which of them changed.

        Raises
        ------
        TimeoutError
            If another process has been writing the archive for long.
        """
        if self._catalogue is None:
            self.fit((), intake=None)
        given, intake = _given(articles, intake)
        report = self._updates().add(given)
        self.intake_ = intake
        return dataclasses.replace(report, intake=intake.summary())

    def drift(self, sample: int = 100) -> Drift:
        """Say how far the statistics have moved since the stored lists' epoch.

        Parameters
        ----------
        sample : int, default=100
            Stored lists to compare with those of now, evenly spread over the archive.
        """
        archive = self._fitted()
        archive.refresh()
        idf = archive.index.drift()
        settings = archive.catalogue.setting("lists")
        if settings is None:
            return Drift(idf)
        _checks.check_integer("sample", sample, minimum=0)
        k, differ, n = settings["k"], 0, 0
        plan = _plan_of({"mode": STORED})
        ids = archive.catalogue.all_ids()
        for identifier in ids[:: max(-(-len(ids) // sample), 1)] if sample else ():
            with contextlib.suppress(UnknownArticleError):  # removed meanwhile
                ranked = archive.answer(functools.partial(_built, identifier, k, plan))
                differ += self.related(identifier, k, mode=STORED).ids != ranked.ids
                n += 1
        return Drift(idf, differ / n if n else None)

    def related(
        self,
        id: str,  # noqa: A002 (the field's own name)
        k: int = 8,
        **options: Unpack[Options],
    ) -> RelatedList:
        """Return the Related News of one article.

        Parameters
        ----------
        id : str
            An article of the archive.
        k : int, default=8
            The list has fewer items if fewer articles share a term with this one.
        **options
            The mode, and whatever is to be otherwise: what articles of the list have to be, how
            recency counts, what is left out, what fills it. See `Options`. A stored list is asked
            if there are none.

        Raises
        ------
        UnknownArticleError
            A `KeyError` that names the id, and one that was probably meant.
        """
        _checks.check_integer("k", k, minimum=1)
        catalogue = self._read_catalogue()
        if options.keys() <= {"mode"} and options.get("mode", DEFAULT) == STORED:
            found = list_reader.stored_list(catalogue, str(id), k)
            if found is not None:
                return found
        archive, plan = self._fitted(), _plan_of(options)
        return archive.answer(lambda snapshot: _built(str(id), k, plan, snapshot))

    def blocks(
        self,
        id: str,  # noqa: A002
        sizes: Mapping[str, int],
        **options: Unpack[Options],
    ) -> dict[str, RelatedList]:
        """Return several lists of one article, such that nothing is in two of them.

        Parameters
        ----------
        id : str
            An article of the archive.
        sizes : mapping of str to int
            The mode of each list, as ``latest``, ``background`` or ``also``, and how many items it
            has. The first list chooses first. What leaves out near-duplicates leaves out those of
            the lists before it, too.
        **options
            As for `related`, for all of the lists.

        Returns
        -------
        dict of str to RelatedList
            In the order of ``sizes``.
        """
        _check_sizes(sizes)
        archive = self._fitted()
        plans = {mode: _plan_of({**options, "mode": mode}) for mode in sizes}

        def answer(snapshot: Snapshot) -> dict[str, RelatedList]:
            (key,) = snapshot.keys_of([str(id)])
            lists: dict[str, RelatedList] = {}
            for mode, plan in plans.items():
                beside = snapshot.keys_of(
                    [other for block in lists.values() for other in block.ids]
                )
                lists[mode] = _builder(snapshot, plan).article(key, sizes[mode], beside=beside)
            return lists

        return archive.answer(answer)

    def related_to_text(
        self,
        text: str = "",
        *,
        title: str = "",
        published: dt.datetime | None = None,
        language: str | None = None,
        k: int = 8,
        **options: Unpack[Options],
    ) -> RelatedList:
        """Return the Related News of a story that is not in the archive.

        Parameters
        ----------
        text, title : str
            At least one of them has words.
        published : datetime, optional
            What conditions on dates count from; now by default.
        language : str, optional
            A BCP 47 tag; by default the archive's own language.
        k : int, default=8
        **options
            As for `related`.
        """
        _checks.check_integer("k", k, minimum=1)
        _checks.check_draft(title, text)
        from relnews.articles import Article
        from relnews.dates import parse_date
        from relnews.options.list_options import Plan
        from relnews.text.languages import check_language

        check_language(language)
        draft = Article(
            id="", title=title, text=text, published=parse_date(published), language=language
        )
        is_first, self._has_ranked = not self._has_ranked, True
        if is_first and "numba" not in sys.modules and Plan.of(options).is_plain:
            from relnews.cold_start import draft_list

            found = draft_list.list_of_draft(self._read_catalogue(), draft, k)
            if found is not None:
                return found
        archive, plan = self._fitted(), _plan_of(options)
        return archive.answer(lambda snapshot: _builder(snapshot, plan).draft(draft, k))

    def related_all(
        self, k: int = 8, *, ids: Iterable[str] | None = None, **options: Unpack[Options]
    ) -> Iterator[RelatedList]:
        """Yield the Related News of every article, in the order of the archive.

        Lists are made as they are asked for, so memory does not grow with the archive.

        Parameters
        ----------
        k : int, default=8
        ids : iterable of str, optional
            Only the lists of these articles, each once; sooner made than one by one.
        **options
            As for `related`.

        Raises
        ------
        UnknownArticleError
            If the archive lacks one of them.
        """
        _checks.check_integer("k", k, minimum=1)
        check_n_jobs(self.n_jobs)
        archive, plan = self._fitted(), _plan_of(options)
        keys = None
        if ids is not None:
            wanted = [*dict.fromkeys(map(str, ids))]
            keys = archive.answer(lambda snapshot: snapshot.keys_of(wanted))
        blocks = archive.by_blocks(
            lambda snapshot, some: [*_builder(snapshot, plan).articles(some, k)],
            self.n_jobs, keys,
        )  # fmt: skip
        return (related for block in blocks for related in block)

    @property
    def rules(self) -> Rules:
        """What editors say of lists: kept in the archive, and applied whenever a list is read."""
        from relnews.storage.rules import Rules

        return Rules(self._read_catalogue(), lambda word: self.archive_.has_word(word))

    def duplicates(
        self,
        threshold: float = 0.9,
        *,
        prefer: Prefer = "latest",
        agencies: Iterable[str] = (),
        progress: Progress | None = None,
    ) -> list[tuple[str, ...]]:
        """Return the groups of articles that are nearly the same text.

        Every two articles of the archive are compared, exactly, by the similarity that no recency
        fades. Two near-duplicates are of one group, and so are the near-duplicates of either: the
        ends of a chain of versions can be less similar than the threshold.

        Parameters
        ----------
        threshold : float, default=0.9
            The least cosine of the weights of two near-duplicates, rounded to 6 decimals; above 0.
            Articles with the same word counts have 1, and so do those with the same text, if 12 or
            more words of it count. One without any word that counts is like no other.
        prefer : 'latest', 'earliest', 'longest' or callable, default='latest'
            Which one of a group is the canonical one: see `Selection`.
        agencies : iterable of str, optional
            Sources that stand back behind others: see `Selection`.
        progress : callable, optional
            Given the blocks of articles to go through and their number, it returns the blocks.

        Returns
        -------
        list of tuple of str
            The ids of each group, the canonical one first and the others newest first. Larger
            groups come first; of one size, the one whose canonical id is the smallest.
        """
        from relnews.lists import near_duplicates
        from relnews.options.selection import PREFERENCES

        _checks.check_real("threshold", threshold, 0, 1, above=True)
        check_prefer(prefer, PREFERENCES)
        sources = check_agencies(agencies)
        check_n_jobs(self.n_jobs)
        archive = self._fitted()
        return archive.answer(
            lambda snapshot: near_duplicates.groups_of(
                snapshot, threshold, prefer, self.n_jobs, progress, sources
            )
        )

    def explain(self, a: str, b: str, **options: Unpack[Options]) -> Explanation:
        """Explain the score, and the rank, of an article in the list of another.

        The ranking is that of now; a stored list is not asked.

        Parameters
        ----------
        a, b : str
            Articles of the archive: ``b`` is looked for in the list of ``a``.
        **options
            As for `related`.

        Raises
        ------
        UnknownArticleError
            If the archive lacks one of them.
        """
        from relnews.lists.explain import explain

        archive, plan = self._fitted(), _plan_of(options)
        return archive.answer(lambda snapshot: explain(snapshot, str(a), str(b), plan))

    def why_not(self, a: str, b: str, k: int = 8, **options: Unpack[Options]) -> WhyNot:
        """Say why an article is not among the first k of the list of another.

        The ranking is that of now; a stored list is not asked.

        Parameters
        ----------
        a : str
            An article of the archive.
        b : str
            The one that is missed in its list; it need not be in the archive.
        k : int, default=8
        **options
            As for `related`.

        Raises
        ------
        UnknownArticleError
            If the archive lacks ``a``.
        """
        from relnews.lists.why_not import why_not

        _checks.check_integer("k", k, minimum=1)
        archive, plan = self._fitted(), _plan_of(options)
        return archive.answer(lambda snapshot: why_not(snapshot, str(a), str(b), k, plan))

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, n_jobs: int | None = None) -> RelatedNews:
        """Open a saved archive. Its arrays are mapped, when first needed: processes share them.

        Raises
        ------
        ArchiveFormatError
            If the folder is no archive, is damaged, or is of another format version.
        """
        catalogue = Catalogue.open(Path(path))
        with integrity.damage_in(path):
            analysis, weighting = catalogue.setting("analysis"), catalogue.setting("weighting")
            recency = catalogue.setting("recency")
            news = cls(
                title_weight=weighting["title_weight"],
                title_share=weighting["title_share"],
                stop_words=check_stop_words(analysis["stop_words"]),
                folding=analysis["folding"],
                language=analysis["language"],
                sublinear_tf=bool(weighting["sublinear_tf"]),
                recency=None if recency is None else Recency(**recency),
                n_jobs=n_jobs,
            )
            check_weighting(news.title_weight, news.title_share)
            check_folding(news.folding)
        news._catalogue = catalogue
        return news


def _plan_of(options: Options) -> Plan:
    from relnews.options.list_options import Plan

    return Plan.of(options)


def _built(identifier: str, k: int, plan: Plan, snapshot: Snapshot) -> RelatedList:
    """Return the list of an article as it is ranked now."""
    (key,) = snapshot.keys_of([identifier])
    return _builder(snapshot, plan).article(key, k)


def _builder(snapshot: Snapshot, plan: Plan) -> ListBuilder:
    from relnews.lists.builder import ListBuilder

    return ListBuilder(snapshot, plan)


def _given(articles: object, intake: Intake | None) -> tuple[Iterable[Article], Intake]:
    """Return articles as `Article`, and who is told of what is wrong with them."""
    from relnews.readers import ArticleReader
    from relnews.readers.load_report import Intake
    from relnews.readers.records import articles_from

    if isinstance(articles, ArticleReader):
        reader, articles = articles, articles.articles(intake)
        intake = intake or reader.intake
    intake = Intake() if intake is None else intake
    return articles_from(articles, intake), intake


def warm_up() -> None:
    """Compile or load what fitting, ranking and updating use, so that no reader waits for it."""
    news = RelatedNews().fit({"id": str(i), "text": f"story number {i}"} for i in range(2))
    from relnews.options.selection import Selection

    news.related("0", selection=Selection(duplicates=None, diversity=0.5))
    news.related_to_text("story")
    news.compute_lists(1)
    for number in "23":
        news.partial_fit([{"id": number, "text": f"story number {number}"}])
        news.related(number, selection=None)


def _check_sizes(value: object) -> None:
    """Reject blocks that are none."""
    if not isinstance(value, Mapping):
        msg = f"`sizes` must map modes to numbers, as {{'latest': 3}}, got {shortened(value)}."
        raise TypeError(msg)
    for mode, size in value.items():
        check_integer(f"sizes[{mode!r}]", size, minimum=1)
