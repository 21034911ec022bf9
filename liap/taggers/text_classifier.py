"""A text classifier as a tagger: its class is the label of a pseudo-word in front of the text, `[CLS]`.

So a text is a sentence with one mention, the word 0, whose type is the class; the text's own words are its context. Everything that explains and scores
mentions works on it: masks, explainers, the linguistic faithfulness score, and all metrics.

1. The pseudo-word stands for the special token that the tokenizer puts in front of every text (or else at its end), and has its piece.
2. The encoder is any transformer, or an LSTM over words (`lstm_encoder`); `pooling` makes the class of its states. Logits stand at every piece and are the same at all.
3. At word 0 the labels are O, with probability 0, and the classes; at every other word O is certain. So `predict` finds one mention in a text.
4. The capability `pooling` gives the weights of attention over the words: what VAT trains as a rationale.
5. A mask behind the embedding layer (`piece_mask`), if there is one, is a part of the model. The capability `word_mask` gives the probability that it keeps each word.

A folder of a classifier has `classifier.json` (classes and pooling) beside configuration, tokenizer and weights.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from safetensors.torch import load_file
from safetensors.torch import save as save_tensors
from torch import Tensor, nn
from transformers import AutoModelForTokenClassification, PreTrainedTokenizerFast
from transformers.modeling_outputs import TokenClassifierOutput

from liap.batches import by_length
from liap.errors import InputError, first_line, quoted
from liap.files import write_whole
from liap.records import CLASS_WORD, LabelledText
from liap.taggers import checkpoints, gradients
from liap.taggers.alignment import Encoding, encode
from liap.taggers.finite import check_finite
from liap.taggers.hidden import padded
from liap.taggers.lstm_encoder import KIND, LstmConfig, LstmEncoder
from liap.taggers.piece_mask import PieceMask
from liap.taggers.pooling import POOLINGS, PooledHead, inside_of
from liap.taggers.tagger import InputGradient, Request, Target, Words, sum_over_words
from liap.taggers.transformer import TransformerTagger
from liap.taggers.weight_files import check_weights, read_json

RECORD, WEIGHTS = "classifier.json", "model.safetensors"
OUTSIDE = "O"
POOLING, WORD_MASK = "pooling", "word_mask"  # the capabilities
MEND = "train it again with studies/vat.py"


@dataclass(frozen=True, slots=True)
class ClassifierShape:
    """What stands on the encoder."""

    classes: tuple[str, ...]
    pooling: str = "first"
    inner: int = 64  # of the attention
    dropout: float = 0.1  # of R, in training
    before: int = 1  # special tokens in front of the words
    behind: int = 1  # and at the end
    mask: int = 0  # width of the mask behind the embeddings; 0: there is none

    def __post_init__(self) -> None:
        if len(self.classes) < 2 or len(set(self.classes)) < len(self.classes):
            raise InputError(f"the classes are {', '.join(map(quoted, self.classes))}; expected two or more, each once")
        if self.pooling not in POOLINGS:
            raise InputError(f"--pooling must be one of {', '.join(POOLINGS)}, got {quoted(self.pooling)}")


class PooledClassifier(nn.Module):
    """An encoder and what stands on it, called as a token classifier of transformers is."""

    def __init__(self, encoder: nn.Module, shape: ClassifierShape) -> None:
        super().__init__()
        self.encoder, self.shape = encoder, shape
        self.head = PooledHead(
            encoder.config.hidden_size,
            len(shape.classes),
            pooling=shape.pooling,
            inner=shape.inner,
            dropout=shape.dropout,
        )
        width = encoder.get_input_embeddings().weight.shape[1]
        self.mask = PieceMask(width, shape.mask) if shape.mask else None
        self.config = encoder.config

    @property
    def base_model(self) -> nn.Module:
        return self.encoder

    def get_input_embeddings(self) -> nn.Module:
        return self.encoder.get_input_embeddings()

    def _can_set_attn_implementation(self) -> bool:
        return hasattr(self.encoder, "_can_set_attn_implementation") and self.encoder._can_set_attn_implementation()

    def set_attn_implementation(self, implementation: str) -> None:
        self.encoder.set_attn_implementation(implementation)

    def states(self, **inputs) -> tuple[Float[Tensor, "batch pieces width"], Tensor]:
        """The encoder's last states, and which pieces are words'."""
        states = self.encoder(**self.masked(inputs)).last_hidden_state
        return states, self.inside(states, inputs.get("attention_mask"))

    def masked(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """The encoder's arguments: where there is a mask, embeddings times their gates instead of ids."""
        if self.mask is None:
            return inputs
        embeddings = inputs.get("inputs_embeds")
        if embeddings is None:
            embeddings = self.get_input_embeddings()(inputs["input_ids"])
        gates = self.mask.gates(embeddings, self.inside(embeddings, inputs.get("attention_mask")))
        others = {name: value for name, value in inputs.items() if name != "input_ids"}
        return others | {"inputs_embeds": gates[:, :, None].to(embeddings.dtype) * embeddings}

    def inside(self, states: Tensor, attention_mask: Tensor | None) -> Tensor:
        """True for the pieces of words."""
        return inside_of(
            attention_mask,
            tuple(states.shape[:2]),
            before=self.shape.before,
            behind=self.shape.behind,
            device=states.device,
        )

    def forward(self, **inputs) -> TokenClassifierOutput:
        output = self.encoder(**self.masked(inputs))
        states = output.last_hidden_state
        logits = self.head(states, self.inside(states, inputs.get("attention_mask")))
        return TokenClassifierOutput(
            logits=logits[:, None].expand(-1, states.shape[1], -1),
            hidden_states=getattr(output, "hidden_states", None),
            attentions=getattr(output, "attentions", None),
        )


