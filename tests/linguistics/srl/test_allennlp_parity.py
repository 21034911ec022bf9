"""AllenNLP itself against the labeller `archive`: every tag, in fp32. LIAP_SRL_ENV=1 builds AllenNLP's environment.

LIAP_SRL_ENV=1 pytest tests/linguistics/srl/test_allennlp_parity.py -s
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import torch
from transformers import BertConfig, BertModel

from liap.corpora.column_files import read_columns
from liap.linguistics import dependency
from liap.linguistics.srl import allennlp
from liap.linguistics.srl.archive_files import read_configuration
from liap.linguistics.srl.archive_model import load
from liap.linguistics.srl.environment import VARIABLE, find_environment
from liap.linguistics.srl.frames import Request, Settings, predicates

PROJECT = Path(__file__).parents[3]
ROLES = ("V", "ARG0", "ARG1", "ARG2", "ARGM-TMP", "ARGM-LOC", *(f"X{number}" for number in range(40)))
FULL = ("O", *(f"{begin}-{role}" for role in ROLES for begin in "BI"))
SHUFFLED = tuple(random.Random(0).sample(FULL, len(FULL)))
SIZES = {
    "hidden_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "vocab_size": 30522,
    "max_position_embeddings": 160,
}
# name -> labels, spread of the weights, and how an archive of its year differs from others
ODD = {
    "few": (FULL[:9], 0.5, {}),
    "shuffled": (SHUFFLED, 1.5, {}),
    "padded": (("@@UNKNOWN@@", *SHUFFLED[:31]), 0.5, {"padded"}),
    "padded-all": (("@@UNKNOWN@@", *FULL), 0.2, {"padded", "folder"}),
    "inside-first": (("I-A", "I-B", "I-C", "O"), 0.5, {"positions"}),
    "orphans": (("B-A", "I-B", "O", "I-A", "B-C"), 0.5, {"named", "positions"}),
    "flat": (FULL[:60], 0.01, {"folder", "no-pooler"}),
    "cased": (FULL[:70], 0.5, {"cased"}),
}
HARD = ("naïve ÉTÉ don't 3.5% İstanbul ex-rebel ...", "##ing [SEP] [UNK] ran", "日本語 \u200d said\u2028it Ǆ", "ＡＢＣ ﬁne " + "x" * 101)  # fmt: skip


@pytest.fixture(scope="module")
def environment():
    if os.environ.get("LIAP_SRL_ENV") != "1":
        pytest.skip("AllenNLP's environment (2.5 GB) is built and compared with only where LIAP_SRL_ENV=1")
    if not os.environ.get(VARIABLE):
        subprocess.run([sys.executable, str(PROJECT / "tools" / "srl_env.py")], check=True)
        return find_environment(str(PROJECT / ".venv-srl"))
    return find_environment()


@pytest.fixture(scope="module")
def sentences(shared):
    return read_columns(shared / "data" / "conll2003", "test")[:1000]


def compare(environment, archive: Path, requests: list[Request]) -> tuple[int, int, int]:
    """Frames, tags, and tags that differ."""
    settings, configuration = Settings(archive=str(archive)), read_configuration(archive)
    ours = load(archive, configuration, encoder="", precision="fp32").tag(requests)
    start = lambda: allennlp._start(environment, archive, configuration, settings)  # noqa: E731
    with allennlp.Labeller(start, settings) as labeller:
        theirs = labeller.tag(requests)
    assert [tags is None for tags in ours] == [tags is None for tags in theirs]
    pairs = [(a, b) for one, other in zip(ours, theirs, strict=True) if one for a, b in zip(one, other, strict=True)]
    counts = len(requests), len(pairs), sum(a != b for a, b in pairs)
    print(f"\n{archive.name}: {counts[0]} frames, {counts[1]} tags, {counts[2]} differ, {len(set(pairs))} kinds")
    return counts


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_every_tag_is_the_same_on_conll(environment, sentences, shared):
    parses = dependency.parse(sentences, str(shared / "models" / "en_ud_ewt_sm"))
    asked = [(sentence.words, predicates(parse)) for sentence, parse in zip(sentences, parses, strict=True)]
    with_verbs = [(words, verbs) for words, verbs in asked if verbs][:300]
    requests = [Request(words, verb) for words, verbs in with_verbs for verb in verbs]
    frames, tags, different = compare(environment, shared / "models" / "srl-minilm.tar.gz", requests)
    assert len(with_verbs) == 300 and frames > 400 and tags > 5000 and different == 0


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", ODD)
def test_every_tag_is_the_same_with_odd_label_vocabularies(environment, sentences, shared, tmp_path, name):
    archive = write_odd(tmp_path / name, shared / "models" / "minilm-l6-uncased", *ODD[name])
    texts = [s.words for s in sentences[:60]] + [tuple(text.split(" ")) for text in HARD]
    chosen = random.Random(1)
    requests = [Request(words, chosen.randrange(len(words))) for words in texts]
    requests.append(Request(("go",) * 200, 0))  # longer than the limit
    _, tags, different = compare(environment, archive, requests)
    assert tags > 500 and different == 0


def write_odd(folder: Path, encoder: Path, labels: tuple[str, ...], spread: float, year: set[str]) -> Path:
    """An archive with random weights, as a release of AllenNLP would have written it."""
    torch.manual_seed(len(labels))
    name = "encoder-cased" if "cased" in year else "encoder-uncased"
    shutil.copytree(encoder, folder.parent / name, ignore=shutil.ignore_patterns("*.safetensors"))
    (folder.parent / name / "config.json").write_text(json.dumps(SIZES | {"model_type": "bert"}))
    bert = BertModel(BertConfig(**SIZES, initializer_range=spread)).state_dict()
    state = {f"bert_model.{key}": value for key, value in bert.items() if "position_ids" not in key}
    if "positions" in year:
        state["bert_model.embeddings.position_ids"] = torch.arange(160)[None]
    if "no-pooler" in year:
        state = {key: value for key, value in state.items() if "pooler" not in key}
    outputs = len(labels) + ("padded" in year)
    state["tag_projection_layer.weight"] = torch.randn(outputs, 48) * spread
    state["tag_projection_layer.bias"] = torch.randn(outputs)
    (folder / "vocabulary").mkdir(parents=True)
    torch.save(state, folder / "weights.th")
    (folder / "vocabulary" / "labels.txt").write_text("".join(f"{label}\n" for label in labels))
    exempt = "*tags\n" if "padded" in year else "*labels\n*tags\n"
    (folder / "vocabulary" / "non_padded_namespaces.txt").write_text(exempt)
    model = {"type": "srl_bert", "embedding_dropout": 0.1, "bert_model": name if "named" in year else SIZES}
    config = {"dataset_reader": {"type": "srl", "bert_model_name": name}, "model": model}
    (folder / "config.json").write_text(json.dumps(config))
    if "folder" in year:
        return folder
    with tarfile.open(folder.with_suffix(".tar.gz"), "w:gz") as tar:
        for part in ("config.json", "weights.th", "vocabulary"):
            tar.add(folder / part, part)
    return folder.with_suffix(".tar.gz")
