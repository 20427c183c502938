# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 11 · GoogLeNet and ResNet
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/stride-course/stride/blob/main/notebooks/11_googlenet_resnet.ipynb)
#
# VGG made networks deep, and dear: 138 million parameters, 15 billion operations. Two answers won ImageNet's contests of 2014 and 2015. One asked what a layer costs, the other why depth stopped helping. You build both at their published size, count what they cost, and let 20 layers race 56 on photographs.
#
# **You will be able to** say what four branches side by side see, and what they cost · cut that cost with 1×1 convolutions, and count by how much · put a mean in place of fully connected layers · build GoogLeNet, and ResNet-18 to 152, number for number · hold a paper's table against your own count · show on real images that deeper plain networks learn worse, and residual ones do not.
#
# **Not here:** why shortcuts help gradients (08), what came after ResNet (12), training at full size and speed (13).
#
# **Time** about 250 minutes · **Points** 100 · **Before this** 08 (blocks, by hand) and 09 (`nn.Module`, `layer_table`). **To hand in** this notebook and the folder `cnnlib/nets`.

# %% [markdown]
# ## Set-up
#
# As before: you write in `cnnlib/nets/`, save, and run the next cell. *In Colab*, the files are in the panel on the left, under `stride/cnnlib/`; download what you wrote before you leave.
#
# Section 6 wants the photographs of CIFAR-10, 170 MB, fetched once. Where they cannot be had, hands that show digits take their place, and the cell says so.

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
from torch.nn import functional as F

from autograder import check
from cnnlib.kit import load, progress, show_bars, show_blocks, show_branches, show_images, show_run_bars, show_runs, waits_for
from cnnlib.nets import googlenet, resnet
from cnnlib.nets import inspect as inspection

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
try:
    photos = load("cifar10")
except OSError as error:
    print(error)
    photos = load("signs_small")
WHICH = {"cifar10": "CIFAR-10 (JPEG copy)" if photos.note else "CIFAR-10"}.get(photos.name, "hands that show digits")
print(f"PyTorch {torch.__version__}; networks that learn do so on: {device}; images: {photos.note or WHICH}")
shown = [int(np.flatnonzero(photos.train_labels == kind)[0]) for kind in range(10)]
show_images(*photos.train_images[shown].transpose(0, 2, 3, 1), titles=photos.classes, columns=10, size=1.0)

# %% [markdown]
# ## 1 · Which filter? All of them
#
# How large should a filter be? A wheel close to the camera wants 5×5, a far one 3×3, a colour 1×1. Christian Szegedy and colleagues did not choose: an **Inception module** puts several sizes *side by side* on the same input and joins what comes out, channel behind channel. Which branch is used for what, the network learns.

# %%
naive = [["conv 1×1"], ["conv 3×3"], ["conv 5×5"], ["max pool 3×3"]]
reduced = [["conv 1×1"], ["conv 1×1", "conv 3×3"], ["conv 1×1", "conv 5×5"], ["max pool 3×3", "conv 1×1"]]
show_branches({"naive": naive, "with dimension reductions": reduced}, top="channels, joined")

# %% [markdown]
# Height and width must stay as they are, in all branches, or nothing could be joined: padding 1 for 3×3, padding 2 for 5×5, and the pooling has stride **1**.
#
# **Predict.** The naive module. In come 256 channels of 28×28; it has 128 filters of 1×1, 192 of 3×3 and 96 of 5×5, and the pooling. (a) How many channels come out? (b) How many multiplications with additions is that? (AlexNet of 09: one billion for a whole image.) (c) What is the trouble with a second module of this kind behind it?
#
# <details><summary>Answer</summary>
#
# (a) 128 + 192 + 96 + 256 = 672: the pooling passes on all that came in. (b) 28 · 28 · 256 · (128 + 9 · 192 + 25 · 96) = 854 million: nearly all of AlexNet, in one module. (c) It gets 672 channels in place of 256, and the next one more still: channels never get fewer, and cost grows with them.
# </details>

# %% [markdown]
# The way out is the right-hand picture: a 1×1 convolution *before* each large filter takes 256 channels down to a few, and one *behind* the pooling does the same. A 1×1 convolution mixes channels at one place and looks at no neighbour: cheap, and as each is followed by ReLU, one more layer that bends.
#
# **Predict.** This module is 3b of GoogLeNet. It brings 256 channels down to 128 before 3×3, to 32 before 5×5, and to 64 behind the pooling. How many operations now? How many channels come out?
#
# <details><summary>Answer</summary>
#
# 28 · 28 · (256 · 128 + 256 · 128 + 9 · 128 · 192 + 256 · 32 + 25 · 32 · 96 + 256 · 64) = 304 million: a third. Out come 128 + 192 + 96 + 64 = 480.
# </details>

