# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 13 · Training at scale
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/stride-course/stride/blob/main/notebooks/13_training_at_scale.ipynb)
#
# The networks are yours, and so is the loop. What is left is to make it fast, to make it fit, to stop it and go on, and to see early when it goes wrong.
#
# **You will be able to** say what limits a step on your machine, and prove it · choose a number format, and know what falls through it · train with batches that do not fit into memory · stop at any step and go on bit for bit · say what several GPUs exchange · read a learning curve like a thermometer · report a result that somebody else can repeat.
#
# **Not here:** networks too large for one GPU, and clusters of them.
#
# **Time** about 200 minutes · **Points** 100 · **Before this** 09; schedules (05) and ResNet (11) help. **To hand in** this notebook, `cnnlib/roofline.py` and `cnnlib/trainer.py`.

# %% [markdown]
# ## Set-up
#
# As before: you write in `cnnlib/`, save, and run the next cell. *In Colab*, the files are in the panel on the left, under `stride/cnnlib/`; download what you wrote before you leave.

# %%
# %load_ext autoreload
# %autoreload 2
import os
import subprocess
import sys
from pathlib import Path

if "google.colab" in sys.modules:  # Colab starts empty: fetch the course once
    if not Path("/content/stride").exists():
        course = "https://github.com/stride-course/stride"
        subprocess.run(["git", "clone", "--quiet", "--depth", "1", course, "/content/stride"], check=True)
        # The command stride; --no-deps leaves Colab's own numpy and torch alone.
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--editable", "/content/stride"], check=True)
    os.chdir("/content/stride")
here = Path.cwd()
sys.path += [str(folder) for folder in (here, *here.parents) if (folder / "course.toml").is_file()]

import copy
import signal
import tempfile

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from autograder import check
from cnnlib import roofline, trainer
from cnnlib.kit import best_seconds, lenet_images, load, progress
from cnnlib.kit import show_bars, show_curves, show_roofline, show_runs, waits_for
from cnnlib.nets import lenet, resnet

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
print(f"PyTorch {torch.__version__}, on {torch.cuda.get_device_name() if device.type == 'cuda' else f'{torch.get_num_threads()} CPU threads'}")

# %% [markdown]
# ## 1 · What limits a step?
#
# A layer does two things: it **computes**, and it **moves** numbers between memory and the processor. Both go on at the same time, so the slower one sets the pace. Which one that is, is a matter of a single ratio: the **operations for each byte** that the layer moves, its *intensity*.
#
# A machine can do `peak` operations and move `bandwidth` bytes in a second. Where the intensity lies below `peak / bandwidth`, arithmetic waits for memory; above it, memory waits for arithmetic. Drawn with both axes logarithmic, that is a slanted line that meets a level one: the **roofline**. No layer gets above it.
#
# A multiplication with its addition counts as *two* operations here, as makers of machines count. (The tables of 09 count it as one.)

# %% [markdown]
# **Predict.** ReLU on float32 numbers: one operation each. What is its intensity? And what happens to that of a 3×3 convolution with 64 channels in and out when the batch grows from 1 to 64?
#
# <details><summary>Answer</summary>
#
# ReLU reads 4 bytes and writes 4 for one operation: 1/8, whatever the machine. Memory limits it everywhere.
#
# The convolution does 2 · 64 · 9 = 1152 operations for each number that it writes, and moves about 8 bytes for it (one number in, one out): some 144 for each byte. Its weights come on top, 64 · 64 · 9 · 4 bytes, once for the whole batch: so the intensity grows a little with the batch, and then no more.
# </details>

# %% [markdown]
# **Exercise `roofline.roofline`** · 10 points · difficulty ●●○○○ · 20 minutes · in `cnnlib/roofline.py`

# %% check="roofline.roofline"
check("roofline.roofline")

# %% [markdown]
# ### Experiment: your ResNet under the roof of your machine
#
# First the machine: the best rate of a large matrix product and of a convolution that suits it, and how fast one large array is copied. Then every convolution, batch norm and ReLU (that is a module: hooks do not see functions such as `torch.relu`) of a CIFAR ResNet-20 with a batch of 32: its operations, the bytes that it must move at least (what comes in, what goes out, its weights), and the time that it takes, measured.

# %%
def synchronized(function, *arguments):
    """A GPU works on when Python has gone ahead: wait for it before looking at the clock."""
    out = function(*arguments)
    if device.type == "cuda":
        torch.cuda.synchronize()
    return out


def machine_limits(size=1024, numbers=8_000_000):
    """Operations and bytes in a second, measured: the best of many, since other programs want the machine too."""
    a, source = torch.randn(size, size, device=device), torch.randn(numbers, device=device)
    target = torch.empty_like(source)
    x, w = torch.randn(32, 64, 32, 32, device=device), torch.randn(64, 64, 3, 3, device=device)
    products = 2 * size**3 / best_seconds(synchronized, torch.mm, a, a, repeat=200, enough=1.0)
    convolutions = 2 * x.numel() * w[0].numel() / best_seconds(synchronized, lambda: F.conv2d(x, w, padding=1), repeat=200, enough=1.0)
    copying = best_seconds(synchronized, target.copy_, source, repeat=200, enough=1.0)
    return max(products, convolutions), 2 * 4 * numbers / copying


