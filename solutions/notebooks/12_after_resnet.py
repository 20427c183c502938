# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 12 · After ResNet
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/stride-course/stride/blob/main/notebooks/12_after_resnet.ipynb)
#
# The shortcut made depth possible. What came next asked what else a network can be made of: width, groups, concatenation, chance, gaps. Each of these is one small change to something that you have built.
#
# **You will be able to** say what width buys that depth does not · convolve in groups, down to one channel each, and count what it saves · join features by concatenation in place of addition · drop whole blocks in training, and average them in use · see further with gaps · read accuracy against parameters and against
# operations, and know that they are two questions.
#
# **Not here:** training such networks at full size (13), networks found by search, attention.
#
# **Time** about 270 minutes · **Points** 100 · **Before this** 11, and `layer_table` of 09; for sections 2 and 6, the convolution of 02. **To hand in** this notebook, the folder `cnnlib/nets` and `cnnlib/conv_extras.py`.

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

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from autograder import check
from cnnlib import conv_extras
from cnnlib.kit import best_seconds, grey, load, photo, progress, show_bars, show_blocks, show_curves, show_dense_block
from cnnlib.kit import show_groups, show_images, show_placements, show_runs, show_trade_off, to_batch, waits_for
from cnnlib.nets import densenet, resnet, resnext, stochastic_depth, wide_resnet
from cnnlib.nets import inspect as inspection

LONG = False
cat = photo("cat")
hands = load("signs_small")  # 900 + 300 photographs of hands that show the digits 0 to 9, 32×32
torch.set_num_threads(1)  # times are compared below, and small networks gain nothing from more


def bill(model, shape):
    """How much a model learns, and how many multiplications with additions one image costs, by your own `layer_table`."""
    rows = inspection.layer_table(model, shape)
    return sum(row[3] for row in rows), sum(row[4] for row in rows)


# %% [markdown]
# ## 1 · Wide or deep?
#
# ResNet-152, ResNet-1001: with shortcuts one can go on for ever. But each fraction of a percent costs nearly twice the layers, and layers come one after the other: a GPU that could do a thousand things at once waits for the one before. Zagoruyko and Komodakis turned the question round. *Fewer* blocks, each with *k times the channels*: does depth help, or do the parameters that come with it?

# %%
thin = ["batch norm, ReLU", "conv 3×3, 16", "batch norm, ReLU", "conv 3×3, 16"]
wide = ["batch norm, ReLU", "conv 3×3, 160", "batch norm, ReLU", "dropout", "conv 3×3, 160"]
show_blocks(
    {"pre-activation ResNet": {"branch": thin, "shortcut": []}, "Wide ResNet, k = 10": {"branch": wide, "shortcut": []}},
    "The same block, ten times as wide.",
)

# %% [markdown]
# With so many parameters there is reason to drop some: the dropout is *between* the two convolutions, because on the way past, or behind the sum, it would disturb what all later blocks build on.
#
# **Predict.** You double the number of blocks: how do parameters and operations grow? And if you double all widths instead?
#
# <details><summary>Answer</summary>
#
# Twice as many blocks: twice of both. Twice the width: a 3×3 convolution has 9·C·F weights, and both C and F double, so **four times** of both. A network four times as deep costs about what one twice as wide does. (The first convolution only has F to double: three channels come in whatever you do.)
# </details>

# %% [markdown]
# **Exercise `nets.wide_resnet.WideBlock`** · 10 points · difficulty ●●○○○ · 15 minutes · in `cnnlib/nets/wide_resnet.py`

# %% check="nets.wide_resnet.WideBlock"
check("nets.wide_resnet.WideBlock")

# %% [markdown]
# **Exercise `nets.wide_resnet.WideResNet`** · 11 points · difficulty ●●●○○ · 25 minutes · in `cnnlib/nets/wide_resnet.py`
#
# "WRN-28-10" has 28 layers and is ten times as wide as the thin network of that form.

# %% check="nets.wide_resnet.WideResNet"
check("nets.wide_resnet.WideResNet")

# %% [markdown]
# ### Experiment: the same work, in 40 layers or in 10
#
# WRN-40-1 is thin and deep: 16, 32 and 64 channels. A network of 10 layers may be 2.75 times as wide for as many multiplications. We count, and then take the time of a training step (forward and backward, images of 32×32, one core), with one image in it and with more.
#
# **Predict.** Which is faster? And does it matter how many images a step has?
#
# <details><summary>Answer</summary>
#
# With few images the wide one is: each layer has a price of its own, however little it computes, and the deep network has four times as many. With many images the multiplications outweigh that price, and these are equal: then the two take about as long, or whichever has the sizes that your processor likes wins a little.
# </details>

# %%
def step_seconds(models, images, rounds=10):
    """How long a step of each takes: forward, loss and backward. They take turns, so that a busy moment of the machine hits all."""
    x, labels = torch.randn(images, 3, 32, 32), torch.zeros(images, dtype=torch.long)

    def step(model):
        F.cross_entropy(model(x), labels).backward()

    return np.min([[best_seconds(step, model, repeat=1) for model in models] for _ in range(rounds)], axis=0)


