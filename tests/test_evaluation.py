"""The loop on a tiny recogniser: rows against a slow recomputation, and independence of order, batch and chunk."""

import dataclasses

import numpy as np
import pytest

from liap.evaluation import evaluate
from liap.explainers import EXPLAINERS
from liap.explainers.frequency import count_forms
from liap.faithfulness import METRICS
from liap.faithfulness.lfs import LfsSettings
from liap.linguistics.annotation import Item
from liap.perturbation.scorer import mention_probability
from liap.pruning import VARIANTS
from liap.records import Evidence, Frame, Mention, Parse, Sentence, tag_spans
from liap.settings import MethodSettings
from liap.taggers.prediction import predict
from liap.taggers.tagger import Request
from liap.taggers.text_classifier import POOLING, WORD_MASK
from liap.taggers.transformer import TransformerTagger
from tests.toys import files_wanted, fitted_file

CONTROLS = ("matched_random", "matched_window", "matched_distance", "matched_learned")
READY = [name for name in EXPLAINERS if not files_wanted(name) and not {POOLING, WORD_MASK} & EXPLAINERS[name].needs]
WITHOUT_VARIANTS = [name for name in READY if name not in ("liap", *CONTROLS)]
ALL = MethodSettings(
    explainers=tuple(READY),
    metrics=tuple(METRICS),
    target="tag",
    fitted=fitted_file(),
    options={"lfs": LfsSettings(k=2)},
)
TIMES = ("seconds",)
LABELS = np.array([3, 4])  # B-PER, I-PER


