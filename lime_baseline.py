"""Explain a recogniser's mentions with LIME alone: its own pages, its faithfulness, and how far two seeds agree.

    python lime_baseline.py
    python lime_baseline.py --model best_ner_model --corpus data/conll2003 --examples-per-type 100
    python lime_baseline.py --corpus planted --examples 20 --instability-per-type 0
    python lime_baseline.py --text "Angela Merkel visited Paris with Airbus ."

Reads a fine-tuned recogniser (see finetune.py) and a corpus or raw text; writes to the results folder example_<n>.html (LIME's pages),
explanations.jsonl (a weight per word), scores.csv (a row per mention), instability.csv and lime_instability.png (two seeds
compared, over numbers of samples), instability_mentions.csv and run.json. With the same seed, run_liap_evaluation.py samples
the same mentions; with --explainers lime liap ... it compares LIME with other explainers. After an interruption, the same
command goes on where the run stopped.
"""

from itertools import islice
from pathlib import Path

from liap import cli

MODEL = "best_ner_model"  # the recogniser: a folder, a name on the hub, or ewt (which the package holds)
TYPE_MAP = ()  # the recogniser's entity types in the corpus's terms, such as PERSON=PER; PERSON= drops a type
CORPUS = "eriktks/conll2003"  # a folder or a file (docs/formats.md), a data set's name on the hub, or: planted, ewt
SPLIT = "test"  # which part of the corpus: train, validation, test
TEXT = ""  # explain what the recogniser finds in this text instead of a corpus
TEXT_FILE = ""  # the same, from a UTF-8 file
SENTENCES_AS_GIVEN = False  # each line of the text is one sentence; otherwise spaCy's rules split lines into sentences
SENTENCES = 0  # sentences to read, from the start of the split; 0: all
EXAMPLES_PER_TYPE = 10  # mentions sampled for each predicted type; 0: all. Of raw text: all, unless the flag is given
LIME_SAMPLES = 1000  # perturbed sentences that LIME draws for each mention
EXAMPLES = 10  # mentions that get a page, from the first one on
INSTABILITY_PER_TYPE = 5  # mentions of each type that two seeds explain with each number of samples; 0: none
INSTABILITY_SAMPLES = (100, 300, 1000, 3000)  # numbers of samples with which two seeds are compared
TARGET = "type"  # what is explained: type (of the mention), tag (the exact labels), entity (span and type stay)
OPERATOR = "mask"  # how metrics take a word away: mask, unk, delete, marginal
EXPLAINER_OPERATOR = "unk"  # how LIME takes a word away: mask, unk, delete, marginal
LANGUAGE_MODEL = ""  # a masked language model, for marginal: a folder (studies/pretrain.py), or a name on the hub
REPLACEMENT_THRESHOLD = 1e-5  # probability from which a word may stand in another's place, under marginal
REPLACEMENT_DRAWS = 8  # sentences drawn for several words hidden together, under marginal
K = 3  # words at each end of a ranking that LFS masks
RANKING = "signed"  # rank words by their scores or by the scores' absolute values: signed, absolute
PRECISION = "fp32"  # of the recogniser: fp32, bf16 (autocast), bf16-weights
DEVICE = "auto"  # where the recogniser runs: auto, cpu, cuda
PIECES_PER_BATCH = 0  # pieces in a forward pass, with padding; 0: what suits the device
CHUNK = 4  # sentences that are scored and saved at a time
SEED = 0  # of sampling and of LIME; the second seed of a comparison is the next number
FORMATS = ("png",)  # of the plots, one or more of: png, pdf, svg
FONT_SIZE = 10.0  # points, of the plots' labels; small print is smaller
COLUMN_WIDTH = 0.0  # inches, of a paper's column that plots are drawn for, such as 3.3; 0: each plot's own width
RESULTS = "results/lime"  # folder for what is written
OVERWRITE = False  # start afresh, even if the results folder holds another run


def main() -> None:
    from liap.settings import LimeBaselineSettings

    settings = cli.settings(__file__, LimeBaselineSettings)
    from liap import pipeline  # after the flags are read, so that --help and wrong flags answer at once
    from liap.diagnostics import instability
    from liap.executors import LocalExecutor
    from liap.reports import summary
    from liap.reports.style import drawn_for
    from liap.terminal import print_styled

    job = pipeline.begin(settings, tables=(instability.MENTIONS, instability.SUMMARY))
    if job is None:
        return
    executor = LocalExecutor(job.worker)
    mentions = pipeline.choose_mentions(job, executor)
    chunks = pipeline.explain(job, mentions, executor)
    with job.run.phase("instability"):
        compared = instability.compare_seeds(job, mentions, first=chunks)
    with job.run.phase("write"), drawn_for(settings):
        instability.write(job.run, compared)
        pipeline.write_rows(job, chunks)
        pages = write_pages(job.run.folder, settings.examples)
    pipeline.report(job)
    if settings.raw:
        print_styled(summary.shaded_sentences(job.run.folder))
        print(f"\n{summary.legend()}")
    if pages:
        print(f"{pages} page{'s' if pages > 1 else ''}: {job.run.folder}/example_<n>.html")


def write_pages(folder: Path, count: int) -> int:
    """LIME's pages of the first explained mentions, from their lines in `explanations.jsonl`; how many there are."""
    from liap.explainers.lime import lime
    from liap.reports import lime_pages
    from liap.reports.explained import EXPLANATIONS, read_explained

    mentions = list(islice(read_explained(folder / EXPLANATIONS, only=lime.name), count))
    return len(lime_pages.write_pages(folder, mentions))


if __name__ == "__main__":
    cli.run(main, "Start the same command again to go on where it stopped.")
