"""Checks of cnnlib/schedules.py: the answers are single numbers, so cases are drawn until every slip shows."""

from autograder.checks.schedules.cosine import cosine_with_warmup
from autograder.checks.schedules.plateau import reduce_on_plateau
from autograder.checks.schedules.step import step_decay

EXERCISES = (step_decay, reduce_on_plateau, cosine_with_warmup)
