# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 01 · Multilayer perceptron and backprop
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/stride-course/stride/blob/main/notebooks/01_mlp_backprop.ipynb)
#
# From a machine of 1957 that learned letters to a network that reads handwritten digits: you build each part, and the gradients that make
# it learn. Everything later in this course is trained the way you train it here.
#
# **You will be able to** teach a perceptron, and say what it can never learn · write the forward and the backward pass of a
# multilayer perceptron, layer by layer · turn scores into a loss, without overflow · find wrong gradients by measuring · train with mini-batches,
# and read the curves · say why weights must start unequal, and why such a network is hopeless for photographs.
#
# **Not here:** convolution (02), faster ways down the slope, weight decay and good starting weights (05), remedies against over-fitting (07).
#
# **Time** about 280 minutes · **Points** 100 · **Before this** 00; matrix products, the chain rule.

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
import time
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
from cnnlib import activations, gradcheck, linear, loss, mlp, perceptron, train_loop
from cnnlib.kit import best_seconds, draw_letters, grey, load, photo, progress
from cnnlib.kit import show_agreement, show_bars, show_curves, show_grid_of_numbers, show_images, show_network
from cnnlib.kit import show_regions, show_run_bars, show_runs, waits_for

digits = load("digits")  # 1,797 digits, written by 13 people, 8×8 pixels
chosen = [int(np.flatnonzero(digits.train_labels == digit)[3]) for digit in range(10)]
show_images(*digits.train_images[chosen, 0], titles="0123456789", size=0.9)

# %% [markdown]
# ## 1 · A machine that learns letters
#
# In 1957 Frank Rosenblatt described the **perceptron**, and then built one: the Mark I, a cabinet with a camera. Its camera had 20×20
# photocells of cadmium sulphide, so an image was 400 numbers; its weights were dials, turned by motors. It learned to tell letters apart.
# This is how they looked to it, and how our cat would have:

# %%
rng = np.random.default_rng(0)
letters, which = draw_letters("XO", 60, rng)  # (120, 20, 20), printed in several fonts, a little turned and moved
cat = grey(photo("cat"))[:200, 50:250].reshape(20, 10, 20, 10).mean(axis=(1, 3))
show_images(*letters[:6], cat, titles=("", "", "six of our 120 letters", "", "", "", "the cat, 20×20"), size=1.4)

# %% [markdown]
# The rule is short. Every photocell $x_i$ has a weight $w_i$, and the machine answers
#
# $$f(x) = \begin{cases} 1 & \text{if } w \cdot x + b > 0 \\ 0 & \text{otherwise} \end{cases}$$
#
# It is shown one example after the other. If its answer $y$ is not the desired $d$, every weight moves a little:
#
# $$w_i \leftarrow w_i + \alpha\,(d - y)\, x_i$$
#
# and $b$ likewise, as if its input were always 1. $\alpha$ is the **learning rate**.
#
# **Predict.** What happens when the answer was right? When it should have been 1 and was 0: does $w \cdot x + b$ grow or shrink
# for this $x$, and by how much? Which weights do not move at all?
#
# <details><summary>Answer</summary>
#
# Right: $d - y = 0$, nothing moves. Missed a 1: the sum grows by $\alpha\,(x \cdot x + 1)$, so next time this example is nearer to a yes. Photocells
# that saw nothing ($x_i = 0$) keep their weights: they had no part in the mistake.
# </details>

# %% [markdown]
# **Exercise `perceptron.perceptron_update`** · 6 points · difficulty ●○○○○ · 10 minutes · in `cnnlib/perceptron.py`
#
# Answer one example, and learn from it.

# %% check="perceptron.perceptron_update"
check("perceptron.perceptron_update")

# %% [markdown]
# ### Experiment: teach it X and O
#
# 400 weights, all 0 at first, drawn as the picture that they are: red says "O" where there is ink, blue says "X".

# %%
with waits_for("perceptron.perceptron_update"):
    w, b, pictures, mistakes, seen = np.zeros(400), 0.0, [], [], 0
    for _ in range(3):  # three times through all letters
        for image, target in zip(letters.reshape(-1, 400), which):
            mistakes.append(int((w @ image + b > 0) != target))
            w, b = perceptron.perceptron_update(w, b, image, target, 0.1)
            seen += 1
            if seen in (1, 2, 5, 30, 360):
                pictures.append(w.reshape(20, 20))
    titles = [f"after {n}" for n in (1, 2, 5, 30, 360)]
    show_images(*pictures, titles=titles, signed=True, size=1.6, caption="the weights, after so many letters")
    fresh, answers = draw_letters("XO", 100, np.random.default_rng(1))
    wrong = ((fresh.reshape(-1, 400) @ w + b > 0) != answers).sum()
    print(f"mistakes in the first, second and third round: {[sum(mistakes[i : i + 120]) for i in (0, 120, 240)]}")
    print(f"on 200 letters that it never saw: {wrong} wrong")

# %% [markdown]
# It has made itself a template: ink on the ring speaks for O, ink in the middle and in the corners for X. Letters that it got right
# have left no trace in it.
#
# ### Experiment: the line, as it learns
#
# With two inputs instead of 400 we can watch. $w \cdot x + b = 0$ is a straight **line**; on one side of it the answer is yes. Here are real digits, all zeros
# and ones of the training set, each described by two numbers only: the ink in its centre and the ink on its left (more or less than the average).

# %%
pair = np.isin(digits.train_labels, (0, 1))
pixels, one = digits.train_images[pair, 0] / 255, digits.train_labels[pair]
points = np.stack([pixels[:, :, :3].mean(axis=(1, 2)), pixels[:, 2:6, 3:5].mean(axis=(1, 2))], axis=1)  # (289, 2)
points = points - points.mean(axis=0)
with waits_for("perceptron.perceptron_update"):
    w, b, lines, titles, updates, rounds = np.zeros(2), 0.0, [], [], 0, []
    while len(rounds) < 100 and 0 not in rounds:
        rounds.append(0)
        for point, target in zip(points, one):
            if int(w @ point + b > 0) != target:
                updates, rounds[-1] = updates + 1, rounds[-1] + 1
            w_new, b_new = perceptron.perceptron_update(w, b, point, target, 0.1)
            if b_new != b and updates in (1, 2, 3, 10, 30):
                lines.append((w_new, b_new))
                titles.append(f"after mistake {updates}")
            w, b = w_new, b_new
    lines.append((w, b))
    titles.append(f"after {updates}, the last one")
    classifiers = [lambda plane, w=w, b=b: plane @ w + b for w, b in lines]
    names = {"names": ("a 0", "a 1"), "axes_names": ("ink on the left", "ink in the centre")}
    show_regions(points, one, classifiers, titles, columns=3, **names)
    print(f"mistakes per round through all {len(points)} digits: {rounds}")

