"""Presence in one process, what others see of devices, and what watchers are told."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.contract.times import SECOND
from groundswell.realtime.presence.members import (
    Device,
    Member,
    Sighting,
    difference,
    seen_as,
)
from groundswell.realtime.presence.memory import MemoryPresence
from groundswell.realtime.presence.watching import PresenceWatch
from tests.support.core import ManualClock
from tests.unit.realtime.presence_conformance import BOB, PHONE, ROOM, SCOPE, PresenceConformance

NOW = 1_000 * SECOND

_sightings = st.dictionaries(
    st.sampled_from(["a", "b", "c"]),
    st.builds(
        Sighting,
        st.sampled_from(["online", "away", "invisible"]),
        st.sampled_from([b"{}", ROOM]),
        st.integers(NOW - 50, NOW),
        st.integers(NOW - 2, NOW + 2),
    ),
)
_members = st.dictionaries(
    st.sampled_from("abcde"), st.tuples(st.sampled_from(["online", "away"]), st.integers(0, 2))
)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


class TestMemoryPresence(PresenceConformance):
    @pytest.fixture
    def presence(self, clock: ManualClock) -> MemoryPresence:
        return MemoryPresence(clock=clock)


@given(_sightings)
def test_others_see_the_best_living_device_unless_one_is_invisible(
    sightings: dict[str, Sighting],
) -> None:
    living = [one for one in sightings.values() if one.until > NOW]
    member = seen_as("ada", sightings, NOW)
    if not living or "invisible" in {one.status for one in living}:
        assert member is None
    else:
        assert member is not None
        best = "online" if "online" in {one.status for one in living} else "away"
        newest = max(one.said_at for one in living if one.status == best)
        assert member.status == best
        assert bytes(member.data) in {
            one.data for one in living if one.status == best and one.said_at == newest
        }


@given(_members, _members)
def test_a_difference_leads_from_one_set_of_members_to_the_other(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    old, new = _people(before), _people(after)
    change = difference(old.values(), new.values())
    folded = {user: one for user, one in old.items() if user not in change.leaves}
    folded |= {one.user_id: one for one in (*change.joins, *change.updates)}
    assert msgspec.json.encode(sorted(folded.items())) == msgspec.json.encode(sorted(new.items()))
    assert bool(change) == (before != after)


def _people(found: dict[str, Any]) -> dict[str, Member]:
    return {
        user: Member(user, status, msgspec.Raw(b"%d" % data))
        for user, (status, data) in found.items()
    }


class Watcher:
    """Keeps what it was told, as the JSON a client gets."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []

    def __call__(self, message: Any) -> None:
        self.told.append(msgspec.json.decode(message.encode()))

    def take(self) -> list[dict[str, Any]]:
        told, self.told = self.told, []
        return told


async def test_a_watcher_is_told_the_state_and_then_what_changed_together(
    clock: ManualClock,
) -> None:
    presence = MemoryPresence(clock=clock)
    watch, watcher = PresenceWatch(presence), Watcher()
    await presence.enter(SCOPE, PHONE, "online", ROOM)
    watch.watch(SCOPE, watcher, watcher)
    await watch.look()
    ada = {"userId": "ada", "status": "online", "data": {"room": "red"}}
    assert watcher.take() == [
        {"type": "PRESENCE_STATE", "topic": SCOPE, "count": 1, "members": [ada]}
    ]
    await watch.look()
    assert watcher.take() == []
    await presence.enter(SCOPE, BOB, "away", b"{}")
    await presence.enter(SCOPE, Device("eve", "tv"), "invisible", b"{}")
    await presence.update(SCOPE, PHONE, "away", b"{}")
    await watch.look()
    assert watcher.take() == [
        {
            "type": "PRESENCE_DIFF",
            "topic": SCOPE,
            "count": 2,
            "joins": [{"userId": "bob", "status": "away", "data": {}}],
            "leaves": [],
            "updates": [{"userId": "ada", "status": "away", "data": {}}],
        }
    ]
    clock.advance(45 * SECOND)
    await watch.look()
    (gone,) = watcher.take()
    assert (gone["leaves"], gone["count"]) == (["ada", "bob"], 0)
    watch.unwatch(SCOPE, watcher)
    await presence.enter(SCOPE, BOB, "online", b"{}")
    await watch.look()
    assert (watcher.take(), watch.statistics()["watched_scopes"]) == ([], 0.0)


async def test_above_200_members_only_their_number_is_told(clock: ManualClock) -> None:
    presence = MemoryPresence(clock=clock)
    watch, watcher = PresenceWatch(presence), Watcher()
    for number in range(200):
        await presence.enter(SCOPE, Device(f"user-{number}", "phone"), "online", b"{}")
    watch.watch(SCOPE, watcher, watcher)
    await watch.look()
    assert [len(one["members"]) for one in watcher.take()] == [200]
    await presence.enter(SCOPE, PHONE, "online", b"{}")
    await watch.look()
    await presence.enter(SCOPE, BOB, "online", b"{}")
    await watch.look()
    assert watcher.take() == [
        {"type": "PRESENCE_STATE", "topic": SCOPE, "count": 201},
        {"type": "PRESENCE_DIFF", "topic": SCOPE, "count": 202},
    ]
    await presence.leave(SCOPE, PHONE)
    await presence.leave(SCOPE, BOB)
    await watch.look()
    (back,) = watcher.take()
    assert (back["type"], len(back["members"])) == ("PRESENCE_STATE", 200)
