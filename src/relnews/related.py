"""RelatedNews: the class that most people meet."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from relnews import _validation, stored
from relnews.catalogue import Catalogue
from relnews.exceptions import UnknownArticleError
from relnews.lists import Drift, RelatedItem, RelatedList, UpdateReport

if TYPE_CHECKING:
    import datetime as dt

    from relnews.archive import Archive
    from relnews.articles import Article, Intake
    from relnews.conditions import Conditions, Resolved
    from relnews.duplicates import Prefer, Progress
    from relnews.explain import Explanation, WhyNot
    from relnews.ranking import Ranked
    from relnews.selection import Selection
    from relnews.updates import Updates

# What ranks is imported when it is needed first: a stored list is read without.


class RelatedNews:
    r"""Related News lists for an archive of articles.

    An article's terms are weighted by tf-idf; its list is the k articles with the highest cosine
    similarity, exactly. Of two articles that are equally similar to within a millionth the newer
    comes first (undated ones last), and of one date the one with the smaller id.

    Parameters
    ----------
    title_weight : int, default=3
        How often each word of a title counts; a word of the dek or the text counts once.
    stop_words : 'english', iterable of str or None, default='english'
        Words that do not count; 'english' is scikit-learn's list.
    sublinear_tf : bool, default=True
        Weigh a term that occurs tf times by 1 + ln(tf) instead of tf.
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
        title_weight: int = 3,
        stop_words: str | Iterable[str] | None = "english",
        sublinear_tf: bool = True,
        n_jobs: int | None = None,
    ) -> None:
        self.title_weight = title_weight
        self.stop_words = stop_words
        self.sublinear_tf = sublinear_tf
        self.n_jobs = n_jobs
        self._catalogue: Catalogue | None = None
        self._archive: Archive | None = None
        self._changes: Updates | None = None

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
        from relnews.analysis import Analysis
        from relnews.archive import Archive

        analysis = Analysis(self.title_weight, self.stop_words)  # type: ignore[arg-type]
        self.stop_words = analysis.stop_words  # a generator of words is empty the second time
        given, intake = _given(articles, intake)
        self._take(Archive.build(given, analysis, self.sublinear_tf))
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

    def remove(self, ids: str | Iterable[str]) -> UpdateReport:
        """Take articles out of the archive: from now on they are in no list.

        Parameters
        ----------
        ids : str or iterable of str

        Returns
        -------
        UpdateReport

        Raises
        ------
        UnknownArticleError
            If the archive lacks one of them; then none is removed.
        """
        wanted = [ids] if isinstance(ids, str) else [*dict.fromkeys(map(str, ids))]
        return self._updates().remove(wanted)

    def compute_lists(
        self, k: int = 8, *, candidates: int | None = None, max_drift: float | None = None
    ) -> UpdateReport:
        """Store the list of every article, so that reading one does not rank.

        The lists are made with the statistics (document frequencies) of this moment: an *epoch*
        begins. Updates keep them exact for these, and report which change. How far the statistics
        have moved since says `drift`; another `compute_lists` begins the next epoch.

        Parameters
        ----------
        k : int, default=8
            Items of a list that count when it is said which lists changed.
        candidates : int, optional
            How many are stored of each, so that a list need not be made anew when articles of it
            go. 2 k by default.
        max_drift : float, optional
            An update that leaves an idf changed by more than this since the epoch begins a new one
            by itself, which takes as long as this call.

        Returns
        -------
        UpdateReport
            ``changed`` are the articles whose list is another than the one stored before.
        """
        _validation.check_integer("k", k, minimum=1, maximum=10_000)
        most = 2 * k if candidates is None else candidates
        _validation.check_integer("candidates", most, minimum=k, maximum=65_536)
        _validation.check_max_drift(max_drift)
        _validation.check_n_jobs(self.n_jobs)
        return self._updates().compute_lists(k, most, max_drift, self.n_jobs)

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
        _validation.check_integer("sample", sample, minimum=0)
        k, differ, n = settings["k"], 0, 0
        ids = archive.catalogue.all_ids()
        for identifier in ids[:: max(-(-len(ids) // sample), 1)] if sample else ():
            with contextlib.suppress(UnknownArticleError):  # removed meanwhile
                differ += self.related(identifier, k).ids != self._ranked(identifier, k).ids
                n += 1
        return Drift(idf, differ / n if n else None)

    def compact(self) -> None:
        """Write the archive anew, without anything of the articles that were removed.

        Lists, stored ones too, stay as they are.
        """
        self._updates().compact()

    def verify(self, takedown: str | None = None) -> list[str]:
        """Return what is wrong with the archive: nothing, if all is well.

        Everything is read and compared with the checksums that were stored when it was written.

        Parameters
        ----------
        takedown : str, optional
            The id of an article that was removed, is under embargo or has expired; where it still
            is found in lists is a problem too.

        Raises
        ------
        ArchiveFormatError
            If the archive is so damaged that it cannot be read.
        """
        from relnews import audit

        archive = self._fitted()
        problems = [*audit.problems_of(archive)]
        return problems if takedown is None else [*problems, *audit.traces_of(archive, takedown)]

    def refresh(self) -> int:
        """Take in what other processes have committed; return the `generation`.

        Lists are of the newest commit anyway; this only does the work beforehand.
        """
        archive = self._fitted()
        archive.refresh()
        return self.generation

    @property
    def generation(self) -> int:
        """How many changes of the archive were committed."""
        return self._read_catalogue().generation()

    def related(
        self,
        id: str,  # noqa: A002 (the field's own name)
        k: int = 8,
        *,
        selection: Selection | None = None,
        **conditions: Unpack[Conditions],
    ) -> RelatedList:
        """Return the Related News of one article.

        Parameters
        ----------
        id : str
            An article of the archive.
        k : int, default=8
            The list has fewer items if fewer articles share a term with this one.
        selection : Selection, optional
            Leaves out near-duplicates, and what else a `Selection` says; the list is refilled. By
            default the list is the best k of the ranking. A stored list is not asked either.
        **conditions
            What articles of the list have to be, and how recency counts: see `Conditions`. They
            are part of the ranking, so that a list is full if there are k such articles; a stored
            list is not asked.

        Raises
        ------
        UnknownArticleError
            A `KeyError` that names the id, and one that was probably meant.
        """
        _validation.check_integer("k", k, minimum=1)
        catalogue = self._read_catalogue()
        found = None
        if selection is None and not conditions:
            found = stored.stored_list(catalogue, str(id), k)
        return self._ranked(str(id), k, conditions, selection) if found is None else found

    def related_to_text(
        self,
        text: str = "",
        *,
        title: str = "",
        published: dt.datetime | None = None,
        k: int = 8,
        selection: Selection | None = None,
        **conditions: Unpack[Conditions],
    ) -> RelatedList:
        """Return the Related News of a story that is not in the archive.

        Parameters
        ----------
        text, title : str
            At least one of them has words.
        published : datetime, optional
            What conditions on dates count from; now by default.
        k : int, default=8
        selection : Selection, optional
            As for `related`.
        **conditions
            As for `related`.
        """
        _validation.check_integer("k", k, minimum=1)
        _validation.check_draft(title, text)
        from relnews.articles import Article, parse_date

        draft = Article(id="", title=title, text=text, published=parse_date(published))
        archive, checked = self._fitted(), _resolved(conditions)

        def rank(_: Sequence[int], depth: int) -> list[Ranked]:
            return [archive.rank_draft(draft, depth, checked)]

        return archive.current(lambda: _made(archive, rank, 1, k, selection)[0])

    def related_all(
        self,
        k: int = 8,
        *,
        selection: Selection | None = None,
        **conditions: Unpack[Conditions],
    ) -> Iterator[RelatedList]:
        """Yield the Related News of every article, in the order of the archive.

        Lists are made as they are asked for, so memory does not grow with the archive.

        Parameters
        ----------
        k : int, default=8
        selection : Selection, optional
            As for `related`.
        **conditions
            As for `related`.
        """
        _validation.check_integer("k", k, minimum=1)
        _validation.check_n_jobs(self.n_jobs)
        return self._all(self._fitted(), k, conditions, selection)

    def duplicates(
        self,
        threshold: float = 0.9,
        *,
        prefer: Prefer = "latest",
        progress: Progress | None = None,
    ) -> list[tuple[str, ...]]:
        """Return the groups of articles that are nearly the same text.

        Every two articles of the archive are compared, exactly, by the similarity that no recency
        fades. Two near-duplicates are of one group, and so are the near-duplicates of either: the
        ends of a chain of versions can be less similar than the threshold.

        Parameters
        ----------
        threshold : float, default=0.9
            The least similarity of two near-duplicates, rounded to 6 decimals; above 0. Articles
            with the same word counts have 1. One without any word that counts is like no other.
        prefer : 'latest', 'earliest', 'longest' or callable, default='latest'
            Which one of a group is the canonical one: see `Selection`.
        progress : callable, optional
            Given the blocks of articles to go through and their number, it returns the blocks.

        Returns
        -------
        list of tuple of str
            The ids of each group, the canonical one first and the others newest first. Larger
            groups come first; of one size, the one whose canonical id is the smallest.
        """
        from relnews import duplicates

        _validation.check_share("threshold", threshold, above=True)
        _validation.check_prefer(prefer, duplicates.PREFERENCES)
        _validation.check_n_jobs(self.n_jobs)
        archive = self._fitted()
        return archive.current(
            lambda: duplicates.groups_of(archive, threshold, prefer, self.n_jobs, progress)
        )

    def explain(self, a: str, b: str, **conditions: Unpack[Conditions]) -> Explanation:
        """Explain the score, and the rank, of an article in the list of another.

        The ranking is that of now; a stored list is not asked.

        Parameters
        ----------
        a, b : str
            Articles of the archive: ``b`` is looked for in the list of ``a``.
        **conditions
            As for `related`.

        Raises
        ------
        UnknownArticleError
            If the archive lacks one of them.
        """
        from relnews import explain

        archive, checked = self._fitted(), _resolved(conditions)
        return archive.current(lambda: explain.explanation_of(archive, str(a), str(b), checked))

    def why_not(self, a: str, b: str, k: int = 8, **conditions: Unpack[Conditions]) -> WhyNot:
        """Say why an article is not among the first k of the list of another.

        The ranking is that of now; a stored list is not asked.

        Parameters
        ----------
        a : str
            An article of the archive.
        b : str
            The one that is missed in its list; it need not be in the archive.
        k : int, default=8
        **conditions
            As for `related`.

        Raises
        ------
        UnknownArticleError
            If the archive lacks ``a``.
        """
        from relnews import explain

        _validation.check_integer("k", k, minimum=1)
        archive, checked = self._fitted(), _resolved(conditions)
        return archive.current(lambda: explain.reason_of(archive, str(a), str(b), k, checked))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the archive to a folder, replacing the archive that is there.

        The change is one transaction: whoever opens the folder, even after the process was killed
        half-way, finds the old archive or the new one. An archive that was opened from this very
        folder is there already.
        """
        self._fitted().save(path)

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, n_jobs: int | None = None) -> RelatedNews:
        """Open a saved archive. Its arrays are mapped, when first needed: processes share them.

        Raises
        ------
        ArchiveFormatError
            If the folder is no archive, is damaged, or is of another format version.
        """
        catalogue = Catalogue.open(Path(path))
        with _validation.damage_in(path):
            analysis = catalogue.setting("analysis")
            stop_words = analysis["stop_words"]
            news = cls(
                title_weight=_validation.check_integer(
                    "title_weight", analysis["title_weight"], minimum=0, maximum=1000
                ),
                stop_words=tuple(stop_words) if isinstance(stop_words, list) else stop_words,
                sublinear_tf=bool(catalogue.setting("sublinear_tf")),
                n_jobs=n_jobs,
            )
        news._catalogue = catalogue
        return news

    def __len__(self) -> int:
        return len(self._read_catalogue())

    def __contains__(self, id: object) -> bool:  # noqa: A002
        return self._read_catalogue().key_of(str(id)) is not None

    def __repr__(self) -> str:
        size = "not fitted" if self._catalogue is None else f"{len(self):,} articles"
        return f"<RelatedNews: {size}>"

    @property
    def archive_(self) -> Archive:
        """The articles, counted and laid out."""
        if self._archive is None:
            if self._catalogue is None:
                msg = f"{type(self).__name__!r} object has no attribute 'archive_'"
                raise AttributeError(msg)
            from relnews.archive import Archive
            from relnews.storage import Store

            with self._catalogue.state:
                if self._archive is None:
                    self._archive = Archive(Store(self._catalogue))
        return self._archive

    def _take(self, archive: Archive) -> None:
        self._archive, self._catalogue, self._changes = archive, archive.catalogue, None

    def _read_catalogue(self) -> Catalogue:
        if self._catalogue is None:
            raise _validation.not_fitted(type(self).__name__)
        return self._catalogue

    def _fitted(self) -> Archive:
        self._read_catalogue()
        return self.archive_

    def _updates(self) -> Updates:
        if self._changes is None:
            from relnews.updates import Updates

            self._changes = Updates(self._fitted())
        return self._changes

    def _ranked(
        self,
        identifier: str,
        k: int,
        conditions: Conditions | None = None,
        selection: Selection | None = None,
    ) -> RelatedList:
        archive, checked = self._fitted(), _resolved(conditions)

        def answer() -> RelatedList:
            with archive.locked():  # nothing that another thread has not committed yet
                key = archive.catalogue.key_of(identifier)
            if key is None:
                raise _validation.unknown_article(identifier, archive.catalogue.all_ids())
            return _made(archive, lambda _, n: rank([key], n, checked), 1, k, selection)[0]

        rank = archive.rank_articles
        return archive.current(answer)

    def _all(
        self,
        archive: Archive,
        k: int,
        conditions: Conditions | None,
        selection: Selection | None,
    ) -> Iterator[RelatedList]:
        checked = _resolved(conditions)

        def lists(keys: list[int]) -> list[RelatedList]:
            """Make lists of those that are stored, and rank the others."""
            catalogue = archive.catalogue
            with catalogue.state:
                known = {
                    key: stored.list_of(catalogue, identifier, entries, k)
                    if entries is not None and checked is None and selection is None
                    else None
                    for key, identifier, entries in catalogue.entries(keys)
                }
            others = [key for key, one in known.items() if one is None]

            def rank(some: Sequence[int], n: int) -> list[Ranked]:
                return archive.rank_articles([others[i] for i in some], n, checked) if some else []

            ranked = _made(archive, rank, len(others), k, selection)
            made = dict(zip(others, ranked, strict=True))
            return [made[key] if one is None else one for key, one in known.items()]

        for block in archive.by_blocks(lists, self.n_jobs):
            yield from block


def _given(articles: object, intake: Intake | None) -> tuple[Iterable[Article], Intake]:
    """Return articles as `Article`, and who is told of what is wrong with them."""
    from relnews.articles import Intake, articles_from
    from relnews.readers import ArticleReader

    if isinstance(articles, ArticleReader):
        reader, articles = articles, articles.articles(intake)
        intake = intake or reader.intake
    intake = Intake() if intake is None else intake
    return articles_from(articles, intake), intake


def _resolved(conditions: Conditions | None) -> Resolved | None:
    if not conditions:
        return None
    from relnews.conditions import Resolved

    return Resolved.of(conditions)


def _made(
    archive: Archive,
    rank: Callable[[Sequence[int], int], list[Ranked]],
    n: int,
    k: int,
    selection: Selection | None,
) -> list[RelatedList]:
    """Return n lists, given what ranks the queries of some numbers, to some length."""
    if selection is None:
        return _lists(archive, rank(range(n), k))
    from relnews.selection import Selection, select

    _validation.check_is_selection(selection, Selection)
    selected = select(archive, rank, n, k, selection)
    return _lists(archive, [one.ranked for one in selected], [one.also for one in selected])


def _lists(
    archive: Archive,
    ranked: Sequence[Ranked],
    also: Sequence[Sequence[tuple[str, ...]]] | None = None,
) -> list[RelatedList]:
    """Put words to keys, with one look into the catalogue for all lists."""
    from relnews.ranking import NO_ARTICLE

    keys = sorted({key for one in ranked for key in (one.query, *one.key.tolist())} - {NO_ARTICLE})
    with archive.locked():
        about = dict(zip(keys, archive.catalogue.details(keys), strict=True))
    return [
        RelatedList(
            None if one.query == NO_ARTICLE else about[one.query][0],
            tuple(
                RelatedItem(*(about[key][0], rank, score, similarity, *about[key][1:], others))
                for rank, (key, score, similarity, others) in enumerate(
                    zip(one.key.tolist(), one.score.tolist(), one.similarity.tolist(), named,
                        strict=True),
                    start=1,
                )
            ),
        )
        for one, named in zip(
            ranked, also or [[()] * len(one.key) for one in ranked], strict=True
        )
    ]  # fmt: skip


def warm_up() -> None:
    """Compile or load everything that fitting and ranking use, so that no reader waits for it."""
    news = RelatedNews().fit({"id": str(i), "text": f"story number {i}"} for i in range(2))
    from relnews.selection import Selection

    news.related("0", selection=Selection(duplicates=None, diversity=0.5))
    news.related_to_text("story")
