"""Checks of cnnlib/training.py: an epoch that learns, and a look that does not."""

from __future__ import annotations

import numpy as np

from autograder import torch_probes
from autograder.checks.nets.modules import OF_MODEL
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception
from autograder.values import Given


def passing(
    *,
    learns,
    zero="before",
    step="after",
    mode=None,
    after=None,
    graph=None,
    mean="examples",
    error="wrong",
    batches=None,
    scored="before",
    loss_of="all",
    called="module",
    softmax=False,
    own_loss=False,
    moved=("images", "labels"),
    tensors=False,
):
    """The judge's own pass over the data; every argument but `learns` is a way to get it wrong."""

    def run(model, loader, loss_function, optimizer=None):
        import torch
        from torch.nn.functional import cross_entropy

        training, device = model.training, next(model.parameters()).device
        measure = cross_entropy if own_loss else loss_function
        if (mode or ("train" if learns else "eval")) != "untouched":
            model.train(mode == "train" or mode is None and learns)
        examples = wrong = total = count = 0
        rates = []
        loader = list(loader)[:batches]
        with torch.set_grad_enabled(learns or graph == "recorded"):
            for batch in loader:
                images, labels = (part.to(device) if name in moved else part for name, part in zip(("images", "labels"), batch))
                scores = model(images) if called == "module" else model.forward(images)
                scores = scores.softmax(1) if softmax else scores
                loss = measure(scores, labels)
                if learns:
                    if zero == "before":
                        optimizer.zero_grad()
                    if step == "before":
                        optimizer.step()
                    loss.backward()
                    if step == "after" or step == "once" and batch is loader[-1]:
                        optimizer.step()
                if scored == "after":
                    scores = model(images)
                    loss = measure(scores, labels)
                examples, count = examples + len(images), count + 1
                wrong += (scores.argmax(1) != labels).sum().item()
                rates.append((scores.argmax(1) != labels).double().mean().item())
                weight = {"examples": len(images), "batches": 1, "twice": 1, "sum": len(images)}[mean]
                total = total + loss.item() * weight if loss_of == "all" else loss.item()
        if not learns or after:
            model.train(training if after is None else after == "train")
        loss = total / {"examples": examples, "twice": examples, "batches": count, "sum": 1}[mean] if loss_of == "all" else total
        rate = wrong / examples
        rate = {"wrong": rate, "right": 1 - rate, "percent": 100 * rate, "count": wrong, "batches": sum(rates) / count}[error]
        return (torch.tensor(loss), torch.tensor(rate)) if tensors else (loss, rate)

    if learns:
        return lambda model, loader, optimizer, loss_function: run(model, loader, loss_function, optimizer)
    return lambda model, loader, loss_function: run(model, loader, loss_function)


def _expected(learns):
    return lambda **inputs: torch_probes.of_model(passing(learns=learns), inputs)


def _view(inputs, output):
    """A tensor costs the points for that number alone."""
    numbers, rest = output[0], output[1:]
    loss, error = ("a tensor: take .item()" if isinstance(number, np.ndarray) else number for number in numbers)
    return loss, error, *rest


SMALL = [["Flatten", {}], ["Linear", {"in_features": 12, "out_features": 4}]]
NORMED = [
    ["Conv2d", {"in_channels": 1, "out_channels": 3, "kernel_size": 2}], ["BatchNorm2d", {"num_features": 3}], ["ReLU", {}], ["Flatten", {}],
    ["Dropout", {"p": 0.4}], ["Linear", {"in_features": 18, "out_features": 4}],
]


def _drawn(rng, layers, sizes, training, optimizer=None, loss="cross_entropy", away=False):
    model = Given("sequential", {"layers": layers, "seed": int(rng.integers(10**6)), "training": training})
    loader = [(normal(rng, n, 1, 4, 3), rng.integers(0, 4, n)) for n in sizes]
    made = {"model": model, "loader": Given("elsewhere", {"batches": loader}) if away else loader, "loss_function": Given("loss", {"name": loss})}
    return made | ({"optimizer": optimizer} if optimizer else {})


OTHER = "multi_margin_loss"
SUMMED = 1e-6  # who adds the losses up in a float32 tensor is right too
SGD, MOMENTUM = {"name": "SGD", "lr": 0.3}, {"name": "SGD", "lr": 0.1, "momentum": 0.9}
ADAM = {"name": "AdamW", "lr": 0.05, "weight_decay": 0.1}


