"""Do explanations agree with the words that people marked? And do those that do stay faithful to the recogniser?

    python finetune.py --hold-out data/triggerner/conll_trigger_20.txt --output held_out_model
    python studies/people.py --model held_out_model --corpus data/conll2003 --triggers data/triggerner/conll_trigger_20.txt
    python studies/people.py --explainers liap matched_window occlusion random --targets-per-type 100   # fewer of both

Reads a recogniser that was trained without these sentences, a file of human triggers (TriggerNER, Lin et al. 2020), and the corpus
from which its sentences come. Explains each target that the recogniser finds with its span. Writes, besides scores.csv,
explanations.jsonl and run.json, to the results folder: people_masks.csv (masks against triggers), people_rankings.csv (rankings against
triggers), people_structure.csv (triggers against structure), people_and_model.csv and people_and_model.png (agreement with people beside
faithfulness), people_prior.csv (structure as a prior over occlusion) and people.json (how many targets are lost).
docs/definitions.md has every column. The same command on a complete run makes the tables again.
"""

from pathlib import Path

from liap import cli

MODEL = "best_ner_model"  # the recogniser, trained without the triggers' sentences: a folder, or a name on the hub
TYPE_MAP = ()  # the recogniser's entity types in the corpus's terms, such as PERSON=PER; PERSON= drops a type
TRIGGERS = "data/triggerner/conll_trigger_20.txt"  # the file of human triggers
CORPUS = "eriktks/conll2003"  # the corpus from which its sentences come: a folder, or a data set's name on the hub
SPLIT = "train"  # which part of the corpus: train, validation, test
SENTENCES = 0  # sentences with triggers, from the start of the corpus; 0: all
TARGETS_PER_TYPE = 0  # targets sampled for each predicted type, of those that the recogniser finds; 0: all
PARSER = "en_core_web_sm"  # dependency parser: a spaCy pipeline's name or folder
SRL = "archive"  # semantic role labeller: archive, allennlp, dependency, none
SRL_ARCHIVE = ""  # an AllenNLP SRL archive: a model.tar.gz or its folder; empty: the published one, downloaded once
SRL_ENCODER = ""  # a folder with the role labeller's vocabulary; empty: beside the archive, else from the hub
SRL_PRECISION = "fp32"  # of the role labeller: fp32, bf16
EXPLAINERS = (
    "liap", "matched_random", "matched_window", "matched_distance", "attention", "rollout", "gradient_x_input",
    "integrated_gradients", "occlusion", "occlusion_ceiling", "nearest_words", "random",
)  # fmt: skip  # explainers to run, by name; one of your own: FILE.py:FUNCTION
VARIANTS = ("syntactic", "frame", "predicate", "core", "same_role", "both", "either")  # pruning variants of LIAP
VARIANT = "syntactic"  # the variant in sentences and in the plot, and the prior over occlusion
OPERATOR = "mask"  # how LFS takes a word away: mask, unk, delete
EXPLAINER_OPERATOR = "unk"  # how explainers that perturb take a word away: mask, unk, delete
K = 3  # words at each end of a ranking that LFS masks
TIES = "random"  # order of tied words: random (64 tie-breaks), attention (unpruned)
DRAWS = 64  # masks drawn for each random control
HOPS = 1  # steps in the dependency tree that pruning keeps
IG_STEPS = 32  # points at which integrated_gradients takes the gradient
LIME_SAMPLES = 1000  # perturbed sentences that lime draws for each mention
PRECISION = "fp32"  # of the recogniser: fp32, bf16 (autocast), bf16-weights
DEVICE = "auto"  # where the recogniser runs: auto, cpu, cuda
PIECES_PER_BATCH = 0  # pieces in a forward pass, with padding; 0: what suits the device
CHUNK = 64  # sentences that are scored and saved at a time
RESAMPLES = 2000  # bootstrap resamples of the documents
SEED = 0  # of random controls, tie-breaks and the halves of the documents
FORMATS = ("png",)  # of the plots, one or more of: png, pdf, svg
FONT_SIZE = 10.0  # points, of the plots' labels; small print is smaller
COLUMN_WIDTH = 0.0  # inches, of a paper's column that plots are drawn for, such as 3.3; 0: each plot's own width
RESULTS = "results/people"  # folder for what is written
CACHE = ".cache"  # folder where parses, frames and downloads are kept
OVERWRITE = False  # start afresh, even if the results folder holds another run


def main() -> None:
    from liap.people.people_settings import PeopleSettings

    settings = cli.settings(__file__, PeopleSettings)
    from liap import pipeline  # after the flags are read, so that --help and wrong flags answer at once
    from liap.people import marked_words, people_tables, trigger_targets

    job = pipeline.begin(
        settings, studies=(marked_words.MarkedWords,), tables=(marked_words.FILE,), read=trigger_targets.read_marked
    )
    if job is not None:
        explain(job)
    print(people_tables.write(Path(settings.results), settings))


def explain(job) -> None:
    """Explain every target that the recogniser finds, and keep what is known of its words."""
    from liap import pipeline
    from liap.corpora.sampling import sample
    from liap.executors import LocalExecutor
    from liap.people import marked_words, people_tables, trigger_targets

    executor = LocalExecutor(job.worker)
    mentions = pipeline.choose_mentions(job, executor)
    with job.run.unchanged_if_refused():
        found, counts = trigger_targets.found_targets(job.sentences, mentions)
    chosen = sample(found, job.settings.targets_per_type, job.settings.seed)
    job.facts.mentions["explained"] = len(chosen)
    print(
        f"{counts.found} of {counts.targets} targets are mentions of the recogniser, {counts.other_type} of them of another type; "
        f"{counts.targets - counts.found} are lost; {len(chosen)} are explained"
    )
    chunks = pipeline.explain(job, chosen, executor)
    with job.run.phase("write"):
        people_tables.write_counts(job.run.folder, counts)
        job.run.write(marked_words.FILE, marked_words.join(map(job.run.load_chunk, range(chunks))))
        pipeline.write_rows(job, chunks)
    pipeline.report(job)


if __name__ == "__main__":
    cli.run(main, "Start the same command again to go on where it stopped.")
