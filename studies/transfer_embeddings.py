"""Where an encoder puts the entity words of each language, and whether languages that lie near each other transfer to each other.

    python studies/transfer_embeddings.py --encoder xlm-roberta-base --corpora data/masakhaner --runs data/nertransfer/results.csv
    python studies/transfer_embeddings.py --encoder models/minilm-l6-uncased --languages hau swa yor --runs ""

Writes to the results folder class_means.csv (two principal components of each language's and category's mean), class_separation.csv (is a word's
nearest class mean that of its category? with words alone, and with gold tags in the input, as the published script had them),
class_distances.csv, class_correlation.csv (distance against zero-shot F1, languages renamed for the p-value), class_means.png and
class_languages.png. `liap/transfer/class_means.py` says what is computed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from liap import cli
from liap.settings import FigureSettings, check_number

ENCODER = "xlm-roberta-base"  # whose hidden states are read: a folder, or a name on the hub
CORPORA = "data/masakhaner"  # folder with a corpus for each language
LANGUAGES = ()  # which of them; none: all
SPLIT = "test"  # which part of each corpus: train, validation, test
SENTENCES = 0  # of each language, from the start; 0: all
RUNS = "data/nertransfer/results.csv"  # the table of runs whose zero-shot F1 is compared; none: no comparison
STARTING_POINT = "base"  # of the runs that are compared
PERMUTATIONS = 10_000  # names of the languages that are drawn for a correlation's p-value
SEED = 0  # of these draws
FORMATS = ("png",)  # of the plots, one or more of: png, pdf, svg
FONT_SIZE = 10.0  # points, of the plots' labels; small print is smaller
COLUMN_WIDTH = 0.0  # inches, of a paper's column that plots are drawn for, such as 3.3; 0: each plot's own width
RESULTS = "results/transfer_embeddings"  # folder for tables and plots


@dataclass(frozen=True, kw_only=True)
class EmbeddingSettings(FigureSettings):
    """What is read and what it is compared with."""

    encoder: str
    corpora: str
    languages: tuple[str, ...]
    split: str
    sentences: int
    runs: str
    starting_point: str
    permutations: int
    seed: int
    results: str

    def check(self) -> None:
        from liap.files import check_folder

        check_number("--sentences", self.sentences, 0)
        check_number("--permutations", self.permutations, 100, 1_000_000)
        check_folder("--results", self.results)


def main() -> None:
    settings = cli.settings(__file__, EmbeddingSettings)
    from liap.reports.style import drawn_for, save
    from liap.transfer import class_means, class_plots
    from liap.transfer.overlap import read_corpora

    folder = Path(settings.results)
    read = read_corpora(Path(settings.corpora), settings.languages)
    sentences = {name: splits[settings.split][: settings.sentences or None] for name, splits in read.items()}
    reader = class_means.load_reader(settings.encoder)
    vectors = class_means.vectors_of(reader, sentences)
    leaked = class_means.vectors_of(reader, sentences, with_tags=True)
    separated = [*class_means.separation(vectors, "words"), *class_means.separation(leaked, "words and tags")]
    languages = list(sentences)
    distances = class_means.distances(vectors, languages)
    means = class_means.means_of(vectors)
    places, _ = class_plots.principal(means)
    lines = [
        {
            "language": language,
            "category": kind,
            "words": len(vectors[language, kind]),
            "first": place[0],
            "second": place[1],
        }
        for (language, kind), place in places.items()
    ]
    pairs = [
        {"first": one, "second": other, "distance": distances[row, column]}
        for row, one in enumerate(languages)
        for column, other in enumerate(languages)
        if row < column
    ]
    correlated = correlations(
        settings, languages, {"words": distances, "words and tags": class_means.distances(leaked, languages)}
    )
    write(
        folder,
        class_means=lines,
        class_separation=list(map(asdict, separated)),
        class_distances=pairs,
        class_correlation=correlated,
    )
    with drawn_for(settings):
        plot = class_plots.plot_languages(distances, languages)
        save(class_plots.plot_means(means), folder, "class_means", class_plots.MEANS_CAPTION)
        save(plot, folder, "class_languages", class_plots.LANGUAGES_CAPTION)
    report(separated, correlated)
    print(
        f"written to {folder}: class_means.csv, class_separation.csv, class_distances.csv, class_correlation.csv, two plots"
    )


def correlations(settings: EmbeddingSettings, languages: list[str], tables) -> list[dict]:
    """Distance against zero-shot F1 over ordered pairs of the languages that the runs have; empty without runs."""
    if not settings.runs:
        return []
    import numpy as np

    from liap.errors import InputError
    from liap.transfer.grid_scores import read_scores
    from liap.transfer.mantel import dyad_correlation
    from liap.transfer.zero_shot import grids_of

    grids = grids_of(read_scores(Path(settings.runs)))
    if settings.starting_point not in grids:
        raise InputError(
            f"--starting-point {settings.starting_point}: expected one of {', '.join(grids) or 'none, the grid is not complete'}"
        )
    grid = grids[settings.starting_point]
    shared = [name for name in grid.languages if name in languages]
    if len(shared) < 3:
        raise InputError(f"--runs {settings.runs} has {len(shared)} of these languages; expected at least three")
    part, lines = grid.of(shared), []
    for read, distances in tables.items():
        chosen = distances[np.ix_(*[[languages.index(name) for name in shared]] * 2)]
        generator = np.random.default_rng(settings.seed)
        found = dyad_correlation(chosen, part.mean, generator=generator, permutations=settings.permutations)
        lines.append(
            {
                "read": read,
                "grid": grid.starting_point,
                "languages": len(shared),
                "pairs": found.pairs,
                "r": found.r,
                "p": found.p,
                "permutations": found.renamed,
            }
        )
    return lines


def write(folder: Path, **tables: list[dict]) -> None:
    """A CSV file for each table that has lines."""
    import pandas as pd

    from liap.files import write_whole

    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in tables.items():
        if lines:
            text = pd.DataFrame(lines).to_csv(index=False, float_format="%.6g", lineterminator="\n")
            write_whole(folder / f"{name}.csv", text)


def report(separated, correlated) -> None:
    """What the tables say."""
    for read in ("words", "words and tags"):
        own = [row for row in separated if row.read == read]
        words = sum(row.words for row in own)
        shares = [sum(getattr(row, name) * row.words for row in own) / words for name in ("own", "others")]
        print(
            f"the encoder reads {read}: {shares[0]:.1%} of {words} entity words lie nearest to the mean of their category in their own language, "
            f"{shares[1]:.1%} in another"
        )
    for line in correlated:
        print(
            f"distance against zero-shot F1 ({line['read']}): r = {line['r']:.3f}, p = {line['p']:.3g} over {line['pairs']} pairs"
        )


if __name__ == "__main__":
    cli.run(main)
