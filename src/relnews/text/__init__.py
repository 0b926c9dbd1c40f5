"""From text to numbered terms and their counts."""
