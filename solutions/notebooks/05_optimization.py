# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 05 · Optimization
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/stride-course/stride/blob/main/notebooks/05_optimization.ipynb)
#
# Backpropagation says which way is down. This notebook is about everything else: how far to step, how to remember where one came from, where to begin, and when to stop.
#
# **You will be able to** write the update rules from plain gradient descent to Adam, and say what each of them repairs · read a learning rate off a curve · plan the rate over time · draw first weights that keep signals alive through many
# layers · use weight decay and early stopping · search for good settings without fooling yourself.
#
# **Not here:** batch normalization, which forgives many of the faults shown here (06); dropout and augmentation (07); large batches and several machines (13).
#
# **Time** about 300 minutes · **Points** 100 · **Before this** 01, whose layers and loop are used here. What you have not written yet of it, PyTorch stands in for, and says so.

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
from cnnlib import early_stopping, fit, init, optim, schedules
from cnnlib.kit import AvgPool2d, Conv2d, Flatten, Linear, ReLU, Sequential
from cnnlib.kit import grey, lenet_images, load, photo, progress
from cnnlib.kit import show_curves, show_images, show_layer_histograms, show_paths, show_run_bars, show_runs, show_search, waits_for
from cnnlib.kit.pieces import piece

LONG = False  # True: ten seeds in every comparison instead of three, in all about two and a half minutes of one core instead of one
seeds = range(10 if LONG else 3)

# %% [markdown]
# ## 1 · How large a step?
#
# A loss with only two parameters can be drawn. Here is one on a real photo: it has faded, and two numbers shall restore it, a *contrast* $a$ and a *brightness* $b$, so that $a \cdot \text{faded} + b$ is the photo again. The loss is the mean
# squared difference. It is a valley: steep across, since every pixel answers to both numbers alike, and nearly flat along.

# %%
sharp = grey(photo("camera"))[::2, ::2]
faded = 0.5 * sharp + 0.3


def photo_loss(w):
    return np.mean((w[0] * faded + w[1] - sharp) ** 2)


def photo_gradient(w):
    error = w[0] * faded + w[1] - sharp
    return np.array([np.mean(2 * error * faded), np.mean(2 * error)])


plane = {"low": (0.3, -1.1), "high": (2.5, 0.6), "names": ("contrast a", "brightness b"), "lowest": (2, -0.6)}
show_images(faded, sharp, titles=("faded: a = 1, b = 0", "as it was: a = 2, b = −0.6"), shared=True, size=1.9)
show_paths(photo_loss, {"lines of equal loss": [(1, 0)]}, **plane)

# %% [markdown]
# **Gradient descent** takes a step against the gradient $g$, with the learning rate $\epsilon$ (in code: `learning_rate`):
#
# $$w \leftarrow w - \epsilon\, g$$
#
# If $g$ comes from a mini-batch, this is *stochastic* gradient descent, SGD: right on average, and noisy.
#
# How large may $\epsilon$ be? Along a direction in which the loss is $\frac{h}{2} d^2$, with curvature $h$ and distance $d$ from the lowest point, the gradient is $hd$, so that one step makes $d$ into $(1 - \epsilon h)\, d$.
#
# **Predict.** Across our valley $h = 2.62$, along it $h = 0.0315$. From which rate on do the steps grow instead of shrinking? And with half that rate, after how many steps is the distance *along* the valley halved?
#
# <details><summary>Answer</summary>
#
# When $|1 - \epsilon h| > 1$: from $\epsilon = 2/2.62 = 0.76$ on. With 0.38 each step leaves $1 - 0.38 \cdot 0.0315 = 0.988$ of the way along the valley: some 57 steps for half of it. The steepest direction sets the limit, the flattest the patience. Their ratio, here 83, is the *condition number*.
# </details>
#
# ### Weight decay
#
# Often a penalty for large weights is added to the loss, $\frac{\lambda}{2} \sum w^2$. Its gradient is $\lambda w$, so every step also pulls the weights a little towards zero: hence **weight decay**.
#
# $$w \leftarrow w - \epsilon\, (g + \lambda w)$$
#
# AlexNet was trained with $\lambda = 5 \cdot 10^{-4}$. What it does, we measure in section 8; it is a part of the rule from the beginning.
#
# **State.** All our rules are called alike: `w, state = rule(w, grad, state, learning_rate, …)`. In `state`, a dictionary that is `{}` before the first step, a rule keeps what it wants to remember. Plain descent remembers nothing. Return new things, and leave those that came in as they are.

# %% [markdown]
# **Exercise `optim.sgd_step`** · 4 points · difficulty ●○○○○ · 8 minutes · in `cnnlib/optim.py`

# %% check="optim.sgd_step"
check("optim.sgd_step")

# %% [markdown]
# ### Experiment: three rates, one photo
#
# Thirty steps from the faded photo (the square), and the photo as it is restored by then.

# %%
def walk(rule, rate, steps=30, **options):
    """The places that a rule visits on the photo's loss, and its state at the end; Nesterov's asks for the gradient itself."""
    w, state, places = np.array([1.0, 0.0]), {}, [np.array([1.0, 0.0])]
    for _ in range(steps):
        slope = photo_gradient if rule is optim.nesterov_step else photo_gradient(w)
        w, state = rule(w, slope, state, rate, **options)
        places.append(w)
    return np.array(places)


with waits_for("optim.sgd_step"):
    paths = {f"rate {rate}": walk(optim.sgd_step, rate) for rate in (0.01, 0.7, 0.8)}
    show_paths(photo_loss, paths, **plane)
    restored = [np.clip(path[-1][0] * faded + path[-1][1], 0, 1) for path in paths.values()]
    show_images(*restored, sharp, titles=[*paths, "as it was"], shared=True, size=1.7)

# %% [markdown]
# At 0.01 even the steep slope takes its time; at 0.7 the steps zigzag across the valley and shrink; at 0.8, a little above the limit, they grow. And along the valley nobody gets far: that is what momentum is for, below.
#
# ### Experiment: four curves that you will meet again
#
# Now a real task: clothes of 28×28 pixels, ten classes, 1,500 images to learn from and 500 to choose with. The network is an MLP of your own layers, with as many as we like. Its parameters are laid end to end in one long vector, so that every rule moves one `w`.

# %%
linear, linear_back = piece("linear.linear_forward"), piece("linear.linear_backward")
relu, relu_back = piece("activations.relu_forward"), piece("activations.relu_backward")
cross_entropy = piece("loss.softmax_cross_entropy")  # all yours, from 01

