"""Everything that writes: build, update, merge, store lists, verify."""
