"""Choose the sentences of the English Web Treebank that the package holds: data/uner_ewt -> liap/corpora/ewt/*.jsonl.

    python tools/ewt_corpus.py data/uner_ewt

1. Documents without a mention are left out.
2. The others are put in the order of a hash of their names (blake2b, with `SEED`).
3. They are taken whole, in that order, until a split has its number of sentences; they are written in the treebank's order.

`test` is taken from the treebank's test split; `train`, then `validation` from its dev split, which alone has names too.
"""

import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

SEED = 0
SIZES = {
    "test": (("test", 300),),
    "dev": (("train", 300), ("validation", 100)),
}  # the treebank's split: ours, sentences
TARGET = Path(__file__).parents[1] / "liap" / "corpora" / "ewt"
KEYS = ("sent_id", "words", "tags", "upos", "heads", "deprels", "frames")


def main(source: Path, target: Path) -> None:
    for split, wanted in SIZES.items():
        documents = read_documents(source / f"{split}.jsonl")
        for name, documents_of_split in choose(documents, wanted):
            lines = [line for document in documents_of_split for line in ({"words": ["-DOCSTART-"]}, *document)]
            text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
            (target / f"{name}.jsonl").write_text(text, encoding="utf-8", newline="\n")
            sentences = sum(map(len, documents_of_split))
            print(f"{name}: {len(documents_of_split)} documents, {sentences} sentences, {len(text.encode()):,} bytes")


def read_documents(path: Path) -> list[list[dict]]:
    """The file's sentences by document."""
    with path.open(encoding="utf-8") as lines:
        sentences = [json.loads(line) for line in lines]
    return [list(group) for _, group in groupby(sentences, key=lambda sentence: sentence["document"])]


def choose(
    documents: Sequence[list[dict]], wanted: Sequence[tuple[str, int]]
) -> Iterator[tuple[str, list[list[dict]]]]:
    """(name, documents) for each of our splits; no document is in two."""
    named = [document for document in documents if any(tag != "O" for line in document for tag in line["tags"])]
    queue = sorted(named, key=lambda document: number(document[0]["sent_id"]))
    for name, size in wanted:
        taken: list[list[dict]] = []
        while sum(map(len, taken)) < size:
            taken.append(queue.pop(0))
        order = {document[0]["sent_id"]: place for place, document in enumerate(documents)}
        taken.sort(key=lambda document: order[document[0]["sent_id"]])
        yield name, [[{key: line[key] for key in KEYS} for line in document] for document in taken]


def number(sentence: str) -> bytes:
    """A random number for each document, from the name of its first sentence."""
    return hashlib.blake2b(repr((SEED, sentence)).encode(), digest_size=16).digest()


if __name__ == "__main__":
    main(Path(sys.argv[1]), TARGET)
