# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 00 · Start here
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/stride-course/stride/blob/main/notebooks/00_start_here.ipynb)
#
# In this course you build convolutional networks with your own hands, one small function at a time. Here you learn how that goes
# (your first check turns green within a minute), what an image is to a computer, and how to measure honestly whether a computer
# has learned anything.
#
# **You will be able to** edit, check and submit · say what an image is, in two layouts · tell what flattening throws away · train and
# predict · centre images, and say why that is enough · divide data so that the number you report is true · measure top-1 and top-5 error.
#
# **Not here:** networks (01), convolution (02).
#
# **Time** about 130 minutes · **Points** 100 · **Before this** Python: functions, slices, loops; what a NumPy array is.

# %% [markdown]
# ## Set-up
#
# Run this cell first: click into it, then Shift+Enter.

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
from cnnlib import baseline, metrics, preprocess, splits
from cnnlib.kit import grey, load, photo, show_bars, show_curves, show_grid_of_numbers
from cnnlib.kit import show_images, show_three_ideas, waits_for

cat, coffee, camera, coins = photo("cat"), photo("coffee"), photo("camera"), photo("coins")
show_images(cat, coffee, camera, coins, titles=("cat", "coffee", "camera", "coins"), size=1.9)

# %% [markdown]
# ## 1 · Your first green check
#
# Notebooks explain, check and show. What *you* write stands in files, in the folder `cnnlib/`. Try it now:
#
# 1. **Open** `cnnlib/preprocess.py`. *In JupyterLab:* in the file browser on the left, one folder up, then `cnnlib`, then double-click
#    `preprocess.py`. *In Colab:* the folder symbol on the left, then `stride`, `cnnlib`, and double-click `preprocess.py`.
# 2. **Find** `def to_chw(image)`. Under its description stands a line that begins with `raise NotImplementedError`.
# 3. **Replace** that line by this one, indented by four spaces like the line before:
#
#    ```python
#        return image.transpose(2, 0, 1)
#    ```
# 4. **Save** (Ctrl+S, on a Mac ⌘S), come back, and run the check below.
#
# **Exercise `preprocess.to_chw`** · 4 points · difficulty ●○○○○ · 2 minutes · in `cnnlib/preprocess.py`
#
# Put the channels of a photo first. (What that means comes in a minute.)

# %% check="preprocess.to_chw"
check("preprocess.to_chw")

# %% [markdown]
# Green? Then you know the loop: **edit, save, check**. There is no need to restart anything: every check reads the file as it is saved
# now. Still grey? It says "not written yet": the file is not saved, or the `raise` line is still there.
#
# ### What a card tells you
#
# Your functions will be wrong at times; that is what checks are for. Here is a wrong version, handed to the same check. It is the slip that
# most people make:

# %%
def a_wrong_to_chw(image):
    height, width, channels = image.shape
    return image.reshape(channels, height, width)


check("preprocess.to_chw", a_wrong_to_chw)

# %% [markdown]
# Read a card from the top:
#
# - **The yellow box** names the mistake, if it is one that we know. We know more than a hundred.
# - **The first case that fails**: what went in (the shapes), what came out, what was expected, and where they differ.
# - **The aspects**: each part of the work has points of its own, so half a solution earns about half.
# - **Hints**, at the bottom: click *A nudge*; inside it waits *The method*, inside that *The outline*. They never show code. Opening
#   them costs nothing.
#
# When your work is graded, *hidden* cases join in: the same kinds with other numbers. Code that works for all inputs has nothing to
# fear from them.
#
# In a terminal (activate the course's environment first: `source .venv/bin/activate`), the same loop has commands: `stride check
# preprocess`, `stride hint preprocess.to_chw`,
# `stride watch` (checks again whenever you save), `stride list` (where you stand).

# %% [markdown]
# ## 2 · What a computer sees
#
# An image is a large grid of numbers from 0 (dark) to 255 (bright). This is all there is of one of the cat's eyes:

# %%
eye = cat[62:90:2, 96:136:2].mean(axis=2).round().astype(np.uint8)  # every second pixel
frame = {0: [(62, 96, 28, 40, "orange")]}
show_images(cat, eye, titles=("the cat", "one eye, in grey"), boxes=frame, size=2.6)
show_grid_of_numbers(eye, titles=("what the computer sees",), cell=0.38)

