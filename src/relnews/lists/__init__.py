"""From a ranking to the list a reader sees, and why."""
