"""lime, shap and transformers-interpret, each as its documentation shows it.

lime and shap receive a function from texts to label probabilities of the chosen token (`one_token.probabilities`).
`LimeTextExplainer` keeps its defaults: words are split at `\\W+`, and equal words are one feature. `shap.Explainer` gets the function and the
model's tokenizer, which makes it the partition explainer with a text masker. transformers-interpret has a class for token classification;
`ignored_indexes` restricts it to the one token.
"""

from answers import Answer, of_pieces, solid
from one_token import probabilities


def lime(token, tokenizer, case, settings):
    from lime.lime_text import LimeTextExplainer

    names = [str(token.config.id2label[number]) for number in range(len(token.config.id2label))]
    explanation = LimeTextExplainer(class_names=names, random_state=settings["seed"]).explain_instance(
        case.text,
        lambda texts: probabilities(token, tokenizer, texts),
        labels=(case.label,),
        num_features=len(case.text),
        num_samples=settings["samples"],
    )
    indexed = explanation.domain_mapper.indexed_string
    spans, scores = [], []
    for feature, weight in explanation.local_exp[case.label]:
        length, starts = len(indexed.word(feature)), indexed.string_position(feature)
        spans.append(tuple(solid(case.text, int(start), int(start) + length) for start in starts))
        scores.append(weight)
    return Answer(tuple(spans), tuple(scores))


def shap(token, tokenizer, case, settings):
    import shap as package

    explainer = package.Explainer(
        lambda texts: probabilities(token, tokenizer, texts), tokenizer, silent=True, seed=settings["seed"]
    )
    explanation = explainer([case.text], max_evals=settings["evaluations"])
    spans, begin = [], 0
    for segment in explanation.data[0]:
        span = solid(case.text, begin, begin + len(segment))
        spans.append((span,) if span[0] < span[1] else ())
        begin += len(segment)
    return Answer(tuple(spans), tuple(explanation.values[0][:, case.label].tolist()))


def interpret(token, tokenizer, case, settings):
    from transformers_interpret import TokenClassificationExplainer

    explainer = TokenClassificationExplainer(token.model, tokenizer)
    cleaned = explainer._clean_text(case.text)
    encoded = tokenizer(cleaned, return_offsets_mapping=True, return_special_tokens_mask=True)
    special = [bool(mark) for mark in encoded["special_tokens_mask"]]
    wanted = solid(case.text, *case.offsets[case.place])[0]
    begins = [solid(cleaned, *span)[0] for span in encoded["offset_mapping"]]
    place = next(number for number, begin in enumerate(begins) if begin == wanted and not special[number])
    ignored = [number for number in range(len(begins)) if number != place]
    explainer(case.text, n_steps=settings["steps"], ignored_indexes=ignored)
    attribution = explainer.attributions[place]
    scores = attribution.attributions_sum.tolist()
    notes = {"ids": explainer.input_ids[0].tolist()}
    return of_pieces(case, scores, notes, text=cleaned, offsets=encoded["offset_mapping"], special=special)


def interpret_every_token(token, tokenizer, case, settings):
    """Without `ignored_indexes`: every token is explained, and the answer is a dictionary by the token's string.

    The note says which token's scores stand under the mention's string.
    """
    from transformers_interpret import TokenClassificationExplainer

    explainer = TokenClassificationExplainer(token.model, tokenizer)
    answer = explainer(case.text, n_steps=settings["steps"])
    names = explainer.decode(explainer.input_ids)
    kept = answer[names[case.place]]["attribution_scores"]
    same = [place for place, one in explainer.attributions.items() if one.word_attributions == kept]
    return Answer((), (), {"tokens": len(names), "entries": len(answer), "found_by_string": same[-1]})
