"""Checks of cnnlib/norm.py."""

from autograder.checks.norm.batch_backward import batch_norm2d_backward, batch_norm_backward
from autograder.checks.norm.batch_forward import batch_norm2d_forward, batch_norm_forward
from autograder.checks.norm.folded import fold_batch_norm
from autograder.checks.norm.group import group_norm_backward, group_norm_forward
from autograder.checks.norm.layer import layer_norm_backward, layer_norm_forward
from autograder.checks.norm.response import local_response_norm

EXERCISES = (
    batch_norm_forward,
    batch_norm_backward,
    batch_norm2d_forward,
    batch_norm2d_backward,
    fold_batch_norm,
    layer_norm_forward,
    layer_norm_backward,
    group_norm_forward,
    group_norm_backward,
    local_response_norm,
)
