"""Rows of a run -> tables, statistics, plots. Nothing here imports torch, and matplotlib only where something is drawn.

`rows` reads and checks `scores.csv`, `panel` lays it out by mention and method, `statistics` resamples documents, `tables`
and `contrasts` compute, `plots` and `structure` draw, `verdict` says it in words, `layout` aligns, `readme` writes the
README's tables.
"""
