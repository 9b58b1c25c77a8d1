"""Section 7: coming back, row by row of its table."""

from __future__ import annotations

import asyncio

from groundswell.conformance.check import check
from groundswell.conformance.client import Client, Message
from groundswell.conformance.kit import CAP, Kit
from groundswell.conformance.site import User
from groundswell.conformance.verdicts import expect, same, skip


@check("7 E=S, N=T", "complete, nothing to replay")
async def at_the_top(kit: Kit) -> None:
    user, client, epoch = await _stream(kit, 4)
    result, past = await _resume(client, user, epoch, 4)
    same((result["recovery"], result["replay"]), ("complete", 0), "recovery and replay")
    same([one["type"] for one in past], ["CAUGHT_UP"], "what is told")


@check("7 E=S, N=T", "complete where nothing was ever said")
async def empty(kit: Kit) -> None:
    user, client, epoch = await _stream(kit, 0)
    result, past = await _resume(client, user, epoch, 0)
    same((result["recovery"], result["replay"]), ("complete", 0), "recovery and replay")
    same([one["type"] for one in past], ["CAUGHT_UP"], "what is told")


@check("7 E=S, L-1≤N<T", "complete, and all that followed is told")
async def within(kit: Kit) -> None:
    user, client, epoch = await _stream(kit, 8)
    for offset in (0, 3, 7):
        result, past = await _resume(client, user, epoch, offset)
        same((result["recovery"], result["replay"]), ("complete", 8 - offset), "recovery, replay")
        same(_offsets(past), list(range(offset + 1, 9)), f"the offsets after {offset}")
        same((past[-1]["offset"], past[-1]["complete"]), (8, True), "CAUGHT_UP")
        await client.ask("UNSUBSCRIBE", "UNSUBSCRIBED", topics=[user.inbox])


@check("7 beyond the cap", "the first 300, then CAUGHT_UP complete: false and next", seconds=120)
async def beyond_the_cap(kit: Kit) -> None:
    user = await kit.long_stream()
    client = await kit.open(user, "batch")
    held = await client.hold(user.inbox)
    start = held["lowest"] - 1
    if held["offset"] - start <= CAP:
        skip(f"the server keeps no more than {held['offset'] - start} events of a topic")
    result, past = await _resume(client, user, held["epoch"], start)
    same((result["recovery"], result["replay"]), ("complete", CAP), "recovery and replay")
    same(_offsets(past), list(range(start + 1, start + CAP + 1)), "the offsets")
    last = past[-1]
    same((last["complete"], last["next"]["offset"]), (False, start + CAP), "CAUGHT_UP")


@check("7 E=S, N<L-1", "partial: a GAP that names what is lost, then the rest", seconds=120)
async def trimmed(kit: Kit) -> None:
    user = await kit.long_stream()
    client = await kit.open(user, "batch")
    held = await client.hold(user.inbox)
    lowest = held["lowest"]
    if lowest <= 2:
        skip(f"the server keeps all of {held['offset']} events")
    result, past = await _resume(client, user, held["epoch"], 1)
    same(result["recovery"], "partial", "recovery")
    gap = past[0]
    lost = (gap["type"], gap.get("reason"), gap.get("from"), gap.get("to"), gap.get("missed"))
    same(lost, ("GAP", "trimmed", 2, lowest - 1, lowest - 2), "the first that is told")
    offsets = _offsets(past)
    same(offsets, list(range(lowest, lowest + len(offsets))), "the offsets after the GAP")
    expect(offsets, "what is kept follows the GAP", past[-1])


@check("7 E≠S", "failed: GAP epoch_changed, then the last history events")
async def other_epoch(kit: Kit) -> None:
    user, client, _ = await _stream(kit, 6)
    result, past = await _resume(client, user, "another-life", 5, history=2)
    same((result["recovery"], result["replay"]), ("failed", 2), "recovery and replay")
    kinds = [one["type"] for one in past]
    same(kinds, ["GAP", "EVENT", "EVENT", "CAUGHT_UP"], "what is told")
    same((past[0]["reason"], past[0].get("to")), ("epoch_changed", 4), "the GAP")
    same(_offsets(past), [5, 6], "the offsets")


@check("7 E≠S", "failed, of a state topic the state follows")
async def other_epoch_of_a_state(kit: Kit) -> None:
    client = await kit.open(None, "snapshot")
    place = {"epoch": "another-life", "offset": 5}
    result = (await client.subscribe("hot", resume={"hot": place}))["hot"]
    past = await client.past("hot")
    same(result["recovery"], "failed", "recovery")
    same((past[0]["type"], past[0]["reason"]), ("GAP", "epoch_changed"), "the first that is told")
    kinds = [one["type"] for one in past]
    same("SNAPSHOT" in kinds, bool(result.get("snapshot")), "whether the state is told")


