"""The contrasts -> plain sentences: does a method score above its matched controls?

The words follow from the intervals alone. A variant *helps* only where the 95% interval of its paired difference lies on the better
side of 0 for *each* of its controls; an interval that contains 0 is no finding either way.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from liap.pruning.matched import CONTROLS
from liap.reports.analysis import Analysis
from liap.reports.choices import DIRECTIONS
from liap.reports.display import Shown, matrix
from liap.reports.layout import listed
from liap.reports.panel import Panel

_PLACES = ("above", "contains 0", "below")
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def verdict(analysis: Analysis) -> list[str]:
    """The answer, a sentence for each method with controls, and how many contrasts it rests on; then those of pruned scores."""
    controls = analysis.contrasts_of("controls", analysis.panel.primary.name)
    if not len(controls):
        return ["These rows cannot tell: they hold no method together with its matched controls."]
    told: list[str] = []
    bases = controls["explainer"].map(lambda name: analysis.panel.declared.explainer(name).base)
    for _, group in controls.groupby(bases, sort=False):
        names = list(dict.fromkeys(group["explainer"]))
        told += [_answer(analysis.panel, str(name), group[group["explainer"] == name]) for name in names]
        told += [] if (group["verdict"] == "undecided").all() else [_tally(analysis.panel, group)]
        told += _by_choice(analysis, names)
    return [*told, *tested(analysis.panel)]


def _by_choice(analysis: Analysis, explainers: Sequence[str]) -> list[str]:
    """How many of their contrasts with controls hold under every choice of the measure; nothing where the run did not score them."""
    table = analysis.contrasts_by_choice
    table = table[(table["family"] == "controls") & table["explainer"].isin(explainers)] if len(table) else table
    if not len(table):
        return []
    choices = len(table[["target", "ties", "k"]].drop_duplicates())
    firm = table.drop_duplicates(["explainer", "variant", "control"])
    above, below = ((firm["agrees"] == place).sum() for place in DIRECTIONS)
    return [
        f"Under all {choices} choices of target, ties and K at once, {above} of these {len(firm)} contrasts lie above 0 and {below} below; "
        "the others depend on the choice."
    ]


def tested(panel: Panel) -> list[str]:
    """What was tested, and so what the answer is about; nothing where `run.json` does not say."""
    said = panel.declared.settings
    if not said.get("hops") or not said.get("parser"):
        return []
    hops = "one hop" if said["hops"] == 1 else f"{said['hops']} hops"
    parts = {"parser": "gold trees", "srl": "gold frames"}
    predicted = {"parser": f"trees predicted by {Path(str(said['parser'])).name}", "srl": "predicted frames"}
    sources = [
        parts[name] if said.get(name) == "gold" else predicted[name] for name in parts if said.get(name) != "none"
    ]
    layers, heads = (
        f"all {name}" if said.get(name) == "all" else f"{name} {said.get(name)}" for name in ("layers", "heads")
    )
    return [
        f"Tested: hard masks of {hops} over {listed(sources)}; attention averaged over {layers} and {heads}; p of the mention's "
        f"{said.get('target', 'tag')}; words taken away one by one ({said.get('operator')})."
    ]


def verdict_table(analysis: Analysis) -> Shown:
    """A line per variant, a column per control: above, below or not told apart, with difference and interval."""
    return matrix(analysis, "controls", analysis.panel.primary.name, words=True)


def _answer(panel: Panel, name: str, part: pd.DataFrame) -> str:
    """One sentence about one method's variants and controls."""
    if (part["verdict"] == "undecided").all():
        reasons = ", ".join(sorted(set(part["interval"]) - {""})) or "no reason known"
        return f"These rows cannot tell: no contrast has an interval ({reasons})."
    label, controls = panel.declared.explainer(name).label, panel.declared.controls_of(name)
    good, bad = ("below", "above") if panel.primary.better == "lower" else ("above", "below")
    variants = {str(variant): rows for variant, rows in part.groupby("variant", sort=False)}
    helping = [variant for variant, rows in variants.items() if (rows["verdict"] == good).all()]
    held = set(part["control"])
    controls = [name for name in controls if name in held or name in CONTROLS]
    missing = [panel.declared.explainer(name).phrase for name in controls if name not in held]
    whole = f"all {_number(len(controls))} of its matched controls" if len(controls) > 1 else "its matched control"
    several = len(variants) > 1
    if helping and missing:
        return f"These rows cannot tell whether {label} is {good} {whole}: they do not hold {listed(missing)}."
    if len(helping) == len(variants):
        subject = f"every variant of {label}" if several else _named(label, helping[0])
        return f"Yes: {subject} is {good} {whole}."
    if helping:
        names, others = listed([_plain(label, variant) for variant in helping]), len(variants) - len(helping)
        verb, whole = ("is", whole) if len(helping) == 1 else ("are", whole.replace(" its ", " their "))
        rest = f"the other {_number(others)} are not" if others > 1 else "the other is not"
        return f"In part: {label}, {names}, {verb} {good} {whole}; {rest}."
    subject = f"no variant of {label} is" if several else f"{_named(label, next(iter(variants)))} is not"
    return f"No: {subject} {good} {whole}; {_shortfall(panel, part, controls, bad)}."


