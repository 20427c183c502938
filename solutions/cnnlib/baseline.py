"""A first classifier, end to end: every class is its mean image. What it gets wrong is what networks must improve on."""

import numpy as np

from cnnlib.metrics import top_k_error
from cnnlib.preprocess import center_images


def nearest_mean_error(train_images, train_labels, test_images, test_labels, k):
    """Learn the mean image of every class, guess the classes whose means are nearest, and count the errors.

    train_images  (M, C, H, W)  floats or uint8
    train_labels  (M,)          ints from 0 to K - 1; every class has at least one image
    test_images   (N, C, H, W)  floats or uint8
    test_labels   (N,)          ints from 0 to K - 1
    k             int           guesses per image
    returns       float         the top-k error on the test images

    The data-driven approach in one function:

        prepare   centre both sets with the mean of the training images
        train     model = one mean image per class, from the training images alone
        predict   score of a class = minus the sum of squared differences between the image and the class's mean
        evaluate  top-k error of the scores

    Uses your own `preprocess.center_images` and `metrics.top_k_error`. The arguments are not modified.
    """
    ### BEGIN SOLUTION
    train = center_images(train_images, train_images).reshape(len(train_images), -1)       # (M, C*H*W)
    test = center_images(test_images, train_images).reshape(len(test_images), -1)          # (N, C*H*W)

    classes = range(train_labels.max() + 1)
    model = np.stack([train[train_labels == c].mean(axis=0) for c in classes])             # (K, C*H*W)

    scores = np.stack([-((test - mean) ** 2).sum(axis=1) for mean in model], axis=1)       # (N, K)
    return top_k_error(scores, test_labels, k)
    ### END SOLUTION
