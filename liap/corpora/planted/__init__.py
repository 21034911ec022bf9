"""The planted corpus: generated sentences in which the words that decide each mention's type are known.

Names are made of syllables and shared by all types, so only an evidence word in the context reveals the type. Each template
declares in which relation its construction puts the evidence to the mention, one of three families: `dependency` (one
grammatical relation joins them), `frame` (they take part in the same event) and `neither` (another clause or a parenthesis).
`liap.diagnostics.planted_corpus` compares this with what the pruning code computes.

Distractors are evidence words for another type that the grammar of the sentence keeps from the mention: `X , a village brewery ,`
is a brewery. In each family, most mentions have one that is nearer than their own evidence.

    wordlists.py   the evidence words, all other words, and how to swap evidence
    names.py       names made of syllables, different ones in each split
    notation.py    the notation of templates
    phrases.py     phrases that templates share
    templates/     the templates: a file per family, lists by split
    linearise.py   tree -> sentence with tags, parse, frames and evidence
    generate.py    split and seed -> sentences
"""

from liap.corpora.planted.generate import sentences
from liap.corpora.planted.notation import FAMILIES
from liap.corpora.planted.wordlists import TYPES, swap

__all__ = ["FAMILIES", "TYPES", "sentences", "swap"]
