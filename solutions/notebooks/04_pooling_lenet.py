# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 04 · Pooling and the first CNN
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/stride-course/stride/blob/main/notebooks/04_pooling_lenet.ipynb)
#
# The last missing piece, and then the whole: you build pooling, forward and backward, put LeNet-5 together from your own layers, and teach it to read
# handwriting, in NumPy alone.
#
# **You will be able to** write maximum, average and global average pooling with their gradients, overlaps, padding and ties included · say what pooling gives and what it costs ·
# tell equivariance from invariance, and measure both · assemble LeNet-5, and know every shape and parameter in it · train it, look inside, and look at its mistakes.
#
# **Not here:** better optimizers (05), normalization (06), larger networks (09 and later), pictures of what deep layers see (15).
#
# **Time** about 230 minutes · **Points** 100 · **Before this** 01, 02 and 03: their layers are used here. What you have not written yet, PyTorch stands in for, and says so;
# only the check of `build_lenet5` wants your own `fast_conv`, `linear`, `activations` and `pool`, forward and backward. **To hand in** this notebook, these five files with `lenet`, and `lenet5.npz`.

# %% [markdown]
# ## Set-up
#
# As before: you write in `cnnlib/`, save, and run the next cell. *In Colab*, the files are in the panel on the left, under `stride/cnnlib/`;
# download what you wrote before you leave.

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
from cnnlib import conv, fast_conv, lenet, pool
from cnnlib.kit import AvgPool2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential
from cnnlib.kit import grey, lenet_images, load, numerical_gradient, photo, progress
from cnnlib.kit import show_curves, show_grid_of_numbers, show_images, show_placements, show_run_bars, show_runs
from cnnlib.kit import to_batch, waits_for
from cnnlib.kit.pieces import piece

cat, coffee, camera, coins = photo("cat"), photo("coffee"), photo("camera"), photo("coins")

# %% [markdown]
# ## 1 · Convolution is too exact
#
# Here is an image with one upright edge, and the filter $(1, -1)$, which finds such edges. Beside it is the same image, moved by one pixel:

# %%
edge = np.repeat([[1, 1, 0, 0, 0]], 4, axis=0)
moved = np.repeat([[1, 1, 1, 0, 0]], 4, axis=0)
detector = np.array([[1, -1]])
with waits_for("conv.correlate2d"):
    found, found_moved = (conv.correlate2d(image.astype(float), detector.astype(float)) for image in (edge, moved))
    titles = ("image", "filter", "found")
    show_grid_of_numbers(edge, "⋆", detector, "=", found, titles=titles, marked={2: [(i, 1) for i in range(4)]})
    show_grid_of_numbers(moved, "⋆", detector, "=", found_moved, titles=titles, marked={2: [(i, 2) for i in range(4)]})

# %% [markdown]
# Convolution is *equivariant*: what moves in the image moves in the map. A unit of the next layer that waits for the edge in column 1 now sees a 0. But to
# read a digit we do not care about single pixels: hands tremble, cameras shift, no two sevens are alike.
#
# So blur the *where*, and keep the *what*: look at a window of the map, and ask only for its largest number, wherever in the window it stands. That is **max pooling**.
#
# **Predict.** Take the maximum over windows of two neighbours in the rows `0 1 0 0` and `0 0 1 0` above, moving on by one. How many of the three results stay? And when the windows move on by two?
#
# <details><summary>Answer</summary>
#
# By one: `1 1 0` and `0 1 1`: the middle one stays. By two: `1 0` and `0 1`: none. But if the edge had moved the other way, to `1 0 0 0`: `1 0`, nothing has changed. Pooling tolerates
# some shifts, and not others. We shall measure that.
# </details>

# %% [markdown]
# ## 2 · Max pooling
#
# Windows of 2×2 that move on by 2 are the most common; they quarter the number of pixels:

# %%
example = np.array([[2, 6, 1, 8], [5, 0, 7, 3], [3, 1, 0, 2], [2, 0, 4, 1]])
tiles = [(0, 0, 2, 2), (0, 2, 2, 2), (2, 0, 2, 2), (2, 2, 2, 2)]
largest = np.array([[6, 8], [3, 4]])
show_grid_of_numbers(
    example, "→", largest, titles=("one channel", "max pooling 2×2, stride 2"), windows={0: tiles}, marked={0: [(0, 1), (0, 3), (2, 0), (3, 2)]}
)

# %% [markdown]
# - **Size, stride, padding** work as in convolution: $\lfloor (n + 2p - k)/s \rfloor + 1$ along each axis. If no stride is given, it is the window's size, so that windows lie side by side.
# - **Channels stay apart.** Every channel is pooled for itself; as many come out as went in.
# - **Nothing is learned.** There are no weights and no bias.
# - **Overlapping** windows, 3×3 with stride 2, are pooling too: AlexNet and GoogLeNet use them.

# %%
print("windows 2 wide, side by side:")
show_placements(7, 2, strides=(2,))
print("windows 3 wide, overlapping:")
show_placements(7, 3, strides=(2,))

