"""What an architecture can give beside probabilities, decided by trying it on two short rows of pieces.

Names of configuration values and of modules differ between architectures, and an argument that a model accepts may be ignored. So
nothing is read off the configuration: each capability is used once, and its answer is held against the model's ordinary one.

    attention      eager attention must leave the logits as they are, and give for every layer a matrix over all pieces whose rows are
                   shares of attention. The rows computed beside the fast kernel must equal it; otherwise eager attention is read.
    value          a linear map after each layer's recorded attention, to whose output the values, weighted and mapped, add up
    attention
    embeddings,    the logits for the input embeddings must be those for the pieces, and the gradient must be finite and not 0
    gradients
    hidden_states  one vector per piece, of the same width everywhere
    edits          a list of layers such that one sentence's activations, put into another's pass, give the first sentence's logits

What a model gives does not hang on rounding: where its weights are in single precision, everything is tried in single precision, whatever
passes run in. Two more things are tried: whether the same input gets the same answer twice (if not, the model is refused), and whether pads change
the answers of other pieces (if so, every row is run by itself). `docs/recognisers.md` lists what each architecture gives.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float, Int
from torch import Tensor

from liap.errors import InputError, first_line
from liap.taggers import attention_norms, word_attention
from liap.taggers.checkpoints import quiet
from liap.taggers.edits import hooked, lists_of_layers
from liap.taggers.hidden import inside
from liap.taggers.tagger import Edit

if TYPE_CHECKING:
    from liap.taggers.transformer import TransformerTagger

CAPABILITIES = ("attention", "value_attention", "embeddings", "gradients", "hidden_states", "edits")
PIECES = (7, 4)  # of the two rows tried
BEYOND_TEXT = {"bbox": "the boxes of words on a page", "xpath_tags_seq": "the place of words in a web page"}
APPROXIMATE_GRADIENTS = ("yoso",)  # a short pass cannot tell: they are a few per cent off
TOLERANCE = {"fp32": 0.01}  # of the logits' standard deviation
TOLERANCE_BF16 = 0.3
SAME_ATTENTION = {"fp32": 1e-5}  # shares of attention
SAME_ATTENTION_BF16 = 3e-2


@dataclass(frozen=True, slots=True, eq=False)
class Architecture:
    """What one model gives."""

    name: str
    lacks: dict[str, str]  # capability -> why the model does not give it
    layers_and_heads: tuple[int, int]  # of its attention; (0, 0) without
    records_rows: bool  # attention rows can be computed beside the fast kernel
    projections: tuple[torch.nn.Linear, ...]  # of each layer's heads to its output; () without value attention
    layers: tuple[torch.nn.Module, ...]  # that edits change
    pads_matter: bool

    @property
    def capabilities(self) -> frozenset[str]:
        return frozenset(name for name in CAPABILITIES if name not in self.lacks)

    def check(self, capability: str) -> None:
        """InputError where the model does not give the capability."""
        if capability in self.lacks:
            raise InputError(
                f"this recogniser ({self.name}) does not give {capability.replace('_', ' ')}: {self.lacks[capability]}; "
                "occlusion and lime work"
            )


class _Missing(Exception):
    """Why a capability is not there."""


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    """Two rows of pieces, the second one padded, and the model's logits for them."""

    tagger: TransformerTagger
    ids: Int[Tensor, "batch pieces"]
    lengths: Int[Tensor, " batch"]
    logits: Float[Tensor, "batch pieces labels"]

    def same(self, logits: Tensor, expected: Tensor | None = None) -> bool:
        """Whether logits of pieces that are not pads agree."""
        expected = self.logits if expected is None else expected
        if logits.shape != expected.shape:
            return False
        real = self.real if len(logits) == len(self.ids) else self.real[1:, : logits.shape[1]]
        return bool((logits - expected)[real].abs().max() <= self.tolerance)

    @property
    def tolerance(self) -> float:
        """Logits that differ by more do not agree."""
        return TOLERANCE.get(self.tagger.precision, TOLERANCE_BF16) * float(self.logits[self.real].std())

    @property
    def real(self) -> Tensor:
        """False for pads."""
        return inside(self.ids, self.lengths).to(self.logits.device)


def check_text_only(model_class: type, where: str = "") -> None:
    """InputError for a model that reads more than a sentence, before it is loaded."""
    for argument in inspect.signature(model_class.forward).parameters:
        if argument in BEYOND_TEXT:
            raise InputError(
                f"{where}{model_class.__name__} reads {BEYOND_TEXT[argument]} as well, which sentences do not have; "
                "expected a model of text alone"
            )


