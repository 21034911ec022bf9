"""What spaCy saved as a `DocBin` -> sentences. Sentence ends and trees are the documents' own where they have them."""

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
    sentences: list[Sentence] = []
    for number, document in enumerate(documents):
        report.kept += len(document.ents)
        if not document.has_annotation("SENT_START"):
            document = sentencizer(document)
        for words, tags, parse in _of_document(document):
            sentences.append(Sentence(len(sentences), number, words, tags, parse))
    return tuple(sentences)


def _of_document(document: Any) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], Parse | None]]:
    """The sentences; ends that would cut an entity are not used."""
    inside = {token.i for entity in document.ents for token in entity[1:]}
    starts = [token.i for token in document if token.i == 0 or (token.is_sent_start and token.i not in inside)]
    for start, end in pairwise([*starts, len(document)]):
        tokens = [token for token in document[start:end] if not token.is_space]
        if tokens:
            tags = tuple(
                "O" if token.ent_iob_ in ("O", "") else f"{token.ent_iob_}-{token.ent_type_}" for token in tokens
            )
            yield tuple(token.text for token in tokens), tags, _parse(document, tokens)


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
