"""The attention loss: by hand, gradients by finite differences, weight 0 bit for bit, and that training moves heads to their targets."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from liap.errors import InputError
from liap.taggers.transformer import TransformerTagger
from liap.training.attention_loss import Guide, collate_targets, guidance_loss, guided, recording
from liap.training.fine_tuning import fine_tune
from tests.training.test_fine_tuning import DEV, TEST, TRAIN, plan


def previous(sentence):
    """Each word attends to the one before it; the first has no target."""
    return np.eye(len(sentence.words), k=-1, dtype=bool)


def slowly(attention, word_of_piece, target):
    """The formula of the module, row by row."""
    rows = []
    for batch, of_piece in enumerate(word_of_piece.tolist()):
        for word in sorted(set(of_piece) - {-1}):
            wanted = [w for w in range(target.shape[1]) if target[batch, word, w] and w in of_piece]
            if not wanted:
                continue
            for head in range(attention.shape[1]):
                over_pieces = []
                for row in (piece for piece, of in enumerate(of_piece) if of == word):
                    q = [
                        sum(attention[batch, head, row, c].item() for c, of in enumerate(of_piece) if of == w)
                        for w in wanted
                    ]
                    over_pieces.append(sum(1 / len(q) * math.log(1 / len(q) / share) for share in q))
                rows.append(sum(over_pieces) / len(over_pieces))
    return sum(rows) / len(rows)


def drawn(seed, batch=3, heads=2, pieces=7, words=4):
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn((batch, heads, pieces, pieces), generator=generator, dtype=torch.float64)
    word_of_piece = torch.full((batch, pieces), -1)
    for row in range(batch):
        inside = sorted(torch.randint(0, words, (pieces - 3,), generator=generator).tolist())
        word_of_piece[row, 1 : 1 + len(inside)] = torch.tensor(inside)
    target = torch.rand((batch, words, words), generator=generator) < 0.4
    return scores, word_of_piece, target


@pytest.mark.parametrize("seed", range(5))
def test_against_the_formula(seed):
    scores, word_of_piece, target = drawn(seed)
    attention = scores.softmax(-1)
    assert guidance_loss(attention, word_of_piece, target).item() == pytest.approx(
        slowly(attention, word_of_piece, target), abs=1e-12
    )


def test_closed_forms():
    """All attention on the target in equal shares: 0. Uniform over n pieces, one target piece: log n. No target: 0."""
    word_of_piece = torch.tensor([[-1, 0, 1, 1, 2, -1]])
    target = torch.zeros((1, 3, 3), dtype=torch.bool)
    target[0, 0, [1, 2]] = True
    attention = torch.zeros((1, 1, 6, 6), dtype=torch.float64)
    attention[0, 0, 1] = torch.tensor([0, 0, 0.4, 0.1, 0.5, 0], dtype=torch.float64)
    assert guidance_loss(attention, word_of_piece, target).item() == pytest.approx(0, abs=1e-12)
    uniform = torch.full((1, 2, 6, 6), 1 / 6, dtype=torch.float64)
    single = torch.zeros_like(target)
    single[0, 1, 0] = True
    assert guidance_loss(uniform, word_of_piece, single).item() == pytest.approx(math.log(6))
    assert guidance_loss(uniform, word_of_piece, torch.zeros_like(target)).item() == 0


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_a_divergence_is_never_negative_and_pads_do_not_count(seed):
    scores, word_of_piece, target = drawn(seed)
    attention = scores.softmax(-1)
    loss = guidance_loss(attention, word_of_piece, target).item()
    assert loss >= -1e-12
    wider = torch.zeros((3, 2, 9, 9), dtype=torch.float64)
    wider[:, :, :7, :7] = attention
    padded_words = torch.nn.functional.pad(word_of_piece, (0, 2), value=-1)
    padded_target = torch.nn.functional.pad(target, (0, 1, 0, 1))
    assert guidance_loss(wider, padded_words, padded_target).item() == pytest.approx(loss, abs=1e-12)


def test_the_gradient_by_finite_differences():
    scores, word_of_piece, target = drawn(0)
    assert torch.autograd.gradcheck(
        lambda s: guidance_loss(s.softmax(-1), word_of_piece, target), (scores.requires_grad_(),)
    )


@pytest.mark.parametrize("padded", [False, True])
def test_the_gradient_through_a_model_by_finite_differences(tiny_folder, padded):
    """d loss / d query weights of the guided layer and of the layer below it, in double precision."""
    model = TransformerTagger.load(str(tiny_folder), device="cpu").model.double().requires_grad_(True).eval()
    _, word_of_piece, target = drawn(1)
    ids = torch.randint(5, 20, (3, 7), generator=torch.Generator().manual_seed(0))
    attended = torch.ones_like(ids)
    if padded:
        attended[1, 6:] = 0
    guide = Guide("any", 1, (1,), 1.0, previous)

    def loss():
        with recording(guide.layer) as recorded:
            model(input_ids=ids, attention_mask=attended)
            return guidance_loss(recorded.attention[:, list(guide.heads)], word_of_piece, target)

    with guided(model, guide):
        for layer in (0, 1):
            weight = model.bert.encoder.layer[layer].attention.self.query.weight
            (gradient,) = torch.autograd.grad(loss(), weight)
            direction = torch.randn(weight.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
            with torch.no_grad():
                step = 1e-5
                weight += step * direction
                up = loss()
                weight -= 2 * step * direction
                down = loss()
                weight += step * direction
            expected = ((up - down) / (2 * step)).item()
            assert abs(expected) > 1e-4
            assert (gradient * direction).sum().item() == pytest.approx(expected, rel=1e-5)
    other_head = loss_of_head(model, ids, attended, word_of_piece, target, head=0)
    with guided(model, guide):
        assert other_head != pytest.approx(loss().item(), rel=1e-3)


def loss_of_head(model, ids, attended, word_of_piece, target, *, head):
    """The same by the model's own eager attention."""
    model.set_attn_implementation("eager")
    with torch.no_grad():
        attention = model(input_ids=ids, attention_mask=attended, output_attentions=True).attentions[1]
    model.set_attn_implementation("sdpa")
    return guidance_loss(attention[:, [head]], word_of_piece, target).item()


