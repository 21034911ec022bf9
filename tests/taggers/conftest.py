"""Tokenizers and recognisers built in code: a WordPiece, a byte-level BPE and a SentencePiece-like one."""

import json
import shutil

import pytest
import torch
from transformers import (
    BertConfig,
    BertForTokenClassification,
    BertTokenizer,
    DistilBertConfig,
    DistilBertForTokenClassification,
    RobertaConfig,
    RobertaForTokenClassification,
    RobertaTokenizer,
    XLMRobertaConfig,
    XLMRobertaForTokenClassification,
    XLMRobertaTokenizer,
)

from liap.taggers import tokenizer_trial

LABELS = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
WORDS = [
    "the",
    "visit",
    "of",
    "John",
    "Smith",
    "to",
    "Paris",
    "and",
    "to",
    "Rome",
    "was",
    "long",
    ",",
    "said",
    "Mary",
    "in",
    "London",
    ".",
]


def build_wordpiece():
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *sorted(set(WORDS)), *"abcdefghij", "##s", "##ed", "##a"]
    return BertTokenizer(vocab={piece: index for index, piece in enumerate(pieces)}, do_lower_case=False)


def build_byte_level():
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    learner.train_from_iterator([" ".join(WORDS)] * 3, trainer)
    model = json.loads(learner.to_str())["model"]
    merges = [tuple(merge) for merge in model["merges"]]
    return RobertaTokenizer(vocab=model["vocab"], merges=merges, model_max_length=int(1e30))


def build_unigram():
    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
    pieces += [("▁" + word, -3.0) for word in sorted(set(WORDS))] + [(letter, -5.0) for letter in "abcdefghijklmnop"]
    return XLMRobertaTokenizer(vocab=[*pieces, ("<mask>", 0.0)])


TOKENIZERS = {"wordpiece": build_wordpiece, "byte_level": build_byte_level, "unigram": build_unigram}


def _sizes(tokenizer, **more):
    return {
        "vocab_size": len(tokenizer),
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "max_position_embeddings": 40,
        "pad_token_id": tokenizer.pad_token_id,
        "id2label": dict(enumerate(LABELS)),
        "label2id": {label: index for index, label in enumerate(LABELS)},
        **more,
    }


def build_bert():
    tokenizer = build_wordpiece()
    return BertForTokenClassification(BertConfig(**_sizes(tokenizer))), tokenizer


def build_distilbert():
    tokenizer = build_wordpiece()
    sizes = _sizes(tokenizer)
    sizes = {"dim": sizes.pop("hidden_size"), "hidden_dim": sizes.pop("intermediate_size"), **sizes}
    sizes = {"n_layers": sizes.pop("num_hidden_layers"), "n_heads": sizes.pop("num_attention_heads"), **sizes}
    return DistilBertForTokenClassification(DistilBertConfig(**sizes)), tokenizer


def build_roberta():
    tokenizer = build_byte_level()
    return RobertaForTokenClassification(RobertaConfig(**_sizes(tokenizer, type_vocab_size=1))), tokenizer


def build_xlm_roberta():
    tokenizer = build_unigram()
    return XLMRobertaForTokenClassification(XLMRobertaConfig(**_sizes(tokenizer, type_vocab_size=1))), tokenizer


MODELS = {
    "bert": build_bert,
    "distilbert": build_distilbert,
    "roberta": build_roberta,
    "xlm_roberta": build_xlm_roberta,
}


_passed_folder = tokenizer_trial._passed_folder


@pytest.fixture(scope="session", autouse=True)
def tokenizer_cache(tmp_path_factory):
    """Tokenizers that passed their trial are remembered here, not in the user's cache folder."""
    folder = tmp_path_factory.mktemp("tokenizers")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokenizer_trial, "_passed_folder", lambda: folder)
        yield folder


@pytest.fixture
def real_passed_folder():
    """The function that `tokenizer_cache` replaces."""
    return _passed_folder


@pytest.fixture(scope="session", params=TOKENIZERS)
def tokenizer(request):
    """Each kind of fast tokenizer, ready for words."""
    from liap.taggers.alignment import prepare_for_words

    built = TOKENIZERS[request.param]()
    prepare_for_words(built)
    return built


@pytest.fixture(scope="session")
def model_folders(tmp_path_factory):
    """Kind of model -> a folder with random weights and its tokenizer."""
    from liap.taggers.checkpoints import quiet

    folders = {}
    for name, build in MODELS.items():
        torch.manual_seed(0)
        model, tokenizer = build()
        folders[name] = tmp_path_factory.mktemp(name)
        with quiet():
            model.save_pretrained(folders[name])
            tokenizer.save_pretrained(folders[name])
    return folders


@pytest.fixture(params=MODELS)
def model_folder(request, model_folders):
    return model_folders[request.param]


@pytest.fixture
def bert_folder(model_folders, tmp_path):
    """A copy that a test may spoil."""
    return shutil.copytree(model_folders["bert"], tmp_path / "model")
