# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 03 · Backprop through convolution
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/stride-course/stride/blob/main/notebooks/03_conv_backprop.ipynb)
#
# In 02 you slid filters over photos. Here the layer learns: you derive its gradients with pencil and picture, write them,
# test them against measured slopes, make them fast, and let a filter find itself.
#
# **You will be able to** say why the gradient of a convolution is again a convolution, and with which filter · write the backward
# pass with channels, batch, bias, padding and stride · prove it twice, by a matrix and by central differences · turn convolution
# into one matrix product, and measure what that gains · train a filter.
#
# **Not here:** gradients of pooling (04), better optimizers (05), automatic differentiation (09).
#
# **Time** about 300 minutes · **Points** 100 · **Before this** 02; the chain rule; gradient descent.

# %% [markdown]
# ## Set-up
#
# As in 02: you write in `cnnlib/`, save, and run the next cell. *In Colab*, the files are in the panel on the left, under `stride/cnnlib/`;
# download what you wrote before you leave. Some experiments use your functions from 02.

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
from cnnlib import conv, fast_conv, learn_filter
from cnnlib.kit import animate_sliding_filter, best_seconds, gemm_rate, grey, numerical_gradient, photo
from cnnlib.kit import show_bars, show_curves, show_grid_of_numbers, show_images, show_windows_as_rows
from cnnlib.kit import to_batch, waits_for

cat, camera, coins = photo("cat"), photo("camera"), photo("coins")

# %% [markdown]
# ## 1 · One pixel at a time
#
# A network ends in one number, the loss $L$. Backprop hands our layer the **upstream gradient**, `dout` $= \partial L/\partial\, \text{out}$: how much
# the loss grows when an output grows. We have to hand on the same for everything that came in: `dx`, `dw`, `db`.
#
# Take the smallest case: a 3×3 image, a 2×2 filter. The middle pixel lies in all four windows, and each time under *another*
# weight:

# %%
names = np.array([["x₀₀", "x₀₁", "x₀₂"], ["x₁₀", "x₁₁", "x₁₂"], ["x₂₀", "x₂₁", "x₂₂"]])
weights, upstream = np.array([["a", "b"], ["c", "d"]]), np.array([["p", "q"], ["r", "s"]])
windows = [(0, 0, 2, 2), (0, 1, 2, 2), (1, 0, 2, 2), (1, 1, 2, 2)]
titles, middle = ("image", "filter", "dout"), {0: [(1, 1)]}
show_grid_of_numbers(names, "⋆", weights, "→", upstream, titles=titles, windows={0: windows}, marked=middle)

# %% [markdown]
# In the blue window $x_{11}$ is weighed with $d$ and its output has the upstream gradient $p$; in the orange one with $c$ and $q$; then $b$ and $r$; then $a$ and
# $s$. All four ways lead to the loss, so they add up: $dx_{11} = dp + cq + br + as$.
#
# **Predict.** Do the same for the corner $x_{00}$ and for $x_{01}$. Which pixels get the fewest terms?
#
# <details><summary>Answer</summary>
#
# $dx_{00} = ap$ and $dx_{01} = bp + aq$. Corners lie in one window, edges in two, the middle in four: see the next picture.
# </details>

# %%
by_hand = np.array([["ap", "bp+aq", "bq"], ["cp+ar", "dp+cq+br+as", "dq+bs"], ["cr", "dr+cs", "ds"]])
show_grid_of_numbers(by_hand, titles=("dx, pixel by pixel",), marked={0: [(1, 1)]}, cell=0.95)

# %% [markdown]
# Look at the middle again: $p, q, r, s$ in reading order meet $d, c, b, a$: the filter, **turned by 180 degrees**. For the other
# pixels too, if we imagine zeros around `dout`. So the backward pass slides the turned filter over the padded upstream
# gradient, a "full" convolution:

# %%
kernel, dout = np.array([[0.0, 1.0], [2.0, 3.0]]), np.array([[1.0, 2.0], [3.0, 4.0]])
turned = np.array([[3.0, 2.0], [1.0, 0.0]])
dx = np.array([[0.0, 1.0, 2.0], [2.0, 10.0, 10.0], [6.0, 17.0, 12.0]])
animate_sliding_filter(dout, turned, dx, padding=(1, 1), titles=("dout, padded", "turned filter", "dx"))

