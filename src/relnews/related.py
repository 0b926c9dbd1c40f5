"""RelatedNews: the main class of the package."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from relnews import _checks
from relnews._checks import check_integer, check_n_jobs, counted, distinct
from relnews.estimators.parameters import Parameters, not_fitted, not_pickled
from relnews.lists.inspection import Inspection
from relnews.options.list_options import ListSpec
from relnews.options.modes import DEFAULT, STORED
from relnews.options.recency import Recency
from relnews.options.vectors import WEIGHT, Vectors
from relnews.results import RelatedList, RelatedLists, RepeatedLine, UpdateReport, html_table
from relnews.storage import list_reader
from relnews.storage.catalogue import Catalogue
from relnews.storage.parameters import parameters_of

if TYPE_CHECKING:
    import datetime as dt

    from relnews.archive.archive import Archive
    from relnews.maintenance.updates import Updates
    from relnews.options.list_options import Options
    from relnews.readers.load_report import LoadReport
    from relnews.readers.read_options import ReadOptions
    from relnews.storage.rules import Rules
    from relnews.tuning.tuning import Labels, Tuning, TuningOptions


class RelatedNews(Inspection, Parameters):
    r"""Related News lists for an archive of articles.

    An article's list is the k best other articles, exactly, by default without near-duplicates. The
    similarity is the cosine of the tf-idf weights plus a share of the title match; scores fade with
    the days between articles. Of equal scores, to the millionth, the newer article comes first
    (undated ones last), then the smaller id.

    Methods that take an id raise `UnknownArticleError`, a `KeyError`, if the archive lacks it.
    Parameters are stored as given and checked by `fit`, as in scikit-learn. An archive opened from
    a folder is pickled, and copied, as its path; one in memory cannot be: `save` and `open` it.

    Parameters
    ----------
    title_weight : float, default=1
        Extra weight of a word in the title; a word that occurs once in the text weighs 1.
    title_overlap : float, default=0.1
        Weight of the title match, 1 if a title occurs whole in the other text; the cosine has 1.
    stop_words : 'language', 'english', iterable of str or None, default='language'
        Words to ignore: the list of each article's language, or the same words for all. The first
        `fit` reads an iterator and remembers its words; ``clone`` and pickle need a list.
    normalization : 'english' or None, default='english'
        'english' unites English spellings: plurals lose their s; US, U.S. and USA are the same.
    language : str or None, default='en'
        BCP 47 tag of articles that do not name their language; only the language part counts.
        Articles in different languages share no word. None treats all articles as English.
    sublinear_tf : bool, default=True
        Weigh a term that occurs tf times in the text by 1 + ln(tf) instead of tf.
    ignore_repeated_lines : bool, default=True
        Whether to ignore lines that stand in at least 20 articles of a source, and in 0.5 % of
        them. `fit` finds the lines, and updates leave the same ones out.
    vectors : callable, 'wordllama', 'given' or None, default=None
        Vectors of the meaning of articles: a function from a list of texts to one row of numbers
        each; wordllama, for English (``relnews[vectors]``); or the vectors that articles bring,
        `Article.vector`. None compares words alone.
    vector_weight : float, default=0.1
        Weight of the cosine of two vectors, if above 0; the cosine of words has 1.
    recency : Recency or None, default=Recency()
        How scores fade with the days between two articles; None is no fading.
    n_jobs : int, default=None
        Threads for many lists at a time; -1 is all cores. None is 1, unless a
        ``joblib.parallel_config`` says otherwise. With its backend of processes, such as ``loky``
        or ``dask``, workers open the archive's folder. Lists do not depend on it.

    Attributes
    ----------
    load_report_ : LoadReport
        Records that `fit` loaded, skipped and repaired, with reasons.
    repeated_lines_ : list of RepeatedLine
        Lines that `fit` found to repeat, most frequent first. The archive keeps hashes of them.

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

    load_report_: LoadReport
    repeated_lines_: list[RepeatedLine]
    _catalogue: Catalogue | None = None
    _archive: Archive | None = None
    _changes: Updates | None = None
    _words_read: tuple[object, str | tuple[str, ...] | None] = None, None

    def __init__(
        self,
        *,
        title_weight: float = 1.0,
        title_overlap: float = 0.1,
        stop_words: str | Iterable[str] | None = "language",
        normalization: str | None = "english",
        language: str | None = "en",
        sublinear_tf: bool = True,
        ignore_repeated_lines: bool = True,
        vectors: Vectors = None,
        vector_weight: float = WEIGHT,
        recency: Recency | None = Recency(),  # noqa: B008 (frozen)
        n_jobs: int | None = None,
    ) -> None:
        self.title_weight = title_weight
        self.title_overlap = title_overlap
        self.stop_words = stop_words
        self.normalization = normalization
        self.language = language
        self.sublinear_tf = sublinear_tf
        self.ignore_repeated_lines = ignore_repeated_lines
        self.vectors = vectors
        self.vector_weight = vector_weight
        self.recency = recency
        self.n_jobs = n_jobs

    def fit(
        self, articles: object, *, folder: str | os.PathLike[str] | None = None,
        load_report: LoadReport | None = None, **options: Unpack[ReadOptions],
    ) -> RelatedNews:  # fmt: skip
        """Build the archive, replacing any earlier archive of the object; return the object.

        ``articles`` is a data frame, or any iterable of dicts, `Article` objects or rows, such as
        `read_articles` returns. Each is read once, and its text is counted, not kept. The archive
        is in memory or, for large ones, in a new ``folder``, which appears when it is complete.
        ``load_report`` counts what is skipped, withheld and repaired, by default the reader's own
        or a new one; ``LoadReport(strict=True)`` raises `ArticleError` instead. Options are those
        of `ReadOptions`; a reader has its own. Raises if no record is an article. With ``part``,
        such as (3, 64), the archive is of a part of the articles, and for `relnews.merge` only.
        """
        from relnews.archive.archive import Archive
        from relnews.maintenance.fresh import Settings, fresh
        from relnews.readers.reader import with_load_report

        settings = Settings.of(self.get_params() | {"stop_words": self._read_stop_words()})
        admitted, load_report = with_load_report(articles, load_report, options)
        place = None if folder is None else Path(folder)
        store, repeated = fresh(place, admitted, load_report, settings)
        self._archive = Archive(store, self.vectors) if place is None else None
        self._catalogue = store.catalogue if place is None else Catalogue.open(place)
        self._changes, self.load_report_, self.repeated_lines_ = None, load_report, repeated
        return self

    def partial_fit(
        self, articles: object, *, load_report: LoadReport | None = None,
        **options: Unpack[ReadOptions],
    ) -> UpdateReport:  # fmt: skip
        """Add articles to the archive, or replace articles of the same ids; arguments as for `fit`.

        An article that is withheld is removed. The change is one transaction; in a folder it is
        durable when this returns. Every ranked list is then as a fresh `fit` would make it; stored
        lists keep the statistics of their epoch. Raises `TimeoutError` while others keep writing.
        """
        from relnews.readers.reader import with_load_report

        if self._catalogue is None:
            self.fit(())
        admitted, load_report = with_load_report(articles, load_report, options)
        if load_report.part is not None:
            msg = "`part` is for fit and relnews.merge; an update takes all of its articles."
            raise ValueError(msg)
        report = self._updates().add(admitted, load_report.gone_ids)
        self.load_report_ = load_report
        return dataclasses.replace(report, load_report=load_report.summary())

    def remove(self, ids: str | Iterable[str]) -> UpdateReport:
        """Remove articles, given an id or several, from the archive and from every list.

        If the archive lacks one of them, none is removed.
        """
        return self._updates().remove(distinct(ids))

    def related(self, id: str, k: int = 8, **options: Unpack[Options]) -> RelatedList:
        """Return the Related News of an article.

        Parameters
        ----------
        id : str
            An article of the archive.
        k : int, default=8
            Maximum number of items; a list is shorter if fewer articles fit, see `Selection`.
        **options
            See `Options`. Without options, a stored list is read if it exists.
        """
        catalogue = self._read_catalogue()
        check_integer("k", k, minimum=1)
        if options.keys() <= {"mode"} and options.get("mode", DEFAULT) == STORED:
            stored = list_reader.stored_list(catalogue, str(id), k)
            if stored is not None:
                return stored
        from relnews.lists.builder import list_of

        return self.archive_.answer(list_of, str(id), k, ListSpec.of(options))

    def related_blocks(
        self, id: str, sizes: Mapping[str, int], **options: Unpack[Options]
    ) -> dict[str, RelatedList]:
        """Return several lists of an article, by mode; no item is in two of them.

        ``sizes`` maps the mode of each list, such as ``background``, to its number of items. The
        first list chooses first; later ones leave out near-duplicates of its items as well.
        The options of `related` apply to all of the lists; ``mode`` is not one of them.
        """
        from relnews.lists.blocks import blocks_of, specs_of

        specs = specs_of(sizes, options)
        return self.archive_.answer(blocks_of, str(id), sizes, specs)

    def related_to_text(
        self,
        text: str = "",
        *,
        title: str = "",
        published: dt.datetime | dt.date | str | None = None,
        language: str | None = None,
        vector: Sequence[float] | None = None,
        k: int = 8,
        **options: Unpack[Options],
    ) -> RelatedList:
        """Return the Related News of a draft, a story that is not in the archive.

        ``title`` or ``text`` has words. Recency and conditions count from ``published``, by default
        now. ``language`` is a BCP 47 tag, by default the archive's own. ``vector`` is the draft's,
        in an archive with vectors; by default it is made as those of the articles were. ``k`` and
        options as for `related`.
        """
        check_integer("k", k, minimum=1)
        from relnews.lists.builder import ListBuilder, draft_of

        draft, spec = draft_of(text, title, published, language, vector), ListSpec.of(options)
        return self.archive_.answer(lambda snapshot: ListBuilder(snapshot, spec).draft(draft, k))

    def related_all(
        self, k: int = 8, *, ids: Iterable[str] | None = None,
        part: tuple[int, int] | None = None, ordered: bool = True, **options: Unpack[Options],
    ) -> RelatedLists:  # fmt: skip
        """Yield the list of every article, or of ``ids``, in the order of the archive.

        Lists are made one block at a time, so memory does not grow with the archive. This is
        faster than many calls of `related`, and takes the same ``k`` and options. ``part`` is
        (3, 64) for the third of 64 ranges that take about as long as each other; all of its lists
        are of one commit. With worker processes, ``ordered=False`` yields each block when it is
        there.
        """
        from relnews.lists.all_lists import lists_of

        spec = ListSpec.of(options)
        return RelatedLists(
            lists_of(self.archive_, k, spec, self.n_jobs, ids=ids, part=part, ordered=ordered)
        )

    @property
    def rules(self) -> Rules:
        """Editors' rules, kept in the archive and applied whenever a list is read."""
        from relnews.storage.rules import Rules

        return Rules(self._read_catalogue(), lambda word: self.archive_.has_word(word))

    def store_lists(self, k: int = 8, *, max_drift: float | None = None) -> UpdateReport:
        """Store the list of every article, so that reading a list does not rank; report changes.

        The document frequencies of this moment begin an *epoch*. Updates keep stored lists exact
        for these; `drift` says how far the statistics have moved since. Lists have ``k`` items;
        2 k candidates are stored, so that removals need no new ranking. An update
        that leaves an idf changed by more than the share ``max_drift`` begins a new epoch, which
        takes as long as this call; by default none does.
        """
        check_n_jobs(self.n_jobs)
        return self._updates().store_lists(k, max_drift, self.n_jobs)

    def tune(self, labels: Labels | None = None, **options: Unpack[TuningOptions]) -> Tuning:
        """Choose weights and recency by judgements; keep what is significantly better.

        ``labels`` has grades by article and other article; None takes editors' pins.
        """
        from relnews.tuning.tuning import tuned

        found = tuned(self.archive_, self._updates().reweigh, labels, self.n_jobs, **options)
        if options.get("apply", True) and found.is_better:
            self.set_params(**found.after.parameters())
        return found

    def compact(self) -> UpdateReport:
        """Rewrite the archive without anything of removed articles; lists do not change.

        Rules that name an article which the archive lacks are dropped, and reported.
        """
        return self._updates().compact()

    def verify(self) -> list[str]:
        """Return the problems of the archive; an empty list for a sound archive.

        All data is compared with its checksums. Raises `ArchiveFormatError` if it cannot be read.
        """
        from relnews.maintenance import verify

        return verify.problems_of(self.archive_)

    def verify_removed(self, id: str) -> list[str]:
        """Return where a removed, expired or embargoed article still is; [] if nowhere.

        Lists are searched and, for an article that was removed, all files; see `compact`.
        """
        from relnews.maintenance import traces

        return [*traces.traces_of(self.archive_, str(id))]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the archive to a folder, replacing an archive in the folder.

        The change is one transaction: readers find the old archive or the new one, even if the
        process is killed. An archive that was opened from this folder is saved already.
        """
        from relnews.storage import backup
        from relnews.storage.arrays import Store

        # An archive in a folder is not opened for this.
        store = self._archive.store if self._archive else Store(self._read_catalogue())
        backup.save(store, Path(path))

    def backup(self, path: str | os.PathLike[str]) -> None:
        """Copy the archive, as of one moment, to a new folder, while others may write it.

        The folder is new, or empty before. It appears when it is complete, checked and durable.
        """
        from relnews.storage.backup import back_up

        back_up(self.archive_.store, Path(path))

    @classmethod
    def open(
        cls, path: str | os.PathLike[str], *, n_jobs: int | None = None, vectors: Vectors = None
    ) -> RelatedNews:
        """Return a saved archive, opened. Its arrays are mapped, so processes share them.

        All parameters but ``n_jobs`` come from the archive, and ``vectors`` if it is a function:
        then it is given again, to add articles and for drafts. Raises `ArchiveFormatError` if the
        folder is no archive, is damaged, or is of an unknown format.
        """
        catalogue = Catalogue.open(Path(path))
        given = {} if vectors is None else {"vectors": vectors}
        news = cls(**parameters_of(catalogue) | given, n_jobs=n_jobs)
        news._catalogue = catalogue
        return news

    def __len__(self) -> int:
        return len(self._read_catalogue())

    def __contains__(self, id: object) -> bool:
        return self._read_catalogue().key_of(str(id)) is not None

    def __repr__(self) -> str:
        size = "" if self._catalogue is None else f" of {counted(len(self), 'article')}"
        return super().__repr__() + size

    def _repr_html_(self) -> str:
        about = {} if self._catalogue is None else self.archive_.describe()
        return html_table([(repr(self), ""), *about.items()])

    def __sklearn_is_fitted__(self) -> bool:
        return self._catalogue is not None

    def __getstate__(self) -> dict[str, Any]:
        folder = None if self._catalogue is None else self._catalogue.folder
        if self._catalogue is not None and folder is None:
            raise not_pickled(type(self).__name__)
        return {"folder": folder and folder.absolute(), "params": self.get_params()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.set_params(**state["params"])
        if state["folder"] is not None:
            self._catalogue = Catalogue.open(state["folder"])

    @property
    def archive_(self) -> Archive:
        """The open archive."""
        if self._archive is None:
            catalogue = self._read_catalogue()
            from relnews.archive.archive import Archive
            from relnews.storage.arrays import Store

            # Two threads may both make one: each is right, and one of them stays.
            self._archive = Archive(Store(catalogue), self.vectors)
        return self._archive

    def _read_stop_words(self) -> Any:
        """Return the stop words; what an iterator yields is remembered for the next `fit`."""
        if not isinstance(self.stop_words, Iterator):
            return self.stop_words
        if self._words_read[0] is not self.stop_words:
            self._words_read = self.stop_words, _checks.check_stop_words(self.stop_words)
        return self._words_read[1]

    def _read_catalogue(self) -> Catalogue:
        if self._catalogue is None:
            raise not_fitted(type(self).__name__)
        return self._catalogue

    def _updates(self) -> Updates:
        if self._changes is None:
            from relnews.maintenance.updates import Updates

            self._changes = Updates(self.archive_)
        return self._changes
