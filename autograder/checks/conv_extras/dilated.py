"""Checks of dilated_conv2d."""

from __future__ import annotations

import numpy as np

from autograder.checks.conv.common import swapped
from autograder.checks.conv_extras.common import LAYER_ASPECTS, biased, convolved, expected, shared
from autograder.draw import distinct, normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases, float64_result
from autograder.oracles import pair

REVISIT = "12, “Gaps”"


def _reach(kernel, dilation):
    return tuple(d * (k - 1) + 1 for k, d in zip(kernel, pair(dilation)))


def _forward(x, w, b, dilation, stride=1, padding=0):
    return convolved(x, w, b, stride, padding, dilation)


# --- Cases ------------------------------------------------------------------------------------------------------------


def _layer(rng, dilation, c=2, f=3, n=1, dtype=np.float64, sizes=(13, 14, 15)):
    """No bias."""
    h, w, kh, kw = distinct(rng, sizes, sizes, (2, 3, 4), (2, 3, 4))
    inputs = {"x": normal(rng, n, c, h, w, dtype=dtype), "w": normal(rng, f, c, kh, kw, dtype=dtype), "b": np.zeros(f, dtype)}
    return inputs | {"dilation": dilation}


def _refused(rng, size, kernel, dilation, **options):
    inputs = {"x": normal(rng, 1, 2, *size), "w": normal(rng, 3, 2, *kernel), "b": np.zeros(3), "dilation": dilation}
    return inputs | options | {"refuses": True}


def _draw(rng):
    yield Case("one", _layer(rng, 1))
    yield Case("one", _layer(rng, 1, c=3, f=2, n=2))
    yield Case("gaps", _layer(rng, 2, c=1, f=1))
    yield Case("gaps", _layer(rng, 2, c=3, f=2, n=2))
    yield Case("gaps", _layer(rng, 3))
    yield Case("pair", _layer(rng, (2, 3)))
    yield Case("pair", _layer(rng, (3, 1)))
    yield Case("bias", biased(rng, _layer(rng, 2, f=5)))
    for stride, dilation in ((2, 3), ((1, 3), 2), ((3, 2), 2)):
        yield Case("stride", _layer(rng, dilation) | {"stride": stride})
    for padding, stride in ((1, 1), ((2, 1), 1), ((0, 2), (2, 1))):
        yield Case("padding", _layer(rng, 2) | {"padding": padding, "stride": stride})
    yield Case("refuses", _refused(rng, (8, 11), (3, 2), 4))  # reaches over 9 rows: one too many
    yield Case("refuses", _refused(rng, (11, 4), (2, 3), (1, 4), padding=(0, 2)))  # 9 columns of 8
    yield Case("refuses", _refused(rng, (7, 9), (4, 2), 3, stride=3))  # 10 rows of 7: rounded towards 0, there would be none
    yield Case("refuses", {"x": normal(rng, 1, 2, 4, 3), "w": normal(rng, 5, 2, 4, 2), "b": np.zeros(5), "dilation": 1})  # fits, just
    yield Case("refuses", {"x": normal(rng, 1, 2, 3, 5), "w": normal(rng, 5, 2, 4, 2), "b": np.zeros(5), "dilation": 1, "padding": 1})  # thanks to it
    yield from contract_cases(lambda dtype: biased(rng, _layer(rng, (2, 3), n=2, dtype=dtype)) | {"padding": 1})


# --- Wrong ways -------------------------------------------------------------------------------------------------------


def _with(dilation_of):
    return lambda x, w, b, dilation, stride=1, padding=0: _forward(x, w, b, dilation_of(pair(dilation)), stride, padding)


def _padding_dilated(x, w, b, dilation, stride=1, padding=0):
    return _forward(x, w, b, dilation, stride, tuple(d * p for d, p in zip(pair(dilation), pair(padding))))


def _image_spread(x, w, b, dilation, stride=1, padding=0):
    dh, dw = pair(dilation)
    n, c, height, width = x.shape
    spread = np.zeros((n, c, (height - 1) * dh + 1, (width - 1) * dw + 1))
    spread[:, :, ::dh, ::dw] = x
    return convolved(spread, w, b, stride, padding)


def _image_thinned(x, w, b, dilation, stride=1, padding=0):
    (dh, dw), (ph, pw) = pair(dilation), pair(padding)
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    return convolved(padded[:, :, ::dh, ::dw], w, b, stride)


