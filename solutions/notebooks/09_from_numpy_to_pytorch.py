# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 09 · From NumPy to PyTorch
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/stride-course/stride/blob/main/notebooks/09_from_numpy_to_pytorch.ipynb)
#
# You know what happens inside a convolutional network, because you wrote it. Now the same network moves to PyTorch, number by number, so that nothing of it is magic; and from here on networks may be large.
#
# **You will be able to** read tensors beside arrays · say what autograd does, and check it against your own backward · write a network as an `nn.Module` · carry weights from one framework to another and prove that nothing changed · tell shapes, parameters and operations
# of any model · write the loop that trains and the one that only looks.
#
# **Not here:** training on a GPU at full speed (13), the architectures after LeNet (10 to 12).
#
# **Time** about 190 minutes · **Points** 100 · **Before this** 04; batch norm (06) for section 4. What you have not written of Part I, PyTorch stands in for, and says so. **To hand in** this notebook, the folder `cnnlib/nets` and `cnnlib/training.py`.

# %% [markdown]
# ## Set-up
#
# As before: you write in `cnnlib/`, now also in its folder `nets/`, save, and run the next cell. *In Colab*, the files are in the panel on the left, under `stride/cnnlib/`; download what you wrote before you leave.

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

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from autograder import check
from cnnlib import conv, lenet, training
from cnnlib.kit import BatchNorm2d, Conv2d, GlobalAvgPool2d, Linear, ReLU, Sequential
from cnnlib.kit import best_seconds, grey, lenet_images, load, photo, progress
from cnnlib.kit import show_bars, show_curves, show_pairs, show_runs, to_batch, waits_for
from cnnlib.kit.pieces import piece
from cnnlib.nets import bridge
from cnnlib.nets import inspect as inspection
from cnnlib.nets import lenet as torch_lenet

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
print(f"PyTorch {torch.__version__}; networks that learn do so on: {device}")

# %% [markdown]
# ## 1 · A tensor is an array that remembers
#
# A `torch.Tensor` is what `np.ndarray` is: numbers, a shape, a dtype. Most names are the same; two things are new. It has a **device**, the memory of the processor or of a GPU, and it can **remember** how it was computed.
#
# | | NumPy | PyTorch |
# |---|---|---|
# | make | `np.zeros((2, 3))` | `torch.zeros(2, 3)` |
# | from a list | `np.array([1.0, 2])` is float64 | `torch.tensor([1.0, 2])` is float32 |
# | over an axis | `x.sum(axis=1)` | `x.sum(dim=1)` (`axis` does too) |
# | reorder | `x.transpose(0, 2, 1)` | `x.permute(0, 2, 1)` |
# | one number | `float(x)` | `x.item()` |
# | across | `tensor.numpy()` | `torch.from_numpy(array)` |

# %%
array = np.array([1.0, 2.0, 3.0])
tensor = torch.from_numpy(array)
print(tensor, tensor.dtype, tensor.device)

# %% [markdown]
# **Predict.** `array[0] = 100`: what does `tensor` say now? And after `tensor = torch.tensor(array)` instead?
#
# <details><summary>Answer</summary>
#
# `from_numpy` copies nothing: both names look at the same memory, so the tensor says 100 too. `torch.tensor` makes a copy, as `tensor.clone()` does, and as `there.copy_(tensor)` does into a tensor that is there already. (A trailing `_` in PyTorch: it changes the tensor in place.)
# </details>

# %%
array[0] = 100
print(tensor)

# %% [markdown]
# > **Takeaway.** Same numbers, same shapes, `N, C, H, W` too. Mind the dtype (float32 is PyTorch's habit), the device, and who shares memory with whom.

# %% [markdown]
# ## 2 · Autograd: the backward that writes itself
#
# In 01 and 03 you worked out every backward by hand. PyTorch notes each operation on tensors that ask for it (`requires_grad=True`) and, when `backward()` is called, goes back through its notes with the chain rule: exactly your functions, one after the other, chosen by the machine.

# %%
x = torch.tensor([1.0, -2.0, 3.0], requires_grad=True)
loss = (torch.relu(x) ** 2).sum()
loss.backward()
print("loss", loss.item(), "· slope by x", x.grad, "· the last note", loss.grad_fn)

