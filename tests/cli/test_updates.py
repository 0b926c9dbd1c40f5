"""Commands that change an archive, and commands that maintain it."""

import contextlib
import io
import json
import sqlite3
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relnews import RelatedNews
from relnews.cli.updates import _id_of, _line_of
from relnews.storage.database import CATALOGUE

RECORDS = [
    {"id": "veto", "title": "Kremlin seeks veto", "text": "A veto on guarantees."},
    {"id": "push", "title": "Talks push on", "text": "Talks on guarantees."},
    {"id": "lone", "title": "Aardvark", "text": "Aardvarks only."},
]

NEW = {"id": "new", "title": "Kremlin talks", "text": "Talks about a veto."}


@pytest.fixture
def archive(tmp_path):
    """Return the folder of an archive of `RECORDS`, without stored lists."""
    folder = tmp_path / "a.relnews"
    RelatedNews().fit(RECORDS).save(folder)
    return folder


@pytest.fixture
def listed(archive):
    """Return the folder of an archive with stored lists."""
    RelatedNews.open(archive).store_lists(k=2)
    return archive


@pytest.fixture
def new(tmp_path):
    """Return a file with a new, a changed and an unchanged article."""
    path = tmp_path / "new.jsonl"
    write_jsonl(path, [NEW, {**RECORDS[1], "text": "Talks on a veto."}, RECORDS[2]])
    return path


