"""Explain a recogniser's mentions with LIAP, its controls and other explainers, and score the explanations by perturbation.

    python run_liap_evaluation.py                                       # the published setting: 10 mentions a type
    python run_liap_evaluation.py --examples-per-type 0                 # every mention the recogniser finds
    python run_liap_evaluation.py --model best_ner_model --corpus data/conll2003 --parser en_core_web_sm --srl none

Reads a fine-tuned recogniser (see finetune.py) and a corpus; writes scores.csv (a row per mention and explainer),
explanations.jsonl (a score per word), attention_structure.csv and run.json to the results folder. A run that was interrupted
goes on where it was when started again with the same settings. Then: analyze_results.py.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from liap import cli

MODEL = "best_ner_model"  # the recogniser: a folder, or a name on the hub
CORPUS = "eriktks/conll2003"  # a folder of column files, a data set's folder or hub name, or: planted
SPLIT = "test"  # which part of the corpus: train, validation, test
SENTENCES = 0  # read only the first so many sentences of the split; 0: all
EXAMPLES_PER_TYPE = 10  # mentions sampled for each predicted type; 0: every mention
PARSER = "en_core_web_sm"  # dependency parser: a spaCy pipeline's name or folder, or: gold
SRL = "archive"  # semantic role labeller: archive, gold, none
SRL_ARCHIVE = ""  # an AllenNLP SRL archive: a model.tar.gz or its folder; none: the published one, downloaded once
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
LAYERS = "all"  # layers whose attention counts: all, or numbers from 0 with commas
HEADS = "all"  # heads whose attention counts: all, or numbers from 0 with commas
HOPS = 1  # steps in the dependency tree that pruning keeps
SIBLINGS = False  # whether pruning also keeps words under the same head
RENORMALISE = False  # whether attention rows are renormalised after pruning
PRECISION = "fp32"  # of the recogniser: fp32, bf16 (autocast), bf16-weights
DEVICE = "auto"  # where the recogniser runs: auto, cpu, cuda
PIECES_PER_BATCH = 4096  # pieces in a forward pass, pads counted
CHUNK = 64  # sentences that are scored, and written, at a time
SEED = 0  # of sampling, controls and tie-breaks
RESULTS = "results"  # folder for what is written
CACHE = ".cache"  # folder where parses, frames and downloads are kept
OVERWRITE = False  # start afresh in a results folder that holds another run


def main() -> None:
    given = cli.settings(__file__)
    cli.quiet_libraries()
    from liap.runs import Run

    settings = evaluation_settings(given)
    run = Run(Path(given.results))
    with run.phase("load"):
        sentences, engine = load(given, settings)
    if not run.begin(identity(given, sentences), overwrite=given.overwrite):
        print(f"{run.folder} already holds this run, complete; --overwrite runs it again")
        return
    with run.phase("predict"):
        predictions = predict(run, sentences, engine)
    mentions = choose(run, predictions, given)
    items = annotate(run, sentences, mentions, given)
    with run.phase("score"):
        chunks = score(run, items, engine, settings, given.chunk)
    with run.phase("write"):
        write(run, chunks, given.seed)
    report(run)


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
        layers=numbers("--layers", given.layers),
        heads=numbers("--heads", given.heads),
        hops=given.hops,
        siblings=given.siblings,
        renormalise=given.renormalise,
        seed=given.seed,
    )


def load(given, settings):
    """The corpus's sentences and the recogniser behind an engine."""
    from liap import corpora
    from liap.ner.model import Recogniser
    from liap.perturbation.engine import Engine

    sentences = corpora.load(given.corpus, given.split, limit=given.sentences)
    recogniser = Recogniser.load(given.model, precision=given.precision, device=given.device)
    settings.check_attention(*recogniser.layers_and_heads)
    return sentences, Engine(recogniser, given.pieces_per_batch)


def identity(given, sentences) -> dict[str, object]:
    """What decides the rows: every setting but those of place and batch, and digests of what was read."""
    from liap.ner.checkpoints import local_folder
    from liap.provenance import digest_of, digest_of_weights

    elsewhere = ("results", "cache", "overwrite", "pieces_per_batch")
    settings = {name: value for name, value in vars(given).items() if name not in elsewhere}
    words = digest_of(word for sentence in sentences for word in (*sentence.words, "\n", *(sentence.tags or ())))
    return {**settings, "corpus_digest": words, "model_digest": digest_of_weights(local_folder(given.model))}


