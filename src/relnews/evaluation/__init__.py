"""Evaluation: how good lists are by judgements, and what can be said of them without any.

Its modules::

    judgements   which articles are relevant to which: TREC qrels, and what an archive knows of them
    links        judgements from the links that writers put into their texts
    runs         lists as plain ids: TREC run files
    baselines    lists that look at no word: newest, same section, at random
    scores       nDCG, MAP, recall and MRR of a run; two runs compared
    checkup      `health`: the lists of an archive without judgements
    tables       aligned columns for the terminal
    pictures     scores and health as a picture

Judgements and runs are plain dicts, as other tools take them. Scores and pictures need
``pip install 'relnews[evaluation]'``; the rest does not.
"""

from relnews.evaluation.baselines import (
    BASELINES,
    articles_of,
    at_random,
    baselines,
    latest,
    same_section,
)
from relnews.evaluation.checkup import Health, Hub, health
from relnews.evaluation.judgements import Judged, Qrels, known_to, read_qrels, write_qrels
from relnews.evaluation.links import labels_from_links
from relnews.evaluation.pictures import check_picture, picture, picture_of_health
from relnews.evaluation.runs import Run, make_run, read_run, write_run
from relnews.evaluation.scores import Comparison, Scores, compare, score
from relnews.evaluation.tables import comparison_table, score_table

__all__ = [
    "BASELINES",
    "Comparison",
    "Health",
    "Hub",
    "Judged",
    "Qrels",
    "Run",
    "Scores",
    "articles_of",
    "at_random",
    "baselines",
    "check_picture",
    "compare",
    "comparison_table",
    "health",
    "known_to",
    "labels_from_links",
    "latest",
    "make_run",
    "picture",
    "picture_of_health",
    "read_qrels",
    "read_run",
    "same_section",
    "score",
    "score_table",
    "write_qrels",
    "write_run",
]
