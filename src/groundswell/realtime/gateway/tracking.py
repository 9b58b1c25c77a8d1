"""TRACK and UNTRACK: of a topic that tells of many things, only what is about some of them.

What an event is about stands in its data, under the ``key`` of the topic's kind: on ``activity`` it
is ``mediaFileId``. Who may hear a topic may track any key of it, so keys need no signature.

``media`` is no topic but stands for all topics ``media.{id}``: tracking its keys is subscribing to
those, and they do not count among the topics of a connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from groundswell.realtime.codes import Code
from groundswell.realtime.gateway.errors import Refused
from groundswell.realtime.gateway.frames import Subscribe, Track, Unsubscribe, Untrack
from groundswell.realtime.gateway.reply import or_unset
from groundswell.realtime.gateway.subscribing import subscribe, unsubscribe
from groundswell.realtime.gateway.topic_replies import Subscribed, Sync
from groundswell.realtime.topics import kind_of

if TYPE_CHECKING:
    from groundswell.realtime.gateway.connection import Connection

COLLECTIONS: Final = {"media": "media.{}"}
"""What stands for many topics, and how the topic of a key is named."""


async def track(connection: Connection, frame: Track) -> None:
    """Tell only what is about these keys and those tracked before; all keys hold from here on.

    Raises:
        Refused: the topic has no keys, there are too many, or a signature is shown.
        GroundswellError: there is no such topic, or not for this client.
    """
    if frame.signature is not None:
        raise Refused(Code.UNSUPPORTED_FEATURE, "Keys need no signature.")
    if frame.topic in COLLECTIONS:
        await _hold(connection, frame)
        return
    topic = await _keyed(connection, frame.topic)
    tracked, limits = connection.tracked, connection.shared.limits
    keys = tracked.get(topic, frozenset()) | set(frame.keys)
    if len(keys) > limits.keys or (topic not in tracked and len(tracked) >= limits.topics):
        raise Refused(Code.TOPIC_LIMIT, f"At most {limits.keys} keys of a topic are tracked.")
    _choose(connection, topic, keys, frame.ref)


async def untrack(connection: Connection, frame: Untrack) -> None:
    """Tell nothing more about these keys; without a key left, nothing at all.

    Raises:
        Refused: the topic has no keys.
        GroundswellError: there is no such topic, or not for this client.
    """
    if frame.topic in COLLECTIONS:
        held = connection.subscriptions
        topics = [one for one in _topics(frame) if one not in held or held[one].tracked]
        unsubscribe(connection, Unsubscribe(ref=frame.ref, topics=topics))
        return
    topic = await _keyed(connection, frame.topic)
    if topic in connection.tracked:
        _choose(connection, topic, connection.tracked[topic] - set(frame.keys), frame.ref)


def _topics(frame: Track | Untrack) -> list[str]:
    return [COLLECTIONS[frame.topic].format(key) for key in frame.keys]


async def _hold(connection: Connection, frame: Track) -> None:
    """Subscribe to the topics of keys; those held already stay as they are."""
    topics = [one for one in _topics(frame) if one not in connection.subscriptions]
    if topics:
        await subscribe(connection, Subscribe(ref=frame.ref, topics=topics), tracked=True)
    else:
        connection.reply(Subscribed(ref=or_unset(frame.ref), topics={}))


async def _keyed(connection: Connection, name: str) -> str:
    """The topic, if it has keys and may be heard."""
    topic = await connection.shared.rights.admit(name, connection.session.credentials)
    if kind_of(topic).key is None:
        raise Refused(Code.UNSUPPORTED_FEATURE, f"Events on {topic} have no keys.")
    return topic


def _choose(connection: Connection, topic: str, keys: frozenset[str], ref: str | None) -> None:
    """Let these keys hold, and say from where on."""
    connection.hearing.tell_waiting(topic)
    connection.tracked[topic] = keys
    positions = {}
    subscription = connection.subscriptions.get(topic)
    if subscription is not None:
        connection.hearing.tailor(subscription)
        if subscription.epoch:
            positions[topic] = subscription.place
            subscription.skipped = False
    connection.reply(Sync(ref=or_unset(ref), positions=positions))
