"""Pictures of single explanations: what is in them, at every size, with hostile words."""

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg

from liap.records import Frame, Mention, Parse
from liap.reports.pictures import WORDS_PER_ROW, draw, title
from liap.reports.style import save
from liap.reports.word_panels import Example, MethodScores, labels

NAN = float("nan")


def example(words, *, lfs=0.75, pruned=True, parsed=True, frames=True, attention=True, start=0, size=1):
    count = len(words)
    mention = Mention(0, 0, start, start + size, ("B-PER",) * size, "PER", "LOC", "wrong_type", 0.931)
    kept = np.zeros(count, dtype=bool)
    kept[start + size : start + size + count // 3] = True
    rows = np.random.default_rng(0).dirichlet(np.ones(count), size=size)
    methods = (
        MethodScores("LIAP, same role", "#0072B2", rows[0] * kept, lfs, pruned=True),
        MethodScores("occlusion", "#000000", -rows[0], 0.25),
    )
    frame = Frame(1, ("B-ARG0", "B-V", *["B-ARGM-TMP"] * (count - 2))) if count > 2 else None
    return Example(
        words=words,
        mention=mention,
        methods=methods if pruned else methods[1:],
        parse=Parse((-1, *range(count - 1)), ("dep",) * count, ("X",) * count) if parsed else None,
        frames=(frame,) if frame and frames else (),
        kept=kept if pruned else None,
        before=rows if attention else None,
        after=rows * kept if attention and pruned else None,
    )


def panels(figure) -> dict[str, Axes]:
    """The axes by what they show: `tree 0` is of the first row of words, `bars 1 0` is the second method's."""
    return {axes.get_label(): axes for axes in figure.axes}


def words_of(count):
    return tuple(f"word{place}" for place in range(count))


@pytest.mark.parametrize("count", [1, 2, 12, 40])
def test_axes_are_labelled_by_words_and_the_picture_is_written(count, tmp_path):
    words = words_of(count)
    shown = panels(draw(example(words)))
    assert list(shown) == ["tree 0", "bars 0 0", "bars 1 0", "map 0 0", "scale", "map 1 0", "map 2 0"]
    assert [tick.get_text() for tick in shown["bars 1 0"].get_xticklabels()] == list(words)
    maps = [shown[f"map {number} 0"] for number in range(3)]
    assert [axes.get_title(loc="left") for axes in maps] == [
        "attention from the mention",
        "after pruning",
        "removed by pruning",
    ]
    assert all([tick.get_text() for tick in axes.get_yticklabels()] == ["word0"] for axes in maps)
    save(draw(example(words)), tmp_path, "example_1")
    assert (tmp_path / "example_1.png").read_bytes().startswith(b"\x89PNG")


def test_title_says_type_outcome_and_probability():
    assert title(example(("Ann", "ran"))) == "Ann: PER (wrong type, gold LOC), p = 0.93"


def test_every_method_has_bars_in_its_colour_with_its_name_and_lfs():
    one = example(words_of(6), lfs=NAN)
    shown = panels(draw(one))
    for number, method in enumerate(one.methods):
        axes = shown[f"bars {number} 0"]
        (bars,) = axes.containers
        np.testing.assert_allclose(bars.datavalues, method.scores / np.abs(method.scores).max())
        assert bars[0].get_facecolor()[:3] == tuple(int(method.colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    assert shown["bars 0 0"].get_ylabel() == "LIAP, same role\nLFS undefined"
    assert shown["bars 1 0"].get_ylabel() == "occlusion\nLFS 0.25"


def test_maps_hold_the_mention_s_rows_alone_on_one_scale_of_the_context():
    one = example(words_of(9), start=2, size=3)
    shown = panels(draw(one))
    images = [shown[f"map {number} 0"].images[0] for number in range(3)]
    for image, values in zip(images, (one.before, one.after, one.before - one.after), strict=True):
        np.testing.assert_allclose(image.get_array(), values)
        assert image.get_clim() == (0, one.before[:, [0, 1, 5, 6, 7, 8]].max())


def test_roles_are_drawn_only_where_there_are_frames():
    with_roles, without = (panels(draw(example(words_of(6), frames=frames)))["tree 0"] for frames in (True, False))
    assert "ARG0" in [text.get_text() for text in with_roles.texts]
    assert {text.get_text() for text in without.texts} == {"dep"}


def test_a_run_without_parse_pruning_or_attention_shows_what_it_has():
    assert list(panels(draw(example(words_of(6), pruned=False, parsed=False)))) == ["bars 0 0", "map 0 0", "scale"]
    assert list(panels(draw(example(words_of(6), pruned=False, parsed=False, attention=False)))) == ["bars 0 0"]


def test_a_long_sentence_is_wrapped_and_every_word_appears_once():
    words = words_of(120)
    shown = panels(draw(example(words, start=50, size=2)))
    rows = [[tick.get_text() for tick in shown[f"bars 1 {row}"].get_xticklabels()] for row in range(3)]
    assert all(len(row) <= WORDS_PER_ROW for row in rows)
    assert [word for row in rows for word in row] == list(words)
    heights = [value for row in range(3) for value in shown[f"bars 1 {row}"].containers[0].datavalues]
    one = example(words, start=50, size=2).methods[1].scores
    np.testing.assert_allclose(heights, one / np.abs(one).max())


def test_a_picture_of_any_sentence_can_be_saved():
    figure = draw(example(words_of(1400), pruned=False, parsed=False, attention=False))
    assert len(figure.axes) == 16
    assert max(figure.get_size_inches()) * 150 < 2**16


@pytest.mark.filterwarnings("ignore:Glyph .* missing")
@pytest.mark.parametrize(
    "one",
    [
        example(words_of(12)),
        example(("a" * 30,) * 45, start=20, size=4),
        example(("a", "b", "c")),
        example(("नमस्ते" * 3,) * 6),
    ],
)
def test_no_text_overlaps_another(one, tmp_path):
    figure = draw(one)
    save(figure, tmp_path, "example_1")
    renderer = FigureCanvasAgg(figure).get_renderer()
    texts = list(figure.texts)
    for axes in figure.axes:
        texts += [*axes.texts, axes.title, axes._left_title, axes.yaxis.label]
        texts += [tick for tick in (*axes.get_xticklabels(), *axes.get_yticklabels()) if tick.get_visible()]
    boxes = [text.get_window_extent(renderer) for text in texts if text.get_text().strip()]
    for place, box in enumerate(boxes):
        for other in boxes[place + 1 :]:
            width = min(box.x1, other.x1) - max(box.x0, other.x0)
            height = min(box.y1, other.y1) - max(box.y0, other.y0)
            assert width <= 1.5 or height <= 1.5, "two labels share a stretch of the picture"


@pytest.mark.parametrize(
    "word",
    ["<b>", "$x$", "$", "\\frac{", "_^", "=cmd()", "ａ" * 40, "👩‍👩‍👧", "\u202eabc", "\x00", "", "a" + "\u0301" * 99],
)
def test_hostile_words_are_drawn_as_they_are(word, tmp_path):
    save(draw(example((word, "b", word))), tmp_path, "example_1")
    assert len(labels((word,))[0]) <= 2 * 14


def test_long_words_are_cut_with_an_ellipsis():
    assert labels(("a" * 14, "a" * 15, "東" * 7, "東" * 8)) == ["a" * 14, "a" * 13 + "…", "東" * 7, "東" * 6 + "…"]