# %% [markdown]
# > ⚠ **Padding never wins.** Around the image there is nothing, not zeros: a window of negative numbers has a negative maximum, at the border too. So maxima are padded with $-\infty$. (As in PyTorch; and at most half a window,
# > so that every window sees some of the image.)
#
# **Predict.** (a) A batch `(8, 16, 28, 28)`, 2×2 with stride 2: which shape? (b) 3×3 with stride 2 on 7×7, and on 8×8? What happens to the last column of the latter?
#
# <details><summary>Answer</summary>
#
# (a) `(8, 16, 14, 14)`. (b) 3×3 both times: $(7-3)/2 + 1 = 3$, and $\lfloor (8-3)/2 \rfloor + 1 = 3$. The last column of 8×8 is never looked at.
# </details>

# %% [markdown]
# **Exercise `pool.max_pool2d_forward`** · 12 points · difficulty ●●○○○ · 20 minutes · in `cnnlib/pool.py`

# %% check="pool.max_pool2d_forward"
check("pool.max_pool2d_forward")

# %% [markdown]
# ### Experiment: the edge once more
#
# The edge of section 1, where it was, then one pixel to the right, then one to the left; each map is max-pooled by 2×2 windows, once with stride 1 and once with stride 2. Tinted is what equals the unmoved one's.

# %%
left = np.repeat([[1, 0, 0, 0, 0]], 4, axis=0)
with waits_for("pool.max_pool2d_forward", "conv.correlate2d"):
    where = {"as it was": edge, "one to the right": moved, "one to the left": left}
    found = {name: conv.correlate2d(image.astype(float), detector.astype(float)) for name, image in where.items()}
    for name, answer in found.items():
        row, same = [answer], {}
        for place, stride in ((1, 1), (2, 2)):
            here, before = (pool.max_pool2d_forward(m[None, None], 2, stride)[0, 0] for m in (answer, found["as it was"]))
            row.append(here)
            same[place] = [tuple(spot) for spot in np.argwhere(here == before)]
        titles = (f"found, {name}", "2×2, stride 1", "2×2, stride 2")
        show_grid_of_numbers(row[0], "→", row[1], "", row[2], titles=titles, marked=same, cell=0.5)

# %% [markdown]
# The convolution's map changes in half of its places. After pooling, a part stays: with stride 2 everything stays when the edge moves to the left, inside its window, and nothing when it moves out of it.

# %% [markdown]
# ### Experiment: how far can you pool a cat?

# %%
with waits_for("pool.max_pool2d_forward", "conv.correlate2d"):
    x, pictures, titles = to_batch(grey(cat)), [grey(cat)], ["the cat, 200×300"]
    for _ in range(4):
        x = pool.max_pool2d_forward(x, 2)
        pictures.append(x[0, 0])
        titles.append(f"{x.shape[2]}×{x.shape[3]}")
    show_images(*pictures, titles=titles, size=1.7)
    edges = np.abs(conv.correlate2d(grey(cat), np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])))
    pooled = [edges, *(pool.max_pool2d_forward(edges[None, None], k, s)[0, 0] for k, s in ((2, 2), (3, 2), (8, 8)))]
    titles = ["upright edges", "2×2, stride 2", "3×3, stride 2 (overlapping)", "8×8, stride 8"]
    show_images(*pooled, titles=titles, size=1.9)

# %% [markdown]
# On the photo itself max pooling makes everything brighter: it keeps the brightest, whatever it means. On a map of *edges* it does what we want: "was there an upright edge around here?", in a quarter of the numbers, and even after 8×8 pooling (25×37 numbers)
# you can see a cat.
#
# > **Takeaway.** Max pooling keeps the strongest answer of each window and forgets its exact place. Later layers see farther, and have less to do.

# %% [markdown]
# ## 3 · Average pooling
#
# Or take the **mean** of the window: not the strongest signal, but the average one.

# %%
other = np.array([[6, 3, 1, -3], [4, 3, 2, 0], [3, 1, 5, 1], [7, 1, 1, 1]])
means, most = np.array([[4, 0], [3, 2]]), np.array([[6, 2], [7, 5]])
show_grid_of_numbers(other, "→", most, "", means, titles=("one channel", "maximum", "average"), windows={0: tiles}, cell=0.5)

# %% [markdown]
# > ⚠ Here the padding *is* zeros, and they count: every window is divided by its full size, as in PyTorch (`count_include_pad=True`). TensorFlow divides by what lies inside the image.

# %% [markdown]
# **Exercise `pool.avg_pool2d_forward`** · 8 points · difficulty ●●○○○ · 10 minutes · in `cnnlib/pool.py`

# %% check="pool.avg_pool2d_forward"
check("pool.avg_pool2d_forward")

# %% [markdown]
# ### Experiment: a thin line, and noise
#
# **Predict.** Two pictures are pooled by 4×4 windows: one has a single thin bright line, the other much noise. Which pooling keeps the line? Which one copes with the noise?
#
# <details><summary>Answer</summary>
#
# The maximum keeps the line as bright as it was; the mean waters it down to a quarter or less, for the line fills at most 4 of a window's 16 pixels.
# The mean copes with the noise: over 16 pixels it shrinks to a quarter. The maximum picks the worst of 16, which makes everything brighter.
# </details>

# %%
with waits_for("pool.max_pool2d_forward", "pool.avg_pool2d_forward"):
    rng = np.random.default_rng(0)
    line = np.zeros((96, 96))
    for i in range(96):
        line[i, 20 + int(0.6 * i)] = 1
    noisy = grey(camera)[20:116, 50:146] + 0.25 * rng.standard_normal((96, 96))
    for name, image in (("thin line", line), ("noise", noisy)):
        strongest = pool.max_pool2d_forward(image[None, None], 4)[0, 0]
        average = pool.avg_pool2d_forward(image[None, None], 4)[0, 0]
        show_images(image, strongest, average, titles=(name, "maximum of 4×4", "mean of 4×4"), shared=name == "thin line", size=1.9)

