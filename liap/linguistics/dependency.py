"""Dependency trees and parts of speech: spaCy, on the corpus's own words.

In: sentences and a parser: the name or folder of a spaCy pipeline, or `gold` for the parses that the corpus carries.
Out: one `Parse` per sentence, with heads and relations indexed by word.

1. A sentence becomes `Doc(vocab, words=...)`. It is not tokenised again, so indices cannot shift. A word that spaCy cannot
   hold (empty, or half a surrogate pair) is replaced by a stand-in.
2. Only the components that trees and parts of speech need are run, in batches.
3. The pipeline's own labels tell the scheme: Universal Dependencies ("ud"), or ClearNLP's ("clear", as in `en_core_web_sm`),
   in which prepositions are heads.
4. Results are cached by words and by the contents of the pipeline's files. If all are known, spaCy is not even imported.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from liap.corpora.jsonl import relation_scheme
from liap.errors import InputError
from liap.files import check_regular, digest_of_path, read_bounded
from liap.linguistics.cache import Store, content_key, in_chunks
from liap.records import Parse, Sentence
from liap.settings import NO_PARSER

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Token

DEFAULT_PARSER = "en_core_web_sm"
LARGEST_CONFIG = 2**24  # bytes of a config.cfg
CHUNK = 500  # sentences that are parsed and cached at a time
NEEDED = ("tok2vec", "transformer", "curated_transformer", "tagger", "morphologizer", "attribute_ruler", "parser")
HEAVY = ("ner", "lemmatizer", "senter", "entity_linker", "entity_ruler", "textcat", "textcat_multilabel", "spancat")
UNKNOWN_WORD = "\N{REPLACEMENT CHARACTER}"

# Penn Treebank tags -> universal tags, for pipelines with a tagger but no morphologizer (Petrov, Das & McDonald 2012, under the
# names of Universal Dependencies 2). Penn tags do not distinguish auxiliaries from verbs.
UNIVERSAL = {
    **dict.fromkeys(("VB", "VBD", "VBG", "VBN", "VBP", "VBZ"), "VERB"),
    **dict.fromkeys(("NN", "NNS"), "NOUN"),
    **dict.fromkeys(("NNP", "NNPS"), "PROPN"),
    **dict.fromkeys(("JJ", "JJR", "JJS", "AFX"), "ADJ"),
    **dict.fromkeys(("RB", "RBR", "RBS", "WRB"), "ADV"),
    **dict.fromkeys(("PRP", "EX", "WP"), "PRON"),
    **dict.fromkeys(("DT", "PDT", "WDT", "PRP$", "WP$"), "DET"),
    **dict.fromkeys((".", ",", ":", "``", "''", "-LRB-", "-RRB-", "HYPH", "NFP"), "PUNCT"),
    **dict.fromkeys(("$", "SYM", "#"), "SYM"),
    **{"MD": "AUX", "CC": "CCONJ", "IN": "ADP", "RP": "ADP", "TO": "PART", "POS": "PART", "CD": "NUM", "UH": "INTJ"},
}


def parse(
    sentences: Sequence[Sentence], parser: str = DEFAULT_PARSER, *, cache: Path | None = None, progress: bool = False
) -> list[Parse]:
    """One tree per sentence, in order, for a single call."""
    return Parser(parser, cache=cache)(sentences, progress)


class Parser:
    """A parser for call after call. It loads the pipeline when a sentence is first missing from the cache.

    Raises InputError for a pipeline that is not installed or lacks a parser or tagger, and for `gold` if the corpus carries no
    parses.
    """

    def __init__(self, parser: str, *, cache: Path | None = None) -> None:
        self._name = parser
        self._pipeline: Language | None = None
        if parser != "gold":
            self._store = Store(cache, "parses", identity(parser, cache=cache))

    def __call__(self, sentences: Sequence[Sentence], progress: bool = False) -> list[Parse]:
        """One tree per sentence, in order, whatever was parsed before."""
        if self._name == "gold":
            return [_gold(sentence) for sentence in sentences]
        entries = self._store.entries
        keyed = [(content_key(sentence.words), sentence.words) for sentence in sentences]
        known = {key: _decode(entries.get(key), len(words)) for key, words in keyed}
        missing = {key: words for key, words in keyed if known[key] is None}
        if missing:
            known |= self._parse(missing, progress)
        return [known[key] for key, _ in keyed]

    def _parse(self, missing: dict[str, tuple[str, ...]], progress: bool) -> dict[str, Parse]:
        """Parse the missing sentences, and store their trees."""
        if self._pipeline is None:
            self._pipeline = _load(self._name)
        parsed = {}
        with tqdm(total=len(missing), desc="parsing", unit="sentence", disable=not progress) as bar:
            for chunk in in_chunks(missing.items(), CHUNK):
                trees = _run(self._pipeline, (words for _, words in chunk))
                fresh = dict(zip((key for key, _ in chunk), trees, strict=True))
                self._store.write({key: _encode(tree) for key, tree in fresh.items()})
                parsed |= fresh
                bar.update(len(chunk))
        return parsed


def _gold(sentence: Sentence) -> Parse:
    if sentence.parse is None:
        raise InputError(
            f"sentence {sentence.index} of the corpus carries no parse, which --parser gold needs; "
            f"expected a corpus with trees, or --parser with the name or folder of a spaCy pipeline"
        )
    return sentence.parse


def identity(parser: str, *, cache: Path | None = None) -> dict[str, str]:
    """What the parses depend on: the contents of the pipeline's files, and the versions of the libraries that run it."""
    if parser == "gold":
        return {"parser": "gold"}
    folder = find_pipeline(parser)
    libraries = ["spacy"]
    check_regular(folder.rglob("*"))
    configurations = (read_bounded(file, LARGEST_CONFIG) for file in folder.rglob("config.cfg"))
    if any(b"transformer" in configuration for configuration in configurations):
        libraries += ["torch", "transformers"]
    versions = {f"parser_{library}": _version(library) for library in libraries}
    return {"parser": digest_of_path(folder, cache=cache), **versions}


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        raise InputError(f"{library} is not installed; `pip install {library}`, or use --parser gold") from None


