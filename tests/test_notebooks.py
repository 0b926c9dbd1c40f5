"""The notebooks in `examples/notebooks/` run, and print what they show."""

import copy
from pathlib import Path

import pytest

from waiting import LIMIT

nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
pytest.importorskip("ipykernel", reason="ipykernel is not installed")

FILES = sorted((Path(__file__).parents[1] / "examples" / "notebooks").glob("*.ipynb"))


def shown(cell):
    """Return the texts of a cell, without addresses of objects, and how many pictures it has."""
    data = [output.get("data", {"text/plain": output.get("text")}) for output in cell.outputs]
    texts = [str(part.get("text/plain")) for part in data]
    return [text for text in texts if " at 0x" not in text], sum("image/png" in d for d in data)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_notebooks_run(tmp_path):
    """Every notebook runs from its beginning, in an empty folder, and has its outputs."""
    assert [file.stem for file in FILES] == ["analyst", "editor", "operator", "site"]
    expected = []
    for file in FILES:
        reset = nbformat.v4.new_code_cell("%reset -f", outputs=[])
        expected += [reset, *nbformat.read(file, as_version=4).cells]
    together = nbformat.v4.new_notebook(cells=copy.deepcopy(expected))
    # One kernel: starting one takes longer than a notebook.
    folder = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(together, timeout=LIMIT, resources=folder).execute()
    assert len(expected) > 20
    for before, cell in zip(expected, together.cells, strict=True):
        if cell.cell_type == "code":
            assert shown(cell) == shown(before), cell.source