# %% [markdown]
# > **Takeaway.** A pixel's gradient gathers from all windows that saw it. That gathering is a convolution of `dout` with the turned
# > filter, over a border of $k-1$ zeros.

# %% [markdown]
# ## 2 · Two small tools
#
# ### Turn
#
# 180 degrees is not a mirror: both rows and columns change their order.

# %%
before = np.array([["a", "b", "c"], ["d", "e", "f"], ["g", "h", "i"]])
after = np.array([["i", "h", "g"], ["f", "e", "d"], ["c", "b", "a"]])
show_grid_of_numbers(before, "→", after, titles=("forward", "backward"))

# %% [markdown]
# **Exercise `conv.rotate180`** · 4 points · difficulty ●○○○○ · 5 minutes · in `cnnlib/conv.py`
#
# For one filter or a whole bank: only the last two axes turn.

# %% check="conv.rotate180"
check("conv.rotate180")

# %%
with waits_for("conv.rotate180"):
    image = grey(camera)
    titles = ("image", "mirrored", "upside down", "turned by 180°")
    show_images(image, image[:, ::-1], image[::-1], conv.rotate180(image), titles=titles, size=1.9)

# %% [markdown]
# ### Spread
#
# With **stride** 2 the filter makes every second step. It is the stride-1 convolution with outputs left out; and what is left out cannot
# influence the loss: its upstream gradient is 0. So put the zeros back, between the elements of `dout`, and go on as for stride 1.

# %%
small = np.array([["a", "b"], ["c", "d"]])
spread = np.array([["a", "0", "b"], ["0", "0", "0"], ["c", "0", "d"]])
gaps = np.array(spread == "0")
show_grid_of_numbers(small, "→", spread, titles=("dout at stride 2", "as if at stride 1"), dimmed={1: gaps})

# %% [markdown]
# **Predict.** `dout` is 3×4, the stride is 2 for height and 3 for width. Which shape has the spread one?
#
# <details><summary>Answer</summary>
#
# 5×10: $(3-1)\cdot 2 + 1$ and $(4-1)\cdot 3 + 1$. The zeros stand *between*; none after the last.
# </details>

# %% [markdown]
# **Exercise `conv.dilate`** · 5 points · difficulty ●●○○○ · 10 minutes · in `cnnlib/conv.py`
#
# One element, then `stride - 1` zeros, then the next, along the last two axes.

# %% check="conv.dilate"
check("conv.dilate")

# %%
with waits_for("conv.dilate"):
    image = grey(coins)[84:110, 94:120]
    spread = conv.dilate(image, 2)
    words = "the same numbers, with room in between"
    titles = (f"a coin {image.shape}", f"dilated {spread.shape}")
    show_images(image, spread, titles=titles, size=2.6, caption=words)

# %% [markdown]
# ## 3 · The gradient of the input
#
# With several channels the picture stays: input channel $c$ feeds **every** filter $f$, so its gradient gathers from all of
# them:
#
# $$dx_{n,c} = \sum_f \;\text{full convolution of}\; \text{dout}_{n,f} \;\text{with}\; w_{f,c}$$
#
# **Predict.** `dout` is `(8, 6, 28, 28)`, `w` is `(6, 3, 5, 5)`. Which shape has `dx`? Over which axis of `w` did the forward pass sum, and over which
# does the backward pass?
#
# <details><summary>Answer</summary>
#
# `(8, 3, 32, 32)`. Forward sums over the channels (axis 1), backward over the filters (axis 0).
# </details>

# %% [markdown]
# **Exercise `conv.conv2d_input_gradient`** · 16 points · difficulty ●●●●○ · 35 minutes · in `cnnlib/conv.py`
#
# First one channel (2-D arrays), then batches and banks (4-D). Stride 1, no padding.

# %% check="conv.conv2d_input_gradient"
check("conv.conv2d_input_gradient")

