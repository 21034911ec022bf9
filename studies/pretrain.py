"""Train an encoder by masked language modelling: from scratch on several languages' text, or on from an encoder, to adapt it.

    python studies/pretrain.py --corpora data/masakhaner/hau data/masakhaner/swa --output encoders/small       # from scratch
    python studies/pretrain.py --encoder encoders/small --corpora data/masakhaner/hau --epochs 5 --output encoders/hau
    python studies/transfer_train.py --starts small=encoders/small hau@hau=encoders/hau

Writes weights with a masked-language-model head, the tokenizer, and `language_model.json`: settings, counts, and the perplexity of masked pieces in
held-out sentences before and after. The encoder is a starting point for finetune.py and for studies/transfer_train.py.
"""

from __future__ import annotations

from pathlib import Path

from liap import cli

ENCODER = ""  # whose training goes on: a folder, or a name on the hub; none: from scratch
CORPORA = ()  # corpora whose sentences are read: folders, files, or data sets on the hub
SPLITS = ("train",)  # which parts of them: train, validation, test
OUTPUT = "encoder"  # folder for the encoder
VOCABULARY = 8000  # word pieces at most, from scratch
LAYERS = 4  # from scratch
WIDTH = 192  # of the layers, from scratch
HEADS = 6  # of each layer, from scratch
EPOCHS = 10  # passes over the sentences
LEARNING_RATE = 5e-4  # of AdamW at its peak
BATCH = 32  # sentences per step
WARMUP_STEPS = 200  # steps over which the learning rate rises from 0
MASK_SHARE = 0.15  # of the pieces that are to be predicted
MAX_PIECES = 128  # longer sentences are cut
SEED = 0  # of weights, masks and the order of the sentences
DEVICE = "auto"  # cpu, cuda, or auto
PRECISION = "fp32"  # of training: fp32, bf16 (autocast); a GPU that can always uses bf16


def main() -> None:
    from liap.training.language_model import LanguageModelSettings

    settings = cli.settings(__file__, LanguageModelSettings)
    import json
    from dataclasses import asdict

    from liap import corpora
    from liap.files import check_writable, write_whole
    from liap.provenance import provenance
    from liap.taggers import checkpoints
    from liap.training.language_model import open_encoder, train_language_model

    folder = Path(settings.output)
    check_writable("--output", folder)
    encoder = open_encoder(settings)
    sentences = [one for corpus in settings.corpora for split in settings.splits for one in corpora.load(corpus, split)]
    trained = train_language_model(sentences, settings, encoder)
    folder.mkdir(parents=True, exist_ok=True)
    with checkpoints.quiet():
        trained.model.save_pretrained(folder)
        trained.tokenizer.save_pretrained(folder)
    facts = {
        name: getattr(trained, name) for name in ("sentences", "held_out", "perplexity_before", "perplexity", "seconds")
    }
    chosen = {name: value for name, value in asdict(settings).items() if name not in ("options", "given")}
    write_whole(
        folder / "language_model.json",
        json.dumps({**facts, "settings": chosen, **provenance()}, indent=1, default=list) + "\n",
    )
    weights = sum(weight.numel() for weight in trained.model.parameters())
    print(
        f"{folder}: {weights / 1e6:.1f} million weights, {len(trained.tokenizer)} pieces; perplexity of masked pieces in {trained.held_out} held-out sentences "
        f"{trained.perplexity_before:.1f} -> {trained.perplexity:.1f}; {trained.sentences} sentences in {trained.seconds:.0f} s"
    )


if __name__ == "__main__":
    cli.run(main)
