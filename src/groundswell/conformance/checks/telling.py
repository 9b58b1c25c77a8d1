"""Section 9: what waits, what is left out, what is summed up."""

from __future__ import annotations

import time

from groundswell.conformance.check import check
from groundswell.conformance.client import Client, Message
from groundswell.conformance.kit import Kit
from groundswell.conformance.signatures import verify_event
from groundswell.conformance.site import MESSAGE, User
from groundswell.conformance.verdicts import expect, same, skip

FILTERS: tuple[tuple[object, list[int]], ...] = (
    ({"key": "n", "cmp": "eq", "val": 2}, [2]),
    ({"key": "n", "cmp": "neq", "val": 2}, [0, 1, 3]),
    ({"key": "n", "cmp": "in", "vals": [0, 3]}, [0, 3]),
    ({"key": "n", "cmp": "nin", "vals": [0, 3]}, [1, 2]),
    ({"key": "n", "cmp": "ex"}, [0, 1, 2, 3]),
    ({"key": "n", "cmp": "nex"}, []),
    ({"key": "n", "cmp": "gt", "val": 1}, [2, 3]),
    ({"key": "n", "cmp": "gte", "val": 1}, [1, 2, 3]),
    ({"key": "n", "cmp": "lt", "val": 1}, [0]),
    ({"key": "n", "cmp": "lte", "val": 1}, [0, 1]),
    ({"key": "word", "cmp": "sw", "val": "wo"}, [0, 1, 2, 3]),
    ({"key": "word", "cmp": "ew", "val": "rd"}, [0, 1, 2, 3]),
    ({"key": "word", "cmp": "ct", "val": "xx"}, []),
    ({"key": "eventType", "cmp": "eq", "val": MESSAGE}, [0, 1, 2, 3]),
    ({"op": "not", "nodes": [{"key": "n", "cmp": "eq", "val": 2}]}, [0, 1, 3]),
    (
        {
            "op": "and",
            "nodes": [
                {"key": "n", "cmp": "gt", "val": 0},
                {
                    "op": "or",
                    "nodes": [
                        {"key": "n", "cmp": "eq", "val": 0},
                        {"key": "n", "cmp": "eq", "val": 3},
                    ],
                },
            ],
        },
        [3],
    ),
)


