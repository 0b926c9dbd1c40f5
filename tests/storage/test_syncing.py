"""Syncing: the names of new folders reach the disk."""

import pytest

from relnews import RelatedNews
from relnews.export.folder import kept
from relnews.storage import arrays, syncing


@pytest.fixture
def synced(monkeypatch):
    """Return the list of the paths that are synced."""
    paths, sync = [], syncing.sync

    def note(path):
        paths.append(path)
        sync(path)

    monkeypatch.setattr(syncing, "sync", note)
    monkeypatch.setattr(arrays, "sync", note)
    return paths


def test_the_names_of_new_folders_are_synced(tmp_path, synced):
    """Every folder above a new one is synced, up to the first that existed."""
    syncing.make_folder(tmp_path / "a" / "b" / "c")

    assert (tmp_path / "a" / "b" / "c").is_dir()
    assert {*synced} == {tmp_path / "a" / "b", tmp_path / "a", tmp_path}


def test_the_name_of_a_folder_that_exists_is_synced(tmp_path, synced):
    """Whoever made the folder may not have synced its name."""
    syncing.make_folder(tmp_path)

    assert synced == [tmp_path.parent]


def test_a_folder_above_that_cannot_be_read(tmp_path, monkeypatch):
    """A folder of another user, in which ours lies, is no obstacle."""

    def refuse(path):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(syncing, "sync", refuse)
    syncing.make_folder(tmp_path / "a")

    assert (tmp_path / "a").is_dir()


@pytest.mark.parametrize("what", ["archive", "export"])
def test_new_archives_and_exports_are_found_after_a_power_loss(tmp_path, synced, what):
    """The folder above a new archive, or a new folder of exported files, is synced."""
    if what == "archive":
        RelatedNews().fit([{"id": "a", "title": "dike breach"}]).save(tmp_path / "new" / "a")
    else:
        with kept(tmp_path / "new" / "a", ".files", []):
            pass
    assert {tmp_path, tmp_path / "new"} <= {*synced}
