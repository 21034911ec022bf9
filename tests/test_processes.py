"""Which process prints, which writes and which GPU each takes, tested in one process that is told it is one of several."""

import runpy
import sys
from pathlib import Path

import pytest
import torch

from liap import cli, processes
from liap.errors import InputError
from liap.taggers.devices import choose_device, own_gpu

ROOT = Path(__file__).parents[1]


def test_an_error_that_only_a_later_process_has_is_printed(monkeypatch, capsys):
    """The first process cannot be reached."""

    def main():
        print("of no interest")
        raise InputError("no room here")

    for name, value in (("WORLD_SIZE", "2"), ("RANK", "1"), ("MASTER_ADDR", "127.0.0.1"), ("MASTER_PORT", "1")):
        monkeypatch.setenv(name, value)

    def nobody():
        raise RuntimeError("no connection")

    monkeypatch.setattr(processes, "_meet", nobody)
    with pytest.raises(SystemExit) as ended:
        processes.speaking_once(lambda: cli.run(main))
    assert ended.value.code == 2
    written = capsys.readouterr()
    assert not written.out and written.err.endswith("error: no room here\n") and written.err.count("\n") == 1


def test_ranks(monkeypatch):
    assert not processes.launched() and processes.is_first() and processes.local_rank() == 0
    for name, value in (("SIZE", "4"), ("RANK", "3"), ("LOCAL_RANK", "1")):
        monkeypatch.setenv(f"OMPI_COMM_WORLD_{name}", value)
    assert processes.launched() and not processes.is_first() and processes.local_rank() == 1
    for name, value in (("WORLD_SIZE", "1"), ("RANK", "0"), ("LOCAL_RANK", "0")):
        monkeypatch.setenv(name, value)
    assert not processes.launched() and processes.is_first() and processes.local_rank() == 0


def test_each_process_takes_the_gpu_of_its_rank(monkeypatch):
    assert [own_gpu("cuda", rank, 2) for rank in (0, 1)] == ["cuda:0", "cuda:1"]
    assert own_gpu("cpu", 1, 2) == "cpu" and own_gpu("cuda", 1, 0) == "cuda"
    with pytest.raises(InputError, match=r"--device cuda:1: .* give cuda or auto"):
        own_gpu("cuda:1", 0, 2)
    with pytest.raises(InputError, match="this machine, which has 2 GPUs"):
        own_gpu("cuda", 2, 2)
    taken = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch, "empty", lambda _, device: taken.append(device))
    assert choose_device("auto") == torch.device("cuda")
    for name, value in (("WORLD_SIZE", "2"), ("RANK", "1"), ("LOCAL_RANK", "1")):
        monkeypatch.setenv(name, value)
    assert choose_device("auto") == choose_device("cuda") == torch.device("cuda:1") == taken[0]
    assert choose_device("cpu") == torch.device("cpu")
    monkeypatch.setenv("ACCELERATE_USE_CPU", "True")
    assert choose_device("auto") == torch.device("cpu")


def test_only_the_first_writes(small_corpus, tmp_path, monkeypatch):
    for name, value in (("WORLD_SIZE", "2"), ("RANK", "1")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(processes, "join", lambda: None)
    monkeypatch.setattr("liap.training.fine_tuning.fine_tune", lambda *_, **__: None)
    output = tmp_path / "model"
    monkeypatch.setattr(sys, "argv", ["finetune.py", "--corpus", str(small_corpus), "--output", str(output)])
    runpy.run_path(str(ROOT / "finetune.py"))["main"]()
    assert not output.exists()


def test_a_launcher_that_starts_one_process_instead_of_several_is_reported(monkeypatch, capsys):
    """`accelerate launch --cpu --num_processes 2` sets a port for the processes to connect to, and starts one."""
    processes.speaking_once(lambda: None)
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("ACCELERATE_USE_CPU", "True")
    processes.speaking_once(lambda: None)
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("MASTER_PORT", "29500")
    processes.speaking_once(lambda: None)
    assert "started one process" in capsys.readouterr().err


def test_a_device_without_numbers_is_refused():
    with pytest.raises(InputError, match="--device meta: PyTorch cannot use it here"):
        choose_device("meta")
