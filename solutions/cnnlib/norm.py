"""Normalization: numbers with mean 0 and variance 1, then a scale gamma and a shift beta that the network learns.

The functions differ in which numbers share a mean and a variance. Images x are (N, C, H, W).

    batch norm    each feature, over the batch; each channel, over the batch and all its pixels
    layer norm    each example, over its features
    group norm    each image and each group of its channels, over their pixels
"""

import numpy as np

# --- Batch normalization, feature by feature --------------------------------------------------------------------------


def batch_norm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    """Normalize each feature with the batch's statistics while training, and with the running ones afterwards.

    x             (N, D)  a batch of N examples; N is at least 2 while training
    gamma, beta   (D,)    scale and shift of each feature
    running_mean  (D,)    mean and variance of each feature, as they came out of earlier batches
    running_var   (D,)
    training      bool    True while the network learns, False when it is used
    momentum      float   how much the new batch counts in the running statistics
    eps           float   keeps the root away from zero
    returns       out (N, D), running_mean (D,), running_var (D,); dtype of x

        out[n, d] = gamma[d] * (x[n, d] - mean[d]) / sqrt(var[d] + eps) + beta[d]

    While training, mean[d] and var[d] are those of x[:, d], and the running statistics move towards the batch's:

        mean[d] = 1/N * sum over n of x[n, d]               running_mean <- (1 - momentum) * running_mean + momentum * mean
        var[d]  = 1/N * sum over n of (x[n, d] - mean[d])²  running_var  <- (1 - momentum) * running_var + momentum * var * N/(N-1)

    The factor N/(N-1) makes the variance of a batch an unbiased estimate of that of all data; out does without it. When not
    training, mean and var are running_mean and running_var, and these are returned as they were. The arguments are not modified:
    the new statistics are new arrays.
    Source: Ioffe, Szegedy 2015, "Batch normalization", algorithms 1 and 2; momentum as in torch.nn.BatchNorm1d. (Others weigh
    the old value by momentum: their 0.9 is our 0.1.)
    """
    ### BEGIN SOLUTION
    mean, var = running_mean, running_var
    if training:
        N = len(x)
        mean, var = x.mean(axis=0), x.var(axis=0)           # (D,)
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var = (1 - momentum) * running_var + momentum * var * (N / (N - 1))
    out = gamma * (x - mean) / np.sqrt(var + eps) + beta    # (N, D)
    return out, running_mean, running_var
    ### END SOLUTION


def batch_norm_backward(dout, x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    """The gradients of `batch_norm_forward`.

    dout     (N, D)  gradient of the loss with respect to out
    x, gamma, beta, running_mean, running_var, training, momentum, eps as `batch_norm_forward` was given
    returns  dx (N, D), dgamma (D,), dbeta (D,); dtype of x

    While training, every example moves the mean and the variance of its batch, and through them the output of all others. When not
    training, mean and variance are constants. The loss does not depend on the running statistics. The arguments are not modified.
    Source: Ioffe, Szegedy 2015, "Batch normalization", section 3.
    """
    ### BEGIN SOLUTION
    mean, var = (x.mean(axis=0), x.var(axis=0)) if training else (running_mean, running_var)
    root = np.sqrt(var + eps)                               # (D,)
    normal = (x - mean) / root                              # (N, D)

    dbeta = dout.sum(axis=0)                                # (D,)
    dgamma = (dout * normal).sum(axis=0)                    # (D,)
    dnormal = dout * gamma                                  # (N, D)
    if training:
        # What moves all examples together, or stretches them, is taken away again by mean and variance.
        dnormal = dnormal - dnormal.mean(axis=0) - normal * (dnormal * normal).mean(axis=0)
    return dnormal / root, dgamma, dbeta
    ### END SOLUTION


# --- Batch normalization, channel by channel --------------------------------------------------------------------------


def per_channel(values):
    """Given: (C,) -> (C, 1, 1), one number for all pixels of a channel; fits beside (N, C, H, W)."""
    return values[:, None, None]


def batch_norm2d_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    """Batch normalization of images: each channel has one mean and one variance, over all images and all pixels.

    x             (N, C, H, W)  a batch of images; N*H*W is at least 2 while training
    gamma, beta   (C,)          scale and shift of each channel
    running_mean  (C,)          mean and variance of each channel, as they came out of earlier batches
    running_var   (C,)
    training, momentum, eps as in `batch_norm_forward`
    returns       out (N, C, H, W), running_mean (C,), running_var (C,); dtype of x

        out[n, c, i, j] = gamma[c] * (x[n, c, i, j] - mean[c]) / sqrt(var[c] + eps) + beta[c]

    A filter means the same wherever it looks: so all places of its channel are treated alike, and M = N*H*W numbers make
    mean[c] and var[c]. The running variance takes var * M/(M-1). Everything else is as in `batch_norm_forward`. The arguments are
    not modified.
    Source: Ioffe, Szegedy 2015, "Batch normalization", section 3.2; torch.nn.BatchNorm2d.
    """
    ### BEGIN SOLUTION
    mean, var = running_mean, running_var
    if training:
        N, C, H, W = x.shape
        M = N * H * W
        mean, var = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))  # (C,)
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var = (1 - momentum) * running_var + momentum * var * (M / (M - 1))
    out = per_channel(gamma / np.sqrt(var + eps)) * (x - per_channel(mean)) + per_channel(beta)
    return out, running_mean, running_var
    ### END SOLUTION


