"""Sentences -> parses and frames over the corpus's own words: `dependency`, `srl`, a `cache` on disk, and `annotation` of runs."""
