# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 02 · Convolution
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/stride-course/stride/blob/main/notebooks/02_convolution.ipynb)
#
# One small filter, slid over the whole picture: that is the layer that made computers see. You build it here from plain
# loops, and look at what it does to real photographs.
#
# **You will be able to** derive convolution from a fully connected layer · compute any output size, parameter count, cost and
# receptive field · write correlation, convolution and the whole layer (batch, channels, bias, stride, padding) · find an
# object by correlation · say what "equivariant" means, and measure it · write convolution as a matrix.
#
# **Not here:** gradients (03), pooling and a first network (04), dilation and groups as layers (12).
#
# **Time** about 280 minutes · **Points** 100 · **Before this** NumPy indexing and broadcasting, the matrix product, what a
# fully connected layer is.

# %% [markdown]
# ## Set-up
#
# You write functions in the folder `cnnlib/`; this notebook explains, checks and shows. After saving a file, just run the
# next cell: the new version is used. *In Colab*, open the files panel on the left, then `stride/cnnlib/`; double-click a file
# to edit it. Colab forgets files when its session ends, so download what you wrote before you leave.

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

from autograder import check
from cnnlib import conv, shapes, template
from cnnlib.kit import animate_sliding_filter, grey, photo, show_bars, show_channel_options, show_curves
from cnnlib.kit import show_filter_bank, show_grid_of_numbers, show_images, show_placements
from cnnlib.kit import show_receptive_field, show_wiring, to_batch, waits_for

cat, coffee, camera, coins = photo("cat"), photo("coffee"), photo("camera"), photo("coins")
show_images(cat, coffee, camera, coins, titles=("cat", "coffee", "camera", "coins"), size=1.9)

# %% [markdown]
# ## 1 · From fully connected to convolution
#
# A fully connected layer gives every output its own weight for every input. For a row of $n$ numbers and $m$ outputs that is
# $m \cdot n$ weights, and nothing in it knows that neighbouring pixels belong together. Two ideas make it small:
#
# 1. **Locality.** What is at a place is decided by what is near it. Keep three neighbours: $3m$ weights.
# 2. **Weight tying.** An edge is an edge wherever it is. Use the same three weights everywhere: $3$.

# %%
show_wiring(8)

# %% [markdown]
# The same in two dimensions. A fully connected layer from an image $x$ to a map $h$ of the same size has four indices; name
# them relative to the output's place $(i, j)$, then use the two ideas one after the other:
#
# $$h_{ij} = \sum_{k,l} w_{ijkl}\, x_{kl} = \sum_{a,b} v_{ijab}\, x_{i+a,\,j+b}
# \quad\xrightarrow{\text{same everywhere}}\quad \sum_{a,b} v_{ab}\, x_{i+a,\,j+b}
# \quad\xrightarrow{\text{local}}\quad \sum_{a=-\Delta}^{\Delta}\sum_{b=-\Delta}^{\Delta} v_{ab}\, x_{i+a,\,j+b}$$
#
# The small array $v_{ab}$ is the **filter** or **kernel**.
#
# **Predict.** Our cat is 200×300, in grey 60 000 numbers. How many weights does a fully connected layer need for a map of the
# same size? And a 3×3 filter? (Write it down before you look. From now on, always.)
#
# <details><summary>Answer</summary>
#
# 60 000 · 60 000 = 3.6 billion, against 9. A 36-megapixel photo with just 100 fully connected units needs as many: 3.6 billion.
# </details>

# %%
n = grey(cat).size
show_bars(
    ["fully connected", "local (3×3)", "local and tied"],
    [n * n, 9 * n, 9],
    title="Weights from a 200×300 image to a map of the same size",
    ylabel="weights (log scale)",
    log=True,
    text=["3,600,000,000", "540,000", "9"],
)

# %% [markdown]
# > **Takeaway.** Convolution = local connections + shared weights. Both are *assumptions about images*; when they hold, we save
# > nearly everything.

# %% [markdown]
# ## 2 · Slide, multiply, sum
#
# Lay the filter on the image, multiply what lies on top of each other, add up: one output number. Move on by one, again.

# %%
x = np.arange(9.0).reshape(3, 3)
kernel = np.array([[0.0, 1.0], [2.0, 3.0]])
animate_sliding_filter(x, kernel, np.array([[19.0, 25.0], [37.0, 43.0]]))

# %% [markdown]
# **Predict.** The same filter on a 4×5 image: what shape comes out? And what is the output if the filter is a single 1 in its
# lower right corner?
#
# <details><summary>Answer</summary>
#
# 3×4: a filter of height $k$ fits into $n$ rows at $n-k+1$ places. A single 1 in the lower right corner copies the image
# without its first row and first column.
# </details>

# %% [markdown]
# ## 3 · How large is the output?
#
# ### Stride
#
# The **stride** is how far the filter moves between two placements. Here is one row of a 7×7 image and a filter 3 wide:

# %%
show_placements(7, 3, strides=(1, 2, 3))

