"""Lists: from a ranking to the list that a reader sees, and explanations of it."""
