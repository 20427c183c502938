"""The machine that trains: its device, the size of experiment that fits it, and what must be said of it beside a result."""

import os
import platform
from pathlib import Path

import torch

LARGE = 30e9  # bytes of a large GPU's memory: A100, H100, RTX 5090 …; a T4 has 16e9
AMPERE = (8, 0)  # the first generation that computes in bf16
DTYPES = {"float32": None, "bf16": torch.bfloat16, "fp16": torch.float16}


def device_here(number=0):
    """The GPU of that number, or the CPU where there is none."""
    return torch.device("cuda", number) if torch.cuda.is_available() else torch.device("cpu")


def size_here():
    """Which size of an experiment fits this machine: "cpu", "colab" (a small GPU) or "gpu" (a large one)."""
    if not torch.cuda.is_available():
        return "cpu"
    large = torch.cuda.get_device_properties(0).total_memory >= LARGE and torch.cuda.get_device_capability(0) >= AMPERE
    return "gpu" if large else "colab"


def mixed(precision, device, scaled=True):
    """The dtype that autocast computes in (None: none, all is float32), and what to tell the learner ("": nothing).

    precision  "float32", "bf16" or "fp16": what the recipe asks for
    scaled     whether the loop scales its losses, without which small gradients vanish in fp16
    """
    dtype = DTYPES[precision]
    if device.type == "cuda":
        old = dtype is torch.bfloat16 and torch.cuda.get_device_capability(device) < AMPERE
        if old and not scaled:
            return None, "This GPU knows no bf16, and a loop of your own does not scale its losses as fp16 needs it: computing in float32."
        return (torch.float16, "This GPU knows no bf16: computing in fp16, with scaled losses.") if old else (dtype, "")
    if dtype is torch.float16:
        return None, "fp16 is for GPUs: computing in float32."
    return dtype, ""


def machine(device, processes=1):
    """What a result depends on, in plain values: device, its memory, processor, cores, threads, versions."""
    found = {"device": str(device.type), "processes": processes, "processor": _processor(), "cores": os.cpu_count() or 0}
    found |= {"threads": torch.get_num_threads(), "system": platform.platform(), "python": platform.python_version(), "torch": torch.__version__}
    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        found |= {"gpu": properties.name, "gpu_memory": properties.total_memory, "cuda": torch.version.cuda, "cudnn": torch.backends.cudnn.version()}
    return found


def named(device):
    """The device in words: "NVIDIA H200", "CPU (2 threads)"."""
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).name
    return f"CPU ({torch.get_num_threads()} thread{'s' * (torch.get_num_threads() > 1)})"


def _processor():
    """The processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