# %% [markdown]
# Many courses write $(N - F)/S + 1$, with $N = 7$ and $F = 3$:
#
# | stride $S$ | $(N-F)/S + 1$ | placements |
# |---|---|---|
# | 1 | 5 | 5 |
# | 2 | 3 | 3 |
# | 3 | 2.33 "doesn't fit" | 2, and one pixel is never seen |
#
# > ⚠ **Our convention** (PyTorch's): round *down*. The layer works whether or not the filter lands exactly, and quietly ignores
# > what is left over. `fits` tells you when that happens.
# >
# > $$\text{output} = \left\lfloor \frac{n + 2p - d\,(k-1) - 1}{s} \right\rfloor + 1$$
# >
# > $n$ input size, $k$ filter, $s$ stride, $p$ zeros added on *each* side, $d$ dilation (1 = a normal filter; 2 leaves a gap of
# > one between its elements). With $d = 1$ and no remainder it is their formula, with $N + 2p$ for $N$.
#
# Height and width are computed separately, each with its own stride and padding. And this is **dilation**: the same three weights see
# farther, with gaps between them (a filter of $k$ covers $d\,(k-1) + 1$ pixels).

# %%
show_placements(7, 3, strides=(1,))
show_placements(7, 3, strides=(1,), dilation=2)

# %% [markdown]
# ### Padding
#
# Without padding the image shrinks with every layer, and its corner pixels are seen only once. So we surround it with zeros.

# %%
show_placements(7, 3, strides=(1, 2), padding=1)

# %% [markdown]
# Two kinds have names (TensorFlow writes them in capitals):
#
# - `"valid"`: no padding; the filter stays inside the image.
# - `"same"`: as many zeros as give $\lceil n/s \rceil$ outputs, the input's size at stride 1. For an odd filter at stride 1
#   that is $(k-1)/2$ on each side: 1 for 3×3, 2 for 5×5, 3 for 7×7.
#
# > ⚠ **When the total is odd**, one side gets one zero more. Ours goes to the **end** (bottom, right), as in PyTorch and TensorFlow.
# > One of the lectures puts it on top: same sizes, but the map moves by one pixel. Also, PyTorch itself knows `"same"`
# > only for stride 1; ours follows TensorFlow there.
#
# **Predict.** (a) 7×7, 3×3 filter, stride 1, one zero on each side: which size? (b) 32×32, 5×5, no padding: which size after one,
# two, three layers?
#
# <details><summary>Answer</summary>
#
# (a) 7×7: (7 + 2 − 3)/1 + 1 = 7. (b) 32 → 28 → 24 → 20: each layer takes 4.
# </details>

# %% [markdown]
# **Exercise `shapes.conv_output_size`** · 6 points · difficulty ●○○○○ · 10 minutes · in `cnnlib/shapes.py`
#
# The formula above for one axis, with `"valid"` and `"same"`.

# %% check="shapes.conv_output_size"
check("shapes.conv_output_size")

# %% [markdown]
# **Exercise `shapes.fits`** · 2 points · difficulty ●○○○○ · 5 minutes · in `cnnlib/shapes.py`
#
# Does the filter land exactly, with nothing left over?

# %% check="shapes.fits"
check("shapes.fits")

# %% [markdown]
# **Exercise `shapes.same_padding`** · 5 points · difficulty ●●○○○ · 12 minutes · in `cnnlib/shapes.py`
#
# The zeros before and after one axis. Work out from the last placement how many are needed, then share them.

# %% check="shapes.same_padding"
check("shapes.same_padding")

# %% [markdown]
# ### Experiment: how fast do images shrink?
#
# 5×5 filters without padding, until 4×4 is left, from 32×32 and from 224×224. And the same from 224 with stride 2.

# %%
with waits_for("shapes.conv_output_size"):
    curves = {}
    for start, stride in ((32, 1), (224, 1), (224, 2)):
        sizes = [start]
        while sizes[-1] > 4 and len(sizes) < 100:  # a size that does not shrink would go on for ever
            sizes.append(shapes.conv_output_size(sizes[-1], 5, stride))
        curves[f"from {start}, stride {stride}: {len(sizes) - 1} layers"] = (range(len(sizes)), sizes)
    show_curves(curves, "5×5 filters, no padding", "layers", "height = width", logy=True)

# %% [markdown]
# 32 takes 7 layers. For 224 some lecture slides say 44, which is $(224-4)/5$; but a 5×5 filter takes 4 rows and not 5, so it is
# $(224-4)/4 = 55$, as your own function counts. Without stride the size falls by a fixed amount; with stride 2 it *halves*, so
# a handful of layers is enough.
#
# > **Takeaway.** Padding keeps the size, stride divides it, and rounding down hides what does not fit.

# %% [markdown]
# ## 4 · Your first filter
#
# **Exercise `conv.correlate2d`** · 8 points · difficulty ●●○○○ · 15 minutes · in `cnnlib/conv.py`
#
# One image, one filter, stride 1, no padding: $y_{ij} = \sum_{a,b} w_{ab}\, x_{i+a,\,j+b}$.

# %% check="conv.correlate2d"
check("conv.correlate2d")

# %% [markdown]
# ### Experiment: three famous filters
#
# **Predict.** The weights of the first filter add up to 0, those of the others to 1. What does each do to a patch of one flat
# colour?
#
# <details><summary>Answer</summary>
#
# The output there is the colour times the sum of the weights: 0 for the first, so flat regions vanish and only changes remain;
# unchanged for the others.
# </details>

