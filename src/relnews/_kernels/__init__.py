"""Compiled loops over flat arrays.

The contract of every kernel in this package:

1. C-contiguous one-dimensional arrays and scalars in, preallocated ``out_…`` arrays and scratch in
   as well; no checks, no exceptions, no Python objects. Callers validate.
2. Single-threaded and ``nogil``; parallelism is one level up, in `relnews._parallel`.
3. Inputs are read-only (see `frozen`), so that an array in memory and one mapped from a file are
   the same type to the compiler and are compiled for once.
4. Offsets (``…_ptr``) are int64, but for those of a segment's postings, which are int32. Nothing
   wraps silently.
5. No ``fastmath`` where a score is summed: reassociation would change it.

=============  ====================================================================
`machine`      the names of instructions that Python has no word for
`instructions` what these are to the compiler
`runs`         UTF-8 bytes to runs of word characters
`tokens`       runs to term numbers, and the vocabulary
`spelling`     term numbers to names, in order
`counting`     term numbers to counts of words and phrases
`rows`         counts to the rows of a sparse matrix
`layout`       counts of a segment to sorted rows and postings grouped by value
`wording`      words of articles in their order, and plurals
`moments`      the lengths of articles, kept while statistics move
`search`       many values looked up together
`walking`      the postings of a query's rare terms added up
`quoting`      how much of a title is found in another text
`pruning`      bounds on what common terms add
`scoring`      the best k articles of a segment for a block of queries
`nearest`      the best k rows of any matrix
`pairs`        how near one article is to some others
=============  ====================================================================
"""