# %% [markdown]
# ### Proof by picture: the matrix, transposed
#
# In 02 you wrote convolution as a matrix: $\text{out} = M x$. For a matrix the backward pass is known: $dx = M^\top \text{dout}$. Rows of $M$ say how an output is made;
# **columns** say where an input goes. Read the marked one downwards, then the same as a row of $M^\top$:

# %%
forward = np.array([list(line) for line in ("ab·cd····", "·ab·cd···", "···ab·cd·", "····ab·cd")])
column, row = [(i, 4) for i in range(4)], [(4, i) for i in range(4)]
titles = ("M: 4 outputs × 9 pixels", "Mᵀ: 9 pixels × 4 outputs")
show_grid_of_numbers(forward, "→", forward.T, titles=titles, marked={0: column, 1: row})

# %% [markdown]
# The middle pixel's row of $M^\top$ is $d\,c\,b\,a$: the turned filter appears by itself. Now in numbers, with your functions, on a photo as upstream
# gradient:

# %%
with waits_for("conv.conv_matrix", "conv.conv2d_input_gradient"):
    w = np.random.default_rng(0).standard_normal((5, 3))
    upstream = grey(cat)[60:120:3, 80:170:3]  # (20, 30)
    M = conv.conv_matrix(w, 24, 32)  # (600, 768)
    by_matrix = (M.T @ upstream.ravel()).reshape(24, 32)
    by_filter = conv.conv2d_input_gradient(upstream, w)
    print("largest difference:", np.abs(by_matrix - by_filter).max())
    titles = ("dout", "Mᵀ · dout", "full convolution, turned filter")
    show_images(upstream, by_matrix, by_filter, titles=titles, size=2.1)

# %% [markdown]
# ### Experiment: un-blur a photo
#
# The input's gradient says how to *change the image* so that the loss falls. We blurred the cat with a known filter. Which image
# would, when blurred, look like this one? Start with the blurred image itself and walk down the gradient of
# $\tfrac12\sum(\text{blur}(x) - \text{target})^2$.

# %%
with waits_for("conv.correlate2d", "conv.conv2d_input_gradient"):
    line = np.array([1.0, 4.0, 6.0, 4.0, 1.0]) / 16
    blur = np.outer(line, line)
    truth = grey(cat)[50:130, 70:180]
    target = conv.correlate2d(truth, blur)  # (76, 106)
    guess = np.pad(target, 2, mode="edge")  # (80, 110)
    start, losses = guess, []
    for _ in range(40):
        error = conv.correlate2d(guess, blur) - target
        losses.append(0.5 * (error**2).sum())
        guess = guess - 1.5 * conv.conv2d_input_gradient(error, blur)
    titles = ("blurred", "after 40 steps", "the truth")
    show_images(start, guess.clip(0, 1), truth, titles=titles, size=2.2)
    show_curves({"loss": (range(40), losses)}, "Un-blurring", "step", "loss", logy=True, markers=False)

# %% [markdown]
# > **Takeaway.** Backward is the transpose of forward. For convolution that means: the turned filter, over a padded `dout`.

# %% [markdown]
# ## 4 · The gradient of the weights
#
# Weight $w_{uv}$ is used once for every output pixel, each time with another pixel of the image. Sum over all of them:
#
# $$dw_{uv} = \sum_{i,j} \text{dout}_{ij}\; x_{i+u,\,j+v}$$
#
# You have seen that formula: it is the **correlation of the image with `dout`**, which plays the filter, and nothing is turned.

# %%
x = np.arange(9.0).reshape(3, 3)
dw = np.array([[27.0, 37.0], [57.0, 67.0]])
animate_sliding_filter(x, dout, dw, titles=("image", "dout", "dw"))

# %% [markdown]
# **Predict.** The bias is added to every output pixel. What is its gradient, here with `dout` = 1 2 / 3 4? And for
# a batch of 8 images, what do you do with 8 gradients of the same weight?
#
# <details><summary>Answer</summary>
#
# $db = 1 + 2 + 3 + 4 = 10$: the sum of `dout`. And for the batch, add them up too: whatever is used many times gathers from all its uses. (A loss that
# *averages* over the batch has put its 1/8 into `dout` already.)
# </details>

