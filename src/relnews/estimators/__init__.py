"""scikit-learn's tools for anybody's texts and matrices; no archive."""
