"""Convolution and its gradients, spelled out.

Everywhere: images x are (N, C, H, W), filters w are (F, C, KH, KW), and "convolution" means cross-correlation, as in
PyTorch: the filter is not flipped. Only `convolve2d` flips.
"""

import numpy as np


def pair(value):
    """Given: 3 -> (3, 3); (2, 3) stays. Height first, then width."""
    return (value, value) if isinstance(value, int) else tuple(value)


def triple(value):
    """Given: 2 -> (2, 2, 2); (1, 2, 3) stays. Depth first, then height, then width."""
    return (value, value, value) if isinstance(value, int) else tuple(value)


def side_padding(padding, size, kernel_size, stride):
    """Given: zeros to add on each side, as ((top, bottom), (left, right)).

    padding is an int, an (h, w) pair, "valid" (none) or "same" (output size ceil(n / stride); an odd total puts the
    extra zero at the end). size, kernel_size and stride are (h, w) pairs.
    """
    if padding == "valid":
        padding = 0
    if padding == "same":
        total = [max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in zip(size, kernel_size, stride)]
        return tuple((t // 2, t - t // 2) for t in total)
    return tuple((p, p) for p in pair(padding))


# --- One image, one filter --------------------------------------------------------------------------------------------


def correlate2d(image, kernel):
    """Slide a kernel over an image, as it is: each output pixel is the sum of products with the window below the kernel.

    image    (H, W)    one channel of floats
    kernel   (KH, KW)  the weights; no larger than the image
    returns  (OH, OW)  with OH = H - KH + 1 and OW = W - KW + 1 (only where the kernel fits: "valid"); dtype of image

        out[i, j] = sum over a, b of kernel[a, b] * image[i + a, j + b]

    The image 0 1 2 / 3 4 5 / 6 7 8 and the kernel 0 1 / 2 3 give 19 25 / 37 43. The arguments are not modified.
    Source: torch.nn.functional.conv2d, which calls this a convolution; scipy.signal.correlate2d.
    """
    ### BEGIN SOLUTION
    H, W = image.shape
    KH, KW = kernel.shape
    OH, OW = H - KH + 1, W - KW + 1

    out = np.zeros((OH, OW), image.dtype)
    for a in range(KH):
        for b in range(KW):
            out += kernel[a, b] * image[a : a + OH, b : b + OW]           # the image, moved up by a and left by b
    return out
    ### END SOLUTION


def convolve2d(image, kernel):
    """The mathematicians' convolution: slide the kernel turned by 180 degrees over an image.

    image    (H, W)    one channel of floats
    kernel   (KH, KW)  no larger than the image
    returns  (OH, OW)  with OH = H - KH + 1 and OW = W - KW + 1 ("valid"); dtype of image

        out[i, j] = sum over a, b of kernel[a, b] * image[i + KH - 1 - a, j + KW - 1 - b]

    The further an image pixel lies ahead, the earlier the weight: index of image plus index of kernel is constant.
    The arguments are not modified.
    Source: the definition of discrete convolution, sum over m, n of kernel[m, n] * image[i - m, j - n]; scipy.signal.convolve2d.
    """
    ### BEGIN SOLUTION
    H, W = image.shape
    KH, KW = kernel.shape
    OH, OW = H - KH + 1, W - KW + 1

    turned = kernel[::-1, ::-1]
    out = np.zeros((OH, OW), image.dtype)
    for a in range(KH):
        for b in range(KW):
            out += turned[a, b] * image[a : a + OH, b : b + OW]
    return out
    ### END SOLUTION


def conv_matrix(w, height, width):
    """The convolution of one image with one filter, written as a matrix: (conv_matrix(w, H, W) @ image.ravel()) is the output, flat.

    w              (KH, KW)         one filter (not flipped)
    height, width  int              the image's size; the filter is no larger
    returns        (OH*OW, H*W)     with OH = H - KH + 1 and OW = W - KW + 1; dtype of w

    Row i*OW + j of the matrix makes output pixel (i, j); column r*W + c weighs image pixel (r, c); both count row by row.
    Every row holds the same KH*KW weights, moved along: a doubly blocked Toeplitz matrix. All other entries are 0.
    The arguments are not modified.
    Source: Goodfellow, Bengio, Courville 2016, "Deep Learning", section 9.1.
    """
    ### BEGIN SOLUTION
    KH, KW = w.shape
    OH, OW = height - KH + 1, width - KW + 1

    matrix = np.zeros((OH, OW, height, width), w.dtype)                   # four axes while it is built
    for i in range(OH):
        for j in range(OW):
            matrix[i, j, i : i + KH, j : j + KW] = w
    return matrix.reshape(OH * OW, height * width)
    ### END SOLUTION


# --- The layer: batches, channels, bias, stride, padding --------------------------------------------------------------


def conv2d_forward(x, w, b, stride=1, padding=0):
    """Convolve a batch of images with a bank of filters: every filter sees all channels and adds its own bias.

    x        (N, C, H, W)    images
    w        (F, C, KH, KW)  filters
    b        (F,)            one bias per filter
    stride   int or (h, w) pair: rows and columns between two placements of the filter
    padding  int, (h, w) pair, "valid" or "same": zeros around the image; `side_padding` turns it into numbers
    returns  (N, F, OH, OW)  with OH = (H + top + bottom - KH) // stride_h + 1, OW likewise; dtype of x

        out[n, f, i, j] = b[f] + sum over c, u, v of x_padded[n, c, i*stride_h + u, j*stride_w + v] * w[f, c, u, v]

    The arguments are not modified.
    Source: LeCun et al. 1998, "Gradient-based learning applied to document recognition", section II.A; torch.nn.Conv2d.
    """
    ### BEGIN SOLUTION
    N, C, H, W = x.shape
    F, C, KH, KW = w.shape
    SH, SW = pair(stride)
    sides = side_padding(padding, (H, W), (KH, KW), (SH, SW))
    x = np.pad(x, ((0, 0), (0, 0), *sides))                              # (N, C, H + top + bottom, W + left + right)
    OH, OW = (x.shape[2] - KH) // SH + 1, (x.shape[3] - KW) // SW + 1

    out = np.zeros((N, F, OH, OW), x.dtype)
    for i in range(OH):
        for j in range(OW):
            window = x[:, :, i * SH : i * SH + KH, j * SW : j * SW + KW]  # (N, C, KH, KW)
            out[:, :, i, j] = np.tensordot(window, w, axes=([1, 2, 3], [1, 2, 3])) + b
    return out
    ### END SOLUTION


# --- One and three dimensions -----------------------------------------------------------------------------------------


def conv1d_forward(x, w, b, stride=1, padding=0):
    """Convolve a batch of sequences, such as sound, with a bank of filters.

    x        (N, C, L)   sequences of C channels
    w        (F, C, K)   filters
    b        (F,)        one bias per filter
    stride   int         steps between two placements of the filter
    padding  int         zeros before and after each sequence
    returns  (N, F, OL)  with OL = (L + 2*padding - K) // stride + 1; dtype of x

        out[n, f, i] = b[f] + sum over c, u of x_padded[n, c, i*stride + u] * w[f, c, u]

    The arguments are not modified.
    Source: torch.nn.Conv1d.
    """
    ### BEGIN SOLUTION
    N, C, L = x.shape
    F, C, K = w.shape
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding)))                  # (N, C, L + 2 padding)
    OL = (x.shape[2] - K) // stride + 1

    out = np.zeros((N, F, OL), x.dtype)
    for i in range(OL):
        window = x[:, :, i * stride : i * stride + K]                     # (N, C, K)
        out[:, :, i] = np.tensordot(window, w, axes=([1, 2], [1, 2])) + b
    return out
    ### END SOLUTION


