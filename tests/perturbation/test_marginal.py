"""The operator marginal on a tiny language model: against enumeration, one sentence and one replacement at a time."""

import math
from collections import Counter

import numpy as np
import pytest
import torch

from liap.errors import InputError
from liap.explainers import EXPLAINERS
from liap.linguistics.annotation import without_structure
from liap.perturbation.marginal import Marginal
from liap.perturbation.scorer import single_masks
from liap.perturbation.view import Reading, marginal_of
from liap.records import Sentence
from liap.settings import MethodSettings
from liap.taggers.masked_model import load_masked_model, open_masked_model
from liap.taggers.prediction import predict
from liap.taggers.tagger import Request
from liap.taggers.transformer import TransformerTagger
from tests.toys import cases_of

WORDS = ("abc", "d", "\u200b", "ef", "g", "b")
WIDTHS = (1, 2, 3, 100)


@pytest.fixture(scope="module")
def language_model(tiny_folder, tmp_path_factory):
    """A folder with a random masked language model of the vocabulary of `tiny_folder`."""
    from transformers import AutoTokenizer, BertConfig, BertForMaskedLM

    folder = tmp_path_factory.mktemp("language_model")
    AutoTokenizer.from_pretrained(tiny_folder).save_pretrained(folder)
    torch.manual_seed(1)
    shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    BertForMaskedLM(
        BertConfig(vocab_size=37, max_position_embeddings=64, initializer_range=0.2, **shape)
    ).save_pretrained(folder)
    return str(folder)


def enumerated(folder, tagger, words, word, threshold):
    """Label probabilities at every word, the mass kept and the number of likely words: a plain loop over the vocabulary."""
    model, tokenizer = load_masked_model(folder)
    pieces, at = [tokenizer.cls_token_id], None
    for number, text in enumerate(words):
        if number == word:
            at = len(pieces)
            pieces.append(tokenizer.mask_token_id)
        else:
            pieces += tokenizer.encode(text, add_special_tokens=False)
    pieces.append(tokenizer.sep_token_id)
    with torch.no_grad():
        probabilities = torch.softmax(model.eval()(torch.tensor([pieces])).logits[0, at], dim=-1).double()
    total, kept, count = 0.0, 0.0, 0
    for letter in "abcdefghijklmnop":  # the pieces that can begin a word
        probability = float(probabilities[tokenizer.convert_tokens_to_ids(letter)])
        if probability >= threshold:
            changed = [*words[:word], letter, *words[word + 1 :]]
            everything = np.ones((1, len(words)), dtype=bool)
            answer = tagger.probabilities([Request(changed, everything, "delete", np.arange(len(words)))])[0][0]
            total, kept, count = total + probability * answer, kept + probability, count + 1
    return total / kept, kept, count


@pytest.mark.parametrize("threshold", [1e-5, 0.02])
@pytest.mark.parametrize("sentences_per_batch", WIDTHS)
def test_one_word_against_enumeration(language_model, tiny, tiny_folder, threshold, sentences_per_batch):
    tagger = TransformerTagger.load(str(tiny_folder), pieces_per_batch=12 * sentences_per_batch)
    hidden = np.array([0, 1, 3, 5])
    request = Request(WORDS, single_masks(len(WORDS), hidden), "marginal", np.arange(len(WORDS)))
    (answers,) = Marginal(language_model, threshold).answers(tagger, [request])
    for row, word in enumerate(hidden, start=1):
        expected, kept, count = enumerated(language_model, tiny, WORDS, word, threshold)
        np.testing.assert_allclose(answers.probabilities[row], expected, atol=1e-6)
        assert answers.kept[row] == pytest.approx(kept, abs=1e-6) and answers.sentences[row] == count
    intact = tiny.probabilities([Request(WORDS, np.ones((1, 6), dtype=bool), "delete", np.arange(6))])[0][0]
    np.testing.assert_allclose(answers.probabilities[0], intact, atol=1e-6)
    assert answers.kept[0] == 1.0 and answers.sentences[0] == 1