def examine(tagger: TransformerTagger) -> Architecture:
    """Try everything once; InputError where the same input gets different answers."""
    lacks: dict[str, str] = {}
    with quiet(), warnings.catch_warnings(), torch.random.fork_rng(devices=[]), tagger.in_precision_of_weights():
        warnings.simplefilter("ignore")
        trial = _trial(tagger)
        heads, recorded = _attempt(lacks, ("attention",), _attention, trial) or ((0, 0), False)
        projections = _attempt(lacks, ("value_attention",), _projections, trial, heads[0], recorded) or ()
        _attempt(lacks, ("embeddings", "gradients"), _gradient, trial)
        _attempt(lacks, ("hidden_states",), _hidden_states, trial)
        layers = _attempt(lacks, ("edits",), _layers, trial) or ()
        alone = tagger.logits(trial.ids[1:, : PIECES[1]], None)
        pads_matter = not trial.same(alone, trial.logits[1:, : PIECES[1]])
    return Architecture(_name(tagger), lacks, heads, recorded, projections, layers, pads_matter)


def _attempt(lacks: dict[str, str], capabilities: Sequence[str], trying: Callable, trial: _Trial, *known: object):
    try:
        return trying(trial, *known)
    except _Missing as reason:
        why = str(reason)
    except Exception as error:  # an architecture may fail anywhere in transformers
        why = f"the model fails ({first_line(error)})"
    lacks.update(dict.fromkeys(capabilities, why))
    return None


def _trial(tagger: TransformerTagger) -> _Trial:
    special = set(tagger.tokenizer.all_special_ids)
    ordinary = sorted(piece for piece in tagger.tokenizer.get_vocab().values() if piece not in special) or [0]
    ids = torch.tensor([ordinary[place % len(ordinary)] for place in range(2 * PIECES[0])]).reshape(2, -1)
    ids[1, PIECES[1] :] = tagger.pad_id
    lengths = torch.tensor(PIECES)
    try:
        first, second = tagger.logits(ids, lengths), tagger.logits(ids, lengths)
    except Exception as error:  # an architecture may fail anywhere in transformers
        raise InputError(f"this recogniser ({_name(tagger)}) does not answer ({first_line(error)})") from error
    trial = _Trial(tagger, ids, lengths, first)
    if not trial.same(second):
        raise InputError(
            f"this recogniser ({_name(tagger)}) answers the same input differently each time; "
            "expected a model without chance in its forward pass"
        )
    return trial


def _name(tagger: TransformerTagger) -> str:
    return tagger.model.config.model_type


def _attention(trial: _Trial) -> tuple[tuple[int, int], bool]:
    tagger = trial.tagger
    if getattr(tagger.model.config, "is_encoder_decoder", False) and hasattr(tagger.model.base_model, "decoder"):
        raise _Missing("its labels come from a decoder, which attends to an encoder as well as to itself")
    with word_attention.under(tagger.model, "eager"):
        output = word_attention.with_matrices(tagger, trial.ids, trial.lengths)
    matrices = getattr(output, "attentions", None)
    _check_matrices(trial, matrices, output.logits.float())
    rows = torch.arange(max(PIECES)).repeat(2, 1)
    return (len(matrices), matrices[0].shape[1]), _records(trial, rows, matrices)


def _check_matrices(trial: _Trial, matrices: Sequence[Tensor] | None, logits: Tensor) -> None:
    if not matrices:
        raise _Missing("the model gives no attention")
    batch, pieces = trial.ids.shape
    shapes = {tuple(matrix.shape) if isinstance(matrix, Tensor) else () for matrix in matrices}
    if len(shapes) > 1 or next(iter(shapes))[:1] + next(iter(shapes))[2:] != (batch, pieces, pieces):
        raise _Missing("it is not a full matrix over the pieces in every layer")
    depth = _depth(trial)
    if depth is not None and len(matrices) != depth:
        raise _Missing(f"{len(matrices)} of its {depth} layers have attention")
    if not trial.same(logits):
        raise _Missing("the model answers differently when it is asked for its attention")
    for matrix in matrices:
        shares = matrix.float().transpose(1, 2)[trial.real]  # of all pieces that are not pads
        if not (shares.isfinite().all() and shares.min() >= 0 and shares.sum(dim=-1).max() <= 1.02):
            raise _Missing("what the model calls attention are no shares of attention")


def _depth(trial: _Trial) -> int | None:
    """How many layers the model says that it has, by its hidden states."""
    states = getattr(_output(trial, output_hidden_states=True), "hidden_states", None)
    return len(states) - 1 if states else None


