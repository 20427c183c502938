"""A run in progress: network, optimizer and where it stands; one step of it; and all of it as a checkpoint."""

import contextlib

import torch
from torch import nn
from torch.func import functional_call

from . import checkpoints, trouble
from .machine import mixed
from .recipe import TrainingError


class Training:
    """What learns, and how far it is.

    network   the recipe's model, on the device
    model     the same as it is called while learning: compiled, wrapped for several processes
    step      optimizer steps done
    sums      of the epoch so far, in this process: images, loss · images, wrong ones; float64, on the device
    rows      of the log, so far
    best      with early stopping: {"error", "epoch", "looks"}, looks since then
    seconds   of work, breaks left out
    classes   how many scores an image gets; None: not known yet, any number will do
    """

    classes = None

    def __init__(self, recipe, processes):
        self.recipe, self.processes, self.device = recipe, processes, processes.device
        if self.device.type == "cuda":
            torch.backends.cudnn.benchmark = True  # batches have one size: cuDNN tries its algorithms once, then takes the fastest
        checkpoints.seed_all(recipe.seed)  # every process begins with the same weights
        network = _made("model", recipe.model, recipe.model_options)
        if not isinstance(network, nn.Module):
            raise TrainingError(f"The recipe's model should be an nn.Module, it is {network!r:.60}: see that whatever builds it returns it.")
        self.network = network.to(self.device)
        if recipe.channels_last:
            self.network = self.network.to(memory_format=torch.channels_last)
        learns = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        if not all(parameter.numel() for parameter in learns):
            given = ", ".join(f"model.{key}={value!r}" for key, value in recipe.model_options.items())
            raise TrainingError(f"The recipe's model has a layer without a single number ({given}): choose a larger width.")
        if not learns:
            raise TrainingError("The recipe's model has no parameters that learn: an empty list of layers, perhaps, or layers in a Python list.")
        self.optimizer = _made("optimizer", recipe.optimizer, recipe.optimizer_options, learns)
        for group in self.optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        self.dtype, self.remark = mixed(recipe.precision, self.device, scaled=recipe.loop == "engine")
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.dtype is torch.float16)
        wrapped = processes.wrapped(self.network)
        self.unsynchronised = getattr(wrapped, "no_sync", contextlib.nullcontext)  # while gradients of pieces only add up
        self.model = torch.compile(wrapped) if recipe.compile else wrapped
        self.step, self.rows, self.seconds = 0, [], 0.0
        self.best = {"error": float("inf"), "epoch": 0, "looks": 0}
        self.sums = torch.zeros(3, dtype=torch.float64, device=self.device)

    def autocast(self):
        """Within, the network computes in the recipe's precision."""
        return torch.autocast(self.device.type, self.dtype, enabled=self.dtype is not None)

    def precise(self, model):
        """The model for a loop that knows nothing of precision: it computes in the recipe's, and its scores are float32."""
        return model if self.dtype is None else Precise(model, self.autocast)

    def set_rate(self, epoch):
        """Set the learning rates for a step; epoch: passes done, fractional. Returns the first group's."""
        factor = float(self.recipe.schedule(epoch, self.recipe.epochs))
        for group in self.optimizer.param_groups:
            rate = factor * group["initial_lr"]
            if isinstance(group["lr"], torch.Tensor):  # a compiled or captured optimizer reads it where it lies
                group["lr"].fill_(rate)
            else:
                group["lr"] = rate
        return factor * float(self.optimizer.param_groups[0]["initial_lr"])

    def learn(self, images, labels, weight):
        """One optimizer step from this process's share of a batch, in pieces whose gradients add up. Returns its mean loss, a tensor."""
        pieces = self.recipe.pieces if len(labels) >= self.recipe.pieces else len(labels)
        if self.recipe.channels_last:
            images = images.contiguous(memory_format=torch.channels_last)
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        parts = list(zip(images.tensor_split(pieces), labels.tensor_split(pieces)))
        for number, (x, y) in enumerate(parts, 1):
            with contextlib.nullcontext() if number == pieces else self.unsynchronised():
                with self.autocast():
                    scores = self.model(x)
                    if self.classes and (told := trouble.not_scores(scores, (len(x), self.classes))):
                        raise told
                    loss = self.recipe.loss(scores, y)
                self.scaler.scale(loss * (weight * len(y) / len(labels))).backward()
            total += loss.detach() * (len(y) / len(labels))
            if weight:
                self.count(len(y), loss.detach().double(), (scores.detach().argmax(dim=1) != y).sum())
        if self.recipe.clip_norm:
            self.scaler.unscale_(self.optimizer)
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip_norm)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.zero_grad(set_to_none=True)
        return total

    def attempt(self, images, labels):
        """A step with so many images, for its memory alone, the optimizer's included. It spoils the weights: for a run that has failed.

        Stand-ins on the parameters' own memory take the gradients: DistributedDataParallel has hooks in the parameters themselves, and would call
        the other processes, which know nothing of this.
        """
        self.optimizer.zero_grad(set_to_none=True)
        if self.recipe.channels_last:
            images = images.contiguous(memory_format=torch.channels_last)
        own = dict(self.network.named_parameters())
        stand_ins = {name: parameter.detach().requires_grad_(parameter.requires_grad) for name, parameter in own.items()}
        with self.autocast():
            loss = self.recipe.loss(functional_call(self.network, stand_ins, (images,)), labels)
        loss.backward()
        for name, parameter in own.items():
            parameter.grad = stand_ins[name].grad
        self.optimizer.step()

    def count(self, n, loss, wrong):
        """Add n images, their mean loss and the number of wrong ones to the epoch's sums."""
        for place, number in enumerate((n, n * loss, wrong)):  # one by one: a GPU is not waited for
            self.sums[place] += number

    def means(self):
        """Mean loss and error over the epoch so far, in all processes."""
        n, loss, wrong = self.processes.sum(self.sums.clone()).tolist()
        return (loss / n, wrong / n) if n else (None, None)

    # --- checkpoints ---

    def state(self):
        """All of it, as plain values and tensors. All processes ask for it, at the same step."""
        return {
            "step": self.step,
            "rows": self.rows,
            "best": self.best,
            "seconds": self.seconds,
            "sums": self.processes.sum(self.sums.clone()).tolist(),
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "random": self.processes.gathered(checkpoints.random_state(self.device)),
        }

    def go_on(self, state):
        """Take a checkpoint's state over."""
        if len(state["random"]) != self.processes.count:
            count = len(state["random"])
            how = f"torchrun --nproc-per-node {count}" if count > 1 else "one process, without torchrun"
            raise TrainingError(f"This run was begun in {count} process{'es' * (count > 1)}, and goes on so only: start it by {how}.")
        try:
            self.network.load_state_dict(state["network"])
            self.optimizer.load_state_dict(state["optimizer"])
        except (RuntimeError, ValueError, KeyError) as error:
            told = "The checkpoint is of another network or optimizer than the recipe builds now: has your code changed since? Begin a new run."
            raise TrainingError(told) from error
        if self.scaler.is_enabled() and state["scaler"]:
            self.scaler.load_state_dict(state["scaler"])
        self.step, self.rows, self.best, self.seconds = state["step"], state["rows"], state["best"], state["seconds"]
        if self.processes.first:  # the others have nothing, so that the sum is what it was
            self.sums += torch.tensor(state["sums"], dtype=torch.float64, device=self.device)
        checkpoints.set_random_state(state["random"][self.processes.rank], self.device)


class Precise(nn.Module):
    """A model within autocast. (Around a whole loop, autocast would go on computing with the weights that the first batch found.)"""

    def __init__(self, model, autocast):
        super().__init__()
        self.model, self.autocast = model, autocast

    def forward(self, x):
        with self.autocast():
            return self.model(x).float()


def _made(what, make, options, *arguments):
    """make(*arguments, **options); an option that it does not know, or a value that it refuses, becomes a sentence."""
    try:
        return make(*arguments, **options)
    except NotImplementedError:
        raise
    except TypeError as error:
        if "unexpected keyword argument" not in str(error) or not options:
            raise
        raise TrainingError(f"The recipe's {what} does not take one of its options ({', '.join(options)}): {error}.") from error
    except (ValueError, RuntimeError) as error:  # NumPy and PyTorch, of a negative width
        if not options or isinstance(error, RuntimeError) and "negative dimension" not in str(error):
            raise
        given = ", ".join(f"{what}.{key}={value!r}" for key, value in options.items())
        raise TrainingError(f"The recipe's {what} refuses its options ({given}): {error}") from error
