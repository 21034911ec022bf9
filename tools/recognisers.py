"""Write the table of docs/recognisers.md: what a recogniser of each architecture gives.

    python tools/recognisers.py

For every architecture that transformers has for token classification, a tiny model with random weights is built from its configuration
class and tried, as any recogniser is when it is loaded (`liap.taggers.architectures`). `tests/taggers/test_architectures.py` holds each
answer against transformers' eager attention and against finite differences, and this table against the file.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from unittest.mock import patch

import torch
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import CONFIG_MAPPING, AutoModelForTokenClassification, PreTrainedConfig, PreTrainedTokenizerFast
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING,
    MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING_NAMES,
)

PROJECT = Path(__file__).parents[1]
sys.path.insert(0, str(PROJECT))

from liap.errors import InputError  # noqa: E402
from liap.taggers import architectures, checkpoints, edits  # noqa: E402
from liap.taggers.transformer import TransformerTagger  # noqa: E402

PAGE = PROJECT / "docs" / "recognisers.md"
BEGIN, END = "<!-- table: tools/recognisers.py -->", "<!-- end of table -->"
KINDS = tuple(MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING_NAMES)
LABELS = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")  # places 0 to 4
PIECES = (*SPECIAL, *"abcdefghijklmnopqrstuvwxyz")
LAYERS = 3

SIZES = {  # by the names that configurations have for them
    "hidden_size d_model dim n_embd emb_dim embedding_size input_embedding_size output_embedding_size": 16,
    "num_hidden_layers n_layers n_layer num_layers num_decoder_layers encoder_layers": LAYERS,
    "num_attention_heads n_heads n_head num_heads encoder_attention_heads": 4,
    "num_experts num_local_experts n_routed_experts": 4,
    "num_key_value_heads num_kv_heads num_experts_per_tok linear_num_key_heads linear_num_value_heads": 2,
    "head_dim d_kv d_head v_head_dim qk_rope_head_dim qk_nope_head_dim": 4,
    "linear_key_head_dim linear_value_head_dim sliding_window local_attention": 4,
    "q_lora_rank kv_lora_rank": 8,
    "intermediate_size hidden_dim d_ff ffn_dim n_inner d_inner ffn_hidden_size encoder_ffn_dim": 32,
    "moe_intermediate_size shared_expert_intermediate_size downsample_hidden_size output_dim": 32,
    "n_group topk_group": 1,
    "max_position_embeddings n_positions max_seq_len": 64,
    "vocab_size": 48,
    "pad_token_id": 0,
    "bos_token_id cls_token_id": 2,
    "eos_token_id sep_token_id": 3,
    "mask_token_id": 4,
}
SIZE_OF = {name: size for names, size in SIZES.items() for name in names.split()}
OVERRIDES = {  # what an architecture needs beside them
    **{kind: {"num_key_value_heads": 4} for kind in ("axk1", "axk2", "mistral4", "esmc")},
    "deepseek_v3": {"num_key_value_heads": 4, "first_k_dense_replace": 1},
    "deberta": {"relative_attention": True, "pos_att_type": ["c2p", "p2c"]},
    "deberta-v2": {"relative_attention": True, "pos_att_type": ["c2p", "p2c"], "position_buckets": 4},
    "funnel": {"block_sizes": [1, 1, 1]},
    "gpt_neo": {"attention_types": [[["global", "local"], 2]], "num_layers": 4, "window_size": 4},
    "longformer": {"attention_window": 4},
    "luke": {"entity_vocab_size": 4, "entity_emb_size": 16},
    "xmod": {"default_language": "en_XX"},
    "roc_bert": {
        "shape_vocab_size": 40,
        "pronunciation_vocab_size": 40,
        "shape_embed_dim": 8,
        "pronunciation_embed_dim": 8,
    },
    "mobilebert": {"embedding_size": 16, "intra_bottleneck_size": 16, "true_hidden_size": 16},
    "starcoder2": {"sliding_window": 4},
}


def sizes_of(configuration: type[PreTrainedConfig]) -> dict:
    """Arguments that make a configuration tiny, nested ones included."""
    default = configuration()
    values = default.to_dict()
    plain = {name for name, value in values.items() if not isinstance(value, dict | list)}
    sizes = {name: SIZE_OF[name] for name in plain & SIZE_OF.keys()}
    for alias, name in default.attribute_map.items():
        if alias in SIZE_OF and name in plain:
            sizes[name] = SIZE_OF[alias]
    for name in default.sub_configs:
        if getattr(default, name, None) is not None:
            sizes[name] = sizes_of(type(getattr(default, name)))
    if isinstance(values.get("layer_types"), list):
        kinds = list(dict.fromkeys(values["layer_types"]))
        sizes["layer_types"] = [kinds[layer % len(kinds)] for layer in range(LAYERS)]
    if isinstance(values.get("mlp_layer_types"), list):
        sizes["mlp_layer_types"] = ["dense", *["sparse"] * (LAYERS - 1)]
    return sizes


def tiny_model(kind: str, attention: str = "sdpa", **overrides) -> torch.nn.Module:
    """A tiny model with random weights, large enough that its attention is far from even."""
    configuration = CONFIG_MAPPING[kind]
    sizes = {**sizes_of(configuration), **OVERRIDES.get(kind, {}), **overrides}
    config = configuration(
        **sizes, id2label=dict(enumerate(LABELS)), label2id={label: index for index, label in enumerate(LABELS)}
    )
    with checkpoints.quiet():
        try:
            model = AutoModelForTokenClassification.from_config(config, attn_implementation=attention)
        except ValueError as error:
            if attention == "eager" or "does not support" not in str(error):
                raise
            return tiny_model(kind, "eager", **overrides)
    generator = torch.Generator().manual_seed(1)
    spread = 0.1 if kind == "mobilebert" else 0.2  # MobileBERT has no layer norm that would keep numbers small
    with torch.no_grad():
        for parameter in model.parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.copy_(noise * spread if parameter.dim() > 1 else parameter + noise * 0.1)
    return model.eval()


def tiny_tokenizer() -> PreTrainedTokenizerFast:
    """A piece for each letter, between [CLS] and [SEP]."""
    from tokenizers.processors import TemplateProcessing

    vocabulary = {piece: place for place, piece in enumerate(PIECES)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]", continuing_subword_prefix=""))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    names = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **dict(zip(names, SPECIAL, strict=True)))


def tiny_tagger(kind: str, folder: Path, precision: str = "fp32", **overrides) -> TransformerTagger:
    """A tiny recogniser, saved and loaded as a user's is; InputError where this project refuses it."""
    configuration = CONFIG_MAPPING[kind]
    if beyond_text(kind):  # refused on its configuration alone, so it needs no weights
        configuration(id2label=dict(enumerate(LABELS))).save_pretrained(folder)
    else:
        with checkpoints.quiet():
            tiny_model(kind, **overrides).save_pretrained(folder)
            tiny_tokenizer().save_pretrained(folder)
    # transformers would read the tokenizer with the architecture's own class, which expects more than letters.
    with patch.object(checkpoints, "read_tokenizer", lambda _folder: tiny_tokenizer()):
        return TransformerTagger.load(str(folder), precision=precision, device="cpu")


