"""GoogLeNet."""

from __future__ import annotations

from autograder.checks.nets.googlenet.builders import googlenet
from autograder.checks.nets.modules import RETURNS, expected
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception
from autograder.values import Given


def _draw_network(rng):
    given = Given("inception_block", {})

    def drawn(classes, block=given, **more):
        options = {"classes": classes, **({"block": block} if block else {})}
        options |= {name: more.pop(name) for name in ("width", "batch_norm") if name in more}
        return {"options": options, "seed": int(rng.integers(10**6)), "training": False, **more}

    def images(n, height, width):
        return normal(rng, n, 3, height, width)

    yield Case("parameters", {"options": {"block": given}, "seed": 0, "training": False}, compare=("parameters",))
    yield Case("forward", drawn(5, width=8, x=images(1, 72, 65)), compare=("out",))
    yield Case("forward", drawn(5, width=8, x=images(3, 66, 70), training=True), compare=("out",))
    # Without images, for a network that stays too wide is not made with them: here it is seen where it does.
    case = {"options": {"block": given, "width": 32}, "seed": 0, "training": False}
    yield Case("options", case, compare=("parameters",))
    yield Case("options", drawn(int(rng.choice([7, 11])), width=16, x=images(2, 65, 70)), compare=("parameters", "out"))
    case = drawn(3, width=8, batch_norm=True, x=images(3, 67, 72), training=True)
    yield Case("options", case, compare=("parameters", "out", "statistics"))
    yield Case("backward", drawn(5, width=8, x=images(2, 80, 66), dout=normal(rng, 2, 5), training=True), compare=("dx", "gradients"))
    yield Case("whole", {"options": {}, "seed": 0, "training": False}, compare=("parameters",))
    yield Case("whole", drawn(4, None, width=8, x=images(2, 70, 69)), compare=("out",))


