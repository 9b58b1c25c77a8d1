"""Ranked lists and boards as they were last published, by this process or another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from groundswell.contract.events.leaderboards import LeaderboardUpdated
from groundswell.contract.times import to_rfc3339
from groundswell.domains.engagement.list_changes import ListChange, ListChanged, changes
from groundswell.realtime.messages import Envelope

LIST_UPDATED = "engagement.trending.updated"
SHOWN = 20
_LASTING = frozenset((LIST_UPDATED, LeaderboardUpdated.event_type))

_encode = msgspec.json.Encoder().encode


class _Item(msgspec.Struct, rename="camel"):
    media_file_id: int


class _State(msgspec.Struct, rename="camel"):
    """What is needed of a published list to go on from it."""

    version: int
    items: list[_Item]


_decode = msgspec.json.Decoder(_State).decode


class ListStates:
    """What listeners were last told of each list, and what follows it.

    Every process ranks by itself and numbers its own changes; who publishes goes on from what was
    published last, whoever did.
    """

    def __init__(self) -> None:
        self._data: dict[str, bytes] = {}
        self._states: dict[str, _State] = {}

    def heard(self, envelopes: Sequence[Envelope]) -> None:
        """Take note of what was published."""
        for envelope in envelopes:
            if envelope.publication.event_type in _LASTING:
                self._data[envelope.topic] = envelope.publication.data
            if envelope.publication.event_type == LIST_UPDATED:
                self._states[envelope.topic] = _decode(envelope.publication.data)

    def begin_with(self, states: Mapping[str, bytes]) -> None:
        """What was told of topics before this process began."""
        for topic, data in states.items():
            self._data.setdefault(topic, data)

    def get(self, list_id: str) -> bytes | None:
        """What was published last, if anything."""
        return self._data.get(list_id)

    def after(self, change: ListChanged) -> bytes | None:
        """What to publish now; None if that is what was published last."""
        last = self._states.get(change.list_id)
        if last is None or last.version == change.version - 1:
            return _encode(_list_data(change, change.version, change.changes))
        before = [item.media_file_id for item in last.items]
        shown = [item.media_file_id for item in change.items[:SHOWN]]
        if before == shown:
            return None
        return _encode(_list_data(change, last.version + 1, changes(before, shown)))


def _list_data(
    change: ListChanged, version: int, steps: tuple[ListChange, ...]
) -> dict[str, object]:
    return {
        "eventType": LIST_UPDATED,
        "listId": change.list_id,
        "asOf": to_rfc3339(change.as_of),
        "version": version,
        "items": [
            {
                "mediaFileId": item.media_file_id,
                "title": item.title,
                "artist": item.artist,
                "position": item.position,
                "score": item.score,
                "playCount": item.play_count,
                "periodPlayCount": item.period_play_count,
                "upvotes": item.upvotes,
                "downvotes": item.downvotes,
            }
            for item in change.items[:SHOWN]
        ],
        "changes": steps,
        "timestamp": to_rfc3339(change.as_of),
    }