def _draw_training(rng):
    yield Case("one batch", _drawn(rng, SMALL, [6], True, SGD), compare=("parameters",))
    for sizes, optimizer in (((5, 5, 5), SGD), ((4, 4, 3), MOMENTUM), ((6, 2), ADAM)):
        yield Case("batches", _drawn(rng, SMALL, sizes, True, optimizer), compare=("parameters",))
    yield Case("batches", _drawn(rng, SMALL, (5, 4), True, SGD, OTHER), compare=("parameters",))
    for training in (False, True):
        yield Case("mode", _drawn(rng, NORMED, (5, 4), training, SGD), compare=("parameters", "statistics", "modes", "passes"))
    for sizes in ((7,), (6, 6, 2), (5, 3)):
        yield Case("mean loss", _drawn(rng, SMALL, sizes, True, SGD), compare=("loss",), tolerance=SUMMED)
        yield Case("error", _drawn(rng, SMALL, sizes, True, SGD), compare=("error",), tolerance=SUMMED)
    yield Case("device", _drawn(rng, SMALL, (5, 3), True, SGD, away=True), compare=("parameters", "loss", "error"), tolerance=SUMMED)


def _draw_evaluation(rng):
    yield Case("mean loss", _drawn(rng, SMALL, (5, 4), False, loss=OTHER), compare=("loss",), tolerance=SUMMED)
    for layers, sizes in ((SMALL, (7,)), (SMALL, (6, 6, 2)), (SMALL, (5, 3))):
        yield Case("mean loss", _drawn(rng, layers, sizes, False), compare=("loss",), tolerance=SUMMED)
        yield Case("error", _drawn(rng, layers, sizes, False), compare=("error",), tolerance=SUMMED)
    for training in (True, False):
        yield Case("mode", _drawn(rng, NORMED, (5, 4), training), compare=("loss", "error", "statistics"), tolerance=SUMMED)
        yield Case("afterwards", _drawn(rng, NORMED, (5, 4), training), compare=("modes", "parameters"))
    yield Case("device", _drawn(rng, SMALL, (5, 3), False, away=True), compare=("loss", "error"), tolerance=SUMMED)
    yield Case("no gradients", _drawn(rng, NORMED, (5, 4), False), compare=("passes",))


def _shared(learns):
    """What goes wrong with and without learning alike."""

    def slip(**how):
        return passing(learns=learns, **how)

    return (
        Misconception(
            "mean_of_batches",
            "The mean is taken over the batches, so that an example of a small batch counts more.",
            "Add up loss · len(images), and divide by the number of examples.",
            slip(mean="batches"),
        ),
        Misconception(
            "divided_twice",
            "The batches' losses are means already, and are divided by the number of all examples.",
            "Take each as often as its batch has examples: add up loss · len(images), and divide then.",
            slip(mean="twice"),
        ),
        Misconception(
            "error_of_batches",
            "The error is a mean over the batches, so that an example of a small batch counts more.",
            "Count the wrong answers of all batches, and divide by the number of examples.",
            slip(error="batches"),
        ),
        Misconception("sum_of_losses", "The losses are added up and not divided.", "Divide by the number of examples.", slip(mean="sum")),
        Misconception(
            "last_loss", "The loss is the last batch's.", "Add up over all batches, each with its number of examples.", slip(loss_of="last")
        ),
        Misconception("accuracy", "What comes back is the share that is right.", "The error is the share that is wrong.", slip(error="right")),
        Misconception("percent", "The error is in percent.", "A share lies between 0 and 1.", slip(error="percent")),
        Misconception("count", "The error is a number of examples.", "Divide by the number of examples.", slip(error="count")),
        Misconception("first_batch_only", "Only the first batch is used.", "A return inside the loop ends it after one batch.", slip(batches=1)),
        Misconception(
            "forward_called", "model.forward is called, and not the model: no hook hears of that.", "Call the module itself: model(images).",
            slip(called="forward"),
        ),
        Misconception(
            "softmax_before_loss",
            "The scores go through a softmax before the loss.",
            "loss_function takes the scores as they are.",
            slip(softmax=True),
        ),
        Misconception(
            "not_moved",
            "Images and labels stay where the loader made them, and the model is elsewhere: on a graphics card, say.",
            "Ask one of the parameters for its device, and move both tensors of the batch there: .to(…) gives new ones.",
            slip(moved=()),
        ),
        Misconception(
            "own_loss", "The loss is the cross-entropy, whatever was handed in.", "Call loss_function(scores, labels).", slip(own_loss=True)
        ),
        Misconception(
            "tensors_returned", "Loss and error are returned as tensors, not as plain floats.", "Take .item() of each batch's loss and count.",
            slip(tensors=True),
        ),
    )


