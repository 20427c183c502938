"""Data sets as the kit fetches, resumes, checks and keeps them: from a server on this machine, with small stand-ins for the real files."""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
import sys
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from tests.test_kit import kit

kit.load("digits")  # its modules are imported on use
downloads, idx, cifar, signs = (sys.modules[f"{kit.__name__}.{name}"] for name in ("downloads", "idx", "cifar", "signs"))


class Server:
    """Serves `files` by their names; breaks off after `patience` bytes where that is set, and keeps what was asked."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.patience: int | None = None
        self.ranges = True
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name, wanted = self.path.rsplit("/", 1)[1], self.headers.get("Range")
                server.asked.append((name, wanted))
                content = server.files.get(name)
                if content is None:
                    return self.send_error(404)
                start = int(wanted[len("bytes=") : -1]) if wanted and server.ranges else 0
                if start and start >= len(content):
                    return self.send_error(416)
                self.send_response(206 if start else 200)
                self.send_header("Content-Length", str(len(content) - start))
                self.end_headers()
                self.wfile.write(content[start:][: server.patience])

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_address[1]}/"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    monkeypatch.setenv("CNNLIB_DATA", str(tmp_path))
    monkeypatch.setattr(downloads, "PIECE", 1 << 12)
    made = Server()
    yield made
    made.http.shutdown()
    made.http.server_close()


CONTENT = np.random.default_rng(0).bytes(50_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def fetch(server: Server, *more: str) -> Path:
    return downloads.fetched("some_set", "a.bin", [server.address + "a.bin", *more], SHA256)


def test_what_broke_off_goes_on_from_there(server: Server, tmp_path: Path) -> None:
    server.files["a.bin"], server.patience = CONTENT, 20_000
    with pytest.raises(OSError, match="a.bin could not be fetched"):
        fetch(server)
    assert (tmp_path / "some_set" / "a.bin.part").read_bytes() == CONTENT[:20_000]
    server.patience = None
    assert fetch(server).read_bytes() == CONTENT
    assert server.asked == [("a.bin", None), ("a.bin", "bytes=20000-")]
    assert [path.name for path in (tmp_path / "some_set").iterdir()] == ["a.bin"]
    fetch(server)
    assert len(server.asked) == 2, "what is there is not fetched again"


def test_a_server_that_cannot_resume_begins_anew(server: Server, tmp_path: Path) -> None:
    server.files["a.bin"], server.ranges = CONTENT, False
    (tmp_path / "some_set").mkdir()
    (tmp_path / "some_set" / "a.bin.part").write_bytes(b"something else")
    assert fetch(server).read_bytes() == CONTENT


def test_a_whole_part_needs_no_more_bytes(server: Server, tmp_path: Path) -> None:
    server.files["a.bin"] = CONTENT
    (tmp_path / "some_set").mkdir()
    (tmp_path / "some_set" / "a.bin.part").write_bytes(CONTENT)
    assert fetch(server).read_bytes() == CONTENT


def test_something_else_is_thrown_away_and_the_next_address_asked(server: Server) -> None:
    server.files = {"a.bin": b"a page of a hotel's network", "b.bin": CONTENT}
    assert fetch(server, server.address + "b.bin").read_bytes() == CONTENT


def test_without_network_one_sentence_says_what_to_do(server: Server, tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"a\.bin could not be fetched. Get it from http.*put it into .*some_set, or try again later"):
        fetch(server)
    assert not list((tmp_path / "some_set").iterdir()), "the folder to put it into is there, and nothing half-done in it"


def test_a_damaged_file_is_named(server: Server, tmp_path: Path) -> None:
    (tmp_path / "some_set").mkdir()
    (tmp_path / "some_set" / "a.bin").write_bytes(b"half")
    with pytest.raises(ValueError, match="a.bin is damaged. Remove it"):
        fetch(server)


def test_the_cache_is_the_users_own_when_no_folder_is_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CNNLIB_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert downloads.data_set_folder("mnist") == tmp_path / "stride" / "mnist"


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_idx_files(server: Server, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    images = np.arange(5 * 28 * 28, dtype=np.uint32).astype(np.uint8)
    for part, file in idx.NAMES.items():
        count = 3 if part.startswith("train") else 2
        header = struct.pack(">II", 2049, count) if "labels" in part else struct.pack(">IIII", 2051, count, 28, 28)
        server.files[file] = gzip.compress(header + (bytes([7, 0, 9][:count]) if "labels" in part else images[: count * 784].tobytes()))
    monkeypatch.setitem(idx.SHA256, name, {part: hashlib.sha256(server.files[file]).hexdigest() for part, file in idx.NAMES.items()})
    monkeypatch.setitem(idx.ADDRESSES, name, (server.address,))
    data = kit.load(name)
    assert data.train_images.shape == (3, 1, 28, 28) and data.test_images.shape == (2, 1, 28, 28) and data.train_images.dtype == np.uint8
    assert data.train_images[0, 0, 1, 0] == 28
    assert data.train_labels.tolist() == [7, 0, 9] and data.test_labels.tolist() == [7, 0] and data.test_labels.dtype == np.int64
    assert len(data.classes) == 10 and data.note == ""


def archive(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def test_cifar10_in_its_binary_form(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    record = lambda label: bytes([label]) + bytes([10 + label]) * 1024 + bytes([20 + label]) * 1024 + bytes([30 + label]) * 1024
    batches = {f"cifar-10-batches-bin/data_batch_{n}.bin": record(n) + record(n + 1) for n in range(1, 6)}
    server.files[cifar.ARCHIVE] = archive(batches | {"cifar-10-batches-bin/test_batch.bin": record(9)})
    monkeypatch.setattr(cifar, "ADDRESSES", (server.address + cifar.ARCHIVE,))
    monkeypatch.setattr(cifar, "SHA256", hashlib.sha256(server.files[cifar.ARCHIVE]).hexdigest())
    data = kit.load("cifar10")
    assert data.train_images.shape == (10, 3, 32, 32) and data.test_images.shape == (1, 3, 32, 32)
    assert data.train_labels.tolist() == [1, 2, 2, 3, 3, 4, 4, 5, 5, 6] and data.classes[1] == "automobile"
    assert data.train_images[1, :, 5, 7].tolist() == [12, 22, 32]
    assert data.note == ""


def jpeg(colour: tuple[int, int, int], side: int) -> bytes:
    from PIL import Image

    made = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(made, "JPEG", quality=95)
    return made.getvalue()


def test_a_jpeg_copy_of_cifar10_says_what_it_is(server: Server, tmp_path: Path) -> None:
    (tmp_path / "cifar10").mkdir()
    pictures = [jpeg((250, 10, 10), 32), jpeg((10, 10, 250), 32)]
    joined = np.frombuffer(b"".join(pictures), np.uint8)
    ends = np.cumsum([0, *map(len, pictures)])
    stored = {"jpeg": joined, "offsets": ends, "y": np.array([3, 5], np.uint8)}
    parts = {f"{what}_{part}": value for part in ("train", "test") for what, value in stored.items()}
    np.savez(tmp_path / "cifar10" / cifar.JPEG_COPY, **parts)
    data = kit.load("cifar10")
    assert "JPEG copy" in data.note and server.asked == []
    assert data.train_images.shape == (2, 3, 32, 32) and data.train_labels.tolist() == [3, 5]
    assert data.train_images[0, 0].min() > 200 and data.train_images[1, 2].min() > 200, "channels come first, red before blue"


def test_sign_digits_from_any_archive_that_holds_them(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    shots = {"3/IMG_1200.JPG": jpeg((250, 10, 10), 100), "4/IMG_5990.JPG": jpeg((10, 250, 10), 100)}
    whole = hashlib.sha256()
    for name, content in shots.items():
        whole.update(name.encode() + hashlib.sha256(content).digest())
    monkeypatch.setattr(signs, "SHA256", whole.hexdigest())
    monkeypatch.setattr(signs, "ADDRESSES", (server.address + signs.NAME,))
    around = {"README.md": b"", "Examples/example_0.JPG": b"no sign", "Dataset/7/IMG_5874.JPG": b"too large"}
    around |= {f"Dataset/{name}": content for name, content in shots.items()}
    server.files[signs.NAME] = archive({f"Signs-4b0943/{name}": content for name, content in around.items()})
    data = kit.load("sign_digits")
    assert data.train_images.shape == data.test_images.shape == (1, 3, 100, 100)
    assert (data.train_labels.tolist(), data.test_labels.tolist()) == ([3], [4])
    assert data.train_images[0, 0].min() > 200 and data.test_images[0, 1].min() > 200


@pytest.mark.parametrize("content", [b"no archive at all", archive({"Dataset/3/IMG_1200.JPG": b"another picture"})])
def test_an_archive_of_other_photographs_is_refused(server: Server, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "sign_digits").mkdir()
    (tmp_path / "sign_digits" / signs.NAME).write_bytes(content)
    with pytest.raises(ValueError, match="does not hold the photographs that it should. Remove it"):
        kit.load("sign_digits")


@pytest.mark.parametrize("name, sizes", [("fashion_small", (200, 100)), ("signs_small", (90, 30)), ("digits", None)])
def test_shipped_sets_are_balanced_and_need_nothing(server: Server, name: str, sizes: tuple[int, int] | None) -> None:
    data = kit.load(name)
    assert server.asked == [] and data.train_images.dtype == np.uint8 and data.train_labels.dtype == np.int64
    assert data.train_images.max() > 240 and data.train_images.min() < 20
    assert len(data.classes) == 10
    if sizes:
        assert (np.bincount(data.train_labels) == sizes[0]).all() and (np.bincount(data.test_labels) == sizes[1]).all()


def test_an_unknown_set_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="no data set 'imagenet'.*digits, fashion_small, signs_small, mnist"):
        kit.load("imagenet")
