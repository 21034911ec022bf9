"""Six diagnostic properties of explanations (Atanasova et al. 2020), of models that differ in their seed, beside untrained ones.

    python studies/diagnostics.py --models seed_0 seed_1 seed_2 --corpus data/conll2003 --triggers data/triggerner/conll_trigger_20.txt
    python studies/diagnostics.py --models seed_0 seed_1 --explainers occlusion random --as-published dropout,l1

Human agreement, confidence indication, faithfulness, rationale consistency, dataset consistency and costs of every explainer, with dropout off. The published
code has defects that change numbers; each is switched on by `--as-published`, and its effect is measured alone. Writes to a folder of
the results folder, named after `--subject`: `diagnostics.csv` (a row per explainer and property), `diagnostic_defects.csv`, `explainer_cost.csv`;
and, over the subjects that are there, two pictures. docs/diagnostics.md says what was found, docs/definitions.md has every column.
"""

from liap import cli

SUBJECT = "recogniser"  # what the models are, in tables, and the name of their folder
MODELS = ("seed_0", "seed_1", "seed_2")  # folders of models that differ in their seed alone, at least two
UNTRAINED = 1  # models of the same shape with random weights, the controls
CORPUS = "eriktks/conll2003"  # a folder or a file (docs/formats.md), or a data set's name on the hub
SPLIT = "test"  # which part of the corpus: train, validation, test
SENTENCES = 0  # sentences to read, from the start of the split; 0: all
EXAMPLES_PER_TYPE = 25  # instances of each type, of those that all models find alike; 0: every one
TRIGGERS = ""  # a file of human triggers; none: the corpus's own evidence, where it knows it
TRIGGERS_SPLIT = "train"  # the part of the corpus in which the triggers' sentences are
TRIGGERS_PER_TYPE = 10  # instances of each type with human triggers; 0: every one
PARSER = "none"  # dependency parser, for explainers that prune: a spaCy pipeline's name or folder, gold, none
SRL = "none"  # semantic role labeller, for variants that read frames: archive, allennlp, dependency, gold, none
EXPLAINERS = (
    "attention", "rollout", "value_attention", "gradient", "gradient_x_input", "integrated_gradients", "lime", "shapley_sampling",
    "kernel_shap", "occlusion", "nearest_words", "frequency", "random",
)  # fmt: skip  # explainers to diagnose, by name; one of your own: FILE.py:FUNCTION
VARIANTS = ("syntactic",)  # pruning variants of LIAP and its controls
OPERATOR = "mask"  # how faithfulness takes words away: mask, unk, delete
EXPLAINER_OPERATOR = "unk"  # how explainers that perturb take a word away: mask, unk, delete
THRESHOLD_STEP = 10  # per cent of the context words between two points of the faithfulness curve
FOLDS = 5  # of cross-validated confidence
SHUFFLES = 10  # shuffles of the features, against which confidence is compared
LIME_SAMPLES = 100  # perturbed sentences that lime draws for an instance
SHAPLEY_ORDERS = 5  # orders of the context words that shapley_sampling draws for an instance
KERNEL_SAMPLES = 100  # sets of context words that kernel_shap draws for an instance
IG_STEPS = 10  # points at which integrated_gradients takes the gradient
AS_PUBLISHED = ""  # defects to switch on, of dropout, summed_classes, special_tokens, signed_mean, class_zero, l1
DEFECTS_PER_TYPE = 10  # instances of each type on which every defect is measured alone; 0: none is
COST_PER_TYPE = 1  # instances of each type on which costs are measured; 0: they are not
PRECISION = "fp32"  # of the models: fp32, bf16 (autocast), bf16-weights
DEVICE = "auto"  # where they run: auto, cpu, cuda
PIECES_PER_BATCH = 0  # pieces in a forward pass, with padding; 0: what suits the device
RESAMPLES = 1000  # bootstrap resamples of the documents
SEED = 0  # of sampling, random weights, random explainers, folds and the bootstrap
FORMATS = ("png",)  # of the plots, one or more of: png, pdf, svg
FONT_SIZE = 10.0  # points, of the plots' labels; small print is smaller
COLUMN_WIDTH = 0.0  # inches, of a paper's column that plots are drawn for, such as 3.3; 0: each plot's own width
RESULTS = "results/diagnostics"  # folder for what is written
CACHE = ".cache"  # folder where parses and frames are kept


def main() -> None:
    from liap.diagnostics.diagnostic_settings import DiagnosticSettings

    settings = cli.settings(__file__, DiagnosticSettings)
    from liap.diagnostics import diagnostics_study  # so that --help and wrong flags answer at once
    from liap.files import check_folder

    check_folder("--results", settings.results)
    print(diagnostics_study.run(settings))


if __name__ == "__main__":
    cli.run(main)
