"""The benchmarks: each job runs at a tiny size; planted duplicates are found."""

from __future__ import annotations

import gzip
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
import scipy.sparse as sp

import preloaded
from relnews import RelatedNews, TfidfVectorizer

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT))

from benchmarks import (  # noqa: E402
    generate,
    generator_check,
    given,
    growth,
    jobs,
    memory,
    pictures,
    planted,
    processes,
    relevance,
    report,
    tables,
)
from benchmarks.__main__ import JOBS, main  # noqa: E402
from benchmarks.generate import count  # noqa: E402
from benchmarks.peers import PEERS, chosen  # noqa: E402

#: Size of blocks in these tests, and a number of articles slightly above it.
BLOCK, N = 1024, 1100

WEIGHTS: dict[str, dict[str, Any]] = given.WEIGHTS


@pytest.fixture(scope="module", autouse=True)
def small_blocks() -> Iterator[None]:
    with mock.patch.object(generate, "BLOCK", BLOCK):
        yield


@pytest.fixture(scope="module")
def articles() -> list[dict[str, str]]:
    return list(generate.articles(N))


@pytest.fixture(scope="module")
def forks() -> Iterator[None]:
    """Start what is measured as forks, which takes no second each."""
    with mock.patch.object(sys, "executable", *preloaded.python()):
        yield


# the generator


@pytest.mark.parametrize("weights", WEIGHTS)
def test_vectors_are_those_of_the_texts(articles: list[dict[str, str]], weights: str) -> None:
    """The generated vectors equal the vectors of the generated texts."""
    texts = [f"{article['title']}\n{article['text']}" for article in articles]
    wanted = TfidfVectorizer(dtype=np.float32, **WEIGHTS[weights]).fit_transform(texts)
    found = generate.matrix(N, weights=weights)
    assert found.shape == wanted.shape
    np.testing.assert_array_equal(found.indptr, wanted.indptr)
    np.testing.assert_array_equal(found.indices, wanted.indices)
    np.testing.assert_allclose(found.data, wanted.data, atol=1e-6)
    assert found.has_canonical_format


