"""The learner's functions, with PyTorch standing in for a piece that is not written yet.

`piece("pool.max_pool2d_forward")` is the function of that name in your `cnnlib/pool.py`. As long as it is not written, the
call goes to PyTorch instead, and says so once: a network runs before its last part is done. Checks judge your own work
alone: there, nobody stands in.
"""

import contextlib
import importlib

NOT_WRITTEN = "not written yet"
_announced = set()
_own_only = False
_given = {}


def piece(name):
    """The function `module.function` of cnnlib as it is now, or its stand-in while it is not written."""
    if name in _given:
        return _given[name]
    module, _, function = name.partition(".")
    try:
        own = getattr(importlib.import_module(f"cnnlib.{module}"), function, None)
    except ModuleNotFoundError as error:
        if error.name != f"cnnlib.{module}":  # a module that yours imports
            raise
        own = None

    def call(*args, **kwargs):
        try:
            if own is None:
                raise NotImplementedError(f"{name}: {NOT_WRITTEN} — stride hint {name}")
            return own(*args, **kwargs)
        except NotImplementedError as error:
            if NOT_WRITTEN not in str(error) or _own_only:
                raise
            from .standins import STANDINS  # PyTorch: imported only where it must

            if name not in STANDINS:
                raise
        if name not in _announced:
            _announced.add(name)
            print(f"{name} is not written yet: PyTorch stands in for it.")
        return STANDINS[name](*args, **kwargs)

    return call


@contextlib.contextmanager
def own_pieces_only():
    """Within, a piece that is not written raises NotImplementedError, as it does for whoever calls it directly."""
    global _own_only
    before, _own_only = _own_only, True
    try:
        yield
    finally:
        _own_only = before


@contextlib.contextmanager
def given_pieces(functions):
    """Within, layers are made around these functions, by name: so a check can judge what was built of layers, whatever their pieces are like."""
    global _given
    before, _given = _given, dict(functions)
    try:
        yield
    finally:
        _given = before
