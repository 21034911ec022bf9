"""All words of the planted corpus but the names: those that decide a mention's type, and those that say nothing about it.

The evidence words are the whole key to the planted labels. Each kind fills one grammatical slot and has equally many words per
type, so words of different types can replace each other: same length, same part of speech, same article. A word has exactly
one kind and one type, and no template uses it for anything else. `swap` exchanges a mention's evidence.

Templates and phrases may use other words only if they are listed here or marked with their part of speech.
"""

from __future__ import annotations

from dataclasses import replace

from liap.errors import InputError
from liap.records import Sentence

TYPES = ("PER", "ORG", "LOC", "MISC")


def _kind(**words: str) -> dict[str, tuple[str, ...]]:
    return {name: tuple(listed.split()) for name, listed in words.items()}


EVIDENCE_WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    # what the mention is: "X , a surgeon ,", "X is a surgeon", "the surgeon"
    "noun": _kind(
        PER="surgeon goalkeeper senator lawyer pilot poet teenager banker professor violinist",
        ORG="brewery charity carmaker newspaper retailer drugmaker shipyard conglomerate consultancy supermarket",
        LOC="village river lake peninsula suburb valley province mountain desert town",
        MISC="novel musical film tournament dialect treaty ballet sitcom symphony cookbook",
    ),
    # people connected with the mention: "the widow of X", "X 's widow"
    "kin": _kind(
        PER="widow nephew daughter cousin godson stepson bodyguard grandmother",
        ORG="chairman treasurer shareholder creditor bondholder cofounder salesman recruiter",
        LOC="mayor governor viceroy monarch sheriff magistrate landowner ferryman",
        MISC="composer playwright choreographer screenwriter librettist translator narrator lyricist",
    ),
    # what happens to the mention: "X faced a merger"
    "affair": _kind(
        PER="divorce biopsy transplant knighthood pregnancy honeymoon concussion funeral",
        ORG="takeover bailout merger dividend flotation buyout rebranding stocktake",
        LOC="drought landslide famine hurricane siege heatwave blockade tsunami",
        MISC="sequel reprint remake prequel remix paperback rerun matinee",
    ),
    # what is done to the mention: "X was jailed", "officials jailed X"; past tense and participle are the same form
    "action": _kind(
        PER="arrested jailed hospitalised knighted paroled vaccinated deported handcuffed",
        ORG="privatised nationalised liquidated recapitalised audited delisted refinanced deregulated",
        LOC="evacuated besieged shelled colonised irrigated deforested annexed resettled",
        MISC="reprinted filmed serialised televised dubbed translated remastered subtitled",
    ),
    # what the mention does: "X resigned"
    "intransitive": _kind(
        PER="wept apologised fainted resigned testified confessed",
        ORG="merged rebranded downsized defaulted diversified overcharged",
        LOC="flooded thawed eroded froze seceded smouldered",
        MISC="premiered aired debuted rhymed flopped climaxed",
    ),
    # what the mention is like: "the bearded X", "X was bearded"
    "adjective": _kind(
        PER="bearded tearful pregnant diabetic left-handed barefoot remorseful short-sighted",
        ORG="bankrupt loss-making profitable debt-laden insolvent state-owned cash-rich unlisted",
        LOC="mountainous landlocked coastal uninhabited swampy war-torn windswept low-lying",
        MISC="best-selling out-of-print unpublished autobiographical black-and-white untranslated melodic scripted",
    ),
    # how others relate to the mention: "volunteers worked throughout X"
    "preposition": _kind(PER="beside alongside", ORG="within inside", LOC="throughout across", MISC="during amid"),
}
EVIDENCE_PARTS = {  # kind -> universal part of speech
    "noun": "NOUN",
    "kin": "NOUN",
    "affair": "NOUN",
    "action": "VERB",
    "intransitive": "VERB",
    "adjective": "ADJ",
    "preposition": "ADP",
}
# word -> (kind, type, place in its list)
KEY = {
    word: (kind, name, place)
    for kind, lists in EVIDENCE_WORDS.items()
    for name, listed in lists.items()
    for place, word in enumerate(listed)
}
_NEUTRAL_WORDS = {  # by universal part of speech
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
        interview investigators item kind letter life link list matter memo ministers month months news notice officials opinion
        pages people photograph plans pressure problem prospect questions radio readers register report reporters request row
        silence source spokesman spring statement story talk talks team time top topic view volunteers wave week weeks year""",
    "VERB": """according agreed appeared arrived asked avoided awaited became began broke called came changed chose collapsed compared
        confirmed continued criticised declined deepened denied described discuss discussed dismissed dominated drew expected
        faced escaped faded feared followed gathered given grew heard helped hung identified introduced knew known left linked listed made
        mentioned met mistaken mistook moved multiplied named needed noticed outlasted overlooked overshadowed planned portrayed praised
        promised questioned ranked recovered refused remained remembered replaced resumed resurfaced returned rumoured said sought seemed seen slept spoke spread stayed
        surrounded survived thanked thought threatened told waited wanted warned worked worried""",
}
_PARTS = {word: part for part, words in _NEUTRAL_WORDS.items() for word in words.split()}
MODALS = ("would",)
CLAUSE_MARKERS = ("after", "before", "to")  # a preposition before a noun, a conjunction or particle before a verb
# part of speech -> relation of a single word to the head of its phrase
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
    """The universal part of speech of a template's neutral word."""
    if word not in _PARTS:
        raise InputError(f"template word {word!r}: not in wordlists.py; list it there, or write it as {word}/POS")
    return _PARTS[word]


def vocabulary() -> frozenset[str]:
    """All words that say nothing about a type."""
    return frozenset(_PARTS)


def exchanged(word: str, new_type: str) -> str:
    """The word of `new_type` at the same place in the list of the same kind. Exchanging it back restores the word."""
    kind, _, place = KEY[word.lower()]
    other = EVIDENCE_WORDS[kind][new_type][place]
    return other.capitalize() if word[0].isupper() else other


def swap(sentence: Sentence, mention_index: int, new_type: str) -> Sentence:
    """The sentence with a mention's evidence words replaced by those of `new_type`, and its gold tags changed to match.

    `mention_index` counts `sentence.evidence` from 0. Parse, frames and the positions of the evidence stay as they are.
    Swapping back to the old type restores the sentence.
    """
    if new_type not in TYPES:
        raise InputError(f"swap: type {new_type!r}; expected one of {', '.join(TYPES)}")
    if not 0 <= mention_index < len(sentence.evidence) or sentence.tags is None:
        raise InputError(
            f"swap: mention {mention_index} of sentence {sentence.index}; expected an index below the "
            f"{len(sentence.evidence)} mentions with known evidence, in a sentence with gold tags"
        )
    mention = sentence.evidence[mention_index]
    words, tags = list(sentence.words), list(sentence.tags)
    for position in mention.words:
        words[position] = exchanged(words[position], new_type)
    for position in range(mention.start, mention.end):
        tags[position] = f"{tags[position][:2]}{new_type}"
    return replace(sentence, words=tuple(words), tags=tuple(tags))
