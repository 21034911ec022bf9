"""A clean copy of an AllenNLP archive that AllenNLP 2.10.1 can load safely and without the hub.

In: an archive and its encoder's vocabulary, as the labeller `archive` reads them. Out: a folder for `load_archive`.

AllenNLP unpickles `weights.th`, which may run any code. It also unpacks tar files unchecked, and asks the hub for whatever the
configuration names. Therefore LIAP's own reader, which runs nothing, reads the archive. AllenNLP gets

1. a configuration with the reader and the encoder's sizes, in which a vocabulary folder replaces the encoder's name;
2. only tensors, under the names that transformers 4.20.1 expects, including the pooler and the position ids that it requires
   but labelling does not use;
3. the unchanged files of the label vocabulary.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch

from liap.linguistics.srl.archive_files import Configuration, read_label_files
from liap.linguistics.srl.archive_model import Parts, read_parts

ENCODER = "encoder"  # folder of the vocabulary, in the copy


def write_clean_copy(folder: Path, archive: Path, configuration: Configuration, *, encoder: str) -> None:
    """Write the copy into a folder. InputError if it is not an archive or its parts do not fit each other."""
    parts = read_parts(archive, configuration, encoder=encoder)
    (folder / "config.json").write_text(json.dumps(_configuration(folder, configuration, parts)))
    torch.save(_state(parts), folder / "weights.th")
    for name, content in read_label_files(archive).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    _write_encoder(folder / ENCODER, parts)


def _sizes(parts: Parts) -> dict[str, Any]:
    names = (*parts.sizes, "hidden_act", "layer_norm_eps", "pad_token_id")
    return {name: getattr(parts.config, name) for name in names}


def _configuration(folder: Path, configuration: Configuration, parts: Parts) -> dict[str, Any]:
    model = {"type": "srl_bert", "bert_model": _sizes(parts), "srl_eval_path": None}
    reader = {"type": "srl", "bert_model_name": str(folder / ENCODER)}
    vocabulary = {"padding_token": configuration.padding_label, "oov_token": configuration.unknown_label}
    return {"dataset_reader": reader, "model": model, "vocabulary": vocabulary}


def _state(parts: Parts) -> dict[str, torch.Tensor]:
    width = parts.config.hidden_size
    return {
        **parts.state,
        "bert_model.embeddings.position_ids": torch.arange(parts.config.max_position_embeddings)[None],
        "bert_model.pooler.dense.weight": torch.zeros(width, width),
        "bert_model.pooler.dense.bias": torch.zeros(width),
    }


def _write_encoder(folder: Path, parts: Parts) -> None:
    """The vocabulary, in the format of BERT's tokenizer of 2022."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(_sizes(parts) | {"model_type": "bert"}))
    if parts.vocabulary_file.suffix == ".txt":
        shutil.copyfile(parts.vocabulary_file, folder / "vocab.txt")
        return
    by_index = {index: piece for piece, index in parts.vocabulary.items()}
    lines = [by_index.get(index, f"[gap{index}]") for index in range(max(by_index) + 1)]
    (folder / "vocab.txt").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
