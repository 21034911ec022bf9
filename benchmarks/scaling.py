"""Does the time grow with the number of sentences, and does memory stay flat? A whole evaluation per size, each in its own process.

    python benchmarks/scaling.py --model best_ner_model --corpus data/conll2003 --parser models/en_ud_ewt_sm --srl-archive models/srl-minilm.tar.gz

Explains every mention of the first 250, 500, ... sentences, with all variants and controls, one operator and no pictures. Parses and
frames come from the cache: a first run on the largest size puts them there, and is not counted. Writes `scaling.csv` (mentions, seconds
per phase, milliseconds per mention, share of the scoring spent in the model, peak memory) and `scaling.png` beside the runs' own
folders (`fp32-250/`, ...: studies/precision.py compares them), and prints the table as Markdown.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from liap import cli
from liap.settings import PRECISIONS as KNOWN_PRECISIONS
from liap.settings import Settings, among, check_number

MODEL = "best_ner_model"  # the recogniser's folder
CORPUS = "eriktks/conll2003"  # a corpus, as for run_liap_evaluation.py
SPLIT = "test"  # which part of the corpus
PARSER = "en_core_web_sm"  # a spaCy pipeline's name or folder
SRL_ARCHIVE = ""  # an AllenNLP SRL archive; none: the published one
SIZES = (250, 500, 1000, 2000, 3400)  # sentences
PRECISIONS = ("fp32", "bf16", "bf16-weights")  # of the recogniser
RESULTS = "results/scaling"  # folder for the table and the plot
CACHE = ".cache"  # folder where parses and frames are kept


@dataclass(frozen=True, kw_only=True)
class ScalingSettings(Settings):
    """Which evaluations are timed."""

    model: str
    corpus: str
    split: str
    parser: str
    srl_archive: str
    sizes: tuple[int, ...]
    precisions: tuple[str, ...]
    results: str
    cache: str

    def check(self) -> None:
        among("--precisions", self.precisions, KNOWN_PRECISIONS)
        check_number("--sizes", min(self.sizes, default=0), 1)


@dataclass(frozen=True, slots=True)
class ScalingRow:
    """A line of the table, as it is written."""

    precision: str
    sentences: str
    mentions: str
    load: str
    predict: str
    annotate: str
    score: str
    ms_per_mention: str
    in_model: str
    peak_gb: str


def main() -> None:
    settings = cli.settings(__file__, ScalingSettings)
    folder, rows = Path(settings.results), []
    evaluate(settings, max(settings.sizes), settings.precisions[-1], folder / "warm")
    for precision in settings.precisions:
        for size in settings.sizes:
            rows.append(row_of(evaluate(settings, size, precision, folder / f"{precision}-{size}"), size))
            print(" ".join(f"{name} {value}" for name, value in asdict(rows[-1]).items()), flush=True)
    write(rows, folder)


def evaluate(settings: ScalingSettings, size: int, precision: str, folder: Path) -> dict:
    """Start one run as a user would; its record."""
    flags = {
        "model": settings.model, "corpus": settings.corpus, "split": settings.split, "parser": settings.parser,
        "srl-archive": settings.srl_archive, "sentences": size, "examples-per-type": 0, "precision": precision,
        "pictures": 0, "results": folder, "cache": settings.cache,
    }  # fmt: skip
    command = [
        sys.executable,
        str(Path(__file__).parents[1] / "run_liap_evaluation.py"),
        *(str(part) for name, value in flags.items() for part in (f"--{name}", value)),
    ]
    explainers = (
        "liap", "attention", "occlusion_ceiling", "random", "matched_random", "matched_window", "matched_distance",
    )  # fmt: skip  # those that the metric's own passes serve; a second operator would double the passes
    command += ["--overwrite", "--explainers", *explainers]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr.splitlines()[-1])
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))


def row_of(record: dict, size: int) -> ScalingRow:
    seconds, mentions = record["seconds"], record["mentions"]["explained"]
    return ScalingRow(
        precision=record["settings"]["precision"],
        sentences=str(min(size, record["sentences"])),
        mentions=str(mentions),
        load=f"{seconds['load']:.1f}",
        predict=f"{seconds['predict']:.1f}",
        annotate=f"{seconds['parse'] + seconds['roles']:.1f}",
        score=f"{seconds['score']:.1f}",
        ms_per_mention=f"{1000 * seconds['score'] / mentions:.1f}",
        in_model=f"{seconds['forward'] / seconds['score']:.0%}",
        peak_gb=f"{record['peak_memory_gb']:.2f}",
    )


def write(rows: list[ScalingRow], folder: Path) -> None:
    """The table and the plot, and the table again on the terminal."""
    from liap.files import write_whole
    from liap.reports.layout import markdown
    from liap.reports.style import save
    from liap.tables import header, to_csv

    write_whole(folder / "scaling.csv", header(ScalingRow) + to_csv(rows))
    save(plot(rows), folder, "scaling")
    print(markdown(list(asdict(rows[0])), [list(asdict(row).values()) for row in rows]))


def plot(rows: list[ScalingRow]):
    """Scoring time by number of sentences, with the straight line through the largest size; peak memory below."""
    from matplotlib.figure import Figure

    from liap.reports.style import BLUE, GREY, ORANGE, bare

    time, memory = Figure(figsize=(7, 5.5), layout="constrained").subplots(
        2, 1, sharex=True, gridspec_kw={"height_ratios": (2, 1)}
    )
    looks = {"fp32": (BLUE, "o"), "bf16": (ORANGE, "s"), "bf16-weights": (GREY, "^")}
    for precision in dict.fromkeys(row.precision for row in rows):
        colour, marker = looks[precision]
        chosen = [row for row in rows if row.precision == precision]
        sizes, seconds = [int(row.sentences) for row in chosen], [float(row.score) for row in chosen]
        time.plot([0, sizes[-1]], [0, seconds[-1]], color=colour, linestyle=":", linewidth=1)
        time.plot(sizes, seconds, color=colour, marker=marker, linestyle="none", label=precision)
        memory.plot(sizes, [float(row.peak_gb) for row in chosen], color=colour, marker=marker)
    time.set(ylabel="scoring, s (dotted: in proportion)", ylim=(0, None))
    time.legend(frameon=False)
    memory.set(xlabel="sentences", ylabel="peak memory, GB", ylim=(0, None))
    bare(memory)
    return bare(time)


if __name__ == "__main__":
    cli.run(main)
