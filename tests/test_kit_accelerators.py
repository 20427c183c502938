"""What the engine does where there are GPUs, tried without one: on the device "meta", which computes nothing and cannot be waited for, and with
PyTorch's loss scaling, autocast and DistributedDataParallel on the CPU."""

from __future__ import annotations

import contextlib
import datetime
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from tests.training_runs import digits, network, noisy, own_look, own_loop, part, recipe, recipes, same, train

augmentation, parts, distributed = part("augmentation"), part("recipe_parts"), part("distributed")
META = torch.device("meta")


# --- Nothing waits for the device ---


class Waits(TorchDispatchMode):
    """Notes copies to the device that the processor would wait for. (What is brought back from "meta", by item() say, is an error by itself.)"""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def __torch_dispatch__(self, function, types, arguments=(), named=None):
        named = named or {}
        goes = function in (torch.ops.aten._to_copy.default, torch.ops.aten.copy_.default) and arguments[-1].device.type == "cpu"
        if goes and (named.get("device") == META or arguments[0].device == META) and not named.get("non_blocking", arguments[-1] is True):
            self.seen.append(f"{function} {tuple(arguments[-1].shape)}")
        return function(*arguments, **named)


class Made(TorchFunctionMode):
    """Notes tensors that are made on the device of numbers in Python: these are copied there, too."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def __torch_function__(self, function, types, arguments=(), named=None):
        named = named or {}
        if function in (torch.tensor, torch.as_tensor) and str(named.get("device")) == "meta" and not isinstance(arguments[0], torch.Tensor):
            self.seen.append(f"{function.__name__} {arguments[0]}")
        return function(*arguments, **named)


def colourful(size: str = "cpu") -> object:
    grey = digits()
    images = {f"{one}_images": getattr(grey, f"{one}_images").repeat(3, 1) for one in ("train", "test")}
    return recipes.Data(**images, train_labels=grey.train_labels, test_labels=grey.test_labels, classes=10)


def on_meta(monkeypatch: pytest.MonkeyPatch, **changes: object) -> tuple:
    """Training and batches of a recipe on a device that can be imagined only."""
    state = part("state")
    monkeypatch.setattr(state.Training, "autocast", lambda self: torch.autocast("cpu", enabled=False))
    group = distributed.Processes(0, 1, META)

    def model() -> nn.Module:
        return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 10))

    made = recipe(model=model, data=colourful, channels_last=True, **changes)
    return state.Training(made, group), part("batches").Batches(colourful(), made, group)


AUGMENTS: dict[str, Callable] = {
    "none": lambda images, generator: images,
    "residual networks on CIFAR-10": parts.shifted_and_flipped,
    "the fast network": parts.shifted_flipped_and_cut(3),
    "AlexNet, VGG": parts.imagenet_crop(6),
    "ResNet-50": parts.imagenet_crop(6, scales=(7, 12)),
}


@pytest.mark.parametrize("name", AUGMENTS)
@pytest.mark.parametrize("far", [False, True])
def test_no_step_waits_for_the_device(name: str, far: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if far:  # as where a GPU has no room
        monkeypatch.setattr(part("batches"), "_at_home", lambda images, device: images)
    training, batches = on_meta(monkeypatch, augment=AUGMENTS[name], clip_norm=1.0, pieces=2, held_out=50)
    assert batches.learn.images.device == torch.device("cpu") if far else batches.learn.images.device == META
    with Waits() as waits, Made() as made:
        for step in range(3):
            training.set_rate(step)
            images, labels, weight = batches[step]
            assert training.learn(images, labels, weight).device == META and images.device == labels.device == META
    batches.close()
    assert not waits.seen and not made.seen


def test_a_copy_that_waits_would_be_noticed() -> None:
    with Waits() as waits, Made() as made:
        torch.ones(3).to(META)
        torch.ones(3).to(META, non_blocking=True)
        torch.tensor([1.0], device=META)
    assert len(waits.seen) == 1 and len(made.seen) == 1


def test_images_that_stay_in_memory_are_read_ahead_and_pinned_for_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    pinned = []
    monkeypatch.setattr(part("batches"), "_at_home", lambda images, device: images)
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda self: pinned.append(tuple(self.shape)) or self)
    _, batches = on_meta(monkeypatch, augment=None)
    batches[0]
    batches._ahead[1].result()
    assert not pinned
    batches.device = torch.device("cuda")
    batches._read(3)
    batches.close()
    assert pinned == [(32, 3, 8, 8), (32,)]


def test_the_thread_that_reads_ahead_works_for_its_own_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = []
    monkeypatch.setattr(torch.cuda, "set_device", lambda device: chosen.append((threading.current_thread(), device)))
    reader = part("batches")._reader(torch.device("cuda", 3))
    thread = reader.submit(threading.current_thread).result()
    reader.shutdown()
    assert chosen == [(thread, torch.device("cuda", 3))]


# --- Precision ---


def test_scaled_losses_learn_the_same_and_go_on_with_their_scale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """fp16 with GradScaler, which the CPU has as well: with pieces and clipping as exact as without, and a checkpoint holds the scale."""
    monkeypatch.setattr(part("state"), "mixed", lambda precision, device, scaled=True: (torch.float16, ""))
    options = {"precision": "fp16", "pieces": 3, "clip_norm": 0.5, "checkpoint_every": 3}
    whole = train(recipe(**options), tmp_path / "whole")
    monkeypatch.undo()
    plain = train(recipe(**options | {"precision": "float32"}), tmp_path / "plain")
    assert whole.rows[-1]["train_loss"] == pytest.approx(plain.rows[-1]["train_loss"], rel=0.02)
    for a, b in zip(whole.network.parameters(), plain.network.parameters()):
        assert torch.allclose(a, b, atol=0.02)
    assert part("checkpoints").load(tmp_path / "whole" / "checkpoint.pt")["scaler"]["scale"] == 65536

    def stopped(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        calls.append(1)
        if len(calls) == 9:
            raise KeyboardInterrupt
        return noisy(images, generator)

    calls: list[int] = []
    monkeypatch.setattr(part("state"), "mixed", lambda precision, device, scaled=True: (torch.float16, ""))
    assert train(recipe(**options | {"augment": stopped}), tmp_path / "run").status == "stopped"
    path = tmp_path / "run" / "checkpoint.pt"
    state = part("checkpoints").load(path)
    state["scaler"]["_growth_tracker"], state["scaler"]["scale"] = 1999, 1024.0  # the next step doubles it
    part("checkpoints").save(path, {name: value for name, value in state.items() if name != "format"})
    again = train(recipe(**options), tmp_path / "run", resume=True)
    assert again.rows[-1]["train_loss"] == pytest.approx(whole.rows[-1]["train_loss"], rel=0.02)
    assert part("checkpoints").load(path)["scaler"]["scale"] == 2048


def test_a_step_whose_gradients_overflow_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part("state"), "mixed", lambda precision, device, scaled=True: (torch.float16, ""))
    training = part("state").Training(recipe(precision="fp16", clip_norm=1.0), distributed.Processes(0, 1, torch.device("cpu")))
    before = {name: tensor.clone() for name, tensor in training.network.named_parameters()}
    images, labels = torch.randn(8, 1, 8, 8), torch.arange(8)
    training.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**40)
    assert torch.isfinite(training.learn(images, labels, 1.0))
    assert all(torch.equal(tensor, before[name]) for name, tensor in training.network.named_parameters())
    assert training.scaler.get_scale() == 2.0**39
    training.scaler = torch.amp.GradScaler("cpu")
    training.learn(images, labels, 1.0)
    assert not all(torch.equal(tensor, before[name]) for name, tensor in training.network.named_parameters())


def test_a_loop_of_ones_own_learns_in_mixed_precision_too(tmp_path: Path) -> None:
    """Autocast keeps 16-bit copies of the weights until it ends: around a whole loop it would never see a step."""
    options = {"precision": "bf16", "test_batch": 60, "optimizer_options": {"lr": 0.1, "momentum": 0.9}}
    engine = train(recipe(**options), tmp_path / "engine")
    own = train(recipe(**options), tmp_path / "own", train_one_epoch=own_loop, evaluate=own_look)
    assert same(engine.network.state_dict(), own.network.state_dict())
    assert own.rows[-1]["watched_loss"] == pytest.approx(engine.rows[-1]["watched_loss"], rel=1e-5)


def test_a_loop_of_ones_own_never_gets_fp16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device=0: (7, 5))
    assert part("machine").mixed("bf16", torch.device("cuda", 0), scaled=False)[0] is None
    assert part("machine").mixed("bf16", torch.device("cuda", 0))[0] is torch.float16


def test_given_functions_are_a_loop_of_ones_own(tmp_path: Path) -> None:
    with pytest.raises(recipes.TrainingError, match="knows no pieces"):
        train(recipe(pieces=2), tmp_path / "run", train_one_epoch=own_loop, evaluate=own_look)


# --- Several GPUs ---


class Backward(torch.autograd.Function):
    """Passes everything on, and has no room for the gradients of more than 13 images."""

    @staticmethod
    def forward(context, x):
        return x.clone()

    @staticmethod
    def backward(context, gradient):
        if len(gradient) > 13:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return gradient


class Hungry(nn.Sequential):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for number, layer in enumerate(self):
            x = Backward.apply(layer(x)) if number == 2 else layer(x)
        return x


class Pair(distributed.Processes):
    """One process that is wrapped as one of several."""

    def wrapped(self, network: nn.Module) -> nn.Module:
        return DistributedDataParallel(network)


@pytest.fixture
def group():
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield Pair(0, 1, torch.device("cpu"))
    dist.destroy_process_group()


@pytest.mark.filterwarnings("error")
def test_what_fits_is_found_out_without_the_other_processes(group: Pair) -> None:
    """Memory runs out half-way through a backward pass: some gradients are on their way to the others, who must not be called again."""
    training = part("state").Training(recipe(model=lambda: Hungry(*network(dropout=0.0))), group)
    images, labels = torch.randn(32, 1, 8, 8), torch.arange(32) % 10
    training.learn(images[:13], labels[:13], 1.0)
    with pytest.raises(torch.OutOfMemoryError):
        training.learn(images, labels, 1.0)
    assert part("trouble").largest_that_fits(lambda number: training.attempt(images[:number], labels[:number]), 32) == 13


@pytest.mark.filterwarnings("error")
def test_channels_last_filters_of_one_pixel_pass_between_processes_without_a_word(group: Pair) -> None:
    def model() -> nn.Module:
        return nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Conv2d(8, 16, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10))

    training = part("state").Training(recipe(model=model, channels_last=True, pieces=2), group)
    for _ in range(2):
        assert torch.isfinite(training.learn(torch.randn(8, 3, 8, 8), torch.arange(8), 1.0))


def test_an_attempt_needs_what_the_optimizer_needs(tmp_path: Path) -> None:
    """The first step makes the optimizer's own tensors: they have to fit as well."""

    class Large(torch.optim.SGD):
        def step(self, closure=None):
            if seen[-1] > 9:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
            super().step(closure)

    class Seen(nn.Sequential):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            seen.append(len(x))
            return super().forward(x)

    seen: list[int] = []
    with pytest.raises(recipes.TrainingError, match="32 images at once are too many; 9 fit"):
        train(recipe(model=lambda: Seen(*network()), optimizer=Large), tmp_path / "run")