# %% [markdown]
# A colour photo has three such grids, its **channels**: red, green and blue. One with 800 × 600 pixels is 800 × 600 × 3 = 1,440,000 numbers, each from 0 to 255: one byte, in NumPy `uint8`.
#
# **Predict.** (a) What is `cat.shape`? It is 300 wide and 200 high. (b) How many numbers are that? (c) In `uint8`, how much is
# `np.uint8(3) - np.uint8(5)`?
#
# <details><summary>Answer</summary>
#
# (a) (200, 300, 3): rows first, so height before width. The lectures say width × height × depth, which is the other way round. (b) 180,000.
# (c) 254: bytes have no negative numbers, the count starts again from above. It is the most common bug in code for images, and we will meet it.
# </details>

# %%
print("cat:", cat.shape, cat.dtype, f"{cat.size:,} numbers from {cat.min()} to {cat.max()}")
with np.errstate(over="ignore"):
    print("3 - 5 in uint8:", np.uint8(3) - np.uint8(5))

# %% [markdown]
# ### Two layouts
#
# Files and screens keep the three numbers of a pixel together: height, width, channel, **HWC**. Networks in PyTorch, and in this course, want
# one whole grid per channel: **CHW**. For a picture of 2×2 pixels, the twelve numbers stand in memory like this (`r01` is the red of row 0,
# column 1):

# %%
pixels = [f"{i}{j}" for i in range(2) for j in range(2)]
hwc = np.array([[f"{c}{pixel}" for pixel in pixels for c in "rgb"]])
chw = np.array([[f"{c}{pixel}" for c in "rgb" for pixel in pixels]])
by_pixel, by_channel = [(0, 3 * p, 1, 3) for p in range(4)], [(0, 4 * c, 1, 4) for c in range(3)]
show_grid_of_numbers(hwc, titles=("HWC: pixel by pixel",), windows={0: by_pixel})
show_grid_of_numbers(chw, titles=("CHW: channel by channel",), windows={0: by_channel})

# %% [markdown]
# `transpose(2, 0, 1)` says which old axis goes where: old axis 2 (channel) first, then 0 (row), then 1 (column). `reshape` is something else: it
# cuts the same row of twelve numbers into new pieces, and the first "channel" becomes r00, g00, b00, r01. The shapes are equal, so no error
# will ever tell you.

# %%
with waits_for("preprocess.to_chw"):
    channels, jumbled = preprocess.to_chw(cat), a_wrong_to_chw(cat)  # (3, 200, 300) both
    titles = ("to_chw: red", "green", "blue", "reshape: “red”", "“green”", "“blue”")
    show_images(*channels, *jumbled, titles=titles, columns=3, size=1.9)

# %% [markdown]
# > ⚠ **Our convention.** One image is `C, H, W`, a batch of them `N, C, H, W`, as in PyTorch. The lectures write 800×600×3 (width × height
# > × depth), TensorFlow
# > works with `N, H, W, C`. Both are right; mixing them is not.
#
# > **Takeaway.** An image is a grid of numbers with a layout. Wrong layouts have right shapes: look at your images.

# %% [markdown]
# ## 3 · Structured and unstructured data
#
# Here are the same four photos twice: as a table about them, and as themselves.

# %%
print(f"{'photo':8}{'height':>8}{'width':>8}{'colour':>8}{'brightness':>12}{'contrast':>10}")
for name in ("cat", "coffee", "camera", "coins"):
    image = photo(name)
    height, width = image.shape[:2]
    colour = "yes" if np.ptp(image, axis=2).any() else "no"
    light = grey(image)
    print(f"{name:8}{height:8}{width:8}{colour:>8}{light.mean():12.2f}{light.std():10.2f}")

# %% [markdown]
# The table is **structured**: every column has a name and a meaning of its own. Put the columns in another order, and nothing is lost. A photo is
# **unstructured**: no single pixel means anything. "Row 95, column 120" is an eye in one photo and a table top in the next. What it shows is in how
# the numbers lie *beside each other*.
#
# So comparing images number by number goes wrong at once. Let us measure how far the cat is from other versions of itself.
#
# **Predict.** Which of these is nearest to the cat, pixel by pixel: the cat moved by 20 pixels, mirrored, in the dark; or one plain colour,
# without any cat?
#
# <details><summary>Answer</summary>
#
# The plain colour: 0.13 away. It is nowhere right, but seldom far off. Where the cat has moved (0.16) or turned round (0.18), bright
# pixels meet dark ones; and the dark (0.19) changes every pixel.
# </details>

