"""Lists as files of a site: the right files, only changes, no files of others."""

from __future__ import annotations

import datetime as dt
import html.parser
import json
import os
import re
import signal
import subprocess
import tempfile
import unicodedata
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st

import preloaded
from relnews import RelatedNews, Selection
from relnews.archive.snapshot import Snapshot
from relnews.cli import main
from relnews.export import html as html_export
from relnews.export.folder import kept
from relnews.export.names import file_name, is_ours
from relnews.export.sites import PACKED, SITES, export_site
from strategies import examples

RESERVED = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{name}{n}" for name in ("com", "lpt") for n in range(10)),
}

#: Ids that are difficult for a file system, a file archive, or a template.
NASTY = [
    "../x", "..", ".", "/etc/passwd", "a/../b", "a//b", "/a", "a/", "C:\\x", "\\\\host\\x", "a\\b",
    "nul", "NUL", "con.txt", "a/aux/b", "com1", "a.", "a ", " a", "x\0y", "a\nb", "a:b", "a*?<>|",
    "-rf", "~root", ".htaccess", ".relnews-json", "_index", "_index.json", "%2e%2e", "a%2fb", "é",
    "e\u0301", "É", "ß", "SS", "ﬁ", "İ", "x" * 300, "é" * 200, "a/" * 90 + "a", "id-" + "0" * 40,
    "lists", "lists-0", "A", "a", "a.json", "a.json/b", "a/b", "</script><script>", "--><b>",
    "{{ x }}", "{% x %}", "$(x)", "`x`", "'\"", "x\u2028y", "\u202e", "🙂", "__proto__",
]  # fmt: skip


def ids(min_size: int = 0) -> st.SearchStrategy[list[str]]:
    text = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
    paths = st.lists(st.sampled_from(["a", "b", "..", ".", "", "nul", "A", "a.json"]), min_size=1)
    identifiers = st.one_of(st.sampled_from(NASTY), text, paths.map("/".join)).filter(str.strip)
    return st.lists(identifiers, min_size=min_size, max_size=10, unique=True)


def hostile(identifier: str, number: int = 0) -> dict[str, object]:
    """Return an article with hostile text in all fields, and with related articles."""
    return {
        "id": identifier,
        "title": f"Kyiv {identifier} </script><img src=x onerror=alert(1)> --- {{{{ x }}}}",
        "text": "guarantees veto " * (number % 3 + 1),
        "url": ["javascript:alert(1)", 'https://x.example/"><b>', f"/{identifier}"][number % 3],
        "section": "---\ntitle: other\n---",
        "tags": ["a, b", "]", identifier],
        "published": dt.datetime(2025, 1, 1, number % 24, tzinfo=dt.UTC),
    }


def archive(identifiers: list[str]) -> RelatedNews:
    return RelatedNews().fit(hostile(one, i) for i, one in enumerate(identifiers))


def files_of(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, including links."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if not path.is_dir()
    }


def lists_in(folder: Path, site: str) -> dict[str, object]:
    """Return the lists of a JSON site by id, read as a template would read them."""
    about = SITES[site]
    found: dict[str, object] = {}
    for name, content in files_of(folder / about.folder).items():
        if name.startswith((".", "_")):
            continue
        read = json.loads(content)
        entries = read if about.packed else {read["id"]: read}
        assert not entries.keys() & found.keys()
        found |= entries
    return found


