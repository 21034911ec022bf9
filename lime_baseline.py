"""Explain a recogniser's mentions with LIME alone: its own pages, its faithfulness, and how far two seeds agree.

    python lime_baseline.py
    python lime_baseline.py --model best_ner_model --corpus data/conll2003 --examples-per-type 100
    python lime_baseline.py --corpus planted --examples 20 --instability-per-type 0

Reads a fine-tuned recogniser (see finetune.py) and a corpus; writes to the results folder example_<n>.html (LIME's pages),
explanations.jsonl (a weight per word), scores.csv (a row per mention), instability.csv and lime_instability.png (two seeds
compared, over numbers of samples), instability_mentions.csv and run.json. With the same seed, run_liap_evaluation.py samples
the same mentions; with --explainers lime liap ... it compares them there. An interrupted run goes on where it was.
"""

from liap import cli, pipeline
from liap.executors import local as engines

MODEL = "best_ner_model"  # the recogniser: a folder, or a name on the hub
CORPUS = "eriktks/conll2003"  # a folder of column files, a data set's folder or hub name, or: planted
SPLIT = "test"  # which part of the corpus: train, validation, test
SENTENCES = 0  # read only the first so many sentences of the split; 0: all
EXAMPLES_PER_TYPE = 10  # mentions sampled for each predicted type; 0: every mention
LIME_SAMPLES = 1000  # perturbed sentences that LIME draws for a mention
EXAMPLES = 10  # mentions with a page of their own: the first so many
INSTABILITY_PER_TYPE = 5  # mentions of each type that two seeds explain, at each number of samples; 0: none
INSTABILITY_SAMPLES = ("100", "300", "1000", "3000")  # numbers of samples at which two seeds are compared
OPERATOR = "mask"  # how the metric takes a word away: mask, unk, delete
EXPLAINER_OPERATOR = "unk"  # how LIME takes a word away: mask, unk, delete
K = 3  # words at each end of a ranking that LFS masks
RANKING = "signed"  # rank words by signed support, or by its size: signed, absolute
PRECISION = "fp32"  # of the recogniser: fp32, bf16 (autocast), bf16-weights
DEVICE = "auto"  # where the recogniser runs: auto, cpu, cuda
PIECES_PER_BATCH = 0  # pieces in a forward pass, pads counted; 0: what suits the device
CHUNK = 4  # sentences that are scored, and written, at a time
SEED = 0  # of sampling and of LIME; the second seed of a comparison is the next number
RESULTS = "results/lime"  # folder for what is written
OVERWRITE = False  # start afresh in a results folder that holds another run


def main() -> None:
    given = cli.settings(__file__)
    cli.quiet_libraries()
    settings, sizes = evaluation_settings(given), sample_sizes(given)
    begun = pipeline.begin(given, settings)
    if begun is None:
        return
    run, sentences, engine = begun
    with run.phase("predict"):
        predictions = pipeline.predict(run, sentences, engines.Here(engine))
    mentions = pipeline.choose(run, predictions, given)
    chunks = pipeline.score_items(run, pipeline.unparsed(sentences, mentions), engine, settings, given.chunk)
    with run.phase("instability"):
        items = pipeline.unparsed(sentences, few_of(mentions, given)) if given.instability_per_type else []
        compared = compare_seeds(run, items, engine, settings, sizes=sizes, first=chunks)
    with run.phase("write"):
        write_instability(run, compared)
        pipeline.write_rows(run, chunks)
        write_pages(run, given.examples)
    pipeline.report(run)


def evaluation_settings(given):
    from liap.settings import EvaluationSettings

    return EvaluationSettings(
        explainers=("lime",),
        operator=given.operator,
        explainer_operator=given.explainer_operator,
        k=given.k,
        ranking=given.ranking,
        lime_samples=given.lime_samples,
        seed=given.seed,
    )


def sample_sizes(given) -> tuple[int, ...]:
    """The numbers of samples at which seeds are compared, ascending."""
    from liap.errors import InputError

    for flag, value in (("--examples", given.examples), ("--instability-per-type", given.instability_per_type)):
        if value < 0:
            raise InputError(f"{flag} must be 0 or more, got {value}")
    for text in given.instability_samples:
        if not (text.isascii() and text.isdecimal() and int(text) >= 20):
            raise InputError(f"--instability-samples must be numbers from 20, got {text!r}")
    return tuple(sorted(set(map(int, given.instability_samples))))


def few_of(mentions, given):
    """A smaller sample, a part of the one that is explained."""
    from liap.corpora.sampling import sample

    return sample(mentions, given.instability_per_type, given.seed)


def compare_seeds(run, items, engine, settings, *, sizes, first: int) -> range:
    """Explain under two seeds with each number of samples, a sentence a chunk; the chunks' numbers, from `first`."""
    from dataclasses import replace

    from tqdm import tqdm

    from liap.diagnostics.instability import compare
    from liap.evaluation import evaluate
    from liap.tables import to_csv

    items = items if sizes else []
    with tqdm(total=sum(len(item.mentions) for item in items), desc="comparing seeds", unit="mention") as bar:
        for index, item in enumerate(items, start=first):
            if not run.has_chunk(index):
                rows = []
                for samples in sizes:
                    seeds = (settings.seed, settings.seed + 1)
                    pair = [
                        evaluate(engine, [item], replace(settings, lime_samples=samples, seed=seed)) for seed in seeds
                    ]
                    rows += compare(*(outcome.explanations for outcome in pair), "lime", samples)
                run.save_chunk(index, {"instability": to_csv(rows)}, {})
            bar.update(len(item.mentions))
    return range(first, first + len(items))


def write_instability(run, chunks: range) -> None:
    """Join the compared mentions, and write their summary and plot."""
    if not chunks:
        return
    from liap.diagnostics.instability import InstabilityRow
    from liap.files import write_whole
    from liap.reports.instability import InstabilitySummary, plot_instability, read_mentions, summarise
    from liap.reports.style import save
    from liap.tables import header, to_csv

    path = run.folder / "instability_mentions.csv"
    parts = [run.load_chunk(index)["instability"].tobytes().decode("utf-8") for index in chunks]
    write_whole(path, header(InstabilityRow) + "".join(parts))
    rows = read_mentions(path)
    summaries = summarise(rows)
    write_whole(run.folder / "instability.csv", header(InstabilitySummary) + to_csv(summaries))
    save(plot_instability(rows, summaries), run.folder / "lime_instability.png")
    for one in summaries:
        print(
            f"{one.measure} of two seeds at {one.samples} samples: {one.mean:.3f} "
            f"[{one.low:.3f}, {one.high:.3f}], sd {one.sd:.3f}, n = {one.n}"
        )


def write_pages(run, count: int) -> None:
    """LIME's pages of the first explained mentions, from their lines in `explanations.jsonl`."""
    from itertools import islice

    from liap.reports import lime_pages

    found = list(islice(lime_pages.read_explanations(run.folder / "explanations.jsonl"), count))
    paths = lime_pages.write_pages(run.folder, found)
    print(f"{len(paths)} pages: {run.folder}/example_<n>.html")


if __name__ == "__main__":
    cli.run(main, "Start the same command again to go on where it stopped.")
