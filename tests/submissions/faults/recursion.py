"""
about = "Right, by recursion: a filter is split into its left and its right half until one weight is left."
kind = "honest"
file = "cnnlib/conv.py"
[expect]
"""


def correlate2d(image, kernel):
    rows, columns = (size - k + 1 for size, k in zip(image.shape, kernel.shape))
    return _halved(image, kernel, rows, columns).astype(image.dtype)


def _halved(image, kernel, rows, columns):
    height, width = kernel.shape
    if width > 1:
        half = width // 2
        return _halved(image, kernel[:, :half], rows, columns) + _halved(image[:, half:], kernel[:, half:], rows, columns)
    if height > 1:
        half = height // 2
        return _halved(image, kernel[:half], rows, columns) + _halved(image[half:], kernel[half:], rows, columns)
    return kernel[0, 0] * image[:rows, :columns]