with waits_for("nets.wide_resnet.WideBlock", "nets.wide_resnet.WideResNet", "nets.inspect.layer_table"):
    rivals = {"40 layers: WRN-40-1": (40, 1, 16), "10 layers, 44 to 176 wide": (10, 2, 22)}
    models = {name: wide_resnet.WideResNet(depth, widen, width=width) for name, (depth, widen, width) in rivals.items()}
    for name, model in models.items():
        parameters, operations = bill(model, (3, 32, 32))
        print(f"{name:28}{parameters:>10,} parameters{operations:>14,} operations")
    counts = (1, 2, 4, 8, 16)
    seconds = np.array([step_seconds(models.values(), images) for images in progress(counts, "batches")])  # (batches, 2)
    curves = {name: (counts, 1000 * seconds[:, number] / counts) for number, name in enumerate(models)}
    show_curves(curves, "As many multiplications, in 40 layers and in 10", "images in a step", "milliseconds an image")
    print("the deep one takes", ", ".join(f"{deep / wide:.1f} times as long with {images}" for images, (deep, wide) in zip(counts, seconds)))

# %% [markdown]
# The wide one does the same work in fewer and larger pieces. When this was written, on one core of a busy machine, the deep one took 1.6 times as long for a single image, and no longer than the wide one for four and more. To a GPU, which computes thousands of numbers at once, a batch that fills a core is little: the paper's WRN-40-4 trains 8 times as fast as ResNet-1001, with about as many parameters (section 3).

# %% [markdown]
# **And the accuracy?** The published numbers:
#
# | ImageNet, one crop of 224×224 | layers | parameters | operations | top-1 error |
# |---|---|---|---|---|
# | ResNet-50 | 50 | 25.6 M | 4.1 G | 23.87 % |
# | ResNet-101 | 101 | 44.5 M | 7.8 G | 22.63 % |
# | ResNet-152 | 152 | 60.2 M | 11.5 G | 21.69 % |
# | **Wide ResNet-50-2** | **50** | 68.9 M | 11.4 G | **21.53 %** |
#
# | CIFAR-10, flips and shifts | layers | error |
# |---|---|---|
# | pre-activation ResNet-1001 | 1001 | 4.92 % |
# | **WRN-28-10** | **28** | **4.00 %** |
#
# *ImageNet: torchvision's documentation, weights IMAGENET1K_V1, which were all trained by the same simple recipe. CIFAR-10: table 5 of the paper, medians of five runs, all with batches of 128 (with batches of 64, ResNet-1001 has 4.64 %).*
#
# **Predict.** The lecture says it in one line: 50 wide layers outperform 152. ImageNet's validation set has 50,000 images. How large is the chance error of a rate of 21.6 %, and what does that say about the first table's last two rows?
#
# <details><summary>Answer</summary>
#
# The standard error of a rate is $\sqrt{p(1-p)/n} = \sqrt{0.216 \cdot 0.784 / 50000} \approx 0.18$ points, as much as the whole difference of 0.16. (Both nets see the same images, so the difference itself is known somewhat better than that; and another seed would move each by a tenth or two.) The claim that stands is: **as good**, with a third of
# the layers and the same operations, but more parameters. On CIFAR-10 the difference is 0.9 points (0.6 to ResNet-1001's better batch), and the standard error 0.2: there, wide is better.
# </details>

# %% [markdown]
# > **Takeaway.** Depth is not the point; capacity is, and depth is one way to spend on it. Width is the one that machines like. Do not go below some depth, though: a wide network of two layers sees no further than a thin one.

# %% [markdown]
# ## 2 · Channels in groups
#
# Twice the width costs four times as much, because *every filter sees every channel*. Must it? A **grouped** convolution cuts the channels into groups, and the filters of a group see their own channels only. AlexNet did so out of need, in 2012: its network did not fit on one GPU, so half of the filters lived on each.

# %%
show_groups(6, 6, (1, 2, 3, 6))

# %% [markdown]
# Below each wiring is the table of its filters: a coloured square is a little filter of KH·KW weights, white is nothing at all. `groups=1` is the convolution that you know; `groups=C` is called **depthwise**: each channel has its own filters. Weights and operations fall by the factor `groups`: F·(C/groups)·KH·KW.
#
# **Predict.** AlexNet's second convolution makes 256 channels from 96, with filters of 5×5, in two groups. How many weights has it? What shape has `w`?
#
# <details><summary>Answer</summary>
#
# `w` is (256, 48, 5, 5): F filters, each only C/groups = 48 deep. 256·48·25 = 307,200 weights, half of 614,400.
# </details>

# %% [markdown]
# **Exercise `conv_extras.grouped_conv2d`** · 14 points · difficulty ●●●○○ · 30 minutes · in `cnnlib/conv_extras.py`
#
# In NumPy once more. Whatever you wrote in 02 may be taken over. Three things can be in the wrong group: channels, filters and outputs; look at the picture.

# %% check="conv_extras.grouped_conv2d"
check("conv_extras.grouped_conv2d")

# %% [markdown]
# ### Experiment: what a depthwise filter cannot see
#
# The cat in colour: three channels. One filter for each colour finds that colour's edges. But "more red than blue" is a question about two channels, and no group of one channel can answer it.

