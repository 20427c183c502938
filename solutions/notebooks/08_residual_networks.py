# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 08 · Residual networks
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/stride-course/stride/blob/main/notebooks/08_residual_networks.ipynb)
#
# Networks had 8 layers in 2012, 22 in 2014, and 152 in 2015. One plus sign made the difference: you build it, forward and backward, put blocks and a whole network around it, and see
# what becomes of 56 layers.
#
# **You will be able to** train plain networks of two depths, and tell an optimization problem from over-fitting · write a residual block's forward and backward pass, and follow both ways of the gradient ·
# build the basic block, the bottleneck and the pre-activation block, projection included · say why nothing should stand on the shortcut · let a deep network begin as the identity · train a small residual network.
#
# **Not here:** large residual networks on large images (11), what came after them (12), batch norm itself (06), optimizers and schedules (05).
#
# **Time** about 270 minutes · **Points** 100 · **Before this** 03, 04 and 06: convolution, pooling and batch norm are used here. What you have not written yet, PyTorch stands in for, and says so.

# %% [markdown]
# ## Set-up
#
# As before: you write in `cnnlib/`, save, and run the next cell. *In Colab*, the files are in the panel on the left, under `stride/cnnlib/`;
# download what you wrote before you leave.
#
# `LONG = True` trains the networks on digits for 6 epochs in place of 3: the notebook then takes about two and a half minutes of one core, in place of one and a half.

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
from cnnlib import residual, small_resnet
from cnnlib.kit import BatchNorm2d, Conv2d, GlobalAvgPool2d, Layer, Linear, ReLU, Sequential, Sigmoid
from cnnlib.kit import best_seconds, load, photo, progress, show_bars, show_blocks, show_grid_of_numbers, show_images
from cnnlib.kit import show_run_bars, show_runs, to_batch, to_photo, waits_for
from cnnlib.kit.pieces import piece

LONG = False
cat = photo("cat")
digits = load("digits")  # 1,797 digits of 8×8 pixels, written by 13 people
x_train, x_test = (images / np.float32(127.5) - np.float32(1) for images in (digits.train_images, digits.test_images))  # -1 to 1
y_train, y_test = digits.train_labels, digits.test_labels

# %% [markdown]
# ## 1 · How deep?
#
# The winners of ILSVRC, and their depth: AlexNet 8 layers, VGG 19, GoogLeNet 22. Depth helped, every time. So why not go on?
#
# For a long time the answer was: **vanishing gradients**. Backward, a gradient is multiplied once per layer. If each layer makes it a fifth smaller, then after 56 layers $0.8^{56} \approx 0.000004$ of it is left; if each makes it a fifth larger,
# it has grown $1.2^{56} \approx 27{,}000$ times. In neither case do the first layers learn at a rate that suits the last ones.
#
# **Predict.** 54 convolutions 3×3 in a row, 8 channels each, fresh from initialisation. Between them (a) sigmoid, with weights 0.7 times He's; (b) ReLU, with weights half as large as He's; (c) ReLU with He's; (d) ReLU with He's, and batch norm before each.
# A gradient of length 1 starts at the top. Which powers of ten arrive below?
#
# <details><summary>Answer</summary>
#
# (a) −35: a sigmoid's slope is at most ¼, layer by layer. (b) −18: half the weights halve it, 54 times. (c) −1 or −2: He's weights nearly keep the length.
# (d) +4: it *grows*, for batch norm divides by the spread, on the way back too.
# </details>

# %%
images8 = [np.repeat(x_train[16 * seed : 16 * seed + 16], 8, axis=1).astype(float) for seed in range(5)]  # (16, 8, 8, 8): digits, as 8 channels


def convolution(channels, rng, scale=1.0):
    """A 3×3 convolution that keeps the shape, with He's initial weights times `scale`."""
    layer = Conv2d(channels, channels, 3, padding=1, rng=rng, dtype=float, bias=False)
    layer.parameters["w"] *= scale
    return layer


def lengths_on_the_way_back(steps, x, rng):
    """Send x forward and a random gradient back: the power of ten of its length before every step, from the last to the first; 0 at the top."""
    for step in steps:
        x = step.forward(x)
    gradient = rng.standard_normal(x.shape)
    lengths = [np.linalg.norm(gradient)]
    for step in reversed(steps):
        gradient = step.backward(gradient)
        lengths.append(np.linalg.norm(gradient))
    return np.log10(np.array(lengths) / lengths[0])


kinds = {
    "sigmoid": lambda rng: Sequential(convolution(8, rng, 0.7), Sigmoid()),
    "ReLU, half of He's weights": lambda rng: Sequential(convolution(8, rng, 0.5), ReLU()),
    "ReLU, He's weights": lambda rng: Sequential(convolution(8, rng), ReLU()),
    "the same with batch norm": lambda rng: Sequential(convolution(8, rng), BatchNorm2d(8, dtype=float), ReLU()),
}
measured = {name: [] for name in kinds}
for seed in progress(range(5), "seeds"):
    for name, make in kinds.items():
        rng = np.random.default_rng(seed)
        measured[name].append(lengths_on_the_way_back([make(rng) for _ in range(54)], images8[seed], rng))
show_runs(measured, "How long is the gradient?", "layers passed on the way back", "power of ten")

# %% [markdown]
# With sigmoids, ten layers leave less than a millionth. ReLU and the right initial weights (05) mended most of that, and batch norm (06) holds the activations where they should be. What is left is a growth by a power of ten per 14 layers or so.
# That is not vanishing; the optimizer can live with less.
#
# So, with He's weights and batch norm, 56 layers should train?
#
# ### Experiment: 20 layers against 56
#
# Two plain networks: a 3×3 convolution with batch norm and ReLU, again and again, in three stages with 4, 8 and 16 channels on 8×8, 4×4 and 2×2 pixels; then global average pooling and a fully connected layer. With 6 convolutions in a stage that makes 20
# layers, with 18 it makes 56. Everything else is the same: real digits, SGD with momentum, the same rates.
#
# **Predict.** The larger one has three times the weights. Which one makes fewer errors on the digits that it was *trained* on? And on new ones?
#
# <details><summary>Answer</summary>
#
# The one of 20 layers, on both: some 30 % wrong, against some 80 %. The larger one does not even learn what it is shown, although it could: the end of this section builds such a network by hand.
# </details>

# %%
cross_entropy = piece("loss.softmax_cross_entropy")  # yours, from 01
data, epochs, seeds, done = (x_train, y_train, x_test, y_test), 6 if LONG else 3, (0, 1, 2), {}


def plain_net(blocks, width, rng):
    """A plain network of 6·blocks + 2 layers with weights: (N, 1, H, H) -> (N, 10) scores."""
    steps, before = [], 1
    later = [(width * 2**stage, 2 if stage and not number else 1) for stage in range(3) for number in range(2 * blocks)]
    for channels, stride in [(width, 1), *later]:
        steps += [Conv2d(before, channels, 3, stride=stride, padding=1, rng=rng, bias=False), BatchNorm2d(channels), ReLU()]
        before = channels
    steps += [GlobalAvgPool2d(), Linear(before, 10, rng=rng)]
    return Sequential(*steps)


