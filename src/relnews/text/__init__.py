"""Text: from text to numbered terms and their counts."""