def conv3d_forward(x, w, b, stride=1, padding=0):
    """Convolve a batch of volumes, such as video (depth is time) or scans, with a bank of filters.

    x        (N, C, D, H, W)      volumes of C channels
    w        (F, C, KD, KH, KW)   filters
    b        (F,)                 one bias per filter
    stride   int or (d, h, w)     steps between two placements of the filter; `triple` turns it into three numbers
    padding  int or (d, h, w)     zeros on both sides of each axis
    returns  (N, F, OD, OH, OW)   with OD = (D + 2*padding_d - KD) // stride_d + 1, OH and OW likewise; dtype of x

    The arguments are not modified.
    Source: torch.nn.Conv3d; Tran et al. 2015, "Learning Spatiotemporal Features with 3D Convolutional Networks", section 3.
    """
    ### BEGIN SOLUTION
    N, C, *size = x.shape
    F, C, KD, KH, KW = w.shape
    SD, SH, SW = triple(stride)
    x = np.pad(x, ((0, 0), (0, 0), *((p, p) for p in triple(padding))))   # (N, C, D + 2 pd, H + 2 ph, W + 2 pw)
    OD, OH, OW = (x.shape[2] - KD) // SD + 1, (x.shape[3] - KH) // SH + 1, (x.shape[4] - KW) // SW + 1

    out = np.zeros((N, F, OD, OH, OW), x.dtype)
    for t in range(OD):
        for i in range(OH):
            for j in range(OW):
                window = x[:, :, t * SD : t * SD + KD, i * SH : i * SH + KH, j * SW : j * SW + KW]  # (N, C, KD, KH, KW)
                out[:, :, t, i, j] = np.tensordot(window, w, axes=([1, 2, 3, 4], [1, 2, 3, 4])) + b
    return out
    ### END SOLUTION


