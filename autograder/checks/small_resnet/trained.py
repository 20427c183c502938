"""A trained residual network, judged by what it makes of clothes: the arrays that were handed in, in the course's own network."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from autograder.checks.lenet.levels import cases, reached, right, right_for
from autograder.checks.residual.block import Block
from autograder.checks.small_resnet.network import plan, scores
from autograder.exercise import Aspect, Exercise, Misconception

BLOCKS, WIDTH = 1, 8
CLOTHES = Path(__file__).resolve().parents[3] / "data" / "fashion_small.npz"
LEVELS = ((0.80, "80% or more"), (0.75, "75% to 80%"), (0.60, "60% to 75%"), (0.40, "40% to 60%"), (0.0, "less than 40%"))
# Each layer's arrays as network_arrays gives them: a convolution's weight; gamma, beta, running mean and variance; weight and bias at the end.
SHAPES = tuple(part for shape in plan(BLOCKS, WIDTH) for part in {4: [shape], 1: [shape] * 4, 2: [shape, shape[:1]]}[len(shape)])
NAMES = tuple(f"{number:02}" for number in range(len(SHAPES)))


@cache
def _clothes():
    """The course's test images, (1000, 1, 28, 28) uint8, and their labels."""
    with np.load(CLOTHES, allow_pickle=False) as stored:
        return stored["test_images"], stored["test_labels"].astype(np.int64)


def _draw(rng):
    """Every test image, moved by up to a pixel in each direction, and half of them seen in a mirror."""
    images, labels = _clothes()
    moves = rng.integers(-1, 2, (len(images), 2))  # down and to the right
    mirrors = rng.random(len(images)) < 0.5
    moved = np.stack([np.roll(image, move, axis=(1, 2))[..., :: -1 if mirror else 1] for image, move, mirror in zip(images, moves, mirrors)])
    small = moved.reshape(len(images), 1, 14, 2, 14, 2).mean(axis=(3, 5), dtype=np.float32) / np.float32(127.5) - np.float32(1)
    order = rng.permutation(len(images))
    yield from cases(LEVELS, small[order], labels[order])


def _with_arrays(arrays):
    """The network in evaluation mode, with these parameters and running statistics. A running variance below 0 is no number's: it gives nan."""
    net, given = Block(plan(BLOCKS, WIDTH), lambda x, b: scores(x, b, BLOCKS, WIDTH), np.random.default_rng(0)), iter(arrays.values())
    for layer in net.layers():
        layer.parameters = {name: next(given) for name in layer.parameters}
        layer.training = False
        if hasattr(layer, "running_mean"):
            layer.running_mean, layer.running_var = next(given), next(given)

    found: dict[bytes, np.ndarray] = {}

    def network(images, labels, at_least):
        key = images.tobytes()
        if key not in found:  # every level asks about the same images
            found[key] = np.nan_to_num(net.forward(images.astype(np.float64)))
        return found[key]

    return network


trained = Exercise(
    id="small_resnet.trained",
    title="A trained residual network",
    difficulty=3,
    minutes=30,
    aspects=(
        Aspect("loads", 2, "small_resnet.npz holds what network_arrays gives of build_small_resnet(1, 8, rng)"),
        Aspect("60%", 4, "at least 60% of the test images are right, each moved by up to a pixel, half of them in a mirror"),
        Aspect("75%", 4, "at least 75%"),
        Aspect("80%", 2, "at least 80%"),
    ),
    draw=_draw,
    oracle=right,
    view=reached(LEVELS),
    returns=("right",),
    artefact="small_resnet.npz",
    arrays=dict(zip(NAMES, SHAPES)),
    subject_of=_with_arrays,
    misconceptions=(
        Misconception(
            "hardly_trained",
            "Most images are wrong: the network has hardly been trained, has seen other images, or its running statistics are of another time.",
            "Call network_arrays after the training, not before; make the images with network_input; and let every training step go through "
            "forward in training mode, so that the running statistics follow.",
            right_for(0.12),
            revisit="08, “Train it”",
        ),
        Misconception(
            "trained_too_little",
            "The network has learned something, but too little: less than 60% of the images are right.",
            "Go through the images more often, or take larger steps: the loss should no longer fall when you stop.",
            right_for(0.55),
        ),
        Misconception(
            "could_see_more",
            "The network knows most images, but less than 75% of them.",
            "A few more epochs, the last ones with a smaller learning rate. Show it mirrored and moved copies while it learns: we mark it on such.",
            right_for(0.7),
            revisit="08, “Train it”",
        ),
        Misconception(
            "nearly_there",
            "More than 75% are right: the last step to 80% is missing.",
            "Let the learning rate fall to almost nothing at the end, and mirror and move the training images anew in every epoch.",
            right_for(0.78),
        ),
    ),
    hints=(
        "What was missing when you looked at the loss: time, or steps of the right size? And has it seen images like those it is marked on?",
        "Mini-batches of 32, momentum 0.9, a learning rate near 0.05 that falls to 0, twenty epochs. In each, mirror half of the training images and "
        "move them by up to a pixel. Save what network_arrays gives with np.savez as small_resnet.npz, beside the notebook.",
        "For every mini-batch: scores in training mode, softmax_cross_entropy, backward, and a step for every parameter of every layer. Measure in "
        "evaluation mode on images that it has not learned from. If the training loss is far below, more moved copies help; if not, more epochs.",
    ),
)
