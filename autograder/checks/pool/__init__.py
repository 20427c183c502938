"""Checks of cnnlib/pool.py."""

from autograder.checks.pool.average import avg_pool2d_backward, avg_pool2d_forward
from autograder.checks.pool.everywhere import global_avg_pool2d_backward, global_avg_pool2d_forward
from autograder.checks.pool.largest import max_pool2d_forward
from autograder.checks.pool.largest_backward import max_pool2d_backward

EXERCISES = (
    max_pool2d_forward,
    max_pool2d_backward,
    avg_pool2d_forward,
    avg_pool2d_backward,
    global_avg_pool2d_forward,
    global_avg_pool2d_backward,
)
