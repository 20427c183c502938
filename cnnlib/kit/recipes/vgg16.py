"""VGG-16 on ImageNet, as published: batch 256, momentum 0.9, weight decay 5e-4, 74 epochs.

At the size "gpu" it learns from the folder imagenet/ in $CNNLIB_DATA (any data set with one folder a class will do); at "cpu" and "colab" from
CIFAR-10, enlarged 8 times to 256×256: that tries the recipe out, and says nothing about ImageNet.
"""

import torch
from torch import nn

from cnnlib.kit.training import starts
from cnnlib.kit.training.looks import Middle, probabilities, ten_crop
from cnnlib.kit.training.recipe import Recipe
from cnnlib.kit.training.recipe_parts import imagenet, imagenet_crop, steps


def model(depth=16, classes=1000, width=64, hidden=4096, batch_norm=False):
    from cnnlib.nets.vgg import VGG

    # The paper trained VGG-11 first and began the deeper ones with its layers; Glorot's rule makes that unnecessary (section 3.1, last lines).
    # One look while it trains: the middle. Crops of 224 pass as they are.
    return starts.glorot(nn.Sequential(Middle(224), VGG(depth, classes, batch_norm, width=width, hidden=hidden)))


RECIPE = Recipe(
    name="vgg16",
    about="VGG-16 on ImageNet, by the recipe of Simonyan and Zisserman 2015, section 3.1.",
    model=model,
    model_options={"depth": 16, "classes": 1000, "width": 64, "hidden": 4096, "batch_norm": False},
    data=imagenet(side=256, stand_in={"cpu": (100, 20), "colab": (5000, 1000)}),  # the paper's S = 256
    epochs=74,  # "after 370K iterations (74 epochs)"
    batch_size=256,
    pieces=1,  # out of memory? pieces=4 gives the same step (without batch norm), a quarter at a time
    optimizer=torch.optim.SGD,
    optimizer_options={"lr": 0.01, "momentum": 0.9, "weight_decay": 5e-4},
    # "Decreased by a factor of 10 when the validation set accuracy stopped improving", three times; at even distances, see recipes/alexnet.py.
    schedule=steps(1 / 3, 2 / 3, 8 / 9),
    augment=imagenet_crop(224),  # a crop of 224 of an image whose shorter side has 256, mirror images, colours shifted
    predict=lambda model, images: probabilities(model, images, lambda part: ten_crop(part, 224)),  # ten crops: He et al. 2016, table 3
    precision="bf16",
    channels_last=True,
    drop_last=True,
    test_every=5,
    test_batch=100,  # ten looks at each
    sizes={
        # Here only the way is tried: ten steps teach no network anything.
        "cpu": {"epochs": 1, "batch_size": 10, "test_batch": 10, "model.classes": 10, "model.width": 8, "model.hidden": 64, "precision": "float32"},
        "colab": {"epochs": 10, "batch_size": 64, "model.classes": 10, "model.depth": 11, "model.hidden": 1024, "precision": "fp16"},
    },
)
PUBLISHED = {"": "28.07 % top-1, 9.33 % top-5 (validation, ten crops), He et al. 2016, table 3"}
