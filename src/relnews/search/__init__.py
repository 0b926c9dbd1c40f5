"""Exact top-k over immutable segments. Arrays only, no SQL."""
