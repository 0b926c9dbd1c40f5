"""Builds: in memory or in a folder, with articles in temporary files in between."""

from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relnews import ArticleError, LoadReport, RelatedNews
from relnews.maintenance import build, layout, spool
from relnews.storage.database import CATALOGUE
from strategies import examples

STORIES = [
    {
        "id": f"s{i}",
        "title": f"Dike {i % 3} holds",
        "text": f"Read our flood guide.\ndike word{i % 5} word{i % 7}\nriver gauge {i}",
        "published": f"2025-01-{1 + i % 28:02}",
        "source": "Coast",
        "vector": [1.0, i % 4, i % 3] if i > 9 and i % 5 else None,
    }
    for i in range(40)
]


@examples(0.5)
@given(
    n=st.integers(1, 40),
    pairs=st.sampled_from([3, 40, 1 << 25]),
    articles=st.sampled_from([1, 7, 1 << 16]),
    chunk=st.sampled_from([2, 4096]),
    ignores=st.booleans(),
    vectors=st.sampled_from([None, "given"]),
)
def test_a_folder_has_what_memory_has(
    tmp_path_factory, n, pairs, articles, chunk, ignores, vectors
):
    """Lists, segments and repeated lines are the same, whatever the sizes of parts and files."""
    folder = tmp_path_factory.mktemp("built") / "a.relnews"
    made = [RelatedNews(ignore_repeated_lines=ignores, vectors=vectors) for _ in range(3)]
    made[0].fit(STORIES[:n])
    with (
        mock.patch.multiple(build, SEGMENT_PAIRS=pairs, CHUNK=chunk),
        mock.patch.object(layout, "SEGMENT_ARTICLES", articles),
        mock.patch.multiple(spool, SEGMENT_ARTICLES=articles, MOST_IN_MEMORY=1),
    ):
        made[1].fit(STORIES[:n])
        made[2].fit(STORIES[:n], folder=folder)

    expected = [items.to_dict() for items in made[0].related_all()]
    for news in made[1:]:
        assert [items.to_dict() for items in news.related_all()] == expected
        assert news.repeated_lines_ == made[0].repeated_lines_
        assert news.verify() == []
    in_memory, in_folder = (news.archive_.state.live_segments for news in made[1:])
    for number, live in in_memory.items():
        for name, array in live.segment.arrays().items():
            np.testing.assert_array_equal(in_folder[number].segment.arrays()[name], array)
    assert made[2].archive_.catalogue.folder == folder
    assert [path.name for path in folder.parent.iterdir()] == ["a.relnews"]


def test_lines_that_repeat_are_found_by_place():
    """The words of a repeated line are those of the article in which it stands first."""
    stories = [
        story | {"text": f"Only here {i}.\n{story['text']}"} for i, story in enumerate(STORIES)
    ]
    with mock.patch.multiple(spool, SEGMENT_ARTICLES=7, MOST_IN_MEMORY=1):
        news = RelatedNews().fit(stories)
    assert [(line.words, line.n_articles) for line in news.repeated_lines_] == [
        ("read flood guide", 40)
    ]


def test_an_error_leaves_no_folder(tmp_path):
    """A build that fails leaves nothing, and the object as it was."""
    news = RelatedNews().fit(STORIES[:3])
    with pytest.raises(ArticleError):
        news.fit(
            [*STORIES, {"id": "x"}], folder=tmp_path / "a", load_report=LoadReport(strict=True)
        )
    assert [*tmp_path.iterdir()] == []
    assert len(news) == 3


@pytest.mark.parametrize("kind", ["file", "full folder", "link"])
def test_only_a_new_folder_is_built_in(tmp_path, kind):
    """Whatever is there stays as it is."""
    target = tmp_path / "there"
    if kind == "file":
        target.write_text("mine")
    elif kind == "link":
        target.symlink_to(tmp_path / "nowhere")
    else:
        target.mkdir()
        (target / "mine").touch()
    with pytest.raises(FileExistsError, match="it is left as it is"):
        RelatedNews().fit(STORIES, folder=target)
    assert [*tmp_path.iterdir()] == [target]
    assert not (target / CATALOGUE).exists()


def test_folders_above_are_made(tmp_path):
    """A new folder may be in folders that do not exist yet, as for `save`."""
    news = RelatedNews().fit(STORIES, folder=tmp_path / "a" / "b")
    assert len(RelatedNews.open(tmp_path / "a" / "b")) == len(news) == 40


def test_what_is_withheld_later_is_not_in_the_folder(tmp_path):
    """An article whose later record is a draft is in no file of the new folder."""
    late = {"id": "s1", "text": "dike", "draft": True}
    news = RelatedNews().fit(
        [STORIES[0], STORIES[1] | {"text": "unheardof dike"}, *STORIES[2:], late],
        folder=tmp_path / "a",
    )  # fmt: skip
    assert "s1" not in news
    assert news.verify_removed("s1") == []
    files = [path for path in (tmp_path / "a").rglob("*") if path.is_file()]
    assert not any(b"unheardof" in path.read_bytes() for path in files)
