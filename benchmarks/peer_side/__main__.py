"""The process in the peers' environment (`make peers-env`): cases -> what the peer packages say of them. No imports from LIAP.

It is started as `python benchmarks/peer_side PID`, where PID is the process that it must not outlive. It reads lines of JSON from
standard input and answers each on the original standard output, with the question's `id`:

1. `{"protocol", "model", "threads"}` -> `{"protocol", "versions", "threads", "routes"}`, after loading the model.
2. `{"do": "explain", "peer", "explainer", "case", "settings", "watch"}` -> `{"seconds", "cpu", "units", "scores", "notes", "rows"}`: seconds
   by the clock and of the processor, and what `answers.Answer` says. With `watch`, `rows` has every row of piece ids that reached the model.
3. `{"do": "benchmark", "case", "settings", "watch"}` -> the same of ferret's explainers and metrics, `explain` and `evaluate` apart.
4. A failure -> `{"error": ...}`.
"""

import json
import queue
import runpy
import sys
import threading
import time
import traceback
from pathlib import Path

PROTOCOL = 1
OTHER_WORKER = Path(__file__).resolve().parents[2] / "liap" / "linguistics" / "srl" / "allennlp_worker.py"


def main():
    pipes = runpy.run_path(str(OTHER_WORKER))  # how such a process ends and speaks; that file needs nothing but Python
    pipes["die_with"](int(sys.argv[1]))
    answers = pipes["take_standard_output"]()
    lines = queue.Queue()
    threading.Thread(target=pipes["read"], args=(lines,), daemon=True).start()
    session = None
    while True:
        message = json.loads(lines.get())
        try:
            if session is None:
                session = Session(message)
                answer = session.about()
            else:
                answer = session.answer(message)
        except Exception as error:
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"[:500]}
        answers.write(json.dumps(dict(answer, id=message["id"])) + "\n")
        answers.flush()


def read_tokenizer(folder):
    """The folder's fast tokenizer, also where it was saved under a class that only later versions of transformers have."""
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, use_fast=True)
    except ValueError:
        return PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True)


class Session:
    """The model, loaded once, and the peers that are installed beside it."""

    def __init__(self, start):
        if start.get("protocol") != PROTOCOL:
            raise ValueError(f"protocol {start.get('protocol')!r} was requested; this worker has {PROTOCOL}")
        import torch
        from routes import ROUTES, installed
        from transformers import AutoModelForTokenClassification

        torch.set_num_threads(start["threads"])
        self.routes, self.versions = ROUTES, installed()
        self.model = AutoModelForTokenClassification.from_pretrained(start["model"], local_files_only=True).eval()
        self.tokenizer = read_tokenizer(start["model"])

    def about(self):
        import torch

        routes = [name for name in self.routes if name[0] in self.versions]
        return {
            "protocol": PROTOCOL,
            "versions": self.versions,
            "threads": torch.get_num_threads(),
            "routes": routes,
            "python": sys.version.split()[0],
        }

    def answer(self, message):
        from one_token import Case, OneToken

        case = Case.of(message["case"], self.tokenizer)
        token = OneToken(self.model, case.place, watch=message.get("watch", False))
        if message["do"] == "benchmark":
            from ferret_peer import benchmark

            return benchmark(token, self.tokenizer, case, message["settings"])
        route = self.routes[message["peer"], message["explainer"]]
        began, worked = time.perf_counter(), time.process_time()
        explained = route(token, self.tokenizer, case, message["settings"])
        spent = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - worked}
        return {**spent, **explained.described(), "rows": token.rows, "pieces": case.ids, "place": case.place}


if __name__ == "__main__":
    main()
