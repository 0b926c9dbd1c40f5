"""Golden answers: what relnews answered before it was rebuilt, and must go on answering."""
