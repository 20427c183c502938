"""MNIST as the kit reads, fetches and keeps it: with small stand-ins for the real files, and nothing fetched from anywhere."""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
import sys
import urllib.error
from pathlib import Path

import numpy as np
import pytest

from tests.test_kit import kit

kit.load("digits")  # kit.mnist is imported on use
mnist = sys.modules[f"{kit.__name__}.mnist"]


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, bytes]:
    """Four small files in MNIST's format, whose checksums are the expected ones; the folder for them is empty."""
    images = np.arange(5 * 28 * 28, dtype=np.uint32).astype(np.uint8)
    made = {}
    for part, (name, _) in mnist.FILES.items():
        count = 3 if part.startswith("train") else 2
        header = struct.pack(">II", 2049, count) if "labels" in part else struct.pack(">IIII", 2051, count, 28, 28)
        made[name] = gzip.compress(header + (bytes([7, 0, 9][:count]) if "labels" in part else images[: count * 784].tobytes()))
    expected = {part: (name, hashlib.sha256(made[name]).hexdigest()) for part, (name, _) in mnist.FILES.items()}
    monkeypatch.setattr(mnist, "FILES", expected)
    monkeypatch.setenv("CNNLIB_DATA", str(tmp_path))
    return made


def serve(monkeypatch: pytest.MonkeyPatch, answer) -> list[str]:
    asked = []

    def urlopen(address: str, timeout: float):
        asked.append(address)
        return io.BytesIO(answer(address))

    monkeypatch.setattr(mnist.urllib.request, "urlopen", urlopen)
    return asked


def test_files_in_the_given_folder_need_no_network(files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "mnist").mkdir()
    for name, content in files.items():
        (tmp_path / "mnist" / name).write_bytes(content)
    asked = serve(monkeypatch, lambda address: b"")
    data = kit.load("mnist")
    assert asked == []
    assert data.train_images.shape == (3, 1, 28, 28) and data.test_images.shape == (2, 1, 28, 28) and data.train_images.dtype == np.uint8
    assert data.train_images[0, 0, 1, 0] == 28
    assert data.train_labels.tolist() == [7, 0, 9] and data.test_labels.tolist() == [7, 0] and data.test_labels.dtype == np.int64
    assert data.classes == tuple("0123456789")


def test_what_is_fetched_is_checked_and_kept(files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = mnist.ADDRESSES[0]
    asked = serve(monkeypatch, lambda address: b"a page of a hotel's network" if address.startswith(first) else files[address.rsplit("/", 1)[1]])
    kit.load("mnist")
    assert len(asked) == 8, "the second address is asked where the first gives something else"
    kit.load("mnist")
    assert len(asked) == 8
    assert sorted(path.name for path in (tmp_path / "mnist").iterdir()) == sorted(files)


def test_without_network_one_sentence_says_what_to_do(files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(address: str) -> bytes:
        raise urllib.error.URLError("no route")

    serve(monkeypatch, fail)
    with pytest.raises(OSError, match="could not be fetched.*Put its four files into .*mnist"):
        kit.load("mnist")
    assert not list(tmp_path.iterdir())


def test_a_damaged_file_is_named(files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "train-images-idx3-ubyte.gz").write_bytes(b"half")
    with pytest.raises(ValueError, match="train-images-idx3-ubyte.gz is damaged. Remove it"):
        kit.load("mnist")


def test_the_cache_is_the_users_own_when_no_folder_is_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CNNLIB_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert mnist.folder() == tmp_path / "stride" / "mnist"
