"""Changes of every kind to an archive in a folder, each marked with what is there afterwards.

As a script: `python tests/changes.py ROOT MARKS`.
"""

import gc
import json
import sys
from pathlib import Path
from unittest import mock

from relnews import RelatedNews
from relnews.maintenance import merging


def stories(first, last):
    """Return articles that share words, in pairs."""
    return [
        {
            "id": f"s{i}",
            "title": f"dike word{i % 7} report {i}",
            "text": f"flood crest word{i // 2} word{i % 3} river word{i % 5} " * (1 + i % 4),
            "published": f"2025-08-{1 + i % 28:02d}",
        }
        for i in range(first, last)
    ]


def state_of(news):
    """Return all that readers see of an open archive, and its problems."""
    return {
        "generation": news.archive_.catalogue.generation(),
        "lists": [related.to_dict() for related in news.related_all(3)],
        "rules": [str(rule) for rule in news.rules],
        "problems": news.verify(),
    }


def small():
    """Let few articles fill a segment, and few new terms a vocabulary."""
    return mock.patch.multiple(
        merging, PENDING_ARTICLES=6, FANOUT=2, NEWER_TERMS=8, NEWER_SHARE=0.0
    )


def changes(folder):
    """Change an archive; yield the open archive, and the folder that the change made, if any."""
    RelatedNews().fit(stories(0, 10)).save(folder)
    yield RelatedNews.open(folder), folder
    for first in (10, 32):
        news = RelatedNews.open(folder)
        # The log is copied into the database every few commits.
        news.archive_.catalogue._database.connection.execute("PRAGMA wal_autocheckpoint = 12")
        for i in range(first, first + 12, 4):
            news.partial_fit(stories(i, i + 4))
            yield news, None
        news.remove([f"s{first - 7}", f"s{first + 1}"])
        yield news, None
        news.rules.pin(f"s{first}", [f"s{first + 4}"])
        yield news, None
        news.rules.never("title=dike word6 *", "title=dike word1 *")
        yield news, None
        news.store_lists(3)
        yield news, None
        news.partial_fit([*stories(first + 12, first + 15), {"id": f"s{first}", "text": "ice"}])
        yield news, None
        news.remove(f"s{first + 4}")
        yield news, None
        backup = folder.with_name(f"backup-{first}.relnews")
        news.backup(backup)
        yield news, backup
        news.partial_fit(stories(first + 15, first + 22))
        yield news, None
        news.compact()
        yield news, None
        news.rules.drop(next(iter(news.rules)))
        yield news, None
        news = None
        gc.collect()  # closes the database
    RelatedNews().fit(stories(5, 20)).save(folder)
    news = RelatedNews.open(folder)
    yield news, None
    news.remove("s6")
    yield news, None


def main(root, marks):
    """Make the changes; after each write the state of every archive as a line to the marks."""
    folder, states = root / "new" / "a.relnews", {}
    with small(), marks.open("wb", buffering=0) as file:
        for news, made in changes(folder):
            states[str(folder.relative_to(root))] = state_of(news)
            if made is not None:
                states[str(made.relative_to(root))] = state_of(news)
            file.write(json.dumps(states).encode() + b"\n")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
