"""Training in PyTorch: one pass over the data that learns, and one that only looks."""

import torch


def train_one_epoch(model, loader, optimizer, loss_function):
    """One epoch of mini-batch training.

    model          nn.Module: (n, …) images -> (n, classes) scores. It learns, and is in training mode meanwhile and afterwards
    loader         gives batches (images, labels) of tensors when you loop over it; the last batch may be smaller
    optimizer      of torch.optim, made for the model's parameters: one step for each batch
    loss_function  (scores, labels) -> the batch's mean loss, a tensor
    returns        mean loss, error: over all examples (each counts the same, in whatever batch it came), from the scores that each batch had
                   before its step. error is the share of examples whose label does not have the largest score. Both are plain floats

    Images and labels are moved to where the model's parameters are.
    """
    raise NotImplementedError("training.train_one_epoch: not written yet — stride hint training.train_one_epoch")


def evaluate(model, loader, loss_function):
    """Loss and error of a model on data that it does not learn from.

    model, loader, loss_function  as for train_one_epoch
    returns                       mean loss, error: over all examples (each counts the same), plain floats

    The model is in evaluation mode meanwhile, and afterwards in the mode that it came with. No gradients are recorded.
    """
    raise NotImplementedError("training.evaluate: not written yet — stride hint training.evaluate")
