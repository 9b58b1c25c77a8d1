"""The subscriptions that a user saved, begun by a device that need not know them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from groundswell.contract.inbox import SavedSubscription
from groundswell.realtime.gateway.frames import Options, Subscribe
from groundswell.realtime.gateway.inbox_commands import inbox_of
from groundswell.realtime.gateway.reply import or_unset
from groundswell.realtime.gateway.subscribing import subscribe
from groundswell.realtime.gateway.topic_replies import Subscribed

if TYPE_CHECKING:
    from groundswell.realtime.gateway.connection import Connection


async def subscribe_to_saved(connection: Connection, frame: Subscribe) -> None:
    """Begin what the user saved, each entry with its own options, and then what is named besides.

    Each entry is answered by itself, under the ``ref`` of the request. Places to resume from are
    those that the request names.

    Raises:
        Refused: there are no saved subscriptions here, or not for this client.
    """
    inbox, user_id = inbox_of(connection)
    saved = await inbox.saved(user_id)
    for entry in saved:
        await subscribe(connection, _request(frame, entry))
    if frame.topics:
        await subscribe(connection, frame)
    elif not saved:
        connection.reply(Subscribed(ref=or_unset(frame.ref), topics={}))


def _request(frame: Subscribe, entry: SavedSubscription) -> Subscribe:
    options = msgspec.convert(entry.options, Options)
    options = msgspec.structs.replace(options, resume=frame.options.resume)
    return msgspec.structs.replace(frame, topics=entry.topics, options=options)
