"""The WebSocket door: connections of our own over a library's RFC 6455, on the port of HTTP."""

from groundswell.realtime.doors.websocket.endpoint import Admission, Endpoint, Peer, Upgrade
from groundswell.realtime.doors.websocket.limits import Limits
from groundswell.realtime.doors.websocket.realtime import RealtimeEndpoint
from groundswell.realtime.doors.websocket.server import WebSocketServer, WebSocketStatistics
from groundswell.realtime.doors.websocket.socket import WebSocket

__all__ = [
    "Admission",
    "Endpoint",
    "Limits",
    "Peer",
    "RealtimeEndpoint",
    "Upgrade",
    "WebSocket",
    "WebSocketServer",
    "WebSocketStatistics",
]
