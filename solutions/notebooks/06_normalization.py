# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 06 · Normalization
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/stride-course/stride/blob/main/notebooks/06_normalization.ipynb)
#
# One small layer changed how networks are trained: it holds the numbers inside a network at mean 0 and variance 1 while everything around them moves. You build it, forward and backward, and its relatives; then you measure what they bring,
# where they fail, and which of the stories about *why* they help stand up.
#
# **You will be able to** write batch, layer, group and instance norm with their gradients · keep training and use apart, with running statistics · say for each who shares a mean with whom · fold a batch norm away ·
# say which batch size it needs · test an explanation by an experiment.
#
# **Not here:** dropout and augmentation (07), residual networks, which rest on this (08).
#
# **Time** about 310 minutes · **Points** 100 · **Before this** 01 to 04, whose layers are used here; 05 helps. What you have not written yet, PyTorch stands in for, and says so.

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
from cnnlib import norm, normalized
from cnnlib.kit import BatchNorm, BatchNorm2d, Conv2d, Flatten, Layer, LayerNorm, Linear, ReLU, Sequential, Sigmoid
from cnnlib.kit import best_seconds, grey, load, numerical_gradient, photo, progress
from cnnlib.kit import show_batch_norm_graph, show_curves, show_grid_of_numbers, show_images, show_run_bars, show_runs, show_shared_statistics
from cnnlib.kit import to_batch, to_photo, waits_for
from cnnlib.kit.pieces import piece

# True: ten seeds instead of three, so the trainings take about three times as long, and the paper's experiment on MNIST (section 8; a minute of
# one core). All in all the notebook then takes about four and a half minutes of one core instead of one.
LONG = False
SEEDS = range(10 if LONG else 3)

cat, coffee, camera = photo("cat"), photo("coffee"), photo("camera")
cross_entropy = piece("loss.softmax_cross_entropy")  # yours, from 01

clothes = load("fashion_small")  # 2,000 + 1,000 pieces of clothing, 28×28, ten kinds
centre, spread = clothes.train_images.mean(), clothes.train_images.std()


def prepared(images):
    """(N, 1, 28, 28) bytes -> (N, 1, 14, 14) float32 with mean about 0 and variance about 1: small, so that we need not wait."""
    small = images.reshape(-1, 1, 14, 2, 14, 2).mean(axis=(3, 5))
    return ((small - centre) / spread).astype(np.float32)


x_train, y_train = prepared(clothes.train_images), clothes.train_labels
x_test, y_test = prepared(clothes.test_images), clothes.test_labels
pixels = x_train.reshape(len(x_train), -1)  # (2000, 196): every pixel a feature
seen = lambda image: to_photo(np.clip(0.5 + image / 5, 0, 1)[None])  # what a norm made of a photo, so that it can be shown
show_images(*x_train[:10, 0], titles=[clothes.classes[y] for y in y_train[:10]], size=1.1)

# %% [markdown]
# ## 1 · Numbers that drift
#
# In 00 you centred the images, so that the first layer meets numbers around 0. But what does the *tenth* layer meet? Whatever the nine before it make; and those change with every step of training.
#
# Here 20 fully connected layers with ReLU, untrained, receive 256 pieces of clothing. Weights are drawn with variance $g^2 \cdot 2/\text{fan-in}$: $g = 1$ is He's rule (05), and twice we are a little off.
#
# **Predict.** Each layer multiplies the spread of its numbers by about $g$. With $g = 0.8$, what is left of a spread of 1 after 20 layers? And with $g = 1.25$?
#
# <details><summary>Answer</summary>
#
# $0.8^{20} \approx 0.01$ and $1.25^{20} \approx 87$. A hundred times too small, or almost a hundred times too large, from a factor that looks harmless; and gradients suffer the same on their way back.
# </details>

# %%
DEPTH, WIDTH = 20, 200


def spreads(gain, normalize=None, seed=0):
    """The standard deviation of what each of DEPTH layers hands on."""
    rng, h = np.random.default_rng(seed), x_train[:256].reshape(256, -1).astype(float)
    found = [h.std()]
    for _ in range(DEPTH):
        h = h @ (gain * np.sqrt(2 / h.shape[1]) * rng.standard_normal((h.shape[1], WIDTH)))
        h = np.maximum(normalize(h) if normalize else h, 0)
        found.append(h.std())
    return found


gains = {"g = 1.25": 1.25, "g = 1, He's rule": 1.0, "g = 0.8": 0.8}
runs = {name: [spreads(gain, seed=seed) for seed in SEEDS] for name, gain in gains.items()}
show_runs(runs, "What 20 layers make of their input", "layer", "standard deviation", logy=True)

# %% [markdown]
# He's rule keeps the numbers in hand, at the beginning of training, for this activation. From the first step on, nothing does. What if every layer were simply *made* to see mean 0 and variance 1?
#
# > **Takeaway.** Small factors multiply through depth. A good start is not enough: the numbers should be held while the network learns.

# %% [markdown]
# ## 2 · Normalize, then scale and shift
#
# Take a batch: $N$ examples (rows) of $D$ features (columns). **Batch normalization** looks at each feature by itself, over the batch: subtract the mean of the column, divide by its standard deviation.
#
# $$\mu_d = \frac1N \sum_n x_{nd} \qquad \sigma_d^2 = \frac1N \sum_n (x_{nd} - \mu_d)^2 \qquad \hat x_{nd} = \frac{x_{nd} - \mu_d}{\sqrt{\sigma_d^2 + \epsilon}} \qquad \text{out}_{nd} = \gamma_d\,\hat x_{nd} + \beta_d$$

# %%
batch = np.array([[1, 100, 0.4], [3, 100, 0.3], [5, 300, 0.2], [7, 300, 0.1]])  # (4, 3)
normal = np.array([[-1.34, -1, 1.34], [-0.45, -1, 0.45], [0.45, 1, -0.45], [1.34, 1, -1.34]])
column = {0: [(n, 0) for n in range(4)], 1: [(n, 0) for n in range(4)]}
show_grid_of_numbers(batch, "→", normal, titles=("x: 4 examples, 3 features", "normalized, column by column"), marked=column, cell=0.65)

# %% [markdown]
# The first column has mean 4 and variance 5: its first number becomes $(1 - 4)/\sqrt5 = -1.34$. The third one is the first, turned round and twenty times smaller; afterwards only its direction tells them apart. *Where* a feature lies and *how wide* it spreads is gone.
#
# - **γ and β give it back.** Perhaps mean 0 and variance 1 is not what the next layer needs: a sigmoid is almost a straight line there. So each feature gets a scale $\gamma$ (begins at 1) and a shift $\beta$ (begins at 0), which are *learned* like weights. The network can have any mean and width it likes,
#   but now they stand in two numbers of its own, and no longer in everything that the layers below happen to do.
# - **ε keeps the root away from 0.** A feature may be the same in the whole batch; $0/0$ would spread through the network in one step. $\epsilon = 10^{-5}$.
#
# > ⚠ ε stands **inside** the root: $\sqrt{\sigma^2 + \epsilon}$, not $\sqrt{\sigma^2} + \epsilon$. At $10^{-5}$ you would hardly see the difference, so the check also uses a large one.
#
# **Predict.** (a) A feature has mean 7 and standard deviation 3 in this batch. Which γ and β make batch norm hand on just what came in? (b) What are the two outputs of a batch of two examples, $a < b$, with γ = 1 and β = 0? (c) And of a single one?
#
# <details><summary>Answer</summary>
#
# (a) γ = 3 (strictly $\sqrt{9 + \epsilon}$) and β = 7: $\gamma = \sigma$, $\beta = \mu$ undo it. So nothing that the network could compute before is lost. (b) −1 and 1, whatever $a$ and $b$ are! (c) 0: it *is* the mean. Keep both in mind for section 11.
# </details>

