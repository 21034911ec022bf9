"""SRL-BERT: words and one predicate (a request) -> one BIO tag per word, the same as AllenNLP 2.10.1.

The model (Shi & Lin 2019, as implemented by `SrlBert` and `SrlReader` of `allennlp_models` 2.10.1):

1. Words become pieces (`wordpiece.py`), between [CLS] and [SEP]. The predicate is not repeated after the sentence.
2. Token type 1 marks *all* pieces of the predicate.
3. BERT, a linear layer and a softmax give tag probabilities for each piece, including [CLS] and [SEP].
4. The best valid sequence of tags is found over pieces (`viterbi.py`). A word gets the tag of its first piece, a word without
   pieces that of the following piece.

Requests are sorted by length and run in batches with a budget of pieces. A sentence longer than the encoder's limit is not
cut; its answer is None.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from transformers import BertConfig, BertModel
from transformers.activations import ACT2FN

from liap.batches import by_length
from liap.errors import InputError
from liap.linguistics.srl.archive_files import Configuration, read_json, read_model
from liap.linguistics.srl.frames import Request, Tags
from liap.linguistics.srl.viterbi import decode, transitions
from liap.linguistics.srl.wordpiece import Pieces, Wordpieces, encoder_files, read_vocabulary

SIZES = (
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "max_position_embeddings",
    "type_vocab_size",
)
OLD_NAMES = (("LayerNorm.gamma", "LayerNorm.weight"), ("LayerNorm.beta", "LayerNorm.bias"))  # before 2019
UNUSED = re.compile(r"embeddings\.(position_ids|token_type_ids)|pooler\.dense\.(weight|bias)")
HEAD_WIDTH = 64  # of all of Google's encoders


class RoleLabeller:
    """An encoder and its tag layer, with everything from words to tags."""

    def __init__(
        self, encoder: BertModel, tag_layer: torch.nn.Linear, *, labels: Tags, wordpieces: Wordpieces, precision: str
    ) -> None:
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._encoder = encoder.eval().to(self._device)
        self._tag_layer = tag_layer.eval().to(self._device)
        self._labels = labels
        self._allowed = transitions(labels)
        self._wordpieces = wordpieces
        self._precision = precision
        self._limit = encoder.config.max_position_embeddings

    def tag(self, requests: Sequence[Request], *, batch_pieces: int = 1024) -> list[Tags | None]:
        """One label per word for each request, in order. They may include the archive's padding labels."""
        split = [self._wordpieces(request.words) for request in requests]
        answers: list[Tags | None] = [None] * len(requests)
        fitting = [index for index, pieces in enumerate(split) if len(pieces.ids) <= self._limit]
        for places in by_length([len(split[index].ids) for index in fitting], batch_pieces):
            batch = [fitting[place] for place in places]
            pieces = [split[index] for index in batch]
            probabilities = self._probabilities(pieces, [requests[index].predicate for index in batch])
            paths = decode(probabilities, [len(item.ids) for item in pieces], self._allowed)
            for index, item, path in zip(batch, pieces, paths, strict=True):
                answers[index] = tuple(self._labels[path[start]] for start in item.starts)
        return answers

    @torch.inference_mode()
    def _probabilities(
        self, batch: Sequence[Pieces], predicates: Sequence[int]
    ) -> Float[Tensor, "batch pieces labels"]:
        longest = max(len(pieces.ids) for pieces in batch)
        ids = torch.zeros((len(batch), longest), dtype=torch.long)
        marked, attended = torch.zeros_like(ids), torch.zeros_like(ids)
        for row, (pieces, predicate) in enumerate(zip(batch, predicates, strict=True)):
            ids[row, : len(pieces.ids)] = torch.tensor(pieces.ids)
            attended[row, : len(pieces.ids)] = 1
            marked[row, pieces.starts[predicate] : pieces.ends[predicate]] = 1
        precision = torch.autocast(self._device.type, torch.bfloat16) if self._precision == "bf16" else nullcontext()
        with precision:
            hidden = self._encoder(
                input_ids=ids.to(self._device),
                token_type_ids=marked.to(self._device),
                # Attention is faster without a mask, which only padding needs.
                attention_mask=None if attended.all() else attended.to(self._device),
            ).last_hidden_state
            logits = self._tag_layer(hidden)
        return logits.float().softmax(dim=-1).cpu()


@dataclass(frozen=True, slots=True)
class Parts:
    """An archive's parts, which fit each other."""

    config: BertConfig
    labels: Tags
    state: dict[str, Tensor]  # under current names, without computed or unused entries
    vocabulary: dict[str, int]
    vocabulary_file: Path
    sizes: tuple[str, ...] = SIZES  # the fields of `config` that an archive may set


def read_parts(archive: Path, configuration: Configuration, *, encoder: str) -> Parts:
    """Everything in an archive that the labeller needs. InputError if a part is missing or does not fit the others."""
    labels, state = read_model(archive, configuration)
    files = encoder_files(configuration, archive=archive, folder=encoder)
    path = files["vocabulary"]
    vocabulary = read_vocabulary(path)
    state = _today(state)
    sizes = configuration.sizes or (read_json(files["config"]) if "config" in files else _google_sizes(state))
    config = _bert_config(sizes, f"{archive}: the configuration of {configuration.encoder!r}")
    _check_sizes(config, state, archive)
    if max(vocabulary.values()) >= config.vocab_size:
        raise InputError(f"{path}: {len(vocabulary)} pieces, but the encoder in {archive} has {config.vocab_size}")
    return Parts(config, labels, state, vocabulary, path)


