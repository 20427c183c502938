"""What a check says: points per aspect, the status, the misconception if one was recognised, and feedback in words."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

PASSED, FAILED = "passed", "failed"
NOT_JUDGED = "not judged"  # kind of a difference: nothing can be said of this aspect while results are wrong


@dataclass(frozen=True)
class Difference:
    """How one output differs from what is expected in one case.

    `got` and `expected` are kept for pictures in visible cases only (None in hidden ones, and when read back from a journal), and
    so is `printed`, the beginning of what the learner's code printed in that case.
    """

    kind: str  # type, shape, dtype, not finite, value, modified, slow, not judged, or an answer's status
    text: str
    output: str = ""
    where: str = ""
    got: Any = field(default=None, repr=False, compare=False)
    expected: Any = field(default=None, repr=False, compare=False)
    printed: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True)
class AspectResult:
    """One aspect's mark; for a failed one, the case that failed first and how."""

    name: str
    says: str
    points: float
    max_points: float
    case: str = ""
    difference: Difference | None = None

    @property
    def passed(self) -> bool:
        return self.difference is None


@dataclass(frozen=True)
class Verdict:
    """The judgement of one exercise.

    status         passed, failed, not_written, missing, unusable, error, time_limit, memory_limit, crashed or protocol
    misconception  id of the recognised misconception, or None
    feedback       what a learner should read, in plain words
    piece          id of an exercise that this one is made of and that does not pass yet: in a learner's own check alone, never kept
    """

    exercise: str
    status: str
    points: float
    max_points: float
    aspects: tuple[AspectResult, ...]
    misconception: str | None
    feedback: str
    piece: str = ""

    @property
    def passed(self) -> bool:
        return self.status == PASSED

    @property
    def waits_for(self) -> str:
        """The other exercise whose stub this one ran into; empty when there is none."""
        texts = (aspect.difference.text for aspect in self.aspects if aspect.difference)
        found = next((re.match(r"needs (\S+), which is not written yet", text) for text in texts if text.startswith("needs ")), None)
        return found[1] if found else ""

    def without(self, dropped: Collection[str]) -> Verdict:
        """The verdict when these aspects count as passed, because they turned out to be faulty. What was not written earns nothing by that."""
        if not dropped or self.status == "not_written":
            return self
        aspects = tuple(replace(a, points=a.max_points, difference=None, case="") if a.name in dropped else a for a in self.aspects)
        if all(aspect.passed for aspect in aspects):
            return replace(self, status=PASSED, points=self.max_points, aspects=aspects, misconception=None, feedback="All aspects hold.")
        return replace(self, points=sum(aspect.points for aspect in aspects), aspects=aspects)

    def __float__(self) -> float:
        return float(self.points)

    def __str__(self) -> str:
        from autograder.cards import card

        return card.text(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        # nbgrader reads a check cell's points from text/plain (partial credit); people read the card.
        from autograder.cards import card

        return {"text/html": card.html(self), "text/plain": repr(float(self.points))}

    def to_dict(self) -> dict[str, Any]:
        """The verdict as JSON, without the arrays."""
        bare = [replace(a, difference=a.difference and replace(a.difference, got=None, expected=None)) for a in self.aspects]
        plain = asdict(replace(self, aspects=tuple(bare)))
        del plain["piece"]
        for aspect in plain["aspects"]:
            if aspect["difference"]:
                del aspect["difference"]["got"], aspect["difference"]["expected"], aspect["difference"]["printed"]
        return plain

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Verdict:
        aspects = tuple(
            AspectResult(**{**aspect, "difference": Difference(**aspect["difference"]) if aspect["difference"] else None})
            for aspect in plain["aspects"]
        )
        return cls(**{**plain, "aspects": aspects})


def plain_shape(array: np.ndarray) -> str:
    """An array's shape, for sentences."""
    return f"shape {'×'.join(map(str, array.shape)) or '()'}"