# %%
with waits_for("conv_extras.grouped_conv2d"):
    x = to_batch(cat[::4, ::4])  # (1, 3, H, W)
    edge = np.array([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]])  # differences from the left to the right
    apart = conv_extras.grouped_conv2d(x, np.stack([edge] * 3)[:, None], np.zeros(3), groups=3, padding=1)[0, :, 1:-1, 1:-1]
    blob = np.ones((3, 3)) / 9
    opponent = np.stack([blob, 0 * blob, -blob])[None]  # red minus blue: (1, 3, 3, 3)
    mixed = conv_extras.grouped_conv2d(x, opponent, np.zeros(1), groups=1, padding=1)[0]
    titles = ("the cat", "groups=3: edges in red", "groups=3: edges in green", "groups=3: edges in blue", "groups=1: red minus blue")
    show_images(cat[::4, ::4], *apart, mixed[0, 1:-1, 1:-1], titles=titles, signed=True, size=2.4)

# %% [markdown]
# The three maps of edges are nearly one picture: colours of one photograph have most of their edges in common. What tells the colours apart is in the differences *between* channels, and these need filters that see several.
#
# **Predict.** Two grouped convolutions with `groups=2`, one after the other. Can an output of the first group ever depend on a channel of the second? What would you put between them?
#
# <details><summary>Answer</summary>
#
# Never, however many follow each other: two networks run side by side and meet nowhere. Put a 1×1 convolution with `groups=1` between them, which mixes all channels and costs little (or shuffle the channels: that is ShuffleNet). Every network below mixes by 1×1.
# </details>

# %% [markdown]
# > **Takeaway.** Groups are blocks on a diagonal: weights and operations divided by `groups`, and nothing is mixed across. A 1×1 convolution mixes.

# %% [markdown]
# ## 3 · ResNeXt
#
# ResNet's bottleneck has a 3×3 convolution in the middle, among 64 channels. ResNeXt takes 128 channels there, in **32 groups of 4**: 32 narrow paths side by side, as in Inception, but all alike, so that there is nothing to tune but their number. The paper calls it **cardinality**, the third thing that a network can have more of, after depth and
# width.

# %%
bottleneck = ["conv 1×1, 64", "batch norm, ReLU", "conv 3×3, 64", "batch norm, ReLU", "conv 1×1, 256", "batch norm"]
paths = ["conv 1×1, 128", "batch norm, ReLU", "conv 3×3, 32 gr.", "batch norm, ReLU", "conv 1×1, 256", "batch norm"]
show_blocks(
    {
        "ResNet's bottleneck, 1×64d": {"branch": bottleneck, "shortcut": [], "last": ["ReLU"]},
        "ResNeXt's block, 32×4d": {"branch": paths, "shortcut": [], "last": ["ReLU"]},
    },
    "256 channels come in and go out of both.",
)

# %% [markdown]
# **Predict.** Count the weights of both blocks' convolutions. 256 channels come in.
#
# <details><summary>Answer</summary>
#
# 1×64d: 256·64 + 9·64·64 + 64·256 = 16,384 + 36,864 + 16,384 = **69,632**. 32×4d: 256·128 + 9·128·4 + 128·256 = 32,768 + 4,608 + 32,768 = **70,144**. The same bill: what the 3×3 saves, the two 1×1 spend on twice the width.
# </details>

# %% [markdown]
# **Exercise `nets.resnext.ResNeXtBlock`** · 12 points · difficulty ●●●○○ · 20 minutes · in `cnnlib/nets/resnext.py`

# %% check="nets.resnext.ResNeXtBlock"
check("nets.resnext.ResNeXtBlock")

# %% [markdown]
# ### Experiment: one bill, five cardinalities
#
# The authors' table of blocks that cost as much as ResNet-50's: the more paths, the narrower each. Your block goes into your ResNet of 11 five times; PyTorch's device `meta` keeps shapes only, so that these networks cost no memory.

# %%
with waits_for("nets.resnext.ResNeXtBlock", "nets.resnet.ResNet", "nets.inspect.layer_table"):
    counted = {}
    for cardinality, base in ((1, 64), (2, 40), (4, 24), (8, 14), (32, 4)):
        with torch.device("meta"):
            model = resnext.resnext(50, cardinality=cardinality, base_width=base)
        counted[f"{cardinality}×{base}d"] = bill(model, (3, 224, 224))
    names = list(counted)
    show_bars(names, [bills[0] / 1e6 for bills in counted.values()], "ResNeXt-50: parameters", "million", text=[f"{bills[0] / 1e6:.2f}" for bills in counted.values()])
    show_bars(names, [bills[1] / 1e9 for bills in counted.values()], "ResNeXt-50: operations for an image", "billion", text=[f"{bills[1] / 1e9:.2f}" for bills in counted.values()])

# %% [markdown]
# The bars are level: that is how fair comparisons are made. At that same cost, top-1 errors on ImageNet are 23.9 % for 1×64d and **22.2 %** for 32×4d, and with twice the depth 22.0 % (ResNet-101) and 21.2 % (ResNeXt-101 32×4d). *(The authors' repository, facebookresearch/ResNeXt; one crop of 224×224.)*

# %% [markdown]
# ### The limit: depthwise separable
#
# What if the groups become as many as there are channels? Then a 3×3 convolution looks at *places* only, and a 1×1 after it looks at *channels* only. The two questions that one convolution answers at once are asked one after the other: a **depthwise separable** convolution (Xception, MobileNet).
#
# | for each place | multiplications |
# |---|---|
# | convolution K×K, C to F channels | K²·C·F |
# | depthwise K×K, then 1×1 | K²·C + C·F |
# | ratio | 1/F + 1/K² |
#
# **Predict.** K = 3, C = F = 256: by what factor does the work shrink? And will it be that much faster?
#
# <details><summary>Answer</summary>
#
# 1/256 + 1/9 = 0.115: 8.7 times less work. The time will not follow: a depthwise filter does 9 multiplications for each number that it fetches and each that it stores, and that is too few to keep a processor busy. It waits for memory.
# </details>

