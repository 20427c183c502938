"""LeNet-5 in PyTorch."""

from __future__ import annotations

from autograder.checks.nets.modules import RETURNS, expected
from autograder.checks.nets.out_of_sight import in_a_list, out_of_sight
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception

ALL = (True, True, True, True)


def lenet5(
    *, activation="Tanh", pooling="AvgPool2d", bent=ALL, pool_first=False, widths=(6, 16, 120, 84), last=(), bias=True,
    fixed=(None, None), flat="Flatten", dense=False, listed=False,
):
    """A builder of the judge's own network; every keyword-only argument is a way to get it wrong. fixed: channels, classes that it always has."""

    def build(channels=1, classes=10):
        from torch import nn

        channels, classes = fixed[0] or channels, fixed[1] or classes
        bend = [getattr(nn, activation) if on else nn.Identity for on in bent]
        pool = getattr(nn, pooling)
        f1, f2, f3, f4 = widths

        def shrunk(number):
            return [pool(2), bend[number]()] if pool_first else [bend[number](), pool(2)]

        class Squeeze(nn.Module):
            def forward(self, x):
                return x.squeeze()

        flatten = Squeeze if flat == "squeeze" else nn.Flatten
        third = (nn.Flatten(), nn.Linear(25 * f2, f3), bend[2]()) if dense else (nn.Conv2d(f2, f3, 5, bias=bias), bend[2](), flatten())
        network = nn.Sequential(
            *(nn.Conv2d(channels, f1, 5, bias=bias), *shrunk(0)),
            *(nn.Conv2d(f1, f2, 5, bias=bias), *shrunk(1)),
            *third,
            *(nn.Linear(f3, f4, bias=bias), bend[3](), nn.Linear(f4, classes, bias=bias)),
            *(getattr(nn, name)(**arguments) for name, arguments in last),
        )
        return in_a_list(network) if listed else network

    return build


def _draw(rng):
    def drawn(channels, classes, **more):
        return {"options": {"channels": channels, "classes": classes}, "seed": int(rng.integers(10**6)), "training": True, **more}

    yield Case("parameters", drawn(1, 10), compare=("parameters",))
    for n, training in ((2, False), (3, True), (1, False)):
        yield Case("forward", drawn(1, 10, x=normal(rng, n, 1, 32, 32), training=training), compare=("out",))
    yield Case("options", drawn(4, 9), compare=("parameters",))
    for channels, classes in ((3, 7), (2, 11)):
        yield Case("options", drawn(channels, classes, x=normal(rng, 2, channels, 32, 32)), compare=("parameters", "out"))
    yield Case("backward", drawn(1, 10, x=normal(rng, 2, 1, 32, 32), dout=normal(rng, 2, 10)), compare=("dx", "gradients"))


LeNet5 = Exercise(
    id="nets.lenet.LeNet5",
    title="LeNet-5 as an nn.Module",
    difficulty=2,
    minutes=20,
    aspects=(
        Aspect("parameters", 4, "the layers with parameters: their kinds and shapes"),
        Aspect("forward", 7, "the scores, with parameters that are handed in"),
        Aspect("options", 3, "other numbers of channels and classes"),
        Aspect("backward", 4, "gradients that reach the images and all parameters"),
    ),
    draw=_draw,
    oracle=expected(lenet5()),
    probe="module",
    returns=RETURNS,
    imports=("torch",),
    misconceptions=(
        Misconception("relu_for_tanh", "There is ReLU where LeNet-5 has tanh.", "In 1998 tanh was the choice: nn.Tanh().", lenet5(activation="ReLU")),
        Misconception(
            "max_pooling",
            "There is max pooling where LeNet-5 averages.",
            "Its subsampling takes means of 2×2 pixels: nn.AvgPool2d(2).",
            lenet5(pooling="MaxPool2d"),
        ),
        Misconception(
            "pooled_before_tanh",
            "The averages are taken before tanh instead of after it.",
            "The order is convolution, tanh, pooling.",
            lenet5(pool_first=True),
        ),
        Misconception(
            "no_tanh_after_120",
            "There is no tanh after the convolution with 120 filters.",
            "Every layer with parameters but the last is followed by tanh.",
            lenet5(bent=(True, True, False, True)),
        ),
        Misconception(
            "no_tanh_after_84",
            "There is no tanh between the two fully connected layers.",
            "Every layer with parameters but the last is followed by tanh.",
            lenet5(bent=(True, True, True, False)),
        ),
        Misconception(
            "no_tanh_at_all",
            "Nothing bends: there is no tanh anywhere.",
            "Without tanh in between, all these layers are one linear map. Each but the last is followed by nn.Tanh().",
            lenet5(bent=(False,) * 4),
        ),
        Misconception(
            "softmax_at_end",
            "The network ends with a softmax.",
            "nn.CrossEntropyLoss takes the scores as they are: a second softmax would flatten them.",
            lenet5(last=(("Softmax", {"dim": 1}),)),
        ),
        Misconception(
            "tanh_at_end",
            "The scores went through tanh as well.",
            "Scores may be of any size: nothing comes after the last layer.",
            lenet5(last=(("Tanh", {}),)),
        ),
        Misconception(
            "options_ignored",
            "The network is for 1 channel and 10 classes, whatever is asked for.",
            "The first convolution takes `channels`, the last layer gives `classes`.",
            lenet5(fixed=(1, 10)),
        ),
        Misconception(
            "channels_ignored",
            "The network is for images with 1 channel, whatever is asked for.",
            "The first convolution takes `channels`.",
            lenet5(fixed=(1, None)),
        ),
        Misconception(
            "classes_ignored",
            "The network gives 10 scores, whatever is asked for.",
            "The last layer gives `classes`.",
            lenet5(fixed=(None, 10)),
        ),
        Misconception(
            "squeezed",
            "The axis of the batch is lost.",
            "flatten(1) keeps it. squeeze() takes away every axis of length 1, the batch's too where it is one image; flatten() joins all axes.",
            lenet5(flat="squeeze"),
        ),
        out_of_sight(lenet5),
        Misconception(
            "third_is_dense",
            "The third convolution is a fully connected layer.",
            "On images of 32×32 pixels both compute the same, but here it is nn.Conv2d, as in the table.",
            lenet5(dense=True),
        ),
        Misconception(
            "log_softmax_at_end",
            "The network ends with the logarithm of a softmax.",
            "nn.CrossEntropyLoss takes that itself: scores come out as they are.",
            lenet5(last=(("LogSoftmax", {"dim": 1}),)),
        ),
        Misconception(
            "sigmoid_for_tanh",
            "There is the sigmoid where LeNet-5 has tanh.",
            "In 1998 tanh was the choice: nn.Tanh().",
            lenet5(activation="Sigmoid"),
        ),
        Misconception(
            "no_biases",
            "The layers have no biases.",
            "LeNet-5 has a bias for every filter and every unit: leave bias=False away.",
            lenet5(bias=False),
        ),
    ),
    hints=(
        "It is the network of assignment 04. Which of PyTorch's layers stands for each row of the table?",
        "Make the layers in __init__, where they become parts of the module, and call them in forward. nn.Sequential saves you most of the writing.",
        "In __init__: convolution, tanh, average pooling, twice; convolution and tanh; flatten; linear, tanh, linear. All of it can be one "
        "nn.Sequential. forward hands x to it and returns what comes out.",
    ),
)

EXERCISES = (LeNet5,)
