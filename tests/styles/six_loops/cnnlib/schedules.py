"""Schedules that walk from the first step to the one that is asked for."""

import math


def step_decay(step, learning_rate, every, factor=0.1):
    while step >= every:
        learning_rate *= factor
        step -= every
    return learning_rate


def reduce_on_plateau(losses, learning_rate, patience, factor=0.1, threshold=0.0):
    best = waited = None
    for loss in losses:
        if best is None or best - loss > threshold:
            best, waited = loss, patience
        elif waited == 0:
            learning_rate, waited = learning_rate * factor, patience
        else:
            waited -= 1
    return learning_rate


def cosine_with_warmup(step, steps, learning_rate, warmup_steps):
    rate = learning_rate / (warmup_steps + 1)
    for _ in range(min(step, warmup_steps)):
        rate += learning_rate / (warmup_steps + 1)
    if step >= warmup_steps:
        rate *= math.cos(math.pi / 2 * (step - warmup_steps) / (steps - warmup_steps)) ** 2
    return rate
