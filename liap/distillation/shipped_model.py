"""The student in its folder: weights in half precision, tokenizer, card, licence. The same student gives the same bytes.

Half precision halves the file; recognisers are always loaded into single precision. Scores are those of the written file.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path

from liap.distillation.student import Student
from liap.records import Sentence
from liap.taggers import checkpoints
from liap.taggers.entity_f1 import EntityScore, entity_f1
from liap.taggers.prediction import predict
from liap.taggers.transformer import TransformerTagger

LICENCE = """This recogniser is licensed under the Creative Commons Attribution-ShareAlike 4.0 International licence (CC BY-SA 4.0), that of the
treebank on which it was trained: Universal NER v1 (UNER_English-EWT), Universal Dependencies (UD_English-EWT) and the PropBank release.
The full text: https://creativecommons.org/licenses/by-sa/4.0/legalcode

Its word embeddings derive from those of all-MiniLM-L6-v2 (sentence-transformers), Apache License, Version 2.0, and its training used
that encoder. The full text: https://www.apache.org/licenses/LICENSE-2.0
"""


def write_folder(student: Student, folder: Path) -> None:
    """Weights, configuration, tokenizer and licence."""
    folder.mkdir(parents=True, exist_ok=True)
    model = copy.deepcopy(student.finished()).half()
    with checkpoints.quiet():
        model.save_pretrained(folder)
        student.tokenizer.save_pretrained(folder)
    (folder / "LICENSE").write_text(LICENCE, encoding="utf-8")
    for path in folder.iterdir():
        path.chmod(0o644)  # the library makes weights readable by their owner only


def score_folder(folder: Path, sentences: Sequence[Sentence]) -> tuple[EntityScore, ...]:
    """The written recogniser's strict entity F1, by type, and overall as the last."""
    tagger = TransformerTagger.load(str(folder), device="cpu")
    predicted = predict(tagger, sentences).tags
    return entity_f1([sentence.tags for sentence in sentences], predicted)


def size_of(folder: Path) -> int:
    """Bytes of all files."""
    return sum(path.stat().st_size for path in folder.iterdir())


def parameters_of(student: Student) -> int:
    """How many numbers the finished model has."""
    return sum(weight.numel() for weight in student.classifier.parameters())


def write_card(
    folder: Path, student: Student, scores: Sequence[EntityScore], *, teachers: Sequence[EntityScore], made: str
) -> None:
    """What the recogniser is, how good it is, how it was made, and what it can be used for."""
    config = student.classifier.config
    lines = "\n".join(
        f"| {s.entity_type} | {s.precision:.4f} | {s.recall:.4f} | {s.f1:.4f} | {s.support} |" for s in scores
    )
    card = f"""# A small recogniser for the English Web Treebank

`--model ewt` names it. BERT with {config.num_hidden_layers} layers of width {config.hidden_size}, {config.num_attention_heads} heads and {config.vocab_size:,} cased word pieces: {parameters_of(student) / 1e6:.2f} M
parameters, in half precision on disk and in single precision when loaded. Labels: {", ".join(config.id2label.values())} (IO: neighbours of
one type are one entity), read at the first piece of each word. It is there so that a first run explains real sentences without any download, not to be a good recogniser.

Scores on all of the treebank's test split, which took no part in its making; an entity counts if its span and type are both right
(strict IOB2):

| type | precision | recall | F1 | entities |
|---|---:|---:|---:|---:|
{lines}

What taught it also reads gold parts of speech, and has F1 {teachers[-1].f1:.4f} there.

**How it was made.** {made} Every step is seeded and runs on one
thread of a CPU.

**Licence.** CC BY-SA 4.0, that of the treebank; its word embeddings derive from all-MiniLM-L6-v2 (Apache-2.0). `LICENSE` beside this file has
both, `liap/corpora/ewt/README.md` the sources.

    python run_liap_evaluation.py --model ewt --corpus ewt --parser gold --srl gold
"""
    (folder / "MODEL_CARD.md").write_text(card, encoding="utf-8", newline="\n")
