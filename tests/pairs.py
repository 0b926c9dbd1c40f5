"""An archive whose articles are added and removed in pairs, so that torn lists can be noticed.

The two articles of a pair share all words but one each, so that they are no near-duplicates, and
are added and removed together. In a list both have the same score and are neighbours, unless the
list ends between them. As a script the module writes or reads such an archive for a while:

    python tests/pairs.py write|read ARCHIVE NOTE SECONDS SEED
"""

import itertools
import json
import mmap
import random
import re
import struct
import sys
import time
from pathlib import Path

import relnews.maintenance.merging
from relnews import RelatedNews, UnknownArticleError
from waiting import LIMIT

WORDS = [
    "dike", "breach", "flood", "crest", "river", "rain", "levee", "dam", "gauge", "pump", "silt",
    "estuary",
]  # fmt: skip
K = 6

#: Number of pairs at a time.
N_PAIRS = 6

#: Seconds between changes.
PACE = 0.05

#: Number of changes that are made however slow the machine is; the last removes a pair.
N_CHANGES = N_PAIRS + 1


def story(i):
    """Return an article that stays."""
    rng = random.Random(i)
    words = rng.choices(WORDS, k=6) + [f"w{rng.randrange(900)}" for _ in range(40)]
    return {"id": f"s{i}", "title": rng.choice(WORDS), "text": " ".join(words)}


def lived_in(folder):
    """Return a new archive with stored lists, rules, pending and removed articles."""
    news = RelatedNews(stop_words=None).fit(story(i) for i in range(30))
    news.store_lists(4)
    news.save(folder)
    news = RelatedNews.open(folder)
    news.partial_fit(story(i) for i in range(30, 36))
    news.remove(["s3", "s32"])
    news.rules.block("s1", "s2")
    return news


def pair(n):
    """Return two articles that are added and removed together."""
    text = f"river twins pair{n} pair{n} {WORDS[n % 12]} {WORDS[n % 5]}"
    return [
        {"id": f"p{n}{end}", "title": "flood crest", "text": f"{text} pair{n}{end}"} for end in "ab"
    ]


class Note:
    """The last removed and the last added pair, shared between processes.

    Parameters
    ----------
    path : Path
        File of the numbers.
    """

    def __init__(self, path):
        if not path.exists():
            path.write_bytes(struct.pack("<qq", -1, -1))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 16)

    def read(self):
        """Return the two numbers."""
        return struct.unpack("<qq", self._memory)

    def write(self, place, number):
        """Set one of the numbers, which only ever grow."""
        struct.pack_into("<q", self._memory, 8 * place, number)


def write(news, note, seconds):
    """Change the archive again and again; return how often, and how long it took."""
    n_commits, took = 0, []
    gone, last = note.read()
    often = 25 if len(news) < 1000 else 250  # the slow part for a large archive
    start = time.monotonic()
    while n_commits < N_CHANGES or time.monotonic() < start + seconds:
        begun = time.monotonic()
        if n_commits % often == 20:
            news.compact()
        elif n_commits % (2 * often) == often:
            news.store_lists(4)
        elif last - gone >= N_PAIRS:
            news.remove([article["id"] for article in pair(gone + 1)])
            gone += 1
            note.write(0, gone)
        else:
            news.partial_fit(pair(last + 1))
            last += 1
            note.write(1, last)
        n_commits += 1
        took.append(time.monotonic() - begun)
        time.sleep(max(start + n_commits * PACE - time.monotonic(), 0))
    return n_commits, max(took)


def read(news, note, seconds, rng, n_stories):
    """Read lists of all kinds, check that each is from one state, and return their counts.

    Each kind is read once, however slow the machine is; then chance decides until time is up and
    another state than the first has been read.
    """
    deeds = [_one_that_stays, _one_that_stays, _one_of_a_pair, _draft, _all]
    counts = dict.fromkeys((deed.__name__ for deed in deeds), 0)
    generations = {news.archive_.state.generation}
    end = time.monotonic() + seconds
    first = [*dict.fromkeys(deeds)]
    while (
        first
        or time.monotonic() < end
        or (len(generations) == 1 and time.monotonic() < end + LIMIT)
    ):
        deed = first.pop(0) if first else rng.choices(deeds, weights=[30, 30, 30, 10, 1])[0]
        deed(news, note, rng, n_stories)
        counts[deed.__name__] += 1
        generations.add(news.archive_.catalogue.generation())
    return counts, len(generations)


