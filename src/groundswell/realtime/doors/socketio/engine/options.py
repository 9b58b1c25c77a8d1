"""The numbers of an Engine.IO server; all durations are whole milliseconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How sessions are kept.

    Attributes:
        ping_interval_ms: the server sends a ping this long after the last sign of life.
        ping_timeout_ms: a client that shows no sign of life this long after a ping is gone.
        max_payload: the most bytes of a POST body and of a WebSocket frame from a client.
        poll_packets: the most packets in the answer to one poll; the Python client's library
            takes a connection for broken that brings it more than 16.
        upgrade_timeout_ms: how long a probing WebSocket may take to become the transport.
        upgrade_grace_ms: how long a poll that waits during a probe is held back, so that an
            upgrade already on its way comes first.
        close_timeout_ms: how long a closed session waits for the client to fetch its end.
        connect_timeout_ms: how long a session may stay without joining a namespace.
        max_sessions: above it newcomers are asked to come later.
    """

    ping_interval_ms: int = 25_000
    ping_timeout_ms: int = 20_000
    max_payload: int = 65_536
    poll_packets: int = 16
    upgrade_timeout_ms: int = 10_000
    upgrade_grace_ms: int = 50
    close_timeout_ms: int = 10_000
    connect_timeout_ms: int = 10_000
    max_sessions: int = 10_000
