"""The rules of genre on written sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liap.corpora.genre import GENRES, genre

WRITTEN = {
    "prose": (
        "The minister said on Monday that Oslo would not sign .",
        "She plays for a club in Milan .",
        'We do not know where the front is , " it said .',
        "Shares of the bank rose 4 % in early trade",
        "a name like McDonald is in it",
        "Polls close at 8 p.m. in most of the country .",
        "東京 で 会議 が 開か れ た",
        "قال الوزير يوم الاثنين",
    ),
    "table": (
        "1. Anna Berg ( Norway ) 41.58",
        "LONDON 1997-01-02",
        "Dundee 15 6 4 5 26 24 22",
        "Northfield Holdings Incorporated",
        "K. Moore b Singh 8",
        "12,500 ( 3,100 )",
        "Rome",
        "Year ago ( act ) 1,200 3,400 5,600 7,800",
    ),
    "capitals": (
        "SOCCER - LATE GOAL GIVES NORWAY VICTORY .",
        "OSLO AT BERGEN",
        "TENNIS - BERG WINS IN Rome .",
        "MONDAY , JANUARY 6 SCHEDULE",
    ),
}


@pytest.mark.parametrize(("expected", "text"), [(name, text) for name, texts in WRITTEN.items() for text in texts])
def test_written_sentences(expected, text):
    assert genre(text.split()) == expected


@given(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=12))
def test_every_sentence_has_a_genre(words):
    assert genre(words) in GENRES
    assert genre([word.swapcase().swapcase().swapcase() for word in words]) in GENRES
