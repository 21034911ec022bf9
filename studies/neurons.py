"""Which neurons of a recurrent tagger do named-entity recognition, and would other neurons do as well?

    python studies/neurons_train.py --embeddings glove.6B.50d.txt          # five seeds of the published tagger
    python studies/neurons.py --model results/recurrent/nochar-wordlstm-softmax
    python studies/neurons.py --model results/recurrent/nochar-wordlstm-softmax/seed-0      # one seed: no intervals

1. Ranks each label's neurons by sensitivity and by five other rankers, on RANKING_SPLIT.
2. Removes them one after the other on the test split, beside random orders, the least important first, and other labels' neurons.
3. Compares labels (correlation of sensitivities, similarity of weights, shared top neurons) and seeds, after matching their neurons.
4. Probes the neurons with a control task.

findings.csv has a line per published finding: published, ours with its interval over seeds, and chance. Every column is explained in
docs/definitions.md. studies/encoder_neurons.py asks the same of a transformer.
"""

from pathlib import Path

from liap import cli

MODEL = "results/recurrent/nochar-wordlstm-softmax"  # a recurrent tagger's folder, or that of its seeds
CORPUS = "eriktks/conll2003"  # a folder, or a data set on the hub
RANKING_SPLIT = "train"  # split on which neurons are ranked: train, validation; the test split is for removing them
RANKERS = (
    "sensitivity",
    "sensitivity_predicted",
    "probeless",
    "probe",
    "gaussian",
    "gradient",
)  # what ranks neurons
FILLS = ("zero", "mean")  # what a removed neuron is set to; a chart's first panel shows the first
TOP = 10  # most important neurons whose overlap is counted
REMOVED = 25  # neurons that the findings remove
DRAWS = 20  # random orders
PERMUTATIONS = 2000  # of neurons, for the level of chance
PROBE_WORDS = 20_000  # words on which probes are fitted, drawn from the ranking split
STEPS = 60  # points of an ablation curve at most; every number of neurons where there are fewer
RANKING_SENTENCES = 0  # of the ranking split, from its start; 0: all
TEST_SENTENCES = 0  # of the test split; 0: all
SEED = 0  # of draws and permutations
FORMATS = ("png",)  # of the plots, one or more of: png, pdf, svg
FONT_SIZE = 10.0  # points, of the plots' labels; small print is smaller
COLUMN_WIDTH = 0.0  # inches, of a paper's column that plots are drawn for, such as 3.3; 0: each plot's own width
RESULTS = "results/neurons"  # folder for tables and pictures
OVERWRITE = False  # replace another run in that folder


def main() -> None:
    from liap.neurons.neuron_settings import NeuronSettings

    settings = cli.settings(__file__, NeuronSettings)
    from liap.neurons import neuron_study
    from liap.runs import Run

    run = Run(Path(settings.results), tables=neuron_study.TABLES)
    run.take()
    try:
        findings = neuron_study.run_study(run, settings)
        if findings is None:
            print(f"{run.folder} already holds this run, complete; --overwrite runs it again")
            return
        run.finish()
    finally:
        run.lock.release()
    print(neuron_study.shown(findings))
    print(f"written to {run.folder}: {', '.join(neuron_study.TABLES)}, pictures")


if __name__ == "__main__":
    cli.run(main)
