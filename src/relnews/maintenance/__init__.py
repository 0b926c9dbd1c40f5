"""Maintenance: build, update, merge, store lists, verify."""
