# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 07 · Regularization
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/stride-course/stride/blob/main/notebooks/07_regularization.ipynb)
#
# A network that is large enough learns its examples by heart. Here you spoil that for it: you drop its numbers, cut, mirror and tint its images, and ask it ten times at the end. You measure what each of these
# remedies is worth, also where one does harm.
#
# **You will be able to** see over-fitting in curves and as a gap · write dropout forward and backward, classic and inverted, and DropConnect · say what test time has to do, and why · crop, flip, resize and tint images at random ·
# average ten looks at one image · choose a remedy by what the test images look like, and prove with error bars that it helped.
#
# **Not here:** weight decay and early stopping as code (05), batch normalization (06), stochastic depth as code (12), more data from other tasks (14).
#
# **Time** about 290 minutes · **Points** 100 · **Before this** 01 to 04: their layers are used here. What you have not written yet, PyTorch stands in for, and says so.

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
from cnnlib import augment, dropout, regularized
from cnnlib.kit import BatchNorm2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU, Sequential
from cnnlib.kit import load, numerical_gradient, photo, progress, to_batch, to_photo, waits_for
from cnnlib.kit import show_clouds, show_gaps, show_grid_of_numbers, show_images, show_run_bars, show_runs, show_thinned
from cnnlib.kit.pieces import piece

LONG = False  # True: section 11 also learns from photographs (CIFAR-10); that takes four minutes more

cat, coffee = photo("cat"), photo("coffee")

# %% [markdown]
# ## 1 · Learned by heart
#
# Hands that show digits, photographed by students of a school in Ankara; the hands to test with belong to other students than those to learn from. We take only a few images to learn from, 18 of each digit, and a network with some 44,000 parameters.

