"""Bring a corpus of another format into the JSON lines that every script reads, and say what could not be mapped.

    python studies/convert_corpus.py --source train.csv --output data/mine/train.jsonl --columns word=2,tag=4 --separator comma
    python studies/convert_corpus.py --source brat_folder --output data/mine/test.jsonl --types Person=PER Organisation=ORG Date=
    python studies/convert_corpus.py --source train.spacy --output data/mine/train.jsonl

Formats: columns (any order and separator), brat (a folder of .txt and .ann), docbin (spaCy's), spans (JSON with text and entities by
character offsets), liap (whatever the scripts read themselves). With auto the format follows from the file. The report stands in
`OUTPUT.report.json` beside the corpus: entities kept, and how many of each kind were not, with an example.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from liap import cli
from liap.settings import Settings

if TYPE_CHECKING:
    from liap.corpora.conversion.char_spans import Unmapped
    from liap.records import Sentence

SOURCE = ""  # the corpus: a file, or for brat a folder
OUTPUT = ""  # the .jsonl file to write
FORMAT = "auto"  # columns, brat, docbin, spans, liap, or auto
COLUMNS = ""  # for columns: which hold what, such as word=1,tag=-1,document=2; numbers from 1, or from the end
SEPARATOR = "space"  # between columns: space (or tabs), tab, comma, semicolon
TYPES = ()  # entity types renamed or dropped: PERSON=PER, DATE=
LANGUAGE = "en"  # whose rules split text into words and sentences, for brat and spans


@dataclass(frozen=True, kw_only=True)
class ConversionSettings(Settings):
    """What is read, how, and where it is written."""

    source: str
    output: str
    format: str
    columns: str
    separator: str
    types: tuple[str, ...]
    language: str

    def check(self) -> None:
        from liap.errors import InputError
        from liap.settings import among

        among("--format", (self.format,), ("auto", "columns", "brat", "docbin", "spans", "liap"))
        among("--separator", (self.separator,), ("space", "tab", "comma", "semicolon"))
        if not self.output.endswith(".jsonl"):
            raise InputError(f"--output {self.output!r}: expected a file that ends in .jsonl")
        if not self.source or not Path(self.source).expanduser().exists():
            raise InputError(f"--source {self.source!r}: no such file or folder")
        if self.format == "columns" and not self.columns:
            raise InputError("--format columns needs --columns, such as word=1,tag=-1")


def main() -> None:
    settings = cli.settings(__file__, ConversionSettings)
    import json

    from liap.corpora.conversion.char_spans import Unmapped
    from liap.corpora.conversion.types_map import read_types, renamed
    from liap.corpora.conversion.written import json_lines
    from liap.errors import InputError
    from liap.files import check_writable, write_whole

    output, table = Path(settings.output), read_types(settings.types)
    check_writable("--output", output.parent)
    report = Unmapped()
    sentences = renamed(read(settings, report), table, report)
    if not sentences:
        raise InputError(f"--source {settings.source}: no words in it; expected a corpus")
    write_whole(output, json_lines(sentences))
    facts = {"entities": report.kept, "unmapped": report.counts, "examples": report.examples}
    write_whole(output.with_suffix(".report.json"), json.dumps(facts, indent=1, ensure_ascii=False) + "\n")
    tagged = any(sentence.tags is not None for sentence in sentences)
    print(f"{output}: {len(sentences)} sentences, {report.kept} entities")
    print("\n".join(report.lines) or ("every entity was mapped" if tagged else "no tags in it"))


def read(settings: ConversionSettings, report: Unmapped) -> tuple[Sentence, ...]:
    """The source's sentences."""
    from liap import corpora
    from liap.corpora.conversion import brat_files, column_choice, docbin_files, span_json
    from liap.corpora.conversion.char_spans import sentences_of
    from liap.records import tag_spans

    path = Path(settings.source).expanduser()
    kind = settings.format if settings.format != "auto" else guessed(path, settings)
    if kind == "columns":
        return column_choice.read_columns(path, column_choice.read_choice(settings.columns), settings.separator, report)
    if kind == "docbin":
        return docbin_files.read_docbin(path, settings.language, report)
    if kind in ("brat", "spans"):
        documents = brat_files.read_brat(path, report) if kind == "brat" else span_json.read_span_json(path)
        return sentences_of(documents, settings.language, report)
    sentences = corpora.load(str(path), "train")
    report.kept += sum(len(tag_spans(sentence.tags or ())) for sentence in sentences)
    return sentences


def guessed(path: Path, settings: ConversionSettings) -> str:
    """The format, from the flags and the file's kind."""
    if settings.columns:
        return "columns"
    if path.is_dir() and next(path.glob("*.ann"), None):
        return "brat"
    if path.suffix == ".spacy":
        return "docbin"
    if path.suffix in (".json", ".jsonl"):
        begins = path.read_text(encoding="utf-8", errors="replace")[:100_000]
        return "spans" if re.search(r'"text"\s*:', begins) else "liap"  # the word "text" may stand in any corpus
    return "liap"


if __name__ == "__main__":
    cli.run(main)
