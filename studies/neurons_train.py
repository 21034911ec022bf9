"""Train recurrent taggers for named entities: every combination of a character layer, a word layer and an inference layer.

    python studies/neurons_train.py --embeddings glove.6B.50d.txt --seeds 0 1 2 3 4            # the tagger of the published study
    python studies/neurons_train.py --embeddings encoder:path/to/encoder --recipe fast          # an encoder's own input vectors by word
    python studies/neurons_train.py --characters none lstm cnn --words lstm cnn --inference softmax crf   # the published grid

Each tagger stays in its own folder, RESULTS/<characters>-<words>-<inference>/seed-<seed>, which every script takes as its --model.
After Ctrl-C the same command goes on with the others. baselines.csv has a row per tagger, beside the published F1.

    python studies/neurons.py --model results/recurrent/nochar-wordlstm-softmax

asks which of their neurons recognise which label. The defaults are the published recipe.
"""

from liap import cli

CORPUS = "eriktks/conll2003"  # a folder, or a data set on the hub
EMBEDDINGS = "random"  # word vectors to start from: a GloVe text or zip file, encoder:FOLDER, or random
CHARACTERS = ("none",)  # character layers: none, lstm, gru, cnn
WORDS = ("lstm",)  # word layers: lstm, gru, cnn
INFERENCE = ("softmax",)  # inference layers: softmax, crf
SEEDS = (0, 1, 2, 3, 4)  # a tagger of each combination for each
DIRECTIONS = 2  # in which recurrent layers read the words: 1 or 2
DIMENSIONS = 50  # of word vectors; wider ones are projected on their principal components
HIDDEN = 50  # neurons of the word layer, both directions together
CHARACTER_DIMENSIONS = 30  # of letter vectors
CHARACTER_HIDDEN = 50  # width of the character layer, both directions together
WORD_LAYERS = 4  # of convolutions over words
DROPOUT = 0.5  # share of inputs and neurons that is dropped in training
UNKNOWN_SHARE = 0.5  # of the occurrences of words seen once that training reads as unknown
RECIPE = "published"  # published (SGD, batches of 10) or fast (AdamW, batches of 32)
LEARNING_RATE = 0.0  # 0: the recipe's
BATCH = 0  # sentences per step; 0: the recipe's
EPOCHS = 0  # passes over the training split, of which the best on dev is kept; 0: the recipe's
TRAIN_SENTENCES = 0  # of the training split, from its start; 0: all
DEV_SENTENCES = 0  # of the dev split; 0: all
TEST_SENTENCES = 0  # of the test split; 0: all
RESULTS = "results/recurrent"  # folder for the taggers and the table
OVERWRITE = False  # train taggers again that are there


def main() -> None:
    from liap.training.recurrent_settings import RecurrentTrainingSettings

    settings = cli.settings(__file__, RecurrentTrainingSettings)
    from pathlib import Path

    from liap.folder_lock import FolderLock
    from liap.reports.layout import aligned
    from liap.training.recurrent_grid import BASELINES, run_grid, shown_rows

    lock = FolderLock(Path(settings.results))
    lock.acquire()
    try:
        rows = run_grid(settings)
    finally:
        lock.release()
    print(aligned(["tagger", "seeds", "test F1", "sd", "published", "difference"], shown_rows(rows)))
    print(f"written to {settings.results}: {BASELINES}, a folder per tagger")


if __name__ == "__main__":
    cli.run(main, "Start the same command again to go on after the last finished tagger.")
