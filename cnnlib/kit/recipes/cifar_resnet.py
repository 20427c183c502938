"""Plain and residual networks of 20 and 56 layers on CIFAR-10: deeper plain ones train worse, residual ones do not."""

import torch

from cnnlib.kit.training import starts
from cnnlib.kit.training.recipe import Recipe
from cnnlib.kit.training.recipe_parts import shifted_and_flipped, small_images, steps


def model(depth=20, residual=True, width=16, classes=10):
    from cnnlib.nets.resnet import CifarResNet

    return starts.he(CifarResNet(depth, classes, residual, width))  # "the weight initialization in [13]": He et al. 2015


RECIPE = Recipe(
    name="cifar_resnet",
    about="ResNet-20 and -56 and their plain twins on CIFAR-10, by the recipe of He et al. 2016, section 4.2.",
    model=model,
    model_options={"depth": 20, "residual": True, "width": 16, "classes": 10},
    data=small_images("cifar10", {"cpu": (5000, 2000)}),  # all 50,000 to learn from; the paper found its 64,000 steps with 45,000
    epochs=164,  # 64,000 steps of 128 images
    batch_size=128,
    optimizer=torch.optim.SGD,
    optimizer_options={"lr": 0.1, "momentum": 0.9, "weight_decay": 1e-4},
    schedule=steps(1 / 2, 3 / 4),  # after 32,000 and 48,000 steps
    augment=shifted_and_flipped,  # four pixels of border, crops of 32, mirror images
    precision="bf16",  # the paper's float32; what is summed is still float32
    channels_last=True,
    sizes={
        # Half the width, a tenth of the images, few epochs: for the direction, not for the level.
        "cpu": {"epochs": 4, "batch_size": 50, "model.width": 8, "test_every": 2, "precision": "float32"},
        "colab": {"epochs": 60, "precision": "fp16"},
    },
)
ARMS = {
    f"{words}, {depth} layers": {"model.depth": depth, "model.residual": residual}
    for words, residual in (("plain", False), ("residual", True))
    for depth in (20, 56)
}
PUBLISHED = {
    "residual, 20 layers": "8.75 % (He et al. 2016, table 6)",
    "residual, 56 layers": "6.97 % (He et al. 2016, table 6)",
}
