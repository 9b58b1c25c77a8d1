"""Section 10: server-sent events and long polling."""

from __future__ import annotations

import asyncio
from typing import Any

from groundswell.conformance.check import check
from groundswell.conformance.examining import examine
from groundswell.conformance.kit import Kit
from groundswell.conformance.site import User
from groundswell.conformance.streams import listening
from groundswell.conformance.verdicts import expect, same


def bearer(user: User) -> dict[str, dict[str, str]]:
    """What shows a user's token in a request."""
    return {"headers": {"authorization": f"Bearer {user.token}"}}


@check("10.1", "a stream begins with what is there, and CAUGHT_UP for each topic")
async def begins(kit: Kit) -> None:
    async with listening(kit, "/v1/stream?topics=activity,hot") as stream:
        seen: set[str] = set()
        while seen != {"activity", "hot"}:
            seen.add((await stream.until("CAUGHT_UP")).data["topic"])


@check("10.1", "event: EVENT has the bytes that a WebSocket hears, and id: <log>.<seq>")
async def same_bytes(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.open(user)
    await client.hold(user.inbox)
    async with listening(kit, f"/v1/stream?topics={user.inbox}", **bearer(user)) as stream:
        await stream.until("CAUGHT_UP", topic=user.inbox)
        await kit.message(user, data={"text": "ø\u2028€😀\n"})
        block = await stream.until("EVENT")
    await client.events(user.inbox, 1)
    same(block.text, client.raw[-1], "the data of the event")
    log_id, _, seq = block.last_id.rpartition(".")
    expect(log_id, "an id names the log", block.last_id)
    same(seq, str(block.data["seq"]), "the seq of the id")


@check("10.1", "Last-Event-ID resumes all topics, as header or in the address")
async def resumed(kit: Kit) -> None:
    user = await kit.user()
    media = await kit.media()
    topics = f"{user.inbox},media.{media}"
    async with listening(kit, f"/v1/stream?topics={topics}", **bearer(user)) as stream:
        await stream.until("CAUGHT_UP", topic=f"media.{media}")
        await kit.message(user)
        last = (await stream.until("EVENT", topic=user.inbox)).last_id
    missed = await kit.messages(user, 2)
    await kit.vote(media)
    by_header = bearer(user)
    by_header["headers"]["last-event-id"] = last
    for path, more in (
        (f"/v1/stream?topics={topics}", by_header),
        (f"/v1/stream?topics={topics}&last_event_id={last}", bearer(user)),
    ):
        async with listening(kit, path, **more) as stream:
            told: list[str] = []
            voted = False
            while len(told) < 2 or not voted:
                data = (await stream.until("EVENT")).data
                if data["topic"] == user.inbox:
                    told.append(data["id"])
                voted = voted or data["data"]["eventType"] == "engagement.vote.cast"
        same(told, missed, "what was missed on one topic")


@check("10.1", "a topic that cannot be heard is refused before the stream begins")
async def refused(kit: Kit) -> None:
    for topic, status in (
        ("user.1.inbox", (401, 403)),
        ("nothing.of.this.kind", (404,)),
        ("activity.*", (400,)),
        ("", (400,)),
    ):
        answer = await kit.http("GET", f"/v1/stream?topics={topic}")
        expect(answer.status_code in status, f"{topic!r} is refused with {status}", answer)
        kind = answer.headers["content-type"]
        same(kind, "application/problem+json", "the type of the answer")


@check("10.1", "a ticket opens a stream once")
async def ticket(kit: Kit) -> None:
    user = await kit.user()
    answer = await kit.http("POST", "/v1/realtime/tickets", **bearer(user))
    path = f"/v1/stream?topics={user.inbox}&ticket={answer.json()['ticket']}"
    async with listening(kit, path) as stream:
        await stream.until("CAUGHT_UP", topic=user.inbox)
    same((await kit.http("GET", path)).status_code, 401, "the answer to a used ticket")


@check("10.1", "a stream takes positions of other doors as resume=topic:epoch:offset")
async def foreign_positions(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.open(user)
    held = await client.hold(user.inbox)
    ids = await kit.messages(user, 3)
    place = f"{user.inbox}:{held['epoch']}:1"
    path = f"/v1/stream?topics={user.inbox}&resume={place}"
    async with listening(kit, path, **bearer(user)) as stream:
        told = [(await stream.until("EVENT")).data["id"] for _ in range(2)]
    same(told, ids[1:], "what follows the position")
    answer = await _registered(kit, user.inbox, user=user, resume={
        user.inbox: {"epoch": held["epoch"], "offset": 2}
    })  # fmt: skip
    events = [one for one in answer["messages"] if one["type"] == "EVENT"]
    if not events:
        events, _ = await _collected(kit, answer["cursor"], user, 1)
    same([one["id"] for one in events], ids[2:], "what polling tells from a position")


@check("10.2", "a stream ends with its sign-in, and says so", seconds=60)
async def stream_revoked(kit: Kit) -> None:
    user = await kit.user()
    async with listening(kit, f"/v1/stream?topics={user.inbox}", **bearer(user)) as stream:
        await stream.until("CAUGHT_UP", topic=user.inbox)
        await kit.http("POST", "/v1/tokens/revoke", json={"refreshToken": user.refresh})
        await stream.until("ERROR", within=30, code=1106)


@check("10.2", "GAP is an event", seconds=45)
async def gap(kit: Kit) -> None:
    path = "/v1/stream?topics=activity&last_event_id=another-log.7"
    async with listening(kit, path) as stream:
        block = await stream.until("GAP", topic="activity")
        same(block.data["reason"], "epoch_changed", "the reason")
        await stream.until("CAUGHT_UP", topic="activity")


@check("10.2", "retry: says when to come back")
async def retry(kit: Kit) -> None:
    async with listening(kit, "/v1/stream?topics=activity") as stream:
        await stream.until("CAUGHT_UP")
        expect(stream.retry is not None and stream.retry > 0, "retry: is told", stream.retry)


@check("10.2", "comments keep the connection open", seconds=60)
async def comments(kit: Kit) -> None:
    async with listening(kit, f"/v1/stream?topics=media.{2**40}") as stream:
        await stream.until("CAUGHT_UP")
        await stream.comment(within=40)


@check("10.3", "the plain form tells what happened as event: activity")
async def activity(kit: Kit) -> None:
    media = await kit.media()
    async with listening(kit, "/v1/activity/stream") as stream:
        await asyncio.sleep(0.5)
        await kit.vote(media)
        while (block := await stream.until("activity")).data["data"]["mediaFileId"] != media:
            pass
    told = block.data
    same((set(told), told["type"]), ({"type", "data"}, "vote"), "the message")
    expect({"mediaFileId", "mediaTitle", "timestamp"} <= set(told["data"]), "its data", told)


async def _registered(kit: Kit, *topics: str, user: User | None = None, **more: Any) -> Any:
    headers = {} if user is None else bearer(user)
    body = {"topics": list(topics), **more}
    answer = await kit.http("POST", "/v1/poll/register", json=body, **headers)
    same(answer.status_code, 200, "the answer to a registration")
    return _examined(answer.json())


async def _polled(kit: Kit, cursor: str, user: User | None = None, wait: int = 5_000) -> Any:
    headers = {} if user is None else bearer(user)
    answer = await kit.http("GET", f"/v1/poll?cursor={cursor}&waitMs={wait}", **headers)
    same(answer.status_code, 200, "the answer to a poll")
    return _examined(answer.json())


def _examined(answer: Any) -> Any:
    for message in answer["messages"]:
        examine(message)
    expect(isinstance(answer["nextPollMs"], int), "nextPollMs is told", answer)
    return answer


async def _collected(
    kit: Kit, cursor: str, user: User, count: int
) -> tuple[list[dict[str, Any]], str]:
    """So many events of the user's inbox, poll by poll, and the last cursor."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        answer = await _polled(kit, cursor, user)
        found += [one for one in answer["messages"] if one["type"] == "EVENT"]
        cursor = answer["cursor"]
    return found, cursor


@check("10.4", "a registration answers states, history and a cursor at once")
async def registration(kit: Kit) -> None:
    user = await kit.user()
    ids = await kit.messages(user, 3)
    answer = await _registered(kit, user.inbox, "hot", "user.1.inbox", user=user, history=2)
    told = [one["id"] for one in answer["messages"] if one["type"] == "EVENT"]
    same(told, ids[1:], "the newest events")
    held = {name: one["ok"] for name, one in answer["topics"].items()}
    same(held, {user.inbox: True, "hot": True, "user.1.inbox": False}, "the results")


@check("10.4", "a poll is answered when something happens, with all of it, once", seconds=45)
async def polls(kit: Kit) -> None:
    user = await kit.user()
    cursor = (await _registered(kit, user.inbox, user=user))["cursor"]
    waiting = asyncio.create_task(_polled(kit, cursor, user, 20_000))
    await asyncio.sleep(0.3)
    ids = await kit.messages(user, 1)
    async with asyncio.timeout(5):
        first = await waiting
    same([one["id"] for one in first["messages"]], ids, "what woke the poll")
    more = await kit.messages(user, 4)
    events, _ = await _collected(kit, first["cursor"], user, 4)
    same([one["id"] for one in events], more, "what happened between the polls")


@check("10.4", "a poll ends after waitMs, and nextPollMs says when to come again")
async def poll_ends(kit: Kit) -> None:
    cursor = (await _registered(kit, f"media.{2**40}"))["cursor"]
    answer = await _polled(kit, cursor, wait=300)
    same(answer["messages"], [], "the messages where nothing happened")


@check("10.5", "a cursor can be polled again, and answers the same")
async def cursor_again(kit: Kit) -> None:
    user = await kit.user()
    cursor = (await _registered(kit, user.inbox, user=user))["cursor"]
    ids = await kit.messages(user, 2)
    for _ in range(2):
        events, _ = await _collected(kit, cursor, user, 2)
        same([one["id"] for one in events], ids, "what follows the cursor")


@check("10.5", "a cursor gives no rights")
async def cursor_rights(kit: Kit) -> None:
    user, other = await kit.user(), await kit.user()
    cursor = (await _registered(kit, user.inbox, user=user))["cursor"]
    await kit.message(user)
    answer = await kit.http("GET", f"/v1/poll?cursor={cursor}&waitMs=0")
    same(answer.status_code, 401, "the answer to a visitor with the cursor")
    answer = await kit.http("GET", f"/v1/poll?cursor={cursor}&waitMs=0", **bearer(other))
    expect('"EVENT"' not in answer.text, "another user hears nothing", answer.text)


@check("10.5", "what is no cursor is refused with 400")
async def no_cursor(kit: Kit) -> None:
    good = (await _registered(kit, "hot"))["cursor"]
    for wrong in ("", "nonsense", good[:-3], good[::-1]):
        answer = await kit.http("GET", f"/v1/poll?cursor={wrong}&waitMs=0")
        same(answer.status_code, 400, f"the answer to {wrong[:20]!r}")


@check("10.9", "all doors tell the same events with the same ids and offsets", seconds=60)
async def all_doors(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.open(user)
    await client.hold(user.inbox)
    cursor = (await _registered(kit, user.inbox, user=user))["cursor"]
    async with listening(kit, f"/v1/stream?topics={user.inbox}", **bearer(user)) as stream:
        await stream.until("CAUGHT_UP", topic=user.inbox)
        await kit.messages(user, 5)
        by_stream = [(await stream.until("EVENT")).data for _ in range(5)]
    by_socket = await client.events(user.inbox, 5)
    by_poll, _ = await _collected(kit, cursor, user, 5)
    same(by_stream, by_socket, "what a stream tells")
    same(by_poll, by_socket, "what polling tells")


@check("10.10", "/asyncapi.json describes topics and messages")
async def asyncapi(kit: Kit) -> None:
    document = (await kit.http("GET", "/asyncapi.json")).json()
    expect(str(document["asyncapi"]).startswith("3."), "it is AsyncAPI 3", document["asyncapi"])
    for name in ("EVENT", "GAP", "CAUGHT_UP"):
        expect(name in str(document), f"it describes {name}")


CHECKS = (
    begins,
    same_bytes,
    resumed,
    refused,
    ticket,
    foreign_positions,
    stream_revoked,
    gap,
    retry,
    comments,
    activity,
    registration,
    polls,
    poll_ends,
    cursor_again,
    cursor_rights,
    no_cursor,
    all_doors,
    asyncapi,
)
