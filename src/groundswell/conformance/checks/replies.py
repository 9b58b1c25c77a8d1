"""Section 4: what the server says; the shape of every message is examined in all checks."""

from __future__ import annotations

from groundswell.conformance.check import check
from groundswell.conformance.client import Message
from groundswell.conformance.kit import Kit
from groundswell.conformance.scope import Scope
from groundswell.conformance.verdicts import expect, same, skip


@check("4 WELCOME", "names the session, the features, the heartbeat and the limits")
async def welcome(kit: Kit) -> None:
    _, told = await kit.welcomed(None, "batch")
    same((told["protocol"], told["resumed"]), (1, False), "protocol and resumed")
    same(told["features"], ["batch"], "the features both have")
    expect(told["reconnect"]["minMs"] <= told["reconnect"]["maxMs"], "minMs is below maxMs", told)
    other = (await kit.welcomed())[1]
    for name in ("connectionId", "sessionId", "resumeToken"):
        expect(told[name] != other[name], f"{name} is another one for each client", told)


@check("4 SUBSCRIBED", "says where each topic stands")
async def subscribed(kit: Kit) -> None:
    user = await kit.user()
    await kit.messages(user, 2)
    client = await kit.open(user)
    results = await client.subscribe(user.inbox, "hot")
    feed, state = results[user.inbox], results["hot"]
    same((feed["offset"], feed["lowest"]), (2, 1), "offset and lowest of the inbox")
    same((feed["mode"], state["mode"]), ("stream", "state"), "the modes")
    same(feed["contiguous"], True, "contiguous")
    expect("expiresAt" in feed and "expiresAt" not in state, "private topics expire", results)


