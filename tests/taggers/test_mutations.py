"""Mutated tokenizers and configurations: a tagger that works, or one line."""

import json
import shutil

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liap.taggers import tokenizer_trial
from liap.taggers.tagger import Request
from liap.taggers.transformer import TransformerTagger

WORDS = ("John", "qqq", "[SEP]", "\u200b", "Paris", ".")
KINDS = ("bert", "roberta", "xlm_roberta")


def use(folder):
    """Load the recogniser, and score a sentence under each operator that its tokenizer has."""
    tagger = TransformerTagger.load(str(folder))
    masks = np.ones((2, len(WORDS)), dtype=bool)
    masks[1, 1] = False
    operators = ["delete"]
    operators += [name for name, token in (("mask", tagger.mask_id), ("unk", tagger.unk_id)) if token is not None]
    return tagger.probabilities([Request(WORDS, masks, operator, np.array([0, 4])) for operator in operators])


@pytest.fixture(scope="module", autouse=True)
def short():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokenizer_trial, "SECONDS", 2)
        yield


@pytest.mark.parametrize(
    ("file", "examples"), [("tokenizer.json", 150), ("config.json", 100), ("tokenizer_config.json", 50)]
)
def test_a_mutated_folder_works_or_is_refused_in_one_line(
    file, examples, mutated, ends_soundly, model_folders, tmp_path_factory
):
    outcomes = []

    @settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def check(data):
        folder = shutil.copytree(
            model_folders[data.draw(st.sampled_from(KINDS))], tmp_path_factory.mktemp("m") / "model"
        )
        sound = (folder / file).read_bytes()
        if data.draw(st.integers(0, 4)):
            (folder / file).write_text(json.dumps(data.draw(mutated(json.loads(sound)))), errors="replace")
        else:
            (folder / file).write_bytes(data.draw(mutated(sound)))
        outcomes.append(ends_soundly(use, folder) is not None)
        shutil.rmtree(folder.parent)

    check()
    assert True in outcomes and False in outcomes
