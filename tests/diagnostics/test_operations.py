"""Operations against hand counts, layer by layer."""

import pytest
import torch
from transformers import BertConfig, BertModel

from liap.diagnostics.operations import counted_operations

PIECES, WIDTH, INNER, HEADS = 7, 16, 32, 2
PROJECTIONS = 4 * 2 * PIECES * WIDTH * WIDTH  # queries, keys, values, output
ATTENTION = 2 * 2 * PIECES * PIECES * WIDTH  # scores, and what they weigh, over all heads
FEED_FORWARD = 2 * 2 * PIECES * WIDTH * INNER


def count(call) -> int:
    with counted_operations() as operations:
        call()
    return operations()


def test_a_linear_layer():
    layer = torch.nn.Linear(5, 3)
    assert count(lambda: layer(torch.zeros(4, 5))) == 2 * 4 * 5 * 3


@pytest.mark.parametrize("kernel", ["eager", "sdpa"])
def test_an_encoder_layer(kernel):
    config = BertConfig(
        vocab_size=9, hidden_size=WIDTH, num_hidden_layers=1, num_attention_heads=HEADS, intermediate_size=INNER
    )
    model = BertModel(config, add_pooling_layer=False).eval()
    model.set_attn_implementation(kernel)
    with torch.inference_mode():
        counted = count(lambda: model(input_ids=torch.zeros((1, PIECES), dtype=torch.long)))
    assert counted == PROJECTIONS + ATTENTION + FEED_FORWARD


@pytest.mark.parametrize("directions", [1, 2])
def test_a_recurrent_layer(directions):
    layer = torch.nn.LSTM(4, 5, batch_first=True, bidirectional=directions == 2).requires_grad_(False)
    with torch.inference_mode():
        counted = count(lambda: layer(torch.zeros(3, PIECES, 4)))
    assert counted == directions * 2 * 3 * PIECES * 4 * (5 * 4 + 5 * 5)


def test_a_gradient_costs_more_than_the_pass():
    layer = torch.nn.Linear(5, 3).requires_grad_(False)
    given = torch.zeros(4, 5, requires_grad=True)
    forwards = 2 * 4 * 5 * 3
    assert count(lambda: layer(given).sum().backward()) == 2 * forwards  # the gradient of the input is one more product


def test_a_gradient_for_the_input_alone():
    layer = torch.nn.LSTM(4, 5).requires_grad_(False)
    given = torch.zeros(PIECES, 3, 4, requires_grad=True)
    forwards = 2 * 3 * PIECES * 4 * (5 * 4 + 5 * 5)
    assert count(lambda: torch.autograd.grad(layer(given)[0].sum(), given)) == 3 * forwards


def test_nothing_costs_nothing():
    assert count(lambda: None) == 0
