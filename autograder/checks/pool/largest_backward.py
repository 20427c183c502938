"""max_pool2d_backward: the gradient goes to the largest number of each window."""

from __future__ import annotations

import numpy as np

from autograder.checks.conv.common import swapped
from autograder.checks.pool.common import backward_by, images, slips_of_windows, window_by_window, with_dout
from autograder.draw import distinct, normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases, float64_result

backward = backward_by("max_pool2d")
LOW = -4.0  # almost all numbers negative: zeros as padding would win
FAR_BELOW = -1e6  # below any number that one would take for "small enough"


# --- Cases ------------------------------------------------------------------------------------------------------------


def _tied(rng, n, c, levels=3):
    """Images of few different numbers, so that most windows have several maxima."""
    h, w = distinct(rng, (7, 11, 13), (7, 11, 13))
    return {"x": rng.integers(-levels, 0, (n, c, h, w)).astype(np.float64)}


def _draw(rng):
    def case(aspect, inputs, **options):
        return Case(aspect, with_dout(rng, inputs | options))

    yield case("values", images(rng), kernel_size=2)
    yield case("values", images(rng, n=2, c=3), kernel_size=3)
    yield case("values", images(rng, n=2, c=3), kernel_size=distinct(rng, (2, 3, 5), (2, 3, 5)))
    yield case("ties", _tied(rng, 2, 3), kernel_size=2)
    yield case("ties", _tied(rng, 2, 3), kernel_size=(2, 3))
    yield case("overlap", images(rng, n=2, c=3), kernel_size=3, stride=1)
    yield case("overlap", images(rng, n=3, c=2), kernel_size=3, stride=2)
    yield case("stride", images(rng, n=2, c=3, sizes=(8, 11, 14)), kernel_size=2, stride=3)
    yield case("stride", images(rng, n=2, c=3), kernel_size=distinct(rng, (2, 3), (2, 3)), stride=distinct(rng, (1, 2, 3), (1, 2, 3)))
    yield case("stride", images(rng, n=2, c=2), kernel_size=(3, 2), stride=(2, 4))
    # One window across, several down: strides of height and width that were swapped stay within the image.
    yield case("stride", {"x": normal(rng, 2, 3, int(rng.choice((11, 13))), 4)}, kernel_size=(2, 3), stride=(3, 2))
    yield case("padding", images(rng, n=2, c=3, shift=LOW), kernel_size=3, stride=2, padding=1)
    yield case("padding", images(rng, n=2, c=3, shift=LOW), kernel_size=(2, 3), stride=(1, 2), padding=(0, 1))
    yield case("padding", images(rng, n=3, c=2, shift=LOW), kernel_size=(5, 4), padding=(2, 1))
    yield case("padding", images(rng, n=2, c=3, shift=FAR_BELOW), kernel_size=3, stride=2, padding=1)
    # After a ReLU most numbers are 0, the smallest: where the padding is as large, it comes first.
    yield case("padding", {"x": np.maximum(images(rng, n=2, c=2, shift=-1.0)["x"], 0)}, kernel_size=3, stride=2, padding=1)
    yield from contract_cases(lambda dtype: with_dout(rng, images(rng, n=2, c=3, dtype=dtype) | {"kernel_size": 3, "stride": 2, "padding": 1}))


# --- Wrong ways -------------------------------------------------------------------------------------------------------


def _first(window, kernel):
    """Row and column of the first maximum of each window (N, C, h, w), row by row."""
    return np.divmod(window.reshape(*window.shape[:2], -1).argmax(axis=2), window.shape[3])


def _last(window, kernel):
    width = window.shape[3]
    return np.divmod(window.shape[2] * width - 1 - window[..., ::-1, ::-1].reshape(*window.shape[:2], -1).argmax(axis=2), width)


def _by_height(window, kernel):
    """The place within the window divided by its height, where its width belongs."""
    return np.divmod(window.reshape(*window.shape[:2], -1).argmax(axis=2), kernel[0])


def _columns_first(window, kernel):
    """The first maximum column by column."""
    v, u = _first(window.swapaxes(2, 3), kernel)
    return u, v


def _wrong(*, place=_first, add=True, value=-np.inf, **how):
    """A backward pass, window by window; every argument is a way to get it wrong. how: as for `window_by_window`."""

    def put(dx, x, window, given, kernel):
        n, c = np.arange(len(x))[:, None], np.arange(x.shape[1])
        u, v = place(x[window], kernel)
        at = (n, c, window[1].start + u, window[2].start + v)
        dx[at] = given + (dx[at] if add else 0)

    return window_by_window(put, value=value, **how)


def _shared_out(share, add=True):
    """share(window (N, C, h, w)) says which part of a window's gradient each of its numbers gets."""

    def put(dx, x, window, given, kernel):
        dx[window] = share(x[window]) * given[..., None, None] + (dx[window] if add else 0)

    return window_by_window(put, value=-np.inf)


