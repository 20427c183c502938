"""Results that are handed in as a file, such as trained weights: where the file lies, and how it is read without trusting it.

Nothing in such a file is ever executed or unpickled. It is parsed here, in the trusted process, within the bounds that the
expected arrays set: names, shapes and sizes are known before a byte is unpacked.
"""

from __future__ import annotations

import ast
import io
import math
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from autograder import probes
from autograder.exercise import Exercise
from autograder.loading import Missing
from autograder.probes import Answer

MAX_BYTES = 8 << 20  # of the file as it was handed in
MAX_HEADER = 512  # of one array: enough for its shape and dtype
MANY = 12  # so many names of arrays are told one by one
FLOATS = {f"{order}f{size}" for order in "<>" for size in (2, 4, 8)}

Shape = tuple[int, ...]


class Unfit(ValueError):
    """The file is not what was asked for; the message is a clause that says why."""


def place(name: str, cnnlib: Path) -> Path | None:
    """Where the artefact of that name lies: beside the notebooks, at the course's top, (ours) in solutions/artefacts, or where we are now."""
    home = cnnlib.parent
    places = (home / "notebooks" / name, home / name, home / "artefacts" / name, Path(name))
    return next((path for path in places if path.is_file()), None)


def read_file(name: str, cnnlib: Path) -> bytes | None:
    """Its bytes, no more of them than are looked at; None where there is none."""
    path = place(name, cnnlib)
    if path is None:
        return None
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def load_subject(exercise: Exercise, cnnlib: Path) -> Any:
    """The subject of an exercise whose artefact lies in the course of the folder `cnnlib`. Raises Missing, with the reason."""
    return subject(exercise, read_file(exercise.artefact, cnnlib))


def subject(exercise: Exercise, data: bytes | None) -> Any:
    """What the exercise makes of the artefact's bytes. Raises Missing, with the reason."""
    if data is None:
        raise Missing(Answer(probes.NOT_WRITTEN, message=f"{exercise.id}: {probes.NOT_WRITTEN_MARK}"))
    try:
        return exercise.subject_of(arrays(data, exercise.arrays))
    except Unfit as error:
        raise Missing(Answer(probes.MISSING, message=f"{exercise.artefact} cannot be used: {error}")) from error


def arrays(data: bytes, shapes: Mapping[str, Shape]) -> dict[str, np.ndarray]:
    """The arrays of an .npz file, which must have exactly these names and shapes, as float64. Raises Unfit."""
    if len(data) > MAX_BYTES:
        raise Unfit(f"it is larger than {MAX_BYTES >> 20} MiB")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            if len(members) != len(archive.infolist()) or members.keys() != shapes.keys():
                names = ", ".join(shapes) if len(shapes) <= MANY else f"{', '.join([*shapes][:3])} … {[*shapes][-1]} ({len(shapes)} in all)"
                raise Unfit(f"it should hold the arrays {names} and no others: save them as the notebook does, of the network that it asks for")
            return {name: _array(name, archive, members[name], shape) for name, shape in shapes.items()}
    except Unfit:
        raise
    except (zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, ValueError, RuntimeError, NotImplementedError, MemoryError) as error:
        raise Unfit("it is no file that np.savez wrote, or it is damaged") from error


def _array(name: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo, shape: Shape) -> np.ndarray:
    count = math.prod(shape)
    most = MAX_HEADER + 8 * count
    with archive.open(info) as member:
        raw = member.read(most + 1)  # whatever the archive says of its size: no more than this is unpacked
    if len(raw) > most:
        raise Unfit(f"{name} should have shape {shape}; it is larger")
    dtype, fortran, found, start = _header(raw)
    if found != shape:
        raise Unfit(f"{name} should have shape {shape}; it has {found}")
    if dtype not in FLOATS:
        raise Unfit(f"{name} should hold floating-point numbers")
    numbers = np.frombuffer(raw, np.dtype(dtype), offset=start)
    if len(numbers) != count:
        raise Unfit(f"{name} does not hold as many numbers as its shape says")
    array = numbers.astype(np.float64).reshape(shape, order="F" if fortran else "C")
    if not np.isfinite(array).all():
        raise Unfit(f"{name} holds nan or infinity: the training went astray, perhaps with too high a learning rate")
    return array


def _header(raw: bytes) -> tuple[Any, bool, Any, int]:
    """dtype, whether Fortran's order, shape, and where the numbers begin, from the head of an .npy file."""
    if raw[:6] != b"\x93NUMPY" or raw[6:7] not in (b"\x01", b"\x02", b"\x03"):
        raise ValueError("not an array")
    length, start = (*struct.unpack_from("<H", raw, 8), 10) if raw[6] == 1 else (*struct.unpack_from("<I", raw, 8), 12)
    if length > MAX_HEADER:
        raise ValueError("a header that is too long")
    try:
        header = ast.literal_eval(raw[start : start + length].decode("latin-1").strip())
    except (SyntaxError, RecursionError) as error:
        raise ValueError("a header that cannot be read") from error
    if type(header) is not dict or header.keys() != {"descr", "fortran_order", "shape"} or type(header["shape"]) is not tuple:
        raise ValueError("a header with other fields")
    descr = header["descr"] if type(header["descr"]) is str else ""  # a list describes a structure
    return descr, bool(header["fortran_order"]), header["shape"], start + length
