"""The settings of studies/vat.py: corpus, encoder, methods, and how each is trained and judged."""

from __future__ import annotations

from dataclasses import dataclass

from liap.errors import InputError
from liap.files import check_folder
from liap.rationales.joint_mask_training import JointMaskSettings
from liap.rationales.rationale_blocks import OWN_MASK
from liap.rationales.vat_training import VARIANTS, VatSettings
from liap.rationales.word_mask_training import WordMaskSettings
from liap.settings import LARGEST_SEED, FigureSettings, among, check_number, elsewhere, refuse_repeats
from liap.training.classifier_trainer import LSTM, ClassifierSettings

JOINT = OWN_MASK  # VMASK trained together with its classifier
PLAIN = {"attention": "attention", "no_attention": "mean", "random_attention": "random", JOINT: "mean"}  # pooling
METHODS = (*PLAIN, *VARIANTS)
BASE, BASE_SEED = "base", 1000  # the judge: a classifier without attention, of a seed of its own


@dataclass(frozen=True, kw_only=True)
class VatStudySettings(FigureSettings):
    """What is trained on which corpus, and how it is judged."""

    corpus: str
    encoder: str
    frozen: bool
    methods: tuple[str, ...]
    seeds: tuple[int, ...]
    train_texts: int
    dev_texts: int
    test_texts: int
    judged_texts: int
    hiding: bool
    epochs: int
    cycles: int
    learner_epochs: int
    compressor_epochs: int
    batch: int
    learning_rate: float
    steady: bool
    compressor_rate: float
    betas: tuple[float, ...]
    warm_up: float
    latent: int
    dropout: float
    inner: int
    hidden: int
    precision: str
    vmask_steps: int
    prior: float
    mask_beta: float
    joint_prior: float
    joint_beta: float
    pictured: int
    shown: int
    device: str = "auto"
    results: str = elsewhere("results/vat")

    def check(self) -> None:
        among("--methods", self.methods, METHODS)
        refuse_repeats("--methods", self.methods)
        if not {"attention", "vat"} <= set(self.methods):
            raise InputError("--methods: attention and vat are compared; expected both among them")
        if not self.seeds or not self.betas:
            raise InputError("--seeds and --betas: expected at least one number in each")
        refuse_repeats("--seeds", tuple(map(str, self.seeds)))
        refuse_repeats("--betas", tuple(map(str, self.betas)))
        for seed in self.seeds:
            check_number("--seeds", seed, 0, LARGEST_SEED - BASE_SEED)
        for flag, value in (
            ("--train-texts", self.train_texts), ("--dev-texts", self.dev_texts), ("--test-texts", self.test_texts),
            ("--judged-texts", self.judged_texts), ("--vmask-steps", self.vmask_steps), ("--pictured", self.pictured), ("--shown", self.shown),
        ):  # fmt: skip
            check_number(flag, value, 0)
        check_folder("--results", self.results)
        _ = self.classifier("attention", 0), self.mask(0), self.joint, [self.vat("vat", beta) for beta in self.betas]

    @property
    def operators(self) -> tuple[str, ...]:
        """How judged words go: they are deleted, as published, and hidden by a token; an LSTM has no mask token."""
        return ("delete", "unk" if self.encoder == LSTM else "mask") if self.hiding else ("delete",)

    def classifier(self, method: str, seed: int) -> ClassifierSettings:
        """How a method's classifier is trained; those without cycles have as many epochs as `--epochs` says."""
        return ClassifierSettings(
            encoder=self.encoder, pooling=PLAIN.get(method, "mean" if method == BASE else "attention"), frozen=self.frozen,
            epochs=self.epochs, batch=self.batch, learning_rate=self.learning_rate, dropout=self.dropout, inner=self.inner,
            embedding=self.hidden, hidden=self.hidden, steady=self.steady, precision=self.precision, mask=self.inner if method == JOINT else 0,
            seed=seed + (BASE_SEED if method == BASE else 0),
        )  # fmt: skip

    def vat(self, variant: str, beta: float) -> VatSettings:
        """How a variant of VAT is trained."""
        return VatSettings(
            variant=variant, cycles=self.cycles, learner_epochs=self.learner_epochs, compressor_epochs=self.compressor_epochs,
            compressor_rate=self.compressor_rate, beta=beta, warm_up=self.warm_up, latent=self.latent,
        )  # fmt: skip

    @property
    def joint(self) -> JointMaskSettings:
        """How VMASK is trained together with a classifier."""
        return JointMaskSettings(prior=self.joint_prior, beta=self.joint_beta)

    def mask(self, seed: int) -> WordMaskSettings:
        """How VMASK is trained on a classifier."""
        return WordMaskSettings(steps=max(1, self.vmask_steps), prior=self.prior, beta=self.mask_beta, seed=seed)