def _records(trial: _Trial, rows: Tensor, matrices: Sequence[Tensor]) -> bool:
    """Whether the rows computed beside the fast kernel are those of eager attention."""
    tagger = trial.tagger
    if tagger.model.config._attn_implementation != "sdpa" or not tagger.model._can_set_attn_implementation():
        return False
    try:
        with word_attention.under(tagger.model, word_attention.RECORDING):
            recorded = word_attention.recorded_rows(tagger, trial.ids, trial.lengths, rows)
    except Exception:  # here too
        return False
    if [layer.shape for layer in recorded] != [layer.shape for layer in matrices]:
        return False
    tolerance = SAME_ATTENTION.get(tagger.precision, SAME_ATTENTION_BF16)
    return all(
        float((one.float() - other.float()).transpose(1, 2)[trial.real].abs().max()) <= tolerance
        for one, other in zip(recorded, matrices, strict=True)
    )


def _projections(trial: _Trial, layers: int, recorded: bool) -> tuple[torch.nn.Linear, ...]:
    if not recorded:
        raise _Missing("its values cannot be recorded beside the fast kernel")
    if found := attention_norms.find_projections(trial.tagger, trial.ids, trial.lengths, layers):
        return found
    raise _Missing("no linear map takes the heads of each layer to its output")


def _output(trial: _Trial, **options):
    tagger = trial.tagger
    with torch.inference_mode(), tagger.autocast():
        return tagger.model(
            input_ids=trial.ids.to(tagger.device), **tagger.attended(trial.ids, trial.lengths), **options
        )


def _gradient(trial: _Trial) -> None:
    tagger = trial.tagger
    if _name(tagger) in APPROXIMATE_GRADIENTS:
        raise _Missing("its backward pass approximates the gradient")
    with torch.no_grad():
        embeddings = tagger.model.get_input_embeddings()(trial.ids.to(tagger.device))
    embeddings = embeddings.clone().requires_grad_()
    with torch.enable_grad(), tagger.autocast():
        logits = tagger.model(inputs_embeds=embeddings, **tagger.attended(embeddings, trial.lengths)).logits.float()
        if not trial.same(logits.detach()):
            raise _Missing("the model answers differently when it is given its own input embeddings")
        (gradient,) = torch.autograd.grad(logits[trial.real].square().sum(), embeddings)
    if not (gradient.isfinite().all() and (gradient.abs().sum(dim=-1)[trial.real] > 0).all()):
        raise _Missing("the logits have no gradient with respect to the input embeddings")


def _hidden_states(trial: _Trial) -> None:
    states = getattr(_output(trial, output_hidden_states=True), "hidden_states", None)
    if not states or len(states) < 2:
        raise _Missing("the model gives no hidden states")
    if len({tuple(layer.shape) for layer in states}) > 1 or states[0].shape[:2] != trial.ids.shape:
        raise _Missing("they are not one vector of the same width per piece in every layer")


def _layers(trial: _Trial) -> tuple[torch.nn.Module, ...]:
    """The first list of layers that hand on everything, one after the other, as `[batch, pieces, width]`."""
    tagger, ids = trial.tagger, trial.ids[:1].repeat(2, 1)
    ids[1] = ids[0].flip(0)
    candidates = lists_of_layers(tagger.model)
    outputs: dict[torch.nn.Module, list[Tensor]] = {}
    with _seen([layer for layers in candidates for layer in layers], outputs):
        expected = tagger.logits(ids, None)
    for layers in candidates:
        handed_on = [outputs.get(layer, []) for layer in layers]
        if not all(len(calls) == 1 and calls[0].dim() == 3 and calls[0].shape[:2] == ids.shape for calls in handed_on):
            continue
        ends = {0, len(layers) - 1}
        if all(_carries_all(trial, layers[end], handed_on[end][0], ids, expected) for end in ends):
            return tuple(layers)
    raise _Missing("no list of layers that each hand on one vector per piece, one layer after the other")


def _carries_all(trial: _Trial, layer: torch.nn.Module, handed_on: Tensor, ids: Tensor, expected: Tensor) -> bool:
    """Whether a layer's output for some rows, put into the pass over others, gives the logits of the former."""
    with hooked(layer, Edit(0, "hidden", lambda _output: handed_on)):
        logits = trial.tagger.logits(ids.flip(0), None)
    return bool((logits - expected).abs().max() <= trial.tolerance)


@contextmanager
def _seen(layers: Sequence[torch.nn.Module], outputs: dict[torch.nn.Module, list[Tensor]]) -> Iterator[None]:
    """Inside the context, every output of the layers is kept."""

    def keep(layer, _inputs, output):
        tensor = output[0] if isinstance(output, tuple) else output
        if isinstance(tensor, Tensor):
            outputs.setdefault(layer, []).append(tensor)

    with ExitStack() as stack:
        for layer in layers:
            stack.callback(layer.register_forward_hook(keep).remove)
        yield