# %% [markdown]
# ### Experiment: counted, and timed

# %%
def separable(channels):
    return nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False), nn.Conv2d(channels, channels, 1, bias=False))


with waits_for("nets.inspect.layer_table"):
    rows = {"operations": [], "seconds": []}
    widths = (16, 32, 64, 128, 256)
    for channels in progress(widths, "widths"):
        whole, parts = nn.Conv2d(channels, channels, 3, padding=1, bias=False), separable(channels)
        x = torch.randn(4, channels, 28, 28)
        with torch.no_grad():
            seconds = [best_seconds(layer, x, repeat=40, enough=0.4) for layer in (whole, parts)]
        rows["operations"].append(bill(whole, (channels, 28, 28))[1] / bill(parts, (channels, 28, 28))[1])
        rows["seconds"].append(seconds[0] / seconds[1])
    curves = {f"times fewer {name}" if name == "operations" else "times faster": (widths, values) for name, values in rows.items()}
    show_curves(curves, "Depthwise 3×3 and 1×1 in place of 3×3, 28×28 places, one core", "channels in and out", "times")

# %% [markdown]
# Operations are a promise about time, not time itself.
#
# And what does it cost in accuracy? MobileNet with whole convolutions: 71.7 % right on ImageNet with 4,866 million operations and 29.3 million parameters; with separable ones 70.6 %, 569 million, 4.2 million. *(Howard et al. 2017, "MobileNets", table 4.)* One point for a factor of 8.6.
#
# > **Takeaway.** At the same cost, more and narrower paths beat one wide path. At the limit, places and channels are handled apart: nearly nine times less work for 3×3. Count operations, then take the time.

# %% [markdown]
# ## 4 · DenseNet
#
# A residual block *adds* to what was there; after the sum nobody can tell which part came from where. A dense layer *puts its new channels beside* what was there. So every layer sees the output of every layer before it, unmixed, and needs to make only a few channels of its own: the **growth** k, say 12 or 32, where ResNet's layers make hundreds.

# %%
show_dense_block(stem=16, growth=12, layers=4)

# %% [markdown]
# Each pile goes whole into the next layer, whatever its colour; the red arrow brings `growth` new channels to its top. As the piles get high, a 1×1 convolution first makes a few channels of them (`bottleneck`), and between the blocks a **transition** halves channels and size.
#
# **Predict.** DenseNet-40 for CIFAR-10: three blocks of 12 layers, k = 12, 16 channels from the stem, no bottlenecks, no compression. How many channels has the pile behind the first block? How many does the last layer of that block see? How many pairs "made here, used there" has a block, its input counted as made by layer 0?
#
# <details><summary>Answer</summary>
#
# 16 + 12·12 = 160. The last layer sees 160 − 12 = 148. Layer l uses l outputs (the input and those of l − 1 layers): 1 + 2 + … + 12 = 12·13/2 = 78 pairs. A plain chain has 12.
# </details>

# %% [markdown]
# **Exercise `nets.densenet.DenseLayer`** · 9 points · difficulty ●●○○○ · 15 minutes · in `cnnlib/nets/densenet.py`

# %% check="nets.densenet.DenseLayer"
check("nets.densenet.DenseLayer")

# %% [markdown]
# **Exercise `nets.densenet.DenseNet`** · 11 points · difficulty ●●●●○ · 35 minutes · in `cnnlib/nets/densenet.py`
#
# From the stem to the scores, with your own layer. Keep count of the channels: each layer is told how many there are.

# %% check="nets.densenet.DenseNet"
check("nets.densenet.DenseNet")

# %% [markdown]
# ### Experiment: the saw teeth of DenseNet-121
#
# How many channels come into each dense layer, and how many into each block of your ResNet-50?

# %%
with waits_for("nets.densenet.DenseLayer", "nets.densenet.DenseNet", "nets.resnet.ResNet", "nets.resnet.Bottleneck", "nets.inspect.layer_table"):
    with torch.device("meta"):
        models = {"DenseNet-121: layers": (densenet.densenet(121), densenet.DenseLayer), "ResNet-50: blocks": (resnet.resnet(50), resnet.Bottleneck)}
    seen = {}
    for name, (model, kind) in models.items():
        parts = [part for part in model.modules() if isinstance(part, kind)]
        first = [next(layer for layer in part.modules() if isinstance(layer, nn.Conv2d)) for part in parts]  # it sees all that comes in
        seen[name] = (range(1, len(parts) + 1), [layer.in_channels for layer in first])
        parameters, operations = bill(model, (3, 224, 224))
        print(f"{name.partition(':')[0]:14}{parameters:>12,} parameters{operations / 1e9:>7.2f} billion operations")
    show_curves(seen, "How many channels come in?", "layer or block, from the first to the last", "channels")

