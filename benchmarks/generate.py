"""Generated news archives of any size, the same each time.

Write the articles, or their TF-IDF vectors without the text::

    python -m benchmarks.generate 1M -o archive.jsonl.gz
    python -m benchmarks.generate 1M -o vectors.npz

The numbers below were fitted to 100,000 English news articles, as vectors of both kinds of weights.
`benchmarks.generator_check` compares the fit and the cost of lists with real articles;
`benchmarks.planted` measures whether copies and stories are found again.

How an article is drawn:

- Words are numbers; the most common word is 0. Frequencies were fitted (`COMMON`). Beyond it
  they fall as a power of the rank, so that the vocabulary grows with the archive as in real news.
- An article draws its words from three urns: all words, the words of its topic, the words of its
  story. The words of an urn are themselves drawn from all words, so that every word keeps its
  frequency.
- A story has about `STORY` articles, which appear within `SPREAD` articles of each other. Only few
  stories supply a large share of the words of their articles, and the share falls with the length:
  most articles have no close neighbour, a few have many.
- The share of the topic's words differs from article to article, and so does the rest, which common
  words fill.
- A few articles are copies of earlier articles with a few words replaced. The id of a copy ends in
  the id of its original: ``n000123~n000045``.

Word counts come from 64-bit integers of numpy's PCG64, drawn for blocks of articles: an archive of
1,000 articles is the beginning of one of a million.
"""

from __future__ import annotations

import argparse
import datetime as dt
import functools
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from benchmarks.spelling import STOP_RANKS, WORDS, Spelling

#: Frequencies of words: (rank, relative frequency). Logarithms are interpolated linearly between.
COMMON = (
    (1, 130.0), (2, 58.0), (4, 42.0), (8, 15.0), (16, 7.2), (32, 3.2), (64, 1.5), (128, 0.74),
    (256, 0.34), (512, 0.178), (1024, 0.088), (2048, 0.0405), (4096, 0.0165), (8192, 0.0053),
    (16384, 0.0016), (32768, 4.2e-4), (65536, 1.0e-4), (131072, 3.0e-5),
)  # fmt: skip
#: Beyond the last rank, frequencies fall as rank ** -TAIL. The vocabulary grows about as the
#: number of articles ** (1 / TAIL).
TAIL = 2.24
#: Number of draws of an article: mean and standard deviation of its logarithm, which is normal.
LENGTH = (5.80, 0.95)
SHORTEST, LONGEST = 10, 8000
#: A drawn word appears one to five times; probabilities in 256ths.
BURST = np.repeat(np.arange(1, 6, dtype=np.uint8), (240, 10, 4, 1, 1))

#: Articles of a story, and how many articles the whole archive gets while it lasts.
STORY, SPREAD = 10, 1500
#: Words of a story, and their share in its articles of `STORY_LENGTH` draws, in 256ths: least,
#: most. A uniform number to the power of `STORY_LUCK` picks: most stories are near the least.
STORY_WORDS, STORY_SHARE, STORY_LUCK = (60, 260), (12, 160), 5
#: The share falls with the root of the length; `STORY_SHARE_MOST` is its cap, in 256ths.
STORY_LENGTH, STORY_SHARE_MOST = 400, 200
#: Topics, words of a topic, and their share in an article, in 256ths: least, most.
TOPICS, TOPIC_WORDS, TOPIC_SHARE = 400, 120, (40, 110)
#: Words of topics and stories are rarer than the words that make up this share of running text, in
#: 65536ths.
TOPIC_FROM, STORY_FROM = 37000, 43000
#: Higher values make the word frequencies of a story or topic more alike.
EVEN = 32768

#: One article in COPY_EVERY copies one of the COPY_WITHIN articles before it, with
#: COPY_REPLACED / 256 of its words replaced.
COPY_EVERY, COPY_WITHIN, COPY_REPLACED = 32, 1000, 20
#: Number of articles drawn at a time.
BLOCK = 8192
#: Seconds between articles: 500 a day.
PACE = 172