fashion = load("fashion_small")
shuffled = np.random.default_rng(0).permutation(len(fashion.train_images))
grey_mean, grey_std = fashion.train_images.mean(), fashion.train_images.std()
flatten = lambda images: ((images.reshape(len(images), -1) - grey_mean) / grey_std).astype(np.float32)
images, labels = flatten(fashion.train_images[shuffled]), fashion.train_labels[shuffled]
x_train, y_train, x_val, y_val = images[:1500], labels[:1500], images[1500:], labels[1500:]
x_test, y_test = flatten(fashion.test_images), fashion.test_labels
show_images(*fashion.train_images[:10, 0], titles=[fashion.classes[c] for c in fashion.train_labels[:10]], size=1.1)


def he(shape, rng):
    """First weights, as section 7 explains them."""
    return rng.standard_normal(shape) * np.sqrt(2 / shape[1])


def network(sizes, seed, draw=he):
    """The parameters of an MLP: w1, b1, w2, … for layers of these sizes."""
    rng, parameters = np.random.default_rng(seed), {}
    for layer, (inputs, outputs) in enumerate(zip(sizes, sizes[1:]), start=1):
        parameters[f"w{layer}"] = draw((outputs, inputs), rng).astype(np.float32)
        parameters[f"b{layer}"] = np.zeros(outputs, np.float32)
    return parameters


def scores_of(parameters, x):
    depth = len(parameters) // 2
    for layer in range(1, depth):
        x = relu(linear(x, parameters[f"w{layer}"], parameters[f"b{layer}"]))
    return linear(x, parameters[f"w{depth}"], parameters[f"b{depth}"])


def loss_and_gradients(parameters, x, y):
    """The loss on a batch, and its gradient with respect to every parameter: forward, then back, as in 01."""
    depth, inputs, sums, gradients = len(parameters) // 2, [x], [], {}
    for layer in range(1, depth + 1):
        sums.append(linear(inputs[-1], parameters[f"w{layer}"], parameters[f"b{layer}"]))
        inputs.append(relu(sums[-1]) if layer < depth else sums[-1])
    loss, dout = cross_entropy(sums[-1], y)
    for layer in range(depth, 0, -1):
        dout = relu_back(dout, sums[layer - 1]) if layer < depth else dout
        dout, gradients[f"w{layer}"], gradients[f"b{layer}"] = linear_back(dout, inputs[layer - 1], parameters[f"w{layer}"], parameters[f"b{layer}"])
    return loss, {name: gradients[name] for name in parameters}


def wrong(parameters, x, y):
    return np.mean(scores_of(parameters, x).argmax(axis=1) != y)


def as_vector(arrays):
    return np.concatenate([array.ravel() for array in arrays.values()])


def as_parameters(vector, like):
    ends = np.cumsum([array.size for array in like.values()])
    return {name: part.reshape(like[name].shape) for name, part in zip(like, np.split(vector, ends[:-1]))}


def gradient_on(like, x, y):
    """The gradient of a batch's loss as a function of one long vector, and a list in which it notes the losses that it met."""
    met = []

    def gradient(at):
        loss, gradients = loss_and_gradients(as_parameters(at, like), x, y)
        met.append(loss * len(x))
        return as_vector(gradients)

    return gradient, met


def train(rule, rate, epochs, seed, parameters=None, batch=50, many=1500, pictures=x_train, **options):
    """Train in mini-batches with one of the rules.

    rate     a number, or a function of the step and the validation losses so far
    returns  training loss, validation loss, share of wrong validation images (each per epoch), and the parameters
    """
    parameters = network((784, 100, 10), seed) if parameters is None else parameters
    rng, like, w, state, step = np.random.default_rng(seed), parameters, as_vector(parameters), {}, 0
    losses, val_losses, val_wrong = [], [], []
    for _ in range(epochs):
        order, total = rng.permutation(many), 0.0
        for start in range(0, many, batch):
            batch_of = order[start : start + batch]
            gradient, met = gradient_on(like, pictures[batch_of], y_train[batch_of])
            now = float(rate(step, val_losses) if callable(rate) else rate)
            with np.errstate(all="ignore"):  # a rate that is too high ends in infinities: we want to see it, not to hear it
                w, state = rule(w, gradient if rule is optim.nesterov_step else gradient(w), state, now, **options)
            total, step = total + met[0], step + 1
        with np.errstate(all="ignore"):
            parameters = as_parameters(w, like)
            losses.append(total / many)
            val_losses.append(loss_and_gradients(parameters, x_val, y_val)[0])
            val_wrong.append(wrong(parameters, x_val, y_val))
    return losses, val_losses, val_wrong, parameters


# %% [markdown]
# **Predict.** Four runs of SGD, with rates 0.001, 0.1, 0.3 and 1. Sketch the four curves of the training loss over 15 epochs. (Who guesses among ten classes has a loss of $\ln 10 = 2.3$.)
#
# <details><summary>Answer</summary>
#
# At 0.001 the curve is calm, and creeps: it comes to 0.9, and will need many times as long. At 0.1 it falls fastest, to 0.15, and still goes down. At 0.3 it stays above that one all the way, and ends at 0.25: too restless to get into narrow places. At 1 the first steps throw the weights far away, the loss to 19,
# and the network never comes back from guessing.
# </details>

# %%
with waits_for("optim.sgd_step"):
    rates = (0.001, 0.1, 0.3, 1)
    runs = {f"rate {rate}": [] for rate in rates}
    for rate, seed in progress([(rate, seed) for rate in rates for seed in seeds], "runs"):
        runs[f"rate {rate}"].append(train(optim.sgd_step, rate, 15, seed)[0])
    marks = [(np.log(10), "guessing")]
    show_runs(runs, "Training loss of SGD", "epoch", "loss", x=np.arange(1, 16), logy=True, marks=marks)

# %% [markdown]
# Remember the four by their shapes: 0.001 is **low**, 0.1 is **good**, 0.3 is **high**, 1 is **very high**. Choose among powers of ten first, then among 1, 2 and 5.
#
# > **Takeaway.** The steepest direction limits the rate, the flattest ones need it large. The learning rate is the first setting to get right.

# %% [markdown]
# ## 2 · Momentum
#
# A ball that rolls down a valley does not turn at every step. It has a **velocity** $v$, which collects the gradients; pushes across the valley cancel, pushes along it add up:
#
# $$v \leftarrow \alpha v - \epsilon\, g \qquad\qquad w \leftarrow w + v$$
#
# with $v = 0$ at the beginning. $\alpha$ (in code: `momentum`) is how much of the velocity survives a step, mostly 0.9. AlexNet, VGG and ResNet were all trained like this. With weight decay, $g + \lambda w$ takes the place of $g$: the velocity collects the pull towards zero, too.
#
# > ⚠ **Where is the learning rate?** Here, and in the lectures, it is inside the velocity. PyTorch keeps it outside: $v \leftarrow \alpha v + g$, $w \leftarrow w - \epsilon v$. With a rate that never changes both walk the same path; when the rate is divided by ten, PyTorch's ball slows down at once, ours over the next steps.
#
# **Predict.** The gradient is the same $g$ at every step. How fast does the ball become in the end, with $\alpha = 0.9$? So if 0.1 was a good rate for SGD, which one will you try first with momentum?
#
# <details><summary>Answer</summary>
#
# $v = \alpha v - \epsilon g$ gives $v = -\epsilon g / (1 - \alpha)$: ten times the single step. So try a tenth of the rate: 0.01.
# </details>

