"""The contrasts -> plain sentences: does pruning help beyond its controls?

The words follow from the intervals alone. A variant helps only where LIAP's LFS is above *each* of its three matched controls
(95% interval of the paired difference above 0); an interval that contains 0 is no finding either way.
"""

from __future__ import annotations

import pandas as pd

from liap.reports.layout import with_interval
from liap.reports.panel import CONTROLS

CONTROL_WORDS = {
    "matched_random": "random masks of the same size",
    "matched_window": "the same number of nearest words",
    "matched_distance": "random masks with the same distances",
}
OTHER_WORDS = {
    "attention": "unpruned attention",
    "random": "a random ranking",
    "occlusion": "occlusion",
    "lime": "LIME",
    "liap_published": "LIAP as published",
}
_PLACES = ("above", "contains 0", "below", "undecided")


def verdict(contrasts: pd.DataFrame) -> list[str]:
    """Paragraphs: the answer, how many contrasts that rests on, and LIAP beside other explainers."""
    lfs = contrasts[contrasts["measure"] == "lfs"] if len(contrasts) else contrasts
    controls = lfs[lfs["family"] == "controls"] if len(lfs) else lfs
    if not len(controls):
        return [
            "Does pruning help beyond its controls? These rows cannot tell: they hold no variant of LIAP with its matched controls."
        ]
    if (controls["verdict"] == "undecided").all():
        return [_answer(controls)]
    return [_answer(controls), _tally(controls), *beside_others(contrasts)]


def _answer(controls: pd.DataFrame) -> str:
    variants = {str(name): part for name, part in controls.groupby("variant", sort=False)}
    helps = [name for name, part in variants.items() if _helps(part)]
    told = {name: part for name, part in variants.items() if set(part["verdict"]) != {"undecided"}}
    question = "Does pruning help beyond its controls?"
    if not told:
        return f"{question} These rows cannot tell: no contrast has an interval ({_reasons(controls)})."
    if len(helps) == len(variants):
        answer = "Yes: every variant is above all three of its matched controls."
    elif helps:
        answer = f"In part: {_listed(helps)} {'is' if len(helps) == 1 else 'are'} above all three matched controls."
    else:
        answer = "No: no variant is above all three of its matched controls."
    others = [f"{name} ({_shortfall(part)})" for name, part in variants.items() if name not in helps]
    detail = f" {'The others are not' if helps else 'In detail'}: {'; '.join(others)}." if others else ""
    return f"{question} {answer}{detail}"


def _helps(part: pd.DataFrame) -> bool:
    return set(part["control"]) == set(CONTROLS) and bool((part["verdict"] == "above").all())


def _shortfall(part: pd.DataFrame) -> str:
    """What keeps a variant from helping, control by control."""
    words = []
    for place, phrase in (
        ("above", "above"),
        ("below", "below"),
        ("contains 0", "not told apart from"),
        ("undecided", "undecided against"),
    ):
        names = [CONTROL_WORDS[name] for name in part.loc[part["verdict"] == place, "control"]]
        all_three = f"{'each' if place in ('above', 'below') else 'any'} of the three"
        listed = all_three if len(names) == len(CONTROLS) else _listed(names) if names else ""
        words += [f"{phrase} {listed}"] if names else []
    missing = [CONTROL_WORDS[name] for name in CONTROLS if name not in set(part["control"])]
    return ", ".join(words + ([f"not held against {_listed(missing)}"] if missing else []))


def _tally(controls: pd.DataFrame) -> str:
    single, joint = (_counts(controls[name]) for name in ("verdict", "joint_verdict"))
    largest = controls.loc[controls["difference"].abs().idxmax()] if controls["difference"].notna().any() else None
    size = ""
    if largest is not None:
        difference = with_interval(largest["difference"], largest["low"], largest["high"], with_sign=True)
        size = (
            f" The largest difference is {difference} ({largest['variant']} minus {CONTROL_WORDS[largest['control']]})."
        )
    return (
        f"This rests on {len(controls)} contrasts of LFS, each paired on the same mentions, with 95% intervals that resample documents: "
        f"{single}. With intervals wide enough that all {len(controls)} hold at once: {joint}.{size}"
    )


def beside_others(contrasts: pd.DataFrame) -> list[str]:
    """LIAP's variants above, below or not told apart from each other explainer, by LFS; a paragraph, or none."""
    others = contrasts[(contrasts["measure"] == "lfs") & (contrasts["family"] == "others")]
    sentences = []
    for name, part in others.groupby("control", sort=False):
        places = []
        for place, phrase in (("above", "above"), ("contains 0", "not told apart from"), ("below", "below")):
            variants = [str(variant) for variant in part.loc[part["verdict"] == place, "variant"]]
            places += [f"{phrase} it: {_listed(variants)}"] if variants else []
        if places:
            ceiling = " (LFS's ceiling, which nothing passes)" if (part["note"] != "").any() else ""
            sentences.append(f"Beside {OTHER_WORDS.get(str(name), str(name))}{ceiling}, {'; '.join(places)}.")
    return [" ".join(sentences)] if sentences else []


def _counts(verdicts: pd.Series) -> str:
    found = {place: int((verdicts == place).sum()) for place in _PLACES}
    shown = [f"{found['above']} above 0", f"{found['contains 0']} contain 0", f"{found['below']} below 0"]
    return ", ".join(shown + ([f"{found['undecided']} without an interval"] if found["undecided"] else []))


def _reasons(controls: pd.DataFrame) -> str:
    return ", ".join(sorted(set(controls["interval"]) - {""})) or "no reason known"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
