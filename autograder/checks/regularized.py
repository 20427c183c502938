"""Checks of cnnlib/regularized.py: the learner's augmentation and dropout around a small network.

Its answer is random, but the gradients tell what the network has seen: a unit's row of w1's gradient is its input times the
unit's gradient of b1; with one image, a row of w2's gradient is the hidden layer times a gradient of b2. So crops, flips and
masks are computed back, and judged. Where nothing is random (no padding, p = 0, images that are their own mirror images; or
test time), the numbers are.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.checks.dropout.chance import OTHER_RANDOMNESS, OWN_SEED, SEED, factors, followed, other_randomness, own_seed, share, thrice
from autograder.draw import distinct, normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases
from autograder.oracles import tensor
from autograder.values import Seed

NAMES = ("w1", "b1", "w2", "b2")
NUMBERS = ("loss", *NAMES)
NOISE, MOVED, MIRRORED, TOGETHER = "at test time", "images move", "images are mirrored", "loss and gradients"
FORWARD, BACKWARD, MASKS, SHARE = "hidden numbers are multiplied by", "their gradients are multiplied by", "mask", "probability of dropping"
SCORES = "gradient of b2"
KEYS, ALONE = "names of the gradients", "w1, b1, w2 and b2 alone"
UNTOLD = "not told"
WHERE = "07, “All together”"


# --- The network, right and wrong -------------------------------------------------------------------------------------


def _noisy(
    *,
    crop: bool = True,
    flip: bool = True,
    drop: str = "hidden",
    back: str = "same",
    augment_at_test: bool = False,
    drop_at_test: bool = False,
    never: bool = False,
    old_images: bool = False,
):
    """Loss and gradients by autograd in float64; every argument is a way to get it wrong.

    drop        what is dropped: "hidden", "inputs", "scores" or "nothing"
    back        mask of the way back: the "same", "none", "another", or the same "unscaled"
    old_images  the gradient of w1 is computed with the images that came in
    """

    def loss_and_gradients(parameters, images, labels, p, padding, training, rng):
        import torch
        import torch.nn.functional as F

        training = training and not never
        x = images.astype(np.float64)
        if training or augment_at_test:
            x = _augmented(x, padding if crop else 0, rng, flip)
        x = tensor(x.reshape(len(x), -1))

        def mask(numbers):
            return tensor(rng.random(tuple(numbers.shape)) > p) / (1 - p) if training or drop_at_test else torch.ones(numbers.shape, dtype=x.dtype)

        leaves = [tensor(parameters[name]).requires_grad_() for name in NAMES]
        x = x * mask(x) if drop == "inputs" else x
        before = F.linear(x, *leaves[:2])
        hidden = before.relu()
        if drop == "hidden":
            there = mask(hidden)
            again = {"same": there, "none": torch.ones_like(there), "unscaled": (there > 0) * 1.0}.get(back)
            again = mask(hidden) if again is None else again
            hidden = hidden * again + (hidden * there - hidden * again).detach()  # the value of one, the slope of the other
        scores = F.linear(hidden, *leaves[2:])
        scores = scores * mask(scores) if drop == "scores" else scores
        loss = F.cross_entropy(scores, torch.from_numpy(labels.astype(np.int64)))
        slope, *gradients = (g.numpy() for g in torch.autograd.grad(loss, [before, *leaves]))
        if old_images:
            gradients[0] = slope.T @ images.reshape(len(images), -1)
        return loss.item(), dict(zip(NAMES, gradients))

    return loss_and_gradients


def _with_images(parameters, images, **inputs):
    """As a layer's backward gives it back, too: the gradient of what came in."""
    loss, gradients = _noisy()(parameters, images, **inputs)
    return loss, gradients | {"x": np.zeros(images.shape)}


