"""ResNet-50 on ImageNet: batch 256, rate 0.1, weight decay 1e-4, scale augmentation [256, 480], five scales at test time.

At the size "gpu" it learns from the folder imagenet/ in $CNNLIB_DATA (any data set with one folder a class will do); at "cpu" and "colab" from
CIFAR-10, enlarged 8 times to 256×256: that tries the recipe out, and says nothing about ImageNet.
"""

import torch

from cnnlib.kit.training import starts
from cnnlib.kit.training.looks import multi_scale
from cnnlib.kit.training.recipe import Recipe
from cnnlib.kit.training.recipe_parts import imagenet, imagenet_crop, steps

SIDE = 480  # the largest scale, so that none is enlarged: 886 GB for ImageNet. 256 takes 252 GB, and larger scales are then blurred


def model(depth=50, classes=1000, width=64):
    from cnnlib.nets.resnet import resnet

    return starts.he(resnet(depth, classes, width))  # "we initialize the weights as in [13]": He et al. 2015


RECIPE = Recipe(
    name="resnet50",
    about="ResNet-50 on ImageNet, by the recipe of He et al. 2016, section 3.4.",
    model=model,
    model_options={"depth": 50, "classes": 1000, "width": 64},
    data=imagenet(side=SIDE, stand_in={"cpu": (100, 20), "colab": (5000, 1000)}),
    epochs=90,  # with the drops below: Goyal et al. 2017 (arXiv:1706.02677), section 5.1; the paper: "up to 60 × 10⁴ iterations", 120 epochs
    batch_size=256,
    optimizer=torch.optim.SGD,
    optimizer_options={"lr": 0.1, "momentum": 0.9, "weight_decay": 1e-4},
    schedule=steps(30 / 90, 60 / 90, 80 / 90),  # the paper divides by 10 "when the error plateaus"; these are the epochs of Goyal et al.
    augment=imagenet_crop(224, scales=(256, 480)),  # section 3.4
    # Fully convolutional at five scales. Whole squares and their mirror images; the paper's images keep their margins too.
    predict=multi_scale,
    precision="bf16",
    channels_last=True,
    compile=True,  # batch norm and ReLU become one pass over the memory
    drop_last=True,
    test_every=5,
    test_batch=50,  # at 640 pixels
    sizes={
        "cpu": {
            "epochs": 1, "batch_size": 10, "test_batch": 10, "model.classes": 10, "model.width": 8, "precision": "float32", "compile": False,
        },
        "colab": {"epochs": 10, "batch_size": 64, "model.classes": 10, "model.depth": 18, "precision": "fp16", "compile": False},
    },
)
PUBLISHED = {"": "20.74 % top-1, 5.25 % top-5 (validation, several scales), He et al. 2016, table 4"}
