"""Raw text -> sentences without gold tags.

1. A line's end always ends a sentence: lines are never joined. Text that is wrapped at a fixed width needs one line per paragraph.
2. Within a line, spaCy's rule-based sentencizer splits sentences: after `.`, `!`, `?` and their like. With `as_given`, each line is
   one sentence.
3. spaCy's tokenizer splits a sentence into words. White space is dropped; every other character belongs to exactly one word.
4. An empty line starts a document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from liap.errors import InputError
from liap.files import read_text
from liap.records import Sentence


def from_text(text: str, file: str, *, language: str = "en", as_given: bool = False) -> tuple[Sentence, ...]:
    """The sentences of `text`, or of the UTF-8 file `file`. Raises InputError."""
    if text and file:
        raise InputError("--text and --text-file: expected one of the two, got both")
    if file and not Path(file).is_file():
        raise InputError(f"--text-file {file}: no such file; expected UTF-8 text")
    split = _splitter(language, as_given)
    sentences: list[Sentence] = []
    document = 0
    for number, line in enumerate((read_text(Path(file)) if file else text).splitlines()):
        of_line = [words for words in split(line.encode("utf-8", "replace").decode()) if words]
        sentences += [Sentence(len(sentences) + place, document, words) for place, words in enumerate(of_line)]
        if number and not of_line:
            document = sentences[-1].document + 1 if sentences else 0
    if not sentences:
        source = f"--text-file {file}" if file else "--text"
        raise InputError(f"{source}: no words; expected text, with an empty line between documents")
    return tuple(sentences)


def _splitter(language: str, as_given: bool) -> Callable[[str], Iterator[tuple[str, ...]]]:
    """From a line to its sentences' words, by spaCy's rules alone: no trained pipeline is needed."""
    import spacy

    try:
        pipeline = spacy.blank(language)
    except ImportError as error:
        raise InputError(f"spaCy has no tokenizer for the language {language!r}; expected a code such as en") from error
    sentencizer = None if as_given else pipeline.add_pipe("sentencizer")

    def split(line: str) -> Iterator[tuple[str, ...]]:
        document = pipeline.tokenizer(line)
        parts = [document] if sentencizer is None else sentencizer(document).sents
        return (tuple(token.text for token in part if not token.is_space) for part in parts)

    return split
