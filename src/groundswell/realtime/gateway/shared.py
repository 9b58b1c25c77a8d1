"""What all connections of a gateway have in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from groundswell.contract.inbox import InboxPort
from groundswell.contract.moderation import Gate
from groundswell.contract.times import Clock
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.gateway.figures import Figures
from groundswell.realtime.gateway.limits import Limits, Pacing, Return
from groundswell.realtime.gateway.publishing import Act
from groundswell.realtime.gateway.registry import Registry
from groundswell.realtime.gateway.restoring import Acknowledgements
from groundswell.realtime.gateway.resume_tokens import ResumeTokens
from groundswell.realtime.gateway.rights import Rights
from groundswell.realtime.gateway.session import Rules
from groundswell.realtime.gateway.tailoring import DeltaMaker
from groundswell.realtime.gateway.wheel import Wheel
from groundswell.realtime.hub import Hub
from groundswell.realtime.messages import Sign
from groundswell.realtime.presence.base import Presence
from groundswell.realtime.presence.watching import PresenceWatch

if TYPE_CHECKING:
    from groundswell.realtime.gateway.catching_up import CatchingUp
    from groundswell.realtime.gateway.connection import Connection

VerifyToken = Callable[[str, str], Awaitable[Credentials]]
"""Who a token names; takes the token and the canonical address of the connection.

Raises ``Unauthenticated`` if it is not valid, ``TokenExpired`` if it was.
"""


@dataclass(frozen=True, slots=True)
class Shared:
    """Parts and figures that every connection uses."""

    hub: Hub
    rights: Rights
    rules: Rules
    returning: Return
    wheel: Wheel
    registry: Registry
    tokens: ResumeTokens
    verify: VerifyToken
    catching_up: CatchingUp
    head: Callable[[], int]
    clock: Clock
    random: Random
    figures: Figures
    behind: set[Connection]
    deltas: DeltaMaker
    acknowledgements: Acknowledgements
    life: str
    sign: Sign | None
    act: Act | None
    inbox: InboxPort | None
    presence: Presence | None
    watch: PresenceWatch | None
    gate: Gate

    @property
    def limits(self) -> Limits:
        """The bounds of a connection."""
        return self.rules.limits

    @property
    def pacing(self) -> Pacing:
        """When what happens by itself."""
        return self.rules.pacing

    def policy(self, credentials: Credentials) -> str:
        """Names the rights of somebody as they are now in this process."""
        return f"{self.life}:{self.rights.version}:{credentials.grants.fingerprint}"
