"""Checks of grouped_conv2d."""

from __future__ import annotations

import numpy as np

from autograder.checks.conv_extras.common import LAYER_ASPECTS, biased, convolved, expected, shared
from autograder.draw import distinct, normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases, float64_result

REVISIT = "12, “Channels in groups”"


def _forward(x, w, b, groups, stride=1, padding=0):
    if x.shape[1] % groups or len(w) % groups:
        raise ValueError(f"{x.shape[1]} channels and {len(w)} filters cannot be divided into {groups} groups")
    return convolved(x, w, b, stride, padding, groups=groups)


# --- Cases ------------------------------------------------------------------------------------------------------------


def _layer(rng, groups, channels, filters, n=1, dtype=np.float64, sizes=(7, 8, 9)):
    """`channels` and `filters` are those of one group. No bias."""
    h, w, kh, kw = distinct(rng, sizes, sizes, (1, 2, 3, 4), (2, 3, 4))
    return {
        "x": normal(rng, n, groups * channels, h, w, dtype=dtype),
        "w": normal(rng, groups * filters, channels, kh, kw, dtype=dtype),
        "b": np.zeros(groups * filters, dtype),
        "groups": groups,
    }


def _refused(rng, channels, filters, deep, groups):
    return {"x": normal(rng, 1, channels, 5, 6), "w": normal(rng, filters, deep, 3, 2), "b": np.zeros(filters), "groups": groups, "refuses": True}


def _draw(rng):
    yield Case("one", _layer(rng, 1, 3, 5))
    yield Case("one", _layer(rng, 1, 2, 3, n=2))
    yield Case("groups", _layer(rng, 2, 3, 5))
    yield Case("groups", _layer(rng, 3, 2, 4, n=2))
    yield Case("groups", _layer(rng, 5, 3, 2))
    yield Case("depthwise", _layer(rng, 5, 1, 1, n=2))
    yield Case("depthwise", _layer(rng, 3, 1, 2))
    yield Case("bias", biased(rng, _layer(rng, 3, 2, 4)))
    for stride in (2, (1, 3), (3, 2)):
        yield Case("stride", _layer(rng, 2, 3, 2) | {"stride": stride})
    for padding, stride in ((1, 1), ((2, 1), 1), ((0, 2), (2, 1))):
        yield Case("padding", _layer(rng, 2, 2, 3) | {"padding": padding, "stride": stride})
    yield Case("refuses", _refused(rng, 7, 4, 3, 2))  # a channel is left over
    yield Case("refuses", _refused(rng, 6, 5, 3, 2))  # a filter is left over
    yield Case("refuses", _refused(rng, 6, 4, 1, 2))  # filters of one channel for groups of three: NumPy would broadcast
    yield Case("refuses", _layer(rng, 1, 2, 5))  # and nothing is refused that divides
    yield from contract_cases(lambda dtype: biased(rng, _layer(rng, 2, 3, 4, n=2, dtype=dtype)) | {"padding": 1})


# --- Wrong ways -------------------------------------------------------------------------------------------------------


def _apart(inputs_of):
    """Group by group: inputs_of(x, w, b, groups, g) are the channels, filters and biases that group g takes; the outputs follow one another."""

    def forward(x, w, b, groups, stride=1, padding=0):
        _forward(x, w, b, groups, stride, padding)  # what should be refused is
        return np.concatenate([convolved(*inputs_of(x, w, b, groups, g), stride, padding) for g in range(groups)], axis=1)

    return forward


def _block(a, groups, g, axis=0):
    return np.split(a, groups, axis)[g]


def _interleaved_channels(x, w, b, groups, g):
    return x[:, g::groups], _block(w, groups, g), _block(b, groups, g)


def _interleaved_filters(channels):
    """Filter k belongs to group k % groups, and its output stands in its place."""

    def forward(x, w, b, groups, stride=1, padding=0):
        out = np.zeros(_forward(x, w, b, groups, stride, padding).shape)
        for g in range(groups):
            out[:, g::groups] = convolved(channels(x, groups, g), w[g::groups], b[g::groups], stride, padding)
        return out

    return forward