def _filter_stretched(x, w, b, dilation, stride=1, padding=0):
    """Every weight repeated where there should be gaps."""
    dh, dw = pair(dilation)
    rh, rw = _reach(w.shape[2:], dilation)
    return convolved(x, w.repeat(dh, 2).repeat(dw, 3)[:, :, :rh, :rw], b, stride, padding)


def _zeros_after_the_last(x, w, b, dilation, stride=1, padding=0):
    dh, dw = pair(dilation)
    spread = np.zeros((*w.shape[:2], w.shape[2] * dh, w.shape[3] * dw))
    spread[:, :, ::dh, ::dw] = w
    return convolved(x, spread, b, stride, padding)


def _undilated_size(x, w, b, dilation, stride=1, padding=0):
    """So many outputs as without dilation: the last ones look at zeros beyond the image."""
    (ph, pw), more = pair(padding), (r - k for r, k in zip(_reach(w.shape[2:], dilation), w.shape[2:]))
    _forward(x, w, b, dilation, stride, padding)
    return convolved(np.pad(x, ((0, 0), (0, 0), *((p, p + m) for p, m in zip((ph, pw), more)))), w, b, stride, dilation=dilation)


def _last_outputs_zero(x, w, b, dilation, stride=1, padding=0):
    """So many outputs as without dilation: the last ones are left at 0."""
    right, large = _forward(x, w, b, dilation, stride, padding), convolved(x, w, b, stride, padding)
    out = np.zeros(large.shape)
    out[:, :, : right.shape[2], : right.shape[3]] = right
    return out


def _does_not_fit(error):
    def forward(x, w, b, dilation, stride=1, padding=0):
        if pair(dilation) != (1, 1):
            raise error("the window is not of the filter's shape")
        return convolved(x, w, b, stride, padding)

    return forward


def _refuses_more(too_small):
    """Also refuses where too_small(n, padding, reach) says so."""

    def forward(x, w, b, dilation, stride=1, padding=0):
        if any(map(too_small, x.shape[2:], pair(padding), _reach(w.shape[2:], dilation))):
            raise ValueError("does not fit")
        return _forward(x, w, b, dilation, stride, padding)

    return forward


