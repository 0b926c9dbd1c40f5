"""Calls whose answers are recorded: for an archive and some of its articles, by group."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from golden import adapter

Calls = dict[str, Any]

#: A day on which drafts are written.
DAY = dt.datetime(2025, 8, 25, 12, tzinfo=dt.UTC)

#: Sets of options by name, on top of the usual mode unless they name another.
OPTIONS: dict[str, dict[str, Any]] = {
    "after": {"after": "2025-08-15"},
    "before": {"before": dt.datetime(2025, 8, 19, 12, tzinfo=dt.UTC)},
    "between": {"after": dt.date(2025, 8, 1), "before": "2025-08-20T00:00:00+02:00"},
    "within": {"within": 2.5},
    "earlier": {"published": "before"},
    "later": {"published": "after", "mode": "similar"},
    "section": {"filters": {"section": "World"}},
    "two sections, source": {
        "filters": {"section": ["Science", "Business", "World"], "source": "The Sample Gazette"}
    },
    "tags": {"filters": {"tags": ["flood", "ukraine", "drought"]}, "mode": "similar"},
    "language": {"filters": {"language": ["en", "de"]}},
    "exclude": {"exclude": ["kremlin-seeks-veto-on-ukraine-security-guarantees", "not-there"]},
    "fades fast": {"recency": {"half_life": 3, "floor": 0.1}},
    "fades late": {"recency": {"half_life": 30, "floor": 0, "offset": 2}},
    "fades not": {"recency": {"floor": 1}},
    "fades from a day": {"recency": {"half_life": 5, "anchor": "2025-08-10T06:00:00"}},
    "archive's own recency": {"recency": None, "mode": "similar"},
    "no selection": {"selection": None},
    "near-duplicates, newest": {"selection": {"duplicate_threshold": 0.3, "keep": "newest"}},
    "near-duplicates, oldest": {"selection": {"duplicate_threshold": 0.3, "keep": "oldest"}},
    "near-duplicates, longest": {"selection": {"duplicate_threshold": 0.5, "keep": "longest"}},
    "wire sources": {"selection": {"wire_sources": ["Wire Service"], "keep": "oldest"}},
    "near-duplicates stay": {"selection": {"duplicate_threshold": None}},
    "diversity": {"selection": {"diversity": 0.5}},
    "caps": {"selection": {"caps": {"section": 2, "author": 1, "source": 5}}},
    "cap of a story": {"selection": {"caps": {"story": 2}, "story": 0.15}},
    "least score": {"selection": {"min_score": 0.12}},
    "cutoff": {"selection": {"cutoff": 0.5}},
    "no cutoff": {"selection": {"cutoff": None}},
    "fallback to the section": {"selection": {"min_score": 0.2}, "fallback": ["section"]},
    "fallback to the newest": {"within": 1, "fallback": ["newest"]},
    "both fallbacks": {
        "published": "before", "selection": {"min_score": 0.1}, "fallback": ["section", "newest"],
    },
    "mentions": {"mentions": 3},
    "all at once": {
        "mode": "background", "within": 60,
        "filters": {"section": ["World", "Business", "Science"]},
        "recency": {"half_life": 10, "floor": 0.2}, "mentions": 2, "fallback": ["section"],
        "selection": {"diversity": 0.2, "caps": {"author": 3, "story": 3}, "keep": "longest"},
    },
}  # fmt: skip

DRAFTS = {
    "guarantees": (
        "Kyiv waits for guarantees",
        "Negotiators in Washington said that security guarantees for Ukraine were close.",
    ),
    "flood": ("", "The flood broke a dam above the valley, and the river rose for a second day."),
    "title only": ("Interest rates fall again", ""),
    "unknown words": ("Xyzzy plugh", "Quux frobnicates."),
}


def modes(archive: Any, ids: Sequence[str], k: int) -> Calls:
    """Return lists in every mode."""
    return {
        f"related {mode} k={k} {article}": _rows(adapter.related(archive, article, k, mode=mode))
        for mode in adapter.ALL_MODES for article in ids
    }  # fmt: skip


def all_lists(
    archive: Any, k: int, n_jobs: int | None = None, ids: Sequence[str] | None = None
) -> Calls:
    """Return short digests of lists: for each article, of all by default, one in each mode."""
    from golden.recorded import digest

    found: Calls = {}
    for mode in adapter.ALL_MODES:
        lists = adapter.related_all(archive, k, ids=ids, mode=mode, n_jobs=n_jobs)
        for article, items in lists.items():
            digests = found.setdefault(f"related_all k={k} {article}", {})
            digests[mode] = digest(_rows(items))[:8]
    return {call: " ".join(digests.values()) for call, digests in found.items()}


def sizes(archive: Any, ids: Sequence[str]) -> Calls:
    """Return short and long lists, the latter as ids."""
    found: Calls = {}
    for article in ids:
        for k in (1, 3):
            found[f"related k={k} {article}"] = _rows(adapter.related(archive, article, k))
        items = adapter.related(archive, article, 200, mode="similar")
        found[f"related similar k=200 {article}"] = [
            len(items), [item["id"][:12] for item in items[:60]],
        ]  # fmt: skip
    return found


def options(archive: Any, ids: Sequence[str], k: int) -> Calls:
    """Return lists under all sets of options."""
    return {
        f"related, {name}: {article}": _rows(adapter.related(archive, article, k, **given))
        for name, given in OPTIONS.items() for article in ids
    }  # fmt: skip


def explanations(archive: Any, pairs: Sequence[tuple[str, str]]) -> Calls:
    """Return what scores are made of."""
    found = {f"explain {a} {b}": adapter.explain(archive, a, b) for a, b in pairs}
    a, b = pairs[0]
    for name in ("within", "earlier", "section", "exclude", "fades late", "fades from a day"):
        got = adapter.explain(archive, a, b, **OPTIONS[name])
        found[f"explain, {name}: {a} {b}"] = [got["score"], got["rank"], got["ledger"]]
    for mode in adapter.ALL_MODES:
        got = adapter.explain(archive, a, b, mode=mode)
        found[f"explain {mode} {a} {b}"] = [got["score"], got["rank"], got["ledger"]]
    return found


def _asked_why(pairs: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Yield name, pair and options of calls of `why_not`."""
    for a, b in pairs:
        for mode in adapter.ALL_MODES:
            yield f"why_not {mode} k=2 {a} {b}", a, b, {"mode": mode, "k": 2}
    for name in ("within", "section", "exclude", "no selection", "near-duplicates, newest", "caps",
                 "cap of a story", "least score", "both fallbacks", "diversity"):  # fmt: skip
        for a, b in pairs[::2]:
            yield f"why_not, {name}: {a} {b}", a, b, {"k": 5, **OPTIONS[name]}
    a = pairs[0][0]
    yield f"why_not {a} itself", a, a, {}
    yield f"why_not {a} unknown", a, f"{a}x", {}