def write_jsonl(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")


def lists_in(folder):
    """Return the ids of every list, by article."""
    return {related.id: related.ids for related in RelatedNews.open(folder).related_all()}


def generation(folder):
    return RelatedNews.open(folder).archive_.catalogue.generation()


# --- update --------------------------------------------------------------------------------------


def test_update_says_what_it_did_on_standard_error(invoke, archive, new):
    """Load report and update report go to standard error, nothing to standard output."""
    result = invoke("update", archive, new)

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == (
        "3 articles loaded, 0 skipped\n1 added, 1 replaced, 0 removed, 1 unchanged\n"
    )


def test_update_is_what_a_build_of_all_articles_is(invoke, archive, new):
    """After an update the lists equal a build from all articles."""
    invoke("update", archive, new)

    records = [RECORDS[0], RECORDS[2], NEW, {**RECORDS[1], "text": "Talks on a veto."}]
    expected = {related.id: related.ids for related in RelatedNews().fit(records).related_all()}
    assert lists_in(archive) == expected


def test_update_quiet(invoke, listed, new, tmp_path):
    """--quiet prints errors only; --changed still works."""
    result = invoke("update", listed, new, "--quiet", "--changed", tmp_path / "changed.txt")

    assert (result.exit_code, result.output) == (0, "")
    assert "new" in (tmp_path / "changed.txt").read_text().splitlines()


def test_update_reads_as_build_does(invoke, archive, tmp_path):
    """`update` reads as `build` does: --format, --field and standard input."""
    text = "nid,head\n7,Kremlin\n"

    result = invoke(
        "update", archive, "-", "--format", "csv", "--field", "id=nid", "--field", "title=head",
        input=text,
    )  # fmt: skip

    assert result.exit_code == 0, result.stderr
    assert "7" in RelatedNews.open(archive)
    assert "no text: 1 (kept, title only)" in result.stderr


def test_update_names_what_it_skips(invoke, archive, tmp_path):
    """Bad lines are counted and named with file and line; good lines are added."""
    path = tmp_path / "mixed.jsonl"
    path.write_text(
        json.dumps(NEW) + '\nnot json\n{"title": "no id"}\n' + json.dumps({**NEW, "text": "x"})
    )

    result = invoke("update", archive, path)

    assert result.exit_code == 0
    assert "1 article loaded, 3 skipped" in result.stderr
    assert "mixed.jsonl:2: unreadable" in result.stderr
    assert "mixed.jsonl:3: missing id" in result.stderr
    assert "mixed.jsonl:4: duplicate id: 'new'" in result.stderr
    assert "1 added, 0 replaced, 0 removed, 0 unchanged" in result.stderr


#: Contents of a bad file, options, and the expected message.
FAILING_FILES = [
    ("missing.jsonl", None, [], "there is no"),
    ("strict.jsonl", '{"id": "a", "text": "b"}\n{"id": ""}\n', ["--strict"], "strict.jsonl:2:"),
    ("array.json", '[{"id": "a"}, {"id": "b"}]', [], "no article of"),
    ("header.csv", "id,title\na,one\n", ["--field", "text=body"], "the header has 'id', 'title'"),
    ("none.jsonl", '{"heading line": "no title"}\n', [], "no article of"),
]


@pytest.mark.parametrize("file", FAILING_FILES, ids=lambda file: file[0])
def test_a_failing_update_changes_nothing(file, invoke, archive, tmp_path):
    """A bad file is exit code 1 and a sentence, and no list changes."""
    name, content, options, message = file
    if content is not None:
        (tmp_path / name).write_text(content)
    before = lists_in(archive)

    result = invoke("update", archive, tmp_path / name, *options)

    assert (result.exit_code, result.stdout) == (1, "")
    assert message in result.stderr
    assert name in result.stderr
    assert lists_in(archive) == before


def test_an_empty_feed_is_no_error(invoke, listed, tmp_path):
    """An empty file is no error and changes no list."""
    (tmp_path / "new.jsonl").write_text("")

    result = invoke("update", listed, tmp_path / "new.jsonl", "--changed", tmp_path / "changed.txt")

    assert result.exit_code == 0
    assert (tmp_path / "changed.txt").read_text() == ""


# --- what changed --------------------------------------------------------------------------------


def test_changed_is_what_the_report_says(invoke, listed, new, tmp_path):
    """--changed writes the report's ids, one per line, to a file or standard output."""
    twin = tmp_path / "twin.relnews"
    RelatedNews.open(listed).save(twin)
    report = RelatedNews.open(twin).partial_fit([NEW])
    write_jsonl(new, [NEW])

    written = invoke("update", listed, new, "--changed", tmp_path / "changed.txt")
    gone = invoke("remove", listed, "new", "--changed", "-")

    ids = (tmp_path / "changed.txt").read_text().splitlines()
    assert ids == [*report.changed]
    assert written.stdout == ""
    assert f"{len(ids):,} lists changed" in written.stderr
    assert gone.stdout.splitlines() == [*RelatedNews.open(twin).remove("new").changed]
    assert "1 removed" in gone.stderr


@pytest.mark.parametrize("command", [["update", "{}", "new.jsonl"], ["remove", "{}", "veto"]],
                         ids=lambda command: command[0])  # fmt: skip
def test_changed_needs_stored_lists(command, invoke, archive, new, monkeypatch):
    """Without stored lists --changed is refused and names the command that stores them."""
    monkeypatch.chdir(new.parent)
    before = generation(archive)

    result = invoke(*(word.format(archive) for word in command), "--changed", "changed.txt")

    assert (result.exit_code, result.stdout) == (1, "")
    assert f"`relnews store-lists {archive}`" in result.stderr
    assert generation(archive) == before
    assert not (new.parent / "changed.txt").exists()


@pytest.mark.parametrize(
    "command", [["update", "{}", "new.jsonl"], ["remove", "{}", "veto"], ["store-lists", "{}"]],
    ids=lambda command: command[0],
)  # fmt: skip
def test_changed_is_looked_at_first(command, invoke, listed, new, monkeypatch):
    """An unwritable --changed file is refused before anything changes."""
    monkeypatch.chdir(new.parent)
    before = generation(listed)

    result = invoke(*(word.format(listed) for word in command), "--changed", "nowhere/changed.txt")

    assert result.exit_code == 1
    assert "there is no folder nowhere" in result.stderr
    assert generation(listed) == before


# --- remove --------------------------------------------------------------------------------------


def test_remove(invoke, archive):
    """A removed article is in no list and has no list."""
    result = invoke("remove", archive, "push", "lone")

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "0 added, 0 replaced, 2 removed, 0 unchanged\n"
    assert lists_in(archive) == {"veto": []}


@pytest.mark.parametrize("ids", [["push"], []], ids=["both", "file"])
def test_remove_ids_from_a_file(ids, invoke, archive, tmp_path):
    """--ids-from reads ids line by line, in addition to the arguments."""
    (tmp_path / "gone.txt").write_bytes(b"veto\r\n\nlone")

    result = invoke("remove", archive, *ids, "--ids-from", tmp_path / "gone.txt", "--quiet")

    assert (result.exit_code, result.output) == (0, "")
    assert lists_in(archive).keys() == {"push"} - set(ids)


#: Ids that would be more, or other, than a line.
ODD_IDS = ["two\nlines", "two\r\nlines", 'cr\r"', '"quoted"', '"', '"a', "\ufeffmark", " b "]


def test_remove_reads_what_changed_writes(invoke, tmp_path):
    """Any id that --changed writes comes back through --ids-from."""
    ids = ["plain", "[1]", "{}", "'", "\\n", *ODD_IDS]
    records = [{"id": identifier, "title": "Storm on the coast"} for identifier in ids]
    (tmp_path / "all.jsonl").write_text("\n".join(map(json.dumps, records)))
    invoke("build", tmp_path / "all.jsonl", "-o", tmp_path / "all", "--quiet")
    invoke("store-lists", tmp_path / "all", "--changed", tmp_path / "changed")

    result = invoke("remove", tmp_path / "all", "--ids-from", tmp_path / "changed")

    assert result.exit_code == 0
    assert f"{len(ids)} removed" in result.stderr


@given(st.lists(st.text(min_size=1).filter(str.strip)))
def test_lines_of_ids_are_reversible(ids):
    """A file of ids has a line for each id, and any id comes back."""
    text = "".join(f"{_line_of(identifier)}\n" for identifier in ids)
    lines = io.StringIO(text, newline=None).read().split("\n")[:-1]
    assert [_id_of(line) for line in lines] == ids


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_ids_of_other_systems(end, encoding, invoke, archive, tmp_path):
    """A file of ids may have a byte order mark, be UTF-16, and have any line ends."""
    (tmp_path / "gone.txt").write_bytes(f"veto{end}lone{end}".encode(encoding))

    result = invoke("remove", archive, "--ids-from", tmp_path / "gone.txt")

    assert result.exit_code == 0
    assert lists_in(archive).keys() == {"push"}


def test_remove_nothing(invoke, archive):
    """A file without ids is no error."""
    result = invoke("remove", archive, "--ids-from", "-", input="\n")

    assert result.exit_code == 0
    assert "0 removed" in result.stderr


def test_remove_an_unknown_id(invoke, archive):
    """An unknown id is exit code 1 with a hint, and nothing is removed."""
    result = invoke("remove", archive, "veto", "lonee")

    assert (result.exit_code, result.stdout) == (1, "")
    assert (
        result.stderr
        == "Error: no article has the id, title or url 'lonee'. Did you mean 'lone'?\n"
    )
    assert len(RelatedNews.open(archive)) == 3


# --- lists ---------------------------------------------------------------------------------------


def test_lists_are_stored(invoke, archive, tmp_path):
    """All lists are stored first, none the second time; the options are in the archive."""
    options = ["-k", 2, "--max-drift", "0.5", "--n-jobs", 2]

    first = invoke("store-lists", archive, *options, "--changed", tmp_path / "changed.txt")
    second = invoke("store-lists", archive, *options, "--changed", "-")

    assert (first.exit_code, first.stdout) == (0, "")
    assert first.stderr == f"{archive}: 3 lists of 2, 3 changed\n"
    assert (tmp_path / "changed.txt").read_text().splitlines() == ["veto", "push", "lone"]
    assert (second.stdout, second.exit_code) == ("", 0)
    assert second.stderr == f"{archive}: 3 lists of 2, 0 changed\n"
    settings = RelatedNews.open(archive).archive_.catalogue.setting("lists")
    assert settings == {"k": 2, "candidates": 4, "max_drift": 0.5, "choice": 1}


def test_lists_quiet(invoke, archive):
    """--quiet prints errors only; twice as many items as shown are stored."""
    result = invoke("store-lists", archive, "--quiet")

    assert (result.exit_code, result.output) == (0, "")
    assert "8 items, from 16 candidates" in invoke("info", archive).stdout


def test_a_stored_list_is_printed_like_any_other(invoke, listed):
    """`related` and `export` print stored and ranked lists alike."""
    stored = invoke("related", listed, "veto", "-k", 2).stdout
    ranked = invoke("related", listed, "veto", "-k", 3).stdout

    assert "Talks push on" in stored
    assert stored == ranked


# --- info, compact, verify -----------------------------------------------------------------------


def test_info_tells_of_drift(invoke, listed, new):
    """`info` shows the drift of statistics and the number of outdated lists."""
    before = invoke("info", listed).stdout
    invoke("update", listed, new)
    after = invoke("info", listed).stdout

    assert (
        "(largest change of a term's idf); 0% of a sample of lists would be different\n" in before
    )
    assert " 0.0% (" not in after
    assert "% of a sample of lists would be different\n" in after


def test_info_without_lists(invoke, archive):
    """Without stored lists `info` shows the drift and says that there are no lists."""
    shown = invoke("info", archive).stdout

    assert "drift:         0.0% (largest change of a term's idf)\n" in shown
    assert "stored lists:  none\n" in shown


def test_compact(invoke, listed):
    """`compact` reclaims removed articles and keeps the lists."""
    invoke("remove", listed, "lone")
    before = lists_in(listed)

    result = invoke("compact", listed)

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith(f"{listed}: 2 articles, ")
    assert "removed:       0 articles whose space can be freed" in invoke("info", listed).stdout
    assert lists_in(listed) == before
    assert invoke("compact", listed, "--quiet").output == ""


def test_verify(invoke, listed, new):
    """`verify` finds no problem in a whole archive, whatever was done to it."""
    assert invoke("verify", listed).stdout == f"{listed}: in order, 3 articles\n"

    invoke("update", listed, new)
    result = invoke("verify", listed)

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{listed}: in order, 4 articles\n"


def test_verify_finds_a_flipped_byte(invoke, listed):
    """A damaged file is exit code 1 and its name."""
    file = next(listed.glob("*/row_level.npy"))
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)

    result = invoke("verify", listed)

    assert (result.exit_code, result.stdout) == (1, "")
    assert "row_level.npy has the checksum" in result.stderr