# %% [markdown]
# ## 3 · Training and use
#
# While the network learns, a batch has 64 or 256 examples. In use there may be a single image: no batch, no statistics. And the answer for your image should not depend on whose image is computed beside it.
#
# So the layer works in **two modes**:
#
# | | normalizes with | running statistics |
# |---|---|---|
# | **training** | mean and variance of *this batch* | move a little towards them |
# | **use** (test, evaluation) | the *running* mean and variance | stay |
#
# $$\text{running mean} \leftarrow (1 - m)\cdot\text{running mean} + m\cdot\mu \qquad \text{running var} \leftarrow (1 - m)\cdot\text{running var} + m\cdot\frac{N}{N-1}\,\sigma^2$$
#
# They begin at 0 and 1 and are not learned by gradient: they only watch. In training nothing is normalized with them.
#
# > ⚠ **Momentum has two meanings.** Ours, $m = 0.1$, weighs the *new* batch, as PyTorch does. The paper, TensorFlow and Keras weigh the *old* value: their 0.9 is our 0.1.
#
# > ⚠ **Two variances.** The batch normalizes with the sum of squares divided by $N$ (biased); into the running variance goes the one divided by $N - 1$ (unbiased): a small batch makes the variance of everything look too small, and $N/(N-1)$ mends that. Also as PyTorch. And ε
# > is added when the root is taken, each time; it does not live in the running variance, although some lectures write $\sigma^2 = \dots + \epsilon$.
#
# > ⚠ **Average $(x - \mu)^2$, not $x^2$.** On paper $\operatorname{mean}(x^2) - \mu^2$ is the same. But around 1000, float32 knows $x^2$ only to steps of 0.06: of a variance of 0.01 nothing is left, or a number below 0, and its root is NaN. The checks of all norms ask for this.
#
# **Predict.** With $m = 0.1$, how many batches does it take until the starting values 0 and 1 count for less than 1 %? And with $m = 0.01$?
#
# <details><summary>Answer</summary>
#
# $0.9^t < 0.01$ from $t = 44$ on; $0.99^t$ from $t = 459$ on. A small $m$ averages over more batches, but is late: it remembers batches that a network made which no longer exists.
# </details>

# %% [markdown]
# **Exercise `norm.batch_norm_forward`** · 14 points · difficulty ●●●○○ · 25 minutes · in `cnnlib/norm.py`

# %% check="norm.batch_norm_forward"
check("norm.batch_norm_forward")

# %% [markdown]
# ### Experiment: the drift, once more
#
# The 20 layers of section 1, with your function between the weights and ReLU:

# %%
with waits_for("norm.batch_norm_forward"):

    def whiten(h):
        D = h.shape[1]
        return norm.batch_norm_forward(h, np.ones(D), np.zeros(D), np.zeros(D), np.ones(D), True)[0]

    runs = {name: [spreads(gain, whiten, seed) for seed in SEEDS] for name, gain in gains.items()}
    runs |= {"without, g = 0.8": [spreads(0.8, seed=seed) for seed in SEEDS]}
    show_runs(runs, "What 20 layers with batch norm make of their input", "layer", "standard deviation", logy=True)

# %% [markdown]
# Three curves in one: how large the weights are no longer matters. (And not at 1: the norm's numbers do have a spread of 1, but the curve is drawn behind ReLU, which sets half of them to 0. Of normally distributed numbers that leaves a spread of $\sqrt{1/2 - 1/(2\pi)} \approx 0.58$.)
#
# ### Experiment: who is right, the batch or the average?
#
# The pixels of clothing are the features now, and we take batches of 32. The running mean of one pixel, for three momenta, and what it should become: the mean of all 2,000 images. Each seed draws other batches.

# %%
with waits_for("norm.batch_norm_forward"):
    pixel, steps, runs = 7 * 14 + 7, 150, {}
    for momentum in (0.5, 0.1, 0.01):
        rows = []
        for seed in SEEDS:
            rng, mean, var, row = np.random.default_rng(seed), np.zeros(196, np.float32), np.ones(196, np.float32), []
            for _ in range(steps):
                chosen = pixels[rng.choice(len(pixels), 32, replace=False)]
                _, mean, var = norm.batch_norm_forward(chosen, np.ones(196, np.float32), np.zeros(196, np.float32), mean, var, True, momentum)
                row.append(mean[pixel])
            rows.append(row)
        runs[f"momentum {momentum}"] = rows
    show_runs(runs, "The middle pixel (dotted: its mean over all images)", "batches seen", "running mean", marks=[(pixels[:, pixel].mean(), "")])

# %% [markdown]
# 0.5 follows every batch and never settles; 0.01 is calm and late; 0.1 is what most people take.
#
# > **Takeaway.** Batch norm: mean 0 and variance 1 over the batch, then a learned scale and shift. In use, averages from training take the batch's place.

# %% [markdown]
# ## 4 · Backwards through the batch
#
# For the first time the output for one example depends on *all* the others: everybody moves the mean, and everybody moves the variance. So there are three ways from $x$ to the output, and the gradient must come back along each of them:

# %%
show_batch_norm_graph()

# %% [markdown]
# Walk the graph backwards, node by node. Each is something you know from 01; `d·` stands for the gradient of the loss, sums run over the batch, and $N$ is its size:
#
# | node | backwards |
# |---|---|
# | $\text{out} = \gamma \hat x + \beta$ | $d\beta = \sum d\text{out}$, $\quad d\gamma = \sum d\text{out}\cdot\hat x$, $\quad d\hat x = \gamma\cdot d\text{out}$ |
# | $\hat x = c / r$ | $dc = d\hat x / r$ (straight), $\quad dr = -\sum d\hat x\cdot c / r^2$ |
# | $r = \sqrt{v + \epsilon}$ | $dv = dr / (2r)$ |
# | $v = \frac1N \sum c^2$ | $dc$ gets $\frac2N c \cdot dv$ on top (by the variance) |
# | $c = x - \mu$ | $dx = dc$ (straight), $\quad d\mu = -\sum dc$ |
# | $\mu = \frac1N \sum x$ | $dx$ gets $\frac1N d\mu$ on top (by the mean) |
#
# One root and one division by it: nothing here is hard, but nothing may be forgotten. **In use**, $\mu$ and $v$ are constants, two numbers from long ago: only the straight way is left. The running statistics get no gradient in either mode.
#
# **Predict.** (a) Add the same number to feature $d$ of *all* examples of a batch. How does the output change while training? So what must be the sum of $dx$ over the batch? (b) The same questions in use.
#
# <details><summary>Answer</summary>
#
# (a) Not at all: the mean moves along. So the sum of $dx$ over the batch is 0, for every upstream gradient. (If yours is not, the way by the mean is missing.) (b) Each output moves by γ/r times that number; and $dx$ sums to $\gamma/r \cdot \sum d\text{out}$.
# </details>

# %% [markdown]
# **Exercise `norm.batch_norm_backward`** · 14 points · difficulty ●●●●○ · 40 minutes · in `cnnlib/norm.py`

# %% check="norm.batch_norm_backward"
check("norm.batch_norm_backward")

# %% [markdown]
# ### Experiment: everybody is connected
#
# One feature of six examples. Row by row: we ask for the gradient of *one* output with respect to all six inputs. Red is positive, blue negative.

# %%
with waits_for("norm.batch_norm_backward", "norm.batch_norm_forward"):
    six = np.array([-2.0, -1.2, 0.3, 0.5, 0.9, 2.6])[:, None]  # (6, 1)
    one, zero = np.ones(1), np.zeros(1)
    tables = []
    for training in (True, False):
        asked = [norm.batch_norm_backward(np.eye(6)[:, n : n + 1], six, one, zero, zero, one, training)[0][:, 0] for n in range(6)]
        tables.append(np.array(asked))
    titles = ("training: d out / d x", "in use: d out / d x")
    show_images(*tables, titles=titles, signed=True, shared=True, size=2.6, colorbar=True)
    dout = np.random.default_rng(0).standard_normal((6, 1))
    measured = numerical_gradient(lambda v: norm.batch_norm_forward(v, one, zero, zero, one, True)[0], six, dout)
    written = norm.batch_norm_backward(dout, six, one, zero, zero, one, True)[0]
    print(f"central differences against yours, largest difference: {np.abs(measured - written).max():.1e}")
    print(f"row sums while training: {np.abs(tables[0].sum(axis=1)).max():.1e}")

