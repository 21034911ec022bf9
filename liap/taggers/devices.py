"""The device that a model runs on: what `--device` names, or a GPU if the machine has one."""

from __future__ import annotations

import torch

from liap import processes
from liap.errors import InputError, first_line


def choose_device(device: str) -> torch.device:
    """`auto` takes a GPU if the machine has one; other values are PyTorch's names. Under several processes each has its own GPU."""
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() and not processes.on_cpu() else "cpu"
        if not processes.launched():
            return torch.device(device)
    if processes.launched():
        device = own_gpu(device, processes.local_rank(), torch.cuda.device_count())
    try:
        chosen = torch.device(device)
        torch.empty(1, device=chosen)
        if chosen.type == "meta":
            raise RuntimeError("it holds no numbers")
    except (RuntimeError, AssertionError) as error:
        raise InputError(
            f"--device {device}: PyTorch cannot use it here ({first_line(error)}); try auto or cpu"
        ) from error
    return chosen


def own_gpu(device: str, local_rank: int, gpus: int) -> str:
    """`cuda` becomes the GPU numbered by the process's rank on its machine; any other device stays as it is."""
    if device.partition(":")[0] != "cuda" or not gpus:
        return device
    if device != "cuda":
        raise InputError(f"--device {device}: each of several processes takes a GPU of its own; give cuda or auto")
    if local_rank >= gpus:
        raise InputError(
            f"--device cuda: at least {local_rank + 1} processes on this machine, which has {gpus} GPUs; start one process per GPU"
        )
    return f"cuda:{local_rank}"