def test_thresholds_keep_less_and_always_one_word(language_model):
    mask = single_masks(6, np.array([3]))[1:]
    sizes, kept = zip(
        *(
            (len(one.sentences), one.kept)
            for threshold in (0.0, 0.03, 1.0)
            for one in Marginal(language_model, threshold).replacements([(WORDS, mask[0])])
        ),
        strict=True,
    )
    assert sizes[0] == 16 > sizes[1] > sizes[2] == 1
    assert 1 > kept[0] > kept[1] > kept[2] > 0


def test_several_words_are_drawn_from_the_sentence_with_all_of_them_hidden(language_model):
    """Means over many draws are those of the product of both distributions, and draws depend on seed and mask alone."""
    mask = np.array([True, False, True, True, False, True])
    marginal = Marginal(language_model, 0.0, draws=40_000, seed=3)
    (many,) = marginal.replacements([(WORDS, mask)])
    likely = open_masked_model(language_model).likely([(WORDS, mask)], 0.0)[0]
    assert [one.word for one in likely] == [1, 4]
    texts = open_masked_model(language_model).vocabulary[0]
    drawn = Counter()
    for words, weight in zip(many.sentences, many.weights, strict=True):
        assert (words[0], words[2], words[3], words[5]) == (WORDS[0], WORDS[2], WORDS[3], WORDS[5])
        drawn[words[1], words[4]] += float(weight)
    assert math.fsum(drawn.values()) == pytest.approx(1.0)
    first, second = (
        dict(zip((texts[piece] for piece in one.pieces), one.probabilities / one.probabilities.sum(), strict=True))
        for one in likely
    )
    for one, p in first.items():
        for other, q in second.items():
            assert drawn[one, other] == pytest.approx(p * q, abs=6 * math.sqrt(p * q / 40_000))
    few = Marginal(language_model, 0.0, draws=4, seed=3)
    again = few.replacements([(WORDS, ~mask), (WORDS, mask)])[1]
    assert again.sentences == few.replacements([(WORDS, mask)])[0].sentences
    assert again.sentences != Marginal(language_model, 0.0, draws=4, seed=4).replacements([(WORDS, mask)])[0].sentences


def test_a_word_without_a_piece_cannot_be_replaced(language_model):
    (one,) = Marginal(language_model).replacements([(WORDS, np.arange(6) != 2)])
    assert one.sentences == (WORDS,) and one.weights.tolist() == [1.0] and one.kept == 1.0


def test_equal_sentences_are_read_once(language_model, tiny_folder):
    """Two mentions of a sentence share its masks, and the sentence as it is stands in for each of its words."""
    tagger = TransformerTagger.load(str(tiny_folder))
    masks = single_masks(3, np.arange(3))
    Marginal(language_model, 0.0).answers(tagger, [Request(("a", "b", "c"), masks, "marginal", np.arange(3))])
    assert tagger.meter.passes == 1 + 3 * 15  # of 16 likely words, one is the word itself


@pytest.fixture(scope="module")
def cases(language_model, tiny):
    sentences = [Sentence(0, 0, ("abc", "d", "ef", "g", "b")), Sentence(1, 0, ("p", "o", "abc"))]
    mentions = [one for inside in predict(tiny, sentences).mentions for one in inside]
    assert mentions
    settings = {"language_model": language_model, "replacement_threshold": 0.01}
    items = without_structure(sentences, mentions)
    reading = Reading(
        tiny,
        [item.sentence.words for item in items],
        [item.mentions for item in items],
        "type",
        marginal_of(MethodSettings(**settings), tiny),
    )
    return cases_of(reading, items, **settings)


def test_marginalisation_is_the_drop_in_log_odds(cases, language_model, tiny):
    for case in cases:
        (explanation,) = EXPLAINERS["marginalisation"](case)
        p = case.mention.probability
        for word in np.flatnonzero(case.context):
            labels, _, _ = enumerated(language_model, tiny, case.words, word, 0.01)
            without = float(
                np.exp(
                    np.mean(
                        np.log(
                            [
                                (labels[place] * row).sum()
                                for place, row in zip(case.view.target.span, case.view.target.allowed, strict=True)
                            ]
                        )
                    )
                )
            )
            expected = math.log(p / (1 - p)) - math.log(without / (1 - without))
            assert explanation.scores[0, word] == pytest.approx(expected, abs=2e-4)
        assert 0 < explanation.columns["mass_kept"] <= 1 <= explanation.columns["likely_words"]


