"""AlexNet on ImageNet, as published: batch 128, momentum 0.9, weight decay 5e-4, ten crops at test time.

At the size "gpu" it learns from the folder imagenet/ in $CNNLIB_DATA (any data set with one folder a class will do); at "cpu" and "colab" from
CIFAR-10, enlarged 8 times to 256×256: that tries the recipe out, and says nothing about ImageNet.
"""

import torch
from torch import nn

from cnnlib.kit.training import starts
from cnnlib.kit.training.looks import Middle, probabilities, ten_crop
from cnnlib.kit.training.recipe import Recipe
from cnnlib.kit.training.recipe_parts import imagenet, imagenet_crop, steps


def model(classes=1000, width=96, hidden=4096, start="alexnet"):
    from cnnlib.nets.alexnet import AlexNet

    # One look while it trains: the middle. Crops of 224 pass as they are.
    return getattr(starts, start)(nn.Sequential(Middle(224), AlexNet(classes, width=width, hidden=hidden)))


RECIPE = Recipe(
    name="alexnet",
    about="AlexNet on ImageNet, by the recipe of Krizhevsky et al. 2012, section 5.",
    model=model,
    model_options={"classes": 1000, "width": 96, "hidden": 4096, "start": "alexnet"},
    data=imagenet(side=256, stand_in={"cpu": (200, 50), "colab": (5000, 1000)}),  # squares of 256 pixels: section 2
    epochs=90,  # "roughly 90 cycles"
    batch_size=128,
    optimizer=torch.optim.SGD,
    optimizer_options={
        "lr": 0.01,
        "momentum": 0.9,
        "weight_decay": 5e-4,  # "not merely a regularizer": it lowers the training error too
    },
    # "Divided by 10 when the validation error stopped improving", three times. At even distances: nobody has to watch, and runs can be compared.
    schedule=steps(1 / 3, 2 / 3, 8 / 9),
    augment=imagenet_crop(224),  # section 4.1: crops of 224 of 256, mirror images, colours shifted
    predict=lambda model, images: probabilities(model, images, lambda part: ten_crop(part, 224)),  # section 4.1
    precision="bf16",  # the paper's float32 wins nothing here: sums stay in float32
    channels_last=True,  # what tensor cores read fastest
    drop_last=True,
    test_every=5,  # ten crops of 50,000 images take a while
    sizes={
        # He's start for narrow layers: with 0.01 for all, signals of so few channels would die out.
        "cpu": {
            "epochs": 2, "batch_size": 20, "model.classes": 10, "model.width": 12, "model.hidden": 64, "model.start": "he", "precision": "float32",
        },
        "colab": {"epochs": 30, "model.classes": 10, "model.hidden": 1024, "model.start": "he", "precision": "fp16"},
    },
)
PUBLISHED = {"": "40.7 % top-1, 18.2 % top-5 (ILSVRC-2012 validation, one network), Krizhevsky et al. 2012, table 2"}
