"""What a session asks its surroundings to do: it does nothing itself."""

from __future__ import annotations

from dataclasses import dataclass

from groundswell.realtime.codes import CloseCode
from groundswell.realtime.gateway.frames import ClientFrame
from groundswell.realtime.gateway.reply import Reply


@dataclass(frozen=True, slots=True)
class Send:
    """Tell the client this."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Run:
    """Carry out what the client asked for, after all it asked before."""

    frame: ClientFrame


@dataclass(frozen=True, slots=True)
class Close:
    """End the connection."""

    code: CloseCode
    reason: str


@dataclass(frozen=True, slots=True)
class Restore:
    """The client named no positions: let the topics of its former session begin now."""


Action = Send | Run | Close | Restore
