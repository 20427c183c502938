"""One run of a recipe: the loop over steps and epochs, and what is looked at, logged and kept between them."""

import contextlib
import math
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from . import checkpoints, logs, trouble
from .batches import Batches
from .machine import machine, named
from .recipe import SIZES, TrainingError
from .state import Training
from .testing import test

LOOK = 20  # steps between two looks at a GPU's losses: each look waits for the GPU
WORDS = {None: "float32", torch.bfloat16: "bf16", torch.float16: "fp16"}


@dataclass(frozen=True)
class Result:
    """What became of a run.

    status   "finished", or "stopped": to be gone on with
    folder   where its log, checkpoint and weights lie (logs.py)
    rows     of log.csv: [{column: value}]
    test     {"loss", "error", "error_top5"} on the test images; None for a stopped run
    network  nn.Module, as tested, in evaluation mode
    """

    status: str
    folder: Path
    rows: list
    test: dict | None
    network: torch.nn.Module


class Run:
    """One run, from its folder to its result."""

    def __init__(self, recipe, folder, group, screen, saved, asked, own):
        self.recipe, self.folder, self.group, self.screen, self.own = recipe, folder, group, screen, own
        size, why, changes = asked
        self.identity = identity(recipe, size)
        self.changes = {key: value for key, value in changes.items() if logs.plain(value) == value}  # a class, say, has to be given again
        self.training = Training(recipe, group)  # first: whoever has not written the network yet need not wait for a download
        self._begin(size, why)
        self.data = _data(recipe, size, group)
        self.training.classes = self.data.classes
        self.batches = Batches(self.data, recipe, group)
        checkpoints.seed_all(recipe.seed + group.rank)  # every process draws its own dropout
        if saved:
            self.training.go_on(saved)
        self.total = recipe.epochs * self.batches.per_epoch
        self.watched = "held-out" if recipe.held_out else "test"
        self.rate = self.training.set_rate(self.training.step / self.batches.per_epoch)
        self.saved = self.training.step if saved else None
        self.recent = []  # (step, rate, loss) not looked at yet
        self.log = logs.Log(folder, self._facts()) if group.first else None
        self._introduce()

    def _begin(self, size, chosen):
        """Say what trains where, before the data are read: that may take a while."""
        recipe, training, say = self.recipe, self.training, self.screen.say
        say(f"{recipe.name}: {recipe.about}")
        others = " or ".join(one for one in SIZES if one != size)
        say(f"Size {size}: {SIZES[size]}{f' ({chosen})' if chosen else ''}. Another: --size {others}")
        several = f", {self.group.count} processes" if self.group.count > 1 else ""
        say(f"On {named(training.device)}{several}, {WORDS[training.dtype]}. {training.remark}".rstrip())

    def _introduce(self):
        """Say what it learns from, and how long."""
        recipe, training, say = self.recipe, self.training, self.screen.say
        learn, watch = len(self.batches.learn), f", {len(self.batches.watch):,} held out" if recipe.held_out else ""
        note = f" {self.data.note}." if self.data.note else ""
        say(f"{self.data.name or 'Data'}: {learn:,} images to learn from{watch}, {len(self.batches.test):,} to test with.{note}")
        number = sum(parameter.numel() for parameter in training.network.parameters())
        epochs = f"{recipe.epochs} epoch{'s' * (recipe.epochs > 1)}"
        say(f"{number:,} parameters, {epochs} of {self.batches.per_epoch:,} steps. Log: {self.folder}")
        if training.step:
            say(f"Going on from step {training.step:,} of {self.total:,}.")

    def work(self, stop):
        """Train, test, and write what came out; `stop` says when somebody wants it to end."""
        self.stop = stop
        self._status("running")
        training, recipe = self.training, self.recipe
        self.begun = time.perf_counter() - training.seconds
        try:
            while training.step < self.total and not self._patience_is_over():
                (self._own_epoch if self.own else self._epoch)()
                if training.step % self.batches.per_epoch == 0:
                    self._end_of_epoch()
                if self._stopped() and training.step < self.total:
                    return self._stop()
            return self._finish()
        except KeyboardInterrupt:
            return self._stop(lost=True)
        except Exception as error:
            with contextlib.suppress(TrainingError):  # of a full disk, say: what matters is the error itself
                self._status("failed", why=f"{type(error).__name__}: {error}", step=self.saved or 0)
            if recipe.compile and type(error).__module__.startswith(("torch._dynamo", "torch._inductor")):
                told = "torch.compile cannot compile this network here (it needs a C++ compiler, among others): --set compile=false."
                raise TrainingError(told) from error
            if self.group.count > 1 and trouble.others_ended(error):
                raise trouble.left_alone(self.group.count, self.saved) from error
            raise
        finally:
            self.batches.close()
            if self.log:
                self.log.close()

    # --- an epoch ---

    def _epoch(self):
        """The steps of an epoch that are not done yet."""
        training, per_epoch = self.training, self.batches.per_epoch
        training.model.train()
        while True:
            self.rate = training.set_rate(training.step / per_epoch)
            images, labels, weight = self.batches[training.step]
            loss = self._learned(images, labels, weight)
            self.recent.append((training.step, self.rate, loss))
            training.step += 1
            at_the_end = training.step % per_epoch == 0
            if at_the_end or len(self.recent) >= (1 if training.device.type == "cpu" else LOOK):
                self._look()
                if self._stopped() and not at_the_end:
                    return
            if at_the_end:
                return
            if self.recipe.checkpoint_every and training.step % self.recipe.checkpoint_every == 0:
                self._save()

    def _learned(self, images, labels, weight):
        """One step."""
        return self._fitting(lambda: self.training.learn(images, labels, weight), lambda: (self.training.step, images, labels))

    def _fitting(self, learn, batch):
        """learn(). Where memory does not suffice, how many images of `batch()`, (step, images, labels), would have fitted is found out and said."""
        try:
            return learn()
        except Exception as error:
            if not trouble.out_of_memory(error):
                raise
            failed = error.with_traceback(None)  # a traceback would keep what fills the memory
        step, images, labels = batch()
        at_once = -(-len(labels) // self.recipe.pieces)
        fits = trouble.largest_that_fits(lambda number: self.training.attempt(images[:number], labels[:number]), at_once)
        raise trouble.too_large(self.recipe, step, fits, self.group.count) from failed

    def _look(self):
        """Look at the losses of the last steps: is all well, and how far are we?"""
        if not self.recent:
            return
        losses = torch.stack([loss for *_, loss in self.recent]).tolist()
        for (step, rate, _), loss in zip(self.recent, losses):
            if not math.isfinite(loss):
                images = self.batches[step][0]
                raise trouble.not_finite(self.recipe, step, self.batches.per_epoch, rate, loss, images, self.saved)
        self.recent.clear()
        self._draw(losses[-1])

    def _draw(self, loss):
        step = self.training.step
        self.screen.step(step, self.total, f"epoch {min(step // self.batches.per_epoch + 1, self.recipe.epochs)} · loss {loss:.3f}")

    def _own_epoch(self):
        """One epoch by the learner's own train_one_epoch: it gets the model, a loader, the optimizer and the loss, and returns loss and error."""
        training, per_epoch = self.training, self.batches.per_epoch
        first = training.step
        seen = []

        def loader():
            for step in range(first, first + per_epoch):
                if self._stopped():
                    raise KeyboardInterrupt  # its loop cannot be left half-way otherwise; the last checkpoint is what counts
                self.rate = training.set_rate(step / per_epoch)
                images, labels, _ = self.batches[step]
                seen.append(len(labels))
                yield images, labels
                self.screen.step(step + 1, self.total, f"epoch {step // per_epoch + 1}")

        def last():
            return first + max(len(seen), 1) - 1

        def learn():
            return self.own[0](training.precise(training.model), Sized(loader, per_epoch), training.optimizer, self.recipe.loss)

        loss, error = _numbers("train_one_epoch", self._fitting(learn, lambda: (last(), *self.batches[last()][:2])))
        if not math.isfinite(loss):
            raise trouble.not_finite(self.recipe, last(), per_epoch, self.rate, loss, self.batches[last()][0], self.saved)
        training.step = first + per_epoch
        training.count(sum(seen), loss, round(error * sum(seen)))

    # --- between epochs ---

    def _end_of_epoch(self):
        """Look at images that are not learned from, log, and write a checkpoint."""
        training, recipe = self.training, self.recipe
        epoch = training.step // self.batches.per_epoch
        found = {"loss": None, "error": None, "error_top5": None}
        looked = epoch % recipe.test_every == 0 or epoch == recipe.epochs
        if looked:
            found = self._tested(self.batches.watch)
        loss, error = training.means()
        training.sums.zero_()
        training.seconds = time.perf_counter() - self.begun
        numbers = (epoch, training.step, round(training.seconds, 3), self.rate, loss, error, found["loss"], found["error"], found["error_top5"])
        training.rows.append(dict(zip(logs.COLUMNS, numbers)))
        if looked and recipe.patience:
            self._compare(found["error"], epoch)
        if self.log:
            self.log.rows(training.rows)
        self.screen.row(training.rows[-1], training.rows, self.watched)
        every = recipe.checkpoint_every
        if not every or training.step % every == 0 or training.step == self.total or self._patience_is_over():
            self._save()

    def _tested(self, part, predict=None):
        if self.own and predict is None:
            loader = Sized(lambda: self._parts(part), -(-len(part) // self.recipe.test_batch))
            self.group.all_have(self.training.network)
            loss, error = _numbers("evaluate", self.own[1](self.training.precise(self.training.network), loader, self.recipe.loss))
            return {"loss": loss, "error": error, "error_top5": None}
        return test(self.training.network, self.batches, part, self.recipe, self.group, self.training.autocast, predict)

    def _parts(self, part):
        for chosen in torch.arange(len(part)).split(self.recipe.test_batch):
            images, labels = part[chosen]
            yield self.batches.normalized(images), labels.to(self.group.device)

    def _compare(self, error, epoch):
        """Keep the weights if they are the best so far."""
        best = self.training.best
        if error < best["error"]:
            self.training.best = {"error": error, "epoch": epoch, "looks": 0}
            if self.group.first:
                checkpoints.save(self.folder / "best.pt", {"network": self.training.network.state_dict()})
        else:
            best["looks"] += 1

    def _patience_is_over(self):
        return bool(self.recipe.patience) and self.training.best["looks"] >= self.recipe.patience

    # --- the end ---

    def _finish(self):
        training, recipe, say = self.training, self.recipe, self.screen.say
        if self._patience_is_over():
            say(f"Stopped early: {recipe.patience} looks in a row were no better than epoch {training.best['epoch']}.")
        if recipe.patience:
            training.network.load_state_dict(checkpoints.load(self.folder / "best.pt")["network"])
            say(f"The weights of epoch {training.best['epoch']} are tested: {training.best['error']:.2%} errors on the held-out images.")
        training.network.eval()
        found = self._tested(self.batches.test, recipe.predict)
        if self.group.first:
            checkpoints.save(self.folder / "weights.pt", {"network": training.network.state_dict()})
        result = {f"test_{name}": value for name, value in found.items()}
        if recipe.patience:
            result["best_epoch"] = training.best["epoch"]
        self._status("finished", result=result, finished=logs.now(), seconds=round(training.seconds, 3))
        top5 = f", top-5 {found['error_top5']:.2%}" if found["error_top5"] is not None else ""
        say(f"Test error {found['error']:.2%}{top5}, loss {found['loss']:.4f}." + (f" {self.data.note}." if self.data.note else ""))
        return Result("finished", self.folder, training.rows, found, training.network)

    def _stopped(self):
        """Whether somebody has pressed Ctrl-C, in whichever process it arrived."""
        if self.group.count == 1:
            return self.stop.asked
        return bool(self.group.sum(torch.tensor(int(self.stop.asked), device=self.group.device)))

    def _stop(self, lost=False):
        """Leave a checkpoint of the step just done; where there was no time for that (lost), the last one stands."""
        if not lost:
            self.recent and self._look()
            self.training.seconds = time.perf_counter() - self.begun
            self._save()
        self._status("stopped", step=self.saved or 0)
        if self.saved:
            self.screen.say(f"Stopped. The checkpoint of step {self.saved:,} is kept: go on with --resume (in a notebook: resume=True).")
        else:
            self.screen.say("Stopped before the first checkpoint: begin anew.")
        return Result("stopped", self.folder, self.training.rows, None, self.training.network)

    # --- what is written ---

    def _save(self):
        self._look()
        state = self.training.state()
        if self.group.first:
            checkpoints.save(self.folder / "checkpoint.pt", {**self.identity, "changes": self.changes, **state})
        self.saved = self.training.step

    def _facts(self):
        """What run.json says of the run."""
        training, recipe = self.training, self.recipe
        facts = {"recipe": recipe.name, "about": recipe.about, **self.identity, "changes": self.changes, "seed": recipe.seed}
        facts |= {"data": self.data.name, "note": self.data.note, "watched": self.watched, "commit": logs.commit(), "step": training.step}
        facts |= {"images": {part: len(getattr(self.batches, part)) for part in ("learn", "watch", "test")}, "per_epoch": self.batches.per_epoch}
        facts |= {"parameters": sum(p.numel() for p in training.network.parameters()), "machine": machine(training.device, self.group.count)}
        return {**facts, "begun": logs.read(self.folder).get("begun") or logs.now()}

    def _status(self, status, **facts):
        if self.log:
            self.log.status(status, **facts)


class Sized:
    """What a learner's own loop goes through: batches, made anew each time, and how many there are."""

    def __init__(self, make, length):
        self.make, self.length = make, length

    def __iter__(self):
        return self.make()

    def __len__(self):
        return self.length


def _numbers(name, found):
    """The loss and the error, two floats, that a learner's own function has returned."""
    try:
        loss, error = (float(each.detach() if isinstance(each, torch.Tensor) else each) for each in found)
        return loss, error
    except (TypeError, ValueError):
        raise TrainingError(f"Your {name} should return two numbers, the mean loss and the error (0 to 1); it returned {found!r:.80}.") from None


def _data(recipe, size, group):
    """The recipe's data. The first process reads them before the others do: they may have to be fetched."""
    read = {}

    def once():
        try:
            read["data"] = recipe.data(size)
        except (OSError, ValueError) as error:
            raise TrainingError(f"The data of {recipe.name} cannot be read. {error}") from error

    group.told(once)
    if not read:
        once()
    return read["data"]


def identity(recipe, size):
    """What makes a run this run and no other: a run goes on only as it was begun."""
    return {"recipe": recipe.name, "size": size, "settings": {key: logs.plain(value) for key, value in recipe.settings().items()}}
