"""Tables over recognisers of several seeds, against hand counts."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from liap.errors import InputError
from liap.reports import recogniser_seeds as seeds
from liap.reports.style import save

SIGNS = {"syntactic": (1, 1, 1), "core": (1, -1, 1)}  # LIAP less each control, by seed


@pytest.fixture
def folders(tmp_path, score_row, write_scores):
    """Three runs of 24 mentions in 8 documents; LIAP is .1 above or below its control, but for a jitter that no interval minds."""
    made = {}
    for number, seed in enumerate((4, 0, 2)):
        rows = []
        for mention in range(24):
            about = {"sentence": mention, "document": mention // 3, "start": 0, "end": 1}
            for variant, signs in SIGNS.items():
                jitter = 0.01 * (mention % 3 - 1) + 0.01 * number
                for explainer, lfs in (("liap", 0.5 + 0.1 * signs[number] + jitter), ("matched_random", 0.5)):
                    rows.append(score_row(**about, explainer=explainer, variant=variant, lfs=round(lfs, 6)))
            rows.append(score_row(**about, explainer="attention", variant="-", lfs=0.7 + 0.01 * number))
        made[seed] = seeds.folder_of(tmp_path, seed)
        write_scores(made[seed], rows)
    return made


def test_contrasts_over_seeds_are_hand_counts(folders):
    tables = seeds.tables_of(folders)
    table = tables.contrasts[tables.contrasts["family"] == "controls"].set_index("variant")
    core = [0.1, -0.1 + 0.01, 0.1 + 0.02]
    assert table.loc["core", "difference"] == pytest.approx(np.mean(core))
    assert table.loc["core", "sd"] == pytest.approx(stats.tstd(core))
    assert (table.loc["core", "least"], table.loc["core", "most"]) == pytest.approx((-0.09, 0.12))
    assert list(table.loc["core", ["recognisers", "n", "above", "below", "firm"]]) == [3, 24, 2, 1, "no"]
    assert list(table.loc["syntactic", ["above", "below", "firm", "firm_by_choice"]]) == [3, 0, "above", "above"]
    assert list(tables.each["seed"].unique()) == [4, 0, 2]
    means = tables.explainers.set_index(["explainer", "variant"])
    assert means.loc[("attention", ""), ["mean", "sd"]].tolist() == pytest.approx([0.71, 0.01])
    assert seeds.answer(tables).startswith(
        "Contrasts with controls that lie above 0 in each of 3 recognisers: 1 of 2; below"
    )


def test_tables_and_picture_are_made_from_the_files(folders, tmp_path):
    tables = seeds.tables_of(folders)
    for name, table in tables.files().items():
        table.to_csv(tmp_path / name, index=False)
    lines = seeds.contrast_table(tmp_path).splitlines()
    assert len(lines) == 2 + len(SIGNS)
    assert "LIAP, syntactic" in lines[2] and "| above | above |" in lines[2] and "| no | no |" in lines[3]
    assert "attention" in seeds.explainer_table(tmp_path) and "control" not in seeds.explainer_table(tmp_path)
    (picture,) = save(seeds.plot(tables, seeds.declared_in(tmp_path)), tmp_path, seeds.PLOT)
    assert (tmp_path / picture).stat().st_size > 5000


def test_runs_without_controls_are_refused(tmp_path, score_row, write_scores):
    write_scores(tmp_path, [score_row(explainer="random", variant="-")])
    with pytest.raises(InputError, match="nothing to compare"):
        seeds.tables_of({0: tmp_path})
    with pytest.raises(InputError, match=r"studies/seeds\.py first"):
        seeds.contrast_table(tmp_path / "none")


def test_every_column_is_written(folders):
    for name, table in seeds.tables_of(folders).files().items():
        assert isinstance(table, pd.DataFrame) and len(table), name
