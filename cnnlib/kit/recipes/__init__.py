"""The course's recipes: one experiment a file, each with its RECIPE. A recipe of your own may lie anywhere: `stride train path/to/mine.py`."""

import importlib
import importlib.util
from pathlib import Path

from ..training.recipe import Recipe, TrainingError

FOLDER = Path(__file__).parent


def names():
    """The names of the course's recipes, in order: as their files are called."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))


def load(name):
    """The recipe of that name, or the one in the file of that path. Raises TrainingError, which says what there is."""
    path = Path(name)
    if path.suffix == ".py":
        if not path.is_file():
            raise TrainingError(f"There is no file {name}. The course's own recipes: {', '.join(names())}.")
        spec = importlib.util.spec_from_file_location(f"{__name__}._{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except TrainingError:
            raise
        except Exception as error:
            raise TrainingError(f"{name} cannot be loaded ({type(error).__name__}: {error}): mend it, then try again.") from error
    elif name.replace("-", "_") in names():
        module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    else:
        raise TrainingError(f"There is no recipe {name!r}. There are: {', '.join(names())}; or give the path of a .py file of your own.")
    recipe = getattr(module, "RECIPE", None)
    if not isinstance(recipe, Recipe):
        raise TrainingError(f"{name} holds no recipe: it should define RECIPE = Recipe(name=…, …), as the files in cnnlib/kit/recipes do.")
    return recipe