def main() -> None:
    """Write an archive or its vectors."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("articles", type=count, help="how many, such as 10k or 1M")
    parser.add_argument("-o", "--output", type=Path, required=True,
                        help=".jsonl, .jsonl.gz, or .npz for vectors")  # fmt: skip
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--weights", choices=["raw", "stop"], default="raw",
                        help="of vectors (default: raw)")  # fmt: skip
    options = parser.parse_args()
    if options.output.suffix == ".npz":
        made = matrix(options.articles, seed=options.seed, weights=options.weights)
        sp.save_npz(options.output, made, compressed=False)
    else:
        write(options.output, options.articles, options.seed)


def count(text: str) -> int:
    """Return the number written as 100000, 100k or 1M."""
    units = {"k": 1000, "M": 1_000_000}
    return int(text[:-1]) * units[text[-1]] if text[-1:] in units else int(text)


def write(path: Path, n: int, seed: int, pace: float = PACE) -> None:
    """Write articles as JSON Lines."""
    # Without a time in the gzip header the file is the same each time, too.
    with path.open("wb") as file:
        out = gzip.GzipFile("", "wb", 1, file, mtime=0) if path.suffix == ".gz" else file
        for article in articles(n, seed=seed, pace=pace):
            out.write(json.dumps(article).encode() + b"\n")
        out.close()


def articles(n_articles: int, *, seed: int = 0, pace: float = PACE) -> Iterator[dict[str, str]]:
    """Yield generated articles.

    Parameters
    ----------
    n_articles : int
        Number of articles.
    seed : int
        Another seed, another archive.
    pace : float
        Seconds between articles.

    Yields
    ------
    dict
        ``id``, ``title``, ``text``, ``published``.
    """
    spelling = Spelling()
    first_day = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    for start in range(0, n_articles, BLOCK):
        draws = Draws(start, seed)
        row, term, place = (
            np.repeat(column, draws.count) for column in (draws.row, draws.term, draws.place)
        )
        # Words of the story come early in the text, as in the news.
        shuffled = np.random.default_rng([seed, start, 1]).integers(1 << 32, size=len(row))
        order = np.argsort(row.astype(np.int64) << 40 | shuffled << place)
        ends = np.searchsorted(row[order], np.arange(BLOCK + 1))
        words = spelling(term[order])
        for i in range(min(BLOCK, n_articles - start)):
            own = words[ends[i] : ends[i + 1]]
            number = start + i
            name = f"n{number:06}"
            if draws.original[i] >= 0:
                name += f"~n{start + draws.original[i]:06}"
            published = first_day + dt.timedelta(seconds=pace * number)
            yield {
                "id": name,
                "title": " ".join(own[:8]).capitalize(),
                "text": " ".join(
                    " ".join(own[at : at + 20]).capitalize() + "." for at in range(8, len(own), 20)
                ),
                "published": published.isoformat(),
            }


def matrix(n_articles: int, *, seed: int = 0, weights: str = "raw") -> sp.csr_matrix:
    """Return the TF-IDF vectors of the articles without generating their text.

    They equal the vectors of scikit-learn's TfidfVectorizer over title and text, to rounding:
    float32, unit length, columns in alphabetical order.

    Parameters
    ----------
    n_articles : int
        Number of rows.
    seed : int
        The seed given to `articles`.
    weights : {"raw", "stop"}
        The vectorizer's defaults; or without stop words and words of one article, sublinear.

    Returns
    -------
    scipy.sparse.csr_matrix
        One row for each article.
    """
    if weights not in ("raw", "stop"):
        raise ValueError(f"weights must be 'raw' or 'stop', not {weights!r}")
    starts = range(0, n_articles, BLOCK)
    blocks = [counts(start, n_articles, seed) for start in starts]
    df = np.zeros(WORDS, np.int64)
    for _, term, _ in blocks:
        # An article has a term once.
        df += np.bincount(term, minlength=WORDS)
    kept = df > 0
    if weights == "stop":
        kept = df > 1
        kept[STOP_RANKS] = False
    terms = np.flatnonzero(kept)
    column = np.full(WORDS, -1, np.int32)
    column[terms[np.argsort(Spelling()(terms).astype(str))]] = np.arange(len(terms))
    idf = np.log((1 + n_articles) / (1 + df)) + 1
    n_pairs = int(df[terms].sum())
    data, indices = np.empty(n_pairs, np.float32), np.empty(n_pairs, np.int32)
    indptr = np.zeros(n_articles + 1, np.int32 if n_pairs < 2**31 else np.int64)
    # Counts are released while they are weighted: the archive is in memory once, not twice.
    blocks.reverse()
    for start in starts:
        block = weighed(*blocks.pop(), column, idf, sublinear=weights == "stop")
        ends = indptr[start] + block.indptr
        indptr[start : start + len(ends)] = ends
        data[ends[0] : ends[-1]], indices[ends[0] : ends[-1]] = block.data, block.indices
    return sp.csr_matrix((data, indices, indptr), shape=(n_articles, len(terms)))


def weighed(
    length: np.ndarray,
    term: np.ndarray,
    count: np.ndarray,
    column: np.ndarray,
    idf: np.ndarray,
    *,
    sublinear: bool,
) -> sp.csr_matrix:
    """Return the weighted vectors of a block.

    Parameters
    ----------
    length, term, count : ndarray
        The arrays that `counts` returns.
    column : ndarray
        Column of each word; -1 for words that are left out.
    idf : ndarray
        Idf of each word.
    sublinear : bool
        Weigh a term that occurs n times by 1 + log(n).

    Returns
    -------
    scipy.sparse.csr_matrix
        float32, columns ascending in each row.
    """
    row = np.repeat(np.arange(len(length)), length)
    stays = column[term] >= 0
    row, term, tf = row[stays], term[stays], count[stays].astype(np.float64)
    weight = (1 + np.log(tf) if sublinear else tf) * idf[term]
    norm = np.sqrt(np.bincount(row, weight * weight, minlength=len(length)))
    value = (weight / norm[row]).astype(np.float32)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(length)))])
    block = sp.csr_matrix((value, column[term], indptr), shape=(len(length), len(column)))
    block.sort_indices()
    return block


def counts(start: int, stop: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the term counts of a block: terms per article, term numbers, counts."""
    draws = Draws(start, seed)
    # Sorting one combined key brings repeated words of an article together.
    key = np.sort(draws.row.astype(np.int64) << 32 | draws.term << 8 | draws.count)
    key = key[: np.searchsorted(key, (stop - start) << 32)]
    pair = key >> 8
    first = np.flatnonzero(np.concatenate([[True], pair[1:] != pair[:-1]]))
    count = np.add.reduceat(key & 255, first)
    pair = pair[first]
    length = np.bincount(pair >> 24, minlength=min(BLOCK, stop - start))
    return length, (pair & (2**24 - 1)).astype(np.int32), count.astype(np.int16)


