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
    ### BEGIN SOLUTION
    model.train()
    device = next(model.parameters()).device
    examples = wrong = total = 0
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)
        scores = model(images)
        loss = loss_function(scores, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        examples += len(images)
        total += loss.item() * len(images)
        wrong += (scores.argmax(dim=1) != labels).sum().item()
    return total / examples, wrong / examples
    ### END SOLUTION


def evaluate(model, loader, loss_function):
    """Loss and error of a model on data that it does not learn from.

    model, loader, loss_function  as for train_one_epoch
    returns                       mean loss, error: over all examples (each counts the same), plain floats

    The model is in evaluation mode meanwhile, and afterwards in the mode that it came with. No gradients are recorded.
    """
    ### BEGIN SOLUTION
    training = model.training
    model.eval()
    device = next(model.parameters()).device
    examples = wrong = total = 0
    with torch.no_grad():
        for images, labels in loader:
            images, labels = images.to(device), labels.to(device)
            scores = model(images)
            examples += len(images)
            total += loss_function(scores, labels).item() * len(images)
            wrong += (scores.argmax(dim=1) != labels).sum().item()
    model.train(training)
    return total / examples, wrong / examples
    ### END SOLUTION
