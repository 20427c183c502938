"""Checks of cnnlib/optim.py: every rule is followed over several steps, for what it remembers shows from one step to the next."""

from autograder.checks.optim.adam import adam_step
from autograder.checks.optim.adaptive import adagrad_step, rmsprop_step
from autograder.checks.optim.descent import momentum_step, sgd_step
from autograder.checks.optim.nesterov import nesterov_step

EXERCISES = (sgd_step, momentum_step, nesterov_step, adagrad_step, rmsprop_step, adam_step)