# %% [markdown]
# **Exercise `conv.conv2d_weight_gradient`** · 12 points · difficulty ●●●●○ · 25 minutes · in `cnnlib/conv.py`
#
# First one channel, then batches and banks. The filter's size follows from the shapes.

# %% check="conv.conv2d_weight_gradient"
check("conv.conv2d_weight_gradient")

# %% [markdown]
# ### Experiment: what does a photo ask of a filter?
#
# Let the loss be minus the mean square of the output: it falls when the filter responds more. Start with random weights, follow the
# weight gradient, and keep two rules: the weights sum to 0 (flat brightness shall not count), and their length stays 1.

# %%
with waits_for("conv.correlate2d", "conv.conv2d_weight_gradient"):
    rng, pictures = np.random.default_rng(3), []
    for name in ("cat", "camera", "coins"):
        image = grey(photo(name))[::2, ::2]
        w = rng.standard_normal((7, 7))
        for _ in range(60):
            w = w - w.mean()
            w = w / np.sqrt((w**2).sum())
            out = conv.correlate2d(image, w)
            w = w + 2 * conv.conv2d_weight_gradient(2 * out / out.size, image) / image.var()
        pictures.append(w - w.mean())
    titles = ("what the cat asks for", "the camera", "the coins")
    words = "red: positive weights, blue: negative"
    show_images(*pictures, titles=titles, signed=True, size=2.2, caption=words)

# %% [markdown]
# From noise to an edge, whichever photo we take. Nobody told the filter to look for edges: photos are made of them.

# %% [markdown]
# > **Takeaway.** `dx`: full convolution of `dout` with the turned filter. `dw`: correlation of `x` with `dout`. `db`: sum of `dout`.

# %% [markdown]
# ## 5 · The whole layer, backwards
#
# Walk the forward pass in reverse, and undo one step at a time:
#
# | forward | backward |
# |---|---|
# | pad `x` with zeros | cut the border off `dx` (the gradient of a constant interests nobody) |
# | slide with a stride | spread `dout` with zeros; rows and columns that were never seen get gradient 0 |
# | sum over channels | every channel gets its own `dx`, through its own weights |
# | one bank for all images | `dw`, `db`: sum over the batch |
# | add the bias | `db`: sum over batch, rows and columns |
#
# > ⚠ **Our convention:** `conv2d_backward(dout, x, w, b, stride, padding)` receives what the forward pass received, and returns `dx, dw, db` in that order, each with the
# > shape of its argument. Other courses hand over an opaque `cache`.
#
# **Predict.** What is `a[2:-2]` for an array of ten? And `a[0:-0]`? (Of 18 published solutions to another course's
# exercise, 7 made this slip.) Second: a 7×7 image, 3×3 filter, stride 3. Which pixels get gradient 0, whatever the loss?
#
# <details><summary>Answer</summary>
#
# The middle six; and *nothing*: `-0` is 0, so the slice is empty. Cut with `[p : p + H]`. Second: the last row and the last column,
# which no window reaches. Forward rounded down, so backward has to know the image's size.
# </details>

# %% [markdown]
# **Exercise `conv.conv2d_backward`** · 16 points · difficulty ●●●●● · 50 minutes · in `cnnlib/conv.py`
#
# Everything at once. Reuse your pieces, or think anew: a loop over output pixels works, too.

# %% check="conv.conv2d_backward"
check("conv.conv2d_backward")

# %% [markdown]
# ### Do not trust: check the gradient
#
# A derivative is a slope, and a slope can be measured. Push one number up by $h$ and down by $h$, and see how the loss moves:
#
# $$\frac{\partial L}{\partial x_k} \approx \frac{L(x_k + h) - L(x_k - h)}{2h}$$
#
# These **central differences** need two forward passes *per number*, so they are good for testing and hopeless for training. Their error shrinks
# with $h^2$.

