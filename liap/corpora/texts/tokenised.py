"""Running text -> words, for corpora whose texts are not split into words: spaCy's rules, without a trained pipeline."""

from __future__ import annotations

import functools
import re

BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def words_in(text: str) -> tuple[str, ...]:
    """The words of a text; white space and line breaks of HTML separate them and are dropped."""
    document = _tokenizer()(BREAK.sub(" ", text))
    return tuple(token.text for token in document if not token.is_space)


@functools.cache
def _tokenizer():
    import spacy

    return spacy.blank("en").tokenizer
