"""Which explanations a run draws, and which methods a picture shows."""

import json
from pathlib import Path

import numpy as np
import pytest

from liap.linguistics.annotation import Item
from liap.records import Frame, Mention, Parse, Sentence
from liap.reports.declared import declared
from liap.settings import EvaluationSettings
from liap.taggers.tagger import Meter
from liap.visualization import choose, draw_examples, methods_of, shown_variant

WORDS = ("Ann", "met", "Bob", ".")
SCORES = {
    "occlusion": [0.0, 0.5, -0.2, 0.0],
    "liap/syntactic": [0.0, 1.0, 0.0, 0.0],
    "liap/frame": [0.0, 1.0, 1.0, 0.0],
    "own/core": [0.0, 1.0, 2.0, 3.0],
}
PARSE = Parse((1, -1, 1, 1), ("nsubj", "root", "obj", "punct"), ("PROPN", "VERB", "PROPN", "PUNCT"))
FRAME = Frame(1, ("B-ARG0", "B-V", "B-ARG1", "O"))


def mention(start: int = 0) -> Mention:
    return Mention(0, 0, start, start + 1, ("B-PER",), "PER", None, "no_gold", 0.9)


class Recogniser:
    """Attention that is the number of the word attended to."""

    labels: tuple[str, ...] = ()
    capabilities = frozenset({"attention"})
    layers_and_heads, meter = (2, 3), Meter()

    def fits(self, words):
        return True

    def check_operator(self, operator):
        pass

    def probabilities(self, requests):
        return []

    def attention(self, sentences, rows):
        return [
            np.tile(np.arange(len(words), dtype=float), (2, 3, len(inside), 1)) / 10
            for words, inside in zip(sentences, rows, strict=True)
        ]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    about = {"sentence": 0, "end": 1, "type": "PER", "probability": 0.9, "words": WORDS}
    lines = [
        about | {"start": 0, "scores": SCORES},
        about | {"start": 2, "end": 3, "scores": {"occlusion": [1.0, 0.0, 0.0, 0.0]}},
    ]
    (tmp_path / "explanations.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    rows = ["0,0,1,occlusion,,0.9", "0,0,1,liap,syntactic,", "0,0,1,liap,frame,0.3", "0,2,3,occlusion,,0.4"]
    (tmp_path / "scores.csv").write_text("\n".join(["sentence,start,end,explainer,variant,lfs", *rows, ""]))
    return tmp_path


def test_every_explainer_is_shown_with_its_declared_looks_and_the_shown_variant_alone() -> None:
    faithfulness = {"occlusion": 0.9, "liap/syntactic": float("nan")}
    shown = methods_of(SCORES, faithfulness, declared(), EvaluationSettings(), "syntactic")
    assert [(one.label, one.pruned) for one in shown] == [
        ("LIAP, syntactic", True), ("occlusion", False), ("own, core", False),
    ]  # fmt: skip
    assert [one.colour for one in shown[:2]] == [declared().explainer(name).colour for name in ("liap", "occlusion")]
    np.testing.assert_array_equal([one.lfs for one in shown], [np.nan, 0.9, np.nan])


def test_the_variant_shown_is_one_that_ran() -> None:
    assert shown_variant(EvaluationSettings(picture_variant="frame")) == "frame"
    assert shown_variant(EvaluationSettings(variants=("core", "both"), picture_variant="frame")) == "core"
    assert shown_variant(EvaluationSettings(explainers=("occlusion",))) == ""


def test_without_a_variant_every_explained_mention_may_be_drawn(results: Path) -> None:
    both = [mention(0), mention(2)]
    assert choose(results, both, "syntactic", seed=0, count=8) == both[:1]
    assert sorted(one.start for one in choose(results, both, "", seed=0, count=8)) == [0, 2]
    assert choose(results, both, "", seed=0, count=0) == []


@pytest.mark.parametrize(("variant", "frames", "maps"), [("syntactic", 0, 3), ("frame", 1, 3), ("", 0, 1)])
def test_roles_belong_to_variants_that_use_frames(
    variant: str, frames: int, maps: int, results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples = []
    monkeypatch.setattr("liap.visualization.draw_picture", lambda example: examples.append(example))
    monkeypatch.setattr("liap.visualization.save", lambda figure, folder, name: [])
    explainers = ("liap", "occlusion") if variant else ("occlusion",)
    item = Item(Sentence(0, 0, WORDS), (mention(),), PARSE, (FRAME,))
    draw_examples(results, [item], Recogniser(), EvaluationSettings(explainers=explainers), variant=variant)
    (example,) = examples
    assert (len(example.frames), len(example.maps)) == (frames, maps)
    np.testing.assert_allclose(example.before, [[0, 0.1, 0.2, 0.3]])
    if variant == "syntactic":
        np.testing.assert_allclose(example.after, [[0, 0.1, 0, 0]])


def test_a_run_without_a_parse_draws_what_it_has(results: Path) -> None:
    item = Item(Sentence(0, 0, WORDS), (mention(0), mention(2)), None, ())
    draw_examples(results, [item], Recogniser(), EvaluationSettings(explainers=("occlusion",)), variant="")
    assert sorted(path.name for path in (results / "visualizations").iterdir()) == ["example_1.png", "example_2.png"]
