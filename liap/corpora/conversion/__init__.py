"""Corpora of other formats -> sentences with tags, and a report of what could not be mapped.

`column_choice` reads column files in any order and with any separator, `brat_files` stand-off annotation, `docbin_files` what spaCy saved,
`span_json` text with entities by character offsets. `char_spans` brings offsets to words; `types_map` renames types.
"""
