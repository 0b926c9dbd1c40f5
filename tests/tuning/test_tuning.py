"""Tuning: what it compares are the lists, what it finds is judged apart, and a change is whole."""

import dataclasses
import itertools
import json
import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relnews import Mode, Recency, RelatedNews
from relnews.evaluation import labels_from_links, picture, quoted_titles, write_qrels
from relnews.exceptions import ArchiveChangedError
from relnews.maintenance import merging
from relnews.search import bounds
from relnews.search.limits import factors
from relnews.tuning import gains, tuning
from relnews.tuning.choices import Choice, choices

CURRENT = Choice(1.0, 0.1, Recency())
WITH_VECTORS = dataclasses.replace(CURRENT, vector_weight=0.1)


def articles(n=90, seed=1):
    """Return articles of a few words, most of them with a title and a date."""
    choice = random.Random(seed)

    def words(k):
        return " ".join(f"word{int(choice.expovariate(0.06))}" for _ in range(k))

    return [
        {
            "id": f"a{i}",
            "title": words(choice.randrange(6)),
            "text": words(choice.randrange(5, 60)),
            "published": None if i % 17 == 0 else f"20{10 + i % 9}-{1 + i % 12:02}-01",
        }
        for i in range(n)
    ]


def with_vectors(stories, seed=3):
    """Return articles with vectors at random, most of them."""
    rng = np.random.default_rng(seed)
    return [
        {**story, "vector": rng.normal(size=6).tolist() if i % 7 else None}
        for i, story in enumerate(stories)
    ]


def judged(n=90, seed=2):
    """Return grades of random articles."""
    choice = random.Random(seed)
    return {
        f"a{i}": {f"a{choice.randrange(n)}": choice.randrange(3) for _ in range(6)}
        for i in range(n)
    }


def ndcg(ids, grades, k):
    """Return nDCG with the gains of trec_eval."""

    def gain(values):
        return sum(value / math.log2(place + 2) for place, value in enumerate(values[:k]))

    return gain([max(grades.get(i, 0), 0) for i in ids]) / gain(sorted(grades.values())[::-1])


@pytest.mark.parametrize("current", [CURRENT, WITH_VECTORS])
@pytest.mark.parametrize(
    ("is_pruned", "depth"),
    [
        pytest.param(True, 4, marks=pytest.mark.heavy),
        pytest.param(False, 20, marks=pytest.mark.heavy),
        (False, 128),
    ],
)
def test_gains_are_of_the_lists(monkeypatch, tmp_path, is_pruned, depth, current):
    """The nDCG of every choice is that of the lists of an archive that was built with it."""
    monkeypatch.setattr(gains, "DEPTH", depth)
    if is_pruned:
        monkeypatch.setattr(bounds, "WORTH_PRUNING", 8)
    has_vectors = current.vector_weight is not None
    stories = with_vectors(articles()) if has_vectors else articles()
    vectors = "given" if has_vectors else None
    RelatedNews(vectors=vectors).fit(stories[:70]).save(tmp_path / "a.relnews")
    news = RelatedNews.open(tmp_path / "a.relnews")
    news.partial_fit(stories[70:])
    news.remove(["a3", "a75"])
    labels, without = judged(), {("a5", "a6"), ("a8", "a9"), ("a8", "a10")}
    known = tuning.judgements_of(news.archive_, labels, without)
    weightings = random.Random(depth).sample(choices(current), 1)
    recencies = [None, Recency(1095, 0.75), Recency(30, 0.25), Recency(20, 0, 10)]
    tried = [
        dataclasses.replace(choice, recency=recency)
        for choice, recency in itertools.product((current, *weightings), recencies)
    ]
    found = gains.gains(news.archive_, known, tried, 5, None, iter)
    ids = news.archive_.catalogue.ids(known.key.tolist())
    kept = [article for article in stories if article["id"] not in ("a3", "a75")]
    for choice, values in zip(tried, found, strict=True):
        fresh = RelatedNews(vectors=vectors, **choice.parameters()).fit(kept)
        for article, value in [*zip(ids, values, strict=True)][::3]:
            out = {other for query, other in without if query == article} | {article}
            listed = [i for i in fresh.related(article, 90, mode=Mode()).ids if i not in out]
            grades = {
                i: grade for i, grade in labels[article].items() if i in fresh and i not in out
            }
            assert value == pytest.approx(ndcg(listed, grades, 5), abs=1e-9), (choice, article)


