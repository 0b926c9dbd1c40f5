"""Benchmarks of relnews; each module is a command, ``python -m benchmarks.NAME --help``."""