def sentences():
    generator = np.random.default_rng(0)
    for index, length in enumerate((6, 1, 9, 2, 3, 12, 7)):
        words = tuple("".join(generator.choice(list("abcdefgh"), size=generator.integers(1, 4))) for _ in range(length))
        yield Sentence(index, index // 2, words, ("O",) * length, evidence=(Evidence(0, 1, (length - 1,), "neither"),))


COUNTS = count_forms(sentences())


def mention(sentence, start, end, probability):
    tags = ("B-PER", *["I-PER"] * (end - start - 1))
    return Mention(sentence.index, sentence.document, start, end, tags, "PER", None, "spurious", probability)


def items(tagger):
    """Every sentence's first word, and the last two words of longer ones, as mentions."""
    found = []
    for sentence in sentences():
        words = len(sentence.words)
        spans = [(0, 1)] + ([(words - 2, words)] if words > 5 else [])
        read = np.arange(words)
        request = Request(sentence.words, np.ones((1, words), dtype=bool), "mask", read)
        answer = tagger.probabilities([request])[0]
        mentions = tuple(
            mention(sentence, start, end, float(mention_probability(answer[:, start:end], LABELS[: end - start])[0]))
            for start, end in spans
        )
        parse = Parse((-1, *range(words - 1)), ("dep",) * words, ("X",) * words)
        frames = (Frame(0, ("B-V", *["B-ARG0"] * (words - 1))),) if sentence.index % 2 else ()
        found.append(Item(sentence, mentions, parse, frames))
    return found


@pytest.fixture(scope="module")
def outcome(tiny):
    return evaluate(tiny, items(tiny), ALL, counts=COUNTS)


def plain(rows):
    """Rows without their timing columns, in a fixed order, NaN made comparable."""
    kept = [{name: value for name, value in row.items() if name not in TIMES} for row in rows]
    return sorted(map(repr, kept))


def test_a_row_for_each_mention_explainer_and_variant(tiny, outcome):
    mentions = sum(len(item.mentions) for item in items(tiny))
    assert mentions >= 8
    assert len(outcome.rows) == mentions * (len(WITHOUT_VARIANTS) + (1 + len(CONTROLS)) * len(VARIANTS))
    assert len(outcome.scores) == mentions


def test_lfs_against_a_slow_recomputation(tiny, outcome):
    """Occlusion under its own operator, recomputed from single passes and sorted in plain Python."""
    rows = {(row["sentence"], row["start"]): row for row in outcome.rows if row["explainer"] == "occlusion_ceiling"}
    for item, mention in [(one, mention) for one in items(tiny) for mention in one.mentions]:
        row, words = rows[mention.sentence, mention.start], len(item.sentence.words)
        context = [word for word in range(words) if not mention.start <= word < mention.end]
        labels = np.array([tiny.labels.index(tag) for tag in mention.tags])
        assert row["context"] == len(context)
        if len(context) < 2:
            assert row["reason"] == "no_context"
            assert np.isnan(row["lfs"])
            continue

        def probability(masked, item=item, mention=mention, labels=labels, words=words):
            mask = np.array([[word != masked for word in range(words)]])
            read = np.arange(mention.start, mention.end)
            request = Request(item.sentence.words, mask, "mask", read)
            return mention_probability(tiny.probabilities([request])[0], labels)[0]

        base = probability(None)
        assert row["probability"] == pytest.approx(base, abs=1e-6)
        drops = sorted((base - probability(word) for word in context), reverse=True)
        k = min(2, len(context) // 2)
        important, unimportant = (sum(max(drop, 0) for drop in end) for end in (drops[:k], drops[-k:]))
        assert row["k"] == k
        assert row["important"] == pytest.approx(important, abs=1e-5)
        assert row["unimportant"] == pytest.approx(unimportant, abs=1e-5)
        total = important + unimportant
        assert row["lfs"] == pytest.approx(important / total if total else 0.5, abs=1e-3)


def test_no_row_scores_above_the_ceiling(outcome):
    ceiling = {
        (row["sentence"], row["start"]): row["lfs"] for row in outcome.rows if row["explainer"] == "occlusion_ceiling"
    }
    scored = [row for row in outcome.rows if not row["reason"]]
    assert len(scored) > 50
    for row in scored:
        assert row["lfs"] <= ceiling[row["sentence"], row["start"]] + 1e-6


def test_undefined_rows_say_why_and_hold_no_number(outcome):
    reasons = {row["reason"] for row in outcome.rows}
    assert {"", "uncovered", "no_context"} <= reasons <= {"", "uncovered", "empty", "no_context"}
    for row in outcome.rows:
        assert np.isnan(row["lfs"]) == np.isnan(row["signed_difference"]) == bool(row["reason"])


@pytest.mark.parametrize("sentences_per_batch", [1, 2, 3])
def test_rows_do_not_depend_on_batch_chunk_or_order(tiny, tiny_folder, outcome, sentences_per_batch):
    small = TransformerTagger.load(str(tiny_folder), pieces_per_batch=40 * sentences_per_batch)
    backwards = items(tiny)[::-1]
    chunks = [backwards[begin : begin + sentences_per_batch] for begin in range(0, len(backwards), sentences_per_batch)]
    outcomes = [evaluate(small, chunk, ALL, counts=COUNTS) for chunk in chunks]
    rows = [row for other in outcomes for row in other.rows]
    assert len(rows) == len(outcome.rows)
    by_key = {(row["sentence"], row["start"], row["explainer"], row["variant"]): row for row in rows}
    for row in outcome.rows:
        other = by_key[row["sentence"], row["start"], row["explainer"], row["variant"]]
        for name in ("lfs", "important", "unimportant", "signed_difference", "probability", "lfs_k1"):
            assert row[name] == pytest.approx(other[name], abs=2e-4, nan_ok=True), (row["explainer"], name)
        for name in ("comprehensiveness", "comprehensiveness_1", "sufficiency", "sufficiency_50", "completeness_error"):
            assert row[name] == pytest.approx(other[name], abs=1e-6, nan_ok=True), (row["explainer"], name)
    scores = {(other.mention.sentence, other.mention.start): other.scores for part in outcomes for other in part.scores}
    for mine in outcome.scores:
        others = scores[mine.mention.sentence, mine.mention.start]
        assert mine.scores.keys() == others.keys() >= {"integrated_gradients", "gradient_x_input", "rollout"}
        for method, values in mine.scores.items():
            assert values == pytest.approx(others[method], abs=1e-5 if method == "lime" else 1e-6, rel=1e-6), method


def test_the_same_chunk_gives_the_same_rows_to_the_bit(tiny, outcome):
    assert plain(evaluate(tiny, items(tiny), ALL, counts=COUNTS).rows) == plain(outcome.rows)


def test_occlusion_uses_another_operator_than_the_metric(outcome):
    row = next(row for row in outcome.rows if row["explainer"] == "occlusion")
    assert (row["explainer_operator"], row["metric_operator"]) == ("unk", "mask")
    row = next(row for row in outcome.rows if row["explainer"] == "occlusion_ceiling")
    assert (row["explainer_operator"], row["metric_operator"]) == ("mask", "mask")


def test_evidence_is_scored_where_it_is_known(outcome):
    known = [row for row in outcome.rows if row["start"] == 0 and row["end"] == 1 and not row["reason"]]
    assert known
    for row in known:
        assert row["family"] == "neither"
        assert 0 <= row["evidence_found"] <= 1
    assert all(np.isnan(row["evidence_found"]) and not row["family"] for row in outcome.rows if row["start"] > 0)


def test_variants_of_the_metric(tiny, outcome):
    chosen = items(tiny)
    base = {(row["sentence"], row["start"]): row for row in outcome.rows if row["explainer"] == "occlusion"}
    absolute = evaluate(tiny, chosen, dataclasses.replace(ALL, ranking="absolute", explainers=("occlusion",)))
    assert any(row["lfs"] != base[row["sentence"], row["start"]]["lfs"] for row in absolute.rows if not row["reason"])
    tied = dataclasses.replace(ALL, ties="attention", explainers=("liap", "attention"))
    found = {(row["sentence"], row["start"], row["variant"]): row for row in evaluate(tiny, chosen, tied).rows}
    for (sentence, start, variant), row in found.items():
        if variant == "syntactic" and row["kept"] == 1 and row["k"] == 2:
            # attention that orders the ties of one kept word differs from raw attention by that word alone
            assert row["tied"] == 3
            assert (sentence, start, "-") in found


def test_predictions_are_the_best_tags_and_their_mentions(tiny):
    chosen = list(sentences())
    found = predict(tiny, chosen)
    for sentence, tags, mentions in zip(chosen, found.tags, found.mentions, strict=True):
        words = len(sentence.words)
        request = Request(sentence.words, np.ones((1, words), bool), "unk", np.arange(words))
        best = tiny.probabilities([request])[0][0].argmax(axis=1)
        assert tags == tuple(tiny.labels[label] for label in best)
        assert [(one.start, one.end) for one in mentions] == [span[1:] for span in tag_spans(tags, strict=True)]


def test_a_sentence_too_long_for_the_model_has_no_mentions(tiny):
    long = Sentence(0, 0, ("abcdefgh",) * 30)
    found = predict(tiny, [long, *sentences()])
    assert found.tags[0] is None
    assert found.mentions[0] == ()
    assert all(tags is not None for tags in found.tags[1:])
