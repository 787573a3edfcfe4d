"""Free ports of the loopback."""

import contextlib
import socket

HOST = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """Find ports that are free at this moment, each another."""
    with contextlib.ExitStack() as stack:
        ports = []
        for _ in range(count):
            one = stack.enter_context(socket.socket())
            one.bind((HOST, 0))
            ports.append(int(one.getsockname()[1]))
        return ports
