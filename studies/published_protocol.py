"""Reproduce the published experiment on the model at hand, remove its flaws one at a time, and write docs/published_protocol.md.

    python studies/published_protocol.py
    python studies/published_protocol.py --model best_ner_model --corpus data/conll2003 --parser en_core_web_sm --srl none
    python studies/published_protocol.py --from-csv                  # the document again, from the table of an earlier run

Reads a fine-tuned recogniser and a corpus with gold tags. Writes published_protocol.csv (a row per step and group of mentions) and
published_protocol.json (settings, versions, counts) to the results folder, and the numbers into the document. The docstring of
liap/published says what the published protocol is and how each choice was read.
"""

from pathlib import Path

from liap import cli

MODEL = "best_ner_model"  # the recogniser: a folder, or a name on the hub
CORPUS = "eriktks/conll2003"  # a folder of column files, a data set's folder or hub name
SPLIT = "test"  # which part of the corpus: train, validation, test
SENTENCES = 0  # read only the first so many sentences of the split; 0: all
EXAMPLES_PER_TYPE = 10  # mentions of each type in the published selection
PARSER = "en_core_web_sm"  # dependency parser: a spaCy pipeline's name or folder, or: gold
SRL = "archive"  # semantic role labeller: archive, allennlp, dependency, gold, none
SRL_ARCHIVE = ""  # an AllenNLP SRL archive: a model.tar.gz or its folder; none: the published one, downloaded once
SRL_ENCODER = ""  # a folder with the role labeller's vocabulary; none: beside the archive, else from the hub
SRL_ENVIRONMENT = ""  # folder of AllenNLP's environment, for allennlp; none: LIAP_SRL_VENV, else .venv-srl
SRL_PRECISION = "fp32"  # of the role labeller: fp32, bf16
DRAWS = 64  # random importances drawn for each mention, and tie-breaks where ties are broken at random
PRECISION = "fp32"  # of the recogniser: fp32, bf16 (autocast), bf16-weights
DEVICE = "auto"  # where the recogniser runs: auto, cpu, cuda
PIECES_PER_BATCH = 4096  # pieces in a forward pass, pads counted
SEED = 0  # of random importances and tie-breaks
RESULTS = "results"  # folder for the table
CACHE = ".cache"  # folder where parses, frames and downloads are kept
DOCUMENT = "docs/published_protocol.md"  # the document whose numbers are rewritten; none: no document
FROM_CSV = False  # only rewrite the document, from the results folder


def main() -> None:
    from liap.published import document, protocol_table
    from liap.published.protocol_settings import PublishedProtocolSettings

    settings = cli.settings(__file__, PublishedProtocolSettings)
    results = Path(settings.results)
    if not settings.from_csv:
        protocol_table.write(results, settings, *score(settings))
    if settings.document:
        document.rewrite(Path(settings.document), *protocol_table.read(results))
        print(f"{settings.document}: rewritten from {results / protocol_table.TABLE}")


def score(settings):
    """Every mention's score under every protocol, and what was read."""
    from tqdm import tqdm

    from liap.published import experiment
    from liap.taggers.transformer import open_tagger

    tagger = open_tagger(settings)
    groups, facts = experiment.choose_mentions(tagger, settings)
    scores = []
    for group in tqdm(experiment.annotate(groups, settings), desc="scoring", unit="sentence"):
        scores += experiment.scores_of(tagger, group, seed=settings.seed, draws=settings.draws)
    return scores, facts


if __name__ == "__main__":
    cli.run(main)
