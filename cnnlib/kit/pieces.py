"""The learner's functions, with PyTorch standing in for a piece that is not written yet.

`piece("pool.max_pool2d_forward")` is the function of that name in your `cnnlib/pool.py`. As long as it is not written, the
call goes to PyTorch instead, and says so once: a network runs before its last part is done.
"""

import importlib

NOT_WRITTEN = "not written yet"
_announced = set()


def piece(name):
    """The function `module.function` of cnnlib, or its stand-in while it is not written."""
    module, _, function = name.partition(".")

    def call(*args, **kwargs):
        try:
            return getattr(importlib.import_module(f"cnnlib.{module}"), function)(*args, **kwargs)
        except NotImplementedError as error:
            if NOT_WRITTEN not in str(error):
                raise
        from cnnlib.kit import standins  # needs PyTorch: only where it must

        if name not in standins.STANDINS:
            raise NotImplementedError(f"{name}: {NOT_WRITTEN} — stride hint {name}")
        if name not in _announced:
            _announced.add(name)
            print(f"{name} is not written yet: PyTorch stands in for it.")
        return standins.STANDINS[name](*args, **kwargs)

    return call
