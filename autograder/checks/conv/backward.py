"""Checks of conv2d_backward: all gradients of the layer."""

from __future__ import annotations

import numpy as np

from autograder.checks.conv.common import layer
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases, float64_result
from autograder.oracles import conv2d, gradients, pair, side_padding


def _backward(dout, x, w, b, stride=1, padding=0):
    return gradients(lambda x, w, b: conv2d(x, w, b, stride, padding), dout, x, w, b)


# --- Cases ------------------------------------------------------------------------------------------------------------


def _with_dout(rng, inputs):
    """The layer's inputs with a random gradient of its output's shape."""
    x, w = inputs["x"], inputs["w"]
    stride = pair(inputs.get("stride", 1))
    sides = side_padding(inputs.get("padding", 0), x.shape[2:], w.shape[2:], stride)
    out = ((n + sum(side) - k) // s + 1 for n, side, k, s in zip(x.shape[2:], sides, w.shape[2:], stride))
    return {"dout": normal(rng, len(x), len(w), *out, dtype=x.dtype)} | inputs


def _strided(rng, stride, leftover, **options):
    """A layer whose stride leaves rows or columns over at the end, or does not."""
    while True:
        inputs = layer(rng, n=2, c=3, f=5) | {"stride": stride} | options
        padding = pair(options.get("padding", 0))
        steps = zip(inputs["x"].shape[2:], padding, inputs["w"].shape[2:], pair(stride))
        if any((n + 2 * p - k) % s for n, p, k, s in steps) == leftover:
            return inputs


DX_DW = ("dx", "dw")  # neither padding nor stride changes anything for db


def _draw(rng):
    def case(aspect, inputs, *compare):
        return Case(aspect, _with_dout(rng, inputs), compare=compare)

    yield case("bias", layer(rng, n=3, c=2, f=5), "db")
    yield case("weights", layer(rng, n=2, c=3, f=5), "dw")
    yield case("weights", layer(rng, n=3, c=2, f=2), "dw")
    yield case("input", layer(rng, n=2, c=3, f=5), "dx")
    yield case("input", layer(rng, n=3, c=2, f=2), "dx")
    for padding in (1, (2, 1), (0, 2)):
        yield case("padding", layer(rng, n=2, c=2, f=3) | {"padding": padding}, *DX_DW)
    yield case("stride", _strided(rng, 2, leftover=False), *DX_DW)
    yield case("stride", _strided(rng, (1, 3), leftover=True), *DX_DW)
    yield case("stride", _strided(rng, (3, 2), leftover=True, padding=1), *DX_DW)
    for stride in (1, 2, (3, 2)):  # a kernel of even height at stride 1: the total is odd, one side gets more
        kernels = ((2, 4), (3, 5)) if stride == 1 else ((2, 3, 5), (2, 3, 5))
        yield case("same", layer(rng, n=2, c=2, f=3, kernels=kernels) | {"padding": "same", "stride": stride}, *DX_DW)
    yield case("same", layer(rng, n=2, c=3, f=2) | {"padding": "valid"}, *DX_DW)
    yield from contract_cases(lambda dtype: _with_dout(rng, layer(rng, n=2, c=3, f=2, dtype=dtype) | {"padding": 1}))


# --- Wrong ways -------------------------------------------------------------------------------------------------------


def _by_weights(dout, x, w, sides, step):
    """Gradients of the padded input and of the filters, weight by weight. Raises ValueError where windows leave the padded input."""
    padded = np.pad(x, ((0, 0), (0, 0), *sides)).astype(np.float64)
    dx, dw = np.zeros(padded.shape), np.zeros(w.shape)
    (oh, ow), (sh, sw) = dout.shape[2:], step
    for u, v in np.ndindex(w.shape[2:]):
        met = (..., slice(u, u + (oh - 1) * sh + 1, sh), slice(v, v + (ow - 1) * sw + 1, sw))  # all pixels that this weight met
        dx[met] += np.tensordot(dout, w[:, :, u, v], axes=([1], [0])).transpose(0, 3, 1, 2)
        dw[:, :, u, v] = np.tensordot(dout, padded[met], axes=([0, 2, 3], [0, 2, 3]))
    return dx, dw


def _inside(dx, sides):
    (top, bottom), (left, right) = sides
    return dx[:, :, top : dx.shape[2] - bottom, left : dx.shape[3] - right]


def _wrong(*, sides=None, step=None, crop=_inside):
    """A backward pass in NumPy with one of its parts replaced."""

    def backward(dout, x, w, b, stride=1, padding=0):
        zeros = side_padding(padding, x.shape[2:], w.shape[2:], pair(stride))
        zeros = sides(zeros) if sides else zeros
        dx, dw = _by_weights(dout, x, w, zeros, step(pair(stride)) if step else pair(stride))
        return crop(dx, zeros), dw, dout.sum(axis=(0, 2, 3))

    return backward


def _crop_minus_zero(dx, sides):
    (top, bottom), (left, right) = sides
    return dx[:, :, top:-bottom, left:-right]  # -0 is 0: an empty slice


def _changed(change):
    """The right gradients, changed afterwards by change(dx, dw, db, x=...)."""
    return lambda dout, x, w, b, stride=1, padding=0: change(*_backward(dout, x, w, b, stride, padding), len(x))


def _bias_over(axes):
    return lambda dout, x, w, b, stride=1, padding=0: (*_backward(dout, x, w, b, stride, padding)[:2], dout.sum(axis=axes))


def _not_turned(dout, x, w, b, stride=1, padding=0):
    _, dw, db = _backward(dout, x, w, b, stride, padding)
    return _backward(dout, x, w[:, :, ::-1, ::-1], b, stride, padding)[0], dw, db


def _not_dilated(dout, x, w, b, stride=1, padding=0):
    """The input's gradient as if the stride were 1: the full convolution of dout as it is, cropped by the padding."""
    _, dw, db = _backward(dout, x, w, b, stride, padding)
    sides = side_padding(padding, x.shape[2:], w.shape[2:], pair(stride))
    full = np.zeros((*x.shape[:2], *(o + k - 1 for o, k in zip(dout.shape[2:], w.shape[2:]))))
    return _inside(_by_weights(dout, full, w, ((0, 0), (0, 0)), (1, 1))[0], sides), dw, db


def _window(i, j, w, stride):
    (sh, sw), (kh, kw) = pair(stride), w.shape[2:]
    return (..., slice(i * sh, i * sh + kh), slice(j * sw, j * sw + kw))


def _overlaps_overwritten(dout, x, w, b, stride=1, padding=0):
    _, dw, db = _backward(dout, x, w, b, stride, padding)
    sides = side_padding(padding, x.shape[2:], w.shape[2:], pair(stride))
    dx = np.pad(np.zeros(x.shape), ((0, 0), (0, 0), *sides))
    for i, j in np.ndindex(dout.shape[2:]):
        dx[_window(i, j, w, stride)] = np.tensordot(dout[:, :, i, j], w, axes=([1], [0]))
    return _inside(dx, sides), dw, db


def _windows_overwritten(dout, x, w, b, stride=1, padding=0):
    dx, _, db = _backward(dout, x, w, b, stride, padding)
    padded = np.pad(x, ((0, 0), (0, 0), *side_padding(padding, x.shape[2:], w.shape[2:], pair(stride))))
    last = _window(dout.shape[2] - 1, dout.shape[3] - 1, w, stride)
    return dx, np.tensordot(dout[:, :, -1, -1], padded[last], axes=([0], [0])), db


def _leftover_lost(dout, x, w, b, stride=1, padding=0):
    dx, dw, db = _backward(dout, x, w, b, stride, padding)
    sides = side_padding(padding, x.shape[2:], w.shape[2:], pair(stride))
    (height, width) = ((o - 1) * s + k - side[0] for o, s, k, side in zip(dout.shape[2:], pair(stride), w.shape[2:], sides))
    return dx[:, :, :height, :width], dw, db


conv2d_backward = Exercise(
    id="conv.conv2d_backward",
    title="All gradients of a convolution layer",
    difficulty=5,
    minutes=50,
    aspects=(
        Aspect("bias", 1, "the bias's gradient"),
        Aspect("weights", 3, "the filters' gradient, stride 1, no padding"),
        Aspect("input", 3, "the input's gradient, stride 1, no padding"),
        Aspect("padding", 3, "dx and dw with padding, also unequal"),
        Aspect("stride", 3, "dx and dw with a stride, also one that leaves rows over"),
        Aspect("same", 2, 'dx and dw with "same" and "valid" padding'),
        contract(),
    ),
    draw=_draw,
    oracle=_backward,
    returns=("dx", "dw", "db"),
    misconceptions=(
        Misconception(
            "crop_minus_zero",
            "dx is empty where there is no padding: a slice like p:-p ends at -0, which is 0.",
            "Say where the image ends: from top to top + H, and from left to left + W.",
            _wrong(crop=_crop_minus_zero),
        ),
        Misconception(
            "not_cropped",
            "dx still has the padding around it.",
            "The zeros were not the layer's input: cut out what lies inside, so that dx has the shape of x.",
            _wrong(crop=lambda dx, sides: dx),
        ),
        Misconception(
            "crop_fixed_at_one",
            "One row and column is cut off dx on each side, whatever the padding.",
            "Cut off as much as was added: top rows above, left columns on the left.",
            _wrong(crop=lambda dx, sides: dx[:, :, 1:-1, 1:-1]),
        ),
        Misconception(
            "padding_fixed_at_one",
            "The padding is taken to be 1, whatever was asked for.",
            "Pad x as the forward pass did, by the numbers that `side_padding` gives.",
            _wrong(sides=lambda sides: ((1, 1), (1, 1))),
        ),
        Misconception(
            "padding_swapped",
            "The paddings of height and width are mixed up.",
            "`side_padding` gives ((top, bottom), (left, right)): rows first.",
            _wrong(sides=lambda sides: sides[::-1]),
        ),
        Misconception(
            "same_odd_one_first",
            "With \"same\" padding, the odd zero is at the start.",
            "When the total is odd, the extra row went to the bottom and the extra column to the right.",
            _wrong(sides=lambda sides: tuple(side[::-1] for side in sides)),
        ),
        Misconception(
            "not_turned",
            "dx is made with filters that are not turned (or turned where they should not be).",
            "As a full convolution of dout, the filters must be turned by 180 degrees; added up window by window, they must not.",
            _not_turned,
            revisit="03, “The gradient of the input”",
        ),
        Misconception(
            "stride_ignored",
            "The stride is ignored: neighbouring output pixels are taken to have seen neighbouring windows.",
            "Output pixel (i, j) saw the window that starts at (i*stride_h, j*stride_w) of the padded input.",
            _wrong(step=lambda step: (1, 1)),
        ),
        Misconception(
            "not_dilated",
            "dx is made as if the stride were 1: dout was not dilated.",
            "In a full convolution, put stride - 1 zeros between the elements of dout first: the forward pass skipped those places.",
            _not_dilated,
        ),
        Misconception(
            "stride_swapped",
            "The strides of height and width are mixed up.",
            "A pair is (height, width): the first number moves the window down, the second to the right.",
            _wrong(step=lambda step: step[::-1]),
        ),
        Misconception(
            "stride_of_height_for_both",
            "The stride of the height is used for the width, too.",
            "A pair is (height, width): the window of output pixel (i, j) starts at row i*stride_h and column j*stride_w.",
            _wrong(step=lambda step: step[:1] * 2),
        ),
        Misconception(
            "leftover_lost",
            "Where the stride does not divide, the last rows or columns of dx are missing.",
            "No window reached those pixels, so their gradient is 0, but they belong to dx: it has the shape of x.",
            _leftover_lost,
        ),
        Misconception(
            "overlaps_overwritten",
            "Where windows overlap, only the last one counts in dx: `=` stands where `+=` belongs.",
            "An input pixel took part in several output pixels; their contributions add up.",
            _overlaps_overwritten,
        ),
        Misconception(
            "windows_overwritten",
            "Only the last window counts in dw: `=` stands where `+=` belongs.",
            "All output pixels share the filters, so each adds its part.",
            _windows_overwritten,
        ),
        Misconception(
            "batch_averaged",
            "dw and db were divided by the number of images.",
            "Sum over the batch: a loss that averages has done so in dout.",
            _changed(lambda dx, dw, db, n: (dx, dw / n, db / n)),
        ),
        Misconception(
            "weights_averaged",
            "dw was divided by the number of images.",
            "Sum over the batch: a loss that averages has done so in dout.",
            _changed(lambda dx, dw, db, n: (dx, dw / n, db)),
        ),
        Misconception(
            "bias_averaged",
            "db was divided by the number of images.",
            "Sum over the batch: a loss that averages has done so in dout.",
            _changed(lambda dx, dw, db, n: (dx, dw, db / n)),
        ),
        Misconception(
            "bias_mean",
            "db is the mean of dout where its sum is asked.",
            "The bias was added at every image, row and column, and each of them sends its whole gradient: sum, not mean.",
            lambda dout, x, w, b, stride=1, padding=0: (*_backward(dout, x, w, b, stride, padding)[:2], dout.mean(axis=(0, 2, 3))),
        ),
        Misconception(
            "bias_per_place",
            "db was summed over the images only.",
            "One number per filter: the bias was added at every image, row and column, so sum over all three.",
            _bias_over(0),
        ),
        Misconception(
            "bias_per_image",
            "db was summed over rows and columns only.",
            "One number per filter: all images share it, so sum over them, too.",
            _bias_over((2, 3)),
        ),
        Misconception(
            "bias_over_wrong_axes",
            "db was summed over the wrong axes: what is left is not the filters.",
            "dout is (N, F, OH, OW): keep axis 1, sum over 0, 2 and 3.",
            _bias_over((0, 1, 2)),
        ),
        Misconception(
            "order_mixed",
            "dx and dw are in the wrong order.",
            "The gradients come in the order of the arguments: dx, dw, db.",
            _changed(lambda dx, dw, db, n: (dw, dx, db)),
        ),
        float64_result(_backward),
    ),
    hints=(
        "Follow one output pixel back: which inputs, weights and bias made it? Each of them receives dout[i, j] times its partner in the product.",
        "Pad x as in the forward pass, and make a dx of the padded size. For every output pixel: its window of x times "
        "dout goes to dw, the filters times "
        "dout go to the same window of dx. Both only ever grow.",
        "For every (i, j), with the window that starts at (i·SH, j·SW): dw += sum over n of dout[n, f, i, j] · window; dx's window += sum over f of "
        "dout[n, f, i, j] · w[f]. At the end cut H rows from top on and W columns from left on out of dx; db sums dout over images, rows, columns.",
    ),
)
