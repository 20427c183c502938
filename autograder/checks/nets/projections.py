"""What goes past the branch of a residual block, and when it is projected: how ResNeXt's block and the wide one get that wrong alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograder.exercise import Misconception


def slips(build: Callable[..., Callable[..., Any]]) -> tuple[Misconception, ...]:
    """build(skips=…), build(past_stride=…), build(projects=…) are builders of the block with a slip; projects(given, made, stride) decides."""
    return (
        Misconception(
            "skip_forgotten", "Nothing goes past the branch.", "Add the shortcut: x itself, or its projection.",
            build(skips=False, projects=lambda given, made, stride: False),
        ),
        Misconception(
            "shortcut_without_stride",
            "With a stride, branch and shortcut come out in different sizes: one of the two ignores it, most often the projection.",
            "One convolution of the branch has the stride, and the projection has it too.", build(past_stride=False),
        ),
        Misconception(
            "never_projects", "There is no projection anywhere.",
            "Where the block changes channels or size, x cannot be added as it is: a 1×1 convolution with the stride brings it to shape.",
            build(projects=lambda given, made, stride: False),
        ),
        Misconception(
            "no_projection_for_stride", "There is a projection only where channels change.", "Project when the stride is not 1, too.",
            build(projects=lambda given, made, stride: given != made),
        ),
        Misconception(
            "no_projection_for_channels", "There is a projection only where there is a stride.", "Project when the channels change, too.",
            build(projects=lambda given, made, stride: stride != 1),
        ),
        Misconception(
            "always_projects", "There is a projection even where x fits as it is.", "Where neither channels nor size change, x itself is added.",
            build(projects=lambda given, made, stride: True),
        ),
    )