# %%
x = cat / 255
plain = np.broadcast_to(x.mean(axis=(0, 1)), x.shape)
versions = {
    "one plain colour": plain,
    "moved by 20 pixels": np.concatenate([x[:, 20:], x[:, :20]], axis=1),
    "mirrored": x[:, ::-1],
    "in the dark": 0.6 * x,
}
differences = [(version - x)[:, :280] for version in versions.values()]  # without the 20 that left
distances = [np.sqrt((difference**2).mean()) for difference in differences]
titles = [f"{name}\n{distance:.3f} away" for name, distance in zip(versions, distances)]
show_images(*versions.values(), titles=titles, columns=4, size=1.7)

# %% [markdown]
# The best cat is no cat at all. What we see and what the numbers say are far apart: that is the challenge of this course, and why nobody can
# write down rules for "cat" by hand.
#
# > **Takeaway.** In a table, a column means something. In an image, only neighbourhoods do.

# %% [markdown]
# ## 4 · The data-driven approach
#
# Instead of writing rules, we show examples:
#
# 1. **Collect** images and their labels.
# 2. **Train** a classifier on them.
# 3. **Evaluate** it on images that it has never seen.
#
# In code these are two functions, whatever is inside:
#
# ```python
# def train(images, labels):
#     ...                      # learn something
#     return model
#
# def predict(model, images):
#     ...                      # use it
#     return labels
# ```
#
# Our images are real digits, written by 13 people, 8×8 pixels:

# %%
digits = load("digits")
print("to learn from:", digits.train_images.shape, digits.train_images.dtype)
print("to test with: ", digits.test_images.shape, digits.test_images.dtype)
some = [np.flatnonzero(digits.train_labels == c)[:2] for c in range(10)]
shown = [digits.train_images[i, 0] for pair in zip(*some) for i in pair]
show_images(*shown, columns=10, size=0.9)

# %% [markdown]
# The simplest learner of all learns by heart. To predict, it looks for the most similar image that it knows: the **nearest neighbour**.