# %% [markdown]
# ### Experiment: the bill of nine modules
#
# `googlenet.MODULES` has the nine rows of the paper's table. For each we count twice: as published, and with 3×3 and 5×5 on all channels that come in (the same channels come out). A third time the naive way, in which every pooling passes on all it gets.

# %%
PLACES = {"3": 28 * 28, "4": 14 * 14, "5": 7 * 7}


def operations(places, given, row, way):
    """Multiplications with additions of one module; way: "published", "without reductions", or "naive" (no convolution behind the pooling either)."""
    one, reduce_3, three, reduce_5, five, pool = row
    if way == "published":
        return places * (given * (one + reduce_3 + reduce_5 + pool) + 9 * reduce_3 * three + 25 * reduce_5 * five)
    return places * given * (one + 9 * three + 25 * five + (pool if way == "without reductions" else 0))


bills = {way: [] for way in ("published", "without reductions", "naive")}
for way, bill in bills.items():
    given = 192
    for name, row in googlenet.MODULES.items():
        bill.append(operations(PLACES[name[0]], given, row, way) / 1e6)
        one, _, three, _, five, pool = row
        given = one + three + five + (given if way == "naive" else pool)
    print(f"{way:20} {sum(bill):8,.0f} million operations, {given:5,} channels at the end; module by module: {', '.join(f'{b:,.0f}' for b in bill)}")
totals = [sum(bill) for bill in bills.values()]
show_bars(list(bills), totals, "All nine Inception modules, one image", "million operations", text=[f"{total:,.0f}" for total in totals])

# %% [markdown]
# **Exercise `nets.googlenet.Inception`** · 13 points · difficulty ●●○○○ · 25 minutes · in `cnnlib/nets/googlenet.py`
#
# The module with reductions. Every convolution has its ReLU, six in all; with `batch_norm=True`, which the paper could not know, batch norm stands between the two.

# %% check="nets.googlenet.Inception"
check("nets.googlenet.Inception")

# %% [markdown]
# ### Experiment: touch one pixel
#
# A module of yours, fresh, on a black image of 11×11 pixels; then the pixel in the middle turns white. Where does what comes out change?
#
# **Predict.** For each of the four branches.
#
# <details><summary>Answer</summary>
#
# Branch 1 at that place only; branch 2 on 3×3 places; branch 3 on 5×5; branch 4 on 3×3, all alike, for it passes on the largest. The 1×1 convolutions widen nothing.
# </details>

# %%
with waits_for("nets.googlenet.Inception"):
    torch.manual_seed(0)
    module, image = googlenet.Inception(1, 16, 16, 16, 16, 16, 16), torch.zeros(1, 1, 11, 11)
    touched = image.clone()
    touched[0, 0, 5, 5] = 4
    with torch.no_grad():
        change = (module(touched) - module(image)).abs().reshape(4, 16, 11, 11).sum(dim=1)
    show_images(*(part / part.max() for part in change.numpy()), titles=("1×1", "3×3", "5×5", "pooling"), size=1.7)

# %% [markdown]
# (Not every place of the 3×3 and 5×5 need be bright, for ReLU cuts off some changes; and a change that comes from padding's zeros is none.)
#
# > **Takeaway.** Sizes side by side, joined channel by channel. What makes that affordable is the 1×1 convolution: bring the channels down before you look at neighbours.

# %% [markdown]
# ## 2 · GoogLeNet
#
# A stem as in AlexNet, nine modules, and then no fully connected layers of 4096 units, but a mean: **global average pooling** takes each of the last 1024 channels, 7×7 places, to one number, and a single linear layer makes 1000 scores of these.
#
# **Predict.** How many weights has that last layer? How many would it have, if the 7×7 · 1024 numbers were flattened in place of averaged? And what else does the mean give you?
#
# <details><summary>Answer</summary>
#
# 1024 · 1000 = 1.0 million; flattened, 49 times as many: 50 million, seven times the network. And the network takes images of any size: the mean does not care how many places there are.
# </details>

