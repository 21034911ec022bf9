"""Transfer between languages: recompute the published study, test what it says, and write docs/transfer.md.

    python studies/transfer.py                                            # the published runs and tables, MasakhaNER
    python studies/transfer.py --latex --document ""                      # LaTeX tables too, and no document
    python studies/transfer.py --document README.md                       # the README's blocks
    python studies/transfer.py --runs results/transfer_runs/results.csv --reference minilm --results results/own_transfer

Reads the table of all runs and the published tables beside it (--published), and a folder with a corpus for each language (--corpora).
With --runs it reads runs of your own instead, as studies/transfer_train.py writes them (several tables are read as one), compares nothing with published numbers, and rewrites a
document's blocks only if --document is given. Writes tables (CSV) and plots to the results folder, and the numbers into the document. `liap/transfer` says what is computed, and
docs/definitions.md what each column means.
"""

from pathlib import Path

from liap import cli

PUBLISHED = "data/nertransfer"  # folder with the published results.csv and tables
CORPORA = "data/masakhaner"  # folder with a corpus for each language; none: no overlap
RUNS = ()  # tables of runs of your own, read as one, in place of the published one
REFERENCE = "base"  # the starting point that the others are compared with
PERMUTATIONS = 10_000  # names of the languages that are drawn for a correlation's p-value
SEED = 0  # of these draws
FORMATS = ("png",)  # of the plots, one or more of: png, pdf, svg
FONT_SIZE = 10.0  # points, of the plots' labels; small print is smaller
COLUMN_WIDTH = 0.0  # inches, of a paper's column that plots are drawn for, such as 3.3; 0: each plot's own width
RESULTS = "results/transfer"  # folder for tables and plots
LATEX = False  # write LaTeX tables too
PLOTS = True  # draw plots
DOCUMENT = "docs/transfer.md"  # the document whose blocks are rewritten; none: no document


def main() -> None:
    from liap.transfer.transfer_settings import TransferSettings

    settings = cli.settings(__file__, TransferSettings)
    from liap.reports.style import drawn_for
    from liap.transfer import transfer_page, transfer_tables
    from liap.transfer.transfer_analysis import analyse_transfer

    folder = Path(settings.results)
    analysis = analyse_transfer(settings)
    names = transfer_tables.write(analysis, folder, latex=settings.latex)
    if settings.plots:
        with drawn_for(settings):
            names += draw(analysis, folder)
    print(transfer_page.summary(analysis))
    print(f"{folder}: {', '.join(names)}")
    if settings.rewritten:
        transfer_page.rewrite(settings.rewritten, analysis)
        print(f"{settings.rewritten}: rewritten")


def draw(analysis, folder: Path) -> list[str]:
    """Write the plots; their names."""
    from liap.reports.style import save
    from liap.transfer.transfer_plots import caption_of, figures

    shown = figures(analysis).items()
    return [picture for name, figure in shown for picture in save(figure, folder, name, caption_of(name))]


if __name__ == "__main__":
    cli.run(main)
