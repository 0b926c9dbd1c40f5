"""Loops over flat arrays, compiled by Numba.

Rules that every kernel in this package follows:

1. A kernel takes at most twelve arguments: C-contiguous arrays, scalars, and named tuples of these
   (`arguments`). Outputs (``out_…``) and scratch arrays are allocated by the caller and passed in:
   Numba compiles no kernel that makes an array, since kernels count no references to arrays. A
   kernel checks nothing, raises nothing and sees no Python objects; callers validate.
2. A kernel runs in one thread, without the interpreter lock. `relnews._parallel` starts threads.
3. Input arrays are read-only (see `frozen`). An array in memory and an array mapped from a file
   then have the same Numba type, so each kernel is compiled once.
4. Offsets (``…_ptr``) are int64; a segment's postings have int32 offsets. No number overflows
   silently.
5. No kernel that sums a score uses ``fastmath``: another order of additions would change the score.
6. An optional part is an argument that may be None. Numba then compiles nothing of the code behind
   ``is not None``. Titles are such a part: None if titles do not count.

=============  ====================================================================
`arguments`    named tuples of arrays that kernels take
`machine`      machine instructions that kernels call
`instructions` the same, as Numba intrinsics
`runs`         UTF-8 bytes to runs of word characters
`hashing`      hashes of keys
`tokens`       runs to term numbers; the vocabulary's hash table
`spelling`     term numbers to names, in alphabetical order
`counting`     term numbers to counts of words and phrases
`rows`         counts to rows of a sparse matrix
`layout`       counts of a segment to sorted rows and postings grouped by value
`wording`      word order of texts; folding of plurals
`norms`        lengths of articles, updated as idf changes
`search`       binary search for many values at once
`walking`      sums over the postings of a query's rare terms
`title_match`  share of a title that another text contains
`heap`         the best elements so far
`pruning`      upper bounds on what common terms add to a score
`scoring`      top-k articles of a segment for a block of queries
`nearest`      top-k rows of any sparse matrix
`pairs`        similarities of given articles
`scratch`      scratch arrays of kernels that rank
=============  ====================================================================
"""
