"""Coverage-guided fuzzing of the readers that take files from elsewhere, for a minute each or LIAP_FUZZ_SECONDS."""

import io
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import torch

HERE = Path(__file__).parent
SECONDS = int(os.environ.get("LIAP_FUZZ_SECONDS", "60"))
COLUMNS = (
    b"-DOCSTART- -X- O O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n\n-DOCSTART- -X- O O\n\nA DT I-NP I-PER\n",
    b"a\tS-PER\r\nb\tB-LOC\r\nc\tE-LOC\r\n\r\n",
    "\ufeffé B-é\n\u2028 I-é\n# O\n".encode(),
    b"a U-PER\nb L-LOC\n\n\nc O",
)
CONFIGURATION = b'{"model": {"type": "srl_bert", "bert_model": "b"}, "dataset_reader": {"bert_model_name": "b-uncased"}, "vocabulary": {"padding_token": "p"}}'


def weights(**options: bool) -> bytes:
    file = io.BytesIO()
    torch.save({"tag_projection_layer.bias": torch.zeros(3)}, file, **options)
    return file.getvalue()


def tar_file() -> bytes:
    packed = io.BytesIO()
    members = {
        "config.json": CONFIGURATION, "weights.th": weights(), "vocabulary/labels.txt": b"O\nB-V\n",
        "vocabulary/non_padded_namespaces.txt": b"*labels\n",
    }  # fmt: skip
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def archives() -> tuple[bytes, ...]:
    """An input for each of the files that fuzz_archive.py knows, numbered in its order."""
    files = (tar_file(), CONFIGURATION, b"O\nB-V\nI-V\nB-ARG0\n", b"*labels\n*tags\n", weights())
    old = weights(_use_new_zipfile_serialization=False)
    return (*(bytes([number]) + content for number, content in enumerate(files)), b"\x04" + old)


def start(script: str, inputs: tuple[bytes, ...], folder: Path) -> subprocess.Popen:
    corpus = folder / script / "corpus"
    corpus.mkdir(parents=True)
    for number, content in enumerate(inputs):
        (corpus / f"valid{number}").write_bytes(content)
    command = [
        sys.executable, str(HERE / script), str(corpus), f"-max_total_time={SECONDS}", "-print_final_stats=1", "-timeout=20",
        "-rss_limit_mb=4096", "-max_len=20000", "-seed=1", "-keep_seed=1", f"-artifact_prefix={folder / script}/",
    ]  # fmt: skip
    environment = os.environ | {"PYTHONPATH": str(HERE.parents[1]), "OMP_NUM_THREADS": "1"}
    with (folder / script / "log").open("wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, env=environment)


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 240)
def test_any_bytes_end_in_a_result_or_one_line(tmp_path):
    pytest.importorskip("atheris", reason="the fuzzer atheris is not installed: pip install atheris")
    started = {
        name: (start(name, inputs, tmp_path), enough)
        for name, inputs, enough in (("fuzz_columns.py", COLUMNS, 500), ("fuzz_archive.py", archives(), 100))
    }
    try:
        for process, _ in started.values():
            process.wait(timeout=SECONDS + 180)
    finally:
        for process, _ in started.values():
            process.kill()
            process.wait()
    for name, (process, enough) in started.items():
        log = (tmp_path / name / "log").read_text(errors="replace")
        assert process.returncode == 0, log[-6000:]
        executed = int(re.search(r"stat::number_of_executed_units:\s+(\d+)", log)[1])
        assert executed > enough * SECONDS, f"{name}: only {executed} inputs in {SECONDS} s"
        first, last = int(re.search(r"INITED cov: (\d+)", log)[1]), int(re.findall(r" cov: (\d+)", log)[-1])
        assert last > first > 20, f"{name}: coverage went from {first} to {last}"