# %% [markdown]
# Not every step is an improvement: the rule cares for one example at a time. But if *any* line separates the two kinds, it finds one after finitely many mistakes: the perceptron convergence theorem.
#
# ### Four points
#
# Here are four points: "one or the other, but not both" (XOR). Or think of "the two corners have the same brightness".
#
# **Predict.** Where would you draw the line?
#
# <details><summary>Answer</summary>
#
# There is none. The two 1s lie across from each other; a line that has both on one side also has one of the 0s there. The rule below never
# comes to rest.
# </details>

# %%
corners, xor = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
with waits_for("perceptron.perceptron_update"):
    w, b, lines, wrong = np.zeros(2), 0.0, [], []
    for step in range(400):
        point, target = corners[step % 4], xor[step % 4]
        wrong.append(int((w @ point + b > 0) != target))
        w, b = perceptron.perceptron_update(w, b, point, target, 0.3)
        lines.append((w, b))
    print(f"mistakes in the last hundred of 400 examples: {sum(wrong[300:])}")
    classifiers = [lambda plane, w=w, b=b: plane @ w + b for w, b in lines[-4:]]
    show_regions(corners, xor, classifiers, [f"after {n} examples" for n in range(397, 401)], size=2.2)

# %% [markdown]
# In 1969 a famous book made this the symbol of what a single perceptron cannot do, and money went elsewhere for years. The way out is two lines, and a unit
# that combines them: several layers. But whom do you blame when the answer is wrong: the unit at the end, or one of those that it listened to?
# For that we need slopes.
#
# > **Takeaway.** A perceptron is one straight line. It learns from mistakes, whatever can be told apart by a line, and nothing else.

# %% [markdown]
# ## 2 · One unit, with a slope
#
# Everywhere but at the jump, the yes/no answer has slope zero: a small change of a weight changes nothing, so nothing says which way is
# better. So replace the jump by an **activation function** $a$ that rises. A unit takes two steps:
#
# $$v = w_0 + \sum_n w_n x_n \qquad\qquad \text{output} = a(v)$$
#
# ($w_0$ is the bias: we call it $b$.) Three activations are in use; ours is what the next layer sees:
#
# $$\text{sigmoid}(v) = \frac{1}{1 + e^{-v}} \qquad \tanh(v) = \frac{e^v - e^{-v}}{e^v + e^{-v}} \qquad \text{ReLU}(v) = \max(0, v)$$
#
# **Predict.** Which of the three can be negative? Which grows without limit? What does your computer say to `exp(1000)`, and for which
# $v$ does the formula for sigmoid need it?
#
# <details><summary>Answer</summary>
#
# Only tanh is negative somewhere. ReLU has no limit. `exp(1000)` overflows to infinity; sigmoid as written needs it at $v = -1000$. Multiply above and
# below by $e^v$, and you get $e^v / (1 + e^v)$: fine for negative $v$.
# </details>

# %% [markdown]
# **Exercise `activations.relu_forward`** · 2 points · difficulty ●○○○○ · 4 minutes · in `cnnlib/activations.py`

# %% check="activations.relu_forward"
check("activations.relu_forward")

# %% [markdown]
# **Exercise `activations.tanh_forward`** · 3 points · difficulty ●○○○○ · 3 minutes · in `cnnlib/activations.py`

# %% check="activations.tanh_forward"
check("activations.tanh_forward")

# %% [markdown]
# **Exercise `activations.sigmoid_forward`** · 4 points · difficulty ●●●○○ · 12 minutes · in `cnnlib/activations.py`
#
# Right for every number, without a warning.

# %% check="activations.sigmoid_forward"
check("activations.sigmoid_forward")

# %% [markdown]
# ### Experiment: what an activation lets through
#
# Every pixel of the photographer is the input of a unit here: how much brighter it is than its left neighbour, times 8. The activation decides
# what the next layer gets to see.

# %%
with waits_for("activations.relu_forward", "activations.tanh_forward", "activations.sigmoid_forward"):
    v = np.linspace(-5, 5, 101)
    functions = {name: getattr(activations, f"{name}_forward") for name in ("relu", "tanh", "sigmoid")}
    curves = {name: (v, function(v)) for name, function in functions.items()}
    curves["relu"] = (v[:61], curves["relu"][1][:61])
    show_curves(curves, "Three activations", "v", "a(v)", markers=False)
    camera = grey(photo("camera"))
    change = 8 * (camera[:, 1:] - camera[:, :-1])
    pictures = [change, *(function(change) for function in functions.values())]
    titles = ("v (red: brighter, blue: darker)", "relu: brighter only", "tanh: both, the strong ones cut", "sigmoid: 0 becomes ½")
    show_images(*pictures, titles=titles, signed=True, limit=1, size=2.4)

# %% [markdown]
# > **Takeaway.** A unit is a weighted sum and a bend. The sum finds a pattern; the bend decides what of it goes on; and its slope will tell us how to
# > learn.

# %% [markdown]
# ## 3 · A layer: many units at once
#
# $M$ units that look at the same $D$ inputs are a **fully connected** layer: every unit has a weight for every input. Put the weights of unit $m$
# in row $m$ of a matrix, the examples of a batch in the rows of another, and one matrix product does it all:
#
# $$\underbrace{\text{out}}_{N \times M} = \underbrace{x}_{N \times D} \cdot \underbrace{w^\top}_{D \times M} + \underbrace{b}_{M}$$

