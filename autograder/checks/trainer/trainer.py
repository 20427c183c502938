"""Trainer."""

from __future__ import annotations

import copy

from autograder import trainer_probes
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception
from autograder.values import Given

SEEN = ("losses", "rates", "sizes", "parameters", "statistics", "training")
RETURNS = (*SEEN, "resumed losses", "resumed parameters", "resumed statistics", "second losses")


def training(
    *, order="each epoch", drawn_from="own", seeded=True, last="kept", ahead=0, rates="before", mode="train", clear=True, parted=True, loss="before",
    lost=(), state="copied", loads="copied", counted="steps",
):
    """A class of trainers of the judge's own; every argument is a way to get it wrong. lost: what is missing in the state."""

    class Own:
        def __init__(self, model, optimizer, loss_function, images, labels, batch_size, schedule, parts=1, seed=0):
            import torch

            self.torch, self.net, self.rule, self.measure, self.schedule = torch, model, optimizer, loss_function, schedule
            self.images, self.labels, self.size, self.parts = images, labels, batch_size, parts if parted else 1
            self.own = torch.Generator().manual_seed(seed if seeded else 0)
            self.now = {"steps": 0, "order": torch.arange(len(images)), "position": len(images)}
            if drawn_from == "torch, seeded":
                torch.manual_seed(seed)
            self.first_rates = [group["lr"] for group in optimizer.param_groups]

        def _permutation(self):
            count = len(self.images)
            if order == "none":
                return self.torch.arange(count)
            if drawn_from != "own":
                return self.torch.randperm(count)
            if order == "once":
                return self.torch.randperm(count, generator=self.torch.Generator().manual_seed(self.own.initial_seed()))
            return self.torch.randperm(count, generator=self.own)

        def _set_rates(self):
            per_epoch = -(-len(self.images) // self.size) if counted == "epochs" else 1
            factor = self.schedule(self.now["steps"] // per_epoch + ahead)
            for group, rate in zip(self.rule.param_groups, self.first_rates):
                base = group["lr"] if rates == "multiplied" else rate
                group["lr"] = base * (1 if rates == "never" else factor)

        def _over(self):
            left = len(self.images) - self.now["position"]
            return left < self.size if last == "dropped" else left <= 0

        def step(self):
            now = self.now
            if self._over() or order == "each step":
                now["order"], now["position"] = self._permutation(), 0
            chosen = now["order"][now["position"] : now["position"] + self.size]
            now["position"] += len(chosen)
            if mode in ("train", "eval"):
                self.net.train(mode == "train")
            if rates != "after":
                self._set_rates()
            if clear:
                self.rule.zero_grad()
            images, labels = self.images[chosen], self.labels[chosen]
            total = 0.0
            for some, theirs in zip(images.tensor_split(self.parts), labels.tensor_split(self.parts)):
                part = self.measure(self.net(some), theirs) * (len(some) / len(images))
                part.backward()
                total += part.item()
            self.rule.step()
            now["steps"] += 1
            if rates == "after":
                self._set_rates()
            if loss == "after":
                with self.torch.no_grad():
                    total = self.measure(self.net(images), labels).item()
            return total

        def state_dict(self):
            found = {
                "model": self.net.state_dict(),
                "optimizer": self.rule.state_dict(),
                "own": self.own.get_state(),
                "random": self.torch.get_rng_state(),
                **self.now,
            }
            if "statistics" in lost:
                found["model"] = {name: parameter.detach() for name, parameter in self.net.named_parameters()}
            found = {name: value for name, value in found.items() if name not in lost}
            if state == "live":
                return found
            return copy.deepcopy(found) | ({"optimizer": found["optimizer"]} if state == "live memory" else {})

        def load_state_dict(self, found):
            if loads == "copied":
                found = copy.deepcopy(found)
            if "model" in found:
                self.net.load_state_dict(found["model"], strict="statistics" not in lost, assign=loads == "assigned")
            if "optimizer" in found:
                self.rule.load_state_dict(found["optimizer"])
            if "own" in found:
                self.own.set_state(found["own"])
            if "random" in found:
                self.torch.set_rng_state(found["random"])
            self.now |= {name: found[name] for name in self.now if name in found}
            if "order" in found and "position" not in found:
                self.now["position"] = 0

    return Own


LAYERS = [["Flatten", {}], ["Linear", {"in_features": 6, "out_features": 5}], ["Tanh", {}], ["Linear", {"in_features": 5, "out_features": 3}]]
NORMED = [*LAYERS[:2], ["BatchNorm1d", {"num_features": 5}], *LAYERS[2:]]
DROPPED = [*LAYERS[:2], ["Dropout", {"p": 0.4}], *LAYERS[2:]]
SGD, MOMENTUM = {"name": "SGD", "lr": 0.2}, {"name": "SGD", "lr": 0.1, "momentum": 0.9}
ADAM = {"name": "Adam", "lr": 0.05}
SUMMED = 1e-6  # a loss that is added up in float32 is right too


def _draw(rng):
    def drawn(count, batch_size, before, after=0, layers=LAYERS, optimizer=SGD, parts=1, level=True, training=True):
        first, second = (
            Given("sequential", {"layers": layers, "seed": int(rng.integers(10**6)), "training": way}) for way in (training, True)
        )
        steps = before + after + 2
        factors = [1.0] * steps if level else [float(factor) for factor in rng.uniform(0.2, 1.5, steps).round(2)]
        data = {"images": normal(rng, count, 2, 3), "labels": rng.integers(0, 3, count), "batch_size": batch_size}
        more = {"parts": parts, "seed": int(rng.integers(1, 1000)), "schedule": Given("by_step", {"factors": factors})}
        handed = {"model": first, "other": second, "optimizer": optimizer, "loss_function": Given("loss", {"name": "cross_entropy"})}
        return handed | data | more | {"before": before, "after": after, "random": int(rng.integers(1, 1000))}

    yield Case("one step", drawn(6, 6, 1), compare=("parameters", "losses"), tolerance=SUMMED)
    yield Case("one step", drawn(9, 4, 1, training=False, layers=NORMED), compare=("parameters", "statistics", "training"))
    for count, batch_size, steps, optimizer in ((9, 3, 6, SGD), (10, 4, 5, MOMENTUM)):
        yield Case("epochs", drawn(count, batch_size, steps, optimizer=optimizer), compare=("losses", "parameters"), tolerance=SUMMED)
    for optimizer in (SGD, ADAM):
        yield Case("schedule", drawn(8, 3, 5, optimizer=optimizer, level=False), compare=("rates",))
    yield Case("parts", drawn(10, 5, 3, parts=2), compare=("sizes", "losses"), tolerance=SUMMED)
    resumed = RETURNS[6:]
    yield Case("resume after an epoch", drawn(8, 4, 4, 3), compare=resumed, tolerance=SUMMED)
    yield Case("resume after an epoch", drawn(6, 3, 2, 3, optimizer=MOMENTUM, level=False), compare=resumed, tolerance=SUMMED)
    yield Case("resume within an epoch", drawn(10, 3, 2, 4), compare=resumed, tolerance=SUMMED)
    yield Case("resume within an epoch", drawn(11, 4, 4, 3, optimizer=ADAM, layers=NORMED, level=False), compare=resumed, tolerance=SUMMED)
    yield Case("resume with dropout", drawn(9, 4, 2, 3, layers=DROPPED, optimizer=MOMENTUM), compare=resumed, tolerance=SUMMED)


Trainer = Exercise(
    id="trainer.Trainer",
    title="Training that can be stopped",
    difficulty=5,
    minutes=60,
    aspects=(
        Aspect("one step", 5, "one step: its batch, the update, the loss"),
        Aspect("epochs", 7, "the order of the images, epoch after epoch, with a smaller last batch"),
        Aspect("schedule", 5, "the rates of every step are those of the schedule"),
        Aspect("parts", 3, "batches in parts"),
        Aspect("resume after an epoch", 7, "another trainer goes on from the state as this one does"),
        Aspect("resume within an epoch", 8, "also in the middle of an epoch, with Adam's memory, batch norm's statistics and a schedule"),
        Aspect("resume with dropout", 5, "also where torch's own generator draws"),
    ),
    draw=_draw,
    oracle=lambda **inputs: trainer_probes.resumed(training(), inputs),
    probe="resumed",
    returns=RETURNS,
    imports=("torch",),
    misconceptions=(
        Misconception(
            "never_shuffled", "The images come in the order in which they lie.", "Each epoch begins with torch.randperm(N, generator=…).",
            training(order="none"),
        ),
        Misconception(
            "shuffled_once",
            "All epochs have the same order.",
            "Draw a new permutation from the same generator when an epoch begins; make the generator once, in __init__.",
            training(order="once"),
        ),
        Misconception(
            "shuffled_each_step",
            "The order is drawn anew for every step: within an epoch images come twice, or not at all.",
            "Draw it when the one before is used up, and keep how far you are.",
            training(order="each step"),
        ),
        Misconception(
            "torchs_own_generator",
            "The order is drawn from torch's own generator, and not from that of the trainer.",
            "torch.randperm(N, generator=self.generator).",
            training(drawn_from="torch"),
        ),
        Misconception(
            "torch_seeded",
            "torch's own generator is seeded and draws the order: dropout draws from it too, and each disturbs the other.",
            "Make one of your own, torch.Generator().manual_seed(seed), and hand it to torch.randperm.",
            training(drawn_from="torch, seeded"),
        ),
        Misconception("seed_ignored", "The order is the same whatever the seed.", "torch.Generator().manual_seed(seed).", training(seeded=False)),
        Misconception(
            "small_batch_dropped",
            "The last batch of an epoch is left out where it is smaller.",
            "An epoch ends when no image is left.",
            training(last="dropped"),
        ),
        Misconception(
            "schedule_one_step_ahead",
            "The schedule is asked for the step after this one.",
            "It is asked for the steps made so far: 0 at the first.",
            training(ahead=1),
        ),
        Misconception(
            "rates_set_after_the_step",
            "The rates are set when the step is over: each step goes by the rate before, and the first by none of the schedule's.",
            "Set them before optimizer.step().",
            training(rates="after"),
        ),
        Misconception(
            "rates_multiply_up",
            "The factors of the schedule multiply up.",
            "Each is a factor of the rate that the optimizer was made with: set_learning_rates does that.",
            training(rates="multiplied"),
        ),
        Misconception("no_schedule", "The rates stay as they are.", "set_learning_rates(optimizer, schedule(steps)) before each step.",
                      training(rates="never")),
        Misconception(
            "schedule_by_epoch",
            "The schedule is asked for the number of epochs.",
            "It is asked for the steps made so far: a warm-up rises with every step.",
            training(counted="epochs"),
        ),
        Misconception("mode_untouched", "The model learns in the mode that it happens to be in: in evaluation mode, if somebody has just tested it.",
                      "Call model.train() in step, not once and for all.", training(mode=None)),
        Misconception("in_evaluation", "The model learns in evaluation mode.", "Call model.train() in step.", training(mode="eval")),
        Misconception(
            "gradients_add_up",
            "The gradients of earlier steps are still there.",
            "accumulate_gradients adds: call optimizer.zero_grad() before it.",
            training(clear=False),
        ),
        Misconception("parts_ignored", "The batch goes through the model as a whole.", "Hand `parts` on to accumulate_gradients.",
                      training(parted=False)),
        Misconception("loss_after", "The loss is that of the step's end.", "Return what the gradients were computed from.", training(loss="after")),
        Misconception(
            "live_state",
            "The state changes when training goes on: it holds the tensors that are trained, not a copy.",
            "model.state_dict() gives the living tensors: copy.deepcopy the whole.",
            training(state="live"),
        ),
        Misconception(
            "memory_live",
            "The optimizer's memory in the state changes when training goes on: only the model's numbers were copied.",
            "optimizer.state_dict() gives living tensors as well: copy.deepcopy the whole.",
            training(state="live memory"),
        ),
        Misconception(
            "memory_trained_on",
            "After load_state_dict, the optimizer works in the state's own tensors and changes them.",
            "optimizer.load_state_dict does not copy: begin with copy.deepcopy(state).",
            training(loads="shared"),
        ),
        Misconception(
            "state_trained_on",
            "After load_state_dict, training goes on in the state's own tensors and changes it.",
            "Copy the state before you load it.",
            training(loads="assigned"),
        ),
        Misconception("parameters_forgotten", "The state lacks the model's numbers.", "model.state_dict() has parameters and running statistics.",
                      training(lost=("model",))),
        Misconception(
            "statistics_forgotten",
            "The state has the model's parameters, but not batch norm's running statistics.",
            "model.state_dict() has both; model.parameters() has not.",
            training(lost=("statistics",)),
        ),
        Misconception(
            "weights_and_memory_only",
            "The state has the model and the optimizer's memory, and nothing of where training stands.",
            "The next step also needs the number of steps, the order and the position in it, the generator, and torch.get_rng_state().",
            training(lost=("own", "random", "order", "position", "steps")),
        ),
        Misconception(
            "optimizer_forgotten",
            "The state lacks the optimizer's memory: momentum begins again at zero.",
            "optimizer.state_dict(), and load_state_dict for it.",
            training(lost=("optimizer",)),
        ),
        Misconception(
            "generator_forgotten",
            "The state lacks the generator: the next epoch has another order.",
            "generator.get_state(), and set_state.",
            training(lost=("own",)),
        ),
        Misconception(
            "torchs_generator_forgotten",
            "The state lacks torch's own generator: dropout drops others.",
            "torch.get_rng_state(), and torch.set_rng_state.",
            training(lost=("random",)),
        ),
        Misconception(
            "epoch_begins_anew",
            "A trainer that goes on begins a new epoch.",
            "The order and the position in it belong to the state.",
            training(lost=("order", "position")),
        ),
        Misconception(
            "position_forgotten",
            "The order of the epoch is remembered, but not how far it was used: its first images come again.",
            "The position belongs to the state.",
            training(lost=("position",)),
        ),
        Misconception(
            "order_forgotten",
            "The position in the epoch is remembered, but not the order of its images.",
            "The permutation belongs to the state: the generator has moved on since it was drawn.",
            training(lost=("order",)),
        ),
        Misconception(
            "steps_forgotten",
            "A trainer that goes on counts its steps from zero: the schedule begins again.",
            "The number of steps belongs to the state.",
            training(lost=("steps",)),
        ),
    ),
    hints=(
        "Imagine the process dies between two steps. Which numbers would the next step have used: to choose its images, its rate, its update, and "
        "what dropout drops?",
        "Keep in the object: steps made, the order of this epoch, the position in it, a generator. step uses your two functions; state_dict collects "
        "these with the states of model, optimizer and torch; load_state_dict puts each back.",
        "step: at the end of the order draw a new one and set position 0; take the next batch_size numbers of it; model.train(), rates by "
        "schedule(steps), zero_grad, accumulate_gradients, optimizer.step(); count on. state_dict: a dictionary of model.state_dict(), "
        "optimizer.state_dict(), steps, order, position, generator.get_state(), torch.get_rng_state(), deeply copied.",
    ),
)