# %% [markdown]
# On maps of features, where a large number means "found it", the maximum is mostly favoured: it keeps what is rare and strong. LeNet-5 used averages.
#
# ### Global average pooling
#
# Take the window as large as the map: one number per channel, whatever the size of the image. With it a network can end without large fully connected layers, as GoogLeNet and ResNet do.
#
# **Exercise `pool.global_avg_pool2d_forward`** · 4 points · difficulty ●○○○○ · 5 minutes · in `cnnlib/pool.py`

# %% check="pool.global_avg_pool2d_forward"
check("pool.global_avg_pool2d_forward")

# %% [markdown]
# ### Experiment: a cat in pieces
#
# Six hand-made filters go over the cat, over the cat cut into 24 tiles and laid out anew, and over the cup of coffee; then only the mean of each map is kept. **Predict.** Which two of the three will look alike to the next layer?
#
# <details><summary>Answer</summary>
#
# The cat and its pieces. Inside a tile a filter finds the same wherever the tile lies, and a mean does not ask where: only the seams add a few
# edges (2.8 instead of 2.5). The coffee is darker and redder: brightness 38.7 instead of 45.1, red−blue 14.1 instead of 8.0.
# </details>

# %%
with waits_for("conv.conv2d_forward", "pool.global_avg_pool2d_forward"):
    tiles_of_cat = cat.reshape(4, 50, 6, 50, 3).swapaxes(1, 2).reshape(24, 50, 50, 3)
    order = np.random.default_rng(3).permutation(24)
    puzzle = tiles_of_cat[order].reshape(4, 6, 50, 50, 3).swapaxes(1, 2).reshape(200, 300, 3)
    slope, flat = np.array([-2.0, -1, 0, 1, 2]) / 5, np.ones(5) / 5
    spot = np.outer(*[np.array([-1.0, 1, 2, 1, -1]) / 2] * 2)
    level, upright, bright = np.outer(slope, flat), np.outer(flat, slope), np.outer(flat, flat) / 3
    bank = [[g / 3] * 3 for g in (upright, level, (spot - spot.mean()) / 5, np.outer(flat, flat))]
    bank = np.array([*bank, [bright, 0 * bright, -bright], [-bright, bright, 0 * bright]])  # (6, 3, 5, 5)
    names, rows = ("upright", "level", "spots", "brightness", "red−blue", "green−red"), []
    for image in (cat, puzzle, coffee):
        maps = np.abs(conv.conv2d_forward(to_batch(image), bank, np.zeros(6), stride=2))
        rows.append(100 * pool.global_avg_pool2d_forward(maps)[0])
    show_images(cat, puzzle, coffee, titles=("cat", "cat in pieces", "coffee"), size=1.7)
    table = np.array([["", *names]] + [[name, *(f"{v:.1f}" for v in row)] for name, row in zip(("cat", "in pieces", "coffee"), rows)])
    show_grid_of_numbers(table, titles=("100 · mean of each map",), cell=0.85)

# %% [markdown]
# That is what invariance means: whoever forgets *where* cannot tell a cat from its pieces. So pool globally only at the end, when each channel
# already stands for something large.
#
# > **Takeaway.** Maximum: is it there, anywhere in the window? Average: how much of it is there? Global: in the whole image, and the image's size no longer matters.

# %% [markdown]
# ## 4 · Backwards: who gets the gradient?
#
# Nothing is learned in a pooling layer, but the layers below must learn, so gradients have to pass.
#
# **Maximum.** Move a number that is *not* the largest a little: the output stays, slope 0. Move the largest: the output follows, slope 1. So all of a window's gradient goes to the winner.
# **Average.** Every number counts $1/(k_h k_w)$, so every one gets that share.

# %%
upstream = np.array([[10, 20], [30, 40]])
routed = np.zeros((4, 4), int)
winners = [(0, 1), (0, 3), (2, 0), (3, 2)]
for (i, j), value in zip(winners, upstream.flat):
    routed[i, j] = value
shared = np.repeat(np.repeat(upstream / 4, 2, axis=0), 2, axis=1)
titles = ("x", "dout", "dx of the maximum", "dx of the average")
show_grid_of_numbers(example, "", upstream, "→", routed, "", shared, titles=titles, windows={0: tiles}, marked={0: winners, 2: winners}, cell=0.5)

# %% [markdown]
# When windows **overlap**, a number can win in several of them: it gets the *sum*. (Of 18 published solutions to another course's exercise, 6 wrote `=` where `+=` belongs.) And with **ties**, several equal
# largest numbers, the gradient goes to the first one in reading order, as in PyTorch. (8 of the 18 gave it to all of them, and so passed on more than came in.)
#
# Here windows of 3×3 move on by 2:

# %%
wide = np.array([[1, 0, 2, 0, 1], [0, 3, 1, 0, 2], [4, 1, 9, 1, 0], [0, 2, 0, 5, 1], [1, 0, 3, 0, 1]])
overlap = [(0, 0, 3, 3), (0, 2, 3, 3), (2, 0, 3, 3), (2, 2, 3, 3)]
show_grid_of_numbers(wide, "", upstream, titles=("x, four windows", "dout"), windows={0: overlap}, cell=0.5)

