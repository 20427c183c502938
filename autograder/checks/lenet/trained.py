"""A trained LeNet-5, judged by what it makes of digits: the weights that were handed in, in the course's own network."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from autograder.checks.lenet.levels import cases, reached, right, right_for
from autograder.checks.lenet.network import SHAPES, SIDE, scores
from autograder.exercise import Aspect, Exercise, Misconception
from autograder.oracles import tensor

WEIGHTED = (0, 3, 6, 9, 11)  # places of the layers with weights in the Sequential of build_lenet5
NAMES = tuple(f"{layer}.{name}" for layer in WEIGHTED for name in ("w", "b"))
DIGITS = Path(__file__).resolve().parents[3] / "data" / "digits.npz"
LEVELS = ((0.97, "97% or more"), (0.95, "95% to 97%"), (0.90, "90% to 95%"), (0.50, "50% to 90%"), (0.0, "less than 50%"))


@cache
def _digits():
    """The course's test digits as LeNet-5 takes them, (355, 1, 32, 32) float32, and their labels."""
    with np.load(DIGITS, allow_pickle=False) as stored:
        images, labels = stored["test_images"], stored["test_labels"].astype(np.int64)
    enlarged = (images * np.float32(255 / 16)).round().repeat(3, axis=2).repeat(3, axis=3)
    border = (SIDE - enlarged.shape[2]) // 2
    padded = np.pad(enlarged, ((0, 0), (0, 0), (border, border), (border, border)))
    return padded * np.float32(1.275 / 255) - np.float32(0.1), labels


def _draw(rng):
    """Every test digit twice, each time moved by up to a pixel in each direction."""
    images, labels = (np.concatenate([part, part]) for part in _digits())
    moves = rng.integers(-1, 2, (len(images), 2))  # down and to the right
    moved = np.stack([np.roll(image, move, axis=(1, 2)) for image, move in zip(images, moves)])
    order = rng.permutation(len(images))
    yield from cases(LEVELS, moved[order], labels[order])


def _with_weights(arrays):
    parameters = [tensor(array) for array in arrays.values()]

    def network(images, labels, at_least):
        return scores(tensor(images), parameters).numpy()

    return network


trained = Exercise(
    id="lenet.trained",
    title="A trained LeNet-5",
    difficulty=3,
    minutes=30,
    aspects=(
        Aspect("loads", 4, "lenet5.npz holds the weights of build_lenet5's network"),
        Aspect("90%", 6, "at least 90% of the test digits are right, each moved by up to a pixel"),
        Aspect("95%", 6, "at least 95%"),
        Aspect("97%", 4, "at least 97%"),
    ),
    draw=_draw,
    oracle=right,
    view=reached(LEVELS),
    returns=("right",),
    artefact="lenet5.npz",
    arrays=dict(zip(NAMES, SHAPES)),
    subject_of=_with_weights,
    misconceptions=(
        Misconception(
            "hardly_trained",
            "Most digits are wrong: these are the weights of a network that has hardly been trained, or of one that saw other images.",
            "Save network.state() after the training, not before; and make the images with lenet_images, as these are.",
            right_for(0.1),
        ),
        Misconception(
            "trained_too_little",
            "The network has learned something, but too little: less than 90% of the digits are right.",
            "Go through the images more often, or take larger steps: the loss should no longer fall when you stop.",
            right_for(0.7),
        ),
        Misconception(
            "could_see_more",
            "The network knows most digits, but less than 95% of them.",
            "A few more epochs, the last ones with a smaller learning rate. Show it each image moved by a pixel now and then.",
            right_for(0.93),
        ),
        Misconception(
            "nearly_there",
            "More than 95% are right: the last step to 97% is missing.",
            "Moved copies of the training images teach it that a digit stays the same wherever it stands.",
            right_for(0.96),
        ),
    ),
    hints=(
        "What does the check do to the test digits that your training never did to its own?",
        "Mini-batches of 32, a learning rate near 0.05 for plain steps (less with momentum), ten to twenty epochs in a new order each. Then save "
        "network.state() with np.savez as lenet5.npz, beside the notebook.",
        "For every mini-batch: scores, softmax_cross_entropy, backward, and a step for every parameter of every layer. Near the end divide the "
        "learning rate by 10. Move each training image at random by up to a pixel before it is used, and measure on test digits moved likewise.",
    ),
)
