"""AllenNLP's predictor, called once per sentence and timed: `srl_speed.py` runs this file with AllenNLP's own Python.

In: a line of JSON with the archive, the encoder's folder, and the words and verbs of each sentence. Out: a line with the seconds by the
clock, the seconds of the processor, and the tags. The verbs are part of the input, because the documented way would load a spaCy model
to find them.
"""

import json
import sys
import time
from types import SimpleNamespace


def main():
    message = json.load(sys.stdin)
    predictor = load(message)
    sentences = message["sentences"]
    label(predictor, *sentences[0])
    began, cpu_began = time.perf_counter(), time.process_time()
    tags = [tags for words, verbs in sentences for tags in label(predictor, words, verbs)]
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu_began
    print(json.dumps({"seconds": seconds, "cpu": cpu, "tags": tags}))


def load(message):
    """The predictor with everything but its spaCy tokenizer."""
    from allennlp.models.archival import load_archive
    from allennlp_models.structured_prediction.predictors import SemanticRoleLabelerPredictor

    overrides = {"dataset_reader.bert_model_name": message["encoder"]}
    archive = load_archive(message["archive"], overrides=overrides)
    archive.model.eval()
    reader = archive.validation_dataset_reader
    reader.lowercase_input = message["lower_case"]
    predictor = SemanticRoleLabelerPredictor.__new__(SemanticRoleLabelerPredictor)
    super(SemanticRoleLabelerPredictor, predictor).__init__(archive.model, reader)
    predictor._language = "none"  # English would make auxiliaries predicates
    return predictor


def label(predictor, words, verbs):
    """What `predict` does after it has found a sentence's words and verbs."""
    tokens = [SimpleNamespace(text=word, pos_="VERB" if i in verbs else "X") for i, word in enumerate(words)]
    result = predictor.predict_instances(predictor.tokens_to_instances(tokens))
    return [verb["tags"] for verb in result["verbs"]]


if __name__ == "__main__":
    main()