# %%
x = np.array([[1, 2], [0, 1], [3, -1]])
w = np.array([[1, 0], [-2, 2], [1, -1]])
b = np.array([[0, 1, 0]])
out = x @ w.T + b
titles = ("x: 3 examples", "wᵀ: a column per unit", "b", "out")
words = "second example, second unit: 0·(−2) + 1·2 + 1 = 3"
windows = {0: [(1, 0, 1, 2)], 1: [(0, 1, 2, 1)], 2: [(0, 1, 1, 1)], 3: [(1, 1, 1, 1)]}
show_grid_of_numbers(x, "·", w.T, "+", b, "=", out, titles=titles, windows=windows, caption=words, cell=0.5)

# %% [markdown]
# > ⚠ **Letters, ours and others'.** Our `w` is `(M, D)`: outputs first, as in PyTorch. One lecture writes $w^{(k)}_{i,j}$ *from* unit $i$ *to* unit $j$, the transpose
# > of ours; another $W^{(l)}_{ij}$ from $j$ to $i$, as we do. And some give every layer an extra unit that is always 1, so that $b$ hides among the weights.
#
# **Predict.** A batch of 32 digits of 8×8 pixels goes into 10 units. Which shapes have `x`, `w`, `b` and the output? How many numbers are learned?
#
# <details><summary>Answer</summary>
#
# `(32, 64)`, `(10, 64)`, `(10,)`, `(32, 10)`; 640 + 10 = 650. The batch adds nothing to learn.
# </details>

# %% [markdown]
# **Exercise `linear.linear_forward`** · 5 points · difficulty ●○○○○ · 8 minutes · in `cnnlib/linear.py`

# %% check="linear.linear_forward"
check("linear.linear_forward")

# %% [markdown]
# ### Experiment: ten templates
#
# Give each of ten units the average picture of one digit as its weights (minus the average of all), and let them see digits that they do not know. The
# unit with the largest output names the digit. Nothing was learned yet.

# %%
flat = lambda images: images.reshape(len(images), -1) / 255  # (N, 1, 8, 8) uint8 -> (N, 64), 0 to 1
x_train, y_train, y_test = flat(digits.train_images), digits.train_labels, digits.test_labels
centre = x_train.mean(axis=0)  # of the training set alone: see 00
x_train, x_test = x_train - centre, flat(digits.test_images) - centre
with waits_for("linear.linear_forward"):
    templates = np.stack([x_train[y_train == digit].mean(axis=0) for digit in range(10)])  # (10, 64)
    biases = -0.5 * (templates**2).sum(axis=1)  # so that the nearest template wins, and not the one with most ink
    scores = linear.linear_forward(x_test, templates, biases)
    show_images(*templates.reshape(10, 8, 8), titles="0123456789", signed=True, shared=True, size=0.9)
    print(f"wrong: {np.mean(scores.argmax(axis=1) != y_test):.1%} of {len(y_test)} test digits; guessing would give 90 %")

# %% [markdown]
# > **Takeaway.** A fully connected layer compares its input with one template per unit, all in one matrix product.

# %% [markdown]
# ## 4 · Layer upon layer
#
# Now let units look at units. With $a^{(0)} = x$, for layer $l = 1 \dots K$:
#
# $$z^{(l)} = a^{(l-1)}\, w^{(l)\top} + b^{(l)} \qquad\qquad a^{(l)} = f_l\!\left(z^{(l)}\right)$$
#
# That is a **multilayer perceptron** (MLP), or feedforward network: no connection leads back. The layers between input and output are **hidden**. The last one has
# no activation here: its numbers are **scores**, one per class.
#
# Is one hidden layer enough for XOR? Two ReLU units and one unit on top, with weights found by thinking: the first counts the inputs that are on, the second
# notices when it is both, and the last one takes the second away twice:

# %%
first, second = np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([[1.0, -2.0]])
words = (["x₀", "x₁"], ["ReLU", "ReLU"], ["> ½ ?"])
arrows = ([["1", "1"], ["1", "1"]], [["1", "−2"]])
show_network(words, arrows, titles=("inputs", "hidden, biases 0 and −1", "output"))

# %%
with waits_for("linear.linear_forward", "activations.relu_forward"):
    hide = lambda plane: activations.relu_forward(linear.linear_forward(plane, first, np.array([0.0, -1.0])))
    on_top = lambda hidden: linear.linear_forward(hidden, second, np.array([-0.5]))[:, 0]
    show_regions(corners, xor, [lambda plane: on_top(hide(plane))], ("XOR, solved",), axes_names=("x₀", "x₁"))
    show_regions(hide(corners), xor, [on_top], ("what the last unit sees",), axes_names=("hidden 0", "hidden 1"))

# %% [markdown]
# The hidden layer has **bent the plane**: two of the four points came to lie on each other, and now one line will do.
#
# **Predict.** What if we leave the ReLU out, and stack ten linear layers instead of two?
#
# <details><summary>Answer</summary>
#
# $(x\,w_1^\top)\,w_2^\top = x\,(w_2 w_1)^\top$: two linear layers are *one* linear layer with the weights $w_2 w_1$, and so are ten. Without a bend between them, depth gains nothing, and XOR
# stays out of reach.
# </details>

# %%
with waits_for("linear.linear_forward"):
    rng = np.random.default_rng(0)
    w1, w2 = rng.standard_normal((32, 64)), rng.standard_normal((10, 32))
    b1, b2 = rng.standard_normal(32), rng.standard_normal(10)
    two = linear.linear_forward(linear.linear_forward(x_test, w1, b1), w2, b2)
    one = linear.linear_forward(x_test, w2 @ w1, w2 @ b1 + b2)
    print("two linear layers against one, largest difference on all test digits:", np.abs(two - one).max())

# %% [markdown]
# > **Takeaway.** Hidden layers re-describe the input until a line is enough. The bend in between is what makes a layer count.

# %% [markdown]
# ## 5 · How wrong is it?
#
# To learn, we need one number that says how wrong the scores $s$ are, and that has a slope. First make them probabilities by the **softmax**, then take minus the logarithm
# of what the right class $y$ was given, the **cross-entropy**, averaged over the batch:
#
# $$p_c = \frac{e^{s_c}}{\sum_k e^{s_k}} \qquad\qquad L = -\frac1N \sum_n \log p_{n,\,y_n}$$
#
# (For regression, where the answer is a number, one takes the mean of $\tfrac12\lVert h(x) - y \rVert^2$ instead, and often adds $\tfrac{\lambda}{2}$ times the sum of
# all squared weights. That second part is weight decay: 05.)
#
# Its gradient is as simple as can be: *what you said, minus what was right*.
#
# $$\frac{\partial L}{\partial s_{n,c}} = \frac{1}{N}\left(p_{n,c} - [\,c = y_n\,]\right)$$

