"""Checks of conv2d_input_gradient and conv2d_weight_gradient: one channel by hand, then channels and a batch (stride 1, no padding)."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from autograder.draw import distinct, normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases, float64_result
from autograder.oracles import conv2d, gradients, tensor


def _aspects(square, oblong, channels, batch):
    return (
        Aspect("square", square, "one channel, square"),
        Aspect("oblong", oblong, "one channel, height and width that differ"),
        Aspect("channels", channels, "several channels and filters"),
        Aspect("batch", batch, "several images at once"),
        contract(),
    )


def _draw(second):
    """Draws cases with `dout` and one of `w`, `x`; equal numbers of channels and filters, too: there axes can be mixed up unnoticed."""

    def inputs(rng, bank, out, kernel, dtype=np.float64):
        n, c, f = bank
        dout = normal(rng, n, f, *out, dtype=dtype)
        shape = (f, c, *kernel) if second == "w" else (n, c, *(o + k - 1 for o, k in zip(out, kernel)))
        return {"dout": dout, second: normal(rng, *shape, dtype=dtype)}

    def sizes(rng):
        oh, ow, kh, kw = distinct(rng, (6, 7, 9), (6, 7, 9), (2, 3, 5), (2, 3, 5))
        return (oh, ow), (kh, kw)

    def single(*arguments):
        return {name: array[0, 0] for name, array in inputs(arguments[0], (1, 1, 1), *arguments[1:]).items()}

    def draw(rng):
        yield Case("square", single(rng, (2, 2), (2, 2)))
        yield Case("square", single(rng, (5, 5), (3, 3)))
        for _ in range(2):
            yield Case("oblong", single(rng, *sizes(rng)))
        for bank in ((1, 3, 2), (1, 2, 5), (1, 3, 3)):
            yield Case("channels", inputs(rng, bank, *sizes(rng)))
        for bank in ((3, 2, 5), (2, 3, 3)):
            yield Case("batch", inputs(rng, bank, *sizes(rng)))
        yield from contract_cases(lambda dtype: inputs(rng, (2, 3, 5), *sizes(rng), dtype))

    return draw


def _single_too(function):
    """A function of batches and banks that also takes one channel of one image and one filter."""

    def both(dout, *second, **named):
        (second,) = second or named.values()
        return function(dout[None, None], second[None, None])[0, 0] if dout.ndim == 2 else function(dout, second)

    return both


# --- conv2d_input_gradient --------------------------------------------------------------------------------------------


@_single_too
def _input_gradient(dout, w):
    (n, _, oh, ow), (_, c, kh, kw) = dout.shape, w.shape
    return gradients(lambda x: conv2d(x, tensor(w)), dout, np.zeros((n, c, oh + kh - 1, ow + kw - 1)))[0]


def _turn(w):
    return w[:, :, ::-1, ::-1]


def _slide(dout, filters, rows=None, columns=None):
    """Filters (F, C, KH, KW) slid over dout; rows and columns of zeros around it, each (before, after): full without."""
    kh, kw = filters.shape[2:]
    padded = np.pad(dout, ((0, 0), (0, 0), rows or (kh - 1, kh - 1), columns or (kw - 1, kw - 1)))
    return np.einsum("nfrsab,fcab->ncrs", sliding_window_view(padded, filters.shape[2:], (2, 3)), filters, optimize=True)


def _same_size(dout, w):
    kh, kw = w.shape[2:]
    return _slide(dout, _turn(w), ((kh - 1) // 2, kh // 2), ((kw - 1) // 2, kw // 2))


def _padded_too_much(dout, w):
    kh, kw = w.shape[2:]
    return _slide(dout, _turn(w), (kh, kh), (kw, kw))


def _padding_swapped(dout, w):
    kh, kw = w.shape[2:]
    return _slide(dout, _turn(w), (kw - 1, kw - 1), (kh - 1, kh - 1))


def _overlaps_overwritten(dout, w):
    (n, _, oh, ow), (_, c, kh, kw) = dout.shape, w.shape
    dx = np.zeros((n, c, oh + kh - 1, ow + kw - 1))
    for i, j in np.ndindex(oh, ow):
        dx[:, :, i : i + kh, j : j + kw] = np.tensordot(dout[:, :, i, j], w, axes=([1], [0]))
    return dx


conv2d_input_gradient = Exercise(
    id="conv.conv2d_input_gradient",
    title="The gradient of a convolution's input",
    difficulty=4,
    minutes=35,
    aspects=_aspects(5, 4, 4, 2),
    draw=_draw("w"),
    oracle=_input_gradient,
    misconceptions=(
        Misconception(
            "not_turned",
            "The filter was not turned by 180 degrees.",
            "Input pixel 0 met weight 0 only, the pixel after it weight 1 in the first window and weight 0 in the second: seen from the "
            "input, the weights come in reverse order.",
            _single_too(lambda dout, w: _slide(dout, w)),
            revisit="03, “The gradient of the input”",
        ),
        Misconception(
            "transposed",
            "The filter was transposed instead of turned.",
            "A turn by 180 degrees reverses the rows and the columns; it does not exchange them.",
            _single_too(lambda dout, w: _slide(dout, _turn(w).swapaxes(2, 3)[:, :, ::-1, ::-1])),
        ),
        Misconception(
            "rows_only",
            "The filter was only turned upside down.",
            "A turn by 180 degrees reverses the rows and the columns.",
            _single_too(lambda dout, w: _slide(dout, w[:, :, ::-1])),
        ),
        Misconception(
            "turned_across_filters",
            "All axes of the filters were reversed, so filters and channels change places, too.",
            "Only rows and columns turn: w[:, :, ::-1, ::-1].",
            _single_too(lambda dout, w: _slide(dout, np.flip(w))),
        ),
        Misconception(
            "not_padded",
            "dout was not padded: the filter only visits places where it lies inside.",
            "A corner pixel of the input met one weight only: for it the filter must hang over the corner. Pad dout by KH "
            "- 1 rows and KW - 1 columns.",
            _single_too(lambda dout, w: _slide(dout, _turn(w), (0, 0), (0, 0))),
        ),
        Misconception(
            "same_size",
            "The result is as large as dout; it should be as large as the input.",
            "The input has OH + KH - 1 rows. Pad dout by KH - 1 rows on each side: half as many do for the size of dout only.",
            _single_too(_same_size),
        ),
        Misconception(
            "padded_too_much",
            "dout was padded by the size of the filter, one row and column too many on each side.",
            "At the first place the filter still touches dout with its last row: it hangs over by KH - 1 rows, not by KH.",
            _single_too(_padded_too_much),
        ),
        Misconception(
            "padding_swapped",
            "The paddings of height and width are mixed up.",
            "KH - 1 rows go above and below, KW - 1 columns left and right.",
            _single_too(_padding_swapped),
        ),
        Misconception(
            "overlaps_overwritten",
            "Where windows overlap, only the last one counts: `=` stands where `+=` belongs.",
            "An input pixel took part in several output pixels; their contributions add up.",
            _single_too(_overlaps_overwritten),
        ),
        Misconception(
            "first_filter_only",
            "Only the first filter's gradient arrives at the input.",
            "Every channel of the input was seen by all filters: sum over f.",
            _single_too(lambda dout, w: _slide(dout[:, :1], _turn(w[:1]))),
        ),
        Misconception(
            "filters_averaged",
            "The contributions of the filters were averaged.",
            "They add up: sum over f.",
            _single_too(lambda dout, w: _slide(dout, _turn(w)) / len(w)),
        ),
        Misconception(
            "channels_and_filters_mixed",
            "Channels and filters are mixed up: the axes of w are used in the wrong order.",
            "w is (F, C, KH, KW). dout has F channels, so the sum runs over the FIRST axis of w; the second one becomes the channels of dx.",
            _single_too(lambda dout, w: _slide(dout, _turn(w).swapaxes(0, 1))),
        ),
        Misconception(
            "batch_averaged",
            "The gradient was divided by the number of images.",
            "Images do not share pixels: nothing to average. A loss that averages over the batch has done so in dout.",
            _single_too(lambda dout, w: _slide(dout, _turn(w)) / len(dout)),
        ),
        float64_result(_input_gradient, "dout"),
    ),
    hints=(
        "Take a 3×3 input and a 2×2 filter. Which output pixels does the corner of the input take part in, and with which weight? And the centre?",
        "Each input pixel gathers what the output pixels that saw it send back. Written out, that is a correlation of dout, with a border of "
        "zeros, and the filter turned by 180 degrees.",
        "Turn the filters; pad dout by KH - 1 rows and KW - 1 columns on each side; for every input pixel (r, s), take the KH×KW window of the "
        "padded dout that starts there, multiply it with the turned filters, sum over f, rows and columns. One channel is a bank with F = C = 1.",
    ),
)


# --- conv2d_weight_gradient -------------------------------------------------------------------------------------------


@_single_too
def _weight_gradient(dout, x):
    (_, f, oh, ow), (_, c, h, w) = dout.shape, x.shape
    return gradients(lambda weights: conv2d(tensor(x), weights), dout, np.zeros((f, c, h - oh + 1, w - ow + 1)))[0]


def _met(dout, x):
    """The right gradient in NumPy, so that shapes which do not match raise what a learner's NumPy would raise."""
    return np.einsum("ncuvij,nfij->fcuv", sliding_window_view(x, dout.shape[2:], (2, 3)), dout, optimize=True)


