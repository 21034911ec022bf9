"""Edits inside the forward pass, by hooks on a model's layers.

Which modules are the layers is found out by trying (`architectures`). A layer's `hidden` site is what it hands on; its
`feed_forward` site is the input of its second feed-forward map: the neurons after the activation. Attention is restricted by
`restriction`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext

import torch
from transformers.pytorch_utils import Conv1D

from liap.errors import InputError
from liap.taggers.tagger import Edit

SITES = ("hidden", "feed_forward")


@contextmanager
def edited(
    layers: Sequence[torch.nn.Module], edits: Sequence[Edit], restricted: AbstractContextManager[None] | None = None
) -> Iterator[None]:
    """Inside the context every forward pass is changed, also by `restricted`; afterwards the layers are as they were."""
    with ExitStack() as stack:
        stack.enter_context(restricted or nullcontext())
        for edit in reversed(edits):  # each hook goes before those that are there, so the first edit runs first
            if edit.site not in SITES:
                raise InputError(f"edit: site must be one of {', '.join(SITES)}, got {edit.site!r}")
            if not 0 <= edit.layer < len(layers):
                raise InputError(f"edit: layer must lie in 0..{len(layers) - 1}, got {edit.layer}")
            stack.enter_context(hooked(layers[edit.layer], edit))
        yield


@contextmanager
def hooked(layer: torch.nn.Module, edit: Edit) -> Iterator[None]:
    """Inside the context, the layer is changed by the edit."""
    if edit.site == "hidden":

        def after(_module, _inputs, output):
            if isinstance(output, tuple):
                return edit.change(output[0]), *output[1:]
            return edit.change(output)

        handle = layer.register_forward_hook(after, prepend=True)  # before transformers records hidden states
    else:

        def before(_module, inputs):
            return edit.change(inputs[0]), *inputs[1:]

        handle = second_feed_forward(layer).register_forward_pre_hook(before, prepend=True)
    try:
        yield
    finally:
        handle.remove()


def lists_of_layers(model: torch.nn.Module) -> list[torch.nn.ModuleList]:
    """Lists of modules that may be the layers, longest first; of equal ones, outer ones first."""
    lists = [module for module in model.modules() if isinstance(module, torch.nn.ModuleList) and len(module)]
    return sorted(lists, key=len, reverse=True)


def second_feed_forward(layer: torch.nn.Module) -> torch.nn.Module:
    """The layer's only linear map from its inner width to a smaller one."""
    if any(name.rpartition(".")[2] == "experts" for name, _ in layer.named_modules()):
        raise InputError(
            f"edit: {type(layer).__name__} has experts, so no single feed-forward map; use the site hidden"
        )
    linear = (torch.nn.Linear, Conv1D)
    widths = {module: _widths(module) for module in layer.modules() if isinstance(module, linear)}
    inner = max((into for into, _ in widths.values()), default=0)
    maps = [module for module, (into, out) in widths.items() if into == inner > out]
    if len(maps) != 1:
        raise InputError(f"edit: cannot tell the feed-forward map of {type(layer).__name__}; use the site hidden")
    return maps[0]


def _widths(module: torch.nn.Linear | Conv1D) -> tuple[int, int]:
    """Input and output width; GPT-2's Conv1D is a linear map with its weight transposed."""
    out, into = module.weight.shape if isinstance(module, torch.nn.Linear) else reversed(module.weight.shape)
    return into, out