def find_pipeline(parser: str) -> Path:
    """The pipeline's folder, found without importing anything."""
    if parser == NO_PARSER:
        raise InputError("--parser none gives no parse, which is needed here; give a spaCy pipeline, or gold")
    folder = Path(parser).expanduser()
    if folder.is_dir():
        if not (folder / "config.cfg").is_file():
            raise InputError(
                f"{folder}: no spaCy pipeline (it has no config.cfg); expected a folder that `nlp.to_disk` wrote, see --parser"
            )
        return folder.resolve()
    package = importlib.machinery.PathFinder.find_spec(parser) if parser.isidentifier() else None
    for location in (package.submodule_search_locations or ()) if package else ():
        if (Path(location) / "meta.json").is_file():
            return Path(location)
    if parser.isidentifier():
        mend = f"`python -m spacy download {parser}` installs it; or give --parser another pipeline or a folder"
    else:
        mend = "give --parser the name of an installed spaCy pipeline, a pipeline's folder, or gold"
    mend += "; `run_liap_evaluation.py --parser none` goes on with what needs no parse"
    raise InputError(f"the parser {parser!r} is neither an installed spaCy pipeline nor a folder; {mend}")


def _load(parser: str) -> Language:
    """The pipeline, with only the components that trees and parts of speech need."""
    import spacy

    folder = Path(parser).expanduser()
    try:
        pipeline = spacy.load(folder if folder.is_dir() else parser, exclude=list(HEAVY))
    except Exception as error:  # a broken folder raises a dozen kinds of errors
        reason = " ".join(str(error).split())
        raise InputError(
            f"{parser}: spaCy cannot load this pipeline ({reason}); install it again, see --parser"
        ) from error
    kinds = {name: pipeline.get_pipe_meta(name).factory for name in pipeline.pipe_names}
    if "parser" not in kinds.values():
        raise InputError(
            f"{parser}: the pipeline has no dependency parser, only {', '.join(kinds) or 'nothing'}; see --parser"
        )
    if not {"tagger", "morphologizer", "attribute_ruler"} & set(kinds.values()):
        raise InputError(
            f"{parser}: the pipeline assigns no parts of speech; expected a tagger or morphologizer, see --parser"
        )
    pipeline.select_pipes(enable=[name for name, kind in kinds.items() if kind in NEEDED])
    return pipeline


def _run(pipeline: Language, sentences: Iterable[tuple[str, ...]]) -> Iterator[Parse]:
    from spacy.tokens import Doc

    scheme = _scheme(pipeline)
    documents = (Doc(pipeline.vocab, words=[_spelling(word) for word in words]) for words in sentences)
    for document in pipeline.pipe(documents, batch_size=128):
        yield Parse(
            heads=tuple(-1 if token.head.i == token.i else token.head.i for token in document),
            relations=tuple(token.dep_ or "dep" for token in document),
            parts_of_speech=tuple(_part_of_speech(token) for token in document),
            scheme=scheme,
        )


def _scheme(pipeline: Language) -> str:
    """The scheme of the parser's labels."""
    parsers = [name for name in pipeline.pipe_names if pipeline.get_pipe_meta(name).factory == "parser"]
    return relation_scheme((label for name in parsers for label in pipeline.get_pipe(name).labels), inventory=True)


def _spelling(word: str) -> str:
    """The word in a form that spaCy can hold: not empty, and valid UTF-8."""
    return word.encode("utf-8", "replace").decode() or UNKNOWN_WORD


def _part_of_speech(token: Token) -> str:
    return token.pos_ or UNIVERSAL.get(token.tag_, "X")


def _encode(tree: Parse) -> list[Any]:
    return [tree.heads, tree.relations, tree.parts_of_speech, tree.scheme]


def _decode(entry: Any, words: int) -> Parse | None:
    """The cached tree, or None if the entry is not a tree of this many words."""
    try:
        heads, relations, parts_of_speech, scheme = entry
        tree = Parse(tuple(heads), tuple(relations), tuple(parts_of_speech), scheme)
    except (TypeError, ValueError):
        return None
    return tree if len(tree.heads) == words else None