@check("9.3", "priority low is told together, every digestIntervalMs")
async def low(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.open(user, "batch")
    await client.hold(user.inbox, priority="low", digestIntervalMs=2000)
    ids = await kit.messages(user, 4)
    events = await client.events(user.inbox, 4)
    same([one["id"] for one in events], ids, "the ids")
    batches = [one for one in client.heard if one["type"] == "BATCH"]
    same([one["reason"] for one in batches], ["live"], "the reasons of the BATCHes")


@check("9.3", "priority high waits for nothing")
async def high(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.open(user, "batch")
    await client.hold(user.inbox, priority="high")
    began = time.monotonic()
    await kit.message(user)
    await client.events(user.inbox, 1)
    passed = time.monotonic() - began
    expect(passed < 2, "an event comes within 2 s of the request that made it", f"{passed:.1f} s")


@check("9.4", "in the background events come once a second, together")
async def background(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.open(user, "batch")
    await client.hold(user.inbox)
    await client.say("FLOW", state="background")
    await client.alive()
    ids = await kit.messages(user, 5)
    events = await client.events(user.inbox, 5)
    same([one["id"] for one in events], ids, "the ids")
    told = [one for one in client.heard if one["type"] in ("BATCH", "EVENT")]
    expect(len(told) < 5, "five events are told in fewer messages", len(told))


@check("9.4", "what waits is told when the client is in the foreground again")
async def foreground(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.open(user, "batch")
    await client.hold(user.inbox)
    await client.say("FLOW", state="background")
    ids = await kit.messages(user, 2)
    await client.say("FLOW", state="foreground")
    ids.append(await kit.message(user))
    events = await client.events(user.inbox, 3)
    same([one["id"] for one in events], ids, "the ids")


@check("9.4", "in the background low topics come as DIGEST")
async def background_low(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.offering("digest", user)
    await client.hold(user.inbox, priority="low", digestIntervalMs=1000)
    await client.say("FLOW", state="background")
    await client.alive()
    await kit.messages(user, 3)
    same(await _digested(client, user, 3), 3, "how many events were summed up")


@check("9.5", "a filter passes what satisfies it and nothing else", seconds=60)
async def filters(kit: Kit) -> None:
    user = await kit.user()
    clients: list[Client] = []
    for tree, _ in FILTERS:
        client = await kit.open(user, "batch")
        held = await client.hold(user.inbox, filter=tree)
        same(held["contiguous"], False, "contiguous, of a topic with a filter")
        clients.append(client)
    for n in range(4):
        await kit.message(user, data={"n": n, "word": "word"})
    plain = await kit.open(user)
    await plain.hold(user.inbox)
    for client, (tree, wanted) in zip(clients, FILTERS, strict=True):
        events = await client.events(user.inbox, len(wanted))
        same([one["data"]["n"] for one in events], wanted, f"what passes {tree}")
    for client in clients:
        late = [one for one in await client.quiet(0.05) if one["type"] == "EVENT"]
        same(late, [], "what else passes")


@check("9.5", "a filter holds for the past too")
async def filtered_past(kit: Kit) -> None:
    user = await kit.user()
    await kit.messages(user, 6)
    client = await kit.open(user, "batch")
    chosen = {"key": "n", "cmp": "in", "vals": [1, 4]}
    await client.subscribe(user.inbox, history=6, filter=chosen)
    past = await client.past(user.inbox)
    told = [one["data"]["n"] for one in past if one["type"] == "EVENT"]
    same(told, [1, 4], "what passes")


@check("9.7", "digests count every event once, with nothing between them", seconds=60)
async def digests(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.offering("digest", user)
    await client.hold(user.inbox, mode="digest", digestIntervalMs=1000)
    for count in (3, 4):
        await kit.messages(user, count)
        await _digested(client, user, count)
    told = [one for one in client.heard if one["type"] == "DIGEST"]
    following = 1
    for one in told:
        same(one["fromOffset"], following, "fromOffset")
        same(one["toOffset"] - one["fromOffset"] + 1, one["count"], "count")
        same(sum(one["byType"].values()), one["count"], "the sum of byType")
        following = one["toOffset"] + 1
    same(following, 8, "the offset after the last digest")
    same([one for one in client.heard if one["type"] == "EVENT"], [], "single events")


async def _digested(client: Client, user: User, count: int) -> int:
    """Wait for digests of so many events; how many they are."""
    told: list[Message] = []
    while sum(one["count"] for one in told) < count:
        told.append(await client.until("DIGEST", topic=user.inbox))
    return sum(one["count"] for one in told)


@check("9.6", "a metered network gets states as differences, if the client knows them")
async def metered(kit: Kit) -> None:
    client = await kit.offering("delta-jsonpatch")
    await client.hold("hot", snapshot=True)
    await client.say("FLOW", state="foreground", network="metered")
    await client.alive()


@check("9.8", "a signed EVENT has a signature that the public keys verify")
async def signed(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.offering("sig", user)
    await client.hold(user.inbox, signed=True)
    await kit.message(user, data={"text": "ø😀", "n": 1.50})
    (event,) = await client.events(user.inbox, 1)
    keys = (await kit.http("GET", "/.well-known/jwks.json")).json()["keys"]
    expect("sig" in event, "a signed EVENT has sig", event)
    verify_event(client.raw[-1], keys)
    page = await client.ask("HISTORY", "HISTORY_PAGE", topic=user.inbox, signed=True)
    same(page["messages"][0].get("sig"), event["sig"], "the signature of the same event, later")


@check("9.8", "who asks for no signature gets none")
async def unsigned(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.offering("sig", user)
    await client.hold(user.inbox)
    await kit.message(user)
    (event,) = await client.events(user.inbox, 1)
    expect("sig" not in event, "an EVENT that nobody wanted signed has no sig", event)


@check("9.7", "only a client that knows DIGEST gets one")
async def no_digests(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.open(user, "batch")
    held = await client.hold(user.inbox, mode="digest", digestIntervalMs=1000)
    if held["mode"] == "digest":
        skip("the server tells digests to everybody")
    ids = await kit.messages(user, 2)
    events = await client.events(user.inbox, 2)
    same([one["id"] for one in events], ids, "the ids")


CHECKS = (
    low,
    high,
    background,
    foreground,
    background_low,
    filters,
    filtered_past,
    metered,
    digests,
    no_digests,
    signed,
    unsigned,
)
