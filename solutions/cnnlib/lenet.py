"""LeNet-5, put together from your own layers."""

from cnnlib.kit import AvgPool2d, Conv2d, Flatten, Linear, Sequential, Tanh


def build_lenet5(rng):
    """LeNet-5 for images of 32 by 32 pixels and ten classes, from the kit's layers around your own functions.

    rng      numpy.random.Generator: hand it to every layer with weights, from the first to the last
    returns  kit.Sequential  (N, 1, 32, 32) -> (N, 10) scores, one per class; no softmax, that is part of the loss

        layer                          output          parameters
        convolution, 6 filters 5×5     6 × 28 × 28            156
        tanh, average pooling 2×2      6 × 14 × 14
        convolution, 16 filters 5×5    16 × 10 × 10         2,416
        tanh, average pooling 2×2      16 × 5 × 5
        convolution, 120 filters 5×5   120 × 1 × 1         48,120
        tanh, flattened                120
        fully connected                84                  10,164
        tanh
        fully connected                10                     850
                                                           61,706

    The layers come from cnnlib.kit (see the imports above): Conv2d and Linear hold weights, and use rng to draw them.
    Every convolution sees all channels below it, has stride 1 and no padding.
    Source: LeCun, Bottou, Bengio, Haffner 1998, "Gradient-based learning applied to document recognition", figure 2, with
    plain average pooling and scores in place of its trainable subsampling, partial connections and radial basis functions.
    """
    ### BEGIN SOLUTION
    return Sequential(
        Conv2d(1, 6, 5, rng=rng), Tanh(), AvgPool2d(2),         # (N, 6, 14, 14)
        Conv2d(6, 16, 5, rng=rng), Tanh(), AvgPool2d(2),        # (N, 16, 5, 5)
        Conv2d(16, 120, 5, rng=rng), Tanh(), Flatten(),         # (N, 120)
        Linear(120, 84, rng=rng), Tanh(), Linear(84, 10, rng=rng),
    )
    ### END SOLUTION