class Markup(html.parser.HTMLParser):
    """Collects tags and the titles that a reader sees."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.titles: list[str] = []
        self._in_title = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self._in_title = ("class", "relnews-title") in attrs
        if self._in_title:
            self.titles.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.titles[-1] += data


# --- names ---------------------------------------------------------------------------------------


@given(ids())
@example(NASTY)
def test_names_are_safe_and_distinct(identifiers: list[str]) -> None:
    """File names stay inside the folder and are distinct on every file system."""
    names = {identifier: f"{file_name(identifier)}.json" for identifier in identifiers}

    seen = {unicodedata.normalize("NFKC", name).casefold() for name in names.values()}
    assert len(seen) == len(identifiers)
    for name in names.values():
        parts = name.split("/")
        assert is_ours(name)
        assert len(name.encode()) <= 255
        assert len(parts) == 1 or not any("." in part for part in parts[:-1])
        for part in parts:
            assert re.fullmatch(r"[a-z0-9][a-z0-9._-]*", part)
            assert part.split(".")[0] not in RESERVED
            assert not part.endswith(".")


def test_names_of_usual_ids_are_the_ids() -> None:
    """Slugs, numbers and paths are used as names without a hash."""
    for identifier in ("ferry-strike", "2025-06-02-ferry", "17", "news/2025/ferry", "v1.2_b"):
        assert file_name(identifier) == identifier


def test_hashed_names_are_documented() -> None:
    """The documented lines of Python, PHP, Node and Hugo compute hashed names."""
    import hashlib

    expected = "id-" + hashlib.sha256("Ärger im Hafen".encode()).hexdigest()[:40]
    assert file_name("Ärger im Hafen") == expected


# --- what is written -----------------------------------------------------------------------------


@given(ids(), st.sampled_from([site for site in SITES if site != "html"]))
@example(NASTY, "json")
@example(NASTY, "jekyll")
def test_json_parses_back(identifiers: list[str], site: str) -> None:
    """The JSON files give the archive's lists, for any ids and titles."""
    news = archive(identifiers)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "inside", "site")
        export_site(news, folder, site, k=3)

        assert lists_in(folder, site) == {
            related.id: related.to_dict() for related in news.related_all(3)
        }
        inside = {f"inside/site/{name}" for name in files_of(folder)}
        assert set(files_of(Path(place))) == inside


@given(ids())
@example(NASTY)
def test_html_parses_back(identifiers: list[str]) -> None:
    """A fragment shows any titles and addresses without running their markup."""
    news = archive(identifiers)
    with tempfile.TemporaryDirectory() as place:
        export_site(news, place, "html", k=3, heading="More & <more>")

        index = json.loads(Path(place, "_index.html.json").read_bytes())
        assert index.keys() == {*identifiers}
        for related in news.related_all(3):
            text = Path(place, index[str(related.id)]).read_bytes().decode()
            shown = Markup(text)
            assert shown.titles == [item.title.replace("\r\n", "\n") for item in related]
            assert shown.tags <= {"section", "h2", "ol", "li", "a", "span", "div", "bdi", "time"}
            assert not any(name.startswith("on") for name in shown.attributes)
            assert "javascript:" not in re.sub(r">[^<]*<", "><", text)
            assert text.removesuffix("\n") == html_export.fragment(related, heading="More & <more>")


@pytest.mark.parametrize("site", ["json", "hugo"])
def test_the_index_finds_every_file(site: str, tmp_path: Path) -> None:
    """The index maps every id to its file, for templates that cannot hash."""
    export_site(archive(NASTY), tmp_path, site)

    folder = tmp_path / SITES[site].folder
    index = json.loads((folder / "_index.json").read_bytes())
    assert index.keys() == {*NASTY}
    for identifier, name in index.items():
        assert json.loads((folder / name).read_bytes())["id"] == identifier
        assert name == f"{file_name(identifier)}.json"


