"""dropout_forward and dropout_forward_classic."""

from __future__ import annotations

import numpy as np

from autograder.checks.dropout.chance import (
    FIXED_NUMBER,
    OTHER_RANDOMNESS,
    OWN_SEED,
    SEED,
    fixed_number,
    other_randomness,
    own_seed,
    thrice,
)
from autograder.checks.dropout.numbers import (
    MASK,
    PLACES,
    SHAPE,
    SHARE,
    TIMES,
    coin,
    draw_cases,
    dropping,
    for_all_images,
    keep,
    kept_with_p,
    one,
    randn,
    up,
    view,
    whole_channels,
    whole_images,
)
from autograder.exercise import Aspect, Exercise, Misconception, contract, float64_result


def _aspects(points, training, test):
    values, share_, places, mask, test_points, generator = points
    return (
        Aspect("values", values, training),
        Aspect("share", share_, "a number is dropped with probability p"),
        Aspect("places", places, "every number of every image has its own chance"),
        Aspect("mask", mask, "mask is 1 where a number was kept, 0 where it was dropped"),
        Aspect("test time", test_points, test),
        Aspect("generator", generator, "all randomness comes from rng"),
        contract(),
    )


def _slip(id, says, hint, wrong, revisit=""):
    return Misconception(id, says, hint, wrong, revisit=revisit)


def _by_p(p):
    return 1 / p if p else np.inf


def _scaled(by, *, calm=lambda kept: kept * 1.0):
    """A mask that holds the factor by(p) already; at test time it is calm(ones)."""
    return lambda kept, p: calm(kept) if kept.all() else kept * by(p)


def _none(kept):
    return None


def _without_mask_at_test(right):
    def forward(x, p, training, rng):
        out, mask = right(x, p, training, rng)
        return out, mask if training else None

    return forward


def _mask_from_out(right, *, at_test):
    def forward(x, p, training, rng):
        out, mask = right(x, p, training, rng)
        return out, out != 0 if training or at_test else mask

    return forward


READ_OFF = "The mask says where the result is not 0: a number that was 0 before counts as dropped, whatever happened to it."


def _shared(train, test, revisit):
    """Slips of both forms: the factors stay right, the chances do not."""
    right = dropping(train, test)
    return (
        _slip(
            "mask_turned_round",
            "Numbers are kept with probability p, and dropped with 1 - p.",
            "Here p is the probability of dropping: a number stays where a uniform random number is at least p.",
            dropping(train, test, draw=kept_with_p),
            revisit,
        ),
        _slip(
            "normal_for_uniform",
            "The mask was drawn from normal random numbers.",
            "Only a uniform random number between 0 and 1 is below p with probability p: rng.random, not rng.standard_normal.",
            dropping(train, test, draw=randn),
        ),
        _slip(
            "coin",
            "Numbers are dropped with probability ½, whatever p is.",
            "Compare a uniform random number with p.",
            dropping(train, test, draw=coin),
        ),
        _slip(
            "one_mask_for_all_images",
            "One mask serves all images of the batch.",
            "Every image trains another thinned network: draw as many random numbers as x has numbers.",
            dropping(train, test, draw=for_all_images),
            revisit,
        ),
        _slip(
            "whole_images",
            "Images are dropped as a whole, or not at all.",
            "Draw one random number for each number of x, not one for each image.",
            dropping(train, test, draw=whole_images),
        ),
        _slip(
            "whole_channels",
            "Whole channels are dropped.",
            "That is another layer (PyTorch's Dropout2d): here every number has its own chance.",
            dropping(train, test, draw=whole_channels),
        ),
        _slip(
            "dropped_at_test",
            "Numbers are dropped at test time, too.",
            "When training is False nothing is random: look at `training` first.",
            dropping(train, test, at_test=True),
            "07, “Test time: average out the noise”",
        ),
        _slip(
            "mask_of_the_dropped",
            "The mask is 1 where a number was dropped.",
            "Return 1 for what was kept: x times the mask must be what is left.",
            dropping(train, test, mask_of=lambda kept, p: 1.0 - kept),
        ),
        _slip(
            "mask_read_off_the_result",
            READ_OFF,
            "Return the mask that was drawn, not one read off out: after ReLU half of the numbers are 0.",
            _mask_from_out(right, at_test=False),
        ),
        _slip(
            "mask_read_off_the_result_always",
            READ_OFF,
            "Return the mask that was drawn, and ones at test time, not one read off out: after ReLU half of the numbers are 0.",
            _mask_from_out(right, at_test=True),
        ),
        _slip(
            "fixed_number",
            "The same number of them is dropped at every call.",
            FIXED_NUMBER,
            dropping(train, test, draw=fixed_number),
        ),
        _slip(
            "no_mask_at_test",
            "There is no mask at test time.",
            "Nothing was dropped then: the mask is ones, in the shape of x.",
            _without_mask_at_test(right),
        ),
        _slip("own_seed", *OWN_SEED, own_seed(right)),
        _slip("other_randomness", *OTHER_RANDOMNESS, other_randomness(right)),
        float64_result(right),
    )