# %% [markdown]
# **Predict.** Where do the four gradients of the maximum go?
#
# <details><summary>Answer</summary>
#
# All to the 9 in the middle: it is the largest of all four windows, and gets 10 + 20 + 30 + 40 = 100.
# </details>

# %% [markdown]
# **Exercise `pool.max_pool2d_backward`** · 18 points · difficulty ●●●●○ · 35 minutes · in `cnnlib/pool.py`

# %% check="pool.max_pool2d_backward"
check("pool.max_pool2d_backward")

# %% [markdown]
# **Exercise `pool.avg_pool2d_backward`** · 12 points · difficulty ●●●○○ · 20 minutes · in `cnnlib/pool.py`

# %% check="pool.avg_pool2d_backward"
check("pool.avg_pool2d_backward")

# %% [markdown]
# **Exercise `pool.global_avg_pool2d_backward`** · 6 points · difficulty ●●○○○ · 10 minutes · in `cnnlib/pool.py`

# %% check="pool.global_avg_pool2d_backward"
check("pool.global_avg_pool2d_backward")

# %% [markdown]
# ### Experiment: the winners of a photo
#
# An upstream gradient of ones, through pooling, onto a piece of the cat: white pixels are those that will learn something.

# %%
with waits_for("pool.max_pool2d_backward", "pool.avg_pool2d_backward"):
    piece_of_cat = grey(cat)[60:108, 80:152]  # (48, 72)
    x, pictures = piece_of_cat[None, None], [piece_of_cat]
    for k, s in ((2, 2), (3, 2), (6, 6)):
        dout = np.ones((1, 1, (48 - k) // s + 1, (72 - k) // s + 1))
        pictures.append(pool.max_pool2d_backward(dout, x, k, s)[0, 0])
    pictures.append(pool.avg_pool2d_backward(np.ones((1, 1, 23, 35)), x, 3, 2)[0, 0])
    titles = ["x", "max 2×2, stride 2", f"max 3×3, stride 2: up to {pictures[2].max():.0f}", "max 6×6, stride 6", "average 3×3, stride 2"]
    show_images(*pictures, titles=titles, columns=3, size=2.0)

# %% [markdown]
# ### Do not trust: measure, and beware of the kink
#
# **Predict.** Central differences agree with your `max_pool2d_backward`, unless two numbers of a window are equal. What do they say for a window `5 5 / 1 0`?
#
# <details><summary>Answer</summary>
#
# Push the first 5 up: the maximum rises. Push it down: the second 5 holds the maximum. Half a slope on average, ½ for each of the two. You say 1 and 0. At a kink there is no slope, only conventions; the two agree in the sum.
# </details>

# %%
with waits_for("pool.max_pool2d_forward", "pool.max_pool2d_backward"):
    tie = np.array([[5.0, 5], [1, 0]])[None, None]
    measured = numerical_gradient(lambda v: pool.max_pool2d_forward(v, 2), tie)[0, 0]
    written = pool.max_pool2d_backward(np.ones((1, 1, 1, 1)), tie, 2)[0, 0]
    show_grid_of_numbers(tie[0, 0], "", measured, "", written, titles=("a tie", "measured", "yours"), cell=0.55)
    rng = np.random.default_rng(0)
    x, dout = rng.standard_normal((2, 3, 7, 8)), rng.standard_normal((2, 3, 4, 4))  # no ties here
    measured = numerical_gradient(lambda v: pool.max_pool2d_forward(v, 3, 2, 1), x, dout)
    written = pool.max_pool2d_backward(dout, x, 3, 2, 1)
    print("3×3, stride 2, padding 1, without ties; largest difference:", np.abs(measured - written).max())

# %% [markdown]
# > **Takeaway.** Max pooling *routes* gradients to the winners, average pooling *shares* them out. Add where windows overlap.

# %% [markdown]
# ## 5 · A pooling that is learned
#
# Pooling is a rule that somebody thought of. A network can find its own: a **convolution with stride 2** makes the map smaller, too, with weights that are learned.
#
# **Predict.** Which 2×2 filter, with stride 2, *is* average pooling? Is there one that is max pooling? How many parameters does a strided 2×2 convolution from 16 to 16 channels have, and how many has pooling?
#
# <details><summary>Answer</summary>
#
# ¼ everywhere. For the maximum there is none: convolution is linear, the maximum is not. 16·16·4 + 16 = 1040, against 0.
# </details>
#
# ### Experiment: learn to pool
#
# A filter of four zeros, with stride 2, follows the gradient until its output looks like the average-pooled photo; and another one, like the max-pooled one.

# %%
with waits_for("pool.avg_pool2d_forward", "pool.max_pool2d_forward", "fast_conv.conv2d_forward", "fast_conv.conv2d_backward"):
    image = grey(camera)[:160:2, :160:2]
    x, curves, learned = to_batch((image - image.mean()) / image.std()), {}, []
    for name, target in (("average", pool.avg_pool2d_forward(x, 2)), ("maximum", pool.max_pool2d_forward(x, 2))):
        w, b, losses = np.zeros((1, 1, 2, 2)), np.zeros(1), []
        for _ in range(150):
            error = fast_conv.conv2d_forward(x, w, b, 2, 0) - target
            losses.append((error**2).mean())
            _, dw, db = fast_conv.conv2d_backward(2 * error / error.size, x, w, b, 2, 0)
            w, b = w - 0.2 * dw, b - 0.2 * db
        curves[f"learning the {name}"] = (range(150), losses)
        learned.append(w[0, 0])
    show_curves(curves, "A strided convolution learns to pool", "step", "mean squared error", logy=True, markers=False)
    show_grid_of_numbers(learned[0], "", learned[1], titles=("became the average", "as near as it gets to the maximum"), cell=0.75)

# %% [markdown]
# The average is found, digit by digit; the maximum only about. Many newer networks leave pooling out and let strided convolutions learn what to keep. Which is better? Try it, below.
#
# > **Takeaway.** Average pooling is a convolution with frozen weights. Max pooling is not: it is a bend, like ReLU.

# %% [markdown]
# ## 6 · Equivariant or invariant?
#
# Two words that sound alike. For a shift $T$:
#
# $$\text{equivariant:}\quad f(T(x)) = T(f(x)) \qquad\qquad \text{invariant:}\quad f(T(x)) = f(x)$$
#
# A map should move along with the image (equivariant); a *label* should stay (invariant). Convolution is the first. Pooling is meant to give us some of the second: the largest number may wander about in its window, and the output
# does not notice. All three have the maximum 6:

# %%
three = [np.array(rows) for rows in ([[6, 3], [4, 1]], [[1, 5], [6, 3]], [[2, 6], [2, 4]])]
show_grid_of_numbers(three[0], "", three[1], "", three[2], marked={0: [(0, 0)], 1: [(1, 0)], 2: [(0, 1)]}, cell=0.5)

# %% [markdown]
# ### Experiment: shift photos by 1 to 8 pixels
#
# We move a window over each photo by 1 … 8 pixels (real pixels come in at the edge), and compare what a layer says before and after, *at the same place*: 0 means invariant, 100 % means as different as an unrelated part of the photo.
#
# **Predict.** Order these by how much a shift of 2 changes them: the map of a 3×3 edge filter with ReLU; that map max-pooled by 2, by 4, by 8; its global average.
#
# <details><summary>Answer</summary>
#
# In just this order: by about 91, 74, 53, 38 and 8 %. The wider the window, the more likely it is that its largest number is still inside after the
# shift; and the global average only changes by what comes in and goes out at the edges.
# </details>

# %%
with waits_for("conv.conv2d_forward", "pool.max_pool2d_forward", "pool.global_avg_pool2d_forward"):
    sobel = np.array([[[[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]], [[[-1, -2, -1], [0, 0, 0], [1, 2, 1]]]])
    both = np.concatenate([sobel, -sobel])  # (4, 1, 3, 3): edges in four directions
    pooled = lambda size: lambda maps: maps if size == 1 else pool.max_pool2d_forward(maps, size)
    layers = {"edges": pooled(1)} | {f"edges, max pooled by {size}": pooled(size) for size in (2, 4, 8)}
    layers["edges, global average"] = pool.global_avg_pool2d_forward
    changes = {name: [] for name in layers}
    for image in progress((cat, coffee, camera, coins), "photos"):
        places = [(70, 60 + shift) for shift in range(9)] + [(0, 0), (0, 110), (80, 120)]  # the last three: elsewhere
        windows = np.stack([grey(image)[row : row + 66, column : column + 66] for row, column in places])[:, None]
        maps = np.maximum(conv.conv2d_forward(windows, both, np.zeros(4)), 0)  # (12, 4, 64, 64)
        for name, layer in layers.items():
            out = layer(maps).reshape(12, -1)
            distance = np.linalg.norm(out - out[0], axis=1)
            changes[name].append(100 * distance[:9] / distance[9:].mean())
    show_runs(changes, "How much a shift changes what a layer says", "shift in pixels", "% of an unrelated image", x=np.arange(9), of="photos")

# %% [markdown]
# The wider the window, the flatter the curve, but none is zero. And a shift by a whole window changes the pooled map by 74 to 84 %: the map has
# *moved*, by one. Pooling makes small shifts small; it does not make them nothing. CNNs are **"sort of" invariant** to shifts. In section 9 we ask
# a trained network.
#
# > **Takeaway.** Convolution carries a shift along, pooling swallows a part of it. Neither knows anything of turning, scaling or light: those have to be learned from examples (07).

# %% [markdown]
# ## 7 · LeNet-5
#
# Handwritten digits on cheques and envelopes: that was the task for which Yann LeCun and colleagues built, from 1989 to 1998, the network that all later ones descend from. The pattern is that of every CNN since: convolution, bend, pooling, again, with ever smaller
# maps and ever more channels; then fully connected layers that decide.
#
# | layer | channels | window | stride | activation | map (lectures: $w \times h \times d$) | ours |
# |---|---|---|---|---|---|---|
# | input | | | | | 32×32×1 | `1, 32, 32` |
# | conv 1 | 6 | 5×5 | 1 | tanh | 28×28×6 | `6, 28, 28` |
# | average pooling 1 | | 2×2 | 2 | | 14×14×6 | `6, 14, 14` |
# | conv 2 | 16 | 5×5 | 1 | tanh | 10×10×16 | `16, 10, 10` |
# | average pooling 2 | | 2×2 | 2 | | 5×5×16 | `16, 5, 5` |
# | conv 3 | 120 | 5×5 | 1 | tanh | 120 | `120, 1, 1` → `120` |
# | fully connected 1 | | | | tanh | 84 | `84` |
# | fully connected 2 | | | | | 10 | `10` |
#
# No padding anywhere; MNIST's 28×28 pixels get a border of 2 first. (One lecture's code forgets the tanh after conv 3, its table does not. The network of 1998 had a few parts more: pooling with a learned factor and bias, conv 2 connected to chosen channels only, and distances to
# drawn prototypes at the end.)
#
# **Predict.** Which layer has the most parameters? Count those of conv 1, conv 2, conv 3 and the two last, and add them up. What would happen if conv 3 met a larger image?
#
# <details><summary>Answer</summary>
#
# 6·(25+1) = 156; 16·(6·25+1) = 2,416; 120·(16·25+1) = 48,120; 84·121 = 10,164; 10·85 = 850: together 61,706, most of them in conv 3, which is a fully connected layer in disguise. On a larger image it would give a map larger than 1×1, and the next layer would not fit: LeNet-5 reads
# 32×32, and nothing else.
# </details>

# %% [markdown]
# ### Layers that remember
#
# Your functions are pure: `backward` wants again what `forward` received. To keep that in hand, the kit wraps them into **layer objects**. `Conv2d(1, 6, 5, rng=rng)` holds weights and bias and calls *your* `fast_conv.conv2d_forward`; `AvgPool2d(2)` calls your pooling, `Tanh()`, `Linear(120, 84, rng=rng)` and
# `Flatten()` do what their names say; and `Sequential(…)` puts them in a row, forward and backward. Look into `cnnlib/kit/layers.py`: 250 lines, and no secrets.
#
# **Exercise `lenet.build_lenet5`** · 12 points · difficulty ●●○○○ · 20 minutes · in `cnnlib/lenet.py`
#
# The table above, as a `Sequential`. Here nothing stands in: the check puts your own `fast_conv.conv2d_forward/backward`, `linear.linear_forward/backward`, `activations.tanh_forward/backward`
# and `pool.avg_pool2d_forward/backward` into the layers.

# %% check="lenet.build_lenet5"
check("lenet.build_lenet5")

# %% [markdown]
# ### Experiment: walk through it
#
# One batch of digits, layer by layer, with your own code (where you have not written a piece yet, PyTorch stands in):

# %%
digits = load("digits")  # 1,797 digits of 8×8 pixels, written by 13 people
x_train, y_train = lenet_images(digits.train_images), digits.train_labels  # enlarged to 24×24, with a border: 32×32
x_test, y_test = lenet_images(digits.test_images), digits.test_labels
show_images(*x_train[:8, 0], titles=[str(y) for y in y_train[:8]], size=1.2)
with waits_for("lenet.build_lenet5"):
    net, x, total = lenet.build_lenet5(np.random.default_rng(0)), x_train[:32], 0
    print(f"{'input':12} {str(x.shape):20}")
    for layer in net.layers():
        x, count = layer.forward(x), sum(p.size for p in layer.parameters.values())
        total += count
        print(f"{type(layer).__name__:12} {str(x.shape):20} {count or '':>7}")
    print(f"{'together':33} {total:>7,} parameters")

# %% [markdown]
# > **Takeaway.** A CNN trades *where* for *what*, step by step: maps get smaller, channels more, until one vector says what it is.

# %% [markdown]
# ## 8 · Train it
#
# The loop is that of 01: sample, forward, backprop, update. The network's parameters are spread over its layers; otherwise nothing is new. Everything that is computed here is your own code, unless something stands in.

# %%
cross_entropy = piece("loss.softmax_cross_entropy")  # yours, from 01


def scores_of(net, images, at_once=256):
    return np.concatenate([net.forward(images[i : i + at_once]) for i in range(0, len(images), at_once)])


def train(net, images, labels, tests, answers, epochs, rate, seed, words="epochs", batch=32):
    """Mini-batch SGD, the last third of the epochs with a tenth of the rate (why: 05).

    Returns the mean loss and the share of wrong test images of every epoch.
    """
    rng, losses, wrong = np.random.default_rng(seed), [], []
    for epoch in progress(range(epochs), words):
        step = rate if epoch < 2 * epochs / 3 else rate / 10
        order, total = rng.permutation(len(images)), 0.0
        for i in range(0, len(images), batch):
            chosen = order[i : i + batch]
            loss, dscores = cross_entropy(net.forward(images[chosen]), labels[chosen])
            net.backward(dscores)
            for layer in net.layers():
                for name in layer.parameters:
                    layer.parameters[name] = layer.parameters[name] - step * layer.gradients[name]
            total += loss * len(chosen)
        losses.append(total / len(images))
        wrong.append(np.mean(scores_of(net, tests).argmax(axis=1) != answers))
    return losses, wrong


data, epochs, seeds, done = (x_train, y_train, x_test, y_test), 10, (0, 1, 2), {}


def mlp(rng):
    return Sequential(Flatten(), Linear(1024, 60, rng=rng), ReLU(), Linear(60, 10, rng=rng))


def trained(name):
    """Three networks, one per seed, and how their training went. Trained when they are first asked for, then kept."""
    if name not in done:
        build, rate = {"LeNet-5": (lenet.build_lenet5, 0.05), "MLP": (mlp, 0.02)}[name]
        nets = [build(np.random.default_rng(seed)) for seed in seeds]
        done[name] = nets, [train(net, *data, epochs, rate, seed, f"epochs of {name}, seed {seed}") for seed, net in zip(seeds, nets)]
    return done[name]


# %% [markdown]
# **Predict.** An MLP like that of 01, here on the same 32×32 images, has 1024·60 + 60 + 60·10 + 10 = 62,110 parameters, about as many as LeNet-5. Which will be better on new digits? By how much?
#
# <details><summary>Answer</summary>
#
# LeNet-5, but not by much: 2.4 % wrong against 3.9 %, about five digits of 355. It need not learn a stroke anew at every place; but here all digits
# lie in the middle, so that helps only a little.
# </details>

# %%
with waits_for("lenet.build_lenet5"):
    runs = {name: trained(name)[1] for name in ("LeNet-5", "MLP")}
    after = np.arange(1, epochs + 1)
    show_runs({name: [losses for losses, _ in found] for name, found in runs.items()}, "Training loss", "epoch", "loss", x=after, logy=True)
    show_runs({name: [wrong for _, wrong in found] for name, found in runs.items()}, "On digits that they never saw", "epoch", "share wrong", x=after)
    for name, found in runs.items():
        last = [100 * wrong[-1] for _, wrong in found]
        print(f"{name}: {np.mean(last):.1f} % ± {np.std(last, ddof=1):.1f} of {len(y_test)} test digits wrong")

# %% [markdown]
# From about 1,400 examples, in seconds. (Each test digit is 0.3 %: do not read too much into small differences between two networks.)
#
# ### Now yours
#
# **Exercise `lenet.trained`** · 20 points · difficulty ●●●○○ · 30 minutes · in `cnnlib/lenet.py`
#
# Train a LeNet-5 that is right for at least 97 % of the test digits *when each is moved by up to one pixel*, in any direction; there are points from 90 % on. The check reads the weights from the file `lenet5.npz`, beside this notebook or at the top of the course. Hand it in with the
# notebook. The network above, trained as it is, will not do: section 9 shows why. What could you show it while it learns? (And do not train on the test digits: you would not notice how good it is, and we mark it on other moves.)

# %%
TRAIN = False  # set to True, and change below what you like
if TRAIN:
    network = lenet.build_lenet5(np.random.default_rng(0))
    train(network, *data, epochs=10, rate=0.05, seed=0)
    np.savez_compressed("lenet5.npz", **network.state())

# %% check="lenet.trained"
check("lenet.trained")

# %% [markdown]
# ### What did it learn?
#
# The six filters of the first layer, and what they make of a seven and a three. Nobody drew these filters:

# %%
with waits_for("lenet.build_lenet5"):
    best = trained("LeNet-5")[0][0]
    first, bend, average = list(best.layers())[:3]
    show_images(*first.parameters["w"][:, 0], titles=[f"filter {f}" for f in range(6)], signed=True, shared=True, size=1.2)
    for digit in (7, 3):
        image = x_test[np.flatnonzero(y_test == digit)[:1]]
        maps = average.forward(bend.forward(first.forward(image)))
        titles = [f"a {digit}", *[f"filter {f}, pooled" for f in range(6)]]
        show_images(image[0, 0], *maps[0], titles=titles, signed=True, size=1.2)

# %% [markdown]
# ### What does it get wrong?
#
# The **confusion matrix** counts for every digit (row) what the network said (column). On the diagonal it was right. Beside it the mistakes of which it was surest.

# %%
with waits_for("lenet.build_lenet5"):
    nets, confusion = trained("LeNet-5")[0], np.zeros((10, 10), int)
    said = [scores_of(net, x_test).argmax(axis=1) for net in nets]
    for answers in said:
        np.add.at(confusion, (y_test, answers), 1)
    off = [(i, j) for i in range(10) for j in range(10) if i != j and confusion[i, j]]
    table = np.array([["", *map(str, range(10))]] + [[str(i), *map(str, row)] for i, row in enumerate(confusion)])
    words = "rows: what it was · columns: what was said · three networks together"
    show_grid_of_numbers(table, marked={0: [(i + 1, j + 1) for i, j in off]}, caption=words)
    scores = scores_of(nets[0], x_test)
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    missed = sorted(np.flatnonzero(said[0] != y_test), key=lambda n: -p[n, said[0][n]])[:7]
    titles = [f"said {said[0][n]} ({p[n, said[0][n]]:.0%})\nis {y_test[n]}" for n in missed]
    if missed:
        show_images(*x_test[missed, 0], titles=titles, size=1.5)

# %% [markdown]
# Would you have read them all? Look at the images before you change the network: often it is the data.
#
# > **Takeaway.** Curves say how learning goes; filters, confusions and single mistakes say what was learned. Look at all of them.

# %% [markdown]
# ## 9 · Two questions to a trained network
#
# ### Is it invariant to shifts?
#
# We move the test digits by 0 … 8 pixels to the right (there is a border of 4), and ask both kinds of network again. Neither ever saw a moved digit.
#
# **Predict.** At which shift will LeNet-5 be wrong half of the time? And the MLP?
#
# <details><summary>Answer</summary>
#
# LeNet-5 at 3 pixels (48 %), the MLP between 2 and 3 (35 and 62 %): that is one pixel of the 8×8 from which these digits were enlarged. Pooling
# swallows a part of the shift; behind it stands a fully connected layer for which every place is another input.
# </details>

# %%
with waits_for("lenet.build_lenet5"):

    def shifted(images, by):
        out = np.full_like(images, images.min())
        out[..., by:] = images[..., : images.shape[-1] - by]
        return out

    wrong = {}
    for name in ("LeNet-5", "MLP"):
        wrong[name] = [[np.mean(scores_of(net, shifted(x_test, by)).argmax(axis=1) != y_test) for by in range(9)] for net in trained(name)[0]]
    show_images(*[shifted(x_test[:1], by)[0, 0] for by in (0, 2, 4, 6, 8)], titles=[f"shifted by {by}" for by in (0, 2, 4, 6, 8)], size=1.2)
    show_runs(wrong, "Test digits, moved to the right", "shift in pixels", "share wrong", x=np.arange(9), marks=[(0.9, "guessing")])

# %% [markdown]
# "Sort of": already one pixel doubles LeNet-5's mistakes (diagonally, about one digit in ten is wrong). What helps: showing it moved digits while
# it learns (07), and global average pooling in place of the last layers.
#
# ### Which pooling?
#
# The same network with maxima, with averages, and with strided convolutions that learn to pool.

# %%
with waits_for("lenet.build_lenet5", "pool.max_pool2d_forward", "pool.max_pool2d_backward"):
    makers = {
        "average": lambda channels, rng: AvgPool2d(2),
        "maximum": lambda channels, rng: MaxPool2d(2),
        "strided convolution": lambda channels, rng: Conv2d(channels, channels, 2, stride=2, rng=rng),
    }
    wrong = {}
    for name, make in makers.items():
        wrong[name] = []
        for seed in seeds:
            layers, rng = list(lenet.build_lenet5(np.random.default_rng(seed)).layers()), np.random.default_rng(seed)
            places = [place for place, layer in enumerate(layers) if isinstance(layer, AvgPool2d)]
            for place, channels in zip(places, (6, 16)):
                layers[place] = make(channels, rng)
            losses, missed = train(Sequential(*layers), *data, 6, 0.05, seed, f"epochs, {name}, seed {seed}")
            wrong[name].append(100 * missed[-1])
    show_run_bars(wrong, "LeNet-5 on the test digits, after 6 epochs", "% wrong")

# %% [markdown]
# Look at the error bars before you name a winner. On tasks this small the choice hardly matters; on large ones maxima and learned strides are the usual ones.
#
# ### MNIST, if you have it
#
# The real thing: 60,000 digits of 28×28 pixels. Set the switch to `True`: the data are fetched once (11 MB), or taken from the folder that the environment variable `CNNLIB_DATA` names. Your NumPy network takes a minute or a few on two cores, and should come below 2 % wrong (we got 1.4 %); LeCun and colleagues reported 0.95 % in 1998.

# %%
MNIST = False
if MNIST:
    mnist, wide = load("mnist"), lenet.build_lenet5(np.random.default_rng(0))
    big, tests = lenet_images(mnist.train_images), lenet_images(mnist.test_images)
    losses, missed = train(wide, big, mnist.train_labels, tests, mnist.test_labels, 3, 0.1, 0)
    print(f"LeNet-5 on MNIST, epoch by epoch: {', '.join(f'{share:.2%}' for share in missed)} wrong")

# %% [markdown]
# ## 10 · In your own words
#
# **Written question** · 8 points · about half a page, marked by a person
#
# A factory photographs chips under a fixed camera, and wants to find scratches: very thin, anywhere on the chip, bright on dark. A second line sorts the chips by the position of one hole, which may be off by two pixels at most. A colleague uses the same network for both: three times convolution, ReLU, 4×4
# average pooling with stride 4, and then a fully connected layer.
#
# What do the pooling layers do to each of the two tasks? What would you change for each, and why? Use the words equivariant and invariant, and propose a measurement, without any training, that would show the trouble in her network.
#
# | marked | points |
# |---|---|
# | says what average pooling does to a thin bright line, with numbers for one or three layers, and what would keep it | 2 |
# | says what pooling does to the position of the hole, and how exactly it can still be known | 2 |
# | uses equivariant and invariant rightly, and says which of the two each task needs | 2 |
# | proposes changes that fit each task, and a measurement that compares outputs for shifted or scratched images | 2 |

# %% [markdown] written="04-written"
# *Write your answer here, in place of this line.*

# %% [markdown]
# ## What you can do now
#
# - Write maximum, average and global average pooling, and route their gradients.
# - Say what a network's shift invariance is worth, with numbers.
# - Assemble LeNet-5, count it, train it from nothing, and look at what it learned and where it fails.
# - Compare networks over several seeds.
#
# **Next:** 05, how to walk downhill faster.
#
# ## Further reading
#
# - K. Fukushima, *Neocognitron* (1980): pooling, before there was a word for it.
# - Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, *Gradient-based learning applied to document recognition* (1998): LeNet-5.
# - Y.-L. Boureau, J. Ponce, Y. LeCun, *A theoretical analysis of feature pooling in visual recognition* (2010): maximum or average?
# - A. Krizhevsky, I. Sutskever, G. Hinton, *ImageNet classification with deep convolutional neural networks* (2012): overlapping pooling, section 3.4.
# - M. Lin, Q. Chen, S. Yan, *Network in network* (2013): global average pooling.
# - J. T. Springenberg et al., *Striving for simplicity: the all convolutional net* (2014): pooling replaced by strides.
# - A. Azulay, Y. Weiss, *Why do deep convolutional networks generalize so poorly to small image transformations?* (2019).
# - R. Zhang, *Making convolutional networks shift-invariant again* (2019): blur before you stride.
