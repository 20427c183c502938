"""Trained networks judged by what they make of images: how many are right, as far as a level asks. LeNet-5 and the residual network share it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autograder.exercise import Case

CLASSES = 10
Levels = Sequence[tuple[float, str]]  # share of the images that are right, and the words for at least so many; the best first, 0 the last


def cases(levels: Levels, images: np.ndarray, labels: np.ndarray) -> Iterator[Case]:
    """One that every file of weights passes, and one for each of the three best levels, the lowest first."""
    given = {"images": images, "labels": labels}
    yield Case("loads", given | {"at_least": 0.0})
    for level, _ in levels[:3][::-1]:
        yield Case(f"{level:.0%}", given | {"at_least": level})


def right(images: np.ndarray, labels: np.ndarray, at_least: float) -> np.ndarray:
    """Scores that are right for every image."""
    return np.eye(CLASSES)[labels]


def right_for(share: float) -> Callable[..., np.ndarray]:
    """Scores that are right for this share of the images, and one class off for the others."""
    return lambda images, labels, at_least: np.eye(CLASSES)[(labels + (np.arange(len(labels)) >= share * len(labels))) % CLASSES]


def reached(levels: Levels) -> Callable[[dict[str, Any], Any], str]:
    """The view of an exercise: how many images are right, as far as the case asks."""

    def view(inputs: dict[str, Any], output: Any) -> str:
        output = np.asarray(output)
        if output.shape != (len(inputs["labels"]), CLASSES):
            raise ValueError("not ten scores for each image")
        share = float(np.mean(output.argmax(axis=1) == inputs["labels"]))
        if share >= inputs["at_least"]:
            return f"{inputs['at_least']:.0%} or more"
        return next(text for level, text in levels if share >= level)

    return view
