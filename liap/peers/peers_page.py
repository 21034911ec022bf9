"""The rows of the comparison -> `docs/peers.md`."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from liap.peers import peer_files
from liap.peers.comparison import EVERY_TOKEN, FERRET, OWN
from liap.peers.peer_defects import FAILED
from liap.peers.peer_tables import METRICS, BenchmarkRow, DefectRow, PeerRow
from liap.reports.layout import MISSING, markdown, number, percent

NAMES = {
    "gradient": "gradient", "gradient_x_input": "gradient x input", "integrated_gradients": "integrated gradients",
    "lime": "LIME", "shap": "SHAP", "leave_one_out": "leave one out", EVERY_TOKEN: "integrated gradients, every token",
    METRICS: METRICS,
}  # fmt: skip
PEERS = ("ferret", "captum", "lime", "shap", "transformers-interpret")
SOURCES = """\
| package | source | what a user asks it for, here |
|---|---|---|
| ferret | Attanasio, Pastor, Di Bonaventura & Nozza 2023 (EACL demonstrations) | it knows sequence classifiers. The model is wrapped so that it answers with the logits of the piece at which the word begins, as `TokenClassificationHelper` of its development branch does. Batches of 8, its own |
| captum | Kokhlikyan et al. 2020 (arXiv 2009.07896) | `LayerIntegratedGradients` on the model's embeddings, a baseline of pads between the special tokens, as in its tutorial on BERT; all points in one batch, its default. `FeatureAblation` with the mask token, 32 at a time |
| lime | Ribeiro, Singh & Guestrin 2016 (KDD) | `LimeTextExplainer` with its defaults and a function from texts to the label probabilities of that piece, in batches of 32 |
| shap | Lundberg & Lee 2017 (NeurIPS) | `shap.Explainer(function, tokenizer)`, its partition explainer for text, with the same function |
| transformers-interpret | Pierse 2021, on captum | `TokenClassificationExplainer` with `ignored_indexes`, so that it explains one token |

A place is that of the word's first piece in the sentence as it is; a row of pieces that ends before it answers zeros, as in ferret's
helper. LIAP's own SHAP is kernel SHAP, the peers' is partition SHAP: the number of evaluations is the same, the method is not. ferret's
gradient is one of the logit, summed over dimensions; LIAP's is the length of that of the probability.
"""
HOW = """\
`make peers-env` builds the peers' environment from requirements-peers.txt: 2.4 GB, two minutes on an idle machine. It holds the newest versions in
which every peer's own requirements are met together; ferret keeps captum below 0.8, shap below 0.45, NumPy below 2 and transformers below 5.

LIAP runs in this process, the peers in a process and an environment of their own (`.venv-peers`). They take turns in each repeat, and medians
count; loading and a first explanation are outside the clock. Seconds are those of the processor, because the machine is shared: with one
thread an idle machine's clock shows as many. Every mention is explained at its first word, by the probability of the recogniser's own tag there."""
DEFECTS = """\
A mention is counted as affected where the defect is in one unit, or one row, of its explanation. In brackets is the share of the perturbed rows
that have it, a mean over mentions. All is counted on what the packages returned, and on the rows of pieces that they gave to the model
(`liap/peers/peer_defects.py`).