def test_packs_are_cut_by_a_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many lists are split into packs; an added article changes few of them."""
    monkeypatch.setattr("relnews.export.sites.PACKED", 2)
    news = archive([f"a{i}" for i in range(20)])
    news.store_lists(k=8)  # after every change ranked lists have other scores
    export_site(news, tmp_path, "pelican")
    names = {path.name for path in (tmp_path / "relnews").glob("*.json")}
    assert len(names) > 5
    assert all(re.fullmatch(r"lists-[0-9a-f]\.json", name) for name in names)
    assert lists_in(tmp_path, "pelican").keys() == {f"a{i}" for i in range(20)}

    news.partial_fit([{"id": "lone", "title": "Aardvark", "text": "Aardvarks only."}])
    assert export_site(news, tmp_path, "pelican").unchanged >= len(names) - 1
    assert "lone" in lists_in(tmp_path, "pelican")
    assert PACKED > 100


def test_packs_do_not_depend_on_the_order_of_the_archive(tmp_path: Path) -> None:
    """Packs are the same bytes for any order of the articles."""
    articles = [hostile(one, i) for i, one in enumerate("bca")]
    export_site(RelatedNews().fit(articles), tmp_path, "jekyll")
    report = export_site(RelatedNews().fit(articles[::-1]), tmp_path, "jekyll")

    assert (report.written, report.unchanged) == (0, 1)


def test_articles_not_to_be_seen_leave_no_trace(tmp_path: Path) -> None:
    """An embargoed or expired article has no file and is in no index."""
    articles = [hostile("a"), {**hostile("soon"), "published": dt.datetime(9000, 1, 1)},
                {**hostile("over"), "expires": dt.datetime(2020, 1, 1)}]  # fmt: skip
    export_site(RelatedNews().fit(articles), tmp_path)

    assert files_of(tmp_path).keys() == {".relnews-json", "_index.json", "a.json"}
    assert not any(
        b"soon" in content or b"over" in content for content in files_of(tmp_path).values()
    )


def test_stored_lists_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stored lists are exported without ranking, except with a selection."""
    news = archive(["a", "b", "c"])
    news.store_lists(k=2)
    expected = {related.id: related.to_dict() for related in news.related_all(2)}
    calls = []
    rank = Snapshot.rank
    monkeypatch.setattr(
        Snapshot, "rank",
        lambda self, keys, *rest: calls.append(keys) or rank(self, keys, *rest),
    )  # fmt: skip

    export_site(news, tmp_path, k=2)
    assert not any(calls)
    assert lists_in(tmp_path, "json") == expected
    export_site(news, tmp_path, k=2, selection=Selection(diversity=0.3))
    assert any(calls)


# --- another time --------------------------------------------------------------------------------


@examples(0.5)
@given(ids(min_size=1), st.data(), st.sampled_from([*SITES]))
def test_a_second_export_is_what_a_fresh_one_is(
    identifiers: list[str], data: st.DataObject, site: str
) -> None:
    """A second export equals a fresh one, writes only changes and keeps others' files."""
    gone = data.draw(st.lists(st.sampled_from(identifiers), unique=True))
    news = archive(identifiers)
    with tempfile.TemporaryDirectory() as place:
        folder, fresh = Path(place, "site"), Path(place, "fresh")
        own = folder / SITES[site].folder
        others = {
            "readme.txt": b"mine", "a/mine.txt": b"mine too", "zz.json": b"{}",
            ".relnews-other": b"../x", "a/b/c/d.html": b"", "lists.txt": b"",
        }  # fmt: skip
        for name, content in others.items():
            (own / name).parent.mkdir(parents=True, exist_ok=True)
            (own / name).write_bytes(content)
        export_site(news, folder, site, k=3)
        before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
        again = export_site(news, folder, site, k=3)
        assert (again.written, again.removed) == (0, 0)
        after = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
        assert after == before

        news.remove(gone)
        export_site(news, folder, site, k=3)
        export_site(news, fresh, site, k=3)
        expected = files_of(fresh / SITES[site].folder) | others
        assert files_of(own) == expected
        folders = {path.parent for path in own.rglob("*") if path.is_file()}
        assert all(path in folders or any(path in inner.parents for inner in folders)
                   for path in own.rglob("*") if path.is_dir())  # fmt: skip


def test_another_export_to_the_same_folder(tmp_path: Path) -> None:
    """JSON and HTML exports share a folder and are removed independently."""
    news = archive(["a", "b"])
    export_site(news, tmp_path, "json")
    export_site(news, tmp_path, "html")
    news.remove("a")
    export_site(news, tmp_path, "html")

    names = {name for name in files_of(tmp_path) if not name.startswith((".", "_"))}
    assert names == {"a.json", "b.json", "b.html", "related-news.css"}


def test_a_file_in_the_way_is_not_written_over(tmp_path: Path) -> None:
    """If a target file belongs to somebody else, nothing is written."""
    (tmp_path / "b.json").write_text("mine")

    with pytest.raises(FileExistsError, match=r"b\.json exists and was not written by an export"):
        export_site(archive(["a", "b"]), tmp_path)
    assert files_of(tmp_path) == {"b.json": b"mine"}


def test_a_file_that_was_changed_by_hand_is_put_right(tmp_path: Path) -> None:
    """Exported files that were edited, emptied or removed are restored."""
    news = archive(["a", "b", "c"])
    export_site(news, tmp_path)
    expected = files_of(tmp_path)
    (tmp_path / "a.json").write_text("edited")
    (tmp_path / "b.json").unlink()

    assert export_site(news, tmp_path).written == 2
    assert files_of(tmp_path) == expected