def predict(run, sentences, engine):
    """The recogniser's tags and mentions of every sentence, and its scores against gold."""
    from liap.evaluation import predict as tag
    from liap.ner.entity_f1 import entity_f1

    found = tag(engine, sentences)
    run.skipped["sentences longer than the model's limit"] = sum(tags is None for tags in found.tags)
    gold = [(one.tags, tags) for one, tags in zip(sentences, found.tags, strict=True) if one.tags and tags is not None]
    if gold:
        scores = entity_f1([tags for tags, _ in gold], [tags for _, tags in gold])
        run.facts["recogniser"] = {one.entity_type: asdict(one) for one in scores}
    run.facts["sentences"] = len(sentences)
    return found


def choose(run, predictions, given):
    """The mentions to explain: a sample stratified by predicted type, or all."""
    from liap.corpora.sampling import sample
    from liap.errors import InputError

    found = [mention for mentions in predictions.mentions for mention in mentions]
    chosen = sample(found, given.examples_per_type, given.seed)
    run.facts["mentions"] = {"found": len(found), "explained": len(chosen)}
    if not chosen:
        raise InputError(
            f"the recogniser {given.model} finds no mention in {given.corpus} ({given.split}); "
            "expected at least one: check --model and --corpus"
        )
    return chosen


def annotate(run, sentences, mentions, given):
    """The chosen mentions' sentences, with parses and frames."""
    from liap.evaluation import Item
    from liap.linguistics import dependency, srl

    cache = Path(given.cache) if given.cache else None
    by_sentence: dict[int, list] = {}
    for mention in mentions:
        by_sentence.setdefault(mention.sentence, []).append(mention)
    chosen = [sentence for sentence in sentences if sentence.index in by_sentence]
    with run.phase("parse"):
        parses = dependency.parse(chosen, given.parser, cache=cache, progress=True)
    with run.phase("roles"):
        settings = srl.Settings(archive=given.srl_archive, cache=cache, progress=True)
        frames = srl.label(chosen, parses, given.srl, settings=settings)
    run.facts["parses"] = {"scheme": parses[0].scheme, "frames": sum(map(len, frames))}
    return [
        Item(sentence, tuple(by_sentence[sentence.index]), parse, found)
        for sentence, parse, found in zip(chosen, parses, frames, strict=True)
    ]


def score(run, items: Sequence, engine, settings, size: int) -> int:
    """Score chunk after chunk, leaving out those that an earlier, interrupted run has written; the number of chunks."""
    from tqdm import tqdm

    from liap.evaluation import evaluate

    chunks = [items[begin : begin + size] for begin in range(0, len(items), size)]
    with tqdm(total=sum(len(item.mentions) for item in items), desc="scoring", unit="mention") as bar:
        for index, chunk in enumerate(chunks):
            if not run.has_chunk(index):
                save(run, index, evaluate(engine, chunk, settings))
            bar.update(sum(len(item.mentions) for item in chunk))
    return len(chunks)


def save(run, index: int, outcome) -> None:
    """Write a chunk's outcome, and add up where its time went."""
    from liap.tables import significant, to_csv

    lines = [
        {
            "sentence": one.mention.sentence,
            "start": one.mention.start,
            "end": one.mention.end,
            "type": one.mention.predicted_type,
            "words": one.sentence.words,
            "scores": {name: significant(scores.tolist()) for name, scores in one.scores.items()},
        }
        for one in outcome.explanations
    ]
    texts = {
        "rows": to_csv(outcome.rows),
        "explanations": "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines),
    }
    run.seconds["forward"] += outcome.meter.seconds
    run.save_chunk(index, texts, outcome.structure.arrays())


def write(run, chunks: int, seed: int) -> None:
    """Join the chunks into the files of the results folder."""
    from liap.diagnostics.attention_structure import StructureRow, StructureSums, summarise
    from liap.records import ScoreRow
    from liap.runs import write_whole
    from liap.tables import header, to_csv

    run.join("explanations.jsonl", "explanations", chunks)
    sums = StructureSums.from_arrays(run.load_chunk(0))
    for index in range(1, chunks):
        sums.merge(StructureSums.from_arrays(run.load_chunk(index)))
    structure = header(StructureRow) + to_csv(summarise(sums, seed=seed))
    write_whole(run.folder / "attention_structure.csv", structure)
    run.join("scores.csv", "rows", chunks, header(ScoreRow))


def report(run) -> None:
    """Close the run, and say what it did and where it is."""
    from liap.provenance import peak_memory

    run.facts["peak_memory_gb"] = round(peak_memory() / 1e9, 3)
    run.finish()
    share = run.seconds["forward"] / max(run.seconds["score"], 1e-9)
    print(f"explained {run.facts['mentions']['explained']} of {run.facts['mentions']['found']} mentions", end="; ")
    print(f"scoring took {run.seconds['score']:.1f} s, {share:.0%} of it in the model; {run.folder}/scores.csv")
    for reason, count in run.skipped.items():
        if count:
            print(f"skipped: {count} {reason}")


if __name__ == "__main__":
    cli.run(main, "Start the same command again to go on where it stopped.")