class Draws:
    """The words drawn by the articles of a block.

    Parameters
    ----------
    start : int
        Number of the block's first article.
    seed : int
        Seed of the archive.

    Attributes
    ----------
    row, term, count : ndarray
        The article's position in the block, the word's rank and its count, for each draw.
    place : ndarray
        Sort key of each draw: 6 for words of the story, 8 for others, which come later.
    original : ndarray
        Position in the block of the copied article, or -1.
    """

    def __init__(self, start: int, seed: int) -> None:
        random = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, start])))
        mean, spread = LENGTH
        length = np.exp(mean + spread * random.standard_normal(BLOCK))
        length = np.clip(length, SHORTEST, LONGEST).astype(np.int64)
        self.original = originals(start, seed)
        copies = np.flatnonzero(self.original >= 0)
        length[copies] = length[self.original[copies]]
        self.row = np.repeat(np.arange(BLOCK), length)
        bits = random.integers(2**64, size=len(self.row), dtype=np.uint64)
        # A draw is 64 bits: 40 choose the word, 8 the urn, 8 the count.
        pick = (bits >> np.uint64(32)).astype(np.int64) & 0xFFFF
        urn = (bits >> np.uint64(16)).astype(np.int64) & 255
        key, origin = bits.copy(), np.zeros(len(bits), np.int64)

        number = np.arange(start, start + BLOCK, dtype=np.uint64)
        story = mixed(story_of(number, seed), seed, 2)
        story_words, story_share = stories(story, length)
        low, high = TOPIC_SHARE
        luck = (mixed(number, seed, 6) & np.uint64(0xFFFF)).astype(np.int64)
        both_shares = story_share + low + (luck * (high - low) >> 16)
        topic = mixed(story % np.uint64(TOPICS), seed, 3)
        topic_words = np.full(BLOCK, TOPIC_WORDS)
        of_story = np.flatnonzero(urn < story_share[self.row])
        of_topic = np.flatnonzero((urn >= story_share[self.row]) & (urn < both_shares[self.row]))
        for chosen, of_article, size, rarest in (
            (of_story, story, story_words, STORY_FROM),
            (of_topic, topic, topic_words, TOPIC_FROM),
        ):
            article = self.row[chosen]
            # The first words of an urn are more common than the last.
            which = pick[chosen] * (pick[chosen] + EVEN) // (65536 + EVEN)
            which = (which * size[article] >> 16).astype(np.uint64)
            key[chosen] = mixed(of_article[article] + which, seed, 4)
            origin[chosen] = rarest
        self.place = np.full(len(bits), 8, np.int64)
        self.place[of_story] = 6
        self.count = BURST[(bits & np.uint64(255)).astype(np.int64)]
        self.term = ranks(key, origin)
        self._copy(copies, np.cumsum(length) - length, length, urn)

    def _copy(
        self, copies: np.ndarray, first: np.ndarray, length: np.ndarray, luck: np.ndarray
    ) -> None:
        """Copy the draws of the original articles, except for a few words."""
        for copy in copies:
            new = np.arange(length[copy]) + first[copy]
            new = new[luck[new] >= COPY_REPLACED]
            old = new - first[copy] + first[self.original[copy]]
            for column in (self.term, self.count, self.place):
                column[new] = column[old]


