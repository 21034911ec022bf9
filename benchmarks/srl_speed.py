"""Frames a second of AllenNLP as documented, of AllenNLP's worker in batches, and of the labeller `archive`, in one run.

    python benchmarks/srl_speed.py --corpus data/conll2003 --srl-archive model.tar.gz --parser en_core_web_sm

Every way is asked about the same predicates (the parser's verbs) of the same sentences, and only labelling is timed:
models are loaded and have labelled one sentence before the clock starts. "As documented" is one call of AllenNLP's
predictor a sentence; its own spaCy parse is left out, which is to its advantage. Each way's best round counts. On a
machine that does other work the processor's time says more than the clock's: run it with OMP_NUM_THREADS=1 then.
"""

import json
import os
import subprocess
import time
from pathlib import Path

from liap import cli

CORPUS = "data/conll2003"  # a folder of column files, whose words alone are used
SPLIT = "test"  # which part of the corpus: train, validation, test
SENTENCES = 500  # sentences to label, the first of the split
PARSER = "en_core_web_sm"  # spaCy pipeline, name or folder, that finds the verbs
SRL_ARCHIVE = ""  # an AllenNLP SRL archive; none: the published one, downloaded once
ENCODER = ""  # folder of the encoder's vocabulary; none: beside the archive
ENVIRONMENT = ""  # folder of AllenNLP's environment; none: LIAP_SRL_VENV, else .venv-srl
ROUNDS = 2  # times that each way is timed, in turns
CACHE = ".cache"  # folder where parses and downloads are kept


def main() -> None:
    given = cli.settings(__file__)
    cli.quiet_libraries()
    import torch

    from liap.linguistics.srl.frames import Request, Settings

    settings = Settings(archive=given.srl_archive, encoder=given.encoder, environment=given.environment)
    sentences = questions(given)
    requests = [Request(words, verb) for words, verbs in sentences for verb in verbs]
    print(
        f"{given.sentences} sentences, {len(requests)} frames, {torch.get_num_threads()} threads, load {load_average()}"
    )
    best, answers = measure(sentences, requests, settings, given)
    show(best, answers, len(requests))
    print(f"load after: {load_average()}")


def questions(given):
    """(words, verbs) of each sentence with a verb."""
    from liap.corpora.columns import read_columns
    from liap.linguistics import dependency
    from liap.linguistics.srl.frames import predicates

    sentences = read_columns(Path(given.corpus), given.split)[: given.sentences]
    parses = dependency.parse(sentences, given.parser, cache=Path(given.cache) if given.cache else None)
    pairs = [(sentence.words, predicates(parse)) for sentence, parse in zip(sentences, parses, strict=True)]
    return [(words, verbs) for words, verbs in pairs if verbs]


def measure(sentences, requests, settings, given):
    """Way -> seconds by the clock and of the processor, each the best round's; and way -> tags."""
    from liap.linguistics.srl import allennlp
    from liap.linguistics.srl.archive_files import read_configuration
    from liap.linguistics.srl.archive_model import load
    from liap.linguistics.srl.download import find_archive
    from liap.linguistics.srl.environment import find_environment

    environment = find_environment(given.environment)
    archive = find_archive(given.srl_archive, cache=Path(given.cache) if given.cache else None, progress=True)
    configuration = read_configuration(archive)
    models = {
        precision: load(archive, configuration, encoder=given.encoder, precision=precision)
        for precision in ("fp32", "bf16")
    }
    start = lambda: allennlp._start(environment, archive, configuration, settings)  # noqa: E731
    with allennlp.Labeller(start, settings) as worker:
        ways = {
            "AllenNLP as documented": lambda: documented(environment, archive, configuration, sentences, given.encoder),
            "`allennlp`, in batches": lambda: timed(
                worker.tag, requests, lambda: cpu_seconds(worker._worker.process_id)
            ),
            "`archive`, fp32": lambda: timed(models["fp32"].tag, requests, time.process_time),
            "`archive`, bf16": lambda: timed(models["bf16"].tag, requests, time.process_time),
        }
        best, answers = {name: (float("inf"), float("inf")) for name in ways}, {}
        for _ in range(given.rounds):
            for name, run in ways.items():
                seconds, cpu, answers[name] = run()
                best[name] = min(best[name][0], seconds), min(best[name][1], cpu)
    return best, answers


def timed(tag, requests, cpu):
    """Seconds, seconds of the processor, and tags; the first request goes before the clock starts."""
    tag(requests[:1])
    began, cpu_began = time.perf_counter(), cpu()
    tags = tag(requests)
    return time.perf_counter() - began, cpu() - cpu_began, tags


def cpu_seconds(process: int) -> float:
    """The processor's time that another process, with all its threads, has taken so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def documented(environment, archive, configuration, sentences, encoder):
    """The same from AllenNLP's own predictor, a sentence at a time, in its own environment."""
    from liap.linguistics.srl.wordpiece import VOCABULARY_FILES, find_encoder_file

    vocabulary = find_encoder_file(VOCABULARY_FILES, configuration.encoder, archive=archive, folder=encoder)
    folder = str(vocabulary.parent.resolve()) if vocabulary else configuration.encoder
    asked = {"archive": str(archive), "encoder": folder, "lower_case": configuration.lower_case}
    asked["sentences"] = sentences
    variables = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    answer = subprocess.run(
        [str(environment.python), "-I", "-W", "ignore", str(Path(__file__).with_name("srl_documented.py"))],
        input=json.dumps(asked),
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        env=variables,
    )
    found = json.loads(answer.stdout.splitlines()[-1])
    return found["seconds"], found["cpu"], [tuple(tags) for tags in found["tags"]]


def show(best, answers, frames: int) -> None:
    """The table; differences are against AllenNLP as documented."""
    first = next(iter(best))
    print("| way | frames a second | ratio | CPU ms a frame | ratio | tags that differ |")
    print("|---|--:|--:|--:|--:|--:|")
    for name, (seconds, cpu) in best.items():
        different, tags = differences(answers[first], answers[name])
        share = f"{different} of {tags} ({different / tags:.2%})"
        ratios = best[first][0] / seconds, best[first][1] / cpu
        cells = f"{frames / seconds:.1f} | {ratios[0]:.1f} | {1000 * cpu / frames:.1f} | {ratios[1]:.1f}"
        print(f"| {name} | {cells} | {share} |")


def differences(one, other) -> tuple[int, int]:
    pairs = [(a, b) for tags, more in zip(one, other, strict=True) for a, b in zip(tags, more, strict=True)]
    return sum(a != b for a, b in pairs), len(pairs)


def load_average() -> str:
    return f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


if __name__ == "__main__":
    cli.run(main)
