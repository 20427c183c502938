"""conv2d_forward and conv2d_backward, fast."""

from __future__ import annotations

from functools import partial

import numpy as np

from autograder.checks.fast_conv import baseline
from autograder.checks.fast_conv.common import (
    MAX_SLOWDOWN,
    PADDINGS,
    STRIDES,
    fold_at_stride_1,
    fold_cut_from_the_end,
    fold_overwritten,
    fold_uncropped,
    out_size,
    sizes,
    slips_of_windows,
)
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases, float64_result
from autograder.oracles import conv2d, gradients, pair, tensor

# --- conv2d_forward ---------------------------------------------------------------------------------------------------


def _forward(x, w, b, stride=1, padding=0):
    return conv2d(tensor(x), tensor(w), tensor(b), stride, padding).numpy()


def _layer(rng, n=1, c=1, f=1, dtype=np.float64):
    h, w, kh, kw = sizes(rng)
    return {"x": normal(rng, n, c, h, w, dtype=dtype), "w": normal(rng, f, c, kh, kw, dtype=dtype), "b": np.zeros(f, dtype)}


def _big_layer(rng):
    """Many pixels and little work for each: a loop over them has nothing to hide its own time behind. With less, the way out of a sandbox counts."""
    return {"x": normal(rng, 1, 3, 199, 187), "w": normal(rng, 2, 3, 3, 3), "b": normal(rng, 2)}


def _draw_forward(rng):
    yield Case("values", _layer(rng, f=2))
    yield Case("values", _layer(rng, c=3, f=5))
    yield Case("values", _layer(rng, n=3, c=2, f=5))
    yield Case("bias", _layer(rng, n=2, c=2, f=3) | {"b": normal(rng, 3)})
    for stride in STRIDES:
        yield Case("stride", _layer(rng, n=2, c=3, f=5) | {"stride": stride})
    for padding, stride in PADDINGS:
        yield Case("padding", _layer(rng, n=2, c=3, f=5) | {"padding": padding, "stride": stride})
    yield from contract_cases(lambda dtype: _layer(rng, n=2, c=3, f=2, dtype=dtype))
    yield Case("speed", _big_layer(rng), max_slowdown=MAX_SLOWDOWN)


def _rows_of(dout):
    """(N, F, OH, OW) as (N*OH*OW, F)."""
    return dout.transpose(0, 2, 3, 1).reshape(-1, dout.shape[1])


def _not_transposed(x, w, b, stride=1, padding=0):
    out = _forward(x, w, b, stride, padding)
    return _rows_of(out).reshape(out.shape)


def _images_taken_last(x, w, b, stride=1, padding=0):
    out = _forward(x, w, b, stride, padding)
    n, f, oh, ow = out.shape
    return _rows_of(out).reshape(oh, ow, n, f).transpose(2, 3, 0, 1)


def _filters_reshaped(x, w, b, stride=1, padding=0):
    f = len(w)
    return _forward(x, w.reshape(-1, f).T.reshape(w.shape), b, stride, padding)


conv2d_forward = Exercise(
    id="fast_conv.conv2d_forward",
    title="Convolution as one matrix product",
    difficulty=3,
    minutes=20,
    aspects=(
        Aspect("values", 2, "images, channels and filters, no padding"),
        Aspect("bias", 1, "one bias per filter"),
        Aspect("stride", 1, "stride, also unequal for height and width"),
        Aspect("padding", 1, "zero padding, also unequal"),
        contract(),
        Aspect("speed", 2, f"at most {MAX_SLOWDOWN} times the CPU time of an im2col that loops over the filter alone, with one matrix product"),
    ),
    draw=_draw_forward,
    oracle=_forward,
    baseline=baseline.forward,
    misconceptions=(
        Misconception(
            "not_transposed",
            "The product (N·OH·OW, F) was reshaped straight into (N, F, OH, OW): right shape, scrambled numbers.",
            "reshape never moves numbers. First name the axes as they lie, (N, OH, OW, F), then transpose F to the second place.",
            _not_transposed,
            revisit="03, “One matrix product”",
        ),
        Misconception(
            "images_taken_last",
            "The rows of the product were read as if the images varied fastest.",
            "The rows lie image by image: reshape to (N, OH, OW, F), then transpose.",
            _images_taken_last,
        ),
        Misconception(
            "filters_reshaped",
            "The filters were reshaped to (C·KH·KW, F) instead of transposed: numbers of different filters are mixed.",
            "w.reshape(F, -1) has one filter a row; .T turns that into one filter a column.",
            _filters_reshaped,
        ),
        Misconception(
            "bias_forgotten",
            "The bias is missing.",
            "Add b to the product (N·OH·OW, F): it broadcasts along the rows.",
            lambda x, w, b, stride=1, padding=0: _forward(x, w, 0 * b, stride, padding),
        ),
        Misconception(
            "flipped_filter",
            "The filter was flipped: that is the mathematicians' convolution.",
            "Multiply each window with the filter as it is.",
            lambda x, w, b, stride=1, padding=0: _forward(x, w[:, :, ::-1, ::-1], b, stride, padding),
        ),
        Misconception(
            "stride_of_height_for_both",
            "The stride of the height is used for the width, too.",
            "A pair is (height, width): window (i, j) starts at row i·SH and column j·SW.",
            lambda x, w, b, stride=1, padding=0: _forward(x, w, b, pair(stride)[0], padding),
        ),
        *slips_of_windows(_forward),
        float64_result(_forward),
    ),
    hints=(
        "One output number is one row of im2col times one filter. What do all rows times all filters make?",
        "cols is (N·OH·OW, C·KH·KW), the filters are (F, C·KH·KW) after a reshape. One @ gives (N·OH·OW, F). "
        "What is left is to bring F to its place.",
        "Lay the windows out (your im2col, or the same steps here); multiply with the reshaped filters, transposed; add b; "
        "reshape to (N, OH, OW, F); transpose to (N, F, OH, OW). No loop over pixels.",
    ),
)


