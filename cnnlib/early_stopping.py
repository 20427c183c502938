"""Early stopping: the parameters of the best moment, and when to look no further."""

import numpy as np


class EarlyStopping:
    """Watches the validation loss: remembers the best parameters, and says when to stop.

    EarlyStopping(patience, min_delta=0.0)

    patience         int, at least 0: how many losses in a row without improvement are borne; at the next one, step says stop
    min_delta        float: a loss is an improvement when it is smaller than best_loss by more than this

    best_loss        float: the loss of the last improvement; infinity before the first
    best_parameters  dict of arrays: the parameters as they were then; None before the first

    Training may go on writing into the arrays that it handed over, so best_parameters are copies.
    With patience=2 the third loss in a row without improvement stops; Keras stops one loss earlier.
    Source: Goodfellow, Bengio, Courville 2016, "Deep Learning", algorithm 7.1 (which stops one loss earlier, too).
    """

    def __init__(self, patience, min_delta=0.0):
        raise NotImplementedError("early_stopping.EarlyStopping: not written yet — stride hint early_stopping.EarlyStopping")

    def step(self, loss, parameters):
        """Take in the result of one more epoch.

        loss        float: the validation loss
        parameters  dict of arrays that gave it
        returns     bool: True when training should stop now, that is: when more than patience losses in a row, this one the
                    last of them, were no improvement (loss < best_loss - min_delta; the first loss always is one)

        The arguments are not modified.
        """
        raise NotImplementedError("early_stopping.EarlyStopping: not written yet — stride hint early_stopping.EarlyStopping")