# %% [markdown]
# In use each output looks at its own input only. In training a push on one example moves the mean, and all the others a little the other way. And the first and the last number are so far out that mean and spread follow them: their own outputs hardly move, the corners are pale.
#
# ### The short form
#
# Put the six lines of the table into one, and most of it cancels ($\hat x$ has mean 0):
#
# $$dx = \frac{\gamma}{r}\Big(d\text{out} - \operatorname{mean}(d\text{out}) - \hat x\cdot\operatorname{mean}(d\text{out}\cdot\hat x)\Big)$$
#
# Read it: from the gradient, what would **shift** all examples together is taken away, and what would **stretch** them all; neither could change the output. What remains is scaled by $\gamma/r$. If you wrote the long form, try the short one: your check tells you at once whether they agree.
#
# ### Experiment: how loud may a layer be?
#
# A fully connected layer, then batch norm. **Predict.** Multiply all its weights by 10. What happens to the output? And to the gradient that the weights get?
#
# <details><summary>Answer</summary>
#
# The output stays: mean and spread are ten times as large as well, and are taken out again. The gradient becomes ten times *smaller*: with weights of ten times the size, a step must be ten times as long to turn them as far.
# </details>

# %%
with waits_for("norm.batch_norm_forward", "norm.batch_norm_backward"):
    rng = np.random.default_rng(0)
    some, weights, upstream = pixels[:64].astype(float), rng.standard_normal((196, 30)) / 14, rng.standard_normal((64, 30))
    args = np.ones(30), np.zeros(30), np.zeros(30), np.ones(30), True
    print(f"{'weights':>8} {'spread before':>14} {'spread after':>13} {'size of their gradient':>23}")
    for factor in (0.1, 1, 10, 100):
        h = some @ (factor * weights)
        out = norm.batch_norm_forward(h, *args)[0]
        dweights = some.T @ norm.batch_norm_backward(upstream, h, *args)[0]
        print(f"{f'× {factor:g}':>8} {h.std():14.2f} {out.std():13.3f} {np.linalg.norm(dweights):23.1f}")

# %% [markdown]
# A learning rate that is too large makes weights large; large weights get small gradients, and so smaller steps. The layer slows down by itself. Remember this when you see, in section 8, which rates batch norm puts up with.
#
# > **Takeaway.** The gradient comes back on three roads: straight, by the mean, by the variance. In use, on one.

# %% [markdown]
# ## 5 · Images: one mean for each channel
#
# After a convolution, a channel is *one filter's* answer everywhere. It means the same at every pixel, so it should be treated the same at every pixel: **one mean and one variance for each channel**, over all images and all places. $M = N \cdot H \cdot W$ numbers share them; γ and β are per channel too.

# %%
show_shared_statistics(kinds=("batch norm",), images=3, channels=4)

# %% [markdown]
# Tinted is what shares its mean and variance with the framed pixel: the same channel, of all images. (Each square is a channel of an image, drawn with 2×2 pixels.)
#
# **Predict.** A batch of shape (16, 8, 28, 28). (a) How many means are computed, and from how many numbers each? (b) How many parameters has the layer? How many numbers must be saved with it? (c) A colleague reshapes to (16, 8·28·28) and uses the function of section 2. How many means has he?
#
# <details><summary>Answer</summary>
#
# (a) 8, from 16·28·28 = 12,544 numbers each. (b) 16 parameters, γ and β; and 16 running statistics, which are saved but not learned. (c) 6,272, from 16 numbers each: one for every place. We shall look at what that does.
# </details>

# %% [markdown]
# **Exercise `norm.batch_norm2d_forward`** · 8 points · difficulty ●●●○○ · 15 minutes · in `cnnlib/norm.py`

# %% check="norm.batch_norm2d_forward"
check("norm.batch_norm2d_forward")

# %% [markdown]
# **Exercise `norm.batch_norm2d_backward`** · 8 points · difficulty ●●●○○ · 15 minutes · in `cnnlib/norm.py`
#
# The same three roads; $N$ becomes $M$.

# %% check="norm.batch_norm2d_backward"
check("norm.batch_norm2d_backward")

# %% [markdown]
# ### Experiment: ghosts
#
# Four pieces of photos are a batch with three channels: red, green, blue. Once normalized per channel, as you wrote it; once as the colleague does, with a mean for every *place*.
#
# **Predict.** What will you see where every place has a mean of its own?
#
# <details><summary>Answer</summary>
#
# Ghosts: at each place the mean of the four is taken away, and the other three have a part in it. So each image wears the others' negatives: a bright cup in one makes the same place dark in all the others.
# </details>

# %%
with waits_for("norm.batch_norm2d_forward", "norm.batch_norm_forward"):
    crops = [cat[10:150, 60:200], cat[60:200, 150:290], coffee[20:160, 20:160], coffee[50:190, 120:260]]
    x = np.concatenate([to_batch(crop) for crop in crops])  # (4, 3, 140, 140)
    D = x[0].size
    right = norm.batch_norm2d_forward(x, np.ones(3), np.zeros(3), np.zeros(3), np.ones(3), True)[0]
    wrong = norm.batch_norm_forward(x.reshape(4, D), np.ones(D), np.zeros(D), np.zeros(D), np.ones(D), True)[0].reshape(x.shape)
    show_images(*crops, titles=("the batch", "", "", ""), size=1.6)
    show_images(*map(seen, right), titles=("per channel", "", "", ""), size=1.6)
    show_images(*map(seen, wrong), titles=("per place: wrong", "", "", ""), size=1.6)

# %% [markdown]
# Per channel, every image stays what it is; only the colours are balanced, over all four together. Per place, a network could not learn that a filter's answer means the same everywhere.
#
# > **Takeaway.** For images, the pixels are examples too: a channel has one mean, one variance, one γ, one β.

# %% [markdown]
# ## 6 · A network with batch norm
#
# Where does it go? The paper put it **between the weights and the activation**: convolution, batch norm, ReLU. (Some put it after ReLU; both work.) And the kit has it as layers, `BatchNorm2d(channels)` and `BatchNorm(features)`: they hold γ, β and the running statistics, and call *your* functions.
# `net.train()` and `net.eval()` switch every layer of a network between the modes; a new network is in training.
#
# **Predict.** The convolution before a batch norm has a bias. What does it do? What gradient does it get?
#
# <details><summary>Answer</summary>
#
# Nothing, and 0: a number that is added to a whole channel is taken away with the channel's mean; β does the bias' work. Many networks leave it out there (08 does). Ours keeps it; the experiment below looks at its gradient.
# </details>

# %% [markdown]
# **Exercise `normalized.build_normalized_net`** · 6 points · difficulty ●●○○○ · 15 minutes · in `cnnlib/normalized.py`
#
# It is trained below, with your own functions. The check wants all of them to be yours, forward and backward: `batch_norm2d`, and from 01 to 04 `conv2d` in `fast_conv.py`, `relu`, `max_pool2d`, `global_avg_pool2d` and `linear`. The experiments do not: what is
# missing from earlier notebooks, PyTorch stands in for.

# %% check="normalized.build_normalized_net"
check("normalized.build_normalized_net")

# %% [markdown]
# ### Experiment: with and without
#
# Your network, and the same one with its batch norms taken out, on 2,000 pieces of clothing. Each learns with the rate that suited it best among 0.03, 0.1, 0.3, 1 and 3 (tried once, with the first seed): 1 with batch norm, 0.3 without.

# %%


def accuracy(net, images=x_test[:500], labels=y_test[:500]):
    """The share of the images that the network names rightly, in use."""
    right = np.mean(net.eval().forward(images).argmax(axis=1) == labels)
    net.train()
    return right


def train(net, steps, rate, seed, batch=64, every=10, watch=None, data=(x_train, y_train)):
    """Mini-batch SGD, plain. Returns the loss of every step, and after every `every` steps the test accuracy, or what `watch(net)` says."""
    net.train()
    images, labels = data
    rng, queue, losses, watched = np.random.default_rng(seed), np.zeros(0, int), [], []
    for step in range(1, steps + 1):
        if len(queue) < batch:
            queue = np.concatenate([queue, rng.permutation(len(images))])
        chosen, queue = queue[:batch], queue[batch:]
        loss, dscores = cross_entropy(net.forward(images[chosen]), labels[chosen])
        net.backward(dscores)
        losses.append(loss)
        for layer in net.layers():
            for name in layer.parameters:
                layer.parameters[name] = layer.parameters[name] - rate * layer.gradients[name]
        if step % every == 0:
            watched.append((watch or accuracy)(net))
    return losses, watched


trained = {}  # the networks with batch norm, for later


