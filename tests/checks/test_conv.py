"""The checks of cnnlib/conv.py."""

import numpy as np
import pytest

from autograder import check
from autograder.exercise import load
from autograder.oracles import pair, side_padding
from tests.checks.common import check_misconception, proofs

TestProofs = proofs("conv", seeds=(1, 2))

# What a slip costs: exactly these aspects, so that everything else that the learner has understood still counts.
COSTS = {
    "correlate2d": {
        "transposed_kernel": "square oblong edges contract",
        "float64_result": "contract",
    },
    "conv_matrix": {
        "height_width_mixed": "oblong contract",
        "float64_result": "contract",
    },
    "conv2d_forward": {
        "first_channel_only": "channels bias batch stride padding same contract",
        "channels_averaged": "channels bias batch stride padding same contract",
        "bias_forgotten": "bias batch stride padding same contract",
        "stride_ignored": "stride padding same",
        "stride_swapped": "stride padding same",
        "padding_swapped": "padding",
        "padding_ignored": "padding same contract",
        "same_odd_one_first": "same",
        "float64_result": "contract",
    },
    "conv1d_forward": {
        "stride_ignored": "stride padding",
        "padding_ignored": "padding contract",
    },
    "conv3d_forward": {
        "stride_of_depth_for_all": "stride padding",
        "stride_reversed": "stride padding",
        "padding_reversed": "padding contract",
    },
    "rotate180": {
        "first_axes": "bank contract",
        "all_axes": "bank contract",
    },
    "dilate": {
        "stride_swapped": "pair batch contract",
        "first_axes": "batch contract",
    },
    "conv2d_input_gradient": {
        "padding_swapped": "oblong channels batch contract",
        "first_filter_only": "channels batch contract",
        "channels_and_filters_mixed": "channels batch contract",
        "batch_averaged": "batch contract",
    },
    "conv2d_weight_gradient": {
        "channels_not_kept_apart": "channels batch contract",
        "axes_swapped": "channels batch contract",
        "images_overwritten": "batch contract",
    },
    "conv2d_backward": {
        "bias_per_place": "bias contract",
        "bias_averaged": "bias contract",
        "batch_averaged": "bias weights padding stride same contract",
        "windows_overwritten": "weights padding stride same contract",
        "overlaps_overwritten": "input padding stride same contract",
        "not_turned": "input padding stride same contract",
        "crop_minus_zero": "input padding stride same",
        "padding_swapped": "padding same",
        "not_dilated": "stride same",
        "stride_swapped": "stride same",
        "same_odd_one_first": "same",
        "float64_result": "contract",
    },
}


def pads_and_counts_before_only(x, w, b, stride=1, padding=0):
    (top, _), (left, _) = side_padding(padding, x.shape[2:], w.shape[2:], pair(stride))
    return load("conv.conv2d_forward").oracle(np.pad(x, ((0, 0), (0, 0), (top, 0), (left, 0))), w, b, stride)


def steps_by_the_height(x, w, b, stride=1, padding=0):
    x = np.pad(x, ((0, 0), (0, 0), *side_padding(padding, x.shape[2:], w.shape[2:], pair(stride))))
    return load("conv.conv2d_forward").oracle(x, w, b, pair(stride)[0])


@pytest.mark.parametrize("seed", range(1, 4))
@pytest.mark.parametrize(
    "wrong, named", [(pads_and_counts_before_only, "padded_before_only"), (steps_by_the_height, "stride_of_height_for_both")]
)
def test_the_name_agrees_with_what_passes(wrong, named, seed):
    """Not the name that only some cases speak for: "the + 1 is missing", "the stride is ignored"."""
    assert check("conv.conv2d_forward", wrong, seed=seed).misconception == named


@pytest.mark.parametrize("which, named", [((1,), "weights_averaged"), ((2,), "bias_averaged"), ((1, 2), "batch_averaged")])
def test_the_name_says_which_gradient_was_averaged(which, named):
    def averaged(dout, x, w, b, stride=1, padding=0):
        right = load("conv.conv2d_backward").oracle(dout, x, w, b, stride, padding)
        return tuple((g / len(x) if i in which else g).astype(x.dtype) for i, g in enumerate(right))

    assert check("conv.conv2d_backward", averaged, seed=1).misconception == named


@pytest.mark.parametrize("name, slip", [(name, slip) for name, slips in COSTS.items() for slip in slips])
def test_a_slip_costs_its_own_aspects_only(name, slip):
    for seed in (1, 2):
        verdict = check_misconception(load(f"conv.{name}"), slip, seed)
        lost = [aspect.name for aspect in verdict.aspects if not aspect.passed]
        assert " ".join(lost) == COSTS[name][slip]
