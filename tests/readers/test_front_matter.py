"""Front matter of each kind: the text is never lost, and what is not public never goes out."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from relnews.articles import Article
from relnews.readers import read_articles
from relnews.readers.front_matter import parted
from relnews.readers.load_report import LoadReport, Problem
from strategies import examples


def read(text: str, name: str = "a.md", **options: Any) -> tuple[list[Article], LoadReport]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        reader = read_articles(path, **options)
        return [*reader], reader.load_report


@pytest.mark.parametrize("name", ["hidden", "private", "status", "password", "embargo", "expires"])
@pytest.mark.parametrize("value", ["[]", "{}", '""', "' '", ""])
def test_a_name_without_a_value_says_nothing(name: str, value: str) -> None:
    """Containers of nothing and blanks hide no article."""
    (article,), report = read(f"---\ntitle: Storm\n{name}: {value}\n---\nGales.")
    assert (article.title, report.problems) == ("Storm", {})


# --- where front matter begins and ends ----------------------------------------------------------

#: What may stand before front matter, and is no part of the text.
BEFORE = [
    "", "\ufeff", "\u200b", "\n", "  \n\t\n", "<!-- by a tool -->\n", "<!-- two\nlines -->\n\n",
    "{# a comment #}\n", "{% comment %}\nx\n{% endcomment %}\n", "{{/* x */}}\n", "{/* x */}\n",
    "\n<!-- a --><!-- b -->\n\ufeff\n",
]  # fmt: skip

BLOCKS = {
    "yaml": "---\ntitle: Storm\n---\n",
    "yaml with blanks": "---  \ntitle: Storm\n---\t\n",
    "yaml with a comment": "--- # of the desk\n# more\ntitle: Storm # short\n---\n",
    "yaml with dots": "---\ntitle: Storm\n...\n",
    "yaml by name": "---yaml\ntitle: Storm\n---\n",
    "toml": '+++\ntitle = "Storm"\n+++\n',
    "toml by name": '---toml\ntitle = "Storm"\n---\n',
    "json": '{"title": "Storm"}\n',
    "json by name": '---json\n{"title": "Storm"}\n---\n',
    "json of middleman": ';;;\n{"title": "Storm"}\n;;;\n',
    "metadata": "Title: Storm\nDate: 2024-01-15\n\n",
    "metadata and blanks": "Title: Storm\n   \n",
    "metadata and dashes": "title: Storm\n---\n",
    "metadata without an end": "Title: Storm\n",
    "metadata over two lines": "Title: \n    Storm\nTags: a\n\n",
}  # fmt: skip


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("block", BLOCKS.values(), ids=[*BLOCKS])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_front_matter_is_found(before: str, block: str, newline: str) -> None:
    """Blank lines, comments and byte order marks before front matter do not hide it."""
    articles, _ = read((before + block + "The body.\n").replace("\n", newline))
    (article,) = articles
    assert (article.title, article.text) == ("Storm", "The body.")


@pytest.mark.parametrize(
    "text",
    [
        "Note: the harbour is closed.\n\nMore text.",
        "---\n\nNote: after a ruling line.\n\nMore text.",
        "---\nA quotation between two rulings.\n---\nMore text.",
        "{: .lead}\nMore text.",
        "{{< figure src='x' >}}\nMore text.",
        "```yaml\n---\ntitle: an example\ndraft: true\n---\n```\nMore text.",
        "Status: the ferry is late.\n\nMore text.",
        "2024: a year\n\nMore text.",
        "# Heading\n\n---\n\nMore text.",
        "----\nNote: between two rulings.\n----\nMore text.",
        "\u2014\nSummary: after a dash.\n\nMore text.",
        "---\n---\nMore text.",
    ],
)
def test_a_text_without_front_matter_is_whole(text: str) -> None:
    """Lines that look a little like front matter stay text."""
    front, body = parted(text)
    assert front == {}
    assert "More text." in body
    articles, _ = read(text)
    assert "More text." in articles[0].text
    assert {word for word in ("harbour", "quotation", "late", "ruling") if word in text} == {
        word for word in ("harbour", "quotation", "late", "ruling") if word in articles[0].text
    }


@pytest.mark.parametrize(
    "text",
    [
        "# a line that is no comment here\n---\ntitle: A\ndraft: true\n---\nBody",
        "// one\n// two\n---\ntitle: A\ndraft: true\n---\nBody",
        "/* one */\n+++\ntitle = 'A'\ndraft = true\n+++\nBody",
        "---\ntitle: A\ndraft: true\n\nBody without an end",
        "---\n# comment\n\ntitle: A\nstatus: draft\nBody",
        "Status: draft\n\nBody",
        "draft: yes\n\nBody",
        ".. title: A\n.. status: draft\n\nBody",
        "<!--\n.. title: A\n.. status: draft\n.. date: 2020-01-01\n-->\n\nBody",
        "Title: A\nStatus : draft\n\nBody",
        "Title: A\nStatus\uff1adraft\n\nBody",
        "Title: A\nStatus: published\nStatus: draft\n\nBody",
        "---\u00a0\ntitle: A\ndraft: true\n---\u3000\nBody",
        "----\ntitle: A\ndraft: true\n----\nBody",
        "---\ntitle: A\ndraft: true\n-----\nBody",
        "\u2014\ntitle: A\ndraft: true\n\u2014\nBody",
        "++++\ntitle = 'A'\ndraft = true\n++++\nBody",
        "----\ntitle: [A\ndraft: true\n----\nBody",
        "---\u2028title: A\u2028draft: true\u2028---\u2028Body",
        "---\x85title: A\x85draft: true\x85---\x85Body",
        "---\ndraft:true\n---\nBody",
        "---\ntitle: A\nstatus:draft\n---\nBody",
        "---\ndraft: true\ntitle: A\ndraft: false\n---\nBody",
        '{"title": "A", "draft": true, "draft": false}\nBody',
    ],
)
def test_a_draft_is_never_a_text(text: str) -> None:
    """Front matter in an odd place, or without an end, does not publish a draft."""
    articles, report = read(text)
    assert not articles
    assert report.seen == 1


# --- generated front matter ----------------------------------------------------------------------

words = st.text(st.characters(codec="utf-8", categories=("L",)), min_size=1, max_size=8)
lines = st.lists(words, min_size=1, max_size=5).map(" ".join)

SWITCHES = st.sampled_from(["true", "True", "yes", "Yes", "on", "ON", "y", "1"])
OFF = st.sampled_from(["false", "False", "no", "NO", "off", "n", "0"])
HIDDEN = st.one_of(
    st.tuples(st.sampled_from(["draft", "Draft", "private", "unlisted", "hidden", "headless",
                               "noindex", "eleventyExcludeFromCollections"]), SWITCHES),
    st.tuples(st.sampled_from(["published", "permalink", "build", "is_published"]), OFF),
    st.tuples(st.just("status"), st.sampled_from(["draft", "Draft", "hidden", "private", "trash"])),
    st.tuples(st.just("visibility"), st.sampled_from(["private", "members", "hidden"])),
    st.tuples(st.just("password"), words),
    st.tuples(st.just("robots"), st.sampled_from(["noindex", "noindex, nofollow", "none"])),
    st.tuples(st.sampled_from(["date", "publishDate"]), st.just("in spring")),
    st.tuples(st.sampled_from(["expires", "expiryDate"]), st.just("2024-99-99")),
    st.tuples(st.sampled_from(["draft", "status", "hidden"]), st.just("perhaps")),
)  # fmt: skip
SHOWN = st.one_of(
    st.tuples(st.sampled_from(["draft", "Draft", "private", "unlisted", "hidden", "noindex"]), OFF),
    st.tuples(st.sampled_from(["published", "is_published"]), SWITCHES),
    st.tuples(st.just("status"), st.sampled_from(["published", "Publish", "public"])),
    st.tuples(st.just("robots"), st.sampled_from(["index, follow", "nofollow"])),
    st.tuples(st.just("date"), st.sampled_from(["2024-1-5", "2024/01/15", "15 Jan 2024", ""])),
    st.tuples(st.just("build"), SWITCHES),
    st.tuples(st.sampled_from(["layout", "kicker", "weight"]), words),
)  # fmt: skip


def block_of(kind: str, values: dict[str, str]) -> str:
    """Return front matter of a kind."""
    if kind == "yaml":
        plain = "".join(f"{name}: {value}\n" for name, value in values.items())
        return f"---\n{plain}---\n"
    if kind == "quoted yaml":
        return f"---\n{yaml.safe_dump(values, allow_unicode=True)}---\n"
    if kind == "toml":
        plain = "".join(
            f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in values.items()
        )
        return f"+++\n{plain}+++\n"
    if kind == "json":
        return f"{json.dumps(values)}\n"
    return "".join(f"{name}: {value}\n" for name, value in values.items()) + "\n"


KINDS = st.sampled_from(["yaml", "quoted yaml", "toml", "json", "metadata"])


@examples(2)
@given(KINDS, st.sampled_from(BEFORE), lines, lines, st.lists(SHOWN, max_size=3), HIDDEN, st.data())
def test_what_is_public_is_read_and_nothing_else(
    kind: str, before: str, title: str, body: str, shown: list[tuple[str, str]],
    hidden: tuple[str, str], data: st.DataObject,
) -> None:  # fmt: skip
    """Each text comes in whole; with one reason against it, it is withheld and counted."""
    values = {"title": f"Ferry {title}", **dict(shown)}
    values = {name: values[name] for name in data.draw(st.permutations([*values]))}
    articles, report = read(f"{before}{block_of(kind, values)}{body}\n")
    assert (report.seen, report.loaded) == (1, 1), report.summary()
    (article,) = articles
    assert (article.title, article.text) == (f"Ferry {title}", body)

    name, value = hidden
    others = {other: given for other, given in values.items() if other.lower() != name.lower()}
    position = data.draw(st.integers(0, len(others)))
    items = [*others.items()]
    items.insert(position, (name, value))
    text = f"{before}{block_of(kind, dict(items))}{body}\n"
    articles, report = read(text)
    assert not articles
    assert (report.seen, report.withheld) == (1, 1)
    (article,) = read(text, include_unlisted=True, unreadable_dates="keep")[0]
    assert (article.title, article.text) == (f"Ferry {title}", body)


@examples(2)
@given(st.text(max_size=60), st.sampled_from(["a.md", "a.mdx", "a.rst"]))
def test_any_text_is_an_article_or_counted(text: str, name: str) -> None:
    """Whatever a file has, it is loaded, or it is counted once with a reason."""
    articles, report = read(text, name)
    assert len(articles) + report.skipped + report.withheld == 1


PIECES = ["---\n", "+++\n", "title: A\n", "draft: true\n", "text\n", "\n", "a: [\n", "{", "}",
          "...\n", '"a": 1', "<!--", "-->", "Note: b\n"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_pieces_of_front_matter_never_publish_a_draft(text: str) -> None:
    """Whatever the order of the pieces: a text that says draft first is withheld or unreadable."""
    articles, report = read(f"---\ndraft: true\n{text}")
    assert not articles or "draft: true" not in articles[0].text
    assert len(articles) + report.skipped + report.withheld == 1


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("_drafts/a.md", Problem.NOT_PUBLIC),
        ("x/_drafts/y/a.md", Problem.NOT_PUBLIC),
        ("_partials/a.md", Problem.NOT_PUBLIC),
        ("x/_a.md", Problem.NOT_PUBLIC),
    ],
)
def test_folders_and_files_that_are_not_public(name: str, problem: Problem, tmp_path: Path) -> None:
    """Drafts and partials are withheld by their path, and loaded for those who mean it."""
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_text("Text.")
    (tmp_path / "_posts").mkdir()
    (tmp_path / "_posts" / "2025-06-02-b.md").write_text("Text.")
    reader = read_articles(tmp_path)
    assert [article.id for article in reader] == ["_posts/2025-06-02-b"]
    assert reader.load_report.problems == {problem: 1}
    assert len([*read_articles(tmp_path, include_unlisted=True)]) == 2


def test_restructured_text() -> None:
    """Metadata, sections and directives of reStructuredText; no file is included."""
    text = (
        "Talks\n=====\n\n:date: 2025-06-02\n:tags: a, b\n:summary: Short.\n:lang: en\n\n"
        "On the *island*.\n\n.. include:: /etc/passwd\n\n.. raw:: html\n\n   <b>raw</b>\n\n"
        ".. note:: A note.\n\n.. a comment\n\nLater\n-----\n\nThey met again.\n"
    )
    (article,), _ = read(text, "a.rst")
    assert (article.title, article.dek, article.tags) == ("Talks", "Short.", ("a", "b"))
    assert " ".join(article.text.split()) == "On the island. A note. Later They met again."
    assert str(article.published) == "2025-06-02 00:00:00+00:00"
    assert not read(text.replace(":lang: en", ":status: draft"), "a.rst")[0]


@pytest.mark.parametrize(
    ("front", "is_hidden"),
    [
        ("robots: {index: false}", True),
        ("robots: {noIndex: true}", True),
        ("robots:\n  index: true\n  noindex: no", False),
        ("robotsNoIndex: true", True),
        ("publish: no", True),
        ("publish: 2024-01-05", False),
        ("build: {list: never}", True),
        ("_build: {render: false}", True),
        ("build: {list: always, render: always}", False),
        ("permalink: /a/", False),
        ("params: {draft: true}", True),
        ("params:\n  private: yes", True),
        ("seo: {noindex: true}", True),
        ("head:\n  - - meta\n    - name: robots\n      content: noindex", True),
        ("meta:\n  - {name: robots, content: 'noindex, nofollow'}", True),
        ("cover: {hidden: true}", False),
        ("author: {name: A, status: inactive}", False),
    ],
)
def test_nested_words_of_visibility(front: str, is_hidden: bool) -> None:
    """Mappings of robots and of Hugo's build, and other names of switches."""
    articles, report = read(f"---\ntitle: A\n{front}\n---\nText.")
    assert (not articles, report.withheld) == (is_hidden, int(is_hidden))


