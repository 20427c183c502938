"""accumulate_gradients."""

from __future__ import annotations

from autograder import trainer_probes
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception
from autograder.values import Given

RETURNS = ("loss", "gradients", "parameters", "sizes", "images kept at a time", "order of the images", "modes")
ONE_AT_A_TIME = ("sizes", "images kept at a time", "order of the images", "modes")


def accumulating(
    *, weight="share", pieces="even", cleared=None, together=False, loss_weight=None, mode=None, labels_of="part", steps=False, empty="left out",
    measure=None, graphs="freed", tensor=False, last_loss=False,
):
    """The judge's own accumulation; every argument is a way to get it wrong."""

    def accumulate(model, loss_function, images, labels, parts):
        import torch
        from torch.nn import functional

        if measure is not None:
            loss_function = getattr(functional, measure)
        if mode is not None:
            model.train(mode)
        if cleared == "before":
            model.zero_grad()
        count = len(images)
        if pieces == "even":
            cut = list(zip(images.tensor_split(parts), labels.tensor_split(parts)))
        elif pieces == "rest dropped":
            size = max(count // parts, 1)
            cut = [(images[i * size : (i + 1) * size], labels[i * size : (i + 1) * size]) for i in range(min(parts, count))]
        elif pieces == "of size parts":
            cut = list(zip(images.split(parts), labels.split(parts)))
        elif pieces == "chunks":
            cut = list(zip(images.chunk(parts), labels.chunk(parts)))
        elif pieces == "strided":
            cut = [(images[i::parts], labels[i::parts]) for i in range(parts)]
        elif pieces == "rest at end":
            size = max(count // parts, 1)
            bounds = [*(i * size for i in range(min(parts, count))), count]
            cut = [(images[a:b], labels[a:b]) for a, b in zip(bounds, bounds[1:])]
        if empty == "left out":
            cut = [part for part in cut if len(part[0])]
        if together:
            cut = [(images, labels)]
        total, waiting = 0.0, []
        for some, theirs in cut:
            if cleared == "each":
                model.zero_grad()
            loss = loss_function(model(some), theirs if labels_of == "part" else labels[: len(some)])
            shares = {"share": len(some) / count, "none": 1, "parts": 1 / parts, "count": 1 / count, "size": len(some)}
            share = shares[weight]
            waiting.append(loss * share)
            if graphs == "freed":
                waiting.pop().backward()
            total = total * (not last_loss) + loss.item() * (shares | {"twice": share**2})[loss_weight or weight]
            if steps:
                with torch.no_grad():
                    for parameter in model.parameters():
                        parameter -= 0.1 * parameter.grad
        for loss in waiting:
            loss.backward()
        return torch.tensor(total) if tensor else total

    return accumulate


LAYERS = [["Flatten", {}], ["Linear", {"in_features": 6, "out_features": 5}], ["Tanh", {}], ["Linear", {"in_features": 5, "out_features": 3}]]
SUMMED = 1e-6  # a loss that is added up in float32 is right too


def _draw(rng):
    def drawn(count, parts, already=None, training=True, measure="cross_entropy"):
        model = Given("sequential", {"layers": LAYERS, "seed": int(rng.integers(10**6)), "training": training})
        batch = {"images": normal(rng, count, 2, 3), "labels": rng.integers(0, 3, count)}
        return {"model": model, "loss_function": Given("loss", {"name": measure}), **batch, "parts": parts, "already": already}

    yield Case("one part", drawn(5, 1), compare=("gradients", "parameters"))
    for count, parts in ((8, 4), (9, 3)):
        yield Case("equal parts", drawn(count, parts), compare=("gradients", "parameters"))
    for count, parts, measure in ((7, 2, "cross_entropy"), (11, 4, "cross_entropy"), (8, 3, "multi_margin_loss")):
        yield Case("unequal parts", drawn(count, parts, measure=measure), compare=("gradients",))
    for count, parts, measure in ((6, 1, "cross_entropy"), (12, 4, "cross_entropy"), (11, 3, "multi_margin_loss")):
        yield Case("loss", drawn(count, parts, measure=measure), compare=("loss",), tolerance=SUMMED)
    yield Case("adds", drawn(6, 3, already=0.5), compare=("gradients",))
    for count, training in ((11, True), (10, False)):
        yield Case("memory", drawn(count, 4, training=training), compare=ONE_AT_A_TIME)
    yield Case("few images", drawn(3, 5), compare=("gradients", "loss"), tolerance=SUMMED)


accumulate_gradients = Exercise(
    id="trainer.accumulate_gradients",
    title="A large batch in parts",
    difficulty=3,
    minutes=30,
    aspects=(
        Aspect("one part", 2, "the whole batch at once"),
        Aspect("equal parts", 5, "parts of equal size: the gradients of the batch's mean"),
        Aspect("unequal parts", 5, "parts of sizes that differ by one: every image counts the same"),
        Aspect("loss", 3, "the mean loss over the batch, a float"),
        Aspect("adds", 2, "gradients that were there already are added to"),
        Aspect("memory", 3, "one part at a time, in the batch's order, and nothing kept of those before; the model's mode stays as it is"),
        Aspect("few images", 2, "more parts than images"),
    ),
    draw=_draw,
    oracle=lambda **inputs: trainer_probes.accumulated(accumulating(), inputs),
    probe="accumulated",
    returns=RETURNS,
    imports=("torch",),
    misconceptions=(
        Misconception(
            "means_added_up",
            "The gradients of the parts' means are added up as they are: they are as many times too large as there are parts.",
            "Each part's mean counts by its share of the batch: multiply the loss by len(part) / len(images) before backward().",
            accumulating(weight="none"),
        ),
        Misconception(
            "mean_of_means",
            "Every part counts the same, also where one has fewer images.",
            "Divide by the share of the images, len(part) / len(images), not by the number of parts.",
            accumulating(weight="parts"),
        ),
        Misconception(
            "divided_by_images",
            "Each part's mean is divided by the number of all images, although it is a mean already.",
            "A part's mean times its number of images is its sum: multiply by len(part) / len(images).",
            accumulating(weight="count"),
        ),
        Misconception(
            "last_part_only",
            "The gradients are those of the last part: what the earlier ones gave was cleared away.",
            "backward() adds up. Nothing is to be cleared between the parts.",
            accumulating(cleared="each"),
        ),
        Misconception(
            "cleared_before",
            "Gradients that were there before are cleared.",
            "Whoever calls clears them: leave them, and backward() adds to them.",
            accumulating(cleared="before"),
        ),
        Misconception(
            "rest_dropped",
            "The images that are left over when the parts do not divide the batch are never seen.",
            "images.tensor_split(parts) gives parts whose sizes differ by at most one, and no image is lost.",
            accumulating(pieces="rest dropped"),
        ),
        Misconception(
            "rest_in_last_part",
            "All images that are left over are in the last part, which becomes too large.",
            "images.tensor_split(parts) gives parts whose sizes differ by at most one.",
            accumulating(pieces="rest at end"),
        ),
        Misconception(
            "parts_of_that_size",
            "`parts` is taken for the size of a part.",
            "It says how many there are: tensor_split(parts) cuts into so many; split(size) makes parts of one size.",
            accumulating(pieces="of size parts"),
        ),
        Misconception(
            "all_at_once",
            "The whole batch goes through the model at once.",
            "Only one part at a time: forward, backward, and then the next. That frees the memory in between.",
            accumulating(together=True),
        ),
        Misconception(
            "graphs_kept",
            "backward() waits until all parts have gone forward: autograd keeps what it needs for every one of them.",
            "Call backward() for each part before the next one goes forward: that sets its memory free.",
            accumulating(graphs="kept"),
        ),
        Misconception(
            "chunked",
            "The parts' sizes differ by more than one: chunk fills each part, and leaves what remains to the last.",
            "images.tensor_split(parts) gives parts whose sizes differ by at most one.",
            accumulating(pieces="chunks"),
        ),
        Misconception(
            "strided",
            "A part takes every so manyth image, and not images that follow each other.",
            "images.tensor_split(parts) cuts the batch in its order.",
            accumulating(pieces="strided"),
        ),
        Misconception(
            "loss_function_ignored",
            "The loss is cross-entropy, whatever loss_function is.",
            "Call the loss_function that is handed in.",
            accumulating(measure="cross_entropy"),
        ),
        Misconception(
            "sums_added_up",
            "The gradients are those of the sum over the images, not of their mean.",
            "A part's mean counts by its share of the batch: len(part) / len(images).",
            accumulating(weight="size"),
        ),
        Misconception(
            "sums_for_gradients",
            "The loss is right, but the gradients are those of the sum over the images, not of their mean.",
            "Divide by len(images) before backward(), not at the end.",
            accumulating(weight="size", loss_weight="share"),
        ),
        Misconception(
            "last_loss",
            "The loss that is returned is that of the last part alone.",
            "Add up the losses of all parts, each weighted by its share.",
            accumulating(last_loss=True),
        ),
        Misconception(
            "loss_a_tensor",
            "The loss is returned as a tensor, not as a plain float.",
            "Take loss.item(): a sum of tensors also keeps the graph of every part.",
            accumulating(tensor=True),
        ),
        Misconception(
            "first_labels",
            "Every part is compared with the first labels.",
            "Cut the labels as the images: zip(images.tensor_split(parts), labels.tensor_split(parts)).",
            accumulating(labels_of="first"),
        ),
        Misconception(
            "loss_weighted_twice",
            "The loss that is returned was weighted by the share twice.",
            "Add up either the weighted losses as they are, or the means times their share.",
            accumulating(loss_weight="twice"),
        ),
        Misconception(
            "losses_added_up",
            "The gradients are right, but the losses of the parts are added up as they are.",
            "Weight each by its share of the images, as for backward().",
            accumulating(loss_weight="none"),
        ),
        Misconception(
            "loss_mean_of_means",
            "The gradients are right, but the loss is a mean over the parts: one with fewer images counts as much.",
            "Weight each by its share of the images, as for backward().",
            accumulating(loss_weight="parts"),
        ),
        Misconception(
            "empty_parts",
            "Parts without images are worked on too: their mean is 0 / 0.",
            "Where there are more parts than images, leave out those that are empty.",
            accumulating(empty="kept"),
        ),
        Misconception(
            "in_evaluation", "The model is put into evaluation mode.", "Its mode is not yours to change here.", accumulating(mode=False)
        ),
        Misconception("in_training", "The model is put into training mode.", "Its mode is not yours to change here.", accumulating(mode=True)),
        Misconception(
            "stepped", "The parameters change between the parts.", "Only gradients are made here: the step comes when all are there.",
            accumulating(steps=True),
        ),
    ),
    hints=(
        "backward() adds to the gradients that are there. What must each part's mean be multiplied by, so that the sum is the mean of all?",
        "Cut images and labels alike. For each part: loss, times the part's share of the images, backward. Add up the same numbers for the result.",
        "total = 0. Loop over zip(images.tensor_split(parts), labels.tensor_split(parts)), leave out empty ones. loss = loss_function(model(part), "
        "its labels) · len(part) / len(images); backward; total += loss.item(). Return total.",
    ),
)