# %%
heads = {"flattened,\n7·7·1024 → 1000": 7 * 7 * 1024 * 1000, "means,\n1024 → 1000": 1024 * 1000, "all the rest\nof GoogLeNet": 5_973_552}
show_bars(list(heads), [count / 1e6 for count in heads.values()], "Parameters of a last layer, and of the rest", "million", text=[f"{count / 1e6:.1f}" for count in heads.values()])

# %% [markdown]
# Count layers with parameters one behind the other, a module as two: 3 in the stem, 9 · 2, and the last: 22.
#
# ⚠ Three things to know before you compare with other people's code:
#
# - **Pooling** with stride 2 rounds *up* here (`ceil_mode=True`), as in Caffe, from which many people first had this network: 112 becomes 56, the paper's size, without padding.
# - **torchvision**'s GoogLeNet has batch norm, and 3×3 filters where the paper says 5×5, a slip that was kept because trained weights depend on it.
# - **Two auxiliary classifiers** hang on 4a and 4d in the paper, in training only, to bring gradients to the lower layers. We leave them out: a year later their authors found that they do not do that (section 4 of *Rethinking …*: in the end they act as a mild regularizer), and batch norm does, as you will see below.

# %% [markdown]
# **Exercise `nets.googlenet.GoogLeNet`** · 17 points · difficulty ●●●○○ · 40 minutes · in `cnnlib/nets/googlenet.py`
#
# The network of table 1, at any width. The check hands in another block in place of Inception, so that a slip there costs nothing here; the last of its points are for both together.

# %% check="nets.googlenet.GoogLeNet"
check("nets.googlenet.GoogLeNet")

# %% [markdown]
# ### Experiment: the paper's table, recounted
#
# Your network at its published size, on PyTorch's `meta` device, where tensors have shapes and no numbers, so that nothing needs to be computed.

# %%
def rows_of(make, *arguments):
    """The layer table of the network that make(*arguments) gives, for images of 224×224 pixels."""
    with torch.device("meta"):
        return inspection.layer_table(make(*arguments), (3, 224, 224))


with waits_for("nets.googlenet.Inception", "nets.googlenet.GoogLeNet", "nets.inspect.layer_table"):
    network = rows_of(googlenet.GoogLeNet)
    parameters, work = sum(row[3] for row in network), sum(row[4] for row in network)
    last = [row for row in network if row[1] == "Linear"][-1]
    print(f"{parameters:,} parameters, {work / 1e9:.2f} billion operations; without the last layer {parameters - last[3]:,} parameters")
    first = network[0]
    print(f"the 7×7 convolution: {first[3]:,} parameters, {first[4] / 1e6:.0f} million operations; the paper's table says 2.7K and 34M")
    print(f"7·7·3·8 + 3·8·64 = {7 * 7 * 3 * 8 + 3 * 8 * 64:,}; times 112·112 that is {112 * 112 * (7 * 7 * 3 * 8 + 3 * 8 * 64) / 1e6:.0f} million")

# %% [markdown]
# Line by line, the table of the paper agrees with yours (it counts in thousands of 1,024, without biases), but for a few misprints, such as 463K for 4c, which has 498K.
#
# One line is interesting: the first. Its 2.7K and 34M are not those of a 7×7 convolution but, to the digit, those of a *separable* one: 8 filters of 7×7 for each colour by itself, then a 1×1 convolution. The last lines of *Batch normalization*, by two people of the same company a year later, describe just such a first layer. (12 comes back to it.)
#
# **Predict.** The lecture says "only 5M parameters, 12 times less than AlexNet". You count seven. Who is right?
#
# <details><summary>Answer</summary>
#
# The paper says "12 times fewer" than AlexNet, and AlexNet has 60 million: 60 / 12 = 5. But the paper's own table adds up to 7 million, as do you. Without the last layer there are 6.0; without biases nearly the same. So GoogLeNet has about 9 times fewer than AlexNet (61.0 / 7.0 = 8.7), 20 times fewer than VGG-16. "No fully connected layers" is not quite so either: there is one, the last.
# </details>

# %%
with waits_for("nets.googlenet.Inception", "nets.googlenet.GoogLeNet", "nets.inspect.layer_table"):
    millions = {"AlexNet": 60.97, "VGG-16": 138.36, "GoogLeNet": sum(row[3] for row in rows_of(googlenet.GoogLeNet)) / 1e6}
    show_bars(list(millions), list(millions.values()), "Parameters", "million", text=[f"{value:.1f}" for value in millions.values()])

