"""Explain a recogniser's mentions with LIAP, its controls and other explainers, and score the explanations by perturbation.

    python run_liap_evaluation.py                                       # the published setting: 10 mentions per type
    python run_liap_evaluation.py --examples-per-type 0                 # every mention the recogniser finds
    python run_liap_evaluation.py --text "Angela Merkel visited Paris ."  # one sentence: shaded words, and a page
    python run_liap_evaluation.py --model best_ner_model --corpus data/conll2003 --parser en_core_web_sm --srl none
    python run_liap_evaluation.py --prune syntactic:occlusion same_role:lime    # the masks of LIAP on other explainers' scores
    python run_liap_evaluation.py --parser none --text "Angela Merkel visited Paris with Airbus ."    # what needs no parse
    python run_liap_evaluation.py --examples-per-type 0 --engine ray --workers 8    # on many cores, or a cluster: docs/scaling.md

Reads a fine-tuned recogniser (see finetune.py) and a corpus; writes scores.csv (a row per mention and explainer),
explanations.jsonl (a score per word), sentences.jsonl (trees, frames, drops), attention_structure.csv and run.json. After an interruption, the
same command goes on where the run stopped. Then: analyze_results.py.
"""

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
PARSER = "en_core_web_sm"  # dependency parser: a spaCy pipeline's name or folder, gold, none (what needs no parse runs)
SRL = "archive"  # semantic role labeller: archive, allennlp, dependency, gold, none
SRL_ARCHIVE = ""  # an AllenNLP SRL archive: a model.tar.gz or its folder; empty: the published one, downloaded once
SRL_ENCODER = ""  # a folder with the role labeller's vocabulary; empty: beside the archive, else from the hub
SRL_ENVIRONMENT = ""  # folder of AllenNLP's environment, for allennlp; empty: LIAP_SRL_VENV, else .venv-srl
SRL_PRECISION = "fp32"  # of the role labeller: fp32, bf16
EXPLAINERS = (
    "liap", "attention", "occlusion", "occlusion_ceiling", "random", "matched_random", "matched_window", "matched_distance",
)  # fmt: skip  # explainers to run, by name; one of your own: FILE.py:FUNCTION
METRICS = ("lfs", "evidence_found", "lfs_choices")  # metrics to score them by; one of your own: FILE.py:FUNCTION
VARIANTS = ("syntactic", "frame", "predicate", "core", "same_role", "both", "either")  # pruning variants of LIAP
PRUNE = ()  # scores to prune by a variant's mask, beside matched controls: VARIANT:EXPLAINER, such as syntactic:lime
TARGET = "type"  # what is explained: type (of the mention), tag (the exact labels), entity (span and type stay)
OPERATOR = "mask"  # how metrics take a word away: mask, unk, delete, marginal
EXPLAINER_OPERATOR = "unk"  # how explainers that perturb take a word away: mask, unk, delete, marginal
LANGUAGE_MODEL = ""  # a masked language model, for marginal: a folder (studies/pretrain.py), or a name on the hub
REPLACEMENT_THRESHOLD = 1e-5  # probability from which a word may stand in another's place, under marginal
REPLACEMENT_DRAWS = 8  # sentences drawn for several words hidden together, under marginal
K = 3  # words at each end of a ranking that LFS masks
PUNCTUATION = "keep"  # drop: words without a letter or digit are left out of the context
RANKING = "signed"  # rank words by their scores or by the scores' absolute values: signed, absolute
TIES = "random"  # order of tied words: random (64 tie-breaks), attention (unpruned)
DRAWS = 64  # masks drawn for each random control
JOINT_RANKINGS = 8  # rankings of an explanation that a metric with joint masks reads
LIME_SAMPLES = 1000  # perturbed sentences that lime draws for each mention
FITTED = ""  # a file of studies/fit_on_dev.py, for attention_kernel, dev_heads and matched_learned
LAYERS = "all"  # layers whose attention counts: all, or numbers from 0 with commas
HEADS = "all"  # heads whose attention counts: all, or numbers from 0 with commas
HOPS = 1  # steps in the dependency tree that pruning keeps
SIBLINGS = False  # whether pruning also keeps words under the same head
RENORMALISE = False  # whether attention rows are renormalised after pruning
PICTURES = 8  # explanations to draw, spread over types
PICTURE_VARIANT = "syntactic"  # the pruning variant they show
FORMATS = ("png",)  # of the plots, one or more of: png, pdf, svg
FONT_SIZE = 10.0  # points, of the plots' labels; small print is smaller
COLUMN_WIDTH = 0.0  # inches, of a paper's column that plots are drawn for, such as 3.3; 0: each plot's own width
PRECISION = "fp32"  # of the recogniser: fp32, bf16 (autocast), bf16-weights
DEVICE = "auto"  # where the recogniser runs: auto, cpu, cuda
PIECES_PER_BATCH = 0  # pieces in a forward pass, with padding; 0: what suits the device
CHUNK = 64  # sentences that are scored and saved at a time
ENGINE = "local"  # what tags and scores: local (this process), ray (workers on this machine or a cluster)
RAY_ADDRESS = ""  # a Ray cluster's address, host:port; empty: Ray is started on this machine for the run
WORKERS = 2  # processes of the engine ray; each holds the model
CPUS_PER_WORKER = 1  # cores, and threads, of each worker
GPUS_PER_WORKER = 0.0  # accelerators of each worker; 0.5: two share one
SEED = 0  # of sampling, random controls and tie-breaks
RESULTS = "results"  # folder for what is written
CACHE = ".cache"  # folder where parses, frames and downloads are kept
OVERWRITE = False  # start afresh, even if the results folder holds another run


def main() -> None:
    from liap.settings import EvaluationSettings

    settings = cli.settings(__file__, EvaluationSettings)
    from liap import pipeline, visualization  # after the flags are read, so that --help and wrong flags answer at once
    from liap.diagnostics import attention_structure
    from liap.executors import open_executor
    from liap.reports.style import drawn_for

    tables = (attention_structure.FILE, visualization.FOLDER)
    job = pipeline.begin(settings, studies=(attention_structure.StructureSums,), tables=tables)
    if job is None:
        show(settings)
        return
    with open_executor(settings, job.worker) as executor:
        mentions = pipeline.choose_mentions(job, executor)
        chunks = pipeline.explain(job, mentions, executor)
    with job.run.phase("write"):
        if attention_structure.StructureSums in job.worker.studies:
            attention_structure.write(job.run, chunks, seed=settings.seed)
        pipeline.write_rows(job, chunks)
    with job.run.phase("draw"), drawn_for(settings):
        visualization.draw(job, mentions)
    pipeline.report(job)
    show(settings)


def show(settings) -> None:
    """Five lines about a corpus; of raw text each mention with its words shaded, and the page."""
    from liap.reports import page, summary
    from liap.reports.layout import listed
    from liap.terminal import print_styled

    folder = Path(settings.results)
    print_styled(summary.shaded_sentences(folder) if settings.raw else summary.five_lines(folder))
    if not settings.raw:
        return
    print(f"\n{summary.legend()}")
    if path := page.write_page_of(folder):
        held = ["trees"] * settings.parsed + ["frames"] * (settings.parsed and settings.srl != "none") + ["drops"]
        print(f"The page, with {listed(held)}: {path}")


if __name__ == "__main__":
    cli.run(main, "Start the same command again to go on where it stopped.")
