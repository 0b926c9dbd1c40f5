"""An open archive and its snapshots."""