# %% [markdown]
# Three consequences that you will meet every day:
#
# - **Gradients add up.** `backward()` *adds* to `.grad`; nobody clears it but you (`optimizer.zero_grad()`).
# - **Notes cost memory.** Within `with torch.no_grad():` none are taken. A loss that you keep in a list keeps its notes too: keep `loss.item()`.
# - **Leaves are not written on.** A tensor that asks for gradients must not be changed in place while notes are taken: copy numbers into parameters within `torch.no_grad()`.
#
# **Predict.** `loss.backward()` above gave `[2, 0, 6]`. We compute the same loss again and call `backward()` again, clearing nothing. What is `x.grad`?
#
# <details><summary>Answer</summary>
#
# `[4, 0, 12]`: the second gradient is added to the first.
# </details>

# %%
(torch.relu(x) ** 2).sum().backward()
print(x.grad)

# %% [markdown]
# ### Experiment: your backward against autograd
#
# A convolution of the cat by random filters, 3×3 with stride 2, as in 03. Every dot is one number of a gradient: yours across, autograd's up.

# %%
with waits_for("conv.conv2d_backward"):
    image = to_batch(grey(photo("cat"))[:120:2, :160:2])  # (1, 1, 60, 80)
    rng = np.random.default_rng(0)
    w, b = rng.standard_normal((4, 1, 3, 3)), rng.standard_normal(4)
    leaves = [torch.from_numpy(array).requires_grad_() for array in (image, w, b)]
    out = F.conv2d(*leaves, stride=2, padding=1)
    dout = rng.standard_normal(out.shape)
    out.backward(torch.from_numpy(dout))
    own = conv.conv2d_backward(dout, image, w, b, 2, 1)
    show_pairs({name: (mine, leaf.grad.numpy()) for name, mine, leaf in zip(("dx", "dw", "db"), own, leaves)}, "your gradient", "autograd's")

# %% [markdown]
# > **Takeaway.** Autograd is your backward, bookkept. It saves work; it does not change a number.

# %% [markdown]
# ## 3 · A network as an `nn.Module`
#
# The kit's layers hold parameters and remember what backward needs. `nn.Module` is the same idea with autograd below it: you only say what goes **forward**.
#
# ```python
# class Tiny(nn.Module):
#     def __init__(self, classes=10):
#         super().__init__()                      # before anything else
#         self.conv = nn.Conv2d(1, 4, 3)          # an attribute that is a module becomes a part
#         self.head = nn.Linear(4, classes)
#
#     def forward(self, x):
#         x = torch.relu(self.conv(x))            # (N, 4, 26, 26) for 28×28
#         return self.head(x.mean(dim=(2, 3)))    # (N, classes)
# ```
#
# - Call the module, `net(x)`, not `net.forward(x)`: the call also runs **hooks** (section 5).
# - Parts are found because they are attributes, or inside an `nn.Sequential`. A plain Python list hides them: then `parameters()` does not know them, and the optimizer leaves them alone.
# - `net.parameters()` gives all that is learned; `net.named_parameters()` with names such as `conv.weight`; `net.state_dict()` everything worth saving, running statistics included.
# - Layers without parameters come as modules (`nn.Tanh()`, `nn.AvgPool2d(2)`, `nn.Flatten()`) and as functions (`torch.tanh(x)`, `F.avg_pool2d(x, 2)`, `x.flatten(1)`); both are right.
#
# **Predict.** How many entries has `Tiny().state_dict()`, and of which shapes?
#
# <details><summary>Answer</summary>
#
# Four: `conv.weight` (4, 1, 3, 3), `conv.bias` (4,), `head.weight` (10, 4), `head.bias` (10,). Weights lie as yours do: `F, C, KH, KW` and out × in.
# </details>

# %% [markdown]
# **Exercise `nets.lenet.LeNet5`** · 18 points · difficulty ●●○○○ · 20 minutes · in `cnnlib/nets/lenet.py`
#
# LeNet-5 once more, from PyTorch's layers. The check hands in all parameters, whatever you call your layers, and compares scores and gradients.

# %% check="nets.lenet.LeNet5"
check("nets.lenet.LeNet5")