def _exercise(name, train, test, **texts):
    return Exercise(
        id=f"dropout.{name}",
        draw=draw_cases,
        oracle=thrice(dropping(train, test)),
        returns=(SHAPE, TIMES, SHARE, PLACES, MASK, SEED),
        view=view,
        probe="reseeded",
        **texts,
    )


CLASSIC = "07, “Classic or inverted”"
SCALED_ALREADY = "The mask is scaled already: it holds"
OTHER_COURSES = "That is the form of other courses: p is the probability of keeping."
ZEROS_AND_ONES = "out is right. But the mask is asked for as 1 and 0: the backward pass scales by itself."

dropout_forward = _exercise(
    "dropout_forward",
    up,
    one,
    title="Dropout",
    difficulty=2,
    minutes=20,
    aspects=_aspects((3, 3, 2, 1, 2, 2), "in training a number becomes 0, or x / (1 - p)", "at test time out is x"),
    misconceptions=(
        _slip(
            "p_is_keep",
            "p is taken for the probability of keeping: kept with probability p, scaled by 1/p.",
            "Here p is the probability of dropping (other courses have it the other way round): keep with 1 - p, scale by 1/(1 - p).",
            dropping(_by_p, one, draw=kept_with_p),
            "07, “Dropout”",
        ),
        _slip(
            "not_scaled",
            "What is kept is not scaled up in training.",
            "On average only 1 - p of x comes out: divide by 1 - p, so that the next layer sees as much as at test time.",
            dropping(one, one),
            CLASSIC,
        ),
        _slip(
            "classic",
            "That is the classic form: nothing is scaled in training, and out is x * (1 - p) at test time.",
            "Inverted dropout scales in training, by 1/(1 - p), and leaves x alone at test time. The classic form has its own exercise.",
            dropping(one, keep),
            CLASSIC,
        ),
        _slip(
            "scaled_at_test_on_top",
            "What is kept is scaled up in training, and everything is scaled down at test time on top.",
            "One of the two is enough. Here it is done in training: at test time out is x.",
            dropping(up, keep),
            CLASSIC,
        ),
        _slip(
            "scaled_down",
            "What is kept is multiplied by 1 - p instead of divided.",
            "Some is lost, so the rest must grow: divide by 1 - p.",
            dropping(keep, one),
        ),
        _slip(
            "divided_by_p",
            "What is kept is divided by p.",
            "It is kept with probability 1 - p: divide by that.",
            dropping(_by_p, one),
        ),
        _slip(
            "mask_scaled",
            f"{SCALED_ALREADY} 1/(1 - p) where ours has 1.",
            ZEROS_AND_ONES,
            dropping(up, one, mask_of=_scaled(up)),
        ),
        _slip(
            "mask_scaled_and_none_at_test",
            f"{SCALED_ALREADY} 1/(1 - p) where ours has 1. And there is none at test time.",
            f"{ZEROS_AND_ONES} At test time it is ones.",
            dropping(up, one, mask_of=_scaled(up, calm=_none)),
        ),
        _slip(
            "published",
            f"{OTHER_COURSES} {SCALED_ALREADY} 1/p where ours has 1.",
            "Here p is the probability of dropping: keep with 1 - p, divide x by 1 - p, and return a mask of 1 and 0.",
            dropping(_by_p, one, draw=kept_with_p, mask_of=_scaled(_by_p)),
            "07, “Dropout”",
        ),
        _slip(
            "published_and_none_at_test",
            f"{OTHER_COURSES} {SCALED_ALREADY} 1/p where ours has 1. And there is none at test time.",
            "Here p is the probability of dropping: keep with 1 - p, divide x by 1 - p, and return a mask of 1 and 0; at test time of ones.",
            dropping(_by_p, one, draw=kept_with_p, mask_of=_scaled(_by_p, calm=_none)),
            "07, “Dropout”",
        ),
        *_shared(up, one, "07, “Dropout”"),
    ),
    hints=(
        "A coin for every number of x, one that falls on “drop” with probability p. How does a random number between 0 and 1 become such a coin?",
        "At test time there is nothing to do. In training draw uniform random numbers in the shape of x: those of at least p mean “keep”. Then see "
        "that the expectation stays.",
        "If not training: x and a mask of ones. Else mask = (uniform numbers of x's shape, at least p), in the dtype of x; out is x times mask, "
        "divided by the probability of keeping. Return both.",
    ),
)