def test_an_archive_is_the_beginning_of_a_larger_one(articles: list[dict[str, str]]) -> None:
    assert list(generate.articles(N // 2)) == articles[: N // 2]


def test_another_seed_is_another_archive(articles: list[dict[str, str]]) -> None:
    assert next(generate.articles(1, seed=1)) != articles[0]


def test_stories_make_up_less_of_longer_articles() -> None:
    story = np.arange(256, dtype=np.uint64)
    shares = [generate.stories(story, np.full(256, n))[1] for n in (10, 400, 8000)]
    assert (shares[0] >= shares[1]).all()
    assert (shares[1] > shares[2]).all()
    low, high = generate.STORY_SHARE
    assert (shares[1].min(), shares[1].max()) == (low, high)
    assert shares[0].max() == generate.STORY_SHARE_MOST


def test_a_written_archive_is_the_same_each_time(
    articles: list[dict[str, str]], tmp_path: Path
) -> None:
    paths = [tmp_path / "a.jsonl.gz", tmp_path / "b.jsonl.gz"]
    for path in paths:
        generate.write(path, 50, 0)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    with gzip.open(paths[0], "rt") as lines:
        assert [json.loads(line) for line in lines] == articles[:50]


@pytest.mark.heavy
def test_the_check_prints_both_sides(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check finds a generator equal to its own archive."""
    path = tmp_path / "made.jsonl"
    generate.write(path, 300, 0)
    monkeypatch.setattr(sys, "argv", ["check", str(path), "--vectors", "raw"])
    generator_check.main()
    rows = [line.split("|")[1:5] for line in capsys.readouterr().out.splitlines() if "|" in line]
    ratios = {name.strip(): ratio.strip() for name, _, _, ratio in rows[2:]}
    assert ratios.pop("ms a list")
    assert set(ratios.values()) <= {"1.00", "nan"}


# growth


def grown(n: int) -> dict[str, Any]:
    """Return figures that follow a line, as those of a size would be measured."""
    return {
        "articles": n, "terms": 3 * n, "build_s": 2 + n / 1e4, "build_peak_mb": 100 + n / 1e3,
        "disk_mb": n / 1e3, "open_s": 0.5, "lists_ms": dict.fromkeys(growth.LISTS, 1 + n / 1e5),
    }  # fmt: skip


def test_a_line_is_found_again() -> None:
    """A model of figures on a line says the figures of other sizes, and the errors are none."""
    records = [grown(n) for n in (100_000, 200_000, 300_000, 400_000)]
    fitted = growth.models(records[:3])
    assert fitted["build, s"](1_000_000) == pytest.approx(102)
    assert fitted["list, ms: similar"](1_000_000) == pytest.approx(11)
    said = "\n".join(growth.report(records, 400_000))
    assert "| build, s | 42.0 | 42.0 | +0% |" in said
    hours = 1e7 * (1 + 1e7 / 1e5) / 3.6e6
    assert f"| 10,000,000 | all lists: similar | {growth.short(hours)} |" in said


def test_a_window_bounds_the_cost() -> None:
    """A list of a window costs no more in a larger archive, if it did not where measured."""
    records = [grown(n) for n in (50_000, 1_000_000, 2_000_000)]
    reach = 60 * 86_400 / growth.pace(1, None) + growth.SEGMENT
    for record in records:
        record["lists_ms"]["news, within=30"] = 1 + min(record["articles"], reach) / 1e5
    line = growth.models(records)["list, ms: news, within=30"]
    assert line(10**8) == pytest.approx(1 + reach / 1e5)


@pytest.mark.heavy
def test_archives_that_grow_are_measured(forks: None, tmp_path: Path) -> None:
    """Archives are built and ranked, and what was measured stays with them."""
    with mock.patch.object(growth, "_apart", lambda function, *arguments: function(*arguments)):
        records = [*growth.measured([60, 90], tmp_path)]
    assert [record["articles"] for record in records] == [60, 90]
    assert all(record["build_s"] > 0 and record["disk_mb"] > 0 for record in records)
    assert all({*record["lists_ms"]} == {*growth.LISTS} for record in records)
    assert json.loads((tmp_path / "60.json").read_text())["build_s"] == records[0]["build_s"]


@pytest.mark.heavy
def test_archives_of_some_years(forks: None, tmp_path: Path) -> None:
    """The articles of an archive are spread over the years that were asked for."""
    [*growth.measured([60], tmp_path, 20)]
    oldest, newest = RelatedNews.open(tmp_path / "60-20-years.relnews").archive_.catalogue.span()
    assert 19 < (newest - oldest).days / 365.25 < 20
    options = growth.LISTS["news, within=365"]
    assert growth._walked(options, 20, 10**7)[1] == pytest.approx(1e6, rel=0.1)


# planted duplicates and stories


@pytest.mark.heavy
def test_planted_duplicates_and_stories_are_found(articles: list[dict[str, str]]) -> None:
    """`duplicates` and lists find the copies and stories that the generator planted."""
    pairs = {(articles[a]["id"], articles[b]["id"]) for a, b in planted.planted(N).tolist()}
    named = {tuple(a["id"].split("~")) for a in articles if "~" in a["id"]}
    assert {(f"{copy}~{original}", original) for copy, original in named} == {
        (a, b) for a, b in pairs
    }
    found = {row["what"]: row["share"] for row in planted.measured(N)}
    assert len(pairs) == 15
    assert found["planted duplicates among the groups at 0.8"] > 0.8
    assert found["copies with 5 to 30 % of text added among the groups at 0.9"] >= 0.95
    assert found["pairs of these groups that come from one planted original, all copies"] >= 0.99
    assert found["lists whose first item is of the article's story"] > 0.4
    assert found["two articles drawn at random that are of one story"] < 0.05


def test_groups_are_held_against_planted_pairs() -> None:
    """Two copies of an original belong together; an unrelated article does not."""
    wanted = {("a~x", "x"), ("b~x", "x"), ("c~y", "y")}
    recall, precision = planted.of_groups([("x", "a~x", "b~x", "z"), ("y", "q")], wanted)
    assert recall == pytest.approx(2 / 3)
    assert precision == pytest.approx(3 / 7)


# the jobs


@pytest.fixture(scope="module")
def results(forks: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Measure all timed jobs at a size that takes seconds, with the installed peers."""
    out = tmp_path_factory.mktemp("benchmarks") / "results.json"
    names = ",".join(job for job in JOBS if job not in ("relevance", "planted"))
    main([names, "--generate", "150", "--sizes", "110", "--peers", "scikit-learn",
          "--runs", "1", "--queries", "60", "--json", str(out)])  # fmt: skip
    found: dict[str, Any] = json.loads(out.read_text())
    return found


@pytest.mark.heavy
def test_every_job_measures_every_system(results: dict[str, Any]) -> None:
    measured = {(r["job"], r["system"], r["size"]) for r in results["records"]}
    for name in ("RelatedNews", "CosineNeighbors", "TfidfVectorizer", "stored", "scikit-learn"):
        for job in PEERS[name].jobs:
            if job != "relevance":
                assert (job, PEERS[name].name, 90) in measured
    assert not [row for row in results["records"] if row["job"] == "left out"]
    assert {row["size"] for row in results["records"]} == {90}


@pytest.mark.heavy
def test_records_say_how_they_came_about(results: dict[str, Any]) -> None:
    """Each ratio has sides that took turns, a spread, and compared exact lists."""
    for row in results["records"]:
        timed = row["job"] not in ("memory", "left out")
        assert ("ratio" in row) == (timed and row["system"] != "RelatedNews")
        assert ("ratio_same" in row) == (
            row["job"] in ("vectorise", "lists", "single")
            and bool(row["search"] or not row["ours"])
        )
        if "ratio" in row:
            assert row["ratio"]["min"] <= row["ratio"]["median"] <= row["ratio"]["max"]
            assert row["ratio"]["n"] == row["seconds"]["n"] == 1
        if row.get("kind") == "exact" and row["job"] in ("lists", "single"):
            assert row["share"] == 1
    machine = results["machine"]
    assert machine["environment"]["OMP_NUM_THREADS"] == "1"
    assert {"relnews", "scikit-learn", "scipy", "numpy"} <= set(machine["versions"])


@pytest.mark.heavy
def test_tables_have_what_was_measured(results: dict[str, Any], tmp_path: Path) -> None:
    """The report writes tables and pictures between the marks and changes nothing else."""
    text = report.of_file(results)
    for title in ("Vectorise", "All lists", "One list", "Open cold", "Update", "Memory"):
        assert text.count(f"**{title}") == 1
    page, out = tmp_path / "page.md", tmp_path / "results.json"
    page.write_text(
        "above\n<!-- benchmarks: begin -->\nREPLACED\n<!-- benchmarks: end -->\nbelow\n"
    )
    out.write_text(json.dumps(results))
    with mock.patch.object(sys, "argv", ["report", str(out), "--page", str(page)]):
        report.main()
        again = page.read_text()
        report.main()
    assert page.read_text() == again
    assert again.startswith("above\n")
    assert again.endswith("\nbelow\n")
    assert "OUT" not in again
    for name in pictures.PICTURES:
        for theme in pictures.THEMES:
            assert f"pictures/{name}-raw-{theme}.svg" in again
            drawn = (tmp_path / "pictures" / f"{name}-raw-{theme}.svg").read_text()
            assert "RelatedNews" in drawn
            assert "scikit-learn" in drawn


def test_related_news_comes_first_and_what_is_faster_is_named() -> None:
    """Rows are in the order of their ratios, after the baseline."""
    rows: list[dict[str, Any]] = [
        {"job": "cold", "system": name, "search": "", "kind": "other",
         "seconds": jobs.summary([seconds]),
         **({} if name == "RelatedNews" else {"ratio": jobs.summary([seconds])})}
        for name, seconds in (("slower", 2.0), ("faster", 0.5), ("RelatedNews", 1.0))
    ]  # fmt: skip
    text = tables.of_records(rows)
    assert [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("|")] == [
        "system", "---", "RelatedNews", "faster", "slower"
    ]  # fmt: skip
    assert text.endswith("\nFaster than RelatedNews: faster (0.50).\n")
    assert tables.of_records(rows[::2]).endswith("\nFaster than RelatedNews: no system.\n")


def test_each_side_goes_first_equally_often() -> None:
    """What a side returns stays at its place, whoever went first."""
    order: list[str] = []

    def step(name: str) -> Any:
        def run() -> str:
            order.append(name)
            return name

        return run

    assert jobs.rounds(3, *map(step, "abc")) == [("a", "b", "c")] * 3
    assert "".join(order) == "abcbcacab"


def test_files_of_one_machine_are_reported_as_one() -> None:
    """Records, notes, versions and commands are joined; another commit stays apart."""
    machine = {"processor": "x", "cores": 2, "memory_gb": 8.0, "threads": 1, "python": "3.11",
               "commit": "a", "changed": False, "versions": {"numpy": "2"},
               "command": "first"}  # fmt: skip
    files: dict[str, dict[str, Any]] = {}
    for name, changes in (
        ("one", {}),
        ("two", {"command": "second", "versions": {"scipy": "1"}}),
        ("three", {"commit": "b"}),
    ):
        records = [{"job": name}]
        found = {"machine": {**machine, **changes}, "records": records, "notes": ["n", name]}
        report.add(files, name, found)
    assert [*files] == ["one", "three"]
    assert files["one"]["records"] == [{"job": "one"}, {"job": "two"}]
    assert files["one"]["notes"] == ["n", "one", "two"]
    assert files["one"]["machine"]["versions"] == {"numpy": "2", "scipy": "1"}
    assert files["one"]["machine"]["command"] == "first\nsecond"


def test_a_page_without_marks_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing")
    with pytest.raises(SystemExit, match="needs the lines"):
        tables.put_between(page, "benchmarks", "text")
    assert page.read_text() == "nothing"


# exactness


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> given.Given:
    folder = tmp_path_factory.mktemp("given") / "raw"
    folder.mkdir()
    return given.lay_out(folder, given.Source(None, 120), 120, "raw", 8, 60)


def test_what_is_laid_out_is_the_source(laid_out: given.Given) -> None:
    """Processes read the source's articles and vectors, and the held-back articles."""
    made = list(generate.articles(120))
    assert [a["text"] for a in laid_out.articles()] == [a["text"] for a in made[:100]]
    assert [a["text"] for a in laid_out.articles_of([7, 3])] == [made[7]["text"], made[3]["text"]]
    X = generate.matrix(120)
    assert (laid_out.vectors() != X[:100]).nnz == 0
    assert (laid_out.vectors_of([5, 2]) != X[[5, 2]]).nnz == 0
    new = laid_out.new()
    assert [article["text"] for article, _ in new] == [a["text"] for a in made[100:]]
    assert (sp.vstack([vector for _, vector in new]) != X[100:]).nnz == 0


def test_lists_are_held_against_the_exact_ones(laid_out: given.Given) -> None:
    """Any order of equal items is right, the article itself is ignored, a miss is seen."""
    X = laid_out.vectors().toarray().astype(float)
    similarity = X @ X.T
    rows = laid_out.rows[:10]
    with_itself = [np.argsort(-similarity[row], kind="stable")[:9].tolist() for row in rows]
    share, difference = laid_out.share_found(with_itself)
    assert share == 1
    assert difference < 1e-6
    worst = [np.argsort(similarity[row], kind="stable")[:9].tolist() for row in rows]
    share, difference = laid_out.share_found(worst)
    assert share < 0.2
    assert difference > jobs.ROUNDING
    # A repeated item counts once.
    share, _ = laid_out.share_found([[row[1]] * 9 for row in with_itself])
    assert share == pytest.approx(1 / 8, abs=0.01)


def test_a_system_with_wrong_lists_is_not_timed(laid_out: given.Given) -> None:
    """A system whose exact lists are wrong gets a line with the reason."""
    plan = jobs.Plan(laid_out.folder, ("lists",), (), 2, 1, 60)
    system = mock.Mock(spec=processes.System)
    system.ask.return_value = {"difference": 0.1, "share": 0.5, "seconds_each": 0.001}
    side = jobs.Side(plan, "scipy", system)
    (record,) = side.against(side, side, ["lists"])
    assert record["job"] == "left out"
    assert "differ from the exact ones" in record["reason"]
    assert "lists" not in [call.args[0] for call in system.ask.call_args_list]


def test_vectors_that_differ_are_a_failure(tmp_path: Path) -> None:
    X = generate.matrix(30)
    paths = [tmp_path / "ours.npz", tmp_path / "theirs.npz"]
    for path in paths:
        sp.save_npz(path, X)
    assert jobs.same_vectors(*paths) == "exact"
    sp.save_npz(paths[1], 2 * X)
    with pytest.raises(processes.Failed, match="vectors differ"):
        jobs.same_vectors(*paths)


# processes and peers


def test_a_process_that_fails_says_why(laid_out: given.Given) -> None:
    with processes.System("scipy", laid_out.folder, 1, 60) as system:
        system.ask("begin")
        with pytest.raises(processes.Failed, match="IndexError"):
            system.ask("check", search=99)


def test_a_process_that_takes_too_long_is_ended(laid_out: given.Given) -> None:
    system = processes.System("scipy", laid_out.folder, 1, 0.0)
    with pytest.raises(processes.Failed, match="gave up after 0 s"):
        system.ask("begin")
    assert system._process.returncode is not None


def test_a_missing_peer_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    missing: list[str] = []
    with mock.patch.object(importlib.util, "find_spec", lambda name: name == "scipy" or None):
        assert chosen("scipy,tantivy", missing.append) == ["scipy"]
    assert missing == ["tantivy"]
    with pytest.raises(SystemExit, match="no peer nobody; there are scikit-learn"):
        chosen("nobody", missing.append)


@pytest.mark.parametrize("name", PEERS)
def test_every_peer_has_what_its_jobs_need(name: str) -> None:
    """Each peer's file can be imported without the peer and implements its jobs."""
    peer = PEERS[name]
    base = peer.__mro__[-2]
    needed = {
        "vectorise": ["vectorise"], "lists": ["build", "find", "positions"],
        "single": ["build", "find"], "cold": ["save", "cold"], "update": ["add"],
        "relevance": ["scores"],
    }  # fmt: skip
    for job in peer.jobs:
        if (name, job) != ("RelatedNews", "relevance"):  # called as a site calls it
            for method in needed[job]:
                assert getattr(peer, method) is not getattr(base, method), method


#: Peers that compile or build for many seconds.
SLOW = ("pynndescent", "splade-index", "bm25s", "seismic")


@pytest.mark.parametrize("name", [n for n in PEERS if "lists" in PEERS[n].jobs and n not in SLOW])
def test_installed_peers_find_lists(name: str, laid_out: given.Given) -> None:
    """Every installed peer finds lists; exact peers find the exact lists."""
    pytest.importorskip(PEERS[name].module)
    peer = PEERS[name](1)
    peer.build(laid_out)
    queries = peer.queries(laid_out, laid_out.rows)
    for search in peer.searches:
        lists = peer.positions(peer.find(queries, 9, **search.options))
        share, difference = laid_out.share_found(lists)
        assert len(lists) == len(laid_out.rows)
        if search.kind == "exact":
            assert difference < jobs.ROUNDING
        else:
            assert share > 0.2


@pytest.mark.parametrize(("text", "number"), [("500", 500), ("10k", 10_000), ("1M", 1_000_000)])
def test_counts_are_written_short(text: str, number: int) -> None:
    assert count(text) == number


def test_the_generator_takes_counts_written_short(tmp_path: Path, monkeypatch: Any) -> None:
    """The command of the documentation, for a thousand articles."""
    file = tmp_path / "archive.jsonl"
    monkeypatch.setattr(sys, "argv", ["generate", "1k", "-o", str(file)])
    generate.main()
    assert file.read_bytes().count(b"\n") == 1000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing"], "no job nothing"),
        (["lists"], "--archive or --generate is needed"),
        (["relevance"], "--data is needed"),
        (["lists", "--generate", "100", "--vectors", "x"], "no vectors x"),
    ],
)
def test_a_wrong_option_is_said(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert message in capsys.readouterr().err


# relevance


@pytest.fixture
def judged_sets(tmp_path: Path) -> Path:
    """Write sets in the format of the real ones; articles of a story are related."""
    made, story = list(generate.articles(60)), planted.stories(60) // np.uint64(4)
    lines = [{key: a[key] for key in ("id", "title", "text")} for a in made]
    for name in ("digitalgov", "cnrec", "lee"):
        folder = tmp_path / name
        folder.mkdir()
        with gzip.open(folder / "docs.jsonl.gz", "wt") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)
    ids = [a["id"] for a in made]
    pairs = [(i, j) for i in range(60) for j in range(60) if i != j]
    grades = [(ids[i], ids[j], int(story[i] == story[j])) for i, j in pairs]
    links = "".join(f"{a}\t{b}\t1\n" for a, b, grade in grades if grade)
    (tmp_path / "digitalgov" / "qrels.links-clean.tsv").write_text(links)
    first = next((a, b) for a, b, grade in grades if grade)
    (tmp_path / "digitalgov" / "quoted.tsv").write_text("\t".join(first) + "\n")
    text = "".join(f"{a}\t{b}\t{2 * grade}\n" for a, b, grade in grades)
    (tmp_path / "cnrec" / "qrels.tsv").write_text(text)
    rated = "".join(f"{a}\t{b}\t{grade}\t{2 * grade}\t6\n" for a, b, grade in grades)
    (tmp_path / "cnrec" / "pairs.tsv").write_text(
        f"a\tb\tmeanGoodR\tmeanSimRating\tratings\n{rated}"
    )
    rated = "".join(f"{a}\t{b}\t{grade}\n" for a, b, grade in grades)
    (tmp_path / "lee" / "pairs.tsv").write_text(f"a\tb\tsimilarity_0_1\n{rated}")
    return tmp_path


@pytest.mark.heavy
def test_relevance_makes_the_table_of_its_page(judged_sets: Path, tmp_path: Path) -> None:
    page, out = tmp_path / "relevance.md", tmp_path / "out.json"
    page.write_text("text\n<!-- relevance: begin -->\n<!-- relevance: end -->\nmore text\n")
    main(["relevance", "--data", str(judged_sets), "--peers", "none", "--markdown", str(page),
          "--json", str(out)])  # fmt: skip
    records = json.loads(out.read_text())["records"]
    means = {row["system"]: row["means"] for row in records if row["job"] == "relevance"}
    assert [name for name in means if name != "relnews, wordllama"] == [  # if it is installed
        "relnews", "scikit-learn", "scikit-learn, stop words, sublinear tf"
    ]  # fmt: skip
    for values in means.values():
        assert list(values) == [
            "cnrec nDCG@8", "cnrec would-follow", "cnrec similarity",
            "digitalgov nDCG@8", "digitalgov nDCG@8, unquoted", "lee similarity",
        ]  # fmt: skip
        assert all(0 < value < 1 for value in values.values())
    ahead = {row["system"]: row["differences"] for row in records if row["job"] == "bootstrap"}
    for system, differences in ahead.items():
        for measure, found in differences.items():
            gap = means["relnews"][measure] - means[system][measure]
            assert found["difference"] == pytest.approx(gap)
            assert found["low"] <= found["high"]
    assert "| measure | relnews |" in page.read_text()
    assert f"| lee similarity | {means['relnews']['lee similarity']:.3f}".replace("0.", ".") in (
        page.read_text()
    )
    assert page.read_text().endswith("more text\n")


def test_a_folder_with_articles_and_judgements_is_a_set(judged_sets: Path) -> None:
    """Any format of articles will do; judgements of unknown articles are left out."""
    folder = judged_sets / "digitalgov"
    known = relevance.read(folder)
    with gzip.open(folder / "docs.jsonl.gz", "rt") as packed:
        (folder / "docs.jsonl").write_text(packed.read())
    (folder / "docs.jsonl.gz").unlink()
    first = (folder / "qrels.links-clean.tsv").read_text().splitlines()[0]
    (folder / "qrels.more.tsv").write_text(f"{first}\nnobody\tnothing\t1\n")
    (folder / "pairs.tsv").write_text("a\tb\tlike\tratings\nnobody\tnothing\t1\t6\n")
    assert relevance.folders_of_sets(folder) == [folder]
    judged = relevance.read(folder)
    assert (judged.articles, judged.qrels, judged.quoted) == (
        known.articles, known.qrels, known.quoted
    )  # fmt: skip
    assert list(judged.ratings) == ["like"]
    assert len(judged.pairs) == len(judged.ratings["like"]) == 0


def test_folders_without_judgements_are_no_sets(judged_sets: Path, tmp_path: Path) -> None:
    (judged_sets / "lee" / "pairs.tsv").unlink()
    assert [path.name for path in relevance.folders_of_sets(judged_sets)] == ["cnrec", "digitalgov"]
    with pytest.raises(SystemExit, match=r"lee has no set: expected docs\.\*"):
        main(["relevance", "--data", str(judged_sets / "lee"), "--peers", "none"])


@pytest.mark.parametrize("name", ["sublinear", "bm25s"])
def test_peers_leave_out_the_stop_words_of_the_language(name: str) -> None:
    """Two texts that share only a stop word have no score, in a language with a list."""
    pytest.importorskip(PEERS[name].module)
    for language, word, shared in [
        ("fr", "dans", False), ("de-AT", "nicht", False), ("en", "the", False),
        (None, "the", False), ("en", "dans", True), ("fr", "the", True), ("xx", "dans", True),
    ]:  # fmt: skip
        texts = [f"{word} Lyon", f"{word} Wien", "Graz"]
        articles = [{"title": "", "text": text, "language": language} for text in texts]
        assert (PEERS[name](1).scores(articles, [0])[0, 1] > 0) == shared


def test_scores_of_relnews_are_those_of_a_site(judged_sets: Path) -> None:
    """The lists equal `RelatedNews.related`, with and without exclusions."""
    judged = relevance.read(judged_sets / "digitalgov")
    ranker = relevance.by_related_news(judged)
    news = RelatedNews().fit(judged.articles)
    assert [str(i) for i in ranker.best(3, 8, ())] == news.related("3").ids
    out = [int(news.related("3").ids[0])]
    assert ranker.best(3, 8, out)[0] == int(news.related("3").ids[1])
    scores = ranker.scores(3)
    assert scores[3] == 0
    assert scores.argmax() == out[0]


def test_lists_by_scores_leave_out_what_may_not_be_in_them() -> None:
    scores = np.array([[0.9, 0.5, 0.5, 0.0, 0.7]] * 5)
    judged = relevance.Judged([{}] * 5, {0: {1: 1}}, frozenset(), np.empty((0, 2), int), {})
    ranker = relevance.by_scores(lambda articles, queries: scores[queries], judged)
    assert ranker.best(0, 8, ()) == [4, 1, 2]  # not itself, nothing without a score, ties in order
    assert ranker.best(0, 8, [4]) == [1, 2]


def test_correlation_is_that_of_numpy() -> None:
    random = np.random.default_rng(0)
    pairs = np.array([(i, j) for i in range(12) for j in range(i)])
    x, y = random.random((2, len(pairs)))
    found = relevance.Correlation(12, pairs, x, y)
    assert found.value() == pytest.approx(np.corrcoef(x, y)[0, 1])
    # An article drawn twice counts its pairs twice.
    times = np.ones((1, 12))
    times[0, 3] = 2
    twice = np.repeat(np.arange(len(pairs)), np.where((pairs == 3).any(axis=1), 2, 1))
    wanted = np.corrcoef(x[twice], y[twice])[0, 1]
    assert found.of_resamples(times)[0] == pytest.approx(wanted)


def test_measures_of_real_judgements_are_those_known(data_folder: Path) -> None:
    """scikit-learn's defaults on the smallest set reach the published measures."""
    judged = relevance.read(data_folder / "lee")
    ((_, ranker),) = relevance.rankers("scikit-learn", 1)
    found = relevance.of_set("lee", judged, ranker(judged))
    assert found["lee similarity"].value() == pytest.approx(0.537, abs=0.001)


# history


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="memory is read from /proc")
def test_memory_has_a_place_for_every_array(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file of an archive is counted, with its resident share."""
    folder = tmp_path / "small.relnews"
    RelatedNews().fit(generate.articles(60)).save(folder)
    monkeypatch.setattr(sys, "argv", ["memory", str(folder), "--lists", "9"])

    memory.main()

    printed = capsys.readouterr().out
    assert "60 articles" in printed
    every = sum(path.stat().st_size for path in folder.rglob("*.npy"))
    (line,) = (line for line in printed.splitlines() if line.startswith("| all |"))
    assert line.split("|")[2].strip() == f"{every / 1e6:.1f}"
    assert 0 < float(line.split("|")[4]) <= 2 * every / 1e6 + 0.1


def test_history_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each measurement of asv's suite runs on a few articles."""
    monkeypatch.setenv("RELNEWS_HISTORY_SIZE", "120")
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks" / "history" / "suite"))
    own = importlib.import_module("own")
    measured = 0
    for suite in (own.Vectorizers, own.Rows, own.Archive):
        benchmark = suite()
        cached = [benchmark.setup_cache()] if hasattr(benchmark, "setup_cache") else []
        getattr(benchmark, "setup", lambda *_: None)(*cached)
        for name in dir(benchmark):
            if name.startswith("track_"):
                assert getattr(benchmark, name)(*cached) > 0
            elif name.startswith(("time_", "peakmem_")):
                getattr(benchmark, name)(*cached)
            measured += name.startswith(("time_", "track_", "peakmem_"))
        getattr(benchmark, "teardown", lambda *_: None)(*cached)
    assert measured == 11
    settings = json.loads((ROOT / "benchmarks" / "history" / "asv.conf.json").read_text())
    folder = ROOT / "benchmarks" / "history"
    assert (folder / settings["benchmark_dir"] / "own.py").exists()
    assert (folder / settings["repo"] / "pyproject.toml").exists()