# %%
edge = np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], float)
sharpen = np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], float)
blur = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], float) / 16
titles = ("edge detection", "sharpen", "16 · Gaussian blur")
show_grid_of_numbers(edge, "", sharpen, "", blur * 16, titles=titles)

# %%
with waits_for("conv.correlate2d"):
    image = grey(cat)
    edges, sharp, soft = (conv.correlate2d(image, kernel) for kernel in (edge, sharpen, blur))
    for _ in range(5):
        soft = conv.correlate2d(soft, blur)
    titles = ("the cat", "sharpen", "Gaussian blur, six times")
    show_images(image, sharp.clip(0, 1), soft, titles=titles, size=2.4)
    titles = ("edge detection (white: no change)",)
    show_images(edges, titles=titles, signed=True, limit=0.8, colorbar=True, size=3.6)

# %% [markdown]
# > **Takeaway.** A filter is a small pattern; the output is large where the image looks like it. Nobody will design our filters:
# > in 03 you *learn* this edge filter from examples.

# %% [markdown]
# ## 5 · Correlation or convolution
#
# Mathematicians define convolution with a minus:
#
# $$(f * g)[x, y] = \sum_{n_1, n_2} f[n_1, n_2]\; g[x - n_1,\, y - n_2]$$
#
# The minus turns the filter by 180° before it slides. What you wrote above has a plus: **cross-correlation**.
#
# > ⚠ **Our convention:** in this course, as in PyTorch, TensorFlow and nearly all of deep learning, "convolution" means
# > cross-correlation: the filter is *not* flipped. Only `convolve2d` flips. A network that learns its filters does not care:
# > it would simply learn them turned.
#
# **Predict.** For which of edge, sharpen and blur do the two differ?
#
# <details><summary>Answer</summary>
#
# For none: all three look the same when turned by 180°. This is how a flipped filter stays unnoticed for years. Test with
# filters that have no symmetry.
# </details>

# %% [markdown]
# **Exercise `conv.convolve2d`** · 6 points · difficulty ●●○○○ · 8 minutes · in `cnnlib/conv.py`
#
# The mathematicians' convolution, "valid" size.

# %% check="conv.convolve2d"
check("conv.convolve2d")

# %% [markdown]
# ### Experiment: a single bright pixel, and light from the other side
#
# A single bright pixel shows the difference best: convolution *stamps* the filter there, correlation stamps it turned. On the
# photo, an embossing filter seems to move the lamp.

# %%
with waits_for("conv.correlate2d", "conv.convolve2d"):
    dot = np.zeros((5, 5))
    dot[2, 2] = 1
    digits = np.arange(1.0, 10.0).reshape(3, 3)
    correlated, convolved = conv.correlate2d(dot, digits), conv.convolve2d(dot, digits)
    titles = ("image", "filter", "correlation", "convolution")
    show_grid_of_numbers(dot, "", digits, "→", correlated, "", convolved, titles=titles)
    emboss = np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]], float)
    correlated, convolved = conv.correlate2d(grey(coins), emboss), conv.convolve2d(grey(coins), emboss)
    show_images(correlated, convolved, titles=("correlation", "convolution"), size=2.8)

# %% [markdown]
# ## 6 · Finding Waldo
#
# Where on a crowded page is the man with the striped shirt? Slide a picture of him over the page and see where it fits best:
# **template matching**. Plain correlation will not do, as bright places win whatever they look like. So compare shapes only:
# take the mean away from both, and divide by their lengths:
#
# $$\text{score} = \frac{\sum (w - \bar w)(t - \bar t)}{\sqrt{\sum (w - \bar w)^2}\;\sqrt{\sum (t - \bar t)^2}} \;\in\; [-1, 1]$$
#
# **Exercise `template.find_template`** · 8 points · difficulty ●●●○○ · 25 minutes · in `cnnlib/template.py`
#
# This one uses your own `conv.correlate2d`. It has to stand before the points come.

# %% check="template.find_template"
check("template.find_template")

# %% [markdown]
# ### Experiment: which coin is it?
#
# Our Waldo is one of 24 coins. We cut it out, then change the photo: a lamp on the right, darkness on the left, and noise.

# %%
rng = np.random.default_rng(2)
target = grey(coins)[84:110, 94:120]
scene = grey(coins) * np.linspace(0.35, 1.6, 192) + 0.03 * rng.standard_normal((152, 192))
with waits_for("conv.correlate2d", "template.find_template"):
    raw = conv.correlate2d(scene, target)
    fooled = tuple(map(int, np.unravel_index(raw.argmax(), raw.shape)))
    found = template.find_template(scene, target)
    print(f"Waldo stands at (84, 94). Plain correlation says {fooled}, yours says {found}.")
    frames = [(*fooled, 26, 26, "orange"), (*found, 26, 26, "limegreen")]
    titles = ("Waldo", "plain correlation: bright wins", "orange: plain, green: yours")
    show_images(target, raw, scene, titles=titles, boxes={2: frames}, size=2.6)

# %% [markdown]
# > **Takeaway.** A filter answers "how much does this place look like me?" A network asks that with thousands of templates that it
# > found itself.

# %% [markdown]
# ## 7 · Channels: the whole layer
#
# A photo has three channels. What should a filter do with them?