peak, bandwidth = machine_limits()
print(f"{peak / 1e9:,.0f} billion operations a second, {bandwidth / 1e9:.1f} GB a second: the ridge is at {peak / bandwidth:.1f} operations a byte")

# %%
def layer_costs(model, images):
    """For every layer that computes: its kind, operations, bytes moved, measured seconds. What goes through is noted by hooks, as in 09."""
    found, hooks = [], []

    def note(layer, inputs, output):
        found.append((layer, inputs[0].detach(), output.numel()))

    for layer in model.modules():
        if isinstance(layer, (nn.Conv2d, nn.BatchNorm2d, nn.ReLU)):
            hooks.append(layer.register_forward_hook(note))
    with torch.no_grad():
        model(images)
        for hook in hooks:
            hook.remove()
        rows = []
        for layer, x, numbers in found:
            each = 2 * layer.weight[0].numel() if isinstance(layer, nn.Conv2d) else 2 if isinstance(layer, nn.BatchNorm2d) else 1
            weights = sum(parameter.numel() for parameter in layer.parameters())
            seconds = best_seconds(synchronized, layer, x, repeat=5, enough=0.05)
            rows.append((type(layer).__name__, each * numbers, 4 * (x.numel() + numbers + weights), seconds))
    return rows


with waits_for("roofline.roofline", "nets.resnet.CifarResNet"):
    net = resnet.CifarResNet(20).to(device).eval()
    net.apply(lambda layer: setattr(layer, "inplace", False) if isinstance(layer, nn.ReLU) else None)  # so that measuring twice is no harm
    rows = layer_costs(net, torch.randn(32, 3, 32, 32, device=device))
    kinds, (operations, moved, measured) = [row[0] for row in rows], np.array([row[1:] for row in rows]).T
    peak = max(peak, (operations / measured).max())  # what a layer has reached, the machine can do
    least, intensity, bound = roofline.roofline(operations, moved, peak, bandwidth)
    chosen = {kind: np.array([name == kind for name in kinds]) for kind in dict.fromkeys(kinds)}
    show_roofline(peak, bandwidth, {kind: (intensity[at], (operations / measured)[at]) for kind, at in chosen.items()}, "ResNet-20 on this machine, batch of 32")
    for kind, at in chosen.items():
        print(f"{kind:12} {at.sum():3} layers · {100 * operations[at].sum() / operations.sum():5.1f} % of the operations · {100 * measured[at].sum() / measured.sum():5.1f} % of the time")
    print(f"all: {1e3 * measured.sum():.1f} ms; the roof allows {1e3 * least.sum():.1f} ms")

# %% [markdown]
# (The level line is the best rate that was seen, of the matrix product, the convolution and your layers. A dot above the slanted line? What still lies in a cache need not come from memory; and on a busy machine the copy was measured at a bad moment.)
#
# Convolutions do nearly all of the arithmetic. Batch norm and ReLU do next to none, and yet their share of the time is many times that of the operations: they only move numbers. What helps each kind is different:
#
# | what limits | what helps | in PyTorch |
# |---|---|---|
# | arithmetic | numbers of half the size; matrix units | `torch.autocast("cuda", dtype=torch.bfloat16)` |
# | memory | half-size numbers again; several layers in one pass over the data | `torch.compile(model)` |
# | the order in memory | channels last, `N, H, W, C` in memory: what the fast kernels of GPUs want; shapes stay `N, C, H, W` | `model.to(memory_format=torch.channels_last)` |
# | Python, many small steps | larger batches; `torch.compile` | |
# | waiting for data | decode and augment in other processes, or on the GPU itself; `pin_memory`, `non_blocking=True` | `DataLoader(..., num_workers=…)` |
#
# First measure which one it is: the wrong cure costs time and helps nothing.
#
# > **Takeaway.** A step is limited by arithmetic, by memory, or by waiting. Intensity against the ridge says which, before you optimize anything.

# %% [markdown]
# ## 2 · Cheaper numbers
#
# | format | bits | largest | smallest normal | steps between 1 and 2 |
# |---|---|---|---|---|
# | float32 | 32 | 3.4e38 | 1.2e-38 | 8,388,608 |
# | float16 | 16 | 65,504 | 6.1e-5 | 1,024 |
# | bfloat16 | 16 | 3.4e38 | 1.2e-38 | 128 |
#
# Half the bytes, and GPUs have units that multiply 16-bit matrices many times as fast as 32-bit ones. **Mixed precision** keeps parameters and updates in float32 and does the large products in 16 bits; sums inside of them, batch norm's statistics and the loss stay in float32. `torch.autocast` decides layer by layer.
#
# float16 has precision, but little range. What falls below its range becomes 0, and gradients are small.

