"""An encoder's own input vectors, by word: the mean over the word's pieces. No pass through its layers is made."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from transformers import AutoModel

from liap.errors import InputError, first_line
from liap.taggers.alignment import special_id
from liap.taggers.checkpoints import local_folder, quiet, read_config, read_tokenizer


def encoder_vectors(folder_or_name: str, words: Sequence[str]) -> dict[str, Float[np.ndarray, " width"]]:
    """The mean input vector of each word's pieces; words without a known piece are left out. InputError for no encoder."""
    if not folder_or_name:
        raise InputError("--embeddings encoder: names no folder; expected encoder:FOLDER, or encoder:NAME on the hub")
    folder = local_folder(folder_or_name)
    config = read_config(folder)
    tokenizer = read_tokenizer(folder)
    try:
        with quiet():
            model = AutoModel.from_pretrained(folder, config=config, use_safetensors=True)
        table = model.get_input_embeddings().weight.detach().float().numpy()
    except Exception as error:  # damaged weights fail in many ways inside transformers
        raise InputError(f"--embeddings encoder:{folder}: no input vectors can be read ({first_line(error)})") from None
    unknown = special_id(tokenizer, tokenizer.unk_token)
    pieces = tokenizer(list(words), add_special_tokens=False)["input_ids"]
    known = [[piece for piece in of_word if piece != unknown and piece < len(table)] for of_word in pieces]
    return {word: table[of_word].mean(axis=0) for word, of_word in zip(words, known, strict=True) if of_word}