def test_its_order_is_that_of_occlusion_under_the_operator(cases):
    for case in cases:
        context = np.flatnonzero(case.context)
        scores = EXPLAINERS["marginalisation"](case)[0].scores[0, context]
        assert np.argsort(scores).tolist() == np.argsort(case.drops("marginal")[context]).tolist()


def test_bad_models_are_refused_in_one_line(tiny_folder, cases):
    with pytest.raises(InputError, match="--language-model /nowhere: no such folder"):
        open_masked_model("/nowhere")
    with pytest.raises(InputError, match="no head for masked pieces"):
        open_masked_model(str(tiny_folder))
    with pytest.raises(InputError, match="name one: --language-model"):
        Reading(cases[0].view.reading.tagger, [WORDS], [(cases[0].mention,)]).views[0].drops("marginal")


def test_a_run_with_the_operator(script, place, language_model):
    """It is refused without a language model; with one, every metric is served, and the run's identity has the model's contents."""
    import json

    import pandas as pd

    place.flags = {"operator": "marginal", "explainers": "marginalisation", "replacement-threshold": 0.02}
    flags = place.command("run_liap_evaluation.py")
    status, _, err = script("run_liap_evaluation.py", *flags)
    assert status == 2 and "name one: --language-model" in err and len(err.strip().splitlines()) == 1
    flags += [
        "--language-model",
        language_model,
        "--metrics",
        "lfs",
        "comprehensiveness",
        "--explainers",
        "marginalisation",
        "occlusion_ceiling",
        "liap",
    ]
    status, _, err = script("run_liap_evaluation.py", *flags)
    assert status == 0, err
    rows = pd.read_csv(place.results / "scores.csv")
    assert set(rows["metric_operator"]) == {"marginal"}
    kinds = {kind: rows[rows["explainer"] == kind].reset_index() for kind in ("marginalisation", "occlusion_ceiling")}
    assert kinds["marginalisation"]["lfs"].notna().any()
    pd.testing.assert_series_equal(kinds["marginalisation"]["lfs"], kinds["occlusion_ceiling"]["lfs"], atol=1e-6)
    own = rows[rows["explainer"] == "marginalisation"]
    assert (
        own["mass_kept"].between(0, 1).all()
        and (own["passes"] > own["context"]).all()
        and rows["comprehensiveness"].notna().any()
    )
    identity = json.loads((place.results / "run.json").read_text())
    assert "language_model_digest" in json.dumps(identity)


@pytest.mark.parametrize("sentences_per_batch", WIDTHS)
def test_joint_masks_do_not_depend_on_the_batch(language_model, tiny, tiny_folder, sentences_per_batch):
    tagger = TransformerTagger.load(str(tiny_folder), pieces_per_batch=12 * sentences_per_batch)
    masks = np.array([[True, False, True, False, True, True], [False, True, True, True, True, False]])
    marginal = Marginal(language_model, 0.01, draws=5)
    (found,) = marginal.answers(tagger, [Request(WORDS, masks, "marginal", np.arange(6))])
    for row, mask in enumerate(masks):
        (replaced,) = marginal.replacements([(WORDS, mask)])
        assert len(replaced.sentences) == found.sentences[row] <= 5 and replaced.weights.sum() == pytest.approx(1.0)
        everything = np.ones((1, 6), dtype=bool)
        each = [
            tiny.probabilities([Request(words, everything, "delete", np.arange(6))])[0][0]
            for words in replaced.sentences
        ]
        expected = sum(weight * answer for weight, answer in zip(replaced.weights, each, strict=True))
        np.testing.assert_allclose(found.probabilities[row], expected, atol=1e-6)