# %%
show_channel_options()

# %% [markdown]
# On the left each channel stays alone: the layer can find "an edge in red", but never "red *and not* blue". On the right every
# output looks at **all** channels and adds them up, so it can combine them. That is what a convolution layer does: **a filter
# extends through the full depth of its input**. (The left has its uses too: depthwise convolution, in 12.)
#
# Two channels, worked out: each has its own 2×2 weights, the products of both are added.

# %%
two_channels = (x, "⋆", kernel, "+", x + 1, "⋆", kernel + 1, "=", np.array([[56, 72], [104, 120]]))
show_grid_of_numbers(
    *two_channels,
    titles=("channel 0", "its weights", "channel 1", "its weights", "one output"),
    windows={0: [(0, 0, 2, 2)], 2: [(0, 0, 2, 2)], 4: [(0, 0, 1, 1)]},
    caption="(0·0 + 1·1 + 3·2 + 4·3) + (1·1 + 2·2 + 4·3 + 5·4) = 19 + 37 = 56",
)

# %% [markdown]
# One filter gives one map. For more maps take more filters, a **bank**. Six filters of 5×5 on a 32×32 colour image: every output
# number is a sum of 3·5·5 = 75 products plus the filter's **bias**, and the six maps are stacked to a new "image" with six channels.

# %%
show_filter_bank((3, 32, 32), filters=6, kernel_size=5)

# %% [markdown]
# > ⚠ **Layout, ours and others'.** We write images `N, C, H, W` (batch, channel, row, column) and filters `F, C, KH, KW`, as PyTorch does. Lectures
# > write 28×28×6 (width × height × depth) for our `6, 28, 28`. TensorFlow's `conv2d` takes images as `N, H, W, C` and filters as
# > `KH, KW, C, F`; there the bias is added apart (`bias_add`), or is part of Keras's `Conv2D(use_bias=True)`. Strides are
# > height first, then width, everywhere.
#
# **Predict.** (a) `x` is `(8, 3, 32, 32)`, `w` is `(6, 3, 5, 5)`: what shape comes out? How many biases? (b) How many channels must the
# filters of the *next* layer have?
#
# <details><summary>Answer</summary>
#
# (a) `(8, 6, 28, 28)`, six biases: one per filter, shared by all its pixels. (b) Six.
# </details>

# %% [markdown]
# **Exercise `conv.conv2d_forward`** · 18 points · difficulty ●●●○○ · 30 minutes · in `cnnlib/conv.py`
#
# The whole layer: batch, channels, bias, stride, padding. Grow it step by step; each step earns its own points. `pair` and
# `side_padding` are given.

# %% check="conv.conv2d_forward"
check("conv.conv2d_forward")

# %% [markdown]
# ### Experiment: three strides down, two to the right
#
# The example from the start, one zero around it, stride 3 for the height and 2 for the width. Its width does not fit
# exactly: the last column is never seen.

# %%
with waits_for("conv.conv2d_forward"):
    batch, bank = x[None, None], kernel[None, None]  # (1, 1, 3, 3), (1, 1, 2, 2)
    out = conv.conv2d_forward(batch, bank, np.zeros(1), stride=(3, 2), padding=1)[0, 0]
    padded = np.pad(x, 1)
    windows = [(0, 0, 2, 2), (0, 2, 2, 2), (3, 0, 2, 2), (3, 2, 2, 2)]
    border = np.pad(np.zeros((3, 3), bool), 1, constant_values=True)
    show_grid_of_numbers(
        *(padded, "⋆", kernel, "=", out),
        titles=("input, padded", "filter", "output"),
        windows={0: windows},
        dimmed={0: border},
        caption="lower right: 7·0 + 8·1 + 0·2 + 0·3 = 8",
    )

# %% [markdown]
# ### Experiment: six filters, six maps
#
# A piece of the cat, 32×32 pixels, and six hand-made filters through all three channels. Each map shows where its pattern is.

# %%
row5 = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
flat5, bump5 = np.ones(5) / 5, np.array([-1.0, 1.0, 2.0, 1.0, -1.0]) / 2
bank = {
    "blur": [np.outer(flat5, flat5) / 3] * 3,
    "upright edges": [np.outer(flat5, row5) / 3] * 3,
    "level edges": [np.outer(row5, flat5) / 3] * 3,
    "spots": [(np.outer(bump5, bump5) - np.outer(bump5, bump5).mean()) / 3] * 3,
    "red, not blue": [np.outer(flat5, flat5), np.zeros((5, 5)), -np.outer(flat5, flat5)],
    "green, not red": [-np.outer(flat5, flat5), np.outer(flat5, flat5), np.zeros((5, 5))],
}
with waits_for("conv.conv2d_forward"):
    piece = cat[62:126:2, 88:152:2]
    w = np.array(list(bank.values()))  # (6, 3, 5, 5)
    maps = conv.conv2d_forward(to_batch(piece), w, np.zeros(6))
    print(to_batch(piece).shape, "->", maps.shape)
    show_images(piece, *maps[0], titles=("a piece of the cat", *bank), columns=4, size=2.0)