train_one_epoch = Exercise(
    id="training.train_one_epoch",
    title="One epoch of training",
    difficulty=3,
    minutes=35,
    aspects=(
        Aspect("one batch", 4, "the parameters after one batch"),
        Aspect("batches", 6, "the parameters after several batches, with any optimizer"),
        Aspect("mode", 4, "training mode, however the model came: batch norm and dropout do what they do in training"),
        Aspect("mean loss", 4, "the mean loss over all examples"),
        Aspect("device", 1, "images and labels are moved to where the model's parameters are"),
        Aspect("error", 3, "the share of wrong examples"),
    ),
    draw=_draw_training,
    oracle=_expected(True),
    view=_view,
    probe="of_model",
    returns=("loss", "error", *OF_MODEL[1:]),
    imports=("torch",),
    misconceptions=(
        Misconception(
            "gradients_add_up",
            "The gradients of earlier batches are still there: PyTorch adds to them.",
            "Call optimizer.zero_grad() before each backward.",
            passing(learns=True, zero="never"),
        ),
        Misconception(
            "step_before_backward",
            "The step comes before backward: it takes no gradient, or the one before.",
            "The order is zero_grad, backward, step.",
            passing(learns=True, zero="never", step="before"),
        ),
        Misconception(
            "never_steps",
            "The parameters stay as they are: no step is taken, or one without gradients.",
            "The order is optimizer.zero_grad(), loss.backward(), optimizer.step().",
            passing(learns=True, step="never"),
        ),
        Misconception(
            "one_step",
            "There is one step in all, at the end of the epoch.",
            "optimizer.step() belongs inside the loop.",
            passing(learns=True, step="once"),
        ),
        Misconception(
            "mode_as_it_came",
            "The model learns in the mode that it came with.",
            "Call model.train() first: somebody may have called eval().",
            passing(learns=True, mode="untouched"),
        ),
        Misconception(
            "in_evaluation",
            "The model learns in evaluation mode: batch norm uses its running statistics, and dropout drops nothing.",
            "Call model.train() first.",
            passing(learns=True, mode="eval"),
        ),
        Misconception(
            "scores_after_step",
            "Loss and error are of the scores after the step.",
            "Take the scores that the loss was computed from; a second forward pass costs time.",
            passing(learns=True, scored="after"),
        ),
        Misconception(
            "left_in_evaluation",
            "The model is left in evaluation mode.",
            "It stays in training mode: what looks at it next sets the mode that it needs.",
            passing(learns=True, after="eval"),
        ),
        *_shared(True),
    ),
    hints=(
        "For every batch four things happen. Which of them fills the gradients, which uses them, and who takes away what was there before?",
        "First model.train(). For each batch: scores, loss, clear the gradients, backward, step. Beside it keep three sums: examples, loss times "
        "examples, wrong answers.",
        "model.train(); sums at zero. Loop over the loader, move both tensors to the parameters' device, scores = model(images), the loss. "
        "optimizer.zero_grad(), loss.backward(), optimizer.step(). Add len(images), loss.item() times that, and how many argmax(dim=1) differ "
        "from the labels. After the loop divide both sums by the examples.",
    ),
)

evaluate = Exercise(
    id="training.evaluate",
    title="Look without learning",
    difficulty=2,
    minutes=20,
    aspects=(
        Aspect("mean loss", 3, "the mean loss over all examples"),
        Aspect("device", 1, "images and labels are moved to where the model's parameters are"),
        Aspect("error", 3, "the share of wrong examples"),
        Aspect("mode", 4, "evaluation mode, however the model came: running statistics normalise and stay as they are, nothing is dropped"),
        Aspect("afterwards", 3, "afterwards the model is in its former mode, and has learned nothing"),
        Aspect("no gradients", 2, "nothing is recorded for gradients: that saves memory and time"),
    ),
    draw=_draw_evaluation,
    oracle=_expected(False),
    view=_view,
    probe="of_model",
    returns=("loss", "error", *OF_MODEL[1:]),
    imports=("torch",),
    misconceptions=(
        Misconception(
            "in_training",
            "The model is looked at in training mode: batch norm normalises by the batch and moves its statistics, dropout drops.",
            "Call model.eval() first.",
            passing(learns=False, mode="train"),
        ),
        Misconception(
            "mode_as_it_came",
            "The model is looked at in the mode that it came with.",
            "Call model.eval() first: during training it comes in training mode.",
            passing(learns=False, mode="untouched"),
        ),
        Misconception(
            "left_in_evaluation",
            "The model is left in evaluation mode.",
            "Note model.training before, and call model.train(…) with it in the end.",
            passing(learns=False, after="eval"),
        ),
        Misconception(
            "left_in_training",
            "The model is left in training mode, however it came.",
            "Note model.training before, and call model.train(…) with it in the end.",
            passing(learns=False, after="train"),
        ),
        Misconception(
            "gradients_recorded",
            "Everything is recorded for gradients that nobody asks for.",
            "Put the loop inside `with torch.no_grad():`.",
            passing(learns=False, graph="recorded"),
        ),
        *_shared(False),
    ),
    hints=(
        "It is train_one_epoch without learning. What must go, and what must be switched off?",
        "Note the mode, model.eval(), and within torch.no_grad() the same loop with the same three sums. Then put the mode back.",
        "training = model.training; model.eval(). with torch.no_grad(): loop, scores, loss, sums, as before. model.train(training). Divide both "
        "sums by the examples.",
    ),
)

EXERCISES = (train_one_epoch, evaluate)