recencies = st.none() | st.builds(
    Recency, st.sampled_from([1.0, 30.0, 1e3]), st.sampled_from([0.0, 0.25, 0.75, 1.0]),
    st.sampled_from([0.0, 5.0]),
)  # fmt: skip


@given(st.integers(0, 2**32 - 1), recencies, recencies, st.integers(1, 12), st.integers(1, 4))
def test_a_settled_list_is_that_of_the_whole_ranking(seed, of_ranking, recency, depth, k):
    """No article beyond a ranking under one recency enters a settled list under another one."""
    rng = np.random.default_rng(seed)
    shape = (30, 12)
    similarity = np.sort(rng.integers(0, 40, shape) * 10.0 ** -rng.integers(1, 7, (30, 1)) / 40)
    apart = rng.choice([-1, 0, 3, 6, 20, 100], shape)
    published = rng.integers(0, 3, shape)
    table, undated = factors(of_ranking)
    factor = np.where(apart < 0, undated, table[np.minimum(apart, len(table) - 1)])
    steps = np.rint(similarity * factor * 1e6)
    order = np.lexsort((-published, -steps), axis=1)
    columns = [np.take_along_axis(part, order, axis=1) for part in (similarity, apart, published)]
    steps = np.take_along_axis(steps, order, axis=1)
    grade = rng.permuted(np.tile(2.0 ** np.arange(12), (30, 1)), axis=1)  # tells all lists apart

    def ranking(n):
        similarity, apart, published = (column[:, :n] for column in columns)
        last = steps[:, n - 1] if n < 12 else np.zeros(30)
        similarity = similarity * (steps[:, :n] > 0)
        return gains.JudgedRankings(of_ranking, grade[:, :n], similarity, apart, published, last)

    found, is_settled = gains.rescored(ranking(depth), recency, k)
    whole = dataclasses.replace(ranking(12), similarity=columns[0], recency=None)
    expected, _ = gains.rescored(whole, recency, k)
    assert (found == expected)[is_settled].all()
    if depth == 12 and (of_ranking is None or of_ranking == recency):
        assert is_settled.all()


def titled(n=80):
    """Return pairs of articles that only their titles tell from others, and the pairs."""
    choice = random.Random(5)
    stories, labels = [], {}
    for i in range(n):
        mark = f"event{i // 2}"
        text = " ".join(f"word{choice.randrange(40)}" for _ in range(30))
        stories.append({"id": f"a{i}", "title": mark, "text": text, "published": "2025-01-01"})
        labels[f"a{i}"] = {f"a{i ^ 1}": 1}
    return stories, labels


def test_a_significant_gain_changes_the_archive(tmp_path):
    """The settings change in the archive, in this object, for other readers and stored lists."""
    stories, labels = titled()
    RelatedNews(title_weight=0, title_overlap=0).fit(stories).save(tmp_path / "a.relnews")
    news = RelatedNews.open(tmp_path / "a.relnews")
    news.store_lists(3)
    reader = RelatedNews.open(tmp_path / "a.relnews")
    reader.related("a0", k=4)
    found = news.tune(labels)
    assert found.is_better
    assert found.before == Choice(0.0, 0.0, Recency())
    assert found.by_query.after > found.by_query.before + 0.5
    assert news.get_params()["title_weight"] == found.after.title_weight > 0
    fresh = RelatedNews(**found.after.parameters()).fit(stories)
    opened = RelatedNews.open(tmp_path / "a.relnews")
    assert opened.get_params() == fresh.get_params()
    for one in (news, reader, opened):
        for k in (3, 5):  # stored and ranked
            assert one.related("a0", k) == fresh.related("a0", k)
    news.partial_fit([{**stories[0], "id": "new"}])
    fresh.partial_fit([{**stories[0], "id": "new"}])
    assert news.related("new", 5) == fresh.related("new", 5)
    assert news.verify() == []


