"""Large data sets, fetched once: checked by their checksum, resumed where they broke off, and kept.

A file is looked for in $CNNLIB_DATA, else in the user's cache. What is fetched grows in a file that ends in `.part`: if
the network or the computer stops half-way, the next call goes on from there. Only a whole file gets its name.
"""

import hashlib
import http.client
import os
import urllib.error
import urllib.request
from pathlib import Path

from .loops import progress

PIECE = 1 << 20  # bytes at a time
TIMEOUT = 60  # seconds without a sign of life


def data_set_folder(name):
    """Where a data set is looked for and kept: in $CNNLIB_DATA, or in the user's cache."""
    given = os.environ.get("CNNLIB_DATA")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return (Path(given) if given else cache / "stride") / name


def fetched(data_set, name, addresses, sha256=None):
    """The path of a whole file of a data set; it is fetched if it is not there yet.

    data_set   the folder's name
    name       the file's
    addresses  where it can be had, the best first
    sha256     its checksum (None: the caller checks what is in it)

    Raises ValueError for a file that is damaged, OSError when none of the addresses gives it: both say what to do.
    """
    path = data_set_folder(data_set) / name
    if path.is_file():
        if sha256 and _digest(path) != sha256:
            raise ValueError(f"{path} is damaged. Remove it, then run this cell again.")
        return path
    part = path.with_name(f"{name}.part")
    for address in addresses:
        try:
            part.parent.mkdir(parents=True, exist_ok=True)
            _continue(address, part, name)
        except urllib.error.HTTPError as error:
            if error.code == 416:  # there is nothing beyond what we have: it is whole, or it is something else
                error.close()
            else:
                continue
        except (OSError, http.client.HTTPException):  # what has arrived stays, to go on from another time
            continue
        if sha256 is None or _digest(part) == sha256:
            part.replace(path)
            return path
        part.unlink()
    if part.is_file() and not part.stat().st_size:
        part.unlink()
    raise OSError(f"{name} could not be fetched. Get it from {addresses[0]} by hand and put it into {path.parent}, or try again later.")


def _continue(address, part, name):
    """Fetch what is missing of a file, from where an earlier try broke off."""
    have = part.stat().st_size if part.is_file() else 0
    request = urllib.request.Request(address, headers={"Range": f"bytes={have}-"} if have else {})
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
        resumed = answer.status == 206
        missing = int(answer.headers.get("Content-Length") or 0)
        arrived = 0
        with part.open("ab" if resumed else "wb") as file:
            for _ in progress(range(max(-(-missing // PIECE), 1)), f"MB of {name}"):
                piece = answer.read(PIECE) if missing else answer.read()
                arrived += len(piece)
                file.write(piece)
        if arrived < missing:
            raise OSError("the connection broke off")


def _digest(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