# %% [markdown]
# ### Experiment: does a fresh network tell images apart?
#
# Sixty-four photographs go through untrained networks, with batch norm and without. Behind every module we ask: how much do the photographs' features (means over all places) differ, compared with how large they are?
#
# **Predict.** Which curve falls, and how far?
#
# <details><summary>Answer</summary>
#
# Without batch norm it falls to a third with every module, from a tenth behind 3a to about 0.000014 behind 5b: PyTorch's initial weights are small, so that in the end hardly anything but the biases speaks, and these are the same for all images. What the last layers learn from such features is next to nothing. With batch norm, differences stay as large as the features themselves, 0.5 to 0.8 of their size. (Measured on the JPEG copy of CIFAR-10.)
# </details>

# %%
def spread(batch_norm, seed):
    """Behind every module: the spread of features over the images, in parts of their size."""
    torch.manual_seed(seed)
    net, found = googlenet.GoogLeNet(10, 32, batch_norm), []

    def note(module, inputs, output):
        features = output.mean(dim=(2, 3))
        found.append((features.std(dim=0).norm() / features.norm(dim=1).mean()).item())

    hooks = [module.register_forward_hook(note) for module in net.modules() if isinstance(module, googlenet.Inception)]
    images = torch.from_numpy(photos.train_images[64 * seed : 64 * seed + 64]).float() / 127.5 - 1
    with torch.no_grad():
        net(F.interpolate(images, 64))
    for hook in hooks:
        hook.remove()
    return found


with waits_for("nets.googlenet.Inception", "nets.googlenet.GoogLeNet"):
    runs = {words: [spread(norm, seed) for seed in range(4)] for words, norm in (("without batch norm", False), ("with batch norm", True))}
    show_runs(runs, f"How much images differ, {WHICH}", "modules passed", "spread / size", x=np.arange(1, 10), logy=True)
    for words, values in runs.items():
        print(f"{words}: behind 3a {np.mean(values, axis=0)[0]:.2g}, behind 5b {np.mean(values, axis=0)[-1]:.2g}")

# %% [markdown]
# In 2014 the auxiliary classifiers were to help here; from 2015 on, batch norm did. All the same: GoogLeNet, seven of them that looked at 144 crops of each image, won ILSVRC 2014 with 6.7 % top-5 error (one network and one crop: 10.1 %).
#
# > **Takeaway.** A ninth of AlexNet's parameters, twice its work (1.6 billion against the 0.7 of the published, grouped network), and less than half its error in the contests (6.7 against 15.3 %): cost is something to design.

# %% [markdown]
# ## 3 · Three blocks
#
# 2015, and the other question: VGG has 19 layers, GoogLeNet 22; why not a hundred? You know from 08: deeper *plain* networks train worse, and a shortcut past every two layers mends it. There you wrote three blocks with their backward pass. Now autograd does that, and the blocks may be large.

# %%
basic = ["conv 3×3", "batch norm", "ReLU", "conv 3×3", "batch norm"]
bottleneck = ["conv 1×1", "batch norm", "ReLU", "conv 3×3", "batch norm", "ReLU", "conv 1×1", "batch norm"]
pre_activation = ["batch norm", "ReLU", "conv 3×3", "batch norm", "ReLU", "conv 3×3"]
show_blocks({
    "basic": {"branch": basic, "shortcut": [], "last": ["ReLU"]},
    "bottleneck": {"branch": bottleneck, "shortcut": [], "last": ["ReLU"]},
    "pre-activation": {"branch": pre_activation, "shortcut": []},
})

# %% [markdown]
# In code, a block is a class made as `block(in_channels, width, stride=1)`, and `block.expansion` says how many times `width` channels come out of it: 1, but 4 for the bottleneck. Where shape changes, the shortcut needs something that brings $x$ along:
#
# | option of the paper | where shape changes | elsewhere |
# |---|---|---|
# | A, `"padding"` | every second row and column of $x$, and channels of zeros: no parameters | $x$ |
# | B, `"projection"` | a 1×1 convolution with stride, and batch norm | $x$ |
# | C | the same as B | a projection too |
#
# On ImageNet with 34 layers the three differ little, 25.0, 24.5 and 24.2 % top-1 error, and the plain network has 28.5 % (table 3 of the paper). B is the usual choice; CIFAR-10's networks have A, so that plain and residual twins have exactly as many parameters. `"none"`, no shortcut at all, makes the plain twin.

