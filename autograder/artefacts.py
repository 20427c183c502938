"""Results that are handed in as a file, such as trained weights: where the file lies, and how it is read without trusting it.

Nothing in such a file is ever executed or unpickled. It is parsed here, in the trusted process, within the bounds that the
expected arrays set: names, shapes and sizes are known before a byte is unpacked.
"""

from __future__ import annotations

import ast
import io
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autograder import probes
from autograder.exercise import Exercise
from autograder.loading import Missing
from autograder.probes import Answer

MAX_BYTES = 8 << 20  # of the file as it was handed in
MAX_HEADER = 512  # of one array: enough for its shape and dtype
FEW = 3  # so many names of arrays are told one by one
ZIP, NPY = b"PK", b"\x93NUMPY"  # how an archive begins, and a single array
ALONE = "save what the notebook saves, of the network that it asks for"
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
    try:
        data = read_file(exercise.artefact, cnnlib)
    except OSError as error:
        raise _unusable(exercise, f"it cannot be read ({error.strerror or type(error).__name__}); see to that, or save it again") from error
    return subject(exercise, data)


def subject(exercise: Exercise, data: bytes | None) -> Any:
    """What the exercise makes of the artefact's bytes. Raises Missing, with the reason."""
    if data is None:
        raise Missing(Answer(probes.NOT_WRITTEN, message=f"{exercise.id}: {probes.NOT_WRITTEN_MARK}"))
    try:
        return exercise.subject_of(arrays(data, exercise.arrays))
    except Unfit as error:
        raise _unusable(exercise, str(error)) from error


def _unusable(exercise: Exercise, why: str) -> Missing:
    return Missing(Answer(probes.UNUSABLE, message=f"{exercise.artefact} cannot be used: {why}"))


def arrays(data: bytes, shapes: Mapping[str, Shape]) -> dict[str, np.ndarray]:
    """The arrays of an .npz file, which must have exactly these names and shapes, as float64. Raises Unfit."""
    if len(data) > MAX_BYTES:
        needed = sum(8 * math.prod(shape) for shape in shapes.values())
        raise Unfit(f"it is larger than {MAX_BYTES >> 20} MiB, where {-(-needed // 1024)} KiB are enough: {ALONE}")
    if data[:2] != ZIP:
        raise Unfit(f"{_instead(data)}: save the arrays by name with np.savez, as the notebook does")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            listed = [info.filename.removesuffix(".npy") for info in archive.infolist()]
            if len(set(listed)) != len(listed) or set(listed) != shapes.keys():
                raise Unfit(_other_names(listed, shapes))
            return {name: _array(name, archive, info, shapes[name]) for name, info in zip(listed, archive.infolist())}
    except Unfit:
        raise
    except (zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, ValueError, RuntimeError, NotImplementedError, MemoryError) as error:
        raise Unfit("it is damaged, perhaps cut short while it was saved or copied: save it again, with np.savez as the notebook does") from error


def _instead(data: bytes) -> str:
    """What a file is that is no archive of arrays."""
    if not data:
        return "it is empty"
    if data[:6] == NPY:
        return "it is a single array, as np.save writes it"
    if data[:1] == b"\x80" and data[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return "it is a pickle, and whoever opens a pickle runs what is in it"
    return "it is no file that np.savez wrote"


def _other_names(listed: Sequence[str], shapes: Mapping[str, Shape]) -> str:
    if listed and all(re.fullmatch(r"arr_\d+", name) for name in listed):
        return "its arrays have no names (arr_0, …): two stars hand them over by name, as in np.savez(file, **arrays)"
    if any(name.endswith(".pkl") for name in listed):
        return "it is what torch.save writes: save NumPy arrays by name with np.savez, as the notebook does"
    missing, extra = [name for name in shapes if name not in listed], sorted({name for name in listed if name not in shapes})
    says = [f"it lacks {_some(missing)}"] * bool(missing) + [f"it holds {_some(extra)}, which nobody asked for"] * bool(extra)
    return f"{', and '.join(says) or 'it holds an array twice'}: {ALONE}"


def _some(names: Sequence[str]) -> str:
    few = [name[:30] for name in names[:FEW]]
    return ", ".join(few) + (f" and {len(names) - FEW} more" if len(names) > FEW else "")


def _array(name: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo, shape: Shape) -> np.ndarray:
    count = math.prod(shape)
    most = MAX_HEADER + 8 * count
    with archive.open(info) as member:
        raw = member.read(most + 1)  # whatever the archive says of its size: no more than this is unpacked
    dtype, fortran, found, start = _header(raw)
    if dtype == "|O":
        raise Unfit(f"{name} holds Python objects, which nobody unpacks here: save plain arrays of numbers, as the notebook does")
    if found != shape:
        raise Unfit(f"{name} should have shape {shape}; it has {found}: {ALONE}")
    if dtype not in FLOATS:
        raise Unfit(f"{name} should hold floating-point numbers{f', not {dtype}' if dtype else ''}: save it as the training left it")
    numbers = np.frombuffer(raw[: start + count * np.dtype(dtype).itemsize], np.dtype(dtype), offset=start)
    if len(numbers) != count or len(raw) > most:
        raise Unfit(f"{name} does not hold as many numbers as its shape says: save it again, as the notebook does")
    array = numbers.astype(np.float64).reshape(shape, order="F" if fortran else "C")
    if not np.isfinite(array).all():
        raise Unfit(f"{name} holds nan or infinity: the training went astray; train again with a smaller learning rate")
    return array


def _header(raw: bytes) -> tuple[Any, bool, Any, int]:
    """dtype, whether Fortran's order, shape, and where the numbers begin, from the head of an .npy file."""
    if raw[:6] != NPY or raw[6:7] not in (b"\x01", b"\x02", b"\x03"):
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
