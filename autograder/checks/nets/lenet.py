"""LeNet-5 in PyTorch."""

from __future__ import annotations

from autograder.checks.nets.modules import RETURNS, expected
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception


def lenet5(
    *, activation="Tanh", pooling="AvgPool2d", bent=(True,) * 4, pool_first=False, padding=0, widths=(6, 16, 120, 84), last=(), dropped=False, bias=True
):
    """A builder of the judge's own network; every keyword-only argument is a way to get it wrong."""

    def build(channels=1, classes=10):
        from torch import nn

        act = [getattr(nn, activation) if on else nn.Identity for on in bent]
        pool = getattr(nn, pooling)
        f1, f2, f3, f4 = widths

        def stage(given, made, bend, shrink):
            after = [pool(2), bend()] if pool_first else [bend(), pool(2)]
            return [nn.Conv2d(given, made, 5, padding=padding, bias=bias), *(after if shrink else [bend()])]

        body = [*stage(channels, f1, act[0], True), *stage(f1, f2, act[1], True), *stage(f2, f3, act[2], False), nn.Flatten()]
        head = [nn.Linear(f3, f4, bias=bias), act[3](), *([nn.Dropout()] if dropped else []), nn.Linear(f4, classes, bias=bias)]
        return nn.Sequential(*body, *head, *(getattr(nn, name)(*arguments) for name, *arguments in last))

    return build


def _draw(rng):
    def drawn(n, channels, classes, training, back=False):
        made = {"options": {"channels": channels, "classes": classes}, "seed": int(rng.integers(10**6)), "training": training}
        made |= {"x": normal(rng, n, channels, 32, 32)} if n else {}
        return made | ({"dout": normal(rng, n, classes)} if back else {})

    for channels, classes in ((1, 10), (3, 7)):
        yield Case("parameters", drawn(0, channels, classes, True), compare=("parameters",))
    for n, training in ((2, False), (3, True)):
        yield Case("forward", drawn(n, 1, 10, training), compare=("out",))
    yield Case("options", drawn(2, 3, 7, False), compare=("out",))
    yield Case("backward", drawn(2, 1, 10, True, True), compare=("dx", "gradients"))


LeNet5 = Exercise(
    id="nets.lenet.LeNet5",
    title="LeNet-5 as an nn.Module",
    difficulty=2,
    minutes=20,
    aspects=(
        Aspect("parameters", 4, "the layers with parameters: their kinds and shapes"),
        Aspect("forward", 8, "the scores, in training and in use, with parameters that are handed in"),
        Aspect("options", 2, "other numbers of channels and classes"),
        Aspect("backward", 4, "gradients that reach the images and all parameters"),
    ),
    draw=_draw,
    oracle=expected(lenet5()),
    probe="module",
    returns=RETURNS,
    imports=("torch",),
    misconceptions=(
        Misconception("relu_for_tanh", "There is ReLU where LeNet-5 has tanh.", "In 1998 tanh was the choice: nn.Tanh().", lenet5(activation="ReLU")),
        Misconception("max_pooling", "There is max pooling where LeNet-5 averages.", "Its subsampling takes means: nn.AvgPool2d(2).", lenet5(pooling="MaxPool2d")),
        Misconception(
            "softmax_at_end", "The network ends with a softmax.", "nn.CrossEntropyLoss takes the scores as they are.", lenet5(last=(("Softmax", 1),))
        ),
        Misconception("no_tanh_after_84", "There is no tanh between the two fully connected layers.", "Every layer but the last is followed by tanh.",
                      lenet5(bent=(True, True, True, False))),
    ),
    hints=("a", "b", "c"),
)

EXERCISES = (LeNet5,)