def batch_norm2d_backward(dout, x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    """The gradients of `batch_norm2d_forward`.

    dout     (N, C, H, W)  gradient of the loss with respect to out
    x, gamma, beta, running_mean, running_var, training, momentum, eps as `batch_norm2d_forward` was given
    returns  dx (N, C, H, W), dgamma (C,), dbeta (C,); dtype of x

    As `batch_norm_backward`, with sums over all images and all pixels of a channel. The arguments are not modified.
    Source: Ioffe, Szegedy 2015, "Batch normalization", sections 3 and 3.2.
    """
    ### BEGIN SOLUTION
    axes = (0, 2, 3)
    mean, var = (x.mean(axis=axes), x.var(axis=axes)) if training else (running_mean, running_var)
    root = per_channel(np.sqrt(var + eps))                  # (C, 1, 1)
    normal = (x - per_channel(mean)) / root                 # (N, C, H, W)

    dbeta = dout.sum(axis=axes)                             # (C,)
    dgamma = (dout * normal).sum(axis=axes)                 # (C,)
    dnormal = dout * per_channel(gamma)                     # (N, C, H, W)
    if training:
        together = per_channel(dnormal.mean(axis=axes))
        stretch = per_channel((dnormal * normal).mean(axis=axes))
        dnormal = dnormal - together - normal * stretch
    return dnormal / root, dgamma, dbeta
    ### END SOLUTION


def fold_batch_norm(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    """Fold a batch norm that is no longer training into the layer before it: one layer that computes what the two computed.

    w        (F, C, KH, KW) or (F, D)  weights of the convolution or fully connected layer before the batch norm
    b        (F,)                      its bias
    gamma, beta, running_mean, running_var (F,) and eps as in `batch_norm_forward` and `batch_norm2d_forward`
    returns  w, b of a single layer, shapes and dtypes as before

    For every x, the new layer's output is the batch norm (training=False) of the old layer's output. The arguments are not modified.
    Source: Jacob et al. 2018, "Quantization and training of neural networks for efficient integer-arithmetic-only inference",
    section 3.2.
    """
    ### BEGIN SOLUTION
    scale = gamma / np.sqrt(running_var + eps)              # (F,)
    folded = (w.T * scale).T                                # the first axis comes last, is scaled, and goes back
    return folded, (b - running_mean) * scale + beta
    ### END SOLUTION


# --- Layer normalization ----------------------------------------------------------------------------------------------


def layer_norm_forward(x, gamma, beta, eps=1e-5):
    """Normalize each example by itself, over its features: the same in training and in use, whatever else is in the batch.

    x            (..., D)  examples of D features; any number of axes before the last
    gamma, beta  (D,)      scale and shift of each feature
    eps          float     keeps the root away from zero
    returns      (..., D)  dtype of x

        out[..., d] = gamma[d] * (x[..., d] - mean[...]) / sqrt(var[...] + eps) + beta[d]

    mean[...] and var[...] are those of the D numbers x[..., :], the variance divided by D. The arguments are not modified.
    Source: Ba, Kiros, Hinton 2016, "Layer normalization", section 3; torch.nn.functional.layer_norm.
    """
    ### BEGIN SOLUTION
    mean, var = x.mean(axis=-1, keepdims=True), x.var(axis=-1, keepdims=True)  # (..., 1)
    return gamma * (x - mean) / np.sqrt(var + eps) + beta
    ### END SOLUTION


def layer_norm_backward(dout, x, gamma, beta, eps=1e-5):
    """The gradients of `layer_norm_forward`.

    dout     (..., D)  gradient of the loss with respect to the output
    x, gamma, beta, eps as `layer_norm_forward` was given
    returns  dx (..., D), dgamma (D,), dbeta (D,); dtype of x

    gamma and beta serve all examples: their gradients are sums over every axis but the last. The arguments are not modified.
    """
    ### BEGIN SOLUTION
    mean, var = x.mean(axis=-1, keepdims=True), x.var(axis=-1, keepdims=True)  # (..., 1)
    root = np.sqrt(var + eps)
    normal = (x - mean) / root                              # (..., D)

    examples = tuple(range(x.ndim - 1))
    dbeta = dout.sum(axis=examples)                         # (D,)
    dgamma = (dout * normal).sum(axis=examples)             # (D,)
    dnormal = dout * gamma                                  # (..., D)
    together = dnormal.mean(axis=-1, keepdims=True)
    stretch = (dnormal * normal).mean(axis=-1, keepdims=True)
    return (dnormal - together - normal * stretch) / root, dgamma, dbeta
    ### END SOLUTION


# --- Group normalization ----------------------------------------------------------------------------------------------


def group_norm_forward(x, groups, gamma, beta, eps=1e-5):
    """Normalize each group of neighbouring channels of each image by itself.

    x            (N, C, H, W)  images
    groups       int           into how many groups of C/groups channels they are divided; divides C
    gamma, beta  (C,)          scale and shift of each channel
    eps          float         keeps the root away from zero
    returns      (N, C, H, W)  dtype of x

        out[n, c, i, j] = gamma[c] * (x[n, c, i, j] - mean[n, g]) / sqrt(var[n, g] + eps) + beta[c]

    Channels 0 … C/groups - 1 are group g = 0, and so on. mean[n, g] and var[n, g] are those of all numbers of that group in
    image n, the variance divided by how many these are. groups=C, every channel by itself, is called instance norm. The arguments
    are not modified.
    Source: Wu, He 2018, "Group normalization", section 3; torch.nn.functional.group_norm.
    """
    ### BEGIN SOLUTION
    parts = x.reshape(len(x), groups, -1)                   # (N, G, C/G*H*W)
    mean, var = parts.mean(axis=2, keepdims=True), parts.var(axis=2, keepdims=True)
    normal = ((parts - mean) / np.sqrt(var + eps)).reshape(x.shape)
    return per_channel(gamma) * normal + per_channel(beta)
    ### END SOLUTION


def group_norm_backward(dout, x, groups, gamma, beta, eps=1e-5):
    """The gradients of `group_norm_forward`.

    dout     (N, C, H, W)  gradient of the loss with respect to the output
    x, groups, gamma, beta, eps as `group_norm_forward` was given
    returns  dx (N, C, H, W), dgamma (C,), dbeta (C,); dtype of x

    A group shares its mean and variance, but each of its channels has its own gamma and beta. The arguments are not modified.
    """
    ### BEGIN SOLUTION
    grouped = (len(x), groups, -1)
    parts = x.reshape(grouped)                              # (N, G, C/G*H*W)
    mean, var = parts.mean(axis=2, keepdims=True), parts.var(axis=2, keepdims=True)
    root = np.sqrt(var + eps)                               # (N, G, 1)
    normal = (parts - mean) / root                          # (N, G, C/G*H*W)

    dbeta = dout.sum(axis=(0, 2, 3))                        # (C,)
    dgamma = (dout * normal.reshape(x.shape)).sum(axis=(0, 2, 3))
    dnormal = (dout * per_channel(gamma)).reshape(grouped)
    together = dnormal.mean(axis=2, keepdims=True)
    stretch = (dnormal * normal).mean(axis=2, keepdims=True)
    return ((dnormal - together - normal * stretch) / root).reshape(x.shape), dgamma, dbeta
    ### END SOLUTION


# --- Local response normalization -------------------------------------------------------------------------------------


def local_response_norm(x, size=5, alpha=1e-4, beta=0.75, k=2.0):
    """Divide each number by what it and its neighbouring channels have at the same pixel, as AlexNet did.

    x               (N, C, H, W)  images
    size            int, odd      how many channels take part: (size - 1)/2 on either side
    alpha, beta, k  float         AlexNet's constants
    returns         (N, C, H, W)  dtype of x

        out[n, c, i, j] = x[n, c, i, j] / (k + alpha * sum over q of x[n, q, i, j]²) ** beta

    q runs over the channels from c - (size - 1)/2 to c + (size - 1)/2, both included, as far as there are any. The argument is not
    modified.
    Source: Krizhevsky, Sutskever, Hinton 2012, "ImageNet classification with deep convolutional neural networks", section 3.3.
    (torch.nn.functional.local_response_norm divides alpha by size: give it alpha*size to get the same, and k, which is 1 there.)
    """
    ### BEGIN SOLUTION
    C, reach = x.shape[1], size // 2
    squares = x * x
    total = np.zeros_like(x)                                # (N, C, H, W)
    for c in range(C):
        total[:, c] = squares[:, max(c - reach, 0) : c + reach + 1].sum(axis=1)
    return x / (k + alpha * total) ** beta
    ### END SOLUTION
