"""The study's steps: read, train and measure each model, restrict the masked one, and write the tables.

Each measured model is a chunk of the run, so an interrupted run goes on with the next one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tqdm import tqdm

from liap import corpora
from liap.corpora import digest_of_sentences
from liap.errors import InputError
from liap.files import digest_of
from liap.guidance import alignment_rows as rows
from liap.guidance.alignment_answer import answer
from liap.guidance.alignment_measures import Measured, Ratios, measure
from liap.guidance.alignment_settings import NONE, AlignmentSettings
from liap.guidance.attention_plausibility import plausibility, unseen
from liap.guidance.guided_models import Plan, Splits, plans, trained_model, training_settings
from liap.guidance.masked_attention import UNTOUCHED, Extent, MaskedModel, MaskPlan, mask_plans
from liap.guidance.patterns import Annotated, with_evidence
from liap.linguistics.annotation import identity_of_annotation, open_annotator
from liap.provenance import digest_of_weights, identity_of_software
from liap.records import Sentence
from liap.runs import Run
from liap.tables import header, lines, records, unescape
from liap.taggers.checkpoints import local_folder
from liap.taggers.transformer import load_tagger
from liap.training.fine_tuning_settings import TINY_MODEL

TEXT = ("target", "heads", "restriction", "rows", "layers")


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """What was read, annotated."""

    splits: Splits
    masked: tuple[Annotated, ...]
    marked: tuple[Sentence, ...]  # with evidence, that no model is trained on
    identity: dict[str, object]


def run_study(run: Run, settings: AlignmentSettings, ratios: Ratios) -> bool:
    """Everything up to the tables; False if the folder already holds this run."""
    if not settings.targets and not settings.masked_model:
        raise InputError("neither --targets nor --masked-model is given; expected one of them at least")
    with run.phase("read"):
        read = read_all(settings)
    if not run.begin(read.identity, overwrite=settings.overwrite):
        return False
    models = plans(settings) if settings.targets else []
    masks = mask_plans(settings) if settings.masked_model else []
    train_models(run, models, read, settings, ratios)
    mask_model(run, masks, read, settings, ratios, first=len(models))
    write_tables(run, models, masks, settings)
    return True


def read_all(settings: AlignmentSettings) -> Read:
    """The splits with their trees and frames, and the identity of the run."""
    limits = {"train": settings.train_sentences, "validation": settings.dev_sentences}
    train, dev = (
        corpora.load(settings.corpus, split, limit=limit) if settings.targets else () for split, limit in limits.items()
    )
    known = corpora.load(settings.evidence, "train") if settings.evidence else ()
    marked = unseen(known, train, dev, limit=settings.marked_sentences) if settings.targets else ()
    if any(name.startswith("evidence") for name in settings.targets):
        train = with_evidence(train, known)
    most = (
        0
        if 0 in (settings.test_sentences, settings.masked_sentences)
        else max(settings.test_sentences, settings.masked_sentences)
    )
    test = corpora.load(settings.corpus, "test", limit=most)
    if any(sentence.tags is None for sentence in test):
        raise InputError(f"--corpus {settings.corpus}: its test split has no tags, which F1 needs")
    with open_annotator(settings, progress=True) as annotator:
        annotated_train, annotated_test = (
            tuple(Annotated(item.sentence, item.parse, item.frames) for item in annotator(part, [()] * len(part)).items)
            if part
            else ()
            for part in (train, test)
        )
    splits = Splits(annotated_train, tuple(dev), annotated_test[: settings.test_sentences or None])
    identity = identity_of(settings, {"train": train, "dev": dev, "test": test, "marked": marked})
    return Read(splits, annotated_test[: settings.masked_sentences or None], marked, identity)


def identity_of(settings: AlignmentSettings, parts: Mapping[str, Sequence[Sentence]]) -> dict[str, object]:
    """What decides the rows."""
    models = {"encoder": settings.encoder if settings.targets else "", "masked_model": settings.masked_model}
    return {
        **settings.deciding_rows(),
        **{f"{name}_digest": digest_of_sentences(part) for name, part in parts.items()},
        **{f"{name}_digest": _digest_of_model(model) for name, model in models.items()},
        **{f"annotation_{name}": value for name, value in identity_of_annotation(settings).items()},
        **identity_of_software("fp32", 0),
    }


def _digest_of_model(model: str) -> str:
    return digest_of_weights(local_folder(model)) if model and model != TINY_MODEL else model


def model_identity(plan: Plan, read: Read, settings: AlignmentSettings) -> dict[str, object]:
    """What decides a model's weights: a model is kept when other settings of the study change."""
    own = training_settings(plan, settings, Path("any")).training()
    trees = digest_of(str(one.parse.heads) + str(one.frames) for one in read.splits.train)
    digests = {name: read.identity[f"{name}_digest"] for name in ("train", "dev", "encoder")}
    place = {"layer": settings.layer, "heads": settings.heads, "hops": settings.hops}
    return {
        **asdict(plan),
        **{name: value for name, value in own.items() if name != "model"},
        **digests,
        **place,
        "trees": trees,
    }


