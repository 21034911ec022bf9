"""The transformer tagger: what it reads from a folder, and its logits with and without padding, for four architectures."""

import numpy as np
import pytest
import torch

from liap.errors import InputError
from liap.settings import PRECISIONS
from liap.taggers.transformer import TransformerTagger

SENTENCES = [("John", "Smith", "said"), ("Mary",), ("the", "visit", "to", "Paris", "was", "long", ".")]


def rows(tagger):
    return [tagger.encode(words) for words in SENTENCES]


def padded(tagger, encodings):
    lengths = torch.tensor([encoding.pieces for encoding in encodings])
    ids = torch.full((len(encodings), int(lengths.max())), tagger.pad_id)
    for place, encoding in enumerate(encodings):
        ids[place, : encoding.pieces] = torch.from_numpy(encoding.piece_ids)
    return ids, lengths


def test_reads_labels_limits_and_special_ids(model_folder, model_folders):
    tagger = TransformerTagger.load(str(model_folder))
    assert tagger.labels == ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
    roberta_like = model_folder in (model_folders["roberta"], model_folders["xlm_roberta"])
    assert tagger.max_pieces == (38 if roberta_like else 40)
    tokenizer = tagger.tokenizer
    assert (tagger.pad_id, tagger.mask_id) == (tokenizer.pad_token_id, tokenizer.mask_token_id)
    assert tagger.unk_id == tokenizer.unk_token_id is not None
    assert not tagger.model.training and not any(p.requires_grad for p in tagger.model.parameters())


def test_the_longest_input_that_fits_is_scored_and_one_more_is_not(model_folder):
    tagger = TransformerTagger.load(str(model_folder))
    length = max(n for n in range(1, 60) if tagger.fits(["Paris"] * n))
    longest, longer = tagger.encode(("Paris",) * length), tagger.encode(("Paris",) * (length + 1))
    assert longest.pieces == tagger.max_pieces and not tagger.fits(["Paris"] * (length + 1))
    assert tagger.logits(torch.from_numpy(longest.piece_ids)[None], None).isfinite().all()
    with pytest.raises((IndexError, RuntimeError)):
        tagger.logits(torch.from_numpy(longer.piece_ids)[None], None)


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_logits_do_not_depend_on_padding(model_folder, batch):
    tagger = TransformerTagger.load(str(model_folder))
    encodings = rows(tagger)
    for begin in range(0, len(encodings), batch):
        ids, lengths = padded(tagger, encodings[begin : begin + batch])
        together = tagger.logits(ids, lengths)
        for place, encoding in enumerate(encodings[begin : begin + batch]):
            alone = tagger.logits(torch.from_numpy(encoding.piece_ids)[None], None)
            torch.testing.assert_close(together[place, : encoding.pieces], alone[0], atol=1e-5, rtol=0)


def test_without_padding_the_kernel_gets_no_mask(model_folder, monkeypatch):
    masks = []
    kernel = torch.nn.functional.scaled_dot_product_attention

    def spy(*inputs, attn_mask=None, **more):
        masks.append(attn_mask)
        return kernel(*inputs, attn_mask=attn_mask, **more)

    tagger = TransformerTagger.load(str(model_folder))
    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", spy)
    ids = torch.from_numpy(tagger.encode(SENTENCES[0]).piece_ids)[None]
    tagger.logits(ids, None)
    assert masks == [None, None]  # one a layer


@pytest.mark.parametrize("precision", PRECISIONS)
def test_precisions_agree_roughly_and_answer_in_fp32(model_folder, precision):
    ids = torch.from_numpy(TransformerTagger.load(str(model_folder)).encode(SENTENCES[2]).piece_ids)[None]
    exact = TransformerTagger.load(str(model_folder)).logits(ids, None)
    answer = TransformerTagger.load(str(model_folder), precision=precision).logits(ids, None)
    assert answer.dtype == torch.float32 and answer.is_inference()
    torch.testing.assert_close(answer, exact, atol=0.0 if precision == "fp32" else 0.02, rtol=0)
    assert (precision == "fp32") == torch.equal(answer, exact)


def test_loading_is_silent(model_folder, capfd):
    TransformerTagger.load(str(model_folder))
    assert capfd.readouterr() == ("", "")


def test_words_without_pieces_keep_their_place(model_folders):
    encoding = TransformerTagger.load(str(model_folders["bert"])).encode(("John", "\u200b", "said"))
    assert np.array_equal(encoding.first_piece, [1, -1, 2])


@pytest.mark.parametrize(
    ("setting", "message"), [({"precision": "int4"}, "--precision"), ({"device": "abacus"}, "--device")]
)
def test_bad_settings(model_folders, setting, message):
    with pytest.raises(InputError, match=message):
        TransformerTagger.load(str(model_folders["bert"]), **setting)
