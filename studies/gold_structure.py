"""Do masks lose because of the parser's errors? The same mentions with gold, predicted and damaged trees and frames.

    python studies/gold_structure.py --models models/ewt_0 models/ewt_1 models/ewt_2 --corpus data/uner_ewt \
        --parser models/en_ud_ewt_sm --srl-archive models/srl-minilm.tar.gz

The corpus must hold gold names, trees and frames. `--type-map MISC=` drops a type that the corpus does not mark. Writes to the results folder
`gold_structure.csv` (a line per recogniser, source of structure and contrast of LIAP), `gold_structure_summary.csv` (means over recognisers,
standard deviation between them) and `gold_structure.png`, and prints the answer.
"""

from dataclasses import dataclass

from liap import cli
from liap.settings import CorpusSettings, FigureSettings, SampleSettings, check_number

MODELS = ("best_ner_model",)  # recognisers: folders; of several seeds, so that their spread is known
TYPE_MAP = ()  # the recognisers' entity types in the corpus's terms, such as MISC= to drop one; for those that have them
CORPUS = "data/uner_ewt"  # a folder of .jsonl files with names, trees and frames
SPLIT = "test"  # which part of the corpus: train, validation, test
SENTENCES = 0  # sentences to read, from the start of the split; 0: all
EXAMPLES_PER_TYPE = 0  # mentions sampled for each predicted type; 0: every mention
PARSER = "en_core_web_sm"  # the predicted trees: a spaCy pipeline's name or folder
SRL = "archive"  # the predicted frames: archive, allennlp, dependency, none
SRL_ARCHIVE = ""  # an AllenNLP SRL archive; none: the published one
DAMAGE = (0.1, 0.2, 0.4)  # shares of a gold tree's arcs that are moved
TARGET = "type"  # what is explained: type, tag, entity
PRECISION = "fp32"  # of the recognisers: fp32, bf16, bf16-weights
CHUNK = 64  # sentences at a time
SEED = 0  # of sampling, damage, controls and tie-breaks
FORMATS = ("png",)  # of the plots, one or more of: png, pdf, svg
FONT_SIZE = 10.0  # points, of the plots' labels; small print is smaller
COLUMN_WIDTH = 0.0  # inches, of a paper's column that plots are drawn for, such as 3.3; 0: each plot's own width
RESULTS = "results/gold_structure"  # folder for what is written
CACHE = ".cache"  # folder where parses and frames are kept


@dataclass(frozen=True, kw_only=True)
class GoldSettings(SampleSettings, CorpusSettings, FigureSettings):
    """Which recognisers and structures are compared."""

    models: tuple[str, ...]
    type_map: tuple[str, ...]
    parser: str
    srl: str
    srl_archive: str
    damage: tuple[float, ...]
    target: str
    precision: str
    chunk: int
    results: str
    cache: str

    def check(self) -> None:
        check_number("--chunk", self.chunk, 1)
        for share in self.damage:
            check_number("--damage", share, 0, 1)


def main() -> None:
    settings = cli.settings(__file__, GoldSettings)
    from pathlib import Path

    from liap.files import check_folder
    from liap.reports.style import drawn_for, save
    from liap.reports.summaries import save_tables
    from liap.structure import gold
    from liap.structure.source_plot import CAPTION, plot_sources

    check_folder("--results", settings.results)
    folder = Path(settings.results)
    lines = gold.run(settings)
    summary = gold.summarise(lines)
    folder.mkdir(parents=True, exist_ok=True)
    save_tables({"gold_structure.csv": lines, "gold_structure_summary.csv": summary}, folder)
    with drawn_for(settings):
        pictures = save(plot_sources(summary), folder, "gold_structure", CAPTION)
    print(gold.answer(summary))
    print(f"written to {folder}: gold_structure.csv, gold_structure_summary.csv, {', '.join(pictures)}")


if __name__ == "__main__":
    cli.run(main)
