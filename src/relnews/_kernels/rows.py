"""From counts to the rows of a sparse matrix: drop, renumber, sort, weigh."""

from __future__ import annotations

import math

import numpy as np

from relnews._kernels._compile import kernel
from relnews._kernels.machine import prefetch

#: Columns are sorted by so many bits at a time at most.
_DIGIT = 9

#: Pairs that a place in a long array is fetched ahead of its use.
_AHEAD = 24

#: Rows of so many pairs are sorted by insertion.
_SHORT = 32

_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


@kernel
def to_columns(row_ptr, term, count, column, out_length):
    """Replace terms by their columns, drop pairs that have none, and add to the rows' lengths.

    Parameters
    ----------
    row_ptr : int64[n_rows + 1]
    term, count : int32[n_pairs]
        On return the column and the count of each pair that has one; row_ptr says where.
    column : int32[n_terms]
        -1 for none.
    out_length : int64[≥ n_rows]
    """
    at = np.uint64(0)
    first = row_ptr[0]
    for row in range(row_ptr.size - 1):
        last = row_ptr[row + 1]
        begin = at
        for i in range(first, last):
            if i + _AHEAD < term.size:
                prefetch(column, np.int64(term[i + _AHEAD]))
            # Without a branch; in place, for no pair moves back.
            index = column[np.uint64(term[i])]
            term[at] = index
            count[at] = count[i]
            at += np.uint64(index >= 0)
        out_length[row] += np.int64(at - begin)
        first = last
        row_ptr[row + 1] = at


@kernel
def add_frequencies(term, count, weighted, out_frequency):
    """Add to the frequency of each term 1, or its count, for each pair."""
    for i in range(term.size):
        if i + _AHEAD < term.size:
            prefetch(out_frequency, np.int64(term[i + _AHEAD]))
        out_frequency[np.uint64(term[i])] += count[i] if weighted else 1


@kernel
def add(part, number, out_total):
    """Add each element to the total of its number."""
    for i in range(part.size):
        if i + _AHEAD < part.size:
            prefetch(out_total, np.int64(number[i + _AHEAD]))
        out_total[np.uint64(number[i])] += part[i]


@kernel
def fill(counts, more, indptr, n_columns, pairs, other_pairs, out_indices, out_data):
    """Write the rows of a batch with their columns in order.

    Long rows are sorted by digits, the least significant first; short ones by insertion.

    Parameters
    ----------
    counts : CountArrays
        With columns instead of terms; those of a row differ.
    more : CountArrays
        More pairs of the same rows.
    indptr : int64[n_rows + 1]
        Where each row begins in the output.
    n_columns : int
    pairs, other_pairs : uint64[≥ longest row]
        Scratch.
    out_indices : int32 or int64[nnz]
    out_data : any number[nnz]
    """
    row_ptr, column, count = counts
    more_row_ptr, more_column, more_count = more
    n_passes = 1
    while n_columns >> (_DIGIT * n_passes):
        n_passes += 1
    bits = 1
    while n_columns >> (bits * n_passes):
        bits += 1
    n_digits = 1 << bits
    place = np.empty(n_passes * n_digits, dtype=np.int64)
    for row in range(indptr.size - 1):
        n = _gather(row_ptr[row], row_ptr[row + 1], column, count, pairs, 0)
        n = _gather(more_row_ptr[row], more_row_ptr[row + 1], more_column, more_count, pairs, n)
        first = indptr[row]
        if n <= _SHORT:
            for i in range(1, n):
                pair = pairs[i]
                j = i
                while j > 0 and pairs[j - 1] > pair:
                    pairs[j] = pairs[j - 1]
                    j -= 1
                pairs[j] = pair
            for i in range(n):
                out_indices[first + i] = pairs[i] >> _HALF
                out_data[first + i] = np.int64(pairs[i] & _LOW)
            continue
        place[:] = 0
        for i in range(n):
            for digits in range(n_passes):
                place[_slot(pairs[i], digits, bits)] += 1
        for digits in range(n_passes):
            total = 0
            for i in range(n_digits * digits, n_digits * (digits + 1)):
                total, place[i] = total + place[i], total
        a, b = pairs, other_pairs
        for digits in range(n_passes - 1):
            for i in range(n):
                slot = _slot(a[i], digits, bits)
                b[np.uint64(place[slot])] = a[i]
                place[slot] += 1
            a, b = b, a
        for i in range(n):
            slot = _slot(a[i], n_passes - 1, bits)
            to = np.uint64(first + place[slot])
            place[slot] += 1
            out_indices[to] = a[i] >> _HALF
            out_data[to] = np.int64(a[i] & _LOW)


@kernel
def _slot(pair, digits, bits):
    """Return the place of the counter of some digits of a pair's column."""
    digit = (pair >> np.uint64(32 + digits * bits)) & np.uint64((1 << bits) - 1)
    return np.uint64(digits << bits) + digit


@kernel
def _gather(first, last, column, count, out_pairs, n):
    """Write pairs behind the first n, each as one number that sorts like its column."""
    for i in range(first, last):
        out_pairs[n] = (np.uint64(column[i]) << _HALF) | np.uint64(count[i])
        n += 1
    return n


@kernel
def weigh(indptr, indices, data, sublinear, log_of, idf, norm):
    """Turn counts into tf-idf weights, in place.

    Parameters
    ----------
    indptr : int64[n_rows + 1]
    indices : int32 or int64[nnz]
    data : float32 or float64[nnz]
        Counts.
    sublinear : bool
    log_of : like data[any number]
        1 + ln(i) at i, for the counts that are below its size.
    idf : like data[n_columns]
        Or empty, for none.
    norm : int
        0 none, 1 the sum of weights, 2 the root of the sum of squares.
    """
    for row in range(indptr.size - 1):
        first, last = indptr[row], indptr[row + 1]
        total = 0.0
        for i in range(first, last):
            if i + _AHEAD < last:
                prefetch(idf, np.int64(indices[i + _AHEAD]))
            value = data[i]
            if sublinear:
                value = log_of[int(value)] if value < log_of.size else 1 + math.log(value)
            if idf.size:
                value *= idf[np.uint64(indices[i])]
            data[i] = value
            total += value * value if norm == 2 else abs(value)
        if norm and total > 0:
            if norm == 2:
                total = math.sqrt(total)
            for i in range(first, last):
                data[i] /= total
