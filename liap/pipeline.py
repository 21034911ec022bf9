"""The steps that the scripts which explain mentions share: each takes a run and what earlier steps gave.

1. `begin` takes the results folder: `load` reads the corpus and the recogniser, `identity` says what decides the rows.
2. `predict` tags every sentence; `choose` takes the mentions to explain.
3. `score` works through their sentences in chunks, each saved whole, so that a killed run goes on where it was.
4. `write_rows` and `write_structure` join the chunks into the files of the results folder; `report` closes the run.

Who tags, and who annotates and scores, are `liap.executors.local`.

`given` is what `cli.settings` returned: a script's constants and flags. Nothing heavy is imported before it is needed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

# What changes no row: where things are, how work is cut up and by whom it is done.
ELSEWHERE = (
    "results", "cache", "overwrite", "pieces_per_batch", "pictures", "picture_variant",
    "engine", "ray_address", "workers", "cpus_per_worker", "gpus_per_worker",
)  # fmt: skip


def begin(given, settings):
    """The run, its sentences and the engine; None, and a line that says so, where the folder holds this run already."""
    from liap.files import check_folder
    from liap.runs import Run
    from liap.settings import check_number

    check_number("--chunk", given.chunk, 1)
    check_number("--pictures", getattr(given, "pictures", 0), 0)
    for flag in ("results", "cache"):
        if getattr(given, flag, ""):
            check_folder(f"--{flag}", Path(getattr(given, flag)))
    run = Run(Path(given.results))
    with run.phase("load"):
        sentences, engine = load(given, settings)
    if run.begin(identity(given, sentences), overwrite=given.overwrite):
        compare_types(run, sentences, engine.recogniser.labels)
        return run, sentences, engine
    print(f"{run.folder} already holds this run, complete; --overwrite runs it again")
    return None


def load(given, settings):
    """The corpus's sentences and the recogniser behind an engine."""
    from liap import corpora
    from liap.perturbation.engine import Engine
    from liap.taggers.transformer import Recogniser

    if getattr(given, "text", "") or getattr(given, "text_file", ""):
        from liap.corpora.text import from_text

        sentences = from_text(given.text, given.text_file)
    else:
        sentences = corpora.load(given.corpus, given.split, limit=given.sentences)
    recogniser = Recogniser.load(given.model, precision=given.precision, device=given.device)
    settings.check_attention(*recogniser.layers_and_heads)
    return sentences, Engine(recogniser, given.pieces_per_batch)


def identity(given, sentences) -> dict[str, object]:
    """What decides the rows: every setting but those of place and batch, and digests of what was read."""
    from liap.provenance import digest_of, digest_of_weights
    from liap.taggers.checkpoints import local_folder

    settings = {name: value for name, value in vars(given).items() if name not in ELSEWHERE}
    words = digest_of(word for sentence in sentences for word in (*sentence.words, "\n", *(sentence.tags or ())))
    return {**settings, "corpus_digest": words, "model_digest": digest_of_weights(local_folder(given.model))}


def compare_types(run, sentences, labels: Sequence[str]) -> None:
    """Hold the recogniser's entity types against the corpus's: none in common is an InputError, others are told and recorded."""
    from liap.errors import InputError

    known = {label[2:] for label in labels} - {""}
    marked = {tag[2:] for sentence in sentences for tag in sentence.tags or ()} - {""}
    if not marked:  # raw text, or sentences without an entity
        return
    if not known & marked:
        raise InputError(
            f"the recogniser's entity types are {_listed(known)}; the corpus's are {_listed(marked)}: they share none, so every "
            "mention would count as wrong; expected a recogniser of this corpus's types: check --model and --corpus, or rename "
            "the labels in config.json"
        )
    run.facts["types"] = {"recogniser_only": sorted(known - marked), "corpus_only": sorted(marked - known)}
    if known - marked:
        print(f"entity types of the recogniser that the corpus does not mark: {_listed(known - marked)}")
    if marked - known:
        print(f"entity types of the corpus that the recogniser does not know: {_listed(marked - known)}")


def _listed(types: set[str], most: int = 12) -> str:
    shown = ", ".join(sorted(types)[:most])
    return f"{shown} and {len(types) - most} more" if len(types) > most else shown


def predict(run, sentences, workers):
    """The recogniser's tags and mentions of every sentence, and its scores against gold."""
    from liap.taggers.entity_f1 import entity_f1

    found = workers.predict(sentences)
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
    raw = getattr(given, "text", "") or getattr(given, "text_file", "")
    chosen = sample(found, 0 if raw else given.examples_per_type, given.seed)
    run.facts["mentions"] = {"found": len(found), "explained": len(chosen)}
    if not chosen:
        raise InputError(
            f"the recogniser {given.model} finds no mention in {given.corpus} ({given.split}); "
            "expected at least one: check --model and --corpus"
        )
    return chosen


def score(run, sentences, mentions, workers, size: int) -> int:
    """Annotate and score the mentions' sentences, `size` at a time; the number of chunks."""
    chosen, grouped = of_sentences(sentences, mentions)
    chunks = [(chosen[begin : begin + size], grouped[begin : begin + size]) for begin in range(0, len(chosen), size)]
    workers.score(run, chunks)
    facts = [json.loads(run.load_chunk(index)["facts"].tobytes()) for index in range(len(chunks))]
    run.skipped["sentences longer than the role labeller's limit"] = sum(one["too_long"] for one in facts)
    run.facts["forward"] = {name: sum(one[name] for one in facts) for name in ("passes", "pieces")}
    run.facts["parses"] = {"scheme": facts[0]["scheme"], "frames": sum(one["frames"] for one in facts)}
    return len(chunks)


