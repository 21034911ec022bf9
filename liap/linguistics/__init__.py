"""Sentence -> Parse and frames, indexed by the corpus's own words: `dependency`, `srl` and their `cache` on disk."""
