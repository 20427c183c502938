"""Checks of conv_output_size, fits and same_padding: one axis, whole numbers.

The oracles count places one by one instead of using a formula.
"""

from __future__ import annotations

import math

from autograder.draw import telling_apart
from autograder.exercise import Aspect, Case, Exercise, Misconception


def _places(n, kernel_size, stride=1, padding=0, dilation=1):
    """All places that the filter takes on an axis of n elements with `padding` zeros on each side."""
    span = len(range(0, kernel_size * dilation, dilation)) * dilation - dilation + 1
    return [start for start in range(0, n + 2 * padding, stride) if start + span <= n + 2 * padding]


def _number(rng, *candidates):
    return int(rng.choice(candidates))


# --- conv_output_size -------------------------------------------------------------------------------------------------


def _output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    if padding == "same":
        return len(range(0, n, stride))
    return len(_places(n, kernel_size, stride, 0 if padding == "valid" else padding, dilation))


def _by_formula(numerator, divide=lambda a, b: a // b):
    """The formula with another numerator or another division; "same" and "valid" as they should be."""

    def size(n, kernel_size, stride=1, padding=0, dilation=1):
        if padding == "same":
            return -(-n // stride)
        return divide(numerator(n, kernel_size, 0 if padding == "valid" else padding, dilation), stride) + 1

    return size


def _draw_output_size(rng):
    for _ in range(2):
        yield Case("plain", {"n": _number(rng, 11, 13, 32), "kernel_size": _number(rng, 2, 3, 5, 7)})
    yield Case("stride", {"n": 7, "kernel_size": 3, "stride": 3})
    for _ in range(3):
        yield Case("stride", {"n": _number(rng, 17, 23, 31, 224), "kernel_size": _number(rng, 2, 3, 5), "stride": _number(rng, 2, 3, 4)})
    for padding in (1, 2, 3):
        yield Case("padding", {"n": _number(rng, 11, 17, 23), "kernel_size": _number(rng, 3, 5, 7), "padding": padding})
    yield Case("padding", {"n": _number(rng, 17, 23), "kernel_size": 3, "stride": 2, "padding": 1})
    for stride, dilation in ((1, 2), (2, 3), (3, 2)):
        inputs = {"n": _number(rng, 19, 23, 31), "kernel_size": _number(rng, 2, 3, 5), "stride": stride}
        yield Case("dilation", inputs | {"padding": _number(rng, 0, 1, 2), "dilation": dilation})
    for stride in (1, 2, 3):
        yield Case("named", {"n": _number(rng, 11, 13, 17), "kernel_size": _number(rng, 3, 5), "stride": stride, "padding": "same"})
    yield Case("named", {"n": _number(rng, 12, 16), "kernel_size": _number(rng, 2, 4), "padding": "same"})  # half the filter is not enough here
    yield Case("named", {"n": _number(rng, 12, 16), "kernel_size": 3, "padding": "same", "dilation": _number(rng, 2, 3)})
    yield Case("named", {"n": _number(rng, 12, 14), "kernel_size": 4, "stride": 3, "padding": "valid"})


def _half_the_filter_around(n, kernel_size, stride=1, padding=0, dilation=1):
    return _output_size(n, kernel_size, stride, (kernel_size - 1) // 2 if padding == "same" else padding, dilation)


OUTPUT_SIZE_SLIPS = (
    Misconception(
        "plus_one_forgotten",
        "The result is one too small: the first place was not counted.",
        "The filter takes one place before its first step: add 1 to the number of steps.",
        lambda n, kernel_size, stride=1, padding=0, dilation=1: _output_size(n, kernel_size, stride, padding, dilation) - (padding != "same"),
    ),
    Misconception(
        "true_division",
        "The number of places is not a whole number.",
        "A step that would leave the input is not taken: round down with //, which also keeps an int an int.",
        _by_formula(lambda n, k, p, d: n + 2 * p - d * (k - 1) - 1, lambda a, b: a / b),
    ),
    Misconception(
        "rounded_up",
        "The number of steps was rounded up.",
        "A step that would leave the input is not taken: round down.",
        _by_formula(lambda n, k, p, d: n + 2 * p - d * (k - 1) - 1, lambda a, b: -(-a // b)),
    ),
    Misconception(
        "stride_ignored",
        "The stride is ignored.",
        "With stride 2 the filter takes every second place only: divide the way it can move by the stride.",
        lambda n, kernel_size, stride=1, padding=0, dilation=1: _output_size(n, kernel_size, 1, padding, dilation),
    ),
    Misconception(
        "kernel_ignored",
        "The size of the filter is ignored: the input was only divided by the stride.",
        "The whole filter must fit: take its span off before you divide.",
        lambda n, kernel_size, stride=1, padding=0, dilation=1: -(-n // stride) if padding == "same" else n // stride,
    ),
    Misconception(
        "padding_once",
        "The padding was counted once.",
        "It is added on both sides: n + 2*padding elements.",
        _by_formula(lambda n, k, p, d: n + p - d * (k - 1) - 1),
    ),
    Misconception(
        "padding_ignored",
        "The padding is ignored.",
        "The filter also moves over the zeros: n + 2*padding elements.",
        _by_formula(lambda n, k, p, d: n - d * (k - 1) - 1),
    ),
    Misconception(
        "dilation_ignored",
        "The dilation is ignored.",
        "A dilated filter spans more elements than it has: dilation*(kernel_size - 1) + 1.",
        _by_formula(lambda n, k, p, d: n + 2 * p - k),
    ),
    Misconception(
        "dilation_times_size",
        "A dilated filter was taken to span dilation*kernel_size elements.",
        "There are gaps between its elements only, not after the last: it spans dilation*(kernel_size - 1) + 1.",
        _by_formula(lambda n, k, p, d: n + 2 * p - d * k),
    ),
    Misconception(
        "same_keeps_the_size",
        "With \"same\" padding the stride is ignored: the output was taken to be as large as the input.",
        "The name promises that at stride 1 only; in general the output has ceil(n / stride) places.",
        lambda n, kernel_size, stride=1, padding=0, dilation=1: n if padding == "same" else _output_size(n, kernel_size, stride, padding, dilation),
    ),
    Misconception(
        "same_is_half_the_filter",
        "\"Same\" was taken to mean half the filter's size on each side.",
        "That keeps the size for odd filters without dilation only. What \"same\" promises is the result: ceil(n / stride) places.",
        _half_the_filter_around,
    ),
    Misconception(
        "nearest",
        "The number of steps was rounded to the nearest whole number.",
        "A step that would leave the input is not taken, however little is missing: round down.",
        _by_formula(lambda n, k, p, d: n + 2 * p - d * (k - 1) - 1, lambda a, b: round(a / b)),
    ),
)

conv_output_size = Exercise(
    id="shapes.conv_output_size",
    title="How many places a filter takes",
    difficulty=1,
    minutes=10,
    aspects=(
        Aspect("plain", 1, "stride 1, no padding"),
        Aspect("stride", 2, "a stride, also one that does not divide"),
        Aspect("padding", 1, "padding on both sides"),
        Aspect("dilation", 1, "a dilated filter"),
        Aspect("named", 1, '"same" and "valid"'),
    ),
    draw=telling_apart(_draw_output_size, _output_size, OUTPUT_SIZE_SLIPS),
    oracle=_output_size,
    misconceptions=OUTPUT_SIZE_SLIPS,
    hints=(
        "Draw seven boxes and a filter of three. How far can it move from its first place to its last one?",
        "Places = steps + 1. The steps follow from the way that the filter can move (what is left of the padded input "
        "beside it) and the stride, rounded down.",
        "Deal with \"same\" (n over stride, rounded up) and \"valid\" (padding 0) first. Then: span of the filter with "
        "its gaps, room = n + 2*padding - span, "
        "room // stride steps, plus 1.",
    ),
)


# --- fits -------------------------------------------------------------------------------------------------------------


def _fits(n, kernel_size, stride=1, padding=0):
    places = _places(n, kernel_size, stride, padding)
    return bool(places) and places[-1] + kernel_size == n + 2 * padding


def _draw_fits(rng):
    yield Case("plain", {"n": 7, "kernel_size": 3, "stride": 3})
    yield Case("plain", {"n": 7, "kernel_size": 3, "stride": 2})
    yield Case("plain", {"n": 3, "kernel_size": 5})
    yield Case("plain", {"n": 3, "kernel_size": 5, "stride": 2})
    n = _number(rng, 3, 4, 5)
    yield Case("plain", {"n": n, "kernel_size": n, "stride": _number(rng, 1, 2)})  # one place, and no way to move
    for _ in range(8):
        yield Case("plain", {"n": _number(rng, 9, 10, 11, 12, 13), "kernel_size": _number(rng, 2, 3, 4, 5), "stride": _number(rng, 2, 3, 4)})
    yield Case("padding", {"n": n, "kernel_size": n + 2, "stride": _number(rng, 1, 2), "padding": 1})
    for _ in range(8):
        inputs = {"n": _number(rng, 7, 8, 9, 10, 11), "kernel_size": _number(rng, 2, 3, 4, 5), "stride": _number(rng, 2, 3, 4)}
        yield Case("padding", inputs | {"padding": _number(rng, 1, 2, 3)})


FITS_SLIPS = (
    Misconception(
        "kernel_forgotten",
        "It was only asked whether the stride divides the input.",
        "The filter itself takes room: what must be a multiple of the stride is the way that it moves, from its first place to its last.",
        lambda n, kernel_size, stride=1, padding=0: n + 2 * padding >= kernel_size and (n + 2 * padding) % stride == 0,
    ),
    Misconception(
        "upside_down",
        "True and False are exchanged.",
        "It fits when the remainder is 0.",
        lambda n, kernel_size, stride=1, padding=0: not _fits(n, kernel_size, stride, padding),
    ),
    Misconception(
        "padding_once",
        "The padding was counted once.",
        "It is added on both sides: n + 2*padding elements.",
        lambda n, kernel_size, stride=1, padding=0: n + padding >= kernel_size and (n + padding - kernel_size) % stride == 0,
    ),
    Misconception(
        "padding_ignored",
        "The padding is ignored.",
        "The filter also moves over the zeros: n + 2*padding elements.",
        lambda n, kernel_size, stride=1, padding=0: _fits(n, kernel_size, stride),
    ),
    Misconception(
        "longer_than_the_input",
        "A filter that is longer than the input was said to fit.",
        "The remainder alone does not tell: the room for the filter's way must not be negative.",
        lambda n, kernel_size, stride=1, padding=0: (n + 2 * padding - kernel_size) % stride == 0,
    ),
    Misconception(
        "exact_size_refused",
        "A filter just as long as the input was said not to fit.",
        "It has one place and covers everything: room for no step at all is enough, so 0 counts.",
        lambda n, kernel_size, stride=1, padding=0: n + 2 * padding > kernel_size and (n + 2 * padding - kernel_size) % stride == 0,
    ),
)


def _draw_fits_both_ways(rng):
    """Neither "always" nor "never" may earn an aspect; padding decides some cases."""
    while True:
        cases = list(_draw_fits(rng))
        if all({_fits(**case.inputs) for case in cases if case.aspect == aspect} == {True, False} for aspect in ("plain", "padding")):
            return cases


fits = Exercise(
    id="shapes.fits",
    title="Whether a filter lands exactly",
    difficulty=1,
    minutes=5,
    aspects=(
        Aspect("plain", 1, "without padding"),
        Aspect("padding", 1, "with padding"),
    ),
    draw=telling_apart(_draw_fits_both_ways, _fits, FITS_SLIPS),
    oracle=_fits,
    misconceptions=FITS_SLIPS,
    hints=(
        "Seven boxes, a filter of three, stride three: where does the second place end, and what is left?",
        "Look at the way that the filter moves between its first and its last possible place.",
        "The room beside the filter, n + 2*padding - kernel_size, must not be negative, and must be a multiple of the stride.",
    ),
)


# --- same_padding -----------------------------------------------------------------------------------------------------


def _same(n, kernel_size, stride=1, dilation=1):
    """The fewest zeros that give the asked number of places, found by trying 0, 1, 2 … of them."""
    places = math.ceil(n / stride)
    total = next(total for total in range(n + kernel_size * dilation) if len(_places(n + total, kernel_size, stride, 0, dilation)) >= places)
    return _shared(total)


def _shared(total):
    return total // 2, (total + 1) // 2


def _draw_same(rng):
    for kernel_size in (3, _number(rng, 5, 7), 4, 1):
        yield Case("plain", {"n": _number(rng, 11, 13, 16), "kernel_size": kernel_size})
    for n, kernel_size, stride in ((7, 3, 2), (8, 3, 2), (7, 4, 3), (9, 2, 3)):
        yield Case("stride", {"n": n, "kernel_size": kernel_size, "stride": stride})
    for _ in range(2):
        yield Case("stride", {"n": _number(rng, 15, 16, 17), "kernel_size": _number(rng, 5, 6, 7), "stride": _number(rng, 2, 3)})
    for stride in (1, 2):
        inputs = {"n": _number(rng, 15, 16, 17), "kernel_size": _number(rng, 2, 3, 4), "stride": stride, "dilation": _number(rng, 2, 3)}
        yield Case("dilation", inputs)


SAME_SLIPS = (
    Misconception(
        "odd_one_first",
        "When the total is odd, the extra zero stands at the start.",
        "Ours goes to the end: before = total // 2, after = what is left.",
        lambda n, kernel_size, stride=1, dilation=1: _same(n, kernel_size, stride, dilation)[::-1],
    ),
    Misconception(
        "odd_one_lost",
        "When the total is odd, one zero is lost: both sides got the smaller half.",
        "Give the second side what the first one leaves: after = total - before.",
        lambda n, kernel_size, stride=1, dilation=1: (sum(_same(n, kernel_size, stride, dilation)) // 2,) * 2,
    ),
    Misconception(
        "half_the_kernel",
        "Half the filter's size was added on both sides.",
        "That is right for odd filters at stride 1 only: work out the total for any filter and stride first, then share it.",
        lambda n, kernel_size, stride=1, dilation=1: (kernel_size // 2, kernel_size // 2),
    ),
    Misconception(
        "stride_ignored",
        "The stride is ignored.",
        "With a stride fewer zeros do: the last place starts at (ceil(n / stride) - 1)*stride.",
        lambda n, kernel_size, stride=1, dilation=1: _same(n, kernel_size, 1, dilation),
    ),
    Misconception(
        "keeps_the_size",
        "The zeros make the output as large as the input although there is a stride.",
        "Only ceil(n / stride) places are asked for.",
        lambda n, kernel_size, stride=1, dilation=1: _shared(max((n - 1) * stride + dilation * (kernel_size - 1) + 1 - n, 0)),
    ),
    Misconception(
        "negative",
        "Where the stride is larger than the filter, the padding is negative.",
        "There is nothing to add then: max(total, 0).",
        lambda n, kernel_size, stride=1, dilation=1: _shared((-(-n // stride) - 1) * stride + dilation * (kernel_size - 1) + 1 - n),
    ),
    Misconception(
        "rounded_down",
        "The number of places was rounded down.",
        "\"Same\" rounds up: ceil(n / stride), in whole numbers -(-n // stride).",
        lambda n, kernel_size, stride=1, dilation=1: _shared(max((n // stride - 1) * stride + dilation * (kernel_size - 1) + 1 - n, 0)),
    ),
    Misconception(
        "dilation_ignored",
        "The dilation is ignored.",
        "A dilated filter spans dilation*(kernel_size - 1) + 1 elements.",
        lambda n, kernel_size, stride=1, dilation=1: _same(n, kernel_size, stride),
    ),
)

same_padding = Exercise(
    id="shapes.same_padding",
    title="Padding that keeps the size",
    difficulty=2,
    minutes=12,
    aspects=(
        Aspect("plain", 2, "stride 1: odd and even filters"),
        Aspect("stride", 2, "with a stride, also one larger than the filter"),
        Aspect("dilation", 1, "a dilated filter"),
    ),
    draw=telling_apart(_draw_same, _same, SAME_SLIPS),
    oracle=_same,
    misconceptions=SAME_SLIPS,
    returns=("before", "after"),
    hints=(
        "Where does the last of the ceil(n / stride) places start, and where does it end?",
        "The end of the last place, minus n, is what is missing: that many zeros in total, but never fewer than none.",
        "places = n over stride, rounded up; span = what the filter covers, gaps included; total = (places - 1)*stride + span - n, at least 0; "
        "half of it (rounded down) before, the rest after.",
    ),
)
