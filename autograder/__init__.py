"""Checks for the Stride course. `from autograder import check; check("conv.conv2d_forward")` judges an exercise."""

from typing import Any

__all__ = ["check"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # Loaded on first use, so that the sandbox's worker can import its siblings without the judge.
    if name == "check":
        from autograder.checking import check

        return check
    raise AttributeError(f"module 'autograder' has no attribute {name!r}")
