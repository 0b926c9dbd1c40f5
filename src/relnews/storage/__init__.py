"""The archive folder: one SQLite file, immutable arrays, checks."""
