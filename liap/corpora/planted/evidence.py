"""The words that decide a mention's type, by slot kind: the whole key to the planted labels.

Every kind fills one grammatical slot and has equally many words for each type, so the words of one type can stand where
those of another stood: same length, same part of speech, same article. A word is in one kind and of one type only, and no
template uses it for anything else.
"""

from __future__ import annotations

TYPES = ("PER", "ORG", "LOC", "MISC")


def _kind(**words: str) -> dict[str, tuple[str, ...]]:
    return {name: tuple(listed.split()) for name, listed in words.items()}


WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    # what the mention is: "X , a surgeon ,", "X is a surgeon", "the surgeon"
    "noun": _kind(
        PER="surgeon goalkeeper senator lawyer pilot poet teenager banker professor violinist",
        ORG="brewery charity carmaker newspaper retailer drugmaker shipyard conglomerate consultancy supermarket",
        LOC="village river lake peninsula suburb valley province mountain desert town",
        MISC="novel musical film tournament dialect treaty ballet sitcom symphony cookbook",
    ),
    # whoever belongs to the mention: "the widow of X", "X 's widow"; all of them people
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
    # what is done to the mention: "X was jailed", "officials jailed X"; past tense and participle are one form
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
    # how others stand to the mention: "volunteers worked throughout X"
    "preposition": _kind(PER="beside alongside", ORG="within inside", LOC="throughout across", MISC="during amid"),
}
PARTS_OF_SPEECH = {
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
    for kind, lists in WORDS.items()
    for name, listed in lists.items()
    for place, word in enumerate(listed)
}


def exchanged(word: str, new_type: str) -> str:
    """The word of `new_type` at the same place of the same kind, so that exchanging back restores the word."""
    kind, _, place = KEY[word.lower()]
    other = WORDS[kind][new_type][place]
    return other.capitalize() if word[0].isupper() else other
