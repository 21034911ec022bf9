"""Pictures of single explanations: what is in them, at every size, with hostile words."""

import numpy as np
import pytest

from liap.records import Frame, Mention, Parse
from liap.reports.pictures import Example, draw, labels, title
from liap.reports.style import save_figure


def example(words, *, lime=True, lfs=0.75):
    count = len(words)
    mention = Mention(0, 0, 0, 1, ("B-PER",), "PER", "LOC", "wrong_type", 0.931)
    kept = np.zeros(count, dtype=bool)
    kept[1 : 1 + count // 3] = True
    matrix = np.random.default_rng(0).dirichlet(np.ones(count), size=count)
    frames = (Frame(1, ("B-ARG0", "B-V", *["B-ARGM-TMP"] * (count - 2))),) if count > 2 else ()
    return Example(
        words=words,
        mention=mention,
        variant="same_role",
        parse=Parse((-1, *range(count - 1)), ("dep",) * count, ("X",) * count),
        frames=frames,
        kept=kept,
        importance=matrix[0] * kept,
        lime=-matrix[0] if lime else None,
        before=matrix,
        after=matrix * kept,
        lfs=lfs,
    )


@pytest.mark.parametrize("count", [1, 2, 12, 40])
def test_axes_are_labelled_by_words_and_the_picture_is_written(count, tmp_path):
    words = tuple(f"word{place}" for place in range(count))
    figure = draw(example(words))
    tree, bars, *maps = figure.findobj(lambda one: one.__class__.__name__ == "Axes")[:5]
    assert [tick.get_text() for tick in bars.get_xticklabels()] == list(words)
    for axes in maps:
        assert [tick.get_text() for tick in axes.get_yticklabels()] == list(words)
        assert axes.get_xlabel() == "attention to"
    assert tree.get_ylabel().startswith("dependencies")
    save_figure(figure, tmp_path / "example_1.png")
    assert (tmp_path / "example_1.png").read_bytes().startswith(b"\x89PNG")


def test_title_says_type_outcome_probability_and_lfs():
    assert title(example(("Ann", "ran"))) == "Ann: PER (wrong type, gold LOC), p = 0.93, LFS of LIAP same role = 0.75"
    assert title(example(("Ann", "ran"), lfs=float("nan"))).endswith("= undefined")


def test_bars_are_the_scores_scaled_to_the_largest():
    one = example(("a", "b", "c", "d", "e", "f"))
    bars = draw(one).findobj(lambda found: found.__class__.__name__ == "Axes")[1]
    heights = [container.datavalues for container in bars.containers]
    np.testing.assert_allclose(heights[0], one.importance / one.importance.max())
    np.testing.assert_allclose(heights[1], one.lime / np.abs(one.lime).max())
    alone = draw(example(("a", "b", "c"), lime=False)).findobj(lambda found: found.__class__.__name__ == "Axes")[1]
    assert len(alone.containers) == 1


@pytest.mark.parametrize(
    "word", ["<b>", "$x$", "$", "\\frac{", "_^", "=cmd()", "ａ" * 40, "👩‍👩‍👧", "\u202eabc", "\x00", ""]
)
def test_hostile_words_are_drawn_as_they_are(word, tmp_path):
    save_figure(draw(example((word, "b", word))), tmp_path / "example_1.png")
    assert len(labels((word,))[0]) <= 2 * 14


def test_long_words_are_cut_with_an_ellipsis():
    assert labels(("a" * 14, "a" * 15)) == ["a" * 14, "a" * 13 + "…"]
