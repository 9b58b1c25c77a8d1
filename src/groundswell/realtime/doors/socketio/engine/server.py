"""All Engine.IO sessions of this process: opened, found again, upgraded, ended together."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from groundswell.realtime.doors.socketio.engine.handshake import (
    BAD_METHOD,
    BAD_REQUEST,
    UNKNOWN_SESSION,
    Query,
    Refusal,
    open_packet,
)
from groundswell.realtime.doors.socketio.engine.options import EngineOptions
from groundswell.realtime.doors.socketio.engine.session import Application, Session
from groundswell.realtime.doors.socketio.engine.websocket import WebSocketTransport
from groundswell.realtime.doors.socketio.engine.wire import Wire

_SID_BYTES: Final = 18
_FULL: Final = Refusal(503, 4, "No more sessions can be taken now")

Accept = Callable[[Session], Application]


def new_sid() -> str:
    """144 random bits in 24 characters: whoever knows them is the session."""
    return secrets.token_urlsafe(_SID_BYTES)


@dataclass(frozen=True, slots=True)
class EngineStatistics:
    """Present ``sessions``, and how many of them poll; the rest counts since the start."""

    sessions: int
    polling: int
    opened: int
    endings: dict[str, int]


class EngineServer:
    """Knows every session by its ``sid``."""

    def __init__(self, options: EngineOptions, sids: Callable[[], str] = new_sid) -> None:
        self.options = options
        self._sids = sids
        self._sessions: dict[str, Session] = {}
        self._draining = False
        self._empty = asyncio.Event()
        self._opened = 0
        self._endings: Counter[str] = Counter()

    def refusal(self, query: Query, method: str) -> Refusal | None:
        """Why a request cannot be served; a new session is asked for if it names none."""
        if query.sid is None:
            if method != "GET":
                return BAD_METHOD
            is_full = self._draining or len(self._sessions) >= self.options.max_sessions
            return _FULL if is_full else None
        if query.sid not in self._sessions:
            return UNKNOWN_SESSION
        return None

    def session(self, sid: str) -> Session | None:
        """The session of this id, if there is one."""
        return self._sessions.get(sid)

    def polled(self, query: Query) -> Session | Refusal:
        """The session that a poll or a POST belongs to."""
        session = self._sessions.get(query.sid or "")
        if session is None:
            return UNKNOWN_SESSION
        # After an upgrade its requests are those of another transport.
        return BAD_REQUEST if session.polling is None else session

    def open_polling(self, accept: Accept) -> bytes:
        """A new session on long-polling; the answer to its first request."""
        session = self._open(None)
        session.application = accept(session)
        return open_packet(session.sid, ["websocket"], self.options)

    def open_websocket(self, wire: Wire, accept: Accept) -> WebSocketTransport:
        """A new session on ``wire``, which is told so."""
        session = self._open(wire)
        wire.send_text(open_packet(session.sid, [], self.options))
        session.application = accept(session)
        transport = session.websocket
        assert transport is not None  # noqa: S101 - it was made on a wire
        return transport

    def upgrade(self, sid: str, wire: Wire) -> WebSocketTransport | None:
        """A WebSocket that wants to take over session ``sid``; None if it may not."""
        session = self._sessions.get(sid)
        if session is None or not session.may_upgrade:
            return None
        return session.probe(wire)

    async def drain(self, patience: float) -> None:
        """Take no more sessions, end those that are left; ``patience`` is in seconds."""
        self._draining = True
        for session in list(self._sessions.values()):
            session.close(1001, "shutdown")
        if self._sessions:
            self._empty.clear()
            try:
                await asyncio.wait_for(self._empty.wait(), patience)
            except TimeoutError:
                for session in list(self._sessions.values()):
                    session.fail("shutdown", 1001)

    def statistics(self) -> EngineStatistics:
        """How many sessions there are, and why others are over."""
        polling = sum(session.polling is not None for session in self._sessions.values())
        return EngineStatistics(len(self._sessions), polling, self._opened, dict(self._endings))

    def _open(self, wire: Wire | None) -> Session:
        call_later = asyncio.get_running_loop().call_later
        session = Session(self._sids(), self.options, call_later, self._ended, wire=wire)
        self._sessions[session.sid] = session
        self._opened += 1
        return session

    def _ended(self, session: Session, reason: str) -> None:
        self._sessions.pop(session.sid, None)
        self._endings[reason] += 1
        if not self._sessions:
            self._empty.set()