def without(net):
    return Sequential(*[step for step in net.steps if not isinstance(step, BatchNorm2d)])


with waits_for("normalized.build_normalized_net"):
    steps, runs = 160, {"with batch norm, rate 1": [], "without, rate 0.3": []}
    for seed in progress(SEEDS, "seeds"):
        for name, rate in zip(runs, (1.0, 0.3)):
            net = normalized.build_normalized_net(np.random.default_rng(seed))
            net = without(net) if "without" in name else trained.setdefault(seed, net)
            runs[name].append(train(net, steps, rate, seed, batch=32, every=20)[1])
    show_runs(runs, "A small convolutional network on clothing", "step", "share right (test)", x=np.arange(20, steps + 1, 20))
    first = trained[0].steps[0].gradients
    print(f"gradients of the first convolution, largest: weights {np.abs(first['w']).max():.1e}, bias {np.abs(first['b']).max():.1e}")

# %% [markdown]
# And the bias: nothing but rounding.
#
# ### Experiment: somebody forgot `eval()`
#
# The most frequent mistake with batch norm is not in the layer, it is in its *mode*. We ask the trained networks about the same 500 test images: in use; in training mode with mixed batches of 50; in training mode, sorted, so that each batch holds one kind of clothing only.
#
# **Predict.** Which of them is bad? Why?
#
# <details><summary>Answer</summary>
#
# Mixed batches are about as good: their statistics are like those of training. A batch of trousers only is another matter: batch norm takes away what all of them have in common, and that was what made them trousers.
# </details>

# %%
with waits_for("normalized.build_normalized_net"):
    if not trained:
        normalized.build_normalized_net(np.random.default_rng(0))
    images, labels = x_test[:500], y_test[:500]
    orders = {"in use": None, "training mode,\nmixed batches": np.arange(500), "training mode,\none kind a batch": np.argsort(labels, kind="stable")}
    runs = {name: [] for name in orders}
    for net in trained.values():
        kept = {name: array.copy() for name, array in net.state().items()}
        for name, order in orders.items():
            if order is None:
                right = accuracy(net, images, labels)
            else:
                net.train()
                right = np.mean([(net.forward(images[some]).argmax(axis=1) == labels[some]).mean() for some in np.split(order, 10)])
            runs[name].append(100 * right)
            net.load_state(kept)  # in training mode, every forward pass moves the running statistics
    show_run_bars(runs, "The same networks, the same 500 images", "% right")

# %% [markdown]
# Mixed batches may even come out *above* use, where the seeds differ most. The running averages are late: after 160 large steps, they still remember a network of some steps ago. We tried it with ten seeds: 72 ± 5 % in use, 74 ± 2 % with mixed batches; and after 80 more batches that moved the averages but no weight, 74 ± 2 % in use too.
#
# And each look in training mode moves the running statistics, so that it would be worse even *afterwards*, in use. (We put them back.)
#
# > **Takeaway.** Convolution, batch norm, activation. `train()` before training, `eval()` before anything else.

# %% [markdown]
# ## 7 · Fold it away
#
# In use, batch norm is only arithmetic with constants: each channel times a number, plus a number. And a convolution is a sum of products plus a bias. Both together are *one* convolution with other weights and another bias: the batch norm can be **folded** into the layer before it. It is done before a network
# goes into a phone.
#
# **Predict.** One weight, one number in, to keep it small: the layer says $2x + 1$. Then batch norm in use, with running mean 5, running variance 4 (and ε = 0), γ = 3, β = 10. Write both as one layer $w x + b$.
#
# <details><summary>Answer</summary>
#
# $3\cdot(2x + 1 - 5)/2 + 10 = 3x + 4$. The weights are scaled by γ/√(running var + ε); the bias is moved by the running mean, scaled alike, and β comes on top.
# </details>

# %% [markdown]
# **Exercise `norm.fold_batch_norm`** · 8 points · difficulty ●●●○○ · 15 minutes · in `cnnlib/norm.py`

# %% check="norm.fold_batch_norm"
check("norm.fold_batch_norm")

# %% [markdown]
# ### Experiment: three layers fewer
#
# The trained network of section 6, folded:

# %%
with waits_for("norm.fold_batch_norm", "normalized.build_normalized_net"):
    if not trained:
        normalized.build_normalized_net(np.random.default_rng(0))
    net, kept = trained[0].eval(), []
    for step in net.steps:
        if isinstance(step, BatchNorm2d):
            before, after, constants = kept[-1].parameters, step.parameters, (step.running_mean, step.running_var)
            folded = Conv2d(*before["w"].shape[1::-1], 3, padding=1)
            w, b = norm.fold_batch_norm(before["w"], before["b"], after["gamma"], after["beta"], *constants)
            folded.parameters = {"w": w, "b": b}
            kept[-1] = folded
        else:
            kept.append(step)
    light = Sequential(*kept).eval()
    difference = np.abs(net.forward(x_test) - light.forward(x_test)).max()
    print(f"scores of 1,000 images: {np.abs(net.forward(x_test)).max():.1f} at most, largest difference after folding {difference:.1e}")
    seconds = [best_seconds(each.forward, x_test, repeat=3) for each in (net, light)]
    print(f"{len(net.steps)} layers: {seconds[0]:.2f} s, {len(light.steps)} layers: {seconds[1]:.2f} s for 1,000 images")
    net.train()

# %% [markdown]
# > **Takeaway.** Batch norm costs time while training, and nothing in use.

# %% [markdown]
# ## 8 · What it brings
#
# Figure 1 of the paper of 2015 shows MNIST with three layers of 100 sigmoid units: with batch norm the network gets there much earlier. Let us ask that question carefully, because it is easy to ask it unfairly: with one learning rate for both, one can make either look bad. So **each
# gets every rate**, and is judged by its own best one.
#
# We take the sigmoid network of the paper, on our clothing, and a deeper one with six layers of ReLU.
#
# **Predict.** At their best rates, how many times fewer steps will batch norm need to be right for 75 % of the test images, for sigmoid and for ReLU? And over which range of rates will each learn at all?
#
# <details><summary>Answer</summary>
#
# Five times fewer for sigmoid (we found 53 against 257), two times fewer for ReLU (53 against 117): a good start and ReLU had mended part of the trouble already.
# With batch norm, all rates from 0.03 to 10 lead the sigmoid network to about the same place; without, it crawls below 0.3, and breaks at 10. The ReLU network breaks at 1 without batch norm; with it, 1 and 3 still learn.
# </details>

# %%


def mlp(rng, kind=None, activation=Sigmoid, widths=(196, 100, 100, 100), after=None):
    """A fully connected network; `kind` is None, BatchNorm or LayerNorm; `after` makes a layer that follows each of these."""
    if kind is BatchNorm:  # yours, or this experiment waits: it is about your layer
        args = np.eye(2), np.ones(2), np.zeros(2), np.zeros(2), np.ones(2), True
        norm.batch_norm_backward(norm.batch_norm_forward(*args)[0], *args)
    layers = [Flatten()]
    for inputs, outputs in zip(widths, widths[1:]):
        layers += [Linear(inputs, outputs, rng=rng), *([kind(outputs)] if kind else []), *([after()] if after else []), activation()]
    return Sequential(*layers, Linear(widths[-1], 10, rng=rng))


def steps_to(share, curves, every=10):
    """For each seed, how many steps until the test accuracy first reaches `share`; inf if it never does."""
    return [next((every * (place + 1) for place, right in enumerate(curve) if right >= share), np.inf) for curve in curves]