# --- Gradients: the pieces --------------------------------------------------------------------------------------------


def rotate180(w):
    """Turn filters by 180 degrees: a b c / d e f / g h i becomes i h g / f e d / c b a.

    w        (..., KH, KW)  one filter, or any number of them; only the last two axes turn
    returns  (..., KH, KW)  dtype of w

    The argument is not modified.
    Source: Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning", section 4.
    """
    ### BEGIN SOLUTION
    return w[..., ::-1, ::-1].copy()
    ### END SOLUTION


def dilate(x, stride):
    """Put zeros between the elements of the last two axes, as if a convolution with this stride had skipped those places.

    x        (..., H, W)
    stride   int or (h, w) pair: one element, then stride - 1 zeros, then the next element
    returns  (..., (H - 1)*stride_h + 1, (W - 1)*stride_w + 1)  no zeros after the last element; dtype of x

    With stride 2, a b / c d becomes a 0 b / 0 0 0 / c 0 d. The argument is not modified.
    Source: Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning", section 4.5.
    """
    ### BEGIN SOLUTION
    *lead, H, W = x.shape
    SH, SW = pair(stride)
    out = np.zeros((*lead, (H - 1) * SH + 1, (W - 1) * SW + 1), x.dtype)
    out[..., ::SH, ::SW] = x
    return out
    ### END SOLUTION


def conv2d_input_gradient(dout, w):
    """The gradient of the loss with respect to a convolution's input (stride 1, no padding).

    Either one image, one filter, one channel:
    dout     (OH, OW)         the loss's gradient with respect to the convolution's output
    w        (KH, KW)         the filter
    returns  (H, W)           with H = OH + KH - 1 and W = OW + KW - 1

    or a batch and a bank of filters:
    dout     (N, F, OH, OW)
    w        (F, C, KH, KW)
    returns  (N, C, H, W)

    It is the full convolution of dout with w: surround dout with KH - 1 rows and KW - 1 columns of zeros on each side, and
    slide the filters over it, turned by 180 degrees. An input pixel of channel c gathers from all filters f:

        dx[n, c, r, s] = sum over f, u, v of dout_padded[n, f, r + u, s + v] * w[f, c, KH - 1 - u, KW - 1 - v]

    dtype of dout. The arguments are not modified.
    Source: LeCun et al. 1989, "Backpropagation applied to handwritten zip code recognition"; Dumoulin & Visin 2016, section 4.
    """
    ### BEGIN SOLUTION
    if dout.ndim == 2:  # one image, one filter, one channel: a batch and a bank of one
        return conv2d_input_gradient(dout[None, None], w[None, None])[0, 0]
    N, F, OH, OW = dout.shape
    F, C, KH, KW = w.shape
    H, W = OH + KH - 1, OW + KW - 1

    turned = w[:, :, ::-1, ::-1]
    padded = np.pad(dout, ((0, 0), (0, 0), (KH - 1, KH - 1), (KW - 1, KW - 1)))  # (N, F, H + KH - 1, W + KW - 1)
    dx = np.zeros((N, C, H, W), dout.dtype)
    for r in range(H):
        for s in range(W):
            window = padded[:, :, r : r + KH, s : s + KW]                 # (N, F, KH, KW)
            dx[:, :, r, s] = np.tensordot(window, turned, axes=([1, 2, 3], [0, 2, 3]))
    return dx
    ### END SOLUTION


