"""The process in AllenNLP's environment: requests -> AllenNLP's own tags. Python 3.8, without imports from LIAP.

It is started as `python -I allennlp_worker.py PID`, where PID is the process that it must not outlive. It reads lines of JSON
from standard input and answers each on the original standard output, with the question's `id`:

1. `{"protocol", "archive", "lower_case"}` -> `{"protocol", "versions"}`, after loading the archive's folder.
2. `{"requests": [[words, predicate], ...]}` -> `{"tags": [[...] or null, ...]}`; null: longer than the encoder's limit.
3. A failure -> `{"error": ...}`.

`-I` removes this file's folder, which contains another `allennlp`, from the import path.
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
    """End with the parent, even if it is killed: by the kernel's signal, and by the end of input (see `read`)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # the parent died before the call
        os._exit(1)


def take_standard_output():
    """The stream for answers. Everything else on standard output is redirected to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdout.reconfigure(line_buffering=True)  # otherwise its last words would be lost in a crash
    return answers


def read(lines):
    """Queue the lines of standard input. At its end the process exits, even in the middle of a batch."""
    for line in sys.stdin.buffer:
        lines.put(line)
    os._exit(0)


class Labeller:
    """AllenNLP's reader and model, loaded from an archive's folder."""

    def __init__(self, start):
        if start.get("protocol") != PROTOCOL:
            raise ValueError(f"protocol {start.get('protocol')!r} was requested; this worker has {PROTOCOL}")
        import allennlp_models.structured_prediction  # noqa: F401 (registers the reader and the model)
        from allennlp.data.tokenizers import Token
        from allennlp.models.archival import load_archive

        archive = load_archive(start["archive"])
        self.token = Token
        self.model = archive.model.eval()
        self.reader = archive.validation_dataset_reader
        # AllenNLP looks for "uncased" in the encoder's name, but here that is the path of a folder.
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
