"""Reproduce the published experiment on the model at hand, take its flaws away one at a time, and write docs/published_protocol.md.

    python studies/published_protocol.py
    python studies/published_protocol.py --model best_ner_model --corpus data/conll2003 --parser en_core_web_sm --srl none
    python studies/published_protocol.py --from-csv                  # the document again, from the table of an earlier run

Reads a fine-tuned recogniser and a corpus with gold tags; writes published_protocol.csv (a row per step and group of mentions) and
published_protocol.json (settings, versions, counts) to the results folder, and the numbers into the document. What the published
protocol is, and how each choice was read, is told in liap/published.
"""

import csv
import json
from dataclasses import asdict
from pathlib import Path

from liap import cli

MODEL = "best_ner_model"  # the recogniser: a folder, or a name on the hub
CORPUS = "eriktks/conll2003"  # a folder of column files, a data set's folder or hub name
SPLIT = "test"  # which part of the corpus: train, validation, test
SENTENCES = 0  # read only the first so many sentences of the split; 0: all
EXAMPLES_PER_TYPE = 10  # mentions of each type in the published selection
PARSER = "en_core_web_sm"  # dependency parser: a spaCy pipeline's name or folder, or: gold
SRL = "archive"  # semantic role labeller: archive, allennlp, dependency, gold, none
SRL_ARCHIVE = ""  # an AllenNLP SRL archive: a model.tar.gz or its folder; none: the published one, downloaded once
DRAWS = 64  # random importances drawn for each mention, and tie-breaks where ties are broken at random
PRECISION = "fp32"  # of the recogniser: fp32, bf16 (autocast), bf16-weights
DEVICE = "auto"  # where the recogniser runs: auto, cpu, cuda
PIECES_PER_BATCH = 4096  # pieces in a forward pass, pads counted
SEED = 0  # of random importances and tie-breaks
RESULTS = "results"  # folder for the table
CACHE = ".cache"  # folder where parses, frames and downloads are kept
DOCUMENT = "docs/published_protocol.md"  # the document whose numbers are rewritten; none: no document
FROM_CSV = False  # only rewrite the document, from the results folder

TABLE, ABOUT = "published_protocol.csv", "published_protocol.json"


def main() -> None:
    given = cli.settings(__file__)
    cli.quiet_libraries()
    results = Path(given.results)
    if given.document and not Path(given.document).is_file():
        from liap.errors import InputError

        raise InputError(
            f"{given.document}: no such file; give --document the document to rewrite, or an empty name for none"
        )
    if not given.from_csv:
        write_table(results, given, *experiment(given))
    if given.document:
        write_document(Path(given.document), results)


def experiment(given):
    """(scores, facts): every mention's score under every protocol, and what was read."""
    from tqdm import tqdm

    from liap.published.experiment import scores

    if given.draws < 20:
        from liap.errors import InputError

        raise InputError(f"--draws must be at least 20, got {given.draws}")
    engine, items, facts = load(given)
    found = []
    with tqdm(total=len(items), desc="scoring", unit="sentence") as bar:
        for item in items:
            found += scores(engine, item, seed=given.seed, draws=given.draws)
            bar.update()
    return found, facts


def load(given):
    """The engine, the sentences to measure with both kinds of parse, and what the document says of them."""
    from liap import corpora
    from liap.evaluation import predict
    from liap.perturbation.engine import Engine
    from liap.published import selection
    from liap.published.experiment import gather
    from liap.taggers.transformer import Recogniser

    sentences = corpora.load(given.corpus, given.split, limit=given.sentences)
    gold = selection.gold_targets(sentences, given.examples_per_type)
    recogniser = Recogniser.load(given.model, precision=given.precision, device=given.device)
    engine = Engine(recogniser, given.pieces_per_batch)
    predictions = predict(engine, sentences)
    fitting = {one.index for one, tags in zip(sentences, predictions.tags, strict=True) if tags is not None}
    predicted = selection.predicted_targets([one for found in predictions.mentions for one in found])
    groups = gather(sentences, [target for target in gold if target.sentence in fitting], predicted)
    config = recogniser.model.config
    facts = {
        "model": f"{config.model_type}, {config.num_hidden_layers} layers, {config.num_attention_heads} heads, width {config.hidden_size}",
        "corpus": f"{Path(given.corpus).name}, {given.split}, {len(sentences)} sentences",
        "parser": Path(given.parser).name,
        "roles": f"{given.srl} {Path(given.srl_archive).name}".strip(),
        "draws": given.draws,
        "too_long": len(sentences) - len(fitting),
    }
    return engine, annotate(groups, given), facts


def annotate(groups, given):
    """Parses and frames of the corpus's words, and of the text as the parser splits it where there is a gold mention."""
    from liap.errors import InputError
    from liap.published.experiment import Item, as_the_parser_splits

    if not any(gold for _, gold, _ in groups):
        raise InputError(
            f"{given.corpus} ({given.split}) has no gold mention in a sentence of 8 to 40 words; check --corpus"
        )
    corpus = annotated([sentence for sentence, _, _ in groups], given)
    with_gold = [sentence for sentence, gold, _ in groups if gold]
    own = "gold" in (given.parser, given.srl)  # gold annotation knows the corpus's words alone
    texts = iter(annotated(with_gold if own else as_the_parser_splits(with_gold, given.parser), given))
    return [
        Item(one, next(texts) if gold else one, gold, predicted)
        for one, (_, gold, predicted) in zip(corpus, groups, strict=True)
    ]


