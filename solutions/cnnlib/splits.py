"""Dividing a data set into what is learned from, what is chosen by, and what is measured with."""

import numpy as np


def train_val_test_split(count, val_fraction, test_fraction, rng):
    """Divide the images 0 … count - 1 at random into three parts.

    count          int    number of images
    val_fraction   float  share of all `count` images that goes to validation, from 0 to 1
    test_fraction  float  share of all `count` images that goes to the test
    rng            numpy.random.Generator  where all the randomness comes from: the same state gives the same division
    returns        train, val, test: three 1-D arrays of ints, the indices of each part in random order

    val has round(count * val_fraction) indices, test has round(count * test_fraction), train has all the others; every
    index stands in exactly one part, once.
    """
    ### BEGIN SOLUTION
    order = rng.permutation(count)                       # every index once, in random order
    n_val, n_test = round(count * val_fraction), round(count * test_fraction)
    val, test, train = np.split(order, [n_val, n_val + n_test])
    return train, val, test
    ### END SOLUTION
