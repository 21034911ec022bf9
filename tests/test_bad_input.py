"""What a user may get wrong, through the scripts as a shell runs them: one line, status 2, nothing written, nothing lost.

Messages of one kind are now worded alike: "must be at least", "must be among", "is not a record of a run".

A case is a script, what its message must say, and a step that gives flags or spoils the model, corpus or results of its `place`.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

FINETUNE, EVALUATE, LIME, ANALYZE = "finetune.py", "run_liap_evaluation.py", "lime_baseline.py", "analyze_results.py"
Step = Callable[[object], None]  # what spoils a case's `place`, see conftest.py
DEEP = "[" * 100_000 + "]" * 100_000
HUGE = "9" * 5000  # more digits than Python turns into a number unasked


def flags(**changes: object) -> Step:
    return lambda place: place.flags.update({name.replace("_", "-"): value for name, value in changes.items()})


def columns(content: bytes, name: str = "test.txt") -> Step:
    """One column file in place of the whole corpus."""

    def spoil(place) -> None:
        shutil.rmtree(place.corpus)
        place.corpus.mkdir()
        (place.corpus / name).write_bytes(content)

    return spoil


def lines(content: str | bytes) -> Step:
    """The test split's JSON lines."""
    return lambda place: _write(place.corpus / "test.jsonl", content)


def sentence(**changes: object) -> Step:
    """A sound line, then one of two words with other fields."""
    sound = {"words": ["a", "b"], "tags": ["O", "O"], "upos": ["X", "X"], "heads": [-1, 0], "deprels": ["root", "dep"]}
    return lines(json.dumps(sound) + "\n" + json.dumps(sound | {"frames": []} | changes) + "\n")


def config(**changes: object) -> Step:
    def spoil(place) -> None:
        path = place.model / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return spoil


def model_file(name: str, content: str | bytes | None) -> Step:
    return lambda place: _write(place.model / name, content)


def left(name: str, content: str | bytes | None) -> Step:
    """A file of the results folder."""
    return lambda place: _write(place.results / name, content)


def cell(column: str, value: str, name: str = "scores.csv") -> Step:
    """Another value in the second line of a table of the results folder."""

    def spoil(place) -> None:
        text = (place.results / name).read_text(encoding="utf-8").split("\n")
        cells = text[1].split(",")
        cells[text[0].split(",").index(column)] = value
        text[1] = ",".join(cells)
        _write(place.results / name, "\n".join(text))

    return spoil


def table(change: Callable[[bytes], bytes], name: str = "scores.csv") -> Step:
    return lambda place: _write(place.results / name, change((place.results / name).read_bytes()))


def chunk(change: Callable[[bytes], bytes]) -> Step:
    """The first chunk of an interrupted run, damaged."""

    def spoil(place) -> None:
        path = place.results / "chunks" / "000000.npz"
        path.write_bytes(change(path.read_bytes()))

    return spoil


def _write(path: Path, content: str | bytes | None) -> None:
    if content is None:
        return path.unlink()
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_bytes(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)


