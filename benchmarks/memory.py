"""Memory of an archive's index: mapped from files, and resident while ranking.

Figures are bytes per distinct (article, term) pair, the usual measure (lower is better)::

    python -m benchmarks.memory archive.relnews --lists 500
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from pathlib import Path

#: The arrays of an archive folder, by purpose.
PARTS = {
    "rows: the terms of each article": ("row_ptr", "row_low", "row_high", "row_level", "values"),
    "postings: the articles of each term": (
        "term", "term_ptr", "group_ptr", "group_level", "posting",
    ),
    "outlines: bounds of the common terms": (
        "sketch", "sketch_scale", "sketch_error", "rest", "codes", "codes_scale", "codes_error",
        "norm",
    ),
    "sums that lengths are made of": ("sums",),
    "texts and titles: words in their order": (
        "text_ptr", "text_place", "phrase_ptr", "phrase_place", "pair_key", "pair_term",
    ),
    "keys and dates": ("key", "published"),
    "vocabulary and document frequencies": (
        "table", "blob", "term_ptr of the vocabulary", "document_frequency", "terms", "basis",
    ),
}  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser("python -m benchmarks.memory", description=__doc__)
    parser.add_argument("archive", type=Path, help="a folder that relnews build wrote")
    parser.add_argument("--lists", type=int, default=500, help="lists to rank (default: 500)")
    options = parser.parse_args()
    from relnews import RelatedNews

    news = RelatedNews.open(options.archive)
    ids = news.archive_.catalogue.all_ids()
    for identifier in ids[:: max(len(ids) // options.lists, 1)]:
        news.related(identifier, selection=None)
    part_of = {name: part for part, names in PARTS.items() for name in names}
    mapped: Counter[str] = Counter()
    for path in options.archive.rglob("*.npy"):
        mapped[part_of[named(path)]] += path.stat().st_size
    resident: Counter[str] = Counter()
    for path, n in resident_bytes(options.archive.resolve()):
        resident[part_of[named(path)]] += n
    segments = [member.segment for member in news.archive_.state.live_segments.values()]
    pairs = sum(len(segment.row_level) for segment in segments)
    print(f"{len(ids):,} articles, {pairs:,} pairs, after {options.lists} lists\n")
    print("| part | MB | bytes a pair | resident, MB |\n|---|---|---|---|")
    for part in PARTS:
        print(
            f"| {part} | {mapped[part] / 1e6:.1f} | {mapped[part] / pairs:.2f} |"
            f" {resident[part] / 1e6:.1f} |"
        )
    total, here = mapped.total(), resident.total()
    print(f"| all | {total / 1e6:.1f} | {total / pairs:.2f} | {here / 1e6:.1f} |")
    print(f"\nbesides files, the process has {anonymous_mb():.0f} MB")


def named(path: Path) -> str:
    """Return the name of an array; the same name occurs in two kinds of folders."""
    is_vocabulary = path.parent.suffix == ".vocabulary" and path.stem == "term_ptr"
    return "term_ptr of the vocabulary" if is_vocabulary else path.stem


def resident_bytes(folder: Path) -> list[tuple[Path, int]]:
    """Return the mapped files of a folder, and the resident bytes of each."""
    smaps = Path("/proc/self/smaps").read_text(encoding="utf-8")
    found = re.findall(r"^\S+-\S+ \S+ \S+ \S+ \d+ +(/.*\.npy)\n(?:.*\n)*?Rss: +(\d+)", smaps, re.M)
    return [(Path(path), 1024 * int(n)) for path, n in found if Path(path).is_relative_to(folder)]


def anonymous_mb() -> float:
    """Return the memory of this process that no file backs, in MB."""
    rollup = Path("/proc/self/smaps_rollup").read_text(encoding="ascii")
    return int(rollup.split("Anonymous:")[1].split()[0]) / 1e3


if __name__ == "__main__":
    main()
