"""HISTORY: the past of a topic, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET

from groundswell.realtime.audience import is_for
from groundswell.realtime.broker.base import Position
from groundswell.realtime.codes import Code
from groundswell.realtime.filters import compile_filter
from groundswell.realtime.gateway.errors import Refused
from groundswell.realtime.gateway.frames import History
from groundswell.realtime.gateway.reply import or_unset
from groundswell.realtime.gateway.signing import signer
from groundswell.realtime.gateway.subscription import Stage
from groundswell.realtime.gateway.topic_replies import HistoryPage
from groundswell.realtime.messages import Envelope, Place, Sign
from groundswell.realtime.topics import kind_of

if TYPE_CHECKING:
    from groundswell.realtime.gateway.connection import Connection


@dataclass(frozen=True, slots=True)
class Stretch:
    """Offsets of a page, both included; empty if ``first`` is greater than ``last``.

    ``rest``: there is more beyond the page, in the direction of its order.
    """

    first: int
    last: int
    rest: bool


async def page(connection: Connection, frame: History) -> None:
    """Answer with a page; one that reaches the present lets a paused subscription go on.

    Raises:
        Refused: the page is too large, the position is not one of this stream, or not offered.
        GroundswellError: there is no such topic, or not for this client.
    """
    shared = connection.shared
    sign = signer(shared, signed=frame.signed)
    if not 0 < frame.limit <= shared.limits.page:
        raise Refused(Code.PAGE_TOO_LARGE, f"A page has 1 to {shared.limits.page} events.")
    credentials = connection.session.credentials
    topic = await shared.rights.admit(frame.topic, credentials, "history")
    reader = shared.catching_up.reader
    stream = await reader.position(topic)
    found = stretch(frame, stream)
    events = await reader.between(topic, stream.epoch, found.first - 1, found.last)
    if not kind_of(topic).state:
        _require_whole(events, found, stream)
    events = [one for one in events if is_for(one, credentials.principal)]
    chosen = None if frame.filter is None else compile_filter(frame.filter)
    if chosen is not None:
        tags = shared.catching_up.tags.tags
        events = [one for one in events if chosen(tags(one))]
    # Reading took time, in which the right may have ended.
    await shared.rights.admit(frame.topic, credentials, "history")
    if connection.expired():
        raise Refused(Code.TOKEN_EXPIRED, "The token has expired.")
    connection.reply(_page(frame, stream, found, events, sign))
    await _advance(connection, frame, stream, found)


def _require_whole(events: list[Envelope], found: Stretch, stream: Position) -> None:
    """Refuse a page of which something was trimmed while it was read.

    Raises:
        Refused: that is so.
    """
    if len(events) < found.last - found.first + 1:
        lowest = (events[0].offset or 0) if events else stream.offset + 1
        raise Refused(Code.POSITION_TRIMMED, f"The oldest offset is {lowest}.", lowest=lowest)


def stretch(frame: History, stream: Position) -> Stretch:
    """Which offsets a page holds.

    Raises:
        Refused: a position is of another epoch, trimmed, or ahead of the stream.
    """
    lowest, top = stream.lowest, stream.offset
    for place in (frame.after, frame.before):
        if place is not None and place.epoch != stream.epoch:
            raise Refused(Code.EPOCH_MISMATCH, "The position is of another epoch.")
    first = lowest if frame.after is None else frame.after.offset + 1
    last = top if frame.before is None else frame.before.offset - 1
    if first > top + 1 or last > top:
        raise Refused(Code.POSITION_AHEAD, f"The newest offset is {top}.")
    if first < lowest or (frame.before is not None and last < lowest - 1):
        raise Refused(Code.POSITION_TRIMMED, f"The oldest offset is {lowest}.", lowest=lowest)
    if ascending(frame):
        end = min(last, first + frame.limit - 1)
        return Stretch(first, end, rest=end < last)
    begin = max(first, last - frame.limit + 1)
    return Stretch(begin, last, rest=begin > first)


def ascending(frame: History) -> bool:
    """Whether a page goes from old to new; by default it does after a position."""
    if frame.order is not None:
        return frame.order == "asc"
    return frame.after is not None


def _page(
    frame: History, stream: Position, found: Stretch, events: list[Envelope], sign: Sign | None
) -> HistoryPage:
    ordered = events if ascending(frame) else events[::-1]
    onward, back = (found.last, found.first) if ascending(frame) else (found.first, found.last)
    filled = found.first <= found.last
    return HistoryPage(
        ref=or_unset(frame.ref),
        topic=frame.topic,
        epoch=stream.epoch,
        messages=[msgspec.Raw(one.signed(sign).event) for one in ordered],
        next=Place(stream.epoch, onward) if filled and found.rest else UNSET,
        prev=Place(stream.epoch, back) if filled else UNSET,
        lowest=stream.lowest,
        highest=stream.offset,
        complete=not found.rest,
    )


async def _advance(
    connection: Connection, frame: History, stream: Position, found: Stretch
) -> None:
    """A subscription that waits for its client to read the past moves on with what was read."""
    subscription = connection.subscriptions.get(frame.topic)
    if (
        subscription is None
        or subscription.stage is not Stage.PAUSED
        or subscription.epoch != stream.epoch
        or not ascending(frame)
        or frame.filter is not None
        or not found.first - 1 <= subscription.offset <= found.last
    ):
        return
    subscription.offset = found.last
    if not found.rest and frame.before is None:
        subscription.catch_up()
        await connection.shared.catching_up.again(connection, subscription)
