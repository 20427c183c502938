"""Training steps of our networks beside torchvision's and timm's: images a second, and the share of the device's own matrix rate.

All take the same steps in the same run: forward, loss, backward and momentum SGD, on images that lie on the device already; on a GPU in bf16
(autocast), channels last, each without and with torch.compile, whichever is faster for it. They take turns, so that a machine that slows down
slows all of them down. The promise is at least 1.0 times the faster of the others. They run only where they are installed:
pip install torchvision timm.

A step is counted as three times the multiply-adds of looking at its images (once forward, and twice backward); the matrix rate is what one
product of large square matrices reaches in the same precision.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import importlib.util
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

LONG = "(takes minutes, and a GPU to mean something)"
ROUNDS = 5  # turns of each; the median counts
MATRIX = {"cuda": 8192, "cpu": 1024}  # side of the square matrices
PASSES = 3  # forward, gradients of the inputs, gradients of the weights


@dataclass(frozen=True)
class Network:
    """One architecture: where to find ours, and what the others call it.

    side, batch  pixels and images of a step on a GPU; a batch that does not fit is halved, for all alike
    small        options of ours, side and batch on a CPU; None as options: the published network, so that others can stand beside it
    """

    module: str
    build: str
    options: dict[str, Any]
    torchvision: str
    timm: str | None
    batch: int
    small: tuple[dict[str, Any] | None, int, int]
    side: int = 224


NETWORKS = {
    "resnet18": Network("resnet", "resnet", {"depth": 18}, "resnet18", "resnet18", 512, (None, 64, 4)),
    "resnet50": Network("resnet", "resnet", {"depth": 50}, "resnet50", "resnet50", 256, (None, 64, 2)),
    "vgg16": Network("vgg", "VGG", {"depth": 16}, "vgg16", "vgg16", 128, ({"depth": 16, "size": 32, "width": 16, "hidden": 256}, 32, 4)),
    # torchvision's has fewer filters, and neither halves nor local response normalisation: what is compared is multiply-adds a second.
    "alexnet": Network("alexnet", "AlexNet", {"groups": 1, "lrn": False}, "alexnet", None, 1024, ({"width": 24, "hidden": 256}, 224, 2)),
}


@dataclass
class Candidate:
    """A network that takes part, compiled or not: its multiply-adds for one image, and seconds of a step in each round."""

    words: str
    builder: str
    operations: float
    seconds: list[float] = field(default_factory=list)


def options(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--networks", nargs="+", choices=sorted(NETWORKS), default=list(NETWORKS), metavar="NAME", help="of training: which")
    group.add_argument("--no-compile", action="store_true", help="of training: leave torch.compile out (it takes a minute for each network)")


def measure(arguments: argparse.Namespace) -> Iterator[str]:
    import torch

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    gpu = device.type == "cuda"
    torch.backends.cudnn.benchmark = True  # the fastest algorithm for each shape, for all
    dtype = torch.bfloat16 if gpu else torch.float32
    if gpu:
        yield f"On {torch.cuda.get_device_name(device)}, bf16, channels last."
    else:
        yield "No GPU here, so these are small networks or small images in float32 on the CPU: they try the benchmark out, and promise nothing."
    matrix = matrix_rate(device, dtype)
    yield f"One product of matrices: {matrix / 1e12:.3g} T multiply-adds a second."
    missing = [library for library in ("torchvision", "timm") if not importlib.util.find_spec(library)]
    if missing:
        yield f"Not installed, so not beside ours: {', '.join(missing)}."
    compiles = (False, True) if gpu and not arguments.no_compile else (False,)
    with _our_networks() as our:
        for name in arguments.networks:
            yield from compared(name, our, device, dtype, compiles, matrix)


def compared(name: str, our: Callable, device, dtype, compiles: tuple[bool, ...], matrix: float) -> Iterator[str]:
    """The lines of one architecture: each candidate, then the ratio."""
    network = NETWORKS[name]
    small, side, batch = network.small if device.type == "cpu" else (None, network.side, network.batch)
    builders = {"ours": lambda: our(network.module, network.build)(**(network.options if small is None else small))}
    if small is None:
        builders |= others(network)
    counted = {words: operations(our, build, side) for words, build in builders.items()}
    while True:
        try:
            best = _best(builders, counted, side, batch, device, dtype, compiles)
            break
        except Exception as error:
            if type(error).__module__.startswith(("torch._dynamo", "torch._inductor")):
                raise SystemExit(f"torch.compile cannot compile {name} here (it needs a C++ compiler and Triton): add --no-compile.") from error
            if not _out_of_memory(error) or batch == 1:
                raise
            batch //= 2
        free()
    yield f"{name}, {batch} images of {side}×{side}"
    for candidate in best.values():
        rate = batch / statistics.median(candidate.seconds)
        share = PASSES * candidate.operations * rate / matrix
        yield f"  {candidate.words:24} {rate:10,.1f} images/s   {share:6.1%} of the matrix rate   {candidate.operations / 1e9:.2f} G each"
    yield ratio(best)


def ratio(best: dict[str, Candidate]) -> str:
    """Ours against the faster of the others: images a second, or multiply-adds a second where they need unequally many."""
    rivals = {words: candidate for words, candidate in best.items() if words != "ours"}
    if not rivals:
        return "  nothing to compare with here"
    ours = best["ours"]

    def speed(candidate: Candidate) -> float:
        return candidate.operations / statistics.median(candidate.seconds)

    fastest = max(rivals, key=lambda words: speed(rivals[words]))
    equal = abs(rivals[fastest].operations / ours.operations - 1) < 0.01
    number = speed(ours) / speed(rivals[fastest])
    kept = "" if number >= 1 else "  slower than promised"
    return f"  ours: {number:.2f} times {rivals[fastest].words}{'' if equal else ' (multiply-adds a second: another architecture)'}{kept}"


def others(network: Network) -> dict[str, Callable]:
    """Builders of the same architecture, from the libraries that are installed."""
    found = {}
    if importlib.util.find_spec("torchvision"):
        models = importlib.import_module("torchvision.models")
        found["torchvision"] = getattr(models, network.torchvision)
    if network.timm and importlib.util.find_spec("timm"):
        timm = importlib.import_module("timm")
        found["timm"] = lambda: timm.create_model(network.timm)
    return found


def operations(our: Callable, build: Callable, side: int) -> float:
    """Multiply-adds of convolutions and matrix products for one image, counted without computing."""
    import torch

    with torch.device("meta"):
        rows = our("inspect", "layer_table")(build(), (3, side, side))
    return float(sum(row[4] for row in rows))


def _best(builders, counted, side, batch, device, dtype, compiles) -> dict[str, Candidate]:
    """Of each builder the faster of its candidates, after all have taken turns."""
    import torch

    images = torch.randn(batch, 3, side, side, device=device).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(0, 1000, (batch,), device=device)
    candidates, steps = {}, {}
    for words, build in builders.items():
        for compiled in compiles:
            torch.manual_seed(0)
            model = build().to(device, memory_format=torch.channels_last).train()
            name = f"{words}{', compiled' if compiled else ''}"
            candidates[name] = Candidate(name, words, counted[words])
            steps[name] = step(torch.compile(model) if compiled else model, images, labels, device, dtype)
            steps[name]()  # compiled, algorithms chosen, memory taken: none of it counts
    for _ in range(ROUNDS):
        for name, take in steps.items():
            candidates[name].seconds.append(seconds(take, device))
    steps.clear()
    free()
    best: dict[str, Candidate] = {}
    for candidate in candidates.values():
        words = candidate.builder
        if words not in best or statistics.median(candidate.seconds) < statistics.median(best[words].seconds):
            best[words] = candidate
    return best


def step(model, images, labels, device, dtype) -> Callable[[], None]:
    """One training step, as the engine takes it."""
    import torch
    from torch.nn import functional as F

    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9, weight_decay=1e-4)
    mixed = torch.autocast(device.type, dtype) if dtype is not torch.float32 else contextlib.nullcontext()

    def take() -> None:
        with mixed:
            scores = model(images)
            loss = F.cross_entropy(scores, labels % scores.shape[1])
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return take


def seconds(take: Callable[[], Any], device) -> float:
    """Seconds of a call, the median of some (PyTorch's own timer waits for the GPU)."""
    from torch.utils.benchmark import Timer

    return Timer("take()", globals={"take": take}).blocked_autorange(min_run_time=1.0 if device.type == "cuda" else 0.1).median


def matrix_rate(device, dtype) -> float:
    """Multiply-adds a second of one product of square matrices."""
    import torch

    side = MATRIX[device.type]
    a, b = torch.randn(2, side, side, device=device).to(dtype)
    return side**3 / seconds(lambda: a @ b, device)


def free() -> None:
    """Give back what the last network held."""
    import torch

    gc.collect()
    torch.compiler.reset()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _out_of_memory(error: Exception) -> bool:
    import torch

    return isinstance(error, torch.cuda.OutOfMemoryError)


@contextlib.contextmanager
def _our_networks() -> Iterator[Callable[[str, str], Any]]:
    """What the course's solutions call so: our("resnet", "resnet")."""
    from autograder.course import load_course
    from autograder.learning import training

    root = load_course().root
    training.use(SimpleNamespace(cnnlib=root / "solutions" / "cnnlib", root=root))
    yield lambda module, name: getattr(importlib.import_module(f"cnnlib.nets.{module}"), name)
