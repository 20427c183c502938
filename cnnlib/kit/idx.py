"""MNIST and Fashion-MNIST: 70,000 grey images of 28×28 pixels each, in the format IDX that MNIST came with.

Sources: LeCun, Bottou, Bengio, Haffner 1998, "Gradient-based learning applied to document recognition"; Xiao, Rasul, Vollgraf 2017,
"Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms" (arXiv:1708.07747), MIT licence, Zalando SE.
"""

import gzip

import numpy as np

from .downloads import fetched

NAMES = {
    "train_images": "train-images-idx3-ubyte.gz",
    "train_labels": "train-labels-idx1-ubyte.gz",
    "test_images": "t10k-images-idx3-ubyte.gz",
    "test_labels": "t10k-labels-idx1-ubyte.gz",
}
ADDRESSES = {
    "mnist": ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"),
    "fashion_mnist": (
        "https://github.com/zalandoresearch/fashion-mnist/raw/b2617bb6d3ffa2e429640350f613e3291e10b141/data/fashion/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ),
}
SHA256 = {
    "mnist": {
        "train_images": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "train_labels": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "test_images": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "test_labels": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    },
    "fashion_mnist": {
        "train_images": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "train_labels": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "test_images": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "test_labels": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    },
}


def read_idx(data_set):
    """The four parts of "mnist" or "fashion_mnist": images (N, 1, 28, 28) uint8 and labels (N,) int64, by name."""
    parts = {}
    for part, name in NAMES.items():
        path = fetched(data_set, name, [address + name for address in ADDRESSES[data_set]], SHA256[data_set][part])
        data = gzip.decompress(path.read_bytes())
        labels = part.endswith("labels")
        numbers = np.frombuffer(data, np.uint8, offset=8 if labels else 16)  # the header says no more than shapes
        parts[part] = numbers.astype(np.int64) if labels else numbers.reshape(-1, 1, 28, 28)
    return parts