# %% [markdown]
# **Exercise `optim.momentum_step`** · 7 points · difficulty ●●○○○ · 15 minutes · in `cnnlib/optim.py`

# %% check="optim.momentum_step"
check("optim.momentum_step")

# %% [markdown]
# ### Experiment: the photo again
#
# **Predict.** The same 60 steps with and without momentum, each with rate 0.3. Which gets nearer? Which path is the longer one?
#
# <details><summary>Answer</summary>
#
# Momentum gets some eighty times nearer, on a path three times as long. Along the valley its pushes add up, to ten times the single step in the end; and what it has gathered carries it across the valley and past the lowest point before it comes to rest.
# </details>

# %%
with waits_for("optim.sgd_step", "optim.momentum_step"):
    paths = {
        "gradient descent": walk(optim.sgd_step, 0.3, 60),
        "momentum 0.9": walk(optim.momentum_step, 0.3, 60),
        "momentum 0.99": walk(optim.momentum_step, 0.3, 60, momentum=0.99),
    }
    show_paths(photo_loss, paths, **plane)
    restored = [np.clip(path[-1][0] * faded + path[-1][1], 0, 1) for path in paths.values()]
    show_images(*restored, sharp, titles=[f"{name}\nloss {photo_loss(path[-1]):.5f}" for name, path in paths.items()] + ["as it was"], shared=True, size=1.7)

# %% [markdown]
# With 0.9 the ball swings and overshoots, and comes to rest. With 0.99 it hardly loses any speed: it has rolled past the lowest point, come back past it once more, and
# is farther off than plain descent when the 60 steps are over, after the longest path of all.
#
# > **Takeaway.** A velocity averages gradients over some $1/(1-\alpha)$ steps. It is faster along valleys, and the effective rate is $1/(1-\alpha)$ times as large.

# %% [markdown]
# ## 3 · Nesterov: look where you are going
#
# The ball asks for the slope where it stands. But it knows already that its velocity will carry it to $w + \alpha v$: ask *there*, and it can brake before it has overshot.
#
# $$v \leftarrow \alpha v - \epsilon\, \nabla L(w + \alpha v) \qquad\qquad w \leftarrow w + v$$

# %%
here, pushed = np.array([1.0, -0.45]), np.array([0.7, 0.25])
ahead, arrows = here + pushed, {}
for title, place in (("momentum: the slope here", here), ("Nesterov: the slope there", ahead)):
    end = ahead - 0.5 * photo_gradient(place)
    arrows[title] = [(here, ahead, "#2f6fb3", "α v"), (ahead, end, "#c4453c", "−ε · slope"), (here, end, "#3b9a5b", "")]
show_paths(photo_loss, {title: [here] for title in arrows}, arrows=arrows, **plane)

# %% [markdown]
# Both begin at the square, and both add a push by the old velocity (blue) and one by the slope (red); the sum is green. On the left the slope was asked for at the square, on the right at the tip of the blue arrow, beyond the valley's floor: it pulls back where the other still pushes on.
#
# To ask somewhere else, a rule needs more than a gradient: the *function* that computes it. That is why the second argument of `nesterov_step` is `gradient`, to be called as `gradient(somewhere)`.
#
# > ⚠ PyTorch's `SGD(nesterov=True)` never looks ahead: it keeps the places $w + \alpha v$ as its parameters and rewrites the rule for them. The same path, seen from another place.

# %% [markdown]
# **Exercise `optim.nesterov_step`** · 8 points · difficulty ●●●○○ · 20 minutes · in `cnnlib/optim.py`

# %% check="optim.nesterov_step"
check("optim.nesterov_step")

# %% [markdown]
# ### Experiment: who brakes better?

# %%
with waits_for("optim.sgd_step", "optim.momentum_step", "optim.nesterov_step"):
    rules = {"gradient descent": optim.sgd_step, "momentum": optim.momentum_step, "Nesterov": optim.nesterov_step}
    paths = {name: walk(rule, 0.3, 100) for name, rule in rules.items()}
    show_paths(photo_loss, {name: path[:25] for name, path in paths.items()}, **plane)
    curves = {name: (np.arange(101), [photo_loss(w) for w in path]) for name, path in paths.items()}
    show_curves(curves, "Restoring the photo, rate 0.3", "step", "loss", logy=True, markers=False)

# %% [markdown]
# Across the valley, Nesterov's swings die out at once; along it both roll at the same pace. On noisy mini-batches the difference is smaller, as section 5 shows.
#
# > **Takeaway.** Look ahead, then correct: the same cost, fewer swings.

# %% [markdown]
# ## 4 · A rate for every number
#
# So far all numbers of a parameter share one rate. But some get large gradients all the time, others small ones, or seldom any. **AdaGrad** gives each number its own rate, by the squares of all gradients it has seen so far (element by element, as all that follows):
#
# $$r \leftarrow r + g \odot g \qquad\qquad w \leftarrow w - \frac{\epsilon}{\delta + \sqrt{r}} \odot g$$
#
# $\delta$ (in code: `eps`, $10^{-8}$) only keeps the quotient finite, and stands **outside** the root. (The lectures print AdaGrad without the minus; with a plus it would climb.)
#
# $r$ only ever grows, and so the steps only shrink: good for problems shaped like a bowl, and a handicap on long ways. **RMSProp** forgets, with a running average in place of the sum:
#
# $$r \leftarrow \rho\, r + (1 - \rho)\, g \odot g \qquad\qquad w \leftarrow w - \frac{\epsilon}{\delta + \sqrt{r}} \odot g$$
#
# $\rho$ (`decay`) is how much is kept, 0.9 here; PyTorch calls it `alpha` and takes 0.99; TensorFlow has its eps inside the root.
#
# **Predict.** The gradient is 1 at every step, and the rate is 0.01. How long are the 1st and the 100th step of AdaGrad? Of RMSProp? And if the gradient is 1000 at every step?
#
# <details><summary>Answer</summary>
#
# AdaGrad: $r = 1$, then $100$: steps of 0.01 and $0.01/\sqrt{100} = 0.001$. RMSProp: $r = 0.1$ after the first step, so 0.01/√0.1 = 0.032; later $r \to 1$, steps of 0.01. With gradients of 1000 the same numbers: the size of the gradients cancels.
# </details>

