"""A hand-made study: three languages, two starting points, two seeds, whose every mean is known."""

import pytest

from liap.taggers.entity_f1 import EntityScore
from liap.transfer.grid_scores import GridScore

LANGUAGES = ("aa", "bb", "cc")
# rows: fine-tuned on; columns: evaluated on; F1 in points
BASE = ((80, 10, 20), (30, 90, 40), (50, 60, 70))


def grid_score(start, trained, seed, evaluated, f1, *, part="zero_shot_grid", split="test", kind="PER"):
    share = f1 / 100
    types = (EntityScore(kind, share, share, share, 5),)
    return GridScore(start, trained, seed, evaluated, part, split, share, share, share, 0.5, types)


def study(start="base", seeds=(-1, 1), table=BASE):
    """A run per seed: the table's F1 plus the seed's shift, for every pair of languages."""
    return [
        grid_score(start, trained, seed, evaluated, table[row][column] + shift)
        for row, trained in enumerate(LANGUAGES)
        for seed, shift in enumerate(seeds)
        for column, evaluated in enumerate(LANGUAGES)
    ]


@pytest.fixture
def scores():
    """`base` as in BASE; `other` is 5 points better on its own language and 2 worse elsewhere."""
    table = [
        [value + (5 if row == column else -2) for column, value in enumerate(line)] for row, line in enumerate(BASE)
    ]
    return study() + study("other", table=table)


@pytest.fixture(scope="session")
def published_analysis(shared):
    """The analysis of the published runs, as studies/transfer.py makes it by default."""
    from liap.transfer.transfer_analysis import analyse_transfer
    from liap.transfer.transfer_settings import TransferSettings

    folders = shared / "data" / "nertransfer", shared / "data" / "masakhaner"
    if not all(folder.is_dir() for folder in folders):
        pytest.skip("the published results of the transfer study, or MasakhaNER, are not beside the project")
    return analyse_transfer(TransferSettings(published=str(folders[0]), corpora=str(folders[1]), document=""))