# %% [markdown]
# ### Experiment: what falls through float16?
#
# With autocast, what runs back through the network between the layers is float16: the slopes of the loss by each layer's output. Here are those of your LeNet-5, epoch by epoch. Left of the line float16 has nothing left: below about 3e-8 everything becomes 0.

# %%
digits = load("digits")
x_train, y_train = (torch.from_numpy(array) for array in (lenet_images(digits.train_images), digits.train_labels))
x_test, y_test = (torch.from_numpy(array) for array in (lenet_images(digits.test_images), digits.test_labels))


def slopes_by_epoch(model, epochs, batch=32):
    """For every epoch, the slopes of the loss by the outputs of all layers with weights: one tensor, its zeros left out."""
    optimizer, found = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9), []

    def keep(layer, inputs, output):
        output.register_hook(lambda slope: noted.append(slope.flatten().clone()))

    for layer in model.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layer.register_forward_hook(keep)
    for _ in range(epochs):
        noted = []
        for chosen in torch.randperm(len(x_train)).split(batch):
            optimizer.zero_grad()
            F.cross_entropy(model(x_train[chosen]), y_train[chosen]).backward()
            optimizer.step()
        slopes = torch.cat(noted)
        found.append(slopes[slopes != 0])
    return found


with waits_for("nets.lenet.LeNet5"):
    torch.manual_seed(0)
    epochs = slopes_by_epoch(lenet.LeNet5(), 6)
    bins = np.linspace(-12, 0, 90)
    shares = {number: np.histogram(np.log10(epochs[number - 1].abs().numpy()), bins)[0] / len(epochs[number - 1]) for number in (1, 3, 6)}
    lines = {f"epoch {number}": (10 ** bins[1:], 100 * share) for number, share in shares.items()}
    show_curves(lines | {"float16's end": ([3e-8, 3e-8], [0, 100 * max(map(np.max, shares.values()))])}, "Slopes between the layers of LeNet-5", "size", "% of them", logx=True, markers=False)
    print("loss times    become 0 in epoch 1 … 6, in %")
    for scale in (1, 2**5, 2**10, 2**15):
        lost = [100 * ((slopes * scale).half() == 0).double().mean().item() for slopes in epochs]
        print(f"{scale:10}   " + "".join(f"{share:8.2f}" for share in lost))

# %% [markdown]
# The better the network gets, the smaller its slopes: learning dries up just when it gets precise. And at the other end float16 reaches to 65,504, where nobody is.
#
# **Predict.** So what could one do to the *loss* before `backward()`, and what to the gradients before `step()`?
#
# <details><summary>Answer</summary>
#
# Multiply the loss by a large number: all gradients grow with it and move to the right, away from the line. Divide them by the same number, in float32, before the step. That is **loss scaling**; `torch.amp.GradScaler` finds the number as it goes: doubled now and then, halved, and the step left out, when a gradient becomes infinite. bfloat16 has float32's
# range and needs none of that; it pays with precision.
# </details>

# %% [markdown]
# ```python
# scaler = torch.amp.GradScaler("cuda", enabled=dtype == torch.float16)
# with torch.autocast("cuda", dtype=dtype):
#     loss = loss_function(model(images), labels)
# scaler.scale(loss).backward()
# scaler.step(optimizer)
# scaler.update()
# ```
#
# > **Takeaway.** 16 bits for the large products, 32 for what is added up over time. float16 needs its loss scaled, bfloat16 does not.

# %% [markdown]
# ## 3 · The rate, step by step
#
# In 05 you wrote schedules: functions that give a rate. In PyTorch the rate lives in the optimizer: `optimizer.param_groups` is a list of dictionaries, each with some parameters, a rate `"lr"`, a decay, and so on. Several groups have several rates: a pretrained body 0.001, a new head 0.1.
#
# A schedule then is best a **factor** that all groups follow. And the rate that a group was made with has to be kept somewhere, or the second factor is taken of the first one's result.
#
# **Exercise `trainer.set_learning_rates`** · 10 points · difficulty ●●○○○ · 15 minutes · in `cnnlib/trainer.py`

# %% check="trainer.set_learning_rates"
check("trainer.set_learning_rates")

# %% [markdown]
# ### Large batches, and why they warm up
#
# Several GPUs mean larger batches. A batch of 256 instead of 32 has a gradient with less noise, but there are eight times fewer steps in an epoch. The **linear scaling rule** makes up for that: a batch `k` times as large, a rate `k` times as large. It holds as long as the network hardly changes during `k` steps, which is not so at the very start; hence the **warm-up**: a small rate that rises to the large one over the first epochs.
#
# Goyal and others (2017, section 5) trained ResNet-50 on ImageNet that way: 23.60 ± 0.12 % wrong with batches of 256, within 0.14 points of it with 8192, and 1.2 points worse without the warm-up.