# %% [markdown]
# **Exercise `optim.adagrad_step`** · 6 points · difficulty ●●○○○ · 12 minutes · in `cnnlib/optim.py`

# %% check="optim.adagrad_step"
check("optim.adagrad_step")

# %% [markdown]
# **Exercise `optim.rmsprop_step`** · 6 points · difficulty ●●○○○ · 10 minutes · in `cnnlib/optim.py`

# %% check="optim.rmsprop_step"
check("optim.rmsprop_step")

# %% [markdown]
# ### Experiment: which pixels learn fast?
#
# Three epochs of AdaGrad, here on images whose black is 0, as in a file. We take the gradients' root mean square for each weight of the first layer, and average over the hundred units: one number per pixel. What the rule divides by is proportional to it. **Predict.** Where will the rates be largest?
#
# <details><summary>Answer</summary>
#
# In the corners and along the rims: hardly any image has ink there, a weight whose input is 0 gets no gradient, and the rule divides by little. In the middle most rates are within one and a half times the lowest; at the left and the right rim they are more than twenty times as large.
# </details>

# %%
with waits_for("optim.adagrad_step"):
    collected = []

    def recording(w, grad, state, rate):
        collected.append(grad[: 784 * 100].reshape(100, 784).astype(np.float64) ** 2)
        return optim.adagrad_step(w, grad, state, rate)

    from_zero = x_train - x_train.min()
    train(recording, 0.01, 3, 0, pictures=from_zero)
    size = np.sqrt(np.mean(collected, axis=0)).mean(axis=0).reshape(28, 28)
    ink = from_zero.mean(axis=0).reshape(28, 28)
    titles = ("mean image", "size of the gradients", "rate, compared with the lowest")
    relative = size.max() / np.maximum(size, size.max() / 20)
    show_images(ink, size, relative, titles=titles, size=2.2, colorbar=True, caption="rates above 20 are drawn as 20")

# %% [markdown]
# What is seldom seen is learned from all the more.
#
# > **Takeaway.** AdaGrad and RMSProp divide by the size of the gradients, number by number: one rate fits all. AdaGrad sums, and gets slower and slower; RMSProp forgets.

# %% [markdown]
# ## 5 · Adam
#
# Adam puts both ideas together: a running average $s$ of the gradient (momentum) and one $r$ of its square (RMSProp). And it mends RMSProp's beginning: both averages start at zero, and would be too small in the first steps, so they are divided by the weight they have collected so far. With $t = 1, 2, 3, \dots$ the number of the step:
#
# $$s \leftarrow \beta_1 s + (1-\beta_1)\, g \qquad r \leftarrow \beta_2 r + (1-\beta_2)\, g \odot g$$
# $$\hat s = \frac{s}{1 - \beta_1^t} \qquad \hat r = \frac{r}{1 - \beta_2^t} \qquad w \leftarrow w - \epsilon\, \frac{\hat s}{\sqrt{\hat r} + \delta}$$
#
# $\beta_1 = 0.9$, $\beta_2 = 0.999$ (the lectures: $\rho_1$, $\rho_2$), $\delta = 10^{-8}$, outside the root. What is remembered are $s$, $r$ and $t$; the corrected ones serve one step only. (Overwriting $s$ by $\hat s$, as one lecture's arrows suggest, would correct it again and again.)
#
# **Predict.** How long is Adam's very first step, for a gradient of 1, and of 0.001? How long would it be without the correction?
#
# <details><summary>Answer</summary>
#
# $\hat s = g$ and $\hat r = g^2$: exactly the learning rate, whatever the gradient. Without the correction $0.1\, g / \sqrt{0.001\, g^2} = 3.2$ times as long.
# </details>

# %% [markdown]
# **Exercise `optim.adam_step`** · 11 points · difficulty ●●●○○ · 25 minutes · in `cnnlib/optim.py`

# %% check="optim.adam_step"
check("optim.adam_step")

# %% [markdown]
# ### Experiment: six rules, five rates
#
# Five epochs each, over powers of ten. **Predict.** Which rules need the smallest rates? Which of them forgive a wrong one?
#
# <details><summary>Answer</summary>
#
# RMSProp and Adam: their steps are about as long as the rate, however small the gradient. 0.001 is good for them already, where SGD wants 0.1 and momentum a tenth of that, as computed in section 2. Too low a rate they forgive best, too: at 0.0001 they come to 0.8, where SGD is not even down to guessing.
# Too high a rate AdaGrad forgives best: its steps shrink by themselves.
# </details>

# %%
rules = {"SGD": optim.sgd_step, "momentum": optim.momentum_step, "Nesterov": optim.nesterov_step}
rules |= {"AdaGrad": optim.adagrad_step, "RMSProp": optim.rmsprop_step, "Adam": optim.adam_step}
rates = 10.0 ** np.arange(-4, 1)
best = dict.fromkeys(rules, 0.01)  # until the search below has found better ones
with waits_for("optim.sgd_step", "optim.momentum_step", "optim.nesterov_step", "optim.adagrad_step", "optim.rmsprop_step", "optim.adam_step"):
    final = {name: np.zeros((2, len(rates))) for name in rules}
    for name, place, seed in progress([(name, place, seed) for name in rules for place in range(len(rates)) for seed in (0, 1)], "runs"):
        reached = train(rules[name], rates[place], 5, seed)[0][-1]
        final[name][seed, place] = np.nan_to_num(min(reached, 2.5), nan=2.5)
    title = "Training loss after 5 epochs (2.5: or worse)"
    show_runs(final, title, "learning rate", "loss", x=rates, logx=True, marks=[(np.log(10), "guessing")])
    best = {name: rates[found.mean(axis=0).argmin()] for name, found in final.items()}
    print(", ".join(f"{name}: {rate:g}" for name, rate in best.items()))

# %% [markdown]
# Each rule has its own valley, and RMSProp's lies at a hundredth of SGD's rate. Who compares rules at *one* common rate can make any of them win.
#
# ### Experiment: the race
#
# Now each rule with its own best rate from above, on several seeds: that is the only fair way to compare them.

# %%
with waits_for("optim.sgd_step", "optim.momentum_step", "optim.nesterov_step", "optim.adagrad_step", "optim.rmsprop_step", "optim.adam_step"):
    raced = {name: [] for name in rules}
    for name, seed in progress([(name, seed) for name in rules for seed in seeds], "runs"):
        raced[name].append(train(rules[name], best[name], 12, seed))
    curves = {f"{name} ({best[name]:g})": [run[0] for run in runs] for name, runs in raced.items()}
    show_runs(curves, "Training loss, each rule at its best rate", "epoch", "loss", x=np.arange(1, 13), logy=True)
    show_run_bars({name: [100 * run[2][-1] for run in runs] for name, runs in raced.items()}, "Clothes that they never saw", "% wrong")

