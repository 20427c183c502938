"""Where the course's data lie."""

from pathlib import Path


def data_folder():
    """The folder data/ of the course: beside or above this file, else at or above the working folder."""
    for start in (Path(__file__).resolve(), Path.cwd() / "here"):
        for above in start.parents:
            if (above / "data" / "registry.toml").is_file():
                return above / "data"
    raise FileNotFoundError("The course's data are not here (the folder data). Run this from the course's folder, the one with course.toml.")
