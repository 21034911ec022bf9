"""What an explainer declares, once, beside its function: everything else in the project derives from it.

Tables, contrasts, plots, flags and documentation read a `Declaration`; `run.json` keeps those of its run, so that a run with
an explainer from a user's own file can be analysed without that file.

A function becomes an explainer by the decorator:

    @explainer(label="nearness", family="control")
    def nearness(case):
        return -case.distances.astype(float)

It may return, or yield, word scores `[words]`, several draws of them `[draws words]`, or `Explanation` records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from liap.errors import InputError
from liap.plugins import guarded
from liap.records import Explanation

if TYPE_CHECKING:
    from liap.explainers.case import Case

ROLES = ("method", "control", "ceiling", "chance")
CAPABILITIES = (
    "attention",
    "value_attention",
    "embeddings",
    "gradients",
    "hidden_states",
    "edits",
    "pooling",
    "word_mask",
)  # of a tagger
PIECE_ATTENTION = "piece_attention"  # attention between pieces, which a tagger with attention gives
STRUCTURE = ("parse", "frames")  # of a sentence
FITTED = "fitted"  # a file of --fitted
COUNTS = "counts"  # of the words of all sentences that are read
PALETTE = ("#004C77", "#7F3C8D", "#A05A2C", "#3D6B35", "#8C2D04", "#54278F", "#006D6F", "#B15928")
SHAPES = ("<", ">", "d", "p", "H", "8", "1", "2")


@dataclass(frozen=True, slots=True)
class Declaration:
    """An explainer as tables and plots know it."""

    name: str
    role: str = "method"
    family: str = "own"  # methods of one family stand together: pruning, attention, perturbation, gradient, chance, own
    label: str = ""  # in plots and tables; the name where it is empty
    phrase: str = ""  # in a sentence: "below the same number of nearest words"
    control_of: str = ""  # the explainer whose variants it is a control of
    base: str = ""  # the explainer whose scores it prunes, where `--prune` made it
    colour: str = ""
    marker: str = ""
    about: str = ""  # the first line of its docstring

    @property
    def kind(self) -> str:
        """LIAP's own control that a control of pruned scores is (`matched_random_lime` -> `matched_random`), or its own name."""
        return self.name.removesuffix(f"_{self.base}") if self.base and self.role == "control" else self.name

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise InputError(f"explainer {self.name!r}: role must be one of {', '.join(ROLES)}, got {self.role!r}")


@dataclass(frozen=True, slots=True, eq=False)
class Explainer:
    """A declared explainer: its function and what that needs."""

    declaration: Declaration
    function: Callable[..., Any]
    needs: frozenset[str] = frozenset()  # of CAPABILITIES, PIECE_ATTENTION, STRUCTURE, FITTED and COUNTS
    drops: str = (
        ""  # single-word drops that it reads, by the operator of: "explainer", "metric"; or by "marginal" itself
    )
    settings: type | None = None  # a frozen dataclass; its fields are flags, and it is the function's second argument
    batched: bool = False  # the function takes a list of cases and gives an answer for each, in their order
    columns: tuple[str, ...] = ()  # further columns of scores.csv that its explanations fill
    source: str = ""  # the user's file that it comes from

    @property
    def name(self) -> str:
        return self.declaration.name

    @property
    def where(self) -> str:
        """The explainer in messages, after the name of the user's file that it comes from."""
        return f"{self.source}: the explainer {self.name}" if self.source else f"the explainer {self.name}"

    def __call__(self, cases: Sequence[Case] | Case, settings: Any = None) -> Any:
        """Explanations of one case, or a list of them for each of several."""
        from liap.explainers.case import Case

        if isinstance(cases, Case):
            return self([cases], settings)[0]
        extra = () if self.settings is None else (settings or self.settings(),)
        if not self.batched:
            return [self._explain(case, extra) for case in cases]
        answers = self._guarded(
            lambda: [_listed(answer) for answer in self.function(list(cases), *extra)], cases[0].place
        )
        if len(answers) != len(cases):
            raise InputError(f"{self.where} answered {len(answers)} of {len(cases)} cases; expected an answer for each")
        return [_explanations(answer, self, case) for answer, case in zip(answers, cases, strict=True)]

    def _explain(self, case: Case, extra: tuple) -> list[Explanation]:
        answer = self._guarded(lambda: _listed(self.function(case, *extra)), case.place)
        return _explanations(answer, self, case)

    def _guarded(self, call: Callable[[], Any], place: str) -> Any:
        return guarded(call, self.source, f"the explainer {self.name}", place)


