"""Explain a recogniser's mentions with LIAP, its controls and other explainers, and score the explanations by perturbation.

    python run_liap_evaluation.py                                       # the published setting: 10 mentions a type
    python run_liap_evaluation.py --examples-per-type 0                 # every mention the recogniser finds
    python run_liap_evaluation.py --model best_ner_model --corpus data/conll2003 --parser en_core_web_sm --srl none
    python run_liap_evaluation.py --examples-per-type 0 --engine ray --workers 8    # on many cores, or a cluster: docs/scaling.md

Reads a fine-tuned recogniser (see finetune.py) and a corpus; writes scores.csv (a row per mention and explainer),
explanations.jsonl (a score per word), attention_structure.csv and run.json to the results folder. A run that was interrupted
goes on where it was when started again with the same settings. Then: analyze_results.py.
"""

from liap import cli, pipeline
from liap.executors import local as engines

MODEL = "best_ner_model"  # the recogniser: a folder, or a name on the hub
CORPUS = "eriktks/conll2003"  # a folder of column files, a data set's folder or hub name, or: planted
SPLIT = "test"  # which part of the corpus: train, validation, test
TEXT = ""  # explain what the recogniser finds in this text, one sentence a line, instead of a corpus
TEXT_FILE = ""  # the same, from a UTF-8 file
SENTENCES = 0  # read only the first so many sentences of the split; 0: all
EXAMPLES_PER_TYPE = 10  # mentions sampled for each predicted type; 0: every mention
PARSER = "en_core_web_sm"  # dependency parser: a spaCy pipeline's name or folder, or: gold
SRL = "archive"  # semantic role labeller: archive, allennlp, dependency, gold, none
SRL_ARCHIVE = ""  # an AllenNLP SRL archive: a model.tar.gz or its folder; none: the published one, downloaded once
SRL_ENCODER = ""  # a folder with the role labeller's vocabulary; none: beside the archive, else from the hub
SRL_ENVIRONMENT = ""  # folder of AllenNLP's environment, for allennlp; none: LIAP_SRL_VENV, else .venv-srl
SRL_PRECISION = "fp32"  # of the role labeller: fp32, bf16
EXPLAINERS = (
    "liap", "attention", "occlusion", "occlusion_ceiling", "random", "matched_random", "matched_window", "matched_distance",
)  # fmt: skip  # explainers to run, by name
VARIANTS = ("syntactic", "frame", "predicate", "core", "same_role", "both", "either")  # pruning variants of LIAP
OPERATOR = "mask"  # how the metric takes a word away: mask, unk, delete
EXPLAINER_OPERATOR = "unk"  # how explainers that perturb take a word away: mask, unk, delete
K = 3  # words at each end of a ranking that LFS masks
RANKING = "signed"  # rank words by signed support, or by its size: signed, absolute
TIES = "random"  # order of tied words: random (64 tie-breaks), attention (unpruned)
DRAWS = 64  # masks drawn for each random control
LIME_SAMPLES = 1000  # perturbed sentences that lime, where it is among the explainers, draws for a mention
LAYERS = "all"  # layers whose attention counts: all, or numbers from 0 with commas
HEADS = "all"  # heads whose attention counts: all, or numbers from 0 with commas
HOPS = 1  # steps in the dependency tree that pruning keeps
SIBLINGS = False  # whether pruning also keeps words under the same head
RENORMALISE = False  # whether attention rows are renormalised after pruning
PICTURES = 8  # explanations to draw, spread over types
PICTURE_VARIANT = "syntactic"  # the pruning variant they show
PRECISION = "fp32"  # of the recogniser: fp32, bf16 (autocast), bf16-weights
DEVICE = "auto"  # where the recogniser runs: auto, cpu, cuda
PIECES_PER_BATCH = 0  # pieces in a forward pass, pads counted; 0: what suits the device
CHUNK = 64  # sentences that are scored, and written, at a time
ENGINE = "local"  # who tags and scores: local (this process), ray (workers, here or on a cluster)
RAY_ADDRESS = ""  # a Ray cluster's address, host:port; none: Ray is started on this machine for the run
WORKERS = 2  # of the engine ray: processes that each hold the model
CPUS_PER_WORKER = 1  # cores of each, which is also its number of threads
GPUS_PER_WORKER = 0.0  # accelerators of each; 0.5: two share one
SEED = 0  # of sampling, controls and tie-breaks
RESULTS = "results"  # folder for what is written
CACHE = ".cache"  # folder where parses, frames and downloads are kept
OVERWRITE = False  # start afresh in a results folder that holds another run


def main() -> None:
    given = cli.settings(__file__)
    cli.quiet_libraries()
    settings = evaluation_settings(given)
    begun = pipeline.begin(given, settings)
    if begun is None:
        return
    run, sentences, engine = begun
    with engines.open_workers(engine, settings, given, run.settings) as workers:
        with run.phase("predict"):
            predictions = pipeline.predict(run, sentences, workers)
        mentions = pipeline.choose(run, predictions, given)
        chunks = pipeline.score(run, sentences, mentions, workers, given.chunk)
    with run.phase("write"):
        pipeline.write_structure(run, chunks, given.seed)
        pipeline.write_rows(run, chunks)
    with run.phase("draw"):
        pipeline.draw(run, sentences, mentions, engine=engine, settings=settings, given=given)
    pipeline.report(run)


def evaluation_settings(given):
    from liap.settings import EvaluationSettings, numbers

    return EvaluationSettings(
        explainers=given.explainers,
        variants=given.variants,
        operator=given.operator,
        explainer_operator=given.explainer_operator,
        k=given.k,
        ranking=given.ranking,
        ties=given.ties,
        draws=given.draws,
        lime_samples=given.lime_samples,
        layers=numbers("--layers", given.layers),
        heads=numbers("--heads", given.heads),
        hops=given.hops,
        siblings=given.siblings,
        renormalise=given.renormalise,
        seed=given.seed,
    )


if __name__ == "__main__":
    cli.run(main, "Start the same command again to go on where it stopped.")
