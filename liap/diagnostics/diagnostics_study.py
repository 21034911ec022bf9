"""The study of diagnostic properties: models that differ in their seed -> rows, pictures, and the table as text.

1. Instances are mentions that every trained model finds with the same span and type. Human agreement reads those of them whose words people
   marked: the file of `--triggers`, or the corpus's own evidence.
2. The properties of trained and of untrained models go to `diagnostics.csv`, costs of the first model to `explainer_cost.csv`.
3. Each defect of the published code is switched on alone, on some of the instances and in the first two models: `diagnostic_defects.csv`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from liap import corpora, manifest
from liap.corpora.sampling import sample
from liap.corpora.triggers import match, read_triggers
from liap.diagnostics import explainer_cost
from liap.diagnostics.class_scores import Instance, Model
from liap.diagnostics.diagnosis import Panel, Questions, measure, read, summed
from liap.diagnostics.diagnostic_rows import DefectRow, DiagnosticRow, defect_rows, rows_of
from liap.diagnostics.diagnostic_settings import DEFECTS, FEWEST_MODELS, DiagnosticSettings
from liap.diagnostics.diagnostics_plot import draw
from liap.diagnostics.published_defects import special_ends
from liap.diagnostics.sampled_items import annotated_items
from liap.diagnostics.untrained_models import untrained
from liap.errors import InputError
from liap.evaluation import check_needs
from liap.explainers.frequency import count_forms
from liap.files import write_whole
from liap.linguistics.annotation import Item
from liap.records import Mention, Sentence
from liap.reports.diagnostic_properties import COSTS, DEFECTS_FILE, ROWS, properties_of
from liap.reports.style import drawn_for
from liap.tables import header, to_csv
from liap.taggers.label_schemes import scheme_of
from liap.taggers.prediction import predict
from liap.taggers.tagger import Tagger
from liap.taggers.transformer import open_tagger

TEMPORARY = ("dropout", "special_tokens")  # defects that every explainer is run again for


def run(settings: DiagnosticSettings) -> str:
    """Write all files; the table of the subject as text."""
    models = opened(settings)
    questions = asked(models, settings)
    folder = Path(settings.results) / settings.subject
    folder.mkdir(parents=True, exist_ok=True)
    panel = read(models, questions, settings, settings.defects)
    numbers = [measure(panel, settings, settings.defects, trained=trained) for trained in (True, False)]
    _write(folder, ROWS, DiagnosticRow, list(rows_of(panel, *numbers, settings)))
    if settings.cost_per_type:
        _write(folder, COSTS, explainer_cost.ExplainerCost, list(costs(questions, settings)))
    if settings.defects_per_type:
        _write(folder, DEFECTS_FILE, DefectRow, list(measured_defects(models, panel, questions, settings)))
    with drawn_for(settings):
        drawn = draw(Path(settings.results))
    return f"{properties_of(folder)}\n\nwritten to {settings.results}: {', '.join(drawn)}, {settings.subject}/*.csv"


def _write(folder: Path, name: str, kind: type, rows: Sequence[object]) -> None:
    manifest.record(folder, [name])
    write_whole(folder / name, header(kind) + to_csv(rows))


def opened(settings: DiagnosticSettings) -> list[Model]:
    """The trained models, then the untrained ones; InputError where they cannot be compared."""
    taggers = [open_tagger(replace(settings, model=folder)) for folder in settings.models]
    if len(scheme_of(tuple(taggers[0].labels)).types) < 2:
        raise InputError(f"--models: {settings.models[0]} knows one type alone; expected two or more, to compare")
    for folder, tagger in zip(settings.models, taggers, strict=True):
        if tuple(tagger.labels) != tuple(taggers[0].labels):
            raise InputError(f"--models: {folder} has other labels than {settings.models[0]}; expected the same ones")
        check_needs(tagger, settings, parsed=settings.parsed)
    models = [
        Model(name, number, True, one) for number, (name, one) in enumerate(zip(settings.models, taggers, strict=True))
    ]
    return models + [
        Model(f"untrained {number}", len(models) + number, False, untrained(taggers[0], settings.seed + number))
        for number in range(settings.untrained)
    ]


def asked(models: Sequence[Model], settings: DiagnosticSettings) -> Questions:
    """The instances of the study."""
    taggers = [model.tagger for model in models if model.trained]
    sentences = corpora.load(settings.corpus, settings.split, limit=settings.sentences)
    mentions = sample(agreed_mentions(taggers, sentences), settings.examples_per_type, settings.seed)
    if not mentions:
        raise InputError(
            f"the models agree on no mention in {settings.corpus} ({settings.split}); check --models and --corpus"
        )
    items = single(annotated_items(sentences, mentions, settings))
    counts = dict(count_forms(sentences))
    if not settings.triggers:
        return Questions(items, counts)
    marked = marked_sentences(settings)
    spans = {(one.index, known.start, known.end) for one in marked for known in one.evidence}
    found = [one for one in agreed_mentions(taggers, marked) if (one.sentence, one.start, one.end) in spans]
    chosen = sample(found, settings.triggers_per_type, settings.seed)
    if not chosen:
        raise InputError(f"--triggers {settings.triggers}: the models find none of its mentions alike; check --models")
    return Questions(items, counts, single(annotated_items(marked, chosen, settings)), dict(count_forms(marked)))


def marked_sentences(settings: DiagnosticSettings) -> Sequence[Sentence]:
    """The sentences of the corpus that people marked, the first `--sentences` of them (0: all)."""
    path = Path(settings.triggers).expanduser()
    if not path.is_file():
        raise InputError(f"--triggers {settings.triggers}: no such file; expected a file of human triggers")
    found = match(read_triggers(path), corpora.load(settings.corpus, settings.triggers_split)).sentences
    if not found:
        raise InputError(
            f"--corpus {settings.corpus} ({settings.triggers_split}) has no sentence of {settings.triggers}; expected the corpus it was made from"
        )
    return found[: settings.sentences or None]


def agreed_mentions(taggers: Sequence[Tagger], sentences: Sequence[Sentence]) -> list[Mention]:
    """The first model's mentions that every model finds with the same span and type."""
    found = [predict(tagger, sentences).all_mentions for tagger in taggers]
    common = set.intersection(*({_key(mention) for mention in of_model} for of_model in found))
    return [mention for mention in found[0] if _key(mention) in common]


