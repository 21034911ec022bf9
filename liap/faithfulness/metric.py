"""What a metric declares, once, beside its function: its masks, its columns, and how tables speak of them.

A metric is a generator. It takes a case and the rankings of all explanations of one mention, yields the masks that it wants
scored, is sent the answers, and yields its columns: a number for each ranking, or for each explanation. A metric without masks of
its own is a plain function that returns its columns.

    @metric(columns=(Column("first_word", "drop of the first word", better="higher"),))
    def first_word(case, rankings):
        answers = yield rankings.without_top(1)
        yield {"first_word": answers.intact - answers.probability}

The loop gathers the masks of all metrics and mentions of a chunk into the same batches, and averages a column's numbers over
the rankings of each explanation.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float

from liap.errors import InputError
from liap.plugins import guarded

if TYPE_CHECKING:
    from liap.explainers.case import Case
    from liap.faithfulness.ranking import Rankings

KINDS = ("float", "int", "bool", "str")


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What a metric is sent for its masks: p of the mention as it is, and under each mask."""

    intact: float
    probability: Float[np.ndarray, " masks"]
    labels: Float[np.ndarray, "masks span all_labels"]  # the probability of every label at the mention's words


MetricSteps = Generator[Any, Answers, None]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of `scores.csv` as tables and plots know it."""

    name: str
    label: str = ""  # in tables and plots; the name where it is empty
    kind: str = "float"
    low: int | float = float("-inf")  # its range
    high: int | float = float("inf")
    better: str = ""  # "higher", "lower", or "" where neither is
    chance: int | float | None = None  # what a random ranking scores, where that is known
    headline: bool = False  # whether tables and contrasts show it
    digits: int = 3  # after the point, in tables

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(f"column {self.name!r}: kind must be one of {', '.join(KINDS)}, got {self.kind!r}")
        if self.better not in ("higher", "lower", ""):
            raise InputError(f"column {self.name!r}: better must be higher, lower or empty, got {self.better!r}")


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """A declared metric."""

    name: str
    function: Callable[..., Any]
    columns: tuple[Column, ...]
    about_mention: Callable[..., dict[str, Any]] | None = None  # columns that are known without any ranking
    single: bool = (
        False  # whether it reads the drops of single words, which are then scored beforehand for all mentions
    )
    joint: bool = False  # whether its masks differ by ranking: it then sees the first few rankings of an explanation
    settings: type | None = None  # a frozen dataclass; its fields are flags, and it is the function's third argument
    label: str = ""
    about: str = ""
    source: str = ""  # the user's file that it comes from

    @property
    def where(self) -> str:
        """The metric in messages, after the name of the user's file that it comes from."""
        return f"{self.source}: the metric {self.name}" if self.source else f"the metric {self.name}"

    def ask(self, case: Case, rankings: Rankings, *settings: Any) -> Any:
        """The metric's columns, or, from a generator, its steps."""
        return self._guarded(case, lambda: self.function(case, rankings, *settings))

    def masks(self, steps: MetricSteps, case: Case) -> Bool[np.ndarray, "masks words"]:
        """The masks that the metric wants scored."""
        masks = self._guarded(case, lambda: np.asarray(self._next(steps, None, "masks", case)))
        words = len(case.words)
        if masks.ndim != 2 or masks.shape[1] != words or masks.dtype != bool or not len(masks):
            raise InputError(
                f"{self.where} yielded masks of shape {masks.shape} and type {masks.dtype} for {case.place}; "
                f"expected booleans [masks, {words} words]"
            )
        return masks

    def send(self, steps: MetricSteps, answers: Answers, case: Case) -> Any:
        """The columns, once the masks are scored."""
        return self._guarded(case, lambda: self._next(steps, answers, "columns", case))

    def checked(self, columns: Any, rankings: Rankings, case: Case) -> dict[str, np.ndarray]:
        """The columns as arrays; InputError where one is unknown, or no number per ranking or explanation."""
        declared = [column.name for column in self.columns]
        if not isinstance(columns, dict):
            columns = {declared[0]: columns} if len(declared) == 1 and columns is not None else {}
        unknown = [name for name in columns if name not in declared]
        if unknown or not columns:
            raise InputError(
                f"{self.where} gave {unknown[0] if unknown else 'nothing'} for {case.place}; "
                f"expected its columns {', '.join(declared)}"
            )
        return {name: self._checked_column(name, values, rankings, case) for name, values in columns.items()}

    def _checked_column(self, name: str, values: Any, rankings: Rankings, case: Case) -> np.ndarray:
        array = self._guarded(case, lambda: np.asarray(values))
        lengths = (len(rankings.order), rankings.explanations)
        if array.ndim != 1 or len(array) not in lengths or array.dtype.kind not in "fiub":
            raise InputError(
                f"{self.where} gave {name} of shape {array.shape} and type {array.dtype} for {case.place}; "
                f"expected a number for each of the {lengths[0]} rankings, or of the {lengths[1]} explanations"
            )
        return array

    def _next(self, steps: MetricSteps, sent: Answers | None, wanted: str, case: Case) -> Any:
        try:
            return steps.send(sent)
        except StopIteration:
            raise InputError(
                f"{self.where} ended before it yielded its {wanted} for {case.place}; expected masks, then columns"
            ) from None

    def _guarded(self, case: Case, call: Callable[[], Any]) -> Any:
        return guarded(call, self.source, f"the metric {self.name}", case.place)


def metric(
    function: Callable[..., Any] | None = None,
    *,
    columns: tuple[Column, ...] = (),
    name: str = "",
    label: str = "",
    about_mention: Callable[..., dict[str, Any]] | None = None,
    single: bool = False,
    joint: bool = True,
    settings: type | None = None,
) -> Any:
    """Declare a function as a metric. Without `columns` it has a single column of its own name, of which higher is better."""
    if function is None:
        options = {key: value for key, value in locals().items() if key != "function"}
        return lambda decorated: metric(decorated, **options)
    called = name or function.__name__
    return Metric(
        name=called,
        function=function,
        columns=columns or (Column(called, called.replace("_", " "), better="higher", headline=True),),
        about_mention=about_mention,
        single=single,
        joint=joint,
        settings=settings,
        label=label or called.replace("_", " "),
        about=(function.__doc__ or "").strip().partition("\n")[0],
    )


def to_record(declared: Metric) -> dict[str, Any]:
    """For `run.json`; infinite ends of a range are left out."""
    columns = [
        {k: v for k, v in asdict(column).items() if v not in (float("inf"), float("-inf"))}
        for column in declared.columns
    ]
    return {"name": declared.name, "label": declared.label, "about": declared.about, "columns": columns}


def columns_from(record: dict[str, Any]) -> tuple[Column, ...]:
    """A metric's columns as `run.json` has them; unknown keys are left out."""
    known = {known_field.name for known_field in fields(Column)}
    return tuple(
        Column(**{key: value for key, value in column.items() if key in known}) for column in record["columns"]
    )
