"""Checks of cnnlib/norm.py."""

from autograder.checks.norm.batch_forward import batch_norm2d_forward, batch_norm_forward

EXERCISES = (batch_norm_forward, batch_norm2d_forward)
