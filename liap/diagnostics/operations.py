"""Floating-point operations of a model, counted by PyTorch's own counter (`torch.utils.flop_counter`).

A multiplication and an addition are two operations. Matrix products, convolutions and attention count, forwards and backwards; what is done element
by element (activations, softmax, layer norms) does not. The counter lacks three operators of the CPU, which get their formulas here: fused attention,
its gradient (both by the counter's own formulas for other devices), and recurrent layers with their gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import prod
from typing import Any

Shape = Sequence[int]


@contextmanager
def counted_operations() -> Iterator[Callable[[], int]]:
    """Count operations while the context lasts; the function gives the count."""
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False, custom_mapping=_formulas())
    counter.mod_tracker = _NoModules()
    with counter:
        yield counter.get_total_flops


class _NoModules:
    """In place of what tells the counter which module runs: its hooks fail where a gradient is taken for the input alone."""

    parents = frozenset({"Global"})

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


def recurrent_operations(inputs: Shape, of_input: Shape, of_state: Shape, *_: Any, **__: Any) -> int:
    """Of one direction of a recurrent layer: inputs `[steps, batch, width]`, and its two matrices, for the input and for the state."""
    return 2 * inputs[0] * inputs[1] * (prod(of_input) + prod(of_state))


def recurrent_gradient_operations(*shapes: Any, **options: Any) -> int:
    """Twice those forwards: a product for the gradient of the inputs, and one for that of the matrices."""
    return 2 * recurrent_operations(*shapes, **options)


def _attention_operations(queries: Shape, keys: Shape, values: Shape, *_: Any, **__: Any) -> int:
    from torch.utils.flop_counter import sdpa_flop_count

    return sdpa_flop_count(queries, keys, values)


def _attention_gradient_operations(
    gradient: Shape, queries: Shape, keys: Shape, values: Shape, *_: Any, **__: Any
) -> int:
    from torch.utils.flop_counter import sdpa_backward_flop_count

    return sdpa_backward_flop_count(gradient, queries, keys, values)


def _formulas() -> dict[Any, Callable[..., int]]:
    from torch import ops

    return {
        ops.aten._scaled_dot_product_flash_attention_for_cpu: _attention_operations,
        ops.aten._scaled_dot_product_flash_attention_for_cpu_backward: _attention_gradient_operations,
        ops.aten.mkldnn_rnn_layer: recurrent_operations,
        ops.aten.mkldnn_rnn_layer_backward: recurrent_gradient_operations,
    }