def test_verify_prints_problems(invoke, listed):
    """Problems are printed one per line with exit code 1."""
    with contextlib.closing(sqlite3.connect(listed / CATALOGUE)) as catalogue, catalogue:
        catalogue.execute("DELETE FROM articles WHERE id = 'lone'")

    result = invoke("verify", listed)

    assert result.exit_code == 1
    assert "1 article in a segment, but not in the catalogue\n" in result.stdout
    n_problems = len(result.stdout.splitlines())
    assert result.stderr == f"Error: {listed} is not in order: {n_problems} found.\n"


def test_verify_takedown_of_a_removed_article(invoke, listed):
    """--removed confirms the removal and says what was searched."""
    invoke("remove", listed, "push")
    early = invoke("verify", listed, "--removed", "push")
    invoke("compact", listed)

    result = invoke("verify", listed, "--removed", "push")

    assert early.exit_code == 1
    assert "has the words of 1 removed article: compact the archive\n" in early.stdout
    assert result.exit_code == 0
    assert result.stdout == (
        f"{listed}: in order, 2 articles\n"
        "no article has the id 'push'. An archive keeps no ids of removed articles: check the "
        "spelling.\n"
        "No stored list shows it, and no ranking can.\n"
        "Nothing of it is left in the files of the archive.\n"
    )