def unparsed(sentences, mentions):
    """Items for explainers that ask for no structure: trees of roots alone, and no frames."""
    from liap.evaluation import Item
    from liap.records import Parse

    items = []
    for sentence, found in zip(*of_sentences(sentences, mentions), strict=True):
        words = len(sentence.words)
        items.append(Item(sentence, found, Parse((-1,) * words, ("root",) * words, ("X",) * words), ()))
    return items


def of_sentences(sentences, mentions) -> tuple[list, list[tuple]]:
    """The sentences that hold any of the mentions, in order, and the mentions of each."""
    by_sentence: dict[int, list] = {}
    for mention in mentions:
        by_sentence.setdefault(mention.sentence, []).append(mention)
    chosen = [sentence for sentence in sentences if sentence.index in by_sentence]
    return chosen, [tuple(by_sentence[sentence.index]) for sentence in chosen]


def score_items(run, items: Sequence, engine, settings, size: int, facts=lambda items: {}) -> int:
    """Score chunk after chunk, leaving out those that an earlier, interrupted run has written; the number of chunks.

    `facts` says what a chunk's file should hold of its items for the run's record.
    """
    from liap.evaluation import evaluate

    chunks = [items[begin : begin + size] for begin in range(0, len(items), size)]
    with bar_of_mentions(item.mentions for item in items) as bar:
        for index, chunk in enumerate(chunks):
            if not run.has_chunk(index):
                with run.phase("score"):
                    outcome = evaluate(engine, chunk, settings)
                run.seconds["forward"] += outcome.meter.seconds
                with run.phase("save"):
                    run.save_chunk(index, *parts_of(outcome, facts(chunk)))
            bar.update(sum(len(item.mentions) for item in chunk))
    return len(chunks)


def bar_of_mentions(mentions):
    """A progress bar over all of them."""
    from tqdm import tqdm

    return tqdm(total=sum(map(len, mentions)), desc="scoring", unit="mention")


def parts_of(outcome, facts: dict) -> tuple[dict[str, str], dict]:
    """A chunk's texts (parts of result files, and facts for the run's record) and arrays (sums of attention)."""
    from liap.tables import significant, to_csv

    lines = [
        {
            "sentence": one.mention.sentence,
            "start": one.mention.start,
            "end": one.mention.end,
            "type": one.mention.predicted_type,
            "probability": significant([one.mention.probability])[0],
            "words": one.sentence.words,
            "scores": {name: significant(scores.tolist()) for name, scores in one.scores.items()},
        }
        for one in outcome.explanations
    ]
    texts = {
        "rows": to_csv(outcome.rows),
        "explanations": "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines),
        "facts": json.dumps(facts | {"passes": outcome.meter.passes, "pieces": outcome.meter.pieces}),
    }
    return texts, outcome.structure.arrays()


def write_rows(run, chunks: int) -> None:
    """Join the chunks into `explanations.jsonl` and `scores.csv`."""
    from liap.records import ScoreRow
    from liap.tables import header

    run.join("explanations.jsonl", "explanations", chunks)
    run.join("scores.csv", "rows", chunks, header(ScoreRow))


def write_structure(run, chunks: int, seed: int) -> None:
    """Add up the chunks' attention sums into `attention_structure.csv`."""
    from liap.diagnostics.attention_structure import StructureRow, StructureSums, summarise
    from liap.files import write_whole
    from liap.tables import header, to_csv

    sums = StructureSums.from_arrays(run.load_chunk(0))
    for index in range(1, chunks):
        sums.merge(StructureSums.from_arrays(run.load_chunk(index)))
    structure = header(StructureRow) + to_csv(summarise(sums, seed=seed))
    write_whole(run.folder / "attention_structure.csv", structure)


def draw(run, sentences, mentions, *, engine, settings, given) -> None:
    """Pictures of some explanations, in `visualizations/`."""
    if given.pictures and "liap" in settings.explainers and given.picture_variant in settings.variants:
        from liap.linguistics.annotation import open_annotator
        from liap.visualization import choose, draw_examples

        chosen = choose(run.folder, mentions, given.picture_variant, seed=settings.seed, count=given.pictures)
        with open_annotator(given) as annotator:
            items = annotator(*of_sentences(sentences, chosen)).items
        draw_examples(run.folder, items, engine, settings, variant=given.picture_variant)
        run.facts["pictures"] = len(chosen)


def report(run) -> None:
    """Close the run, and say what it did and where it is."""
    from liap.provenance import peak_memory

    run.facts["peak_memory_gb"] = round(peak_memory() / 1e9, 3)
    run.finish()
    share = run.seconds["forward"] / max(run.seconds["score"], 1e-9)
    print(f"explained {run.facts['mentions']['explained']} of {run.facts['mentions']['found']} mentions", end="; ")
    print(
        f"scoring took {run.seconds['score']:.1f} s in {run.settings['precision']}, {share:.0%} of it in the model; "
        f"{run.folder}/scores.csv"
    )
    for reason, count in run.skipped.items():
        if count:
            print(f"skipped: {count} {reason}")
