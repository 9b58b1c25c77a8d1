"""Engagements and visits in any order: each once, as a plain model counts them.

S1 at most one engagement per (share, platform event), early arrival included. S2 counts equal the
model. S3 a sharer hears of each engagement once. S4 what is kept equals what the log says.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.contract.errors import GroundswellError
from groundswell.contract.events.sharing import Engager, ShareEngaged
from groundswell.contract.times import DAY, HOUR
from groundswell.domains.sharing.audit import audit_sharing
from groundswell.domains.sharing.commands import (
    CreateShare,
    DeleteShare,
    DropExpired,
    Engagement,
    FailShare,
    FollowLink,
    PublishShare,
    RecordEngagements,
)
from groundswell.domains.sharing.handling import sharing_handler
from groundswell.domains.sharing.projections import SHARING_PROJECTION
from groundswell.domains.sharing.queries import SharingQueries
from groundswell.domains.sharing.views import Taken
from groundswell.store import Statement
from tests.support.core import Core, running_core
from tests.support.replaying import unlike_the_log

PLATFORM = "acme"
SHARES = ("share-1", "share-2")
POSTS = {share: f"p-{share}" for share in SHARES}
EVENTS = ("e1", "e2", "e3")
_EMPTY = [
    Statement(f"DELETE FROM {table}")
    for table in ("shares", "share_engagements", "parked_engagements", "share_visits")
]

shares = st.sampled_from(SHARES)
references = st.sampled_from([*SHARES, *(f"post:{post}" for post in POSTS.values())])
told = st.lists(st.tuples(references, st.sampled_from(EVENTS)), min_size=1, max_size=3)
actions = st.one_of(
    st.tuples(st.just("create"), shares, st.booleans()),
    st.tuples(st.just("publish"), shares, st.booleans()),
    st.tuples(st.just("fail"), shares),
    st.tuples(st.just("delete"), shares),
    st.tuples(st.just("engage"), told),
    st.tuples(st.just("engage"), told),
    st.tuples(st.just("follow"), shares, st.sampled_from(["v", "w"]), st.booleans()),
    st.tuples(st.just("wait"), st.sampled_from([HOUR - 1, HOUR, DAY - 1, DAY])),
    st.tuples(st.just("drop")),
)


Action = tuple[Any, ...]
Play = Callable[["Core", "Model", list[Action]], Awaitable[None]]


@dataclass
class Shared:
    """What the model knows of a share."""

    state: str
    post: str | None = None
    engaged: set[str] = field(default_factory=set)
    clicks: int = 0
    views: int = 0
    seen: dict[str, int] = field(default_factory=dict)

    @property
    def live(self) -> bool:
        return self.state in ("pending", "published")


class Model:
    """Shares, as plainly as they can be counted."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.shares: dict[str, Shared] = {}
        self.parked: dict[tuple[str, str], int] = {}

    def create(self, share: str, pending: bool) -> None:
        if share not in self.shares:
            self.shares[share] = Shared("pending" if pending else "published")
            self._apply(share, share)

    def publish(self, share: str, named: bool) -> None:
        one = self.shares.get(share)
        if one is None or not one.live:
            return
        if named and one.post is None:
            one.state, one.post = "published", POSTS[share]
            self._apply(share, f"post:{one.post}")
        one.state = "published"

    def fail(self, share: str) -> None:
        if share in self.shares and self.shares[share].state == "pending":
            self.shares[share].state = "failed"

    def delete(self, share: str) -> None:
        if share in self.shares and self.shares[share].state == "published":
            self.shares[share].state = "deleted"

    def engage(self, told: list[tuple[str, str]]) -> Taken:
        outcome: Counter[str] = Counter()
        for reference, event in told:
            one = self._of(reference)
            if one is None:
                known = (reference, event) in self.parked
                self.parked.setdefault((reference, event), self.now)
                outcome["repeated" if known else "parked"] += 1
            elif not one.live:
                outcome["discarded"] += 1
            else:
                outcome["repeated" if event in one.engaged else "accepted"] += 1
                one.engaged.add(event)
        return Taken(**outcome)

    def follow(self, share: str, visitor: str, person: bool) -> None:
        one = self.shares.get(share)
        if one is None or not one.live:
            return
        one.views += 1
        if person and one.seen.get(visitor, self.now - HOUR) + HOUR <= self.now:
            one.seen[visitor] = self.now
            one.clicks += 1

    def wait(self, time: int) -> None:
        self.now += time

    def drop(self) -> None:
        self.parked = {key: at for key, at in self.parked.items() if at + DAY > self.now}

    def _of(self, reference: str) -> Shared | None:
        post = reference.removeprefix("post:")
        named = (one for one in self.shares.values() if one.post == post)
        return self.shares.get(reference) or next(named, None)

    def _apply(self, share: str, reference: str) -> None:
        for key in [key for key in self.parked if key[0] == reference]:
            if self.parked.pop(key) + DAY > self.now:
                self.shares[share].engaged.add(key[1])