class TextClassifier(TransformerTagger):
    """A classifier and its tokenizer behind the protocol `Tagger`; sentences begin with the pseudo-word `[CLS]`."""

    def __init__(self, model: PooledClassifier, tokenizer: PreTrainedTokenizerFast, **options) -> None:
        super().__init__(model, tokenizer, **options)
        self.classes = model.shape.classes

    @staticmethod
    def _labels_of(model: PooledClassifier) -> tuple[str, ...]:
        return (OUTSIDE, *model.shape.classes)

    @classmethod
    def load(cls, folder_or_name: str, **options) -> TextClassifier:
        """The classifier in a folder; InputError says in one line what is wrong with it."""
        return load_classifier(Path(folder_or_name).expanduser(), **options)

    def save(self, folder: Path) -> None:
        """Write the classifier's files; `config.json` comes last, so that a folder with one is complete."""
        folder.mkdir(parents=True, exist_ok=True)
        state = {name: tensor.detach().cpu().contiguous() for name, tensor in self.model.state_dict().items()}
        write_whole(folder / WEIGHTS, save_tensors(state))
        self.tokenizer.save_pretrained(folder)
        write_whole(folder / RECORD, json.dumps(asdict(self.model.shape), indent=2) + "\n")
        write_whole(folder / "config.json", self.model.config.to_json_string(use_diff=False))

    @property
    def scored(self) -> int:
        """The classes alone: no text is O."""
        return len(self.classes)

    @property
    def capabilities(self) -> frozenset[str]:
        own = {POOLING: self.model.head.attention, WORD_MASK: self.model.mask}
        return self.architecture.capabilities | {name for name, part in own.items() if part is not None}

    def _encoded(self, words: Words) -> Encoding:
        """The pieces of the text; the pseudo-word has that of a special token."""
        if not words or words[0] != CLASS_WORD:
            raise InputError(
                f"a text for a classifier begins with the pseudo-word {CLASS_WORD}, got {quoted(' '.join(words[:4]))}"
            )
        encoding = encode(self.tokenizer, words[1:])
        special = np.flatnonzero(encoding.word_of_piece < 0)
        if not len(special):
            raise InputError(
                "this encoder's tokenizer has no special token around a text, so no piece stands for its class"
            )
        anchor = special[0] if self.model.shape.before else special[-1]
        word_of_piece = np.where(encoding.word_of_piece >= 0, encoding.word_of_piece + 1, encoding.word_of_piece)
        word_of_piece[anchor] = 0
        return Encoding(
            encoding.piece_ids, word_of_piece, np.concatenate([[anchor], encoding.first_piece]), tuple(words)
        )

    def probabilities(self, requests: Sequence[Request]) -> list[Float[np.ndarray, "_masks _read labels"]]:
        """At word 0 those of the classes; at other words O is certain (NaN where a word has no piece)."""
        answers = []
        for request, answer in zip(requests, super().probabilities(requests), strict=True):
            outside = request.read != 0
            full = np.concatenate([np.zeros_like(answer[..., :1]), answer], axis=-1)
            known = ~np.isnan(answer[..., :1]) & outside[:, None]
            answers.append(
                np.where(known, np.eye(len(self.labels))[0], np.where(np.isnan(answer[..., :1]), np.nan, full))
            )
        return answers

    def class_probabilities(self, texts: Sequence[LabelledText]) -> Float[np.ndarray, "texts classes"]:
        """The probability of each class for each text, with all its words."""
        requests = [
            Request(words, np.ones((1, len(words)), dtype=bool), "delete", np.zeros(1, dtype=int))
            for words in ((CLASS_WORD, *text.words) for text in texts)
        ]
        return np.stack([answer[0, 0, 1:] for answer in self.probabilities(requests)])

    def accuracy(self, texts: Sequence[LabelledText]) -> float:
        """The share of texts whose most probable class is theirs, 0..1."""
        best = self.class_probabilities(texts).argmax(axis=1)
        return float(np.mean([self.classes[place] == text.label for place, text in zip(best, texts, strict=True)]))

    def pooling(self, sentences: Sequence[Words]) -> list[Float[np.ndarray, " _words"]]:
        """The share of each word in what is classified, summed over its pieces; word 0 has none, and the others' sum to 1."""
        answers: list[np.ndarray] = [np.empty(0)] * len(sentences)
        encodings = [self.encode(words) for words in sentences]
        with self.timed():
            for places, weights, _ in self._pooled(encodings):
                for row, place in enumerate(places):
                    encoding = encodings[place]
                    inside = encoding.word_of_piece >= 1
                    share = weights[row, : encoding.pieces][inside]
                    answers[place] = np.bincount(encoding.word_of_piece[inside], share, minlength=encoding.words)
        check_finite("pooling weights", sentences, answers)
        return answers

    def word_mask(self, sentences: Sequence[Words]) -> list[Float[np.ndarray, " _words"]]:
        """The probability that the mask keeps each word, a mean over its pieces; 1 for word 0, which is never masked, NaN without a piece."""
        answers = []
        for words in sentences:
            encoding = self.encode(words)
            with torch.inference_mode():
                ids = torch.from_numpy(encoding.piece_ids).to(self.device)
                kept = torch.sigmoid(self.model.mask.logits(self.model.get_input_embeddings()(ids[None]))[0].float())
            sums, pieces = (
                sum_over_words(values, encoding.word_of_piece, encoding.words)
                for values in (kept.cpu().numpy(), np.ones(encoding.pieces))
            )
            answers.append(np.divide(sums, pieces, out=np.full(len(sums), np.nan), where=pieces > 0))
            answers[-1][0] = 1.0
        return answers

    def representations(self, sentences: Sequence[Words]) -> Float[np.ndarray, "sentences width"]:
        """R of each text."""
        answers: list[np.ndarray] = [np.empty(0)] * len(sentences)
        for places, _, pooled in self._pooled([self.encode(words) for words in sentences]):
            for row, place in enumerate(places):
                answers[place] = pooled[row]
        return np.stack(answers)

    def _pooled(self, encodings: Sequence[Encoding]) -> Iterator[tuple[list[int], np.ndarray, np.ndarray]]:
        for places in by_length([one.pieces for one in encodings], self.budget(self.pieces_per_batch)):
            ids, lengths = padded([encodings[place] for place in places], self.pad_id)
            with torch.inference_mode(), self.autocast():
                states, inside = self.model.states(input_ids=ids.to(self.device), **self.attended(ids, lengths))
                weights = self.model.head.weights(states, inside)
                pooled = torch.einsum("bp,bpw->bw", weights, states)
            self.meter.passes += len(places)
            yield places, weights.float().cpu().numpy(), pooled.float().cpu().numpy()

    def input_batches(
        self, targets: Sequence[Target], rows: int = 1
    ) -> Iterator[tuple[list[int], gradients.InputBatch]]:
        """As a transformer's; the labels of a target are the classes."""
        yield from super().input_batches([_of_classes(target) for target in targets], rows)

    def gradients(self, targets: Sequence[Target]) -> list[InputGradient]:
        """As a transformer's."""
        return super().gradients([_of_classes(target) for target in targets])


