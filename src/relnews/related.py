"""RelatedNews: the class that most people meet."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from relnews import _validation
from relnews.analysis import Analysis
from relnews.archive import Archive
from relnews.articles import Article, Intake, articles_from
from relnews.lists import RelatedItem, RelatedList
from relnews.ranking import NO_ARTICLE, Ranked
from relnews.readers import ArticleReader


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
    archive_: Archive

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
        analysis = Analysis(self.title_weight, self.stop_words)  # type: ignore[arg-type]
        self.stop_words = analysis.stop_words  # a generator of words is empty the second time
        if isinstance(articles, ArticleReader):
            reader, articles = articles, articles.articles(intake)
            intake = intake or reader.intake
        intake = Intake() if intake is None else intake
        archive = Archive.build(articles_from(articles, intake), analysis, self.sublinear_tf)
        self.archive_ = archive
        self.intake_ = intake
        return self

    def related(self, id: str, k: int = 8) -> RelatedList:  # noqa: A002 (the field's own name)
        """Return the Related News of one article.

        Parameters
        ----------
        id : str
            An article of the archive.
        k : int, default=8
            The list has fewer items if fewer articles share a term with this one.

        Raises
        ------
        UnknownArticleError
            A `KeyError` that names the id, and one that was probably meant.
        """
        _validation.check_integer("k", k, minimum=1)
        archive = self._fitted()
        number = archive.catalogue.number_of(str(id))
        if number is None:
            raise _validation.unknown_article(str(id), archive.catalogue.all_ids())
        return _lists(archive, [archive.rank_article(number, k)])[0]

    def related_to_text(self, text: str = "", *, title: str = "", k: int = 8) -> RelatedList:
        """Return the Related News of a story that is not in the archive.

        Parameters
        ----------
        text, title : str
            At least one of them has words.
        k : int, default=8
        """
        _validation.check_integer("k", k, minimum=1)
        _validation.check_draft(title, text)
        draft = Article(id="", title=title, text=text)
        archive = self._fitted()
        return _lists(archive, [archive.rank_draft(draft, k)])[0]

    def related_all(self, k: int = 8) -> Iterator[RelatedList]:
        """Yield the Related News of every article, in the order of the archive.

        Lists are made as they are asked for, so memory does not grow with the archive.

        Parameters
        ----------
        k : int, default=8
        """
        _validation.check_integer("k", k, minimum=1)
        _validation.check_n_jobs(self.n_jobs)
        return self._all(self._fitted(), k)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the archive to a folder, replacing the archive that is there.

        The change is one transaction: whoever opens the folder, even after the process was killed
        half-way, finds the old archive or the new one.
        """
        self._fitted().save(path)

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, n_jobs: int | None = None) -> RelatedNews:
        """Open a saved archive. Its arrays are mapped: processes share them.

        Raises
        ------
        ArchiveFormatError
            If the folder is no archive, is damaged, or is of another format version.
        """
        archive = Archive.open(path)
        news = cls(
            title_weight=archive.analysis.title_weight,
            stop_words=archive.analysis.stop_words,
            sublinear_tf=archive.sublinear_tf,
            n_jobs=n_jobs,
        )
        news.archive_ = archive
        return news

    def __len__(self) -> int:
        return self._fitted().n_articles

    def __contains__(self, id: object) -> bool:  # noqa: A002
        return self._fitted().catalogue.number_of(str(id)) is not None

    def __repr__(self) -> str:
        size = f"{len(self):,} articles" if hasattr(self, "archive_") else "not fitted"
        return f"<RelatedNews: {size}>"

    def _fitted(self) -> Archive:
        if not hasattr(self, "archive_"):
            raise _validation.not_fitted(type(self).__name__)
        return self.archive_

    def _all(self, archive: Archive, k: int) -> Iterator[RelatedList]:
        for ranked in archive.rank_all(k, self.n_jobs):
            yield from _lists(archive, ranked)


def _lists(archive: Archive, ranked: list[Ranked]) -> list[RelatedList]:
    """Put words to numbers, with one look into the catalogue for all lists."""
    numbers = {number for one in ranked for number in (one.query, *one.number.tolist())}
    wanted = sorted(numbers - {NO_ARTICLE})
    about = dict(zip(wanted, archive.catalogue.details(wanted), strict=True))
    return [
        RelatedList(
            None if one.query == NO_ARTICLE else about[one.query]["id"],
            tuple(
                RelatedItem(rank=rank, score=score, similarity=similarity, **about[number])
                for rank, (number, score, similarity) in enumerate(
                    zip(one.number.tolist(), one.score.tolist(), one.similarity.tolist(),
                        strict=True),
                    start=1,
                )
            ),
        )
        for one in ranked
    ]  # fmt: skip


def warm_up() -> None:
    """Compile or load everything that fitting and ranking use, so that no reader waits for it."""
    news = RelatedNews().fit({"id": str(i), "text": f"story number {i}"} for i in range(2))
    news.related("0")
    news.related_to_text("story")