# %% [markdown]
# Ramps of 32 channels a layer, and drops where a transition halves the pile; ResNet's stairs double. DenseNet-121 has a third of ResNet-50's parameters and two thirds of its operations. On ImageNet the two are not far apart: 25.6 against 23.9 % wrong; DenseNet-201, with 20 million parameters, 23.1 *(torchvision)*.
#
# On CIFAR-10 dense networks need remarkably little: 4.51 % wrong with 0.8 million parameters (DenseNet-BC, 100 layers, k = 12; *the authors' repository, liuzhuang13/DenseNet*), where WRN-28-10 has 36.5 million for its 4.00 %.

# %% [markdown]
# What the table of parameters hides is memory. All piles must be kept for the way back: L layers of k channels make L·k new numbers at each place, but the piles that were handed on hold k·L²/2 of them, if each is copied.
#
# > **Takeaway.** Add, and features blend; concatenate, and they stay to be used again. Dense networks save parameters, less so operations, and not memory.

# %% [markdown]
# ## 5 · Stochastic depth
#
# A residual block can be left out: the shortcut carries x past it. So leave some out, at random, anew for every batch: train *short* networks, use the *deep* one. What you know from dropout, with whole layers in place of numbers.
#
# Early blocks make what all later ones build on, so they are kept most of the time; the last is kept with probability p_L, and between them the **survival rate** falls in a straight line.
#
# **Predict.** 54 blocks (ResNet-110), p_L = 0.5. How many blocks does a training step compute on average?
#
# <details><summary>Answer</summary>
#
# The expected depth is the sum of the survival rates. With p_l = 1 − l/(2L) it is L − (L + 1)/4 = (3L − 1)/4 = 40.25 of 54: a quarter of the work saved.
# </details>

# %% [markdown]
# **Exercise `nets.stochastic_depth.survival_rates`** · 3 points · difficulty ●○○○○ · 5 minutes · in `cnnlib/nets/stochastic_depth.py`

# %% check="nets.stochastic_depth.survival_rates"
check("nets.stochastic_depth.survival_rates")

# %%
with waits_for("nets.stochastic_depth.survival_rates"):
    blocks = np.arange(1, 55)
    rates = {f"p_L = {last}: {sum(stochastic_depth.survival_rates(54, last)):.1f} blocks": stochastic_depth.survival_rates(54, last) for last in (1.0, 0.8, 0.5, 0.2)}
    show_curves({name: (blocks, values) for name, values in rates.items()}, "How likely is a block to be kept, and how many are, on average", "block", "survival rate", markers=False)
    survived = np.random.default_rng(0).random((60, 54)) < stochastic_depth.survival_rates(54)
    print(f"computed in a step: {survived.sum(axis=1).mean():.1f} of 54 blocks on average, {survived.sum(axis=1).min()} to {survived.sum(axis=1).max()}")
    show_images(1.0 - survived, titles=("60 training steps (rows), 54 blocks (columns):\ndark is computed, white is skipped",), size=4.2)

# %% [markdown]
# **Exercise `nets.stochastic_depth.StochasticDepth`** · 12 points · difficulty ●●●○○ · 20 minutes · in `cnnlib/nets/stochastic_depth.py`
#
# Around any branch. In evaluation nothing is dropped, and the branch counts as much as it did on average.

# %% check="nets.stochastic_depth.StochasticDepth"
check("nets.stochastic_depth.StochasticDepth")

# %% [markdown]
# It is the pattern of 07 once more: **noise in training, averaged out in use.**
#
# | | noise in training | in use |
# |---|---|---|
# | dropout | numbers are dropped | all are kept, scaled |
# | DropConnect | weights are dropped | all are kept, scaled |
# | batch norm | the batch's own mean and variance | running averages |
# | augmentation | random crops and flips | averaged over ten crops, or one in the middle |
# | **stochastic depth** | blocks are dropped | all are kept, their branches scaled by p |
#
# ### Experiment: does one pass equal the average of many?
#
# Eight blocks in a row, fresh from initialisation. In training mode each pass is another network; we average more and more of them, and hold the average against one pass in evaluation mode. Once with branches that are linear, once with batch norm left out and a ReLU before the convolution.
#
# **Predict.** In which of the two cases does the difference go to zero?
#
# <details><summary>Answer</summary>
#
# With linear branches: their expectation passes through, block after block, because the draws of different blocks are independent. A ReLU's mean is not the ReLU of the mean: the difference stops falling at the size of that error, which is small, as with dropout.
# </details>

# %%
def chain(active, rates):
    """Residual blocks whose branches are a convolution, with or without a ReLU before it."""
    branches = [nn.Sequential(*([nn.ReLU()] if active else []), nn.Conv2d(8, 8, 3, padding=1)) for _ in rates]
    return nn.Sequential(*(stochastic_depth.StochasticDepth(branch, rate) for branch, rate in zip(branches, rates)))


with waits_for("nets.stochastic_depth.survival_rates", "nets.stochastic_depth.StochasticDepth"), torch.no_grad():
    passes = 2 ** np.arange(11)
    curves = {}
    for name, active in (("linear branches", False), ("branches with ReLU", True)):
        rows = []
        for seed in range(5):
            torch.manual_seed(seed)
            net, x = chain(active, stochastic_depth.survival_rates(8)), torch.randn(4, 8, 8, 8)
            once = net.eval()(x)
            net.train()
            means = torch.stack([net(x) for _ in range(passes[-1])]).cumsum(0)[passes - 1] / torch.from_numpy(passes)[:, None, None, None, None]
            rows.append([((mean - once).norm() / once.norm()).item() for mean in means])
        curves[name] = np.array(rows)
    show_runs(curves, "The average of n random depths, against one pass in use", "passes averaged", "relative difference", x=passes, logx=True, logy=True)