# %% [markdown]
# > **Takeaway.** A module says what goes forward, and what it is made of. Shapes prove little: two networks are the same when they give the same numbers.

# %% [markdown]
# ## 4 · The bridge
#
# Are the two networks the same? There is one way to know: give both the same numbers, and look whether they say the same. That is also how weights travel between frameworks, papers and years.
#
# On the kit's side, `network.layers()` gives the layers in order, `layer.parameters` is a dictionary of arrays (empty for those that learn nothing), and batch norm keeps `layer.running_mean` and `layer.running_var` beside it. On PyTorch's side:

# %%
small = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 10)))
for name, tensor in small.state_dict().items():
    print(f"{name:22} {tuple(tensor.shape)}")

# %% [markdown]
# `running_mean` and `running_var` are **buffers**: part of the module's state, moved and saved with it, but not learned, so `parameters()` does not give them. (`num_batches_tracked` counts batches; nothing here needs it.)
#
# `small.modules()` walks over *all* modules, in the order in which they were made parts, containers first: the outer `Sequential`, the convolution, …, the inner `Sequential`, and so on. `module.parameters(recurse=False)` are those that a module holds itself, not those of its parts: that tells layers with numbers from all others.
# `getattr(module, "weight")` finds a tensor by its name, and is `None` where a convolution has no bias.
#
# **Predict.** γ and β of batch norm: which is `weight`, which is `bias`? And which arrays could you forget to copy without noticing, as long as both networks are in training mode?
#
# <details><summary>Answer</summary>
#
# γ multiplies: `weight`. β is added: `bias`. In training, batch norm uses the batch's own mean and variance: forgotten running statistics show in evaluation only.
# </details>

# %% [markdown]
# **Exercise `nets.bridge.copy_weights`** · 16 points · difficulty ●●●○○ · 25 minutes · in `cnnlib/nets/bridge.py`

# %% check="nets.bridge.copy_weights"
check("nets.bridge.copy_weights")

# %% [markdown]
# ### Experiment: two networks, one set of numbers
#
# LeNet-5 from your own layers and from PyTorch's, on real digits; then a small network with batch norm, in training mode. Everything that both compute, side by side: scores, the gradients of all parameters, and what has become of the running statistics.

# %%
digits = load("digits")
x_train, y_train = lenet_images(digits.train_images), digits.train_labels
x_test, y_test = lenet_images(digits.test_images), digits.test_labels
cross_entropy = piece("loss.softmax_cross_entropy")  # yours, from 01


def both_ways(network, model, images, labels):
    """Scores, all gradients (as one array each) and running statistics of the two, in float64: theirs, PyTorch's."""
    own = network.forward(images)
    network.backward(cross_entropy(own, labels)[1])
    model.zero_grad()  # this cell may run twice
    theirs = model(torch.from_numpy(images))
    F.cross_entropy(theirs, torch.from_numpy(labels)).backward()
    mine = [gradient for layer in network.layers() for gradient in layer.gradients.values()]
    kept = [getattr(layer, name) for layer in network.layers() for name in ("running_mean", "running_var") if hasattr(layer, name)]
    buffers = [buffer.numpy() for buffer in model.buffers() if buffer.ndim]
    return {
        "scores": (own, theirs.detach().numpy()),
        "gradients": (np.concatenate([g.ravel() for g in mine]), np.concatenate([p.grad.numpy().ravel() for p in model.parameters()])),
    } | ({"running statistics": (np.concatenate(kept), np.concatenate(buffers))} if kept else {})


def compare(title, pairs):
    for name, (mine, theirs) in pairs.items():
        print(f"{title}, {name}: {mine.size:,} numbers, largest difference {np.abs(mine - theirs).max():.1e}")
    show_pairs(pairs, "your layers", "PyTorch's")


with waits_for("lenet.build_lenet5", "nets.lenet.LeNet5", "nets.bridge.copy_weights"):
    images, labels = x_train[:32].astype(np.float64), y_train[:32]
    own = lenet.build_lenet5(np.random.default_rng(0))
    compare("LeNet-5", both_ways(own, bridge.copy_weights(own, torch_lenet.LeNet5().double()), images, labels))

