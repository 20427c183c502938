"""
about = "Leaves a .pth file and a patched module in whatever is on the import path."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "failed"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import os
    import sys

    import numpy as np

    for folder in [*sys.path, os.path.dirname(np.__file__), os.path.dirname(__file__)]:
        try:
            with open(os.path.join(folder, "patched.pth"), "w") as file:
                file.write("import os; os._exit(0)")
        except OSError:
            continue
        if not folder.startswith("/tmp"):
            raise KeyError(f"could write to {folder}")
    return np.zeros(3)