def story_of(number: np.ndarray, seed: int) -> np.ndarray:
    """Return the story number of each article, ignoring that some are copies.

    Parameters
    ----------
    number : ndarray of uint64
        Numbers of articles.
    seed : int
        Seed of the archive.
    """
    wander = mixed(number, seed, 1) % np.uint64(SPREAD)
    return (number + wander) // np.uint64(STORY)


def stories(story: np.ndarray, length: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each article's story words and their share in 256ths, for a block.

    Parameters
    ----------
    story : ndarray of uint64
        The story of each article.
    length : ndarray of int64
        Number of draws of each article.
    """
    # Integers and square roots are the same on every machine; other powers may differ.
    luck = (story & np.uint64(255)).astype(np.int64) ** STORY_LUCK
    fewest, most = STORY_WORDS
    words = fewest + luck * (most - fewest) // 255**STORY_LUCK
    low, high = STORY_SHARE
    share = low + luck * (high - low) // 255**STORY_LUCK
    share = (share * np.sqrt(STORY_LENGTH / length)).astype(np.int64)
    return words, np.minimum(share, STORY_SHARE_MOST)


def originals(start: int, seed: int) -> np.ndarray:
    """Return the position of the article that each article copies, or -1."""
    luck = mixed(np.arange(start, start + BLOCK, dtype=np.uint64), seed, 5)
    back = (luck >> np.uint64(32)) % np.uint64(COPY_WITHIN) + np.uint64(1)
    original = np.arange(BLOCK) - back.astype(np.int64)
    copies = (luck % np.uint64(COPY_EVERY) == 0) & (original >= 0)
    # A copy of a copy would belong to several originals.
    copies &= ~copies[original]
    return np.where(copies, original, -1)


def mixed(numbers: np.ndarray, seed: int, purpose: int) -> np.ndarray:
    """Return pseudo-random numbers that depend only on the input: SplitMix64's mixer."""
    mix = numbers.astype(np.uint64)
    mix += np.uint64((seed * 8 + purpose) * 0x9E3779B97F4A7C15 % 2**64)
    mix ^= mix >> np.uint64(30)
    mix *= np.uint64(0xBF58476D1CE4E5B9)
    mix ^= mix >> np.uint64(27)
    mix *= np.uint64(0x94D049BB133111EB)
    mix ^= mix >> np.uint64(31)
    return mix


def ranks(bits: np.ndarray, origin: np.ndarray) -> np.ndarray:
    """Return the words drawn by the upper 40 of 64 random bits.

    Parameters
    ----------
    bits : ndarray of uint64
        Random bits.
    origin : ndarray of int64
        Only words rarer than this share of running text are drawn, in 65536ths.

    Returns
    -------
    ndarray of int64
        Ranks, from 0.
    """
    first = slots()
    slot = (bits >> np.uint64(48)).astype(np.int64)
    slot = origin + (slot * (65536 - origin) >> 16)
    within = (bits >> np.uint64(24)).astype(np.int64) & 0xFFFFFF
    return first[slot] + (within * (first[slot + 1] - first[slot]) >> 24)


@functools.cache
def slots() -> np.ndarray:
    """Cut all running words into 65536 equal shares; return the first rank of each."""
    rank, often = np.log(np.array(COMMON)).T
    # Add a distant point so that the last line has the slope of the tail.
    rank, often = np.append(rank, rank[-1] + 10), np.append(often, often[-1] - 10 * TAIL)
    share = np.cumsum(np.exp(np.interp(np.log(np.arange(1, WORDS + 1)), rank, often)))
    first = np.searchsorted(share, np.arange(65536) / 65536 * share[-1], side="right")
    return np.append(first, WORDS)


if __name__ == "__main__":
    main()