def _every_maximum(window):
    return (window == window.max(axis=(2, 3), keepdims=True)).astype(np.float64)


def _split(window):
    tied = _every_maximum(window)
    return tied / tied.sum(axis=(2, 3), keepdims=True)


def _only_first(window):
    """1 at the first maximum, 0 elsewhere."""
    flat = window.reshape(*window.shape[:2], -1)
    chosen = np.arange(flat.shape[2]) == flat.argmax(axis=2)[..., None]
    return chosen.reshape(window.shape).astype(np.float64)


def _evenly(window):
    return np.full(window.shape, 1 / (window.shape[2] * window.shape[3]))


max_pool2d_backward = Exercise(
    id="pool.max_pool2d_backward",
    title="The gradient of max pooling",
    difficulty=4,
    minutes=35,
    aspects=(
        Aspect("values", 4, "windows side by side, also with unequal height and width"),
        Aspect("ties", 3, "of several equal maxima the first one, row by row"),
        Aspect("overlap", 4, "windows that overlap: gradients add up"),
        Aspect("stride", 3, "strides that leave gaps or differ for height and width"),
        Aspect("padding", 3, "padding that never wins and is cut off again"),
        contract(),
    ),
    draw=_draw,
    oracle=backward,
    returns=("dx",),
    misconceptions=(
        Misconception(
            "overwritten",
            "A number that is the largest of several windows keeps the gradient of the last one only.",
            "Each of these windows passes its gradient on: add with +=, starting from zeros.",
            _wrong(add=False),
        ),
        Misconception(
            "windows_overwritten",
            "Each window overwrites what overlapping windows had put there, with zeros where its maximum is not.",
            "Add a window's gradient to what is there already: += instead of =.",
            _shared_out(_only_first, add=False),
        ),
        Misconception(
            "every_maximum",
            "Where several numbers of a window are equally large, each of them gets the whole gradient.",
            "One window passes its gradient on once: to the first of its maxima, row by row. A mask x == max finds all of them.",
            _shared_out(_every_maximum),
        ),
        Misconception(
            "split_among_ties",
            "Where several numbers of a window are equally large, they share the gradient.",
            "That would be fair; PyTorch and this course choose the first of them, row by row.",
            _shared_out(_split),
        ),
        Misconception(
            "last_maximum",
            "Of several equal maxima the last one gets the gradient.",
            "The first one is asked, row by row. A loop that compares with >= moves on at a tie, one with > stays.",
            _wrong(place=_last),
        ),
        Misconception(
            "columns_first",
            "Of several equal maxima the first one column by column gets the gradient.",
            "Go through a window row by row, as ravel does.",
            _wrong(place=_columns_first),
        ),
        Misconception(
            "index_by_height",
            "The place of the maximum within its window was divided by the window's height.",
            "Row by row, place k lies in row k // KW and column k % KW: it is the width that tells where a row ends.",
            _wrong(place=_by_height),
        ),
        Misconception(
            "stride_swapped",
            "The strides of height and width are mixed up.",
            "A pair is (height, width): the first number moves the window down, the second to the right.",
            _wrong(step=lambda kernel_size, stride: swapped(kernel_size if stride is None else stride)),
        ),
        Misconception(
            "padded_with_zeros",
            "The image was padded with zeros: where they win, a gradient is lost in the padding.",
            "Pad with what can never win: minus infinity, on the way back as on the way there.",
            _wrong(value=0.0),
        ),
        Misconception(
            "padded_with_a_number",
            "The padding is a number, not minus infinity: where a window holds smaller ones, their gradient is lost in the padding.",
            "No number is small enough for every image: pad with -np.inf, on the way back as on the way there.",
            _wrong(value=-1000.0),
        ),
        Misconception(
            "padded_with_the_smallest",
            "The padding is the smallest number of x: in a window that holds nothing larger, the padding comes first and takes the gradient.",
            "After a ReLU whole windows are 0, their smallest and their largest number: pad with -np.inf, which never ties.",
            lambda dout, x, *options, **more: _wrong(value=x.min())(dout, x, *options, **more),
        ),
        Misconception(
            "shared_by_all",
            "The gradient is shared by all numbers of a window, as average pooling does.",
            "Only the largest number moves the output: it gets the whole gradient, the others nothing.",
            _shared_out(_evenly),
        ),
        *slips_of_windows(_wrong),
        float64_result(backward),
    ),
    hints=(
        "Turn one number of a window a little: when does its maximum change, and by how much? That is the gradient.",
        "Go through the windows as the forward pass does. In each, find where the maximum lies (np.argmax of the flattened window gives "
        "the first), turn that into a row and a column, and add the window's number of dout there.",
        "Pad x with minus infinity and make dx of zeros with that size. For every (i, j): flatten the window of each image and channel, "
        "take the place of its maximum, divide by KW for its row and column, add dout[:, :, i, j] at (i·SH + row, j·SW + column). "
        "Cut the padding off at the end.",
    ),
)
