"""Bringing a subscription from a position to the present, without a hole and without a double.

The subscription is registered with the hub first and its live events wait; the history is read up
to the newest offset noted; what waited up to there is dropped, the rest is told.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from groundswell.realtime.access import GrantEnded
from groundswell.realtime.batching import batch
from groundswell.realtime.codes import CloseCode, Code, UnsubscribeCode
from groundswell.realtime.gateway.errors import refusal_of
from groundswell.realtime.gateway.figures import Figures
from groundswell.realtime.gateway.holes import HoleDigests
from groundswell.realtime.gateway.past_messages import chunks, gap_message, snapshot_message
from groundswell.realtime.gateway.preparing import Budget, Claim, Preparation, Prepared
from groundswell.realtime.gateway.reading import PastReader
from groundswell.realtime.gateway.resume import Lost, anew
from groundswell.realtime.gateway.subscription import Follows, Stage, Subscription
from groundswell.realtime.gateway.tailoring import DIGEST, TagReader
from groundswell.realtime.messages import CaughtUp, Envelope, Place

if TYPE_CHECKING:
    from groundswell.realtime.gateway.connection import Connection

logger = logging.getLogger(__name__)

_ROUNDS: Final = 5


class CatchingUp:
    """Tells the past, and joins it to what is live."""

    def __init__(
        self, preparation: Preparation, reader: PastReader, holes: HoleDigests, figures: Figures
    ) -> None:
        self._preparation = preparation
        self._holes = holes
        self._figures = figures
        self.reader = reader

    @property
    def tags(self) -> TagReader:
        """Reads the tags of events."""
        return self._preparation.tags

    async def prepare(self, subscription: Subscription, claim: Claim, budget: Budget) -> Prepared:
        """Read what a subscription is to be told to a client that claims to stand somewhere.

        Raises:
            GroundswellError: it is not even known where the topic stands.
        """
        prepared = await self._preparation.prepare(subscription, claim, budget)
        if not subscription.epoch:
            # It may be held before anything is told, and has to go on from here nevertheless.
            after = Place(prepared.stream.epoch, prepared.plan.after)
            start = claim.resume or after
            subscription.epoch, subscription.offset = start.epoch, start.offset
        return prepared

    async def begin(
        self, connection: Connection, subscription: Subscription, prepared: Prepared
    ) -> None:
        """Tell what was prepared; a topic that cannot be followed is ended, never silent."""
        if connection.subscriptions.get(subscription.topic) is not subscription:
            return
        try:
            await self._tell(connection, subscription, prepared)
        except Exception:
            self._end(connection, subscription)

    async def _tell(
        self, connection: Connection, subscription: Subscription, prepared: Prepared
    ) -> None:
        """Tell what was prepared, and what came meanwhile; then the subscription is live."""
        for _ in range(_ROUNDS):
            if not await self._tell_past(connection, subscription, prepared):
                return
            if not prepared.plan.whole:
                self._pause(connection, subscription)
                return
            if not subscription.overflowed and not subscription.has_hole():
                break
            if subscription.overflowed:
                subscription.catch_up()
            prepared = await self._preparation.further(subscription)
        if subscription.overflowed:
            self._pause(connection, subscription)
            return
        self._go_live(connection, subscription)

    async def again(self, connection: Connection, subscription: Subscription) -> None:
        """Go on from where the subscription stands; its live events wait already."""
        if not _is_held(connection, subscription, Stage.CATCHING_UP):
            return
        try:
            prepared = await self._preparation.further(subscription)
        except Exception:
            self._end(connection, subscription)
            return
        await self.begin(connection, subscription, prepared)

    def _end(self, connection: Connection, subscription: Subscription) -> None:
        logger.warning("A topic could not be followed.", exc_info=True)
        connection.drop(
            subscription.topic,
            UnsubscribeCode.RESUME_NEEDED,
            "where the topic stands cannot be read now",
            again=True,
        )

    async def reconsider(self, connection: Connection, subscription: Subscription) -> None:
        """Decide again whether a held topic may be heard, and go on with it or end it."""
        if not _is_held(connection, subscription, Stage.HELD):
            return
        if not await self.allowed(connection, subscription):
            return
        subscription.catch_up()
        await self.again(connection, subscription)

    async def allowed(self, connection: Connection, subscription: Subscription) -> bool:
        """Whether a private topic may be heard now; if not, it is ended or held."""
        if connection.expired():
            subscription.stop(Stage.HELD)
            return False
        rights = connection.shared.rights
        if rights.revoked(connection.session.credentials):
            connection.close(CloseCode.REVOKED, "the sign-in was ended")
            return False
        version = rights.version
        try:
            await rights.admit(subscription.topic, connection.session.credentials)
        except Exception as error:
            self.lose(connection, subscription.topic, error)
            return False
        subscription.approve(version)
        return True

    def lose(self, connection: Connection, topic: str, error: Exception) -> None:
        """End a subscription for want of the right to it, or of an answer about that."""
        refused = refusal_of(error)
        if refused.code is Code.INTERNAL:
            logger.error("A right could not be decided.", exc_info=error)
        if refused.code.retryable:
            code, reason = UnsubscribeCode.RESUME_NEEDED, "the right to it cannot be decided now"
        elif isinstance(error, GrantEnded):
            code, reason = UnsubscribeCode.GRANT_EXPIRED, refused.message
        else:
            code, reason = UnsubscribeCode.PERMISSION_LOST, refused.message
        again = code is not UnsubscribeCode.PERMISSION_LOST
        connection.drop(topic, code, reason, again=again)

    async def _tell_past(
        self, connection: Connection, subscription: Subscription, prepared: Prepared
    ) -> bool:
        """Tell the gap, the state and the events; False if the topic may not be heard any more."""
        if not await self._still(connection, subscription):
            return False
        made = prepared.plan
        subscription.epoch, subscription.offset = prepared.stream.epoch, made.after
        if made.lost is not None:
            self._figures.gaps[made.lost.reason] += 1
            connection.reply(gap_message(subscription, made.lost))
            if not await self._tell_digest(connection, subscription, prepared):
                return False
        if prepared.state is not None:
            subscription.epoch, subscription.offset = prepared.state.epoch, prepared.state.offset
            connection.reply(snapshot_message(subscription.topic, prepared.state))
            subscription.base = prepared.state.offset
        for chunk in chunks([subscription.form(one) for one in prepared.events]):
            await connection.outlet.room()
            if not await self._still(connection, subscription):
                return False
            _write(connection, subscription, chunk)
            subscription.offset = chunk[-1].offset or 0
        if prepared.state is None and made.upto > subscription.offset:
            subscription.offset = made.upto
        return await self._still(connection, subscription)

    async def _tell_digest(
        self, connection: Connection, subscription: Subscription, prepared: Prepared
    ) -> bool:
        """Sum up what is lost; False if the topic may not be heard any more."""
        lost = prepared.plan.lost
        if lost is None or DIGEST not in connection.session.features:
            return True
        digest = await self._holes.of(subscription, lost, prepared.before)
        if not await self._still(connection, subscription):
            return False
        if digest is not None:
            connection.reply(digest)
        return True

    async def _still(self, connection: Connection, subscription: Subscription) -> bool:
        if connection.closed:
            return False
        if connection.subscriptions.get(subscription.topic) is not subscription:
            return False
        if subscription.ends is not None and connection.grant_over(subscription):
            return False
        if not subscription.private:
            return True
        rights = connection.shared.rights
        if subscription.checked == rights.version and not (
            connection.expired() or rights.revoked(connection.session.credentials)
        ):
            return True
        return await self.allowed(connection, subscription)

    def _pause(self, connection: Connection, subscription: Subscription) -> None:
        subscription.stop(Stage.PAUSED)
        place = subscription.place
        connection.reply(
            CaughtUp(
                topic=subscription.topic,
                epoch=place.epoch,
                offset=place.offset,
                complete=False,
                next=place,
            )
        )

    def _go_live(self, connection: Connection, subscription: Subscription) -> None:
        """Say that the past is told, and tell what waited."""
        place = subscription.place
        connection.reply(
            CaughtUp(
                topic=subscription.topic, epoch=place.epoch, offset=place.offset, complete=True
            )
        )
        waited = subscription.live()
        if subscription.lost is not None:
            connection.hearing.write_gap(subscription.lost)
            subscription.lost, subscription.loose = None, True
        for envelope in waited:
            follows = subscription.follows(envelope)
            if follows is Follows.BEYOND and not subscription.loose:
                self._give_up(connection, subscription, envelope)
            if follows is not Follows.KNOWN:
                connection.hearing.follow(subscription, envelope)

    def _give_up(
        self, connection: Connection, subscription: Subscription, envelope: Envelope
    ) -> None:
        """What precedes this event is in no history: say so."""
        offset = envelope.offset or 0
        if envelope.epoch == subscription.epoch:
            lost = Lost("trimmed", subscription.offset + 1, offset - 1)
        else:
            lost = anew(offset - 1)
        subscription.epoch, subscription.offset = envelope.epoch or "", offset - 1
        self._figures.gaps[lost.reason] += 1
        connection.reply(gap_message(subscription, lost))


def _is_held(connection: Connection, subscription: Subscription, stage: Stage) -> bool:
    """Whether the topic still is in that stage; meanwhile it may have been subscribed to again."""
    held = connection.subscriptions.get(subscription.topic)
    return held is subscription and subscription.stage is stage


def _write(connection: Connection, subscription: Subscription, events: list[Envelope]) -> None:
    """As one BATCH, or one by one to a client that does not know it."""
    if "batch" in connection.session.features:
        told = [one.event for one in events]
        connection.outlet.write(batch(told, "recovery", topic=subscription.topic))
        return
    for one in events:
        connection.hearing.write_event(subscription, one)
    if subscription.kind.state:
        subscription.base = events[-1].offset or 0
