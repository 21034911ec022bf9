"""Gates: the hard concrete distribution, the Lagrangian, and the toy task with exact answers."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from liap.errors import InputError
from liap.explainers import hard_concrete
from liap.rationales import digit_toy
from liap.rationales.gate_training import GateSettings, advance, begin, lagrangian, train

LOGITS = torch.tensor([-4.0, -1.0, 0.0, 0.7, 3.0])
DRAWS = 200_000


@pytest.fixture(scope="module")
def drawn():
    uniform = torch.rand(DRAWS, len(LOGITS), generator=torch.Generator().manual_seed(0))
    return hard_concrete.sample(LOGITS.expand(DRAWS, -1), uniform)


def test_moments_against_sampling(drawn):
    error = 5 / DRAWS**0.5
    assert (drawn >= 0).all() and (drawn <= 1).all()
    torch.testing.assert_close(
        hard_concrete.open_probability(LOGITS), (drawn > 0).float().mean(dim=0), atol=error, rtol=0
    )
    torch.testing.assert_close(hard_concrete.mean(LOGITS), drawn.mean(dim=0), atol=error, rtol=0)
    for gate in (0.0, 0.3, 0.9):
        torch.testing.assert_close(
            hard_concrete.above(LOGITS, gate), (drawn > gate).float().mean(dim=0), atol=error, rtol=0
        )


def test_the_median_gate_in_closed_form():
    """u = 1/2 gives sigmoid(logit / temperature), stretched to (-.2, 1)."""
    found = hard_concrete.sample(torch.tensor([0.0, 0.2]), torch.full((2,), 0.5))
    torch.testing.assert_close(found, torch.tensor([0.4, 1.2 / (1 + np.exp(-1.0)) - 0.2], dtype=torch.float32))


def toy(seed: int, size: int = 6, length: int = 8):
    digits, query, lengths = digit_toy.draw(np.random.default_rng(seed), size, length)
    return digits, query, lengths, digit_toy.toy_batch(digits, query, lengths)


def noise(batch, layers: int = 1) -> torch.Tensor:
    return torch.rand(
        layers, *batch.states.shape[1:3], generator=torch.Generator().manual_seed(1), dtype=batch.states.dtype
    )


def test_the_gradient_of_the_lagrangian_by_finite_differences():
    _, _, _, batch = toy(0)
    network = begin(1, 12, digit_toy.DIGITS, GateSettings(inner=4)).network
    with torch.no_grad():
        network.last.normal_(generator=torch.Generator().manual_seed(2)).mul_(0.3)
    network.double()
    batch = type(batch)(batch.states.double(), batch.mention.double(), batch.maskable, batch.divergence)
    uniform = noise(batch)

    def value() -> torch.Tensor:
        return lagrangian(network, batch, uniform, multiplier=3.0, margin=0.1).total

    value().backward()
    checked = 0
    for parameter in network.parameters():
        flat, gradient = parameter.data.view(-1), parameter.grad.view(-1)
        for place in range(0, len(flat), max(1, len(flat) // 3)):
            before, step = flat[place].item(), 1e-6
            flat[place] = before + step
            above = value().item()
            flat[place] = before - step
            below = value().item()
            flat[place] = before
            assert gradient[place].item() == pytest.approx((above - below) / (2 * step), abs=1e-6, rel=1e-3)
            checked += 1
    assert checked > 12


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 6), st.integers(0, 100))
def test_padding_never_changes_the_loss(pads, seed):
    digits, query, lengths, batch = toy(seed)
    padded = digit_toy.toy_batch(torch.nn.functional.pad(digits, (0, pads), value=3), query, lengths)
    network = begin(1, 12, digit_toy.DIGITS, GateSettings(inner=4)).network
    uniform = noise(batch)
    longer = torch.nn.functional.pad(uniform, (0, pads), value=0.9)
    with torch.no_grad():
        plain = lagrangian(network, batch, uniform, multiplier=2.0, margin=0.1)
        other = lagrangian(network, padded, longer, multiplier=2.0, margin=0.1)
    for name in ("total", "open", "divergence"):
        torch.testing.assert_close(getattr(plain, name), getattr(other, name))


def test_the_multiplier_rises_above_the_margin_and_falls_below_it():
    _, _, _, batch = toy(0)
    for margin, rises in ((0.0, True), (100.0, False)):
        chosen = GateSettings(margin=margin, inner=4)
        training = begin(1, 12, digit_toy.DIGITS, chosen)
        with torch.no_grad():
            training.network.last_bias.fill_(-1.0)
        advance(training, batch, chosen, np.random.default_rng(0))
        assert (training.multiplier > chosen.start) == rises


def toy_batches(generator: np.random.Generator):
    return digit_toy.toy_batch(*digit_toy.draw(generator, 64, 10))


TOY = digit_toy.TRAINED


def test_it_finds_the_digits_that_matter():
    found = digit_toy.find()
    assert 0.15 < found.needed < 0.25 and found.right > 0.99
    untrained = digit_toy.find(replace(digit_toy.TRAINED, steps=1), sequences=50)
    assert untrained.right == pytest.approx(untrained.needed)  # every gate is open


def test_training_goes_on_where_it_stopped(tmp_path):
    short = replace(TOY, steps=100)
    train(begin(1, 12, digit_toy.DIGITS, short), toy_batches, short, tmp_path / "gates.pt")
    longer = replace(TOY, steps=120)
    resumed = train(begin(1, 12, digit_toy.DIGITS, longer), toy_batches, longer, tmp_path / "gates.pt")
    whole = train(begin(1, 12, digit_toy.DIGITS, longer), toy_batches, longer)
    assert resumed.history == whole.history
    for one, other in zip(resumed.network.parameters(), whole.network.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)
    (tmp_path / "gates.pt").write_bytes(b"no checkpoint")
    with pytest.raises(InputError, match="cannot go on"):
        train(begin(1, 12, digit_toy.DIGITS, longer), toy_batches, longer, tmp_path / "gates.pt")
