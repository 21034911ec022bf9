"""What spaCy saved as a `DocBin` -> sentences. Sentence ends and trees are the documents' own where they have them.

Entities are `doc.ents`; blanks in a type become hyphens. Reported and left out are entities of white space alone, and spans that stand in a span group alone,
which may overlap. A document without entity annotation is reported, and read as without entities; in a file in which none
has any, sentences have no tags.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from liap.corpora.conversion.char_spans import Unmapped, blank
from liap.corpora.jsonl import relation_scheme
from liap.errors import InputError, first_line
from liap.records import Parse, Sentence


def read_docbin(path: Path, language: str, report: Unmapped) -> tuple[Sentence, ...]:
    """The file's sentences, white space dropped. Raises InputError."""
    from spacy.tokens import DocBin

    pipeline = blank(language)
    try:
        documents = list(DocBin().from_disk(path).get_docs(pipeline.vocab))
    except Exception as error:
        raise InputError(
            f"{path}: not a DocBin ({first_line(error)}); expected a file that DocBin.to_disk wrote"
        ) from None
    sentencizer = pipeline.add_pipe("sentencizer")
    annotated = any(document.has_annotation("ENT_IOB") for document in documents)
    sentences: list[Sentence] = []
    for number, document in enumerate(documents):
        tags = _tags(document, report)
        if not document.has_annotation("SENT_START"):
            document = sentencizer(document)
        for tokens in _of_document(document):
            own = tuple(tags[token.i] for token in tokens) if annotated else None
            words = tuple(token.text for token in tokens)
            sentences.append(Sentence(len(sentences), number, words, own, _parse(document, tokens)))
    return tuple(sentences)


def _tags(document: Any, report: Unmapped) -> list[str]:
    """A tag per token in IOB2."""
    tags = ["O"] * len(document)
    for entity in document.ents:
        kind, words = "-".join(entity.label_.split()), [token.i for token in entity if not token.is_space]
        if not words:
            report.add("without words", _shown(entity))
            continue
        report.kept += 1
        for place in words:
            tags[place] = f"{'B' if place == words[0] else 'I'}-{kind}"
    known = {(entity.start, entity.end, entity.label_) for entity in document.ents}
    for name, group in document.spans.items():
        for span in group:
            if (span.start, span.end, span.label_) not in known:
                report.add(f"in the span group {name}", _shown(span))
    if not document.has_annotation("ENT_IOB") and not document[:].text.isspace() and len(document):
        report.add("document without entity annotation", _shown(document[:8]))
    return tags


def _shown(span: Any) -> str:
    return f"{' '.join(span.text.split())[:60]!r}" + (f" ({span.label_})" if span.label_ else "")


def _of_document(document: Any) -> Iterator[list[Any]]:
    """The tokens of each sentence; ends that would cut an entity are not used."""
    inside = {token.i for entity in document.ents for token in entity[1:]}
    starts = [token.i for token in document if token.i == 0 or (token.is_sent_start and token.i not in inside)]
    for start, end in pairwise([*starts, len(document)]):
        tokens = [token for token in document[start:end] if not token.is_space]
        if tokens:
            yield tokens


def _parse(document: Any, tokens: list[Any]) -> Parse | None:
    """The tree over the words; None where the document has none, or where a head is no word of the sentence."""
    if not document.has_annotation("DEP"):
        return None
    place = {token.i: index for index, token in enumerate(tokens)}
    heads = [-1 if token.head.i == token.i else place.get(token.head.i) for token in tokens]
    if None in heads:
        return None
    relations = tuple(token.dep_ or "dep" for token in tokens)
    try:
        return Parse(
            tuple(heads), relations, tuple(token.pos_ or "X" for token in tokens), relation_scheme(set(relations))
        )
    except InputError:
        return None