NETS = {
    "sigmoid": (Sigmoid, (196, 100, 100, 100), (0.03, 0.1, 0.3, 1, 3, 10)),
    "ReLU": (ReLU, (196, 64, 64, 64, 64, 64, 64), (0.01, 0.03, 0.1, 0.3, 1, 3)),
}
with waits_for("norm.batch_norm_forward", "norm.batch_norm_backward"), np.errstate(all="ignore"):  # some rates are meant to break it
    mlp(np.random.default_rng(0), BatchNorm)
    steps, curves = 400, {}
    settings = [(net, kind, rate, seed) for net, (_, _, rates) in NETS.items() for kind in (BatchNorm, None) for rate in rates for seed in SEEDS]
    for net, kind, rate, seed in progress(settings, "trainings"):
        activation, widths, _ = NETS[net]
        name = f"{net}, batch norm" if kind else f"{net}, without"
        learner = mlp(np.random.default_rng(seed), kind, activation, widths)
        curves.setdefault(name, {}).setdefault(rate, []).append(train(learner, steps, rate, seed)[1])
    best = {name: min(by_rate, key=lambda rate: (np.mean(steps_to(0.75, by_rate[rate])), rate)) for name, by_rate in curves.items()}
    for net in NETS:
        runs = {f"{name}, rate {best[name]:g}": curves[name][best[name]] for name in curves if name.startswith(net)}
        title = f"{net}: each at its best rate (dotted: 75 %)"
        show_runs(runs, title, "step", "share right (test)", x=np.arange(10, steps + 1, 10), marks=[(0.75, "")])
    for name, by_rate in curves.items():
        needed = steps_to(0.75, by_rate[best[name]])
        print(f"{name}: 75 % after {np.mean(needed):.0f} steps (seeds: {', '.join(f'{n:g}' for n in needed)})")

# %% [markdown]
# ### Experiment: which rates does it put up with?
#
# The same trainings, seen from the other side: how good each network is after 400 steps, for every learning rate.

# %%
with waits_for("norm.batch_norm_forward", "norm.batch_norm_backward"):
    mlp(np.random.default_rng(0), BatchNorm)
    rows, rates = {}, {}
    for name, by_rate in curves.items():
        rates[name] = list(by_rate)
        rows[name] = np.array([[curve[-1] for curve in by_rate[rate]] for rate in by_rate]).T
    show_runs(rows, "After 400 steps", "learning rate", "share right (test)", x=rates, logx=True, marks=[(0.1, "guessing")])

# %% [markdown]
# So where batch norm stands, the rate hardly needs a search. And at their best rates, with ten seeds (`LONG`), we found 53 steps against 259 for sigmoid, 47 against 113 for ReLU. That is the fair statement: how much batch norm brings depends on how hard the network was to train without it. (Each
# step also costs more. Whether the clock agrees with the step counter, you can measure.)
#
# ### The original, on MNIST
#
# With `LONG = True` above: the paper's own network, three layers of 100 sigmoid units, on digits of 28×28 in batches of 60, at three rates and from two starts: He's rule, and "small random Gaussian values", as in the paper (here with standard deviation 0.01).

# %%
with waits_for("norm.batch_norm_forward", "norm.batch_norm_backward"), np.errstate(all="ignore"):
    mlp(np.random.default_rng(0), BatchNorm)
    if LONG:
        mnist, curves = load("mnist"), {}
        flat = lambda images: (images / 255 - 0.13).astype(np.float32)  # 0.13: the mean of all digits
        digits, tests = (flat(mnist.train_images), mnist.train_labels), flat(mnist.test_images[:2500])
        watch = lambda net: accuracy(net, tests, mnist.test_labels[:2500])
        settings = [(start, kind, rate, seed) for start in ("He", "0.01") for kind in (BatchNorm, None) for rate in (1, 3, 10) for seed in range(3)]
        for start, kind, rate, seed in progress(settings, "trainings"):
            net, rng = mlp(np.random.default_rng(seed), kind, widths=(784, 100, 100, 100)), np.random.default_rng(seed)
            for layer in net.layers():
                if start != "He" and isinstance(layer, Linear):
                    layer.parameters["w"] = (0.01 * rng.standard_normal(layer.parameters["w"].shape)).astype(np.float32)
            name = f"{'batch norm' if kind else 'without'}, {start}"
            found = curves.setdefault(name, {}).setdefault(rate, [])
            found.append(train(net, 1500, rate, seed, batch=60, every=50, watch=watch, data=digits)[1])
        for start in ("He", "0.01"):
            runs = {name: max(by_rate.values(), key=np.mean) for name, by_rate in curves.items() if name.endswith(start)}
            show_runs(runs, "The network of 2015 on MNIST, each at its best rate", "step", "share right (test)", x=np.arange(50, 1501, 50))
        for name, by_rate in curves.items():
            for rate, found in by_rate.items():
                to80, to90 = (", ".join(f"{n:g}" for n in steps_to(share, found, 50)) for share in (0.8, 0.9))
                print(f"{name}, rate {rate}: 80 % after {to80}; 90 % after {to90}; at the end {np.mean(found, axis=0)[-1]:.1%}")

# %% [markdown]
# What we got (three seeds, 2,500 test digits): from the **small random start**, with batch norm, 80 % after 150 steps and 90 % after about 580, at rate 3; without it, no rate reached 90 % within 1,500 steps, and 80 % only once, after 1,250. That is the picture of 2015. From **He's start**, the network without batch norm catches up: 80 %
# after about 320 steps against 80, but 90 % after about 580 against 430, and at the end of the 1,500 steps no less (94.2 and 93.9 %). Only rate 10 still breaks it, and leaves batch norm at 93.6 %. So part of what batch norm brought was a remedy for bad starts.
#
# > **Takeaway.** Batch norm saves steps, most where the network is hard to train without it, and widens the range of learning rates that work. Compare at *each one's* best rate.

# %% [markdown]
# ## 9 · One example at a time: layer norm
#
# All the trouble with modes comes from the batch. So turn it round: normalize each **example** by itself, over its features. A row in place of a column:

# %%
rowwise = np.array([[-0.7, 1.41, -0.71], [-0.68, 1.41, -0.74], [-0.69, 1.41, -0.72], [-0.68, 1.41, -0.73]])
row = {0: [(1, d) for d in range(3)], 1: [(1, d) for d in range(3)]}
show_grid_of_numbers(batch, "→", rowwise, titles=("x: 4 examples, 3 features", "normalized, row by row"), marked=row, cell=0.65)

# %% [markdown]
# (And here you see what it should *not* be used for: features in different units. The large one decides everything. Within a network, a layer's features are of one kind.)
#
# $$\hat x_{nd} = \frac{x_{nd} - \mu_n}{\sqrt{\sigma_n^2 + \epsilon}} \qquad \text{out}_{nd} = \gamma_d\, \hat x_{nd} + \beta_d$$
#
# - Mean and variance belong to the **example**, γ and β still to the **feature**.
# - No batch, so no modes and no running statistics: **the same in training and in use**. A batch of one is as good as any.
# - "The last axis", whatever stands before: (N, D), or (N, T, D) for sequences. Transformers and recurrent networks use it.
#
# **Predict.** Which of the two, batch norm or layer norm, gives the same output when the whole batch is made twice as large (every number doubled)? And when only *one* example of it is doubled? (Let ε be 0.)
#
# <details><summary>Answer</summary>
#
# Doubled all together: both. One alone: layer norm hands on the same as before for all of them; with batch norm every output changes, that one's and, through mean and variance, the others'.
# </details>

# %% [markdown]
# **Exercise `norm.layer_norm_forward`** · 6 points · difficulty ●●○○○ · 10 minutes · in `cnnlib/norm.py`

# %% check="norm.layer_norm_forward"
check("norm.layer_norm_forward")

# %% [markdown]
# **Exercise `norm.layer_norm_backward`** · 8 points · difficulty ●●●○○ · 15 minutes · in `cnnlib/norm.py`
#
# Three roads again, along the other axis. Watch the sums: those for $dx$ run over an example's features, those for $d\gamma$ and $d\beta$ over the examples.

# %% check="norm.layer_norm_backward"
check("norm.layer_norm_backward")

# %% [markdown]
# ### Experiment: in whose company?
#
# One sneaker, in 40 batches of 8 with other companions each time. How much does what the layer says of *it* change? (In parts of the numbers' own spread.)

# %%
with waits_for("norm.batch_norm_forward", "norm.layer_norm_forward"):
    sneaker = pixels[np.flatnonzero(y_train == 7)[0]]
    ones, zeros, companions = np.ones(196, np.float32), np.zeros(196, np.float32), {"batch norm": [], "layer norm": []}
    for seed in range(40):
        others = pixels[np.random.default_rng(seed).choice(len(pixels), 7, replace=False)]
        group = np.concatenate([sneaker[None], others])
        companions["batch norm"].append(norm.batch_norm_forward(group, ones, zeros, zeros, ones, True)[0][0])
        companions["layer norm"].append(norm.layer_norm_forward(group, ones, zeros)[0])
    pictures = [np.reshape(found[seed], (14, 14)) for found in companions.values() for seed in (0, 1, 2)]
    titles = [f"{name},\ncompany {number}" for name in companions for number in (1, 2, 3)]
    show_images(sneaker.reshape(14, 14), *pictures, titles=["the sneaker", *titles], size=1.3)
    for name, found in companions.items():
        print(f"{name}: varies by {np.std(found, axis=0).mean() / np.std(found):.2f} of its spread")

