"""Letters that the default font lacks come from an installed font, or their script is named in a note."""

from pathlib import Path

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib.font_manager import FontManager, fontManager

from liap.records import Mention
from liap.reports import fonts
from liap.reports.fonts import fonts_for, script_of
from liap.reports.pictures import draw
from liap.reports.word_panels import Example, MethodScores


@pytest.fixture
def no_other_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fontManager, "ttflist", [one for one in fontManager.ttflist if one.name == "DejaVu Sans"])


def example(words: tuple[str, ...]) -> Example:
    mention = Mention(0, 0, 0, 1, ("B-LOC",), "LOC", None, "no_gold", 0.9)
    return Example(words, mention, (MethodScores("occlusion", "#000000", np.arange(len(words)) * 0.1),))


def install(letters: str, folder: Path) -> str:
    """A font of squares for these letters, known to matplotlib; its family."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0)), pen.lineTo((0, 500)), pen.lineTo((500, 500)), pen.lineTo((500, 0)), pen.closePath()
    names, square = [".notdef", *(f"u{ord(letter):04X}" for letter in letters)], pen.glyph()
    builder = FontBuilder(1000)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(letter): name for letter, name in zip(letters, names[1:], strict=True)})
    builder.setupGlyf(dict.fromkeys(names, square))
    builder.setupHorizontalMetrics(dict.fromkeys(names, (600, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Squares", "styleName": "Regular"})
    builder.setupOS2(), builder.setupPost()
    builder.save(folder / "squares.ttf")
    fontManager.addfont(str(folder / "squares.ttf"))
    return "Squares"


def test_the_default_font_is_enough_for_latin_greek_cyrillic_and_arabic(no_other_fonts: None) -> None:
    assert fonts_for("Ann é Кот λόγος القاهرة \n\x00\ud800").missing == ()
    assert len(fonts_for("Ann").families) == 1 and fonts_for("Ann").note == ""


def test_a_script_without_a_font_is_named_under_the_picture(no_other_fonts: None) -> None:
    missing = fonts_for("東京 नमस्ते 😀")
    assert missing.missing == ("Chinese characters", "Devanagari")[: len(missing.missing)]
    assert missing.note.startswith("Boxes: no font on this machine has Chinese characters, Devanagari")
    shown = [text.get_text() for text in draw(example(("東京", "ran", "."))).texts]
    assert any("no font on this machine has Chinese characters" in text for text in shown)


def test_an_installed_font_with_the_letters_is_used(no_other_fonts: None, tmp_path: Path) -> None:
    family = install("東京", tmp_path)
    found = fonts_for("Ann 東京")
    assert found.families[-1] == family and found.missing == () and found.note == ""
    figure = draw(example(("東京", "ran", ".")))
    assert family in figure.axes[0].get_xticklabels()[0].get_fontfamily()


def test_placeholders_and_broken_files_are_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    assert fonts._letters(str(tmp_path / "broken.ttf")) == frozenset()
    entries = [one for one in FontManager().ttflist if "Last Resort" in one.name]
    monkeypatch.setattr(fontManager, "ttflist", entries)
    assert list(fonts._candidates()) == []


def test_scripts_have_plain_names() -> None:
    assert [script_of(letter) for letter in "東नひ한😀"] == [
        "Chinese characters", "Devanagari", "Japanese", "Korean", "emoji and symbols",
    ]  # fmt: skip
