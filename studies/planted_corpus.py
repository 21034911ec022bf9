"""The planted corpus against the pruning code: where its declared families differ from what masks see, and what distracts.

    python studies/planted_corpus.py                                # on the corpus's own trees and frames
    python studies/planted_corpus.py --parser en_core_web_sm --srl archive --results results/planted_corpus/predicted

Reads nothing but the parser's and the role labeller's models. Writes families.csv (declared families against computed ones),
disagreements.csv (each template where they differ, with an example), distractors.csv (nearer evidence words for other types, by
family), planted_corpus.json and planted_corpus.png to the results folder, and prints the first and the last table.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from liap import cli
from liap.settings import AnnotationSettings, FigureSettings, check_number, elsewhere

if TYPE_CHECKING:
    import pandas as pd

    from liap.diagnostics.planted_corpus import Annotated

SPLIT = "test"  # which part of the corpus: train, validation, test
SENTENCES = 0  # the first so many of the split; 0: all
PARSER = "gold"  # where trees come from: gold, or a spaCy pipeline's name or folder
SRL = "gold"  # where frames come from: gold, archive, allennlp, dependency, none
SRL_ARCHIVE = ""  # an AllenNLP SRL archive; none: the published one, downloaded once
SRL_ENCODER = ""  # a folder with the role labeller's vocabulary; none: beside the archive, else from the hub
CACHE = ".cache"  # folder where parses and frames are kept
FORMATS = ("png",)  # of the plots, one or more of: png, pdf, svg
FONT_SIZE = 10.0  # points, of the plots' labels; small print is smaller
COLUMN_WIDTH = 0.0  # inches, of a paper's column that plots are drawn for, such as 3.3; 0: each plot's own width
RESULTS = "results/planted_corpus"  # folder for the tables and the plot


@dataclass(frozen=True, kw_only=True)
class PlantedCorpusSettings(AnnotationSettings, FigureSettings):
    """Which sentences are looked at, and whose trees and frames."""

    split: str
    sentences: int
    results: str = elsewhere("")

    def check(self) -> None:
        check_number("--sentences", self.sentences, 0)


def main() -> None:
    from liap.diagnostics import planted_corpus

    settings = cli.settings(__file__, PlantedCorpusSettings)
    annotated = annotate(settings)
    tables = {
        "families.csv": planted_corpus.families(annotated),
        "disagreements.csv": planted_corpus.disagreements(annotated),
        "distractors.csv": planted_corpus.distractors([one.sentence for one in annotated]),
    }
    written = write(Path(settings.results), settings, tables)
    print(f"planted, {settings.split}: {len(annotated)} sentences; trees: {settings.parser}, frames: {settings.srl}\n")
    print(f"{as_text(tables['families.csv'])}\n\n{as_text(tables['distractors.csv'])}\n")
    print(f"written to {settings.results}: {', '.join(written)}")


def annotate(settings: PlantedCorpusSettings) -> list[Annotated]:
    """The sentences with the trees and frames that the settings name."""
    from liap.diagnostics.planted_corpus import Annotated, gold
    from liap.linguistics.annotation import open_annotator

    made = gold(settings.split, size=settings.sentences or None)
    with open_annotator(settings, progress=True) as annotator:
        items = annotator([one.sentence for one in made], [()] * len(made)).items
    return [
        Annotated(one.sentence, item.parse, item.frames, one.template) for one, item in zip(made, items, strict=True)
    ]


def write(results: Path, settings: PlantedCorpusSettings, tables: dict[str, pd.DataFrame]) -> list[str]:
    """Save tables, settings and plot; the names of the files."""
    from liap import manifest
    from liap.diagnostics.planted_corpus import CAPTION, plot
    from liap.files import write_whole
    from liap.reports.style import drawn_for, save

    results.mkdir(parents=True, exist_ok=True)
    names = [*tables, "planted_corpus.json"]
    manifest.record(results, names)
    for name, table in tables.items():
        write_whole(results / name, table.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
    said = {name: value for name, value in asdict(settings).items() if name not in ("options", "given")}
    write_whole(results / "planted_corpus.json", json.dumps({"settings": said}, indent=2) + "\n")
    with drawn_for(settings):
        names += save(plot(tables["families.csv"], tables["distractors.csv"]), results, "planted_corpus", CAPTION)
    return names


def as_text(table: pd.DataFrame) -> str:
    """A small table for the screen; shares as percentages."""
    from liap.reports.layout import aligned, percent

    def cell(value: object) -> str:
        return percent(value) if isinstance(value, float) and 0 <= value <= 1 else f"{value:g}"

    lines = [[str(row[0]), *(cell(value) for value in row[1:])] for row in table.itertuples(index=False)]
    return aligned([name.replace("_", " ") for name in table.columns], lines, 1)


if __name__ == "__main__":
    cli.run(main)