# %%
def squared_distances(a, b):
    """Between all rows of a (N, D) and all rows of b (M, D): (N, M)."""
    return (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T


def train(images, labels):
    rows = images.reshape(len(images), -1) / 255
    return rows, labels  # the model: every image as one row, and its label


def predict(model, images):
    known, labels = model
    rows = images.reshape(len(images), -1) / 255
    return labels[squared_distances(rows, known).argmin(axis=1)]


model = train(digits.train_images, digits.train_labels)
wrong = predict(model, digits.test_images) != digits.test_labels
print(f"{wrong.sum()} of {wrong.size} test images wrong: error {wrong.mean():.1%}")

# %% [markdown]
# Five of 355, without one line about digits. (These digits are small, clean, and all in the middle. Keep that in mind.)
#
# > **Takeaway.** `train` sees images and labels, `predict` sees images only. All of this course happens inside these two functions.

# %% [markdown]
# ## 5 · What flattening throws away
#
# Look at `train` once more: it made every image one long row. That is called **flattening**:

# %%
grid = np.array([[1, 1, 0], [4, 2, 1], [0, 2, 1]])
rows = {0: [(r, 0, 1, 3) for r in range(3)], 1: [(0, 3 * r, 1, 3) for r in range(3)]}
show_grid_of_numbers(grid, "→", grid.reshape(1, 9), titles=("image", "flattened"), windows=rows)

# %% [markdown]
# The 1 in the corner and the 4 below it were neighbours; now they are three apart. Does a flattened classifier miss that? We shuffle the pixels of
# all images, training and test, with *one* fixed permutation: pixel 17 always goes to the same new place.
#
# **Predict.** What happens to the nearest neighbour's error? And to yours, if you had to read such digits?
#
# <details><summary>Answer</summary>
#
# Its error stays 1.4 %, with the same five images wrong: a distance is a sum over pixels, and sums do not care about order. You would see
# nothing but noise, and have to guess.
# </details>

# %%
rng = np.random.default_rng(0)
places = rng.permutation(64)


def shuffled(images):
    return images.reshape(len(images), 64)[:, places].reshape(images.shape)


puzzled = train(shuffled(digits.train_images), digits.train_labels)
again = predict(puzzled, shuffled(digits.test_images)) != digits.test_labels
print(f"error as they are: {wrong.mean():.1%}, shuffled: {again.mean():.1%}")
print("the same images wrong:", np.array_equal(wrong, again))
few = digits.test_images[[0, 40, 80, 120, 160]]
show_images(*few[:, 0], *shuffled(few)[:, 0], columns=5, size=1.1)

# %% [markdown]
# The classifier has *never known* which pixels are neighbours, neither before nor after.
# How much did it ignore? Here is the cat, with neighbours compared:

# %%
mixed = rng.permutation(cat.reshape(-1, 3)).reshape(cat.shape)  # whole pixels change places
titles = []
for name, image in (("the cat", grey(cat)), ("the same pixels, shuffled", grey(mixed))):
    alike = np.corrcoef(image[:, :-1].ravel(), image[:, 1:].ravel())[0, 1]
    titles.append(f"{name}\ncorrelation of neighbours {max(alike, 0):.2f}")
show_images(cat, mixed, titles=titles, size=2.4)

# %% [markdown]
# > **Takeaway.** To a flattened classifier both pictures are the same. It wastes what makes an image an image. A convolution (02) is built
# > on neighbours instead.

# %% [markdown]
# ## 6 · Five guesses
#
# How good is a classifier? The **top-1 error** is the share of images whose best guess is wrong. For ImageNet with its 1000 classes that is
# harsh: many photos show several things,
# and about 120 of the classes are breeds of dog. So in the ImageNet challenge (ILSVRC) a classifier may give *five* labels for each image, and it is
# right if one of them is. The share that it still gets wrong is the **top-5
# error**. In 2012 AlexNet had 15.3 %, the second best 26.2 %: that is where the story of this course begins.
#
# Classifiers give a **score** for every class, and the guesses are the classes with the highest ones.
#
# **Predict.** A photo of a zebra gets: carpet 0.31, zebra 0.27, llama 0.2, flower 0.12, horse 0.1, puffer fish 0. Right in top-1? In top-5?
# And what is the top-5 error of somebody who guesses
# blindly among ten classes?
#
# <details><summary>Answer</summary>
#
# Wrong in top-1, right in top-5: only one class is ahead of "zebra". A blind guess finds the right one of ten among five half the time:
# error 50 %. With 1000 classes it is 99.5 %.
# </details>
#
# > ⚠ **Our convention:** the label is found if *fewer than k scores are strictly higher* than its own, so a tie never counts against it.
# > Others sort the scores, and then the order of the classes
# > decides ties. For real networks ties are so rare that it does not matter; for a classifier whose scores are all alike it does.
#
# **Exercise `metrics.top_k_error`** · 22 points · difficulty ●●○○○ · 15 minutes · in `cnnlib/metrics.py`
#
# From scores, labels and k to one number between 0 and 1.

# %% check="metrics.top_k_error"
check("metrics.top_k_error")

# %% [markdown]
# ### Experiment: more guesses
#
# We need scores for the nearest neighbours: minus the distance to the nearest image of each class.

# %%
with waits_for("metrics.top_k_error"):
    known, labels = model
    away = squared_distances(digits.test_images.reshape(-1, 64) / 255, known)  # (355, 1442)
    scores = np.stack([-away[:, labels == c].min(axis=1) for c in range(10)], axis=1)  # (355, 10)
    blind = np.random.default_rng(0).random((355, 10))
    ks = range(1, 11)
    curves = {}
    for name, s in (("nearest neighbour", scores), ("blind guesses", blind)):
        curves[name] = (ks, [100 * metrics.top_k_error(s, digits.test_labels, k) for k in ks])
    show_curves(curves, "355 digits, 10 classes", "guesses k", "top-k error in %")
    worst = np.flatnonzero(scores.argmax(axis=1) != digits.test_labels)[:5]
    guesses = np.argsort(-scores[worst], axis=1)[:, :3]
    titles = [f"a {digits.test_labels[i]}\nguesses {a}, {b}, {c}" for i, (a, b, c) in zip(worst, guesses)]
    show_images(*digits.test_images[worst, 0], titles=titles, size=1.5)

# %% [markdown]
# > **Takeaway.** Always say which error, over how many classes, and what blind guessing would give.

# %% [markdown]
# ## 7 · Where is zero?
#
# Pixels go from 0 to 255, so all of them are positive. Learning by gradient descent goes faster when numbers lie around zero. So before
# anything else, images are **centred**:
#
# $$x'_{ncij} = x_{ncij} - \mu_c \qquad \mu_c = \text{mean of channel } c \text{ over all training images, rows and columns}$$
#
# Three numbers for colour photos, one for grey ones. Two things go wrong here more often than right:
#
# - **The mean is learned**, so it comes from the training images *alone*, and the same numbers are taken away from validation, test and
#   later images. A mean that has seen
#   the test images lets something of them leak into training. And a test image may not come out differently because of which other images
# are tested with it.
# - **Bytes wrap around.** $3 - 5$ in `uint8` is 254: the darkest pixels become the brightest.
#
# **Exercise `preprocess.center_images`** · 24 points · difficulty ●●○○○ · 15 minutes · in `cnnlib/preprocess.py`
#
# For batches `(N, C, H, W)`. Whole numbers come in, floats go out.

# %% check="preprocess.center_images"
check("preprocess.center_images")

# %% [markdown]
# ### Experiment: a dark pixel turns bright

# %%
with waits_for("preprocess.to_chw", "preprocess.center_images"):
    photos = np.stack([preprocess.to_chw(cat), preprocess.to_chw(coffee)])  # (2, 3, 200, 300) uint8
    centred = preprocess.center_images(photos, photos)
    wrapped = photos - photos.mean(axis=(0, 2, 3), keepdims=True).astype(np.uint8)  # still uint8
    print("means before:", photos.mean(axis=(0, 2, 3)).round(1))
    print("means after: ", np.abs(centred.mean(axis=(0, 2, 3), dtype=float)).round(3))
    greens = photos[0, 1], centred[0, 1], wrapped[0, 1]
    names = ("green as it was", "centred", "in uint8: wrapped")
    titles = [f"{name}\n{green.min():.0f} to {green.max():.0f}" for name, green in zip(names, greens)]
    show_images(*greens, titles=titles, size=2.1)

# %% [markdown]
# ### Experiment: what centring is good for
#
# A linear classifier on the digits, trained by gradient descent (01 explains both), each with the step that just suits its steepest direction.
#
# **Predict.** Does centring change the nearest neighbour's error? And how far the linear classifier gets in 100 steps?
#
# <details><summary>Answer</summary>
#
# The nearest neighbour does not notice: all images move by the same amount, so the distances stay. Gradient descent does: without centring
# one direction (everything brighter or darker) is more than twice as steep as any is after it,
# and the rate has to be smaller by that factor.
# </details>

# %%
with waits_for("preprocess.center_images"):
    target, curves = np.eye(10)[digits.train_labels], {}
    for name, images in (
        ("as they are", digits.train_images.astype(float)),
        ("centred", preprocess.center_images(digits.train_images, digits.train_images)),
    ):
        rows = np.hstack([images.reshape(-1, 64) / 255, np.ones((len(images), 1))])  # (1442, 65)
        hessian = rows.T @ rows / len(rows)
        rate = 1 / np.linalg.eigvalsh(hessian)[-1]
        weights, losses = np.zeros((65, 10)), []
        for _ in range(100):
            difference = rows @ weights - target
            losses.append((difference**2).sum(axis=1).mean())
            weights -= rate * rows.T @ difference / len(rows)
        curves[f"{name}: rate {rate:.2f}"] = (range(100), losses)
    show_curves(curves, "Gradient descent, 1442 digits", "steps", "training loss", markers=False, logy=True)

# %% [markdown]
# ### Why not more?
#
# Tables are often treated further: every column divided by its standard deviation (**standardised**), turned along the directions of
# largest spread (**PCA**), and scaled to
# equal spread in all of them (**whitened**). For images one centres, and leaves it at that. Why? See what they do to the digits: ten times a fifth is set aside, and the nearest
# neighbour is asked.

# %%
everything = np.concatenate([digits.train_images, digits.test_images]).reshape(-1, 64) / 255  # (1797, 64)
everyone = np.concatenate([digits.train_labels, digits.test_labels])


def preparations(rows):
    """Five ways to prepare, all learned from `rows` (M, 64) alone: name -> function."""
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-3  # some border pixels never change
    _, sizes, directions = np.linalg.svd(rows - mean, full_matrices=False)
    variances = sizes**2 / len(rows)
    return {
        "as they are": lambda x: x,
        "centred": lambda x: x - rows.mean(),
        "standardised": lambda x: (x - mean) / spread,
        "PCA": lambda x: (x - mean) @ directions.T,
        "whitened": lambda x: (x - mean) @ directions.T / np.sqrt(variances + 1e-5),
    }


errors = {}
for seed in range(10):
    deck = np.random.default_rng(seed).permutation(len(everyone))
    learn, rest = deck[360:], deck[:360]
    ways = preparations(everything[learn])
    for name, way in ways.items():
        nearest = squared_distances(way(everything[rest]), way(everything[learn])).argmin(axis=1)
        errors.setdefault(name, []).append(100 * np.mean(everyone[learn][nearest] != everyone[rest]))
words = [f"{np.mean(e):.1f} ± {np.std(e, ddof=1):.1f}" for e in errors.values()]
title = "Nearest neighbour, seeds 0 to 9: mean ± standard deviation"
show_bars(list(errors), [np.mean(e) for e in errors.values()], title, "error in %", text=words)

kinds = ("as they are", "standardised", "whitened")
pictures = [image.reshape(8, 8) for kind in kinds for image in ways[kind](everything[rest[:6]])]
show_images(*pictures, titles=[kind for kind in kinds for _ in range(6)], columns=6, size=1.1)

# %% [markdown]
# Why more is not better here:
#
# - **All pixels have the same unit already**, brightness from 0 to 255. Dividing each by its own spread blows up the border pixels, where
#   hardly anything ever happens.
# - **PCA alone only turns** the cloud of images, so distances stay, and so do the errors. But the numbers that come out are no pixels any
#   more: they have no neighbours, and a convolution can do nothing with them.
# - **Whitening** makes every direction equally loud. Most directions of an image are fine grain and noise: they are amplified, the strokes drown.
# - **And the size**: PCA needs the covariance of all pairs of numbers. For 224×224×3 photos that are 150 528² ≈ 23 billion numbers, 91 GB in float32.
#
# > ⚠ **Others do differ.** AlexNet takes away a mean *image* (one mean per pixel), VGG one number per channel, as we do. PyTorch's
# > ready-made networks also divide each channel by its
# > standard deviation: three numbers for all pixels, a change of unit and no more. Inside networks, normalising does help: that is 06.
#
# > **Takeaway.** Centre, with the training mean, per channel, as floats. For images, that will do.

# %% [markdown]
# ## 8 · Three parts
#
# Nearest neighbours have a knob: ask not only the nearest image but the $K$ nearest, and let them vote. Such a number, which is chosen and
# not learned, is a **hyperparameter**. Which $K$ is best?
# There are three ideas for how to choose:

# %%
show_three_ideas()

# %% [markdown]
# 1. **Take the $K$ that works best on the data** it has learned from.
# 2. **Set a test part aside**, and take the $K$ that works best on it.
# 3. **Set two parts aside**: choose $K$ by the *validation* part; then, once, at the very end, measure with the *test* part.
#
# **Predict.** Two of these are bad. Which $K$ does the first idea choose, always, whatever the data? And what is wrong with the second: the
# $K$ that it chooses, or the error that it reports?
#
# <details><summary>Answer</summary>
#
# $K = 1$: every training image is its own nearest neighbour, so the training error is 0. The second chooses a sensible $K$, but reports the
# *best of many* numbers measured on that one part, partly good by luck. How it does on new data,
# nobody knows: there are none left to measure with.
# </details>
#
# For the third idea you need a fair division: every image in exactly one part, and by chance, because data often come sorted: by class, by
# day, by hospital.
#
# **Exercise `splits.train_val_test_split`** · 24 points · difficulty ●●○○○ · 15 minutes · in `cnnlib/splits.py`
#
# It divides *indices*, so that images and labels can be divided alike. All chance comes from `rng`, a `numpy.random.Generator` that the
# caller hands in: the same seed, the same division, today and in a year.

# %% check="splits.train_val_test_split"
check("splits.train_val_test_split")

# %% [markdown]
# ### Experiment: three ideas, a hundred times
#
# Clean digits are too easy, so we add grain, as of a photo in bad light. Only 300 images to learn from, 60 for validation, 60 for the test.
# The other 1377 play the role of *new data*, which in life nobody has:
# with them we can find out what each idea's choice is really worth. A hundred divisions, seeds 0 to 99.

# %%
grainy = everything + 0.3 * np.random.default_rng(0).standard_normal(everything.shape)
show_images(*grainy[::225].reshape(-1, 8, 8), size=1.0)
table = squared_distances(grainy, grainy)  # (1797, 1797): computed once


def errors_by_k(learn, asked, most=25):
    """Errors in % on the images `asked` when the 1, 2, … `most` nearest of `learn` vote: (most,)."""
    nearest = np.argsort(table[np.ix_(asked, learn)], axis=1)[:, :most]
    votes = np.cumsum(np.eye(10)[everyone[learn][nearest]], axis=1)  # (N, most, 10)
    return 100 * (votes.argmax(axis=2) != everyone[asked][:, None]).mean(axis=0)


with waits_for("splits.train_val_test_split"):
    runs = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        rest, val, test = splits.train_val_test_split(1797, 60 / 1797, 60 / 1797, rng)
        learn, new = rest[:300], rest[300:]
        runs.append([errors_by_k(learn, asked) for asked in (learn, val, test, new)])
    runs = np.array(runs)  # (100, 4, 25)
    names = ("training part (idea 1)", "validation part", "test part", "new data")
    ks = range(1, 26)
    one = {name: (ks, runs[0, part]) for part, name in enumerate(names)}
    show_curves(one, "One division, seed 0", "K neighbours vote", "error in %")

    learn, val, test, new = range(4)
    shown, heights, words, chosen = [], [], [], []
    for idea, (choose, report) in enumerate(((learn, learn), (test, test), (val, test)), 1):
        best = runs[:, choose].argmin(axis=1)  # (100,): the chosen K - 1
        pick = np.arange(100), best
        for name, values in (("reported", runs[:, report][pick]), ("on new data", runs[:, new][pick])):
            shown.append(f"idea {idea}\n{name}")
            heights.append(values.mean())
            words.append(f"{values.mean():.1f} ± {values.std(ddof=1) / 10:.1f}")
        low, middle, high = np.quantile(best + 1, (0, 0.5, 1))
        chosen.append(f"idea {idea}: K from {low:.0f} to {high:.0f}, median {middle:.0f}")
    show_bars(shown, heights, "A hundred divisions: mean ± standard error", "error in %", text=words)
    print("\n".join(chosen))

# %% [markdown]
# The training error says 0 at $K = 1$; on new data hardly any choice is worse. The curves of validation and test part jump up and
# down: with 60 images, one more mistake is 1.7 %. Whoever picks the lowest point picks luck as well. So:
#
# - **Idea 1 is bad**: it always chooses $K = 1$, promises 0 %, and on new data is far behind the other two.
# - **Idea 2 is bad**: it chooses no worse than idea 3, but what it promises is several points too good. And that was for 25 values of *one*
#   hyperparameter; with more to choose from, the promise gets better and the truth does not.
# - **Idea 3** reports what comes true, apart from chance. (In a single division, chance is large: 60 test images are few.)
#
# One test part, one use. Whoever goes back, changes something and measures again has turned the test part into a second validation part.
#
# > **Takeaway.** Learn on train, choose on val, report on test, once. The same goes for the mean that you centre with.

# %% [markdown]
# ## 9 · A first classifier, all yours
#
# Nearest neighbours keep every image, and compare with every one. Here is a smaller model: **one mean image per class**. To predict, take
# the class whose mean is nearest.
#
# **Exercise `baseline.nearest_mean_error`** · 18 points · difficulty ●●●○○ · 20 minutes · in `cnnlib/baseline.py`
#
# Prepare, train, predict, evaluate. It uses your own `center_images` and `top_k_error`: they have to stand before the points come.

# %% check="baseline.nearest_mean_error"
check("baseline.nearest_mean_error")

# %% [markdown]
# ### Experiment: ten pictures that read digits
#
# **Predict.** You saw that the nearest neighbour makes 1.4 % errors. Is this one better or worse? And if all test digits move to the right,
# by a single pixel?
#
# <details><summary>Answer</summary>
#
# Worse, 8.7 %: where people write a digit in two ways, one mean must stand for both. Yet ten images instead of 1442 still read nine of ten.
# After one pixel to the right 69 % are wrong (by heart: 31 %), for moved strokes light up other inputs.
# </details>

# %%
with waits_for("baseline.nearest_mean_error", "preprocess.center_images", "metrics.top_k_error"):
    parts = digits.train_images, digits.train_labels
    test = digits.test_images, digits.test_labels
    found = [baseline.nearest_mean_error(*parts, *test, k) for k in (1, 2, 3, 5)]
    print("top-1, 2, 3, 5 error:", ", ".join(f"{error:.1%}" for error in found))
    means = [digits.train_images[digits.train_labels == c, 0].mean(axis=0) for c in range(10)]
    show_images(*means, titles=[f"mean {c}" for c in range(10)], columns=10, size=1.0)

    steps, by_means, by_heart = range(4), [], []
    for pixels in steps:
        padded = np.pad(digits.test_images, ((0, 0), (0, 0), (0, 0), (pixels, 0)))  # black comes in
        moved = padded[..., :8]
        by_means.append(100 * baseline.nearest_mean_error(*parts, moved, digits.test_labels, 1))
        by_heart.append(100 * np.mean(predict(model, moved) != digits.test_labels))
    curves = {"nearest mean": (steps, by_means), "nearest neighbour": (steps, by_heart)}
    title = "Test digits moved to the right, training digits not"
    show_curves(curves, title, "pixels", "top-1 error in %")

# %% [markdown]
# From two pixels on, both are about as good as blind guessing (90 % wrong): to a classifier that was never told which pixels are neighbours, a
# digit and the same digit moved have nothing to do with each other. Remember both: 01 beats the error, 02 and 04 are about the moving.
#
# > **Takeaway.** Start with the simplest thing that could work, and write down its error. Everything later must be compared with it.

# %% [markdown]
# ## 10 · Hand in
#
# The last part of the loop. Answer the question below first, and save the notebook. Then, in a terminal, in the course's folder:
#
# ```sh
# stride submit 00
# ```
#
# It runs all checks of this notebook once more, says what still fails, and packs `00_submission.zip`: this notebook, with your answer, and the
# files of `cnnlib` that count. Hand it in where your course asks for it, as often as you like, also with unfinished work: every
# aspect that holds earns its points.
#
# *In Colab* there is no need to pack: download this notebook (File › Download) and `preprocess.py`, `metrics.py`, `splits.py` and
# `baseline.py` (right click in the files panel), and hand these five files in together. Do it before you leave: a session forgets its files when
# it ends. To go on later, put them back in the same way.

# %% [markdown]
# ## 11 · In your own words
#
# **Written question** · 8 points · about half a page, marked by a person
#
# A company reports: "Our app recognises skin diseases with **2 % error**." You ask, and learn: they have 9 000 photos of 700 patients, six
# diseases. They took the mean of all 9 000 photos and centred them; divided the photos at random into 80 % training and 20 % test; tried
# 150 settings, and kept the one with the smallest test error. The error is top-3, "as usual, a bit stricter than ImageNet's top-5".
#
# What is wrong with this number? For each flaw, say whether it makes the number too good, and why. Then describe how you would measure instead.
#
# | marked | points |
# |---|---|
# | finds what was chosen with the test part, says in which direction that moves the number, and names the remedy | 2 |
# | finds that photos of one patient stand in both parts, says what the network can then do, and divides differently | 2 |
# | judges the other two: what the mean of all photos leaks (and whether that is much), and what top-3 means with six classes | 2 |
# | describes a whole procedure, from the division to the one reported number, with something simple to compare it with | 2 |

# %% [markdown] written="00-written"
# *Write your answer here, in place of this line.*

# %% [markdown]
# ## What you can do now
#
# - Edit, check, read a card, take a hint, submit.
# - Say what an image is in numbers, change its layout, and notice when a layout is wrong.
# - Say why images are no tables, and what flattening loses.
# - Centre images without a leak and without wrapping bytes; say why one stops there.
# - Choose hyperparameters honestly, and report an error that comes true.
#
# **Next:** 01, where a network learns.
#
# ## Further reading
#
# - T. Cover, P. Hart, *Nearest neighbor pattern classification* (1967): how good "by heart" can be.
# - E. Alpaydin, C. Kaynak, *Optical recognition of handwritten digits* (1998), UCI Machine Learning Repository: the digits of this notebook.
# - O. Russakovsky et al., *ImageNet large scale visual recognition challenge* (2015): the data, the top-5 error, and how people do.
# - A. Torralba, A. Efros, *Unbiased look at dataset bias* (2011): even a fair test part says little about other data.
# - B. Recht et al., *Do ImageNet classifiers generalize to ImageNet?* (2019): what ten years with one test set did, and did not do.
# - S. Kaufman et al., *Leakage in data mining* (2012): the many ways in which a test can be seen too early.