# %% [markdown]
# > **Takeaway.** Layer norm asks nobody else. Same numbers in training and in use, alone or in company.

# %% [markdown]
# ## 10 · Groups of channels
#
# For images there are more ways to choose who shares a mean:

# %%
show_shared_statistics()

# %% [markdown]
# - **Group norm**: each image by itself, its channels in $G$ groups of neighbours. 32 groups is the usual choice in large networks.
# - $G = 1$: all channels and pixels of an image together; for images that is mostly what people mean by layer norm.
# - $G = C$: each channel of each image by itself. This is **instance norm**.
#
# γ and β are per channel in all of them, and none has modes or running statistics.
#
# **Predict.** You turn a photo's contrast down by half and make it 20 % brighter. After which of the four can the next layer not tell the difference? And what if only the red channel is changed (a warm lamp)? (Mean and variance of a batch norm come from many photos.)
#
# <details><summary>Answer</summary>
#
# Contrast and brightness of the whole photo: layer, group and instance norm cancel both. Batch norm does not: its mean is that of the batch. The lamp: only instance norm, where red has a mean of its own.
# </details>

# %% [markdown]
# **Exercise `norm.group_norm_forward`** · 7 points · difficulty ●●●○○ · 15 minutes · in `cnnlib/norm.py`

# %% check="norm.group_norm_forward"
check("norm.group_norm_forward")

# %% [markdown]
# **Exercise `norm.group_norm_backward`** · 7 points · difficulty ●●●○○ · 15 minutes · in `cnnlib/norm.py`
#
# $\hat x$ and its three roads live in groups, γ and β in channels: reshape, and reshape back.

# %% check="norm.group_norm_backward"
check("norm.group_norm_backward")

# %% [markdown]
# ### Experiment: the cat in four lights
#
# A batch of four photos: the cat as it is, with little contrast, dark, and under a red lamp. Then normalized in three ways.

# %%
with waits_for("norm.batch_norm2d_forward", "norm.group_norm_forward"):
    light = to_batch(cat[10:170, 60:220])
    lamp = np.array([1.0, 0.6, 0.5])[:, None, None]
    lights = np.concatenate([light, 0.4 * light + 0.45, 0.3 * light, light * lamp])  # (4, 3, 160, 160)
    args = np.ones(3), np.zeros(3)
    show_images(*(to_photo(image[None]) for image in lights), titles=("as it is", "little contrast", "dark", "red lamp"), size=1.5)
    ways = {
        "batch norm": norm.batch_norm2d_forward(lights, *args, np.zeros(3), np.ones(3), True)[0],
        "layer norm (1 group)": norm.group_norm_forward(lights, 1, *args),
        "instance norm (3 groups)": norm.group_norm_forward(lights, 3, *args),
    }
    for name, out in ways.items():
        show_images(*map(seen, out), titles=(name, "", "", ""), size=1.5)

# %% [markdown]
# Batch norm leaves the four as different as they were. Layer norm makes the first three one; the lamp remains. Instance norm removes even that: for changing a photo's *style* it is the favourite. But what it takes away, the network cannot use: if colour or brightness tell a ripe tomato from
# a green one, it is the wrong choice.
#
# > **Takeaway.** Who shares a mean decides what is forgotten. Batch norm forgets what the batch has in common; instance norm, what the image has.

# %% [markdown]
# ## 11 · How large a batch?
#
# Large networks on large images leave room for two or four images in a batch. Lectures say that batch norm is at its best between 64 and 256. Why should it mind?
#
# **Predict.** Go back to the prediction of section 2: what does batch norm make of a feature in a batch of *two*? What will a fully connected network learn from that?
#
# <details><summary>Answer</summary>
#
# −1 and 1: only *which of the two is larger* is left, and that depends on the other image. Then, in use, the running statistics give it numbers of a kind that it never saw.
# </details>
#
# ### Experiment: batches of 2 to 256
#
# A fully connected network with three hidden layers of ReLU, five times through the 2,000 images, whatever the batch; the learning rate grows with the batch (0.05 for 32), as is usual.

# %%
norms = [f"norm.{kind}_norm_{way}" for kind in ("batch", "layer") for way in ("forward", "backward")]
with waits_for(*norms), np.errstate(all="ignore"):
    sizes, kinds = (2, 4, 8, 16, 32, 64, 128, 256), {"batch norm": BatchNorm, "layer norm": LayerNorm, "without": None}
    mlp(np.random.default_rng(0), BatchNorm)
    norm.layer_norm_backward(norm.layer_norm_forward(np.eye(2), np.ones(2), np.zeros(2)), np.eye(2), np.ones(2), np.zeros(2))
    found = {name: np.zeros((len(SEEDS), len(sizes))) for name in kinds}
    for name, place, seed in progress([(name, place, seed) for name in kinds for place in range(len(sizes)) for seed in SEEDS], "trainings"):
        size = sizes[place]
        steps = 5 * len(x_train) // size
        net = mlp(np.random.default_rng(seed), kinds[name], ReLU)
        found[name][seed, place] = train(net, steps, 0.05 * size / 32, seed, batch=size, every=steps)[1][-1]
    show_runs(found, "After five times through the data", "images in a batch", "share right (test)", x=np.array(sizes), logx=True)

# %% [markdown]
# Two images in a batch are a disaster, four and eight a handicap; from 16 on batch norm keeps up. At the other end it *wins*: batches of 256 leave only 39 steps, which must be large ones (a rate of 0.4), and section 8 showed who puts up with those. Layer norm does not mind small batches at all.
#
# > **Takeaway.** Batch norm needs company: here 16 images, better more. Where batches must be small, take group or layer norm.

# %% [markdown]
# ## 12 · Why does it work?
#
# *That* it helps, you have measured. *Why*, people have argued about since. Three stories, and one experiment for each.
#
# ### Story 1: covariate shift
#
# A layer learns from what the layers below hand up to it. But while it learns, they learn too: what it receives today is not what it received yesterday, and it is always catching up. Ioffe and Szegedy called this **internal covariate shift**, and held that batch norm helps because it stops it. First, look at it: the input of the first unit of the last
# sigmoid layer, over 256 images, while the network of section 8 learns at rate 1. The middle line is the median; 70 % of the images lie between the outer ones.

# %%
with waits_for("norm.batch_norm_forward", "norm.batch_norm_backward"):

    def last_inputs(net):
        """What the last sigmoid layer receives, for 256 images."""
        h = x_train[:256]
        for step in net.steps[:-2]:
            h = step.forward(h)
        return h

    band = lambda net: np.percentile(last_inputs(net)[:, 0], (15, 50, 85))
    bands = {}
    for name, kind in (("with batch norm", BatchNorm), ("without", None)):
        bands[name] = np.array(train(mlp(np.random.default_rng(0), kind), 400, 1.0, 0, every=5, watch=band)[1])
    for name, rows in bands.items():
        print(f"{name}: 70 % of the images within {rows[0, 2] - rows[0, 0]:.2f} after 5 steps, within {rows[-1, 2] - rows[-1, 0]:.2f} after 400")
        lines = {f"{share} %": (np.arange(5, 401, 5), rows[:, place]) for place, share in reversed(list(enumerate((15, 50, 85))))}
        show_curves(lines, f"Inputs of one unit, {name}", "step", "input", markers=False)

# %% [markdown]
# Without batch norm, the unit begins with nearly the same input for all images, wanders off, and widens many times; with it, the inputs lie from the start about where they will lie in the end. So it does hold them still. But is that *why* learning is faster? Santurkar and colleagues (2018) asked this with a beautiful experiment: bring the shift back, on purpose, *behind* the batch norm. If stillness is what counts, the advantage must go.
#
# We do the same: behind every batch norm, each unit is multiplied by a random number between ½ and 2 and shifted by one between −1 and 1, **drawn anew at every step**.
#
# **Predict.** Where will the curve of this shaken network run: near the one with batch norm, or near the one without?
#
# <details><summary>Answer</summary>
#
# Near the one with batch norm: after 100 steps the shaken network is right for 74 % of the test images, against 77 % unshaken and 51 % without. Yet its inputs jump more than three times as far as those of the network without batch norm. So it is not by keeping them still that batch norm helps.
# </details>

