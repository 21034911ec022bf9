"""VAT: attention of text classifiers that is fine-tuned and compressed in turn, beside plain attention and controls (Zhou et al. 2021).

    python studies/vat.py --corpus data/textcls/sst_trees:binary --results results/vat/sst2
    python studies/vat.py --corpus data/textcls/trec --results results/vat/trec
    python studies/vat.py --corpus data/textcls/sst_trees:binary --encoder models/minilm-l6-uncased --frozen --results results/vat/sst2-minilm
    python studies/vat.py --corpus stanfordnlp/imdb --encoder google-bert/bert-base-uncased --results results/vat/imdb

1. For every seed it trains a classifier with plain attention, without attention, with random attention, VAT and its ablations, a classifier without attention together with
   VMASK, and a judge without attention.
   beta is chosen among BETAS by accuracy on dev.
2. It removes the words that attention puts first, or keeps these alone, and asks the judge and the classifier itself; words are deleted, as published, or hidden.
   Controls explain the same answers: random scores, the first words, rare words; and VMASK, trained on the classifier without attention.
3. It writes tables (accuracy.csv, explanations.csv, curves.csv, polarity.csv, cycles.csv, betas.csv, cost.csv, claims.csv), pictures and attention.html.

Every trained classifier stays in RESULTS/trained, which every script takes as its --model with --corpus texts:CORPUS. The same command goes on after an interruption.
"""

from liap import cli

CORPUS = "cornell-movie-review-data/rotten_tomatoes"  # a folder (docs/formats.md), or a data set on the hub; trees of five classes followed by :binary give two
ENCODER = "lstm"  # lstm, or a transformer's folder or name on the hub
FROZEN = False  # the encoder stays as it is: the classifier and attention alone are trained
METHODS = (
    "attention",
    "no_attention",
    "random_attention",
    "vat",
    "beta0",
    "no_bottleneck",
    "one_cycle",
    "joint_vmask",
)  # what is trained
SEEDS = (0, 1, 2)  # of weights, order and noise
TRAIN_TEXTS = 0  # spread over the training split; 0: all
DEV_TEXTS = 0  # of the dev split, by which epochs, cycles and beta are chosen; 0: all
TEST_TEXTS = 0  # of the test split, for accuracy; 0: all
JUDGED_TEXTS = 400  # of these, whose explanations are judged; 0: all
HIDING = True  # judged words are hidden by a token too, beside deletion
EPOCHS = 5  # of classifiers without cycles; the best on dev is kept
CYCLES = 4  # of compressor and learner, behind a first learner phase; the best on dev is kept
LEARNER_EPOCHS = 1  # in a cycle
COMPRESSOR_EPOCHS = 1  # in a cycle
BATCH = 32  # texts in a step
LEARNING_RATE = 0.0  # of the learner and of classifiers without cycles; 0: 2e-3 for an LSTM, 5e-5 for a transformer, 1e-3 on a frozen one
STEADY = True  # every method's learning rate stays as it is; else that of classifiers without cycles rises and falls, and VAT's stays
COMPRESSOR_RATE = 2e-3  # of attention and the bottleneck
BETAS = (1e-4, 1e-3, 1e-2, 1e-1)  # weights of the bottleneck, of which the best on dev is used
WARM_UP = 0.5  # share of the compressor's steps over which beta rises from 0
LATENT = 32  # width of the bottleneck's code
DROPOUT = 0.2  # share of what is classified that training drops
INNER = 64  # width of the attention layer
HIDDEN = 128  # of an LSTM, both directions together, and of its word vectors
PRECISION = "fp32"  # of training and of answers: fp32, bf16 (autocast)
VMASK_STEPS = 400  # of VMASK's training on the classifier without attention; 0: without it
PRIOR = 0.2  # of VMASK: the probability with which a word is kept, before anything is known
MASK_BETA = 1.0  # of VMASK: the weight of the distance from the prior
JOINT_PRIOR = 0.5  # of VMASK trained together with a classifier: the probability of being kept before anything is known
JOINT_BETA = 1.0  # of the same: the weight of the distance from the prior; it falls to a hundredth of that
PICTURED = 1000  # test texts in two dimensions
SHOWN = 8  # test texts whose attention is drawn
DEVICE = "auto"  # auto, cpu or cuda
FORMATS = ("png",)  # of the plots, one or more of: png, pdf, svg
FONT_SIZE = 10.0  # points, of the plots' labels; small print is smaller
COLUMN_WIDTH = 0.0  # inches, of a paper's column that plots are drawn for, such as 3.3; 0: each plot's own width
RESULTS = "results/vat"  # folder for classifiers, tables and pictures


def main() -> None:
    from liap.rationales.vat_settings import VatStudySettings

    settings = cli.settings(__file__, VatStudySettings)
    from liap.rationales.rationale_blocks import claims_shown
    from liap.rationales.vat_study import run_study

    claims = run_study(settings)
    print(claims_shown(claims).aligned())
    print(
        f"written to {settings.results}: claims.csv and seven more tables, six pictures and pages, study.json, trained/"
    )


if __name__ == "__main__":
    cli.run(main, "Start the same command again to go on behind the last finished classifier.")
