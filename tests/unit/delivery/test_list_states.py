"""Rankings go on from what was published last, whichever process published it."""

from __future__ import annotations

from typing import Any

import msgspec

from groundswell.contract.ids import derived_event_id
from groundswell.contract.times import DAY, SECOND
from groundswell.delivery.counters import KEPT, Counters
from groundswell.delivery.list_states import LIST_UPDATED, ListStates
from groundswell.domains.engagement.list_changes import ListChanged, changes
from groundswell.domains.engagement.views import RankedMedia
from groundswell.realtime.messages import Envelope, Publication
from tests.unit.delivery.test_counters import _play

NOW = 20_000 * DAY


_TEXTS = {
    "title": "Harvest",
    "artist": None,
    "ownerId": None,
    "durationSeconds": None,
    "url": None,
    "state": "published",
    "createdAt": "2026-03-15T14:30:40Z",
    "publishedAt": None,
    "lastHotnessUpdate": None,
}


def _ranked(ids: list[int]) -> tuple[RankedMedia, ...]:
    required = [one.encode_name for one in msgspec.structs.fields(RankedMedia) if one.required]
    details = dict.fromkeys(required, 0) | _TEXTS
    return tuple(
        msgspec.convert(details | {"mediaFileId": one, "position": place}, RankedMedia)
        for place, one in enumerate(ids, 1)
    )


def _change(version: int, before: list[int], after: list[int]) -> ListChanged:
    return ListChanged("hot", NOW, version, _ranked(after), changes(before, after))


def _told(states: ListStates, change: ListChanged) -> dict[str, Any] | None:
    data = states.after(change)
    if data is None:
        return None
    states.heard([Envelope(Publication("hot", LIST_UPDATED, "msg-1", NOW, data, 1, True), 1, "e")])
    assert states.get("hot") == data
    return dict(msgspec.json.decode(data))


def test_the_process_that_published_goes_on_with_its_own_changes() -> None:
    states = ListStates()
    assert states.get("hot") is None
    first = _told(states, _change(1, [], [1, 2]))
    second = _told(states, _change(2, [1, 2], [2, 1]))
    assert first is not None
    assert second is not None
    assert (first["version"], second["version"]) == (1, 2)
    assert [step["delta"] for step in second["changes"]] == [1, -1]


def test_another_process_goes_on_from_what_was_published() -> None:
    states = ListStates()
    for version, (before, after) in enumerate((([], [1, 2]), ([1, 2], [2, 1])), 1):
        _told(states, _change(version, before, after))
    told = _told(states, _change(9, [7, 8], [2, 3]))
    assert told is not None
    assert told["version"] == 3
    assert told["changes"] == [
        {"mediaFileId": 1, "position": None, "delta": None},
        {"mediaFileId": 3, "position": 2, "delta": None},
    ]
    assert _told(states, _change(5, [1], [2, 3])) is None


def test_counters_that_another_process_tells_are_kept_for_a_while() -> None:
    counters = Counters()
    counters.add(_play(1, 1), 1, NOW)
    counters.add(_play(2, 1), 2, NOW + SECOND)
    counters.keep_newest(NOW + KEPT + 1)
    assert [one.topic for one in counters.due(NOW + KEPT + 1)] == ["media.2"]


def test_two_processes_tell_the_same_counters_under_one_id() -> None:
    ids = []
    for looked in (NOW, NOW + SECOND // 2):
        counters = Counters()
        counters.add(_play(1, 1), 7, NOW)
        ids += [one.id for one in counters.due(looked)]
    assert ids[0] == ids[1] != derived_event_id("something else", NOW)
    number = int(ids[0].removeprefix("msg-"), 16)
    assert (number >> 80, number >> 76 & 15, number >> 62 & 3) == (NOW // 1_000, 7, 2)
