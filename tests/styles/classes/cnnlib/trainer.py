"""PyTorch's own schedule, sums in place of means, and a trainer that remembers how often it shuffled instead of the order."""

import io

import torch
from torch.optim.lr_scheduler import LambdaLR


def set_learning_rates(optimizer, factor):
    LambdaLR(optimizer, lambda _: float(factor))


def accumulate_gradients(model, loss_function, images, labels, parts):
    quotient, rest = divmod(len(images), parts)
    start, losses = 0, []
    for number in range(min(parts, len(images))):
        stop = start + quotient + (number < rest)
        mean = loss_function(model(images[start:stop]), labels[start:stop])
        mean.backward(torch.full_like(mean, (stop - start) / len(images)))
        losses.append(mean.detach() * (stop - start))
        start = stop
    return (sum(losses) / len(images)).item()


class Trainer:
    def __init__(self, model, optimizer, loss_function, images, labels, batch_size, schedule, parts=1, seed=0):
        self.__dict__.update({name: value for name, value in locals().items() if name != "self"})
        self.done = self.epochs = 0
        self.batches = iter(())

    def _epoch(self):
        """The batches of the epoch that is on, from its own generator, wound forward."""
        generator = torch.Generator().manual_seed(self.seed)
        for _ in range(self.epochs):
            order = torch.randperm(len(self.images), generator=generator)
        return iter(order.split(self.batch_size))

    def step(self):
        chosen = next(self.batches, None)
        if chosen is None:
            self.epochs += 1
            self.batches = self._epoch()
            chosen = next(self.batches)
        self.model.train()
        set_learning_rates(self.optimizer, self.schedule(self.done))
        self.model.zero_grad()
        loss = accumulate_gradients(self.model, self.loss_function, self.images[chosen], self.labels[chosen], self.parts)
        self.optimizer.step()
        self.done += 1
        return loss

    def state_dict(self):
        file = io.BytesIO()
        torch.save([self.model.state_dict(), self.optimizer.state_dict(), torch.get_rng_state()], file)
        numbers = torch.frombuffer(bytearray(file.getvalue()), dtype=torch.uint8)
        return {"numbers": numbers, "done": self.done, "epochs": self.epochs, "seed": self.seed}

    def load_state_dict(self, state):
        model, optimizer, random = torch.load(io.BytesIO(state["numbers"].numpy().tobytes()), weights_only=True)
        self.model.load_state_dict(model)
        self.optimizer.load_state_dict(optimizer)
        torch.set_rng_state(random)
        self.done, self.epochs, self.seed = state["done"], state["epochs"], state["seed"]
        self.batches = self._epoch() if self.epochs else iter(())
        per_epoch = -(-len(self.images) // self.batch_size)
        for _ in range(self.done - per_epoch * (self.epochs - 1)):
            next(self.batches, None)