# %% [markdown]
# A network repeats this: convolution, then a nonlinear function such as $\max(0, x)$, then the next convolution on the maps. Without the
# nonlinearity in between, two convolutions would only make one larger one. First come edges and
# colours, later layers combine them into textures, eyes, cats.
#
# ### 1×1 convolution
#
# A filter of 1×1 sees one pixel, but all its channels: it mixes channels and ignores the neighbourhood.
#
# **Predict.** Which layer do you know that takes the numbers of one pixel and mixes them with a weight matrix?
#
# <details><summary>Answer</summary>
#
# A fully connected layer with C inputs and F outputs, applied to every pixel separately, with the same weights.
# </details>

# %%
with waits_for("conv.conv2d_forward"):
    batch = to_batch(coffee)  # (1, 3, 200, 300)
    mix = np.array([[0.299, 0.587, 0.114], [0.9, 0.1, -1.0]])  # brightness; orange, not blue
    maps = conv.conv2d_forward(batch, mix[:, :, None, None], np.zeros(2))
    pixels = batch.transpose(0, 2, 3, 1).reshape(-1, 3)  # (60000, 3): one row per pixel
    dense = (pixels @ mix.T).reshape(1, 200, 300, 2).transpose(0, 3, 1, 2)
    print("largest difference from a dense layer per pixel:", np.abs(maps - dense).max())
    titles = ("coffee", "output 0: brightness", "output 1: orange, not blue")
    show_images(coffee, maps[0, 0], maps[0, 1], titles=titles, size=2.3)

# %% [markdown]
# > **Takeaway.** Every filter sees all channels and makes one map. F filters, F maps, F biases. 1×1 is a dense layer per pixel.

# %% [markdown]
# ## 8 · What it costs
#
# ### Parameters
#
# **Predict.** A 32×32×3 image, ten 5×5 filters, stride 1, padding 2. Which size comes out, and how many numbers does the layer learn?
#
# <details><summary>Answer</summary>
#
# 32×32×10. Each filter has 5·5·3 = 75 weights **+ 1** bias, the constant that it adds to its whole map: 76. Ten of them: 760.
# Neither the image's size nor the stride matters.
# </details>

# %% [markdown]
# **Exercise `shapes.conv_parameters`** · 4 points · difficulty ●○○○○ · 6 minutes · in `cnnlib/shapes.py`
#
# Count them for any layer, with and without biases.

# %% check="shapes.conv_parameters"
check("shapes.conv_parameters")

# %% [markdown]
# ### Operations
#
# Every output number costs one multiply-add per weight of its filter: $c_i \cdot k_h \cdot k_w$. There are $c_o \cdot m_h \cdot m_w$ of
# them, so a layer takes
#
# $$c_i\, c_o\, k_h\, k_w\, m_h\, m_w \quad\text{multiply-adds per image.}$$
#
# > ⚠ **Our convention:** one multiplication with its addition counts as *one* operation, as in the lectures and most papers on
# > networks. Makers of processors count two.
#
# **Exercise `shapes.conv_flops`** · 4 points · difficulty ●○○○○ · 6 minutes · in `cnnlib/shapes.py`
#
# Count them for any layer, for one image.
#
# **Predict.** How many are they for 100 channels in, 100 out, 5×5 filters, 64×64 outputs?
#
# <details><summary>Answer</summary>
#
# 100·100·5·5·64·64 = 1,024,000,000: about a billion for one image, from 250,000 weights, since each of them is used at 4,096 places.
# </details>

# %% check="shapes.conv_flops"
check("shapes.conv_flops")

# %%
with waits_for("shapes.conv_flops", "shapes.conv_parameters"):
    one = shapes.conv_flops(100, 100, 5, 64)
    total = 10 * one * 1_000_000
    print(f"one layer:                     {shapes.conv_parameters(100, 100, 5):,} parameters")
    print(f"one layer, one image:          {one / 1e9:.3f} GFLOP")
    print(f"ten layers, a million images:  {total / 1e15:.1f} PFLOP")
    hours = [total / rate / 3600 for rate in (0.15e12, 12e12)]
    show_bars(
        ["processor\n0.15 TFLOP/s", "graphics card\n12 TFLOP/s"],
        hours,
        title="Ten such layers over a million images, forward only",
        ylabel="hours",
        text=[f"{hours[0]:.1f} hours", f"{60 * hours[1]:.0f} minutes"],
    )

# %% [markdown]
# (One multiply-add per FLOP, as in the lecture that the two speeds come from. Where the maker counts two, double the times.)
#
# > **Takeaway.** Few parameters do not mean little work: every weight is used again at every place.

# %% [markdown]
# ## 9 · A neuron with a small view
#
# Look at one output number: it is a neuron, $w^\top x + b$, that is connected to a small patch of the image, its **receptive field**.
# A map of 28×28 is a sheet of such neurons that all share their weights. With five filters, five different neurons look at the same
# patch. Layers on top see more, as their neurons look at neurons. Two layers of 3×3, along one axis:

# %%
show_receptive_field([(3, 1), (3, 1)])

# %% [markdown]
# **Predict.** What do *three* 3×3 layers see together? What changes when the *first* of the three has stride 2? And when only the *last*
# has? (Draw the row of pixels, and count.)
#
# <details><summary>Answer</summary>
#
# 7: each layer adds 2. With stride 2 in the first, neighbours of the later layers are two pixels apart, so each of those adds 4: 3 + 4 + 4 =
# 11. A stride in the last layer changes nothing for one of its neurons: still 7.
# </details>