# %%
scores = np.array([2.0, 0.5, -1.0, 4.0])
p = np.exp(scores) / np.exp(scores).sum()
right = np.array([0.0, 1, 0, 0])
titles = ("scores", "softmax p", "right: class 1", "gradient")
words = "loss = −log 0.026 = 3.7; the gradient lowers what is too high and raises class 1"
show_grid_of_numbers(scores[:, None], "→", p[:, None], "−", right[:, None], "=", (p - right)[:, None], titles=titles, caption=words, cell=0.55)

# %% [markdown]
# **Predict.** (a) A network that knows nothing gives ten classes the same score. What is its loss? (b) Add 1000 to all scores: what happens to $p$? And what does
# your computer say, if you write the formula as it stands?
#
# <details><summary>Answer</summary>
#
# (a) $-\log \tfrac{1}{10} = \log 10 = 2.30$, a number worth remembering: a fresh network that starts elsewhere has a fault. (b) Nothing happens to $p$: above and below the line the same factor $e^{1000}$ cancels.
# But the computer says `inf / inf = nan`. So subtract the largest score first.
# </details>

# %% [markdown]
# **Exercise `loss.softmax_cross_entropy`** · 16 points · difficulty ●●●●○ · 35 minutes · in `cnnlib/loss.py`
#
# Loss and gradient together, for scores of any size.

# %% check="loss.softmax_cross_entropy"
check("loss.softmax_cross_entropy")

# %% [markdown]
# ### Experiment: the cliff
#
# Three rows of scores, moved up together. (The orange curve is drawn a little higher, so that you see both.) The formula as it stands falls off a cliff near 709, as $e^{709.8}$ is the largest number that float64 can hold.
# In float32 it happens at 88.

# %%
with waits_for("loss.softmax_cross_entropy"):
    few, labels, moves = np.array([[2.0, 1, -1], [0, 3, 1], [1, 1, 1]]), np.array([0, 1, 2]), np.arange(0, 1001, 25)

    def as_it_stands(scores):
        with np.errstate(all="ignore"):
            p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
            return -np.log(p[range(3), labels]).mean()

    naive = [as_it_stands(few + move) for move in moves]
    yours = [loss.softmax_cross_entropy(few + move, labels)[0] for move in moves]
    curves = {"yours": (moves, yours), "the formula as it stands": (moves, np.array(naive) + 0.02)}
    show_curves(curves, "All scores moved up together", "moved by", "loss")

# %% [markdown]
# > **Takeaway.** The gradient of softmax and cross-entropy together is $p$ minus the truth. Compute the two together, and subtract the maximum first.

# %% [markdown]
# ## 6 · Backprop: who is to blame?
#
# The chain rule answers the question of 1969, and it is the forward recursion, run backwards. Begin with $\partial L / \partial z^{(K)}$, that of the last layer, which the loss $L$ has given you.
# Then for $l = K \dots 1$:
#
# $$\frac{\partial L}{\partial w^{(l)}} = \left(\frac{\partial L}{\partial z^{(l)}}\right)^{\!\top} a^{(l-1)}
# \qquad \frac{\partial L}{\partial b^{(l)}} = \sum_n \frac{\partial L}{\partial z^{(l)}_n}
# \qquad \frac{\partial L}{\partial a^{(l-1)}} = \frac{\partial L}{\partial z^{(l)}}\, w^{(l)}
# \qquad \frac{\partial L}{\partial z^{(l-1)}} = \frac{\partial L}{\partial a^{(l-1)}} \cdot f'\!\left(z^{(l-1)}\right)$$
#
# In words: a weight is to blame as much as what came in, times the blame of what went out. A unit is to blame for all whom it fed, each weighed with their
# connection. And an activation passes blame on in proportion to its slope.
#
# Once by hand, with whole numbers: $x = (1, 2)$, three ReLU units, two classes, class 0 is right. Black flows forward, red flows back.

# %%
units = (["1", "2"], ["1 → 1", "2 → 2", "−1 → 0"], ["4", "4"])
arrows = ([["1", "0"], ["−2", "2"], ["1", "−1"]], [["2", "1", "1"], ["0", "2", "3"]])
blame = (["−2", "1"], ["−1", "½", "0"], ["½ − 1 = −½", "½"])
titles = ("x", "hidden: z → ReLU(z)", "scores")
words = "blue: weights · red: the gradient of what stands in the unit (of z in the middle) · no biases"
show_network(units, arrows, blame, titles, words)

# %% [markdown]
# Both scores are 4, so $p = (\tfrac12, \tfrac12)$. The first hidden unit feeds class 0 with 2 and class 1 with 0: $2 \cdot (-\tfrac12) + 0 \cdot \tfrac12 = -1$.
#
# **Predict.** Why is the third hidden unit's gradient 0, though it feeds both classes? What are the gradients of the six weights of the first layer? (Write them as a
# 3×2 matrix, before you look.)
#
# <details><summary>Answer</summary>
#
# Its $z$ is −1, where the ReLU is flat: whatever we do to it, a little, the loss stays. What comes back would be $1 \cdot (-\tfrac12) + 3 \cdot \tfrac12 = 1$, but the slope 0 stops it. The weights: blame of the unit times its
# input, $\begin{pmatrix} -1 & -2 \\ \tfrac12 & 1 \\ 0 & 0 \end{pmatrix}$.
# </details>
#
# > ⚠ **Our convention:** `xxx_backward(dout, …)` receives the upstream gradient `dout`, then what the forward pass received, and returns one gradient for each, in that order and of that shape.
# > Over the batch, gradients are *summed*: that the loss is an average is in `dout` already.

# %% [markdown]
# **Exercise `linear.linear_backward`** · 10 points · difficulty ●●●○○ · 25 minutes · in `cnnlib/linear.py`
#
# Three gradients. The shapes nearly tell you how.

# %% check="linear.linear_backward"
check("linear.linear_backward")

