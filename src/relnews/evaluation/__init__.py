"""Evaluation: scores of lists by judgements, and the health of lists without any.

Its modules::

    judgements   which articles are relevant to which: TREC qrels
    links        judgements from the links that writers put into their texts
    runs         lists as plain ids: TREC run files
    baselines    lists that ignore all words: newest, same section, random
    scores       nDCG, MAP, recall and MRR of a run; two runs compared
    checkup      `health`: the lists of an archive without judgements
    tables       aligned columns for the terminal
    pictures     scores and health as a picture

Judgements and runs are plain dicts, as other tools take them. Scores and pictures need
``pip install 'relnews[evaluation]'``; everything else works without it. The functions are the
public names; the classes of their results are described in the reference.
"""

from relnews.evaluation.baselines import baselines
from relnews.evaluation.checkup import health
from relnews.evaluation.judgements import known_to, read_qrels, write_qrels
from relnews.evaluation.links import labels_from_links, quoted_titles
from relnews.evaluation.pictures import picture
from relnews.evaluation.runs import make_run, read_run, write_run
from relnews.evaluation.scores import compare, score

__all__ = [
    "baselines",
    "compare",
    "health",
    "known_to",
    "labels_from_links",
    "make_run",
    "picture",
    "quoted_titles",
    "read_qrels",
    "read_run",
    "score",
    "write_qrels",
    "write_run",
]