def reasons(archive: Any, pairs: Sequence[tuple[str, str]]) -> Calls:
    """Return why articles are not in lists."""
    return {
        name: [*adapter.why_not(archive, a, b, **given).values()]
        for name, a, b, given in _asked_why(pairs)
    }


def sentences(archive: Any, pairs: Sequence[tuple[str, str]]) -> Calls:
    """Return the same in words, one call for each reason."""
    found: Calls = {}
    seen = set()
    for name, a, b, given in _asked_why(pairs):
        kind = adapter.why_not(archive, a, b, **given)["reason"]
        if kind not in seen:
            seen.add(kind)
            found[name] = adapter.why_not_sentence(archive, a, b, **given)
    return found


def ledgers(archive: Any, a: str, b: str) -> Calls:
    """Return an explanation as the terminal shows it; of others, what follows the terms."""
    text = adapter.explanation_text(archive, a, b)
    found: Calls = {f"explain {a} {b}": text}
    for name in ("between", "within", "earlier", "tags", "exclude", "fades from a day"):
        text = adapter.explanation_text(archive, a, b, **OPTIONS[name])
        found[f"explain, {name}: {a} {b}"] = text[text.index("") :]
    return found


def duplicates(archive: Any) -> Calls:
    """Return the near-duplicates of the archive."""
    found = {
        f"duplicates 0.9 {keep}": adapter.duplicates(archive, 0.9, keep=keep)
        for keep in ("newest", "oldest", "longest")
    }
    found["duplicates 0.4"] = adapter.duplicates(archive, 0.4, keep="newest")
    found["duplicates wire sources"] = adapter.duplicates(
        archive, 0.9, keep="oldest", wire_sources=["Wire Service", "ucsc_press"]
    )
    return found


def blocks(archive: Any, ids: Sequence[str]) -> Calls:
    """Return several lists that have nothing in common."""
    sizes = {"newest": 2, "background": 3, "more": 4}
    every = dict.fromkeys(adapter.ALL_MODES, 2)
    found: Calls = {}
    for article in ids:
        for name, got in (
            ("three", adapter.blocks(archive, article, sizes)),
            ("all", adapter.blocks(archive, article, every, exclude=[ids[0]], mentions=1)),
        ):
            found[f"blocks {name} {article}"] = {mode: _rows(items) for mode, items in got.items()}
    return found


def drafts(archive: Any, k: int) -> Calls:
    """Return lists of stories that are not in the archive."""
    found: Calls = {}
    for name, (title, text) in DRAFTS.items():
        for mode in adapter.ALL_MODES:
            got = adapter.related_to_text(archive, title, text, DAY, k, mode=mode)
            found[f"draft {name} {mode}"] = _rows(got)
    for name in ("after", "within", "section", "exclude", "fades fast", "fades from a day",
                 "no selection", "diversity", "caps", "fallback to the newest"):  # fmt: skip
        got = adapter.related_to_text(archive, *DRAFTS["flood"], DAY, 4, **OPTIONS[name])
        found[f"draft flood, {name}"] = _rows(got)
    text = "Die Länder streiten im Bundestag über Geld für Schulen."
    got = adapter.related_to_text(archive, "", text, DAY, 4, language="de")
    found["draft in German"] = _rows(got)
    return found


def exports(archive: Any, ids: Sequence[str]) -> Calls:
    """Return lists in every format."""
    found: Calls = {}
    for article in ids:
        for fmt in (*adapter.FORMATS, "table"):
            got = adapter.exported(archive, article, 3, fmt, mentions=2)
            found[f"{fmt} {article}"] = got
        got = adapter.exported(archive, article, 3, "json", mode="more", within=1)
        found[f"json, mode more: {article}"] = got
    got = adapter.exported_html(archive, ids[0], 1, mentions=1)
    found[f"html, other heading: {ids[0]}"] = got
    return found


def _rows(items: Sequence[dict[str, Any]]) -> list[list[Any]]:
    """Return items as short rows: id, score, similarity, and what else there is to say."""
    rows = []
    for item in items:
        more = {name: item[name] for name in item if name not in ("id", "score", "similarity")}
        rows.append([item["id"], item["score"], item["similarity"], *([more] if more else [])])
    return rows