def _augmented(images, padding, rng, flip):
    """Each image moved by at most `padding` pixels, and mirrored half of the time."""
    h, w = images.shape[2:]
    padded = np.pad(images, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    corners = rng.integers(0, 2 * padding + 1, (len(images), 2))
    steps = rng.choice([1, -1], len(images)) if flip else np.ones(len(images), int)
    return np.array([image[:, i : i + h, j : j + w][:, :, ::step] for image, (i, j), step in zip(padded, corners, steps)])


# --- What is looked at ------------------------------------------------------------------------------------------------


def _view(inputs: dict[str, Any], output: Any) -> tuple[Any, ...]:
    """Of three (loss, gradients): the numbers, and statements about what the network has seen."""
    first, again, other = (_flat(*found, inputs["parameters"]) for found in output)
    noise = "nothing is random"
    numbers = [first[name] for name in NUMBERS]
    if not inputs["training"] and not _alike(first, other):
        noise, numbers = "something is random", [np.full_like(value, np.nan) for value in numbers]
    rounded = [np.float32(np.concatenate([np.ravel(found[name]) for name in NUMBERS])) for found in (first, again, other)]
    moved, mirrored, images_agree = _seen(inputs, first)
    *dropped, scores_agree = _dropped(inputs, first)
    keys = ALONE if all(gradients.keys() == set(NAMES) for _, gradients in output) else "others beside w1, b1, w2 and b2"
    return (*numbers, noise, moved, mirrored, images_agree, *dropped, scores_agree, followed(*rounded), keys)


def _flat(loss, gradients, parameters):
    found = {"loss": np.asarray(float(loss))} | {name: gradients[name] for name in NAMES}
    if any(found[name].shape != parameters[name].shape for name in NAMES):
        raise ValueError("gradients of other shapes than the parameters")
    return found


def _alike(one, other):
    return all(np.allclose(one[name], other[name], rtol=1e-4, atol=1e-7) for name in NUMBERS)


def _seen(inputs: dict[str, Any], found: dict[str, Any]) -> tuple[str, str, str]:
    """Of images that live in a channel of their own, each before a hidden unit of its own (see `_apart`): how they were moved."""
    images, padding = inputs["images"], inputs["padding"]
    n, channels, h, w = images.shape
    if not inputs["training"] or n != channels or n != len(inputs["parameters"]["b1"]):
        return UNTOLD, UNTOLD, UNTOLD
    with np.errstate(all="ignore"):
        inputs_seen = (found["w1"] / found["b1"][:, None]).reshape(n, channels, h, w)
    places = [_place(inputs_seen[i, i], np.pad(images[i, i], padding)) for i in range(n)]
    if None in places:
        return "not as a crop of the padded image does", UNTOLD, UNTOLD
    corners, steps = {place[:2] for place in places}, {place[2] for place in places}
    moved = "each in its own way" if len(corners) > 1 else "not at all" if corners == {(padding, padding)} else "all alike"
    mirrored = "some are" if len(steps) > 1 else "none is" if steps == {1} else "all are"
    padded = np.pad(images, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    x = np.array([image[:, i : i + h, j : j + w][:, :, ::step] for image, (i, j, step) in zip(padded, places)])
    loss, gradients = _noisy(drop="nothing", never=True)(inputs["parameters"], x, inputs["labels"], 0.0, 0, False, None)
    together = _alike(found, {"loss": loss} | gradients)
    return moved, mirrored, "of the same images" if together else "not of the same images"


def _place(seen: np.ndarray, padded: np.ndarray) -> tuple[int, int, int] | None:
    """(top, left, 1 or -1 when mirrored) of what was seen in the padded image."""
    windows = np.lib.stride_tricks.sliding_window_view(padded, seen.shape)
    both = np.stack([windows, windows[..., ::-1]], axis=2)  # (tops, lefts, 2, h, w)
    with np.errstate(all="ignore"):
        there = np.argwhere((np.abs(both - seen) <= 1e-8 + 1e-5 * np.abs(seen)).all(axis=(3, 4)))
    if not len(there):
        return None
    top, left, mirrored = map(int, there[0])
    return top, left, -1 if mirrored else 1


def _dropped(inputs: dict[str, Any], found: dict[str, Any]) -> tuple[Any, ...]:
    """Of one image that is its own mirror image: the factors on hidden numbers and on their gradients, and statements."""
    images, p = inputs["images"], inputs["p"]
    if not inputs["training"] or len(images) > 1:
        return np.zeros(1), np.zeros(1), UNTOLD, UNTOLD, UNTOLD
    parameters = {name: inputs["parameters"][name] for name in NAMES}
    hidden = np.maximum(parameters["w1"] @ images.ravel() + parameters["b1"], 0)
    with np.errstate(all="ignore"):
        sure = np.argmax(np.abs(found["b2"]))
        forward = found["w2"][sure] / found["b2"][sure] / hidden
        arriving = parameters["w2"].T @ found["b2"]
        backward = found["b1"] / arriving
    clear = (hidden > 0.05) & (np.abs(arriving) > 0.01 * np.abs(arriving).max())
    forward, backward = forward[clear], backward[clear]
    there, back = np.abs(forward) > 0.01, np.abs(backward) > 0.01
    return (
        factors(forward, forward.dtype),
        factors(backward, backward.dtype),
        "the same on the way there and back" if np.array_equal(there, back) else "another on the way back",
        share(1 - there.mean(), len(there), ("p", p), {"1 - p": 1 - p, "never": 0.0}),
        "of the scores" if _follows_from_scores(found, sure, inputs) else "not of the scores that w2 and b2 give",
    )


def _follows_from_scores(found: dict[str, Any], sure: int, inputs: dict[str, Any]) -> bool:
    """Whether the gradient of b2 is softmax minus one-hot, of the scores that the hidden layer in w2's gradient gives."""
    with np.errstate(all="ignore"):
        scores = inputs["parameters"]["w2"] @ (found["w2"][sure] / found["b2"][sure]) + inputs["parameters"]["b2"]
        odds = np.exp(scores - scores.max())
    return np.allclose(odds / odds.sum() - np.eye(len(scores))[inputs["labels"][0]], found["b2"], rtol=1e-5, atol=1e-8)


# --- Cases ------------------------------------------------------------------------------------------------------------


def _seed(rng):
    return Seed(int(rng.integers(2**32)))


def _parameters(rng, d, m, k, dtype=np.float64):
    shapes = {"w1": (m, d), "b1": (m,), "w2": (k, m), "b2": (k,)}
    return {name: (normal(rng, *shape) * (1 / np.sqrt(shape[-1]) if len(shape) > 1 else 0.3)).astype(dtype) for name, shape in shapes.items()}


def _symmetric(rng, n, p, training=True, padding=0, dtype=np.float64, m=None):
    """Images that are their own mirror images: without padding, nothing but dropout can change them."""
    c, h, half, hidden, k = distinct(rng, (2, 3), (5, 7), (2, 3), (11, 13), (8, 9))
    x = normal(rng, n, c, h, half)
    images = np.concatenate([x, x[..., ::-1]], axis=3).astype(dtype)
    parameters = _parameters(rng, images[0].size, m or hidden, k, dtype)
    labels = rng.integers(0, k, n)
    return {"parameters": parameters, "images": images, "labels": labels, "p": p, "padding": padding, "training": training, "rng": _seed(rng)}


def _apart(rng, n=31, padding=2):
    """Image i has numbers in channel i alone, and hidden unit i looks at channel i alone: its gradient shows image i."""
    h, w = distinct(rng, (4, 5), (5, 6))
    images, w1 = np.zeros((n, n, h, w)), np.zeros((n, n, h * w))
    images[range(n), range(n)] = rng.uniform(0.5, 1.5, (n, h, w))
    w1[range(n), range(n)] = rng.uniform(0.5, 1.5, (n, h * w)) / (h * w)
    parameters = _parameters(rng, 1, n, 5) | {"w1": w1.reshape(n, -1), "b1": np.full(n, -0.01)}  # silent before all other images
    labels = rng.integers(0, 5, n)
    return {"parameters": parameters, "images": images, "labels": labels, "p": 0.0, "padding": padding, "training": True, "rng": _seed(rng)}


def _draw(rng):
    for n in (3, 5):
        yield Case("network", _symmetric(rng, n, 0.0), compare=(*NUMBERS, KEYS))
    yield Case("test time", _symmetric(rng, 5, 0.4, training=False), compare=(*NUMBERS, NOISE))
    yield Case("test time", _symmetric(rng, 3, 0.0, training=False, padding=2), compare=(*NUMBERS, NOISE))
    for padding in (2, 1):
        yield Case("augmentation", _apart(rng, padding=padding), compare=(MOVED, MIRRORED, TOGETHER))
    for p in (0.25, 0.4):  # some 700 of 1,500 hidden numbers are above zero: the share is known to ±0.11
        yield Case("dropout", _symmetric(rng, 1, p, m=1500), compare=(FORWARD, SHARE, SCORES))
        yield Case("dropout back", _symmetric(rng, 1, p, m=1500), compare=(BACKWARD, MASKS))
    yield Case("generator", _symmetric(rng, 5, 0.5, m=61, padding=1), compare=(SEED,))
    for case in contract_cases(lambda dtype: _symmetric(rng, 3, 0.0, dtype=dtype)):
        yield Case(case.aspect, case.inputs, compare=NAMES, layout=case.layout, exact_dtype=True)


noisy_loss_and_gradients = Exercise(
    id="regularized.noisy_loss_and_gradients",
    title="A network that learns with noise, end to end",
    difficulty=3,
    minutes=20,
    aspects=(
        Aspect("network", 1, "with nothing random: loss and gradients of the network"),
        Aspect("test time", 1.5, "at test time no crop, no flip, nothing dropped"),
        Aspect("augmentation", 2, "in training every image is moved and mirrored by itself"),
        Aspect("dropout", 1, "in training hidden numbers are dropped, those kept are scaled"),
        Aspect("dropout back", 1, "gradients pass the same mask on the way back"),
        Aspect("generator", 0.5, "all randomness comes from rng"),
        contract(),
    ),
    draw=_draw,
    oracle=thrice(_noisy()),
    returns=(*NUMBERS, NOISE, MOVED, MIRRORED, TOGETHER, FORWARD, BACKWARD, MASKS, SHARE, SCORES, SEED, KEYS),
    view=_view,
    probe="reseeded",
    uses=("dropout", "augment", "linear", "activations", "loss"),
    misconceptions=(
        Misconception(
            "dropped_at_test",
            "Hidden numbers are dropped at test time, too.",
            "Hand `training` on to dropout_forward and dropout_backward.",
            _noisy(drop_at_test=True),
            revisit="07, “Test time: average out the noise”",
        ),
        Misconception(
            "augmented_at_test",
            "Images are moved and mirrored at test time, too.",
            "Crop and flip only when training is True.",
            _noisy(augment_at_test=True),
            revisit=WHERE,
        ),
        Misconception(
            "always_training",
            "Test time is as random as training.",
            "Look at `training`: without it no crop, no flip, and dropout_forward gets it handed on.",
            _noisy(augment_at_test=True, drop_at_test=True),
            revisit=WHERE,
        ),
        Misconception(
            "never_training",
            "Nothing is random in training.",
            "Crop, flip and drop when training is True.",
            _noisy(never=True),
        ),
        Misconception(
            "gradient_of_old_images",
            "The gradient of w1 is computed with the images that came in, not with those that the network saw.",
            "linear_backward gets what linear_forward got: the flattened crops.",
            _noisy(old_images=True),
        ),
        Misconception(
            "not_augmented",
            "The network sees the images as they came in, neither moved nor mirrored.",
            "Mind that random_crop and random_horizontal_flip return new arrays: go on with these.",
            _noisy(crop=False, flip=False),
        ),
        Misconception(
            "not_cropped",
            "Images are never moved.",
            "random_crop needs the padding: without it there is only one place for a crop of the image's own size.",
            _noisy(crop=False),
            revisit="07, “Crops and flips”",
        ),
        Misconception(
            "not_flipped",
            "Images are never mirrored.",
            "Mirror with probability ½, whatever p is: p is the probability of dropping.",
            _noisy(flip=False),
        ),
        Misconception(
            "scores_dropped",
            "Scores are dropped, not hidden numbers.",
            "Dropout stands before the second linear layer: a dropped score would make a class likely or unlikely by chance.",
            _noisy(drop="scores"),
        ),
        Misconception(
            "nothing_dropped",
            "No hidden numbers are dropped.",
            "dropout_forward stands between ReLU and the second linear layer.",
            _noisy(drop="nothing"),
        ),
        Misconception(
            "inputs_dropped",
            "Pixels are dropped, not hidden numbers.",
            "Dropout stands after ReLU.",
            _noisy(drop="inputs"),
        ),
        Misconception(
            "no_mask_on_the_way_back",
            "Gradients pass dropout as if it were not there.",
            "On the way back, dropout_backward stands between the second linear layer and ReLU.",
            _noisy(back="none"),
            revisit="07, “Backwards”",
        ),
        Misconception(
            "another_mask_on_the_way_back",
            "Gradients pass another mask than the numbers did.",
            "dropout_backward gets the mask that dropout_forward returned: draw once.",
            _noisy(back="another"),
            revisit="07, “Backwards”",
        ),
        Misconception(
            "not_scaled_on_the_way_back",
            "Gradients are masked, but not scaled.",
            "Numbers were divided by 1 - p, and so are gradients: call dropout_backward.",
            _noisy(back="unscaled"),
            revisit="07, “Backwards”",
        ),
        Misconception(
            "more_than_parameters",
            "The dictionary holds more than the gradients of the parameters.",
            "Whoever takes a step goes through it name by name: w1, b1, w2 and b2, and no others (nobody learns the images).",
            _with_images,
        ),
        Misconception("own_seed", *OWN_SEED, own_seed(_noisy())),
        Misconception("other_randomness", *OTHER_RANDOMNESS, other_randomness(_noisy())),
    ),
    hints=(
        "You know this network from notebook 01. Two things are new: what happens to the images before, and one layer in the middle, on both ways.",
        "If training: crop to the images' own height and width with padding, then flip; flatten. Linear, ReLU, dropout, linear, loss. Then the "
        "gradients of all that in reverse order, each with what its forward function got.",
        "Keep what backward needs: the flattened images, the numbers before and after ReLU, what dropout left and its mask. On the way back: "
        "linear with what dropout left; dropout with its mask; ReLU with what was before it; linear with the flattened images.",
    ),
)

EXERCISES = (noisy_loss_and_gradients,)
