"""Class means: hand-made vectors, embeddings that do not see tags, and scaling that gives distances back."""

from dataclasses import replace

import numpy as np
import pytest

from liap.errors import InputError
from liap.records import Sentence
from liap.transfer.class_means import distances, means_of, separation, vectors_of
from liap.transfer.class_plots import principal, scaled

VECTORS = {
    ("aa", "LOC"): np.array([[1.0, 0.1], [1.0, -0.1]]),
    ("aa", "PER"): np.array([[-1.0, 0.1], [-1.0, -0.1]]),
    ("bb", "LOC"): np.array([[0.9, 0.2], [-0.9, 0.2]]),
    ("bb", "PER"): np.array([[-1.0, 0.0], [-0.8, 0.0]]),
}


def sentence(words, tags):
    return Sentence(0, 0, tuple(words.split()), tuple(tags.split()))


def test_separation_by_hand():
    rows = {row.language: row for row in separation(VECTORS, "words")}
    assert (rows["aa"].words, rows["aa"].own, rows["aa"].chance) == (4, 1.0, 0.5)
    assert rows["bb"].others == pytest.approx(3 / 4)  # one of bb's LOC lies among aa's PER
    assert rows["bb"].own < 1


def test_distances_by_hand():
    table = distances(VECTORS, ["aa", "bb"])
    means = means_of(VECTORS)
    centre = np.mean(list(means.values()), axis=0)
    cosines = []
    for kind in ("LOC", "PER"):
        one, other = means["aa", kind] - centre, means["bb", kind] - centre
        cosines.append(one @ other / np.linalg.norm(one) / np.linalg.norm(other))
    assert table[0, 1] == table[1, 0] == pytest.approx(1 - np.mean(cosines))
    assert np.diag(table) == pytest.approx(0)


def test_embeddings_do_not_see_tags(tiny):
    one = sentence("a bc d ef", "O B-PER O B-LOC")
    other = replace(one, tags=("B-LOC", "O", "B-PER", "O"))
    both = vectors_of(tiny, {"aa": [one]}), vectors_of(tiny, {"aa": [other]})
    everything = tiny.hidden_states([one.words])[0][-4:].sum(axis=0)
    assert both[0]["aa", "PER"][0] == pytest.approx(everything[1], abs=1e-5)
    assert both[1]["aa", "PER"][0] == pytest.approx(everything[2], abs=1e-5)  # the word's vector has not moved
    seen = [
        vectors_of(tiny, {"aa": [replace(one, tags=tags)]}, with_tags=True)
        for tags in (one.tags, ("B-LOC", *one.tags[1:]))
    ]
    assert not np.allclose(seen[0]["aa", "PER"], seen[1]["aa", "PER"])  # with tags in the input it moves


def test_no_entity_is_refused(tiny):
    with pytest.raises(InputError, match="no entity"):
        vectors_of(tiny, {"aa": [sentence("a b", "O O")]})


def test_scaling_gives_plane_distances_back():
    points = np.random.default_rng(0).normal(size=(6, 2))
    table = np.linalg.norm(points[:, None] - points[None], axis=-1)
    found = scaled(table)
    assert np.linalg.norm(found[:, None] - found[None], axis=-1) == pytest.approx(table)


def test_principal_components_are_scikit_learns():
    from sklearn.decomposition import PCA

    means = {("aa", str(number)): row for number, row in enumerate(np.random.default_rng(0).normal(size=(7, 5)))}
    places, share = principal(means)
    known = PCA(2).fit(np.stack(list(means.values())))
    assert share == pytest.approx(known.explained_variance_ratio_)
    expected = known.transform(np.stack(list(means.values())))
    assert np.abs(np.stack(list(places.values()))) == pytest.approx(np.abs(expected))


def test_the_study_runs(script, tiny_folder, tmp_path):
    for language in ("aa", "bb", "cc"):
        folder = tmp_path / "corpora" / language
        folder.mkdir(parents=True)
        for split in ("train", "dev", "test"):
            (folder / f"{split}.txt").write_text("a B-PER\nb O\nc B-LOC\n\nd B-LOC\ne O\nab B-PER\n" * 2)
    flags = ("--encoder", tiny_folder, "--corpora", tmp_path / "corpora", "--runs", "", "--results", tmp_path / "out")
    status, out, err = script("studies/transfer_embeddings.py", *flags)
    assert status == 0, err
    assert "the encoder reads words:" in out and "the encoder reads words and tags:" in out
    assert (tmp_path / "out" / "class_means.png").stat().st_size > 5000
    lines = (tmp_path / "out" / "class_separation.csv").read_text().splitlines()
    assert lines[0] == "read,language,words,own,others,chance" and len(lines) == 7
    status, _, err = script("studies/transfer_embeddings.py", *flags[:4], "--runs", tmp_path / "none.csv", *flags[6:])
    assert status == 2 and "none.csv: no such file" in err
