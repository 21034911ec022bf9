"""The bottleneck of VAT: its divergence in closed form and by sampling, what it is at beta 0, and its gradient."""

import math

import pytest
import torch

from liap.rationales.bottleneck import Bottleneck, from_standard


def test_the_divergence_in_closed_form():
    assert float(from_standard(torch.zeros(1, 3), torch.zeros(1, 3))) == 0.0
    moved = from_standard(torch.tensor([[2.0, 0.0]]), torch.zeros(1, 2))
    assert float(moved) == pytest.approx(2.0)  # half the square of the mean
    spread = math.log(3.0)
    wide = from_standard(torch.zeros(1, 1), torch.tensor([[spread]]))
    assert float(wide) == pytest.approx(0.5 * (9 - 1 - 2 * spread), rel=1e-6)


def test_the_divergence_is_that_of_torch_and_by_sampling():
    torch.manual_seed(0)
    mean, spread = torch.randn(4, 3), 0.5 * torch.randn(4, 3)
    normal, standard = torch.distributions.Normal(mean, spread.exp()), torch.distributions.Normal(0.0, 1.0)
    expected = torch.distributions.kl_divergence(normal, standard).sum(dim=1)
    assert torch.allclose(from_standard(mean, spread), expected, atol=1e-5)
    drawn = normal.sample((100_000,))
    sampled = (normal.log_prob(drawn) - standard.log_prob(drawn)).sum(dim=2).mean(dim=0)
    assert torch.allclose(sampled, expected, atol=0.05)


def identity_bottleneck(width=3, classes=2):
    """mu is R itself, and q(y | z) any linear map."""
    torch.manual_seed(1)
    network = Bottleneck(width, classes, width)
    network.mean = torch.nn.Identity()
    return network


def test_at_beta_0_and_without_noise_it_is_the_plain_classifier():
    network, pooled, gold = identity_bottleneck(), torch.randn(5, 3), torch.tensor([0, 1, 1, 0, 1])
    loss = network.loss(pooled, gold, torch.zeros(5, 3), 0.0)
    plain = torch.nn.functional.cross_entropy(network.output(pooled), gold)
    assert torch.equal(loss.total, plain) and torch.equal(loss.surprise, plain)
    assert loss.apart.item() > 0


def test_the_total_is_surprise_and_beta_times_the_divergence_and_the_noise_moves_the_code():
    torch.manual_seed(2)
    network, pooled, gold = Bottleneck(4, 3, 2), torch.randn(6, 4), torch.tensor([0, 1, 2, 2, 1, 0])
    noise = torch.randn(6, 2)
    loss = network.loss(pooled, gold, noise, 0.7)
    assert loss.total.item() == pytest.approx((loss.surprise + 0.7 * loss.apart).item(), rel=1e-6)
    code = network.mean(pooled) + network.log_spread(pooled).exp() * noise
    assert torch.allclose(torch.nn.functional.cross_entropy(network.output(code), gold), loss.surprise)


def test_the_gradient_by_finite_differences():
    torch.manual_seed(3)
    network = Bottleneck(3, 2, 2).double()
    pooled = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    noise, gold = torch.randn(4, 2, dtype=torch.float64), torch.tensor([0, 1, 1, 0])
    assert torch.autograd.gradcheck(lambda inputs: network.loss(inputs, gold, noise, 0.3).total, pooled)