# %% [markdown]
# **Exercise `shapes.receptive_field`** · 6 points · difficulty ●●●○○ · 15 minutes · in `cnnlib/shapes.py`
#
# The view of one neuron of the last layer, along one axis.

# %% check="shapes.receptive_field"
check("shapes.receptive_field")

# %% [markdown]
# ### Experiment: measure it
#
# First the pictures of the prediction: three layers, then three of which the first moves on by 2.

# %%
show_receptive_field([(3, 1), (3, 1), (3, 1)])
show_receptive_field([(3, 2), (3, 1), (3, 1)])

# %% [markdown]
# Now light up one pixel at a time and ask the middle neuron whether it notices. All pixels at once make a batch: image $i$ of the batch has only
# pixel $i$ lit.

# %%
with waits_for("shapes.receptive_field", "conv.conv2d_forward"):
    size, seen, titles = 21, [], []
    for layers in ([(3, 1), (3, 1), (3, 1)], [(3, 2), (3, 1), (3, 1)], [(5, 1), (5, 1)]):
        out = np.eye(size * size).reshape(-1, 1, size, size)  # (441, 1, 21, 21)
        for k, s in layers:
            out = conv.conv2d_forward(out, np.ones((1, 1, k, k)) / k**2, np.zeros(1), stride=s)
        middle = out[:, 0, out.shape[2] // 2, out.shape[3] // 2].reshape(size, size)
        seen.append(middle)
        rows = int((middle.max(axis=1) > 0).sum())
        titles.append(f"{layers}\nmeasured {rows}, your formula {shapes.receptive_field(layers)}")
    words = "how much each pixel matters to the middle neuron (white: most, black: not at all)"
    show_images(*seen, titles=titles, size=2.8, caption=words)

# %% [markdown]
# The view is a square, but its middle matters most: many paths lead there.
#
# > **Takeaway.** Depth widens the view step by step; stride widens it for everything that follows.

# %% [markdown]
# ## 10 · Move the cat, move the map
#
# If the same weights are used everywhere, then moving the image should move the output, and change nothing else:
#
# $$f(T(x)) = T(f(x)) \qquad \text{for every shift } T.$$
#
# This is **translation equivariance**. (*Invariance* would be $f(T(x)) = f(x)$; that is 04.) Let us not believe it, but measure it: shift the
# cat by 1 to 8 pixels, and compare both sides, away from the border.
#
# **Predict.** For which shifts will a layer with stride 2 still do it exactly? And a fully connected layer?
#
# <details><summary>Answer</summary>
#
# For even ones: a shift by 2 pixels is a shift by 1 in the output. By an odd shift the filter lands on other pixels than before. A fully
# connected layer never does: it knows nothing of neighbours.
# </details>

# %%
with waits_for("conv.conv2d_forward"):
    small = grey(cat)[20:140:4, 60:220:4]  # (30, 40)
    rng = np.random.default_rng(0)
    w3 = rng.standard_normal((1, 1, 3, 3))
    dense = rng.standard_normal((small.size, small.size))

    def layer(kind, image):
        if kind == "fully connected":
            return (dense @ image.ravel()).reshape(image.shape)
        return conv.conv2d_forward(image[None, None], w3, np.zeros(1), stride=2 if "2" in kind else 1)[0, 0]

    shifts, curves = range(9), {}
    for kind in ("convolution, stride 1", "convolution, stride 2", "fully connected"):
        before, errors = layer(kind, small), []
        for shift in shifts:
            after = layer(kind, np.roll(small, shift, axis=1))  # what leaves right comes in left …
            step = shift // 2 if "2" in kind else shift
            inside = slice(8, None)  # … so we look at the rest only
            difference = np.abs(after - np.roll(before, step, axis=1))[:, inside]
            errors.append(difference.mean() / np.abs(before - before.mean()).mean())
        curves[kind] = (shifts, errors)
    ylabel = "mean difference / spread of f(x)"
    show_curves(curves, "How far f(T(x)) is from T(f(x))", "shift in pixels", ylabel)
    moved = np.roll(small, 8, axis=1)
    pictures = [small, moved, layer("stride 1", small), layer("stride 1", moved)]
    show_images(*pictures, titles=("x", "T(x): 8 to the right", "f(x)", "f(T(x))"), size=1.9)

# %% [markdown]
# Zero for stride 1; zero at every second shift for stride 2; never for the fully connected layer. With zero padding, the border is an
# exception too: there the filter sees zeros that do not move along.
#
# > **Takeaway.** Shared weights *are* equivariance. Stride keeps it only for multiples of itself.

# %% [markdown]
# ## 11 · Convolution is a matrix
#
# Every output is a weighted sum of inputs, so convolution is a **linear map**, and every linear map has a matrix. Read the image row by row
# as a vector of 9 numbers, the output as 4 numbers. The filter $a\,b / c\,d$ becomes:

# %%
letters = np.array([["a", "b"], ["c", "d"]])
by_hand = np.array([list(line) for line in ("ab·cd····", "·ab·cd···", "···ab·cd·", "····ab·cd")])
blocks = [(0, 0, 2, 3), (0, 3, 2, 3), (2, 3, 2, 3), (2, 6, 2, 3)]
titles = ("filter", "its matrix for a 3×3 image (· is 0)")
show_grid_of_numbers(letters, "→", by_hand, titles=titles, windows={1: blocks})

# %% [markdown]
# Along each diagonal of a block the numbers are the same (a *Toeplitz* matrix), and the blocks repeat along the diagonals too: it is **doubly blocked Toeplitz**.
#
# **Predict.** For a 32×32 image and a 3×3 filter: which shape has the matrix, and how many of its entries are not zero?
#
# <details><summary>Answer</summary>
#
# 900×1024: one row per output pixel (30·30). Each row holds 9 weights: 8100 of 921 600 entries, and only 9 *different* ones. That is section 1
# once more: m·n, then 9m, then 9.
# </details>

# %% [markdown]
# **Exercise `conv.conv_matrix`** · 8 points · difficulty ●●●○○ · 20 minutes · in `cnnlib/conv.py`
#
# One channel, stride 1, "valid". You will need this matrix in 03: its transpose *is* the backward pass.

# %% check="conv.conv_matrix"
check("conv.conv_matrix")

# %%
with waits_for("conv.conv_matrix", "conv.correlate2d"):
    small = grey(camera)[::8, ::8]  # (24, 24)
    matrix = conv.conv_matrix(edge, 24, 24)  # (484, 576)
    as_matrix = (matrix @ small.ravel()).reshape(22, 22)
    print(f"matrix {matrix.shape}: {np.count_nonzero(matrix):,} of {matrix.size:,} entries are not zero")
    print("largest difference from correlate2d:", np.abs(as_matrix - conv.correlate2d(small, edge)).max())
    titles = ("the matrix for an 8×8 image", "x", "matrix · x")
    show_images(conv.conv_matrix(edge, 8, 8), small, as_matrix, titles=titles, size=2.6)

# %% [markdown]
# > **Takeaway.** A convolution layer is a fully connected layer whose matrix is almost empty and whose few numbers repeat. Nobody stores it; but
# > all that is true of matrices is true of convolution.

# %% [markdown]
# ## 12 · One and three dimensions
#
# The same idea works along any number of axes: sound and text have one, spectrograms and photos two, video and medical scans three.
#
# **Exercise `conv.conv1d_forward`** · 5 points · difficulty ●●○○○ · 12 minutes · in `cnnlib/conv.py`
#
# Sequences `(N, C, L)`. Take your layer and drop an axis.

# %% check="conv.conv1d_forward"
check("conv.conv1d_forward")

# %% [markdown]
# ### Experiment: which note is playing?
#
# A made-up recording, 2000 samples a second: a low A (220 Hz), a pause, an E (330 Hz), then both, under noise. The two filters are
# short pieces of those tones: template matching in time.

# %%
with waits_for("conv.conv1d_forward"):
    rate, rng = 2000, np.random.default_rng(1)
    time = np.arange(2 * rate) / rate
    low = np.sin(2 * np.pi * 220 * time) * ((time < 0.6) | (time > 1.4))
    high = np.sin(2 * np.pi * 330 * time) * (time > 0.9)
    sound = low + high + 0.8 * rng.standard_normal(len(time))
    piece = np.arange(100) / rate
    w = np.array([np.exp(2j * np.pi * f * piece) for f in (220, 330)])  # a cosine and a sine for each tone
    w = np.concatenate([w.real, w.imag])[:, None] / 50  # (4, 1, 100)
    out = conv.conv1d_forward(sound[None, None], w, np.zeros(4), stride=10)[0]
    strength = np.hypot(out[:2], out[2:])  # whatever the phase
    when = np.arange(strength.shape[1]) * 10 / rate
    recording = {"the recording": (time, sound)}
    found = {"filter 220 Hz": (when, strength[0]), "filter 330 Hz": (when, strength[1])}
    show_curves(recording, "Can you see the notes?", "seconds", "sound", markers=False)
    show_curves(found, "The filters can", "seconds", "strength", markers=False)

# %% [markdown]
# **Exercise `conv.conv3d_forward`** · 4 points · difficulty ●●○○○ · 12 minutes · in `cnnlib/conv.py`
#
# An extension: volumes `(N, C, D, H, W)`. In a video, depth is time.

# %% check="conv.conv3d_forward"
check("conv.conv3d_forward")

# %% [markdown]
# ### Experiment: what moves?
#
# A small film: a coin flies past the photographer. The filter takes the difference between the next frame and the last, and averages in space: it
# sees motion and nothing else.

# %%
with waits_for("conv.conv3d_forward"):
    scenery, coin = grey(camera)[20:84:2, 60:156:2], grey(coins)[84:110:3, 94:120:3]  # (32, 48), (9, 9)
    film = np.stack([scenery] * 7)
    for t in range(7):
        film[t, 2:11, 3 + 5 * t : 12 + 5 * t] = coin
    w = np.array([-1.0, 0.0, 1.0])[:, None, None] * np.ones((3, 3)) / 9  # (3, 3, 3): time, row, column
    motion = conv.conv3d_forward(film[None, None], w[None, None], np.zeros(1))[0, 0]  # (5, 30, 46)
    show_images(*film[1:6:2], titles=[f"frame {t}" for t in (1, 3, 5)], size=1.9)
    titles = [f"motion at frame {t}" for t in (1, 3, 5)]
    show_images(*motion[::2], titles=titles, signed=True, shared=True, size=1.9)

# %% [markdown]
# > **Takeaway.** Convolution is not about images. It is for data with neighbours, where a pattern means the same wherever it is.

# %% [markdown]
# ## 13 · Size a whole network
#
# **Exercise `shapes.sizing`** · 8 points · difficulty ●●●○○ · 20 minutes · in the cell below
#
# Fill in what comes out of every layer, as `(channels, height, width)`, and the number of all weights and biases. The input is a 100×100 photo
# with 3 channels.
#
# | | layer | stride | padding (each side) |
# |---|---|---|---|
# | conv1 | 48 filters 9×9, ReLU | 1 | 0 |
# | conv2 | 96 filters 9×9, ReLU | 1 | 4 |
# | conv3 | 192 filters 5×5, ReLU | 2 | 0 |
# | pool | maximum of 2×2, per channel, nothing to learn | 2 | 0 |
# | conv4 | 256 filters 1×1 | 1 | 0 |
# | fc | fully connected, 100 outputs | | |
#
# **Predict.** Which layer will hold most of the parameters?
#
# <details><summary>Answer</summary>
#
# The fully connected one: more than nine in ten. A convolution uses its few weights again at every place; this layer has a weight of its own for
# every number of every map, a hundred times over.
# </details>

# %% answer="shapes.sizing"
sizing = {
    "conv1": None,  # (channels, height, width)
    "conv2": None,
    "conv3": None,
    "pool": None,
    "conv4": None,
    "fc": None,  # number of outputs
    "parameters": None,  # all weights and biases together
}
### BEGIN SOLUTION
sizing["conv1"] = (48, 92, 92)  # 100 - 9 + 1
sizing["conv2"] = (96, 92, 92)  # 92 + 8 - 9 + 1
sizing["conv3"] = (192, 44, 44)  # (92 - 5) / 2 + 1 = 44.5, rounded down
sizing["pool"] = (192, 22, 22)
sizing["conv4"] = (256, 22, 22)
sizing["fc"] = 100
sizing["parameters"] = 48 * 244 + 96 * 3889 + 192 * 2401 + 256 * 193 + 100 * (256 * 22 * 22 + 1)
### END SOLUTION

# %% check="shapes.sizing"
check("shapes.sizing", sizing)

# %% [markdown]
# <details><summary>What to notice (after your check is green)</summary>
#
# conv3 does not land exactly: `fits(92, 5, 2)` is false, one row and one
# column of its input are never seen. Without rounding the formula gives 44.5 there; we round down.
# </details>

# %% [markdown]
# ## 14 · In your own words
#
# **Written question** · 8 points · about half a page, marked by a person
#
# A hospital has two data sets: (a) X-ray photographs of hands, and (b) a table with one row per patient, whose 40 columns (age, blood pressure, …) stand in
# alphabetical order. A colleague proposes a convolutional network for both: 2-D for (a), 1-D along the columns for (b).
#
# Which of convolution's assumptions hold in each case, and which do not? What would you expect to happen, and what experiment on the
# data would *show* that you are right?
#
# | marked | points |
# |---|---|
# | names each assumption that convolution makes, and says what it would mean for these data | 2 |
# | judges them for (a), with reasons, and says where they hold only in part | 2 |
# | judges them for (b), with reasons, and says what a network would make of it | 2 |
# | proposes an experiment that compares two things and could also prove you wrong | 2 |

# %% [markdown] written="02-written"
# *Write your answer here, in place of this line.*

# %% [markdown]
# ## What you can do now
#
# - Derive a convolution layer from a fully connected one, and say what was given up.
# - Compute sizes, parameters, operations and receptive fields, and notice when a filter does not fit.
# - Write correlation, convolution and the layer in 1, 2 and 3 dimensions, and as a matrix.
# - Measure equivariance, instead of believing in it.
#
# **Next:** 03, where the layer learns.
#
# ## Further reading
#
# - K. Fukushima, *Neocognitron: a self-organizing neural network model for a mechanism of pattern recognition unaffected by shift in position* (1980): local, shared, layered, before backprop.
# - Y. LeCun et al., *Backpropagation applied to handwritten zip code recognition* (1989) and *Gradient-based learning applied to document recognition* (1998): the convolution layer as we know it.
# - J. P. Lewis, *Fast normalized cross-correlation* (1995): section 6, done quickly.
# - M. Lin, Q. Chen, S. Yan, *Network in network* (2013): the 1×1 convolution.
# - V. Dumoulin, F. Visin, *A guide to convolution arithmetic for deep learning* (2016): every case of size, stride and padding, drawn.
# - W. Luo et al., *Understanding the effective receptive field in deep convolutional neural networks* (2016): why the middle matters most.
# - A. Araujo, W. Norris, J. Sim, *Computing receptive fields of convolutional neural networks* (2019).
# - R. Zhang, *Making convolutional networks shift-invariant again* (2019): what stride breaks, and a remedy.
