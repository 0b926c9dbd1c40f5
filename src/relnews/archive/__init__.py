"""Archive: an open archive and its snapshots."""
