"""How wrong a batch of scores is: the softmax cross-entropy and its gradient."""

import numpy as np


def softmax_cross_entropy(scores, labels):
    """The cross-entropy between the softmax of scores and the right labels, averaged over the batch, and its gradient.

    scores   (N, C)  one score per class, any finite numbers: the higher, the likelier
    labels   (N,)    integers from 0 to C - 1: the right class of each example
    returns  loss, a float, and dscores (N, C), its gradient with respect to scores; dscores has the dtype of scores

        p[n, c] = exp(scores[n, c]) / sum over k of exp(scores[n, k])
        loss    = mean over n of -log p[n, labels[n]]
        dscores[n, c] = (p[n, c] - (1 if c == labels[n] else 0)) / N

    Right for scores of ±1000, too, where exp overflows and p underflows to 0. Two facts help: subtracting the same number
    from all scores of an example changes nothing, and log p[n, c] = scores[n, c] - log(sum over k of exp(scores[n, k])) needs no p.
    The arguments are not modified.
    Source: Goodfellow, Bengio, Courville 2016, "Deep Learning", sections 4.1 and 6.2.2.3; torch.nn.CrossEntropyLoss.
    """
    raise NotImplementedError("loss.softmax_cross_entropy: not written yet — stride hint loss.softmax_cross_entropy")
