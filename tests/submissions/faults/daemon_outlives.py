"""
about = "Tries to leave a daemon behind."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "error"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import subprocess

    subprocess.Popen(["/bin/sh", "-c", "sleep 1000"], start_new_session=True)
