"""captum (Kokhlikyan et al. 2020): attribution on the embeddings, as its tutorial on BERT does it, and with LIAP's definitions.

The tutorial's way: `LayerIntegratedGradients` on the layer `embeddings`, a baseline of pads between the special tokens, the sum over
dimensions divided by its norm. `same_*` are the functions of captum with LIAP's baseline and target: the context's pieces are replaced by
the mask token, nothing is normalised. There the values must agree.
"""

import torch
from answers import of_pieces


def integrated_gradients(token, tokenizer, case, settings):
    from captum.attr import LayerIntegratedGradients

    pads = [piece if mark else tokenizer.pad_token_id for piece, mark in zip(case.ids, case.special, strict=True)]
    layer = getattr(token.model.base_model, "embeddings", None) or token.get_input_embeddings()
    scores, _ = LayerIntegratedGradients(_probability(token), layer).attribute(
        inputs=torch.tensor([case.ids]),
        baselines=torch.tensor([pads]),
        additional_forward_args=(torch.ones(1, len(case.ids), dtype=torch.long),),
        target=case.label,
        n_steps=settings["steps"],
        return_convergence_delta=True,
    )
    summed = scores.sum(dim=-1).squeeze(0)
    return of_pieces(case, (summed / torch.norm(summed)).tolist())


def leave_one_out(token, tokenizer, case, settings):
    """`FeatureAblation`: each piece replaced by the mask token, many at a time."""
    return _ablated(token, tokenizer, case, torch.arange(len(case.ids)))


def same_leave_one_out(token, tokenizer, case, settings):
    """The same, all pieces of a word at once."""
    return _ablated(token, tokenizer, case, torch.tensor(_words_of_pieces(case)))


def _ablated(token, tokenizer, case, features):
    from captum.attr import FeatureAblation

    drops = FeatureAblation(_probability(token)).attribute(
        torch.tensor([case.ids]),
        baselines=tokenizer.mask_token_id,
        target=case.label,
        feature_mask=features[None],
        perturbations_per_eval=32,
    )[0]
    counted = torch.bincount(features)[features]  # a feature's drop stands at each of its pieces
    return of_pieces(case, (drops / counted).tolist())


def same_integrated_gradients(token, tokenizer, case, settings):
    from captum.attr import LayerIntegratedGradients

    masked = [
        tokenizer.mask_token_id if inside else piece for piece, inside in zip(case.ids, _context(case), strict=True)
    ]
    scores = LayerIntegratedGradients(_probability(token), token.get_input_embeddings()).attribute(
        inputs=torch.tensor([case.ids]),
        baselines=torch.tensor([masked]),
        target=case.label,
        n_steps=settings["steps"],
    )
    return of_pieces(case, scores.sum(dim=-1)[0].tolist())


def same_gradient_x_input(token, tokenizer, case, settings):
    from captum.attr import InputXGradient

    embeddings = token.get_input_embeddings()(torch.tensor([case.ids])).detach().requires_grad_()
    scores = InputXGradient(lambda inputs: token(inputs_embeds=inputs).logits.softmax(-1)).attribute(
        embeddings, target=case.label
    )
    return of_pieces(case, scores.sum(dim=-1)[0].tolist())


def _probability(token):
    return lambda ids, mask=None: token(input_ids=ids, attention_mask=mask).logits.softmax(-1)


def _words_of_pieces(case):
    """The word of each piece, from 0; special tokens stand behind the last word, each for itself."""
    starts = [sum(len(word) + 1 for word in case.words[:number]) for number in range(len(case.words) + 1)]
    numbers, further = [], len(case.words)
    for (begin, _), mark in zip(case.offsets, case.special, strict=True):
        numbers.append(further if mark else max(n for n in range(len(case.words)) if starts[n] <= begin))
        further += mark
    return numbers


def _context(case):
    return [not mark and word != case.word for word, mark in zip(_words_of_pieces(case), case.special, strict=True)]