@pytest.mark.parametrize(
    "name", ["../victim", "/etc/passwd", "a/../../victim", "..", "", "a\\b", "A.json"]
)
def test_a_list_of_files_that_names_others_is_refused(name: str, tmp_path: Path) -> None:
    """A forged list of files cannot make an export remove other files."""
    (tmp_path / "victim").write_text("mine")
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / ".relnews-json").write_text(f"a.json\n{name}\n")

    with pytest.raises(ValueError, match="none would write"):
        export_site(archive(["a"]), folder)
    assert (tmp_path / "victim").read_text() == "mine"


@pytest.mark.skipif(os.name == "nt", reason="making links needs a privilege there")
def test_links_do_not_lead_out(tmp_path: Path) -> None:
    """A link in place of a file is replaced; in place of a folder it is refused."""
    news, folder, outside = archive(["a", "b/c"]), tmp_path / "site", tmp_path / "outside"
    outside.mkdir()
    (outside / "c.json").write_text("mine")
    export_site(news, folder)
    (folder / "a.json").unlink()
    (folder / "a.json").symlink_to(outside / "c.json")
    export_site(news, folder)
    assert not (folder / "a.json").is_symlink()

    (folder / "b" / "c.json").unlink()
    (folder / "b").rmdir()
    (folder / "b").symlink_to(outside)
    with pytest.raises(FileExistsError, match="is a link out of the folder"):
        export_site(news, folder)
    news.remove("b/c")
    export_site(news, folder)
    assert files_of(outside) == {"c.json": b"mine"}


def test_an_unknown_site() -> None:
    """The error lists the known kinds of sites."""
    with pytest.raises(ValueError, match="`site` must be one of 'json', 'html', 'hugo'"):
        export_site(archive(["a"]), "nowhere", "wordpress")


# --- interrupted ---------------------------------------------------------------------------------


def test_a_failing_export_is_finished_by_the_next(tmp_path: Path) -> None:
    """After an error between two files the next export completes and cleans up."""
    fails = pytest.raises(ZeroDivisionError)
    with fails, kept(tmp_path, ".list", {"a.json", "b.json"}) as files:
        files.write("a.json", b"1")
        raise ZeroDivisionError
    assert files_of(tmp_path) == {".list": b"a.json\nb.json\n", "a.json": b"1"}
    with kept(tmp_path, ".list", {"b.json"}) as files:
        files.write("b.json", b"2")

    assert files_of(tmp_path) == {".list": b"b.json\n", "b.json": b"2"}
    assert str(files.report) == "1 file written, 0 unchanged, 1 removed"


@pytest.mark.skipif(os.name != "posix", reason="folders cannot be opened")
def test_what_is_listed_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of files is written last, after files and folders are synced."""
    synced: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").resolve()
        if path.is_relative_to(tmp_path):
            synced.append(path.relative_to(tmp_path).as_posix())
        real(descriptor)

    with kept(tmp_path, ".list", {"a.json", "same.json"}) as files:
        files.write("a.json", b"1")
        files.write("same.json", b"2")
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("descriptors have no names here")
    monkeypatch.setattr(os, "fsync", fsync)
    with kept(tmp_path, ".list", {"a.json", "in/to/b.json", "same.json", "c.json"}) as files:
        files.write("a.json", b"3")
        files.write("in/to/b.json", b"4")
        files.write("same.json", b"2")
    first, *others, last, folder = synced
    assert (first, others.pop(0)) == (f".relnews-{os.getpid()}.partial", ".")
    assert others == ["a.json", "in/to/b.json", ".", "in", "in/to"]
    assert (last, folder) == (first, ".")


KILLED = """
import os, sys, itertools
from pathlib import Path
from relnews.export import folder
moment, place = int(sys.argv[1]), Path(sys.argv[2])
steps = itertools.count()
def step(real):
    def stepping(*arguments, **options):
        if next(steps) == moment:
            os.kill(os.getpid(), 9)
        return real(*arguments, **options)
    return stepping
