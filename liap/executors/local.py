"""Who does a run's work: this process, or workers on this machine or a cluster. Both tag sentences, and annotate and score chunks.

`score` saves each chunk, but for those that an earlier, interrupted run has saved. Nothing heavy is imported before it is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from liap.errors import InputError
from liap.pipeline import bar_of_mentions, score_items

ENGINES = ("local", "ray")
SENTENCES_AT_ONCE = 512  # that are tagged between two moves of the progress bar


class Here:
    """This process; parses and frames of all sentences are found first, in large batches."""

    def __init__(self, engine, settings=None, annotator=None, opened=None) -> None:
        self._engine, self._settings, self._annotator = engine, settings, annotator
        self._opened = opened  # what the annotator holds open

    def predict(self, sentences: Sequence):
        from liap.evaluation import predict

        return _in_order(sentences, ((index, predict(self._engine, part)) for index, part in _parts(sentences)))

    def score(self, run, chunks: Sequence[tuple]) -> None:
        sentences = [sentence for part, _ in chunks for sentence in part]
        mentions = [found for _, part in chunks for found in part]
        with self._opened:  # closed before the scoring, which needs none of it
            annotated = self._annotator(sentences, mentions)
        run.seconds.update(annotated.seconds)
        score_items(run, annotated.items, self._engine, self._settings, len(chunks[0][0]), annotated.facts)


class Elsewhere:
    """Workers; each finds the parses and frames of its chunks itself."""

    def __init__(self, crew) -> None:
        self._crew = crew

    def predict(self, sentences: Sequence):
        return _in_order(sentences, self._crew.answers(_parts(sentences)))

    def score(self, run, chunks: Sequence[tuple]) -> None:
        from liap.executors.ray_executor import Chunk

        with bar_of_mentions(found for _, part in chunks for found in part) as bar:
            tasks = []
            for index, (sentences, mentions) in enumerate(chunks):
                if run.has_chunk(index):
                    bar.update(sum(map(len, mentions)))
                else:
                    tasks.append((index, Chunk(sentences, mentions)))
            for index, scored in self._crew.answers(tasks):
                run.seconds.update(scored.seconds)
                run.save_chunk(index, scored.texts, scored.arrays)
                bar.update(sum(map(len, chunks[index][1])))
        run.facts["ray"] = {"workers": self._crew.setup.given.workers, "tasks_redone": self._crew.redone}


@contextmanager
def open_workers(engine, settings, given, identity) -> Iterator[Here | Elsewhere]:
    """Those that `--engine` names; `identity` is the run's, with the digest of the model that workers must have."""
    from liap.linguistics.annotation import open_annotator

    if given.engine not in ENGINES:
        raise InputError(f"--engine must be one of {', '.join(ENGINES)}, got {given.engine!r}")
    # Opened for workers as well: what is wrong with the parser or the labeller is said before the work begins.
    with ExitStack() as opened:
        annotator = opened.enter_context(open_annotator(given, progress=True))
        if given.engine == "local":
            yield Here(engine, settings, annotator, opened)
        else:
            from liap.executors.ray_executor import open_crew

            opened.close()
            with open_crew(given, settings, identity["model_digest"]) as crew:
                yield Elsewhere(crew)


def _parts(sentences: Sequence) -> Iterator[tuple[int, Sequence]]:
    for index, begin in enumerate(range(0, len(sentences), SENTENCES_AT_ONCE)):
        yield index, sentences[begin : begin + SENTENCES_AT_ONCE]


def _in_order(sentences: Sequence, answers: Iterator[tuple]):
    """One answer for all sentences, from those for parts of them in whatever order."""
    from tqdm import tqdm

    from liap.evaluation import Predictions

    parts = {}
    with tqdm(total=len(sentences), desc="tagging", unit="sentence") as bar:
        for index, part in answers:
            parts[index] = part
            bar.update(len(part.tags))
    found = Predictions()
    for index in sorted(parts):
        found.tags += parts[index].tags
        found.mentions += parts[index].mentions
    return found
