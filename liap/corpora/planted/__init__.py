"""The planted corpus: generated sentences in which the words that decide each mention's type are known.

Names are made of syllables and shared by all types, so only an evidence word in the context tells the type. Evidence comes in
three families, which the pruning code tells apart from the sentence's gold parse and frames: `dependency` (a neighbour of the
mention in the tree), `frame` (no neighbour, but in a frame with it) and `neither` (another clause, a parenthesis).

    evidence.py    the deciding words, by kind of slot and by type
    names.py       names from syllables, other ones in each split
    lexicon.py     parts of speech of all other words
    notation.py    the notation templates are written in
    phrases.py     phrases that templates share
    templates/     the templates, a file a family, lists by split
    linearise.py   tree -> sentence with tags, parse, frames and evidence
    generate.py    split and seed -> sentences
    swap.py        a mention's evidence exchanged for another type's
"""

from liap.corpora.planted.evidence import TYPES
from liap.corpora.planted.generate import sentences
from liap.corpora.planted.linearise import FAMILIES
from liap.corpora.planted.swap import swap

__all__ = ["FAMILIES", "TYPES", "sentences", "swap"]