# %% [markdown]
# ### Experiment: a batch sixteen times as large
#
# LeNet-5 on the digits, four ways, three seeds: batches of 16; batches of 256 with the same rate; with the rate times 16; and with that rate, warmed up over two epochs.

# %%
def learn(seed, batch=16, rate=0.05, epochs=12, warmup=0.0):
    """Share of wrong test digits, in %, after every epoch, with plain momentum."""
    torch.manual_seed(seed)
    model, order = lenet.LeNet5(), torch.Generator().manual_seed(seed)
    optimizer, errors, steps = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9), [], 0
    per_epoch = -(-len(x_train) // batch)
    for _ in range(epochs):
        for chosen in torch.randperm(len(x_train), generator=order).split(batch):
            trainer.set_learning_rates(optimizer, min(1.0, (steps + 1) / (warmup * per_epoch)) if warmup else 1.0)
            optimizer.zero_grad()
            F.cross_entropy(model(x_train[chosen]), y_train[chosen]).backward()
            optimizer.step()
            steps += 1
        with torch.no_grad():
            errors.append(100 * (model(x_test).argmax(1) != y_test).double().mean().item())
    return errors


WAYS = {
    "16, rate 0.05": {},
    "256, rate 0.05": {"batch": 256},
    "256, rate 0.8": {"batch": 256, "rate": 0.8},
    "256, rate 0.8, warm-up": {"batch": 256, "rate": 0.8, "warmup": 2.0},
}
with waits_for("trainer.set_learning_rates", "nets.lenet.LeNet5"):
    runs = {name: np.array([learn(seed, **way) for seed in range(3)]) for name, way in progress(list(WAYS.items()), "ways")}
    show_runs(runs, "LeNet-5 on digits: batch and rate", "epoch", "% of test digits wrong", x=np.arange(1, 13), logy=True)
    for name, errors in runs.items():
        print(f"{name:26} {errors[:, -1].mean():5.1f} ± {errors[:, -1].std(ddof=1):.1f} % wrong")

# %% [markdown]
# (The band of the large rate is wide: some seeds recover from their first steps, others do not.)
#
# > **Takeaway.** The rate belongs to the batch: larger together, and gently at the start. Large batches with the small rate are slow; with the large rate from the first step, training may never recover.

# %% [markdown]
# ## 4 · A batch that does not fit
#
# Autograd keeps what backward needs: every layer's input, for every image of the batch. That is most of the memory of training, and it grows with the batch.
#
# But the gradient of a mean is a mean of gradients, and `backward()` adds up. So a large batch may go through **in parts**: forward, backward, forget; the next part. One step at the end. The memory is that of a part, the gradient that of the whole.
#
# **Predict.** A batch of 10 in three parts: 4, 3 and 3 images. Each part's loss is its mean. By what must each be multiplied before `backward()`?
#
# <details><summary>Answer</summary>
#
# By its share of the images: 4/10, 3/10, 3/10. Then the sum is the mean over the ten. By 1/3 each, an image of a small part would count more; without any factor, the gradient would be three times too large.
# </details>

# %% [markdown]
# **Exercise `trainer.accumulate_gradients`** · 22 points · difficulty ●●●○○ · 30 minutes · in `cnnlib/trainer.py`

# %% check="trainer.accumulate_gradients"
check("trainer.accumulate_gradients")

# %% [markdown]
# ### Experiment: the bill of a batch
#
# A batch of 64 through LeNet-5, and through LeNet-5 with batch norm after each convolution, in 1 to 16 parts. How much does autograd keep at most (counted by hooks on what it saves), and how far is the gradient from that of the whole batch?

# %%
def kept_and_gradient(model, images, labels, parts):
    """The most MB that autograd kept at a time, and all gradients as one tensor."""
    most, now = [0], {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        now[storage.data_ptr()] = storage.nbytes()  # one storage may be kept under several shapes
        most[0] = max(most[0], sum(now.values()))
        return tensor

    def forget(scores, labels):
        loss = F.cross_entropy(scores, labels)
        loss.register_hook(lambda gradient: now.clear())  # backward begins: this part's are given free
        return loss

    model.zero_grad()
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        trainer.accumulate_gradients(model, forget, images, labels, parts)
    return most[0] / 1e6, torch.cat([parameter.grad.flatten() for parameter in model.parameters()])


def with_batch_norm(model):
    """A copy with batch norm after every convolution."""
    layers = []
    for layer in copy.deepcopy(model).modules():
        if next(layer.children(), None) is None:
            layers += [layer, nn.BatchNorm2d(layer.out_channels)] if isinstance(layer, nn.Conv2d) else [layer]
    return nn.Sequential(*layers)


with waits_for("trainer.accumulate_gradients", "nets.lenet.LeNet5"):
    torch.manual_seed(0)
    plain = lenet.LeNet5().double()
    images, labels, counts = x_train[:64].double(), y_train[:64], (1, 2, 4, 8, 16)
    found = {parts: kept_and_gradient(plain, images, labels, parts) for parts in counts}
    show_bars([f"{parts} part{'s' * (parts > 1)}" for parts in counts], [round(found[parts][0], 2) for parts in counts], "What autograd keeps of a batch of 64", "MB")
    for name, model in {"LeNet-5": plain, "with batch norm": with_batch_norm(plain).double().train()}.items():
        whole = kept_and_gradient(model, images, labels, 1)[1]
        apart = {parts: (kept_and_gradient(model, images, labels, parts)[1] - whole).norm().item() / whole.norm().item() for parts in counts[1:]}
        print(f"{name:16} relative difference of the gradient:", ", ".join(f"{parts} parts {difference:.0e}" for parts, difference in apart.items()))

# %% [markdown]
# What does not shrink are the weights, and the images themselves, which are there anyway. In a network with many layers they are little against the rest.
#
# Without batch norm the gradient is the same to the last digits. With it, each part is normalised by its own mean and variance: another function, and another gradient. The smaller the part, the noisier its statistics.
#
# > **Takeaway.** Batch size is a choice about learning; what fits into memory is not allowed to make it for you. Mind batch norm.

# %% [markdown]
# ## 5 · Stop, and go on
#
# Long training gets interrupted: Colab ends a session, a machine is needed elsewhere, the power fails. A **checkpoint** has to hold everything that the next step would have used. Weights are the obvious part.
#
# **Predict.** Before you write: list what else the next step needs, so that training goes on *bit for bit*. (There are at least five things.)
#
# <details><summary>Answer</summary>
#
# The optimizer's memory (momentum; Adam's two averages and its step count) · running statistics of batch norm · how many steps were made, for the schedule · the order of this epoch's images, and where in it we are · the generator that draws the orders · torch's own generator, which dropout draws from · whatever augmentation draws from.
# </details>

# %% [markdown]
# Two traps. `model.state_dict()` does not copy: its tensors *are* the parameters, and change with the next step; so do momentum and averages in `optimizer.state_dict()`, and *loading* it does not copy either. And a process may die while it writes: write to another name, then `os.replace`, which is all or nothing.
#
# **Exercise `trainer.Trainer`** · 40 points · difficulty ●●●●● · 60 minutes · in `cnnlib/trainer.py`
#
# It puts your pieces together: batches in an order of its own, rates by schedule, gradients in parts, and a state that is complete.

# %% check="trainer.Trainer"
check("trainer.Trainer")

# %% [markdown]
# ### Experiment: what a forgotten state costs
#
# LeNet-5 with dropout, momentum and a schedule. After 60 steps we stop, and go on with another trainer: once with the whole state, and with states from which something was left out. How far are the losses from those of training without a stop?

# %%
def fresh(seed=0, steps=120):
    """A trainer as it stands before its first step, its model and its optimizer."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Dropout(0.1), lenet.LeNet5())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9)
    return trainer.Trainer(model, optimizer, F.cross_entropy, x_train, y_train, 32, lambda step: max(0.0, 1 - step / steps), seed=seed), model, optimizer


with waits_for("trainer.Trainer", "nets.lenet.LeNet5"):
    first, _, _ = fresh()
    for _ in range(60):
        first.step()
    state = first.state_dict()
    whole = [first.step() for _ in range(50)]

    def gone_on(change=lambda model, optimizer: None):
        other, model, optimizer = fresh(seed=1)
        other.load_state_dict(state)
        change(model, optimizer)
        return np.abs(np.array([other.step() for _ in range(50)]) - whole)

    differences = {
        "the whole state": gone_on(),
        "without momentum": gone_on(lambda model, optimizer: optimizer.state.clear()),
        "another random state": gone_on(lambda model, optimizer: torch.manual_seed(7)),
        "another network's weights": gone_on(lambda model, optimizer: model.load_state_dict(fresh(seed=2)[1].state_dict())),
    }
    show_curves({name: (range(61, 111), np.maximum(values, 1e-9)) for name, values in differences.items()}, "How far from training without a stop", "step", "difference of the loss", logy=True, markers=False)
    print(f"with the whole state, 50 losses differ by at most {differences['the whole state'].max():.0e}")

# %% [markdown]
# (A difference of 0 is drawn at 1e-9: a logarithmic axis has no zero. Without momentum the first loss is still right: it is computed before the update.)
#
# ### Experiment: pull the plug
#
# In earnest: another process trains with your `Trainer` and writes a checkpoint after every step. We kill it in the middle, with the signal that no program can catch, and start it again. In the end both curves are laid over that of a process that was left alone.

# %%
SCRIPT = """
import os, sys, torch
from torch.nn import functional as F
from cnnlib import trainer
from cnnlib.kit import lenet_images, load
from cnnlib.nets.lenet import LeNet5

folder, steps = sys.argv[1], 40
digits = load("digits")
images, labels = torch.from_numpy(lenet_images(digits.train_images)), torch.from_numpy(digits.train_labels)
torch.manual_seed(0)
torch.set_num_threads(1)
model = LeNet5()
trained = trainer.Trainer(model, torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9), F.cross_entropy, images, labels, 32, lambda step: 1.0)
path, losses = os.path.join(folder, "checkpoint.pt"), []
if os.path.exists(path):
    saved = torch.load(path, weights_only=True)
    trained.load_state_dict(saved["trainer"])
    losses = saved["losses"]
    print("goes on after step", len(losses), flush=True)
while len(losses) < steps:
    losses.append(trained.step())
    torch.save({"trainer": trained.state_dict(), "losses": losses}, path + ".new")
    os.replace(path + ".new", path)  # all or nothing
    print("step", len(losses), flush=True)
"""


def start(folder):
    """The process, and its output as it comes."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen([sys.executable, "-c", SCRIPT, folder], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)


def losses_in(folder):
    return torch.load(Path(folder) / "checkpoint.pt", weights_only=True)["losses"]


with waits_for("trainer.Trainer", "nets.lenet.LeNet5"), tempfile.TemporaryDirectory() as killed, tempfile.TemporaryDirectory() as left_alone:
    rehearsal, _, _ = fresh()  # what is not written yet is better said here than by another process
    rehearsal.step()
    rehearsal.load_state_dict(rehearsal.state_dict())
    process, line = start(killed), ""
    for line in process.stdout:
        if line.startswith("step 17"):
            process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
            break
    else:
        raise RuntimeError(f"The process ended before it was killed: {line.strip()}")
    process.wait()
    process.stdout.close()
    before = losses_in(killed)
    print(f"killed; the checkpoint says: {len(before)} steps")
    output = start(killed).communicate()[0]
    print(output.splitlines()[0])
    start(left_alone).communicate()
    after, alone = losses_in(killed), losses_in(left_alone)
    figure, axis = plt.subplots(figsize=(8, 3.4), layout="constrained")
    axis.plot(range(1, 41), alone, color="#d0d4da", linewidth=7, label="left alone")
    axis.plot(range(1, len(before) + 1), before, "o", markersize=4, label="until the kill")
    axis.plot(range(len(before) + 1, 41), after[len(before):], "o", markersize=4, label="after it")
    axis.set(title="A process that was killed", xlabel="step", ylabel="loss")
    axis.legend(frameon=False)
    plt.show()
    print("bit for bit the same:", after == alone)

# %% [markdown]
# > **Takeaway.** A checkpoint is complete when nobody can tell from the curve that it was needed.

# %% [markdown]
# ## 6 · Several GPUs
#
# **Data parallel**: every GPU has the whole network and its own part of the batch. Forward and backward go on side by side; then the gradients are **averaged** over all GPUs, so that all take the same step and stay equal. That is your `accumulate_gradients` with the parts in different places: the same sum, in another order in time.
#
# ```
#            GPU 0                        GPU 1
#     images 0 … 31                images 32 … 63
#     forward, backward            forward, backward
#          gradient  ──── average ────  gradient        (all-reduce: while backward still goes on)
#     step                         step
# ```
#
# In PyTorch: `torchrun --nproc-per-node 2 train.py` starts two processes; each calls `torch.distributed.init_process_group()`, wraps its model in `DistributedDataParallel`, and takes its own part of every batch. Checkpoints and logs are written by process 0 alone.
#
# **Predict.** Two GPUs, a batch of 32 on each, the same rate as with one GPU. What has changed for learning? And what of batch norm?
#
# <details><summary>Answer</summary>
#
# The step is that of a batch of 64: half as many steps in an epoch, a less noisy gradient; the linear scaling rule asks for twice the rate. Batch norm still normalises over the 32 images that its own GPU has (`SyncBatchNorm` would exchange statistics); its running statistics are those of process 0.
# </details>

# %% [markdown]
# ### Experiment: two processes, one network
#
# Without a GPU, two processes on the processor do the same exchange, through the library *gloo*. Each has half of a batch of 64. Is their gradient that of one process with the whole batch?

# %%
PARALLEL = """
import sys, torch
import torch.distributed as dist
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel
from cnnlib.kit import lenet_images, load
from cnnlib.nets.lenet import LeNet5

rank, meeting, result = int(sys.argv[1]), sys.argv[2], sys.argv[3]
torch.set_num_threads(1)
dist.init_process_group("gloo", init_method="file://" + meeting, rank=rank, world_size=2)
digits = load("digits")
images, labels = torch.from_numpy(lenet_images(digits.train_images)).double(), torch.from_numpy(digits.train_labels)
torch.manual_seed(rank)  # other weights: DistributedDataParallel hands out those of process 0
model = DistributedDataParallel(LeNet5().double())
mine = slice(32 * rank, 32 * rank + 32)
F.cross_entropy(model(images[mine]), labels[mine]).backward()
torch.save([parameter.grad for parameter in model.parameters()], result + str(rank))
dist.destroy_process_group()
"""

with waits_for("nets.lenet.LeNet5"), tempfile.TemporaryDirectory() as folder:
    torch.manual_seed(0)
    model = lenet.LeNet5().double()
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    processes = [subprocess.Popen([sys.executable, "-c", PARALLEL, str(rank), f"{folder}/meeting", f"{folder}/gradient"], env=environment, stderr=subprocess.PIPE, text=True) for rank in (0, 1)]
    errors = [process.communicate()[1] for process in processes]
    if any(process.returncode for process in processes):
        print("The two processes could not talk to each other here:", (errors[0] or errors[1]).strip().splitlines()[-1])
    else:
        F.cross_entropy(model(x_train[:64].double()), y_train[:64]).backward()
        theirs = [torch.load(f"{folder}/gradient{rank}", weights_only=True) for rank in (0, 1)]
        own = max((parameter.grad - gradient).abs().max().item() for parameter, gradient in zip(model.parameters(), theirs[0]))
        print("both processes have the same gradient:", all(torch.equal(a, b) for a, b in zip(*theirs)))
        print(f"it differs from that of the whole batch by at most {own:.0e}")

# %% [markdown]
# `stride train` does all this for you: it is the loop of this notebook with the same pieces, and `torchrun` starts it on as many GPUs as there are. `stride train --list` shows its recipes.
#
# > **Takeaway.** Data parallel training exchanges gradients, nothing else. It is one large batch; whatever holds for large batches holds for it.

# %% [markdown]
# ## 7 · Reading curves
#
# Six runs of the same network on the same digits. One is healthy; each of the others has one fault. (Rates differ as well, so that each fault shows within 180 steps.)

# %%
def run(rate=0.05, clear=True, shuffle=True, labels="right", few=None, momentum=0.9, steps=180, seed=0, softmax=False):
    """Losses while learning and on the test digits, every ten steps."""
    torch.manual_seed(seed)
    model, order = lenet.LeNet5(), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=momentum)
    x, y = x_train[:few], y_train[:few]
    if not shuffle:
        by_class = y.argsort(stable=True)
        x, y = x[by_class], y[by_class]
    if labels == "random":
        y = y[torch.randperm(len(y), generator=order)]
    curves, recent = ([], []), []
    while True:
        for chosen in (torch.randperm(len(x), generator=order) if shuffle else torch.arange(len(x))).split(32):
            if clear:
                optimizer.zero_grad()
            scores = model(x[chosen])
            loss = F.cross_entropy(scores.softmax(1) if softmax else scores, y[chosen])
            loss.backward()
            optimizer.step()
            recent.append(loss.item())
            if len(recent) % 10 == 0:
                with torch.no_grad():
                    tested = model(x_test)
                    curves[0].append(np.mean(recent[-10:]))
                    curves[1].append(F.cross_entropy(tested.softmax(1) if softmax else tested, y_test).item())
            if len(recent) == steps:
                return curves


