"""The charts of neurons: legends stand below the panels, and every label has a look of its own."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from liap.neurons.neuron_ablation import WordScores
from liap.neurons.neuron_measures import LEAST, MOST, RANDOM, Curve, Measured
from liap.neurons.neuron_plots import plot_label
from liap.neurons.neuron_words import NeuronWords, Readout
from liap.reports.style import drawn_for, save
from liap.settings import FigureSettings

RANKERS = ("sensitivity", "sensitivity_predicted", "probeless", "probe", "gaussian", "gradient")
CONLL = ("PER", "LOC", "ORG", "MISC")
MANY = ("CARDINAL", "DATE", "EVENT", "FAC", "GPE", "LANGUAGE", "LAW", "LOC", "MONEY")
PAPER = FigureSettings(font_size=8.0, column_width=3.3)


def measured(kinds: tuple[str, ...], fills: tuple[str, ...]) -> Measured:
    """A tagger whose every score falls in a straight line as its neurons go."""
    labels = ("O", *(f"{place}-{kind}" for kind in kinds for place in "BI"))
    steps = tuple(range(11))
    falling = np.linspace(1, 0, len(steps))[:, None] * np.ones(len(labels))
    scores = WordScores(falling, falling, falling)
    curves = [
        Curve(fill, ranker, order, label, scores)
        for fill in fills
        for ranker in RANKERS
        for order in (MOST, LEAST)
        for label in range(len(labels))
    ]
    curves += [Curve(fill, RANDOM, RANDOM, -1, scores, scores, scores) for fill in fills]
    weight = np.zeros((len(labels), 10))
    none = NeuronWords((), np.zeros((0, 10)), *np.zeros((4, 0), dtype=int))
    orders = {ranker: np.tile(np.arange(10), (len(labels), 1)) for ranker in RANKERS}
    readout = Readout(labels, weight, np.zeros(len(labels)))
    return Measured("tagger", 0, readout, none, none, dict.fromkeys(RANKERS, weight), orders, steps, tuple(curves), ())


def chart(kinds: tuple[str, ...], fills: tuple[str, ...], settings: FigureSettings, folder) -> Figure:
    with drawn_for(settings):
        axes = plot_label([measured(kinds, fills)], 1, fills)
        save(axes, folder, "chart")
    figure = axes.get_figure()
    figure.draw_without_rendering()
    return figure


@pytest.mark.parametrize("settings", [FigureSettings(), PAPER], ids=["plain", "paper"])
@pytest.mark.parametrize(("kinds", "fills"), [(CONLL, ("zero", "mean")), (MANY, ("mean",))], ids=["few", "many"])
def test_legends_cover_neither_curves_nor_each_other(kinds, fills, settings, tmp_path):
    figure = chart(kinds, fills, settings, tmp_path)
    left, right = (legend.get_window_extent() for legend in figure.legends)
    assert left.x0 >= 0 and left.x1 < right.x0 and right.x1 <= figure.bbox.width + 1
    for axes in figure.axes:
        below = axes.xaxis.label.get_window_extent().y0
        assert max(left.y1, right.y1) <= below + 1 and not axes.get_legend()


def test_every_label_has_a_look_of_its_own(tmp_path):
    curves = chart(MANY, ("mean",), FigureSettings(), tmp_path).axes[0].get_lines()
    assert len({(line.get_color(), line.get_linestyle(), line.get_marker()) for line in curves}) == len(curves) == 19
