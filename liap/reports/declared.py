"""`run.json` -> what a run's explainers and metrics declare; where it does not say, the project's own declarations.

Every name, label, order, colour, contrast and range of the reports comes from here. A run of version 0.1.0 has no declarations
in its `run.json`, and an explainer from a user's file is known from there alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from liap.errors import InputError, quoted
from liap.explainers import EXPLAINERS, Declaration
from liap.explainers.explainer import from_record
from liap.faithfulness import METRICS, Column
from liap.faithfulness.metric import columns_from
from liap.files import described

RUN = "run.json"
SHOWN_SETTINGS = (
    "model", "corpus", "split", "text", "text_file", "parser", "srl", "examples_per_type", "target", "explainer_operator", "operator", "k", "ranking", "ties",
    "hops", "renormalise", "seed",
)  # fmt: skip
_MOST_DIGITS = 9
_FILE_NAME = re.compile(r"\w[\w.%+-]{0,79}")  # a column's plot is named after it


@dataclass(frozen=True, slots=True, eq=False)
class Declared:
    """Declarations with their labels filled in; `explainers` are in the order of tables and plots."""

    explainers: Mapping[str, Declaration]
    columns: tuple[Column, ...]  # of the metrics that ran; of all known metrics where `run.json` names none
    settings: Mapping[str, Any] = field(default_factory=dict)  # the run's, as `run.json` has them
    required: tuple[str, ...] = ()  # columns that `scores.csv` must have, because `run.json` says that their metric ran

    @property
    def measures(self) -> list[Column]:
        """The headline columns, which tables and contrasts show."""
        return [column for column in self.columns if column.headline and column.kind != "str"]

    def explainer(self, name: str) -> Declaration:
        """The declaration of this name; that of a plain method where nothing is known of it."""
        return self.explainers.get(name) or _labelled(Declaration(name))

    def rank(self, name: str) -> tuple[int, str]:
        """The explainer's place in tables and plots; unknown ones come last, by name."""
        names = list(self.explainers)
        return (names.index(name) if name in self.explainers else len(names)), name

    def kind(self, name: str) -> str:
        """LIAP's own control that a control of pruned scores is; the name of any other explainer."""
        return self.explainer(name).kind

    def controls_of(self, name: str) -> list[str]:
        return [one.name for one in self.explainers.values() if one.role == "control" and one.control_of == name]


def read_declared(results: Path) -> Declared:
    """The declarations of the run in this folder."""
    content = _read(results)
    try:
        methods = content.get("methods") or {}
        explainers = [from_record(record) for record in methods.get("explainers", [])]
        columns = tuple(_checked(column) for record in methods.get("metrics", []) for column in columns_from(record))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unusable(results / RUN, error) from None
    required = tuple(column.name for column in columns if column.headline)
    settings = content.get("settings")
    return replace(declared(explainers, columns, required), settings=settings if isinstance(settings, dict) else {})


def declared(
    explainers: list[Declaration] | None = None, columns: tuple[Column, ...] = (), required: tuple[str, ...] = ()
) -> Declared:
    """A run's declarations added to the project's own, which keep their order."""
    known = {name: explainer.declaration for name, explainer in EXPLAINERS.items()}
    known |= {declaration.name: declaration for declaration in explainers or []}
    columns = columns or tuple(column for metric in METRICS.values() for column in metric.columns)
    return Declared(
        {name: _labelled(declaration) for name, declaration in known.items()},
        tuple(replace(column, label=column.label or column.name) for column in columns),
        required=required,
    )


def provenance(results: Path) -> str:
    """Lines about the run's settings and state, as `run.json` has them; empty where there is no such file."""
    content = _read(results)
    try:
        settings = content.get("settings", {})
        shown = [
            f"{name.replace('_', ' ')} {str(settings[name])[:100]}"
            for name in SHOWN_SETTINGS
            if settings.get(name, "") != ""
        ]
        unfinished = content.get("status") not in (None, "complete")
    except (AttributeError, TypeError) as error:
        raise _unusable(results / RUN, error) from None
    lines = [f"Run: {', '.join(shown)}."] if shown else []
    lines += ["The run is not complete, says run.json."] if unfinished else []
    return "".join(f"\n{line}" for line in lines)


def check_unchanged(results: Path, name: str) -> None:
    """InputError if a table is not the one that the run wrote, by its number of lines and its digest in `run.json`.

    A run of version 0.1.0, and one that is not complete, says nothing of its tables.
    """
    files, path = _read(results).get("files") or {}, results / name
    try:
        said = files[name]["lines"], files[name]["digest"]
    except KeyError:
        return
    except TypeError as error:
        raise _unusable(results / RUN, error) from None
    found = described(path)
    if found["lines"] != said[0]:
        fault = f"{found['lines']} lines, the run wrote {quoted(said[0])}"
    elif found["digest"] != said[1]:
        fault = "the run wrote other values"
    else:
        return
    raise InputError(
        f"{path}: {fault} (says {RUN}); the file was changed or replaced: run run_liap_evaluation.py again"
    )


def _read(results: Path) -> dict[str, Any]:
    path = results / RUN
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise TypeError("not a JSON object")
        return content
    except (ValueError, TypeError, RecursionError, OSError) as error:
        raise _unusable(path, error) from None


def _unusable(path: Path, error: Exception) -> InputError:
    return InputError(f"{path}: not a record of a run ({str(error)[:200]}); run run_liap_evaluation.py again")


def _labelled(declaration: Declaration) -> Declaration:
    label = declaration.label or declaration.name.replace("_", " ")
    shown = f"{label} (control)" if declaration.role == "control" else label
    return replace(declaration, label=shown, phrase=declaration.phrase or label)


def _checked(column: Column) -> Column:
    """The column of a `run.json`; TypeError or ValueError where a field is of the wrong kind."""
    numbers = (column.low, column.high, column.digits, column.chance or 0)
    if not all(isinstance(number, int | float) for number in numbers) or type(column.digits) is not int:
        raise TypeError(f"column {column.name!r}: low, high, chance and digits must be numbers")
    if not (isinstance(column.name, str) and isinstance(column.label, str) and _FILE_NAME.fullmatch(column.name)):
        raise ValueError(f"column {column.name!r}: expected a name of letters, digits and underscores")
    if not 0 <= column.digits <= _MOST_DIGITS:
        raise ValueError(f"column {column.name!r}: digits must be 0 to {_MOST_DIGITS}, got {column.digits}")
    return column