# %%
ways = {"A: padding": ["every 2nd pixel", "zeros behind"], "B: projection": ["conv 1×1, /2", "batch norm"], "none: plain": None}
show_blocks({
    name: {"branch": ["conv 3×3, /2", *basic[1:]], "last": ["ReLU"], **({"shortcut": words} if words else {})} for name, words in ways.items()
})

# %% [markdown]
# **Predict.** `BasicBlock(64, 128, stride=2)` with `"projection"`: how many parameters? And with `"padding"`?
#
# <details><summary>Answer</summary>
#
# Branch: 9 · 64 · 128 + 9 · 128 · 128 = 221,184, and two batch norms with 2 · 128 each: 221,696. The projection adds 64 · 128 + 256 = 8,448: 230,144. Padding adds none.
# </details>

# %% [markdown]
# **Exercise `nets.resnet.BasicBlock`** · 16 points · difficulty ●●●○○ · 30 minutes · in `cnnlib/nets/resnet.py`

# %% check="nets.resnet.BasicBlock"
check("nets.resnet.BasicBlock")

# %% [markdown]
# The **bottleneck** is GoogLeNet's trick in a residual block: bring 256 channels down to 64 by 1×1, look at neighbours there, and go back up to 256.
#
# > ⚠ Where does the stride go? In the paper, on the first 1×1 convolution, which then looks at every fourth pixel only. PyTorch's ResNet-50 has it on the 3×3 convolution, and so have we: a little more work, a little less error.
#
# **Exercise `nets.resnet.Bottleneck`** · 10 points · difficulty ●●●○○ · 15 minutes · in `cnnlib/nets/resnet.py`

# %% check="nets.resnet.Bottleneck"
check("nets.resnet.Bottleneck")

# %% [markdown]
# **Pre-activation** (2016) moves batch norm and ReLU before each convolution. Then nothing at all stands on the way of $x$, from the first block to the last, not even a ReLU.
#
# **Predict.** What could a network of basic blocks never do on its way past the branches, however it is trained, that one of pre-activation blocks can?
#
# <details><summary>Answer</summary>
#
# Carry a negative number: behind each sum of a basic block stands a ReLU. (That is why its branch must end without one: or it could only ever add.)
# </details>

# %% [markdown]
# **Exercise `nets.resnet.PreActBlock`** · 10 points · difficulty ●●●○○ · 15 minutes · in `cnnlib/nets/resnet.py`

# %% check="nets.resnet.PreActBlock"
check("nets.resnet.PreActBlock")

# %% [markdown]
# > **Takeaway.** The branch ends without ReLU, the sum comes last or next to last, and stride and channels change on both ways alike.

# %% [markdown]
# ## 4 · ResNet-18 to ResNet-152
#
# One stem, four stages, one mean, one linear layer. The first block of each later stage halves height and width and doubles the channels, so that every stage costs about the same; the networks differ only in their block, and how many of it each stage has.
#
# | | 18 | 34 | 50 | 101 | 152 |
# |---|---|---|---|---|---|
# | block | basic | basic | bottleneck | bottleneck | bottleneck |
# | blocks in the four stages | 2, 2, 2, 2 | 3, 4, 6, 3 | 3, 4, 6, 3 | 3, 4, 23, 3 | 3, 8, 36, 3 |
#
# **Predict.** Show that the second column makes 34 layers, and the fourth 101. Which costs more, 34 or 50?
#
# <details><summary>Answer</summary>
#
# Stem 1, last layer 1, and 2 or 3 layers a block: 2 · 16 + 2 = 34, 3 · 33 + 2 = 101. (Projections do not count.) 34 and 50 have 16 blocks each and cost nearly the same, 3.7 against 4.1 billion: that is what the bottleneck is for.
# </details>

# %% [markdown]
# **Exercise `nets.resnet.ResNet`** · 13 points · difficulty ●●●●○ · 30 minutes · in `cnnlib/nets/resnet.py`
#
# `resnet.resnet(depth)`, which is given, makes the five of them from yours.

# %% check="nets.resnet.ResNet"
check("nets.resnet.ResNet")

# %% [markdown]
# ### Experiment: the five of them, counted
#
# Held against the operations of the paper's table 1.

