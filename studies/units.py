"""Does structure say which words matter together? Subtrees and arguments masked jointly, beside spans and scattered words.

    python studies/units.py --model best_ner_model --corpus data/conll2003 --parser models/en_ud_ewt_sm --srl-archive models/srl-minilm.tar.gz

Writes `units.csv` (a row per mention and unit: the drop when it is masked as a whole, and those of its controls) and `units_summary.csv` (means and
paired differences with intervals, by family and size) to the results folder, and prints the summary. docs/definitions.md defines each column.
"""

from dataclasses import dataclass

from liap import cli
from liap.settings import AnnotationSettings, CorpusSettings, SampleSettings, TaggerSettings, check_number

MODEL = "best_ner_model"  # the recogniser: a folder, or a name on the hub
CORPUS = "eriktks/conll2003"  # a folder or a file (docs/formats.md), a data set's name on the hub, or: planted, ewt
SPLIT = "test"  # which part of the corpus: train, validation, test
SENTENCES = 0  # sentences to read, from the start of the split; 0: all
EXAMPLES_PER_TYPE = 0  # mentions sampled for each predicted type; 0: every mention
TYPE_MAP = ()  # the recogniser's entity types in the corpus's terms, such as PERSON=PER; PERSON= drops a type
PARSER = "en_core_web_sm"  # dependency parser: a spaCy pipeline's name or folder, or: gold
SRL = "archive"  # semantic role labeller: archive, allennlp, dependency, gold, none
SRL_ARCHIVE = ""  # an AllenNLP SRL archive: a model.tar.gz or its folder; empty: the published one
TARGET = "type"  # what is explained: type, tag, entity
OPERATOR = "mask"  # how words are taken away: mask, unk, delete
PRECISION = "fp32"  # of the recogniser: fp32, bf16 (autocast), bf16-weights
CHUNK = 64  # sentences at a time
SEED = 0  # of sampling and of scattered words
RESULTS = "results/units"  # folder for what is written
CACHE = ".cache"  # folder where parses and frames are kept


@dataclass(frozen=True, kw_only=True)
class UnitSettings(SampleSettings, CorpusSettings, TaggerSettings, AnnotationSettings):
    """Which mentions' units are masked."""

    target: str = "type"
    operator: str = "mask"
    chunk: int = 64
    results: str = "results/units"

    def check(self) -> None:
        check_number("--chunk", self.chunk, 1)


def main() -> None:
    settings = cli.settings(__file__, UnitSettings)
    from pathlib import Path

    from liap.files import check_folder, write_whole
    from liap.structure import unit_study
    from liap.structure.units import UnitRow, summarise
    from liap.tables import header, to_csv

    check_folder("--results", settings.results)
    folder = Path(settings.results)
    rows = unit_study.rows_of(settings)
    summary = summarise(rows)
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "units.csv", header(UnitRow) + to_csv(rows))
    write_whole(folder / "units_summary.csv", summary.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
    print(unit_study.shown(summary))
    print(f"written to {folder}: units.csv, units_summary.csv")


if __name__ == "__main__":
    cli.run(main)