# %%
with waits_for("conv.conv2d_forward", "conv.conv2d_backward"):
    rng = np.random.default_rng(0)
    x, w, b = rng.standard_normal((2, 2, 7, 8)), rng.standard_normal((3, 2, 3, 2)), rng.standard_normal(3)
    stride, padding = (2, 1), 1

    def forward(x, w, b):
        return np.tanh(conv.conv2d_forward(x, w, b, stride, padding))  # tanh, so that the slope bends

    out = forward(x, w, b)
    dout = rng.standard_normal(out.shape)
    dx, dw, db = conv.conv2d_backward(dout * (1 - out**2), x, w, b, stride, padding)
    measured = numerical_gradient(lambda v: forward(v, w, b), x, dout)
    titles = ("your dx", "measured slope", "difference")
    pictures = (dx[0, 0], measured[0, 0], dx[0, 0] - measured[0, 0])
    show_images(*pictures, titles=titles, signed=True, colorbar=True, size=2.2)

# %% [markdown]
# **Predict.** Is a smaller $h$ always better?
#
# <details><summary>Answer</summary>
#
# No. The error of the formula falls with $h^2$, but we subtract two nearly equal numbers, and rounding grows with $1/h$. In float64 the best is
# near $10^{-5}$, in float32 the check is nearly useless. So test gradients in float64.
# </details>

# %%
with waits_for("conv.conv2d_forward", "conv.conv2d_backward"):
    steps = 10.0 ** -np.arange(1, 12)
    errors = [np.abs(numerical_gradient(lambda v: forward(x, v, b), w, dout, h) - dw).max() for h in steps]
    curve, words = {"difference": (steps, errors)}, "How far the measured slope is from your dw"
    show_curves(curve, words, "h", "largest difference", logx=True, logy=True)

# %% [markdown]
# > **Takeaway.** Two independent ways to the same number: that is a test. A gradient that was only looked at is often wrong.

# %% [markdown]
# ## 6 · im2col and back
#
# Your loops are right and slow. Computers are fastest at one thing, the product of two large matrices (**GEMM**). So let us turn
# convolution into it: lay every window out as a row. This is **im2col**.

# %%
x = np.arange(9.0).reshape(3, 3)
rows = np.array([[0, 1, 3, 4], [1, 2, 4, 5], [3, 4, 6, 7], [4, 5, 7, 8.0]])
show_windows_as_rows(x, rows, (2, 2))
filters, sums = np.array([[0], [1], [2], [3]]), np.array([[19], [25], [37], [43]])
titles = ("windows", "filter", "sums")
words = "the numbers of 02, in one product"
show_grid_of_numbers(rows, "·", filters, "=", sums, titles=titles, caption=words)

# %% [markdown]
# More filters are more columns, more images more rows, more channels longer rows:
#
# $$\underbrace{\text{cols}}_{N\,OH\,OW \;\times\; C\,KH\,KW} \;\cdot\; \underbrace{W^\top}_{C\,KH\,KW \;\times\; F} \;=\; \underbrace{\text{out}}_{N\,OH\,OW \;\times\; F}$$
#
# **Predict.** A batch `(2, 3, 8, 8)`, 3×3 filters: which shape has `cols`? About how many times as many numbers as `x` is that?
#
# <details><summary>Answer</summary>
#
# `(72, 27)`: 2·6·6 windows of 3·3·3 numbers, 1944 against 384. Without the border it would be 9 times as many: speed is bought
# with memory.
# </details>

# %% [markdown]
# **Exercise `fast_conv.im2col`** · 9 points · difficulty ●●●○○ · 20 minutes · in `cnnlib/fast_conv.py`
#
# The order of rows and columns matters: read the docstring.

# %% check="fast_conv.im2col"
check("fast_conv.im2col")

# %%
with waits_for("fast_conv.im2col"):
    batch = to_batch(cat)
    cols = fast_conv.im2col(batch, 24, stride=24)
    patches = cols.reshape(-1, 3, 24, 24).transpose(0, 2, 3, 1)
    chosen = range(38, 46)
    titles = [f"row {r}" for r in chosen]
    words = "rows of cols, drawn as the windows they were: 24×24, stride 24"
    show_images(*patches[chosen.start : chosen.stop], titles=titles, size=1.1, caption=words)
    for k in (1, 3, 5, 7):
        growth = fast_conv.im2col(batch, k).size / batch.size
        print(f"{k}×{k}, stride 1: {growth:5.1f} times the memory of the photo")

