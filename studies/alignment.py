"""Can attention be made to follow linguistic structure, what does that cost, and what does it buy?

    python studies/alignment.py --encoder path/to/encoder --corpus path/to/conll2003 --parser en_core_web_sm
    python studies/alignment.py --encoder tiny --corpus planted --parser gold --targets head evidence evidence/window
    python studies/alignment.py --masked-model best_ner_model --targets      # masks inside the forward pass alone

1. Trains recognisers whose heads HEADS of layer LAYER are guided by an attention loss: to structure, to the nearest words, to random
   words of equal number, and to nothing (ordinary fine-tuning, which always runs). The weight of each target is chosen on dev.
2. Restricts the attention of a finished recogniser inside its forward pass, by structure and by masks of equal size.

Each model stays in its own folder under models/. Writes alignment.csv (a row per model), alignment_summary.csv (means over seeds),
masked_attention.csv, and plots. The same command goes on after an interruption. Patterns are listed in liap/guidance/patterns.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from liap import cli

if TYPE_CHECKING:
    from liap.runs import Run

CORPUS = "eriktks/conll2003"  # a folder, a data set on the hub, or planted
ENCODER = "bert-base-cased"  # encoder to fine-tune: a folder, a name on the hub, or tiny
TARGETS = (
    "head",
    "head/window",
    "head/random",
)  # patterns that heads are guided to; ordinary fine-tuning always runs beside them
WEIGHTS = (0.05, 0.5)  # of the attention loss beside the recogniser's own; the best on dev is chosen for each target
SEEDS = (0, 1, 2)  # a model of each target and weight for each
LAYER = 2  # whose heads are guided, from 0
HEADS = "0,1,2,3"  # that are guided, from 0
EVIDENCE = ""  # a corpus that knows the evidence, such as a file of human triggers; for the target evidence, none: CORPUS's own
MARKED_SENTENCES = 0  # the first so many of EVIDENCE on which no model is trained, for plausibility; 0 = none
EPOCHS = 2  # passes over the training split
LEARNING_RATE = 3e-4  # of AdamW at its peak, after the warm-up
BATCH = 32  # sentences per step
WARMUP_STEPS = 10  # steps over which the learning rate rises from 0
TRAIN_SENTENCES = 2000  # of the training split, from its start; 0 = all
DEV_SENTENCES = 500  # of the dev split, on which epochs and weights are chosen; 0 = all
TEST_SENTENCES = 1000  # on which F1 and alignment are measured; 0 = all
EXPLAIN_SENTENCES = 200  # the first so many of these, on whose mentions faithfulness is measured; 0 = none
MASKED_MODEL = "best_ner_model"  # recogniser whose attention is restricted inside the forward pass; none: no masks
RESTRICTIONS = ("neighbours", "neighbours/window", "neighbours/random")  # patterns to which attention is restricted
ROWS = ("mentions", "all")  # whose attention is restricted: that of mentions, that of all words
LAYERS = ("all", "0,1,2", "3,4,5")  # sets of restricted layers: all, or numbers from 0 with commas
MASK_WEIGHTS = (0.5, 1.0)  # of the restriction; 1: attention outside the mask is impossible
MASKED_SENTENCES = 1000  # test sentences on which the masked recogniser is measured; 0 = all
MASKED_EXPLAIN = 0  # the first so many of these, on whose mentions faithfulness is measured; 0 = none
SPECIAL_TOKENS = True  # whether restricted words may still attend to special tokens
HOPS = 1  # steps in the tree, for the pattern neighbours
PARSER = "en_core_web_sm"  # dependency parser: a spaCy pipeline's name or folder, or: gold
SRL = "none"  # semantic role labeller, for the pattern frame: archive, allennlp, dependency, gold, none
SRL_ARCHIVE = ""  # an AllenNLP SRL archive: a model.tar.gz or its folder; none: the published one, downloaded once
SRL_ENCODER = ""  # a folder with the role labeller's vocabulary; none: beside the archive, else from the hub
RESAMPLES = 2000  # bootstrap resamples of the documents
DEVICE = "auto"  # cpu, cuda, or auto
FORMATS = ("png",)  # of the plots, one or more of: png, pdf, svg
FONT_SIZE = 10.0  # points, of the plots' labels; small print is smaller
COLUMN_WIDTH = 0.0  # inches, of a paper's column that plots are drawn for, such as 3.3; 0: each plot's own width
RESULTS = "results/alignment"  # folder for the tables, the plots and the models
OVERWRITE = False  # replace another run in that folder
CACHE = ".cache"  # folder where parses and frames are kept


def main() -> None:
    from liap.guidance.alignment_settings import AlignmentSettings

    settings = cli.settings(__file__, AlignmentSettings)
    from liap.guidance import alignment_rows, alignment_study
    from liap.reports.style import drawn_for
    from liap.runs import Run

    tables = (alignment_rows.ALIGNMENT, alignment_rows.SUMMARY, alignment_rows.MASKED)
    run = Run(Path(settings.results), tables=tables)
    run.take()
    try:
        if not alignment_study.run_study(run, settings, ratio_sums):
            print(f"{run.folder} already holds this run, complete; --overwrite runs it again")
            return
        with drawn_for(settings):
            pictures = draw(run)
        run.finish()
    finally:
        run.lock.release()
    print(alignment_study.answer_of(run.folder))
    print(f"written to {run.folder}: {', '.join([*tables, *pictures])}{', models/' if settings.targets else ''}")


def ratio_sums(layers: int, heads: int):
    """The ratios of attention on a mention's syntactic head to what distance expects, for `alignment_measures`."""
    import numpy as np

    from liap.diagnostics.attention_structure import RELATIONS, StructureSums, summarise

    class Sums(StructureSums):
        def ratios(self) -> np.ndarray:
            """By layer and head; NaN without a mention."""
            found = np.full((layers, heads), np.nan)
            for row in summarise(self, resamples=1):
                if row.relation == RELATIONS[0]:
                    found[row.layer, row.head] = row.ratio
            return found

    return Sums(layers, heads)


def draw(run: Run) -> list[str]:
    """The plots, from the tables; their names."""
    from liap.guidance import alignment_plots, alignment_study
    from liap.reports.style import save

    _, summary, masked = alignment_study.read(run.folder)
    pictures = []
    if len(summary) > 1:
        axes = alignment_plots.plot_alignment(summary)
        pictures += save(axes, run.folder, alignment_plots.PLOT, alignment_plots.CAPTION)
    if len(masked) > 1:
        axes = alignment_plots.plot_masks(masked)
        pictures += save(axes, run.folder, alignment_plots.MASKED_PLOT, alignment_plots.MASKED_CAPTION)
    return pictures


if __name__ == "__main__":
    cli.run(main, "Start the same command again to go on after the last finished model.")
