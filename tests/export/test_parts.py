"""Parts of an export: together they are the whole export, and what is missing is said."""

import json
import os
import shutil
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relnews import ArchiveChangedError, RelatedNews, dates
from relnews.archive.parts import cuts
from relnews.export import list_files, parts
from relnews.export.list_files import write_lists
from relnews.export.parts import export_part, problems_of_parts
from relnews.sample import sample_articles

N = 5


@pytest.fixture(scope="module")
def folder(pending_sample):
    """Return a folder with the sample archive, some of it in no segment yet."""
    return pending_sample


@pytest.fixture(scope="module")
def made(folder, tmp_path_factory):
    """Return a folder with all parts."""
    made = tmp_path_factory.mktemp("made")
    for number in range(1, N + 1):
        export_part(RelatedNews.open(folder), (number, N), made / f"part-{number}.jsonl", 3)
    return made


@pytest.fixture
def lists(made, tmp_path):
    """Return a copy of the folder with all parts, to be spoilt."""
    return shutil.copytree(made, tmp_path / "lists")


def test_the_parts_are_the_export(invoke, folder, made, tmp_path):
    """One after the other, they have the same bytes; each list is in one part."""
    assert invoke("export", folder, "-k", 3, "-o", tmp_path / "all.jsonl", "-q").exit_code == 0
    together = b"".join(file.read_bytes() for file in sorted(made.glob("part-*.jsonl")))
    assert together == (tmp_path / "all.jsonl").read_bytes()
    result = invoke("export", "--check", made)
    assert (result.exit_code, result.output) == (0, "")
    assert invoke("export", folder, "--check", made).exit_code == 0


@given(st.lists(st.integers(1, 1000), max_size=40), st.integers(1, 60))
def test_the_cuts_of_costs(costs, count):
    """The ranges follow each other, and none costs more than its share and one article."""
    ends = [cuts(np.array(costs, dtype=np.int64), number, count) for number in range(1, count + 1)]
    assert [first for first, _ in ends] == [0, *(last for _, last in ends)][:-1]
    assert ends[-1][1] == len(costs)
    share = sum(costs) / count + max(costs, default=0)
    assert all(sum(costs[first:last]) <= share for first, last in ends)


def test_ranges_do_not_depend_on_the_layout(folder, tmp_path):
    """An archive that was compacted has the same articles in each part."""
    other = RelatedNews.open(shutil.copytree(folder, tmp_path / "compacted.relnews"))
    other.compact()
    for news in (RelatedNews.open(folder), RelatedNews().fit(sample_articles())):
        if news.archive_.catalogue.folder is None:
            news.save(tmp_path / "whole.relnews")
            news = RelatedNews.open(tmp_path / "whole.relnews")
        for number in range(1, N + 1):
            ids = [related.id for related in news.related_all(1, part=(number, N))]
            assert ids == [related.id for related in other.related_all(1, part=(number, N))]


def test_more_parts_than_articles(folder, tmp_path):
    """The lists are in some of the parts; the others are empty files, and complete."""
    news = RelatedNews.open(folder)
    n = sum(
        export_part(news, (number, 200), tmp_path / f"{number}.jsonl", 1).lists
        for number in range(1, 201)
    )
    assert n == len(news)
    assert problems_of_parts(tmp_path, news) == []


def test_a_complete_part_is_left(invoke, folder, lists):
    """It is not written again, unless its file, the commit or the options differ."""
    news, file = RelatedNews.open(folder), lists / "part-2.jsonl"
    content = file.read_bytes()
    os.utime(file, (0, 0))
    assert export_part(news, (2, N), file, 3) is None
    command = ("export", folder, "-k", 3, "--part", f"2/{N}", "-o", file)
    assert invoke(*command).stderr == f"{file}: part 2/{N}, is there already\n"
    assert file.stat().st_mtime == 0
    file.write_bytes(content[:-1] + b" ")
    assert export_part(news, (2, N), file, 3).bytes == len(content)
    assert file.read_bytes() == content
    assert export_part(news, (2, N), file, 4) is not None
    assert export_part(news, (2, N), file, 4, mode="background") is not None
    assert export_part(news, (2, N), file, 4, mode="background") is None
    (lists / "_part-2.jsonl.json").write_text("{}")
    assert export_part(news, (2, N), file, 3).lists == content.count(b"\n")