def explainer(
    function: Callable[..., Any] | None = None,
    *,
    name: str = "",
    role: str = "method",
    family: str = "own",
    label: str = "",
    phrase: str = "",
    control_of: str = "",
    colour: str = "",
    marker: str = "",
    needs: Iterable[str] = (),
    drops: str = "",
    settings: type | None = None,
    batched: bool = False,
    columns: tuple[str, ...] = (),
) -> Any:
    """Declare a function as an explainer; without arguments, a method of the family `own`."""
    if function is None:
        options = {key: value for key, value in locals().items() if key != "function"}
        return lambda decorated: explainer(decorated, **options)
    possible = (*CAPABILITIES, PIECE_ATTENTION, *STRUCTURE, FITTED, COUNTS)
    unknown = sorted(set(needs) - set(possible))
    if unknown:
        known = ", ".join(possible)
        raise InputError(f"explainer {function.__name__!r}: got the need {unknown[0]!r}; needs must be among {known}")
    declared = Declaration(
        name=name or function.__name__,
        role=role,
        family=family,
        label=label or (name or function.__name__).replace("_", " "),
        phrase=phrase or label or (name or function.__name__).replace("_", " "),
        control_of=control_of,
        colour=colour,
        marker=marker,
        about=(function.__doc__ or "").strip().partition("\n")[0],
    )
    return Explainer(declared, function, frozenset(needs), drops, settings, batched, columns)


def to_record(declaration: Declaration) -> dict[str, str]:
    """For `run.json`."""
    return asdict(declaration)


def from_record(record: dict[str, Any]) -> Declaration:
    """What `run.json` says of an explainer; unknown keys are left out."""
    known = {known_field.name for known_field in fields(Declaration)}
    return Declaration(**{key: str(value) for key, value in record.items() if key in known})


def _listed(answer: Any) -> Any:
    """A generator's parts as a list; any other answer as it is."""
    return answer if isinstance(answer, np.ndarray | str) or not isinstance(answer, Iterable) else list(answer)


def _explanations(answer: Any, source: Explainer, case: Case) -> list[Explanation]:
    """An answer of whatever kind as checked explanations that carry the explainer's name."""
    if isinstance(answer, np.ndarray | Explanation):
        answer = [answer]
    if not isinstance(answer, list) or not answer:
        got = "nothing" if answer is None or answer == [] else type(answer).__name__
        raise InputError(f"{source.where} returned {got} for {case.place}; expected word scores or Explanation records")
    if all(isinstance(part, float | int | np.floating | np.integer) for part in answer):
        answer = [np.asarray(answer, dtype=float)]
    explanations = [_checked(part, source.where, case).named(source.name) for part in answer]
    undeclared = sorted({name for explanation in explanations for name in explanation.columns} - set(source.columns))
    if undeclared:
        raise InputError(
            f"{source.where} filled the column {undeclared[0]!r} for {case.place}; declare it: @explainer(columns=...)"
        )
    variants = [explanation.variant for explanation in explanations]
    twice = [variant for variant in variants if variants.count(variant) > 1]
    if twice:
        raise InputError(
            f"{source.where} gave {len(twice)} explanations of the variant {twice[0]!r} for {case.place}; "
            "expected one per variant; return several draws as one array [draws, words]"
        )
    return explanations


def _checked(part: Any, where: str, case: Case) -> Explanation:
    """One explanation with scores `[draws, words]`; InputError unless they are finite numbers for each context word."""
    explanation = part if isinstance(part, Explanation) else None
    if explanation is not None and explanation.scores is None:
        return explanation
    scores = _array(part if explanation is None else explanation.scores)
    words, draws = len(case.words), case.settings.draws
    table = scores[None] if scores.ndim == 1 else scores
    if table.dtype.kind not in "fiub" or table.ndim != 2 or table.shape[1] != words or not len(table):
        raise InputError(
            f"{where} returned scores of shape {scores.shape} and type {scores.dtype} for {case.place}; "
            f"expected one number for each of the {words} words, or [draws, words]"
        )
    if len(table) not in (1, draws):
        raise InputError(f"{where} gave {len(table)} draws for {case.place}; expected one, or {draws} as --draws says")
    table = table if table.dtype.kind == "f" else table.astype(float)
    if not np.isfinite(table[:, case.context]).all():
        if np.isnan(case.mention.probability):
            return replace(explanation or Explanation(table), scores=None, reason="no_pieces")
        raise InputError(f"{where} returned NaN or infinite scores for {case.place}; expected finite numbers")
    return Explanation(table) if explanation is None else replace(explanation, scores=table)


def _array(values: Any) -> np.ndarray:
    """The values as an array; one of objects where rows differ in length."""
    try:
        return np.asarray(values)
    except ValueError:
        return np.asarray(values, dtype=object)


@dataclass(frozen=True, slots=True)
class NoSettings:
    """The settings of an explainer or metric without any."""


def setting(default: Any, about: str) -> Any:
    """A field of an explainer's or metric's own settings: its default, and the help of its flag."""
    return field(default=default, metadata={"about": about})


def trained_file(about: str) -> Any:
    """A setting that names a file which the explainer reads: a run's identity has its contents, not its name."""
    return field(default="", metadata={"about": about, "file": True})
