"""
about = "Services on this machine: loopback ports, other kernels, D-Bus, Docker, X11, virtual sockets, and io_uring, which would open them by itself."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "error"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import ctypes
    import socket

    setup = 425  # io_uring_setup, on every machine
    if ctypes.CDLL(None).syscall(setup, 8, ctypes.create_string_buffer(120)) >= 0:
        return x
    addresses = [(socket.AF_UNIX, path) for path in ("/run/dbus/system_bus_socket", "/var/run/docker.sock", "/tmp/.X11-unix/X0")]
    addresses += [(socket.AF_INET, ("127.0.0.1", port)) for port in (22, 80, 5555, 6000, 8888)]
    addresses += [(40, (2, 1024))]
    refused = None
    for family, address in addresses:
        try:
            with socket.socket(family) as reached:
                reached.settimeout(0.1)
                reached.connect(address)
                return x
        except OSError as error:
            refused = error
    raise refused
