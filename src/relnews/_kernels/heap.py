"""Min-heap of (score, tie): the best elements so far, the least of them first."""

from __future__ import annotations

from relnews._kernels._compile import inner_kernel


@inner_kernel
def offer(score, tie, size, new_score, new_tie):
    """Put an element into a min-heap of (score, tie) if it beats the least; return whether it did.

    A score of 0 never does.
    """
    is_better = new_score > score[0] or (
        new_score == score[0] and new_score > 0 and new_tie > tie[0]
    )
    if is_better:
        replace_least(score, tie, size, new_score, new_tie)
    return is_better


@inner_kernel
def replace_least(score, tie, size, new_score, new_tie):
    """Replace the least element of a min-heap of (score, tie)."""
    node = 0
    while True:
        child = 2 * node + 1
        if child >= size:
            break
        other = child + 1
        if other < size and (
            score[other] < score[child]
            or (score[other] == score[child] and tie[other] < tie[child])
        ):
            child = other
        if score[child] > new_score or (score[child] == new_score and tie[child] >= new_tie):
            break
        score[node], tie[node] = score[child], tie[child]
        node = child
    score[node], tie[node] = new_score, new_tie
