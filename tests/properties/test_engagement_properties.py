"""The properties that the specification names, of the write path and its reads, on both engines."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundswell.access.addresses import canonical
from groundswell.access.hashing import AddressHasher
from groundswell.access.limits import RateLimits, WindowsInMemory, parse_limits
from groundswell.access.principal import Principal
from groundswell.contract.errors import GroundswellError, RateLimited
from groundswell.contract.times import DAY, HOUR, MINUTE, SECOND, to_rfc3339
from groundswell.domains.engagement import commands as do
from groundswell.domains.engagement.acting import Actors
from groundswell.domains.engagement.actions import Actions
from groundswell.domains.engagement.views import ActivityItem, VoteType
from groundswell.http.problems import problem_of
from groundswell.store.commands import Idempotency
from tests.support.core import FEED_DAYS, Core, user, visitor

on_a_database = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

vote_types: st.SearchStrategy[VoteType] = st.sampled_from(["up", "down"])
voters = st.sampled_from([visitor("ann"), visitor("bob"), visitor("cyd"), user("dan")])
titles = st.text(st.characters(exclude_characters="\x00", codec="utf-8"), min_size=1, max_size=40)
hashes = st.integers(0, 2**256 - 1).map(lambda number: f"{number:064x}")
ages = st.one_of(st.none(), st.integers(0, 30 * DAY - 1), st.sampled_from([0, 1, HOUR, DAY]))


async def _counts(core: Core, media: int) -> tuple[int, int]:
    file = await core.queries.media(media)
    return file.upvotes, file.downvotes


async def _stored_votes(core: Core, media: int) -> list[tuple[str, str]]:
    sql = "SELECT voter_key, vote_type FROM votes WHERE media_file_id = :id ORDER BY voter_key"
    return [(voter, vote) for voter, vote in await core.rows(sql, id=media)]


def _vote(core: Core, media: int, by: do.Actor, vote: VoteType | None) -> Any:
    who: dict[str, Any] = {"media_file_id": media, "by": by, "at": core.clock()}
    return do.RemoveVote(**who) if vote is None else do.CastVote(vote_type=vote, **who)


@on_a_database
@given(vote=vote_types, by=voters, before=st.lists(st.tuples(voters, vote_types), max_size=4))
async def test_property_01_a_vote_is_counted_once_and_stored(
    core: Core, vote: VoteType, by: do.Actor, before: list[tuple[do.Actor, VoteType]]
) -> None:
    """Feature: social-engagement, Property 1: Vote Recording and Count Update.

    For any file and any vote, recording it increases the corresponding count by exactly 1 and
    stores a record with the right vote type.
    """
    media = await core.register()
    for other, kind in before:
        if other != by:
            await core.submit(_vote(core, media, other, kind))
    up, down = await _counts(core, media)
    answer = await core.submit(_vote(core, media, by, vote))
    expected = (up + (vote == "up"), down + (vote == "down"))
    assert await _counts(core, media) == (answer.upvotes, answer.downvotes) == expected
    assert (by.voter, vote) in await _stored_votes(core, media)
    assert (await core.queries.vote_status(media, by.voter)).vote_type == vote


@on_a_database
@given(votes=st.lists(vote_types, min_size=1, max_size=6), together=st.booleans())
async def test_property_02_one_voter_has_one_vote(
    core: Core, votes: list[VoteType], together: bool
) -> None:
    """Feature: social-engagement, Property 2: Vote Uniqueness Per IP/Media File.

    For any voter and file there is at most one record: another vote updates it, the same vote
    again changes nothing and makes no event, also when all arrive at the same time.
    """
    media, by = await core.register(), visitor("ann")
    before = await core.log.head()
    commands = [_vote(core, media, by, vote) for vote in votes]
    if together:
        await core.together(*commands)
    else:
        for command in commands:
            await core.submit(command)
    last = votes[-1]
    assert await _stored_votes(core, media) == [(by.voter, last)]
    assert await _counts(core, media) == (int(last == "up"), int(last == "down"))
    turns = 1 + sum(one != other for one, other in pairwise(votes))
    assert await core.log.head() - before == turns


@on_a_database
@given(first=vote_types, by=voters, others=st.lists(vote_types, max_size=4))
async def test_property_03_a_vote_can_be_turned_and_taken_back(
    core: Core, first: VoteType, by: do.Actor, others: list[VoteType]
) -> None:
    """Feature: social-engagement, Property 3: Vote Modification Round-Trip.

    For any vote, turning it moves 1 from one count to the other, and removing it deletes the
    record and restores both counts.
    """
    media = await core.register()
    for number, vote in enumerate(others):
        await core.submit(_vote(core, media, visitor(f"other {number}"), vote))
    at_first, stored = await _counts(core, media), await _stored_votes(core, media)
    second: VoteType = "down" if first == "up" else "up"
    await core.submit(_vote(core, media, by, first))
    up, down = await _counts(core, media)
    await core.submit(_vote(core, media, by, second))
    moved = 1 if second == "up" else -1
    assert await _counts(core, media) == (up + moved, down - moved)
    assert dict(await _stored_votes(core, media))[by.voter] == second
    answer = await core.submit(_vote(core, media, by, None))
    assert answer.vote_type is None
    assert await _counts(core, media) == at_first
    assert await _stored_votes(core, media) == stored


_LOGS = {
    "play": ("play_logs", "completed_at"),
    "download": ("download_logs", "downloaded_at"),
    "view": ("view_logs", "viewed_at"),
}


@on_a_database
@given(
    kind=st.sampled_from(["play", "download", "view"]),
    ip_hash=hashes,
    seconds=st.one_of(st.none(), st.integers(0, 24 * 3600)),
    age=ages,
)
async def test_property_04_logs_are_complete(
    core: Core, kind: str, ip_hash: str, seconds: int | None, age: int | None
) -> None:
    """Feature: social-engagement, Property 4: Event Log Data Completeness.

    For any play, download or view, the log record holds file, hash of the address and time, and
    for plays the duration if it was given.
    """
    media, now = await core.register(), core.clock()
    by = visitor("ann", ip_hash=ip_hash, session_id="tab")
    who: dict[str, Any] = {"media_file_id": media, "by": by, "at": now}
    who["occurred_at"] = None if age is None else now - age
    if kind == "play":
        await core.submit(do.RecordPlay(play_duration=seconds, **who))
    else:
        await core.submit({"download": do.RecordDownload, "view": do.RecordView}[kind](**who))
    table, at = _LOGS[kind]
    duration = "play_duration" if kind == "play" else "NULL"
    sql = f"SELECT ip_hash, session_id, {at}, {duration} FROM {table} WHERE media_file_id = :id"
    expected = (ip_hash, "tab", now - (age or 0), seconds if kind == "play" else None)
    assert await core.rows(sql, id=media) == [expected]


_ACTS = ["play", "download", "view", "comment", "up", "down"]


def _act(core: Core, kind: str, media: int, by: do.Actor, at: int | None = None) -> Any:
    if kind in {"up", "down"}:
        return _vote(core, media, by, kind)  # type: ignore[arg-type]
    who: dict[str, Any] = {"media_file_id": media, "by": by, "at": core.clock()}
    who["occurred_at"] = at
    if kind == "comment":
        return do.RecordComment(body="Again!", **who)
    records = {"play": do.RecordPlay, "download": do.RecordDownload, "view": do.RecordView}
    return records[kind](**who)


@on_a_database
@given(acts=st.lists(st.tuples(st.sampled_from(_ACTS), voters), max_size=12))
async def test_property_05_every_answer_holds_all_metrics(
    core: Core, acts: list[tuple[str, do.Actor]]
) -> None:
    """Feature: social-engagement, Property 5: Engagement Metrics in Media File Response.

    For any query for a file, the answer includes play, download and view counts and both vote
    counts as numbers, and they are the right ones.
    """
    media = await core.register(published_at=core.clock() - DAY)
    await core.together(*(_act(core, kind, media, by) for kind, by in acts))
    kinds = [kind for kind, _ in acts]
    votes = {by.voter: kind for kind, by in acts if kind in {"up", "down"}}
    expected = {
        "play_count": kinds.count("play"),
        "download_count": kinds.count("download"),
        "view_count": kinds.count("view"),
        "upvotes": list(votes.values()).count("up"),
        "downvotes": list(votes.values()).count("down"),
    }
    page = await core.queries.media_page(50)
    listed = [one for one in page.items if one.media_file_id == media]
    # Newer files of other examples may fill the page.
    answers = [await core.queries.media(media), await core.queries.stats(media), *listed]
    for answer in answers:
        told = {name: getattr(answer, name) for name in expected}
        assert told == expected
        assert all(type(value) is int for value in told.values())


async def _newest(core: Core, count: int) -> list[ActivityItem]:
    return (await core.queries.activity(count)).items


@on_a_database
@given(
    kind=st.sampled_from(["play", "download", "comment", "vote", "upload"]),
    title=titles,
    place=st.sampled_from([None, "Portugal"]),
)
async def test_property_10_every_action_makes_an_item(
    core: Core, kind: str, title: str, place: str | None
) -> None:
    """Feature: social-engagement, Property 10: Activity Feed Item Creation.

    For any play, download, upload, comment or vote, an item is created with the matching type, the
    file, its title and the time. Views make none.
    """
    now = core.clock.advance(SECOND)
    media = await core.register(title)
    if kind != "upload":
        now = core.clock.advance(SECOND)
        by = visitor("ann", location=place)
        await core.submit(_act(core, "up" if kind == "vote" else kind, media, by))
    await core.submit(_act(core, "view", media, visitor("bob")))
    item = (await _newest(core, 1))[0]
    assert (item.type, item.media_file_id, item.media_title) == (kind, media, title)
    assert item.timestamp == to_rfc3339(now)
    assert item.location == (None if kind == "upload" else place)


@on_a_database
@given(
    acts=st.lists(
        st.tuples(st.sampled_from(_ACTS), voters, ages, st.integers(0, MINUTE)),
        max_size=14,
    ),
    limit=st.integers(1, 10),
)
async def test_property_11_the_feed_is_the_newest(
    core: Core, acts: list[tuple[str, do.Actor, int | None, int]], limit: int
) -> None:
    """Feature: social-engagement, Property 11: Activity Feed Recency and Limit.

    For any query with a limit N, the items are the N most recent activities, newest first, and
    at most N; the pages that follow repeat nothing and leave nothing out.
    """
    await core.clear()
    media = await core.register(published_at=core.clock() - (FEED_DAYS + 1) * DAY)
    votes: dict[str, str] = {}
    happened: list[tuple[int, int]] = []
    for kind, by, age, later in acts:
        now = core.clock.advance(later)
        at = None if age is None else now - age
        await core.submit(_act(core, kind, media, by, at))
        vote = kind in {"up", "down"}
        if kind == "view" or (vote and votes.get(by.voter) == kind):
            continue
        votes.update({by.voter: kind} if vote else {})
        happened.append((now if vote or at is None else at, await core.log.head()))
    expected = [seq for _, seq in sorted(happened, reverse=True)]
    page = await core.queries.activity(limit)
    assert [item.id for item in page.items] == expected[:limit]
    seen = [item.id for item in page.items]
    while page.next_cursor is not None:
        page = await core.queries.activity(limit, page.next_cursor)
        assert len(page.items) <= limit
        seen += [item.id for item in page.items]
    assert seen == expected


class _Nowhere:
    def of(self, _address: str, _actor: str, _at: int) -> None:
        return None


def _actions(core: Core, limits: str = "off", secret: bytes = b"s" * 32) -> Actions:
    hasher = AddressHasher(secret, clock=core.clock)
    windows = RateLimits(parse_limits(limits), WindowsInMemory)
    return Actions(
        core.writer.submit, windows, hasher, Actors(hasher, _Nowhere(), core.clock), core.clock
    )


def _at(address: str) -> Principal:
    return Principal("visitor", None, canonical(address), None)


addresses = st.one_of(
    st.integers(0x0B000000, 0xDFFFFFFF).map(lambda n: str(ipaddress.IPv4Address(n))),
    st.integers(0x2001 << 112, (0x2002 << 112) - 1).map(lambda n: str(ipaddress.IPv6Address(n))),
)
_HASHED = ("votes", "play_logs", "download_logs", "view_logs", "comments", "activity_feed")
_TEXTS = (
    *(f"SELECT ip_hash, actor, session_id FROM {one}" for one in _HASHED if one[0] != "a"),
    *("SELECT voter_key FROM votes", "SELECT actor FROM recent_actors"),
    *("SELECT ip_hash, actor_id, metadata, location FROM activity_feed",),
    *("SELECT payload, partition_key, event_id FROM event_log",),
)


@on_a_database
@given(
    people=st.lists(addresses, min_size=1, max_size=3, unique_by=canonical),
    kinds=st.lists(st.sampled_from(_ACTS), min_size=1, max_size=6),
)
async def test_property_13_only_hashes_of_addresses_are_stored(
    core: Core, people: list[str], kinds: list[str]
) -> None:
    """Feature: social-engagement, Property 13: IP Hashing for Privacy.

    For any stored vote, play, download or view log or feed item, the hash is 64 hexadecimal
    digits, the same for the same address, and the address itself is nowhere in the database.
    """
    await core.clear()
    media = await core.register()
    actions = _actions(core)
    for address in people:
        for kind in kinds:
            await _through(actions, kind, _at(address), media)
    for table in _HASHED:
        stored = await core.rows(f"SELECT ip_hash FROM {table} WHERE ip_hash IS NOT NULL")
        assert all(re.fullmatch("[0-9a-f]{64}", one) for (one,) in stored)
        assert len(set(stored)) in (0, len(people))
    texts = [text for sql in _TEXTS for row in await core.rows(sql) for text in row if text]
    for address in people:
        assert not [text for text in texts if address in text or canonical(address) in text]


async def _through(actions: Actions, kind: str, caller: Principal, media: int) -> Any:
    match kind:
        case "up" | "down":
            return await actions.vote(caller, media, kind)
        case "comment":
            return await actions.comment(caller, media, "Again!")
        case _:
            return await getattr(actions, kind)(caller, media)


def _refusals(core: Core, actions: Actions, media: int, unknown: int) -> Sequence[Any]:
    """Requests that must fail, each with what the answer has to say."""
    caller, gone = _at("203.0.113.7"), "Media file not found"
    key = Idempotency("scope", f"key {media}", "another fingerprint")
    return [
        *((_through(actions, kind, caller, unknown), 404, gone) for kind in _ACTS),
        (actions.vote(caller, unknown, None), 404, gone),
        (core.queries.media(unknown), 404, gone),
        (core.queries.stats(unknown), 404, gone),
        (core.queries.comments(unknown, 5), 404, gone),
        (core.queries.vote_status(unknown, "somebody"), 404, gone),
        (actions.delete(unknown), 404, gone),
        (actions.comment(caller, media, "  \n "), 400, "body"),
        (actions.play(caller, media, occurred_at=core.clock() - 30 * DAY), 400, "occurredAt"),
        (actions.play(caller, media, idempotency=key), 409, "Idempotency-Key"),
        (core.lists.get("hot", limit=51), 400, "limit"),
        (core.queries.activity(5, "%%"), 400, "cursor"),
        (core.register(media_file_id=media), 409, "id exists"),
    ]


@on_a_database
@given(which=st.integers(0, 18), unknown=st.integers(10**9, 2**63 - 1))
async def test_property_14_a_refusal_says_what_is_wrong(
    core: Core, which: int, unknown: int
) -> None:
    """Feature: social-engagement, Property 14: API Error Message Descriptiveness.

    For any failed request, the error has a message that says what is wrong, and nothing is stored.
    """
    media, actions = await core.register(), _actions(core)
    first = Idempotency("scope", f"key {media}", "fingerprint")
    await actions.play(_at("203.0.113.7"), media, idempotency=first)
    before = await core.log.head()
    requests = _refusals(core, actions, media, unknown)
    for place, (request, status, says) in enumerate(requests):
        if place != which % len(requests):
            request.close()
            continue
        with pytest.raises(GroundswellError) as refused:
            await request
        problem = problem_of(refused.value)
        assert problem.status == status
        assert says in problem.detail
        assert problem.code not in {"", "internal"}
        assert problem.title
    assert await core.log.head() == before


@on_a_database
@given(limit=st.integers(1, 5), kind=st.sampled_from(_ACTS))
async def test_property_14_a_limit_says_when_to_come_back(
    core: Core, limit: int, kind: str
) -> None:
    """Feature: social-engagement, Property 14: API Error Message Descriptiveness.

    One action too many answers with the seconds to wait, and is not recorded.
    """
    media, caller = await core.register(), _at("203.0.113.7")
    name = "vote" if kind in {"up", "down"} else kind
    actions = _actions(core, f"{name}={limit}/minute")
    for _ in range(limit):
        await _through(actions, kind, caller, media)
    before = await core.log.head()
    with pytest.raises(RateLimited) as refused:
        await _through(actions, kind, caller, media)
    problem = problem_of(refused.value)
    assert (problem.status, problem.code) == (429, "rate_limited")
    seconds = refused.value.retry_after
    assert 1 <= seconds <= 60
    assert problem.detail == f"Rate limit exceeded. Please try again in {seconds} seconds."
    assert await core.log.head() == before
