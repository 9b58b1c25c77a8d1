"""Invariants of privacy (P1, P2, P4 to P7) through any history, on both databases."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundswell.contract.events.engagement import Interaction
from groundswell.contract.privacy import VERBS, Discretion
from groundswell.delivery.routing import publications
from groundswell.domains.engagement.acting import CrowdedPlaces
from groundswell.domains.engagement.commands import (
    CastVote,
    Interact,
    RecordComment,
    RecordDownload,
    RecordPlay,
)
from groundswell.store import Statement
from tests.integration.privacy.people import People, running_people
from tests.support.core import START, user

NAMES = ("marker-ann", "marker-ben")
SHOWN = ("play", "vote", "comment", "download")

acts = st.tuples(st.just("act"), st.sampled_from(NAMES), st.sampled_from(SHOWN))
wishes = st.tuples(
    st.just("wish"),
    st.sampled_from(NAMES),
    st.one_of(
        st.fixed_dictionaries({"broadcast": st.booleans()}),
        st.fixed_dictionaries({"incognito": st.booleans()}),
        st.fixed_dictionaries(
            {
                "audiences": st.dictionaries(
                    st.sampled_from(VERBS),
                    st.sampled_from(["everyone", "friends", "nobody"]),
                    min_size=1,
                    max_size=2,
                )
            }
        ),
    ),
)
histories = st.lists(st.one_of(acts, acts, wishes), max_size=12)
History = list[tuple[str, str, Any]]
_LEFT = (
    *("privacy_settings", "inbox_messages", "inbox_users", "inbox_devices", "inbox_deliveries"),
    *("inbox_preferences", "push_endpoints", "push_queue"),
)


@dataclass
class Model:
    """What the rules say should be seen and counted."""

    wishes: dict[str, Discretion] = field(default_factory=dict)
    seen: list[tuple[str, str]] = field(default_factory=list)
    incognito: Counter[str] = field(default_factory=Counter)
    counted: Counter[str] = field(default_factory=Counter)

    def act(self, name: str, verb: str, *, counts: bool) -> None:
        wishes = self.wishes.get(name, Discretion())
        if wishes.incognito and verb == "comment":
            return
        self.counted[verb] += counts
        if not counts:
            return
        self.incognito[verb] += wishes.incognito
        if wishes.is_public(verb):
            self.seen.append((name, verb))

    def wish(self, name: str, changes: dict[str, Any]) -> None:
        before = self.wishes.get(name, Discretion())
        after = Discretion(
            broadcast=changes.get("broadcast", before.broadcast),
            incognito=changes.get("incognito", before.incognito),
            audiences={**before.audiences, **changes.get("audiences", {})},
        )
        self.wishes[name] = after
        hidden = after.hidden()
        self.seen = [
            one
            for one in self.seen
            if one[0] != name or (hidden is not None and one[1] not in hidden)
        ]


async def _live(people: People, history: History) -> Model:
    """Go through a history on an empty database; every act is on a file of its own."""
    await people.core.clear()
    async with people.core.store.writing() as tx:
        for table in _LEFT:
            await tx.fetch(Statement(f"DELETE FROM {table}"))
    model, core = Model(), people.core
    for kind, name, what in history:
        at = core.clock.advance(1_000_000)
        if kind == "wish":
            await people.wish(name, **what)
            model.wish(name, what)
            continue
        media = await core.register(what)
        by = user(name, ip_hash="c" * 64, session_id=f"sid-{name}", location="Chile")
        commands: dict[str, Interact] = {
            "play": RecordPlay(play_duration=60.0, media_file_id=media, by=by, at=at),
            "vote": CastVote(vote_type="up", media_file_id=media, by=by, at=at),
            "download": RecordDownload(media_file_id=media, by=by, at=at),
            "comment": RecordComment(body="said", media_file_id=media, by=by, at=at),
        }
        (outcome,) = await core.together(commands[what])
        model.act(name, what, counts=not isinstance(outcome, Exception))
    return model


async def _shown(people: People) -> Counter[str]:
    items = (await people.core.queries.activity(50)).items
    return Counter(item.type for item in items if item.type != "upload")


async def _told_again(people: People) -> Counter[str]:
    """What somebody who catches up from the beginning is told in the feed."""
    return Counter(
        one.event_type
        for logged in await people.core.events()
        if isinstance(logged.event, Interaction)
        for one in publications(logged)
        if one.topic == "activity"
    )


async def _check_p1_p2_p7(people: People, history: History) -> None:
    model = await _live(people, history)
    expected = Counter(verb for _, verb in model.seen)
    assert await _shown(people) == expected
    assert sum((await _told_again(people)).values()) == expected.total()
    for verb, table in (("play", "play_logs"), ("download", "download_logs"), ("vote", "votes")):
        rows = await people.core.rows(f"SELECT actor, ip_hash, session_id FROM {table}")
        assert len(rows) == model.counted[verb]
        assert rows.count((None, None, None)) == model.incognito[verb]
    await people.core.assert_consistent()


async def _check_p4_p5(people: People, history: History) -> None:
    await _live(people, history)
    name, other = NAMES
    before = (await people.actions.export(people.user(other))).data
    await people.actions.export(people.user(name))
    await people.actions.erase(people.user(name))
    assert await people.holding(name) == []
    assert (await people.actions.export(people.user(name))).data == {}
    events = len(await people.core.events())
    assert (await people.actions.erase(people.user(name))).records == 0
    assert len(await people.core.events()) == events
    assert (await people.actions.export(people.user(other))).data == before
    await people.core.assert_consistent()


class _Running:
    """People on one database, in a loop of their own for as long as the test takes."""

    def __init__(self, url: str) -> None:
        self._runner = asyncio.Runner()
        self._context = running_people(url)
        self.people = self._runner.run(self._context.__aenter__())

    def run(self, check: Any) -> None:
        self._runner.run(check)

    def close(self) -> None:
        self._runner.run(self._context.__aexit__(None, None, None))
        self._runner.close()


@pytest.fixture
def running(ready_url: str) -> Iterator[_Running]:
    one = _Running(ready_url)
    yield one
    one.close()


_SHARED = settings(
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@_SHARED
@given(history=histories)
def test_p1_p2_p7_what_is_seen_is_what_is_wished(running: _Running, history: History) -> None:
    running.run(_check_p1_p2_p7(running.people, history))


@_SHARED
@given(history=histories)
def test_p4_p5_who_is_forgotten_is_nowhere(running: _Running, history: History) -> None:
    running.run(_check_p4_p5(running.people, history))


class _Town:
    def country(self, _address: str) -> str:
        return "Chile"

    def city(self, address: str) -> str:
        return address


@given(
    crowd=st.integers(1, 5),
    visits=st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 6), st.integers(0, 1))),
)
def test_p6_a_city_is_named_only_in_a_crowd(crowd: int, visits: list[tuple[str, int, int]]) -> None:
    places, seen = CrowdedPlaces(_Town(), crowd=crowd), dict[tuple[str, int], set[int]]()
    for city, actor, day in sorted(visits, key=lambda one: one[2]):
        actors = seen.setdefault((city, day), set())
        actors.add(actor)
        place = places.of(city, str(actor), START + day * 86_400_000_000)
        assert place == (f"{city}, Chile" if len(actors) >= crowd else "Chile")