def _of_classes(target: Target) -> Target:
    """The target at word 0 alone, where O does not occur: other words are O for certain."""
    at_front = target.read == 0
    return replace(target, read=target.read[at_front], allowed=target.allowed[at_front, 1:])


def is_classifier(folder: str | Path) -> bool:
    """Whether the folder holds a text classifier."""
    return (Path(folder).expanduser() / RECORD).is_file()


def load_classifier(folder: Path, **options) -> TextClassifier:
    """The classifier in a folder; InputError says in one line which file or setting is wrong."""
    shape = _shape_in(folder / RECORD)
    encoder = _empty_encoder(folder)
    tokenizer = checkpoints.read_tokenizer(folder)
    check_weights(folder)
    model = PooledClassifier(encoder, shape)
    try:
        model.load_state_dict(load_file(folder / WEIGHTS))
    except (RuntimeError, OSError) as error:
        raise InputError(f"{folder / WEIGHTS}: no weights for this classifier ({first_line(error)}); {MEND}") from None
    checkpoints.check_vocabulary(model, tokenizer, folder)
    classifier = TextClassifier(model, tokenizer, **options)
    classifier.check_answer(folder)
    _ = classifier.architecture
    return classifier


def _shape_in(path: Path) -> ClassifierShape:
    if not path.is_file():
        raise InputError(f"{path}: no such file; expected a text classifier's folder: {MEND}")
    said = read_json(path)
    classes = said.pop("classes", None)
    if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes):
        raise InputError(f"{path}: classes is no list of texts; {MEND}")
    try:
        return ClassifierShape(tuple(classes), **said)
    except (TypeError, InputError) as error:
        raise InputError(f"{path}: {first_line(error)}; {MEND}") from None


def _empty_encoder(folder: Path) -> nn.Module:
    """The encoder that the configuration describes, before its weights are read."""
    said = read_json(folder / "config.json") if (folder / "config.json").is_file() else {}
    if said.get("model_type") == KIND:
        said.pop("model_type")
        return LstmEncoder(LstmConfig(**said))
    config = checkpoints.read_config(folder)
    try:
        with checkpoints.quiet():
            return AutoModelForTokenClassification.from_config(config, attn_implementation="sdpa").base_model
    except Exception as error:  # a wrong value may fail anywhere in transformers
        raise InputError(f"{folder}: the encoder cannot be built ({first_line(error)})") from error