# %% [markdown]
# **Exercise `activations.relu_backward`** · 5 points · difficulty ●●○○○ · 8 minutes · in `cnnlib/activations.py`
#
# At exactly 0 the ReLU has a kink and no slope. We take 0 there, as PyTorch does. (Of 20 published solutions to another course's exercise, 6 took 1, and 4 wrote into `dout`.)

# %% check="activations.relu_backward"
check("activations.relu_backward")

# %% [markdown]
# **Exercise `activations.tanh_backward`** · 4 points · difficulty ●●○○○ · 8 minutes · in `cnnlib/activations.py`
#
# $\tanh'(v) = 1 - \tanh^2(v)$.

# %% check="activations.tanh_backward"
check("activations.tanh_backward")

# %% [markdown]
# **Exercise `activations.sigmoid_backward`** · 4 points · difficulty ●●○○○ · 8 minutes · in `cnnlib/activations.py`
#
# $\sigma'(v) = \sigma(v)\,(1 - \sigma(v))$.

# %% check="activations.sigmoid_backward"
check("activations.sigmoid_backward")

# %% [markdown]
# ### Experiment: how much blame gets through?

# %%
with waits_for("activations.relu_backward", "activations.tanh_backward", "activations.sigmoid_backward"):
    v = np.linspace(-6, 6, 121)
    functions = {name: getattr(activations, f"{name}_backward") for name in ("relu", "tanh", "sigmoid")}
    slopes = {name: function(np.ones_like(v), v) for name, function in functions.items()}
    show_curves({name: (v, slope) for name, slope in slopes.items()}, "Slopes", "v", "a'(v)", markers=False)
    depths = np.arange(1, 11)
    curves = {name: (depths, np.max(slope) ** depths) for name, slope in slopes.items()}
    title = "The most that can be left of a gradient after so many activations"
    show_curves({"sigmoid": curves["sigmoid"], "relu": curves["relu"]}, title, "layers", "share left", logy=True)

# %% [markdown]
# The sigmoid's slope is never above ¼: ten of them leave less than a millionth. A unit far from 0 is **saturated**, its slope nearly 0, with tanh too. The ReLU passes everything or nothing. That
# is one reason why it took over; 05 and 08 come back to this.
#
# > **Takeaway.** Backprop is the forward recursion in reverse: transpose the weights, multiply by the slopes. It costs about twice a forward pass, however
# > many weights there are.

# %% [markdown]
# ## 7 · Do not trust: measure
#
# Wrong gradients are treacherous: the network still learns, only worse. But a gradient is a slope, and slopes can be measured. Move one number a little up and
# a little down, and see how the loss answers, by **central differences**:
#
# $$\frac{\partial L}{\partial x_i} \approx \frac{L(x_i + h) - L(x_i - h)}{2h}$$
#
# **Predict.** (a) Why not simply $(L(x_i + h) - L(x_i))/h$? (b) How many forward passes does that take for a network of 2,410 weights? And backprop?
#
# <details><summary>Answer</summary>
#
# (a) The one-sided difference is off by something like $h$, the central one by $h^2$: with $h = 10^{-3}$, a thousandth against a millionth. (b) 4,820, against one forward and one backward
# pass. So it is for tests.
# </details>

# %% [markdown]
# **Exercise `gradcheck.numerical_gradient`** · 10 points · difficulty ●●○○○ · 20 minutes · in `cnnlib/gradcheck.py`
#
# For a function of an array of any shape. Put every number back before you move the next.

# %% check="gradcheck.numerical_gradient"
check("gradcheck.numerical_gradient")

# %% [markdown]
# ### Experiment: one-sided or central?

# %%
with waits_for("gradcheck.numerical_gradient"):
    at = np.array([0.3, -1.2, 2.0])
    f, slope = lambda x: np.exp(np.sin(x)).sum(), np.cos(at) * np.exp(np.sin(at))
    steps = 10.0 ** -np.arange(1, 13)
    central = [np.abs(gradcheck.numerical_gradient(f, at, step) - slope).max() for step in steps]
    one_sided = [max(abs((f(at + step * e) - f(at)) / step - s) for e, s in zip(np.eye(3), slope)) for step in steps]
    curves = {"one-sided": (steps, one_sided), "central (yours)": (steps, central)}
    show_curves(curves, "How far the measured slope is from the true one", "step h", "largest error", logx=True, logy=True)

# %% [markdown]
# Read it from right to left. The errors fall, the central one twice as steeply, until rounding takes over: both losses agree in ever more digits, and their
# difference keeps ever fewer. Near $h = 10^{-5}$ the central difference is best, in float64. In float32 everything is lost much earlier.

# %% [markdown]
# ## 8 · Your network
#
# Everything together: one hidden layer, ReLU, ten scores, loss; then all the way back.
#
# **Exercise `mlp.mlp_loss_and_gradients`** · 10 points · difficulty ●●●○○ · 20 minutes · in `cnnlib/mlp.py`
#
# Uses your own functions from `linear`, `activations` and `loss`: they have to stand before the points come. The parameters come in a dict, and the gradients go
# back in one of the same names, so that one line can go through a network of any size. For example, `{name: 2 * value for name, value in parameters.items()}` is a new dict with everything doubled.

# %% check="mlp.mlp_loss_and_gradients"
check("mlp.mlp_loss_and_gradients")

# %% [markdown]
# ### Experiment: find the slip
#
# We measure the gradients of all 320 weights of a small network's first layer on twelve real digits, and lay it against what you compute. Then we plant three slips
# of the kind that real people make. Which one would still learn?

# %%
parts = ("linear.linear_forward", "linear.linear_backward", "activations.relu_forward", "activations.relu_backward", "loss.softmax_cross_entropy")
mine = ("mlp.mlp_loss_and_gradients", *parts)


def start(hidden, seed, inputs=64, classes=10, scale=None):
    """Random weights and zero biases. The spread, sqrt(2 / inputs) (He, 2015), keeps the numbers' size from layer to layer: see 05."""
    rng, sizes = np.random.default_rng(seed), (inputs, hidden, classes)
    make = lambda l: rng.standard_normal((sizes[l], sizes[l - 1])) * (scale if scale is not None else np.sqrt(2 / sizes[l - 1]))
    return {"w1": make(1), "b1": np.zeros(hidden), "w2": make(2), "b2": np.zeros(classes)}


