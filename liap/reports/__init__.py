"""Rows of a run -> tables, statistics, plots and pages. Nothing here imports torch; matplotlib loads only to draw.

`declared` reads what the run's explainers and metrics declare, `rows` reads and checks `scores.csv`, `explained` reads
`explanations.jsonl`, and `panel` arranges the rows by mention and method. `statistics` resamples documents, `summaries` and
`contrasts` compute, `analysis` holds it all. `display`, `verdict`, `plots` and `heat_map` show it; `report` prints and saves it,
in short by `screen`, and `readme` fills the README's blocks. `summary` is what a run's script prints at its end. `pictures` draws
single mentions, of `tree`, `word_panels` and `fonts`; `shading` and `lime_pages` show them as text and as pages.
"""
