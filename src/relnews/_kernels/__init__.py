"""Compiled loops over flat arrays.

The contract of every kernel in this package:

1. A kernel takes at most twelve arguments: C-contiguous arrays, scalars, and named tuples of these
   (`arguments`). Outputs (``out_…``) and scratch arrays are allocated by the caller and passed in.
   A kernel checks nothing, raises nothing and sees no Python objects; callers validate.
2. A kernel runs in one thread and without the interpreter lock. `relnews._parallel` starts threads.
3. Input arrays are read-only (see `frozen`). An array in memory and one mapped from a file are then
   the same type to the compiler, and each kernel is compiled once for both.
4. Offsets (``…_ptr``) are int64, except those of a segment's postings, which are int32. No number
   overflows silently.
5. No kernel that sums a score uses ``fastmath``, because another order of additions would change
   the score.
6. A part that an archive may not need is an argument that may be None: Numba then leaves out what
   stands behind ``is not None``, and compiles nothing for it. Titles that do not count are such a
   part.

=============  ====================================================================
`arguments`    named tuples of arrays that kernels take
`machine`      the names of instructions that Python has no word for
`instructions` what these are to the compiler
`runs`         UTF-8 bytes to runs of word characters
`hashing`      how keys are hashed
`tokens`       runs to term numbers, and the vocabulary
`spelling`     term numbers to names, in order
`counting`     term numbers to counts of words and phrases
`rows`         counts to the rows of a sparse matrix
`layout`       counts of a segment to sorted rows and postings grouped by value
`wording`      words of articles in their order, and plurals
`norms`        the lengths of articles, kept while statistics move
`search`       many values looked up together
`walking`      the postings of a query's rare terms added up
`title_match`  how much of a title is found in another text
`pruning`      bounds on what common terms add, and the rows that they leave
`scoring`      the best k articles of a segment for a block of queries
`nearest`      the best k rows of any matrix
`pairs`        how near one article is to some others
=============  ====================================================================
"""
