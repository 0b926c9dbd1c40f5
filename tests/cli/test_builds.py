"""The commands that build in parts: what they keep, say and refuse."""

import json
from unittest import mock

import pytest

from relnews import RelatedNews
from relnews.maintenance import shard_merge
from relnews.sample import DEMO_ID, sample_articles


@pytest.fixture
def articles(tmp_path):
    """Return a file of articles, one of which a later record withholds."""
    path = tmp_path / "articles.jsonl"
    records = [
        {"id": article.id, "Headline": article.title, "text": article.text}
        for article in sample_articles()
    ]
    records.append({"id": records[7]["id"], "title": "", "text": "gone", "status": "draft"})
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return path


def test_build_and_merge(invoke, articles, tmp_path):
    """The archive is that of one build; an update goes on with the names of its fields."""
    field = ("--field", "title=Headline")
    invoke("build", articles, "-o", tmp_path / "one", *field)
    for number in (1, 2, 3):
        said = invoke(
            "build", articles, "-o", tmp_path / f"{number}", "--part", f"{number}/3", *field
        )
        assert f"part {number}/3, " in said.stderr
    said = invoke("merge", *(tmp_path / name for name in "312"), "-o", tmp_path / "all")
    assert said.stderr == f"{tmp_path / 'all'}: 123 articles\n"
    one, merged = RelatedNews.open(tmp_path / "one"), RelatedNews.open(tmp_path / "all")
    assert [*merged.related_all()] == [*one.related_all()]
    new = tmp_path / "new.jsonl"
    new.write_text('{"id": "new", "Headline": "Ukraine guarantees", "text": "gas"}')
    for name in ("one", "all"):
        invoke("update", tmp_path / name, new)
    assert merged.related("new") == one.related("new")


def test_rules_and_lists_are_kept(invoke, articles, tmp_path):
    """As `build` does, `merge` keeps rules and stored lists of an archive, or drops them."""
    target = tmp_path / "all"
    invoke("build", articles, "-o", target)
    invoke("store-lists", target, "-k", "3")
    news = RelatedNews.open(target)
    news.rules.block(DEMO_ID, news.related(DEMO_ID).ids[0])
    for number in (1, 2):
        invoke("build", articles, "-o", tmp_path / f"{number}", "-q", "--part", f"{number}/2")
    merge = ("merge", tmp_path / "1", tmp_path / "2", "-o", target)
    assert invoke(*merge).stderr == f"{target}: 123 articles; kept: 1 rule and stored lists\n"
    kept = RelatedNews.open(target)
    assert [*kept.rules] == [*news.rules]
    assert kept.archive_.catalogue.setting("lists")["k"] == 3
    assert kept.verify() == []
    assert "dropped: 1 rule and stored lists" in invoke(*merge, "--fresh").stderr
    assert [*RelatedNews.open(target).rules] == []
    assert invoke(*merge, "-q").stderr == ""


@pytest.mark.parametrize("ends", [KeyboardInterrupt, OSError])
def test_a_merge_that_ends_while_it_stores_lists(invoke, articles, tmp_path, monkeypatch, ends):
    """The archive in the folder is as it was, so that the next merge keeps what it has."""
    target = tmp_path / "all"
    invoke("build", articles, "-o", target, "-q")
    invoke("store-lists", target, "-k", "3", "-q")
    RelatedNews.open(target).rules.hide(f"id={DEMO_ID}")
    before = [*RelatedNews.open(target).related_all(3)]
    invoke("build", articles, "-o", tmp_path / "1", "-q", "--part", "1/1")
    merge = ("merge", tmp_path / "1", "-o", target)
    with monkeypatch.context() as patch:
        patch.setattr(RelatedNews, "store_lists", mock.Mock(side_effect=ends))
        assert invoke(*merge).exit_code != 0
    kept = RelatedNews.open(target)
    assert [*kept.related_all(3)] == before
    assert kept.archive_.catalogue.setting("lists")["k"] == 3
    assert {path.name for path in tmp_path.iterdir()} == {"1", "all", articles.name}
    assert invoke(*merge).stderr == f"{target}: 123 articles; kept: 1 rule and stored lists\n"


def test_a_rule_that_is_made_during_a_merge(invoke, articles, tmp_path, monkeypatch):
    """It stays: the merge keeps the rules that there are when it writes."""
    target = tmp_path / "all"
    invoke("build", articles, "-o", target, "-q")
    invoke("build", articles, "-o", tmp_path / "1", "-q", "--part", "1/1")
    merge = shard_merge.merge

    def late(paths, *arguments, **options):
        RelatedNews.open(target).rules.hide(f"id={DEMO_ID}")
        return merge(paths, *arguments, **options)

    monkeypatch.setattr(shard_merge, "merge", late)
    assert invoke("merge", tmp_path / "1", "-o", target).exit_code == 0
    assert len([*RelatedNews.open(target).rules]) == 1


def test_what_is_refused(invoke, articles, tmp_path):
    """One line, before anything is lost."""
    whole = tmp_path / "whole"
    invoke("build", articles, "-o", whole, "-q")
    said = invoke("build", articles, "-o", whole, "--part", "1/2")
    assert said.exit_code == 1
    assert "has an archive of all parts; write part 1 to another folder" in said.stderr
    assert len(RelatedNews.open(whole)) == 123
    for part in ("0/2", "3/2", "1", "a/b", "-1/2"):
        assert invoke("build", articles, "-o", tmp_path / "x", "--part", part).exit_code == 2
    said = invoke("merge", whole, "-o", tmp_path / "x")
    assert said.exit_code == 1
    assert "is not the archive of a part" in said.stderr
    assert invoke("merge", "-o", tmp_path / "x").exit_code == 2
    assert not (tmp_path / "x").exists()


def test_more_parts_than_articles(invoke, tmp_path):
    """Parts without articles are written, too, and merged."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": "a", "title": "gas"}\n{"id": "b", "title": "gas", "status": "draft"}')
    for number in range(1, 5):
        said = invoke("build", path, "-o", tmp_path / f"{number}", "--part", f"{number}/4")
        assert said.exit_code == 0
    said = invoke(
        "merge", *(tmp_path / f"{number}" for number in range(1, 5)), "-o", tmp_path / "x"
    )
    assert said.stderr == f"{tmp_path / 'x'}: 1 article\n"