def _key(mention: Mention) -> tuple[int, int, int, str]:
    return mention.sentence, mention.start, mention.end, mention.predicted_type


def single(items: Sequence[Item]) -> list[Item]:
    """An item for each mention."""
    return [replace(item, mentions=(mention,)) for item in items for mention in item.mentions]


def measured_defects(
    models: Sequence[Model], panel: Panel, questions: Questions, settings: DiagnosticSettings
) -> Iterator[DefectRow]:
    """Each defect alone, on the first instances of every class, in the first two models; one that cannot occur has no rows."""
    chosen = list(models[:FEWEST_MODELS])
    places = first_of_each(panel.instances, settings.defects_per_type)
    own = questions.marked is None
    marked = places if own else first_of_each(panel.marked, settings.defects_per_type)
    asked = questions.first(places, marked)
    fair = panel.first(places, marked, [model.number for model in chosen])
    if settings.defects:  # what was read has defects: it is read again without
        fair = read(chosen, asked, settings)
    numbers = measure(fair, settings)
    for defect in tqdm(DEFECTS, desc="defects", unit="defect"):
        if defect == "special_tokens" and not any(special_ends(chosen[0].tagger)):
            continue
        if defect == "summed_classes":
            changed = summed(fair, asked.items, settings)
        elif defect in TEMPORARY:
            changed = read(chosen, asked, settings, (defect,))
        elif defect == "l1":
            if not any(name == "gradient" for name in fair.methods):
                continue
            changed = read(chosen, asked, settings, (defect,), only="gradient")
        else:
            changed = fair
        yield from defect_rows(defect, fair, numbers, measure(changed, settings, (defect,)), settings)


def first_of_each(instances: Sequence[Instance], most: int) -> list[int]:
    """The places of the first so many instances of each class."""
    seen: dict[int, int] = {}
    places = []
    for place, instance in enumerate(instances):
        seen[instance.reference] = seen.get(instance.reference, 0) + 1
        if seen[instance.reference] <= most:
            places.append(place)
    return places


def costs(questions: Questions, settings: DiagnosticSettings) -> Iterator[explainer_cost.ExplainerCost]:
    """What explanations by the first model cost, on some instances; each in a sentence of its own."""
    first: dict[str, int] = {}
    chosen = []
    for item in questions.items:
        kind = item.mentions[0].predicted_type
        first[kind] = first.get(kind, 0) + 1
        if first[kind] <= settings.cost_per_type:
            chosen.append(item)
    own = replace(settings, model=settings.models[0])
    yield from tqdm(
        explainer_cost.measure(own, chosen, [item.sentence for item in chosen]), desc="costs", unit="explainer"
    )
