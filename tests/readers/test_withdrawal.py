"""Withdrawal: what is not public any more, or only in one of two records, is in no list."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from relnews import RelatedNews, read_articles
from relnews.cli import main
from relnews.exceptions import ArticleError
from relnews.readers.load_report import Problem

WORDS = ["ferry", "strike", "talks", "sails", "crew", "harbour", "boat", "rain", "storm", "mayor"]


def story(number: int, **values: Any) -> dict[str, Any]:
    """Return an article of a few words."""
    words = random.Random(number).choices(WORDS, k=12)
    fields = {"id": f"s{number}", "title": words[0], "text": " ".join(words)}
    return fields | {"published": f"2020-01-{number + 1:02}"} | values


def lists_of(news: RelatedNews, ids: list[str]) -> list[str]:
    """Return the list of each article, with scores."""
    return [repr(news.related(identifier, mode="similar")) for identifier in ids]


batches = st.lists(st.tuples(st.integers(0, 7), st.booleans()), min_size=1, max_size=20)


@pytest.mark.filterwarnings("ignore::relnews.exceptions.LoadWarning")
@given(batch=batches, before=st.sets(st.integers(0, 7)), has_lists=st.booleans())
def test_a_withheld_record_withdraws_all_others_of_its_id(
    batch: list[tuple[int, bool]], before: set[int], has_lists: bool
) -> None:
    """A record that is withheld decides, wherever it is in a batch; lists are those of the rest."""
    records = [story(number, draft=is_draft) for number, is_draft in batch]
    withheld = {f"s{number}" for number, is_draft in batch if is_draft}
    public = [story(number) for number in sorted({number for number, _ in batch})]
    public = [record for record in public if record["id"] not in withheld]
    ids = [record["id"] for record in public]
    if public:
        news = RelatedNews().fit(records)
        report = news.load_report_
        assert lists_of(news, ids) == lists_of(RelatedNews().fit(public), ids)
        assert len(news) == report.loaded == len(public)
        assert report.seen == len(records)
        assert {*report.withheld_ids} == withheld
    else:
        with pytest.raises(ArticleError):
            RelatedNews().fit(records)

    news = RelatedNews().fit([story(number) for number in {9, *before}])
    if has_lists:
        news.store_lists(3)
    update = news.partial_fit(records)
    stayed = {f"s{number}" for number in {9, *before}} | {*ids}
    assert {*news.archive_.catalogue.all_ids()} == stayed - withheld
    assert {*update.removed} == withheld & {f"s{number}" for number in before}
    assert {*update.added, *update.replaced, *update.unchanged} == {*ids}
    assert news.verify() == []


def test_nothing_is_left_of_what_was_withdrawn_while_an_archive_was_built(tmp_path: Path) -> None:
    """The folder of an archive has no word of an article whose second record is a draft."""
    source = tmp_path / "a.jsonl"
    secret = {"id": "s1", "text": "Zanzibarian ferry secrets"}
    others = [story(number % 9, id=f"n{number}") for number in range(150)]
    records = [secret, *others, secret | {"status": "draft"}]
    source.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    folder = tmp_path / "a.relnews"
    result = CliRunner().invoke(main, ["build", str(source), "-o", str(folder)])
    assert result.exit_code == 0, result.output
    assert "150 articles loaded, 0 skipped, 2 withheld" in result.output
    assert "'s1': so is an earlier record of this id" in result.output
    content = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert b"anzibar" not in content
    assert b"ferry" in content
    result = CliRunner().invoke(main, ["update", str(folder), str(source)])
    assert "0 added, 0 replaced, 0 removed, 150 unchanged" in result.output


# --- folders of files ----------------------------------------------------------------------------

TEXT = "---\ntitle: Ferry {0}\n{1}---\nThe ferry strike {0} goes on.\n"


def rewrite(content: str | bytes) -> Callable[[Path], None]:
    """Return what gives a file another content."""
    content = content if isinstance(content, bytes) else content.encode()
    return lambda path: path.write_bytes(content) and None


def move(name: str) -> Callable[[Path], None]:
    """Return what renames a file."""

    def moved(path: Path) -> None:
        path.parent.joinpath(name).parent.mkdir(exist_ok=True)
        path.rename(path.parent / name)

    return moved


CHANGES = {
    "broken front matter": rewrite("---\ntitle: [x\ndraft: true\n---\nText."),
    "a redirect": rewrite(TEXT.format("x", "redirect_to: /b/\n")),
    "a draft": rewrite(TEXT.format("x", "draft: true\n")),
    "a draft with another id": rewrite(TEXT.format("x", "id: other\ndraft: true\n")),
    "a broken mark of UTF-16": rewrite(b"\xff\xfe-\x00-"),
    "an empty file": rewrite(""),
    "an underscore": move("_a.md"),
    "a folder of drafts": move("_drafts/a.md"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("folder", ["", "news/harbour"])
def test_a_file_that_gives_no_article_any_more(change: str, folder: str, tmp_path: Path) -> None:
    """An update from a folder removes what the archive has of such a file, and nothing else."""
    place = tmp_path / "site" / folder
    place.mkdir(parents=True)
    for name in "abc":
        (place / f"{name}.md").write_text(TEXT.format(name, ""), encoding="utf-8")
    news = RelatedNews().fit(read_articles(tmp_path / "site"))
    before = {*news.archive_.catalogue.all_ids()}
    assert len(before) == 3
    CHANGES[change](place / "a.md")
    report = news.partial_fit(read_articles(tmp_path / "site"))
    assert report.removed == (f"{folder}/a".lstrip("/"),)
    assert len(report.unchanged) == 2


def test_an_id_in_front_matter_that_cannot_be_read(tmp_path: Path) -> None:
    """The line of the id is enough to withdraw the article."""
    for name in "abc":
        (tmp_path / f"{name}.md").write_text(TEXT.format(name, f"id: n-{name}\n"))
    news = RelatedNews().fit(read_articles(tmp_path))
    (tmp_path / "a.md").write_text("---\nid: 'n-a'\ntitle: [x\ndraft: true\n---\nText.")
    (tmp_path / "b.md").write_text(TEXT.format("b", "id: n-b\nredirect_to: /c/\n"))
    assert {*news.partial_fit(read_articles(tmp_path)).removed} == {"n-a", "n-b"}


def test_an_id_that_has_moved_to_another_file_stays(tmp_path: Path) -> None:
    """A file that leads to another page does not withdraw the article of the other page."""
    (tmp_path / "a.md").write_text(TEXT.format("a", ""))
    (tmp_path / "b.md").write_text(TEXT.format("b", ""))
    news = RelatedNews().fit(read_articles(tmp_path))
    (tmp_path / "a.md").write_text(TEXT.format("a", "redirect_to: /c/\n"))
    (tmp_path / "c.md").write_text(TEXT.format("a", "id: a\n"))
    assert news.partial_fit(read_articles(tmp_path)).removed == ()
    assert {*news.archive_.catalogue.all_ids()} == {"a", "b"}


def test_an_article_with_an_id_withdraws_nothing(tmp_path: Path) -> None:
    """The path of a file that is an article by its own id may be the id of another one."""
    (tmp_path / "x.md").write_text(TEXT.format("x", "id: 5\n"))
    (tmp_path / "5.md").write_text(TEXT.format("5", "id: other\n"))
    news = RelatedNews().fit(read_articles(tmp_path))
    assert {*news.archive_.catalogue.all_ids()} == {"5", "other"}
    (tmp_path / "5.md").write_text(TEXT.format("6", "id: other\n"))
    report = news.partial_fit(read_articles(tmp_path / "5.md"))
    assert (report.removed, report.replaced) == ((), ("other",))
    (tmp_path / "5.md").write_text("")
    assert news.partial_fit(read_articles(tmp_path / "5.md")).removed == ("5",)


@pytest.mark.parametrize("name", ["_a.md", "_drafts/a.md", "_drafts"])
@pytest.mark.parametrize("stands", [True, False])
def test_a_draft_beside_its_article(name: str, stands: bool, tmp_path: Path) -> None:
    """A draft withdraws the article beside it only if the file of the article is gone."""
    for article in "abc":
        (tmp_path / f"{article}.md").write_text(TEXT.format(article, ""))
    news = RelatedNews().fit(read_articles(tmp_path))
    draft = tmp_path / (name if name.endswith(".md") else f"{name}/a.md")
    draft.parent.mkdir(exist_ok=True)
    draft.write_text(TEXT.format("a", ""))
    if not stands:
        (tmp_path / "a.md").unlink()
    report = news.partial_fit(read_articles(tmp_path / name))
    assert report.removed == (() if stands else ("a",))
    assert news.load_report_.withheld == 1


@pytest.mark.parametrize("read", [".", "_drafts", "_drafts/2025-06-02-strike.md"])
def test_a_post_of_jekyll_that_is_a_draft_again(read: str, tmp_path: Path) -> None:
    """A post that is moved to the drafts under its name leaves the archive, and no other post."""
    (tmp_path / "_config.yml").write_text("title: Gazette\n")
    (tmp_path / "_posts").mkdir()
    (tmp_path / "_drafts").mkdir()
    for name in ("2025-06-02-strike", "2025-06-03-talks", "2025-06-04-end"):
        (tmp_path / "_posts" / f"{name}.md").write_text(TEXT.format(name, ""))
    news = RelatedNews().fit(read_articles(tmp_path))
    (tmp_path / "_posts/2025-06-02-strike.md").rename(tmp_path / "_drafts/2025-06-02-strike.md")
    (tmp_path / "_drafts/2025-06-03-talks.md").write_text(TEXT.format("talks", ""))
    report = news.partial_fit(read_articles(tmp_path / read))
    assert report.removed == ("_posts/2025-06-02-strike",)


PAGE = "<html><head><title>{0}</title>{1}</head><body><article><p>{2}</p></article></body></html>"


@pytest.mark.parametrize(
    "head", ['<meta name="robots" content="noindex">', '<meta http-equiv="refresh" content="0;/b">']
)
def test_pages_that_are_not_to_be_shown_any_more(head: str, tmp_path: Path) -> None:
    """An update from a folder of pages removes them."""
    for name in "ab":
        text = f"The ferry strike {name} goes on, and the crews meet the company again. " * 9
        (tmp_path / f"{name}.html").write_text(PAGE.format(f"Ferry {name}", "", text))
    news = RelatedNews().fit(read_articles(tmp_path))
    (tmp_path / "a.html").write_text(PAGE.format("Ferry a", head, "The ferry. " * 60))
    assert news.partial_fit(read_articles(tmp_path)).removed == ("a",)


@pytest.mark.parametrize(
    "record",
    [
        {"id": "s1", "title": "", "text": ""},
        {"id": "s1", "type": "page", "title": {"rendered": "x"}, "content": {"rendered": "y"}},
        {"id": "s1", "type": "page", "title": "x", "lexical": "{}", "status": "published"},
    ],
)
def test_a_record_that_is_no_article_any_more(record: dict[str, Any]) -> None:
    """A record without words, or a post that is a page now, leaves the archive."""
    news = RelatedNews().fit([story(0), story(1), story(2)])
    report = news.partial_fit([record])
    assert report.removed == ("s1",)
    assert news.load_report_.problems.keys() <= {Problem.NO_WORDS, Problem.NOT_AN_ARTICLE}
