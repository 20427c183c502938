"""Three convolutions 3×3 in a row against one 7×7, on CIFAR-10: they see as far, with 27 numbers for every 49, and three ReLUs in place of one."""

import torch
from torch import nn

from cnnlib.kit.training import starts
from cnnlib.kit.training.recipe import Recipe
from cnnlib.kit.training.recipe_parts import shifted_and_flipped, small_images, steps


def model(kernel=3, width=64, classes=10):
    """One convolution 3×3 to `width` channels; two stacks, each followed by pooling: three 3×3 (the learner's own VGG block) or one 7×7."""
    from cnnlib.nets.vgg import vgg_block

    def stack():
        if kernel == 3:
            return vgg_block(width, width, 3, batch_norm=True)
        return nn.Sequential(nn.Conv2d(width, width, 7, padding=3, bias=False), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2))

    stem = nn.Sequential(nn.Conv2d(3, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU())
    # Batch norm and He's start in both: neither shall win because the other is hard to train.
    return starts.he(nn.Sequential(stem, stack(), stack(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, classes)))


RECIPE = Recipe(
    name="three_by_three",
    about="Stacks of three 3×3 convolutions against single 7×7 ones: Simonyan and Zisserman 2015, section 2.3.",
    model=model,
    model_options={"kernel": 3, "width": 64, "classes": 10},
    data=small_images("cifar10", {"cpu": (5000, 2000)}),
    epochs=60,  # long enough for three rates
    batch_size=128,  # batch, momentum, decay: as for CIFAR-10 in He et al. 2016, section 4.2
    optimizer=torch.optim.SGD,
    optimizer_options={"lr": 0.1, "momentum": 0.9, "weight_decay": 1e-4},
    schedule=steps(1 / 2, 3 / 4),
    augment=shifted_and_flipped,
    drop_last=True,
    precision="bf16",
    channels_last=True,
    sizes={
        "cpu": {"epochs": 6, "batch_size": 50, "model.width": 12, "test_every": 2, "precision": "float32"},
        "colab": {"epochs": 30, "precision": "fp16"},
    },
)
ARMS = {"three 3×3": {"model.kernel": 3}, "one 7×7": {"model.kernel": 7}}
