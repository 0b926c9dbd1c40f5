"""Golden answers: lists, reasons, exports and HTTP answers are what they were.

The answers of three archives are compared with recorded ones: the sample; the sample after a life
of updates, in memory, and in a folder that is opened again after every step; and 2,000 real
articles, of which only digests are recorded. ``wording.json`` has what may be said in other words:
re-record it alone when a sentence is improved. To record::

    pytest tests/golden --record-golden
    git diff --stat tests/golden/recorded

A name that changes is changed in ``adapter.py``; the recorded files keep theirs. A step that is not
meant to change behaviour leaves them byte for byte as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from golden import adapter, archives, calls
from golden.recorded import Recording, digest

Record = Callable[[str], Recording]


@pytest.fixture(scope="module")
def articles() -> list[dict[str, Any]]:
    """Return the sample."""
    return adapter.sample_articles()


@pytest.fixture(scope="module")
def ids(articles: list[dict[str, Any]]) -> list[str]:
    """Return the ids of the sample: threads one after another, each in order of time."""
    return [article["id"] for article in articles]


@pytest.fixture(scope="module")
def archive(articles: list[dict[str, Any]]) -> Any:
    """Return the sample archive."""
    return adapter.fit(articles)


def pairs_of(ids: list[str]) -> list[tuple[str, str]]:
    """Return articles near to each other and far from each other."""
    return [(ids[0], ids[1]), (ids[0], ids[60]), (ids[12], ids[19]), (ids[8], ids[3]),
            (ids[50], ids[47])]  # fmt: skip


def test_every_mode_is_recorded() -> None:
    """A new mode has to be recorded, too."""
    adapter.check_modes()


# --- the sample ----------------------------------------------------------------------------------


def test_lists_of_the_sample(recording: Record, archive: Any, ids: list[str]) -> None:
    """In every mode, some in full and all by digest; and whatever is asked for besides."""
    sample = recording("sample")
    sample.check("modes", calls.modes(archive, ids[2::14], 8))
    sample.check("all lists", calls.all_lists(archive, 8))
    sample.check("sizes", calls.sizes(archive, ids[5::40]))
    sample.check("options", calls.options(archive, [ids[4], ids[17]], 5))
    sample.check("blocks", calls.blocks(archive, [ids[4], ids[30]]))
    sample.check("drafts", calls.drafts(archive, 5))


def test_all_lists_do_not_depend_on_threads(recording: Record, archive: Any) -> None:
    """Two threads give the lists that were recorded with one."""
    recording("sample").check("all lists", calls.all_lists(archive, 8, n_jobs=2))


def test_reasons_of_the_sample(recording: Record, archive: Any, ids: list[str]) -> None:
    """Explanations, and why articles are not in lists."""
    sample, pairs = recording("sample"), pairs_of(ids)
    sample.check("explanations", calls.explanations(archive, pairs))
    sample.check("why not", calls.reasons(archive, pairs))
    sample.check("duplicates", calls.duplicates(archive))
    wording = calls.sentences(archive, pairs) | calls.ledgers(archive, *pairs[0])
    recording("wording").check("sample", wording)


def test_exports_of_the_sample(
    recording: Record, archive: Any, articles: list[dict[str, Any]], ids: list[str], tmp_path: Path
) -> None:
    """Every format, a page, and the files of every kind of site."""
    found = calls.exports(archive, [ids[70]])
    found[f"page {ids[0]}"] = adapter.exported_page(archive, articles[0], 3)
    recording("sample").check("exports", found)
    sites: dict[str, Any] = {}
    for kind in adapter.SITES:
        for options in ({}, {"mode": "background"}, {"mode": "background"}):
            got = adapter.exported_site(archive, tmp_path / kind, kind, 4, **options)
            key = f"{kind} {options.get('mode', 'as usual')} {len(sites)}"
            files = got["files"]
            first = sorted(files)[:3]
            sites[key] = [got["report"], len(files), first, digest(sorted(files)), digest(files)]
    recording("sample").check("sites", sites)


def test_settings(recording: Record, articles: list[dict[str, Any]], ids: list[str]) -> None:
    """Archives with other settings than the usual ones."""
    found: dict[str, Any] = {}
    for name, settings in {
        "titles weigh more": {"title_weight": 2.5, "title_overlap": 0.3},
        "titles do not overlap": {"title_overlap": 0.0, "sublinear_tf": False},
        "English stop words": {"stop_words": "english", "language": None},
        "no stop words": {"stop_words": None, "normalization": None},
        "own stop words": {"stop_words": ["the", "and", "of"], "recency": {"half_life": 4}},
        "nothing fades": {"recency": None},
    }.items():
        other = adapter.fit(articles[::2], **settings)
        for article in (ids[0], ids[30]):
            for mode in ("news", "more"):
                got = adapter.related(other, article, 4, mode=mode)
                key = f"{name}: related {mode} {article}"
                found[key] = [[item["id"], item["score"], item["similarity"]] for item in got]
        got = adapter.explain(other, ids[0], ids[2])
        found[f"{name}: explain"] = [got["similarity"], got["ledger"], len(got["terms"])]
    recording("sample").check("settings", found)


# --- an archive with a life ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["in memory", "in a folder"])
def test_archive_that_lived(
    recording: Record, articles: list[dict[str, Any]], ids: list[str], tmp_path: Path, kind: str
) -> None:
    """The same life in memory and in a folder gives the same answers at every step."""
    living = recording("living")
    found: dict[str, Any] = {}
    folder = tmp_path / "archive.relnews"

    def reopened(archive: Any) -> Any:
        if kind == "in memory":
            return archive
        adapter.save(archive, folder)
        return adapter.open_archive(folder)

    def settle(archive: Any, step: str) -> Any:
        archive = reopened(archive)
        for article in (ids[0], ids[20]):
            for k in (4, 12):
                for mode in ("news", "similar"):
                    got = adapter.related(archive, article, k, mode=mode)
                    key = f"{step}: {mode} k={k} {article}"
                    found[key] = [f"{item['id'][:20]} {item['score']}" for item in got]
        return archive

    beginning = adapter.fit(archives.first_of(articles))
    archive, told = archives.lived_through(beginning, articles, settle)
    living.check("reports", told)
    living.check("steps", found)

    asked = [ids[4], ids[15], "expires", "de-haushalt"]
    pairs = [(ids[0], f"{ids[0]}-wire"), (ids[4], "embargo"), (ids[15], "expired"),
             (ids[15], ids[3]), (f"{ids[10]}-late", ids[10])]  # fmt: skip
    living.check("modes", calls.modes(archive, [*asked[1:], "zh-rain"], 4))
    living.check("all lists", calls.all_lists(archive, 4))
    living.check("options", calls.options(archive, [f"{ids[10]}-late"], 5))
    living.check("blocks", calls.blocks(archive, asked[:2]))
    living.check("drafts", calls.drafts(archive, 3))
    living.check("why not", calls.reasons(archive, pairs))
    living.check("duplicates", calls.duplicates(archive))
    recording("wording").check("living", calls.sentences(archive, pairs))
    living.check("exports", calls.exports(archive, ["odd/id ünï?&"]))

    archives.set_rules(archive, articles)
    archive = reopened(archive)
    pairs = [(ids[0], ids[1]), (ids[0], ids[2]), (ids[20], f"{ids[20]}-wire"), (ids[10], ids[11]),
             (ids[40], ids[44])]  # fmt: skip
    ruled = calls.modes(archive, [ids[0], ids[10], ids[20]], 4)
    ruled |= {"rules": adapter.rules(archive), "sleeping": adapter.sleeping_rules(archive)}
    ruled["remove a pinned one"] = adapter.remove(archive, [ids[60]])
    ruled |= {f"then {name}": got for name, got in calls.modes(archive, [ids[0]], 4).items()}
    living.check("rules", ruled)
    living.check("rules, all lists", calls.all_lists(archive, 4))
    living.check("rules, why not", calls.reasons(archive, pairs))
    wording = calls.sentences(archive, pairs) | {"rules": adapter.rule_sentences(archive)}
    recording("wording").check("rules", wording)
    adapter.drop_rules(archive, "hide")

    end: dict[str, Any] = {"shrink": archives.shrink(archive, articles)}
    archive = reopened(archive)
    end |= calls.modes(archive, [ids[0]], 6)
    stored = calls.all_lists(archive, 4)
    adapter.compact(archive)
    archive = reopened(archive)
    assert calls.all_lists(archive, 4) == stored
    end["store 3"] = adapter.store_lists(archive, 3)
    end["drift"] = adapter.drift(archive)
    end["what is wrong"] = adapter.verify(archive, ids[60])
    end |= {f"then {name}": got for name, got in calls.modes(archive, [ids[0]], 4).items()}
    living.check("the end", end)


# --- HTTP ----------------------------------------------------------------------------------------


def test_answers_of_the_service(
    recording: Record, archive: Any, articles: list[dict[str, Any]], ids: list[str], tmp_path: Path
) -> None:
    """Lists in every format, drafts, problem documents, and what is told of the service itself."""
    adapter.save(adapter.fit([*articles, *archives.newcomers()]), tmp_path / "archive.relnews")
    found: dict[str, Any] = {}
    details: dict[str, Any] = {}
    with adapter.service(tmp_path / "archive.relnews") as client:

        def ask(method: str, address: str, **request: Any) -> None:
            key = " ".join([method, address[:60], *map(str, request.values())])
            found[key[:120]] = adapter.ask(client, method, address, **request)

        for fmt in adapter.FORMATS:
            ask("GET", f"/related/{ids[0]}.{fmt}?k=2")
        ask("GET", f"/related/{ids[20]}")
        ask("GET", "/related/odd%2Fid%20%C3%BCn%C3%AF%3F%26?k=1")
        ask("GET", "/related?id=odd/id+%C3%BCn%C3%AF%3F%26&k=1")
        ask("GET", "/related/no-words")
        ask("HEAD", f"/related/{ids[0]}")
        for accept in ("text/html, */*;q=0.1", "application/ld+json", "application/atom+xml",
                       "application/feed+json"):  # fmt: skip
            ask("GET", f"/related/{ids[1]}?k=1", headers={"accept": accept})
        problems: list[tuple[str, str, dict[str, Any]]] = [
            ("GET", "/nothing", {}),
            ("GET", "/related/unknown", {}),
            ("GET", f"/related/{ids[0]}?k=0", {}),
            ("GET", f"/related/{ids[0]}?k=51", {}),
            ("GET", f"/related/{'x' * 1025}", {}),
            ("GET", f"/related/{ids[0]}", {"headers": {"accept": "image/png"}}),
            ("DELETE", f"/related/{ids[0]}", {}),
            ("PUT", "/related", {}),
            ("POST", "/related", {"content": "x", "headers": {"content-type": "text/plain"}}),
            ("POST", "/related", {"content": "[", "headers": {"content-type": "application/json"}}),
            ("POST", "/related", {"json": {"title": "", "text": " "}}),
            ("POST", "/related", {"json": {"title": "Flood", "k": 51}}),
            ("POST", "/related", {"json": {"title": "Flood", "colour": "red"}}),
        ]
        for method, address, request in problems:
            ask(method, address, **request)
            key = f"{method} {address[:40]} {request}"
            details[key] = adapter.problem_detail(client, method, address, **request)
        found["health"] = adapter.health(client)
        found["paths"] = adapter.paths(client)
        found["what the client has"] = adapter.is_known(client, f"/related/{ids[0]}")
        found["metrics"] = adapter.metrics(client)
    recording("wording").check("http", details)

    # The draft of a client is of this moment: in this archive nothing fades.
    adapter.save(adapter.fit(articles, recency=None), tmp_path / "unfading.relnews")
    with adapter.service(tmp_path / "unfading.relnews") as client:
        for name, (title, text) in calls.DRAFTS.items():
            draft = {"title": title, "text": text, "k": 2}
            found[f"draft {name}"] = adapter.ask(client, "POST", "/related", json=draft)
        draft = {"title": "Flood in the valley", "k": 1, "language": "en-GB"}
        for fmt in adapter.FORMATS:
            found[f"draft.{fmt}"] = adapter.ask(client, "POST", f"/related.{fmt}", json=draft)
    recording("http").check("answers", found)


# --- real articles -------------------------------------------------------------------------------


def in_tenths(lists: dict[str, str]) -> dict[str, Any]:
    """Return, for each mode, digests of the lists of ten groups of articles, in their order."""
    columns = zip(*(digests.split() for digests in lists.values()), strict=True)
    return {
        f"related_all {mode}": [
            digest(column[len(column) * i // 10 : len(column) * (i + 1) // 10]) for i in range(10)
        ]
        for mode, column in zip(adapter.ALL_MODES, columns, strict=True)
    }


@pytest.mark.heavy
def test_real_articles(recording: Record, data_folder: Path) -> None:
    """Of 2,000 real articles digests are recorded: they are their publishers'."""
    given = archives.real_articles(data_folder)
    ids = [article["id"] for article in given]
    archive = adapter.fit(given, ignore_repeated_lines=False)
    real = recording("real")
    real.check("all lists", in_tenths(calls.all_lists(archive, 8, 2, ids[::2])))
    real.check("options", _by_name(calls.options(archive, ids[::200], 8)))
    real.check("drafts", _each(calls.drafts(archive, 8)))
    real.check("duplicates", _each(calls.duplicates(archive)))
    real.check("blocks", _each(calls.blocks(archive, ids[::400])))
    near = [(article, adapter.related(archive, article, 6)) for article in ids[::250]]
    pairs = [(article, items[-1]["id"]) for article, items in near if items]
    real.check("explanations", _by_name(calls.explanations(archive, pairs)))
    real.check("why not", _by_name(calls.reasons(archive, pairs)))


