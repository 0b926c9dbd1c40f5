"""Rows of a sparse matrix from counts: drop, renumber, sort and weigh pairs."""

from __future__ import annotations

import math

import numpy as np

from relnews._kernels._compile import inner_kernel, kernel
from relnews._kernels.machine import prefetch

#: Largest number of bits of a digit of the radix sort.
_DIGIT = 9

#: Counters of the digits of a column, which has at most 32 bits.
N_PLACES = 4 << _DIGIT

#: Pairs that an element of a long array is prefetched ahead of its use.
_AHEAD = 24

#: Rows of up to this many pairs are sorted by insertion.
_SHORT = 32

_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


@kernel
def to_columns(row_ptr, term, count, column, out_length):
    """Replace terms by their columns and drop pairs without a column, in place.

    Parameters
    ----------
    row_ptr : int64[n_rows + 1]
        Where each row's pairs begin; updated.
    term, count : int32[n_pairs]
        On return, column and count of each pair that has a column.
    column : int32[n_terms]
        Column of each term; -1 if it has no column.
    out_length : int64[≥ n_rows]
        Pairs of each row; this batch is added.
    """
    at = np.uint64(0)
    first = row_ptr[0]
    for row in range(row_ptr.size - 1):
        last = row_ptr[row + 1]
        begin = at
        for i in range(first, last):
            if i + _AHEAD < term.size:
                prefetch(column, np.int64(term[i + _AHEAD]))
            # Without a branch; in place, because pairs only move towards the front.
            index = column[np.uint64(term[i])]
            term[at] = index
            count[at] = count[i]
            at += np.uint64(index >= 0)
        out_length[row] += np.int64(at - begin)
        first = last
        row_ptr[row + 1] = at


@kernel
def add_frequencies(term, count, weighted, out_frequency):
    """Add 1, or the count if ``weighted``, to the frequency of each pair's term."""
    for i in range(term.size):
        if i + _AHEAD < term.size:
            prefetch(out_frequency, np.int64(term[i + _AHEAD]))
        out_frequency[np.uint64(term[i])] += count[i] if weighted else 1


@kernel
def add(part, number, out_total):
    """Add each element of ``part`` to ``out_total`` at its number."""
    for i in range(part.size):
        if i + _AHEAD < part.size:
            prefetch(out_total, np.int64(number[i + _AHEAD]))
        out_total[np.uint64(number[i])] += part[i]


@kernel
def fill(counts, more, indptr, n_columns, pairs, other_pairs, place, out_indices, out_data):
    """Write the rows of a batch, columns ascending.

    Long rows are radix sorted, least significant digit first; short rows by insertion.

    Parameters
    ----------
    counts : CountArrays
        Columns instead of terms, all different within a row.
    more : CountArrays
        More pairs of the same rows.
    indptr : int64[n_rows + 1]
        Where each row begins in the output; nnz is its last element.
    n_columns : int
        Columns of the matrix; decides how many digits are sorted.
    pairs, other_pairs : uint64[≥ longest row]
        Scratch.
    place : int64[N_PLACES]
        Scratch.
    out_indices : int32 or int64[nnz]
        Columns, ascending within a row.
    out_data : any number[nnz]
        Counts.
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
        place[: n_passes * n_digits] = 0
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


@inner_kernel
def _slot(pair, digits, bits):
    """Return the place of the counter of one digit of a pair's column."""
    digit = (pair >> np.uint64(32 + digits * bits)) & np.uint64((1 << bits) - 1)
    return np.uint64(digits << bits) + digit


@inner_kernel
def _gather(first, last, column, count, out_pairs, n):
    """Write pairs behind the first n, each as a number that sorts like its column; return n."""
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
        Where each row's pairs begin.
    indices : int32 or int64[nnz]
        Column of each pair.
    data : float32 or float64[nnz]
        Counts.
    sublinear : bool
        Replace a count by 1 + ln(count).
    log_of : like data[any number]
        1 + ln(i) at index i; larger counts are computed.
    idf : like data[n_columns]
        Factor on each column; empty means no idf.
    norm : int
        0: no normalization. 1: divide by the sum of weights. 2: divide by the Euclidean length.
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
