"""Section 1: the ten rules that hold for everything."""

from __future__ import annotations

import asyncio
import json

import msgspec
from websockets.exceptions import ConnectionClosed

from groundswell.conformance.check import check
from groundswell.conformance.client import Client, Message
from groundswell.conformance.examining import examine
from groundswell.conformance.kit import Kit
from groundswell.conformance.shapes import RFC3339_UTC
from groundswell.conformance.site import User
from groundswell.conformance.verdicts import Failed, expect, fail, same, skip


@check("P1", "the subprotocol is chosen when it is offered")
async def subprotocol(kit: Kit) -> None:
    client = await kit.client()
    same(client.subprotocol, "groundswell.v1", "the chosen subprotocol")


@check("P1", "a client that offers no subprotocol hears the same messages")
async def no_subprotocol(kit: Kit) -> None:
    client = await kit.client(subprotocol=None)
    same(client.subprotocol, None, "the chosen subprotocol")
    await client.hello()
    await client.alive()


@check("P1", "groundswell.v1.msgpack says the same objects in binary frames")
async def messagepack(kit: Kit) -> None:
    try:
        client = await kit.client(subprotocol="groundswell.v1.msgpack")
        welcome = await _packed(client, type="HELLO", protocol=1)
    except (Failed, ConnectionClosed):
        skip("the server speaks no MessagePack")
    same(welcome["type"], "WELCOME", "the answer to HELLO")
    answer = await _packed(client, type="PING", t=1.5, ref="é")
    same((answer["type"], answer["t"], answer["ref"]), ("PONG", 1.5, "é"), "the answer to PING")


async def _packed(client: Client, **message: object) -> Message:
    """Say something as MessagePack; the next message, which must be the same."""
    await client.send(msgspec.msgpack.encode(message))
    async with asyncio.timeout(10):
        frame = await client.socket.recv()
    if isinstance(frame, str):
        fail("a message is a binary frame", frame)
    return examine(msgspec.msgpack.decode(frame))


@check("P1", "unknown fields are ignored")
async def unknown_fields(kit: Kit) -> None:
    client = await kit.open(None, fromTheFuture={"a": [1]})
    await client.say("PING", t=7, fromTheFuture=True)
    await client.until("PONG", t=7)


@check("P1", "an unknown type is answered with 1002 and the connection stays")
async def unknown_type(kit: Kit) -> None:
    client = await kit.open()
    await client.refused("FROM_THE_FUTURE", 1002)


@check("P1", "what is no JSON object is answered with 1001 and the connection stays")
async def no_object(kit: Kit) -> None:
    client = await kit.open()
    for frame in ("", "[]", "1", "null", '"PING"', "{", '{"type":7}', "{}"):
        await client.send(frame)
        await client.until("ERROR", code=1001)
    await client.alive()


@check("P2", "a client that knows only SUBSCRIBE and EVENT works")
async def plain_client(kit: Kit) -> None:
    media = await kit.media()
    client = await kit.client(subprotocol=None)
    await client.say(
        "SUBSCRIBE",
        topics=[f"media.{media}"],
        clientId="device-456789",
        options={"history": 10, "priority": "high", "offlineDelivery": True},
    )
    await client.until("CAUGHT_UP")
    await kit.vote(media)
    (event,) = await client.events(f"media.{media}", 1)
    for name in ("type", "topic", "id", "timestamp", "data", "version"):
        expect(name in event, f"an EVENT has {name}", event)
    expect(event["data"]["eventType"], "data says in eventType what happened", event)


@check("P3", "an EVENT is the same bytes for every receiver and within a BATCH")
async def same_bytes(kit: Kit) -> None:
    user = await kit.user()
    other = await kit.sign_in(user.id)
    plain = await kit.open(user)
    rich = await kit.open(other, "batch", "snapshot", clientId=kit.site.name("device"))
    place = await plain.hold(user.inbox)
    await rich.hold(user.inbox, priority="high")
    for n in range(3):
        await kit.message(user, data={"n": n, "text": "ø\u2028€😀"})
    await plain.events(user.inbox, 3)
    await rich.events(user.inbox, 3)
    told = _raw_events(plain)
    same(_raw_events(rich), told, "the text of the EVENTs on another connection")
    resume = {user.inbox: {"epoch": place["epoch"], "offset": place["offset"]}}
    await rich.subscribe(user.inbox, resume=resume)
    batch = await rich.until("BATCH", reason="recovery")
    text = rich.raw[rich.heard.index(batch)]
    for one in told:
        expect(one in text, f"a BATCH holds the EVENT {one} as it was told live", text)