# %%
hands = load("signs_small")
each = 18  # images per digit to learn from
few = np.concatenate([np.flatnonzero(hands.train_labels == digit)[:: 90 // each] for digit in range(10)])
show_images(*hands.train_images[few[::each]].transpose(0, 2, 3, 1), titles=[f"a {digit}" for digit in range(10)], size=1.0)
pixels = hands.train_images[few] / 255
mean, spread = pixels.mean(), pixels.std()


def scaled(images, mean=mean, spread=spread):
    """uint8 images as a network wants them: float32, mean 0 and spread 1 over the images to learn from."""
    return ((images / 255 - mean) / spread).astype(np.float32)


x_few, y_few = scaled(hands.train_images[few]), hands.train_labels[few]
x_test, y_test = tests = scaled(hands.test_images), hands.test_labels
print(f"to learn from {x_few.shape}, to test with {x_test.shape}")

# %% [markdown]
# The network reads 28×28 pixels, the middle of the 32×32 (section 6 will say why). Network and training are those of 04, with momentum, and with a rate that falls to zero (05). `train` has three places where a remedy can
# come in: `change` may do something to a batch of images, `decay` is weight decay, and the network may contain dropout.

# %%
cross_entropy = piece("loss.softmax_cross_entropy")  # yours, from 01
seeds, epochs, every = range(3), 40, 4


def middle(images, rng=None):
    return images[:, :, 2:30, 2:30]


class YourDropout(Dropout):
    """The kit's layer around your two functions. Nobody stands in for them here: the experiments wait for you."""

    def __init__(self, p, rng):
        super().__init__(p, rng)
        self._forward, self._backward = dropout.dropout_forward, dropout.dropout_backward


def network(seed, p=0.0, norm=False):
    """Two convolutions and two fully connected layers; p > 0: with dropout before each of the latter."""
    rng, noise = np.random.default_rng(seed), np.random.default_rng(seed + 100)
    drop = [YourDropout(p, noise), YourDropout(p, noise)] if p else [None, None]
    steps = [Conv2d(3, 16, 5, stride=2, padding=2, rng=rng), BatchNorm2d(16) if norm else None, ReLU(), MaxPool2d(2)]  # (N, 16, 7, 7)
    steps += [Conv2d(16, 32, 3, padding=1, rng=rng), BatchNorm2d(32) if norm else None, ReLU(), MaxPool2d(2), Flatten()]  # (N, 288)
    steps += [drop[0], Linear(288, 128, rng=rng), ReLU(), drop[1], Linear(128, 10, rng=rng)]
    return Sequential(*[step for step in steps if step])


def scores_of(net, images):
    return np.concatenate([net.forward(images[i : i + 100]) for i in range(0, len(images), 100)])


def judged(net, images, labels):
    """Mean loss and share of wrong answers at test time."""
    scores = scores_of(net.eval(), images)
    net.train()
    return cross_entropy(scores, labels)[0], np.mean(scores.argmax(axis=1) != labels)


def train(net, images, labels, seed, words, change=middle, decay=0.0, tests=tests, rate=0.01, batch=25):
    """Momentum SGD. Returns rows of (training loss, training error, test loss, test error), one for every fourth epoch."""
    rng, speed, rows = np.random.default_rng(seed), {}, []
    for epoch in progress(range(epochs), words):
        step, order = rate * (1 + np.cos(np.pi * epoch / epochs)) / 2, rng.permutation(len(images))
        for i in range(0, len(images), batch):
            chosen = order[i : i + batch]
            loss, dscores = cross_entropy(net.forward(change(images[chosen], rng)), labels[chosen])
            net.backward(dscores)
            for layer in net.layers():
                for name, value in layer.parameters.items():
                    pull = layer.gradients[name] + (decay * value if name == "w" else 0)
                    speed[layer, name] = 0.9 * speed.get((layer, name), 0) + pull
                    layer.parameters[name] = (value - step * speed[layer, name]).astype(value.dtype)
        if (epoch + 1) % every == 0:
            rows.append((*judged(net, middle(images), labels), *judged(net, middle(tests[0]), tests[1])))
    return rows


remedies, done = {"none": {}}, {}


def trained(name):
    """Networks with this remedy, one per seed, and how their training went: (seeds, rows, 4). Trained when first asked for, then kept."""
    if name not in done:
        recipe = dict(remedies[name])
        nets = [network(seed, recipe.get("p", 0.0), recipe.get("norm", False)) for seed in seeds]
        labels = [recipe["labels"](seed) if "labels" in recipe else y_few for seed in seeds]
        rest = {key: recipe[key] for key in ("change", "decay") if key in recipe}
        rows = [train(net, x_few, y, seed, f"epochs, {name}, seed {seed}", **rest) for net, y, seed in zip(nets, labels, seeds)]
        done[name] = nets, np.array(rows)
    return done[name]


# %% [markdown]
# **Predict.** We train it twice: with the right labels, and with the labels *shuffled*, so that a hand with three fingers may be called "8". What will the training error be after 40 epochs, in either case? And the error on new hands?
#
# <details><summary>Answer</summary>
#
# 0 % on the training images, both times! On new hands: some 25 % wrong with the right labels, and with the shuffled ones what guessing gives, 90 %. There is no rule in shuffled labels: the network has learned by heart which image has which.
# </details>

# %%
remedies["shuffled labels"] = {"labels": lambda seed: np.random.default_rng(seed).permutation(y_few)}
after = np.arange(every, epochs + 1, every)
learned = {name: trained(name)[1] for name in ("none", "shuffled labels")}
words = {"none": "right labels", "shuffled labels": "shuffled labels"}
wrong = {f"{words[name]}, {part}": rows[:, :, column] for name, rows in learned.items() for part, column in (("training", 1), ("test", 3))}
show_runs(wrong, "Share of wrong answers", "epoch", "share wrong", x=after, marks=[(0.9, "guessing")])
losses = {"training": learned["none"][:, :, 0], "test": learned["none"][:, :, 2]}
show_runs(losses, "Right labels: the loss", "epoch", "mean cross-entropy", x=after)

# %% [markdown]
# A network that can learn nonsense by heart can learn everything by heart. (Zhang and colleagues showed it in 2017 with a million photos of ImageNet and random labels.) So a training error of 0 says nothing; what counts is the **gap** between what it says of the images it knows and of those it does not.
#
# The lower picture shows the other sign of over-fitting: on images that it knows the loss goes to 0. On new ones it falls, then stops, and may rise again, while hardly one answer more gets wrong: the network becomes *surer* of its mistakes. Early stopping (05) takes the weights
# from before that; weight decay (05) holds them small. In this notebook: remedies that change what the network gets to see.
#
# > **Takeaway.** Training error measures memory. Only images that it never saw measure learning.

# %% [markdown]
# ## 2 · Dropout
#
# In every training step, and for every image anew, each hidden unit is **dropped** with probability $p$: its output is set to 0. What is left is a thinner network, and that one learns from this image.

# %%
units = [["", "", ""], ["", "", "", ""], ["", ""]]
masks = [[[1] * 3, [1] * 4, [1] * 2], [[1] * 3, [1, 0, 1, 0], [1] * 2], [[1] * 3, [0, 1, 1, 1], [1] * 2], [[1] * 3, [0, 0, 1, 0], [1] * 2]]
show_thinned(units, masks, titles=("the whole network", "for image 1", "for image 2", "for image 3"))

# %% [markdown]
# How can that be a good idea? Two ways to see it:
#
# - **No unit can rely on another.** Without dropout, one unit may repair the mistakes of another, on just these training images: *co-adaptation*. With dropout nobody knows who will be there; each unit has to be of use by itself, and everything important has to be known in several places.
# - **It is an ensemble.** A layer of $n$ units has $2^n$ thinned networks, which share their weights. Each step trains some of them, test time asks all of them at once (section 3). With 128 units that is more than $10^{38}$.
#
# $$\text{training:}\quad \text{out} = \frac{x \cdot \text{mask}}{1-p}, \qquad \text{mask}_i = \begin{cases} 0 & \text{with probability } p \\ 1 & \text{with probability } 1-p \end{cases} \qquad\qquad \text{test time:}\quad \text{out} = x$$
#
# The factor $1/(1-p)$ makes up for what is missing: section 3 shows why just that. `rng.random(shape)` gives numbers that are spread evenly over $[0, 1)$: a share $1-p$ of them is $\ge p$.
#
# > ⚠ **The probability of what?** Here, and in PyTorch, `p` is the probability of **dropping**. In the paper of 2014, and in some courses, it is the probability of *keeping*. At 0.5 nobody notices. (In published solutions to another course's exercise, this was the most common mistake.)
#
# **Predict.** $x$ = `[4, 4, 4, 4, 4]` and $p = 0.2$. Which numbers can come out? How many zeros do you expect? And what comes out at test time?
#
# <details><summary>Answer</summary>
#
# 0 and 5. One zero on average, but it may be none, or several. At test time `[4, 4, 4, 4, 4]`.
# </details>

# %% [markdown]
# **Exercise `dropout.dropout_forward`** · 14 points · difficulty ●●○○○ · 20 minutes · in `cnnlib/dropout.py`

# %% check="dropout.dropout_forward"
check("dropout.dropout_forward")

# %% [markdown]
# ### Experiment: drop a cat
#
# Each of the 180,000 numbers of a photo has its own chance, red, green and blue apart. The upper row is what comes out; for the lower one we take means over windows of 5×5.

# %%
with waits_for("dropout.dropout_forward"):
    rng, x = np.random.default_rng(0), to_batch(cat)
    upper, lower, titles = [], [], []
    for p in (0.0, 0.2, 0.5, 0.8):
        out, mask = dropout.dropout_forward(x, p, True, rng)
        upper.append(to_photo(out))
        lower.append(to_photo(out.reshape(1, 3, 40, 5, 60, 5).mean(axis=(3, 5))))
        titles.append(f"p = {p}, mean {out.mean():.3f}")
    show_images(*upper, *lower, titles=titles + ["5×5 means"] * 4, columns=4, size=1.7)

# %% [markdown]
# What is kept becomes brighter (a screen cannot show more than white, which is why the last one looks so dark), and the mean stays. And whoever looks at many numbers at once still sees a cat when four fifths of them are missing: images, and the maps that networks make of them, say everything
# several times.

# %% [markdown]
# ### Backwards
#
# For a given mask, dropout is multiplication by fixed numbers: 0 or $1/(1-p)$. So the gradient is multiplied by the same ones. That is why `dropout_forward` returns the mask: the way back must use the one of the way forth. At test time out $= x$, and the gradient passes as it is.
#
# **Predict.** mask = `[1, 0, 1, 1]`, $p = 0.25$, dout = `[3, 3, 0, -6]`, training. What is dx? (And with `training=False`?)
#
# <details><summary>Answer</summary>
#
# `[4, 0, 0, -8]`. At test time `[3, 3, 0, -6]`.
# </details>

# %% [markdown]
# **Exercise `dropout.dropout_backward`** · 8 points · difficulty ●●○○○ · 10 minutes · in `cnnlib/dropout.py`

# %% check="dropout.dropout_backward"
check("dropout.dropout_backward")

# %% [markdown]
# ### Do not trust: measure
#
# A gradient check wants a function that gives the same answer twice. Dropout does not: unless the generator starts from the same seed each time.

# %%
with waits_for("dropout.dropout_forward", "dropout.dropout_backward"):
    rng = np.random.default_rng(1)
    x, dout = rng.standard_normal((3, 5)), rng.standard_normal((3, 5))
    _, mask = dropout.dropout_forward(x, 0.4, True, np.random.default_rng(7))
    measured = numerical_gradient(lambda v: dropout.dropout_forward(v, 0.4, True, np.random.default_rng(7))[0], x, dout)
    written = dropout.dropout_backward(dout, x, 0.4, True, mask) + 0.0  # so that no -0 is shown
    holes = [tuple(spot) for spot in np.argwhere(mask == 0)]
    show_grid_of_numbers(mask, "", dout, "→", written, titles=("mask", "dout", "dx: yours"), marked={n: holes for n in range(3)}, cell=0.55)
    print("Same seed, largest difference:", np.abs(measured - written).max())

# %% [markdown]
# ### Experiment: take units away
#
# Three networks that learned without dropout, three that learned with $p = 0.3$ before each fully connected layer. Now we *remove* a share of the 128 hidden units at random, for good measure up to nearly all of them, and scale up what is left. (Your `dropout_forward` does both.)
#
# **Predict.** Which will be harmed more? At which share will each be wrong half of the time?
#
# <details><summary>Answer</summary>
#
# Without dropout, the answers are half wrong when about half of the hidden units are gone; with dropout, when four fifths are.
# </details>

# %%
remedies["dropout"] = {"p": 0.3}
with waits_for("dropout.dropout_forward", "dropout.dropout_backward"):
    shares, wrong = np.arange(0, 1, 0.1), {}
    for name, words in (("none", "learned without dropout"), ("dropout", "learned with dropout")):
        wrong[words] = []
        for net in trained(name)[0]:
            net.eval()
            hidden, last, rng = scores_of(Sequential(*net.steps[:-1]), middle(x_test)), net.steps[-1], np.random.default_rng(0)
            net.train()
            answers = [[last.forward(dropout.dropout_forward(hidden, p, True, rng)[0]).argmax(axis=1) for _ in range(10)] for p in shares]
            wrong[words].append([np.mean(np.array(said) != y_test) for said in answers])
    show_runs(wrong, "Test hands, when hidden units are missing", "share of units removed", "share wrong", x=shares, marks=[(0.5, "half wrong")])

# %% [markdown]
# Where two curves cross the dotted line, their distance is how much more one network can lose than the other. What matters is known in many places, or in few: that is what "co-adaptation" means, measured.
#
# > **Takeaway.** Dropout: training with holes. Everything of importance is learned several times over, and no unit can hide behind another.

# %% [markdown]
# ## 3 · Test time: average out the noise
#
# While learning, the output is a function of the image *and* of the mask: $y = f(x, z)$. At test time we want one answer, not another one each time. The best would be the mean over all masks:
#
# $$y = f(x) = \mathbb{E}_z[f(x, z)] = \sum_z P(z)\, f(x, z)$$
#
# But there are too many masks. Look at a single unit with two inputs, $a = w_1 x + w_2 y$, and $p = \tfrac12$. There are four masks, each with probability ¼:

# %%
units, lines = [["x", "y"], ["a"]], [[["w₁", "w₂"]]]
four = [[[1, 1], [1]], [[1, 0], [1]], [[0, 1], [1]], [[0, 0], [1]]]
show_thinned(units, four, lines, titles=("¼:  a = w₁x + w₂y", "¼:  a = w₁x", "¼:  a = w₂y", "¼:  a = 0"), size=1.5)

# %% [markdown]
# $$\mathbb{E}[a] = \tfrac14(w_1 x + w_2 y) + \tfrac14 w_1 x + \tfrac14 w_2 y + \tfrac14 \cdot 0 = \tfrac12(w_1 x + w_2 y)$$
#
# Each input is there half of the time, so it counts half. In general it counts $1-p$: instead of averaging over all masks, take no mask, and multiply by $1-p$. For one linear unit that is exact. Through ReLU, and through several layers, it is an approximation; how good a one, we shall measure.
#
# **Predict.** $w = (2, -1)$, inputs $(3, 5)$, $p = 0.2$, nothing scaled. Which values can $a$ take, how probable is each, and what is $\mathbb{E}[a]$?
#
# <details><summary>Answer</summary>
#
# 6 − 5 = 1 with probability 0.64; 6 with 0.16; −5 with 0.16; 0 with 0.04. Together 0.64 + 0.96 − 0.80 = 0.8, which is 0.8 · 1.
# </details>

# %% [markdown]
# ### Classic or inverted
#
# So somebody has to multiply: either at test time by $1-p$, or in training by $1/(1-p)$.
#
# | | training | test time | $\mathbb{E}$ in training $=$ test time |
# |---|---|---|---|
# | **classic** (the paper of 2014, one of the lectures) | $x \cdot \text{mask}$ | $x \cdot (1-p)$ | $(1-p)\,x$ |
# | **inverted** (PyTorch, and ours) | $x \cdot \text{mask} / (1-p)$ | $x$ | $x$ |
#
# They learn the same networks, up to a factor in the weights. Inverted is more convenient: test time need not know that there ever was dropout. Whoever scales twice, or never, gets a network that at test time meets numbers of another size than those it learned with.
#
# **Exercise `dropout.dropout_forward_classic`** · 6 points · difficulty ●○○○○ · 10 minutes · in `cnnlib/dropout.py`

# %% check="dropout.dropout_forward_classic"
check("dropout.dropout_forward_classic")

# %% [markdown]
# ### Experiment: many masks, one answer
#
# Five numbers through 20,000 masks with $p = 0.2$: the mean of what comes out, and what test time says.

# %%
with waits_for("dropout.dropout_forward", "dropout.dropout_forward_classic"):
    x = np.array([1.0, 2.0, 3.0, 4.0, 10.0])
    for name, forward in (("classic", dropout.dropout_forward_classic), ("inverted", dropout.dropout_forward)):
        outs, _ = forward(np.tile(x, (20_000, 1)), 0.2, True, np.random.default_rng(0))
        calm, _ = forward(x, 0.2, False, np.random.default_rng(0))
        titles = ("x", f"{name}: mean of 20,000 in training", f"{name}: test time")
        show_grid_of_numbers(x[None], "→", outs.mean(axis=0)[None].round(2), "", calm[None], titles=titles, cell=0.55)

# %% [markdown]
# ### Experiment: how good is the approximation?
#
# The three networks with dropout answer the test hands with noise on: once, or $T$ times, with the mean of the $T$ probabilities. The line is what they say at test time: no noise, one pass.
#
# **Predict.** Is one noisy answer better or worse than the test-time answer? And the mean of 30?
#
# <details><summary>Answer</summary>
#
# One noisy answer is a good deal worse. The mean of a few dozens is as good as the one answer of test time, and costs a few dozen times as much.
# </details>

# %%
with waits_for("dropout.dropout_forward", "dropout.dropout_backward"):

    def softmax(scores):
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    most, wrong, exact = 30, {"mean of T noisy answers": [], "test time: no noise": []}, []
    for net in trained("dropout")[0]:
        flat = net.steps.index(next(step for step in net.steps if isinstance(step, Flatten))) + 1
        features, rest = scores_of(Sequential(*net.steps[:flat]), middle(x_test)), Sequential(*net.steps[flat:])
        total, row = 0, []
        for _ in range(most):
            total = total + softmax(rest.train().forward(features))
            row.append(np.mean(total.argmax(axis=1) != y_test))
        wrong["mean of T noisy answers"].append(row)
        calm = softmax(rest.eval().forward(features))
        rest.train()
        wrong["test time: no noise"].append([np.mean(calm.argmax(axis=1) != y_test)] * most)
        exact.append(np.abs(total / most - calm).mean())
    show_runs(wrong, "Averaging over masks against the approximation", "T", "share wrong", x=np.arange(1, most + 1))
    print(f"Probabilities, mean of {most} answers against test time: they differ by {np.mean(exact):.3f} on average")

# %% [markdown]
# What a mean of $T$ answers costs is $T$ passes. Compare that with the line, which costs one: does the approximation do its work? That is a question about all test hands together; for single images section 5 will ask once more.
#
# > **Takeaway.** Noise in training, its mean at test time. Multiplying by $1-p$ (or by 1, if training divided) is that mean for a linear unit, and close to it for a network.

# %% [markdown]
# ## 4 · DropConnect
#
# Dropout removes units, with all their connections. DropConnect removes single **weights**: each weight of a fully connected layer with probability $p$. $D$ inputs and $M$ outputs have $2^{D}$ masks of units, but $2^{DM}$ of weights.
#
# $$\text{training:}\quad \text{out} = x \left(\frac{w \cdot \text{mask}}{1-p}\right)^{\!\top} + b \qquad\qquad \text{test time:}\quad \text{out} = x\, w^\top + b$$
#
# The bias is never dropped. In the paper every image of a batch has its own mask of weights; that takes $N$ times the memory, and we draw one for the batch. (And at test time the paper draws from a normal distribution; we take the mean, as with dropout.)
#
# **Predict.** A layer from 288 to 128. How many random numbers does dropout of its inputs draw for a batch of 25 images? How many would DropConnect, with a mask for every image, and how many ours?
#
# <details><summary>Answer</summary>
#
# 25 · 288 = 7,200. With a mask for every image 25 · 288 · 128 = 921,600; ours 288 · 128 = 36,864.
# </details>

# %% [markdown]
# **Exercise `dropout.drop_connect_forward`** · 8 points · difficulty ●●●○○ · 15 minutes · in `cnnlib/dropout.py`

# %% check="dropout.drop_connect_forward"
check("dropout.drop_connect_forward")

# %% [markdown]
# ### Experiment: units or weights
#
# A corner of a weight matrix, with $p = 0.5$: rows are outputs, columns are inputs. Red is positive, blue negative, white is not there.

# %%
with waits_for("dropout.dropout_forward", "dropout.drop_connect_forward"):
    rng = np.random.default_rng(0)
    w, ones = rng.standard_normal((24, 36)), np.ones((1, 36))
    _, of_units = dropout.dropout_forward(ones, 0.5, True, rng)
    _, of_weights = dropout.drop_connect_forward(ones, w, np.zeros(24), 0.5, True, rng)
    titles = ("all weights", "dropout, one image: whole columns go", "DropConnect: single weights go")
    show_images(w, w * of_units, w * of_weights, titles=titles, signed=True, shared=True, size=2.0)
    x, outs = np.ones((1, 36)), {"dropout": [], "DropConnect": []}
    for _ in range(1000):
        outs["dropout"].append((dropout.dropout_forward(x, 0.5, True, rng)[0] @ w.T)[0])
        outs["DropConnect"].append(dropout.drop_connect_forward(x, w, np.zeros(24), 0.5, True, rng)[0][0])
    together = [np.corrcoef(np.array(rows).T) for rows in outs.values()]
    show_images(*together, titles=[f"{name}: do outputs move together?" for name in outs], signed=True, limit=1, colorbar=True, size=2.4)
    for name, rows in outs.items():
        print(f"{name}: one output's standard deviation over 1,000 masks is {np.std(rows, axis=0).mean():.2f} on average")

# %% [markdown]
# The lower picture: an output that goes with another one under these masks is red, one that goes against it blue. For a single output both kinds of noise are alike: each of its 36 products is there or not. The difference lies *between* outputs: dropout takes an input from all of them at once, so they move together where their
# weights are alike; DropConnect takes it from each one for itself.
#
# > **Takeaway.** What you drop is up to you: units, weights, whole layers. What to do at test time is always the same.

# %% [markdown]
# ## 5 · One pattern
#
# | remedy | in training: the noise $z$ | at test time: its mean |
# |---|---|---|
# | dropout | which units are there | all of them, scaled |
# | DropConnect | which weights are there | all of them, scaled |
# | batch normalization (06) | which other images are in the batch: they set mean and variance | running averages |
# | stochastic depth (12) | which layers of a residual network are there | all of them, scaled |
# | augmentation (sections 6 to 8) | which crop, mirror image, size, light | the middle crop; or the mean over several (section 9) |
#
# Batch normalization is on the list although nobody invented it for that: each image is shifted and scaled a little differently in every batch. That is one reason why it regularizes, and why dropout on top of it seldom helps.
#
# ### Experiment: see the noise
#
# One test hand, of which the networks are not quite sure, 200 times: with 200 masks of units, with 200 masks of weights, and in a network with batch normalization among 200 times 24 other hands. Every dot is the probability that the network gives to the right digit.

# %%
remedies["batch normalization"] = {"norm": True}
with waits_for("dropout.dropout_forward", "dropout.dropout_backward", "dropout.drop_connect_forward"):
    net, normed, rng = trained("dropout")[0][0], trained("batch normalization")[0][0], np.random.default_rng(0)
    calm = [softmax(scores_of(n.eval(), middle(x_test)))[np.arange(len(y_test)), y_test] for n in (net, normed)]
    unsure = np.abs(np.array(calm) - 0.7).sum(axis=0).argmin()
    hand, digit = middle(x_test[unsure : unsure + 1]), y_test[unsure]
    show_images(hands.test_images[unsure].transpose(1, 2, 0), titles=[f"this {digit}"], size=1.1)

    net.train()
    dots = {"masks of units (dropout)": (softmax(scores_of(net, hand.repeat(200, axis=0)))[:, digit], calm[0][unsure])}
    steps, drawn = [step for step in net.eval().steps if not isinstance(step, Dropout)], []
    x = Sequential(*steps[:-3]).forward(hand)  # what comes before the two fully connected layers
    for _ in range(200):
        hidden, _ = dropout.drop_connect_forward(x, *steps[-3].parameters.values(), 0.3, True, rng)
        scores, _ = dropout.drop_connect_forward(steps[-2].forward(hidden), *steps[-1].parameters.values(), 0.3, True, rng)
        drawn.append(softmax(scores)[0, digit])
    net.train()
    dots["masks of weights (DropConnect)"] = (drawn, calm[0][unsure])

    averages = [(layer, layer.running_mean, layer.running_var) for layer in normed.train().layers() if isinstance(layer, BatchNorm2d)]
    drawn = []
    for _ in range(200):
        others = middle(x_few[rng.choice(len(x_few), 24, replace=False)])
        drawn.append(softmax(normed.forward(np.concatenate([hand, others])))[0, digit])
    for layer, running_mean, running_var in averages:  # looking should not change the network
        layer.running_mean, layer.running_var = running_mean, running_var
    dots["other images (batch normalization)"] = (drawn, calm[1][unsure])
    show_clouds(dots, "One hand, 200 times", "probability of the right digit")

# %% [markdown]
# Three sources of noise, one picture: under each of them the answer to *one* image is a cloud. Learning with clouds makes a network hold on to what survives all the draws.
#
# The clouds differ in size. Masks leave anything from "surely not" to "surely"; other images in the batch move the answer by some hundredths. And where the cloud is wide, test time is not its mean: for this hand it says about 0.7, while the masks say about one half on average. Softmax bends, and multiplying by $1-p$ is the mean only where nothing bends.
# With batch normalization, whose cloud is small, the two nearly agree. (Nobody asks such a question of every hand: we chose one of which the networks are unsure.)
#
# > **Takeaway.** Randomness while learning, its mean at test time: one idea under many names.

# %% [markdown]
# ## 6 · Crops and flips
#
# The best remedy against too few images is more images. They can be made: a hand that is moved by two pixels is still the same digit. So cut a piece out of each image, at a random place, in every epoch anew. AlexNet learned from 224×224 pieces of 256×256 photos, and from their mirror images.
#
# **Predict.** How many different 224×224 pieces has a 256×256 image? With their mirror images? And ours, 28×28 of 32×32?
#
# <details><summary>Answer</summary>
#
# 33 · 33 = 1,089, and 2,178 with mirror images. (The paper counts 32 · 32 · 2 = 2,048.) Ours: 5 · 5 = 25, and 50. The number of places is $H - h + 1$: mind the $+1$.
# </details>
#
# When the image is no larger than what the network reads, it gets a border of zeros first: 32×32 with a padding of 4, and then a 32×32 piece. That is the usual recipe for CIFAR-10.

# %% [markdown]
# **Exercise `augment.random_crop`** · 10 points · difficulty ●●●○○ · 20 minutes · in `cnnlib/augment.py`

# %% check="augment.random_crop"
check("augment.random_crop")

# %% [markdown]
# **Exercise `augment.random_horizontal_flip`** · 6 points · difficulty ●●○○○ · 10 minutes · in `cnnlib/augment.py`

# %% check="augment.random_horizontal_flip"
check("augment.random_horizontal_flip")

# %% [markdown]
# ### Experiment: many cats from one

# %%
with waits_for("augment.random_crop", "augment.random_horizontal_flip"):
    rng = np.random.default_rng(0)
    batch = to_batch(cat).repeat(7, axis=0)  # (7, 3, 200, 300)
    pieces = augment.random_horizontal_flip(augment.random_crop(batch, (160, 200), rng), rng)
    padded = augment.random_crop(to_batch(cat), (200, 300), rng, padding=40)
    show_images(*[to_photo(piece[None]) for piece in (*pieces, *padded)], titles=["160×200 of 200×300"] * 7 + ["200×300, padding 40"], columns=4, size=1.6)

# %% [markdown]
# Not one of them is in the data set, and each is a cat.
#
# ### Experiment: crops of hands, and mirrored hands
#
# The network of section 1 once more, with a random 28×28 piece of every hand in place of the middle; and then with a mirror image every second time, as well. At test time both read the middle.
#
# **Predict.** Will crops help? And mirror images? (Look at the hands in section 1 before you answer: what do you see in all of them?)
#
# <details><summary>Answer</summary>
#
# Crops take away half of the errors, or more: no two hands lie at exactly the same place. Mirror images make it worse again. Look at the thumbs: all are right hands, to learn from and to test with.
# A network that learns left hands as well pays for something that nobody asks it.
# </details>

# %%
with waits_for("augment.random_crop", "augment.random_horizontal_flip"):

    def crops(images, rng):
        return augment.random_crop(images, 28, rng)

    def crops_and_flips(images, rng):
        return augment.random_horizontal_flip(crops(images, rng), rng)

    remedies |= {"crops": {"change": crops}, "crops and flips": {"change": crops_and_flips}}
    curves = {name: trained(name)[1][:, :, 3] for name in ("none", "crops", "crops and flips")}
    show_runs(curves, "Test hands", "epoch", "share wrong", x=after)
    mirrored = {name: [100 * np.mean(scores_of(net.eval(), middle(x_test)[..., ::-1]).argmax(axis=1) != y_test) for net in trained(name)[0]] for name in curves}
    show_run_bars(mirrored, "The same test hands, mirrored", "% wrong")

# %% [markdown]
# Both bets are about hands that the network has not seen: that they lie elsewhere, and that they may be left hands. The upper picture asks the one, the lower picture the other, and who did not learn with mirror images gets two thirds of the mirrored hands wrong.
# So it is not "flips are good" or "flips are bad". For cats they are right, for most digits and letters wrong (mirror a 5), for these hands it depends on who will hold up a hand.
#
# > **Takeaway.** Change images in ways that keep the label *and* that test images can be changed in. Everything else costs effort.

# %% [markdown]
# ## 7 · Sizes
#
# Things come near and far. ResNet's recipe for training, image by image:
#
# 1. Draw $L$ from 256 … 480.
# 2. Resize the image so that its shorter side is $L$ pixels.
# 3. Cut out 224×224 at a random place.
#
# **Predict.** A photo of 200×300 pixels. How large does it become for $L = 256$, and for $L = 480$? Which share of its area does a piece of 224×224 show then?
#
# <details><summary>Answer</summary>
#
# 256×384, of which the piece is 51 %; 480×720, of which it is 15 %. So the same network learns whole cats and noses.
# </details>
#
# ### Between the pixels
#
# Resizing has to say what stands *between* pixels. **Bilinear**: a mean of the four nearest, weighted by nearness. And where do the new pixels lie? Think of a pixel as a small square, with its centre in the middle: pixel $i$ covers $i$ … $i+1$, its centre is at $i + \tfrac12$. Shrink or stretch the line, and the centre of the new pixel $i$ is
# at $(i + \tfrac12)\frac{H}{OH}$ on the old one, that is, at $(i + \tfrac12)\frac{H}{OH} - \tfrac12$ if you count in old pixels. From 4 to 8 pixels:

# %%
old = np.array([[0.0, 10, 20, 30]])
places = (np.arange(8) + 0.5) * 4 / 8 - 0.5
new = np.interp(places, np.arange(4), old[0])  # along one line; np.interp holds the ends, as we do
titles = ("four pixels", "where the eight lie", "their values")
show_grid_of_numbers(old, "", places[None], "→", new[None], titles=titles, cell=0.5)

# %% [markdown]
# The first one lies at −0.25, outside the first centre: there is nothing beyond, so it takes the value at 0. The longer side becomes `size * long // short`, rounded down. (`torch.nn.functional.interpolate` calls this `align_corners=False`; with `True`, corners lie on corners. When it shrinks much, bilinear skips pixels; photo programs blur first, which is called
# antialiasing. We do not.)

# %% [markdown]
# **Exercise `augment.resize_short_side`** · 12 points · difficulty ●●●●○ · 35 minutes · in `cnnlib/augment.py`

# %% check="augment.resize_short_side"
check("augment.resize_short_side")

# %% [markdown]
# ### Experiment: what 224 pixels see

# %%
with waits_for("augment.resize_short_side", "augment.random_crop"):
    rng, seen, titles = np.random.default_rng(2), [], []
    for size in (256, 330, 405, 480):
        large = augment.resize_short_side(to_batch(coffee)[0], size)
        seen.append(to_photo(augment.random_crop(large[None], 224, rng)))
        titles.append(f"L = {size}: {large.shape[1]}×{large.shape[2]}")
    show_images(coffee, *seen, titles=["the photo: 200×300", *titles], size=2.0, caption="224×224 pixels of the photo, resized")

# %% [markdown]
# ### Experiment: hands that come nearer
#
# Hands of 32×32 pixels, resized to $L$ = 28 … 42, of which the network reads the middle 28×28. One network learned with crops only, the other also with sizes: $L$ is drawn from 28 … 42 for every image.
#
# **Predict.** For the first one, is there a size at which it is best? What will the second one do at $L = 32$: better, worse, or the same?
#
# <details><summary>Answer</summary>
#
# The first one is best near the sizes that it learned with. At $L = 28$ it is a little ahead (12.2 % against 14.5 %), up to about $L = 34$ both do much the same; beyond that the first one gets lost, the second one less.
# At $L = 32$, where the test hands are, the sizes neither help nor harm beyond the error bars.
# </details>

# %%
with waits_for("augment.resize_short_side", "augment.random_crop"):

    def sizes_and_crops(images, rng):
        resized = [augment.resize_short_side(image, int(rng.integers(28, 43))) for image in images]
        return np.concatenate([augment.random_crop(image[None], 28, rng) for image in resized])

    remedies["crops and sizes"] = {"change": sizes_and_crops}
    nearer, wrong = range(28, 43, 2), {"crops": [], "crops and sizes": []}
    sized = []
    for size in nearer:
        resized, rest = np.stack([augment.resize_short_side(image, size) for image in x_test]), (size - 28) // 2
        sized.append(resized[:, :, rest : rest + 28, rest : rest + 28])
    show_images(*[(test[75].transpose(1, 2, 0) * spread + mean).clip(0, 1) for test in sized], titles=[f"L = {size}" for size in nearer], size=1.0)
    for name in wrong:
        for net in trained(name)[0]:
            wrong[name].append([judged(net, test, y_test)[1] for test in sized])
    show_runs(wrong, "Test hands of other sizes", "L: pixels of the resized image", "share wrong", x=np.array(nearer))

# %% [markdown]
# Both had as many images, weights and steps. What differs is what they were shown, and where on the axis that lies.
#
# > **Takeaway.** Convolution carries shifts along, but it knows nothing of sizes. What a network shall bear, it has to be shown.

# %% [markdown]
# ## 8 · Light and colour
#
# A cat in the evening is a cat. AlexNet also changed light and colour of its images, in the ways in which colours vary by themselves: take all pixels of the training images as points in red, green and blue, and find the directions in which that cloud is long (its principal components: eigenvectors $v_k$ of the 3×3 covariance, and
# eigenvalues $\lambda_k$, the variances along them). Then move *all* pixels of an image by the same random amount along each:
#
# $$\text{shift} = \alpha_1 \lambda_1 v_1 + \alpha_2 \lambda_2 v_2 + \alpha_3 \lambda_3 v_3, \qquad \alpha_k \sim N(0,\, 0.1^2)$$

# %%
rgb = pixels.transpose(0, 2, 3, 1).reshape(-1, 3)  # one row per pixel: red, green, blue
values, vectors = np.linalg.eigh(np.cov(rgb.T))  # columns of `vectors` belong to `values`, the smallest first
for value, vector in zip(values[::-1], vectors.T[::-1]):
    print(f"variance {value:.5f}, standard deviation {np.sqrt(value):.3f}, along red {vector[0]:+.2f}, green {vector[1]:+.2f}, blue {vector[2]:+.2f}")

# %% [markdown]
# The sign of an eigenvector is arbitrary: all three numbers of a line may come out with the other sign.
#
# **Predict.** What do the first and the second direction mean, in words?
#
# <details><summary>Answer</summary>
#
# The first: red, green and blue together: lighter or darker. The second: red against blue: warmer or colder light.
# </details>
#
# > ⚠ **An eigenvalue is a variance**, and changes with the *square* of the unit: for pixels from 0 to 255 it is 65,025 times as large as for pixels from 0 to 1. The formula of the paper multiplies by it, and does not say in which unit. With pixels from 0 to 1, $0.1\,\lambda_1$ is 0.007 here: nobody sees that. So below we hand in the *roots* of the eigenvalues, the standard
# > deviations; then $\alpha = 1$ is one step of the size that is usual in the data, in any unit. Your function multiplies by what it is given.

# %% [markdown]
# **Exercise `augment.color_jitter`** · 8 points · difficulty ●●●○○ · 15 minutes · in `cnnlib/augment.py`

# %% check="augment.color_jitter"
check("augment.color_jitter")

# %% [markdown]
# ### Experiment: the cat in another light

# %%
with waits_for("augment.color_jitter"):
    along = [np.sqrt(values) * np.eye(3)[k] for k in (2, 1)]  # one direction at a time
    for words, roots in (("first direction alone", along[0]), ("second direction alone, 4 times as strong", 4 * along[1]), ("all three", np.sqrt(values))):
        lit = augment.color_jitter(to_batch(cat).repeat(6, axis=0), roots, vectors, np.random.default_rng(8), scale=0.7)
        show_images(*[to_photo(image[None]) for image in lit], size=1.2, caption=words)

# %% [markdown]
# ### Experiment: the lamp goes down
#
# The test hands with their pixels multiplied by 1.2 … 0.4: less and less light. Both networks learned with crops; the second one with jitter too ($\alpha$ of standard deviation 0.5). It never saw a *multiplied* image, only shifted ones.
#
# **Predict.** How dark can it get before each is wrong twice as often as in full light?
#
# <details><summary>Answer</summary>
#
# With a fifth less light, networks that learned with crops alone are wrong for some 40 %, those that learned with jitter for some 15 %; in full light jitter does no harm. In the dark both fail.
# </details>

# %%
with waits_for("augment.color_jitter", "augment.random_crop"):

    def crops_and_light(images, rng):
        return augment.color_jitter(crops(images, rng), np.sqrt(values) / spread, vectors, rng, scale=0.5).astype(np.float32)

    remedies["crops and light"] = {"change": crops_and_light}
    light, wrong = np.linspace(1.2, 0.4, 9), {"crops": [], "crops and light": []}
    dark = [middle(((hands.test_images / 255 * factor).clip(0, 1) - mean) / spread).astype(np.float32) for factor in light]
    show_images(*[(test[75].transpose(1, 2, 0) * spread + mean).clip(0, 1) for test in dark], titles=[f"× {factor:.1f}" for factor in light], size=1.0)
    for name in wrong:
        for net in trained(name)[0]:
            wrong[name].append([judged(net, test, y_test)[1] for test in dark])
    show_runs(wrong, "Test hands in other light", "light (1: as photographed)", "share wrong", x=light)

# %% [markdown]
# Shifting is not multiplying: what comes in at half of the light is far outside of what either network was shown, and a little less light is near enough for one of them.
#
# (AlexNet gained more than 1 % of top-1 error from its weaker jitter.) The same recipe serves for whatever else a label does not depend on: turning by a few degrees, stretching, covering a patch, mixing two images.
#
# > **Takeaway.** Show a network in training what will vary at test time, and it learns what does not matter.

# %% [markdown]
# ## 9 · Ten looks at test time
#
# Whoever learned with crops reads one crop at test time: the middle. But the pattern says *average out the noise*. AlexNet takes **ten** pieces: four corners and the centre, and the mirror images of these; the network says a probability for each class ten times, and the mean counts. ResNet does that at five sizes, $L \in \{224, 256, 384, 480, 640\}$, and averages again.

# %% [markdown]
# **Exercise `augment.ten_crop`** · 6 points · difficulty ●●○○○ · 15 minutes · in `cnnlib/augment.py`

# %% check="augment.ten_crop"
check("augment.ten_crop")

# %%
with waits_for("augment.ten_crop"):
    looks = augment.ten_crop(to_batch(cat)[0], 150)
    titles = [f"{n}: {where}" for n, where in enumerate(("top left", "top right", "bottom left", "bottom right", "centre", *["mirrored"] * 5))]
    show_images(*[to_photo(look[None]) for look in looks], titles=titles, columns=5, size=1.5)

# %% [markdown]
# `predict_multi_crop` is handed a function `predict`, which turns any number of pieces into as many rows of probabilities. Average *probabilities*, not the winners of the ten looks.
#
# **Predict.** Nine looks say "5" with probability 0.4 and "4" with 0.35. The tenth sees a thumb, and says "4" with 0.98 and "5" with 0.01. What do most looks say, and what does the mean say?
#
# <details><summary>Answer</summary>
#
# Nine of ten say "5". The mean is 0.361 for "5" and 0.413 for "4": who is sure counts more.
# </details>

# %% [markdown]
# **Exercise `augment.predict_multi_crop`** · 6 points · difficulty ●●○○○ · 10 minutes · in `cnnlib/augment.py`

# %% check="augment.predict_multi_crop"
check("augment.predict_multi_crop")

# %% [markdown]
# ### Experiment: are ten looks better than one?
#
# Networks that learned with crops, and networks that learned with crops and mirror images, each with one look at the middle, with the five looks that are not mirrored, with ten looks, and with ten looks at three sizes.
#
# **Predict.** Which looks help the first kind of network, and which the second?
#
# <details><summary>Answer</summary>
#
# Networks that learned with crops gain little from five looks, if anything, and lose much from mirrored ones: they have never seen a left hand, and their five opinions on left hands count as much as the others.
# Those that learned with flips gain from all ten, and more from sizes.
# </details>

# %%
with waits_for("augment.ten_crop", "augment.predict_multi_crop", "augment.random_crop", "augment.random_horizontal_flip", "augment.resize_short_side"):
    ways = ("one look", "five, not mirrored", "ten looks", "ten, three sizes")
    for name in ("crops", "crops and flips"):
        bars = {way: [] for way in ways}
        for net in trained(name)[0]:
            net.eval()
            predict = lambda pieces, net=net: softmax(net.forward(pieces))
            sizes = [np.stack([augment.resize_short_side(image, size) for image in x_test]) for size in (30, 34)]
            one, ten = softmax(scores_of(net, middle(x_test))), augment.predict_multi_crop(predict, x_test, 28)
            five = sum(predict(pieces) for pieces in np.stack([augment.ten_crop(image, 28)[:5] for image in x_test], axis=1))
            thirty = ten + sum(augment.predict_multi_crop(predict, images, 28) for images in sizes)
            for way, probabilities in zip(ways, (one, five, ten, thirty)):
                bars[way].append(100 * np.mean(probabilities.argmax(axis=1) != y_test))
            net.train()
        show_run_bars(bars, f"Learned with {name}", "% wrong")

# %% [markdown]
# A look is an opinion, and all opinions count alike, also those of a network about what it has never seen.
#
# > **Takeaway.** Average over the noise that the network *learned with*. Ten looks cost ten times the time; they pay where each answer is dear.

# %% [markdown]
# ## 10 · All together
#
# Now one training step with your own pieces: crop, flip, a small network with dropout, and the way back through the same mask. And the same function without any noise, for test time.
#
# It also calls five functions of notebook 01: the linear layer and ReLU, both ways, and `softmax_cross_entropy`. Write them first.
#
# **Exercise `regularized.noisy_loss_and_gradients`** · 8 points · difficulty ●●●○○ · 20 minutes · in `cnnlib/regularized.py`

# %% check="regularized.noisy_loss_and_gradients"
check("regularized.noisy_loss_and_gradients")

# %% [markdown]
# ### Experiment: clothes, with and without noise
#
# 300 pieces of clothing, a network with one hidden layer of 128 units. Three ways to learn: without noise (`training=False` all the time), with little (pieces with padding 1, flips, $p = 0.3$), with much (padding 3, $p = 0.5$).
#
# **Predict.** Draw the training loss of the three, and the test loss.
#
# <details><summary>Answer</summary>
#
# Without noise the training loss goes to nothing, and the test loss turns upwards after a few epochs. With a little noise it stays down: nobody has to stop in time.
# With much noise the network learns more slowly, and has still not learned its 300 images when the others are done.
# </details>

# %%
PARTS = [f"{module}.{name}_{way}" for module, name in (("linear", "linear"), ("activations", "relu")) for way in ("forward", "backward")]
OURS = ["dropout.dropout_forward", "dropout.dropout_backward", "augment.random_crop", "augment.random_horizontal_flip"]
with waits_for("regularized.noisy_loss_and_gradients", "loss.softmax_cross_entropy", *PARTS, *OURS):
    clothes = load("fashion_small")
    level, width = clothes.train_images.mean() / 255, clothes.train_images.std() / 255
    images, unseen = (((part / 255 - level) / width).astype(np.float32) for part in (clothes.train_images[:300], clothes.test_images))
    labels, answers = clothes.train_labels[:300], clothes.test_labels
    step, rounds = regularized.noisy_loss_and_gradients, 60

    def learn(seed, p, padding, training):
        rng = np.random.default_rng(seed)
        shapes = {"w1": (128, 784), "b1": (128,), "w2": (10, 128), "b2": (10,)}
        parameters = {name: (rng.standard_normal(s) * np.sqrt(2 / s[-1]) * (len(s) == 2)).astype(np.float32) for name, s in shapes.items()}
        speed, rows = dict.fromkeys(parameters, 0), []
        for epoch in range(rounds):
            rate, order = 0.01 * (1 + np.cos(np.pi * epoch / rounds)) / 2, rng.permutation(300)
            for i in range(0, 300, 25):
                chosen = order[i : i + 25]
                _, gradients = step(parameters, images[chosen], labels[chosen], p, padding, training, rng)
                for name in parameters:
                    speed[name] = 0.9 * speed[name] + gradients[name]
                    parameters[name] = (parameters[name] - rate * speed[name]).astype(np.float32)
            if epoch % 3 == 2:
                rows.append([step(parameters, *part, p, padding, False, rng)[0] for part in ((images, labels), (unseen, answers))])
        return rows

    ways = {"no noise": (0.0, 0, False), "little noise": (0.3, 1, True), "much noise": (0.5, 3, True)}
    runs = {}
    for name, settings in ways.items():
        runs[name] = np.array([learn(seed, *settings) for seed in progress(seeds, f"seeds, {name}")])
    for column, part in enumerate(("300 clothes to learn from", "1,000 clothes to test with")):
        title = f"Loss without noise on the {part}"
        show_runs({name: rows[:, :, column] for name, rows in runs.items()}, title, "epoch", "mean cross-entropy", x=np.arange(3, rounds + 1, 3))

# %% [markdown]
# Noise takes the place of stopping in time, and there can be too much of it. Whichever you choose, compare runs with noise at *test-time* loss:
# the loss that a training step returns is that of the noisy network.

# %% [markdown]
# ## 11 · Every remedy, measured
#
# All networks of this notebook side by side, and two more kinds: weight decay, and crops together with dropout. The left end of a bar is the training images *without noise*, the right end the test images.
#
# **Predict.** Which remedies make the gap smaller by making the *right* end better, and which only by making the left end worse?
#
# <details><summary>Answer</summary>
#
# - **Crops** move the right end most: the share of wrong hands falls by half or more. With light changed as well it is lowest over six seeds.
# - **Weight decay, batch normalization, dropout** make the network less sure of its mistakes: the loss falls. The share of wrong answers falls by less than three seeds can prove.
# - **Crops and flips**, and **crops and dropout**, close the gap further. But look at the left ends: these networks do not know their own images any more, and the right ends are worse than with crops alone.
# </details>

# %%
remedies |= {"weight decay": {"decay": 0.02}}
with waits_for(*OURS, "augment.resize_short_side", "augment.color_jitter"):
    remedies["crops and dropout"] = {"change": crops, "p": 0.3}
    order = ("none", "weight decay", "batch normalization", "dropout", "crops", "crops and flips", "crops and sizes", "crops and light", "crops and dropout")
    last = {name: trained(name)[1][:, -1] for name in order}
    show_gaps({name: (rows[:, 0], rows[:, 2]) for name, rows in last.items()}, "From training to test: the loss", "mean cross-entropy")
    show_gaps({name: (100 * rows[:, 1], 100 * rows[:, 3]) for name, rows in last.items()}, "From training to test: wrong answers", "% wrong")

# %% [markdown]
# Look at the error bars before you believe in a bar: three seeds prove little. With six we got 25.8 % wrong without a remedy, 21.0 % with dropout, 12.4 % with crops, 9.3 % with crops and light, 20.6 % with crops and flips. And look at the left ends. A network that does not know its own images any more had too much noise, for its size and
# so few epochs (AlexNet needed about twice as many steps with dropout as without). A closed gap is not the aim; a low right end is.

# %% [markdown]
# ### Flips, where they fit
#
# CIFAR-10 has 60,000 photographs of animals, cars and ships, 32×32 pixels. A mirrored dog is a dog, and there are as many that look to the left as to the right. With `LONG = True` at the top, the next cell learns from 2,000 of them, with crops, and with crops and flips (it takes the data from the folder that the
# environment variable `CNNLIB_DATA` names, or fetches 170 MB once; four minutes of one core).

# %%
if LONG:
    cifar, bars = load("cifar10"), {"none": [], "crops": [], "crops and flips": []}
    print(cifar.note or "CIFAR-10, the original pixels")
    level, width = cifar.train_images[:2000].mean() / 255, cifar.train_images[:2000].std() / 255
    examples, answers = scaled(cifar.train_images[:2000], level, width), cifar.train_labels[:2000]
    others = scaled(cifar.test_images[::5], level, width), cifar.test_labels[::5]
    for name in bars:
        for seed in seeds:
            change = remedies[name].get("change", middle)
            rows = train(network(seed), examples, answers, seed, f"epochs, {name}, seed {seed}", change, tests=others)
            bars[name].append(100 * rows[-1][3])
    which = "CIFAR-10 (JPEG copy)" if cifar.note else "CIFAR-10"
    show_run_bars(bars, f"{which}, 2,000 images to learn from, 2,000 to test with", "% wrong")

# %% [markdown]
# On a JPEG copy of CIFAR-10 we got 57.7 ± 1.0 % wrong without a remedy, 54.0 ± 0.3 with crops, 49.4 ± 1.7 with crops and flips (three seeds; the picture's title says which copy is yours): the flips that harmed hands are worth as much as crops here. Same code, same network, other images.
#
# > **Takeaway.** A remedy is a claim about the world: "this does not matter". Where the claim is true it helps, where it is false it harms. Measure, over seeds.

# %% [markdown]
# ## 12 · In your own words
#
# **Written question** · 8 points · about half a page, marked by a person
#
# A hospital has 400 X-ray pictures of chests, each with one of four findings; one of the findings is a heart that lies on the wrong side, another one is a faint shadow that shows as a slightly brighter patch. A colleague fine-tunes his network until the training error is 0 %; on 100 pictures of patients that it never saw, it is wrong for 30 %. He adds, all at once: dropout with
# $p = 0.5$ in every layer, random flips, crops of half of the picture's area, strong changes of brightness, and ten looks at test time. Now it is wrong for 35 % of the 400 and for 38 % of the 100.
#
# Did over-fitting get less? Why did the result not get better? Go through his remedies, and say for each what it claims about the pictures and whether that is true here. What would you do instead, in which order, and how would you know that a change helped?
#
# | marked | points |
# |---|---|
# | reads the four numbers rightly: the gap nearly closed, but the network now learns too little; says what the gap does and does not tell | 2 |
# | says for flips, crops and brightness what each claims, and which findings make the claim false | 2 |
# | says why noise in training and test time belong together: mean over masks, and ten looks with mirror images for a network that may or may not have seen them | 2 |
# | proposes one change at a time, with seeds, spread, and pictures for choosing that are not those for reporting (same patient never on both sides) | 2 |

# %% [markdown] written="07-written"
# *Write your answer here, in place of this line.*

# %% [markdown]
# ## What you can do now
#
# - See over-fitting in a gap, and tell a remedy that closes it from one that only makes learning harder.
# - Write dropout in both forms, and DropConnect, with the right scaling, and say why it is right.
# - Turn one image into many: crops, mirror images, sizes, light; and choose among them by what the test images are like.
# - Average several looks at test time, and say when that pays.
#
# **Next:** 08, networks so deep that they cannot even learn by heart, and the shortcut that mends it.
#
# ## Further reading
#
# - A. Krizhevsky, I. Sutskever, G. Hinton, *ImageNet classification with deep convolutional neural networks* (2012): sections 4.1 and 4.2.
# - G. Hinton et al., *Improving neural networks by preventing co-adaptation of feature detectors* (2012).
# - L. Wan, M. Zeiler, S. Zhang, Y. LeCun, R. Fergus, *Regularization of neural networks using DropConnect* (2013).
# - N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov, *Dropout: a simple way to prevent neural networks from overfitting* (2014).
# - Y. Gal, Z. Ghahramani, *Dropout as a Bayesian approximation* (2016): the spread of noisy answers as a measure of doubt.
# - G. Huang, Y. Sun, Z. Liu, D. Sedra, K. Weinberger, *Deep networks with stochastic depth* (2016).
# - K. He, X. Zhang, S. Ren, J. Sun, *Deep residual learning for image recognition* (2016): section 3.4, crops and sizes.
# - C. Zhang, S. Bengio, M. Hardt, B. Recht, O. Vinyals, *Understanding deep learning requires rethinking generalization* (2017).
# - H. Zhang, M. Cisse, Y. Dauphin, D. Lopez-Paz, *mixup: beyond empirical risk minimization* (2018): images that are a bit of both.