# %% [markdown]
# At their own best rates the six are close together. Nesterov and momentum get a little lower on the images they learn from; on the others the error bars overlap, and nobody wins. What differs is how long the search for a rate took.
#
# > **Takeaway.** Adam is the rule to begin with: its step has the size of the rate, whatever the gradients'. Momentum with a well chosen rate and schedule is as good, and most image networks of this course were trained by it.

# %% [markdown]
# ## 6 · The rate over time
#
# A high rate crosses the land quickly, and then hovers above the ground: noise from the mini-batches throws it about. A low one settles, but takes forever to arrive. So begin high, and go down.
#
# - **Steps**: multiply by `factor` (0.1: divide by 10) after each `every` steps. Step 0 is the first; the rate falls *at* step `every`.
# - **When learning stagnates**: AlexNet's authors divided by 10, by hand, whenever the validation error stopped improving. As a rule: a loss is an improvement when it is smaller than the best so far by more than `threshold`. `patience` losses in a row without improvement are borne; the next one reduces the
#   rate, and counting begins again at 0. The best stays the best. (As in PyTorch; Keras counts one less.)
# - **Cosine**: from the highest rate to zero, along half a wave, $\epsilon\,(1 + \cos \pi p)/2$, with $p$ from 0 to 1.
# - **Warm-up**: before that, in a straight line up. In the first steps the gradients are large and point anywhere, and Adam's averages rest on few of them. With $m$ warm-up steps: $\epsilon\,(i+1)/(m+1)$ for the steps $i = 0 \dots m-1$; then the cosine over the remaining ones, $p = (i - m)/(n - m)$.
#
# > ⚠ The first warm-up step is not zero here: that would be a wasted one. Others start at zero, or end above it.
#
# **Predict.** `reduce_on_plateau` with patience 2, rate 1 and factor 0.1 sees the losses 5, 4, 4, 4, 4, 4, 4, 4. What is the rate after each?
#
# <details><summary>Answer</summary>
#
# 1, 1, then three losses without improvement: 1, 1, 0.1; and three more: 0.1, 0.1, 0.01. An equal loss is no improvement.
# </details>

# %% [markdown]
# **Exercise `schedules.step_decay`** · 5 points · difficulty ●○○○○ · 8 minutes · in `cnnlib/schedules.py`

# %% check="schedules.step_decay"
check("schedules.step_decay")

# %% [markdown]
# **Exercise `schedules.reduce_on_plateau`** · 8 points · difficulty ●●●○○ · 20 minutes · in `cnnlib/schedules.py`

# %% check="schedules.reduce_on_plateau"
check("schedules.reduce_on_plateau")

# %% [markdown]
# **Exercise `schedules.cosine_with_warmup`** · 7 points · difficulty ●●○○○ · 15 minutes · in `cnnlib/schedules.py`

# %% check="schedules.cosine_with_warmup"
check("schedules.cosine_with_warmup")

# %% [markdown]
# ### Experiment: four schedules
#
# First how they look; then 20 epochs of 30 steps with momentum, from a rate that is a little too high to stay.

