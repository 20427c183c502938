"""Augmentation: from each image, many that show the same thing. And several looks at one image at test time.

Everywhere: a batch of images is (N, C, H, W), one image (C, H, W). All randomness comes from rng, a numpy.random.Generator.
The arguments are not modified.
"""

import numpy as np


def pair(value):
    """Given: 3 -> (3, 3); (2, 3) stays. Height first, then width."""
    return (value, value) if isinstance(value, int) else tuple(value)


# --- Random changes, while training -----------------------------------------------------------------------------------


def random_crop(images, size, rng, padding=0):
    """Cut a piece out of each image, at a random place of its own.

    images   (N, C, H, W)  any dtype
    size     int or (h, w) pair: height and width of a piece
    rng      numpy.random.Generator: the only source of randomness
    padding  int: so many rows and columns of zeros are put on each of the four sides first
    returns  (N, C, h, w)  dtype of images

    Image n is cut at rows top ... top + h - 1 and columns left ... left + w - 1 of the padded image, all channels alike.
    Each image has its own top and left. All places where the piece lies wholly within the padded image are equally likely:
    top from 0 to H + 2*padding - h, left from 0 to W + 2*padding - w, both ends included. The argument is not modified.
    Source: Krizhevsky et al. 2012, section 4.1 (224 of 256 pixels); with padding: He et al. 2016, section 4.2.
    """
    ### BEGIN SOLUTION
    N, C, H, W = images.shape
    h, w = pair(size)
    images = np.pad(images, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    tops = rng.integers(0, H + 2 * padding - h + 1, N)                  # the upper end is not drawn: hence the + 1
    lefts = rng.integers(0, W + 2 * padding - w + 1, N)

    out = np.empty((N, C, h, w), images.dtype)
    for n, (top, left) in enumerate(zip(tops, lefts)):
        out[n] = images[n, :, top : top + h, left : left + w]
    return out
    ### END SOLUTION


def random_horizontal_flip(images, rng, p=0.5):
    """Mirror each image with probability p: left becomes right.

    images   (N, C, H, W)  any dtype
    rng      numpy.random.Generator: the only source of randomness
    p        float: probability that an image is mirrored, 0 <= p <= 1
    returns  (N, C, H, W)  dtype of images

    Each image has its own chance; a mirrored one is mirrored in all its channels. The argument is not modified.
    Source: Krizhevsky et al. 2012, "ImageNet classification with deep convolutional neural networks", section 4.1.
    """
    ### BEGIN SOLUTION
    flip = rng.random(len(images)) < p
    return np.where(flip[:, None, None, None], images[..., ::-1], images)
    ### END SOLUTION


def color_jitter(images, eigenvalues, eigenvectors, rng, scale=0.1):
    """Change light and colour of each image as AlexNet does: along the directions in which colours vary in the data.

    images        (N, 3, H, W)  floats
    eigenvalues   (3,)    of the 3×3 covariance of red, green and blue over the training pixels
    eigenvectors  (3, 3)  column k is the unit vector that belongs to eigenvalues[k], as np.linalg.eigh returns them
    rng           numpy.random.Generator: the only source of randomness
    scale         float: standard deviation of the random factors alpha
    returns       (N, 3, H, W)  dtype of images

    For each image three numbers are drawn, alpha_k from the normal distribution of mean 0 and standard deviation `scale`.
    The same three numbers are then added to red, green and blue of all its pixels:

        shift = alpha_0 * eigenvalues[0] * eigenvectors[:, 0] + alpha_1 * eigenvalues[1] * eigenvectors[:, 1] + ...

    Nothing is clipped. The arguments are not modified.
    Source: Krizhevsky et al. 2012, section 4.1.
    """
    ### BEGIN SOLUTION
    alpha = scale * rng.standard_normal((len(images), 3))               # (N, 3)
    shift = (alpha * eigenvalues) @ eigenvectors.T                      # (N, 3): red, green, blue
    return images + shift.astype(images.dtype)[:, :, None, None]
    ### END SOLUTION


# --- Sizes ------------------------------------------------------------------------------------------------------------


def resize_short_side(image, size):
    """Scale an image so that its shorter side has `size` pixels, and the longer one as many as keep its proportions.

    image    (C, H, W)  floats
    size     int
    returns  (C, OH, OW)  dtype of image. The shorter side becomes `size`, the longer one size * long // short (rounded down)

    Bilinear: row i of the result lies at row y = (i + 0.5) * H / OH - 0.5 of the image (centres of pixels stand at halves),
    column j at x = (j + 0.5) * W / OW - 0.5. A y below 0 counts as 0, one beyond H - 1 as H - 1; x likewise. A number between
    four pixels is their mean, weighted by how near they are. With r = floor(y), c = floor(x), v = y - r, u = x - c:

        (1 - v) * ((1 - u) * image[r, c] + u * image[r, c + 1]) + v * ((1 - u) * image[r + 1, c] + u * image[r + 1, c + 1])

    Only these four count, also when the image shrinks (no antialiasing). The argument is not modified.
    Source: torch.nn.functional.interpolate(mode="bilinear", align_corners=False); the short side: He et al. 2016, section 3.4.
    """
    ### BEGIN SOLUTION
    C, H, W = image.shape
    OH, OW = size * H // min(H, W), size * W // min(H, W)

    def between(count, old):
        """For each new row (or column): the old one before it, the one after it, and how near it is to the latter."""
        place = np.clip((np.arange(count) + 0.5) * old / count - 0.5, 0, old - 1)
        before = np.floor(place).astype(int)
        return before, np.minimum(before + 1, old - 1), (place - before).astype(image.dtype)

    above, below, v = between(OH, H)
    left, right, u = between(OW, W)
    rows = (1 - v)[:, None] * image[:, above] + v[:, None] * image[:, below]      # (C, OH, W)
    return (1 - u) * rows[:, :, left] + u * rows[:, :, right]                     # (C, OH, OW)
    ### END SOLUTION


# --- Several looks, at test time --------------------------------------------------------------------------------------


def ten_crop(image, size):
    """Ten pieces of an image: the four corners and the centre, and the mirror images of these five.

    image    (C, H, W)  any dtype; H and W are at least size
    size     int: height and width of a piece
    returns  (10, C, size, size)  dtype of image, in this order:

        0 top left   1 top right   2 bottom left   3 bottom right   4 centre
        5 ... 9      pieces 0 ... 4 in the same order, each mirrored: its left becomes its right

    The centre starts at row (H - size) // 2 and column (W - size) // 2. The argument is not modified.
    Source: Krizhevsky et al. 2012, section 4.1. (torchvision's TenCrop mirrors the image before it cuts the last five: there,
    number 5 is the mirror image of number 1.)
    """
    ### BEGIN SOLUTION
    C, H, W = image.shape
    bottom, right = H - size, W - size
    places = [(0, 0), (0, right), (bottom, 0), (bottom, right), (bottom // 2, right // 2)]
    five = np.stack([image[:, i : i + size, j : j + size] for i, j in places])    # (5, C, size, size)
    return np.concatenate([five, five[..., ::-1]])                                # (10, C, size, size)
    ### END SOLUTION


def predict_multi_crop(predict, images, size):
    """What a classifier says of each image, averaged over ten looks at it.

    predict  function: predict(crops (M, C, size, size)) -> probabilities (M, K), for any M
    images   (N, C, H, W)  H and W are at least size
    size     int: height and width of a look
    returns  (N, K)  for each image the mean of the ten probabilities that predict gives for its `ten_crop`

    Uses your `ten_crop`: if its check does not pass, begin there. The arguments are not modified.
    Source: Krizhevsky et al. 2012, section 4.1.
    """
    ### BEGIN SOLUTION
    return np.stack([predict(ten_crop(image, size)).mean(axis=0) for image in images])    # (N, K)
    ### END SOLUTION