def conv2d_weight_gradient(dout, x):
    """The gradient of the loss with respect to a convolution's filters (stride 1, no padding).

    Either one image, one filter, one channel:
    dout     (OH, OW)         the loss's gradient with respect to the convolution's output
    x        (H, W)           the convolution's input
    returns  (KH, KW)         with KH = H - OH + 1 and KW = W - OW + 1

    or a batch and a bank of filters:
    dout     (N, F, OH, OW)
    x        (N, C, H, W)
    returns  (F, C, KH, KW)

    Weight (u, v) meets the input pixel (i + u, j + v) for every output pixel (i, j): a correlation of x with dout, summed
    over the batch (a loss that averages over the batch has done so in dout already):

        dw[f, c, u, v] = sum over n, i, j of dout[n, f, i, j] * x[n, c, i + u, j + v]

    dtype of x. The arguments are not modified.
    Source: LeCun et al. 1989, "Backpropagation applied to handwritten zip code recognition".
    """
    ### BEGIN SOLUTION
    if dout.ndim == 2:  # one image, one filter, one channel: a batch and a bank of one
        return conv2d_weight_gradient(dout[None, None], x[None, None])[0, 0]
    N, F, OH, OW = dout.shape
    N, C, H, W = x.shape
    KH, KW = H - OH + 1, W - OW + 1

    dw = np.zeros((F, C, KH, KW), x.dtype)
    for u in range(KH):
        for v in range(KW):
            seen = x[:, :, u : u + OH, v : v + OW]                        # (N, C, OH, OW): all that weight (u, v) met
            dw[:, :, u, v] = np.tensordot(dout, seen, axes=([0, 2, 3], [0, 2, 3]))
    return dw
    ### END SOLUTION


# --- Gradients: the layer ---------------------------------------------------------------------------------------------


def conv2d_backward(dout, x, w, b, stride=1, padding=0):
    """The gradients of `conv2d_forward`: given the loss's gradient with respect to its output, those of all its inputs.

    dout     (N, F, OH, OW)  the loss's gradient with respect to the output
    x        (N, C, H, W)    what the forward pass received, as are all of the following
    w        (F, C, KH, KW)
    b        (F,)
    stride   int or (h, w) pair
    padding  int, (h, w) pair, "valid" or "same": `side_padding` turns it into numbers
    returns  dx (N, C, H, W), dw (F, C, KH, KW), db (F,); dtype of x

        db[f]          = sum over n, i, j of dout[n, f, i, j]
        dw[f, c, u, v] = sum over n, i, j of dout[n, f, i, j] * x_padded[n, c, i*stride_h + u, j*stride_w + v]
        dx_padded[n, c, i*stride_h + u, j*stride_w + v] gathers dout[n, f, i, j] * w[f, c, u, v]; dx is what lies inside the padding

    Sums over the batch, no averages: a loss that averages has done so in dout. Rows and columns that no window reaches have
    gradient 0. The arguments are not modified.
    Source: Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning", section 4; torch.nn.Conv2d.
    """
    ### BEGIN SOLUTION
    N, C, H, W = x.shape
    F, C, KH, KW = w.shape
    OH, OW = dout.shape[2:]
    SH, SW = pair(stride)
    (top, bottom), (left, right) = side_padding(padding, (H, W), (KH, KW), (SH, SW))
    x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))        # (N, C, H + top + bottom, W + left + right)

    dx, dw = np.zeros(x.shape, x.dtype), np.zeros(w.shape, x.dtype)
    for i in range(OH):
        for j in range(OW):
            here = (slice(None), slice(None), slice(i * SH, i * SH + KH), slice(j * SW, j * SW + KW))
            pixel = dout[:, :, i, j]                                      # (N, F): one output pixel of every image and filter
            dw += np.tensordot(pixel, x[here], axes=([0], [0]))           # (F, C, KH, KW)
            dx[here] += np.tensordot(pixel, w, axes=([1], [0]))           # (N, C, KH, KW)
    db = dout.sum(axis=(0, 2, 3))
    return dx[:, :, top : top + H, left : left + W], dw, db
    ### END SOLUTION