@pytest.mark.parametrize(
    ("code", "is_hidden"),
    [
        ("export const meta = { title: 'A', draft: true };", True),
        ("import A from 'a'\n\nexport const a = {\n  title: 'A',\n  'status': \"draft\",\n}", True),
        ("export const metadata: Metadata = {published: false}", True),
        ("export const meta = { title: 'A', draft: false };", False),
        ("export const n = 3", False),
    ],
)  # fmt: skip
def test_what_the_code_of_mdx_exports(code: str, is_hidden: bool) -> None:
    """A page of MDX may export who may see it."""
    articles, report = read(f"{code}\n\n# Title\n\nText.", "a.mdx")
    assert (not articles, report.withheld) == (is_hidden, int(is_hidden))


@pytest.mark.parametrize(
    "text",
    [
        "A\n#\n\n:status: draft\n:status: published\n\nBody",
        "A\n#\n\n:status: published\n:status: draft\n\nBody",
        ".. title: A\n.. slug: a\n.. status: draft\n\nBody",
        "A\n#\n\n:private: yes\n\nBody",
    ],
)
def test_a_draft_in_restructured_text(text: str) -> None:
    """A name that stands twice, and the comments of Nikola, do not publish a draft."""
    articles, report = read(text, "a.rst")
    assert (articles, report.withheld) == ([], 1)
