"""The notebooks in `examples/notebooks/` run, and print what they show."""

import copy
import os
import re
import sysconfig
from pathlib import Path

import pytest

from waiting import LIMIT

nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
pytest.importorskip("ipykernel", reason="ipykernel is not installed")

KINDS_OF_USERS = ["analyst", "editor", "frameworks", "operator", "shell", "site"]
STYLE = re.compile("<style.*?</style>", re.DOTALL)
FILES = sorted((Path(__file__).parents[1] / "examples" / "notebooks").glob("*.ipynb"))


def shown(cell):
    """Return what a cell prints on each stream, the other texts, and the number of pictures.

    Styles are left out, addresses of objects, and tables of pandas, whose HTML its versions write
    in their own way.
    """
    printed = {"stdout": "", "stderr": ""}
    texts = []
    n_pictures = 0
    for output in cell.outputs:
        if output.output_type == "stream":
            printed[output.name] += output.text
            continue
        data = output.data
        texts += [data.get("text/plain", ""), STYLE.sub("", data.get("text/html", ""))]
        n_pictures += "image/png" in data
    return printed, [t for t in texts if " at 0x" not in t and "dataframe" not in t], n_pictures


@pytest.mark.heavy
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_notebooks_run(tmp_path):
    """Every notebook runs from its beginning, in an empty folder, and has its outputs."""
    assert [file.stem for file in FILES] == KINDS_OF_USERS
    expected = []
    for file in FILES:
        reset = nbformat.v4.new_code_cell("%reset -f", outputs=[])
        expected += [reset, *nbformat.read(file, as_version=4).cells]
    together = nbformat.v4.new_notebook(cells=copy.deepcopy(expected))
    # One kernel: starting one takes longer than a notebook.
    folder = {"metadata": {"path": str(tmp_path)}}
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    client = nbclient.NotebookClient(together, timeout=LIMIT, resources=folder)
    client.execute(env={**os.environ, "PATH": path})
    assert len(expected) > 20
    for before, cell in zip(expected, together.cells, strict=True):
        if cell.cell_type == "code":
            assert shown(cell) == shown(before), cell.source