def _raw_events(client: Client) -> list[str]:
    """The EVENTs as they came; of a live BATCH as they stand in it."""
    told = []
    for text, message in zip(client.raw, client.heard, strict=True):
        if message["type"] == "EVENT":
            told.append(text)
    return told


@check("P4", "offsets start at 1 and have no holes, and seq grows")
async def positions(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.open(user)
    held = await client.hold(user.inbox)
    same(held["offset"], 0, "the offset of a topic on which nothing was said")
    await kit.messages(user, 5)
    events = await client.events(user.inbox, 5)
    same([one["offset"] for one in events], [1, 2, 3, 4, 5], "the offsets")
    seqs = [one["seq"] for one in events]
    same(seqs, sorted(set(seqs)), "the seqs in growing order")
    again = await kit.open(await kit.sign_in(user.id))
    other = await again.hold(user.inbox)
    same((other["epoch"], other["offset"]), (held["epoch"], 5), "the place of another connection")


@check("P4", "seq is the same on all topics")
async def one_seq(kit: Kit) -> None:
    first, second = await kit.user(), await kit.user()
    clients = [await kit.open(one) for one in (first, second)]
    seqs = []
    for user, client in zip((first, second), clients, strict=True):
        await client.hold(user.inbox)
    for user in (first, second, first):
        await kit.message(user)
    seqs = [(await clients[0].events(first.inbox, 1))[0]["seq"]]
    seqs.append((await clients[1].events(second.inbox, 1))[0]["seq"])
    seqs.append((await clients[0].events(first.inbox, 1))[0]["seq"])
    same(seqs, sorted(set(seqs)), "the seqs of two topics in the order of publishing")


@check("P5", "live events come in the order of their offsets, each once", seconds=60)
async def in_order(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.open(user, "batch")
    await client.hold(user.inbox)
    wanted = await kit.messages(user, 40)
    events = await client.events(user.inbox, 40)
    same([one["offset"] for one in events], list(range(1, 41)), "the offsets")
    same([one["id"] for one in events], wanted, "the ids in the order of acceptance")


@check("P5", "what happens while a client is away is told on return", seconds=60)
async def across_connections(kit: Kit) -> None:
    user = await kit.user()
    wanted = []
    heard: list[Message] = []
    place = None
    for _ in range(4):
        client = await kit.open(await kit.sign_in(user.id), "batch")
        resume: dict[str, object] = {user.inbox: place} if place else {}
        result = (await client.subscribe(user.inbox, resume=resume))[user.inbox]
        heard += [one for one in await client.past(user.inbox) if one["type"] == "EVENT"]
        wanted += await kit.messages(user, 5)
        heard += await client.events(user.inbox, 5)
        await client.leave()
        place = {"epoch": result["epoch"], "offset": heard[-1]["offset"]}
        wanted += await kit.messages(user, 3)
    del wanted[-3:]
    same([one["id"] for one in heard], wanted, "the ids over four connections")
    same([one["offset"] for one in heard], list(range(1, len(wanted) + 1)), "the offsets")


@check("P6", "the same occurrence has the same id on every topic it is told on")
async def same_occurrence(kit: Kit) -> None:
    media = await kit.media()
    client = await kit.open()
    await client.hold("activity")
    await client.hold(f"media.{media}")
    await kit.vote(media)
    (vote,) = await client.events(f"media.{media}", 1)
    for one in client.heard:
        if one["type"] == "EVENT" and one["topic"] == "activity" and one["id"] == vote["id"]:
            return
    await client.until("EVENT", topic="activity", id=vote["id"])


@check("P6", "ids are unique, and an event that is told again has the id it had")
async def told_again(kit: Kit) -> None:
    user = await kit.user()
    ids = await kit.messages(user, 5)
    same(len(set(ids)), 5, "the number of ids")
    client = await kit.open(user)
    for _ in range(2):
        await client.subscribe(user.inbox, resume={user.inbox: await _start(client, user)})
        past = await client.past(user.inbox)
        same([one["id"] for one in past if one["type"] == "EVENT"], ids, "the ids")


async def _start(client: Client, user: User) -> dict[str, object]:
    epoch = (await client.hold(user.inbox))["epoch"]
    await client.ask("UNSUBSCRIBE", "UNSUBSCRIBED", topics=[user.inbox])
    return {"epoch": epoch, "offset": 0}


@check("P7", "every answer has the ref of its request")
async def refs(kit: Kit) -> None:
    client = await kit.client()
    await client.ask("HELLO", "WELCOME", protocol=1, ref="é" * 64)
    await client.ask("PING", "PONG", ref="1")
    await client.ask("SUBSCRIBE", "SUBSCRIBED", topics=["activity"], ref="2")
    await client.ask("HISTORY", "HISTORY_PAGE", topic="activity", limit=1, ref="3")
    await client.ask("UNSUBSCRIBE", "UNSUBSCRIBED", topics=["activity"], ref="4")
    await client.ask("NOTHING", "ERROR", ref="5")
    await client.say("PING", ref="x" * 65)
    error = await client.until("ERROR")
    same((error["code"], error.get("ref")), (1001, None), "the refusal of a ref that is too long")


@check("P7", "requests about one topic are answered in their order")
async def order_of_answers(kit: Kit) -> None:
    client = await kit.open()
    kinds = ["SUBSCRIBE", "UNSUBSCRIBE"] * 4
    for n, kind in enumerate(kinds):
        await client.say(kind, topics=["hot"], ref=str(n))
    answers: list[str] = []
    while len(answers) < len(kinds):
        message = await client.hear()
        if "ref" in message:
            answers.append(message["ref"])
    same(answers, [str(n) for n in range(len(kinds))], "the refs of the answers")


@check("P8", "times are RFC 3339 in UTC, durations whole milliseconds")
async def times_and_durations(kit: Kit) -> None:
    user = await kit.user()
    client, welcome = await kit.welcomed(user)
    await client.hold(user.inbox)
    await kit.message(user)
    (event,) = await client.events(user.inbox, 1)
    for text in (welcome["serverTime"], welcome.get("tokenExpiresAt"), event["timestamp"]):
        if text is not None:
            expect(RFC3339_UTC.fullmatch(text), "a time is RFC 3339 in UTC", text)
    for part in ("heartbeat", "reconnect"):
        for name, value in welcome[part].items():
            expect(name.endswith("Ms") and isinstance(value, int), f"{part} is in ms", welcome)


@check("P9", "a message that is too large is refused, the next ones close the connection")
async def too_large(kit: Kit) -> None:
    client, welcome = await kit.welcomed()
    most = welcome["limits"]["frameBytes"]
    await client.send(_of_size(most))
    await client.until("PONG")
    await client.send(_of_size(most + 1))
    await client.until("ERROR", code=1003)
    await client.alive()
    for _ in range(5):
        await client.send(_of_size(most + 1))
        heard = await client.hear()
        while heard["type"] not in ("ERROR", "CLOSED"):
            heard = await client.hear()
        if await _is_closed(client):
            break
    same(await client.end(), 4009, "the close code")


def _of_size(size: int) -> str:
    shell = json.dumps({"type": "PING", "t": 1, "pad": ""})
    return json.dumps({"type": "PING", "t": 1, "pad": "x" * (size - len(shell))})


async def _is_closed(client: Client) -> bool:
    """Whether a close comes within a moment."""
    for _ in range(10):
        if client.socket.close_code is not None:
            return True
        await asyncio.sleep(0.02)
    return False


@check("P9", "messages faster than the limit are refused with retryAfterMs, the connection stays")
async def too_fast(kit: Kit) -> None:
    client, welcome = await kit.welcomed()
    rate = welcome["limits"]["commandsPerSec"]
    if rate > 1_000:
        skip(f"the server takes {rate} messages a second")
    for n in range(rate * 2):
        await client.say("PING", ref=str(n))
    answers = [await client.hear() for _ in range(rate * 2)]
    refused = [one for one in answers if one["type"] == "ERROR"]
    expect(refused, f"of {rate * 2} messages at once some are refused", answers[-1])
    same({one["code"] for one in refused}, {1202}, "the codes of the refusals")
    await asyncio.sleep(max(one["retryAfterMs"] for one in refused) / 1000 + 0.05)
    await client.alive()


CHECKS = (
    subprotocol,
    no_subprotocol,
    messagepack,
    unknown_fields,
    unknown_type,
    no_object,
    plain_client,
    same_bytes,
    positions,
    one_seq,
    in_order,
    across_connections,
    same_occurrence,
    told_again,
    refs,
    order_of_answers,
    times_and_durations,
    too_large,
    too_fast,
)
