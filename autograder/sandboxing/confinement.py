"""The command line of bubblewrap: what a sandbox sees of this machine, and that is little.

Python and its standard library, the shared libraries they need, NumPy (and the packages that an exercise names), a few small files of
ours, and the learner's files. All of it read-only; nothing at all can be written. No /proc, no network, no other process.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.util import cache_from_source
from pathlib import Path

# Of autograder: all that a sandbox sees.
OURS = (
    *("__init__", "torch_blocks", "given_pieces", "givens", "loading", "network_probes", "probes", "random_probes", "repeated_probes"),
    *("torch_givens", "torch_numbers", "torch_probes", "trainer_probes", "values"),
    *(f"sandboxing/{name}" for name in ("__init__", "frames", "seccomp", "spawner", "worker")),
)
COURSE, PACKAGES, LEARNER = "/course", "/site-packages", "/home/learner"  # folders in the sandbox
PLACES = ("site-packages", "dist-packages")  # where Python keeps packages beside its standard library
DEVICES = ("/dev/null", "/dev/urandom")  # for code that redirects its output to os.devnull; torch seeds itself
# -I -S: no user or site packages, no PYTHON… variables; -u: what is printed before a crash is seen; -B: no bytecode is written.
OPTIONS = ("-I", "-S", "-B", "-u", "-X", "utf8")
ENVIRONMENT = {
    "HOME": "/home/learner",
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",  # one thread each for OpenMP and the BLAS libraries that NumPy comes with
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}


@dataclass(frozen=True)
class View:
    """What a sandbox sees.

    python     the interpreter
    standard   Python's own library
    binds      all that there is, as pairs of a path on this machine and where it appears
    libraries  the folders of shared libraries, as LD_LIBRARY_PATH has them
    """

    python: str
    standard: Path
    binds: tuple[tuple[str, str], ...]
    libraries: str

    @property
    def environment(self) -> dict[str, str]:
        """All variables of a worker's environment."""
        return {**ENVIRONMENT, "LD_LIBRARY_PATH": self.libraries}


def bubblewrap() -> str | None:
    """The path of the `bwrap` program, or None."""
    return shutil.which("bwrap")


def command(imports: tuple[str, ...], control: int) -> list[str]:
    """The command that starts a spawner in a sandbox.

    imports   packages that learners' code may import, beside NumPy
    control   descriptor of the socket on which it is asked for workers
    """
    python, fixed = _fixed(imports)
    return [
        bubblewrap() or "bwrap",
        *("--unshare-user", "--disable-userns", "--unshare-all", "--die-with-parent", "--new-session", "--as-pid-1", "--clearenv"),
        # Of all privileges, within these namespaces, the one by which a worker gets namespaces of its own. The worker gives it up.
        *("--uid", "65534", "--gid", "65534", "--hostname", "sandbox", "--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN"),
        *fixed,
        *("--dir", LEARNER, "--remount-ro", "/", "--chdir", "/"),
        *("--", python, *OPTIONS, "-c", START, LEARNER, str(control), *imports),
    ]


START = f"""\
import sys
sys.path += [{COURSE!r}, {PACKAGES!r}]
from autograder.sandboxing import spawner
spawner.main(sys.argv[1], int(sys.argv[2]), sys.argv[3:])"""


def view(imports: tuple[str, ...]) -> View:
    """What a sandbox with these imports sees. Worked out once: asking each library what it needs takes a second."""
    if imports not in _views:
        _views[imports] = _view(imports)
    return _views[imports]


_views: dict[tuple[str, ...], View] = {}


def views() -> dict[tuple[str, ...], View]:
    """All that this process has worked out, for another one to take over."""
    return dict(_views)


def take_over(views: Mapping[tuple[str, ...], View]) -> None:
    """Take what another process of the same machine and the same Python has worked out."""
    _views.update(views)


def _view(imports: tuple[str, ...]) -> View:
    python = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)
    standard = Path(os.__file__).parent
    packages = _packages(("numpy", *imports))
    binds = [(python, python), (str(standard), str(standard))]
    # Extension modules, which some systems keep apart. Where Python was built to keep them says little: it may have been moved since.
    dynamic = next((path for path in sys.path if os.path.basename(path) == "lib-dynload"), None)
    if dynamic and not Path(dynamic).is_relative_to(standard):
        binds.append((dynamic, dynamic))
    libraries = _libraries([python, *_shared([standard, *([Path(dynamic)] if dynamic else [])]), *_shared(packages.values())])
    binds += [(path, path) for path in libraries if not any(Path(path).is_relative_to(root.parent) for root in packages.values())]
    binds += [(str(path), f"{PACKAGES}/{name}") for name, path in packages.items()]
    package = Path(__file__).parents[1]
    for path in (package / f"{name}.py" for name in OURS):
        compiled = Path(cache_from_source(path))  # where there is one, no sandbox needs to compile the file again
        binds += [(str(file), f"{COURSE}/autograder/{file.relative_to(package)}") for file in (path, compiled) if file.is_file()]
    folders = dict.fromkeys(os.path.dirname(path) for path in libraries)
    return View(python, standard, tuple(binds), ":".join(folders))


@cache
def _fixed(imports: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Python's path, and the arguments that are the same for every sandbox with these imports."""
    seen = view(imports)
    arguments = [word for source, target in seen.binds for word in ("--ro-bind", source, target)]
    for place in PLACES:  # the packages of the machine's own Python lie within its standard library: an empty folder hides them
        if (seen.standard / place).is_dir():
            arguments += ["--size", "4096", "--tmpfs", str(seen.standard / place), "--remount-ro", str(seen.standard / place)]
    for device in DEVICES:
        arguments += ["--dev-bind", device, device]
    for name, value in seen.environment.items():
        arguments += ["--setenv", name, value]
    return seen.python, tuple(arguments)


def _packages(names: Iterable[str]) -> dict[str, Path]:
    """Files and folders in site-packages that belong to these packages and to all that they require: name -> path."""
    found: dict[str, Path] = {}
    todo, seen = list(names), set()
    while todo:
        name = re.sub(r"[-_.]+", "-", todo.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            package = distribution(name)
        except PackageNotFoundError:
            continue  # required elsewhere only (a marker for another system); an import of it will say so
        todo += _requirements(package)
        for file in package.files or ():
            top = file.parts[0]
            if top not in ("..", "__pycache__") and not top.endswith(".dist-info"):
                found[top] = Path(str(package.locate_file(top)))
    return found


def _requirements(package: Distribution) -> list[str]:
    return [re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in package.requires or () if "extra ==" not in line]


def _shared(roots: Iterable[Path]) -> list[str]:
    """Shared libraries below the folders, less those of packages and those that need a display."""
    found = []
    for root in roots:
        for folder, children, names in os.walk(root):
            children[:] = [name for name in children if name not in PLACES]
            found += [os.path.join(folder, name) for name in names if ".so" in name and not name.startswith("_tkinter")]
    return found


def _libraries(programs: Sequence[str]) -> list[str]:
    """Paths of the shared libraries of the system that these programs and libraries load, with the loader."""
    result = subprocess.run(["ldd", *programs], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    paths = re.findall(r"^\s+(?:\S+ => )?(/\S+) \(0x", result.stdout, flags=re.MULTILINE)
    return list(dict.fromkeys(map(os.path.normpath, paths)))