def share_wrong(net, images, answers, at_once=32):
    net.eval()
    said = np.concatenate([net.forward(images[i : i + at_once]).argmax(axis=1) for i in range(0, len(images), at_once)])
    net.train()
    return np.mean(said != answers)


def train(net, images, labels, epochs, seed, words="steps", batch=32, rate=0.05, decay=1e-4, momentum=0.9):
    """SGD with momentum; the rate rises over 30 steps, then falls like a cosine (05). Returns the loss of every step."""
    rng, losses, speed, layers, per_epoch = np.random.default_rng(seed), [], {}, list(net.layers()), len(images) // batch
    steps = epochs * per_epoch
    for step in progress(range(steps), words):
        if step % per_epoch == 0:
            order = rng.permutation(len(images))
        chosen = order[step % per_epoch * batch :][:batch]
        loss, dscores = cross_entropy(net.forward(images[chosen]), labels[chosen])
        net.backward(dscores)
        losses.append(loss)
        now = float(rate * min(1, (step + 1) / 30) * (1 + np.cos(np.pi * step / steps)) / 2)
        for number, layer in enumerate(layers):
            for name, value in layer.parameters.items():
                slope = layer.gradients[name] + (decay * value if name == "w" else 0)
                speed[number, name] = momentum * speed.get((number, name), 0) + slope
                layer.parameters[name] = value - now * speed[number, name]
    return losses


builders = {
    "plain, 20 layers": lambda rng: plain_net(3, 4, rng),
    "plain, 56 layers": lambda rng: plain_net(9, 4, rng),
}


def trained(name):
    """One network per seed, its losses, and its shares of wrong training and test digits. Trained when first asked for, then kept."""
    if name not in done:
        done[name] = []
        for seed in seeds:
            net = builders[name](np.random.default_rng(seed))
            losses = train(net, x_train, y_train, epochs, seed, f"steps of {name}, seed {seed}")
            done[name].append((net, losses, share_wrong(net, x_train, y_train), share_wrong(net, x_test, y_test)))
    return done[name]