async def perform(core: Core, model: Model, name: str, *details: Any) -> None:
    """The same to the service and to the model; refusals change nothing in either."""
    expected = getattr(model, name)(*details)
    if name == "wait":
        core.clock.advance(*details)
        return
    try:
        answer = await core.submit(command(core.clock(), name, *details))
    except GroundswellError:
        return
    if name == "engage":
        assert answer == expected


def command(at: int, name: str, *details: Any) -> Any:
    match name, *details:
        case "create", share, pending:
            return CreateShare(
                at=at,
                share_id=share,
                user_id="mia",
                content_type="media",
                content_id="7",
                platform=PLATFORM,
                share_format="link",
                visibility="public",
                metadata={},
                pending=pending,
            )
        case "publish", share, named:
            post = POSTS[share] if named else None
            return PublishShare(at=at, share_id=share, external_id=post)
        case "fail", share:
            return FailShare(at=at, share_id=share, reason="no")
        case "delete", share:
            return DeleteShare(at=at, share_id=share, user_id="mia")
        case "engage", told:
            return RecordEngagements(
                at=at, platform=PLATFORM, engagements=tuple(engagement(*one) for one in told)
            )
        case "follow", share, visitor, person:
            reason = None if person else "bot"
            return FollowLink(at=at, share_id=share, visitor=visitor, discard_reason=reason)
        case _:
            return DropExpired(at=at)


def engagement(reference: str, event: str) -> Engagement:
    return Engagement(
        reference=reference,
        platform_event_id=event,
        engagement_type="like",
        engager=Engager(id="bob"),
        at=0,
    )


async def check(core: Core, model: Model) -> None:
    queries = SharingQueries(core.store, core.clock)
    page = await queries.shares("mia", 10, None)
    alive = {one.share_id: one for one in page.items}
    for share, expected in model.shares.items():
        found = alive.get(share) or await queries.share(share)
        assert found.state == expected.state
        assert (found.clicks, found.views) == (expected.clicks, expected.views)
        assert found.engagements == len(expected.engaged)
        assert sum(found.engagement_types.values()) == len(expected.engaged)
    alerts = Counter(
        (one.event.share_id, one.event.platform_event_id)
        for one in await core.events()
        if isinstance(one.event, ShareEngaged)
    )
    assert alerts == {(name, e): 1 for name, one in model.shares.items() for e in one.engaged}
    parked = await core.rows("SELECT reference, platform_event_id FROM parked_engagements")
    assert set(parked) == model.parked.keys()
    assert await audit_sharing(core.store, core.log) == []
    assert await unlike_the_log(core.store, SHARING_PROJECTION) == []


async def empty(core: Core) -> None:
    async with core.store.writing() as tx:
        for statement in _EMPTY:
            await tx.fetch(statement)
    await core.clear()


@pytest.mark.parametrize("together", [False, True], ids=["in turn", "together"])
def test_any_history_is_counted_as_the_model_counts_it(ready_url: str, together: bool) -> None:
    """S1-S4, one command after the other, and with all that happens at one instant at once."""
    with asyncio.Runner() as runner:
        running = running_core(ready_url, handlers=(sharing_handler(),))
        core = runner.run(running.__aenter__())
        play = at_once if together else in_turn

        @given(st.lists(actions, min_size=1, max_size=25))
        def holds(history: list[Action]) -> None:
            runner.run(replayed(core, history, play))

        try:
            holds()
        finally:
            runner.run(running.__aexit__(None, None, None))


async def replayed(core: Core, history: list[Action], play: Play) -> None:
    await empty(core)
    model = Model(core.clock())
    await play(core, model, history)
    await check(core, model)


async def in_turn(core: Core, model: Model, history: list[Action]) -> None:
    for action in history:
        await perform(core, model, *action)


async def at_once(core: Core, model: Model, history: list[Action]) -> None:
    """Commands that wait at the same time are written in one transaction, in their order."""
    for waits, group in groupby(history, key=lambda action: action[0] == "wait"):
        if waits:
            await in_turn(core, model, list(group))
        else:
            await asyncio.gather(*(perform(core, model, *action) for action in group))
