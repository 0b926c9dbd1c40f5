"""The scripts of the guide to several machines, run by the schedulers that are installed."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from relnews import RelatedNews
from relnews.sample import sample_articles
from waiting import LIMIT

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "many-machines.md"

#: Parts of the sample; the scripts make 64.
PARTS = 2


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that runs a command in a folder with the sample archive and a script."""
    RelatedNews().fit(sample_articles()).save(tmp_path / "my.relnews")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PARTS", str(PARTS))
    path = [sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)]
    monkeypatch.setenv("PATH", os.pathsep.join(path))

    def run(script, *command, **environment):
        text = GUIDE.read_text(encoding="utf-8")
        (block,) = re.findall(rf":caption: {re.escape(script)}\n\n(.*?)```", text, re.DOTALL)
        Path(script).write_text(block, encoding="utf-8")
        subprocess.run(command, check=True, env={**os.environ, **environment}, timeout=LIMIT)

    return run


def check_lists():
    """Check that all parts are there, and have the list of each article."""
    news = RelatedNews.open("my.relnews")
    lines = [
        json.loads(line)
        for file in sorted(Path("lists").glob("part-*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    assert len([*Path("lists").glob("part-*.jsonl")]) == PARTS
    assert lines == [related.to_dict() for related in news.related_all()]


@pytest.mark.skipif(shutil.which("parallel") is None, reason="GNU parallel is not installed")
def test_gnu_parallel(run):
    """The script makes all parts and checks them."""
    run("parallel.sh", "sh", "parallel.sh")
    check_lists()


def test_slurm(run):
    """Each task of an array, as SLURM begins it: by the shell, with its number in a variable."""
    for number in range(1, PARTS + 1):
        run(
            "lists.sbatch", "bash", "lists.sbatch",
            SLURM_ARRAY_TASK_ID=str(number), SLURM_CPUS_PER_TASK="2",
        )  # fmt: skip
    check_lists()


@pytest.mark.slow
def test_airflow(run, tmp_path):
    """The tasks of the DAG run in one process, in an Airflow of its own."""
    airflow = os.environ.get("AIRFLOW_PYTHON", sys.executable)
    found = subprocess.run([airflow, "-c", "import airflow.sdk"], capture_output=True, check=False)
    if found.returncode:
        pytest.skip("Airflow is not installed; name a Python that has it in AIRFLOW_PYTHON")
    home = {
        "AIRFLOW_HOME": str(tmp_path / "airflow"), "FOLDER": str(tmp_path),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "AIRFLOW__CORE__DAGS_FOLDER": str(tmp_path),
    }  # fmt: skip
    run("related_news.py", airflow, "-m", "airflow", "db", "migrate", **home)
    run("related_news.py", airflow, "-m", "airflow", "dags", "test", "related_news", **home)
    check_lists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "package"), [("on_spark.py", "pyspark"), ("on_ray.py", "ray")], ids=["spark", "ray"]
)
def test_data_frames(script, package, run):
    """Spark and Ray Data give the list of every article."""
    pytest.importorskip(package, reason=f"{package} is not installed")
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    run(script, sys.executable, script)
    rows = parquet.read_table("lists.parquet").to_pylist()
    lists = RelatedNews.open("my.relnews").related_all()
    assert {row["id"]: row["related"] for row in rows} == {r.id: r.ids for r in lists}
