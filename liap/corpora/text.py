"""Raw text -> sentences without gold: one sentence a line, words by spaCy's tokenizer; blanks are no words."""

from __future__ import annotations

from pathlib import Path

from liap.corpora.columns import read_text
from liap.errors import InputError
from liap.records import Sentence


def from_text(text: str, file: str, *, language: str = "en") -> tuple[Sentence, ...]:
    """The lines of `text`, or of the UTF-8 file `file`; an empty line is no sentence, but starts a new document."""
    if text and file:
        raise InputError("--text and --text-file: expected one of the two, got both")
    if file and not Path(file).is_file():
        raise InputError(f"--text-file {file}: no such file; expected UTF-8 text, one sentence a line")
    lines = (read_text(Path(file)) if file else text).splitlines()
    tokenize = _tokenizer(language)
    sentences, document = [], 0
    for number, line in enumerate(lines):
        words = tuple(token.text for token in tokenize(line.encode("utf-8", "replace").decode()) if not token.is_space)
        if words:
            sentences.append(Sentence(len(sentences), document, words))
        elif number:
            document = len({sentence.document for sentence in sentences})
    if not sentences:
        raise InputError(f"{f'--text-file {file}' if file else '--text'}: no word in it; expected one sentence a line")
    return tuple(sentences)


def _tokenizer(language: str):
    """The rules of spaCy's tokenizer for a language, without any trained pipeline."""
    import spacy

    try:
        return spacy.blank(language).tokenizer
    except ImportError as error:
        raise InputError(f"spaCy has no tokenizer for the language {language!r}; expected a code such as en") from error
