"""Where an error lies: only at the border, every second pixel, one channel … said in a sentence."""

from __future__ import annotations

from typing import Any

import numpy as np


def describe(got: Any, expected: Any) -> str:
    """One sentence about the pattern of differences between two arrays of equal shape, or "" when there is none to name."""
    return ""
