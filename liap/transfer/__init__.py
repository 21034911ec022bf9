"""Transfer between languages: what the published study (Beukman & Fokam 2023) reports, and what its numbers say when they are tested.

Source: M. Beukman & M. Fokam, "Analysing Cross-Lingual Transfer in Low-Resourced African Named Entity Recognition", IJCNLP-AACL 2023;
its result files, its tables and its public code. Corpora: MasakhaNER 1.0 (Adelani et al. 2021).

A *cell* is a starting point (an encoder), a fine-tuning language and an evaluation language, with one run for each seed. A cell is
*monolingual* where both languages are the same, and *zero-shot* where they differ.

1. `grid_scores` reads the table of all runs; `transfer_runs` makes such a table with encoders of our own.
2. `monolingual` and `rank_tests`: means over seeds, and exact tests between starting points.
3. `zero_shot`: the grids, with the means of their rows and columns.
4. `overlap` counts the entity words that two languages share; `mantel` and `overlap_correlation` relate them to zero-shot F1.
5. `published_tables` reads the published tables, and `published_numbers` sets every number beside its recomputation.
6. `transfer_plots`, `transfer_tables` and `transfer_page` show the results.

How the published tables were made, as their code has it:
- Standard deviations divide by n (`ddof=0`). Ours divide by n - 1.
- Mann-Whitney tests are SciPy's, two-sided, with its defaults. SciPy 1.7.1 (their pinned version) is exact for five seeds without ties.
  No correction for the number of tests was made.
- In a `data_*.csv`, a column is the language whose words are counted, a row the language that shares them.
- In a `results_*.csv`, a row is the fine-tuning language, a column the evaluation language. The published correlation pairs the two
  files cell by cell: the words are counted in the *evaluation* language. The formula of the overlap counts them in the *fine-tuning*
  language.
- The files `results_*_std.csv` were written from the table of means, so they hold no standard deviation. The files `results_*_joint.csv`
  were written once for each category under one name, so that only the last category, LOC, is left in them.
"""