def _outputs_interleaved(x, w, b, groups, stride=1, padding=0):
    out = _forward(x, w, b, groups, stride, padding)
    n, f, *size = out.shape
    return out.reshape(n, groups, f // groups, *size).swapaxes(1, 2).reshape(out.shape)


def _all_channels(x, w, b, groups, stride=1, padding=0):
    _forward(x, w, b, groups, stride, padding)
    return convolved(x, np.tile(w, (1, groups, 1, 1)), b, stride, padding)


def _added(x, w, b, groups, stride=1, padding=0):
    out = _forward(x, w, b, groups, stride, padding)
    n, f, *size = out.shape
    return out.reshape(n, groups, f // groups, *size).sum(axis=1)


def _last_group_only(x, w, b, groups, stride=1, padding=0):
    out = _forward(x, w, b, groups, stride, padding)
    out[:, : len(w) - len(w) // groups] = 0
    return out


def _left_over(channels=False, filters=False, missing=False):
    """What does not divide is left out, and its outputs stay 0, or are missing."""

    def forward(x, w, b, groups, stride=1, padding=0):
        if channels:
            x = x[:, : x.shape[1] // groups * groups]
        kept = len(w) // groups * groups if filters else len(w)
        out = _forward(x, w[:kept], b[:kept], groups, stride, padding)
        return out if missing else np.concatenate([out, np.zeros((len(x), len(w) - kept, *out.shape[2:]))], axis=1)

    return forward


def _one_channel_broadcast(x, w, b, groups, stride=1, padding=0):
    deep = x.shape[1] // groups
    return _forward(x, w.repeat(deep, 1) if w.shape[1] == 1 else w, b, groups, stride, padding)


grouped_conv2d = Exercise(
    id="conv_extras.grouped_conv2d",
    title="Convolution in groups",
    difficulty=3,
    minutes=30,
    aspects=(
        Aspect("one", 2, "groups=1: every filter sees all channels"),
        Aspect("groups", 4, "several groups: channels, filters and outputs in the right places"),
        Aspect("depthwise", 2, "groups=C: filters of one channel each"),
        *LAYER_ASPECTS,
        Aspect("refuses", 2, "a ValueError where groups does not divide the channels or the filters, or the filters have another depth"),
        contract(),
    ),
    draw=_draw,
    oracle=expected(_forward),
    probe="refusing",
    misconceptions=(
        Misconception(
            "channels_interleaved",
            "Every G-th channel belongs to the same group.",
            "Neighbours make a group: the first C/groups channels are the first group.",
            _apart(_interleaved_channels),
            revisit=REVISIT,
        ),
        Misconception(
            "filters_interleaved",
            "Every G-th filter belongs to the same group.",
            "Neighbours make a group: the first F/groups filters see the first group's channels; filter k is of group k // (F/groups).",
            _interleaved_filters(lambda x, groups, g: _block(x, groups, g, 1)),
            revisit=REVISIT,
        ),
        Misconception(
            "weights_interleaved",
            "Every G-th filter is taken for a group, w[g::groups], but their outputs are put side by side.",
            "Filters lie as their outputs do: those of group g are w[g*f : g*f + f], with f = F/groups.",
            _apart(lambda x, w, b, groups, g: (_block(x, groups, g, 1), w[g::groups], _block(b, groups, g))),
            revisit=REVISIT,
        ),
        Misconception(
            "all_interleaved",
            "Every G-th channel and every G-th filter belong to the same group.",
            "Neighbours make a group: the first C/groups channels and the first F/groups filters are the first one.",
            _interleaved_filters(lambda x, groups, g: x[:, g::groups]),
            revisit=REVISIT,
        ),
        Misconception(
            "outputs_interleaved",
            "The outputs of the groups are shuffled together: first the first of each group, then the second of each.",
            "Outputs stay in the order of the filters: all of the first group, then all of the second.",
            _outputs_interleaved,
            revisit=REVISIT,
        ),
        Misconception(
            "every_group_sees_all_channels",
            "Every filter sees all channels: its slices are used for each group's channels again, and added up.",
            "A filter of group g meets the C/groups channels of that group and no others.",
            _all_channels,
            revisit=REVISIT,
        ),
        Misconception(
            "first_channels_for_all",
            "All groups look at the first group's channels.",
            "Group g starts at channel g·(C/groups).",
            _apart(lambda x, w, b, groups, g: (_block(x, groups, 0, 1), _block(w, groups, g), _block(b, groups, g))),
        ),
        Misconception(
            "first_filters_for_all",
            "All groups use the first group's filters.",
            "Each group has F/groups filters of its own: those of group g start at filter g·(F/groups).",
            _apart(lambda x, w, b, groups, g: (_block(x, groups, g, 1), _block(w, groups, 0), _block(b, groups, g))),
        ),
        Misconception(
            "groups_backwards",
            "The filters of the first group see the last group's channels, and so on backwards.",
            "Filters and channels are counted in the same direction: the first filters see the first channels.",
            _apart(lambda x, w, b, groups, g: (_block(x, groups, groups - 1 - g, 1), _block(w, groups, g), _block(b, groups, g))),
        ),
        Misconception(
            "first_channel_of_each_group",
            "Of each group, only the first channel is used.",
            "A filter sums over all C/groups channels of its group.",
            _apart(lambda x, w, b, groups, g: (_block(x, groups, g, 1)[:, :1], _block(w, groups, g)[:, :1], _block(b, groups, g))),
        ),
        Misconception(
            "groups_added",
            "The outputs of the groups were added up.",
            "Groups are put one after the other along the channel axis: F outputs, F/groups of each.",
            _added,
        ),
        Misconception(
            "last_group_only",
            "Only the last group's outputs are there, the others are 0.",
            "Make out once, before the loop over the groups.",
            _last_group_only,
        ),
        Misconception(
            "first_biases_for_all",
            "All groups add the first group's biases.",
            "Filter k adds b[k]: the biases of group g start at g·(F/groups).",
            _apart(lambda x, w, b, groups, g: (_block(x, groups, g, 1), _block(w, groups, g), _block(b, groups, 0))),
        ),
        Misconception(
            "bias_for_every_group",
            "The bias was added once for every group.",
            "One bias per filter, and a filter belongs to one group: b[k] once.",
            lambda x, w, b, groups, stride=1, padding=0: _forward(x, w, groups * b, groups, stride, padding),
        ),
        *shared(_forward),
        Misconception(
            "nothing_refused",
            "Channels or filters that are left over are dropped without a word.",
            "Where groups does not divide C, or F, raise ValueError.",
            _left_over(channels=True, filters=True),
        ),
        Misconception(
            "left_over_missing",
            "Channels and filters that are left over are dropped without a word; there are fewer outputs than filters.",
            "Where groups does not divide C, or F, raise ValueError.",
            _left_over(channels=True, filters=True, missing=True),
        ),
        Misconception(
            "channels_left_over",
            "Channels that are left over are dropped without a word.",
            "Where groups does not divide C, raise ValueError.",
            _left_over(channels=True),
        ),
        Misconception(
            "filters_left_over",
            "Filters that are left over give zeros without a word.",
            "Where groups does not divide F, raise ValueError.",
            _left_over(filters=True),
        ),
        Misconception(
            "one_channel_broadcast",
            "Filters of one channel are accepted for groups of several: NumPy's broadcasting uses the one for all of them.",
            "Compare w.shape[1] with C/groups, and raise ValueError where they differ.",
            _one_channel_broadcast,
        ),
        float64_result(_forward),
    ),
    hints=(
        "Draw C=6 channels and F=4 filters in two rows, for groups=2. Which lines from channels to filters are left?",
        "A grouped convolution is several ordinary ones side by side: cut channels, filters and biases into groups, convolve each group by itself, "
        "put the outputs one after the other.",
        "Refuse what does not divide. Pad x once, work out OH and OW, make out with the dtype of x. For every group g: its channels start at "
        "g·(C/groups), its filters and outputs at g·(F/groups); inside, your convolution of 02.",
    ),
)