os.fsync = step(os.fsync)
folder.os.fsync = os.fsync
Path.replace, Path.unlink, Path.mkdir = step(Path.replace), step(Path.unlink), step(Path.mkdir)
with folder.kept(place, ".list", {"keep.json", "new/one.json", "two.json"}) as files:
    for name in ("keep.json", "new/one.json", "two.json"):
        files.write(name, b"new content" if name != "keep.json" else b"kept")
print("whole", next(steps))
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_killed_at_any_step(tmp_path: Path) -> None:
    """After a kill at any step files are whole, and the next export completes."""
    before = {"keep.json": b"kept", "gone.json": b"old", "two.json": b"old"}
    after = {"keep.json": b"kept", "new/one.json": b"new content", "two.json": b"new content"}
    for moment in range(100):
        place = tmp_path / str(moment)
        with kept(place, ".list", before.keys()) as files:
            for name, content in before.items():
                files.write(name, content)
        command = [*preloaded.python(), "-c", KILLED, str(moment), str(place)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found = {name: content for name, content in files_of(place).items() if name[0] != "."}
        for name, content in found.items():
            assert content in (before.get(name), after.get(name)), (moment, name)
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
        with kept(place, ".list", after.keys()) as files:
            for name, content in after.items():
                files.write(name, content)
        found = files_of(place)
        found.pop(".list")
        assert found == after, moment
    assert moment > 10
    assert found == after


# --- the command ---------------------------------------------------------------------------------


def test_the_command(tmp_path: Path) -> None:
    """The command reports on standard error, and a second run writes nothing."""
    archive(["a", "b"]).save(tmp_path / "x.relnews")
    arguments = ["export", str(tmp_path / "x.relnews"), "--site", "hugo", "-o", str(tmp_path / "s")]
    first, second = (CliRunner().invoke(main, arguments) for _ in range(2))

    assert (first.exit_code, first.stdout) == (0, "")
    assert first.stderr.endswith("s: 3 files written, 0 unchanged, 0 removed\n")
    assert second.stderr.endswith("s: 0 files written, 3 unchanged, 0 removed\n")
    assert (tmp_path / "s/assets/relnews/a.json").is_file()
    assert CliRunner().invoke(main, [*arguments, "-q"]).output == ""


def test_the_command_says_once_that_addresses_are_missing(tmp_path: Path) -> None:
    """Lists whose titles cannot be links are announced once; with a pattern they are not."""
    words = ["ferry", "strike", "crews", "island", "roster"]
    articles = ({"id": word, "title": f"{word} {words[i - 1]}"} for i, word in enumerate(words))
    lines = (json.dumps(article) + "\n" for article in articles)
    (tmp_path / "x.jsonl").write_text("".join(lines))
    for extra, expected in (([], 1), (["--url", "/{slug}.html"], 0)):
        archive_ = str(tmp_path / f"x{expected}.relnews")
        arguments = ["build", str(tmp_path / "x.jsonl"), "-o", archive_, "-q", *extra]
        assert CliRunner().invoke(main, arguments).exit_code == 0
        for site in SITES:
            output = str(tmp_path / f"{site}{expected}")
            arguments = ["export", archive_, "--site", site, "-o", output]
            result = CliRunner().invoke(main, arguments)
            assert result.exit_code == 0
            assert result.stderr.count("5 articles in the lists without a url") == expected
            assert CliRunner().invoke(main, [*arguments, "-q"]).stderr == ""


def test_the_command_knows_every_site() -> None:
    """--site takes exactly the known kinds of sites."""
    option = next(
        parameter for parameter in main.commands["export"].params if parameter.name == "site"
    )
    assert {*option.type.choices} == SITES.keys()


def test_the_command_names_a_file_in_the_way(tmp_path: Path) -> None:
    """A foreign file is one line and exit code 1; a file as folder is wrong usage."""
    archive(["a", "b"]).save(tmp_path / "x.relnews")
    (tmp_path / "a.json").write_text("mine")
    arguments = ["export", str(tmp_path / "x.relnews"), "--site", "json", "-o"]

    result = CliRunner().invoke(main, [*arguments, str(tmp_path)])
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    for output in ("-", str(tmp_path / "a.json")):
        assert CliRunner().invoke(main, [*arguments, output]).exit_code == 2
    assert (tmp_path / "a.json").read_text() == "mine"
