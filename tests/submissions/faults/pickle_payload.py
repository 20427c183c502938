"""
about = "Returns an object whose unpickling would run a command."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "error"
"""


class Payload:
    def __reduce__(self):
        import os

        return os.system, ("touch /tmp/pwned",)


def conv1d_forward(x, w, b, stride=1, padding=0):
    return Payload()