# %% [markdown]
# The published effect: a residual network of 1202 layers was *worse* on CIFAR-10 than one of 110 (7.93 against 6.43 % wrong; *He et al. 2016, table 6*). The authors of stochastic depth got 6.67 % with all blocks of 1202 layers, by a longer recipe of their own, and **4.91 %** with p_L = 0.5; a network of 110 layers took a quarter less time for its training. On ImageNet, with 152 layers, they won nothing: 21.98 % wrong against 21.78 % without, after as many epochs. *(Huang et al. 2016, section 4.)*
#
# > **Takeaway.** A shortcut makes a block dispensable; stochastic depth makes the network learn as if it were. Short in training, deep in use, averaged by one factor p.

# %% [markdown]
# ## 6 · Gaps
#
# To see further, a network can be deeper, have larger filters, or make the image smaller. A fourth way: keep the nine weights of a 3×3 filter and **move them apart**. With dilation d, neighbouring weights meet pixels that lie d apart. The filter's reach is d·(k − 1) + 1; its weights and its work stay the same, and so does the size of the image.

# %%
show_placements(11, 3, (1,))
show_placements(11, 3, (1, 2), dilation=2)

# %% [markdown]
# **Predict.** Three 3×3 convolutions one after the other, stride 1. How large is the receptive field with dilations 1, 1, 1? With 1, 2, 4? With 2, 2, 2? Does every pixel in it count?
#
# <details><summary>Answer</summary>
#
# Each layer adds d·(k − 1) = 2d: 1 + 2 + 2 + 2 = 7; 1 + 2 + 4 + 8 = **15**, and every pixel counts; 1 + 4 + 4 + 4 = 13, but only at even distances: three of four pixels are never met by that output ("gridding"). Dilations 1, 2, 4, 8 … double the field with every layer, at 9 weights each.
# </details>

# %% [markdown]
# **Exercise `conv_extras.dilated_conv2d`** · 10 points · difficulty ●●○○○ · 20 minutes · in `cnnlib/conv_extras.py`

# %% check="conv_extras.dilated_conv2d"
check("conv_extras.dilated_conv2d")

# %% [markdown]
# ### Experiment: the receptive field, pictured
#
# One bright pixel goes through three layers whose weights are all 1. What comes out says on how many ways each pixel reaches the one in the middle (or the other way round: it is symmetric).

# %%
with waits_for("conv_extras.dilated_conv2d"):
    stacks = ((1, 1, 1), (1, 2, 4), (2, 2, 2), (1, 2, 3))
    fields = []
    for dilations in stacks:
        ways = np.zeros((1, 1, 19, 19))
        ways[0, 0, 9, 9] = 1
        for dilation in dilations:
            ways = conv_extras.dilated_conv2d(ways, np.ones((1, 1, 3, 3)), np.zeros(1), dilation, padding=dilation)
        fields.append(ways[0, 0])
    across = [np.ptp(np.flatnonzero(field.any(axis=0))) + 1 for field in fields]
    titles = [f"dilations {', '.join(map(str, dilations))}: {n}×{n},\n{(field > 0).sum()} pixels count" for dilations, n, field in zip(stacks, across, fields)]
    show_images(*fields, titles=titles, size=2.6)

# %% [markdown]
# ### Experiment: one filter at four distances
#
# The same nine weights, a detector of vertical edges, on the cat. The further apart they are, the coarser the edges that they answer to, and no pixel of resolution is lost.

# %%
with waits_for("conv_extras.dilated_conv2d"):
    x = to_batch(grey(cat)[::3, ::3])
    edge = np.array([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]])[None, None]
    maps = [conv_extras.dilated_conv2d(x, edge, np.zeros(1), dilation, padding=dilation)[0, 0, 8:-8, 8:-8] for dilation in (1, 2, 4, 8)]  # no border
    show_images(*maps, titles=[f"dilation {d}: reach {2 * d + 1}" for d in (1, 2, 4, 8)], signed=True, size=2.6)

# %% [markdown]
# Where a network must answer for *every pixel* (segmentation: road, cat, sky), it cannot afford to make the image small, but must see far. That is where dilation is at home (DeepLab; Yu and Koltun 2016), and in sound, where a stack of dilations 1, 2, 4 … 512 looks back over a thousand samples (WaveNet).
#
# > **Takeaway.** Dilation buys reach without weights, work or resolution. Vary it: equal dilations leave holes.

# %% [markdown]
# ## 7 · What accuracy costs
#
# Everything together. Each point is a published network, its error on ImageNet against what it learns and what it computes.
#
# **Predict.** Which family needs the fewest parameters for 24 % error? Which the fewest operations? Before you look: are these the same question?
#
# <details><summary>Answer</summary>
#
# Dense networks need the fewest parameters. In operations, their lead is small: they stay below ResNet, and ResNeXt is as good or better for the same work. They are two questions, because a weight of a convolution is used at every place: early layers have few weights and much work, late ones the other way round (09). And neither is the time on your machine, as section 3 showed.
# </details>