@check("7 E=S, N>T", "failed: the stream lost its end")
async def ahead(kit: Kit) -> None:
    user, client, epoch = await _stream(kit, 3)
    result, past = await _resume(client, user, epoch, 1_000)
    same(result["recovery"], "failed", "recovery")
    same((past[0]["type"], past[0]["reason"]), ("GAP", "epoch_changed"), "the first that is told")
    await kit.message(user)
    (event,) = await client.events(user.inbox, 1)
    again = await kit.open(user)
    held = await again.hold(user.inbox)
    same(event["offset"], held["offset"], "the offset of the next event, for all clients")


@check("7 no place", "none, and the last history events")
async def no_place(kit: Kit) -> None:
    user, client, _ = await _stream(kit, 5)
    for history, wanted in ((0, []), (2, [4, 5]), (100, [1, 2, 3, 4, 5])):
        result = (await (other := await kit.open(user)).subscribe(user.inbox, history=history))[
            user.inbox
        ]
        past = await other.past(user.inbox)
        same((result["recovery"], _offsets(past)), ("none", wanted), f"history {history}")
    await client.alive()


@check("7.1", "SUBSCRIBED, GAP, the past in BATCHes, CAUGHT_UP, live: in this order")
async def order(kit: Kit) -> None:
    user, client, _ = await _stream(kit, 5)
    client.heard.clear()
    await client.subscribe(
        user.inbox, history=3, resume={user.inbox: {"epoch": "another", "offset": 1}}
    )
    await client.past(user.inbox)
    await kit.message(user)
    await client.events(user.inbox, 1)
    kinds = [one["type"] for one in client.heard]
    same(kinds, ["SUBSCRIBED", "GAP", "BATCH", "CAUGHT_UP", "EVENT"], "the types in order")
    same(client.heard[2]["reason"], "recovery", "the reason of the BATCH")


@check("7.2", "between the past and the present nothing is missing or told twice", seconds=60)
async def seamless(kit: Kit) -> None:
    user, _, epoch = await _stream(kit, 2)
    told: dict[int, list[int]] = {}

    async def publish() -> None:
        await kit.messages(user, 60)

    async def join(number: int) -> None:
        await asyncio.sleep(number * 0.02)
        client = await kit.open(user, "batch")
        result, past = await _resume(client, user, epoch, 2)
        same(result["recovery"], "complete", "recovery")
        offsets = _offsets(past)
        while not offsets or offsets[-1] < 62:
            offsets += _offsets(await client.events(user.inbox, 1))
        told[number] = offsets

    await asyncio.gather(publish(), *(join(number) for number in range(12)))
    for number, offsets in told.items():
        same(offsets, list(range(3, 63)), f"the offsets told to client {number}")


@check("7.3", "a state topic begins with a SNAPSHOT, and every later state follows", seconds=60)
async def state_and_stream(kit: Kit) -> None:
    topic = "trending.24h"
    client = await kit.open(None, "snapshot")
    result = (await client.subscribe(topic, snapshot=True))[topic]
    past = await client.past(topic)
    at = past[-1]["offset"]
    same(_offsets([one for one in past if one["type"] == "EVENT"]), [], "events in the past")
    if result.get("snapshot"):
        same((past[0]["type"], past[0]["offset"]), ("SNAPSHOT", at), "the first that is told")
    media = await kit.media()
    await asyncio.gather(*(kit.like(media) for _ in range(5)))
    later = [one for one in await client.quiet(4) if one.get("topic") == topic]
    if not later:
        skip("nothing that a visitor can do moves a list enough")
    same(_offsets(later), list(range(at + 1, at + 1 + len(later))), "the offsets that follow")


@check("7.4", "after complete: false nothing is told until the rest is fetched", seconds=120)
async def paused(kit: Kit) -> None:
    user = await kit.long_stream()
    client = await kit.open(user, "batch")
    held = await client.hold(user.inbox)
    if held["offset"] - held["lowest"] < CAP:
        skip("the server keeps no more than it replays")
    _, past = await _resume(client, user, held["epoch"], held["lowest"] - 1)
    following = past[-1]["next"]
    page = await client.ask("HISTORY", "HISTORY_PAGE", topic=user.inbox, after=following)
    while not page["complete"]:
        after = page["next"]
        page = await client.ask("HISTORY", "HISTORY_PAGE", topic=user.inbox, after=after)
    caught = await client.until("CAUGHT_UP", topic=user.inbox)
    same((caught["offset"], caught["complete"]), (page["highest"], True), "CAUGHT_UP")