def beyond_text(kind: str) -> bool:
    try:
        architectures.check_text_only(MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING[CONFIG_MAPPING[kind]])
    except InputError:
        return True
    return False


def row(kind: str, tagger: TransformerTagger | InputError) -> str:
    """The architecture's line of the table."""
    if isinstance(tagger, InputError):
        return f"| {kind} | refused | | | | {_after_folder(str(tagger))} |"
    model = tagger.architecture
    attention = "exact, by rows" if model.records_rows else "exact, by full matrices"
    given = {name: "yes" if name in model.capabilities else "no" for name in architectures.CAPABILITIES}
    cells = (
        attention if given["attention"] == "yes" else "not given",
        given["gradients"],
        given["hidden_states"],
        _sites(model),
        "; ".join(_notes(model)),
    )
    return f"| {kind} | {' | '.join(cells)} |"


def _after_folder(message: str) -> str:
    return message.partition(": ")[2] if message.startswith("/") else message


def _sites(model: architectures.Architecture) -> str:
    """The sites that edits can reach."""
    if not model.layers:
        return "no"
    try:
        for layer in model.layers:
            edits.second_feed_forward(layer)
    except InputError:
        return "hidden"
    return "hidden, feed_forward"


def _notes(model: architectures.Architecture) -> list[str]:
    reasons: dict[str, list[str]] = {}
    for capability, reason in model.lacks.items():
        reasons.setdefault(reason, []).append(capability.replace("_", " "))
    notes = [f"{' and '.join(names)}: {reason}" for reason, names in reasons.items()]
    return [*notes, "each row is a batch, as pads would change its answers"] if model.pads_matter else notes


def page(rows: list[str]) -> str:
    """The page with the rows as its table."""
    head = (
        f"With transformers {transformers.__version__}:\n",
        "| architecture | attention | gradients | hidden states | edits | notes |",
        "|---|---|---|---|---|---|",
    )
    before, after = PAGE.read_text(encoding="utf-8").split(BEGIN)[0], PAGE.read_text(encoding="utf-8").split(END)[1]
    return "\n".join((before + BEGIN, "", *head, *rows, "", END)) + after


def main() -> None:
    """Try every architecture and write the page."""
    rows = []
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            try:
                rows.append(row(kind, tiny_tagger(kind, Path(folder))))
            except InputError as refusal:
                rows.append(row(kind, refusal))
    PAGE.write_text(page(rows), encoding="utf-8")
    print(f"{PAGE}: {len(rows)} architectures")


if __name__ == "__main__":
    main()