# %%
imagenet = {  # parameters, operations, top-1 error in %, one crop of 224×224
    "ResNet": [
        ("18", 11_689_512, 1.814e9, 100 - 69.758), ("34", 21_797_672, 3.664e9, 100 - 73.314), ("50", 25_557_032, 4.089e9, 100 - 76.130),
        ("101", 44_549_160, 7.801e9, 100 - 77.374), ("152", 60_192_808, 11.514e9, 100 - 78.312),
    ],
    "Wide ResNet": [("50-2", 68_883_240, 11.398e9, 100 - 78.468), ("101-2", 126_886_696, 22.753e9, 100 - 78.848)],
    "DenseNet": [("121", 7_978_856, 2.834e9, 100 - 74.434), ("169", 14_149_480, 3.360e9, 100 - 75.600), ("201", 20_013_928, 4.291e9, 100 - 76.896)],
    "ResNeXt": [("50", 25_028_904, 4.230e9, 100 - 77.618), ("101", 88_791_336, 16.414e9, 100 - 79.312)],
    "MobileNet": [("1.0", 4_200_000, 0.569e9, 100 - 70.6)],
    "VGG": [("16", 138_357_544, 15.470e9, 100 - 71.592)],
}
show_trade_off(imagenet, "ImageNet: what accuracy costs (ResNeXt-50 is 32×4d, ResNeXt-101 is 32×8d)", "top-1 error, %")

# %% [markdown]
# *Sources: torchvision's documentation, weights IMAGENET1K_V1: ResNet, Wide ResNet, ResNeXt and VGG by its simple recipe, DenseNet as its authors trained it; MobileNet: Howard et al. 2017, table 4. Different recipes, so compare families with care.* Down and to the left is better. VGG (2014) stands alone on the right: that is what the three years after it bought.
#
# ### Experiment: small ones of your own
#
# Five networks of this chapter, each with about four million operations for an image of 32×32, learn to read hands, at half the size (16×16, so that it takes a minute). Three seeds each, because with 300 test images one run says little.

# %%
class Grouped(resnext.ResNeXtBlock):
    """Your ResNeXt block with eight paths."""

    def __init__(self, in_channels, width, stride=1):
        super().__init__(in_channels, width, stride, cardinality=8, base_width=32)


