"""Fixtures that several rooms' tests use; under tests every shape in a signature is checked."""

from pathlib import Path

import pytest
from jaxtyping import install_import_hook

install_import_hook("liap", "beartype.beartype")

SHARED = Path(__file__).parents[1].parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real corpora and models beside the project; tests that want them skip where they are not."""
    if not SHARED.is_dir():
        pytest.skip("the folder 'shared' with real corpora and models is not beside the project")
    return SHARED


VOCABULARY = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    *"abcdefghijklmnop",
    *(f"##{letter}" for letter in "abcdefghijklmnop"),
]
LABELS = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory) -> Path:
    """A folder with a random two-layer BERT for tags; a word of the letters a to p has as many pieces as letters."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tiny")
    index = {piece: number for number, piece in enumerate(VOCABULARY)}
    backend = Tokenizer(models.WordPiece(index, unk_token="[UNK]"))
    backend.normalizer = normalizers.BertNormalizer()
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", index["[CLS]"]), ("[SEP]", index["[SEP]"])]
    )
    special = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")}
    PreTrainedTokenizerFast(tokenizer_object=backend, model_max_length=64, **special).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(VOCABULARY),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        initializer_range=0.5,
        id2label=dict(enumerate(LABELS)),
        label2id={label: number for number, label in enumerate(LABELS)},
    )
    BertForTokenClassification(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny(tiny_folder):
    """The recogniser of `tiny_folder`."""
    from liap.ner.model import Recogniser

    return Recogniser.load(str(tiny_folder))