@pytest.mark.heavy
def test_real_articles_that_come_and_go(
    recording: Record, data_folder: Path, tmp_path: Path
) -> None:
    """Stored lists, updates that are laid out as segments, removals: in a folder."""
    given = archives.real_articles(data_folder)
    # Neighbours in a set are to be spread over the updates.
    given = [article for start in range(7) for article in given[start::7]]
    told: dict[str, Any] = {}
    begun = adapter.fit(given[:500], ignore_repeated_lines=False)
    adapter.save(begun, tmp_path / "archive.relnews")
    archive = adapter.open_archive(tmp_path / "archive.relnews")
    told["store"] = adapter.store_lists(archive, 5)
    told["add 1,100"] = adapter.update(archive, given[500:1600])
    told["add 100"] = adapter.update(archive, given[1600:1700])
    again = [{**article, "title": f"Again: {article['title']}"} for article in given[:300:10]]
    told["replace"] = adapter.update(archive, [*again, *given[1:20]])
    told["remove"] = adapter.remove(archive, [article["id"] for article in given[700:900]])
    told["drift"] = adapter.drift(archive)
    told["remove most"] = adapter.remove(archive, [article["id"] for article in given[20:400]])
    archive = adapter.open_archive(tmp_path / "archive.relnews")
    real = recording("real")
    real.check("updates", {
        f"{step} {name}": value if isinstance(value, float) else digest(value)
        for step, report in told.items() for name, value in report.items()
    })  # fmt: skip
    ids = [article["id"] for article in given[1000:1700:2]]
    lists = calls.all_lists(archive, 5, None, ids)
    real.check("lists after updates", in_tenths(lists))
    adapter.compact(archive)
    assert calls.all_lists(archive, 5, None, ids) == lists
    assert adapter.verify(archive) == []


def _each(answers: dict[str, Any]) -> dict[str, Any]:
    return {name: digest(answer) for name, answer in answers.items()}


def _by_name(answers: dict[str, Any]) -> dict[str, Any]:
    """Return a digest of the calls with the same options, or in the same mode."""
    kinds: dict[str, list[Any]] = {}
    for name, answer in answers.items():
        kind = name.partition(":")[0] if ":" in name else " ".join(name.split()[:3])
        kinds.setdefault(kind, []).append(answer)
    return _each(kinds)
