"""The planted corpus: generated sentences in which the words that decide each mention's type are known.

Names are made of syllables and shared by all types, so only an evidence word in the context reveals the type. The sentence's
gold parse and frames put the evidence in one of three families, as the pruning code sees them: `dependency` (a neighbour of
the mention in the tree), `frame` (not a neighbour, but in a frame with the mention) and `neither` (in another clause or a
parenthesis).

    wordlists.py   the evidence words, all other words, and how to swap evidence
    names.py       names made of syllables, different ones in each split
    notation.py    the notation of templates
    phrases.py     phrases that templates share
    templates/     the templates: a file per family, lists by split
    linearise.py   tree -> sentence with tags, parse, frames and evidence
    generate.py    split and seed -> sentences
"""

from liap.corpora.planted.generate import sentences
from liap.corpora.planted.linearise import FAMILIES
from liap.corpora.planted.wordlists import TYPES, swap

__all__ = ["FAMILIES", "TYPES", "sentences", "swap"]
