"""ACK and READ: what a device says about the messages of its user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from groundswell.contract.inbox import InboxPort, inbox_topic
from groundswell.contract.times import from_rfc3339
from groundswell.realtime.codes import Code
from groundswell.realtime.gateway.device import InboxDevice
from groundswell.realtime.gateway.device_replies import ReadEntry, ReadState
from groundswell.realtime.gateway.errors import Refused
from groundswell.realtime.gateway.frames import Ack, Read
from groundswell.realtime.messages import Offset, Place

if TYPE_CHECKING:
    from groundswell.realtime.gateway.connection import Connection

_data = msgspec.json.Decoder(dict[str, Any])


async def acknowledge(connection: Connection, frame: Ack) -> None:
    """The client has all of a topic up to an offset, or some critical messages.

    Of every topic that is held the place is kept for when the session is resumed. What is in the
    inbox need not be told to this device again.

    Raises:
        Refused: there is no inbox, the device has no name, or the offset is unknown.
    """
    inbox = inbox_topic(connection.session.credentials.user_id or "")
    if frame.topic is not None and frame.offset is not None:
        if frame.topic != inbox or connection.held(frame.topic) is not None:
            _keep_place(connection, frame.topic, frame.offset)
        if frame.topic != inbox and not frame.ids:
            return
    device = device_of(connection)
    topic = frame.topic if frame.topic == inbox else None
    up_to = await _inbox_seq(connection, topic, frame.offset)
    if up_to is None and not frame.ids:
        raise Refused(Code.BAD_REQUEST, "Name a topic and an offset, or ids.")
    await device.acknowledge(up_to, frame.ids)


async def mark(connection: Connection, frame: Read) -> None:
    """The user read, unread or dismissed messages; the other devices hear it on the topic.

    Raises:
        Refused: there is no inbox, or what is meant is unknown.
    """
    inbox, user_id = inbox_of(connection)
    up_to = await _inbox_seq(connection, frame.topic, frame.up_to)
    if up_to is None and not frame.ids:
        raise Refused(Code.BAD_REQUEST, "Name ids, or a topic and an offset.")
    states = await inbox.read(
        user_id,
        connection.session.client_id,
        frame.state,
        ids=frame.ids,
        up_to=up_to,
        at=None if frame.at is None else _instant(frame.at),
        vv=frame.vv or None,
    )
    connection.reply(
        ReadState(
            ref=frame.ref if frame.ref is not None else msgspec.UNSET,
            entries=[
                ReadEntry(one.id, one.state, one.at, one.by or msgspec.UNSET)
                for one in states.entries
            ],
            unread={inbox_topic(user_id): states.unread},
            vv=states.vv,
        )
    )


def _keep_place(connection: Connection, topic: str, offset: Offset) -> None:
    """Remember up to where a client has a topic; acknowledgements are cumulative.

    Raises:
        Refused: the topic is not held, or was not told so far.
    """
    subscription = connection.held(topic)
    if subscription is None or subscription.implicit:
        raise Refused(Code.PERMISSION_DENIED, "Only topics that are held are acknowledged.")
    if offset > subscription.offset:
        raise Refused(Code.POSITION_AHEAD, f"The newest offset told is {subscription.offset}.")
    place, former = Place(subscription.epoch, offset), subscription.acked
    if former is None or former.epoch != place.epoch or former.offset < offset:
        subscription.acked = place
        connection.shared.acknowledgements.note(connection.session_id, topic, place)


def device_of(connection: Connection) -> InboxDevice:
    """The device at the other end.

    Raises:
        Refused: there is no inbox here, or not for this client.
    """
    inbox, user_id = inbox_of(connection)
    if connection.device is None:
        client_id = connection.session.client_id
        if client_id is None:
            raise Refused(Code.BAD_REQUEST, "A device needs a clientId.")
        connection.device = InboxDevice(connection, inbox, user_id, client_id)
    return connection.device


def inbox_of(connection: Connection) -> tuple[InboxPort, str]:
    """The inbox, and the user whose part of it the client may deal with.

    Raises:
        Refused: there is no inbox here, or nobody it could be of, or not any more.
    """
    inbox = connection.shared.inbox
    if inbox is None:
        raise Refused(Code.NOT_AVAILABLE, "This server has no inbox.")
    credentials = connection.session.credentials
    if credentials.user_id is None:
        raise Refused(Code.UNAUTHENTICATED, "Only users have an inbox.")
    if connection.expired():
        raise Refused(Code.TOKEN_EXPIRED, "The token has expired.")
    if connection.shared.rights.revoked(credentials):
        raise Refused(Code.REVOKED, "The sign-in was ended.")
    return inbox, credentials.user_id


async def _inbox_seq(
    connection: Connection, topic: str | None, offset: Offset | None
) -> int | None:
    """The place in the inbox of the last message up to an offset of its topic.

    Raises:
        Refused: the topic is not the inbox's, or the offset is not known any more.
    """
    if topic is None or offset is None:
        return None
    if topic != inbox_topic(connection.session.credentials.user_id or ""):
        raise Refused(Code.PERMISSION_DENIED, "Only messages of one's own inbox are acknowledged.")
    reader = connection.shared.catching_up.reader
    stream = await reader.position(topic)
    if offset > stream.offset:
        raise Refused(Code.POSITION_AHEAD, f"The newest offset is {stream.offset}.")
    if offset < stream.lowest:
        raise Refused(
            Code.POSITION_TRIMMED, f"The oldest offset is {stream.lowest}.", lowest=stream.lowest
        )
    first = max(stream.lowest - 1, offset - connection.shared.limits.page)
    for one in reversed(await reader.between(topic, stream.epoch, first, offset)):
        seq = _data.decode(one.publication.data).get("inboxSeq")
        if isinstance(seq, int):
            return seq
    return 0


def _instant(text: str) -> int:
    try:
        return from_rfc3339(text)
    except ValueError:
        raise Refused(Code.BAD_REQUEST, "at must be an RFC 3339 time.") from None
