"""The settings of studies/neurons_train.py, and the recipes that they choose from. Loads no model library but for shapes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from liap.errors import InputError
from liap.files import check_folder
from liap.settings import LARGEST_SEED, Settings, among, check_number, elsewhere, refuse_repeats
from liap.taggers.recurrent_network import CHARACTERS, INFERENCES, WORDS, RecurrentShape


@dataclass(frozen=True, slots=True)
class Recipe:
    """How weights are fitted."""

    optimizer: str  # sgd, on the loss summed over a batch; adamw, on its mean over words
    learning_rate: float  # divided by 1 + decay * epoch, epochs from 0
    decay: float
    batch: int  # sentences per step
    epochs: int


RECIPES = {
    "published": Recipe("sgd", 0.015, 0.05, 10, 10),
    "fast": Recipe("adamw", 4e-3, 0.05, 32, 10),
}


@dataclass(frozen=True, kw_only=True)
class RecurrentTrainingSettings(Settings):
    """Which taggers are trained, and how; a learning rate, batch or number of epochs of 0 is the recipe's own."""

    corpus: str = "eriktks/conll2003"
    embeddings: str = "random"
    characters: tuple[str, ...] = ("none",)
    words: tuple[str, ...] = ("lstm",)
    inference: tuple[str, ...] = ("softmax",)
    seeds: tuple[int, ...] = (0,)
    directions: int = 2
    dimensions: int = 50
    hidden: int = 50
    character_dimensions: int = 30
    character_hidden: int = 50
    word_layers: int = 4
    dropout: float = 0.5
    unknown_share: float = 0.5
    recipe: str = "published"
    learning_rate: float = 0.0
    batch: int = 0
    epochs: int = 0
    train_sentences: int = 0
    dev_sentences: int = 0
    test_sentences: int = 0
    results: str = elsewhere("results/recurrent")
    overwrite: bool = elsewhere(False)

    def check(self) -> None:
        for flag, values, known in (
            ("--characters", self.characters, CHARACTERS), ("--words", self.words, WORDS),
            ("--inference", self.inference, INFERENCES),
        ):  # fmt: skip
            among(flag, values, known)
            refuse_repeats(flag, values)
        among("--recipe", (self.recipe,), tuple(RECIPES))
        if not self.seeds:
            raise InputError("--seeds is empty; expected at least one number")
        refuse_repeats("--seeds", tuple(map(str, self.seeds)))
        for seed in self.seeds:
            check_number("--seeds", seed, 0, LARGEST_SEED)
        check_number("--unknown-share", self.unknown_share, 0, 1)
        check_number("--learning-rate", self.learning_rate, 0, 10)
        check_number("--batch", self.batch, 0), check_number("--epochs", self.epochs, 0)
        for flag, value in (
            ("--train-sentences", self.train_sentences), ("--dev-sentences", self.dev_sentences),
            ("--test-sentences", self.test_sentences),
        ):  # fmt: skip
            check_number(flag, value, 0)
        _ = self.shapes  # checks every width
        check_folder("--results", self.results)

    @property
    def shapes(self) -> list[RecurrentShape]:
        """Every combination of the layers."""
        return [
            RecurrentShape(
                characters, words, inference, self.directions, self.dimensions, self.hidden,
                self.character_dimensions, self.character_hidden, self.word_layers, self.dropout,
            )
            for characters, words, inference in product(self.characters, self.words, self.inference)
        ]  # fmt: skip

    @property
    def chosen_recipe(self) -> Recipe:
        """The recipe, with what the flags say otherwise."""
        own = RECIPES[self.recipe]
        return Recipe(
            own.optimizer,
            self.learning_rate or own.learning_rate,
            own.decay,
            self.batch or own.batch,
            self.epochs or own.epochs,
        )

    def fitting(self) -> dict[str, object]:
        """What decides a tagger's weights beside its shape and seed."""
        names = ("corpus", "embeddings", "unknown_share", "recipe", "train_sentences", "dev_sentences")
        recipe = self.chosen_recipe
        own = {name: getattr(recipe, name) for name in Recipe.__dataclass_fields__}
        return {name: getattr(self, name) for name in names} | own
