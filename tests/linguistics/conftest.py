"""A hand-made archive: a small BERT with random weights, in a folder or a tar file."""

import io
import json
import tarfile
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from transformers import BertConfig, BertModel

from liap.linguistics.srl.archive_files import read_configuration
from liap.linguistics.srl.archive_model import RoleLabeller, load

PIECES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "he", "##llo", "go", "##es", "home", "É", "é", ",")
SIZES = {
    "vocab_size": len(PIECES),
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 24,
}
LABELS = ("O", "B-V", "I-V", "B-ARG0", "I-ARG0", "B-ARG1", "I-ARG1")


def state_of(labels: int = len(LABELS), **sizes: int) -> dict[str, torch.Tensor]:
    torch.manual_seed(3)
    bert = BertModel(BertConfig(**(SIZES | sizes), initializer_range=0.6))
    state = {f"bert_model.{name}": value for name, value in bert.state_dict().items()}
    width = bert.config.hidden_size
    return state | {
        "tag_projection_layer.weight": torch.randn(labels, width),
        "tag_projection_layer.bias": torch.randn(labels),
    }


def configuration(**model) -> dict:
    model = {"type": "srl_bert", "bert_model": SIZES, "embedding_dropout": 0.1} | model
    return {"dataset_reader": {"type": "srl", "bert_model_name": "toy-uncased"}, "model": model}


def write_folder(
    folder: Path,
    *,
    config: dict | None = None,
    state: dict | None = None,
    labels=LABELS,
    non_padded: str = "*labels\n*tags\n",
) -> Path:
    """An archive's folder, with its encoder's vocabulary beside it."""
    (folder / "vocabulary").mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config or configuration()))
    torch.save(state_of() if state is None else state, folder / "weights.th")
    (folder / "vocabulary" / "labels.txt").write_text("".join(f"{name}\n" for name in labels))
    (folder / "vocabulary" / "non_padded_namespaces.txt").write_text(non_padded)
    beside = folder.parent / "toy-uncased"
    beside.mkdir(exist_ok=True)
    (beside / "vocab.txt").write_text("\n".join(PIECES) + "\n")
    return folder


def pack(folder: Path, extra: tarfile.TarInfo | None = None, mode: str = "w:gz") -> Path:
    path = folder.with_suffix(".tar.gz")
    with tarfile.open(path, mode) as tar:
        if extra is not None:
            tar.addfile(extra, io.BytesIO(bytes(extra.size)))
        for name in ("config.json", "weights.th", "vocabulary"):
            tar.add(folder / name, name)
    return path


def opened(path: Path, precision: str = "fp32", encoder: str = "") -> RoleLabeller:
    return load(path, read_configuration(path), encoder=encoder, precision=precision)


@pytest.fixture(scope="session")
def toy() -> SimpleNamespace:
    """Functions that make, change and open such archives."""
    return SimpleNamespace(
        sizes=SIZES,
        labels=LABELS,
        state_of=state_of,
        configuration=configuration,
        write_folder=write_folder,
        pack=pack,
        opened=opened,
    )


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    """A read-only archive, with its encoder's vocabulary beside it."""
    return write_folder(tmp_path_factory.mktemp("archives") / "model")