GoogLeNet = Exercise(
    id="nets.googlenet.GoogLeNet",
    title="GoogLeNet",
    difficulty=3,
    minutes=40,
    aspects=(
        Aspect("parameters", 4, "the layers with parameters, and the numbers that every block is made with, at the published size"),
        Aspect("forward", 5, "the scores, with parameters that are handed in: with a block of ours in place of Inception"),
        Aspect("options", 3, "other widths and numbers of classes, and batch norm"),
        Aspect("backward", 2, "gradients that reach the images and all parameters"),
        Aspect("whole", 3, "the network with your own Inception: its 6,998,552 parameters, and its scores"),
    ),
    draw=_draw_network,
    oracle=expected(googlenet()),
    probe="module",
    returns=RETURNS,
    imports=("torch",),
    misconceptions=(
        Misconception(
            "pooling_rounds_down", "The pooling rounds sizes down.",
            "112 becomes 56, not 55: nn.MaxPool2d(3, 2, ceil_mode=True).", googlenet(pooling={"stride": 2}),
        ),
        Misconception(
            "pooling_padded",
            "The pooling has padding 1 in place of ceil_mode=True: the shapes agree, but all windows lie one pixel further up and left.",
            "Without padding the first window begins in the corner: nn.MaxPool2d(3, 2, ceil_mode=True).",
            googlenet(pooling={"stride": 2, "padding": 1}),
        ),
        Misconception(
            "pooling_padded_and_up", "The pooling has padding 1 besides ceil_mode=True.",
            "Then 112 becomes 57, and all windows lie one pixel further up and left: nn.MaxPool2d(3, 2, ceil_mode=True).",
            googlenet(pooling={"stride": 2, "padding": 1, "ceil_mode": True}),
        ),
        Misconception(
            "pooling_of_torchvision", "The pooling before 5a takes maxima of 2×2 pixels.",
            "torchvision's GoogLeNet does that. In table 1 of the paper all four are 3×3 with stride 2.", googlenet(last_kernel=2),
        ),
        Misconception(
            "pooling_of_two", "The pooling takes maxima of 2×2 pixels.",
            "GoogLeNet's windows overlap: 3×3 with stride 2.", googlenet(kernel=2),
        ),
        Misconception(
            "average_pooling", "The pooling between the modules takes means.",
            "Those with stride 2 take maxima.", googlenet(kind="AvgPool2d"),
        ),
        Misconception("pooled_behind", "The pooling comes behind 4a and 5a.", "It comes before them.", googlenet(behind=True)),
        Misconception("no_pooling_at_all", "There is no pooling.", "Four times max pooling halves height and width.", googlenet(pools=())),
        Misconception(
            "reductions_counted", "The reductions count among the channels that come out of a module.",
            "They end inside it. Out come the first, third, fifth and sixth of its numbers.", googlenet(joined=(0, 1, 2, 3, 4, 5)),
        ),
        Misconception(
            "reductions_for_channels", "A module's channels are counted with the reductions in place of 3×3 and 5×5.",
            "1×1, 3×3, 5×5 and pooling come out: the first, third, fifth and sixth number.", googlenet(joined=(0, 1, 3, 5)),
        ),
        Misconception(
            "dropout_before_means", "Single places are dropped, before the means are taken.", "Means come first.", googlenet(dropping="first"),
        ),
        Misconception(
            "eps_of_torchvision", "The batch norm behind the first three convolutions adds another eps than nn.BatchNorm2d does by itself.",
            "torchvision's GoogLeNet has eps=0.001. Leave it at nn.BatchNorm2d(channels), which is 0.00001.", googlenet(eps=1e-3),
        ),
        Misconception("no_biases", "The first three convolutions have no biases.", "They have them: bias=not batch_norm.", googlenet(biases=False)),
        Misconception(
            "no_first_pooling", "There is no pooling behind the 7×7 convolution.",
            "112×112 becomes 56×56 there.", googlenet(pools=("3a", "4a", "5a")),
        ),
        Misconception(
            "no_pooling_before_3a", "There is no pooling between the 3×3 convolution and 3a.",
            "56×56 becomes 28×28 there.", googlenet(pools=("stem", "4a", "5a")),
        ),
        Misconception(
            "no_pooling_before_4a", "There is no pooling between 3b and 4a.",
            "28×28 becomes 14×14 there.", googlenet(pools=("stem", "3a", "5a")),
        ),
        Misconception(
            "no_pooling_before_5a", "There is no pooling between 4e and 5a.",
            "14×14 becomes 7×7 there.", googlenet(pools=("stem", "3a", "4a")),
        ),
        Misconception(
            "no_relu_in_stem", "The first three convolutions are not followed by ReLU.",
            "All convolutions of the network are.", googlenet(bent=()),
        ),
        Misconception(
            "no_relu_after_seven", "The 7×7 convolution is not followed by ReLU.",
            "All convolutions of the network are.", googlenet(bent=(1, 2)),
        ),
        Misconception(
            "no_relu_after_one", "The 1×1 convolution before the 3×3 one is not followed by ReLU.",
            "All convolutions of the network are.", googlenet(bent=(0, 2)),
        ),
        Misconception(
            "no_relu_after_three", "The 3×3 convolution before 3a is not followed by ReLU.",
            "All convolutions of the network are.", googlenet(bent=(0, 1)),
        ),
        Misconception(
            "no_one_before_three", "The 1×1 convolution before the 3×3 one is missing.",
            "64 channels to 64 by 1×1, then to 192 by 3×3: layers 2 and 3 of 22.", googlenet(one=False),
        ),
        Misconception(
            "no_padding_of_seven", "The 7×7 convolution has no padding.",
            "With padding 3 and stride 2, 224 becomes 112.", googlenet(padding=0),
        ),
        Misconception(
            "no_padding_of_three", "The 3×3 convolution before 3a has no padding.",
            "With padding 1 it keeps 56×56.", googlenet(padding_of_three=0),
        ),
        Misconception("stride_of_seven", "The 7×7 convolution has stride 1.", "Stride 2: 224 becomes 112.", googlenet(stride=1)),
        Misconception(
            "no_dropout", "There is no dropout before the last layer.",
            "nn.Dropout(0.4): four in ten of the 1024 features are dropped in training.", googlenet(dropout=0.0),
        ),
        Misconception(
            "dropout_half", "Half of the features are dropped.",
            "AlexNet drops 50 %, GoogLeNet 40 %: nn.Dropout(0.4).", googlenet(dropout=0.5),
        ),
        Misconception(
            "dropout_of_torchvision", "20 % of the features are dropped.",
            "That is torchvision's GoogLeNet. The paper's drops 40 %: nn.Dropout(0.4).", googlenet(dropout=0.2),
        ),
        Misconception(
            "dropout_keeps", "60 % of the features are dropped: 40 % is how many are dropped, not how many are kept.",
            "nn.Dropout(0.4).", googlenet(dropout=0.6),
        ),
        Misconception(
            "dropout_in_use", "Features are dropped in use too.",
            "nn.Dropout knows the mode. The function F.dropout does not, and drops unless you tell it training=self.training.",
            googlenet(dropping="always"),
        ),
        Misconception(
            "dropout_last", "Scores are dropped, not features.",
            "Dropout comes before the fully connected layer.", googlenet(dropping="last"),
        ),
        Misconception(
            "largest_of_all_places", "The maxima over all places are taken where the means should be.",
            "nn.AdaptiveAvgPool2d(1), or x.mean((2, 3)).", googlenet(whole="max"),
        ),
        Misconception(
            "seven_places", "PyTorch refuses to compute the network for this size of images, or this width.",
            "“Output size is too small”: the last pooling is for 7×7 places only, which is what images of 224×224 pixels leave. Take means over all "
            "places there are: nn.AdaptiveAvgPool2d(1), or x.mean((2, 3)). “mat1 and mat2”, “invalid for input of size”: the last layer takes one "
            "mean of each channel of 5b, and these are 1024 only where the width is 64.",
            googlenet(whole="seven"),
        ),
        Misconception(
            "softmax_at_end", "The network ends with a softmax.",
            "nn.CrossEntropyLoss takes the scores as they are: a second softmax would flatten them.", googlenet(last=("Softmax", {"dim": 1})),
        ),
        Misconception(
            "log_softmax_at_end", "The network ends with the logarithm of a softmax.",
            "nn.CrossEntropyLoss takes that itself: scores come out as they are.", googlenet(last=("LogSoftmax", {"dim": 1})),
        ),
        Misconception(
            "relu_at_end", "The scores went through ReLU as well.",
            "Scores may be of any sign: nothing comes after the last layer.", googlenet(last=("ReLU", {})),
        ),
        Misconception(
            "squeezed", "The axis of the batch is lost.",
            "flatten(1) keeps it. squeeze() takes away every axis of length 1, the batch's too where it is one image; flatten(0) joins all axes.",
            googlenet(squeezed=True),
        ),
        Misconception(
            "local_response_norm", "There is local response normalization.",
            "Figure 3 of the paper has two of them, table 1 has none, and neither has this network.", googlenet(responses=True),
        ),
        Misconception(
            "classes_ignored", "The network gives 1000 scores, whatever is asked for.",
            "The last layer gives `classes`.", googlenet(classes_are=1000),
        ),
        Misconception(
            "width_ignored", "The network has its published width, whatever is asked for.",
            "Every number of filters becomes number * width // 64.", googlenet(width_is=64),
        ),
        Misconception(
            "width_of_stem", "Only the first three convolutions have the width that is asked for.",
            "The numbers in MODULES become number * width // 64 too.", googlenet(modules_are=64),
        ),
        Misconception(
            "block_ignored", "The modules are of your own Inception, whatever block is handed in.",
            "Make them with block(…).", googlenet(own=True),
        ),
        Misconception(
            "batch_norm_ignored", "There is no batch norm when it is asked for.",
            "Behind the first three convolutions, and in every block: block(…, batch_norm=batch_norm).", googlenet(norms="never"),
        ),
        Misconception(
            "batch_norm_not_handed_on", "The blocks are made without batch norm.",
            "Hand it on: block(…, batch_norm=batch_norm).", googlenet(norms="stem"),
        ),
        Misconception(
            "batch_norm_in_blocks_only", "The first three convolutions have no batch norm.",
            "Behind each of them as well: convolution without bias, batch norm, ReLU.", googlenet(norms="blocks"),
        ),
        Misconception("batch_norm_after_relu", "Batch norm comes after ReLU.", "Convolution, batch norm, ReLU.", googlenet(norms="after ReLU")),
        Misconception(
            "biases_and_batch_norm", "The first three convolutions have biases although batch norm follows.",
            "Batch norm takes the mean away, and any bias with it: bias=not batch_norm.", googlenet(biases=True),
        ),
        Misconception(
            "in_a_list", "The blocks are in a plain Python list, where the module does not see them.",
            "Give them to nn.Sequential or nn.ModuleList.", googlenet(listed=True),
        ),
    ),
    hints=(
        "The table of the docstring is one long chain, and nn.Sequential makes a chain of a list. Which part of that list can a loop over "
        "MODULES write?",
        "Begin with a list of the layers before 3a. Then a loop over MODULES adds a block each time and keeps the number of channels that come "
        "out of it, which "
        "is what the next one is given: 1×1, 3×3, 5×5 and pooling together, not the reductions. Before 4a and 5a it adds a pooling. Means, "
        "dropout and the last layer end it.",
        "7×7 with stride 2 and padding 3, ReLU, pooling; 1×1, ReLU; 3×3 with padding 1, ReLU; pooling. For each name and six numbers in "
        "MODULES: scale the numbers "
        "by width, add block(channels, *numbers, batch_norm=batch_norm), then channels = first + third + fifth + sixth. "
        "nn.AdaptiveAvgPool2d(1), nn.Flatten(), "
        "nn.Dropout(0.4), nn.Linear(channels, classes).",
    ),
)