# %%
with waits_for("norm.batch_norm_forward", "norm.batch_norm_backward"):

    class Shake(Layer):
        """Another random scale and shift for every unit, at every step of training."""

        def __init__(self, rng):
            super().__init__()
            self.rng, self.scale = rng, 1

        def forward(self, x):
            if not self.training:
                return x
            self.scale = self.rng.uniform(0.5, 2, x.shape[1]).astype(x.dtype)
            return x * self.scale + self.rng.uniform(-1, 1, x.shape[1]).astype(x.dtype)

        def backward(self, dout):
            return dout * self.scale

    def watch(net):
        return accuracy(net), last_inputs(net).mean(axis=0)

    curves, moved = {}, {}
    makers = {
        "batch norm": lambda rng: mlp(rng, BatchNorm),
        "batch norm, shaken": lambda rng: mlp(rng, BatchNorm, after=lambda: Shake(rng)),
        "without": lambda rng: mlp(rng),
    }
    for name, seed in progress([(name, seed) for name in makers for seed in SEEDS], "trainings"):
        seen_by = train(makers[name](np.random.default_rng(seed)), 400, 1.0, seed, watch=watch)[1]
        curves.setdefault(name, []).append([right for right, _ in seen_by])
        moved.setdefault(name, []).append(np.abs(np.diff([mean for _, mean in seen_by], axis=0)).mean())
    show_runs(curves, "Shift brought back on purpose", "step", "share right (test)", x=np.arange(10, 401, 10))
    for name, values in moved.items():
        print(f"{name}: within 10 steps the mean input of a unit moves by {np.mean(values):.2f} ± {np.std(values, ddof=1):.2f}")

# %% [markdown]
# Stillness cannot be what counts. (The original authors' measurements were right. It was the *because* that nobody had tested.)
#
# ### Story 2: a smoother landscape
#
# Their own explanation: with batch norm the loss is **smoother**. The gradient is a promise about the neighbourhood: "go this way, and it gets better." How far does the promise hold? At every tenth step of a training (three layers of ReLU, rate 0.1) we stand still, walk along the gradient by longer and longer steps, and ask at the end of each:
# how large is the loss now, and how much has the gradient changed?

# %%
with waits_for("norm.batch_norm_forward", "norm.batch_norm_backward"), np.errstate(all="ignore"):
    lengths = np.array([0.01, 0.03, 0.1, 0.3, 1, 3])

    def promise(net):
        """Loss and relative change of the gradient after one step of each length from here."""
        images, labels = x_train[:256], y_train[:256]
        slots = [(layer, name) for layer in net.layers() for name in layer.parameters]

        def gradient():
            loss, dscores = cross_entropy(net.forward(images), labels)
            net.backward(dscores)
            return loss, [layer.gradients[name] for layer, name in slots]

        here, (_, slope), found = [layer.parameters[name] for layer, name in slots], gradient(), []
        size = np.sqrt(sum((g**2).sum() for g in slope))
        for length in lengths:
            for (layer, name), value, g in zip(slots, here, slope):
                layer.parameters[name] = value - length * g
            loss, there = gradient()
            found.append((loss, np.sqrt(sum(((b - a) ** 2).sum() for a, b in zip(slope, there))) / size))
        for (layer, name), value in zip(slots, here):
            layer.parameters[name] = value
        return found

    losses, changes = {}, {}
    settings = [(name, seed) for name in ("batch norm", "without") for seed in SEEDS]
    for name, seed in progress(settings, "trainings"):
        net = mlp(np.random.default_rng(seed), BatchNorm if name == "batch norm" else None, ReLU)
        walks = np.median(train(net, 150, 0.1, seed, watch=promise)[1], axis=0)  # (lengths, 2)
        losses.setdefault(name, []).append(walks[:, 0])
        changes.setdefault(name, []).append(walks[:, 1])
    axes = {"x": lengths, "logx": True, "logy": True}
    show_runs(losses, "One step along the gradient: the loss at its end", "length of the step (learning rate)", "loss", **axes)
    show_runs(changes, "… and how much the gradient has changed", "length of the step (learning rate)", "change, relative", **axes)

# %% [markdown]
# At 0.1 the promise holds for both. At 1, the network without batch norm finds itself at a loss more than ten times as large, with a gradient about ten times as large as the one it followed; with batch norm the loss is still lower than before. This agrees with section 8, where 1 was too much for the one and not
# for the other, and with section 4: weights that grow get smaller gradients.
#
# ### Story 3: noise
#
# Each image is normalized with the statistics of the company it happens to be in: in another batch it would get another random shift and scale. This is noise, and noise in training can keep a network from learning its examples by heart (07 is about that).
#
# **Predict.** A mean over $N$ numbers wavers by $\sigma/\sqrt N$. When batches get four times as large, what happens to the noise?
#
# <details><summary>Answer</summary>
#
# It is halved, for $\sqrt{4N} = 2\sqrt N$: in batches of 64 the scores waver half as much as in batches of 16. (Small batches waver less than the rule says: there an image is a large part of its own statistics, and the others can move it less.)
# </details>

# %%
with waits_for("normalized.build_normalized_net"):
    if not trained:
        normalized.build_normalized_net(np.random.default_rng(0))
    sizes, noise = np.array([2, 4, 8, 16, 32, 64, 128]), []
    for seed, net in trained.items():
        rng, row, kept = np.random.default_rng(seed), [], {name: array.copy() for name, array in net.state().items()}
        net.train()
        for size in progress(sizes, f"sizes, network {seed}"):
            scores = []
            for _ in range(20):
                others = x_test[rng.choice(np.arange(1, 1000), size - 1, replace=False)]
                scores.append(net.forward(np.concatenate([x_test[:1], others]))[0])
            row.append(np.std(scores, axis=0, ddof=1).mean())
        noise.append(row)
        net.load_state(kept)
    ideal = np.mean(noise, axis=0)[-1] * np.sqrt(sizes[-1] / sizes)
    runs = {"measured": noise, "∝ 1/√N": [ideal] * len(noise)}
    axes = {"x": sizes, "logx": True, "logy": True, "of": "networks"}
    show_runs(runs, "One image's scores in 20 different batches", "images in the batch", "standard deviation", **axes)

# %% [markdown]
# From 8 images on it goes by the rule. The noise is real, then. Is it the reason? In section 11 batch norm won where batches were largest and the noise was least. So it is not what makes
# learning *fast*; that it helps a network on new images is another claim, and harder to measure.
#
# Dropout (07) is noise too: it sets random numbers to 0 in training, and nothing in use. Noise upon noise: do the two help each other? Lectures advise against mixing them.

# %%
with waits_for("norm.batch_norm_forward", "norm.batch_norm_backward"):

    class Drop(Layer):
        """Dropout with p = ½, in short; yours comes in 07."""

        def __init__(self, rng):
            super().__init__()
            self.rng = rng

        def forward(self, x):
            self.kept = 2 * (self.rng.random(x.shape) < 0.5).astype(x.dtype) if self.training else np.ones_like(x)
            return x * self.kept

        def backward(self, dout):
            return dout * self.kept

    def dropping(rng, kind, drop):
        """Three hidden layers of 150 ReLU, dropout behind each of them."""
        layers = []
        for step in mlp(rng, kind, ReLU, (196, 150, 150, 150)).steps:
            layers += [step, Drop(rng)] if drop and isinstance(step, ReLU) else [step]
        return Sequential(*layers)

    recipes = {"neither": (None, False), "dropout": (None, True), "batch norm": (BatchNorm, False), "both": (BatchNorm, True)}
    bars, mixed = {}, []
    mlp(np.random.default_rng(0), BatchNorm)
    for name, seed in progress([(name, seed) for name in recipes for seed in SEEDS], "trainings"):
        net = dropping(np.random.default_rng(seed), *recipes[name])
        train(net, 600, 0.2, seed, every=600)
        bars.setdefault(name, []).append(100 * accuracy(net, x_test, y_test))
        if name == "both":
            mixed.append(net.eval())
    show_run_bars(bars, "1,000 test images, after 600 steps", "% right", low=70)
    ratios = []
    for net in mixed:
        h = x_test
        for step in net.steps:
            if isinstance(step, BatchNorm):
                ratios.append(np.median(h.var(axis=0) / step.running_var))
            h = step.forward(h)
    ratios = np.reshape(ratios, (len(mixed), 3)).mean(axis=0)
    print("both: variance in use / running variance, at the three batch norms:", ", ".join(f"{ratio:.2f}" for ratio in ratios))

