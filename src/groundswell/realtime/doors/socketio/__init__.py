"""Socket.IO, spoken natively at ``/socket.io/``: polling, WebSocket, and the way between them."""

from groundswell.realtime.doors.socketio.door import (
    PATH,
    Namespaces,
    SocketIoDoor,
    gateway_namespaces,
)
from groundswell.realtime.doors.socketio.engine.options import EngineOptions

__all__ = ["PATH", "EngineOptions", "Namespaces", "SocketIoDoor", "gateway_namespaces"]
