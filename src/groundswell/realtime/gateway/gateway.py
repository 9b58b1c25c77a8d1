"""The gateway: takes connections from doors, looks after them, sends them away in good order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from random import Random, SystemRandom
from secrets import token_urlsafe
from typing import Final

from groundswell.access.principal import Principal
from groundswell.contract.errors import Unauthenticated, Unavailable
from groundswell.contract.inbox import InboxPort
from groundswell.contract.moderation import Gate, open_gate
from groundswell.contract.times import MILLISECOND, SECOND, Clock, now
from groundswell.realtime.access import TopicAccess
from groundswell.realtime.broker.base import Broker
from groundswell.realtime.codes import CloseCode
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.gateway.catching_up import CatchingUp
from groundswell.realtime.gateway.connection import Connection
from groundswell.realtime.gateway.figures import BUCKETS, Figures, GatewayStatistics
from groundswell.realtime.gateway.holes import HoleDigests, Past
from groundswell.realtime.gateway.limits import Limits, Pacing, Return
from groundswell.realtime.gateway.preparing import Preparation, SnapshotOf
from groundswell.realtime.gateway.publishing import Act
from groundswell.realtime.gateway.reading import PastReader
from groundswell.realtime.gateway.registry import Registry
from groundswell.realtime.gateway.restoring import Acknowledgements
from groundswell.realtime.gateway.resume_tokens import ResumeTokens
from groundswell.realtime.gateway.rights import Admit, IsRevoked, Rights
from groundswell.realtime.gateway.session import Rules
from groundswell.realtime.gateway.session_replies import Drain
from groundswell.realtime.gateway.shared import Shared, VerifyToken
from groundswell.realtime.gateway.tailoring import DeltaMaker
from groundswell.realtime.gateway.wheel import SLOT, Wheel
from groundswell.realtime.hub import Hub
from groundswell.realtime.link import Link
from groundswell.realtime.messages import Envelope, Sign
from groundswell.realtime.presence.base import Presence
from groundswell.realtime.presence.watching import PresenceWatch

FEATURES: Final = frozenset(("batch", "snapshot", "ping", "digest", "delta-jsonpatch"))


async def no_tokens(_: str, __: str) -> Credentials:
    """Where no token can be verified, none is valid."""
    raise Unauthenticated("Tokens are not accepted here.")


def nothing_revoked(_: str | None) -> bool:
    """Where no sign-in can be ended."""
    return False


class Gateway:
    """Speaks the protocol to all clients of this process.

    Args:
        hub: where live events come from; ``observe`` is to be attached to the broker after it.
        broker: positions and histories.
        snapshot: the present state of a state topic whose history is empty.
        token_key: signs resume tokens; 32 bytes, the same in all processes.
        head: the newest ``seq`` of which everything was handed to the hub.
        past: reads what histories no longer have from the log, to be summed up; None: not offered.
        admit: decides on topics.
        verify_token: says who a token names.
        is_revoked: whether a sign-in was ended.
        origin_allowed: whether a page of this origin may connect; None is no browser.
        sign: signs events for those who ask for it; None: not offered.
        act: does what clients report with PUBLISH; None: not offered.
        inbox: messages of users that are told until they are acknowledged; None: not offered.
        presence, presence_watch: who is present in scopes, and its changes; None: not offered.
        gate: what somebody present says of themselves goes through it.
        limits, pacing, returning: bounds and durations.
        max_connections: beyond it newcomers are asked to come later.
        per_user, per_address: connections of one; 0 for any number.
        drain_rate: connections sent away in a second when draining, as a part of all.
        drain_window: microseconds within which all are sent away.
    """

    def __init__(
        self,
        hub: Hub,
        broker: Broker,
        snapshot: SnapshotOf,
        *,
        token_key: bytes,
        head: Callable[[], int],
        past: Past | None = None,
        admit: Admit | None = None,
        verify_token: VerifyToken = no_tokens,
        is_revoked: IsRevoked = nothing_revoked,
        origin_allowed: Callable[[str | None], bool] = lambda _: True,
        sign: Sign | None = None,
        act: Act | None = None,
        inbox: InboxPort | None = None,
        presence: Presence | None = None,
        presence_watch: PresenceWatch | None = None,
        gate: Gate = open_gate,
        limits: Limits | None = None,
        pacing: Pacing | None = None,
        returning: Return | None = None,
        max_connections: int = 18_000,
        per_user: int = 64,
        per_address: int = 0,
        drain_rate: float = 0.1,
        drain_window: int = 30 * SECOND,
        clock: Clock = now,
        random: Random | None = None,
    ) -> None:
        chance = random or SystemRandom()
        bounds, figures = limits or Limits(), Figures()
        features = FEATURES
        if sign is not None:
            features |= {"sig"}
        if inbox is not None:
            features |= {"ack", "readstate"}
        if presence is not None:
            features |= {"presence"}
        self._reader = PastReader(broker, clock)
        preparation = Preparation(self._reader, snapshot, bounds, figures, head, clock)
        holes = HoleDigests(past, preparation.tags, clock)
        self._behind: set[Connection] = set()
        self.rights = Rights(admit or TopicAccess(clock=clock).admit, is_revoked)
        self._shared = Shared(
            hub=hub,
            rights=self.rights,
            rules=Rules(bounds, pacing or Pacing(), features, chance),
            returning=returning or Return(),
            wheel=Wheel(clock()),
            registry=Registry(per_user=per_user, per_address=per_address),
            tokens=ResumeTokens(token_key),
            verify=verify_token,
            catching_up=CatchingUp(preparation, self._reader, holes, figures),
            head=head,
            clock=clock,
            random=chance,
            figures=figures,
            behind=self._behind,
            deltas=DeltaMaker(),
            acknowledgements=Acknowledgements(),
            life=token_urlsafe(6),
            sign=sign,
            act=act,
            inbox=inbox,
            presence=presence,
            watch=presence_watch,
            gate=gate,
        )
        self._origin_allowed = origin_allowed
        self._max_connections = max_connections
        self._drain_rate = drain_rate
        self._drain_window = drain_window
        self._draining = False
        self._next_id = 0
        self._looked_at = 0

    def connect(
        self,
        link: Link,
        caller: Principal,
        *,
        origin: str | None,
        credentials: Credentials | None = None,
    ) -> Connection:
        """A new connection. ``credentials`` say more about ``caller``: when the token ends.

        Raises:
            Unavailable: no connection can be taken now.
        """
        registry, figures = self._shared.registry, self._shared.figures
        if self._draining or len(registry) >= self._max_connections:
            raise Unavailable("No more live connections can be taken now.", retry_after=5)
        self._next_id += 1
        id_ = f"c-{self._shared.life}-{self._next_id}"
        connection = Connection(self._shared, link, credentials or Credentials(caller), id_)
        figures.opened += 1
        later = asyncio.get_running_loop().call_soon
        if not registry.join(connection):
            later(connection.close, CloseCode.CONNECTION_LIMIT, "too many connections")
        elif not self._origin_allowed(origin):
            later(
                connection.close, CloseCode.FORBIDDEN_ORIGIN, "pages of this origin may not connect"
            )
        return connection

    async def run(self) -> None:
        """Look after all connections until cancelled."""
        while True:
            await asyncio.sleep(SLOT / SECOND)
            self.turn()

    def turn(self) -> None:
        """Do what is due now; called by ``run``."""
        at = self._shared.clock()
        self._shared.wheel.turn(at)
        if at >= self._looked_at + SECOND:
            self._looked_at = at
            self.sessions_revoked()
        for connection in tuple(self._behind):
            connection.drained()

    def observe(self, envelopes: Sequence[Envelope]) -> None:
        """Measure how long events took to get here; attach to the broker after the hub."""
        at = self._shared.clock()
        for envelope in envelopes:
            self._shared.figures.latencies.add(at - envelope.publication.at)

    def rights_changed(self) -> None:
        """A block, a membership or a setting changed: decide again before the next delivery."""
        self.rights.changed()

    def sessions_revoked(self) -> None:
        """Close the connections whose sign-in was ended."""
        for connection in self._shared.registry:
            if self.rights.revoked(connection.session.credentials):
                connection.close(CloseCode.REVOKED, "the sign-in was ended")

    async def drain(self, reason: str = "restart") -> None:
        """Send every connection away and take no more.

        They go in portions, and each is told to come back at a moment of its own, so that they do
        not all arrive elsewhere at once.
        """
        self._draining = True
        await self._send_all_away(list(self._shared.registry), CloseCode.RESTART, reason)

    async def rebalance(self, share: float) -> int:
        """Send a share of the connections away, drawn by lot, and go on taking others; how many.

        They go as in ``drain``.
        """
        present = list(self._shared.registry)
        chosen = self._shared.random.sample(present, round(share * len(present)))
        await self._send_all_away(chosen, CloseCode.REBALANCE, "rebalance")
        return len(chosen)

    async def _send_all_away(self, waiting: list[Connection], code: CloseCode, reason: str) -> None:
        portion = max(100, int(len(waiting) * self._drain_rate))
        left = self._drain_window
        for start in range(0, len(waiting), portion):
            for connection in waiting[start : start + portion]:
                self._send_away(connection, left, code, reason)
            if start + portion < len(waiting):
                await asyncio.sleep(1)
                left = max(SECOND, left - SECOND)
        await asyncio.sleep(0)

    @property
    def draining(self) -> bool:
        """Whether clients are sent away and nobody is taken any more."""
        return self._draining

    def statistics(self) -> GatewayStatistics:
        """How many are connected, and what became of others."""
        figures, registry = self._shared.figures, self._shared.registry
        losses, latencies = figures.losses, figures.latencies
        return GatewayStatistics(
            connections=len(registry),
            subscriptions=sum(len(one.subscriptions) for one in registry),
            behind=len(self._behind),
            opened=figures.opened,
            resumes=dict(figures.resumes),
            closes=dict(figures.closes),
            closes_by_door=dict(figures.closes_by_door),
            errors=dict(figures.errors),
            gaps=dict(figures.gaps) | {"slow_consumer": losses.gaps},
            drops={"slow_consumer": losses.dropped, "superseded": losses.superseded},
            alarms=figures.alarms,
            reads=self._reader.reads,
            shared_reads=self._reader.shared,
            latency_bounds=BUCKETS,
            latency_counts=tuple(latencies.counts),
            latency_sum=latencies.total,
        )

    def _send_away(self, connection: Connection, left: int, code: CloseCode, reason: str) -> None:
        if connection.closed:
            return
        connection.hearing.tell_waiting()
        returning = self._shared.returning
        window = returning.minimum + returning.window(len(self._shared.registry))
        wait = self._shared.random.randint(returning.minimum, window)
        connection.reply(
            Drain(
                reconnect_in_ms=wait // MILLISECOND,
                deadline_ms=left // MILLISECOND,
                reason=reason,
            )
        )
        connection.close(code, reason)
