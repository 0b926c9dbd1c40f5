"""Build: enters articles in the catalogue, counts them, and fills an empty archive."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from relnews.archive.text_vectors import TextVectors
from relnews.articles import Article
from relnews.dates import UNDATED, timestamps
from relnews.maintenance import layout
from relnews.maintenance.layout import Rows
from relnews.maintenance.spool import Spool
from relnews.options.recency import Recency
from relnews.options.vectors import SETTING as VECTORS
from relnews.options.vectors import Vectors, setting_of
from relnews.results import RepeatedLine
from relnews.search.weights import Weighting
from relnews.storage.arrays import Store
from relnews.storage.catalogue import Catalogue
from relnews.text import repeated_lines
from relnews.text.analysis import Analysis
from relnews.text.article_terms import ArticleCounter
from relnews.text.lines import Lines
from relnews.text.vocabulary import Vocabulary

#: Articles that are entered at a time.
CHUNK = 4096

#: Maximum number of (article, term) pairs of a segment in `fill`; the memory to lay out a segment
#: grows with its pairs.
SEGMENT_PAIRS = 1 << 25


def fill(
    store: Store, articles: Iterable[Article], analysis: Analysis, weighting: Weighting,
    recency: Recency | None, ignore_repeated_lines: bool, vectors: Vectors, *,
    gone: Callable[[], Sequence[str]],
) -> list[RepeatedLine]:  # fmt: skip
    """Write articles to an empty store, and return the lines that are ignored.

    The memory that this takes has the vocabulary, the ids, the lines and one segment, if the store
    is in a folder.

    Parameters
    ----------
    store : Store
        Store of the archive.
    articles : iterable of Article
        Their ids are distinct. Texts are counted and not kept.
    analysis : Analysis
        What counts as a term.
    weighting : Weighting
        Weights of terms in text and title.
    recency : Recency or None
        How scores fade by default; None means no fading.
    ignore_repeated_lines : bool
        Whether lines that stand in many articles of a source are ignored. The terms of all
        articles are then in a temporary file until it is known which lines these are.
    vectors : Vectors
        Where the vectors of articles come from. None means that they have none.
    gone : callable
        Returns ids of articles that are removed later, known when ``articles`` is read to its end;
        their lines do not count.
    """
    of_vectors = setting_of(vectors)
    lines: list[Lines] | None = [] if ignore_repeated_lines else None
    counter, entered = ArticleCounter(analysis, lines=lines), Entered()
    vocabulary = counter.vocabulary
    ignored: list[RepeatedLine] = []
    folder = store.catalogue.folder
    settings = settings_of(analysis, weighting, recency, counter.n_stop)
    if of_vectors is not None:
        settings[VECTORS] = of_vectors
    text_vectors = TextVectors.of_setting(of_vectors, vectors, analysis)
    with store.transaction(), contextlib.closing(Spool(SEGMENT_PAIRS, folder)) as spool:
        store.catalogue.set_all(settings)
        chunks = chunks_of(articles)
        rows: Iterator[Rows] = (
            enter(store.catalogue, counter, chunk, entered, text_vectors) for chunk in chunks
        )
        if lines is not None:
            for part in rows:
                spool.append(part)
            del counter  # its scratch memory is not needed any more
            rows, ignored = _without_repeated_lines(store, spool, lines, vocabulary, {*gone()})
        frequency = np.zeros(0, dtype=np.int32)
        for portion in layout.filled(rows, SEGMENT_PAIRS):
            segment = portion.segment(len(vocabulary))
            store.put("segment", segment.arrays())
            frequency = np.pad(frequency, (0, len(vocabulary) - len(frequency)))
            terms, n_articles = segment.document_frequency()
            frequency[terms] += n_articles.astype(np.int32)
            del portion, segment  # before the next ones are made
        layout.replace_vocabulary(store, vocabulary.freeze())
        written = layout.WrittenSegments(store, weighting)
        layout.begin_epoch(store, written, frequency, len(entered.keys), len(frequency))
    return ignored


def settings_of(
    analysis: Analysis, weighting: Weighting, recency: Recency | None, n_stop: int
) -> dict[str, object]:
    """Return the settings of a new archive, given what `fill` takes and the stop words' number."""
    return {
        "analysis": dataclasses.asdict(analysis),
        "weighting": dataclasses.asdict(weighting),
        "recency": None if recency is None else dataclasses.asdict(recency),
        "n_stop": n_stop,
        "made": os.urandom(8).hex(),
    }