def test_a_check_says_what_is_to_be_done_again(invoke, folder, lists, tmp_path):
    """Parts that are missing, cut short, or of another commit, archive or option, by number."""
    news = RelatedNews.open(shutil.copytree(folder, tmp_path / "changed.relnews"))
    (lists / "part-1.jsonl").unlink()
    (lists / "_part-3.jsonl.json").unlink()
    with (lists / "part-5.jsonl").open("r+b") as file:
        file.truncate(99)
    shutil.copy(lists / "part-4.jsonl", lists / "again.jsonl")
    shutil.copy(lists / "_part-4.jsonl.json", lists / "_again.jsonl.json")
    result = invoke("export", "--check", lists)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "1/5\tpart-1.jsonl is not the file that was written",
        "3/5\tis missing",
        "4/5\tis in several files",
        "5/5\tpart-5.jsonl is not the file that was written",
    ]
    news.remove(next(news.related_all(1)).id)
    assert export_part(news, (2, N), lists / "part-2.jsonl", 3) is not None
    assert ("5/5", "part-5.jsonl is of commit 2, not of 3") in problems_of_parts(lists)
    whys = [why for _, why in problems_of_parts(lists, RelatedNews.open(folder))]
    assert "part-2.jsonl is of commit 3, not of 2" in whys
    RelatedNews().fit(sample_articles()).save(tmp_path / "other.relnews")
    other = RelatedNews.open(tmp_path / "other.relnews")
    assert {why.partition(" is ")[2] for _, why in problems_of_parts(lists, other)} >= {
        "of another archive"
    }


@pytest.mark.parametrize(
    "change",
    [
        {"part": "1"}, {"parts": True}, {"parts": 10**12}, {"archive": []}, {"options": ["k"]},
        {"until": "soon"}, {"until": 0.5}, {"sha256": 5}, {"more": 1}, "[" * 100_000, "[1]", None,
    ],
)  # fmt: skip
def test_a_record_that_is_none(change, lists):
    """A part whose record is damaged is missing, whatever is in its place."""
    file = lists / "_part-2.jsonl.json"
    text = file.read_text()
    file.unlink()
    if change is None:
        file.mkdir()
    else:
        damaged = isinstance(change, str)
        file.write_text(change if damaged else json.dumps({**json.loads(text), **change}))
    assert problems_of_parts(lists) == [("2/5", "is missing")]


def test_equal_parts_and_options(folder, tmp_path):
    """Numbers of NumPy, and sets and dicts in another order, are the same part and options."""
    news, file = RelatedNews.open(folder), tmp_path / "1.jsonl"
    part = np.int64(1), np.int64(2)
    first = export_part(news, part, file, filters={"section": ["World"], "source": ["AP"]})
    assert (first.name, json.loads(file.with_name("_1.jsonl.json").read_text())["part"]) == (
        "1/2", 1,
    )  # fmt: skip
    filters = {"source": ["AP"], "section": ["World"]}
    assert export_part(news, (1, 2), file, filters=filters) is None


def test_a_check_of_other_options(folder, lists):
    """A part with another k, or another number of parts, is named."""
    news = RelatedNews.open(folder)
    export_part(news, (1, N), lists / "part-1.jsonl", 4)
    export_part(news, (2, N + 1), lists / "part-2.jsonl", 3)
    assert problems_of_parts(lists) == [
        ("1/5", "part-1.jsonl was made with other options than most"),
        ("2/5", "is missing"),
        ("2/6", "part-2.jsonl is one of 6 parts, most are of 5"),
    ]


def test_a_part_that_shows_what_has_expired(tmp_path, monkeypatch):
    """When an article expires, the parts that were made before are to be made again."""
    path, soon = tmp_path / "a.relnews", dates.now() + 3_600_000_000
    RelatedNews().fit(
        {"id": i, "title": "dike breach", "expires": dates.moment(soon) if i == "c" else None}
        for i in "abc"
    ).save(path)
    lists = tmp_path / "lists"
    lists.mkdir()
    assert export_part(RelatedNews.open(path), (1, 1), lists / "1.jsonl").until == soon
    assert export_part(RelatedNews.open(path), (1, 1), lists / "1.jsonl") is None
    assert problems_of_parts(lists) == []
    monkeypatch.setattr(dates, "now", lambda: soon)
    assert "an article expired" in problems_of_parts(lists)[0][1]
    assert export_part(RelatedNews.open(path), (1, 1), lists / "1.jsonl").until is None
    assert '"id": "c"' not in (lists / "1.jsonl").read_text().partition("\n")[0]


def test_a_commit_while_a_part_is_made(folder, tmp_path):
    """The part ends in an error, and its file stays what it was."""
    news = RelatedNews.open(shutil.copytree(folder, tmp_path / "changed.relnews"))
    file = tmp_path / "part.jsonl"
    file.write_text("before")

    def shown(lists, _):
        news.remove(next(news.related_all(1)).id)
        return lists

    with pytest.raises(ArchiveChangedError, match="is not at commit 2 any more"):
        export_part(news, (1, 2), file, progress=shown)
    assert file.read_text() == "before"
    assert [path.name for path in tmp_path.glob("*part*")] == ["part.jsonl"]


