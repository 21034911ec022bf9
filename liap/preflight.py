"""What a run checks, leaves out and says before it begins to work.

1. Without a parser, explainers that need a parse are left out, unless the user named them: those are refused.
2. A study that needs what the run or the recogniser does not give is left out.
3. The recogniser's entity types are compared with the corpus's, and the parser's vocabulary with the corpus's words.
4. The words of all sentences are counted, where an explainer reads how rare they are.
5. What was fitted on held-out mentions, or trained, must belong to the recogniser.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from liap.errors import InputError
from liap.records import Sentence
from liap.settings import NO_PARSER, AnnotationSettings, MethodSettings
from liap.worker import MakeStudy, is_parsed

if TYPE_CHECKING:
    from liap.linguistics.vocabulary import KnownWords
    from liap.taggers.tagger import Tagger


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What a run leaves out, for its record: explainers, files, and what they lack."""

    explainers: list[str]
    files: list[str]
    lacking: str  # a parse, attention


def without_parser(settings: Any) -> tuple[Any, list[str]]:
    """The settings of a run that may have no parser, and the explainers that are then left out.

    InputError if nothing is left to run, or if the user asks for roles too: they are labelled on parses.
    """
    from liap.explainers import find_explainers
    from liap.explainers.explainer import STRUCTURE

    if not isinstance(settings, AnnotationSettings) or settings.parsed:
        return settings, []
    if "srl" in settings.given and settings.srl != "none":
        raise InputError(
            f"--srl {settings.srl} needs a parse of each sentence, which --parser none does not give; leave --srl out, or give a parser"
        )
    unparsed = {"parser": NO_PARSER, "srl": "none", "srl_archive": "", "srl_encoder": "", "srl_environment": ""}
    settings = replace(settings, **unparsed, srl_precision="fp32")
    if "explainers" in settings.given:  # `check_needs` refuses those that need a parse
        return settings, []
    needs = {
        name: explainer.needs & set(STRUCTURE)
        for name, explainer in zip(settings.explainers, find_explainers(settings.explainers), strict=True)
    }
    left_out = [name for name in needs if needs[name]]
    if len(left_out) == len(needs):
        raise InputError(
            f"--parser none leaves no explainer to run: {_and(left_out)} need a parse; name others, such as --explainers attention occlusion"
        )
    return replace(settings, explainers=tuple(name for name in needs if not needs[name])), left_out


def studies_that_run(studies: Sequence[MakeStudy], tagger: Tagger, settings: Any) -> tuple[MakeStudy, ...]:
    """The studies whose needs the run and the recogniser meet."""
    given = {*tagger.capabilities, *(("parse",) if is_parsed(settings) else ())}
    return tuple(study for study in studies if study.needs <= given)


def left_out_of(
    explainers: list[str], studies: Sequence[MakeStudy], running: Sequence[MakeStudy], settings: Any
) -> LeftOut | None:
    """What the run leaves out, said in one line; None where that is nothing."""
    files = [study.file for study in studies if study not in running]
    if not explainers and not files:
        return None
    if not isinstance(settings, AnnotationSettings) or settings.parsed:
        print(f"{_and(files)} is not made: it needs attention, which this recogniser does not give")
        return LeftOut(explainers, files, "attention")
    parts = [f"{_and(explainers)} are left out: they need a parse"] if explainers else []
    parts += [f"{_and(files)} is not made"] if files else []
    parts += ["pictures show no trees"] if getattr(settings, "pictures", 0) else []
    print(f"--parser none: {'; '.join(parts)}")
    return LeftOut(explainers, files, "a parse")


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def compare_types(
    sentences: Sequence[Sentence], labels: Sequence[str], type_map: Sequence[str] = ()
) -> dict[str, list[str]] | None:
    """The entity types that only the recogniser, or only the corpus, knows, said in a line each; None of raw text.

    InputError if the two share none.
    """
    from liap.taggers.label_schemes import entity_types

    known = set(entity_types(labels, type_map))
    marked = {tag[2:] for sentence in sentences for tag in sentence.tags or ()} - {""}
    if not marked:  # raw text, or sentences without an entity
        return None
    if not known & marked:
        raise InputError(
            f"the recogniser's entity types are {_listed(known)}; the corpus's are {_listed(marked)}: they share none, so every "
            "mention would count as wrong; expected a recogniser of this corpus's types: check --model and --corpus, or map "
            "the recogniser's types onto the corpus's, as in --type-map PERSON=PER"
        )
    if known - marked:
        print(f"entity types of the recogniser that the corpus does not mark: {_listed(known - marked)}")
    if marked - known:
        print(f"entity types of the corpus that the recogniser does not know: {_listed(marked - known)}")
    return {"recogniser_only": sorted(known - marked), "corpus_only": sorted(marked - known)}


def check_language(sentences: Sequence[Sentence], settings: Any) -> KnownWords | None:
    """How much of the sentences the parser's vocabulary knows, with a warning if that is little; None if it cannot be told."""
    from liap.linguistics.vocabulary import KNOWN, known_words

    known = known_words(settings.parser, sentences) if is_parsed(settings) else None
    if known is not None and known.few:
        print(
            f"warning: the parser {settings.parser} knows {known.share:.0%} of the {known.words} running words without a capital; one of this "
            f"language knows over {KNOWN:.0%}: its trees, and what rests on them, may mean nothing"
        )
    return known


def counts_of(settings: MethodSettings, sentences: Sequence[Sentence]) -> Mapping[str, int] | None:
    """How often each word stands in the sentences; None where no explainer that runs reads it."""
    from liap.explainers import explainers_of
    from liap.explainers.explainer import COUNTS
    from liap.explainers.frequency import count_forms

    needed = any(COUNTS in explainer.needs for explainer in explainers_of(settings))
    return count_forms(sentences) if needed else None


def _listed(types: set[str], most: int = 12) -> str:
    shown = ", ".join(sorted(types)[:most])
    return f"{shown} and {len(types) - most} more" if len(types) > most else shown


def check_fitted(settings: Any, model_digest: str) -> None:
    """InputError if the file of --fitted, or of a trained explainer, was made for another recogniser, where an explainer that runs reads it."""
    from liap.explainers import explainers_of
    from liap.explainers.explainer import FITTED
    from liap.explainers.fitted import MAKE, read_fitted
    from liap.explainers.gate_files import check_trained

    for explainer in explainers_of(settings):
        check_trained(explainer, settings, model_digest)
    if not any(FITTED in explainer.needs for explainer in explainers_of(settings)):
        return
    if read_fitted(settings.fitted).model_digest not in ("", model_digest):
        raise InputError(
            f"--fitted {settings.fitted} was fitted on another recogniser than --model {settings.model}; {MAKE}"
        )
