"""Text classification corpora: lines, trees, tweets, IMDB's folder, data sets of the library; what is wrong is named in one line."""

import pytest

from liap.corpora.texts import classes_of, labelled_sentences, load_texts
from liap.corpora.texts.sentiment_trees import read_tree
from liap.errors import InputError
from liap.records import LabelledText


def write(path, text, encoding="utf-8"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))
    return path


TREES = "(4 (2 a) (4 (4 fine) (2 film)))\n(1 (2 no) (1 (1 bad) (2 plot)))\n(2 (2 a) (2 film))\n"
TWEETS = (
    "1\t7\t0\t0\tpositive\tgreat day , bad night\n"
    "1\t7\t3\t4\tnegative\tgreat day , bad night\n"
    "1\t7\t3\t3\tnegative\tgreat day , bad night\n"
    "2\t8\t0\t1\tobjective-OR-neutral\tat home\n"
    "3\t9\t0\t1\tpositive\tNot Available\n"
)


def test_lines_have_a_class_and_words(tmp_path):
    for split in ("train", "dev", "test"):
        write(tmp_path / "sst2" / f"{split}.txt", f"1 good {split} .\n\n0 bad film\n")
    texts = load_texts(str(tmp_path / "sst2"), "validation")
    assert texts == (
        LabelledText(0, ("good", "dev", "."), "positive"),
        LabelledText(1, ("bad", "film"), "negative"),
    )
    assert load_texts(str(tmp_path / "sst2"), "train", limit=1)[0].words == ("good", "train", ".")
    assert classes_of(texts) == ("negative", "positive")


def test_numbers_of_an_unknown_set_become_names_and_names_stay(tmp_path):
    path = write(tmp_path / "own" / "test.txt", "3 a\nHUM b\n")
    assert [text.label for text in load_texts(str(path), "test")] == ["class_3", "HUM"]


def test_a_file_that_is_not_utf8_is_latin1(tmp_path):
    path = write(tmp_path / "trec" / "test.txt", "5 How far is Bogotá ?\n", "latin-1")
    assert load_texts(str(path), "test")[0].words[3] == "Bogotá"


def test_one_file_for_all_is_divided_and_nothing_is_lost(tmp_path):
    write(tmp_path / "subj" / "all.txt", "".join(f"{number % 2} w{number}\n" for number in range(40)))
    splits = {name: load_texts(str(tmp_path / "subj"), name) for name in ("train", "dev", "test")}
    assert [text.index for text in splits["test"]] == [0, 10, 20, 30]
    assert sorted(text.words[0] for texts in splits.values() for text in texts) == sorted(f"w{n}" for n in range(40))


def test_without_a_dev_file_a_tenth_of_training_is_dev(tmp_path):
    write(tmp_path / "trec" / "train.txt", "".join(f"{number % 6} w{number}\n" for number in range(20)))
    write(tmp_path / "trec" / "test.txt", "1 x\n0 y\n")
    dev, train = load_texts(str(tmp_path / "trec"), "dev"), load_texts(str(tmp_path / "trec"), "train")
    assert [text.index for text in dev] == [1, 11] and len(train) == 18
    assert not {text.words for text in dev} & {text.words for text in train}
    assert len(load_texts(str(tmp_path / "trec"), "test")) == 2


def test_a_tree_has_a_number_for_the_whole_and_for_every_word():
    assert read_tree("(4 (2 a) (4 (4 fine) (2 -LRB-)))", "x") == (4, [("a", 2), ("fine", 4), ("(", 2)])


def test_trees_give_classes_and_polarities(tmp_path):
    path = write(tmp_path / "test.txt", TREES)
    five = load_texts(str(path), "test")
    assert [text.label for text in five] == ["very_positive", "negative", "neutral"]
    assert five[0].polarities == ("neutral", "positive", "neutral") and five[0].polar_words == (1,)
    two = load_texts(f"{path}:binary", "test")
    assert [(text.index, text.label) for text in two] == [(0, "positive"), (1, "negative")]
    assert five[2].polar_words == ()  # of a neutral text no word is polar


def test_a_training_file_that_ends_with_the_dev_file_is_read_without_it(tmp_path):
    dev = "(1 (2 no) (1 awful))\n"
    write(tmp_path / "train.txt", TREES + dev)
    write(tmp_path / "dev.txt", dev)
    assert len(load_texts(str(tmp_path), "train")) == 3
    write(tmp_path / "train.txt", dev + TREES)
    assert len(load_texts(str(tmp_path), "train")) == 4