def test_unfinished_files(folder, tmp_path, monkeypatch):
    """What a killed process left is removed a day later, and nothing that is being written."""
    (tmp_path / ".1.jsonl.aa.partial").touch()
    os.utime(tmp_path / ".1.jsonl.aa.partial", (0, time.time() - 2 * list_files._ABANDONED))
    (tmp_path / ".1.jsonl.bb.partial").touch()
    os.utime(tmp_path / ".1.jsonl.bb.partial", (0, time.time()))
    assert write_lists(tmp_path / "1.jsonl", []) == 0
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"1.jsonl", ".1.jsonl.bb.partial"}


def test_a_part_is_made_of_a_folder(tmp_path):
    """An archive in memory has no commit that others could continue."""
    news = RelatedNews().fit(sample_articles())
    with pytest.raises(ValueError, match="in memory only"):
        export_part(news, (1, 2), tmp_path / "part.jsonl")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a", "--part", "0/3", "-o", "x"], "expected a part from 1/64 to 64/64"),
        (["a", "--part", "4/3", "-o", "x"], "expected a part from 1/64 to 64/64"),
        (["a", "--part", "2", "-o", "x"], "got '2'"),
        (["a", "--part", "1/2", "-o", "-"], "to a file of its own"),
        (["a", "--part", "1/2", "-o", "x", "--site", "html"], "to a file of its own"),
        (["a"], "Missing option '-o'"),
        (["-o", "x"], "Missing argument 'ARCHIVE'"),
    ],
)
def test_commands_that_cannot_be_understood(arguments, message, invoke):
    """They exit with 2, and say what was expected."""
    result = invoke("export", *arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())


def test_a_folder_without_parts(invoke, tmp_path):
    """It cannot be checked."""
    (tmp_path / "_x.json").write_text(json.dumps([1]))
    result = invoke("export", "--check", tmp_path)
    assert result.exit_code == 1
    assert "has no part of an export" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"part": (0, 2)}, ValueError, "`part` must be from 1 to 2, got 0"),
        ({"part": (1, 10**12)}, ValueError, "`part` must be from 1 to 1000000, got"),
        ({"part": "1/2"}, TypeError, "`part` must be two integers such as"),
        ({"part": (1, 2), "ids": ["a"]}, ValueError, "not both"),
    ],
)
def test_parts_that_cannot_be(arguments, error, message, folder):
    """The arguments of a part are checked."""
    with pytest.raises(error, match=message):
        RelatedNews.open(folder).related_all(**arguments)


def test_parquet(invoke, folder, tmp_path):
    """It has the items of the lists, typed, and the parts have those of the export."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    news = RelatedNews.open(folder)
    options = ("-k", 3, "--mentions", 1, "-q")
    assert invoke("export", folder, "-o", tmp_path / "all.parquet", *options).exit_code == 0
    for number in (1, 2):
        file = tmp_path / f"part-{number}.parquet"
        assert (
            invoke(
                "export", folder, "-o", file, "--part", f"{number}/2", *options
            ).exit_code == 0
        )  # fmt: skip
    rows = parquet.read_table(tmp_path / "all.parquet").to_pylist()
    expected = [*news.related_all(3, mentions=1)]
    items = [(related.id, item) for related in expected for item in related]
    assert [row.pop("article") for row in rows] == [article for article, _ in items]
    for (_, item), row in zip(items, rows, strict=True):
        assert {name: tuple(v) if isinstance(v, list) else v for name, v in row.items()} == {
            name: getattr(item, name) for name in item.__slots__
        }
    halves = [parquet.read_table(tmp_path / f"part-{n}.parquet") for n in (1, 2)]
    whole = parquet.read_table(tmp_path / "all.parquet")
    assert [row for half in halves for row in half.to_pylist()] == whole.to_pylist()
    assert problems_of_parts(tmp_path, news) == []


def test_parquet_needs_pyarrow(invoke, folder, tmp_path, monkeypatch):
    """Without it, the error says what to install, and nothing is written."""
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    for arguments in ([], ["--part", "1/2"]):
        result = invoke("export", folder, "-o", tmp_path / "x.parquet", *arguments)
        assert result.exit_code == 1
        assert "pip install 'relnews[frames]'" in result.stderr
    assert [*tmp_path.iterdir()] == []
    assert parts._read_record(tmp_path / "_x.parquet.json") is None
