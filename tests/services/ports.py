"""Ports nobody listens on, for servers that tests start."""

from __future__ import annotations

import socket
from collections import deque

_HELD: deque[socket.socket] = deque(maxlen=500)
"""What keeps the ports; far more than are in use at the same time."""


def free_port() -> int:
    """A TCP port on the loopback address that nobody else is given.

    A server takes seconds until it listens, and other tests ask for ports meanwhile. So the port
    stays taken by a socket that does not listen: who asks the kernel for any port gets another,
    who asks for this very one, with SO_REUSEADDR as servers do, gets it.
    """
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    probe.bind(("127.0.0.1", 0))
    _HELD.append(probe)
    port: int = probe.getsockname()[1]
    return port
