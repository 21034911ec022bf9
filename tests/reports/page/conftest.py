"""A results folder with word scores, trees, frames and drops: made at random, with words that a page must not run."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

HOSTILE = (
    "<script>window.ran=1</script>",
    "</script><img src=x onerror=window.ran=1>",
    "&lt;b&gt;",
    "{{7*7}}",
    "\u202egnirts",
    "'\"`",
    "مرحبا",
)
PLAIN = "the council of Geneva said on Monday that talks with Ann Lee would go on in Paris , near the river".split()
RELATIONS, OUTCOMES = (
    ("nsubj", "obj", "case", "obl", "det", "amod"),
    ("correct", "wrong_type", "wrong_boundary", "spurious"),
)
METHODS = ("liap/syntactic", "liap/frame", "attention", "occlusion")
CONTROLS = ("matched_random", "matched_window", "matched_distance")


def sentence_of(number: int, draw: random.Random) -> dict:
    """Words with a tree and perhaps a frame; every tenth sentence has a hostile word."""
    words = draw.choices(PLAIN, k=draw.randint(6, 34))
    if number % 10 == 0:
        words[0] = HOSTILE[number // 10 % len(HOSTILE)]
    heads = [-1, *(draw.randrange(max(0, word - 6), word) for word in range(1, len(words)))]
    relations = ["root", *draw.choices(RELATIONS, k=len(words) - 1)]
    cut = draw.randint(3, len(words) - 1)
    frames = [{"predicate": 2, "roles": [["ARG0", 0, 2], ["V", 2, 3], ["ARG1", 3, cut + 1]]}] if number % 2 else []
    return {"sentence": number, "words": words, "heads": heads, "relations": relations, "frames": frames}


def mentions_of(sentence: dict, draw: random.Random) -> list[dict]:
    """One or two mentions with drops, and scores that are the drops with noise."""
    count, mentions = len(sentence["words"]), []
    for start in (0, count - 2)[: 1 + sentence["sentence"] % 2]:
        drops = [0.0 if start <= word < start + 2 else round(draw.gauss(0, 0.1) ** 3 * 40, 4) for word in range(count)]
        drops = [max(-1.0, min(1.0, drop)) for drop in drops]
        mentions.append({"start": start, "end": start + 2, "drops": drops})
    return mentions


def scores_of(drops: list[float], start: int, draw: random.Random) -> dict[str, list[float]]:
    scores = {}
    for name in METHODS:
        noisy = [drop + draw.gauss(0, 0.02) for drop in drops]
        kept = [score if name in ("attention", "occlusion") or draw.random() < 0.4 else 0.0 for score in noisy]
        scores[name] = [0.0 if start <= word < start + 2 else round(score, 6) for word, score in enumerate(kept)]
    return scores


def write_run(folder: Path, sentences: int, score_row: Callable, write_scores: Callable) -> Path:
    """Write the run's files; the folder."""
    draw, rows, explained, lines = random.Random(0), [], [], []
    for number in range(sentences):
        sentence = sentence_of(number, draw)
        sentence["mentions"] = mentions_of(sentence, draw)
        lines.append(sentence)
        for mention in sentence["mentions"]:
            span, kind = {"start": mention["start"], "end": mention["end"]}, draw.choice(("PER", "LOC", "ORG", "<b>"))
            about = {
                "sentence": number, **span, "document": number // 4, "predicted_type": kind, "gold_type": draw.choice((kind, "PER", "")),
                "text": " ".join(sentence["words"][mention["start"] : mention["end"]]), "words": len(sentence["words"]),
                "context": len(sentence["words"]) - 2, "outcome": draw.choice(OUTCOMES), "probability": round(draw.uniform(0.4, 1), 4),
                "k": min(3, (len(sentence["words"]) - 2) // 2),
            }  # fmt: skip
            scores = scores_of(mention["drops"], mention["start"], draw)
            if number % 5 == 0:
                del scores["liap/frame"]
            explained.append(
                {
                    "sentence": number,
                    **span,
                    "type": kind,
                    "probability": about["probability"],
                    "words": sentence["words"],
                    "scores": scores,
                }
            )
            names = [
                *METHODS,
                *(f"{control}/{variant}" for control in CONTROLS for variant in ("syntactic", "frame")),
                "random",
            ]
            for name in names:
                explainer, _, variant = name.partition("/")
                lost = variant == "frame" and number % 5 == 0
                lfs = float("nan") if lost else draw.uniform(0.3, 1)
                changes = {"explainer": explainer, "variant": variant, "lfs": lfs, "insensitive": draw.random() < 0.3}
                changes |= {"signed_difference": float("nan"), "reason": "uncovered"} if lost else {}
                changes |= {"explainer_operator": "unk"} if explainer == "occlusion" else {}
                rows.append(score_row(**about, **changes))
    write_scores(folder, rows)
    for name, content in (("explanations", explained), ("sentences", lines)):
        text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in content)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def make_run(score_row: Callable, write_scores: Callable) -> Callable[[Path, int], Path]:
    """Write a run of so many sentences into a folder."""
    return lambda folder, sentences: write_run(folder, sentences, score_row, write_scores)


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, make_run: Callable) -> Path:
    """A run of 60 sentences and 90 mentions; not to be written to."""
    return make_run(tmp_path_factory.mktemp("run"), 60)