# %% [markdown]
# ### Back to the image: col2im
#
# Backward, every window hands a gradient back to the pixels it saw. Pixels in several windows get several: they **add up**. Lay a row of ones
# back for every window, and you see how often each pixel was used:

# %%
counts = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]])
show_grid_of_numbers(np.ones((4, 4)), "→", counts, titles=("a row of ones per window", "col2im"))

# %% [markdown]
# **Predict.** Is `col2im(im2col(x))` equal to `x`?
#
# <details><summary>Answer</summary>
#
# Only where every pixel lies in exactly one window (stride = filter size, and it fits). Otherwise each pixel comes back as often as it was seen. col2im is
# not the inverse of im2col but its *transpose*: $\langle \text{im2col}(x), c\rangle = \langle x, \text{col2im}(c)\rangle$. You know why: backward is the transpose of forward.
# </details>

# %% [markdown]
# **Exercise `fast_conv.col2im`** · 8 points · difficulty ●●●●○ · 25 minutes · in `cnnlib/fast_conv.py`
#
# Every number goes back to the pixel that it came from; what falls on the padding is dropped.

# %% check="fast_conv.col2im"
check("fast_conv.col2im")

# %%
with waits_for("fast_conv.im2col", "fast_conv.col2im"):
    shape, pictures = (1, 1, 13, 13), []
    for stride in (1, 2, 3, 4):
        ones = np.ones_like(fast_conv.im2col(np.ones(shape), 4, stride))
        pictures.append(fast_conv.col2im(ones, shape, 4, stride)[0, 0])
    titles = [f"stride {s}: up to {p.max():.0f}" for s, p in zip((1, 2, 3, 4), pictures)]
    words = "how often 4×4 windows see each pixel (white: most)"
    show_images(*pictures, titles=titles, size=2.0, caption=words)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 3, 9, 8))
    cols = fast_conv.im2col(x, (3, 2), stride=2, padding=1)
    c = rng.standard_normal(cols.shape)
    print("<im2col(x), c> =", (cols * c).sum())
    print("<x, col2im(c)> =", (x * fast_conv.col2im(c, x.shape, (3, 2), stride=2, padding=1)).sum())

# %% [markdown]
# ## 7 · One matrix product
#
# With `cols` in hand, convolution is a linear layer, and so is its backward pass. Its matrices only have to be brought into
# shape: `dout` with the rows of `cols`, one column per filter.
#
# $$dW = \text{dout}^\top \cdot \text{cols}, \qquad d\text{cols} = \text{dout} \cdot W, \qquad dx = \text{col2im}(d\text{cols}), \qquad db = \text{sum of rows}$$

# %% [markdown]
# **Exercise `fast_conv.conv2d_forward`** · 8 points · difficulty ●●●○○ · 20 minutes · in `cnnlib/fast_conv.py`
#
# The same function as in 02. Part of the points are for speed, measured against a plain im2col on the same machine.

# %% check="fast_conv.conv2d_forward"
check("fast_conv.conv2d_forward")

# %% [markdown]
# **Exercise `fast_conv.conv2d_backward`** · 8 points · difficulty ●●●●○ · 30 minutes · in `cnnlib/fast_conv.py`
#
# Three gradients, two matrix products, one sum. Again part of the points are for speed.

# %% check="fast_conv.conv2d_backward"
check("fast_conv.conv2d_backward")

# %% [markdown]
# ### Experiment: how fast is fast?
#
# One layer, 8 images, 16 → 32 channels, 3×3. We count multiply-adds per second, and compare with what this very machine reaches in a plain product of two large
# matrices. The backward pass does twice the work of the forward pass.
#
# **Predict.** How many times faster than your loops? How near to the machine's limit?
#
# <details><summary>Answer</summary>
#
# That depends on how much your loops leave to NumPy. Ours, over the output's pixels alone, were beaten 8 to 30 times; loops that also run over
# images and filters, several hundred times. On one core we saw a quarter of the machine's limit forward, and a sixth backward.
# </details>