def train_models(run: Run, models: Sequence[Plan], read: Read, settings: AlignmentSettings, ratios: Ratios) -> None:
    """Train and measure the models that have no chunk yet."""
    for index, plan in enumerate(models):
        if run.has_chunk(index):
            continue
        print(f"model {index + 1} of {len(models)}: {plan.name}")
        with run.phase("train"):
            folder = run.folder / "models" / plan.name
            tagger, dev_f1 = trained_model(plan, read.splits, settings, folder, model_identity(plan, read, settings))
        with run.phase("measure"):
            measured = measure(tagger, read.splits.test, explain=settings.explain_sentences, ratios=ratios)
            marked = plausibility(tagger, read.marked, settings.layer, settings.chosen_heads)
            measured = replace(measured, plausibility=marked)
        run.save_chunk(index, *rows.packed(measured, {"dev_f1": dev_f1}))


def mask_model(
    run: Run, masks: Sequence[MaskPlan], read: Read, settings: AlignmentSettings, ratios: Ratios, *, first: int
) -> None:
    """Measure the masked model under the restrictions that have no chunk yet; their chunks count from `first`."""
    missing = [(first + number, plan) for number, plan in enumerate(masks) if not run.has_chunk(first + number)]
    if not missing:
        return
    model = MaskedModel(load_tagger(settings.masked_model, device=settings.device), read.masked, settings)
    for index, plan in tqdm(missing, desc="masking", unit="mask"):
        with run.phase("mask"):
            measured, extent = model.measure(plan, ratios)
        run.save_chunk(index, *rows.packed(measured, {"extent": asdict(extent)}))


def write_tables(run: Run, models: Sequence[Plan], masks: Sequence[MaskPlan], settings: AlignmentSettings) -> None:
    """The three tables from the chunks."""
    chunks = [rows.unpacked(run.load_chunk(index)) for index in range(len(models) + len(masks))]
    model_rows = list(_model_rows(models, chunks[: len(models)], settings))
    mask_rows = list(_mask_rows(masks, chunks[len(models) :], settings))
    summary = rows.summarise(model_rows)
    for name, own, columns in (
        (rows.ALIGNMENT, model_rows, [*rows.MODEL_COLUMNS, *rows.COMMON_COLUMNS]),
        (rows.SUMMARY, summary, rows.summary_columns()),
        (rows.MASKED, mask_rows, [*rows.MASK_COLUMNS, *rows.COMMON_COLUMNS]),
    ):
        run.write(name, header(columns) + lines(own, columns))


def _model_rows(
    models: Sequence[Plan], chunks: Sequence[tuple[Measured, Mapping]], settings: AlignmentSettings
) -> Iterator[rows.Row]:
    counts = {plan: measured.counts for plan, (measured, _) in zip(models, chunks, strict=True)}
    for plan, (measured, facts) in zip(models, chunks, strict=True):
        structure, slash, _ = plan.target.partition("/")
        yield rows.model_row(
            plan,
            facts["dev_f1"],
            measured,
            settings,
            control=None if plan.target == NONE else counts[Plan(NONE, 0.0, plan.seed)],
            structure=counts.get(replace(plan, target=structure)) if slash else None,
        )


def _mask_rows(
    masks: Sequence[MaskPlan], chunks: Sequence[tuple[Measured, Mapping]], settings: AlignmentSettings
) -> Iterator[rows.Row]:
    counts = {plan: measured.counts for plan, (measured, _) in zip(masks, chunks, strict=True)}
    for plan, (measured, facts) in zip(masks, chunks, strict=True):
        structure, slash, _ = plan.restriction.partition("/")
        yield rows.mask_row(
            plan,
            Extent(**facts["extent"]),
            measured,
            settings,
            control=None if plan == UNTOUCHED else counts[UNTOUCHED],
            structure=counts.get(replace(plan, restriction=structure)) if slash else None,
        )


def read(folder: Path) -> tuple[list[rows.Row], list[rows.Row], list[rows.Row]]:
    """The rows of the three tables, from their files."""
    return tuple(_rows_of(folder / name) for name in (rows.ALIGNMENT, rows.SUMMARY, rows.MASKED))


def _rows_of(path: Path) -> list[rows.Row]:
    (_, columns), *others = records(path)
    return [
        {
            name: unescape(cell) if name in TEXT else float(cell or "nan")
            for name, cell in zip(columns, cells, strict=True)
        }
        for _, cells in others
    ]


def answer_of(folder: Path) -> str:
    """What the tables say."""
    return answer(*read(folder))