# %%
with waits_for("nets.resnet.ResNet", "nets.resnet.BasicBlock", "nets.resnet.Bottleneck", "nets.inspect.layer_table"):
    paper, sizes = {18: 1.8, 34: 3.6, 50: 3.8, 101: 7.6, 152: 11.3}, {}
    for depth, billions in paper.items():
        rows = rows_of(resnet.resnet, depth)
        sizes[depth] = sum(row[3] for row in rows) / 1e6, sum(row[4] for row in rows) / 1e9
        print(f"ResNet-{depth:<4} {sizes[depth][0]:6.2f} million parameters {sizes[depth][1]:6.2f} billion operations (paper: {billions})")
    show_bars([f"ResNet-{d}" for d in sizes], [size[1] for size in sizes.values()], "Operations for one image", "billion", text=[f"{s[1]:.1f}" for s in sizes.values()])

# %% [markdown]
# 152 layers cost less than VGG-16's 15.5 billion. (From 50 on, yours need 0.2 to 0.3 billion more than the paper's: the stride sits on the 3×3 convolutions.) What it brought, on ImageNet's validation images, one network, ten crops (table 3):
#
# | | plain-34 | 34 | 50 | 101 | 152 |
# |---|---|---|---|---|---|
# | top-1 error | 28.5 % | 24.5 % | 22.9 % | 21.8 % | 21.4 % |
# | top-5 error | 10.0 % | 7.5 % | 6.7 % | 6.1 % | 5.7 % |

# %% [markdown]
# An ensemble of six won ILSVRC 2015 with 3.57 % top-5 error. In three years: AlexNet 15.3 %, ZFNet 11.7 %, VGG 7.3 %, GoogLeNet 6.7 %, ResNet 3.57 %. The lecture says "below human performance": those humans were two: one practised with 500 images and missed 5.1 % of 1,500, the other with 100 and missed 12 % (Russakovsky and others 2015, section 6.4).
#
# > **Takeaway.** Depth is three numbers in a list. That it pays is due to the shortcuts, that it is affordable to the bottleneck.

# %% [markdown]
# ## 5 · The small ones
#
# For images of 32×32 pixels a stem that throws away fifteen of sixteen pixels would be too much. The paper's networks for CIFAR-10 begin with one 3×3 convolution; then come three stages of $n$ basic blocks with 16, 32 and 64 channels: $6n + 2$ layers, which makes 20, 32, 44, 56, 110.
#
# **Exercise `nets.resnet.CifarResNet`** · 13 points · difficulty ●●●●○ · 25 minutes · in `cnnlib/nets/resnet.py`
#
# `residual=False` makes the plain twin, with the same parameters.

# %% check="nets.resnet.CifarResNet"
check("nets.resnet.CifarResNet")

# %% [markdown]
# ## 6 · 20 layers against 56
#
# The figure that began it all (the paper's first): plain networks of 20 and 56 layers on CIFAR-10, training error on the left, test error on the right, and 56 above 20 in both. The published runs are 64,000 steps with 128 images each. Ours must fit two processor cores and a minute or so, and are smaller in every way:
#
# | | paper | here | with `LONG = True` |
# |---|---|---|---|
# | channels of the first stage | 16 | 4 | 16 |
# | training images | 50,000 (the steps were chosen with 45,000) | 2,000, seen as 16×16 | 50,000 |
# | steps · images in each | 64,000 · 128 | 248 · 32 | 64,000 · 128 |
# | rate | divided by 10, twice | falls like a cosine | falls like a cosine |
# | seeds | one (110 layers: five) | three, with their spread | one |
#
# So this shows how they *begin*, and not where they end.
#
# **Predict.** After 248 steps, on the images that they learn from: order plain 20, plain 56, residual 20, residual 56. Guessing is wrong in 90 %.
#
# <details><summary>Answer</summary>
#
# On the JPEG copy of CIFAR-10 residual 20 leads with 67 %, then residual 56 (76 %) and plain 20 (78 %), which are too close to tell apart; plain 56 has hardly begun: 88 %.
# </details>

# %%
LONG = False  # True: the published size. That is for a GPU, and for hours
if LONG:
    setting = {"width": 16, "images": len(photos.train_images), "shrink": 1, "batch": 128, "steps": 64_000, "rate": 0.1, "moved": True, "seeds": 1}
else:
    setting = {"width": 4, "images": 2000, "shrink": 2, "batch": 32, "steps": 248, "rate": 0.05, "moved": False, "seeds": 3}