# %%
layers = ("conv.conv2d_forward", "conv.conv2d_backward")
with waits_for(*layers, "fast_conv.conv2d_forward", "fast_conv.conv2d_backward"):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((8, 16, 32, 32)).astype(np.float32)
    w, b = rng.standard_normal((32, 16, 3, 3)).astype(np.float32), np.zeros(32, np.float32)
    dout = rng.standard_normal((8, 32, 32, 32)).astype(np.float32)
    work = x.size * 32 * 9  # multiply-adds: every input number meets 32 filters of 3×3
    rates = {}
    for name, module in (("loops", conv), ("im2col + GEMM", fast_conv)):
        rates[f"{name}\nforward"] = work / best_seconds(module.conv2d_forward, x, w, b, padding=1)
        rates[f"{name}\nbackward"] = 2 * work / best_seconds(module.conv2d_backward, dout, x, w, b, padding=1)
    rates["the machine's\nplain GEMM"] = gemm_rate()
    percent = [100 * rate / max(rates.values()) for rate in rates.values()]
    words = [f"{p:.1f} %" for p in percent]
    ylabel = "% of the fastest (log scale)"
    show_bars(list(rates), percent, "Speed on this machine, now", ylabel, log=True, text=words)
    loops, fast = [rates[f"{name}\nforward"] for name in ("loops", "im2col + GEMM")]
    print(f"forward: {fast / loops:.0f} times as fast as the loops")

# %% [markdown]
# Most of what is still missing goes into *moving* numbers: building `cols` writes each pixel nine times. Libraries
# therefore never build it whole (cuDNN, 2014), or multiply less often (Winograd's trick, 2016).
#
# > **Takeaway.** The same sums in another order of memory. Know your machine's limit before you praise your speed-up.

# %% [markdown]
# ## 8 · A filter that finds itself
#
# Now everything together. We show the machine a photo and its edges, but not the filter that made them. It starts with nine
# zeros, and follows the gradient of the mean squared error:
#
# $$L = \text{mean}\,(\text{out} - \text{target})^2, \qquad w \leftarrow w - \eta\, \frac{\partial L}{\partial w}$$

# %% [markdown]
# **Exercise `learn_filter.fit_filter`** · 6 points · difficulty ●●●○○ · 20 minutes · in `cnnlib/learn_filter.py`
#
# Uses your own `conv.conv2d_forward` and `conv.conv2d_backward`: they have to stand before the points come.

# %% check="learn_filter.fit_filter"
check("learn_filter.fit_filter")

# %% [markdown]
# ### Experiment: learn the edge filter of 02
#
# **Predict.** Which of the nine weights moves most in the first step?
#
# <details><summary>Answer</summary>
#
# The middle one: its pixel goes best with the target. Look at the numbers below: its neighbours first move the *wrong* way, up. Neighbouring
# pixels look alike, so what helps the middle seems to help them. Telling them apart takes longer.
# </details>

# %%
used = ("learn_filter.fit_filter", "conv.conv2d_forward", "conv.conv2d_backward")
with waits_for(*used):
    edge = np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], float)
    image = grey(coins)[::4, ::4]
    x = to_batch((image - image.mean()) / image.std())  # (1, 1, 38, 48)
    target = conv.conv2d_forward(x, edge[None, None], np.zeros(1))
    w, b, losses, snapshots, done = np.zeros((1, 1, 3, 3)), np.zeros(1), [], [], 0
    for until in (1, 10, 100):
        w, b, more = learn_filter.fit_filter(x, target, w, b, 0.15, until - done)
        losses, done = [*losses, *more], until
        snapshots.append(w[0, 0])
    show_images(image, target[0, 0], titles=("shown: a photo …", "… and its edges"), size=2.2)
    curve = {"loss": (range(100), losses)}
    show_curves(curve, "Learning", "step", "mean squared error", logy=True, markers=False)
    titles = ("step 1", "step 10", "step 100", "the filter we hid")
    one, ten, hundred = snapshots
    show_grid_of_numbers(one, "", ten, "", hundred, "", edge, titles=titles, cell=0.55)