def test_each_process_needs_a_gpu_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    torchrun(monkeypatch, number=2, gpus=2)
    with pytest.raises(recipes.TrainingError, match="here there are 2: torchrun --nproc-per-node 2"), distributed.processes():
        pass


@pytest.mark.parametrize("fails", [False, True])
def test_nccl_knows_which_gpu_is_whose_and_words_may_take_their_time(fails: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gradients that do not come are noticed after NCCL's own minutes; for the first one's word, after hours of decoding, the others wait."""
    torchrun(monkeypatch, number=1, gpus=2)
    asked = []
    monkeypatch.setattr(dist, "init_process_group", lambda backend, **how: asked.append((backend, how)))
    monkeypatch.setattr(dist, "new_group", lambda backend, timeout: asked.append((backend, timeout)) or "words")
    monkeypatch.setattr(dist, "get_rank", lambda: 1)
    monkeypatch.setattr(dist, "destroy_process_group", lambda: asked.append("farewell"))
    monkeypatch.setattr(torch.cuda, "set_device", lambda device: asked.append(device))
    gpu = torch.device("cuda", 1)
    with contextlib.suppress(ZeroDivisionError), distributed.processes() as found:
        assert found == distributed.Processes(1, 3, gpu, "words")
        1 / (0 if fails else 1)
    assert asked[:2] == [gpu, ("nccl", {"device_id": gpu})] and asked[2][0] == "gloo" and asked[2][1] > datetime.timedelta(hours=24)
    assert asked[3:] == ([] if fails else ["farewell"]), "after an error NCCL would wait for the others, who may wait for this process"


def torchrun(monkeypatch: pytest.MonkeyPatch, number: int, gpus: int) -> None:
    for name, value in (("WORLD_SIZE", 3), ("RANK", number), ("LOCAL_RANK", number)):
        monkeypatch.setenv(name, str(value))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)


def test_a_process_that_is_left_alone_says_so() -> None:
    trouble = part("trouble")
    gone = RuntimeError("[/pytorch/third_party/gloo/gloo/transport/tcp/pair.cc:537] Read error [127.0.0.1]:2: Connection reset by peer.")
    assert trouble.others_ended(gone) and not trouble.others_ended(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    assert "Go on from step 12 with --resume" in str(trouble.left_alone(2, 12)) and "begin anew" in str(trouble.left_alone(2, None))