LOOKS = 8  # so often we look at the errors


def prepared(images, labels, shrink):
    """Images as (N, 3, H, W) float32 of mean about 0, means of shrink×shrink pixels; on the device, with their labels."""
    x = torch.from_numpy(images).to(device).float() / 64 - 1.9
    return F.avg_pool2d(x, shrink) if shrink > 1 else x, torch.from_numpy(labels).to(device)


def moved(x):
    """Each image mirrored or not, and moved by up to 4 pixels; zeros come in from outside."""
    count, _, height, width = x.shape
    x = torch.where(torch.rand(count, 1, 1, 1, device=x.device) < 0.5, x.flip(3), x)
    rows, columns = (torch.randint(0, 9, (count, 1), device=x.device) + torch.arange(size, device=x.device) for size in (height, width))
    return F.pad(x, (4, 4, 4, 4))[torch.arange(count)[:, None, None], :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def percent_wrong(net, x, y):
    net.eval()
    with torch.no_grad():
        said = torch.cat([net(part).argmax(dim=1) for part in x.split(500)])
    net.train()
    return 100 * (said != y).float().mean().item()


def race(net, seed, words, batch, steps, rate, moved_too):
    """SGD with momentum; the rate rises over 30 steps, then falls like a cosine. Rows: steps done, % wrong in training (as it went), % wrong in test."""
    generator = torch.Generator().manual_seed(seed)
    optimizer, errors, lately = torch.optim.SGD(net.parameters(), lr=rate, momentum=0.9, weight_decay=1e-4), [], []
    for step in progress(range(steps), words):
        if step % (len(x_train) // batch) == 0:
            order = torch.randperm(len(x_train), generator=generator)
        chosen = order[step % (len(x_train) // batch) * batch :][:batch].to(device)
        optimizer.param_groups[0]["lr"] = rate * min(1, (step + 1) / 30) * (1 + np.cos(np.pi * step / steps)) / 2
        scores = net(moved(x_train[chosen]) if moved_too else x_train[chosen])
        optimizer.zero_grad()
        F.cross_entropy(scores, y_train[chosen]).backward()
        optimizer.step()
        lately.append(100 * (scores.argmax(dim=1) != y_train[chosen]).float().mean().item())
        if (step + 1) % (steps // LOOKS) == 0:
            errors.append((step + 1, np.mean(lately), percent_wrong(net, x_test, y_test)))
            lately = []
    return np.array(errors).T


def runs_of(depth, residual):
    """(seeds, 3, looks): the races of this network, one for each seed."""
    name, runs = f"{'residual' if residual else 'plain'}, {depth} layers", []
    for seed in range(setting["seeds"]):
        torch.manual_seed(seed)
        net = resnet.CifarResNet(depth, residual=residual, width=setting["width"]).to(device)
        runs.append(race(net, seed, f"steps of {name}, seed {seed}", setting["batch"], setting["steps"], setting["rate"], setting["moved"]))
    return np.array(runs)


def show_race(ends):
    for row, words in ((1, "training images"), (2, "test images")):
        curves, after = {name: runs[:, row] for name, runs in ends.items()}, ends["plain, 20 layers"][0, 0]
        show_runs(curves, f"Wrong on {words}, {WHICH}", "steps", "%", x=after)
    for name, runs in ends.items():
        spread = [f" ± {errors.std(ddof=1):.1f}" if len(runs) > 1 else "" for errors in runs[:, 1:, -1].T]  # one run alone has none
        print(f"{name}: training {runs[:, 1, -1].mean():.1f}{spread[0]} %, test {runs[:, 2, -1].mean():.1f}{spread[1]} %")


plain = {}
with waits_for("nets.resnet.CifarResNet", "nets.resnet.BasicBlock"):
    x_train, y_train = prepared(photos.train_images[: setting["images"]], photos.train_labels[: setting["images"]], setting["shrink"])
    some = np.random.default_rng(0).permutation(len(photos.test_images))[: None if LONG else 1000]
    x_test, y_test = prepared(photos.test_images[some], photos.test_labels[some], setting["shrink"])
    plain = {f"plain, {depth} layers": runs_of(depth, False) for depth in (20, 56)}
    show_race(plain)

# %% [markdown]
# And with shortcuts:

# %%
with waits_for("nets.resnet.CifarResNet", "nets.resnet.BasicBlock"):
    ends = plain | {f"residual, {depth} layers": runs_of(depth, True) for depth in (20, 56)}
    show_race(ends)
    show_run_bars({name.replace(", ", "\n"): runs[:, 2, -1] for name, runs in ends.items()}, f"Wrong on test images at the end, {WHICH}", "%")

# %% [markdown]
# We measured, on the JPEG copy of CIFAR-10, whose numbers cannot be held against published ones (mean of three seeds ± standard deviation, % wrong):
#
# | | plain 20 | plain 56 | residual 20 | residual 56 |
# |---|---|---|---|---|
# | training images, while learning | 78.1 ± 1.5 | 87.5 ± 0.2 | 66.8 ± 2.2 | 76.2 ± 3.1 |
# | test images | 77.3 ± 0.5 | 88.5 ± 1.2 | 67.7 ± 2.3 | 76.9 ± 3.1 |

# %% [markdown]
# **What this shows.** Plain, 36 more layers cost ten points, on the *training* images too: that is the paper's figure in small. (Vanishing gradients, which lectures often name here, are not the reason: these plain networks have batch norm. 08 measured it, and so did the paper, section 4.1.) Shortcuts win ten points at either depth, with the same parameters and the same work.

# %% [markdown]
# **What it does not show:** that 56 residual layers are *better* than 20. Here they are behind, for 248 steps are a short time for so many layers, with 4 channels and tiny images. In the paper's 64,000 steps they overtake: 8.75 % wrong with 20 layers, 6.97 % with 56, 6.43 % with 110 (table 6; the last is the best of five runs, 6.61 ± 0.16 all together), while the plain ones stay in the order that you see here.
# (08, section 8, has a way to make the deep one begin faster.) `LONG = True` has the published size, but for the rate.
#
# > **Takeaway.** An error in *training* that grows with depth is no over-fitting. Shortcuts take it away; they add no parameters and no work worth counting.

# %% [markdown]
# ## 7 · In your own words
#
# **Written question** · 8 points · about half a page, marked by a person
#
# A colleague builds a network for photographs of 448×448 pixels from plants. She takes GoogLeNet, removes all 1×1 reductions "because they throw information away", and flattens the last 1024 channels into a fully connected layer of 1000 units "because a mean forgets where things are". It becomes slow and huge, and learns
# poorly. So she goes deeper: 50 plain layers in place of 22. Now even the training error is higher. "It over-fits", she says, "I need dropout and more photographs."
#
# Tell her what each of the three decisions costs, with numbers where you can work them out from her sizes; what of her two reasons is true; why more photographs will not help with the last; and what you would build instead, block by block.
#
# | marked | points |
# |---|---|
# | works out what leaving the reductions away costs, for one module at least, and says what a 1×1 convolution with ReLU keeps and loses | 2 |
# | works out the weights of her last layer (14×14 places) against those behind a mean, and says what the mean gives up and gives | 2 |
# | reads a higher training error as an optimization problem, not over-fitting, and says why dropout and photographs miss it | 2 |
# | proposes a network: block with its order and shortcut, where shapes change, batch norm, mean, last layer | 2 |

# %% [markdown] written="11-written"
# *Write your answer here, in place of this line.*

# %% [markdown]
# ## What you can do now
#
# - Say what an Inception module sees and costs, and count what its reductions save.
# - Build GoogLeNet and five ResNets, with their published numbers of parameters.
# - Hold a paper's table, or a lecture's sentence, against your own count, and explain the difference.
# - Choose between basic block, bottleneck and pre-activation, and between the ways past them.
# - Show that depth harms plain networks in training, and say how far a small experiment carries.
#
# **Next:** 12, what became of the residual network: wider, grouped, denser, and with layers left out at random.
#
# ## Further reading
#
# - C. Szegedy et al., *Going deeper with convolutions* (2014): table 1 and section 5.
# - M. Lin, Q. Chen, S. Yan, *Network in network* (2013): 1×1 convolutions, and means in place of fully connected layers.
# - C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens, Z. Wojna, *Rethinking the Inception architecture for computer vision* (2015): section 4, on auxiliary classifiers.
# - S. Ioffe, C. Szegedy, *Batch normalization* (2015): GoogLeNet with batch norm, and its separable first layer.
# - K. He, X. Zhang, S. Ren, J. Sun, *Deep residual learning for image recognition* (2015), and *Identity mappings in deep residual networks* (2016).
