"""RelatedNews as an estimator: parameters, clones, pickles and copies as in scikit-learn."""

import copy
import inspect
import pickle
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import joblib
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from relnews import Recency, RelatedNews
from relnews.sample import DEMO_ID, sample_articles

PARAMETERS = {
    "title_weight": 2.0,
    "title_overlap": 0.2,
    "stop_words": ["the", "and"],
    "normalization": None,
    "language": "de",
    "sublinear_tf": False,
    "ignore_repeated_lines": False,
    "vectors": "given",
    "vector_weight": 0.2,
    "recency": Recency(half_life=30),
    "n_jobs": 2,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return the sample archive in a folder."""
    path = tmp_path_factory.mktemp("archives") / "sample.relnews"
    RelatedNews(title_weight=2.0).fit(sample_articles()).save(path)
    return path


def ids_of(news):
    """Return the ids in an article's list; runs in any process."""
    return news.related(DEMO_ID).ids


# --- parameters ----------------------------------------------------------------------------------


def test_init_only_stores_its_arguments():
    """__init__ stores every parameter as given and nothing else."""
    assert set(PARAMETERS) == set(inspect.signature(RelatedNews).parameters)
    news = RelatedNews(**PARAMETERS)

    assert vars(news) == news.get_params() == PARAMETERS
    assert all(getattr(news, name) is value for name, value in PARAMETERS.items())


def test_fit_changes_no_parameter():
    """`fit` leaves every parameter as it was given, even an iterator."""
    for words in (["the"], ("the",), {"the"}, iter(["the"])):
        news = RelatedNews(stop_words=words).fit(sample_articles())
        assert news.stop_words is words
        assert news.archive_.analysis.stop_words == ("the",)


def test_an_iterator_of_stop_words_serves_every_fit():
    """The words of an iterator are remembered for the next fit; a new iterator is read."""
    news = RelatedNews(stop_words=(word for word in ["talks"]))
    for _ in range(3):
        news.fit(sample_articles())
        assert news.archive_.analysis.stop_words == ("talks",)
    news.set_params(stop_words=iter(["veto"])).fit(sample_articles())

    assert news.archive_.analysis.stop_words == ("veto",)


def test_set_params():
    """`set_params` sets by name; a wrong name raises and sets nothing."""
    news = RelatedNews()

    assert news.set_params(**PARAMETERS) is news
    assert news.get_params(deep=False) == PARAMETERS
    with pytest.raises(ValueError, match=r"invalid parameter 'titles' for RelatedNews.*'n_jobs'"):
        news.set_params(n_jobs=1, titles=3)
    assert news.n_jobs == 2


def test_clone():
    """A clone has the parameters and no archive."""
    news = RelatedNews(**PARAMETERS).fit(sample_articles())
    cloned = clone(news)

    assert cloned.get_params() == news.get_params()
    with pytest.raises(NotFittedError):
        len(cloned)


def test_a_fitted_object_is_known_as_fitted(folder):
    """`check_is_fitted` knows archives in memory and in folders."""
    check_is_fitted(RelatedNews().fit([]))
    check_is_fitted(RelatedNews.open(folder))
    with pytest.raises(NotFittedError):
        check_is_fitted(RelatedNews())


def test_repr_shows_what_is_not_the_default(folder):
    """`repr` shows changed parameters as scikit-learn does, and the number of articles."""
    assert repr(RelatedNews()) == "RelatedNews()"
    assert repr(RelatedNews(recency=None, n_jobs=-1)) == "RelatedNews(recency=None, n_jobs=-1)"
    assert repr(RelatedNews.open(folder)) == "RelatedNews(title_weight=2.0) of 124 articles"
    assert repr(RelatedNews().fit([])) == "RelatedNews() of 0 articles"
    assert len(repr(RelatedNews(stop_words=["word"] * 1000))) < 100


# --- pickles and copies --------------------------------------------------------------------------

COPIES = [copy.copy, copy.deepcopy, lambda news: pickle.loads(pickle.dumps(news))]  # noqa: S301


@pytest.mark.parametrize("duplicate", COPIES, ids=["copy", "deepcopy", "pickle"])
def test_an_archive_in_a_folder_is_copied_as_its_path(duplicate, folder, monkeypatch):
    """The copy opens the folder by its absolute path with its own connection."""
    monkeypatch.chdir(folder.parent)
    news = RelatedNews.open(folder.name, n_jobs=2)
    expected = ids_of(news)
    copied = duplicate(news)
    monkeypatch.chdir("/")

    assert copied.get_params() == news.get_params()
    assert ids_of(copied) == expected
    assert copied.archive_ is not news.archive_


@pytest.mark.parametrize("duplicate", COPIES, ids=["copy", "deepcopy", "pickle"])
def test_an_archive_in_memory_is_not_copied(duplicate):
    """The TypeError says to use save and open."""
    with pytest.raises(TypeError, match=r"in memory. Save it with save\(path\), and open it with"):
        duplicate(RelatedNews().fit([]))


@pytest.mark.parametrize("duplicate", COPIES, ids=["copy", "deepcopy", "pickle"])
def test_without_an_archive_the_parameters_are_copied(duplicate):
    """An unfitted object is copied with its parameters."""
    copied = duplicate(RelatedNews(**PARAMETERS))

    assert copied.get_params() == PARAMETERS
    with pytest.raises(NotFittedError):
        len(copied)


def test_joblib_dump(folder, tmp_path):
    """Another process loads the dump, which contains nothing of the archive."""
    news = RelatedNews.open(folder)
    joblib.dump(news, tmp_path / "news.joblib")
    code = (
        "import joblib, sys\n"
        "news = joblib.load(sys.argv[1])\n"
        "print(*news.related(sys.argv[2]).ids)\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "news.joblib", DEMO_ID],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip

    assert found.stdout.split() == ids_of(news)
    assert (tmp_path / "news.joblib").stat().st_size < 2000
    with pytest.raises(TypeError, match="save"):
        joblib.dump(RelatedNews().fit([]), tmp_path / "memory.joblib")


def test_other_processes_get_the_archive(folder):
    """Process pools of Python and joblib can use the archive."""
    news = RelatedNews.open(folder)
    expected = ids_of(news)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(ids_of, news).result() == expected
    jobs = (joblib.delayed(news.related)(DEMO_ID) for _ in range(2))

    assert [related.ids for related in joblib.Parallel(n_jobs=2)(jobs)] == [expected] * 2