# %%
with waits_for("nets.bridge.copy_weights"):
    rng = np.random.default_rng(1)
    own = Sequential(Conv2d(1, 4, 3, rng=rng), BatchNorm2d(4), ReLU(), GlobalAvgPool2d(), Linear(4, 10, rng=rng)).train()
    compare("with batch norm", both_ways(own, bridge.copy_weights(own, small.double().train()), images, labels))

# %% [markdown]
# Not equal bits: the two add in another order, and round. That is what "the same" means between two programs: differences of the size of rounding, 1e-15 of float64's numbers, 1e-6 of float32's.
#
# ### Experiment: what does it save?
#
# One step of training (forward, backward, update) with a batch of 32, on one core each:

# %%
def numpy_step(network, images, labels, rate=0.05):
    network.backward(cross_entropy(network.forward(images), labels)[1])
    for layer in network.layers():
        for name in layer.parameters:
            layer.parameters[name] = layer.parameters[name] - rate * layer.gradients[name]


def torch_step(model, optimizer, images, labels):
    loss = F.cross_entropy(model(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


with waits_for("lenet.build_lenet5", "nets.lenet.LeNet5"):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    own, model = lenet.build_lenet5(np.random.default_rng(0)), torch_lenet.LeNet5()
    optimizer, x, y = torch.optim.SGD(model.parameters(), lr=0.05), torch.from_numpy(x_train[:32]), torch.from_numpy(y_train[:32])
    seconds = [best_seconds(numpy_step, own, x_train[:32], y_train[:32], repeat=10), best_seconds(torch_step, model, optimizer, x, y, repeat=30)]
    torch.set_num_threads(threads)
    show_bars(["your NumPy", "PyTorch"], [1000 * s for s in seconds], f"One step of LeNet-5: PyTorch is {seconds[0] / seconds[1]:.1f} times as fast", "milliseconds")

# %% [markdown]
# Both do the same multiplications. PyTorch's layers are written in C++, keep fewer copies, and can use a GPU. For LeNet-5 that is a comfort; for the networks of the next chapters it is the difference between minutes and days.
#
# > **Takeaway.** Copy the numbers across and compare: then "it is the same network" is no opinion.

# %% [markdown]
# ## 5 · What is a model made of?
#
# Before a large model is trained, look at its bill: what comes out of each layer, how much it learns, and how much work it is. The first is only known when something goes through. **Hooks** let you watch:
#
# ```python
# handle = layer.register_forward_hook(watch)     # watch(layer, inputs, output) is called after each forward of this layer
# …
# handle.remove()                                 # or it will be called for ever
# ```
#
# `model.named_modules()` gives `("", model)`, `("features", …)`, `("features.0", …)`, all the way down; `module.children()` are a module's direct parts, and a layer has none. A hook that shall know a name gets it from a function around it: `def with_name(name): def watch(layer, inputs, output): …; return watch`.

# %% [markdown]
# And leave no trace. `model.eval()` for one image of zeros, because in training batch norm would learn from it; afterwards every `module.training` as it was.
#
# **Predict.** Operations, one multiplication with its addition counted as one: which layer of LeNet-5 needs most, and which holds most of the parameters?
#
# <details><summary>Answer</summary>
#
# Operations: 6·28·28·25 = 117,600, 16·10·10·150 = 240,000, 120·400 = 48,000, then 10,080 and 840. The second convolution works most; the third holds most parameters: 48,120 of 61,706. Each of the latter's is used once, each of the former's a hundred times: that is weight sharing.
# </details>

# %% [markdown]
# **Exercise `nets.inspect.layer_table`** · 20 points · difficulty ●●●○○ · 35 minutes · in `cnnlib/nets/inspect.py`

# %% check="nets.inspect.layer_table"
check("nets.inspect.layer_table")

# %%
def print_table(model, shape):
    """The table, and the sums below it."""
    rows = inspection.layer_table(model, shape)
    print(f"{'':16}{'':20}{'output':16}{'parameters':>12}{'operations':>16}")
    for name, kind, out, parameters, operations in rows:
        print(f"{name:16}{kind:20}{' × '.join(map(str, out)):16}" + (f"{parameters:>12,}{operations:>16,}" if parameters else ""))
    print(f"{'together':52}{sum(row[3] for row in rows):>12,}{sum(row[4] for row in rows):>16,}")


with waits_for("nets.lenet.LeNet5", "nets.inspect.layer_table"):
    print_table(torch_lenet.LeNet5(), (1, 32, 32))

# %% [markdown]
# ### From LeNet to AlexNet
#
# Fourteen years later: from 5 layers with weights to 8, from 28×28 grey pixels to 224×224 in colour, from filters of 5×5 to 11×11, from 10 classes to 1000; ReLU for tanh, maxima for averages, dropout before the large fully connected layers. You build it in 10; here it is given, as one of the lectures draws it.

# %%
def conv_relu(*arguments, **options):
    return nn.Conv2d(*arguments, **options), nn.ReLU()


alexnet = nn.Sequential(
    *conv_relu(3, 96, 11, stride=4, padding=1), nn.MaxPool2d(3, 2),
    *conv_relu(96, 256, 5, padding=2), nn.MaxPool2d(3, 2),
    *conv_relu(256, 384, 3, padding=1), *conv_relu(384, 384, 3, padding=1), *conv_relu(384, 256, 3, padding=1), nn.MaxPool2d(3, 2),
    nn.Flatten(), nn.Linear(6400, 4096), nn.ReLU(), nn.Dropout(0.5), nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(0.5), nn.Linear(4096, 1000),
)
with waits_for("nets.inspect.layer_table"):
    print_table(alexnet, (3, 224, 224))

# %% [markdown]
# The lecture has this table of its costs:
#
# | | AlexNet, parameters | LeNet, parameters | AlexNet, FLOP | LeNet, FLOP |
# |---|---|---|---|---|
# | Conv1 | 35K | 150 | 101M | 1.2M |
# | Conv2 | 614K | 2.4K | 415M | 2.4M |
# | Conv3–5 | 3M | | 445M | |
# | Dense1 | 26M | 0.48M | 26M | 0.48M |
# | Dense2 | 16M | 0.1M | 16M | 0.1M |
# | Total | 46M | 0.6M | 1G | 4M |
#
# **Predict.** Hold it against your two tables. AlexNet's column agrees, but one layer is missing in it: which, and how much is it? In LeNet's columns almost every number is off by the same factor: which? And the paper speaks of 60 million parameters. How can that be?
#
# <details><summary>Answer</summary>
#
# The last layer is missing, 4096 · 1000 + 1000 = 4.1 million: with it there are 50.8 million. LeNet's numbers are **ten times** too large, all but the parameters of its two convolutions: 117,600 operations, 240,000, then 48,000 and 10,080; parameters 48,120 and 10,164; together 61,706, which is 0.06 million, not 0.6. So AlexNet is some 800 times
# as large as LeNet-5, and an image costs some 2,400 times as much (the lecture says 11 and 250 times).
#
# The paper's network looks at 227×227 pixels, in effect, so that 6×6 and not 5×5 places reach the first fully connected layer: (9216 − 6400) · 4096 = 11.5 million weights more. And its convolutions 2, 4 and 5 were divided between two GPUs, each seeing half of the channels: that saves 1.4 million. 50.8 + 11.5 − 1.4 = 61.0 million.
# </details>

# %%
with waits_for("nets.lenet.LeNet5", "nets.inspect.layer_table"):
    count = lambda rows, column: sum(row[column] for row in rows)
    lenet_rows, alexnet_rows = inspection.layer_table(torch_lenet.LeNet5(), (1, 32, 32)), inspection.layer_table(alexnet, (3, 224, 224))
    totals = {"LeNet-5": lenet_rows, "AlexNet": alexnet_rows}
    for column, title, words in ((3, "Parameters", "numbers"), (4, "Operations for one image", "multiplications with additions")):
        values = [count(rows, column) for rows in totals.values()]
        show_bars(list(totals), values, title, words, log=True, text=[f"{value:,}" for value in values])
    places_more, halves = (6 * 6 - 5 * 5) * 256 * 4096, (256 * 25 * 48) + (384 * 9 * 192) + (256 * 9 * 192)
    print(f"with 6×6 places and divided convolutions: {count(alexnet_rows, 3) + places_more - halves:,} parameters")

# %% [markdown]
# > **Takeaway.** Convolutions hold few of the parameters and do most of the work; fully connected layers the other way round. And count for yourself: printed tables err.

# %% [markdown]
# ## 6 · The loop
#
# Data come in batches from a **loader**: anything that gives `(images, labels)` when you loop over it. `TensorDataset` pairs tensors, `DataLoader` makes batches of it and shuffles them anew for each epoch:

# %%
def loader(images, labels, batch=32, seed=None):
    """Batches in a random order that `seed` decides; without one, in the order given."""
    data = TensorDataset(torch.from_numpy(images), torch.from_numpy(labels))
    order = None if seed is None else torch.Generator().manual_seed(seed)
    return DataLoader(data, batch_size=batch, shuffle=seed is not None, generator=order)


batches = loader(x_train, y_train, seed=0)
images, labels = next(iter(batches))
print(f"{len(batches)} batches; the first: images {tuple(images.shape)} {images.dtype}, labels {tuple(labels.shape)} {labels.dtype}")
print(f"the last: {[len(labels) for _, labels in batches][-1]} examples")

# %% [markdown]
# The loop itself is that of 01, with new names:
#
# | 01 | PyTorch |
# |---|---|
# | `softmax_cross_entropy(scores, labels)` gives loss and slope | `loss = F.cross_entropy(scores, labels)`: a mean over the batch |
# | `net.backward(dscores)` | `loss.backward()` |
# | `w = w - learning_rate * dw`, for every array | `optimizer.step()`, with `optimizer = torch.optim.SGD(model.parameters(), lr=…)` |
# | gradients are replaced | gradients add up: `optimizer.zero_grad()` before each backward |
# | `net.train()`, `net.eval()` | `model.train()`, `model.eval()`: what batch norm and dropout do depends on it |
#
# `model.training` says which mode it is, and `model.train(False)` is `model.eval()`. Both reach all parts. `next(model.parameters()).device` says where the model lives, and `images.to(device)` brings a batch there.
#
# **Predict.** A loader gives batches of 32, and at last one of 2. Their mean losses are averaged, each batch counting the same. Is the result the mean over all examples?
#
# <details><summary>Answer</summary>
#
# No: an example of the last batch counts 16 times as much as another. Add up mean · size, and divide by the number of examples.
# </details>

# %% [markdown]
# **Exercise `training.train_one_epoch`** · 22 points · difficulty ●●●○○ · 35 minutes · in `cnnlib/training.py`

# %% check="training.train_one_epoch"
check("training.train_one_epoch")

# %% [markdown]
# **Exercise `training.evaluate`** · 16 points · difficulty ●●○○○ · 20 minutes · in `cnnlib/training.py`
#
# The same without learning. Whoever calls it in the middle of training wants the model back in the mode in which it came.

# %% check="training.evaluate"
check("training.evaluate")

# %% [markdown]
# ### Experiment: the same curve twice
#
# LeNet-5 from your own layers and from PyTorch's, with the same initial weights and the same batches in the same order, both with plain SGD. If everything is right, there is nothing to see: one curve lies on the other.

# %%
with waits_for("lenet.build_lenet5", "nets.lenet.LeNet5", "nets.bridge.copy_weights"):
    own = lenet.build_lenet5(np.random.default_rng(0))
    model = bridge.copy_weights(own, torch_lenet.LeNet5())
    optimizer, losses = torch.optim.SGD(model.parameters(), lr=0.05), {"your layers": [], "PyTorch's": []}
    for images, labels in progress(list(loader(x_train, y_train, seed=1)), "batches"):
        losses["your layers"].append(cross_entropy(own.forward(images.numpy()), labels.numpy())[0])
        numpy_step(own, images.numpy(), labels.numpy())
        with torch.no_grad():
            losses["PyTorch's"].append(F.cross_entropy(model(images), labels).item())
        torch_step(model, optimizer, images, labels)
    show_curves({name: (range(len(values)), values) for name, values in losses.items()}, "One epoch of LeNet-5 on digits", "batch", "loss", markers=False)
    apart = np.abs(np.subtract(*losses.values()))
    print(f"There are two curves, one beneath the other: they differ by at most {apart.max():.1e}.")

# %% [markdown]
# (The last batch has only two digits in it: its loss says little.)
#
# ### Experiment: and now in earnest
#
# Your `train_one_epoch` and `evaluate`, Adam in place of SGD, three seeds:

# %%
def learn(images, labels, tests, answers, epochs, seed, rate=2e-3, words="epochs"):
    """Errors on the examples that it learned from and on those it did not, in % after every epoch."""
    torch.manual_seed(seed)
    model = torch_lenet.LeNet5().to(device)
    optimizer, batches, others, errors = torch.optim.Adam(model.parameters(), lr=rate), loader(images, labels, seed=seed), loader(tests, answers, 256), []
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for _ in progress(range(epochs), words):
        _, wrong = training.train_one_epoch(model, batches, optimizer, F.cross_entropy)
        errors.append((100 * wrong, 100 * training.evaluate(model, others, F.cross_entropy)[1]))
        schedule.step()
    return np.array(errors).T


with waits_for("nets.lenet.LeNet5", "training.train_one_epoch", "training.evaluate"):
    runs = np.array([learn(x_train, y_train, x_test, y_test, 10, seed, words=f"epochs, seed {seed}") for seed in range(3)])  # (seeds, 2, epochs)
    show_runs({"while learning": runs[:, 0], "test digits": runs[:, 1]}, "LeNet-5 in PyTorch", "epoch", "% wrong", x=np.arange(1, 11))
    print(f"test digits after 10 epochs: {runs[:, 1, -1].mean():.1f} ± {runs[:, 1, -1].std(ddof=1):.1f} % wrong")

# %% [markdown]
# ### MNIST, if you have it
#
# In 04 your NumPy network could come below 2 % wrong in three epochs. Set the switch to `True`: fifteen take some three minutes of one core now, and gave 0.98 % when this was written.

# %%
LONG = False
if LONG:
    mnist = load("mnist")
    big, tests = lenet_images(mnist.train_images), lenet_images(mnist.test_images)
    errors = learn(big, mnist.train_labels, tests, mnist.test_labels, 15, 0)
    show_curves({"while learning": (range(1, 16), errors[0]), "test images": (range(1, 16), errors[1])}, "LeNet-5 on MNIST", "epoch", "% wrong", logy=True)
    print(f"test images after 15 epochs: {errors[1, -1]:.2f} % wrong")

# %% [markdown]
# > **Takeaway.** The loop is ten lines, and the same for every network in this course. Most of what goes wrong in it is silent: a gradient that was not cleared, a mode that was not set, a mean that was none.

# %% [markdown]
# ## 7 · In your own words
#
# **Written question** · 8 points · about half a page, marked by a person
#
# A colleague has carried a trained network with batch norm from another framework into PyTorch. All shapes fit, and nothing complains. In evaluation mode it is hardly better than guessing, whatever photographs it sees. After `model.train()`, mixed batches of 64
# photographs come out almost as well as they should; but batches of 64 photographs of one kind come out much worse.
#
# What is most likely wrong, and how do the three observations follow from it? Name two further mistakes of such a transfer that shapes cannot show, and describe one test that would find all three before anybody looks at accuracy.
#
# | marked | points |
# |---|---|
# | names what is wrong, and where in the model it sits | 2 |
# | explains all three observations from it | 3 |
# | names two further mistakes that leave all shapes as they are | 1 |
# | describes a test: which inputs, which outputs, in which mode, how close is close enough | 2 |

# %% [markdown] written="09-written"
# *Write your answer here, in place of this line.*

# %% [markdown]
# ## What you can do now
#
# - Move between arrays and tensors, and know who shares memory.
# - Say what autograd does, and prove it against a backward of your own.
# - Write a network as a module, carry weights into it, and prove that nothing changed.
# - Give the bill of any model before training it.
# - Write the training loop, and know its silent mistakes.
#
# **Next:** 10, where networks grow up: AlexNet, ZFNet and VGG.
#
# **Further reading**
#
# - Paszke, Gross, Massa and others 2019, "PyTorch: An Imperative Style, High-Performance Deep Learning Library": why it looks as it does.
# - Baydin, Pearlmutter, Radul, Siskind 2018, "Automatic Differentiation in Machine Learning: a Survey", sections 1 to 3.
# - LeCun, Bottou, Bengio, Haffner 1998, "Gradient-based learning applied to document recognition", section II.