def test_the_sentence_of_a_text_has_the_pseudo_word_and_its_evidence(tmp_path):
    sentence = labelled_sentences(str(write(tmp_path / "test.txt", TREES)), "test")[0]
    assert sentence.words == ("[CLS]", "a", "fine", "film") and sentence.tags == ("B-very_positive", "O", "O", "O")
    assert [(known.start, known.end, known.words, known.family) for known in sentence.evidence] == [
        (0, 1, (2,), "sentiment")
    ]


def test_tweets_of_both_subtasks(tmp_path):
    contextual = load_texts(str(write(tmp_path / "a.tsv", TWEETS)), "test")
    assert [text.label for text in contextual] == ["negative", "neutral"]
    assert contextual[0].polarities == ("positive", "neutral", "neutral", "negative", "negative")
    message = load_texts(str(write(tmp_path / "b.tsv", '1\t7\t"positive"\tgreat day\n')), "test")
    assert message == (LabelledText(0, ("great", "day"), "positive"),)


def test_the_folder_of_imdb(tmp_path):
    for split in ("train", "test"):
        for kind in ("pos", "neg"):
            for number in range(11):
                write(tmp_path / split / kind / f"{number:02}_1.txt", f"It's {kind}.<br /><br />Really {number}")
    splits = {name: load_texts(str(tmp_path), name) for name in ("train", "dev", "test")}
    assert {name: len(texts) for name, texts in splits.items()} == {"train": 18, "dev": 4, "test": 22}
    assert splits["test"][0].words == ("It", "'s", "pos", ".", "Really", "0")
    assert [text.label for text in splits["test"][:2]] == ["positive", "negative"]


@pytest.mark.parametrize("saved", ["dict", "parquet"])
def test_what_the_library_saved(tmp_path, saved):
    datasets = pytest.importorskip("datasets")
    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["neg", "pos"])})
    rows = datasets.Dataset.from_dict({"text": ["Good film.", "Bad, bad."], "label": [1, 0]}, features=features)
    if saved == "dict":
        datasets.DatasetDict({"train": rows, "test": rows}).save_to_disk(str(tmp_path / "set"))
    else:
        (tmp_path / "set").mkdir()
        for split in ("train", "test"):
            rows.to_parquet(str(tmp_path / "set" / f"{split}.parquet"))
    texts = load_texts(str(tmp_path / "set"), "test")
    assert texts[0] == LabelledText(0, ("Good", "film", "."), "pos") and texts[1].label == "neg"


def test_a_saved_set_without_a_dev_split_gives_part_of_its_training(tmp_path):
    datasets = pytest.importorskip("datasets")
    rows = datasets.Dataset.from_dict({"text": [f"w{n} ." for n in range(20)], "label": ["x", "y"] * 10})
    datasets.DatasetDict({"train": rows, "test": rows}).save_to_disk(str(tmp_path / "set"))
    assert [text.index for text in load_texts(str(tmp_path / "set"), "dev")] == [1, 11]
    assert (
        len(load_texts(str(tmp_path / "set"), "train")) == 18 and len(load_texts(str(tmp_path / "set"), "test")) == 20
    )


def test_texts_that_are_split_already_are_split_at_blanks():
    datasets = pytest.importorskip("datasets")
    from liap.corpora.texts.text_sets import texts_of

    rows = datasets.Dataset.from_dict({"sentence": ["it 's the co-writer 's", "a b ."], "label": ["x", "y"]})
    assert texts_of(rows, "here")[0].words == ("it", "'s", "the", "co-writer", "'s")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("1\n", ":1: "),
        ("(3 (2 a) (5 b))\n", "expected a tree"),
        ("(3 (2 a)\n", "expected a tree"),
        ("(3 (2 a)) b\n", "expected a tree"),
        ("1\t2\t0\t5\tpositive\ta b\n", "the span 0 to 5 of 2 words"),
        ("\n", "has no text"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path, content, said):
    with pytest.raises(InputError) as caught:
        load_texts(str(write(tmp_path / "test.txt", content)), "test")
    assert said in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("corpus", "split", "said"),
    [("", "test", "no name"), ("./nowhere", "test", "no such folder"), ("./nowhere", "all", "expected one of")],
)
def test_names_that_lead_nowhere(corpus, split, said):
    with pytest.raises(InputError, match=said):
        load_texts(corpus, split)


def test_columns_and_classes_that_lack_are_named():
    datasets = pytest.importorskip("datasets")
    from liap.corpora.texts.text_sets import texts_of

    with pytest.raises(InputError, match="no column label"):
        texts_of(datasets.Dataset.from_dict({"text": ["a"]}), "here")
    with pytest.raises(InputError, match="row 0: the class"):
        texts_of(datasets.Dataset.from_dict({"text": ["a"], "label": [-1]}), "here")
    with pytest.raises(InputError, match="two or more"):
        classes_of((LabelledText(0, ("a",), "x"),))
