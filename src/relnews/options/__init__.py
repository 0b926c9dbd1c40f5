"""What a caller may ask of a list: frozen values; no NumPy, no archive."""
