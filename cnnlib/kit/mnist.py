"""MNIST: 70,000 handwritten digits of 28×28 pixels. Fetched once (11 MB), checked, and kept.

Source: LeCun, Cortes, Burges; LeCun, Bottou, Bengio, Haffner 1998, "Gradient-based learning applied to document recognition".
"""

import gzip
import hashlib
import os
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np

ADDRESSES = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/")
FILES = {  # part: (name, sha256)
    "train_images": ("train-images-idx3-ubyte.gz", "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
    "train_labels": ("train-labels-idx1-ubyte.gz", "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
    "test_images": ("t10k-images-idx3-ubyte.gz", "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
    "test_labels": ("t10k-labels-idx1-ubyte.gz", "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
}


def read_mnist():
    """The four parts: images (N, 1, 28, 28) uint8 and labels (N,) int64, by name."""
    parts = {}
    for part, (name, digest) in FILES.items():
        data = gzip.decompress(_content(name, digest))
        labels = part.endswith("labels")
        numbers = np.frombuffer(data, np.uint8, offset=8 if labels else 16)  # the header says no more than shapes
        parts[part] = numbers.astype(np.int64) if labels else numbers.reshape(-1, 1, 28, 28)
    return parts


def folder():
    """Where MNIST is looked for and kept: in $CNNLIB_DATA, or in the user's cache."""
    given = os.environ.get("CNNLIB_DATA")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return (Path(given) if given else cache / "stride") / "mnist"


def _content(name, digest):
    path = folder() / name
    if path.is_file():
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != digest:
            raise ValueError(f"{path} is damaged. Remove it, then run this cell again.")
        return content
    content = _fetch(name, digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.replace(path)  # a file that is there is whole
    return content


def _fetch(name, digest):
    for address in ADDRESSES:
        try:
            with urllib.request.urlopen(address + name, timeout=60) as answer:
                content = answer.read()
        except (urllib.error.URLError, OSError):
            continue
        if hashlib.sha256(content).hexdigest() == digest:
            return content
    raise OSError(f"MNIST could not be fetched ({name}). Put its four files into {folder()}, or try again later.")