def _without_repeated_lines(
    store: Store, spool: Spool, lines: list[Lines], vocabulary: Vocabulary, gone: set[str]
) -> tuple[Iterator[Rows], list[RepeatedLine]]:
    """Return the rows without the lines that repeat in them, and these lines.

    Parameters
    ----------
    store : Store
        Store of the archive, which remembers the lines for later articles.
    spool : Spool
        All articles.
    lines : list of Lines
        Lines of all articles.
    vocabulary : Vocabulary
        The terms of the articles.
    gone : set of str
        Ids of articles whose lines do not count.
    """
    of_all = Lines.concatenate(lines)
    lines.clear()
    counted = np.array([id_ not in gone for id_ in spool.ids], dtype=np.bool_)
    found = repeated_lines.repeated_in(of_all, spool.text, vocabulary, counted)
    repeated = repeated_lines.of_lines(of_all, [place for place, _ in found])
    store.catalogue.set(repeated_lines.SETTING, repeated.of_source)
    if not found:
        return iter(spool), []
    tally = np.zeros(len(vocabulary), dtype=np.int32)
    first = 0

    def cut(part: Rows) -> Rows:
        """Return the next articles without the lines that repeat; their arrays are overwritten."""
        nonlocal first
        lines_of_part = of_all.cut(first, first + len(part.key))
        first += len(part.key)
        return dataclasses.replace(part, terms=repeated.cut_out(part.terms, lines_of_part, tally))

    return map(cut, spool), repeated_lines.most_frequent_first(line for _, line in found)


@dataclasses.dataclass(frozen=True, slots=True)
class Entered:
    """The outcome of one change for its articles.

    Parameters
    ----------
    added, replaced, unchanged : list of str
        Ids of articles.
    keys : list of int
        Keys of the articles that were entered.
    gone : list of int
        Keys of the articles that were replaced.
    """

    added: list[str] = dataclasses.field(default_factory=list)
    replaced: list[str] = dataclasses.field(default_factory=list)
    unchanged: list[str] = dataclasses.field(default_factory=list)
    keys: list[int] = dataclasses.field(default_factory=list)
    gone: list[int] = dataclasses.field(default_factory=list)


def enter(
    catalogue: Catalogue, counter: ArticleCounter, articles: list[Article], entered: Entered,
    vectors: TextVectors | None, keys: Sequence[int] | None = None,
) -> Rows:  # fmt: skip
    """Return the new and changed articles, entered and counted.

    Parameters
    ----------
    catalogue : Catalogue
        Catalogue of the archive.
    counter : ArticleCounter
        Counts the articles; new terms are added to its vocabulary.
    articles : list of Article
        Their ids are distinct.
    entered : Entered
        Receives the outcome.
    vectors : TextVectors or None
        Makes the vectors of the articles; None if the archive has none.
    keys : sequence of int, optional
        Keys of the articles, all of which are new. None means the next ones.
    """
    stored = catalogue.digests([article.id for article in articles])
    fresh, digests, gone = [], [], []
    for article, digest in zip(articles, map(Article.digest, articles), strict=True):
        key, old_digest = stored.get(article.id, (None, b""))
        if old_digest == digest:
            entered.unchanged.append(article.id)
            continue
        if key is None:
            entered.added.append(article.id)
        else:
            entered.replaced.append(article.id)
            gone.append(key)
        fresh.append(article)
        digests.append(digest)
    if gone:
        catalogue.remove(gone)
    keys = catalogue.add(fresh, digests, keys)
    entered.keys.extend(keys)
    entered.gone.extend(gone)
    dates = timestamps([article.published for article in fresh])
    return Rows(
        counter.count(fresh),
        np.array(keys, dtype=np.int64),
        np.array([UNDATED if date is None else date for date in dates], dtype=np.int64),
        [article.id for article in fresh],
        _vectors_of(catalogue, fresh, vectors),
    )


def _vectors_of(
    catalogue: Catalogue, articles: list[Article], vectors: TextVectors | None
) -> NDArray[np.float32]:
    """Return the vectors of new articles; the catalogue remembers how many numbers one has."""
    if vectors is None:
        return np.empty((len(articles), 0), dtype=np.float32)
    setting = catalogue.setting(VECTORS)
    found = vectors.of(articles, setting["dimensions"])
    if found.shape[1] != setting["dimensions"]:
        catalogue.set(VECTORS, {**setting, "dimensions": found.shape[1]})
    return found


def chunks_of(articles: Iterable[Article]) -> Iterator[list[Article]]:
    """Yield articles in chunks of `CHUNK`; one empty chunk if there are no articles."""
    waiting = iter(articles)
    yield [*itertools.islice(waiting, CHUNK)]
    while chunk := [*itertools.islice(waiting, CHUNK)]:
        yield chunk
