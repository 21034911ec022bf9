"""The lines of the tables about a transformer's neurons, and what its run says of the speed; docs/definitions.md explains every column."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LayerRow:
    """A line of `encoder_layers.csv`."""

    site: str
    layer: int
    width: int
    type: str
    ranker: str
    order: str
    fill: str
    share: float
    removed: int
    recall: float
    drop: float
    low: float
    high: float
    chance: float
    chance_low: float
    chance_high: float
    others: float
    documents: int
    words_of_type: int


@dataclass(frozen=True, slots=True)
class EncoderImportanceRow:
    """A line of `encoder_importance.csv`."""

    site: str
    layer: int
    type: str
    ranker: str
    place: int
    neuron: int
    score: float


@dataclass(frozen=True, slots=True)
class EncoderProbeRow:
    """A line of `encoder_probes.csv`."""

    site: str
    layer: int
    neurons: str
    count: int
    accuracy: float
    control: float
    selectivity: float
    majority: float


@dataclass(frozen=True, slots=True)
class EncoderFacts:
    """What `run.json` says of the speed: whole layers computed, and processor seconds of the same removals both ways."""

    removals: int
    layers_computed: int
    layers_naively: int
    seconds_shared: float
    seconds_naively: float