def _one_that_stays(news, note, rng, n_stories):
    gone, _ = note.read()
    k = rng.choice([2, 4, K])
    _check(news.related(f"s{rng.randrange(n_stories)}", k), gone, k)


def _one_of_a_pair(news, note, rng, _):
    gone, last = note.read()
    if gone == last:
        return
    n = rng.randrange(gone + 1, last + 1)
    identifier, other = f"p{n}a", f"p{n}b"
    try:
        related = news.related(identifier, K)
    except UnknownArticleError:
        patience = time.monotonic() + LIMIT
        while note.read()[0] < n:
            assert time.monotonic() < patience, f"{identifier} was added and is not there"
            time.sleep(0.01)
    else:
        assert related.ids[0] == other, related.ids
        _check(related, gone, K)


def _draft(news, note, rng, _):
    gone, last = note.read()
    n = max(rng.randrange(gone, last + 1), 0)
    draft = " ".join(article["text"] for article in pair(n))
    _check(news.related_to_text(draft, k=K), gone, K)


def _all(news, note, _, n_stories):
    gone, _ = note.read()
    ids = []
    for related in itertools.islice(news.related_all(K), 2000):
        ids.append(related.id)
        _check(related, gone, K)
    expected = [f"s{i}" for i in range(n_stories)]
    assert ids[:n_stories] == expected[: len(ids)]
    assert len(set(ids)) == len(ids)


def _check(related, gone, k):
    """Fail if a list has half a pair, or a pair that was removed before it was read."""
    ids = related.ids
    assert [item.rank for item in related] == list(range(1, len(ids) + 1))
    assert len(set(ids)) == len(ids)
    scores = [item.score for item in related]
    assert scores == sorted(scores, reverse=True)
    for place, identifier in enumerate(ids):
        match = re.fullmatch(r"p(\d+)([ab])", identifier)
        if match is None:
            continue
        assert int(match[1]) > gone, f"{identifier} was removed before {ids} was read"
        if related.id is not None and related.id[:-1] == identifier[:-1]:
            continue
        whole = [f"p{match[1]}a", f"p{match[1]}b"]
        first = place if match[2] == "a" else place - 1
        assert ids[first : first + 2] == whole or (match[2] == "a" and place == k - 1), ids


def memory(folder):
    """Return proportional memory in bytes: of the process, and of the archive's arrays."""
    rollup = Path("/proc/self/smaps_rollup")
    if not rollup.exists():
        return None
    total = sum(int(n) for n in re.findall(r"^Pss: +(\d+)", rollup.read_text(), re.MULTILINE))
    arrays = resident = 0
    is_array = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            is_array = line.endswith(".npy") and str(folder) in line
        elif is_array and line.startswith("Pss:"):
            arrays += int(line.split()[1])
        elif is_array and line.startswith("Rss:"):
            resident += int(line.split()[1])
    return {"all": total * 1024, "arrays": arrays * 1024, "arrays mapped": resident * 1024}


def main(what, folder, note, seconds, seed):
    news = RelatedNews.open(folder)
    note = Note(Path(note))
    n_stories = sum(article.startswith("s") for article in news.archive_.catalogue.all_ids())
    if what == "write":
        relnews.maintenance.merging.PENDING_ARTICLES, relnews.maintenance.merging.FANOUT = 8, 3
    else:
        news.related_to_text("river")  # imports take long
    print("ready", flush=True)
    sys.stdin.readline()
    if what == "write":
        n_commits, longest = write(news, note, float(seconds))
        print(json.dumps({"commits": n_commits, "longest": longest}), flush=True)
        return
    rng = random.Random(int(seed))
    counts, n_generations = read(news, note, float(seconds), rng, n_stories)
    report = {"reads": counts, "generations": n_generations}
    print(json.dumps(report), flush=True)
    sys.stdin.readline()  # measured while all readers run
    print(json.dumps(memory(folder)), flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main(*sys.argv[1:])