# %%
top, epochs, steps = 0.03, 20, 20 * 30
with waits_for("schedules.step_decay", "schedules.reduce_on_plateau", "schedules.cosine_with_warmup", "optim.momentum_step"):
    plans = {
        "constant": lambda step, losses: top,
        "÷10 every 8 epochs": lambda step, losses: schedules.step_decay(step, top, 240),
        "÷10 on a plateau": lambda step, losses: schedules.reduce_on_plateau(losses, top, 1),
        "warm-up and cosine": lambda step, losses: schedules.cosine_with_warmup(step, steps, top, 60),
    }
    example = [1 / (1 + epoch) if epoch < 9 else 0.11 + 0.001 * epoch for epoch in range(20)]
    curves = {name: (np.arange(steps), [plan(i, example[: i // 30]) for i in range(steps)]) for name, plan in plans.items()}
    show_curves(curves, "The rate over time (the plateau is an invented one, from epoch 9 on)", "step", "learning rate", markers=False)
    planned = {name: [] for name in plans}
    for name, seed in progress([(name, seed) for name in plans for seed in seeds], "runs"):
        planned[name].append(train(optim.momentum_step, plans[name], epochs, seed))
    x = np.arange(1, epochs + 1)
    show_runs({name: [run[0] for run in runs] for name, runs in planned.items()}, "Training loss", "epoch", "loss", x=x, logy=True)
    show_run_bars({name: [100 * run[2][-1] for run in runs] for name, runs in planned.items()}, "After 20 epochs", "% of validation images wrong")

# %% [markdown]
# Where the rate is divided, the training loss becomes calm, and soon flat: with a tenth of the rate not much more is learned. (With patience 1 the plateau rule loses its nerve early. On noisy curves, be patient.) The cosine goes lowest of all. On images that the network never saw, three seeds do not say much; with ten (`LONG`) we measured 18.2 % wrong at the constant rate, 16.3 and 16.4 % for the two that divide by ten, 17.2 % for the cosine. Every schedule helps, and the lowest training loss is not the lowest error.
#
# ### Experiment: what warm-up is good for
#
# A deep network (six hidden layers), Adam, and a bold rate of 0.01; the same cosine with and without 120 steps of warm-up.

# %%
with waits_for("schedules.cosine_with_warmup", "optim.adam_step"):
    warmed = {"no warm-up": [], "120 steps of warm-up": []}
    for (name, warm), seed in progress([(pair, seed) for pair in zip(warmed, (0, 120)) for seed in seeds], "runs"):
        deep = network((784, *[60] * 6, 10), seed)
        warmed[name].append(train(optim.adam_step, lambda i, losses, m=warm: schedules.cosine_with_warmup(i, 360, 0.01, m), 12, seed, deep))
    curves = {name: [run[0] for run in runs] for name, runs in warmed.items()}
    show_runs(curves, "Training loss of a deep network, Adam at 0.01", "epoch", "loss", x=np.arange(1, 13), logy=True)
    show_run_bars({name: [100 * run[2][-1] for run in runs] for name, runs in warmed.items()}, "After 12 epochs", "% of validation images wrong")

# %% [markdown]
# At first the warm-up costs time: its curve lies higher for most of the way. In the end it lies a little lower, and fewer of the validation images are wrong: with ten seeds (`LONG`) we measured 18.2 ± 1.0 % without warm-up, and 16.9 ± 1.0 % with it.
#
# > **Takeaway.** High rates to travel, low ones to arrive. Divide when learning stagnates, or follow a cosine; warm up when the network is deep or the rate bold.

# %% [markdown]
# ## 7 · Where to begin
#
# **All zeros?** Then every unit of a layer computes the same, gets the same gradient, and stays the same as all others for ever: the *symmetry* must be broken, by chance. (In a ReLU network with all weights zero not even that much happens: all gradients of the weights vanish.) Biases may be zero.
#
# **How large?** A unit adds up $n$ = `fan_in` products $w_i x_i$. If weights are independent with mean 0 and variance $\sigma^2$, the sum has variance $n \sigma^2\, \overline{x^2}$. Layer by layer the signal is multiplied by $n\sigma^2$: below 1 it dies out, above 1 it explodes.
#
# - **Gaussian with standard deviation 0.01**, as AlexNet: fits layers of one size, with eight layers and some care.
# - **Xavier** (Glorot and Bengio): keep the signal on the way up ($n_\text{in} \sigma^2 = 1$) and the gradient on the way down ($n_\text{out} \sigma^2 = 1$); both at once is not possible, so take the mean: $\sigma^2 = 2/(n_\text{in} + n_\text{out})$. For tanh.
# - **He**: ReLU keeps only half of the signal's mean square, so $\sigma^2 = 2/n_\text{in}$.
#
# A fully connected layer `(out, in)` has $n_\text{in}$ = in and $n_\text{out}$ = out. In a convolution `(F, C, KH, KW)` every output is computed from $n_\text{in}$ = C·KH·KW numbers, and every input goes into $n_\text{out}$ = F·KH·KW outputs.
#
# `rng.standard_normal(shape)` has standard deviation 1: multiply it by $\sigma$, the *root* of the variance.
#
# **Predict.** Seven layers of 100 units with ReLU, weights with standard deviation 0.01. By about which factor does the signal's size change with each layer?
#
# <details><summary>Answer</summary>
#
# Mean square: $100 \cdot 0.01^2 = 0.01$, half of which ReLU keeps: 0.005. Size: $\sqrt{0.005} \approx 0.07$. After seven layers some hundred-millionth is left.
# </details>

# %% [markdown]
# **Exercise `init.xavier_normal`** · 6 points · difficulty ●●○○○ · 12 minutes · in `cnnlib/init.py`

# %% check="init.xavier_normal"
check("init.xavier_normal")

# %% [markdown]
# **Exercise `init.he_normal`** · 5 points · difficulty ●○○○○ · 6 minutes · in `cnnlib/init.py`

# %% check="init.he_normal"
check("init.he_normal")

# %% [markdown]
# ### Experiment: what is left of an image after seven layers
#
# 256 pieces of clothing go through seven untrained layers of 100 units. Each histogram shows one layer's outputs; its height is logarithmic.

# %%
with waits_for("init.xavier_normal", "init.he_normal"):
    draws = {"Gaussian 0.01": lambda shape, rng: 0.01 * rng.standard_normal(shape), "Gaussian 0.3": lambda shape, rng: 0.3 * rng.standard_normal(shape)}
    draws |= {"Xavier": init.xavier_normal, "He": init.he_normal}

    def activations(draw, bend):
        parameters, x, found = network((784, *[100] * 7), 0, draw), x_train[:256], []
        for layer in range(1, 8):
            x = bend(linear(x, parameters[f"w{layer}"], parameters[f"b{layer}"]))
            found.append(x)
        return found

    show_layer_histograms({name: activations(draw, np.tanh) for name, draw in draws.items()}, (-1.05, 1.05), "tanh")
    show_layer_histograms({name: activations(draw, relu) for name, draw in draws.items()}, (0, 5), "ReLU (what is larger than 5 is counted at 5)")

# %% [markdown]
# With 0.01 nothing is left after a few layers; with 0.3 tanh sits at its ends, where its slope is zero, and ReLU grows from layer to layer. With tanh, Xavier keeps a good spread. With ReLU it loses a little in every layer, and He keeps the size to the last one.
#
# ### Experiment: and can it learn?
#
# The same depth, eight layers with ReLU, trained with momentum.

# %%
with waits_for("init.xavier_normal", "init.he_normal", "optim.momentum_step"):
    starts = {"all zero": lambda shape, rng: np.zeros(shape), "Gaussian 0.01": draws["Gaussian 0.01"], "Xavier": init.xavier_normal, "He": init.he_normal}
    begun = {name: [] for name in starts}
    for name, seed in progress([(name, seed) for name in starts for seed in seeds], "runs"):
        begun[name].append(train(optim.momentum_step, 0.003, 8, seed, network((784, *[100] * 7, 10), seed, starts[name]))[0])
    marks = [(np.log(10), "guessing")]
    show_runs(begun, "Training loss of eight layers", "epoch", "loss", x=np.arange(1, 9), marks=marks)

# %% [markdown]
# All zero and 0.01 lie on the dotted line. All zero cannot learn, by symmetry; 0.01 cannot either, for want of a signal: the gradient shrinks on its way down just as the signal on its way up. Xavier gets going late, He at once. (AlexNet's 0.01 worked with layers of thousands of inputs. Normalization, 06, makes all this less delicate.)
#
# ### Experiment: units that die
#
# A ReLU whose sum is negative for *every* image gives zero, has slope zero, and learns nothing more: it is dead. One step that is too large is enough. We count, after three epochs, the units of the first layer that are zero for all 1,500 images.

# %%
with waits_for("optim.sgd_step"):
    dying = {"dead": []}
    tried = (0.03, 0.1, 0.2, 0.4, 0.6, 1.0)
    for seed in progress(seeds, "seeds"):
        row = []
        for rate in tried:
            parameters = train(optim.sgd_step, rate, 3, seed)[3]
            row.append(100 * np.mean((linear(x_train, parameters["w1"], parameters["b1"]) <= 0).all(axis=0)))
        dying["dead"].append(row)
    show_runs({"dead units": dying["dead"]}, "ReLUs that answer to no image", "learning rate of SGD", "% of the hidden units", x=np.array(tried), logx=True)

# %% [markdown]
# Up to 0.2 nearly every unit survives; at 0.4 some ten of a hundred are dead after three epochs, at 1 about forty, and they stay dead. That is one part of the damage in the "very high" curve of section 1.
#
# > **Takeaway.** Break the symmetry, and keep the size: Xavier for tanh, He for ReLU. A rate that is too high kills ReLUs for good.

# %% [markdown]
# ## 8 · What weight decay does
#
# In section 1, weight decay was a term of the rule. What happens to a weight that gets no gradient at all? Each step multiplies it by $1 - \epsilon\lambda$.
#
# **Predict.** Momentum 0.9 with rate 0.01 (in effect 0.1), 600 steps. Which part of such a weight is left with AlexNet's $\lambda = 0.0005$? With 0.05?
#
# <details><summary>Answer</summary>
#
# About $e^{-0.1 \cdot 600 \cdot \lambda}$: 97 % with 0.0005, and 5 % with 0.05. AlexNet made hundreds of thousands of steps; on a short run its value does next to nothing.
# </details>
#
# ### Experiment: how filters look with and without

# %%
with waits_for("optim.momentum_step"):
    decays, decayed = (0, 5e-4, 5e-2), {}
    for decay, seed in progress([(decay, seed) for decay in decays for seed in seeds], "runs"):
        decayed.setdefault(f"λ = {decay:g}", []).append(train(optim.momentum_step, 0.01, 20, seed, weight_decay=decay)[3])
    for name, found in decayed.items():
        filters = found[0]["w1"][:8].reshape(8, 28, 28)
        show_images(*filters, titles=[f"{name}: unit 0", *[f"unit {unit}" for unit in range(1, 8)]], signed=True, shared=True, size=1.2)
        norms = [np.linalg.norm(parameters["w1"]) for parameters in found]
        print(f"{name}: the first layer's weights have the length {np.mean(norms):.1f}")
    for title, data in (("Learned from", (x_train, y_train)), ("Clothes that they never saw", (x_val, y_val))):
        show_run_bars({name: [100 * wrong(parameters, *data) for parameters in found] for name, found in decayed.items()}, title, "% wrong")

# %% [markdown]
# With 0.0005 nothing can be seen on so short a run, as predicted. With 0.05 the random noise of the first weights is gone, and you see what each unit looks for: a collar, sleeves, the gap between trouser legs, a shoe. The network learns its training images far less by heart (the first bars), and does as well on new ones (the second).
#
# > ⚠ **Adam and weight decay.** If $\lambda w$ is added to the gradient, Adam divides it by $\sqrt{\hat r}$ like everything else, and weights with large gradients are hardly decayed. *AdamW* takes $\epsilon\lambda w$ off the weights directly. For plain SGD both are the same; for Adam they are not.
#
# > **Takeaway.** Weight decay takes away what the data do not ask for. Look at how many steps it has to act before you choose $\lambda$.

# %% [markdown]
# ## 9 · Stop in time
#
# A large network and few images: the training loss goes to zero, and the validation loss first falls and then rises, as the network learns its examples by heart. **Early stopping** keeps the parameters of the best moment, and gives up when there was no better one for a while.
#
# The rule is that of the plateau: a loss is an improvement when it is smaller than the best by more than `min_delta`; `patience` losses in a row without one are borne, and at the next `step` says `True`.
#
# > ⚠ **Remember copies.** Many loops change arrays in place. Whoever keeps `parameters` itself keeps the last ones, not the best.

# %% [markdown]
# **Exercise `early_stopping.EarlyStopping`** · 9 points · difficulty ●●●○○ · 20 minutes · in `cnnlib/early_stopping.py`

# %% check="early_stopping.EarlyStopping"
check("early_stopping.EarlyStopping")

# %% [markdown]
# ### Experiment: learning by heart
#
# 200 images, Adam, and far too much time. **Predict.** Where will patience 5 stop?
#
# <details><summary>Answer</summary>
#
# After epoch 13 or 14. The validation loss turns round after seven or eight epochs: 200 images are soon learned by heart. Five losses in a row without improvement are borne, and the sixth stops the run.
# </details>

# %%
with waits_for("early_stopping.EarlyStopping", "optim.adam_step"):
    heart = [train(optim.adam_step, 0.001, 40, seed, batch=25, many=200) for seed in progress(seeds, "seeds")]
    curves = {"training": [run[0] for run in heart], "validation": [run[1] for run in heart]}
    show_runs(curves, "200 images learned by heart", "epoch", "loss", x=np.arange(1, 41))
    for seed, run in zip(seeds, heart):
        watcher, stopped = early_stopping.EarlyStopping(patience=5), 40
        for epoch, loss in enumerate(run[1], start=1):
            if watcher.step(loss, {}):
                stopped = epoch
                break
        at = run[1].index(watcher.best_loss) + 1
        print(f"seed {seed}: stopped after epoch {stopped}; the best was epoch {at}, loss {watcher.best_loss:.3f}; after 40 epochs {run[1][-1]:.3f}")

# %% [markdown]
# The training loss goes to zero, and the validation loss climbs from 0.79 to 0.96. The run that stopped in time has the weights of the turning point in its hands.
#
# > **Takeaway.** Training longer is not training better. Early stopping costs a validation set and a copy, and saves time besides.

# %% [markdown]
# ## 10 · Searching for good settings
#
# Learning rate, weight decay, batch size, number of units … these *hyperparameters* are not learned by gradients: we try them, and compare on the **validation** images (00, idea 3). Two pieces of advice:
#
# - **On a logarithmic scale.** Rates of 0.001 and 0.002 differ as much as 0.1 and 0.2 do.
# - **At random rather than on a grid.** Of two settings one mostly matters far more. Sixteen trials on a 4×4 grid try 4 values of it; sixteen random ones try 16.
#
# ### Experiment: sixteen trials, twice

# %%
with waits_for("optim.momentum_step"):
    rng, powers = np.random.default_rng(2), np.linspace(0, 1, 4)
    places = {"grid of 4 × 4": [(a, b) for a in powers for b in powers], "16 at random": rng.random((16, 2))}
    searched, best_of = {}, {}
    for name, unit in places.items():
        rows = []
        for a, b in progress(unit, f"trials, {name}"):
            rate, decay = 10 ** (-4 + 4 * a), 10 ** (-5 + 4 * b)
            run = train(optim.momentum_step, rate, 6, 0, weight_decay=decay)
            rows.append((rate, decay, run[2][-1]))
            if name not in best_of or rows[-1][2] < best_of[name][1]:
                best_of[name] = f"rate {rate:.4f}, decay {decay:.5f}", rows[-1][2], wrong(run[3], x_test, y_test)
        searched[name] = rows
    show_search(searched, ("learning rate", "weight decay"), "share of validation images wrong")
    for name, (settings, chosen_on, reported) in best_of.items():
        print(f"{name}: {settings}: {chosen_on:.1%} of the validation images wrong, {reported:.1%} of the test images")

# %% [markdown]
# The columns of the grid differ, its rows much less: here the rate decides, and the grid tried only four of them. The random trials fall between its columns and come upon a better one. (One draw proves little: change the generator's seed and look again.) And both winners are one or two points worse on the test images than on those by which they were chosen.
#
# > **Takeaway.** Logarithmic, at random, on validation images. The best of many trials was also the luckiest: report the test images, and look at them once.

# %% [markdown]
# ## 11 · Everything together
#
# Now the run that you would make of all this: mini-batches in a new order every epoch, Adam with a state for each parameter, warm-up and cosine counted over all updates, early stopping on the validation loss. It takes any network that comes as `loss_and_gradients(parameters, images, labels)`.
#
# - **steps** of the schedule = epochs × batches per epoch; the last batch may be smaller, and counts. The first update is step 0.
# - The **validation loss** is taken once after every epoch, over all validation images at once.
# - What comes back are the **best** parameters, not the last.

# %% [markdown]
# **Exercise `fit.fit`** · 10 points · difficulty ●●●●○ · 30 minutes · in `cnnlib/fit.py`

# %% check="fit.fit"
check("fit.fit")

# %% [markdown]
# ### Experiment: your whole course so far
#
# A small convolutional network of your own layers (02–04) on the clothes, trained by your own `fit`, beside the MLP. Both are asked about the 1,000 test images only now.

# %%
def convnet(seed):
    rng = np.random.default_rng(seed)
    return Sequential(
        *(Conv2d(1, 6, 5, rng=rng), ReLU(), AvgPool2d(2), Conv2d(6, 16, 5, rng=rng), ReLU(), AvgPool2d(2)),
        *(Flatten(), Linear(400, 84, rng=rng), ReLU(), Linear(84, 10, rng=rng)),
    )


def of_network(net):
    """A network of layer objects as fit wants it: its parameters by name, and loss_and_gradients for them."""

    def both(parameters, x, y):
        net.load_state(parameters)
        loss, dout = cross_entropy(net.forward(x), y)
        net.backward(dout)
        layers = list(net.layers())
        return loss, {name: layers[int(name.split(".")[0])].gradients[name.split(".")[1]] for name in parameters}

    return net.state(), both


with waits_for("fit.fit", "optim.adam_step", "schedules.cosine_with_warmup", "early_stopping.EarlyStopping"):
    maps, test_maps = lenet_images(fashion.train_images[shuffled]), lenet_images(fashion.test_images)
    settings = {"learning_rate": 0.003, "epochs": 8, "batch_size": 50, "warmup_steps": 30, "patience": 2}
    missed, curves = {"MLP": [], "convolutional": []}, {"MLP": [], "convolutional": []}
    for seed in progress(seeds, "seeds"):
        parameters, losses = fit.fit(
            network((784, 100, 10), seed), loss_and_gradients, (x_train, y_train), (x_val, y_val), **settings, rng=np.random.default_rng(seed)
        )
        missed["MLP"].append(100 * wrong(parameters, x_test, y_test))
        curves["MLP"].append(losses)
        net = convnet(seed)
        start, both = of_network(net)
        parameters, losses = fit.fit(start, both, (maps[:1500], y_train), (maps[1500:], y_val), **settings, rng=np.random.default_rng(seed))
        net.load_state(parameters)
        missed["convolutional"].append(100 * np.mean(net.forward(test_maps).argmax(axis=1) != y_test))
        curves["convolutional"].append(losses)
    padded = {name: [[*losses, *[np.nan] * (8 - len(losses))] for losses in found] for name, found in curves.items()}
    show_runs(padded, "Validation loss (a curve ends where a run was stopped)", "epoch", "loss", x=np.arange(1, 9))
    show_run_bars(missed, "1,000 pieces of clothing that they never saw", "% wrong")

# %% [markdown]
# Did you expect the convolutional network to win? On 1,500 images, in eight epochs, the MLP is ahead, with 79,510 parameters against 37,106. The clothes are all of one size and in the middle, so that an MLP loses little by looking at fixed places; when digits were shifted, in 04, it was the convolutional network that stood more. A recipe has to be found for each network: choose one thing to change (maxima for averages, more filters, another rate, more epochs), predict, and measure on the validation images.
#
# > **Takeaway.** Rule, schedule, first weights, decay, stopping: a training run is a handful of decisions, each of which you can now measure.

# %% [markdown]
# ## 12 · In your own words
#
# **Written question** · 8 points · about half a page, marked by a person
#
# A colleague trains a network of 20 layers with ReLU on photos, with Adam. She shows you her notes: "Weights Gaussian, 0.01. First try, rate 0.1: loss 2.3 from the beginning to the end. Second try, rate 0.00001: the same. Third try, with weights twenty times as large: not-a-number in the first epoch. In the end I found settings that work: of
# 60 combinations of rate and weight decay on a 6 × 10 grid (rates 0.001, 0.002, … 0.006) I took the one with the fewest wrong test images after 100 epochs, although the training loss was 0.000 by then: 8.1 % wrong, which is what we report."
#
# Explain the three failures, and say how she should begin. What is wrong with her search and with her number, and how would you do both? Which two pictures would you ask her to draw in the next run, and what would you look for in them?
#
# | marked | points |
# |---|---|
# | explains the failures by what happens to the signal and the gradient over 20 layers, with numbers or a formula, and tells why no rate can mend them; names an initialisation that fits | 3 |
# | says what is wrong with the grid and its scale, and proposes a better search | 2 |
# | says why the reported number is too good, and uses validation and test images rightly; mentions stopping earlier | 2 |
# | asks for two telling pictures (loss curves over rates, activations per layer, training and validation loss …), and says what to look for | 1 |

# %% [markdown] written="05-written"
# *Write your answer here, in place of this line.*

# %% [markdown]
# ## What you can do now
#
# - Write SGD, momentum, Nesterov, AdaGrad, RMSProp and Adam, and say what each of them adds.
# - Tell from a curve whether a rate is too low, good or too high, and plan it over time.
# - Draw first weights of the right size, and see in histograms when they are not.
# - Use weight decay and early stopping, and search for settings honestly.
#
# **Next:** 06, normalization: layers that keep their signals in order themselves.
#
# ## Further reading
#
# - I. Goodfellow, Y. Bengio, A. Courville, *Deep Learning* (2016), chapters 7 and 8: all of this notebook, with the same letters.
# - I. Sutskever, J. Martens, G. Dahl, G. Hinton, *On the importance of initialization and momentum in deep learning* (2013).
# - J. Duchi, E. Hazan, Y. Singer, *Adaptive subgradient methods* (2011): AdaGrad. T. Tieleman, G. Hinton, *Lecture 6.5* (2012): RMSProp.
# - D. Kingma, J. Ba, *Adam: a method for stochastic optimization* (2015). I. Loshchilov, F. Hutter, *Decoupled weight decay regularization* (2019): AdamW.
# - X. Glorot, Y. Bengio, *Understanding the difficulty of training deep feedforward neural networks* (2010). K. He et al., *Delving deep into rectifiers* (2015).
# - I. Loshchilov, F. Hutter, *SGDR* (2017): the cosine. P. Goyal et al., *Accurate, large minibatch SGD* (2017): warm-up.
# - J. Bergstra, Y. Bengio, *Random search for hyper-parameter optimization* (2012).
# - G. Goh, *Why momentum really works*, Distill (2017): a valley to play with.
