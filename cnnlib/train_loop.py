"""Learning from mini-batches: one pass over the training set."""

import numpy as np  # noqa: F401 - here for your own code, if you want it


def sgd_epoch(parameters, images, labels, loss_and_gradients, learning_rate, batch_size, rng):
    """One epoch of stochastic gradient descent: every example is used once, in mini-batches, in a random order.

    parameters          dict of arrays, such as {"w1": ..., "b1": ...}: where learning starts
    images              (N, D)  the training set
    labels              (N,)    integers
    loss_and_gradients  function: loss_and_gradients(parameters, images, labels) -> loss, a float averaged over the examples
                        it is given, and gradients, a dict with the names of parameters
    learning_rate       float
    batch_size          int: examples in a batch; the last batch has fewer when batch_size does not divide N
    rng                 numpy.random.Generator: the only source of the random order
    returns             parameters, a new dict of new arrays (the dtypes that came in), and mean_loss, a float

    Shuffle once, at the start (rng.permutation(N) is a random order of 0 ... N - 1); an image and its label stay together.
    Then, batch by batch, each with the parameters that the batch before has left:

        loss, gradients = loss_and_gradients(parameters, batch of images, batch of labels)
        parameter <- parameter - learning_rate * its gradient

    mean_loss is the average over all N examples of the losses as they were met: a batch counts as much as it has examples.
    The arguments are not modified.
    Source: Goodfellow, Bengio, Courville 2016, "Deep Learning", section 8.3.1.
    """
    raise NotImplementedError("train_loop.sgd_epoch: not written yet — stride hint train_loop.sgd_epoch")