- `word_cut`: a word lies in several units, and the package does not say how they make a score of the word.
- `word_unscored`: a word, or a part of it, has no score.
- `words_joined`: a unit holds several words, or stands for equal words at several places.
- `special_scored`, `special_perturbed`: a special token has a score, or is hidden from the model.
- `retokenised`: a perturbed text became pieces that are not in the sentence.
- `place_moved`: the piece that is read is not the word's, nor the token that hides it: p of another word.
- `word_hidden`: the word itself is hidden where its p is read. That is a choice, and no error; LIAP does not make it.
- `other_occurrence`: looking the token up by its string finds another place.
- `failed`: the package raised an error.
"""


def page(folder: Path) -> str:
    """The page as Markdown, of the parts that the results folder has."""
    peers, benchmark, defects = (peer_files.read(folder, name) for name in peer_files.KINDS)
    by_part = peer_files.read_record(folder)
    parts = [
        "# Beside other packages",
        "`benchmarks/peers.py` makes this page; do not edit it.",
        "```sh\nmake peers-env\n"
        + "\n".join(command(part, one["settings"]) for part, one in by_part.items())
        + "\n```",
        *(setting_out(part, one) for part, one in by_part.items()),
        HOW,
        "## What the packages are asked for",
        SOURCES.rstrip(),
    ]
    if peers:
        parts += ["## Seconds per explanation", markdown(*times(peers), left=2)]
        parts += [notes_on_times(by_part["explainers"]["settings"]), "## The same values", same_values(peers)]
    if benchmark:
        parts += ["## The shared benchmark", shared(benchmark)]
    parts += ["## The aims", "\n".join(f"- {line}" for line in aims(peers, benchmark))]
    parts += ["## What goes wrong on mentions", DEFECTS.rstrip(), markdown(*defect_table(defects), left=3)]
    parts += ["## Versions", *(markdown(*versions(one["versions"]), left=1) for one in list(by_part.values())[:1])]
    return "\n\n".join(parts) + "\n"


def command(part: str, settings: Mapping[str, Any]) -> str:
    flags = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in settings.items())
    return f"python benchmarks/peers.py --model best_ner_model --corpus data/conll2003 --parts {part} \\\n    {flags}"


def setting_out(part: str, record: Mapping[str, Any]) -> str:
    model, words, threads = record["model"], record["words"], record["threads"]
    return (
        f"*{part}*: {record['mentions']} mentions in sentences of {min(words)} to {max(words)} words (mean {statistics.mean(words):.1f}), a "
        f"recogniser of {model['layers']} layers and {model['parameters'] / 1e6:.1f} M parameters in fp32, {threads['LIAP']} thread on LIAP's side and "
        f"{threads['peers']} on the peers', {record['settings']['repeats']} repeats."
    )


def times(rows: Sequence[PeerRow]) -> tuple[list[str], list[list[str]]]:
    """Header and lines."""
    lines = [
        [
            NAMES[row.explainer],
            row.engine,
            f"{row.cpu_seconds:.3f} ({row.cpu_seconds_lowest:.3f} to {row.cpu_seconds_highest:.3f})",
            number(row.seconds),
            f"{row.ratio:.2f}",
            number(row.spearman, 2),
        ]
        for row in rows
    ]
    return ["explainer", "by", "s", "s by the clock", "times LIAP's", "rank correlation with LIAP"], lines


def notes_on_times(settings: Mapping[str, Any]) -> str:
    return (
        f"LIME draws {settings['samples']} samples, SHAP {settings['evaluations']} evaluations, and integrated gradients {settings['steps']} points "
        "on both sides. *One by one* is LIAP with a reading of its own for each mention, so nothing is shared. The correlation is Spearman's over the "
        "context words, a mean over mentions, with the peers' units spread over the words they lie in. It says how far the *methods* differ too: in "
        "baselines, in what hides a word, and in chance, for those that draw."
    )


def same_values(rows: Sequence[PeerRow]) -> str:
    """A line per explainer whose definition captum was given."""
    lines = [
        f"- {NAMES[row.explainer]}: at most {row.largest_difference:.1e} for any context word of the {row.mentions} mentions"
        for row in rows
        if not math.isnan(row.largest_difference)
    ]
    text = (
        "captum, given LIAP's target, baseline (the context's pieces masked) and number of points, must give LIAP's word scores, summed over "
        "pieces. It differs by"
    )
    return text + "\n\n" + "\n".join(lines)


def shared(rows: Sequence[BenchmarkRow]) -> str:
    lines = [
        [
            row.engine, str(row.mentions), number(row.explain_cpu_seconds, 2), number(row.evaluate_cpu_seconds, 2),
            number(row.cpu_seconds, 2), number(row.seconds, 2), f"{row.ratio:.1f}",
        ]
        for row in rows
    ]  # fmt: skip
    header = ["by", "mentions", "explaining, s", "metrics, s", "in all, s per mention", "s by the clock", "ratio"]
    return (
        "Five explainers (gradient, gradient x input, integrated gradients, LIME, SHAP) and three metrics (comprehensiveness, sufficiency, tau with "
        "leave one out). ferret runs `Benchmark.explain` and `evaluate_explanations` with their defaults (50 points, 500 evaluations, as many samples "
        "as the square of the number of pieces); LIAP runs its one loop with the same points and evaluations, and as many samples as ferret in the mean.\n\n"
        + markdown(header, lines)
    )


def aims(peers: Sequence[PeerRow], benchmark: Sequence[BenchmarkRow]) -> list[str]:
    """Whether each aim is met, in a sentence."""
    said = []
    for explainer in dict.fromkeys(row.explainer for row in peers):
        of_one = [row for row in peers if row.explainer == explainer]
        theirs = [row for row in of_one if not row.engine.startswith(OWN)]
        if theirs:
            best = min(theirs, key=lambda row: row.cpu_seconds)
            met = "met" if best.ratio >= 1 else "not met"
            said.append(
                f"as fast as the fastest peer, {NAMES[explainer]}: {met} ({best.engine} takes {best.ratio:.2f} times as long)"
            )
    own = {row.engine: row.ratio for row in benchmark}
    if OWN in own:
        met = "met" if own[OWN] >= 10 else "not met"
        said.append(f"ten times as fast as {FERRET} on the shared benchmark: {met} ({own[OWN]:.1f} times)")
    return said


def defect_table(rows: Sequence[DefectRow]) -> tuple[list[str], list[list[str]]]:
    """Header and lines; failures are left out where there are none."""
    lines = [
        [
            row.peer,
            NAMES[row.explainer],
            f"`{row.defect}`",
            f"{row.affected} of {row.mentions}",
            percent(row.share) + ("" if math.isnan(row.rows_share) else f" ({percent(row.rows_share)})"),
        ]
        for row in rows
        if row.defect != FAILED or row.affected
    ]
    return ["package", "explainer", "defect", "mentions", "share"], lines


def versions(found: Mapping[str, Mapping[str, str]]) -> tuple[list[str], list[list[str]]]:
    """Header and lines, of the libraries that either side has."""
    own, peers = found["LIAP"], found["peers"]
    names = [*PEERS, *sorted({"python", "torch", "transformers", "tokenizers", "numpy"})]
    return ["", "LIAP's side", "peers' side"], [
        [name, own.get(name, MISSING), peers.get(name, MISSING)] for name in names
    ]
