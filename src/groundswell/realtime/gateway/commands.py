"""What each message of a client sets in motion."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from groundswell.realtime.codes import Code
from groundswell.realtime.gateway.errors import Refused, refusal_of
from groundswell.realtime.gateway.frames import (
    Ack,
    ClientFrame,
    Flow,
    Hello,
    History,
    Options,
    Presence,
    Publish,
    Read,
    Refresh,
    Subscribe,
    Track,
    Unsubscribe,
    Untrack,
)
from groundswell.realtime.gateway.greeting import greet, renew
from groundswell.realtime.gateway.inbox_commands import acknowledge, mark
from groundswell.realtime.gateway.paging import page
from groundswell.realtime.gateway.presence_commands import look_up_or_away, present
from groundswell.realtime.gateway.publishing import publish
from groundswell.realtime.gateway.saved import subscribe_to_saved
from groundswell.realtime.gateway.subscribing import subscribe, unsubscribe
from groundswell.realtime.gateway.tracking import track, untrack

if TYPE_CHECKING:
    from groundswell.realtime.gateway.connection import Connection

logger = logging.getLogger(__name__)

LASTING = (Hello, Refresh, Ack, Read, Publish)
"""What is carried out even if the client has gone meanwhile: what it did, and who it is."""


async def carry_out(connection: Connection, frame: ClientFrame) -> None:
    """Do what the client asked for, or tell it why not."""
    try:
        await _open(connection, frame)
        if connection.session.open and (isinstance(frame, LASTING) or not connection.closed):
            await _do(connection, frame)
    except Exception as error:
        _refuse(connection, frame, error)


def _refuse(connection: Connection, frame: ClientFrame, error: Exception) -> None:
    """Not in the frame that the error came through, which would hold it as it holds the frame."""
    refused = refusal_of(error)
    if refused.code is Code.INTERNAL:
        logger.error("A request failed.", exc_info=error)
    connection.refuse(refused, frame.ref, getattr(frame, "topic", None))


async def restore(connection: Connection) -> None:
    """Begin the topics of the former session as they are now: the client named no positions."""
    restored = connection.take_restored()
    if restored:
        await subscribe(connection, Subscribe(topics=list(restored)))


async def _open(connection: Connection, frame: ClientFrame) -> None:
    """The first message opens the session; HELLO is implied by any other."""
    if isinstance(frame, Hello):
        if connection.session.open:
            raise Refused(Code.BAD_REQUEST, "The session is open already.")
        connection.session.greeted = True
        await greet(connection, frame)
    elif not (connection.session.open or connection.session.greeted):
        await greet(connection, Hello(client_id=getattr(frame, "client_id", None)))


async def _do(connection: Connection, frame: ClientFrame) -> None:
    match frame:
        case Hello():
            pass
        case Subscribe(options=Options(saved=True)):
            await subscribe_to_saved(connection, frame)
        case Subscribe():
            await subscribe(connection, frame)
        case Unsubscribe():
            unsubscribe(connection, frame)
        case Refresh():
            await renew(connection, frame)
        case Ack():
            await acknowledge(connection, frame)
        case Read():
            await mark(connection, frame)
        case Presence():
            await present(connection, frame)
        case Publish():
            await publish(connection, frame)
        case Flow():
            connection.hearing.follow_flow(frame)
            await look_up_or_away(connection)
        case History():
            await page(connection, frame)
        case Track():
            await track(connection, frame)
        case Untrack():
            await untrack(connection, frame)