PATIENTS = [{}, {"rate": 1.0}, {"few": 64, "rate": 0.1}, {"labels": "random"}, {"shuffle": False, "rate": 0.02, "momentum": 0.5}, {"softmax": True, "rate": 0.3}]
with waits_for("nets.lenet.LeNet5"):
    figure, axes = plt.subplots(2, 3, figsize=(10, 4.6), sharex=True, sharey=True, layout="constrained")
    for letter, axis, (learned, tested) in zip("ABCDEF", axes.flat, [run(**way) for way in progress(PATIENTS, "patients")]):
        places = np.arange(10, 181, 10)
        axis.plot(places, learned, label="while learning")
        axis.plot(places, tested, "--", label="test digits")
        axis.set(title=letter, ylim=(0, 5))
        axis.axhline(np.log(10), color="#8a8f98", linestyle=":", linewidth=1)
    axes[0, 0].legend(frameon=False, fontsize=9)
    figure.supxlabel("step")
    figure.supylabel("loss")
    plt.show()

# %% [markdown]
# (Dotted: ln 10 ≈ 2.30, the loss of knowing nothing of ten classes.)
#
# **Predict.** Which one is healthy? Which had a rate that is far too large, which learned from 64 digits only, which had its labels mixed up, which saw the digits ordered by class, which had a softmax before the loss?
#
# <details><summary>Answer</summary>
#
# **A** is healthy: both fall together. **B** has the rate that is too large: it leaves the picture at once. **C** learned from few: one curve falls to nothing, the other soon stops. **D** has mixed-up labels: the loss does not leave ln 10: there is nothing to learn but by heart, and that takes longer. **E** saw the digits by class: within a class it is easy to be right,
# the next one drives it out again, and all classes together go worse and worse. **F** has a softmax too many: it falls, but the loss cannot come below about 1.46, even where every answer is right: scores between 0 and 1 can never be sure.
# </details>

