"""Training that is scheduled, fits into memory, and can be stopped at any step and go on as if nothing had happened."""

import copy

import torch


def set_learning_rates(optimizer, factor):
    """Set every learning rate of an optimizer to `factor` times what it was made with.

    optimizer  of torch.optim; optimizer.param_groups is a list of dictionaries, each with its own rate under "lr"
    factor     float: 1 is the full rate

    The rate that a group was made with is noted under "initial_lr" of that group, the first time that anybody asks. PyTorch's own
    schedulers keep it there too, and a checkpoint of the optimizer brings it along: what stands there already is taken. Nothing is returned.
    """
    ### BEGIN SOLUTION
    for group in optimizer.param_groups:
        group["lr"] = group.setdefault("initial_lr", group["lr"]) * factor
    ### END SOLUTION


def accumulate_gradients(model, loss_function, images, labels, parts):
    """The gradients of a large batch, a part of it at a time: memory is needed for one part only.

    model          nn.Module: (n, …) images -> scores; its mode stays as it is
    loss_function  (scores, labels) -> the mean loss of what it is given, a tensor
    images, labels (N, …), (N,): the batch
    parts          int, at least 1: how many goes, each forward and backward before the next. The parts follow each other in the batch's
                   order, and their sizes differ by at most one; where there are more parts than images, those without images are left out
    returns        the mean loss over the batch, a plain float

    Adds the gradients of the batch's mean loss to the parameters' .grad, as backward() does: whoever calls clears them before. They
    are those of the whole batch at once, whatever `parts` is, as long as no layer (batch norm, say) mixes the images of a batch.
    """
    ### BEGIN SOLUTION
    total = 0.0
    for some, their_labels in zip(images.tensor_split(parts), labels.tensor_split(parts)):
        if len(some):
            loss = loss_function(model(some), their_labels) * (len(some) / len(images))
            loss.backward()
            total += loss.item()
    return total
    ### END SOLUTION


class Trainer:
    """Training step by step, which can be stopped after any of them.

    model          nn.Module: (n, …) images -> scores
    optimizer      of torch.optim, made for the model's parameters
    loss_function  (scores, labels) -> mean loss, a tensor
    images, labels (N, …), (N,): tensors, all that is learned from
    batch_size     int: images for one step. The last batch of an epoch is smaller where batch_size does not divide N
    schedule       steps made so far (0 at the first) -> factor of the learning rates for the next step, a float
    parts          int: each batch is worked through in so many parts, as by accumulate_gradients
    seed           int: the order of the images comes from generator = torch.Generator().manual_seed(seed). Each epoch begins by drawing
                   torch.randperm(N, generator=generator); its batches take the images in that order

    A trainer that is given the state of another one goes on bit for bit as that one would have done:

        state = trainer.state_dict()      # and torch.save(state, path): it may be read in another process, on another day
        other = Trainer(…)                # made in the same way; the seed, and all numbers in model and optimizer, may be others
        other.load_state_dict(state)
    """

    def __init__(self, model, optimizer, loss_function, images, labels, batch_size, schedule, parts=1, seed=0):
        ### BEGIN SOLUTION
        self.model, self.optimizer, self.loss_function, self.schedule = model, optimizer, loss_function, schedule
        self.images, self.labels, self.batch_size, self.parts = images, labels, batch_size, parts
        self.generator = torch.Generator().manual_seed(seed)
        self.steps, self.position, self.order = 0, len(images), torch.arange(len(images))  # at the end of an epoch: the next step begins one
        ### END SOLUTION

    def step(self):
        """One step, in training mode whoever changed it: the next batch, the scheduled rates, gradients, an update.

        Returns the batch's mean loss before the update, a float.
        """
        ### BEGIN SOLUTION
        if self.position >= len(self.images):
            self.order, self.position = torch.randperm(len(self.images), generator=self.generator), 0
        chosen = self.order[self.position : self.position + self.batch_size]
        self.model.train()
        set_learning_rates(self.optimizer, self.schedule(self.steps))
        self.optimizer.zero_grad()
        loss = accumulate_gradients(self.model, self.loss_function, self.images[chosen], self.labels[chosen], self.parts)
        self.optimizer.step()
        self.steps, self.position = self.steps + 1, self.position + len(chosen)
        return loss
        ### END SOLUTION

    def state_dict(self):
        """All that it takes to go on from here, as dictionaries, lists, numbers and tensors, so that torch.load(…, weights_only=True) reads it.

        Parameters and running statistics, the optimizer's memory and rates, steps made, where in the epoch's order we are, the generator of
        orders, and torch.get_rng_state(), which dropout draws from. A picture of now: later steps do not change it.
        """
        ### BEGIN SOLUTION
        return copy.deepcopy({
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "steps": self.steps,
            "order": self.order,
            "position": self.position,
            "generator": self.generator.get_state(),
            "random": torch.get_rng_state(),
        })
        ### END SOLUTION

    def load_state_dict(self, state):
        """Go on from there. The state may come back from a file, and is not changed by the steps that follow."""
        ### BEGIN SOLUTION
        state = copy.deepcopy(state)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.steps, self.order, self.position = state["steps"], state["order"], state["position"]
        self.generator.set_state(state["generator"])
        torch.set_rng_state(state["random"])
        ### END SOLUTION