def annotated(sentences, given):
    from liap.linguistics import dependency, srl
    from liap.published.measure import Annotated

    cache = Path(given.cache) if given.cache else None
    parses = dependency.parse(sentences, given.parser, cache=cache, progress=True)
    settings = srl.Settings(archive=given.srl_archive, cache=cache, progress=True)
    frames = srl.label(sentences, parses, given.srl, settings=settings)
    return [Annotated(*one) for one in zip(sentences, parses, frames, strict=True)]


def table(scores):
    """The scores' groups as rows: the steps, the strategies, the types, and whether LIME answered."""
    from liap.explainers.liap_published import STRATEGIES
    from liap.published.experiment import BEST, LAST
    from liap.published.steps import STEPS

    path = [one for one in scores if one.strategy == "both"]
    first = [one for one in path if one.step == 0]
    groups = []
    for step, (label, _) in enumerate(STEPS):
        here = [one for one in path if one.step == step]
        samples = ("predicted",) if step == LAST else ("published", "gold")
        groups += [("path", step, label, sample, _of(here, sample)) for sample in samples]
    names = {"both": "both: the published call", BEST: "best of the five"}
    for strategy in (*STRATEGIES, BEST):
        here = [one for one in scores if one.step == 0 and one.strategy == strategy]
        label = names.get(strategy, strategy)
        groups += [("strategy", 0, label, sample, _of(here, sample)) for sample in ("published", "gold")]
    chosen = _of(first, "published")
    for kind in sorted({one.target.entity_type for one in chosen}):
        groups.append(("type", 0, kind, "published", [one for one in chosen if one.target.entity_type == kind]))
    for answered, label in ((True, "answered"), (False, "did not")):
        groups.append(("lime", 0, label, "published", [one for one in chosen if one.lime_answered is answered]))
    return [summary(*group) for group in groups]


def _of(scores, sample):
    return [one for one in scores if one.target.published] if sample == "published" else scores


def summary(name, step, label, sample, scores):
    """Statistics of LIAP, random, and their paired difference, over the mentions that are scored."""
    import numpy as np

    from liap.published.document import TableRow
    from liap.reports.statistics import RESAMPLES, SEED, deviation, document_weights, estimate, median

    values = np.array([(one.liap, one.random, one.liap - one.random) for one in scores]).reshape(-1, 3)
    _, documents = np.unique([one.target.document for one in scores], return_inverse=True)
    held = int(documents.max(initial=-1)) + 1
    nan = float("nan")
    if not held or np.isnan(values).all():
        return TableRow(name, step, label, sample, len(scores), 0, *[nan] * 7)
    weights = document_weights(held, RESAMPLES, np.random.default_rng(SEED))
    found = estimate(values, documents, weights)
    return TableRow(
        table=name,
        step=step,
        label=label,
        sample=sample,
        mentions=len(scores),
        n=int(found.n[0]),
        liap=float(found.mean[0]),
        median=float(median(values)[0]),
        sd=float(deviation(values)[0]),
        random=float(found.mean[1]),
        difference=float(found.mean[2]),
        low=float(found.low[2]),
        high=float(found.high[2]),
    )


def write_table(results: Path, given, scores, facts) -> None:
    from liap.files import write_whole
    from liap.provenance import provenance
    from liap.published.document import TableRow
    from liap.tables import header, to_csv

    chosen = [one for one in scores if one.target.published and one.step == 0 and one.strategy == "both"]
    facts["lime_saw_mention"] = sum(one.lime_saw_mention for one in chosen)
    write_whole(results / TABLE, header(TableRow) + to_csv(table(scores)))
    about = {"settings": vars(given), "facts": facts, **provenance()}
    write_whole(results / ABOUT, json.dumps(about, indent=2) + "\n")
    print(f"{results / TABLE}: {len(scores)} scores of {len({one.target for one in scores})} mentions")


def read_table(path: Path):
    """The rows of an earlier run."""
    from dataclasses import fields

    from liap.errors import InputError
    from liap.published.document import TableRow
    from liap.tables import unescape

    if not path.is_file():
        raise InputError(f"{path}: no such file; run without --from-csv first, or name its folder by --results")
    read = {"str": unescape, "int": int, "float": lambda cell: float(cell or "nan")}
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    try:
        return [TableRow(**{one.name: read[one.type](line[one.name]) for one in fields(TableRow)}) for line in lines]
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(f"{path}: not a table of this script ({error}); run without --from-csv") from error


def write_document(document: Path, results: Path) -> None:
    from liap.files import write_whole
    from liap.published.document import Facts, blocks, replaced

    rows = read_table(results / TABLE)
    facts = json.loads((results / ABOUT).read_text(encoding="utf-8"))["facts"]
    known = Facts(**{name: facts[name] for name in asdict(Facts("", "", "", "", 0, 0))})
    text = document.read_text(encoding="utf-8")
    write_whole(document, replaced(text, blocks(rows, known), str(document)))
    print(f"{document}: rewritten from {results / TABLE}")


if __name__ == "__main__":
    cli.run(main)