def show_training(*names, title):
    """Training loss (means of 12 steps), then the share of wrong training and test digits at the end."""
    losses = {name: [np.reshape(run[1][: len(run[1]) // 12 * 12], (-1, 12)).mean(axis=1) for run in trained(name)] for name in names}
    after = 12 * np.arange(1, len(next(iter(losses.values()))[0]) + 1)
    show_runs(losses, title, "steps", "training loss", x=after)
    for place, words in ((2, "training digits"), (3, "test digits")):
        show_run_bars({name.replace(", ", "\n"): [100 * run[place] for run in trained(name)] for name in names}, f"Wrong on {words}, at the end", "%")


show_training("plain, 20 layers", "plain, 56 layers", title="Plain networks")

# %% [markdown]
# The deeper one is worse on those it was trained on, too. So it is not over-fitting: over-fitting is doing well in training, and badly later. It is the training itself that fails: an **optimization** problem. On CIFAR-10, with
# many more steps, Kaiming He and colleagues saw the same in 2015: plain networks of 56 layers ended with a higher training error than those of 20, for all their batch norm.
#
# ### A deeper network that is as good
#
# That is odd, for there *is* a network of 56 layers that does what the 20 do. **Predict.** Somebody gives you a trained network of 20 layers. How do you make one of 56 from it, without any training, that is wrong on exactly the same digits?
#
# <details><summary>Answer</summary>
#
# By copying the 20, and putting 36 layers between them that do nothing: identities. A 3×3 filter with a one in its middle and zeros around it, one for each channel, copies its channel; batch norm is set to change nothing; and ReLU leaves what came out of a ReLU as it is.
# </details>

# %%
def does_nothing(channels):
    """Convolution, batch norm, ReLU: the identity for numbers that are not negative (in evaluation)."""
    copy, norm = Conv2d(channels, channels, 3, padding=1, bias=False), BatchNorm2d(channels)
    copy.parameters["w"] = np.zeros_like(copy.parameters["w"])
    copy.parameters["w"][np.arange(channels), np.arange(channels), 1, 1] = 1
    norm.parameters["gamma"] = np.sqrt(norm.running_var + np.float32(1e-5))
    return [copy, norm, ReLU()]


short, longer = trained("plain, 20 layers")[0][0], []
for number, layer in enumerate(short.layers()):
    longer.append(layer)
    if isinstance(layer, Conv2d):
        channels = len(layer.parameters["w"])
    if isinstance(layer, ReLU) and number > 2:  # behind each convolution of the three stages: two layers more
        longer += does_nothing(channels) + does_nothing(channels)
longer = Sequential(*longer)
for net in (short, longer):
    layers = sum("w" in layer.parameters for layer in net.layers())
    print(f"{layers} layers: {share_wrong(net, x_test, y_test):.2%} of the test digits wrong")
scores = [net.eval().forward(x_test) for net in (short, longer)]
print("largest difference of two scores:", np.abs(scores[0] - scores[1]).max())

# %% [markdown]
# So the deep network *could*. Gradient descent from a random start does not find it: for a stack of convolutions, batch norm and ReLU, doing nothing is something that has to be learned, weight by weight, in every layer.
#
# > **Takeaway.** More layers can do more, and still learn less. Deep plain networks fail in training error: an optimization problem, which neither more data nor more regularization mends.

# %% [markdown]
# ## 2 · Learn the difference
#
# Then make doing nothing *easy*. If a block should turn $x$ into $H(x)$, do not let it learn $H$; let it learn what to add:
#
# $$H(x) = F(x) + x$$
#
# $F$, the **branch**, is two or three layers as before. $x$ comes past it on a **shortcut** (or skip connection), untouched. $F$ is the *residual*: what is left to do. With $F = 0$, all weights zero, the block is the identity; and a deep
# network needs of each layer only a small step away from it.

# %%
branch = ["conv 3×3", "batch norm", "ReLU", "conv 3×3", "batch norm"]
show_blocks({"plain: learn H(x)": {"branch": branch, "last": ["ReLU"]}, "residual: learn F(x), add x": {"branch": branch, "shortcut": [], "last": ["ReLU"]}})

# %% [markdown]
# Mathematicians may think of Taylor: $f(x) = x + g(x)$, the simplest guess first, then the correction. And whatever the shallower network can do, the deeper one can do too, by $F = 0$ in the blocks that it has more: the sets of functions are nested, so that adding a block can only add to them.
#
# Two things to see in the picture:
#
# - **The ReLU comes after the sum.** If the branch ended with one, $F$ could only add, never take away.
# - **Shapes must agree.** Where $F(x)$ has another shape than $x$, the shortcut needs a layer that brings $x$ there, too: section 4.
#
# An image of 2×2 pixels, and what a branch makes of it:

# %%
x_small, f_small = np.array([[2, 0], [1, 3]]), np.array([[-3, 1], [-1, -1]])
show_grid_of_numbers(x_small, "", f_small, titles=("x", "F(x)"), cell=0.5)

# %% [markdown]
# **Predict.** What comes out of this block?
#
# <details><summary>Answer</summary>
#
# The sum is `-1 1 / 0 2`, and after the ReLU `0 1 / 0 2`. If the ReLU had come before the sum: `2 1 / 1 3`, and nothing of $x$ could ever have been taken away.
# </details>
#
# In the exercise, `branch` and `shortcut` are layers like the kit's: `forward(x)` gives the output and remembers what it needs, `backward(dout)` gives `dx`. They are handed to you, and they are right.

# %% [markdown]
# **Exercise `residual.residual_forward`** · 8 points · difficulty ●○○○○ · 10 minutes · in `cnnlib/residual.py`

# %% check="residual.residual_forward"
check("residual.residual_forward")

# %% [markdown]
# ### Experiment: a cat goes through 27 blocks
#
# Each branch: two 3×3 convolutions with random weights (half as large as He's) and a ReLU between them. In the upper row they stand behind each other, plain; in the lower one, the same branches with a shortcut.
#
# Each picture is stretched from dark to bright, colour by colour, so that what is left can be seen however faint it is. You will see the cat after 1, 3, 9 and 27 blocks.
#
# **Predict.** After how many blocks is the cat gone?
#
# <details><summary>Answer</summary>
#
# Plain: after two or three. One block leaves some edges, and nobody would know a cat in what is left of them after the third: each random convolution mixes what the last one left. With shortcuts: not even after 27, only its colours get odd, for each block adds its own.
# </details>

# %%
class Residual(Layer):
    """Your two functions as a layer, for the experiments."""

    def __init__(self, branch, shortcut=None):
        super().__init__()
        self.branch, self.shortcut = branch, shortcut

    def forward(self, x):
        self.x = x
        return residual.residual_forward(x, self.branch, self.shortcut)

    def backward(self, dout):
        return residual.residual_backward(dout, self.x, self.branch, self.shortcut)

    def layers(self):
        for part in (self.branch, self.shortcut):
            yield from part.layers() if part else ()


def Plain(branch):
    return Sequential(branch, ReLU())


def small_branch(channels, rng):
    return Sequential(convolution(channels, rng, 0.5), ReLU(), convolution(channels, rng, 0.5))


def bright(x):
    """An image of any range, each colour from dark to bright."""
    low, high = x.min(axis=(2, 3), keepdims=True), x.max(axis=(2, 3), keepdims=True)
    return to_photo((x - low) / np.maximum(high - low, 1e-30))


with waits_for("residual.residual_forward"):
    for name, Block in (("plain", Plain), ("residual", Residual)):
        x, rng, pictures = to_batch(cat[::2, ::2]), np.random.default_rng(1), [cat[::2, ::2]]
        for number in range(1, 28):
            x = Block(small_branch(3, rng)).forward(x)
            if number in (1, 3, 9, 27):
                pictures.append(bright(x))
        show_images(*pictures, titles=["the cat", *(f"{name}, block {n}" for n in (1, 3, 9, 27))], size=1.5)

# %% [markdown]
# Whatever the last layers of the plain network learn, they learn from noise, until the first ones have learned something. With shortcuts the last layer sees the cat from the first step on.
#
# > **Takeaway.** A residual block learns what to add. Nothing has to be learned for $x$ to get through.

# %% [markdown]
# ## 3 · Two ways back
#
# On the way forward the path forked at $x$, and joined at the sum. On the way back it is the other way round: at the sum, both ways get the same gradient; at $x$, what comes back on both is *added*. For $y = F(x) + x$:
#
# $$\frac{\partial\,\text{loss}}{\partial x} = F'(x)^\top \frac{\partial\,\text{loss}}{\partial y} + \frac{\partial\,\text{loss}}{\partial y}$$
#
# The first part comes through the branch, and may be small, large or wild. The second comes past it, as it is. Over many blocks, a plain network multiplies $F'_1 F'_2 F'_3 \cdots$, and one small factor makes everything small. The residual one
# multiplies $(1 + F'_1)(1 + F'_2)(1 + F'_3) \cdots$: multiplied out, there is a $1$ in it.
#
# **Predict.** Every branch has the slope 0.1. How much of a gradient arrives after 50 blocks, plain and residual? (Leave the ReLU after the sum aside.)
#
# <details><summary>Answer</summary>
#
# $0.1^{50} = 10^{-50}$, less than float32 can hold; and $1.1^{50} \approx 117$. With the slope −0.1: $0.9^{50} \approx 0.005$.
# </details>
#
# The ReLU comes after the sum, so on the way back it comes first: where the sum was not positive, nothing passes, on neither way. And beware of `=` and `+=`: a branch may hand out an array that it still needs, or the very array that you gave it.

# %% [markdown]
# **Exercise `residual.residual_backward`** · 14 points · difficulty ●●●○○ · 20 minutes · in `cnnlib/residual.py`

# %% check="residual.residual_backward"
check("residual.residual_backward")

# %% [markdown]
# ### Experiment: the gradient of section 1, with shortcuts
#
# Branches of two convolutions again, 27 of them: once with half of He's weights and no batch norm, where plain gradients vanish; once with He's weights and batch norm.

# %%
def norm_branch(channels, rng):
    first, second = (Sequential(convolution(channels, rng), BatchNorm2d(channels, dtype=float)) for _ in range(2))
    return Sequential(first, ReLU(), second)


with waits_for("residual.residual_forward", "residual.residual_backward"):
    measured = {}
    for words, make in (("half of He's weights", small_branch), ("batch norm", norm_branch)):
        for name, Block in (("plain", Plain), ("residual", Residual)):
            rows = measured.setdefault(f"{name}, {words}", [])
            for seed in range(5):
                rng = np.random.default_rng(seed)
                rows.append(lengths_on_the_way_back([Block(make(8, rng)) for _ in range(27)], images8[seed], rng))
    show_runs(measured, "How long is the gradient?", "blocks passed on the way back", "power of ten")

# %% [markdown]
# Past the branches the gradient arrives, whatever they do. But recall the end of section 1: with batch norm, the plain network's gradient had not vanished either, and still it did not learn. There is more to a gradient than its length.
#
# ### Experiment: how far can a gradient be trusted?
#
# A gradient says what to do *here*. It helps if it still says so a little farther on. So: the gradient with respect to the image, for 16 digits; then the same for the digits with a little noise, 1 % of the range between black and white. Are the two alike? The cosine
# of the angle between them is 1 if they point the same way, and about 0 if they have nothing to do with each other.
#
# **Predict.** Plain and residual, with 8, 20 and 56 layers, all fresh from initialisation: which gradients survive the noise?
#
# <details><summary>Answer</summary>
#
# Plain: with 8 layers they do (a cosine of 0.88), with 20 only in part (0.38), with 56 nothing is left. Every layer changes the noise and hands it on, until other ReLUs are open than before. Residual: 0.94, 0.86 and 0.72, for what comes past the branches does not ask which ReLUs are open in them.
# </details>

# %%
def gradient_of_images(net, images, answers):
    return net.backward(cross_entropy(net.forward(images), answers)[1]).reshape(len(images), -1).astype(float)


def cosine(a, b):
    return np.mean((a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1))


def mixed_net(blocks, width, rng, Block):
    """A chain of one width on 8×8 pixels, 2·blocks + 2 layers with weights, blocks with batch norm."""
    first = [Conv2d(1, width, 3, padding=1, rng=rng, dtype=float), BatchNorm2d(width, dtype=float), ReLU()]
    return Sequential(*first, *(Block(norm_branch(width, rng)) for _ in range(blocks)), GlobalAvgPool2d(), Linear(width, 10, rng=rng, dtype=float))


with waits_for("residual.residual_forward", "residual.residual_backward"):
    noise = 0.02 * np.random.default_rng(0).standard_normal((16, 1, 8, 8))
    alike, views = {}, []
    for name, Block in (("plain", Plain), ("residual", Residual)):
        for blocks in (3, 9, 27):
            rows = alike.setdefault(f"{name}\n{2 * blocks + 2} layers", [])
            for seed in range(5):
                net = mixed_net(blocks, 8, np.random.default_rng(seed), Block)
                images, answers = x_train[16 * seed : 16 * seed + 16].astype(float), y_train[16 * seed : 16 * seed + 16]
                before, after = gradient_of_images(net, images, answers), gradient_of_images(net, images + noise, answers)
                rows.append(cosine(before, after))
            views += [before[0].reshape(8, 8), after[0].reshape(8, 8)]
    show_run_bars(alike, "Gradients before and after 1 % of noise", "cosine")
    titles = [f"{name.replace(chr(10), ', ')},\n{words}" for name in alike for words in ("as it was", "with noise")]
    show_images(*views, titles=titles, signed=True, columns=6, size=1.5)

# %% [markdown]
# With depth a plain network's gradients turn into noise: **shattered**, as David Balduzzi and colleagues called it in 2017. 56 plain layers give a new gradient for every speck of dust: a step that follows it leads to where it no longer holds. This, rather than
# vanishing, is why plain networks with batch norm do not get deeper. (Lectures and books often name vanishing gradients; with batch norm, that is only the first half of the story.)
#
# > **Takeaway.** Back to $x$ lead two ways, and their gradients are added. The one past the branch neither shrinks nor shatters.

# %% [markdown]
# ## 4 · The basic block
#
# What ResNet-18 and ResNet-34 are made of: two 3×3 convolutions, each with batch norm behind it. Twice or thrice in such a network the maps get smaller and the channels more; there $x$ does not fit $F(x)$ any more, and the shortcut gets a
# **projection**: a 1×1 convolution with the block's stride, and batch norm.

# %%
parts = {
    "same shape": {"branch": branch, "shortcut": [], "last": ["ReLU"]},
    "twice the channels, half the size": {
        "branch": ["conv 3×3, stride 2", *branch[1:]],
        "shortcut": ["conv 1×1, stride 2", "batch norm"],
        "last": ["ReLU"],
    },
}
show_blocks(parts)

# %% [markdown]
# - **The stride** belongs to the *first* 3×3 convolution, and to the projection: both ways must arrive at the same size.
# - **The second batch norm** comes before the sum, the second ReLU after it.
# - **No bias** in the convolutions: the experiment below shows why.
# - **A projection only where it must be**: where channels or size change. Elsewhere $x$ itself goes past.
#
# > ⚠ Shortcuts differ from text to text. The paper tries three: zeros for the channels that are missing (A), projections where shapes change (B), projections everywhere (C), and finds little difference; B is ours, as it is PyTorch's. In the lectures' code
# > (from *Dive into deep learning*) the projection has a bias and no batch norm.
#
# **Predict.** `BasicBlock(16, 32, stride=2)` gets a batch `(8, 16, 31, 31)`. What shape comes out? How many parameters has the block? And `BasicBlock(16, 16)`?
#
# <details><summary>Answer</summary>
#
# `(8, 32, 16, 16)`, for $\lfloor (31 + 2 - 3)/2 \rfloor + 1 = 16$, and for the projection $\lfloor (31 - 1)/2 \rfloor + 1 = 16$ as well. Weights: $9 \cdot 16 \cdot 32 + 9 \cdot 32 \cdot 32 + 16 \cdot 32 = 14{,}336$, and three batch norms with 64 each: 14,528. The other
# one: $2 \cdot 9 \cdot 16^2 + 2 \cdot 32 = 4{,}672$; without projection.
# </details>
#
# ### Writing a block
#
# From here on you write classes. `__init__` makes the layers and keeps them; `forward` uses them, and the layers remember what backward needs: you seldom have to; `backward` goes the same way back, and every layer fills its own `gradients`; `layers()` yields all the layers inside, so that training,
# saving and `train()` / `eval()` find them.
#
# The class `Residual` of section 2 is convenient, but no model for yours: `residual_backward` has not seen $x$, so it goes forward once more. In training that is twice the work, and batch norm's running statistics move twice. In your block, `forward` has just been there; `backward` only goes back.

# %% [markdown]
# **Exercise `residual.BasicBlock`** · 20 points · difficulty ●●●○○ · 35 minutes · in `cnnlib/residual.py`

# %% check="residual.BasicBlock"
check("residual.BasicBlock")

# %% [markdown]
# ### Experiment: what becomes of a bias
#
# The cat through a 3×3 convolution, once without bias, once with a bias of 100; then batch norm. **Predict.** What do you see of the bias? And on the way back: what is its gradient?
#
# <details><summary>Answer</summary>
#
# Nothing, and 0 but for rounding ($10^{-9}$, where that of a weight is 345): batch norm takes away what all pixels of a channel share.
# </details>

# %%
with waits_for("residual.BasicBlock"):
    x, rng = to_batch(cat[::2, ::2]), np.random.default_rng(2)
    biased, norm = Conv2d(3, 3, 3, padding=1, rng=rng, dtype=float), BatchNorm2d(3, dtype=float)
    without = norm.forward(biased.forward(x))
    biased.parameters["b"] = biased.parameters["b"] + 100
    with_bias = norm.forward(biased.forward(x))
    biased.backward(norm.backward(rng.standard_normal(x.shape)))
    show_images(bright(without), bright(with_bias), titles=("batch norm of the map", "with a bias of 100"), size=1.9)
    print(f"largest gradient of a weight: {np.abs(biased.gradients['w']).max():.0f}; of the bias: {np.abs(biased.gradients['b']).max():.1e}")
    block = residual.BasicBlock(16, 32, stride=2, rng=rng)
    out = block.forward(rng.standard_normal((8, 16, 31, 31)).astype(np.float32))
    count = sum(values.size for layer in block.layers() for values in layer.parameters.values())
    print(f"BasicBlock(16, 32, stride=2): (8, 16, 31, 31) -> {out.shape}, {count:,} parameters")

# %% [markdown]
# It changes nothing and learns nothing, so leave it out: behind the norm, $\beta$ does its work.
#
# > **Takeaway.** Two 3×3 convolutions with batch norm, the sum, and then the ReLU. Where the shape changes, a 1×1 projection with the same stride.

# %% [markdown]
# ## 5 · The bottleneck
#
# Deep networks have many channels, 256 and more, and a basic block pays for them twice: $2 \cdot 9 \cdot 256^2$ weights. So ResNet-50 and deeper ones go through a narrow place: a 1×1 convolution to a quarter of the channels, the 3×3 among those few, and a
# 1×1 back to all of them. (GoogLeNet had used 1×1 convolutions that way, 11.)

# %%
narrow = ["conv 1×1, 256→64", "batch norm", "ReLU", "conv 3×3, 64→64", "batch norm", "ReLU", "conv 1×1, 64→256", "batch norm"]
wide = ["conv 3×3, 256→256", "batch norm", "ReLU", "conv 3×3, 256→256", "batch norm"]
parts = {"basic": wide, "bottleneck": narrow}
show_blocks({name: {"branch": words, "shortcut": [], "last": ["ReLU"]} for name, words in parts.items()}, caption="x has 256 channels")

# %% [markdown]
# **Predict.** How many weights (without batch norm) has each of the two? And which basic block costs about as much as this bottleneck?
#
# <details><summary>Answer</summary>
#
# Basic: $2 \cdot 9 \cdot 256^2 = 1{,}179{,}648$. Bottleneck: $256 \cdot 64 + 9 \cdot 64^2 + 64 \cdot 256 = 69{,}632$, 17 times fewer. A basic block with 64 channels has $2 \cdot 9 \cdot 64^2 = 73{,}728$: for its price the bottleneck gives four times the channels, and three layers in place of two.
# </details>
#
# **Where does the stride go?** In a block with stride 2, one convolution must take the step. In the paper's own network that was the first 1×1. A 1×1 filter with stride 2 looks at every second pixel of every second row. PyTorch moved the stride to the 3×3, whose windows overlap; so do we.

# %% [markdown]
# **Exercise `residual.Bottleneck`** · 14 points · difficulty ●●●○○ · 20 minutes · in `cnnlib/residual.py`

# %% check="residual.Bottleneck"
check("residual.Bottleneck")

# %% [markdown]
# ### Experiment: which pixels does a branch look at?
#
# A gradient from above, back through the convolutions of two bottlenecks with stride 2: black is every pixel of $x$ that has no influence on what comes out. And the price of both kinds of block on 256 channels, forward and backward.

# %%
with waits_for("residual.Bottleneck", "residual.BasicBlock"):
    rng, seen = np.random.default_rng(0), []
    for strides in ((2, 1, 1), (1, 2, 1)):
        steps = zip((4, 2, 2), (2, 2, 4), (1, 3, 1), strides)
        way = [Conv2d(c, f, k, stride=s, padding=k // 2, rng=rng, bias=False, dtype=float) for c, f, k, s in steps]
        x = rng.standard_normal((1, 4, 16, 16))
        out = Sequential(*way).forward(x)
        seen.append(np.abs(Sequential(*way).backward(rng.standard_normal(out.shape))[0]).sum(axis=0) ** 0.5)
    titles = [f"stride on the {where}:\n{np.mean(image > 0):.0%} of the pixels count" for where, image in zip(("first 1×1", "3×3"), seen)]
    show_images(*seen, titles=titles, shared=True, size=2.2)
    x = rng.standard_normal((4, 256, 14, 14)).astype(np.float32)
    blocks = {"basic, 256 channels": residual.BasicBlock(256, 256, rng=rng), "bottleneck, 256 → 64 → 256": residual.Bottleneck(256, 64, rng=rng)}
    price = {name: best_seconds(lambda block=block: block.backward(block.forward(x))) for name, block in blocks.items()}
    count = {name: sum(values.size for layer in block.layers() for values in layer.parameters.values()) for name, block in blocks.items()}
    words = [f"{1000 * price[name]:.0f} ms\n{count[name]:,} parameters" for name in blocks]
    show_bars(list(blocks), [1000 * seconds for seconds in price.values()], "Forward and backward, 4 images of 256×14×14", "milliseconds", text=words)

# %% [markdown]
# With the stride on the first 1×1, three of four pixels are never looked at. And the bottleneck is several times faster; not 17 times, for batch norm and ReLU cost the same per number as before, and small products use the machine less well (03).
#
# > **Takeaway.** 1×1 down, 3×3 among few channels, 1×1 up: a third layer, and a fraction of the price.

# %% [markdown]
# ## 6 · Keep the way clean
#
# If $y = F(x) + x$ is good, could $y = F(x) + h(x)$ with a cleverer $h$ be better? Scale $x$ a little; let a gate decide how much of it passes (as in *highway networks*, just before ResNets); give it a 1×1 convolution to learn from?

# %%
ways = {"identity": [], "scaled": ["× ½"], "gated": ["× (1 − gate)"], "1×1 convolution": ["conv 1×1"]}
show_blocks({name: {"branch": ["conv 3×3, twice"], "shortcut": words, "last": ["ReLU"]} for name, words in ways.items()})

# %% [markdown]
# **Predict.** Over $L$ blocks with a shortcut that multiplies by $\lambda$, how much of the gradient comes back past all branches? For $\lambda = 0.5$ and 27 blocks? For $\lambda = 1.1$? And what would a gate have to say to be harmless?
#
# <details><summary>Answer</summary>
#
# $\lambda^L$. $0.5^{27} \approx 7 \cdot 10^{-9}$, and $1.1^{27} \approx 13$. A gate is harmless if it stays open: then it is the identity, and need not be there.
# </details>
#
# With the identity, and *nothing else on the way*, blocks add up. From any block $l$ to any later one $L$:
#
# $$x_L = x_l + \sum_{i=l}^{L-1} F_i(x_i) \qquad\qquad \frac{\partial\,\text{loss}}{\partial x_l} = \frac{\partial\,\text{loss}}{\partial x_L} + \text{(what comes through the branches)}$$
#
# ### Experiment: what stands on the shortcut
#
# The experiment of section 3 with half of He's weights, and four kinds of shortcut.

# %%
class Scale(Layer):
    """x times a fixed number."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return self.factor * x

    def backward(self, dout):
        return self.factor * dout


class Gate(Layer):
    """x times 1 - g, where g = sigmoid(1×1 convolution of x): at first open by half."""

    def __init__(self, channels, rng, dtype=float):
        super().__init__()
        self.gate = Sequential(Conv2d(channels, channels, 1, rng=rng, dtype=dtype), Sigmoid())

    def forward(self, x):
        self.x, self.g = x, self.gate.forward(x)
        return x * (1 - self.g)

    def backward(self, dout):
        return dout * (1 - self.g) + self.gate.backward(-dout * self.x)

    def layers(self):
        yield from self.gate.layers()


shortcuts = {
    "identity": lambda channels, rng: None,
    "× ½": lambda channels, rng: Scale(0.5),
    "gate": Gate,
    "1×1 convolution": lambda channels, rng: Conv2d(channels, channels, 1, rng=rng, dtype=float, bias=False),
}
with waits_for("residual.residual_forward", "residual.residual_backward"):
    measured = {name: [] for name in shortcuts}
    for name, make in shortcuts.items():
        for seed in range(5):
            rng = np.random.default_rng(seed)
            blocks = [Residual(small_branch(8, rng), make(8, rng)) for _ in range(27)]
            measured[name].append(lengths_on_the_way_back(blocks, images8[seed], rng))
    show_runs(measured, "How long is the gradient?", "blocks passed on the way back", "power of ten")

# %% [markdown]
# Everything on the shortcut is a factor in a product, once per block: with ½ and with a gate half open, a ten-millionth is left. The random 1×1 convolution keeps more of the length; but it mixes the channels anew in each block, so that what arrives is no longer what was sent. Learned, it
# could do more than the identity, and trains worse: again, optimization. He and colleagues (2016) trained ResNet-110 on CIFAR-10: 6.6 % wrong with the
# identity, 12.4 % with ½ on both ways, 12.2 % with 1×1 convolutions; with gates 12.9 %, or 6.9 % once a bias held them almost wide open. (Measuring that takes long runs. We trained all four for 3 epochs on the digits, 20 layers of 4 channels: between 23 % and 75 % of the training digits wrong, and the three seeds
# differed more than the shortcuts.)
#
# ### Pre-activation
#
# One thing still stands on the way: the ReLU after the sum. Move batch norm and ReLU *before* each convolution, and nothing is left there:

# %%
parts = {
    "basic block": {"branch": branch, "shortcut": [], "last": ["ReLU"]},
    "pre-activation": {"branch": ["batch norm", "ReLU", "conv 3×3", "batch norm", "ReLU", "conv 3×3"], "shortcut": []},
    "pre-activation, shape changes": {
        "first": ["batch norm", "ReLU"],
        "branch": ["conv 3×3, stride 2", "batch norm", "ReLU", "conv 3×3"],
        "shortcut": ["conv 1×1, stride 2"],
    },
}
show_blocks(parts)

# %% [markdown]
# Now the formula above holds to the letter. With such blocks the authors trained 1,001 layers, and they were better than 110: 4.9 % against 6.4 % wrong on CIFAR-10; with the ReLU after the sum, 1,001 layers came to 7.6 %.
#
# Where the shape changes, the projection starts *behind* the first batch norm and ReLU, and needs no batch norm of its own: the next block begins with one. (At the very end, the network needs one more batch norm and ReLU, before global average pooling.)
#
# **Predict.** On the way back through the block on the right: where do two gradients meet? And in the one in the middle?
#
# <details><summary>Answer</summary>
#
# Where the way forked. Right: behind the first ReLU; the sum of both then goes back through ReLU and batch norm. Middle: at $x$ itself; only the branch's gradient goes through ReLU and batch norm, and `dout` is added after that.
# </details>

# %% [markdown]
# **Exercise `residual.PreActBlock`** · 14 points · difficulty ●●●●○ · 25 minutes · in `cnnlib/residual.py`

# %% check="residual.PreActBlock"
check("residual.PreActBlock")

# %% [markdown]
# ### Experiment: what the ReLU after the sum does
#
# 27 basic blocks and 27 pre-activation blocks, fresh from initialisation; digits go through. What is the mean of all numbers after each block?

# %%
with waits_for("residual.BasicBlock", "residual.PreActBlock"):
    means = {"basic blocks": [], "pre-activation blocks": []}
    for name, Block in zip(means, (residual.BasicBlock, residual.PreActBlock)):
        for seed in range(5):
            rng, x = np.random.default_rng(seed), images8[seed].astype(np.float32)
            x, row = (x - x.mean()) / x.std(), []
            for _ in range(27):
                row.append(x.mean())
                x = Block(8, 8, rng=rng).forward(x)
            means[name].append([*row, x.mean()])
    show_runs(means, "Forward through 27 blocks", "blocks", "mean of all numbers")

# %% [markdown]
# Behind a ReLU there are no negative numbers, so a chain of basic blocks can only pile up: every sum starts from something positive. Pre-activation blocks add and take away, and the mean stays within about one of zero, on either side (the band: the spread over five seeds).
#
# > **Takeaway.** The shortcut is the identity, and nothing stands on it: no scale, no gate, no convolution where the shape stays, at best not even a ReLU. What learns stands on the branch.

# %% [markdown]
# ## 7 · A small residual network
#
# The paper's networks for CIFAR-10 are simple: a 3×3 convolution; three stages of $n$ basic blocks each, where the second and the third begin with stride 2 and twice the channels; global average pooling; one fully connected layer. That makes $6n + 2$ layers with weights: 20 for
# $n = 3$, 56 for $n = 9$, 110 for $n = 18$.
#
# | part | 14×14 pixels, width $W$ | with weights |
# |---|---|---|
# | conv 3×3 · batch norm · ReLU | `W, 14, 14` | 1 |
# | stage 1: $n$ blocks | `W, 14, 14` | $2n$ |
# | stage 2: $n$ blocks, the first with stride 2 | `2W, 7, 7` | $2n$ |
# | stage 3: $n$ blocks, the first with stride 2 | `4W, 4, 4` | $2n$ |
# | global average pooling | `4W` | |
# | fully connected | `10` | 1 |
#
# Its **plain twin** is the same network without shortcuts and projections; you have seen it in section 1, as one long chain. Projections are not counted as layers: they are on nobody's longest way.
#
# **Predict.** Which blocks get a projection? Does stage 1?
#
# <details><summary>Answer</summary>
#
# The first block of stage 2 and of stage 3. Stage 1 begins with $W$ channels and stride 1, and keeps both.
# </details>

# %% [markdown]
# **Exercise `small_resnet.build_small_resnet`** · 10 points · difficulty ●●●○○ · 25 minutes · in `cnnlib/small_resnet.py`

# %% check="small_resnet.build_small_resnet"
check("small_resnet.build_small_resnet")

# %%
with waits_for("small_resnet.build_small_resnet", "residual.BasicBlock"):
    x = small_resnet.network_input(load("fashion_small").test_images[:32])
    for blocks in (1, 3, 9):
        nets = [small_resnet.build_small_resnet(blocks, 16, np.random.default_rng(0), residual=kind) for kind in (True, False)]
        counts = [sum(values.size for layer in net.layers() for values in layer.parameters.values()) for net in nets]
        print(f"{6 * blocks + 2:2} layers, width 16: {counts[0]:>9,} parameters; the plain twin {counts[1]:>9,}")
    y, sizes = x, []
    for step in nets[0].steps:
        y = step.forward(y)
        sizes.append(y.shape)
    print(f"through 56 layers: {x.shape}", *(f"-> {size}" for size in dict.fromkeys(sizes)))

# %% [markdown]
# The published network of 20 layers has 0.27 million parameters, that of 56 has 0.85: ours differ by a few projections, and by colour.
#
# ### Experiment: 20 against 56, once more
#
# The same digits, steps and rates as in section 1; the plain results are still there. Now with your blocks.
#
# **Predict.** Order the four, by their error on the training digits.
#
# <details><summary>Answer</summary>
#
# Residual 20 first (3 % wrong), then residual 56 (some 13 %), plain 20 (28 %), and plain 56 far behind (82 %). With shortcuts nothing has to be learned for $x$ to get through, so that depth does no such harm; but three epochs are a short time for 56 layers.
# </details>

# %%
builders["residual, 20 layers"] = lambda rng: small_resnet.build_small_resnet(3, 4, rng)
builders["residual, 56 layers"] = lambda rng: small_resnet.build_small_resnet(9, 4, rng)
with waits_for("small_resnet.build_small_resnet", "residual.BasicBlock"):
    names = [f"{kind}, {depth} layers" for kind in ("plain", "residual") for depth in (20, 56)]
    for name in names[2:]:
        trained(name)
    show_training(*names, title="Plain and residual")

# %% [markdown]
# 36 more layers ruined the plain network; with shortcuts they learn. Is so much depth of use here? Not yet: the residual network of 20 layers is ahead, and the digits are easy. (Look at the dots: one of the three seeds took longer than the others. Section 8 helps all of them.) Twice as many epochs (`LONG`) leave the order as it is: on test digits we measured 12 % wrong with 20 plain layers and 77 % with 56; with shortcuts, 3 % and 7 %. On harder images and with 64,000 steps, 56 layers overtake 20:
#
# | wrong on CIFAR-10, as published | 20 layers | 56 layers | 110 layers |
# |---|---|---|---|
# | residual | 8.75 % | 6.97 % | 6.43 % |
#
# (Plain networks: only as curves, that of 56 layers above that of 20, in training and in test. On ImageNet, plain networks of 18 and 34 layers: 27.9 % and 28.5 % top-1 error; residual ones: 27.9 % and 25.0 %. An ensemble of residual networks, up to 152 layers deep, won ILSVRC 2015 with 3.57 % top-5
# error, and the paper became the best of CVPR 2016.)
#
# ### Experiment: how much does each block change?
#
# We send test digits through the trained networks and compare what goes into a block with what comes out: $\lVert y - x \rVert / \lVert x \rVert$, for blocks without projection. **Predict.** In which network does a block change more: in that with 9, or in that with 27 blocks?
#
# <details><summary>Answer</summary>
#
# In that with 9: its blocks change $x$ by half and more, most of the 27 by 20 to 40 %. Where many share the work, each has less to do.
# </details>

# %%
def changes(net, x):
    """How much each block without projection changes its input, from the first to the last."""
    net.eval()
    found = []
    for step in net.steps:
        y = step.forward(x)
        if isinstance(step, residual.BasicBlock) and y.shape == x.shape:
            found.append(np.linalg.norm(y - x) / np.linalg.norm(x))
        x = y
    net.train()
    return found


with waits_for("small_resnet.build_small_resnet", "residual.BasicBlock"):
    found = {name: [changes(run[0], x_test[:128]) for run in trained(name)] for name in names[2:]}
    places = {name: np.linspace(0, 1, len(rows[0])) for name, rows in found.items()}
    show_runs(found, "How much a block changes x", "from the first block (0) to the last (1)", "relative change", x=places)

# %% [markdown]
# The farther a block is from the beginning of its stage, the smaller its step; right behind a projection the steps are larger. (The paper found the same as you: deeper residual networks have smaller responses.)
#
# > **Takeaway.** The same depth that ruins a plain network costs a residual one little or nothing. Depth begins to pay when each layer has little to do.

# %% [markdown]
# ## 8 · Begin as nothing
#
# "With $F = 0$ the block is the identity": then why not begin there? The last layer of each branch is a batch norm, with a scale $\gamma$ for each channel. Set this $\gamma$ to zero in the beginning, in every block: then every branch gives 0, and the
# network of 56 layers begins as the network of its first convolution, its projections and its last layer. It grows deep as the $\gamma$ learn.
#
# **Predict.** (a) What comes out of such a block, if $x$ came out of a ReLU? (b) In the first step, which parameters of the block get a gradient that is not zero? (c) Could the plain twin begin so?
#
# <details><summary>Answer</summary>
#
# (a) $x$ itself, in a block without projection. (b) In a block without projection, that $\gamma$ and its $\beta$ alone: all that lies below them in the branch sits behind a factor of 0, for one step. (c) No: without a shortcut, nothing comes through, neither forward nor backward. It never starts.
# </details>

# %%
def begin_as_identity(net):
    """Set the scale of the last batch norm of every block's branch to zero. Your `layers()` yields the branch first: its second one."""
    for block in net.steps:
        if isinstance(block, residual.BasicBlock):
            last = [layer for layer in block.layers() if isinstance(layer, BatchNorm2d)][1]
            last.parameters["gamma"] = np.zeros_like(last.parameters["gamma"])
    return net


builders["residual, 56 layers, begins as identity"] = lambda rng: begin_as_identity(builders["residual, 56 layers"](rng))
with waits_for("small_resnet.build_small_resnet", "residual.BasicBlock"):
    block = begin_as_identity(Sequential(residual.BasicBlock(8, 8, rng=np.random.default_rng(0))))
    x = np.abs(images8[0]).astype(np.float32)
    print("the same comes out:", np.array_equal(block.forward(x), x))
    block.backward(np.random.default_rng(1).standard_normal(x.shape).astype(np.float32))
    for layer in list(block.layers())[:5]:
        for name, gradient in layer.gradients.items():
            print(f"{type(layer).__name__:12} {name:6} largest gradient {np.abs(gradient).max():.3f}")
    trained("residual, 56 layers, begins as identity")
    names = ["residual, 20 layers", "residual, 56 layers", "residual, 56 layers, begins as identity"]
    show_training(*names, title="Where to begin")

# %% [markdown]
# The network of 56 layers now learns nearly as fast as that of 20, and ends about as well, with every seed: it is shallow while everything is random, and deep when there is something to refine. It costs nothing. After 6 epochs (`LONG`) it is even ahead: 1.6 ± 0.4 % of the test digits wrong, against 2.6 ± 0.3 % with 20 layers. Priya Goyal and colleagues used it in 2017 to train ResNet-50 in one hour with batches of 8,192 images; the PyTorch models call it `zero_init_residual`. Ideas of the same kind, a scale per
# branch that begins at zero, even train deep residual networks without batch norm.
#
# > **Takeaway.** A deep residual network may begin as a shallow one, and deepen as it learns.

# %% [markdown]
# ## 9 · Train it
#
# Handwritten digits are nearly solved. Clothes are harder: 2,000 pictures of 28×28 pixels to learn from and 1,000 to test on, a small part of Fashion-MNIST. `small_resnet.network_input` averages each 2×2 of their pixels, so that the network sees 14×14.

# %%
clothes = load("fashion_small")
chosen = [int(np.flatnonzero(clothes.train_labels == kind)[0]) for kind in range(10)]
show_images(*clothes.train_images[chosen, 0], titles=clothes.classes, columns=5, size=1.3)
x_clothes, y_clothes = small_resnet.network_input(clothes.train_images), clothes.train_labels
show_images(*x_clothes[chosen, 0], columns=10, size=1.0, caption="the same, as the network sees them")

# %% [markdown]
# ### Experiment: what does it get wrong?
#
# A residual network of 8 layers, $n = 1$ and $W = 8$, goes through the 2,000 images three times. Then we test it twice: on the test images as they are, and with each of them moved by up to a pixel, half of them in a mirror.
#
# **Predict.** Which clothes will it take for which? And does the mirror harm?
#
# <details><summary>Answer</summary>
#
# Shirts, pullovers and coats for each other, at 14×14 pixels: of the shirts 80 % are wrong. Shoes almost only for other shoes.
# And the mirror harms: nearly all shoes of the data set point to the left. Of the ankle boots 4 % are wrong as they are, and nearly half when they are moved and mirrored.
# </details>

# %%
def moved_and_mirrored(images, rng):
    """uint8 images (N, 1, H, W), each moved by up to a pixel in each direction, about half of them mirrored."""
    moves, mirrors = rng.integers(-1, 2, (len(images), 2)), rng.random(len(images)) < 0.5
    return np.stack([np.roll(image, move, axis=(1, 2))[..., :: -1 if mirror else 1] for image, move, mirror in zip(images, moves, mirrors)])


with waits_for("small_resnet.build_small_resnet", "residual.BasicBlock"):
    net = small_resnet.build_small_resnet(1, 8, np.random.default_rng(0))
    train(net, x_clothes, y_clothes, 3, 0)
    others = moved_and_mirrored(clothes.test_images, np.random.default_rng(1))
    for words, images in (("as they are", clothes.test_images), ("moved and mirrored", others)):
        print(f"test images {words}: {1 - share_wrong(net, small_resnet.network_input(images), clothes.test_labels):.1%} right")
    scores = net.eval().forward(small_resnet.network_input(clothes.test_images))
    said, truth, confusion = scores.argmax(axis=1), clothes.test_labels, np.zeros((10, 10), int)
    np.add.at(confusion, (truth, said), 1)
    often = [(i + 1, j + 1) for i in range(10) for j in range(10) if i != j and confusion[i, j] >= 10]
    names = [name.partition("/")[0] for name in clothes.classes]
    table = np.array([["", *names]] + [[name, *(str(count or "") for count in row)] for name, row in zip(names, confusion)])
    show_grid_of_numbers(table, marked={0: often}, caption="rows: what it was · columns: what was said · tinted: ten times or more", cell=0.66)
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    missed = sorted(np.flatnonzero(said != truth), key=lambda n: -p[n, said[n]])[:7]
    titles = [f"said {names[said[n]]} ({p[n, said[n]]:.0%})\nis {names[truth[n]]}" for n in missed]
    show_images(*clothes.test_images[missed, 0], titles=titles, size=1.6)

# %% [markdown]
# Would you know shirts, pullovers and coats apart, so small? And look at the shoes in the pictures above: which way do they point?
#
# ### Now yours
#
# **Exercise `small_resnet.trained`** · 12 points · difficulty ●●●○○ · 30 minutes · in `cnnlib/small_resnet.py`
#
# There is nothing to write in that file this time: the cell below trains the network that it builds, and makes `small_resnet.npz`.
#
# Train a `build_small_resnet(1, 8, rng)` that is right for at least 80 % of the test images when each is moved by up to a pixel and half of them are mirrored; there are points from 60 % on. The check reads its parameters and running statistics from the file `small_resnet.npz`, beside this notebook or
# at the top of the course; `small_resnet.network_arrays` says what belongs there. Hand it in with the notebook. The network above, trained as it is, gets the first points: you have just seen what the mirror does to it. What could you show it while it learns? (`train` takes fixed arrays: hand it several moved copies of the training images, one behind the other, and their labels as often. And do not train on the test images: you would not notice how good it is, and we mark it on other moves.)

# %%
TRAIN = False  # set to True, and change below what you like
if TRAIN:
    network = small_resnet.build_small_resnet(1, 8, np.random.default_rng(0))
    train(network, x_clothes, y_clothes, 3, seed=0)
    np.savez_compressed("small_resnet.npz", **small_resnet.network_arrays(network))

# %% check="small_resnet.trained"
check("small_resnet.trained")

# %% [markdown]
# > **Takeaway.** Batch norm, shortcuts and your own NumPy: three epochs take seconds, and a network that passes about two minutes. Save its running statistics with its weights, for it is nothing without them.

# %% [markdown]
# ## 10 · In your own words
#
# **Written question** · 8 points · about half a page, marked by a person
#
# A colleague has a plain network of 14 layers, with batch norm, which sorts X-ray images: 6 % errors in training, 9 % on new images. She makes it 40 layers deep: 11 % in training, 13 % on new images. "It over-fits," she says, "so I shall add dropout, and collect more images. And the gradients
# vanish, so I shall use larger initial weights." A friend proposes shortcuts with a learned 1×1 convolution in every block, "so that the network can decide for itself what to let through".
#
# What do you tell them? Say what the four numbers show and what they do not, what each of the proposals would do, and what you would change in the network, block by block: the sum, the ReLU, the projection, the initial values. Propose one measurement, on the network as it
# is and without training it, that could support what you say.
#
# | marked | points |
# |---|---|
# | reads the four numbers: worse in training, so an optimization problem and not over-fitting; a shallower network inside the deeper one shows that it could do as well | 2 |
# | says why dropout, more images and larger weights miss the point, with batch norm in the network | 2 |
# | derives what an identity shortcut does forward and backward, and why a 1×1 convolution in every shortcut harms; where a projection is needed all the same | 2 |
# | proposes a block that fits (sum, ReLU, initial scale), and a measurement such as gradient lengths by depth or their agreement under noise | 2 |

# %% [markdown] written="08-written"
# *Write your answer here, in place of this line.*

# %% [markdown]
# ## What you can do now
#
# - Tell an optimization problem from over-fitting, by the training error.
# - Write residual blocks, forward and backward: basic, bottleneck, pre-activation, with projections where shapes change.
# - Measure what depth does to a gradient: its length, and whether it can be trusted.
# - Build a residual network and its plain twin, and train both in NumPy.
# - Say why nothing should stand on the shortcut, and let a network begin as the identity.
#
# **Next:** 09, the same networks in PyTorch.
#
# ## Further reading
#
# - K. He, X. Zhang, S. Ren, J. Sun, *Deep residual learning for image recognition* (2015; CVPR 2016).
# - K. He, X. Zhang, S. Ren, J. Sun, *Identity mappings in deep residual networks* (2016): what stands on the shortcut, and pre-activation.
# - R. K. Srivastava, K. Greff, J. Schmidhuber, *Training very deep networks* (2015): highway networks, shortcuts with gates.
# - S. Hochreiter, *Untersuchungen zu dynamischen neuronalen Netzen* (1991); Y. Bengio, P. Simard, P. Frasconi, *Learning long-term dependencies with gradient descent is difficult* (1994): vanishing gradients.
# - D. Balduzzi et al., *The shattered gradients problem: if resnets are the answer, then what is the question?* (2017).
# - G. Yang et al., *A mean field theory of batch normalization* (2019): why gradients grow with batch norm.
# - P. Goyal et al., *Accurate, large minibatch SGD: training ImageNet in 1 hour* (2017): the scale that begins at zero, section 5.1.
# - A. Veit, M. Wilber, S. Belongie, *Residual networks behave like ensembles of relatively shallow networks* (2016).
# - A. Zhang, Z. Lipton, M. Li, A. Smola, *Dive into deep learning*, section 8.6: residual networks and nested functions.