def _windows_overwritten(dout, x):
    kh, kw = (n - o + 1 for n, o in zip(x.shape[2:], dout.shape[2:]))
    return np.tensordot(dout[:, :, -1, -1], x[:, :, -kh:, -kw:], axes=([0], [0]))


def _full(dout, x):
    oh, ow = dout.shape[2:]
    return _met(dout, np.pad(x, ((0, 0), (0, 0), (oh - 1, oh - 1), (ow - 1, ow - 1))))


def _channels_not_kept_apart(dout, x):
    return _met(dout, np.repeat(x.sum(axis=1, keepdims=True), x.shape[1], axis=1))


conv2d_weight_gradient = Exercise(
    id="conv.conv2d_weight_gradient",
    title="The gradient of a convolution's filters",
    difficulty=4,
    minutes=25,
    aspects=_aspects(4, 3, 2, 2),
    draw=_draw("x"),
    oracle=_weight_gradient,
    misconceptions=(
        Misconception(
            "result_turned",
            "The result is turned by 180 degrees.",
            "Weight (0, 0) met the pixels from the top left on: dw[0, 0] uses the window of x that starts at (0, 0). Nothing turns here.",
            _single_too(lambda dout, x: _turn(_met(dout, x))),
        ),
        Misconception(
            "dout_turned",
            "dout was turned by 180 degrees.",
            "Turning belongs to the input's gradient. For the filters, x and dout are correlated as they are.",
            _single_too(lambda dout, x: _met(_turn(dout), x)),
        ),
        Misconception(
            "windows_overwritten",
            "Only the last window counts: `=` stands where `+=` belongs.",
            "All output pixels share the filter, so each adds its part: dout[i, j] times the window that it saw.",
            _single_too(_windows_overwritten),
        ),
        Misconception(
            "images_overwritten",
            "Only the last image counts: `=` stands where `+=` belongs.",
            "All images share the filter: sum over n.",
            _single_too(lambda dout, x: _met(dout[-1:], x[-1:])),
        ),
        Misconception(
            "first_image_only",
            "Only the first image counts.",
            "All images share the filter: sum over n.",
            _single_too(lambda dout, x: _met(dout[:1], x[:1])),
        ),
        Misconception(
            "places_averaged",
            "The contributions of the output pixels were averaged.",
            "They add up: every output pixel sends its own part to the filter.",
            _single_too(lambda dout, x: _met(dout, x) / (dout.shape[2] * dout.shape[3])),
        ),
        Misconception(
            "batch_averaged",
            "The gradient was divided by the number of images.",
            "Sum over the batch: a loss that averages has done so in dout.",
            _single_too(lambda dout, x: _met(dout, x) / len(x)),
        ),
        Misconception(
            "padded",
            "x was padded: the result is larger than the filter.",
            "dout slides over x only where it lies inside: H - OH + 1 = KH places downwards.",
            _single_too(_full),
        ),
        Misconception(
            "axes_swapped",
            "Filters and channels of the result are mixed up.",
            "dw has the shape of w, (F, C, KH, KW): first the axis that comes from dout, then the one that comes from x.",
            _single_too(lambda dout, x: _met(dout, x).swapaxes(0, 1)),
        ),
        Misconception(
            "channels_not_kept_apart",
            "All channels of a filter get the same gradient, summed over the channels of x.",
            "Weight w[f, c] only met channel c: dw[f, c] comes from x[:, c] alone.",
            _single_too(_channels_not_kept_apart),
        ),
        float64_result(_weight_gradient),
    ),
    hints=(
        "Which pixels of x did the weight in the top left corner of the filter meet, and where did each product go?",
        "The pixels that weight (u, v) met form a window of x of dout's size. So dw is a correlation of x with dout in the filter's place.",
        "KH = H - OH + 1, KW = W - OW + 1. For every (u, v): take the OH×OW window of x that starts there, multiply it with dout, sum over images, "
        "rows and columns; keep f and c apart. One channel is a bank with F = C = 1.",
    ),
)
