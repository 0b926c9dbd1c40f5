"""Made-up news archives of any size, the same each time.

Write the articles, or their TF-IDF vectors without the text::

    python -m benchmarks.generate 1000000 -o archive.jsonl.gz
    python -m benchmarks.generate 1000000 -o vectors.npz

The numbers below were fitted to 100,000 English news articles, as vectors of both kinds of weights.
`benchmarks.generator_check` holds what was fitted, and what lists cost, against real articles;
`benchmarks.planted` asks for the copies and stories back.

How an article comes about:

- Words are numbers, the most common one 0. How common they are was fitted (`COMMON`); beyond that
  the frequencies fall as a power of the rank, so that the vocabulary grows with the archive as that
  of real news does.
- An article draws its words from three urns: all words, the words of its topic, the words of its
  story. The words of an urn are themselves drawn from all words, so that every word keeps its
  frequency.
- A story has about `STORY` articles, which appear within `SPREAD` articles of each other. Few
  stories make up much of their articles, and less of long ones: most articles are near none, and
  some are near many.
- What the topic makes up differs from article to article, and so does what is left for common
  words.
- A few articles are copies of earlier ones in which some words were replaced. The id of a copy ends
  in that of its original: ``n000123~n000045``.

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

#: How common words are: (rank, frequency beside the others). Between these, lines of logarithms.
COMMON = (
    (1, 130.0), (2, 58.0), (4, 42.0), (8, 15.0), (16, 7.2), (32, 3.2), (64, 1.5), (128, 0.74),
    (256, 0.34), (512, 0.178), (1024, 0.088), (2048, 0.0405), (4096, 0.0165), (8192, 0.0053),
    (16384, 0.0016), (32768, 4.2e-4), (65536, 1.0e-4), (131072, 3.0e-5),
)  # fmt: skip
#: Beyond the last of these, frequencies fall as rank ** -TAIL. The vocabulary grows about as the
#: number of articles ** (1 / TAIL).
TAIL = 2.24
#: Draws of an article: their logarithm is normal.
LENGTH = (5.80, 0.95)
SHORTEST, LONGEST = 10, 8000
#: A word that is drawn appears once, or up to five times: 256ths.
BURST = np.repeat(np.arange(1, 6, dtype=np.uint8), (240, 10, 4, 1, 1))

#: Articles of a story, and how many articles the whole archive gets while it lasts.
STORY, SPREAD = 10, 1500
#: Words of a story, and the share of them in its articles of `STORY_LENGTH` draws, in 256ths: from,
#: to. Luck says which, to the power of `STORY_LUCK`: most stories are nearer to the first.
STORY_WORDS, STORY_SHARE, STORY_LUCK = (60, 260), (12, 160), 5
#: The share falls with the root of the length; it is never more than the last, in 256ths.
STORY_LENGTH, STORY_SHARE_MOST = 400, 200
#: Topics, words of a topic, and the share of them in an article, in 256ths: from, to.
TOPICS, TOPIC_WORDS, TOPIC_SHARE = 400, 120, (40, 110)
#: Those words are rarer than the ones that make up this share of running text, in 65536ths.
TOPIC_FROM, STORY_FROM = 37000, 43000
#: The larger, the more alike are the frequencies of the words of one story or topic.
EVEN = 32768

#: One article of so many is a copy, of one of so many before it, with so many 256ths replaced.
COPY_EVERY, COPY_WITHIN, COPY_REPLACED = 32, 1000, 20
#: Articles are drawn so many at a time.
BLOCK = 8192
#: Seconds between articles: 500 a day.
PACE = 172


def main() -> None:
    """Write an archive or its vectors."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("articles", type=int, help="how many")
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


def write(path: Path, n: int, seed: int) -> None:
    """Write articles as JSON Lines."""
    # The time is left out of the gzip header, so that the file too is the same each time.
    with path.open("wb") as file:
        out = gzip.GzipFile("", "wb", 1, file, mtime=0) if path.suffix == ".gz" else file
        for article in articles(n, seed=seed):
            out.write(json.dumps(article).encode() + b"\n")
        out.close()


