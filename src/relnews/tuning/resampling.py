"""Resampling: intervals and p-values of means over queries."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Share of the resampled means inside an interval.
CONFIDENCE = 0.95

#: Resamples of the queries, for an interval or a p-value.
RESAMPLES = 4999

#: Numbers drawn at a time, to bound the memory of resampling.
_AT_A_TIME = 1 << 21


def intervals(values: NDArray[np.float64]) -> list[tuple[float, float]]:
    """Return the 95 % bootstrap interval of the mean of each row; NaN for fewer than two values."""
    from scipy import stats

    if values.shape[1] < 2:
        return [(np.nan, np.nan)] * len(values)
    found = stats.bootstrap(
        (values,), np.mean, axis=-1, method="percentile", confidence_level=CONFIDENCE,
        n_resamples=RESAMPLES, batch=_batch(values), rng=np.random.default_rng(0),
    ).confidence_interval  # fmt: skip
    low, high = np.asarray(found.low), np.asarray(found.high)
    return list(zip(low.tolist(), high.tolist(), strict=True))


def p_values(first: NDArray[np.float64], second: NDArray[np.float64]) -> list[float]:
    """Return the p-value of each pair of rows, by a paired permutation test."""
    from scipy import stats

    if first.shape[1] < 2:
        return [1.0] * len(first)  # exchanged or not, the difference is as far from 0

    def mean_difference(
        x: NDArray[np.float64], y: NDArray[np.float64], axis: int
    ) -> NDArray[np.float64]:
        return np.asarray(np.mean(x - y, axis=axis))

    found = stats.permutation_test(
        (first, second), mean_difference, axis=-1, permutation_type="samples",
        n_resamples=RESAMPLES, batch=_batch(first), rng=np.random.default_rng(0),
    )  # fmt: skip
    values: list[float] = found.pvalue.tolist()
    return values


def _batch(values: NDArray[np.float64]) -> int:
    return max(1, _AT_A_TIME // values.size)