# --- conv2d_backward --------------------------------------------------------------------------------------------------


def _backward(dout, x, w, b, stride=1, padding=0):
    return gradients(lambda x, w, b: conv2d(x, w, b, stride, padding), dout, x, w, b)


def _with_dout(rng, given):
    size = out_size(*given["x"].shape[2:], given["w"].shape[2:], given.get("stride", 1), given.get("padding", 0))
    return {"dout": normal(rng, len(given["x"]), len(given["w"]), *size, dtype=given["x"].dtype)} | given


def _draw_backward(rng):
    for aspect, output in (("input", "dx"), ("filters", "dw"), ("bias", "db")):
        for shape in ({"f": 2}, {"n": 3, "c": 2, "f": 5}):
            yield Case(aspect, _with_dout(rng, _layer(rng, **shape)), compare=(output,))
    for stride in STRIDES:
        yield Case("stride", _with_dout(rng, _layer(rng, n=2, c=3, f=5) | {"stride": stride}), compare=("dx", "dw"))
    for padding, stride in PADDINGS:
        yield Case("padding", _with_dout(rng, _layer(rng, n=2, c=3, f=5) | {"padding": padding, "stride": stride}), compare=("dx", "dw"))
    yield from contract_cases(lambda dtype: _with_dout(rng, _layer(rng, n=2, c=3, f=2, dtype=dtype)))
    yield Case("speed", _with_dout(rng, _big_layer(rng)), max_slowdown=MAX_SLOWDOWN)


def _wrong_dx(put_back):
    """Right dw and db; dx is what `put_back` makes of the right gradient of cols."""

    def wrong(dout, x, w, b, stride=1, padding=0):
        _, dw, db = _backward(dout, x, w, b, stride, padding)
        dcols = dout.transpose(0, 2, 3, 1).reshape(-1, len(w)) @ w.reshape(len(w), -1)
        return put_back(dcols, x.shape, w.shape[2:], stride, padding), dw, db

    return wrong


def _wrong_db(change):
    """Right dx and dw; db is what `change` makes of dout."""

    def wrong(dout, x, w, b, stride=1, padding=0):
        dx, dw, _ = _backward(dout, x, w, b, stride, padding)
        return dx, dw, change(dout)

    return wrong


def _filter_rotated(dout, x, w, b, stride=1, padding=0):
    _, dw, db = _backward(dout, x, w, b, stride, padding)
    return _backward(dout, x, w[:, :, ::-1, ::-1], b, stride, padding)[0], dw, db


def _averaged_over_batch(*names):
    def wrong(dout, x, w, b, stride=1, padding=0):
        found = dict(zip(("dx", "dw", "db"), _backward(dout, x, w, b, stride, padding)))
        return tuple(found[name] / len(x) if name in names else found[name] for name in found)

    return wrong


def _dw_reshaped(dout, x, w, b, stride=1, padding=0):
    dx, dw, db = _backward(dout, x, w, b, stride, padding)
    return dx, dw.reshape(len(w), -1).T.reshape(w.shape), db


def _not_transposed_backward(dout, x, w, b, stride=1, padding=0):
    n, f, oh, ow = dout.shape
    return _backward(dout.reshape(n, oh, ow, f).transpose(0, 3, 1, 2), x, w, b, stride, padding)


