"""The archives that golden answers are of, and what happens to them.

All dates are fixed and far from any day on which a test may run.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from golden import adapter

Article = dict[str, Any]

#: An article that is the subject of many calls.
TALKS = "ukraine-talks-push-for-us-guarantees"

#: Articles of the sample that come later to the archive that is changed.
_LATER = 20

#: How the 2,000 real articles are made up: the folder of a set, and how many of it.
REAL = {
    "ucsc_press": 900,
    "wikinews_en_2019_2020": 295,
    "datanalytics_es": 405,
    "wikinews_de": 400,
}

_GERMAN = [
    {
        "id": "de-haushalt",
        "title": "Bundestag streitet über den Haushalt",
        "dek": "Die Regierung will sparen, die Länder verlangen mehr Geld.",
        "text": "Der Bundestag hat am Dienstag über den Haushalt gestritten. Die Länder fordern "
        "mehr Geld für Schulen und Straßen, doch der Finanzminister will sparen.",
        "published": "2025-08-20T09:00:00+00:00",
        "section": "Politik",
        "language": "de",
    },
    {
        "id": "de-schulen",
        "title": "Länder fordern mehr Geld für Schulen",
        "text": "Vor der Sitzung im Bundestag verlangen die Länder mehr Geld. Ohne einen neuen "
        "Haushalt könnten Schulen nicht saniert werden, warnt eine Ministerin.",
        "published": "2025-08-21T09:00:00+00:00",
        "section": "Politik",
        "tags": ["schulen", "haushalt"],
        "language": "de-AT",
    },
    {
        "id": "de-radweg",
        "title": "Neuer Radweg entlang der Elbe",
        "text": "Der Radweg an der Elbe wird verlängert. "
        "Das Geld kommt aus dem Haushalt der Stadt.",
        "published": "2025-08-19",
        "section": "Lokales",
        "language": "de",
    },
]  # fmt: skip

_CHINESE = [
    {
        "id": "zh-river",
        "title": "长江洪水警报",
        "text": "长江水位上升，防洪部门发布洪水警报，沿江居民开始撤离。",
        "published": "2025-08-20",
        "language": "zh",
    },
    {
        "id": "zh-rain",
        "title": "暴雨引发洪水",
        "text": "连日暴雨使长江水位上升，多地发布洪水警报。",
        "published": "2025-08-22",
        "language": "zh-Hans",
    },
]


def version(article: Article, suffix: str, **changes: Any) -> Article:
    """Return a version of an article: the same text under another id and headline."""
    title = f"{article['title']} ({suffix})"
    return {**article, "id": f"{article['id']}-{suffix}", "title": title, **changes}


def _without_last_paragraph(article: Article) -> str:
    return str(article["text"]).rpartition("\n\n")[0]


def versions(articles: list[Article]) -> list[Article]:
    """Return near-duplicates of some articles: later, earlier, shorter, of a wire source."""
    found = []
    for number, article in enumerate(articles[:40:5]):
        found.append(version(article, "wire", source="Wire Service",
                             published=f"2025-08-{10 + number:02}T05:00:00+00:00"))  # fmt: skip
        found.append(version(article, "late", text=_without_last_paragraph(article),
                             published=f"2025-09-{10 + number:02}T05:00:00+00:00"))  # fmt: skip
    return found


def newcomers() -> list[Article]:
    """Return articles with something special about each."""
    flood = {
        "title": "Flood defences along the river need repair",
        "text": "Engineers found holes in the flood defences along the river after the flood. "
        "Residents of the valley ask who will pay for the repair of the dam.",
        "section": "World",
    }
    return [
        *_GERMAN,
        *_CHINESE,
        {"id": "undated", **flood},
        {"id": "embargo", **flood, "published": "2190-01-01"},
        {"id": "expired", **flood, "published": "2019-12-24", "expires": "2020-01-01"},
        {"id": "expires", **flood, "published": "2025-08-24", "expires": "2190-01-01"},
        {"id": "title-only", "title": "Flood warning for the valley", "published": "2025-08-25"},
        {"id": "odd/id ünï?&", "title": "Odd: <b>flood</b> & \"dam\" 'news'",
         "text": "River flood.", "published": "2025-08-26T01:02:03.456789+00:00",
         "url": "javascript:alert(1)", "tags": ["a,b", "<i>"],
         "author": "O'Hara & Söhne", "image": "/flood.jpg"},
        {"id": "no-words", "title": "The and of", "text": "…", "published": "2025-08-27"},
    ]  # fmt: skip


def lived_through(
    archive: Any, articles: list[Article], settle: Callable[[Any, str], Any]
) -> tuple[Any, dict[str, Any]]:
    """Take an archive through its life; return it, and what was reported on the way.

    Parameters
    ----------
    archive : archive
        Of all articles but the last 20.
    articles : list of dict
        The sample.
    settle : callable
        Given the archive and the name of a step, it returns the archive to go on with.
    """
    told: dict[str, Any] = {}
    told["store 5"] = adapter.store_lists(archive, 5)
    archive = settle(archive, "lists are stored")
    told["add the rest"] = adapter.update(archive, articles[-_LATER:])
    told["add versions"] = adapter.update(archive, versions(articles))
    archive = settle(archive, "versions were added")
    told["add newcomers"] = adapter.update(archive, newcomers())
    replaced = [
        {**article, "title": f"Corrected: {article['title']}", "section": "Corrections"}
        for article in articles[3:60:12]
    ]
    told["replace"] = adapter.update(archive, [*replaced, articles[1], articles[2]])
    told["remove"] = adapter.remove(
        archive, [articles[5]["id"], articles[30]["id"], articles[110]["id"], "title-only"]
    )
    told["drift"] = adapter.drift(archive)
    archive = settle(archive, "articles were removed")
    told["come back"] = adapter.update(archive, [articles[30]])
    told["store 4"] = adapter.store_lists(archive, 4)
    told["drift of a new epoch"] = adapter.drift(archive)
    late = [version(article, "latest", published="2025-10-01") for article in articles[7:90:20]]
    told["add to a new epoch"] = adapter.update(archive, late)
    return settle(archive, "the end"), told


def first_of(articles: list[Article]) -> list[Article]:
    """Return the articles that the archive begins with."""
    return articles[:-_LATER]


def set_rules(archive: Any, articles: list[Article]) -> None:
    """Make a rule of every kind, and some that do nothing."""
    ids = [article["id"] for article in articles]
    adapter.rule(archive, "pin", ids[0], ids[60], ids[2])
    adapter.rule(archive, "pin", ids[20], ids[21])
    adapter.rule(archive, "block", ids[0], ids[1])
    adapter.rule(archive, "block both ways", ids[10], ids[11])
    adapter.rule(archive, "never", "tag=flood", "section=Politik")
    adapter.rule(archive, "never", "title=*guarantees*", "tag=kremlin")
    adapter.rule(archive, "hide", "title=corrected: *")
    adapter.rule(archive, "hide", f"id={ids[44]}")
    adapter.rule(archive, "hide", "id=not-there")
    adapter.rule(archive, "ignore", "guarantees", "river flood")


def shrink(archive: Any, articles: list[Article]) -> dict[str, Any]:
    """Remove most of the first segment, which is then written again; return the report."""
    gone = {5, 30, 60}
    ids = [article["id"] for number, article in enumerate(articles[:90]) if number not in gone]
    return adapter.remove(archive, ids[20:])


def real_articles(folder: Path) -> list[Article]:
    """Return 2,000 articles of four sets in three languages, all dated."""
    found: list[Article] = []
    for name, n in REAL.items():
        with gzip.open(folder / name / "docs.jsonl.gz", "rt", encoding="utf-8") as lines:
            records = [json.loads(line) for line in lines]
        dated = [record for record in records if (record["published"] or "9") < "2025"]
        assert len(dated) >= n
        found += [
            {
                "id": f"{name}-{number:04}",
                "title": record["title"],
                "text": record["text"],
                "published": record["published"],
                "section": record.get("section"),
                "tags": (record.get("topics") or [])[:3],
                "source": name,
                "language": record["lang"],
            }
            for number, record in enumerate(dated[:n])
        ]
    return found
