"""Benchmarks of relnews and its alternatives: ``python -m benchmarks --help``.

===================  ===============================================================================
`__main__`           the command: selects jobs, archives and peers
`given`              the input: articles and vectors, laid out for processes; exact lists
`machine`            the machine, versions and commit; pinned cores; memory of a process
`processes`          a system in its own process, and the requests to it
`worker`, `cold`     the code that runs in such a process
`peers`              the systems, a file each
`jobs`               the timed jobs: vectorise, lists, single, cold, update
`planted`            known duplicates and stories, found again
`relevance`          lists and scores compared with judgements
`tables`             records as tables
`pictures`           records as pictures
`report`             tables and pictures of a file of records, for the documentation
`generate`           generated archives of any size, reproducible
`spelling`           the words of generated archives
`generator_check`    the generator compared with real articles
`history`            relnews alone from commit to commit, measured by asv
===================  ===============================================================================

More detailed commands: `main_job` (the command line on a whole archive), `living` (the cost of each
change and each read), `serve` (the service under load), `vectorize` (the vectorizers, in one
process), `memory` (memory of an index), `workers` (lists by worker processes).
"""
