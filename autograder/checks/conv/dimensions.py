"""Checks of conv1d_forward and conv3d_forward: sound and video."""

from __future__ import annotations

import numpy as np

from autograder.checks.conv.common import swapped
from autograder.draw import distinct, normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases, float64_result
from autograder.oracles import tensor


def _forward(x, w, b, stride=1, padding=0):
    import torch.nn.functional as F

    convolve = F.conv1d if x.ndim == 3 else F.conv3d
    return convolve(tensor(x), tensor(w), tensor(b), stride, padding).numpy()


def _flipped(w):
    return np.flip(w, tuple(range(2, w.ndim)))


# --- conv1d_forward ---------------------------------------------------------------------------------------------------


def _sequence(rng, n=2, c=3, f=5, dtype=np.float64):
    length, k = distinct(rng, (11, 13, 17), (2, 3, 5))
    return {"x": normal(rng, n, c, length, dtype=dtype), "w": normal(rng, f, c, k, dtype=dtype), "b": normal(rng, f, dtype=dtype)}


def _draw_conv1d(rng):
    yield Case("plain", _sequence(rng, 1, 1, 1))
    yield Case("plain", _sequence(rng))
    yield Case("stride", _sequence(rng) | {"stride": 2})
    yield Case("stride", _sequence(rng, 3, 2, 2) | {"stride": 3})
    yield Case("padding", _sequence(rng) | {"padding": 2})
    yield Case("padding", _sequence(rng, 3, 2, 2) | {"padding": 1, "stride": 2})
    yield from contract_cases(lambda dtype: _sequence(rng, dtype=dtype) | {"padding": 1})


conv1d_forward = Exercise(
    id="conv.conv1d_forward",
    title="Convolution in one dimension",
    difficulty=2,
    minutes=12,
    aspects=(
        Aspect("plain", 2, "channels, filters, bias and batch"),
        Aspect("stride", 1, "stride"),
        Aspect("padding", 1, "zero padding"),
        contract(),
    ),
    draw=_draw_conv1d,
    oracle=_forward,
    misconceptions=(
        Misconception(
            "flipped_filter",
            "The filter was flipped.",
            "A convolution layer slides the filter as it is: out[0] uses w[0] with the first element.",
            lambda x, w, b, stride=1, padding=0: _forward(x, _flipped(w), b, stride, padding),
        ),
        Misconception(
            "bias_forgotten",
            "The bias is missing.",
            "Add b[f] to every element of the output of filter f.",
            lambda x, w, b, stride=1, padding=0: _forward(x, w, 0 * b, stride, padding),
        ),
        Misconception(
            "first_channel_only",
            "Only the first channel is used.",
            "A filter extends through all channels: sum over c as well as along the sequence.",
            lambda x, w, b, stride=1, padding=0: _forward(x[:, :1], w[:, :1], b, stride, padding),
        ),
        Misconception(
            "stride_ignored",
            "The stride is ignored: the filter moves one element at a time.",
            "Output element i looks at the window that starts at i*stride; there are fewer of them, too.",
            lambda x, w, b, stride=1, padding=0: _forward(x, w, b, 1, padding),
        ),
        Misconception(
            "windows_not_strided",
            "The output has the right size, but its windows lie one element apart: they start at i.",
            "The window of output element i starts at i*stride.",
            lambda x, w, b, stride=1, padding=0: _forward(x, w, b, 1, padding)[:, :, : _forward(x, w, b, stride, padding).shape[2]],
        ),
        Misconception(
            "padding_ignored",
            "The padding is ignored.",
            "Put `padding` zeros before and after each sequence: np.pad, on the last axis only.",
            lambda x, w, b, stride=1, padding=0: _forward(x, w, b, stride),
        ),
        Misconception(
            "padded_at_the_end",
            "All the padding is at the end.",
            "padding=2 puts two zeros before the sequence and two after it.",
            lambda x, w, b, stride=1, padding=0: _forward(np.pad(x, ((0, 0), (0, 0), (0, 2 * padding))), w, b, stride),
        ),
        float64_result(_forward),
    ),
    hints=(
        "It is your two-dimensional layer with an axis less.",
        "Pad the last axis once, then cut out the window that each output element sees, for all sequences and channels at once: (N, C, K).",
        "OL = (L + 2*padding - K) // stride + 1; for every i, the window starts at i*stride; multiply it with all filters, sum over channel and "
        "position, add b.",
    ),
)


