"""Tuning: chooses how titles, vectors and dates count, from judgements of one site.

Its modules::

    choices     the settings that are tried
    rankings    rankings of the judged articles under each weighting
    gains       nDCG of every setting for every judged article
    tuning      cross-validation, the decision and its report
"""
