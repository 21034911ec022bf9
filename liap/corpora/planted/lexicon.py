"""The words of templates and phrases that say nothing of a type: word -> universal part of speech, and what hangs on that.

A template with a word that is in neither this list nor marked with its part of speech does not load.
"""

from __future__ import annotations

from liap.errors import InputError

_WORDS = {
    "DET": "a an the this any no",
    "NUM": "two",
    "ADP": "about above after as at before between by despite for from in like of on over than through to unlike up with",
    "AUX": "was were been be had have would",
    "PART": "'s not",
    "SCONJ": "although that until when while",
    "CCONJ": "and but yet",
    "PUNCT": ". , ; : ( )",
    "PRON": "anyone nobody",
    "PROPN": "Monday Tuesday Friday March",
    "ADV": """again earlier eventually far finally hardly late later long meanwhile once only quietly rather soon still then
        yesterday""",
    "ADJ": """available celebrated closed costly divided early famous few first former fresh front front-page further internal last latter leaked
        little little-known local main many modest more most much-discussed new public scarce second senior several third
        troubled unclear usual well-known wide""",
    "NOUN": """agenda aides analysts attention authorities briefing calm camera caution comment conference cost coverage crews
        date day days debate delay details dispute end experts file headlines hearing hours inquiry inspectors interest
        interview investigators item letter life link list matter memo ministers month months news notice officials opinion
        pages people photograph plans pressure problem prospect questions radio readers register report reporters request row
        silence source spokesman spring statement story talk talks team time top topic view volunteers wave week weeks year""",
    "VERB": """according agreed appeared arrived asked avoided awaited began broke called came changed chose collapsed compared
        confirmed continued criticised declined deepened denied described discuss discussed dismissed dominated drew expected
        faced escaped faded feared followed gathered given grew heard helped hung identified introduced knew known left linked listed made
        mentioned met mistaken mistook moved multiplied named needed noticed outlasted overlooked overshadowed planned portrayed praised
        promised questioned ranked recovered refused remained remembered replaced resumed resurfaced returned rumoured said sought seemed seen slept spoke spread stayed
        surrounded survived thanked thought threatened told waited wanted warned worked worried""",
}
_PARTS = {word: part for part, words in _WORDS.items() for word in words.split()}
MODALS = ("would",)
CLAUSE_MARKERS = ("after", "before", "to")  # a preposition before a noun, a conjunction or particle before a verb
# part of speech -> a lone word's relation to the head of its phrase
RELATIONS = {
    "DET": "det",
    "NUM": "nummod",
    "ADP": "case",
    "AUX": "aux",
    "PART": "mark",
    "SCONJ": "mark",
    "CCONJ": "cc",
    "PUNCT": "punct",
    "PRON": "nsubj",
    "PROPN": "flat",
    "ADV": "advmod",
    "ADJ": "amod",
    "NOUN": "compound",
    "VERB": "dep",
}


def part_of_speech(word: str) -> str:
    """The universal part of speech of a template's word."""
    if word not in _PARTS:
        raise InputError(f"template word {word!r}: not in lexicon.py; list it there, or write it as {word}/POS")
    return _PARTS[word]


def vocabulary() -> frozenset[str]:
    """All words that say nothing of a type."""
    return frozenset(_PARTS)