def meant(n=80):
    """Return pairs of articles that only their vectors tell from others, and the pairs."""
    choice, rng = random.Random(6), np.random.default_rng(6)
    directions = rng.normal(size=(n, 16))
    stories, labels = [], {}
    for i in range(n):
        text = " ".join(f"word{choice.randrange(40)}" for _ in range(30))
        vector = (directions[i // 2] + 0.1 * directions[i]).tolist()
        stories.append({"id": f"a{i}", "text": text, "vector": vector, "published": "2025-01-01"})
        labels[f"a{i}"] = {f"a{i ^ 1}": 1}
    return stories, labels


def test_vectors_that_help_get_a_weight(tmp_path):
    """The weight of vectors changes as others do: lists are those of a build with this weight."""
    stories, labels = meant()
    RelatedNews(vectors="given", vector_weight=0).fit(stories).save(tmp_path / "a.relnews")
    news = RelatedNews.open(tmp_path / "a.relnews")
    news.store_lists(3)
    reader = RelatedNews.open(tmp_path / "a.relnews")
    reader.related("a0", k=4)
    found = news.tune(labels)
    assert (found.before.vector_weight, found.is_better) == (0, True)
    assert "vector_weight 0," in str(found)
    assert found.best["vector_weight"]["0"] < min(
        mean for value, mean in found.best["vector_weight"].items() if value != "0"
    )
    assert news.vector_weight == found.after.vector_weight > 0
    fresh = RelatedNews(vectors="given", **found.after.parameters()).fit(stories)
    opened = RelatedNews.open(tmp_path / "a.relnews")
    assert opened.get_params() == fresh.get_params()
    new = {"id": "new", "text": "word1 word2", "vector": [1] * 16, "published": "2025-01-01"}
    for is_new in (False, True):
        if is_new:
            news.partial_fit([new])
            fresh.partial_fit([new])
        for one in (news, reader, opened):
            for article, k in itertools.product([f"a{i}" for i in range(0, 80, 7)], (3, 5)):
                if is_new and k == 3:
                    continue  # stored lists keep the statistics of their epoch
                assert one.related(article, k) == fresh.related(article, k)
            draft = {"text": "word3", "vector": [0.5, -1] * 8, "published": "2025-01-01"}
            assert one.related_to_text(**draft) == fresh.related_to_text(**draft)
    assert news.related("new", 5) == fresh.related("new", 5)
    assert news.verify() == []


def test_vectors_that_do_not_help_get_no_weight():
    """Vectors at random get no weight, and lose one that hurts."""
    stories, labels = titled(60)
    stories = with_vectors(stories)
    news = RelatedNews(vectors="given", vector_weight=0).fit(stories)
    assert news.tune(labels).after.vector_weight == news.vector_weight == 0
    hurt = RelatedNews(vectors="given", vector_weight=50).fit(stories)
    found = hurt.tune(labels)
    assert found.is_better
    assert hurt.vector_weight == hurt.archive_.weighting.vector_weight < 50


def test_without_vectors_none_is_tried():
    """An archive without vectors is tuned, and keeps the parameter for its next build."""
    stories, labels = titled()
    news = RelatedNews(title_weight=0, title_overlap=0, vector_weight=0.3).fit(stories)
    found = news.tune(labels)
    assert found.is_better
    assert (found.after.vector_weight, news.vector_weight) == (None, 0.3)
    assert "vector_weight" not in {*found.best} | {*found.to_dict()["after"]}
    assert "vector_weight" not in str(found)


def test_a_failed_change_leaves_everything(monkeypatch, tmp_path):
    """An error while outlines are made leaves settings and lists as they were."""
    stories, labels = titled()
    RelatedNews(title_weight=0, title_overlap=0).fit(stories).save(tmp_path / "a.relnews")
    news = RelatedNews.open(tmp_path / "a.relnews")
    before = news.get_params(), news.related("a0")

    def fail(state):
        raise OSError("no space left")

    with monkeypatch.context() as patched:
        patched.setattr(merging, "begin_epoch", fail)
        with pytest.raises(OSError, match="no space"):
            news.tune(labels)
    opened = RelatedNews.open(tmp_path / "a.relnews")
    for one in (news, opened):
        assert (one.get_params(), one.related("a0")) == before
    assert news.tune(labels).is_better


def test_without_a_gain_nothing_changes():
    """Judgements at random change nothing, and neither does a call that only asks."""
    news = RelatedNews(vectors="given").fit(with_vectors(articles(60)))
    generation = news.archive_.catalogue.generation()
    assert not news.tune(judged(60)).is_better
    assert news.vector_weight == news.archive_.weighting.vector_weight == 0.1
    stories, labels = titled()
    other = RelatedNews(title_weight=0, title_overlap=0).fit(stories)
    assert other.tune(labels, apply=False).is_better
    assert other.get_params()["title_weight"] == 0
    assert news.archive_.catalogue.generation() == generation


def test_held_out_lists_do_not_choose():
    """A choice that wins one list by chance does not win it held out."""
    n = 200
    found = np.full((n + 1, n), 0.5)
    found[np.arange(n) + 1, np.arange(n)] = 1.0
    assert tuning.held_out(found).mean() == 0.5


def test_a_gain_that_newer_articles_reverse_is_none():
    """What the older half chooses must not be worse on the newer half."""
    before = np.full(200, 0.5)
    after = np.where(np.arange(200) < 110, 0.9, 0.4)
    found = np.stack([before, after])
    gain = tuning.by_time(found, np.arange(200))
    assert gain.after < gain.before
    better = tuning.Gain.of(before, after)
    assert better.is_significant
    whole = tuning.Tuning(CURRENT, Choice(2.0, 0.1, None), 0.5, 8, 200, 200, better, gain, {})
    assert not whole.is_better


def test_pins_are_judgements():
    """Without labels, what editors pinned is relevant."""
    stories, labels = titled()
    news = RelatedNews(title_weight=0, title_overlap=0).fit(stories)
    for article, grades in itertools.islice(labels.items(), 60):
        news.rules.pin(article, *grades)
    found = news.tune()
    assert (found.queries, found.is_better) == (60, True)


def test_too_few_judgements_say_so():
    """The error tells how many are needed and how many there are."""
    news = RelatedNews().fit(articles())
    with pytest.raises(ValueError, match=r"at least 40 .* got 1 from 2 judged"):
        news.tune({"a1": {"a2": 1}, "nowhere": {"a2": 1}})


def test_many_judgements_are_sampled_over_time(monkeypatch):
    """A sample has articles of every time."""
    monkeypatch.setattr(tuning, "MAX_QUERIES", 45)
    news = RelatedNews().fit(articles())
    known = tuning.judgements_of(news.archive_, judged(), ())
    assert len(known.key) == len({*known.key.tolist()}) == 45
    years = {*(known.published // (365 * 86_400_000_000)).tolist()}
    assert len(years) >= 9


def test_quoted_titles():
    """A title in the other text is found either way, whatever case and punctuation."""
    stories = [
        {"id": "1", "title": "Talks push on", "text": "Nothing."},
        {"id": "2", "title": "Veto", "text": "Read also: “TALKS, push on”."},
        {"id": "3", "title": "Talks push", "text": "A veto. Talks pushed."},
    ]
    labels = {"1": {"2": 1, "3": 1}, "2": {"1": 1, "3": 1}, "3": {"2": 1}}
    assert quoted_titles(stories, labels) == {("1", "2"), ("2", "1"), ("2", "3"), ("3", "2")}


def test_command(invoke, tmp_path):
    """The command prints what it found, and changes the archive unless it is a dry run."""
    stories, labels = titled()
    folder, qrels, links = (tmp_path / name for name in ("a.relnews", "q.tsv", "a.jsonl"))
    RelatedNews(title_weight=0, title_overlap=0).fit(stories).save(folder)
    for story in stories:
        (other,) = labels[story["id"]]
        story |= {"url": f"https://example.org/{story['id']}"}
        story["text"] += f' <a href="https://example.org/{other}">more</a>'
    links.write_text("\n".join(map(json.dumps, stories)))
    assert labels_from_links(stories) == labels
    write_qrels(qrels, labels)
    dry = invoke("tune", folder, "--qrels", qrels, "--dry-run", "--format", "json")
    assert dry.exit_code == 0, dry.output
    assert json.loads(dry.stdout)["is_better"]
    assert RelatedNews.open(folder).title_weight == 0
    made = invoke("tune", folder, "--links", links, "-q", "--picture", tmp_path / "t.svg")
    assert made.exit_code == 0, made.output
    assert made.stdout.endswith("The archive has the best settings now.\n")
    assert "title_weight" in (tmp_path / "t.svg").read_text()
    assert RelatedNews.open(folder).title_weight > 0
    both = invoke("tune", folder, "--qrels", qrels, "--links", links)
    assert both.exit_code == 2
    of_folder = invoke("tune", folder, "--qrels", tmp_path)
    assert "is a directory" in of_folder.stderr


def test_a_picture_needs_a_known_ending(tmp_path):
    """The picture of a tuning is drawn like others."""
    stories, labels = titled()
    found = RelatedNews(title_weight=0).fit(stories).tune(labels, apply=False)
    with pytest.raises(ValueError, match=r"\.png"):
        picture(found, tmp_path / "t.gif")


@pytest.mark.parametrize(
    ("labels", "error", "match"),
    [
        ([("a0", "a1")], TypeError, "`labels` must be a dict of dicts"),
        ({"a0": ["a1"]}, TypeError, "`labels` must be a dict of dicts"),
        ({"a0": {"a1": "1"}}, TypeError, "`grade` must be an integer"),
        ({"a0": {"a1": float("inf")}}, TypeError, "`grade` must be an integer"),
        ({"a0": {"a1": 10**400}}, ValueError, "`grade` must be from -1000 to 1000"),
    ],
)
def test_labels_that_are_none_say_so(labels, error, match):
    """The error tells what judgements look like."""
    news = RelatedNews().fit(articles(3))
    with pytest.raises(error, match=match):
        news.tune(labels)
    with pytest.raises(ValueError, match="`k` must be from 1 to 10000"):
        news.tune({}, k=10**9)


def test_ids_may_be_numbers():
    """Judgements of numbered articles hold for their ids as text."""
    stories, labels = titled()
    numbered = [{**story, "id": int(story["id"][1:])} for story in stories]
    of_numbers = {int(i[1:]): {int(j[1:]): 1 for j in grades} for i, grades in labels.items()}
    news = RelatedNews(title_weight=0, title_overlap=0).fit(numbered)
    found = news.tune(of_numbers, without=[(0, 1), (1, 0)], apply=False)
    assert (found.queries, found.is_better) == (78, True)


def test_a_call_that_only_asks_leaves_the_parameters():
    """Parameters that are set for the next build stay, unless better settings are applied."""
    stories, labels = titled()
    news = RelatedNews(title_weight=0, title_overlap=0, stop_words=["the"]).fit(stories)
    news.set_params(title_weight=3)
    before = news.get_params()
    news.tune(labels, apply=False)
    assert news.get_params() == before
    news.tune(labels)
    assert news.stop_words == ["the"]
    assert news.title_weight == news.archive_.weighting.title_weight


def test_another_build_meanwhile_keeps_its_settings(tmp_path):
    """Settings that were chosen for an archive are not given to the one in its place."""
    stories, labels = titled()
    folder = tmp_path / "a.relnews"
    RelatedNews(title_weight=0, title_overlap=0).fit(stories).save(folder)
    news = RelatedNews.open(folder)
    other = RelatedNews(title_weight=0, title_overlap=0, sublinear_tf=False, recency=None)

    def built_again(weightings):
        yield from weightings
        other.fit(stories).save(folder)

    with pytest.raises(ArchiveChangedError, match="keeps those that it has"):
        news.tune(labels, progress=built_again)
    assert RelatedNews.open(folder).get_params() == other.get_params()
    assert news.related("a0") == other.related("a0")


def test_a_choice_says_its_offset():
    """Settings that differ only by their offset look different."""
    assert str(Choice(1.0, 0.1, Recency(offset=7))) == f"{CURRENT}, offset 7 days"
