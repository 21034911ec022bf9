"""Do explanations agree with people? Human triggers against masks, rankings, structure and the recogniser's own drops.

In: sentences whose mentions have triggers (`liap.corpora.triggers`), through the one loop. Out: tables and a plot of a results folder.

1. `targets`: the sentences with triggers, found in their corpus, and the recogniser's mentions whose span is a target's.
2. `marked_words`: while the loop runs, what is known of each context word: marked or not, kept or not, and the two drops.
3. `mask_agreement`: pruning masks and their controls against the marked words. `marked_structure`: the marked words against structure.
4. `ranking_agreement`: the rows' plausibility and LFS, by explainer. `structure_prior`: occlusion's scores raised where structure is.
5. `findings`: sentences by rule. `agreement_plot`: agreement with people against faithfulness.

Everything is paired; intervals are 95% bootstraps over documents.
"""