def test_verify_takedown_of_a_wrong_id(invoke, listed):
    """--removed with an unknown id suggests a similar id instead of a confirmation."""
    result = invoke("verify", listed, "--removed", "pusch")

    assert "no article has the id 'pusch'. Did you mean 'push'? An archive keeps" in result.stdout


@pytest.mark.parametrize(
    "field", [{"published": "2999-01-01"}, {"expires": "2020-01-01"}], ids=["embargo", "expired"]
)
def test_verify_takedown_of_a_hidden_article(field, invoke, listed, new):
    """--removed says that an article under embargo or expired is in no list."""
    write_jsonl(new, [{**RECORDS[1], **field}])
    invoke("update", listed, new)

    result = invoke("verify", listed, "--removed", "push")

    assert result.exit_code == 0, result.output
    assert "'push' is in the archive, but hidden: under embargo or expired.\n" in result.stdout
    assert "No stored list shows it" in result.stdout
    assert "push" not in invoke("related", listed, "veto", "--format", "json").stdout
    assert '"push", "rank"' not in invoke("export", listed, "-o", "-").stdout


def test_verify_takedown_of_an_article_that_is_there(invoke, listed):
    """--removed reports an article that lists may show as a problem."""
    result = invoke("verify", listed, "--removed", "push")

    assert result.exit_code == 1
    assert result.stdout == "'push' is in the archive, and neither under embargo nor expired\n"


# --- errors --------------------------------------------------------------------------------------


def test_who_is_writing_is_named(invoke, archive, monkeypatch):
    """A command names the other process that is writing."""
    monkeypatch.setattr("relnews.storage.database.PATIENCE", 0.1)
    code = (
        "import sys; from relnews import RelatedNews\n"
        "with RelatedNews.open(sys.argv[1]).archive_.store.transaction():\n"
        "    print('writing', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, archive], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"writing\n"
        result = invoke("remove", archive, "veto")
        process.stdin.close()

    assert (result.exit_code, result.stdout) == (1, "")
    assert f"is being written by process {process.pid} on " in result.stderr
    assert lists_in(archive).keys() == {"veto", "push", "lone"}


def test_an_error_of_the_system_is_a_sentence(invoke, archive, monkeypatch):
    """An operating system error is shown without its number."""

    def refuse(news, ids):
        raise PermissionError(13, "cannot write the archive; make its folder writable")

    monkeypatch.setattr(RelatedNews, "remove", refuse)

    result = invoke("remove", archive, "veto")

    assert result.exit_code == 1
    assert result.stderr == "Error: cannot write the archive; make its folder writable\n"
