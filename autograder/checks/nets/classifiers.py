"""What AlexNet, ZFNet and VGG end with: two large fully connected layers with ReLU and dropout, then the scores. And the ways to get it wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograder.checks.nets.out_of_sight import out_of_sight
from autograder.exercise import Misconception

# Slips of `classifier`: id, what is said, a hint, keyword arguments. Each network's builder takes them as `head={…}`.
SLIPS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    (
        "does_not_fit", "What the layers before it hand on does not fit the first fully connected layer.",
        "Print x.shape behind each row of the table in the docstring: where does it leave the table first? And flatten all axes but the first.",
        {"flat": False},
    ),
    ("no_dropout", "There is no dropout.", "nn.Dropout(0.5) behind both fully connected layers in the middle.", {"dropping": (False, False, False)}),
    (
        "dropout_once", "Only the first of the two fully connected layers in the middle is followed by dropout.",
        "Both are: nn.Dropout(0.5) behind each.", {"dropping": (False, True, False)},
    ),
    (
        "dropout_second_only", "Only the second of the two fully connected layers in the middle is followed by dropout.",
        "Both are: nn.Dropout(0.5) behind each.", {"dropping": (False, False, True)},
    ),
    (
        "dropout_before", "Dropout stands before the two fully connected layers in the middle, not behind them.",
        "What is dropped are outputs of these layers: linear, ReLU, dropout, twice.", {"dropping": (True, True, False)},
    ),
    (
        "dropout_thrice", "There is dropout before the first fully connected layer as well.",
        "Two are enough: one behind each of the fully connected layers in the middle.", {"dropping": (True, True, True)},
    ),
    (
        "dropout_always", "Dropout goes on dropping in evaluation mode.",
        "F.dropout(x, 0.5) takes itself to be in training: F.dropout(x, 0.5, self.training), or the module nn.Dropout(0.5).", {"always": True},
    ),
    (
        "no_relu_between_dense", "There is no ReLU between the fully connected layers.",
        "Without it the three are one linear map: linear, ReLU, dropout, twice.", {"bent": (False, False)},
    ),
    (
        "no_relu_before_scores", "There is no ReLU between the second and the third fully connected layer.",
        "Every layer with parameters but the last is followed by ReLU.", {"bent": (True, False)},
    ),
    ("one_hidden_layer", "There are two fully connected layers where three are asked for.", "features → hidden → hidden → classes.", {"middle": 1}),
    (
        "softmax_at_end", "The network ends with a softmax.",
        "nn.CrossEntropyLoss takes the scores as they are: a second softmax would flatten them.", {"last": ("Softmax", {"dim": 1})},
    ),
    (
        "log_softmax_at_end", "The network ends with the logarithm of a softmax.",
        "nn.CrossEntropyLoss takes that itself: scores come out as they are.", {"last": ("LogSoftmax", {"dim": 1})},
    ),
    (
        "sigmoid_at_end", "The network ends with a sigmoid.", "nn.CrossEntropyLoss takes the scores as they are: nothing comes after the last layer.",
        {"last": ("Sigmoid", {})},
    ),
    ("relu_at_end", "The scores went through a ReLU as well.", "Scores may be negative: nothing comes after the last layer.", {"last": ("ReLU", {})}),
)


def classifier(
    inputs: int, hidden: int, classes: int, *, dropping=(False, True, True), always=False, bent=(True, True), middle=2, last=(), bias=True,
    flat=True,
) -> list[Any]:
    """Its layers, of the maps of which there are `inputs` numbers; every keyword-only argument is a way to get it wrong.

    dropping: before each of the three.
    """
    from torch import nn
    from torch.nn import functional

    class Always(nn.Module):
        def forward(self, x):
            return functional.dropout(x, 0.5)

    drop = [((Always() if always else nn.Dropout(0.5)) if on else nn.Identity()) for on in dropping]
    bend = [nn.ReLU() if on else nn.Identity() for on in bent]
    second = [drop[1], nn.Linear(hidden, hidden, bias=bias), bend[1]] if middle == 2 else []
    start = [nn.Flatten() if flat else nn.Identity(), drop[0]]
    layers = [*start, nn.Linear(inputs, hidden, bias=bias), bend[0], *second, drop[2], nn.Linear(hidden, classes, bias=bias)]
    return layers + ([getattr(nn, last[0])(**last[1])] if last else [])


def slips(build: Callable[..., Callable[..., Any]], width: int) -> tuple[Misconception, ...]:
    """The slips of one network, of which `width` is the published one: build(head=…), build(fixed=…) and so on are its builders with a slip."""

    def always(*names: str) -> Callable[..., Any]:
        return build(fixed=tuple((name, published[name]) for name in names))

    published = {"classes": 1000, "hidden": 4096, "width": width}
    return (
        *(Misconception(id, says, hint, build(head=head)) for id, says, hint, head in SLIPS),
        Misconception(
            "classes_ignored", "The network gives 1000 scores, whatever is asked for.", "The last layer gives `classes`.", always("classes"),
        ),
        Misconception(
            "width_ignored", f"The first convolution has {width} filters, whatever is asked for.", "All numbers of filters follow from `width`.",
            always("width"),
        ),
        Misconception(
            "hidden_ignored", "The fully connected layers have 4096 units, whatever is asked for.", "Both layers in the middle have `hidden` units.",
            always("hidden"),
        ),
        Misconception(
            "options_ignored", "The network has the published size, whatever is asked for.",
            "`classes`, `width` and `hidden` decide about the sizes of all layers.", always(*published),
        ),
        out_of_sight(build),
    )
