"""SST-1, SST-2, Subj and TREC: lines as they are published, and, where the files lie beside the project, the published sizes."""

from collections import Counter

import pytest

from liap.corpora.texts import load_texts

TREC = (
    "5 How far is it from Denver to Aspen ?\n4 What county is Modesto , California in ?\n3 Who was Galileo ?\n0 What is an atom ?\n"
    "1 What is Australia 's national flower ?\n2 What is the full form of .com ?\n"
)
SUBJ = (
    "0 smart and alert , thirteen conversations about one thing is a small gem . \n"
    "1 the movie begins in the past where a young boy named sam attempts to save celebi from a hunter . \n"
)
SST2 = "0 one long string of cliches .\n1 writer\\/director -lrb- burns -rrb- is one to watch\n"
TREES = "(2 (3 (3 Effective) (2 but)) (1 (1 too-tepid) (2 biopic)))\n(0 (1 (2 -LRB-) (2 Dull)) (2 -RRB-))\n"
SIZES = {  # of the published splits: training and dev together (Subj and TREC have no dev split), test
    "sst2": (6920 + 872, 1821),
    "sst_trees:binary": (6920 + 872, 1821),
    "sst_trees": (8544 + 1101, 2210),
    "subj": (9000, 1000),
    "trec": (5452, 500),
}
CLASSES = {  # of all texts together
    "sst2": {"positive": 3610 + 444 + 909, "negative": 3310 + 428 + 912},
    "sst_trees": {
        "very_negative": 1092 + 139 + 279, "negative": 2218 + 289 + 633, "neutral": 1624 + 229 + 389, "positive": 2322 + 279 + 510,
        "very_positive": 1288 + 165 + 399,
    },
    "subj": {"subjective": 5000, "objective": 5000},
    "trec": {
        "description": 1162 + 138, "entity": 1250 + 94, "abbreviation": 86 + 9, "person": 1223 + 65, "location": 835 + 81,
        "number": 896 + 113,
    },
}  # fmt: skip
CLASSES["sst_trees:binary"] = CLASSES["sst2"]
FIRST = {  # of the test split: class and first words
    "sst2": ("negative", "no movement , no yuks ,"),
    "sst_trees": ("neutral", "Effective but too-tepid biopic"),
    "sst_trees:binary": ("positive", "If you sometimes like to"),
    "subj": ("subjective", "smart and alert , thirteen"),
    "trec": ("number", "How far is it from"),
}


def read(folder, name, content, split="test"):
    (folder / name).mkdir()
    (folder / name / f"{split}.txt").write_bytes(content if isinstance(content, bytes) else content.encode())
    return load_texts(str(folder / name), split)


def test_trec_names_its_six_classes(tmp_path):
    texts = read(tmp_path, "trec", TREC)
    assert [text.label for text in texts] == ["number", "location", "person", "description", "entity", "abbreviation"]
    assert texts[1].words == ("What", "county", "is", "Modesto", ",", "California", "in", "?")


def test_subj_is_subjective_or_objective(tmp_path):
    texts = read(tmp_path, "subj", SUBJ)
    assert [(text.label, text.words[0], text.words[-1]) for text in texts] == [
        ("subjective", "smart", "."),
        ("objective", "the", "."),
    ]


def test_subj_is_in_windows_1252(tmp_path):
    """An ellipsis there is a byte that Latin-1 takes for white space; a dash is one without a shape."""
    line = b"0 caf\xe9 \x85 a comedy \x96 or not\n"
    assert read(tmp_path, "subj", line)[0].words == ("café", "…", "a", "comedy", "–", "or", "not")


def test_bytes_without_a_character_in_windows_1252_are_latin1(tmp_path):
    assert read(tmp_path, "own", b"0 caf\xe9 \x81b\n")[0].words == ("café", "\x81b")


def test_sst2_keeps_its_words_as_they_are_written(tmp_path):
    texts = read(tmp_path, "sst2", SST2)
    assert [text.label for text in texts] == ["negative", "positive"]
    assert texts[1].words == ("writer\\/director", "-lrb-", "burns", "-rrb-", "is", "one", "to", "watch")


def test_sst1_has_five_classes_and_the_polarity_of_each_word(tmp_path):
    texts = read(tmp_path, "sst_trees", TREES)
    assert [text.label for text in texts] == ["neutral", "very_negative"]
    assert texts[0].words == ("Effective", "but", "too-tepid", "biopic")
    assert texts[0].polarities == ("positive", "neutral", "negative", "neutral")
    assert texts[1].words == ("(", "Dull", ")")


@pytest.mark.parametrize("name", SIZES)
def test_the_files_have_the_published_sizes_and_classes(shared, name):
    folder = shared / "data" / "textcls" / name.partition(":")[0]
    if not folder.is_dir():
        pytest.skip(f"{folder} is not beside the project")
    splits = [load_texts(str(shared / "data" / "textcls" / name), split) for split in ("train", "dev", "test")]
    assert (len(splits[0]) + len(splits[1]), len(splits[2])) == SIZES[name]
    assert Counter(text.label for split in splits for text in split) == CLASSES[name]
    label, words = FIRST[name]
    assert splits[2][0].label == label and " ".join(splits[2][0].words).startswith(words)