with waits_for("gradcheck.numerical_gradient", *mine):
    small, few, labels = start(5, 0), x_train[:12], y_train[:12]
    small["b1"] = np.array([0.3, -0.2, 0.1, 0.0, 0.2])
    only_w1 = lambda w1: mlp.mlp_loss_and_gradients({**small, "w1": w1}, few, labels)[0]
    measured = gradcheck.numerical_gradient(only_w1, small["w1"])
    written = mlp.mlp_loss_and_gradients(small, few, labels)[1]["w1"]

    before = linear.linear_forward(few, small["w1"], small["b1"])
    hidden = activations.relu_forward(before)
    _, dscores = loss.softmax_cross_entropy(linear.linear_forward(hidden, small["w2"], small["b2"]), labels)
    slips = {
        "yours": written,
        "slip 1: no 1/N": 12 * written,
        "slip 2: ReLU forgotten": linear.linear_backward(dscores @ small["w2"], few, small["w1"], small["b1"])[1],
        "slip 3: ReLU of the output": ((dscores @ small["w2"]) * (dscores @ small["w2"] > 0)).T @ few,
    }
    show_agreement(measured, slips)
    pictures = [values.reshape(5, 8, 8) for values in (measured, written, measured - written)]
    words = "the gradient of five units' weights: above measured, below yours"
    show_images(*pictures[0], *pictures[1], signed=True, shared=True, columns=5, size=1.2, caption=words)
    print("largest difference:", np.abs(pictures[2]).max())

# %% [markdown]
# Slip 1 points the right way and is only too long, so learning works with a learning rate that is 12 times smaller: nobody notices, until the batch size changes. Slip
# 2 forgets the gate: it is right for the units and examples whose sum is positive, and blames the others for what they had no part in. In slip 3 the gate looks at the *gradient*
# instead of the hidden sum: what is negative is lost, whoever is to blame. Trained as in section 9 (40 epochs, five seeds), a network with slip 2 is barely behind, 2.8 ± 0.5 % wrong
# against 2.4 ± 0.3 %: one run would not show it. With slip 3 it ends at 88 %, and guessing gives 90 %.
#
# > **Takeaway.** Two independent ways to the same number: that is a test. Measure every gradient once, on a small network, in float64.

# %% [markdown]
# ## 9 · Mini-batches: the loop that trains everything
#
# Now go downhill: $w \leftarrow w - \eta\, \partial L / \partial w$, with the learning rate $\eta$. The gradient of *all* examples is exact and slow; that of one
# is fast and noisy. In between lies **mini-batch stochastic gradient descent** (SGD). An **epoch** shuffles the data, and then repeats, batch by batch:
#
# 1. **sample** the next batch, 2. **forward**: get the loss, 3. **backprop**: get the gradients, 4. **update** all parameters.
#
# Every network in this course, up to the ResNet on several GPUs, is trained by these four lines.
#
# > ⚠ One lecture adds up the gradients of a batch and divides by its size in the update. Our loss is an average, so that division is in the gradients already. Doing both
# > makes the steps too small by the batch size.
#
# **Predict.** 1,442 digits, batches of 32: how many updates are an epoch, and how large is the last batch? How must the loss of a short batch count in the epoch's mean?
#
# <details><summary>Answer</summary>
#
# 46 updates; the last batch has 2. In the mean over all examples it counts 2/1442, not 1/46.
# </details>

# %% [markdown]
# **Exercise `train_loop.sgd_epoch`** · 13 points · difficulty ●●●○○ · 25 minutes · in `cnnlib/train_loop.py`
#
# The four lines, for any network: `loss_and_gradients` is handed in.

# %% check="train_loop.sgd_epoch"
check("train_loop.sgd_epoch")

# %% [markdown]
# ### Experiment: read handwriting
#
# 64 pixels, 32 hidden units, 10 classes: 2,410 numbers to learn, from 1,442 digits. We judge by 355 others. One run says little, since chance chooses the starting weights and the order:
# five seeds, and their spread.

# %%
loop = ("train_loop.sgd_epoch", *mine)


def predict(parameters, images):
    hidden = activations.relu_forward(linear.linear_forward(images, parameters["w1"], parameters["b1"]))
    return linear.linear_forward(hidden, parameters["w2"], parameters["b2"])


def train(parameters, images, labels, tests, answers, epochs, rate, batch, seed):
    """Epoch after epoch; returns the parameters, and per epoch the mean loss and the share of wrong test images."""
    rng, losses, wrong = np.random.default_rng(seed), [], []
    for _ in range(epochs):
        parameters, mean_loss = train_loop.sgd_epoch(parameters, images, labels, mlp.mlp_loss_and_gradients, rate, batch, rng)
        losses.append(mean_loss)
        wrong.append(np.mean(predict(parameters, tests).argmax(axis=1) != answers))
    return parameters, losses, wrong


data, seeds = (x_train, y_train, x_test, y_test), range(5)
with waits_for(*loop):
    first_loss = mlp.mlp_loss_and_gradients(start(32, 0), x_train, y_train)[0]
    runs = [train(start(32, seed), *data, epochs=40, rate=0.2, batch=32, seed=seed) for seed in progress(seeds, "networks")]
    print(f"loss before the first step: {first_loss:.2f} (log 10 is 2.30)")
    epochs = np.arange(1, 41)
    show_runs({"training loss": [run[1] for run in runs]}, "Learning", "epoch", "loss", x=epochs, logy=True)
    show_runs({"test digits": [run[2] for run in runs]}, "Reading digits that it never saw", "epoch", "share wrong", x=epochs)
    last = [100 * run[2][-1] for run in runs]
    print(f"wrong on the test digits after 40 epochs: {np.mean(last):.1f} % ± {np.std(last, ddof=1):.1f} (five seeds)")

# %% [markdown]
# Compare with the templates of section 3. The training loss goes on falling long after the test error has come to rest: the network begins to learn its examples by heart (07).
#
# ### What did it learn?
#
# The first layer's weights are 32 templates again, but nobody chose them; they keep some of the noise they started with. And these are the test digits about which the first network was wrong, and surest:

