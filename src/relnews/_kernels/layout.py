"""From the counts of a segment to sorted rows and to postings grouped by value.

Everything is a stable counting sort: two passes put the pairs into (term, level, article) order
for the postings and into (article, term) order for the rows, in linear time.
"""

from __future__ import annotations

from relnews._kernels._compile import kernel


@kernel
def order_by(keys, order, cursor, out_order):
    """Put ``order`` into ascending order of ``keys[order[i]]``, stably.

    Parameters
    ----------
    keys : int32[n]
    order : int64[n]
        Positions in keys.
    cursor : int64[n_keys]
        Where each key's run begins; on return, where it ends.
    out_order : int64[n]
    """
    for i in range(order.size):
        position = order[i]
        key = keys[position]
        out_order[cursor[key]] = position
        cursor[key] += 1


@kernel
def group_postings(
    term, level, article, order, out_article, out_term_ptr, out_group_ptr, out_group_level
):
    """Write postings in (term, level, article) order and mark where groups of equal value begin.

    Parameters
    ----------
    term, level, article : int32[n]
        Local term number, level of the value, local article number of each pair.
    order : int64[n]
        The pairs by (term, level, article).
    out_article : uint16[n]
    out_term_ptr : int64[n_terms + 1]
        Where each term's groups begin. Every term has at least one pair.
    out_group_ptr : int64[≥ n_groups + 1]
        Where each group's articles begin.
    out_group_level : uint16[≥ n_groups]

    Returns
    -------
    int
        The number of groups.
    """
    n_groups = 0
    last_term = -1
    last_level = -1
    for i in range(order.size):
        pair = order[i]
        if term[pair] != last_term or level[pair] != last_level:
            if term[pair] != last_term:
                last_term = term[pair]
                out_term_ptr[last_term] = n_groups
            last_level = level[pair]
            out_group_ptr[n_groups] = i
            out_group_level[n_groups] = last_level
            n_groups += 1
        out_article[i] = article[pair]
    out_term_ptr[out_term_ptr.size - 1] = n_groups
    out_group_ptr[n_groups] = order.size
    return n_groups
