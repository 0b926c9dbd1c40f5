"""Exact top-k over immutable segments: arrays only, no SQL."""
