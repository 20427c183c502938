"""
about = "Writes into the gradebook, course.toml, the results and the journal, wherever they may lie."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "failed"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import os

    import numpy as np

    names = ("gradebook.db", "course.toml", "course.secret", "results.json", "journal.jsonl", "timestamp.txt")
    for folder in (".", "..", "../..", "../../..", "/", "/tmp", os.path.dirname(__file__)):
        for name in names:
            try:
                with open(os.path.join(folder, name), "ab") as file:
                    file.write(b"full points")
                raise KeyError(f"could write {folder}/{name}")
            except OSError:
                continue
    return np.zeros(3)