# %% [markdown]
# > **Takeaway.** Draw both curves, with the loss of knowing nothing as a line. Most faults have a face.

# %% [markdown]
# ## 8 · A recipe sheet
#
# What the authors did, from their papers. Batch norm allowed larger rates; the rest changed less than one would think.
#
# | | AlexNet 2012 | VGG 2014 | ResNet 2015 | CIFAR ResNet | Wide ResNet 2016 | ResNet-50, large batch 2017 |
# |---|---|---|---|---|---|---|
# | batch | 128 | 256 | 256 | 128 | 128 | 8192 |
# | rate | 0.01 | 0.01 | 0.1 | 0.1 | 0.1 | 0.1 × batch/256 |
# | schedule | ÷10 when learning stagnates, three times | the same | ÷10 on plateaus | ÷10 at 32k and 48k of 64k steps | ×0.2 at epochs 60, 120, 160 of 200 | warm-up of 5 epochs; ÷10 at 30, 60, 80 of 90 |
# | momentum | 0.9 | 0.9 | 0.9 | 0.9 | 0.9, Nesterov | 0.9, Nesterov |
# | weight decay | 5e-4 | 5e-4 | 1e-4 | 1e-4 | 5e-4 | 1e-4; γ, β of batch norm none |
# | first weights | Gaussian, standard deviation 0.01 | Gaussian, variance 0.01; deep ones from shallow ones | He | He | He | He; last γ of a block 0 |
# | noise | dropout 0.5, crops, flips, colour | the same, scales | crops, flips, scales, colour | crops from 4 pixels of padding, flips | the same; dropout in some | crops of many sizes and shapes, flips |
#
# Sources: Krizhevsky, Sutskever, Hinton 2012, sections 4 and 5 · Simonyan, Zisserman 2015, section 3.1 · He, Zhang, Ren, Sun 2016, sections 3.4 and 4.2 · Zagoruyko, Komodakis 2016, section 3, and their code for the first weights · Goyal and others 2017, sections 2 and 5.1.
#
# A new problem: begin with the recipe of a network like yours. Change one thing at a time; the rate first.

