"""The process inside AllenNLP's environment: requests in, AllenNLP's own tags out. Python 3.8, and nothing of LIAP.

It is started as `python -I allennlp_worker.py PID`, PID being the process that it must not outlive, and answers lines
of JSON on standard input, each with the `id` of its question, on what was standard output when it started:

1. `{"protocol", "archive", "lower_case"}` -> `{"protocol", "versions"}`, once the archive's folder is loaded.
2. `{"requests": [[words, predicate], ...]}` -> `{"tags": [[...] or null, ...]}`; null: longer than the encoder's limit.
3. What fails is answered `{"error": ...}`.

`-I` keeps this file's folder off the import path, where another `allennlp` lies.
"""

import ctypes
import itertools
import json
import os
import queue
import signal
import sys
import threading
import traceback
from importlib.metadata import version

PROTOCOL = 1
LIBRARIES = ("allennlp", "allennlp_models", "numpy", "torch", "transformers")
PR_SET_PDEATHSIG = 1


def main():
    parent = int(sys.argv[1])
    die_with(parent)
    answers = take_standard_output()
    lines = queue.Queue()
    threading.Thread(target=read, args=(lines,), daemon=True).start()
    labeller = None
    while True:
        message = json.loads(lines.get())
        try:
            if labeller is None:
                labeller = Labeller(message)
                answer = {"protocol": PROTOCOL, "versions": {name: version(name) for name in LIBRARIES}}
            else:
                answer = {"tags": labeller.tag(message["requests"])}
        except Exception as error:
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"[:500]}
        answers.write(json.dumps(dict(answer, id=message["id"])) + "\n")
        answers.flush()


def die_with(parent):
    """End with the parent, even one that is killed: by the kernel's signal, and (see `read`) by the end of input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the call
        os._exit(1)


def take_standard_output():
    """The stream for answers; whatever else is written to standard output goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdout.reconfigure(line_buffering=True)  # or its last words are lost where it matters
    return answers


def read(lines):
    """Standard input's lines; at its end the process ends, though it be in the middle of a batch."""
    for line in sys.stdin.buffer:
        lines.put(line)
    os._exit(0)


class Labeller:
    """AllenNLP's reader and model, from an archive's folder."""

    def __init__(self, start):
        if start.get("protocol") != PROTOCOL:
            raise ValueError(f"protocol {start.get('protocol')!r} was asked for; this worker speaks {PROTOCOL}")
        import allennlp_models.structured_prediction  # noqa: F401 (registers the reader and the model)
        from allennlp.data.tokenizers import Token
        from allennlp.models.archival import load_archive

        archive = load_archive(start["archive"])
        self.token = Token
        self.model = archive.model.eval()
        self.reader = archive.validation_dataset_reader
        # AllenNLP looks for "uncased" in the encoder's name, which is a folder's path here.
        self.reader.lowercase_input = start["lower_case"]
        self.limit = self.model.bert_model.config.max_position_embeddings

    def tag(self, requests):
        instances = [self.instance(words, predicate) for words, predicate in requests]
        fits = [len(instance["tokens"]) <= self.limit for instance in instances]
        asked = list(itertools.compress(instances, fits))
        outputs = iter(self.model.forward_on_instances(asked) if asked else ())
        return [next(outputs)["tags"] if fit else None for fit in fits]

    def instance(self, words, predicate):
        marks = [int(position == predicate) for position in range(len(words))]
        return self.reader.text_to_instance([self.token(word) for word in words], marks)


if __name__ == "__main__":
    main()
