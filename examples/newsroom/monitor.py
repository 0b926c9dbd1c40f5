"""Measure all lists of an archive on a Dask cluster, and fail if a figure is out of its bounds.

    python monitor.py archive.relnews tcp://scheduler:8786

Without an address, two processes of this machine are the cluster. The figures are one line of JSON
on standard output, for a log that is appended to. What is out of bounds is on standard error, and
the exit code is 1: run it each night by cron, after the lists are stored.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

import joblib
from dask.distributed import Client

from relnews import RelatedNews
from relnews.evaluation import health

#: The least and the greatest value of each figure. Choose yours by what the log says of a month.
BOUNDS = {
    "coverage": (0.95, 1.0),  # share of articles with a full list
    "empty": (0, 10),  # articles with an empty list
    "near_duplicate_rate": (0.0, 0.01),  # of the items
    "drift": (0.0, 0.2),  # largest change of a word's weight since lists were stored
}


def measure(archive: str) -> dict[str, Any]:
    """Return the figures of an archive; the workers rank its lists."""
    news = RelatedNews.open(archive)
    with joblib.parallel_config(backend="dask"):
        figures = health(news).to_dict()
    return {**figures, "drift": news.drift(sample=0).idf}


def main() -> None:
    """Measure, print, and leave with 1 if a figure is out of bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive")
    parser.add_argument("scheduler", nargs="?")
    asked = parser.parse_args()
    workers = {} if asked.scheduler else {"n_workers": 2, "threads_per_worker": 1}
    with Client(asked.scheduler, **workers, dashboard_address=None):
        figures = measure(asked.archive)
    print(json.dumps(figures))
    outside = [
        f"{name} is {figures[name]}, not from {low} to {high}"
        for name, (low, high) in BOUNDS.items()
        if figures[name] is None or not low <= figures[name] <= high  # None: there are no lists
    ]
    sys.exit("\n".join(outside) or 0)


if __name__ == "__main__":
    main()