@check("4 EVENT", "says what happened, when and where it stands")
async def event(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.open(user)
    await client.hold(user.inbox)
    id_ = await kit.message(user, data={"text": "hello"})
    (told,) = await client.events(user.inbox, 1)
    same((told["id"], told["topic"], told["offset"]), (id_, user.inbox, 1), "id, topic and offset")
    same(told["data"]["eventType"], "conformance.said", "eventType")
    same(told["data"]["text"], "hello", "the data")
    same(told.get("delivery"), "critical", "the delivery of a critical message")


@check("4 BATCH", "comes only to clients that know it; others get the messages one by one")
async def batch(kit: Kit) -> None:
    user = await kit.user()
    ids = await kit.messages(user, 3)
    rich, plain = await kit.open(user, "batch"), await kit.open(user)
    for client in (rich, plain):
        await client.subscribe(user.inbox, history=3)
        past = await client.past(user.inbox)
        same([one["id"] for one in past if one["type"] == "EVENT"], ids, "the ids")
    batches = [one for one in rich.heard if one["type"] == "BATCH"]
    same([(one["reason"], one["topic"]) for one in batches], [("recovery", user.inbox)], "batches")
    same([one for one in plain.heard if one["type"] == "BATCH"], [], "batches for a plain client")


@check("4 CAUGHT_UP", "ends the past with the place from which it is live")
async def caught_up(kit: Kit) -> None:
    user = await kit.user()
    await kit.messages(user, 3)
    client = await kit.open(user)
    held = (await client.subscribe(user.inbox, history=2))[user.inbox]
    told = (await client.past(user.inbox))[-1]
    place = (told["epoch"], told["offset"], told["complete"])
    same(place, (held["epoch"], 3, True), "epoch, offset and complete")


@check("4 GAP", "names what is lost and where to read the present")
async def gap(kit: Kit) -> None:
    media = await kit.media()
    topic = f"media.{media}"
    client = await kit.open()
    await client.hold(topic)
    await kit.vote(media)
    await client.events(topic, 1)
    await client.subscribe(topic, resume={topic: {"epoch": "another", "offset": 7}})
    past = await client.past(topic)
    gaps = [one for one in past if one["type"] == "GAP"]
    same([one["reason"] for one in gaps], ["epoch_changed"], "the reasons of the GAPs")
    if gaps[0]["fallback"] == "refetch":
        answer = await kit.http("GET", gaps[0]["url"])
        same(answer.status_code, 200, f"the answer at {gaps[0]['url']}")


@check("4 SYNC", "moves places past events that were filtered, with the heartbeat", seconds=90)
async def sync(kit: Kit) -> None:
    user = await kit.user()
    client, told = await kit.welcomed(user, "batch", "ping")
    interval = told["heartbeat"]["intervalMs"] / 1000
    if interval > 60:
        skip(f"the heartbeat is {interval:g} s apart")
    held = await client.hold(user.inbox, filter={"key": "n", "cmp": "eq", "val": -1})
    await kit.messages(user, 3)
    moved = await client.until("SYNC", within=interval * 1.2 + 5)
    wanted = {"epoch": held["epoch"], "offset": 3}
    same(moved["positions"].get(user.inbox), wanted, "the place after three filtered events")


@check("4 DIGEST", "sums up events, no more and no less")
async def digest(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.offering("digest", user)
    await client.hold(user.inbox, mode="digest", digestIntervalMs=1000)
    await kit.messages(user, 4)
    told: list[Message] = []
    while sum(one["count"] for one in told) < 4:
        told.append(await client.until("DIGEST", topic=user.inbox))
    same(sum(one["count"] for one in told), 4, "how many events were counted")
    same((told[0]["fromOffset"], told[-1]["toOffset"]), (1, 4), "the offsets")
    same(sum(one["byType"]["conformance.said"] for one in told), 4, "how many of their type")


@check("4 HISTORY_PAGE", "holds EVENTs and the places before and after")
async def history_page(kit: Kit) -> None:
    user = await kit.user()
    await kit.messages(user, 5)
    client = await kit.open(user)
    page = await client.ask("HISTORY", "HISTORY_PAGE", topic=user.inbox, limit=2)
    same([one["offset"] for one in page["messages"]], [5, 4], "the offsets, newest first")
    same((page["lowest"], page["highest"], page["complete"]), (1, 5, False), "the bounds")
    same(page["next"]["offset"], 4, "where the next page goes on")


@check("4 PRESENCE_STATE", "counts who is there")
async def presence_state(kit: Kit) -> None:
    scope = Scope(kit)
    client = await scope.enter("ada")
    state = await client.ask("PRESENCE", "PRESENCE_STATE", topic=scope.topic, op="list")
    same((state["topic"], state["count"], len(state["members"])), (scope.topic, 1, 1), "it")


@check("4 PRESENCE_DIFF", "tells joins and leaves to those who follow a scope")
async def presence_diff(kit: Kit) -> None:
    scope = Scope(kit)
    watcher = await scope.enter("ada")
    await watcher.hold(scope.topic, presence=True)
    await watcher.until("PRESENCE_STATE", topic=scope.topic)
    other = await scope.enter("eve")
    while not (await watcher.until("PRESENCE_DIFF", topic=scope.topic))["joins"]:
        pass
    await other.say("BYE")
    while not (await watcher.until("PRESENCE_DIFF", topic=scope.topic))["leaves"]:
        pass


@check("4 READ_STATE", "tells entries, what is unread, and the version vector")
async def read_state(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.offering("readstate", user, clientId="phone")
    id_ = await kit.message(user)
    at = "2026-03-15T14:31:10Z"
    told = await client.ask("READ", "READ_STATE", ids=[id_], state="read", at=at)
    (entry,) = told["entries"]
    same((entry["id"], entry["state"], entry.get("by")), (id_, "read", "phone"), "the entry")
    expect(entry["at"].startswith("2026-03-15T14:31:10"), "the time is the one given", entry)
    same(told["unread"], {user.inbox: 0}, "unread")
    expect(told["vv"], "the version vector is not empty", told)


@check("4 REFRESHED", "says until when the new token counts")
async def refreshed(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.open(user)
    newer = await kit.sign_in(user.id)
    told = await client.ask("REFRESH", "REFRESHED", token=newer.token)
    expect("expiresAt" in told, "REFRESHED says expiresAt", told)


@check("4 UNSUBSCRIBED", "says why and whether to subscribe again")
async def unsubscribed(kit: Kit) -> None:
    client = await kit.open()
    await client.hold("hot")
    told = await client.ask("UNSUBSCRIBE", "UNSUBSCRIBED", topics=["hot"])
    same((told["topic"], told["code"], told["resubscribe"]), ("hot", 2000, False), "it")
    expect(told["reason"], "there is a reason", told)


@check("4 RESULT", "has what became of each action")
async def result(kit: Kit) -> None:
    client = await kit.open(await kit.user())
    messages = [{"key": kit.site.name("key"), "action": "from.the.future", "data": {}}]
    await client.say("PUBLISH", messages=messages, ref="p")
    while (answer := await client.hear()).get("ref") != "p":
        pass
    if answer["type"] == "ERROR" and answer["code"] == 1503:
        skip("the server takes no actions")
    same(answer["type"], "RESULT", "the answer to PUBLISH")
    same([one["ok"] for one in answer["results"].values()], [False], "the results")


@check("4 ERROR", "has code, name, message and whether to try again")
async def error(kit: Kit) -> None:
    client = await kit.open()
    told = await client.refused("HISTORY", 1104, topic="nothing.of.this.kind")
    same(told.get("topic"), "nothing.of.this.kind", "the topic")
    expect(told["message"], "there is a message", told)
    for leaked in ("Traceback", "groundswell.", 'File "'):
        expect(leaked not in str(told), "no error shows the inside of the server", told)


@check("4 PONG", "answers PING, with the same t or none")
async def pong(kit: Kit) -> None:
    client = await kit.open()
    expect("t" not in await client.ask("PING", "PONG"), "PONG has no t that PING had not")


@check("4 PING", "comes where nothing else was said for a while", seconds=90)
async def ping(kit: Kit) -> None:
    client, told = await kit.welcomed()
    interval = told["heartbeat"]["intervalMs"] / 1000
    if interval > 60:
        skip(f"the heartbeat is {interval:g} s apart")
    told = await client.until("PING", within=interval * 1.1 + 5)
    expect("t" in told, "a PING of the server has a t", told)


CHECKS = (
    welcome,
    subscribed,
    event,
    batch,
    caught_up,
    gap,
    sync,
    digest,
    history_page,
    presence_state,
    presence_diff,
    read_state,
    refreshed,
    unsubscribed,
    result,
    error,
    ping,
    pong,
)
