"""VMASK: the distance from the prior, hard draws, padding, and a toy task with exact answers."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from liap.errors import InputError
from liap.explainers import EXPLAINERS
from liap.explainers.gate_network import GateNetwork, WordMask, read_network, save
from liap.explainers.vmask import VMaskSettings
from liap.linguistics.annotation import without_structure
from liap.perturbation.view import Reading
from liap.rationales import digit_toy, word_mask_training
from liap.rationales.gate_training import train
from liap.rationales.word_mask_training import WordMaskSettings, bottleneck, from_prior
from liap.records import Sentence
from liap.taggers.piece_mask import hard_draw
from liap.taggers.prediction import predict
from tests.toys import cases_of

LOGITS = torch.tensor([-3.0, 0.0, 1.5])
DRAWS = 100_000


def test_the_distance_from_the_prior_in_closed_form_and_by_sampling():
    for prior in (0.1, 0.5):
        kept = torch.sigmoid(LOGITS)
        expected = kept * torch.log(kept / prior) + (1 - kept) * torch.log((1 - kept) / (1 - prior))
        torch.testing.assert_close(from_prior(LOGITS, prior), expected)
        drawn = torch.rand(DRAWS, 3, generator=torch.Generator().manual_seed(0)) < kept
        ratio = torch.where(drawn, torch.log(kept / prior), torch.log((1 - kept) / (1 - prior)))
        torch.testing.assert_close(from_prior(LOGITS, prior), ratio.mean(dim=0), atol=0.02, rtol=0)
    assert from_prior(torch.tensor(math.log(0.2 / 0.8)), 0.2).abs() < 1e-6


def test_hard_draws_are_zero_or_one_with_the_right_probability_and_have_a_soft_gradient():
    logits = LOGITS.clone().requires_grad_()
    drawn = hard_draw(logits.expand(DRAWS, 3), torch.rand(DRAWS, 3, generator=torch.Generator().manual_seed(0)))
    assert ((drawn.abs() < 1e-6) | ((drawn - 1).abs() < 1e-6)).all()
    torch.testing.assert_close(drawn.detach().mean(dim=0), torch.sigmoid(LOGITS), atol=0.01, rtol=0)
    one = torch.tensor(0.4, requires_grad=True)
    hard_draw(one, torch.tensor(0.3)).backward()
    soft = 1 / (1 + math.exp(-(0.4 + math.log(0.3 / 0.7))))
    assert float(one.grad) == pytest.approx(soft * (1 - soft), rel=1e-5)


@pytest.mark.parametrize("pads", [1, 5])
def test_padding_never_changes_the_loss(pads):
    digits, query, lengths = digit_toy.draw(np.random.default_rng(0), 6, 8)
    settings = WordMaskSettings(inner=4)
    network = word_mask_training.begin(digit_toy.WIDTH, digit_toy.DIGITS, settings).network
    with torch.no_grad():
        network.last.normal_(generator=torch.Generator().manual_seed(1))
    uniform = torch.rand(6, 8, generator=torch.Generator().manual_seed(2))
    found = []
    for more in (0, pads):
        padded = torch.nn.functional.pad(digits, (0, more), value=3)
        batch = digit_toy.toy_batch(padded, query, lengths)
        found.append(
            bottleneck(network, batch, torch.nn.functional.pad(uniform, (0, more), value=0.9), beta=2.0, prior=0.2)
        )
    for name in ("total", "kept", "divergence", "apart"):
        torch.testing.assert_close(getattr(found[0], name), getattr(found[1], name))


TOY = WordMaskSettings(steps=300, prior=0.1, beta=0.1, learning_rate=0.02, inner=16)


def toy_batches(generator):
    return digit_toy.toy_batch(*digit_toy.draw(generator, 64, 10))


def trained_toy(settings, checkpoint=None, progress=lambda step: None):
    training = word_mask_training.begin(digit_toy.WIDTH, digit_toy.DIGITS, settings)
    return train(training, toy_batches, settings, checkpoint, progress, word_mask_training.advance)


def test_it_finds_the_digits_that_matter():
    network = trained_toy(TOY).network
    digits, query, lengths = digit_toy.draw(np.random.default_rng(7), 300, 10)
    batch = digit_toy.toy_batch(digits, query, lengths)
    truth = digit_toy.needed(digits, query)[batch.maskable]
    kept = torch.sigmoid(network(batch.states, batch.mention)).detach()[batch.maskable]
    assert ((kept > 0.5) == truth).float().mean() > 0.99
    assert float(kept[~truth].mean()) == pytest.approx(TOY.prior, abs=0.05)  # what does not matter stays near the prior


def test_training_goes_on_where_it_was_interrupted_and_beta_rises(tmp_path):
    settings, file = replace(TOY, steps=120), tmp_path / "mask.pt"
    whole = trained_toy(settings)
    assert [row["multiplier"] for row in whole.history[:2]] == pytest.approx([0.0, 0.1 * 2 * 19 / 120])

    def interrupt(step):
        if step == 110:  # the last checkpoint is of step 100
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained_toy(settings, file, interrupt)
    resumed = trained_toy(settings, file)
    assert resumed.history == whole.history
    for one, other in zip(resumed.network.parameters(), whole.network.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_the_explainer_gives_the_networks_probabilities(tiny, tmp_path):
    sentences = [Sentence(0, 0, ("abc", "d", "\u200b", "ef", "g", "b"))]
    items = without_structure(sentences, [one for inside in predict(tiny, sentences).mentions for one in inside])
    reading = Reading(tiny, [one.sentence.words for one in items], [one.mentions for one in items], "type")
    network = WordMask(16, 16, 4)
    with torch.no_grad():
        network.last.normal_(generator=torch.Generator().manual_seed(0))
    save(network, {}, tmp_path / "vmask.safetensors")
    network.requires_grad_(False)
    for case in cases_of(reading, items):
        scores = EXPLAINERS["vmask"](case, VMaskSettings(str(tmp_path / "vmask.safetensors")))[0].scores[0]
        states = torch.from_numpy(case.view.hidden_states()[:1]).float()
        mention = states[:, case.mention.start : case.mention.end].mean(dim=1)
        for word in np.flatnonzero(case.context):
            expected = (
                0.0
                if case.words[word] == "\u200b"
                else float(torch.sigmoid(network(states[:, None, word : word + 1], mention[:, None])))
            )
            assert scores[word] == pytest.approx(expected, rel=1e-5)


def test_the_other_methods_file_is_refused(tmp_path):
    save(GateNetwork(3, 16, 16, 4), {}, tmp_path / "gates.safetensors")
    with pytest.raises(InputError, match="it holds a GateNetwork"):
        read_network(str(tmp_path / "gates.safetensors"), "--vmask")