def articles(n_articles: int, *, seed: int = 0) -> Iterator[dict[str, str]]:
    """Yield the articles.

    Parameters
    ----------
    n_articles : int
        How many.
    seed : int
        Another seed, another archive.

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
        # Each word of an article gets a place; those of the story come early, as in the news.
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
            published = first_day + dt.timedelta(seconds=PACE * number)
            yield {
                "id": name,
                "title": " ".join(own[:8]).capitalize(),
                "text": " ".join(
                    " ".join(own[at : at + 20]).capitalize() + "." for at in range(8, len(own), 20)
                ),
                "published": published.isoformat(),
            }


def matrix(n_articles: int, *, seed: int = 0, weights: str = "raw") -> sp.csr_matrix:
    """Return the TF-IDF vectors of the articles, without making any text.

    They are those of scikit-learn's TfidfVectorizer over title and text, to rounding: float32,
    of length one, columns in alphabetical order.

    Parameters
    ----------
    n_articles : int
        How many rows.
    seed : int
        That of `articles`.
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
    # What was counted is given back as it is weighed: an archive is in memory once, not twice.
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
    """Return the vectors of a block.

    Parameters
    ----------
    length, term, count : ndarray
        As `counts` returns them.
    column : ndarray
        Of each word; -1 for those that are left out.
    idf : ndarray
        Of each word.
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
    """Return the term counts of a block: distinct terms of each article, terms, their counts."""
    draws = Draws(start, seed)
    # One sort of one key brings together what an article drew twice.
    key = np.sort(draws.row.astype(np.int64) << 32 | draws.term << 8 | draws.count)
    key = key[: np.searchsorted(key, (stop - start) << 32)]
    pair = key >> 8
    first = np.flatnonzero(np.concatenate([[True], pair[1:] != pair[:-1]]))
    count = np.add.reduceat(key & 255, first)
    pair = pair[first]
    length = np.bincount(pair >> 24, minlength=min(BLOCK, stop - start))
    return length, (pair & (2**24 - 1)).astype(np.int32), count.astype(np.int16)


class Draws:
    """What the articles of a block drew.

    Parameters
    ----------
    start : int
        The block's first article.
    seed : int
        That of the archive.

    Attributes
    ----------
    row, term, count : ndarray
        Of each draw: the article's place in the block, the word's rank, how often it appears.
    place : ndarray
        Of each draw: 6 for words of the story, 8 for others, which come later in the text.
    original : ndarray
        The place in the block of the article copied, or -1.
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
        # A draw is 64 bits: 40 say which word, 8 of which urn, 8 how often it appears.
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
        """Give copies what their originals drew, but for some."""
        for copy in copies:
            new = np.arange(length[copy]) + first[copy]
            new = new[luck[new] >= COPY_REPLACED]
            old = new - first[copy] + first[self.original[copy]]
            for column in (self.term, self.count, self.place):
                column[new] = column[old]


def story_of(number: np.ndarray, seed: int) -> np.ndarray:
    """Return the number of the story that each article is of, copies aside.

    Parameters
    ----------
    number : ndarray of uint64
        Of articles.
    seed : int
    """
    wander = mixed(number, seed, 1) % np.uint64(SPREAD)
    return (number + wander) // np.uint64(STORY)


def stories(story: np.ndarray, length: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return, for each article of a block, the words of its story and their share in 256ths.

    Parameters
    ----------
    story : ndarray of uint64
        The story of each article.
    length : ndarray of int64
        The draws of each article.
    """
    # Whole numbers, and a root, are the same on every machine; other powers need not be.
    luck = (story & np.uint64(255)).astype(np.int64) ** STORY_LUCK
    fewest, most = STORY_WORDS
    words = fewest + luck * (most - fewest) // 255**STORY_LUCK
    low, high = STORY_SHARE
    share = low + luck * (high - low) // 255**STORY_LUCK
    share = (share * np.sqrt(STORY_LENGTH / length)).astype(np.int64)
    return words, np.minimum(share, STORY_SHARE_MOST)


def originals(start: int, seed: int) -> np.ndarray:
    """Return, for each article of a block, the place of the one it copies, or -1."""
    luck = mixed(np.arange(start, start + BLOCK, dtype=np.uint64), seed, 5)
    back = (luck >> np.uint64(32)) % np.uint64(COPY_WITHIN) + np.uint64(1)
    original = np.arange(BLOCK) - back.astype(np.int64)
    copies = (luck % np.uint64(COPY_EVERY) == 0) & (original >= 0)
    # Copies of copies would make one copy of several originals.
    copies &= ~copies[original]
    return np.where(copies, original, -1)


def mixed(numbers: np.ndarray, seed: int, purpose: int) -> np.ndarray:
    """Return numbers that look drawn, the same for the same: the mixer of SplitMix64."""
    mix = numbers.astype(np.uint64)
    mix += np.uint64((seed * 8 + purpose) * 0x9E3779B97F4A7C15 % 2**64)
    mix ^= mix >> np.uint64(30)
    mix *= np.uint64(0xBF58476D1CE4E5B9)
    mix ^= mix >> np.uint64(27)
    mix *= np.uint64(0x94D049BB133111EB)
    mix ^= mix >> np.uint64(31)
    return mix


def ranks(bits: np.ndarray, origin: np.ndarray) -> np.ndarray:
    """Return the words that the upper 40 of 64 random bits draw.

    Parameters
    ----------
    bits : ndarray of uint64
        Random.
    origin : ndarray of int64
        Only words rarer than this share of the running words are drawn, in 65536ths.

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
    """Cut all running words into 65536 equal shares: the first word of each, by rank."""
    rank, often = np.log(np.array(COMMON)).T
    # One more point, so far out that the line to it has the slope of the tail.
    rank, often = np.append(rank, rank[-1] + 10), np.append(often, often[-1] - 10 * TAIL)
    share = np.cumsum(np.exp(np.interp(np.log(np.arange(1, WORDS + 1)), rank, often)))
    first = np.searchsorted(share, np.arange(65536) / 65536 * share[-1], side="right")
    return np.append(first, WORDS)


if __name__ == "__main__":
    main()
