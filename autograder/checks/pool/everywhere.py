"""global_avg_pool2d_forward and global_avg_pool2d_backward."""

from __future__ import annotations

import numpy as np

from autograder.checks.pool.common import images
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases, float64_result
from autograder.oracles import gradients, tensor


def _forward(x):
    return tensor(x).mean(dim=(2, 3)).numpy()


def _draw_forward(rng):
    yield Case("values", images(rng, shift=0.5))
    yield Case("values", images(rng, n=2, c=3, shift=0.5))
    yield Case("values", images(rng, n=5, c=2, shift=-0.5))
    yield from contract_cases(lambda dtype: images(rng, n=2, c=3, dtype=dtype))


global_avg_pool2d_forward = Exercise(
    id="pool.global_avg_pool2d_forward",
    title="Global average pooling",
    difficulty=1,
    minutes=5,
    aspects=(Aspect("values", 3, "one mean for each channel of each image"), contract()),
    draw=_draw_forward,
    oracle=_forward,
    misconceptions=(
        Misconception(
            "axes_kept",
            "The result still has rows and columns, one of each.",
            "The shape should be (N, C): the two last axes are gone.",
            lambda x: _forward(x)[:, :, None, None],
        ),
        Misconception(
            "over_channels",
            "The channels were averaged as well.",
            "Every channel keeps a number of its own: average over rows and columns only.",
            lambda x: x.mean(axis=(1, 2, 3), dtype=np.float64),
        ),
        Misconception(
            "over_images",
            "The images were averaged, not the pixels.",
            "The axes are (N, C, H, W): the means run along the last two.",
            lambda x: x.mean(axis=(0, 1), dtype=np.float64),
        ),
        Misconception(
            "over_rows_only",
            "Only the rows were averaged: the columns are still there.",
            "Average over the last two axes, rows and columns.",
            lambda x: x.mean(axis=2, dtype=np.float64),
        ),
        Misconception(
            "sum_for_mean",
            "The pixels are summed, not averaged.",
            "Divide by how many pixels a channel has.",
            lambda x: x.sum(axis=(2, 3), dtype=np.float64),
        ),
        Misconception(
            "max_for_mean",
            "The largest pixel was taken, not the mean.",
            "Every pixel counts.",
            lambda x: x.max(axis=(2, 3)),
        ),
        float64_result(_forward),
    ),
    hints=(
        "How many numbers are left of an image with C channels?",
        "It is average pooling whose window is the whole image. NumPy can average over several axes at once.",
        "Average x over its last two axes; what is left has the shape (N, C).",
    ),
)


def _backward(dout, x):
    return gradients(lambda x: x.mean(dim=(2, 3)), dout, x)[0]


def _with_dout(rng, inputs):
    x = inputs["x"]
    return {"dout": normal(rng, *x.shape[:2], dtype=x.dtype)} | inputs


def _draw_backward(rng):
    yield Case("values", _with_dout(rng, images(rng)))
    yield Case("batch", _with_dout(rng, images(rng, n=2, c=3)))
    yield Case("batch", _with_dout(rng, images(rng, n=5, c=2)))
    yield from contract_cases(lambda dtype: _with_dout(rng, images(rng, n=2, c=3, dtype=dtype)))


def _shared(number):
    """The gradient over number(x), for every pixel."""
    return lambda dout, x: np.ones(x.shape) * dout[:, :, None, None] / number(x)


def _to_the_largest(dout, x):
    flat = x.reshape(*x.shape[:2], -1)
    chosen = np.arange(flat.shape[2]) == flat.argmax(axis=2)[..., None]
    return (chosen * dout[..., None]).reshape(x.shape)


global_avg_pool2d_backward = Exercise(
    id="pool.global_avg_pool2d_backward",
    title="The gradient of global average pooling",
    difficulty=2,
    minutes=10,
    aspects=(
        Aspect("values", 3, "one image of one channel"),
        Aspect("batch", 2, "several images and channels, each with its own gradient"),
        contract(),
    ),
    draw=_draw_backward,
    oracle=_backward,
    returns=("dx",),
    misconceptions=(
        Misconception(
            "not_divided",
            "Every pixel gets the whole gradient of its channel.",
            "Each pixel is one of H·W in a mean, so it gets that part of the gradient.",
            _shared(lambda x: 1),
        ),
        Misconception(
            "divided_by_all",
            "The gradient is divided by the size of x: images and channels were counted as well.",
            "Each mean runs over the H·W pixels of one channel.",
            _shared(lambda x: x.size),
        ),
        Misconception(
            "divided_by_height_only",
            "The gradient is divided by H², as if every image were a square.",
            "A channel has H·W pixels.",
            _shared(lambda x: x.shape[2] ** 2),
        ),
        Misconception(
            "divided_by_width",
            "The gradient is divided by the width only.",
            "A channel has H·W pixels.",
            _shared(lambda x: x.shape[3]),
        ),
        Misconception(
            "not_spread",
            "There is one number for each channel instead of one for each pixel.",
            "dx has the shape of x: give the share to every row and column.",
            lambda dout, x: dout[:, :, None, None] / (x.shape[2] * x.shape[3]),
        ),
        Misconception(
            "times_x",
            "The gradient is multiplied by x.",
            "The mean is linear: its slope does not depend on the pixel's own value.",
            lambda dout, x: _shared(lambda x: x.shape[2] * x.shape[3])(dout, x) * x,
        ),
        Misconception(
            "to_the_largest",
            "Only the largest pixel of each channel gets the gradient.",
            "That is max pooling: in a mean all pixels count alike.",
            _to_the_largest,
        ),
        float64_result(_backward),
    ),
    hints=(
        "By how much does the mean of a channel change when one of its pixels grows a little? Does it matter which pixel?",
        "dout has one number for each channel of each image: divide it by the number of pixels, and give that share to all of them.",
        "Bring dout to the shape (N, C, 1, 1), divide by the number of pixels of a channel, and let it spread over an array like x.",
    ),
)