def load(archive: Path, configuration: Configuration, *, encoder: str, precision: str) -> RoleLabeller:
    """An archive's labeller. InputError as in `read_parts`."""
    parts = read_parts(archive, configuration, encoder=encoder)
    bert = BertModel(parts.config, add_pooling_layer=False)
    tag_layer = torch.nn.Linear(parts.config.hidden_size, len(parts.labels))
    _fill(bert, parts.state, "bert_model.", archive)
    _fill(tag_layer, parts.state, "tag_projection_layer.", archive)
    wordpieces = Wordpieces(parts.vocabulary, lower_case=configuration.lower_case)
    return RoleLabeller(bert, tag_layer, labels=parts.labels, wordpieces=wordpieces, precision=precision)


def _today(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state dictionary under current names, without computed or unused entries."""
    renamed = {}
    for name, value in state.items():
        for old, new in OLD_NAMES:
            name = name.replace(old, new)
        if not UNUSED.search(name):
            renamed[name] = value
    return renamed


def _google_sizes(state: Mapping[str, Tensor]) -> dict[str, int]:
    """The configuration of Google's encoders, of which an archive holds only the name."""
    sizes = _sizes_of_weights(state)
    return sizes | {"num_attention_heads": sizes["hidden_size"] // HEAD_WIDTH}


def _sizes_of_weights(state: Mapping[str, Tensor]) -> dict[str, int]:
    """The sizes that the shapes of the weights imply; 0 if a weight is missing."""

    def size(name: str, axis: int) -> int:
        weight = state.get(f"bert_model.{name}.weight", torch.zeros(0))
        return weight.shape[axis] if weight.dim() == 2 else 0

    layers = [re.match(r"bert_model\.encoder\.layer\.(\d{1,4})\.", name) for name in state]
    return {
        "vocab_size": size("embeddings.word_embeddings", 0),
        "hidden_size": size("embeddings.word_embeddings", 1),
        "num_hidden_layers": len({match[1] for match in layers if match}),
        "intermediate_size": size("encoder.layer.0.intermediate.dense", 0),
        "max_position_embeddings": size("embeddings.position_embeddings", 0),
        "type_vocab_size": size("embeddings.token_type_embeddings", 0),
    }


def _bert_config(sizes: Mapping[str, Any], where: str) -> BertConfig:
    """A configuration from a file, taken field by field: whatever it says about classes or code is ignored."""
    if sizes.get("position_embedding_type", "absolute") != "absolute" or sizes.get("is_decoder"):
        raise InputError(f"{where}: expected a BERT encoder with absolute positions")
    default = BertConfig()
    chosen = {name: sizes.get(name, getattr(default, name)) for name in SIZES}
    bad = [name for name, value in chosen.items() if not isinstance(value, int) or isinstance(value, bool) or value < 1]
    if bad:
        raise InputError(f"{where}: {bad[0]} must be a positive integer, got {chosen[bad[0]]!r}")
    activation, epsilon = sizes.get("hidden_act", "gelu"), sizes.get("layer_norm_eps", 1e-12)
    if not isinstance(activation, str) or activation not in ACT2FN:
        raise InputError(f"{where}: hidden_act {activation!r} is unknown; BERT's is 'gelu'")
    if not isinstance(epsilon, int | float) or not 0 <= epsilon < 1:
        raise InputError(f"{where}: layer_norm_eps must be a small number, got {epsilon!r}")
    if chosen["hidden_size"] % chosen["num_attention_heads"]:
        raise InputError(
            f"{where}: {chosen['num_attention_heads']} attention heads do not divide a width of {chosen['hidden_size']}"
        )
    # Padding is masked, so any id will do; 0 is in every vocabulary.
    return BertConfig(**chosen, hidden_act=activation, layer_norm_eps=float(epsilon), pad_token_id=0)


def _check_sizes(config: BertConfig, state: Mapping[str, Tensor], archive: Path) -> None:
    """Compare the configuration with the weights before allocating anything of its size."""
    for name, size in _sizes_of_weights(state).items():
        if getattr(config, name) != size:
            raise InputError(
                f"{archive}: the configuration says {name} {getattr(config, name)}, but weights.th has {size}; "
                f"expected the configuration used in training the archive, see --srl-archive"
            )
    if _numbers_of(config) > (present := sum(value.numel() for value in state.values())):
        raise InputError(
            f"{archive}: the configuration describes {_numbers_of(config):,} weights, but weights.th has {present:,}; "
            f"expected the configuration used in training the archive, see --srl-archive"
        )
    if config.type_vocab_size < 2:
        raise InputError(f"{archive}: the encoder has 1 token type; expected 2, one of which marks the predicate")


def _numbers_of(config: BertConfig) -> int:
    """How many numbers the encoder's matrices hold. A shape costs nothing to claim: an axis of size 0 hides the others."""
    width, inner = config.hidden_size, config.intermediate_size
    tables = config.vocab_size + config.max_position_embeddings + config.type_vocab_size
    return width * tables + config.num_hidden_layers * (4 * width * width + 2 * width * inner)


def _fill(module: torch.nn.Module, state: Mapping[str, Tensor], prefix: str, archive: Path) -> None:
    own = {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
    try:
        module.load_state_dict(own)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:300]
        raise InputError(f"{archive}: weights.th does not fit its configuration or labels ({reason})") from None
    if not all(torch.isfinite(value).all() for value in own.values()):
        raise InputError(f"{archive}: weights.th holds infinite or undefined numbers; expected a trained model")