dropout_forward_classic = _exercise(
    "dropout_forward_classic",
    one,
    keep,
    title="Dropout in its classic form",
    difficulty=1,
    minutes=10,
    aspects=_aspects((0.5, 0.5, 0.5, 0.5, 2.5, 0.5), "in training a number becomes 0, or stays as it is", "at test time out is x * (1 - p)"),
    misconceptions=(
        _slip(
            "inverted",
            "That is the inverted form: what is kept is scaled up in training, and x is left alone at test time.",
            "The classic form leaves training alone, and multiplies by 1 - p at test time.",
            dropping(up, one),
            CLASSIC,
        ),
        _slip(
            "inverted_and_mask_scaled",
            f"That is the inverted form. {SCALED_ALREADY} 1/(1 - p) where ours has 1.",
            "The classic form leaves training alone (x times a mask of 1 and 0), and multiplies by 1 - p at test time.",
            dropping(up, one, mask_of=_scaled(up)),
            CLASSIC,
        ),
        _slip(
            "scaled_in_training_on_top",
            "What is kept is scaled up in training, although everything is scaled down at test time.",
            "One of the two is enough. In the classic form it is done at test time.",
            dropping(up, keep),
            CLASSIC,
        ),
        _slip(
            "not_scaled_at_test",
            "Nothing is scaled at test time: the next layer sees more than it ever saw in training.",
            "In training only 1 - p of x came through, on average. Multiply by that.",
            dropping(one, one),
            CLASSIC,
        ),
        _slip(
            "scaled_by_p",
            "At test time x is multiplied by p.",
            "p is the probability of dropping: what came through in training is 1 - p.",
            dropping(one, lambda p: p),
        ),
        _slip(
            "scaled_up_at_test",
            "At test time x is divided by 1 - p.",
            "In training less than x came through, on average: multiply by 1 - p.",
            dropping(one, up),
        ),
        _slip(
            "p_is_keep",
            "p is taken for the probability of keeping, in training and at test time.",
            "In the paper p is that. Here it is the probability of dropping: keep with 1 - p, and multiply by 1 - p at test time.",
            dropping(one, lambda p: p, draw=kept_with_p),
            "07, “Dropout”",
        ),
        *_shared(one, keep, "07, “Dropout”"),
    ),
    hints=(
        "The mask is drawn as before. What differs is when something is scaled.",
        "Training: x times mask, nothing else. Test time: what would come out of training on average?",
        "If not training: x times the probability of keeping, and a mask of ones. Else draw the mask as in dropout_forward; x times it, and it.",
    ),
)