# %% [markdown]
# ## 9 · Your own results
#
# **Results table** · 10 points · marked by a person
#
# Run at least two recipes that differ in **one** thing (`stride train --list`; `--set` changes one value; each ends with its figures, and `--size cpu` takes minutes), with three seeds each. Fill in the table, and say in two sentences what it shows, and what it does not.
#
# | marked | points |
# |---|---|
# | two settings that differ in one thing, said exactly: recipe, size, what was changed | 2 |
# | three seeds each; mean and standard deviation | 2 |
# | data, machine, software and how long it took: somebody else could repeat it | 2 |
# | a conclusion that the spread supports, or says that it does not | 2 |
# | names one thing that the table cannot show | 2 |

# %% [markdown] written="13-results"
# | setting | data | machine, size | seeds | error, % (mean ± standard deviation) | time for one run |
# |---|---|---|---|---|---|
# | | | | | | |
# | | | | | | |
#
# *Your two sentences here.*

# %% [markdown]
# ## 10 · In your own words
#
# **Written question** · 8 points · about half a page, marked by a person
#
# A colleague moves her training from one GPU (batch 128, rate 0.1) to eight, with 128 images on each, and changes nothing else. Each epoch is six times as fast. After as many epochs as before the error is three points higher. Somebody advises a rate of 0.8; the loss becomes NaN within the first hundred steps. When a machine fails she goes on from a checkpoint with weights and optimizer; the loss jumps up, and recovers after an epoch.
#
# Explain the three observations, and say for each what you would do. Why is it six times, and not eight?
#
# | marked | points |
# |---|---|
# | explains the higher error by the number of steps and the batch | 2 |
# | explains the NaN, and gives a cure that keeps the rate | 2 |
# | names what the checkpoint lacks, with the effect of at least two such things | 2 |
# | gives at least two causes for six instead of eight | 2 |

# %% [markdown] written="13-written"
# *Write your answer here, in place of this line.*

# %% [markdown]
# ## What you can do now
#
# - Say whether a layer waits for arithmetic or for memory, and which cure helps.
# - Train in 16 bits without losing gradients.
# - Separate the batch you want from the batch that fits.
# - Kill a training process without a second thought.
# - Look at a curve and name the fault.
#
# **Next:** 14, where you stop training from nothing.
#
# **Further reading**
#
# - Williams, Waterman, Patterson 2009, "Roofline: an insightful visual performance model for multicore architectures".
# - Micikevicius and others 2018, "Mixed precision training": loss scaling, and what must stay in 32 bits.
# - Goyal and others 2017, "Accurate, large minibatch SGD: training ImageNet in 1 hour".
# - Li and others 2020, "PyTorch Distributed: experiences on accelerating data parallel training".
# - Karpathy 2019, "A recipe for training neural networks".