# %%
with waits_for(*loop):
    trained, _, _ = train(start(32, 0), *data, epochs=40, rate=0.2, batch=32, seed=0)
    before, after = start(32, 0)["w1"], trained["w1"]
    words = "the weights of 16 hidden units: above as they started, below as they were learned"
    show_images(*before[:16].reshape(16, 8, 8), *after[:16].reshape(16, 8, 8), signed=True, columns=16, size=0.75, caption=words)
    scores = predict(trained, x_test)
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    said = scores.argmax(axis=1)
    missed = sorted(np.flatnonzero(said != y_test), key=lambda n: -p[n, said[n]])[:7]
    titles = [f"said {said[n]} ({p[n, said[n]]:.0%})\nis {y_test[n]}" for n in missed]
    show_images(*digits.test_images[missed, 0], titles=titles, size=1.3)

# %% [markdown]
# ### Experiment: how large a batch?
#
# **Predict.** Batches of 1, of 32, and all 1,442 at once; the same learning rate, 0.3, and 15 epochs each. Which one is best in the end? Which one wobbles? Which one takes longest?
#
# <details><summary>Answer</summary>
#
# Batches of 32: about 3 % wrong. Both they and single examples wobble, but at this rate the latter do not settle, and stay around 5 %; and they
# take longest, more than ten times as long: one matrix product on 32 rows is much faster than 32 products on one. All at once is smooth, but has
# made only 15 steps: a third is still wrong.
# </details>

# %%
with waits_for(*loop):
    runs, took = {}, {}
    for batch in progress((1, 32, 1442), "batch sizes"):
        begun = time.perf_counter()
        found = [train(start(32, seed), *data, epochs=15, rate=0.3, batch=batch, seed=seed) for seed in range(3)]
        took[batch] = (time.perf_counter() - begun) / 45
        runs[f"batches of {batch}"] = [run[2] for run in found]
    show_runs(runs, "Test error", "epoch", "share wrong (log scale)", x=np.arange(1, 16), logy=True)
    for batch, seconds in took.items():
        print(f"batches of {batch:4}: {-(-1442 // batch):4} updates an epoch, {1000 * seconds:6.1f} milliseconds")

# %% [markdown]
# An epoch costs the same number of multiplications in all three cases: one careful step, 46 that are each a little off, or 1,442 that are far off.
# (With a smaller rate, batches of 1 do well here. Batch size and learning rate belong together: 05.)
#
# > **Takeaway.** Sample, forward, backprop, update. Many cheap steps beat one exact step. Compare runs by their mean *and* their spread.

# %% [markdown]
# ### MNIST, if you have it
#
# The same network on 60,000 digits of 28×28. Once `sgd_epoch` is green, set the switch to `True`: the data are fetched once (11 MB), or taken from the folder that the environment variable `CNNLIB_DATA` names. An epoch takes some
# seconds.

# %%
MNIST = False
if MNIST:
    mnist = load("mnist")
    big, tests = (images.reshape(len(images), -1).astype(np.float32) / 255 for images in (mnist.train_images, mnist.test_images))
    big, tests = big - big.mean(axis=0), tests - big.mean(axis=0)
    parameters = {name: value.astype(np.float32) for name, value in start(100, 0, inputs=784).items()}
    rng = np.random.default_rng(0)
    for epoch in progress(range(5), "epochs"):
        parameters, mean_loss = train_loop.sgd_epoch(parameters, big, mnist.train_labels, mlp.mlp_loss_and_gradients, 0.2, 32, rng)
        wrong = np.mean(predict(parameters, tests).argmax(axis=1) != mnist.test_labels)
        print(f"epoch {epoch + 1}: loss {mean_loss:.3f}, wrong on the test digits {wrong:.2%}")

# %% [markdown]
# ## 10 · Breaking the symmetry
#
# Why do we start with *random* weights, and not with zeros?
#
# **Predict.** Let all hidden units start with the same weights. In what do their outputs differ? Their gradients? Their weights after one step? After a thousand?
#
# <details><summary>Answer</summary>
#
# In nothing, ever. Equal units receive equal blame and take equal steps: 32 units remain one unit, drawn 32 times. With all weights zero it is worse: hidden outputs are 0, so $w_2$ gets no gradient; $w_2$ is 0, so
# nothing flows back to $w_1$. Only the last biases learn, and the best they can say is how frequent each digit is.
# </details>

# %%
with waits_for(*loop):
    constant = {name: value * 0 + (0.1 if name == "w1" else 0) for name, value in start(32, 0).items()}
    constant["w2"] = np.repeat(np.random.default_rng(0).standard_normal((10, 1)) * 0.25, 32, axis=1)  # rows differ, units do not
    starts = {
        "all zero": lambda seed: {name: value * 0 for name, value in start(32, 0).items()},
        "all units equal": lambda seed: constant,
        "random": lambda seed: start(32, seed),
    }
    finished, curves = {}, {}
    for name in progress(list(starts), "ways to start"):
        found = [train(starts[name](seed), *data, epochs=20, rate=0.1, batch=32, seed=seed) for seed in range(3)]
        finished[name], curves[name] = found[0][0], [run[1] for run in found]
    show_runs(curves, "Three ways to start", "epoch", "training loss", x=np.arange(1, 21), marks=[(np.log(10), "log 10: knows nothing")])
    for name, parameters in finished.items():
        print(f"{name:16} hidden units differ by up to {np.ptp(parameters['w1'], axis=0).max():.2g}")
    pictures = [finished[name]["w1"][:6].reshape(6, 8, 8) for name in ("all units equal", "random")]
    words = "six hidden units after 20 epochs: above all started equal, below at random"
    show_images(*pictures[0], *pictures[1], signed=True, columns=6, size=1.1, caption=words)

# %% [markdown]
# Random starting weights are not a detail: they **break the symmetry**, so that units can specialise. The biases may start at zero. *How* large the random numbers should be is 05.
#
# > **Takeaway.** Units that start equal stay equal. Start at random.

# %% [markdown]
# ## 11 · Where this ends
#
# ### Pixels in any order
#
# We flattened the image, and with it went its layout. Let us go further: shuffle the 64 pixels of *all* images by one fixed permutation, and train again. To you, a shuffled digit is
# noise.
#
# **Predict.** How much worse will the network be?
#
# <details><summary>Answer</summary>
#
# Not at all. Its first layer has a weight for every pixel, wherever it stands: shuffle the weights along with the pixels, and you have the same network.
# </details>

