"""Benchmarks of relnews beside what one would use instead: ``python -m benchmarks --help``.

===================  ===============================================================================
`__main__`           the command: which jobs, on what, beside which peers
`given`              what is measured: articles and vectors, laid out for processes; exact lists
`machine`            the machine, versions and commit; pinned cores; memory of a process
`processes`          a system in a process of its own, and what it is asked
`worker`, `cold`     what runs in such a process
`peers`              the systems, a file each
`jobs`               what is timed: vectorise, lists, single, cold, update
`planted`            known duplicates and stories, found again
`relevance`          lists and scores held against judgements
`tables`             records as tables
`pictures`           records as pictures
`report`             tables and pictures of a file of records, for the documentation
`generate`           made-up archives of any size, the same each time
`spelling`           its words
`generator_check`    the generator held against real articles
`history`            relnews by itself from commit to commit, measured by asv
===================  ===============================================================================

Commands that look at relnews in more detail: `main_job` (the command line on a whole archive),
`living` (what each change and each read costs), `serve` (the service under load), `vectorize` (the
vectorizers, in one process).
"""
