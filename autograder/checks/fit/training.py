"""Whole training runs: the oracle with PyTorch's Adam, and runs in which one thing went wrong."""

from __future__ import annotations

import copy
import math

import numpy as np

from autograder.oracles import tensor


def batches(order, size):
    return [order[start : start + size] for start in range(0, len(order), size)]


def rate_at(step, steps, learning_rate, warmup_steps):
    """The cosine with warm-up: a line through (-1, 0) and (warmup_steps, learning_rate), then half a wave down to zero."""
    if step < warmup_steps:
        return float(np.interp(step, [-1, warmup_steps], [0.0, learning_rate]))
    return learning_rate * (1 + math.cos(math.pi * (step - warmup_steps) / (steps - warmup_steps))) / 2


def by_torch(parameters, loss_and_gradients, train, validation, learning_rate, epochs, batch_size, warmup_steps, patience, rng):
    """The best parameters and the losses, with PyTorch's Adam in float64."""
    import torch

    (images, labels), count = train, len(train[0])
    leaves = {name: torch.nn.Parameter(tensor(value).clone()) for name, value in parameters.items()}
    adam, losses, history, step = torch.optim.Adam(leaves.values()), [], [], 0
    now = {name: leaf.detach().numpy() for name, leaf in leaves.items()}
    for _ in range(epochs):
        for batch in batches(rng.permutation(count), batch_size):
            _, slopes = loss_and_gradients(now, images[batch].astype(np.float64), labels[batch])
            for name, leaf in leaves.items():
                leaf.grad = tensor(slopes[name])
            adam.param_groups[0]["lr"] = rate_at(step, epochs * math.ceil(count / batch_size), learning_rate, warmup_steps)
            adam.step()
            step += 1
        losses.append(loss_and_gradients(now, validation[0].astype(np.float64), validation[1])[0])
        history.append(copy.deepcopy(now))
        best = losses.index(min(losses))
        if len(losses) - 1 - best > patience:
            break
    return history[best], losses


def three_runs(rng, **inputs):
    """As the probe gets them from the subject: with the generator, with an equal one, with another."""
    return [by_torch(**inputs, rng=generator) for generator in (copy.deepcopy(rng), rng, rng.spawn(1)[0])]


def _adam(w, grad, state, rate):
    t, s, r = state.get("t", 0) + 1, 0.9 * state.get("s", 0.0) + 0.1 * grad, 0.999 * state.get("r", 0.0) + 0.001 * grad**2
    return w - rate * (s / (1 - 0.9**t)) / (np.sqrt(r / (1 - 0.999**t)) + 1e-8), {"t": t, "s": s, "r": r}


def descent(w, grad, state, rate):
    return w - rate * grad, {}


def trained(
    update=_adam,
    order=lambda epoch, count, rng: rng.permutation(count),
    cut=batches,
    counted=lambda cuts, size: len(cuts),
    shown=lambda labels, batch, place: labels[batch],
    schedule=lambda step, epoch, in_epoch, per_epoch, epochs, rate, warmup: rate_at(step, per_epoch * epochs, rate, warmup),
    fresh_states=lambda epoch: False,
    watched=lambda losses, validation: validation,
    stops=lambda waited, patience: waited > patience,
    returned=lambda best, last: best,
    listed=lambda losses, improvements: losses,
    generator=lambda rng: rng,
    watch_before=False,
    in_place=False,
):
    """A training run, each part of which can be got wrong."""

    def fit(parameters, loss_and_gradients, train, validation, learning_rate, epochs, batch_size, warmup_steps, patience, rng):
        (images, labels), count, rng = train, len(train[0]), generator(rng)
        now, states = {name: value.astype(np.float64) for name, value in parameters.items()}, {name: {} for name in parameters}
        losses, best, best_loss, waited, step = [], now, math.inf, 0, 0
        for epoch in range(epochs):
            cuts, met, before = cut(order(epoch, count, rng), batch_size), [], now
            per_epoch = counted(cuts, batch_size)
            for in_epoch, batch in enumerate(cuts):
                loss, slopes = loss_and_gradients(now, images[batch].astype(np.float64), shown(labels, batch, in_epoch * batch_size))
                met.append(loss)
                rate = schedule(step, epoch, in_epoch, per_epoch, epochs, learning_rate, warmup_steps)
                moved = {name: update(now[name], slopes[name], states[name], rate) for name in now}
                now = {name: pair[0] for name, pair in moved.items()}
                states = {name: {} if fresh_states(in_epoch == len(cuts) - 1) else pair[1] for name, pair in moved.items()}
                step += 1
            seen = before if watch_before else now
            losses.append(watched(met, loss_and_gradients(seen, validation[0].astype(np.float64), validation[1])[0]))
            if losses[-1] < best_loss:
                best, best_loss, waited = now, losses[-1], 0
            else:
                waited += 1
            if stops(waited, patience):
                break
        found = returned(best, now)
        if in_place:
            for name, value in found.items():
                parameters[name][...] = value
        return found, listed(losses, best_loss)

    return fit
