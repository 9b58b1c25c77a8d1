"""Votes that look wrong: they stand, weigh nothing, and can have their weight back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from groundswell.contract.errors import Conflict, NotFound
from groundswell.contract.events.engagement import AnomalyDetected, VotesQuarantined, VotesReleased
from groundswell.contract.times import DAY, HOUR
from groundswell.delivery.routing import publications
from groundswell.domains.engagement.audit import audit_engagement
from groundswell.domains.engagement.commands import CastVote, RecordPlay, RemoveVote
from groundswell.domains.engagement.quarantine import (
    DecideVotes,
    QuarantineVotes,
    VoteCase,
    quarantine_handler,
)
from groundswell.domains.engagement.rebuilding import rebuild
from groundswell.domains.engagement.vote_signals import BURST
from groundswell.domains.engagement.vote_watch import VoteWatch
from groundswell.store import Statement
from tests.support.core import Core, running_core, visitor


@pytest_asyncio.fixture
async def core(ready_url: str) -> AsyncIterator[Core]:
    async with running_core(ready_url, handlers=(quarantine_handler(),)) as core:
        yield core
        await core.assert_consistent()


async def cast(core: Core, media: int, *names: str, kind: Any = "up") -> None:
    for name in names:
        core.clock.advance(1)
        await core.submit(
            CastVote(media_file_id=media, by=visitor(name), at=core.clock(), vote_type=kind)
        )


async def play(core: Core, media: int, *names: str) -> None:
    for name in names:
        core.clock.advance(1)
        await core.submit(
            RecordPlay(media_file_id=media, by=visitor(name), at=core.clock(), play_duration=60.0)
        )


async def quarantine(core: Core, media: int, *names: str) -> int:
    voters = tuple(f"voter-{name}" for name in names)
    taken: int = await core.submit(
        QuarantineVotes(
            at=core.clock(), media_file_id=media, signal="actor_velocity", voters=voters
        )
    )
    return taken


async def the_case(core: Core, state: Any = "open") -> VoteCase:
    (case,) = (await VoteWatch(core.store, core.submit, core.clock).cases(state, 10, None)).items
    return case


async def decide(core: Core, case_id: str, state: Any) -> VoteCase:
    decided: VoteCase = await core.submit(
        DecideVotes(at=core.clock(), case_id=case_id, state=state, note="seen")
    )
    return decided


async def lists(core: Core) -> dict[str, list[tuple[int, float]]]:
    """Every list with its scores, as computed anew."""
    core.lists.changed()
    names: tuple[Any, ...] = ("trending", "hot", "rising", "top-rated", "controversial")
    found = {}
    for name in names:
        page = await core.lists.get(name, period="24h", limit=50)
        found[name] = [(one.media_file_id, round(one.score, 6)) for one in page.items]
    return found


async def net_votes(core: Core) -> list[tuple[Any, ...]]:
    return await core.rows(
        "SELECT media_file_id, hour, net_votes FROM media_hours ORDER BY media_file_id, hour"
    )


async def test_a_quarantined_vote_stands_in_public_and_weighs_nothing_in_any_list(
    core: Core,
) -> None:
    good, bad = await core.register("Good"), await core.register("Bad")
    await play(core, good, "a", "b", "c")
    await play(core, bad, "a", "b", "c")
    await cast(core, good, "a", "b")
    before = await lists(core)
    await cast(core, bad, "x", "y", "z", "u", "v", kind="up")
    await cast(core, bad, "w", kind="down")
    moved = await lists(core)
    assert moved["top-rated"] != before["top-rated"]
    assert await quarantine(core, bad, "x", "y", "z", "u", "v", "w") == 6
    assert await lists(core) == before, "as if they had never been cast"
    media = await core.queries.media(bad)
    assert (media.upvotes, media.downvotes) == (5, 1), "the public counters do not change"
    assert (await core.queries.vote_status(bad, "voter-x")).vote_type == "up"

    case = await the_case(core)
    assert (case.media_file_id, case.votes, case.signal) == (bad, 6, "actor_velocity")
    assert "voter" not in repr(case)
    released = await decide(core, case.case_id, "released")
    assert (released.state, released.note) == ("released", "seen")
    assert await lists(core) == moved, "as if nothing had been"
    assert await core.rows("SELECT 1 FROM votes WHERE quarantined_by IS NOT NULL") == []


async def test_what_a_quarantined_voter_does_next_weighs_nothing_either(core: Core) -> None:
    media = await core.register()
    await cast(core, media, "x", "y")
    await quarantine(core, media, "x", "y")
    core.clock.advance(HOUR)
    await cast(core, media, "x", kind="down")
    assert {row[2] for row in await net_votes(core)} == {0}
    await core.assert_consistent()
    await core.submit(RemoveVote(media_file_id=media, by=visitor("y"), at=core.clock()))
    assert {row[2] for row in await net_votes(core)} == {0}
    found = await core.queries.media(media)
    assert (found.upvotes, found.downvotes) == (0, 1)
    await core.assert_consistent()
    case = await the_case(core)
    await decide(core, case.case_id, "released")
    assert [row[2] for row in await net_votes(core) if row[2]] == [-1], "what still stands"
    (event,) = [one.event for one in await core.events() if isinstance(one.event, VotesReleased)]
    assert event.count == 1


async def test_a_vote_in_the_same_transaction_as_its_quarantine_is_counted_right(
    core: Core,
) -> None:
    media = await core.register()
    await cast(core, media, "x")
    command = CastVote(media_file_id=media, by=visitor("x"), at=core.clock(), vote_type="down")
    hold = QuarantineVotes(
        at=core.clock(), media_file_id=media, signal="owner_campaign", voters=("voter-x",)
    )
    answers = await core.together(command, hold, hold)
    assert sorted(one for one in answers if isinstance(one, int)) == [0, 1]
    assert sum(row[2] for row in await net_votes(core)) == 0


async def test_cases_move_one_way_and_are_told_to_nobody_but_the_operator(core: Core) -> None:
    media = await core.register()
    await cast(core, media, "x")
    await quarantine(core, media, "x")
    assert await quarantine(core, media, "x") == 0, "it has no weight to lose"
    case = await the_case(core)
    assert (await decide(core, case.case_id, "confirmed")).state == "confirmed"
    assert (await decide(core, case.case_id, "confirmed")).state == "confirmed"
    assert (await the_case(core, "confirmed")).case_id == case.case_id
    assert await core.rows("SELECT 1 FROM votes WHERE quarantined_by IS NOT NULL") == [(1,)]
    assert (await decide(core, case.case_id, "released")).state == "released"
    with pytest.raises(Conflict):
        await decide(core, case.case_id, "confirmed")
    with pytest.raises(NotFound):
        await decide(core, "case-none", "released")
    logged = await core.events()
    kinds = AnomalyDetected | VotesQuarantined | VotesReleased
    about = [one for one in logged if isinstance(one.event, kinds)]
    assert [one.event.event_type for one in about] == [
        "engagement.anomaly.detected",
        "engagement.vote.quarantined",
        "engagement.vote.released",
    ]
    assert about[0].event == AnomalyDetected(
        media_file_id=media, signal="actor_velocity", severity="high"
    )
    assert [publications(one) for one in about] == [[], [], []]
    assert {one.event.privacy for one in about} == {"internal"}


async def test_the_audit_finds_a_vote_that_lost_its_weight_without_the_log_knowing(
    core: Core,
) -> None:
    media = await core.register()
    await cast(core, media, "x", "y")
    await quarantine(core, media, "x")
    async with core.store.writing() as tx:
        await tx.fetch(
            Statement("UPDATE votes SET quarantined_by = 'z' WHERE voter_key = 'voter-y'")
        )
    _, differences = await audit_engagement(core.store)
    assert "case of vote" in " ".join(map(str, differences))
    async with core.store.writing() as tx:
        await tx.fetch(
            Statement("UPDATE votes SET quarantined_by = NULL WHERE voter_key = 'voter-y'")
        )
    before = await net_votes(core)
    await rebuild(core.store)
    assert [row for row in await net_votes(core) if row[2]] == [row for row in before if row[2]]


async def test_the_watch_finds_a_burst_of_those_who_did_not_listen(core: Core) -> None:
    good, bad = await core.register("Good"), await core.register("Bad")
    watch = VoteWatch(core.store, core.submit, core.clock)
    assert await watch.look() == 0
    fans = [f"fan-{one}" for one in range(BURST)]
    await play(core, good, *fans)
    await cast(core, good, *fans)
    assert await watch.look() == 0
    bots = [f"bot-{one}" for one in range(BURST)]
    await cast(core, bad, *bots)
    assert await watch.look() == BURST
    case = await the_case(core)
    assert (case.signal, case.media_file_id, case.votes) == ("unheard_burst", bad, BURST)
    assert await watch.look() == 0, "nothing new"
    await decide(core, case.case_id, "released")
    await cast(core, good, "later")
    assert await watch.look() == 0, "who released them has looked"
    core.clock.advance(DAY)
    await cast(core, good, "late")
    assert await watch.look() == 0, "what was long ago is not looked at again"
    assert watch.statistics() == {"quarantined_total": float(BURST)}


async def test_a_vote_taken_back_and_cast_anew_at_once_is_another_vote(core: Core) -> None:
    media = await core.register()
    await cast(core, media, "x")
    await quarantine(core, media, "x")
    who: Any = {"media_file_id": media, "by": visitor("x"), "at": core.clock.advance(1)}
    await core.together(RemoveVote(**who), CastVote(vote_type="down", **who))
    assert sum(row[2] for row in await net_votes(core)) == -1, "it is looked at anew"
    assert await core.rows("SELECT quarantined_by FROM votes") == [(None,)]