# %% [markdown]
# Why does the network with neither stand so well? At this rate it has no trouble, and 600 steps are enough for it. Batch norm gets there *sooner* (after 50 steps 78 % against 74 %), not higher: with six seeds we had 82.8 ± 1.1 % without and 81.9 ± 2.0 % with it at the end, which is within the spread. And dropout is not done yet: it is right for
# 82 % of its training images, where those two have learned 95 % and more.
#
# Nor do the two help each other here: with both, the network is no better than with batch norm alone. The last line shows one reason. Dropout doubles the numbers that it keeps: their mean stays, their variance grows, and that is what the batch norm *behind* it remembers. In use nothing is dropped; the
# true variance is a third and more below the remembered one, so everything comes out too small. Only the first batch norm, with no dropout before it, is right. Whoever uses both puts dropout behind the last batch norm.
#
# > **Takeaway.** The first explanation of a good idea is often wrong, and the idea stays good. A story is worth as much as the experiment that could have refuted it.

# %% [markdown]
# ## 13 · What AlexNet did: local response normalization
#
# Three years before batch norm, AlexNet had a normalization of another kind, after an effect in the retina: a neuron that fires strongly keeps its neighbours quiet (*lateral inhibition*). Each number is divided by what it *and its neighbouring channels* have **at the same pixel**:
#
# $$\text{out}_{c} = x_c \Big/ \Big(k + \alpha \sum_{q = c - 2}^{c + 2} x_q^2\Big)^{\beta} \qquad k = 2,\ \alpha = 10^{-4},\ \beta = 0.75,\ \text{size } 5$$
#
# At the first and the last channels the sum has fewer terms. No mean is taken away, nothing is learned, nothing is shared between pixels or images. (This β is an exponent, not a shift.)
#
# > ⚠ PyTorch divides α by `size` and has $k = 1$ as default; TensorFlow does not divide, and its `depth_radius` counts the channels on *one* side. The formula above is the paper's, and ours.
#
# **Predict.** All numbers are about 1, as behind a batch norm. What does AlexNet's formula do to them? Around which size do the squares begin to count?
#
# <details><summary>Answer</summary>
#
# Next to nothing but a factor: $(2 + 0.0005)^{-0.75} \approx 0.59$ for everybody. The sum matters when $\alpha \sum x^2$ comes near $k$, with five equal numbers at $x \approx \sqrt{2/(5\cdot10^{-4})} \approx 63$. AlexNet's inputs were pixels of −128 to 127.
# </details>

# %% [markdown]
# **Exercise `norm.local_response_norm`** · 6 points · difficulty ●●○○○ · 15 minutes · in `cnnlib/norm.py`

# %% check="norm.local_response_norm"
check("norm.local_response_norm")

# %% [markdown]
# ### Experiment: neighbours that keep each other quiet
#
# Eight edge detectors, turned step by step, look at the cameraman (pixels 0 to 255; the weights are such that the strongest edge says 377). Neighbouring channels are neighbouring directions. One channel before and after:

# %%
with waits_for("norm.local_response_norm"):
    rows, columns = np.mgrid[-3:4, -3:4]
    bell = np.exp(-(rows**2 + columns**2) / 4)
    bank = [bell * (columns * np.cos(angle) + rows * np.sin(angle)) for angle in np.arange(8) * np.pi / 8]
    bank = np.array([4 * each / np.abs(each).sum() for each in bank])[:, None]  # (8, 1, 7, 7)
    maps = np.maximum(piece("fast_conv.conv2d_forward")(255 * to_batch(grey(camera)), bank, np.zeros(8), 1, 0), 0)
    quiet = norm.local_response_norm(maps)
    titles = ("the cameraman", "upright edges", "after local response normalization")
    show_images(grey(camera), maps[0, 0], quiet[0, 0], titles=titles, size=2.6)
    level = lambda x, share: np.quantile(x[x > 1e-6], share)
    for name, x in (("before", maps[:, 0]), ("after", quiet[:, 0])):
        print(f"{name}: the strongest 1 % of edges are {level(x, 0.99) / level(x, 0.5):.1f} times as strong as a middling one")
    x = np.linspace(0, 300, 100)
    stack = lambda others: np.stack([np.full_like(x, others)] * 2 + [x] + [np.full_like(x, others)] * 2)[None, :, None, :]  # (1, 5, 1, 100)
    curves = {f"neighbours at {others}": (x, norm.local_response_norm(stack(others))[0, 2, 0]) for others in (0, 100, 200)}
    show_curves(curves, "One number, and how loud its neighbours are", "number in", "number out", markers=False)

# %% [markdown]
# The grass, the houses: weak edges come out beside strong ones. And a number counts for less where its neighbours are loud. (Where they are silent, the curve even falls beyond 200: a number stands in its own sum too, and $(x^2)^{0.75}$ grows faster than $x$.) The authors report 1.4 and 1.2 percentage points fewer errors for it (top-1 and top-5). VGG (10) tried it and found nothing gained; since batch norm it is rarely seen. You need it to build AlexNet as it was.
#
# > **Takeaway.** Local response normalization: a competition between neighbouring channels at a pixel. History, but good to be able to read.

# %% [markdown]
# ## 14 · In your own words
#
# **Written question** · 8 points · about half a page, marked by a person
#
# A hospital trains a convolutional network with batch norm to find fractures in large X-ray images. Memory allows for two images in a batch. Training loss and training accuracy are excellent. In use, images come one at a time, the network is switched to evaluation, and it is hardly better than guessing. A colleague
# finds that it becomes good again when she leaves it in training mode and always computes 16 patients together; she proposes to ship that.
#
# What are the likely causes? Which measurements, without any new training, would tell them apart? What is wrong with the colleague's proposal, and what would you do instead?
#
# | marked | points |
# |---|---|
# | names at least two possible causes and explains how each leads to good training and bad use (statistics of two images; running statistics late, not saved, or of other data) | 3 |
# | proposes measurements that tell these causes apart, and says what each outcome would mean | 2 |
# | says why training mode in use is wrong, also where its accuracy is good | 1 |
# | proposes remedies that fit the causes, and what each costs | 2 |

# %% [markdown] written="06-written"
# *Write your answer here, in place of this line.*

# %% [markdown]
# ## What you can do now
#
# - Write batch, layer, group and instance norm, forward and backward, and say who shares a mean with whom.
# - Keep training and use apart, and recognise the mistakes that come from mixing them up.
# - Fold a batch norm into the layer before it.
# - Choose a normalization for a batch size, and a learning rate with it.
# - Test an explanation by bringing back what it says is harmful.
#
# **Next:** 07, how to keep a network from learning its examples by heart.
#
# ## Further reading
#
# - S. Ioffe, C. Szegedy, *Batch normalization: accelerating deep network training by reducing internal covariate shift* (2015).
# - S. Santurkar, D. Tsipras, A. Ilyas, A. Madry, *How does batch normalization help optimization?* (2018): the experiments of section 12.
# - N. Bjorck, C. Gomes, B. Selman, K. Weinberger, *Understanding batch normalization* (2018): it is the larger learning rates.
# - J. L. Ba, J. R. Kiros, G. E. Hinton, *Layer normalization* (2016).
# - D. Ulyanov, A. Vedaldi, V. Lempitsky, *Instance normalization: the missing ingredient for fast stylization* (2016).
# - Y. Wu, K. He, *Group normalization* (2018): batches of 2 to 32, on ImageNet.
# - X. Li, S. Chen, X. Hu, J. Yang, *Understanding the disharmony between dropout and batch normalization by variance shift* (2019).
# - A. Krizhevsky, I. Sutskever, G. Hinton, *ImageNet classification with deep convolutional neural networks* (2012), section 3.3.
