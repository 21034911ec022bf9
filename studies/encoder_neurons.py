"""Which layers' neurons does a fine-tuned transformer need for which entity type, and would random neurons do as well?

    python studies/encoder_neurons.py                                     # best_ner_model on CoNLL-2003
    python studies/encoder_neurons.py --model path/to/recogniser --corpus path/to/corpus --test-sentences 100
    python studies/encoder_neurons.py --fills zero --shares 0.01 0.05 0.5

Ranks the hidden states and the feed-forward neurons of every layer for every type, removes a share of them inside the forward pass, and
compares the drop of the type's recall with that of random neurons, of the least important ones, and of other types' neurons. Layers below
a removal are computed once. Beside it, probes say how well types can be read from each site, with a control task for what they memorise.
Writes encoder_layers.csv, encoder_importance.csv, encoder_probes.csv and a picture; run.json has what sharing saves.
Every column is explained in docs/definitions.md. studies/neurons.py asks the same of recurrent taggers.
"""

from pathlib import Path

from liap import cli

MODEL = "best_ner_model"  # a transformer's folder, or a name on the hub
CORPUS = "eriktks/conll2003"  # a folder, or a data set on the hub
RANKING_SPLIT = "train"  # split on which neurons are ranked: train, validation; the test split is for removing them
RANKING_SENTENCES = 1000  # of that split, evenly over it; 0: all
TEST_SENTENCES = 500  # of the test split, evenly over it; 0: all
SITES = ("hidden", "feed_forward")  # of every layer: what it hands on, its feed-forward neurons
SHARES = (0.02, 0.1, 0.25)  # of a site's neurons that are removed at once
RANKERS = ("attribution", "probeless", "probe", "gaussian")  # ways to rank neurons; attribution must be among them
PROBE_WORDS = 2000  # words of the ranking sentences from which probes and Gaussian models learn
GAUSSIAN_MOST = 10  # neurons that the Gaussian model chooses one after the other; the rest by what each adds alone
TOP = 10  # neurons that a probe sees of each ranking
FILLS = ("mean", "zero")  # of removed neurons: mean over words' pieces, zero, mean_of_all_pieces (special tokens too)
DRAWS = 20  # random sets of neurons, for each site and share
RESAMPLES = 2000  # bootstrap resamples of the documents
PRECISION = "fp32"  # of the forward pass: fp32, bf16, bf16-weights (docs/precision.md)
DEVICE = "auto"  # cpu, cuda, or auto
SEED = 0  # of random sets
FORMATS = ("png",)  # of the plots, one or more of: png, pdf, svg
FONT_SIZE = 10.0  # points, of the plots' labels; small print is smaller
COLUMN_WIDTH = 0.0  # inches, of a paper's column that plots are drawn for, such as 3.3; 0: each plot's own width
RESULTS = "results/encoder_neurons"  # folder for tables and pictures
OVERWRITE = False  # replace another run in that folder


def main() -> None:
    from liap.neurons.encoder_neuron_settings import EncoderNeuronSettings

    settings = cli.settings(__file__, EncoderNeuronSettings)
    from liap.neurons import encoder_plots, encoder_study
    from liap.reports.style import drawn_for, save
    from liap.runs import Run

    run = Run(Path(settings.results), tables=(encoder_study.LAYERS, encoder_study.IMPORTANCE, encoder_study.PROBES))
    run.take()
    try:
        rows = encoder_study.run_encoder_study(run, settings)
        if rows is None:
            print(f"{run.folder} already holds this run, complete; --overwrite runs it again")
            return
        with drawn_for(settings):
            figure = encoder_plots.plot_layers(rows)
            pictures = save(figure, run.folder, encoder_plots.PICTURE, encoder_plots.CAPTION)
        run.finish()
    finally:
        run.lock.release()
    print(encoder_study.shown_layers(rows))
    facts = run.facts
    print(
        f"{facts.removals} removals: {facts.layers_naively / facts.layers_computed:.2f} times fewer layers than by whole passes; "
        f"three of them took {facts.seconds_shared:.1f} s of the processor, by whole passes {facts.seconds_naively:.1f} s"
    )
    print(
        f"written to {run.folder}: {encoder_study.LAYERS}, {encoder_study.IMPORTANCE}, {encoder_study.PROBES}, {', '.join(pictures)}"
    )


if __name__ == "__main__":
    cli.run(main)
