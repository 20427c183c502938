"""
about = "Looks for other submissions, solutions, the gradebook and the checks by walking the whole file system."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "failed"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import os

    import numpy as np

    for start in ("..", "../..", "/"):
        for folder, _, files in os.walk(start):
            for name in files:
                if name in ("gradebook.db", "course.secret", "judge.py", "oracles.py") or "solutions" in folder.split("/"):
                    raise KeyError(f"found {folder}/{name}")
    return np.zeros(3)
