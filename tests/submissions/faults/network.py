"""
about = "Sends its inputs out: no socket can be had."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "error"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import socket

    with socket.create_connection(("127.0.0.1", 80), timeout=2) as connection:
        connection.sendall(x.tobytes())
