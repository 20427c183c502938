"""Schedules: which learning rate for which step. They compute a number and remember nothing."""

import numpy as np


def step_decay(step, learning_rate, every, factor=0.1):
    """A staircase: after each `every` steps the rate is multiplied by `factor`.

    step           int: how many steps have been made, 0 at the first
    learning_rate  float: the rate of the first stair
    every          int, at least 1: how many steps a stair is long
    factor         float: 0.1 divides by 10
    returns        float: the rate for this step

        learning_rate * factor**k,   k = how many whole stairs lie behind: 0 for steps 0 … every - 1, then 1 …

    Source: He, Zhang, Ren, Sun 2016, "Deep residual learning for image recognition", section 4.2; torch.optim.lr_scheduler.StepLR.
    """
    ### BEGIN SOLUTION
    return learning_rate * factor ** (step // every)
    ### END SOLUTION


def reduce_on_plateau(losses, learning_rate, patience, factor=0.1, threshold=0.0):
    """Divide the rate when learning stagnates, as AlexNet's authors did by hand.

    losses         list of floats: the validation losses so far, one per epoch, the oldest first; may be empty
    learning_rate  float: the rate that training began with
    patience       int, at least 0: how many losses in a row without improvement are borne; the next one reduces the rate
    factor         float: what the rate is multiplied by at each reduction
    threshold      float: a loss is an improvement when it is smaller than the best so far by more than this
    returns        float: the rate after these losses

    Go through the losses from the oldest on. An improvement (loss < best - threshold; the first loss always is one) becomes the
    best so far, and the count of losses without improvement begins again at 0. Any other loss adds 1 to the count; when
    the count is larger than patience, the rate is multiplied by factor and the count begins again at 0. The best stays the best.

    With patience=2 the third loss in a row without improvement reduces the rate; Keras counts one less. losses is not modified.
    Source: torch.optim.lr_scheduler.ReduceLROnPlateau (threshold_mode="abs"); Krizhevsky, Sutskever, Hinton 2012, section 5.
    """
    ### BEGIN SOLUTION
    best, waited = np.inf, 0
    for loss in losses:
        if loss < best - threshold:
            best, waited = loss, 0
            continue
        waited += 1
        if waited > patience:
            learning_rate, waited = learning_rate * factor, 0
    return learning_rate
    ### END SOLUTION


def cosine_with_warmup(step, steps, learning_rate, warmup_steps):
    """Up in a straight line, then down to zero along half a wave of the cosine.

    step           int, 0 … steps: how many steps have been made, 0 at the first
    steps          int: how many steps there will be, warm-up included; steps > warmup_steps
    learning_rate  float: the highest rate, at step == warmup_steps
    warmup_steps   int, at least 0
    returns        float: the rate for this step

        step < warmup_steps:   learning_rate * (step + 1) / (warmup_steps + 1)
        from there on:         learning_rate * (1 + cos(pi * progress)) / 2,
                               where progress runs from 0 to 1: (step - warmup_steps) / (steps - warmup_steps)

    The first step is never wasted on a rate of zero; others begin at zero (step / warmup_steps), or end at a smallest rate above it.
    Source: Loshchilov and Hutter 2017, "SGDR", equation 5; Goyal et al. 2017, "Accurate, large minibatch SGD", section 2.2.
    """
    ### BEGIN SOLUTION
    if step < warmup_steps:
        return learning_rate * (step + 1) / (warmup_steps + 1)
    progress = (step - warmup_steps) / (steps - warmup_steps)
    return learning_rate * (1 + float(np.cos(np.pi * progress))) / 2
    ### END SOLUTION