def test_the_recorded_attention_is_the_models_own_without_dropout(tiny_folder):
    tagger = TransformerTagger.load(str(tiny_folder), device="cpu")
    ids, attended = torch.randint(5, 20, (2, 6)), torch.tensor([[1] * 6, [1] * 4 + [0] * 2])
    tagger.model.set_attn_implementation("eager")
    expected = tagger.model(input_ids=ids, attention_mask=attended, output_attentions=True).attentions
    tagger.model.set_attn_implementation("sdpa")
    for layer in (0, 1):
        with guided(tagger.model, Guide("any", layer, (0,), 1.0, previous)), recording(layer) as recorded:
            tagger.model(input_ids=ids, attention_mask=attended)
            torch.testing.assert_close(recorded.attention, expected[layer], atol=1e-6, rtol=0)
    tagger.model.config.attention_probs_dropout_prob = 0.5
    for module in tagger.model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.5
    tagger.model.train()
    with guided(tagger.model, Guide("any", 0, (0,), 1.0, previous)), recording(0) as recorded:
        tagger.model(input_ids=ids, attention_mask=attended)
        torch.testing.assert_close(recorded.attention.sum(-1), torch.ones(2, 2, 6))


def with_dropout(monkeypatch):
    """The tiny model with dropout, so that the draws of dropout are seen to be the same."""
    from liap.training import tiny

    build = tiny.BertConfig
    monkeypatch.setattr(
        tiny, "BertConfig", lambda **o: build(**o | {"hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1})
    )


def test_weight_0_is_ordinary_fine_tuning_bit_for_bit(monkeypatch):
    with_dropout(monkeypatch)
    ordinary = fine_tune(TRAIN, DEV[:3], TEST[:3], settings=plan(epochs=2))
    control = fine_tune(TRAIN, DEV[:3], TEST[:3], settings=plan(epochs=2), guide=Guide("x", 1, (0, 3), 0.0, previous))
    moved = fine_tune(TRAIN, DEV[:3], TEST[:3], settings=plan(epochs=2), guide=Guide("x", 1, (0, 3), 0.1, previous))
    weights = [run.model.state_dict() for run in (ordinary, control, moved)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    assert not all(torch.equal(weights[0][name], weights[2][name]) for name in weights[0])
    assert [epoch.loss for epoch in ordinary.epochs] == [epoch.loss for epoch in control.epochs]
    assert control.model.config._attn_implementation == "sdpa"


def test_training_moves_the_chosen_heads_and_still_learns():
    runs = {}
    for name, weight in (("none", 0.0), ("previous", 1.0)):
        trained = fine_tune(TRAIN, DEV, TEST, settings=plan(), guide=Guide(name, 1, (0, 3), weight, previous))
        tagger = TransformerTagger(trained.model, trained.tokenizer, device="cpu")
        words = [sentence.words for sentence in TEST]
        matrices = tagger.attention(words, [np.arange(len(one)) for one in words])
        rows = [np.diagonal(matrix[1], offset=-1, axis1=1, axis2=2) for matrix in matrices]
        runs[name] = np.concatenate(rows, axis=1).mean(axis=1), trained.test[-1].f1
    assert runs["previous"][1] > 0.95
    guided_heads, others = runs["previous"][0][[0, 3]], np.delete(runs["previous"][0], [0, 3])
    assert (guided_heads > 0.8).all() and (others < 0.5).all()
    assert (runs["none"][0] < 0.5).all()


def test_a_checkpoint_of_another_guide_is_not_used(tmp_path, capsys):
    guide = Guide("x", 1, (0,), 0.1, previous)
    first = fine_tune(TRAIN[:40], DEV[:3], TEST[:3], settings=plan(epochs=1), checkpoint=tmp_path, guide=guide)
    again = fine_tune(TRAIN[:40], DEV[:3], TEST[:3], settings=plan(epochs=1), checkpoint=tmp_path, guide=guide)
    assert "epoch 1 is finished" in capsys.readouterr().out
    assert torch.equal(first.model.classifier.weight, again.model.classifier.weight)
    for other in (
        None,
        replace(guide, weight=0.2),
        replace(guide, heads=(1,)),
        replace(guide, target=lambda s: previous(s).T),
    ):
        fine_tune(TRAIN[:40], DEV[:3], TEST[:3], settings=plan(epochs=1), checkpoint=tmp_path, guide=other)
        assert "made with other settings" in capsys.readouterr().out


def test_collated_targets():
    rows = [
        {"word_of_piece": np.array([-1, 0, 0, -1]), "target": np.ones((1, 1), dtype=bool)},
        {"word_of_piece": np.array([-1, 0, 1, 1, 2, -1]), "target": np.eye(3, k=1, dtype=bool)},
    ]
    batch = collate_targets(rows)
    assert batch["word_of_piece"].tolist() == [[-1, 0, 0, -1, -1, -1], [-1, 0, 1, 1, 2, -1]]
    assert batch["target"][0].nonzero().tolist() == [[0, 0]] and batch["target"][1].nonzero().tolist() == [
        [0, 1],
        [1, 2],
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layer": 3}, r"layer must lie in 0\.\.2, got 3"),
        ({"heads": (8,)}, r"head must lie in 0\.\.7, got 8"),
        ({"heads": ()}, "guides no head"),
        ({"weight": -1.0}, "must be 0 or more, got -1"),
        ({"weight": math.nan}, "must be 0 or more, got nan"),
        ({"target": lambda s: np.ones((2, 2), dtype=bool)}, "must be boolean of shape"),
    ],
)
def test_what_cannot_be_guided_is_refused(changes, message):
    guide = replace(Guide("x", 1, (0,), 0.1, previous), **changes)
    with pytest.raises(InputError, match=message):
        fine_tune(TRAIN[:8], DEV[:2], TEST[:2], settings=plan(epochs=1), guide=guide)
