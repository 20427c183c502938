"""What happens to images before a network sees them: their layout, and where their zero is."""

import numpy as np


def to_chw(image):
    """Put the channels of a photo first.

    image    (H, W, C)  a photo as files and screens have it: three numbers per pixel; any dtype
    returns  (C, H, W)  the same numbers: out[c, i, j] is image[i, j, c]; the dtype that came in

    The argument is not modified.
    """
    ### BEGIN SOLUTION
    return np.moveaxis(image, 2, 0)                      # axis 2 moves to the front, the others follow in their order
    ### END SOLUTION


def center_images(images, train_images):
    """Take away from every channel its mean over the TRAINING images.

    images        (N, C, H, W)  what is to be centred: training, validation, test images or later ones; floats or uint8
    train_images  (M, C, H, W)  the images that the network learns from; floats or uint8
    returns       (N, C, H, W)  images[n, c, i, j] - mean[c], where mean[c] is one number per channel: the mean of
                                train_images[:, c] over all images, rows and columns

    Floats come back in the dtype of images. Whole numbers (uint8, 0 to 255) come back as float32, with their
    fractions and not divided by anything (100 - 90.25 is 9.75): uint8 has no negative
    numbers, in its arithmetic 3 - 5 is 254. The arguments are not modified.
    """
    ### BEGIN SOLUTION
    dtype = images.dtype if images.dtype.kind == "f" else np.float32
    mean = train_images.mean(axis=(0, 2, 3), keepdims=True, dtype=np.float64)  # (1, C, 1, 1)
    return (images - mean).astype(dtype)
    ### END SOLUTION
