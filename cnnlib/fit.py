"""A whole training run: everything of this assignment, working together."""

import numpy as np

from cnnlib.early_stopping import EarlyStopping
from cnnlib.optim import adam_step
from cnnlib.schedules import cosine_with_warmup


def fit(parameters, loss_and_gradients, train, validation, learning_rate, epochs, batch_size, warmup_steps, patience, rng):
    """Train with Adam in mini-batches, along a cosine with warm-up, and stop early.

    parameters          dict of arrays, such as {"w1": ..., "b1": ...}: where learning starts
    loss_and_gradients  function: loss_and_gradients(parameters, images, labels) -> loss, a float averaged over the examples
                        it is given, and gradients, a dict with the names of parameters
    train, validation   pairs (images, labels), N and M examples
    learning_rate       float: the highest rate of the schedule
    epochs              int: at most so many passes over train
    batch_size          int: examples in a batch; the last batch of an epoch has fewer when batch_size does not divide N
    warmup_steps        int: for the schedule, whose steps are the updates of all epochs: epochs * (batches in an epoch)
    patience            int: for EarlyStopping, with its usual min_delta
    rng                 numpy.random.Generator: the only source of the random orders
    returns             parameters, the best ones (a dict with the dtypes that came in), and losses, a list of floats:
                        the validation loss after each epoch that was run

    In every epoch: draw a new random order of the N examples (an image and its label stay together), cut it into batches, and after
    each batch update every parameter by your adam_step, with a state of its own, at the rate that your cosine_with_warmup
    gives for this update (0 is the first of all, and counting goes on from epoch to epoch). Then take the loss of the validation
    examples, all at once, hand it to your EarlyStopping, and end the training when it says so.

    Float32 parameters stay float32 when the rate is a Python number, float(...); a rate of type np.float64 would make them float64.
    The arguments are not modified.
    """
    raise NotImplementedError("fit.fit: not written yet — stride hint fit.fit")