CASES = {
    # flags
    "no such corpus": (EVALUATE, "no such folder", flags(corpus="./nowhere")),
    "corpus a file of no format": (EVALUATE, "test_bad_input.py:1: tag", flags(corpus=__file__)),
    "corpus of no name": (EVALUATE, "no name given", flags(corpus="")),
    "corpus of too long a name": (EVALUATE, "File name too long", flags(corpus="./" + "x" * 5000)),
    "no such split": (EVALUATE, "expected one of train", flags(split="middle")),
    "no mention": (EVALUATE, "finds no mention", flags(text="zzz")),
    "text and file": (EVALUATE, "got both", flags(text="a", text_file="b")),
    "no such text": (EVALUATE, "no such file", flags(text_file="./nowhere")),
    "no such model": (EVALUATE, "nowhere", flags(model="./nowhere")),
    "no such parser": (EVALUATE, "spacy download en_nothing_installed", flags(parser="en_nothing_installed")),
    "no such labeller": (EVALUATE, "unknown role labeller", flags(srl="magic")),
    "no such archive": (EVALUATE, "no such file or folder", flags(srl="archive", srl_archive="./nowhere.tar.gz")),
    "no such explainer": (EVALUATE, "--explainers must be among", flags(explainers="tea")),
    "no such variant": (EVALUATE, "--variants must be among", flags(variants="tea")),
    "no such operator": (EVALUATE, "--operator must be among", flags(operator="swap")),
    "no words at each end": (EVALUATE, "--k must be at least 1", flags(k=0)),
    "too few draws": (EVALUATE, "--draws must be at least 20", flags(draws=3)),
    "too many draws": (EVALUATE, "--draws must be at most", flags(draws=10**15)),
    "no such layer": (EVALUATE, "--layers must lie in 0..1", flags(layers="9")),
    "heads in words": (EVALUATE, "--heads must be all, or numbers", flags(heads="one")),
    "no such precision": (EVALUATE, "--precision must be among", flags(precision="fp8")),
    "no such device": (EVALUATE, "--device abacus", flags(device="abacus")),
    "empty chunks": (EVALUATE, "--chunk must be at least 1", flags(chunk=0)),
    "half a chunk": (EVALUATE, "argument --chunk: invalid int value", flags(chunk=0.5)),
    "fewer than no pictures": (EVALUATE, "--pictures must be at least 0", flags(pictures=-1)),
    "fewer than no sentences": (EVALUATE, "--sentences must be at least 0", flags(sentences=-1)),
    "fewer than no mentions": (EVALUATE, "--examples-per-type must be at least 0", flags(examples_per_type=-1)),
    "an empty batch": (EVALUATE, "--pieces-per-batch must be at least 0", flags(pieces_per_batch=-1)),
    "a negative seed": (EVALUATE, "--seed must be", flags(seed=-1)),
    "a huge seed": (EVALUATE, "--seed must be", flags(seed=10**30)),
    "unknown flag": (EVALUATE, "unrecognized arguments: --colour", flags(colour="red")),
    "results in a file": (EVALUATE, "a file; expected a folder", flags(results=__file__)),
    "results under a file": (EVALUATE, "a file; expected a folder", flags(results=f"{__file__}/results")),
    "cache in a file": (EVALUATE, "a file; expected a folder", flags(cache=__file__)),
    "lime: few samples": (LIME, "--lime-samples must be at least 20", flags(lime_samples=3)),
    "lime: fewer than no pages": (LIME, "--examples must be at least 0", flags(examples=-1)),
    "lime: no such operator": (LIME, "--operator must be among", flags(operator="swap")),
    "lime: no such corpus": (LIME, "no such folder", flags(corpus="./nowhere")),
    "lime: samples in words": (LIME, "argument --instability-samples: invalid int value: 'many'", flags(instability_samples="many")),
    "lime: few samples of two seeds": (LIME, "--instability-samples must be at least 20, got 3", flags(instability_samples=3)),
    "few samples of lime": (EVALUATE, "--lime-samples must be at least 20", flags(lime_samples=3)),
    "no steps": (EVALUATE, "--ig-steps must be at least 2", flags(ig_steps=0)),
    "no such baseline": (EVALUATE, "--ig-baseline must be among mask, pad, zero", flags(ig_baseline="noise")),
    "no such metric": (EVALUATE, "--metrics must be among", flags(metrics="tea")),
    "no such engine": (EVALUATE, "--engine must be among local, ray", flags(engine="abacus")),
    "an abbreviation": (EVALUATE, "unrecognized arguments: --metric", flags(metric="lfs")),
    "lime: empty chunks": (LIME, "--chunk must be at least 1", flags(chunk=0)),
    "finetune: no such corpus": (FINETUNE, "/no/such/corpus", flags(corpus="/no/such/corpus")),
    "finetune: no such model": (FINETUNE, "/no/such/model", flags(model="/no/such/model")),
    "finetune: no epochs": (FINETUNE, "--epochs must be at least 1", flags(epochs=0)),
    "finetune: no rate": (FINETUNE, "--learning-rate must lie between 0 and 1", flags(learning_rate="nan")),
    "finetune: huge seed": (FINETUNE, "--seed must be", flags(seed=10**30)),
    "finetune: into a file": (FINETUNE, "a file; expected a folder", flags(output=__file__)),
    "analyze: no results": (ANALYZE, "scores.csv: no such file", flags(results="./nowhere")),
    "analyze: few resamples": (ANALYZE, "--resamples must be at least 100", flags(resamples=1)),
    "analyze: many resamples": (ANALYZE, "--resamples must be at most", flags(resamples=10**12)),
    "analyze: no such explainer": (ANALYZE, "no rows of 'tea syntactic'", flags(explainer="tea")),
    "analyze: no extremes": (ANALYZE, "--extremes must be at least 1", flags(extremes=0)),
    # column files
    "columns: no tag": (EVALUATE, "test.txt:2: the word 'b' has no tag", columns(b"a O\nb\n")),
    "columns: bad tag": (EVALUATE, "test.txt:3: tag 'X-PER' has no known scheme", columns(b"a O\n\nb X-PER\n")),
    "columns: no type": (EVALUATE, "test.txt:1: tag 'B-' has no known scheme", columns(b"a B-\n")),
    "columns: Latin 1": (EVALUATE, "test.txt:2: not UTF-8: byte 0xe9", columns(b"a O\n\xe9 O\n")),
    "columns: UTF-16": (EVALUATE, "test.txt:1: not UTF-8", columns("a O\n".encode("utf-16"))),
    "columns: empty": (EVALUATE, "no sentence in this file", columns(b"")),
    "columns: blank": (EVALUATE, "no sentence in this file", columns(b"\n \n\t\n")),
    "columns: schemes mixed": (EVALUATE, "BIOES", columns(b"a S-PER\nb L-PER\nc Q-PER\n")),
    "columns: no such split": (EVALUATE, "no file for the test split", columns(b"a O\n", "train.txt")),
    "columns: no trees": (EVALUATE, "carries no parse, which --parser gold needs", columns(b"a B-PER\nb O\n")),
    "finetune: columns: bad tag": (FINETUNE, "train.txt:1: tag", columns(b"a X-PER\n", "train.txt")),
    "finetune: columns: no entity": (FINETUNE, "no file for the validation split", columns(b"a O\n", "train.txt")),
    "lime: columns: no tag": (LIME, "test.txt:1: the word 'a' has no tag", columns(b"a\n")),
    # JSON lines
    "lines: empty": (EVALUATE, "no sentence in this file", lines("")),
    "lines: cut": (EVALUATE, "test.jsonl:1: not JSON", lines('{"words": ["a"')),
    "lines: a list": (EVALUATE, "test.jsonl:1: expected an object", lines("[]")),
    "lines: deep": (EVALUATE, "test.jsonl:1: nested too deeply", lines(DEEP)),
    "lines: huge number": (EVALUATE, "test.jsonl:1: not JSON", lines(f'{{"words": ["a"], "heads": [{HUGE}]}}')),
    "lines: Latin 1": (EVALUATE, "test.jsonl:1: not UTF-8", lines(b'{"words": ["\xe9"]}')),
    "lines: no words": (EVALUATE, "test.jsonl:2: 'words' must be", sentence(words=[])),
    "lines: a number": (EVALUATE, "test.jsonl:2: 'words' must be", sentence(words=["a", 1])),
    "lines: few tags": (EVALUATE, "test.jsonl:2: sentence 1: 2 words but 1 tags", sentence(tags=["O"])),
    "lines: bad tag": (EVALUATE, "test.jsonl:2: tag 'PER'", sentence(tags=["O", "PER"])),
    "lines: few heads": (EVALUATE, "test.jsonl:2: parse: 1 heads", sentence(heads=[-1])),
    "lines: head outside": (EVALUATE, "test.jsonl:2: parse: the head of word 1 is 7", sentence(heads=[-1, 7])),
    "lines: head a string": (EVALUATE, "test.jsonl:2: 'heads' must be", sentence(heads=[-1, "0"])),
    "lines: heads in a ring": (EVALUATE, "test.jsonl:2: parse: word 0 is above itself", sentence(heads=[1, 0])),
    "lines: head infinite": (EVALUATE, "test.jsonl:2: 'heads' must be", sentence(heads=[-1, float("inf")])),
    "lines: frame outside": (EVALUATE, "predicate must be a word index", sentence(frames=[{"predicate": 2, "tags": ["O", "O"]}])),
    "lines: frame short": (EVALUATE, "test.jsonl:2: ", sentence(frames=[{"predicate": 0, "tags": ["O"]}])),
    "lines: frame's tag": (EVALUATE, "frame: tags must be", sentence(frames=[{"predicate": 0, "tags": ["V", "O"]}])),
    "lines: frame a list": (EVALUATE, "a frame must be an object", sentence(frames=[[]])),
    # models
    "config: cut": (EVALUATE, "config.json: not JSON", model_file("config.json", '{"model_type": "be')),
    "config: empty": (EVALUATE, "config.json: not JSON", model_file("config.json", b"")),
    "config: a list": (EVALUATE, "config.json: holds a JSON list", model_file("config.json", "[]")),
    "config: deep": (EVALUATE, "config.json: not JSON", model_file("config.json", DEEP)),
    "config: huge number": (EVALUATE, "config.json: not JSON", model_file("config.json", f'{{"hidden_size": {HUGE}}}')),
    "config: no such model": (EVALUATE, "not a configuration of a known model", config(model_type="abacus")),
    "config: endless layers": (EVALUATE, "num_hidden_layers is 1,000,000,000; expected at most 1,000", config(num_hidden_layers=10**9)),
    "config: no layers": (EVALUATE, "num_hidden_layers is -1; expected a whole number from 1", config(num_hidden_layers=-1)),
    "config: fewer layers": (EVALUATE, "leaves out bert.encoder.layer.1", config(num_hidden_layers=1)),
    "config: endless width": (EVALUATE, "hidden_size is 1,000,000,000; expected at most", config(hidden_size=10**9)),
    "config: a wide inside": (EVALUATE, "intermediate_size", config(intermediate_size=10**12)),
    "config: endless vocabulary": (EVALUATE, "vocab_size", config(vocab_size=10**12)),
    "config: endless positions": (EVALUATE, "max_position_embeddings", config(max_position_embeddings=10**12)),
    "config: endless heads": (EVALUATE, "num_attention_heads", config(num_attention_heads=10**9)),
    "config: negative heads": (EVALUATE, "num_attention_heads is -2; expected", config(num_attention_heads=-2)),
    "config: endless labels": (EVALUATE, "num_labels", config(num_labels=10**12, id2label=None)),
    "config: larger in all": (EVALUATE, "config.json describes 832,704,000 weights", config(vocab_size=8000, hidden_size=8000, intermediate_size=8000)),
    "config: size a string": (EVALUATE, "config.json", config(hidden_size="wide")),
    "config: size a list": (EVALUATE, "config.json", config(num_hidden_layers=[2])),
    "config: size a fraction": (EVALUATE, "config.json", config(num_hidden_layers=1.5)),
    "config: labels unnamed": (EVALUATE, "no outside label; expected an outside label such as O", config(id2label={str(i): f"LABEL_{i}" for i in range(5)})),
    "finetune: endless layers": (FINETUNE, "num_hidden_layers", config(num_hidden_layers=10**9)),
    "finetune: endless positions": (FINETUNE, "max_position_embeddings", config(max_position_embeddings=10**12)),
    "lime: endless vocabulary": (LIME, "vocab_size", config(vocab_size=10**12)),
    "tokenizer: missing": (EVALUATE, "no tokenizer", model_file("tokenizer.json", None)),
    "tokenizer: cut": (EVALUATE, "tokenizer.json: not JSON", model_file("tokenizer.json", "{")),
    "tokenizer: of nothing": (EVALUATE, "no usable tokenizer", model_file("tokenizer.json", "{}")),
    "tokenizer: deep": (EVALUATE, "tokenizer.json: not JSON", model_file("tokenizer.json", DEEP)),
    "tokenizer: huge number": (EVALUATE, "tokenizer.json: not JSON", model_file("tokenizer.json", f"[{HUGE}]")),
    "tokenizer: settings a list": (EVALUATE, "tokenizer_config.json: holds", model_file("tokenizer_config.json", "[]")),
    "weights: missing": (EVALUATE, "no weights", model_file("model.safetensors", None)),
    "weights: junk": (EVALUATE, "not a safetensors file", model_file("model.safetensors", b"junk")),
    "weights: endless header": (EVALUATE, "not a safetensors file", model_file("model.safetensors", (2**62).to_bytes(8, "little") + b"{}")),
    "types: a map of an unknown type": (EVALUATE, "the recogniser has no type 'PERSON'", flags(type_map="PERSON=PER")),
    "types: no map": (LIME, "--type-map 'PER': expected <recogniser's type>", flags(type_map="PER")),
    "types: none in common": (EVALUATE, "LOC, PER; the corpus's are GENE", sentence(tags=["O", "B-GENE"])),
    "lime: types: none in common": (LIME, "LOC, PER; the corpus's are GENE", sentence(tags=["O", "B-GENE"])),
    # what an earlier run left
    "left: no record": (EVALUATE, "without a run.json", left("scores.csv", "someone's")),
    "left: record cut": (EVALUATE, "run.json is not a record of a run", left("run.json", '{"settings"')),
    "left: record deep": (EVALUATE, "run.json is not a record of a run", left("run.json", DEEP)),
    "left: record huge": (EVALUATE, "run.json is not a record of a run", left("run.json", f"[{HUGE}]")),
    "left: other settings": (EVALUATE, "holds a run with", left("run.json", '{"settings": {"k": 9}}')),
    "left: seconds a list": (EVALUATE, "run.json is not a record of a run", left("run.json", '{"settings": {}, "seconds": [1]}')),
    "chunk: cut": (EVALUATE, "000000.npz is damaged", chunk(lambda content: content[:200])),
    "chunk: empty": (EVALUATE, "000000.npz is damaged", chunk(lambda content: b"")),
    "chunk: junk": (EVALUATE, "000000.npz is damaged", chunk(lambda content: b"junk" * 99)),
    "chunk: a bit": (EVALUATE, "000000.npz is damaged", chunk(lambda content: content[:200] + bytes([content[200] ^ 1]) + content[201:])),
    # what analyze_results.py reads
    "scores: empty": (ANALYZE, "the file is empty", left("scores.csv", b"")),
    "scores: no rows": (ANALYZE, "no rows under the header", table(lambda content: content.split(b"\n")[0] + b"\n")),
    "scores: cut": (ANALYZE, "the last line is cut short", table(lambda content: content[:-9])),
    "scores: column missing": (ANALYZE, "scores.csv:1: the header lacks lfs", table(lambda content: content.replace(b",lfs,", b",", 1))),
    "scores: column twice": (ANALYZE, "scores.csv:1: the header", table(lambda content: content.replace(b",lfs,", b",lfs,lfs,", 1))),
    "scores: short line": (ANALYZE, "scores.csv:2: 2 cells", table(lambda content: content.replace(b"\n", b"\n1,2\n", 1))),
    "scores: NUL": (ANALYZE, "scores.csv:2: column sentence_length holds", cell("sentence_length", "\0")),
    "scores: only NUL": (ANALYZE, "scores.csv", left("scores.csv", bytes(5000) + b"\n")),
    "scores: Latin 1": (ANALYZE, "scores.csv:1: the header cannot be read as UTF-8", table(lambda content: content.replace(b"\n", b"\n\xe9", 1))),
    "scores: no number": (ANALYZE, "scores.csv:2: column lfs holds 'high'", cell("lfs", "high")),
    "scores: infinite": (ANALYZE, "scores.csv:2: column lfs is outside", cell("lfs", "inf")),
    "scores: too large": (ANALYZE, "scores.csv:2: column lfs is outside", cell("lfs", "1.5")),
    "scores: huge integer": (ANALYZE, "scores.csv:2: column sentence holds", cell("sentence", "9" * 30)),
    "scores: not even an integer": (ANALYZE, "scores.csv:2: column sentence holds", cell("sentence", "9" * 5000)),
    "scores: negative length": (ANALYZE, "scores.csv:2: column sentence_length is outside", cell("sentence_length", "-5")),
    "scores: negative k": (ANALYZE, "scores.csv:2: column k is outside", cell("k", "-1")),
    "scores: long cell": (ANALYZE, "scores.csv:2: column lfs holds", cell("lfs", "x" * 10_000_000)),
    "scores: long line, then a fault": (
        ANALYZE, "scores.csv:3: the same mention and explainer a second time",
        lambda place: (cell("text", "x" * 10_000_000)(place), table(lambda content: _doubled(content))(place)),
    ),
    "scores: a row twice": (ANALYZE, "the same mention and explainer a second time", table(lambda content: _doubled(content))),
    "scores: an open quote": (ANALYZE, "scores.csv", cell("text", '"')),
    "scores: two runs": (ANALYZE, "rows of two runs are mixed", cell("sentence_length", "99")),
    "record: cut": (ANALYZE, "run.json: not a record of a run", left("run.json", '{"settings"')),
    "record: a list": (ANALYZE, "run.json: not a record of a run", left("run.json", "[]")),
    "record: settings a list": (ANALYZE, "run.json: not a record of a run", left("run.json", '{"settings": ["k"]}')),
    "record: deep": (ANALYZE, "run.json: not a record of a run", left("run.json", DEEP)),
    "record: huge number": (ANALYZE, "run.json: not a record of a run", left("run.json", f"[{HUGE}]")),
    "record: Latin 1": (ANALYZE, "run.json: not a record of a run", left("run.json", b"\xe9")),
    "structure: cut": (ANALYZE, "the last line is cut short", table(lambda content: content[:-9], "attention_structure.csv")),
    "structure: no column": (ANALYZE, "attention_structure.csv:1: the header lacks", left("attention_structure.csv", "layer,head\n1,2\n")),
    "structure: no number": (ANALYZE, "cannot be read", cell("ratio", "much", "attention_structure.csv")),
    "structure: endless layers": (ANALYZE, "layer 1000000000000; expected 0 to 999", cell("layer", str(10**12), "attention_structure.csv")),
    "structure: huge layer": (ANALYZE, "cannot be read", cell("layer", "9" * 30, "attention_structure.csv")),
    "structure: negative layer": (ANALYZE, "layer -1; expected 0 to 999", cell("layer", "-1", "attention_structure.csv")),
    "structure: a row twice": (ANALYZE, "relation a second time", table(lambda content: _doubled(content), "attention_structure.csv")),
    "structure: no such relation": (ANALYZE, "relation 'sibling'; expected one of", cell("relation", "sibling", "attention_structure.csv")),
    "structure: empty": (ANALYZE, "attention_structure.csv: the file is empty", left("attention_structure.csv", b"")),
    "structure: negative ratio": (ANALYZE, "a ratio below 0", cell("ratio", "-1", "attention_structure.csv")),
}  # fmt: skip


def _doubled(content: bytes) -> bytes:
    first, second, rest = content.split(b"\n", 2)
    return b"\n".join([first, second, second, rest])


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below the folder, empty folders left out."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_one_line_and_nothing_is_lost(case, script, place, unwritten, finished, tmp_path):
    name, said, spoil = CASES[case]
    if name == ANALYZE:
        shutil.copytree(finished.results, place.results)
    if case.startswith("chunk"):
        place.model, place.corpus = unwritten.model, unwritten.corpus
        shutil.copytree(unwritten.results, place.results)
    spoil(place)
    before = contents(place.results)
    before.pop(".lock", None)  # what a process that has ended left; the next one takes it away
    status, out, err = script(name, *place.command(name))
    last = err.splitlines()[-1]
    assert status == 2, err
    assert last.startswith(f"{name}: error: ") and said in last, err
    assert "Traceback" not in err and err.count(f"{name}: error: ") == 1 and err.endswith("\n")
    assert len(last) < 1000 + 2 * len(str(tmp_path))
    assert contents(place.results) == before and not (name == ANALYZE and out)