def _empty_accepted(x, w, b, dilation, stride=1, padding=0):
    sizes = zip(x.shape[2:], pair(padding), _reach(w.shape[2:], dilation), pair(stride))
    places = [(n + 2 * p - r) // s + 1 for n, p, r, s in sizes]
    if min(places) < 0:
        raise ValueError("negative dimensions are not allowed")
    return _forward(x, w, b, dilation, stride, padding) if min(places) else np.zeros((len(x), len(w), *places))


SHAPES = (
    "With a dilation, shapes do not fit: somewhere KH and KW stand where the filter's reach belongs.",
    "The filter covers dilation·(k - 1) + 1 pixels, gaps included: that many the window spans, and that many count in OH and OW.",
)

dilated_conv2d = Exercise(
    id="conv_extras.dilated_conv2d",
    title="Convolution with gaps",
    difficulty=2,
    minutes=20,
    aspects=(
        Aspect("one", 1, "dilation=1: no gaps"),
        Aspect("gaps", 3, "the same dilation for height and width"),
        Aspect("pair", 1, "unequal dilations"),
        *LAYER_ASPECTS,
        Aspect("refuses", 1, "a ValueError where the filter reaches over more than the padded image"),
        contract(),
    ),
    draw=_draw,
    oracle=expected(_forward),
    probe="refusing",
    misconceptions=(
        Misconception(
            "dilation_ignored",
            "The dilation is ignored: the filter has no gaps.",
            "Weight (u, v) meets the pixel u·dilation_h rows and v·dilation_w columns after the window's first.",
            _with(lambda dilation: (1, 1)),
        ),
        Misconception(
            "one_gap_too_many",
            "There are `dilation` pixels between two weights' pixels, one too many.",
            "Neighbouring weights meet pixels that lie `dilation` apart: there are dilation - 1 between them, none at dilation 1.",
            _with(lambda dilation: tuple(d + 1 for d in dilation)),
            revisit=REVISIT,
        ),
        Misconception(
            "one_gap_too_few",
            "Neighbouring weights meet pixels that lie dilation - 1 apart.",
            "They lie `dilation` apart: there are dilation - 1 pixels between them.",
            _with(lambda dilation: tuple(max(d - 1, 1) for d in dilation)),
            revisit=REVISIT,
        ),
        Misconception(
            "image_spread",
            "The image was dilated, not the filter: there are zeros between the pixels.",
            "The filter gets the gaps; all pixels stay where they are.",
            _image_spread,
            revisit=REVISIT,
        ),
        Misconception(
            "image_thinned",
            "Only every `dilation`-th row and column of the image is ever looked at: windows start stride·dilation apart.",
            "The gaps are in the filter. It still moves by the stride alone: windows start anywhere, and every pixel is met by some.",
            _image_thinned,
            revisit=REVISIT,
        ),
        Misconception(
            "filter_stretched",
            "The weights were repeated where the filter should have gaps.",
            "A weight meets one pixel in each window; the pixels in the gaps do not count.",
            _filter_stretched,
        ),
        Misconception(
            "zeros_after_the_last",
            "The filter has gaps after its last row and column, too: the output is too small.",
            "Gaps are between weights only: the filter reaches over dilation·(k - 1) + 1 pixels, not over dilation·k.",
            _zeros_after_the_last,
            revisit=REVISIT,
        ),
        Misconception(
            "undilated_size",
            "The output is as large as without dilation: its last rows and columns look beyond the image.",
            "OH and OW count where the whole filter fits, gaps included: its reach is dilation·(k - 1) + 1.",
            _undilated_size,
            revisit=REVISIT,
        ),
        Misconception(
            "last_outputs_zero",
            "The output is as large as without dilation: its last rows and columns are 0.",
            "OH and OW count where the whole filter fits, gaps included: its reach is dilation·(k - 1) + 1.",
            _last_outputs_zero,
            revisit=REVISIT,
        ),
        Misconception("reach_forgotten", *SHAPES, _does_not_fit(ValueError), revisit=REVISIT),
        Misconception("reach_forgotten_by_index", *SHAPES, _does_not_fit(IndexError), revisit=REVISIT),
        Misconception(
            "dilation_swapped",
            "The dilations of height and width are mixed up.",
            "A pair is (height, width): the first number spreads the filter's rows, the second its columns.",
            _with(swapped),
        ),
        Misconception(
            "dilation_of_height_for_both",
            "The dilation of the height is used for the width, too.",
            "A pair is (height, width): the first number spreads the filter's rows, the second its columns.",
            _with(lambda dilation: dilation[:1] * 2),
        ),
        Misconception(
            "dilation_of_width_for_both",
            "The dilation of the width is used for the height, too.",
            "A pair is (height, width): the first number spreads the filter's rows, the second its columns.",
            _with(lambda dilation: dilation[1:] * 2),
        ),
        Misconception(
            "padding_dilated",
            "The padding grew with the dilation: there are dilation·padding zeros on each side.",
            "Only the filter has gaps: `padding` is a number of zeros, whatever the dilation.",
            _padding_dilated,
        ),
        *shared(_forward),
        Misconception(
            "empty_accepted",
            "Where the filter's reach is larger than the padded image, an empty array comes back.",
            "Compare the reach with the padded image first, and raise ValueError.",
            _empty_accepted,
        ),
        Misconception(
            "exact_fit_refused",
            "A filter that reaches over exactly the whole padded image is refused.",
            "It has one place there: refuse only where the reach is larger than the padded image.",
            _refuses_more(lambda n, p, reach: reach >= n + 2 * p),
        ),
        Misconception(
            "refused_without_padding",
            "A filter is refused that fits into the image with its padding.",
            "Compare the reach with the padded image: H + 2·padding_h rows, W + 2·padding_w columns.",
            _refuses_more(lambda n, p, reach: reach > n),
        ),
        float64_result(_forward),
    ),
    hints=(
        "In one dimension: a filter a b c with dilation 2 on the pixels 0 1 2 3 4 5. Which pixels do a, b and c meet first? And then?",
        "Only two things change in your convolution of 02: how far a window reaches, and that of its pixels only every `dilation`-th is taken. "
        "A slice's third number does that.",
        "RH = DH·(KH - 1) + 1, RW likewise; refuse if they do not fit. OH and OW as ever, with RH and RW for KH and KW. The window of (i, j) spans "
        "RH×RW pixels from (i·SH, j·SW); take every DH-th row and DW-th column of it: (N, C, KH, KW). Multiply, sum, add b.",
    ),
)