def _shortfall(panel: Panel, part: pd.DataFrame, controls: Sequence[str], bad: str) -> str:
    """The control that most variants fall short of: `all seven fall below ...`."""
    of = part["variant"].nunique()
    verb = "fall" if bad == "below" else "rise"
    for place, phrase in ((bad, f"{verb} {bad}"), ("contains 0", "cannot be told apart from")):
        counts = part[part["verdict"] == place].groupby("control", sort=False).size()
        if len(counts):
            control = max((name for name in controls if name in counts), key=lambda name: counts[name])
            count = int(counts[control])
            phrase = phrase.replace(verb, f"{verb}s") if count == 1 else phrase
            everyone = {1: "it", 2: "both"}.get(of, f"all {_number(of)}")
            who = everyone if count == of else f"{_number(count)} of the {_number(of)}"
            return f"{who} {phrase} {panel.declared.explainer(control).phrase}"
    return "some contrasts have no interval"


def _tally(panel: Panel, controls: pd.DataFrame) -> str:
    single, joint = (_counts(controls[name]) for name in ("verdict", "joint_verdict"))
    return (
        f"Of {len(controls)} paired contrasts of {panel.primary.label}, {single} by their 95% intervals; {joint} by intervals that "
        f"hold for all {len(controls)} at once."
    )


def _counts(verdicts: pd.Series) -> str:
    counts = {place: int((verdicts == place).sum()) for place in (*_PLACES, "undecided")}
    shown = [f"{counts['above']} lie above 0", f"{counts['below']} below", f"{counts['contains 0']} contain it"]
    return listed(shown + ([f"{counts['undecided']} have none"] if counts["undecided"] else []))


def beside_others(analysis: Analysis) -> str:
    """Each method's variants above, below or not told apart from each other explainer, by the primary measure."""
    panel = analysis.panel
    others = analysis.contrasts_of("others", panel.primary.name)
    sentences = []
    for (name, control, variant), part in (
        others.groupby(["explainer", "control", "control_variant"], sort=False) if len(others) else ()
    ):
        label, places = panel.declared.explainer(str(name)).label, []
        for place, phrase in zip(_PLACES, ("above it", "not told apart from it", "below it"), strict=True):
            variants = [_plain(label, one) for one in part.loc[part["verdict"] == place, "variant"]]
            places += [f"{phrase}: {listed(variants)}"] if variants else []
        rival = panel.declared.explainer(str(control)).phrase
        own = f" ({str(variant).replace('_', ' ')})" if variant and set(part["variant"]) != {variant} else ""
        ceiling = " (LFS's ceiling, which nothing passes)" if (part["note"] != "").any() else ""
        sentences += [f"Beside {rival}{own}{ceiling}, {'; '.join(places)}."] if places else []
    return " ".join(sentences)


def _plain(label: str, variant: str) -> str:
    return variant.replace("_", " ") or label


def _named(label: str, variant: str) -> str:
    return f"{label}, {variant.replace('_', ' ')}," if variant else label


def _number(count: int) -> str:
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)