# %%
with waits_for(*loop):
    shuffle = np.random.default_rng(7).permutation(64)
    examples = [digits.train_images[n, 0] for n in chosen[:5]]
    shuffled = [image.ravel()[shuffle].reshape(8, 8) for image in examples]
    show_images(*examples, *shuffled, columns=5, size=0.8, caption="as written, and with shuffled pixels")
    wrong = {"as written": [], "pixels shuffled": []}
    for seed in progress(range(5), "pairs of networks"):
        for name, order in (("as written", np.arange(64)), ("pixels shuffled", shuffle)):
            images, tests = x_train[:, order], x_test[:, order]
            wrong[name].append(100 * train(start(32, seed), images, y_train, tests, y_test, 20, 0.3, 32, seed)[2][-1])
    show_run_bars(wrong, "As written, and with shuffled pixels", "% of test digits wrong")

# %% [markdown]
# No difference within the spread: the network does not know what a neighbour is. It treats pixels as 64 columns of a table in any order, so it cannot use what makes an image an image. It must also learn each digit anew at every place where it may stand.
#
# ### It does not scale
#
# A lecture proposes to tell dogs from cats with a good camera: a colour image of 36 million numbers, and *one* hidden layer of just 100 units.
#
# **Predict.** How many weights is that? How much memory do they take in float32? What else of this size does training need?
#
# <details><summary>Answer</summary>
#
# 36 million times 100 are 3.6 billion weights (the 100 biases do not matter), of 4 bytes each: 14.4 GB. The gradients take as much again: there is
# one for every weight.
# </details>

# %%
images = {"digits\n8×8": 64, "MNIST\n28×28": 784, "our cat\n200×300×3": photo("cat").size, "the camera\n36 million": 36_000_000}
weights = [100 * size for size in images.values()]
show_bars(list(images), weights, "Weights of one layer of 100 units", "weights (log scale)", log=True, text=[f"{n:,}" for n in weights])
print(f"36 million numbers: {weights[-1] * 4 / 1e9:.1f} GB of weights in float32, and as much again for their gradients")
print(f"36 mega*pixels* in colour, 108 million numbers: {3 * weights[-1]:,} weights, {3 * weights[-1] * 4 / 1e9:.0f} GB")

# %%
with waits_for("linear.linear_forward"):
    rng, sizes, seconds = np.random.default_rng(0), (64, 784, 7500, 60_000), []
    for size in sizes:
        x, w = rng.standard_normal((8, size)).astype(np.float32), rng.standard_normal((100, size)).astype(np.float32)
        seconds.append(best_seconds(linear.linear_forward, x, w, np.zeros(100, np.float32)) / 8)
    per_weight = seconds[-1] / (100 * sizes[-1])
    curves = {"measured": (np.array(sizes), 1e3 * np.array(seconds)), "extrapolated": ([sizes[-1], 36e6], [1e3 * seconds[-1], 3.6e12 * per_weight])}
    show_curves(curves, "Your layer on this machine, per image", "numbers in the image", "milliseconds, forward", logx=True, logy=True)
    print(f"one image of 36 million numbers, forward only: about {3.6e9 * per_weight:.1f} seconds, if the weights fit into memory at all")

# %% [markdown]
# All that for one modest layer; and every one of its weights would have to be learned from examples. The way out is to put into the network what we
# know about images: that neighbours belong together, and that a cat is a cat wherever it sits. That is convolution, and 02.
#
# > **Takeaway.** A fully connected layer ignores the layout and pays for every pixel, with every unit.

# %% [markdown]
# ## 12 · In your own words
#
# **Written question** · 8 points · about half a page, marked by a person
#
# A friend trains your MLP on the digits. To be fair to all units, she starts all weights with 0.01 and all biases with 0. For speed, her `linear_backward` leaves out `dx`, and her training loop uses $dw_1 = (\text{dscores}\; w_2)^\top x$. With a learning rate of 0.05 and batches of 32, the loss falls from 2.30 to 1.81 in 64 epochs
# and then slowly rises again, to 1.85 after 100. She concludes that 32 hidden units are not enough, and buys a larger computer.
#
# Explain what each of her two decisions does to the gradients of $w_1$ and to what the hidden units can become; which of the two explains a loss that stops so high up, and which one that *rises*; and how she could have found both within minutes.
#
# | marked | points |
# |---|---|
# | follows what equal weights do to hidden outputs, to the gradients, and to the weights after many steps | 2 |
# | says what is missing in her $dw_1$, for which units and examples it is wrong, and for which it is right | 2 |
# | judges with reasons which of the two more units would help, and which it would not | 2 |
# | proposes for each mistake a test that tells it apart from the other, and says what it would show | 2 |

# %% [markdown] written="01-written"
# *Write your answer here, in place of this line.*

# %% [markdown]
# ## What you can do now
#
# - Teach a perceptron, and recognise a problem that is beyond one line.
# - Write forward and backward of every part of an MLP, and compose them.
# - Compute a loss that never overflows, and know what it should be at the start.
# - Prove a gradient by measuring it.
# - Train with mini-batches, over several seeds, and read the curves.
#
# **Next:** 02, where layers learn what a neighbour is.
#
# ## Further reading
#
# - F. Rosenblatt, *The perceptron: a probabilistic model for information storage and organization in the brain* (1958).
# - A. Novikoff, *On convergence proofs for perceptrons* (1962): why section 1 comes to rest.
# - M. Minsky, S. Papert, *Perceptrons* (1969): what one layer cannot do.
# - D. Rumelhart, G. Hinton, R. Williams, *Learning representations by back-propagating errors* (1986).
# - Y. LeCun, L. Bottou, G. Orr, K.-R. Müller, *Efficient backprop* (1998): shuffling, centring, tanh and step sizes.
# - X. Glorot, A. Bordes, Y. Bengio, *Deep sparse rectifier neural networks* (2011): why the ReLU.
# - I. Goodfellow, Y. Bengio, A. Courville, *Deep learning* (2016), chapters 4, 6 and 8.
# - E. Alpaydin, C. Kaynak, *Cascading classifiers* (1998): where our digits come from.