class Separable(nn.Module):
    """A residual block with a depthwise separable convolution. Given."""

    expansion = 1

    def __init__(self, in_channels, width, stride=1):
        super().__init__()
        self.inner = nn.Sequential(
            nn.Conv2d(in_channels, in_channels, 3, stride, padding=1, groups=in_channels, bias=False), nn.BatchNorm2d(in_channels), nn.ReLU(),
            nn.Conv2d(in_channels, width, 1, bias=False), nn.BatchNorm2d(width),
        )
        same = stride == 1 and in_channels == width
        self.around = nn.Sequential() if same else nn.Sequential(nn.Conv2d(in_channels, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        return torch.relu(self.around(x) + self.inner(x))


small = {
    "ResNet-20, thin": lambda: resnet.CifarResNet(20, width=5),
    "Wide ResNet-10": lambda: wide_resnet.WideResNet(10, widen=1, width=9),
    "ResNeXt": lambda: resnet.CifarResNet(8, width=5, block=Grouped),
    "DenseNet": lambda: densenet.DenseNet((3, 3, 3), 5, 10, bottleneck=0, compression=1, stem=8, small_images=True),
    "depthwise separable": lambda: resnet.CifarResNet(14, width=20, block=Separable),
}
NEEDED = ("nets.resnet.CifarResNet", "nets.resnet.BasicBlock", "nets.wide_resnet.WideBlock", "nets.wide_resnet.WideResNet", "nets.resnext.ResNeXtBlock")
NEEDED += ("nets.densenet.DenseLayer", "nets.densenet.DenseNet", "nets.inspect.layer_table")


def scaled(images, others):
    """(N, 3, H, W) bytes as numbers around 0, by the mean and spread of the images to learn from."""
    level, spread = images.mean(), images.std()
    return [torch.from_numpy(((part - level) / spread).astype(np.float32)) for part in (images, others)]


def learn(build, seed, images, labels, tests, answers, epochs, flips, rate=1e-2):
    """% wrong of the test images after learning: AdamW, one cycle of rates, batches of 64."""
    torch.manual_seed(seed)
    model = build()
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=5e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, -(-len(images) // 64) * epochs)
    for _ in range(epochs):
        model.train()
        for part in torch.randperm(len(images)).split(64):
            x = images[part]
            if flips:
                x = torch.where(torch.rand(len(x), 1, 1, 1) < 0.5, x.flip(3), x)
            loss = F.cross_entropy(model(x), labels[part])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    model.eval()
    with torch.no_grad():
        found = torch.cat([model(x) for x in tests.split(500)]).argmax(1)
    return 100 * (found != answers).float().mean().item()


def compare(images, labels, tests, answers, epochs, flips, title, words):
    """All five, three seeds each: the picture, and the numbers in it."""
    errors = {name: [] for name in small}
    for seed in progress(range(3), words):
        for name, build in small.items():
            errors[name].append(learn(build, seed, images, labels, tests, answers, epochs, flips))
    for name, values in errors.items():
        print(f"{name:22}{np.mean(values):5.1f} ± {np.std(values, ddof=1):.1f} % wrong")
    show_trade_off({name: [("", *bill(small[name](), images.shape[1:]), values)] for name, values in errors.items()}, title, "% wrong")


with waits_for(*NEEDED):
    halved = [part.reshape(len(part), 3, 16, 2, 16, 2).mean(axis=(3, 5)) for part in (hands.train_images, hands.test_images)]
    images, tests = scaled(*halved)
    labels, answers = torch.from_numpy(hands.train_labels), torch.from_numpy(hands.test_labels)
    compare(images, labels, tests, answers, 12, False, "Hands, 16×16: mean of three seeds ± standard deviation", "seeds")

# %% [markdown]
# When this was written (% of 300 hands wrong, mean of three seeds ± standard deviation):
#
# | ResNet-20, thin | Wide ResNet-10 | ResNeXt | DenseNet | depthwise separable |
# |---|---|---|---|---|
# | 9.1 ± 1.0 | 6.3 ± 2.2 | 11.7 ± 3.5 | 5.3 ± 2.1 | 10.6 ± 3.1 |
#
# DenseNet has the fewest parameters of all, and wide beats thin, as published; but look at the bars before you call anything a law. Three images of 300 are one point, and most of these intervals overlap. (Cardinality has nothing to show at this size, either: eight paths of two channels each are very narrow paths.)

# %% [markdown]
# ### The same on CIFAR-10
#
# With `LONG = True` at the top, the five learn from 2,500 photographs of CIFAR-10, 8 epochs, with flips, and are tested on 2,000 others (the data come from the folder that the environment variable `CNNLIB_DATA` names, or are fetched once, 170 MB; some six minutes of one core).

# %%
if LONG:
    cifar = load("cifar10")
    print(cifar.note or "CIFAR-10, the original pixels")
    which = "CIFAR-10 (JPEG copy)" if cifar.note else "CIFAR-10"
    images, tests = scaled(cifar.train_images[:2500], cifar.test_images[::5])
    labels, answers = torch.from_numpy(cifar.train_labels[:2500]), torch.from_numpy(cifar.test_labels[::5])
    compare(images, labels, tests, answers, 8, True, f"{which}, 2,500 images to learn from: mean of three seeds ± standard deviation", "seeds")

# %% [markdown]
# When this was written (% of 2,000 photographs wrong, mean of three seeds ± standard deviation; a JPEG copy of CIFAR-10, whose numbers cannot be held against published ones):
#
# | ResNet-20, thin | Wide ResNet-10 | ResNeXt | DenseNet | depthwise separable |
# |---|---|---|---|---|
# | 57.6 ± 3.7 | 54.6 ± 1.7 | 54.8 ± 1.0 | 57.2 ± 1.0 | **51.1 ± 0.7** |
#
# Work that is saved on mixing buys width: twenty channels in place of five. That is worth more here than anything else. DenseNet, first on hands, is among the last here, with the fewest parameters. And time is again another question: for about as many operations, a step of wide took three quarters of thin's processor time, one of separable convolutions and of ResNeXt more than twice as much: small groups are small pieces of work.
#
# > **Takeaway.** "Better" needs an axis: parameters, operations, time, memory. And it needs error bars: at equal cost, seeds can move a network by as much as another architecture does, and the order of one small data set is not that of the next.

# %% [markdown]
# ## 8 · In your own words
#
# **Written question** · 8 points · about half a page, marked by a person
#
# You are to put a network that tells 200 kinds of birds apart onto a phone. It must answer within 50 milliseconds, the app may grow by 10 megabytes, and memory while it runs is short. A colleague proposes DenseNet-121: "it has the fewest parameters for its accuracy".
#
# Which of the three limits does the colleague's argument speak to, and which not? Choose two ideas of this chapter that you would build in, say for each which limit it eases and what it may cost, and describe the measurement by which you would decide between your network and the colleague's.
#
# | marked | points |
# |---|---|
# | tells parameters, operations, time and memory apart, and puts the argument to the right limit | 2 |
# | says why few parameters make neither a fast network nor one with little memory, with a reason from this chapter | 2 |
# | two ideas, each with the limit that it eases and with its price | 2 |
# | a fair measurement: on the device, same data and recipe, several seeds or an error bar | 2 |

# %% [markdown] written="12-written"
# *Write your answer here, in place of this line.*

# %% [markdown]
# ## What you can do now
#
# - Say what width, cardinality, concatenation, chance and gaps each add to a residual network, and what they cost.
# - Write grouped, depthwise and dilated convolutions from nothing, and say what they cannot see.
# - Build Wide ResNet, ResNeXt and DenseNet at their published sizes, and check their bills.
# - Recognise "noise in training, averaged in use" wherever it comes back.
# - Doubt a comparison that names one axis and one seed.
#
# **Next:** 13, training at scale: what really limits a step.
#
# **Further reading**
#
# - Zagoruyko, Komodakis 2016, "Wide Residual Networks": short, and full of tables.
# - Xie, Girshick, Dollár, Tu, He 2017, "Aggregated Residual Transformations for Deep Neural Networks", sections 3 and 4.
# - Huang, Liu, van der Maaten, Weinberger 2017, "Densely Connected Convolutional Networks", section 5: which layers use which.
# - Huang, Sun, Liu, Sedra, Weinberger 2016, "Deep Networks with Stochastic Depth".
# - Howard et al. 2017, "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications", sections 3 and 4.
# - Yu, Koltun 2016, "Multi-Scale Context Aggregation by Dilated Convolutions", section 2.
