"""Masked language modelling: perplexity by its definition, learning on a text whose pieces are known, and an encoder that every script reads."""

import json
import math

import pytest
import torch
from transformers import AutoConfig, AutoModelForMaskedLM

from liap.records import Sentence
from liap.training.language_model import LanguageModelSettings, masked_loss, perplexity, train_language_model

SMALL = {
    "layers": 1,
    "width": 32,
    "heads": 2,
    "vocabulary": 200,
    "epochs": 1,
    "batch": 16,
    "warmup_steps": 0,
    "device": "cpu",
}


def text(count=200):
    """Sentences in which the second word follows from the first."""
    pairs = {"red": "apple", "green": "pear", "blue": "plum", "black": "cherry"}
    found = []
    for number in range(count):
        first = list(pairs)[number % 4]
        words = (first, pairs[first], str(number), "and", first, pairs[first])
        found.append(Sentence(number, number, words, ("O",) * 6))
    return found


@pytest.fixture(scope="module")
def trained():
    settings = LanguageModelSettings(corpora=("none",), **SMALL | {"epochs": 40, "learning_rate": 5e-3})
    return train_language_model(text(), settings), settings


def test_it_learns_what_the_text_says(trained):
    model, _ = trained
    assert (model.sentences, model.held_out) == (190, 10)
    assert model.perplexity < 0.2 * model.perplexity_before
    ids = model.tokenizer(
        [["red", "[MASK]", "7", "and", "red", "apple"]], is_split_into_words=True, return_tensors="pt"
    )
    place = int((ids["input_ids"][0] == model.tokenizer.mask_token_id).nonzero()[0])
    with torch.inference_mode():
        logits = model.model(**ids).logits[0, place]
    apple = model.tokenizer.convert_tokens_to_ids(model.tokenizer.tokenize("apple"))[0]
    pear = model.tokenizer.convert_tokens_to_ids(model.tokenizer.tokenize("pear"))[0]
    assert logits[apple] > logits[pear]


def test_perplexity_is_the_exponential_of_the_mean_loss(trained):
    model, settings = trained

    def everything(rows):
        """Each piece but the first and last is masked."""
        ids = torch.tensor([row["input_ids"] for row in rows])
        labels = ids.clone()
        labels[:, [0, -1]] = -100
        masked = torch.where(labels == -100, ids, model.tokenizer.mask_token_id)
        return {"input_ids": masked, "attention_mask": torch.ones_like(ids), "labels": labels}

    rows = [{"input_ids": model.tokenizer(["red apple and"])["input_ids"][0]}] * 3
    batch = everything(rows)
    with torch.inference_mode():
        logits = model.model(input_ids=batch["input_ids"]).logits
    wanted = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch["labels"].flatten(), ignore_index=-100)
    assert perplexity(model.model, rows, everything, settings) == pytest.approx(math.exp(float(wanted)), rel=1e-4)


SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
ARCHITECTURES = {
    "bert": SIZES,
    "roberta": SIZES,
    "distilbert": {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32},
    "electra": SIZES | {"embedding_size": 16},
}


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_the_loss_at_masked_pieces_is_the_models_own(kind):
    torch.manual_seed(0)
    config = AutoConfig.for_model(kind, vocab_size=50, **ARCHITECTURES[kind])
    model = AutoModelForMaskedLM.from_config(config).eval().double()
    ids = torch.randint(5, 50, (3, 7))
    labels = torch.where(torch.rand(3, 7) < 0.4, ids, -100)
    mask = (torch.arange(7) < torch.tensor([[7], [5], [6]])).long()
    batch = {"input_ids": ids, "attention_mask": mask, "labels": labels}
    losses = model(**batch).loss, masked_loss(model, batch)
    assert losses[0].item() == pytest.approx(losses[1].item(), abs=1e-12)
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    own, ours = (torch.autograd.grad(loss, weights, allow_unused=True) for loss in losses)
    moved = [(one, other) for one, other in zip(own, ours, strict=True) if one is not None]
    assert any(float(one.abs().max()) > 1e-3 for one, _ in moved)
    assert all(torch.allclose(one, other, atol=1e-12) for one, other in moved)
    nothing = masked_loss(model, batch | {"labels": torch.full_like(ids, -100)})
    assert nothing.item() == 0
    assert model(input_ids=ids).logits.shape == (3, 7, 50)  # no hook is left


def test_the_same_seed_gives_the_same_weights():
    settings = LanguageModelSettings(corpora=("none",), **SMALL)
    first, second = (train_language_model(text(60), settings).model.state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_an_encoder_from_scratch_is_adapted_and_fine_tuned(script, small_corpus, tmp_path):
    sizes = [part for name, value in SMALL.items() for part in (f"--{name.replace('_', '-')}", value)]
    status, out, err = script(
        "studies/pretrain.py",
        "--corpora",
        small_corpus,
        "--splits",
        "train",
        "test",
        "--output",
        tmp_path / "first",
        *sizes,
    )
    assert status == 0, err
    assert "perplexity of masked pieces" in out
    said = json.loads((tmp_path / "first" / "language_model.json").read_text())
    assert said["perplexity"] > 1 and said["settings"]["layers"] == 1
    given = (
        "--encoder",
        tmp_path / "first",
        "--corpora",
        small_corpus,
        "--output",
        tmp_path / "second",
        "--epochs",
        1,
        "--device",
        "cpu",
    )
    status, out, err = script("studies/pretrain.py", *given)
    assert status == 0, err
    again = json.loads((tmp_path / "second" / "language_model.json").read_text())
    assert again["perplexity_before"] < said["perplexity_before"]
    tuning = (
        "--model",
        tmp_path / "second",
        "--corpus",
        small_corpus,
        "--epochs",
        1,
        "--output",
        tmp_path / "tagger",
        "--device",
        "cpu",
    )
    status, out, err = script("finetune.py", *tuning)
    assert status == 0, err


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ((), "--corpora is empty"),
        (("--corpora", "planted", "--heads", 5), "multiple of --heads"),
        (("--corpora", "planted", "--mask-share", 1), "--mask-share must lie between"),
        (("--corpora", "planted", "--encoder", "/no/such"), "--encoder /no/such: no such folder"),
        (("--corpora", "/no/corpus", "--encoder", "/no/such"), "--encoder /no/such"),  # before any corpus is read
    ],
)
def test_bad_input_is_one_line(script, tmp_path, flags, said):
    status, _, err = script("studies/pretrain.py", "--output", tmp_path / "out", *flags)
    assert status == 2 and said in err and "Traceback" not in err