@check("7.5", "a resumeToken restores the topics of a session")
async def resume_token(kit: Kit) -> None:
    user, _, epoch = await _stream(kit, 3)
    first = await kit.open(user, clientId="phone")
    await first.hold(user.inbox)
    answer = await first.ask("SUBSCRIBE", "SUBSCRIBED", topics=["activity"])
    await first.leave()
    again, welcome = await kit.welcomed(user, clientId="phone", resumeToken=answer["resumeToken"])
    same(welcome["resumed"], True, "resumed")
    places = {user.inbox: {"epoch": epoch, "offset": 1}}
    results = await again.subscribe(resume=places)
    same(set(results), {user.inbox, "activity"}, "the topics that were restored")
    same(results[user.inbox]["replay"], 2, "replay")


@check("7.5", "without a SUBSCRIBE the topics begin by themselves")
async def restored_alone(kit: Kit) -> None:
    user = await kit.user()
    first = await kit.open(user, clientId="phone")
    token = (await first.ask("SUBSCRIBE", "SUBSCRIBED", topics=[user.inbox]))["resumeToken"]
    await first.leave()
    again, _ = await kit.welcomed(user, clientId="phone", resumeToken=token)
    answer = await again.until("SUBSCRIBED")
    same(answer["topics"][user.inbox]["ok"], True, "whether the topic was restored")


@check("7.5", "a resumeToken shows nobody who you are")
async def resume_token_of_another(kit: Kit) -> None:
    user, other = await kit.user(), await kit.user()
    first = await kit.open(user, clientId="phone")
    token = (await first.ask("SUBSCRIBE", "SUBSCRIBED", topics=[user.inbox]))["resumeToken"]
    for thief in (None, other):
        client, welcome = await kit.welcomed(thief, clientId="phone", resumeToken=token)
        same(welcome["resumed"], False, "resumed, for somebody else")
        result = (await client.subscribe(user.inbox))[user.inbox]
        same(result["ok"], False, "whether somebody else may hear the topic")
    for wrong in ("rt_nonsense", "", token[:-4] + "AAAA"):
        _, welcome = await kit.welcomed(user, clientId="phone", resumeToken=wrong)
        same(welcome["resumed"], False, "resumed, with a token that is none")


@check("7.5", "a topic held with ack goes on from what was acknowledged")
async def acknowledged_place(kit: Kit) -> None:
    user = await kit.user()
    first = await kit.open(user, "batch", clientId="phone")
    await first.hold(user.inbox, ack=True)
    ids = await kit.messages(user, 3)
    await first.events(user.inbox, 3)
    await first.say("ACK", topic=user.inbox, offset=1)
    await first.ask("HISTORY", "HISTORY_PAGE", topic=user.inbox, limit=1)
    answer = await first.ask("SUBSCRIBE", "SUBSCRIBED", topics=["activity"])
    await first.leave()
    token = answer["resumeToken"]
    again, _ = await kit.welcomed(user, "batch", clientId="phone", resumeToken=token)
    await again.say("SUBSCRIBE", topics=[])
    past = await again.past(user.inbox)
    same([one["id"] for one in past if one["type"] == "EVENT"], ids[1:], "what follows the ACK")


async def _stream(kit: Kit, count: int) -> tuple[User, Client, str]:
    """A user with so many messages, a client of that user, and the epoch."""
    user = await kit.user()
    await kit.messages(user, count)
    client = await kit.open(user, "batch")
    epoch = (await client.hold(user.inbox))["epoch"]
    await client.ask("UNSUBSCRIBE", "UNSUBSCRIBED", topics=[user.inbox])
    return user, client, epoch


async def _resume(
    client: Client, user: User, epoch: str, offset: int, **options: object
) -> tuple[Message, list[Message]]:
    """Subscribe from a place; the result, and what is told until CAUGHT_UP."""
    places = {user.inbox: {"epoch": epoch, "offset": offset}}
    result = (await client.subscribe(user.inbox, resume=places, **options))[user.inbox]
    same(result["ok"], True, "whether the topic is heard")
    return result, await client.past(user.inbox)


def _offsets(messages: list[Message]) -> list[int]:
    return [one["offset"] for one in messages if one["type"] in ("EVENT", "DELTA")]


CHECKS = (
    at_the_top,
    empty,
    within,
    beyond_the_cap,
    trimmed,
    other_epoch,
    other_epoch_of_a_state,
    ahead,
    no_place,
    order,
    seamless,
    state_and_stream,
    paused,
    resume_token,
    restored_alone,
    resume_token_of_another,
    acknowledged_place,
)
