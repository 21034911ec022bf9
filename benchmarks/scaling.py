"""Does the time grow as the number of sentences, and does memory stay flat? One whole evaluation for each size, in a process of its own.

    python benchmarks/scaling.py --model best_ner_model --corpus data/conll2003 --parser models/en_ud_ewt_sm --srl-archive models/srl-minilm.tar.gz

Every mention of the first 250, 500, ... sentences, all variants and controls, one operator, pictures left out. Parses and frames are
in the cache (a first run on the largest size puts them there, and is not counted). Writes `scaling.csv` (mentions, seconds a phase,
milliseconds a mention, share of the scoring in the model, peak memory) and `scaling.png` beside the runs' own folders
(`fp32-250/`, ...: what benchmarks/precision.py compares), and prints the table as Markdown.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

from liap import cli

MODEL = "best_ner_model"  # the recogniser's folder
CORPUS = "eriktks/conll2003"  # a corpus, as for run_liap_evaluation.py
SPLIT = "test"  # which part of the corpus
PARSER = "en_core_web_sm"  # a spaCy pipeline's name or folder
SRL_ARCHIVE = ""  # an AllenNLP SRL archive; none: the published one
SIZES = ("250", "500", "1000", "2000", "3400")  # sentences
PRECISIONS = ("fp32", "bf16", "bf16-weights")  # of the recogniser
RESULTS = "results/scaling"  # folder for the table and the plot
CACHE = ".cache"  # folder where parses and frames are kept
EXPLAINERS = (
    "liap", "attention", "occlusion_ceiling", "random", "matched_random", "matched_window", "matched_distance",
)  # fmt: skip  # those that the metric's own passes serve; what perturbs with another operator would double the passes


def main() -> None:
    given = cli.settings(__file__)
    sizes = [int(size) for size in given.sizes]
    folder, rows = Path(given.results), []
    evaluate(given, max(sizes), given.precisions[-1], folder / "warm")
    for precision in given.precisions:
        for size in sizes:
            record = evaluate(given, size, precision, folder / f"{precision}-{size}")
            rows.append(row_of(record, size))
            print(" ".join(f"{name} {value}" for name, value in rows[-1].items()), flush=True)
    write(rows, folder)


def evaluate(given, size: int, precision: str, folder: Path) -> dict:
    """One run, as a user would start it; its record."""
    flags = {
        "model": given.model, "corpus": given.corpus, "split": given.split, "parser": given.parser,
        "srl-archive": given.srl_archive, "sentences": size, "examples-per-type": 0, "precision": precision,
        "pictures": 0, "results": folder, "cache": given.cache,
    }  # fmt: skip
    command = [
        sys.executable,
        str(Path(__file__).parents[1] / "run_liap_evaluation.py"),
        *(str(part) for name, value in flags.items() for part in (f"--{name}", value)),
    ]
    command += ["--overwrite", "--explainers", *given.explainers]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr.splitlines()[-1])
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))


def row_of(record: dict, size: int) -> dict[str, str | int]:
    seconds, mentions = record["seconds"], record["mentions"]["explained"]
    return {
        "precision": record["settings"]["precision"],
        "sentences": min(size, record["sentences"]),
        "mentions": mentions,
        "load": f"{seconds['load']:.1f}",
        "predict": f"{seconds['predict']:.1f}",
        "annotate": f"{seconds['parse'] + seconds['roles']:.1f}",
        "score": f"{seconds['score']:.1f}",
        "ms_per_mention": f"{1000 * seconds['score'] / mentions:.1f}",
        "in_model": f"{seconds['forward'] / seconds['score']:.0%}",
        "peak_gb": f"{record['peak_memory_gb']:.2f}",
    }


def write(rows: list[dict], folder: Path) -> None:
    from liap.files import write_whole
    from liap.reports.style import save

    text = io.StringIO()
    table = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    write_whole(folder / "scaling.csv", text.getvalue())
    save(plot(rows), folder / "scaling.png")
    print("| " + " | ".join(rows[0]) + " |\n|" + "---|" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join(str(value) for value in row.values()) + " |")


def plot(rows: list[dict]):
    """Scoring time against sentences, with the straight line through the largest size; peak memory below."""
    from matplotlib.figure import Figure

    from liap.reports.style import BLUE, GREY, ORANGE, bare

    time, memory = Figure(figsize=(7, 5.5), layout="constrained").subplots(
        2, 1, sharex=True, gridspec_kw={"height_ratios": (2, 1)}
    )
    looks = {"fp32": (BLUE, "o"), "bf16": (ORANGE, "s"), "bf16-weights": (GREY, "^")}
    for precision in dict.fromkeys(row["precision"] for row in rows):
        colour, marker = looks[precision]
        of = [row for row in rows if row["precision"] == precision]
        sizes, seconds = [row["sentences"] for row in of], [float(row["score"]) for row in of]
        time.plot([0, sizes[-1]], [0, seconds[-1]], color=colour, linestyle=":", linewidth=1)
        time.plot(sizes, seconds, color=colour, marker=marker, linestyle="none", label=precision)
        memory.plot(sizes, [float(row["peak_gb"]) for row in of], color=colour, marker=marker)
    time.set(ylabel="scoring, s (dotted: in proportion)", ylim=(0, None))
    time.legend(frameon=False)
    memory.set(xlabel="sentences", ylabel="peak memory, GB", ylim=(0, None))
    bare(memory)
    return bare(time)


if __name__ == "__main__":
    cli.run(main)
