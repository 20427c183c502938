"""AlexNet, VGG-11 and ResNet-20 on CIFAR-10 at equal budget: as many multiply-adds for each image, as many images, each by its paper's rates."""

import torch
from torch import nn

from cnnlib.kit.training import starts
from cnnlib.kit.training.recipe import Recipe
from cnnlib.kit.training.recipe_parts import shifted_and_flipped, small_images, steps

# By budget, millions of multiply-adds for one image: widths (and hidden units) with which each network needs that many, as `nets.inspect.layer_table`
# counts them. 41 is the published ResNet-20; 10 the same with half the width.
BUDGETS = {
    41: {"alexnet": (18, 512), "vgg": (33, 256), "resnet": (16, None)},
    10: {"alexnet": (6, 896), "vgg": (16, 128), "resnet": (8, None)},
}


def model(net="resnet", budget=41, classes=10):
    if (budget, net) not in {(millions, name) for millions, names in BUDGETS.items() for name in names}:
        raise ValueError(f"There is no {net!r} of {budget} million multiply-adds: choose alexnet, vgg or resnet, and {sorted(BUDGETS)}.")
    width, hidden = BUDGETS[budget][net]
    if net == "alexnet":
        from cnnlib.nets.alexnet import AlexNet

        # Its layers want 224 pixels: the image is enlarged. Narrow layers begin as He's, see recipes/alexnet.py.
        return starts.he(nn.Sequential(nn.Upsample((224, 224), mode="bilinear"), AlexNet(classes, width=width, hidden=hidden)))
    if net == "vgg":
        from cnnlib.nets.vgg import VGG

        return starts.he(VGG(11, classes, width=width, hidden=hidden, size=32))
    from cnnlib.nets.resnet import CifarResNet

    return starts.he(CifarResNet(20, classes, width=width))


RECIPE = Recipe(
    name="alexnet_vgg_resnet",
    about="AlexNet, VGG-11 and ResNet-20 with as many multiply-adds each, on CIFAR-10.",
    model=model,
    model_options={"net": "resnet", "budget": 41, "classes": 10},
    data=small_images("cifar10", {"cpu": (5000, 2000)}),
    epochs=60,  # as many for all: with equal work for an image, that is an equal budget
    batch_size=128,  # of AlexNet's and ResNet's papers
    optimizer=torch.optim.SGD,
    optimizer_options={"lr": 0.1, "momentum": 0.9, "weight_decay": 1e-4},
    schedule=steps(1 / 2, 3 / 4),
    augment=shifted_and_flipped,
    drop_last=True,
    precision="bf16",
    channels_last=True,
    sizes={
        "cpu": {"epochs": 4, "batch_size": 50, "model.budget": 10, "test_every": 2, "precision": "float32"},
        "colab": {"epochs": 30, "precision": "fp16"},
    },
)
# Rate and decay as each paper has them: without batch norm 0.1 is too much.
ARMS = {
    "AlexNet": {"model.net": "alexnet", "optimizer.lr": 0.01, "optimizer.weight_decay": 5e-4},
    "VGG-11": {"model.net": "vgg", "optimizer.lr": 0.01, "optimizer.weight_decay": 5e-4},
    "ResNet-20": {"model.net": "resnet", "optimizer.lr": 0.1, "optimizer.weight_decay": 1e-4},
}