# --- conv3d_forward ---------------------------------------------------------------------------------------------------


def _volume(rng, n=1, c=2, f=3, dtype=np.float64):
    size = distinct(rng, (5, 6, 7), (5, 6, 7), (5, 6, 7))
    kernel = distinct(rng, (1, 2, 3), (1, 2, 3), (1, 2, 3))
    return {"x": normal(rng, n, c, *size, dtype=dtype), "w": normal(rng, f, c, *kernel, dtype=dtype), "b": normal(rng, f, dtype=dtype)}


def _draw_conv3d(rng):
    yield Case("plain", _volume(rng, c=1, f=1))
    yield Case("plain", _volume(rng, n=2))
    yield Case("stride", _volume(rng) | {"stride": 2})
    yield Case("stride", _volume(rng) | {"stride": (1, 2, 3)})
    yield Case("padding", _volume(rng) | {"padding": 1})
    yield Case("padding", _volume(rng) | {"padding": (0, 1, 2), "stride": (2, 1, 3)})
    yield from contract_cases(lambda dtype: _volume(rng, dtype=dtype) | {"padding": (1, 0, 0)})


def _first(value):
    return value[0] if isinstance(value, tuple) else value


conv3d_forward = Exercise(
    id="conv.conv3d_forward",
    title="Convolution in three dimensions",
    difficulty=2,
    minutes=12,
    aspects=(
        Aspect("plain", 1, "channels, filters, bias and batch"),
        Aspect("stride", 1, "stride, also unequal for depth, height and width"),
        Aspect("padding", 1, "zero padding, also unequal"),
        contract(),
    ),
    draw=_draw_conv3d,
    oracle=_forward,
    misconceptions=(
        Misconception(
            "flipped_filter",
            "The filter was flipped.",
            "A convolution layer slides the filter as it is: out[0, 0, 0] uses w[0, 0, 0] with the first voxel.",
            lambda x, w, b, stride=1, padding=0: _forward(x, _flipped(w), b, stride, padding),
        ),
        Misconception(
            "frame_by_frame",
            "Every frame is filtered on its own, with the filter's first slice.",
            "The filter also extends over KD frames: a window is (N, C, KD, KH, KW), and the sum runs over its depth, too.",
            lambda x, w, b, stride=1, padding=0: _forward(x, w[:, :, :1], b, stride, padding),
        ),
        Misconception(
            "bias_forgotten",
            "The bias is missing.",
            "Add b[f] to every voxel of the output of filter f.",
            lambda x, w, b, stride=1, padding=0: _forward(x, w, 0 * b, stride, padding),
        ),
        Misconception(
            "stride_of_depth_for_all",
            "The stride of the depth is used for all three axes.",
            "A triple is (depth, height, width): every axis has its own stride.",
            lambda x, w, b, stride=1, padding=0: _forward(x, w, b, _first(stride), padding),
        ),
        Misconception(
            "stride_reversed",
            "The strides are in reverse order.",
            "A triple is (depth, height, width), in the order of the axes.",
            lambda x, w, b, stride=1, padding=0: _forward(x, w, b, swapped(stride), padding),
        ),
        Misconception(
            "padding_reversed",
            "The paddings are in reverse order.",
            "A triple is (depth, height, width), in the order of the axes.",
            lambda x, w, b, stride=1, padding=0: _forward(x, w, b, stride, swapped(padding)),
        ),
        Misconception(
            "padding_ignored",
            "The padding is ignored.",
            "Put zeros on both sides of depth, height and width: np.pad, on the last three axes only.",
            lambda x, w, b, stride=1, padding=0: _forward(x, w, b, stride),
        ),
        float64_result(_forward),
    ),
    hints=(
        "It is your two-dimensional layer with an axis more.",
        "Turn stride and padding into three numbers each with `triple`; pad the last three axes; a window is (N, C, KD, KH, KW).",
        "Three output sizes, three loops (t, i, j); the window starts at (t·SD, i·SH, j·SW); multiply it with all filters, sum over channel "
        "and its three axes, add b.",
    ),
)
