"""From counts to the rows of a sparse matrix: drop, renumber, sort, weigh."""

from __future__ import annotations

import math

import numpy as np

from relnews._kernels._compile import kernel
from relnews._kernels.machine import prefetch

#: Columns are sorted by so many bits at a time.
_DIGIT = 9
_N_DIGITS = 1 << _DIGIT

#: Pairs that a place in a long array is fetched ahead of its use.
_AHEAD = 24


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
def append(row_ptr, column, count, indptr, filled, out_indices, out_data):
    """Put pairs behind what is in their rows already.

    Parameters
    ----------
    row_ptr : int64[n_rows + 1]
    column, count : int32[n_pairs]
    indptr : int64[n_rows + 1]
        Where each row begins in the output.
    filled : int64[n_rows]
        How much of each row there is already; brought up to date.
    out_indices : int32 or int64[nnz]
    out_data : any number[nnz]
    """
    for row in range(filled.size):
        first = row_ptr[row]
        n = row_ptr[row + 1] - first
        at = indptr[row] + filled[row]
        out_indices[at : at + n] = column[first : first + n]
        out_data[at : at + n] = count[first : first + n]
        filled[row] += n


@kernel
def sort_rows(indptr, n_columns, indices, data, other_indices, other_data):
    """Sort the columns of each row, in place.

    Long rows by digits, the least significant first; short ones by insertion.

    Parameters
    ----------
    indptr : int64[n_rows + 1]
    n_columns : int
    indices : int32 or int64[nnz]
    data : any number[nnz]
    other_indices, other_data : like indices and data[≥ longest row]
        Scratch.
    """
    n_passes = 1
    while n_columns >> (_DIGIT * n_passes):
        n_passes += 1
    place = np.empty(n_passes * _N_DIGITS, dtype=np.int64)
    for row in range(indptr.size - 1):
        first = indptr[row]
        n = indptr[row + 1] - first
        a_indices, a_data = indices[first : first + n], data[first : first + n]
        if n <= 32:
            for i in range(1, n):
                index, value = a_indices[i], a_data[i]
                j = i
                while j > 0 and a_indices[j - 1] > index:
                    a_indices[j], a_data[j] = a_indices[j - 1], a_data[j - 1]
                    j -= 1
                a_indices[j], a_data[j] = index, value
            continue
        b_indices, b_data = other_indices[:n], other_data[:n]
        place[:] = 0
        for i in range(n):
            index = np.uint64(a_indices[i])
            for digits in range(n_passes):
                digit = (index >> np.uint64(_DIGIT * digits)) & np.uint64(_N_DIGITS - 1)
                place[np.uint64(_N_DIGITS * digits) + digit] += 1
        for digits in range(n_passes):
            total = 0
            for i in range(_N_DIGITS * digits, _N_DIGITS * (digits + 1)):
                total, place[i] = total + place[i], total
            for i in range(n):
                digit = (np.uint64(a_indices[i]) >> np.uint64(_DIGIT * digits)) & np.uint64(
                    _N_DIGITS - 1
                )
                slot = np.uint64(_N_DIGITS * digits) + digit
                to = np.uint64(place[slot])
                place[slot] += 1
                b_indices[to] = a_indices[i]
                b_data[to] = a_data[i]
            a_indices, b_indices = b_indices, a_indices
            a_data, b_data = b_data, a_data
        if n_passes & 1:
            b_indices[:] = a_indices
            b_data[:] = a_data


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
