"""One example at a time."""

import math

import numpy as np


def softmax_cross_entropy(scores, labels):
    N, C = scores.shape
    loss, dscores = 0.0, np.zeros_like(scores)
    for n in range(N):
        highest = max(float(score) for score in scores[n])
        total = sum(math.exp(float(score) - highest) for score in scores[n])
        loss += math.log(total) + highest - float(scores[n, labels[n]])
        for c in range(C):
            p = math.exp(float(scores[n, c]) - highest) / total
            dscores[n, c] = (p - (c == labels[n])) / N
    return loss / N, dscores