conv2d_backward = Exercise(
    id="fast_conv.conv2d_backward",
    title="The gradients of a convolution as matrix products",
    difficulty=4,
    minutes=30,
    aspects=(
        Aspect("input", 1, "dx, the gradient of the images"),
        Aspect("filters", 1, "dw, the gradient of the filters"),
        Aspect("bias", 1, "db, the gradient of the biases"),
        Aspect("stride", 1, "dx and dw with stride"),
        Aspect("padding", 1, "dx and dw with padding"),
        contract(),
        Aspect("speed", 2, f"at most {MAX_SLOWDOWN} times the CPU time of an im2col that loops over the filter alone, with two matrix products"),
    ),
    draw=_draw_backward,
    oracle=_backward,
    baseline=baseline.backward,
    returns=("dx", "dw", "db"),
    misconceptions=(
        Misconception(
            "not_transposed",
            "dout was reshaped straight to (N·OH·OW, F): right shape, scrambled numbers.",
            "dout is (N, F, OH, OW). First transpose it to (N, OH, OW, F), then reshape: its rows must match those of cols.",
            _not_transposed_backward,
            revisit="03, “One matrix product”",
        ),
        Misconception(
            "dx_overwritten",
            "In dx, where windows overlap, one gradient overwrites the others.",
            "A pixel that several windows saw receives the sum of their gradients: += instead of =.",
            _wrong_dx(partial(fold_overwritten, by_offset=True)),
            revisit="03, “im2col and back”",
        ),
        Misconception(
            "dx_overwritten_by_windows",
            "In dx, where windows overlap, the last window overwrites the others.",
            "A pixel that several windows saw receives the sum of their gradients: += instead of =.",
            _wrong_dx(fold_overwritten),
            revisit="03, “im2col and back”",
        ),
        Misconception(
            "padding_kept",
            "dx still has the padding around it.",
            "dx has the shape of x: cut out rows PH to PH + H and columns PW to PW + W.",
            _wrong_dx(fold_uncropped),
        ),
        Misconception(
            "cut_with_minus_zero",
            "With padding 0, dx is empty: dx[pad:-pad] is dx[0:0] then.",
            "Cut from PH to PH + H instead of counting from the end.",
            _wrong_dx(fold_cut_from_the_end),
        ),
        Misconception(
            "dx_stride_ignored",
            "In dx the stride is ignored: the windows are put back one pixel apart.",
            "Window (i, j) starts at row i·SH and column j·SW, on the way back as on the way there.",
            _wrong_dx(fold_at_stride_1),
        ),
        Misconception(
            "filter_rotated",
            "dx was computed with the rotated filter where the filter itself belongs (or the other way round).",
            "Through dcols = dout · w and col2im no rotation is needed. In a full convolution the filter is rotated once, no more.",
            _filter_rotated,
        ),
        Misconception(
            "averaged_over_batch",
            "dw and db are averaged over the images instead of summed.",
            "The loss has already been averaged where that was wanted; dout carries it. Here gradients only add up.",
            _averaged_over_batch("dw", "db"),
        ),
        Misconception(
            "dw_averaged_over_batch",
            "dw is averaged over the images instead of summed.",
            "The loss has already been averaged where that was wanted; dout carries it. Here gradients only add up.",
            _averaged_over_batch("dw"),
        ),
        Misconception(
            "db_averaged_over_batch",
            "db is averaged over the images instead of summed.",
            "The loss has already been averaged where that was wanted; dout carries it. Here gradients only add up.",
            _averaged_over_batch("db"),
        ),
        Misconception(
            "dw_reshaped",
            "The product for dw is (C·KH·KW, F), and was reshaped instead of transposed: numbers of different filters are mixed.",
            "dout.T @ cols has one filter a row, (F, C·KH·KW): that reshapes to w's shape.",
            _dw_reshaped,
        ),
        Misconception(
            "db_mean",
            "db is the mean of dout where its sum is asked.",
            "Each output number has the bias added once, so each passes its whole gradient on: sum over images, rows and columns.",
            _wrong_db(lambda dout: dout.mean(axis=(0, 2, 3))),
        ),
        Misconception(
            "db_over_images_only",
            "db is summed over the images only.",
            "One bias serves every pixel: sum over images, rows and columns. Its shape is (F,).",
            _wrong_db(lambda dout: dout.sum(axis=0)),
        ),
        float64_result(_backward),
    ),
    hints=(
        "Write the forward pass as out = cols @ w_matrix.T + b. That is a linear layer: you know its three gradients.",
        "Bring dout into rows that match cols: (N·OH·OW, F). Then dw comes from dout and cols, dcols from dout and the filters, db from dout alone. "
        "col2im takes dcols back to the image.",
        "db: the sum over the rows. dw: dout transposed times cols, reshaped like w. dcols: dout times the reshaped filters. "
        "dx: add dcols back, offset by offset, into zeros of the padded size; cut the padding off.",
    ),
)