# %% [markdown]
# A filter learned from coins finds the whiskers of a cat, which it never saw:

# %%
with waits_for(*used):
    cats = to_batch(grey(cat))
    by_learned = conv.conv2d_forward(cats, w, np.zeros(1))[0, 0]
    by_true = conv.conv2d_forward(cats, edge[None, None], np.zeros(1))[0, 0]
    titles = ("the learned filter", "the hidden filter")
    show_images(by_learned, by_true, titles=titles, signed=True, limit=0.8, size=2.6)
    print("largest difference between the two filters:", np.abs(w - edge).max().round(4))

# %% [markdown]
# **Predict.** In 02 we claimed that a network does not care whether the layer flips its filter. Suppose the target was made with the mathematicians'
# convolution and the filter 1 2 3 / 4 5 6 / 7 8 9. What will your layer, which does not flip, learn?
#
# <details><summary>Answer</summary>
#
# The same filter, turned by 180°: 9 8 7 / 6 5 4 / 3 2 1. Laid on without flipping, it makes exactly this target, so it has the smallest loss; that
# is where the gradient leads.
# </details>

# %%
with waits_for(*used, "conv.convolve2d"):
    digits = np.arange(1.0, 10.0).reshape(3, 3)
    target = conv.convolve2d(x[0, 0], digits)[None, None]
    w, b, _ = learn_filter.fit_filter(x, target, np.zeros((1, 1, 3, 3)), np.zeros(1), 0.15, 100)
    titles = ("it made the target", "what was learned")
    show_grid_of_numbers(digits, "→", w[0, 0].round(1), titles=titles)

# %% [markdown]
# Nobody told the layer to turn its filter: learning took care of it.
#
# > **Takeaway.** Examples in, filter out. A convolutional network is this, some million times over.

# %% [markdown]
# ## 9 · In your own words
#
# **Written question** · 8 points · about half a page, marked by a person
#
# A friend's `conv2d_backward` forgets to turn the filter when it computes `dx`. With the edge filter of 02 all tests are green; with other filters
# training goes wrong.
#
# Explain (with a small sketch or formulas for *one* input pixel) why the filter must be turned; why the edge filter hides the mistake; what the mistake does to the
# training of a network with one convolution layer, and with three; and which smallest test would have found it.
#
# | marked | points |
# |---|---|
# | follows one input pixel through all windows that saw it, and draws the conclusion about the filter | 2 |
# | says what is special about the edge filter, and what a filter needs so that the mistake shows | 2 |
# | says for each layer which of `dx`, `dw`, `db` come out wrong, and what follows for learning | 2 |
# | gives a concrete test, with shapes or values, that fails for the mistake and passes when it is mended | 2 |

# %% [markdown] written="03-written"
# *Write your answer here, in place of this line.*

# %% [markdown]
# ## What you can do now
#
# - Derive and write the backward pass of a convolution layer, for any stride and padding.
# - Prove a gradient twice: as a transposed matrix, and by central differences.
# - Turn convolution into one matrix product, and say what limits its speed.
# - Train a filter from examples.
#
# **Next:** 04, pooling and your first convolutional network.
#
# ## Further reading
#
# - Y. LeCun et al., *Backpropagation applied to handwritten zip code recognition* (1989): shared weights, trained by gradients.
# - K. Chellapilla, S. Puri, P. Simard, *High performance convolutional neural networks for document processing* (2006): convolution as a matrix product.
# - K. Goto, R. van de Geijn, *Anatomy of high-performance matrix multiplication* (2008): why GEMM is so fast.
# - M. Zeiler et al., *Deconvolutional networks* (2010): the transposed convolution put to use.
# - S. Chetlur et al., *cuDNN: efficient primitives for deep learning* (2014): im2col that is never built.
# - A. Lavin, S. Gray, *Fast algorithms for convolutional neural networks* (2016): fewer multiplications.
# - V. Dumoulin, F. Visin, *A guide to convolution arithmetic for deep learning* (2016): transposed convolutions, drawn.
# - A. G. Baydin et al., *Automatic differentiation in machine learning: a survey* (2018): what does this for you from 09 on.
