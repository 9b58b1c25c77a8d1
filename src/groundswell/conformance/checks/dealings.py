"""Section 3: what a client does besides listening."""

from __future__ import annotations

from groundswell.conformance.check import check
from groundswell.conformance.client import Client, Message
from groundswell.conformance.kit import Kit
from groundswell.conformance.scope import Scope
from groundswell.conformance.verdicts import expect, same, skip


@check("3 ACK", "needs an inbox and something to acknowledge")
async def ack(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.offering("ack", user, clientId="phone")
    await client.refused("ACK", 1001)
    await client.say("ACK", ids=["msg-unknown"])
    await client.alive()
    same([one for one in client.heard if one["type"] == "ERROR"][1:], [], "errors about an ACK")


@check("3 READ", "is answered with READ_STATE")
async def read(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.offering("readstate", user, clientId="phone")
    first = await kit.message(user)
    await kit.message(user)
    state = await client.ask("READ", "READ_STATE", ids=[first], state="read")
    same(_entries(state), [(first, "read")], "the entries")
    same(list(state["unread"].values()), [1], "how many are unread")
    state = await client.ask("READ", "READ_STATE", ids=[first], state="unread")
    same(_entries(state), [(first, "unread")], "the entries")
    await client.refused("READ", 1001, state="read")
    await client.refused("READ", 1001, ids=[first], state="seen")


def _entries(state: Message) -> list[tuple[str, str]]:
    return [(one["id"], one["state"]) for one in state["entries"]]


@check("3 PRESENCE", "shows who is there, as long as the connection")
async def presence(kit: Kit) -> None:
    scope = Scope(kit)
    client, other = await scope.enter("ada"), await scope.enter("eve")
    await scope.counted(client, 2)
    state = await client.ask("PRESENCE", "PRESENCE_STATE", topic=scope.topic, op="list")
    shown = str(state.get("members"))
    entered = [one.id for one in scope.users]
    expect(all(one in shown for one in entered), f"the members are {entered}", state)
    at = {"topic": scope.topic, "op": "update", "data": {"at": "home"}}
    await client.ask("PRESENCE", "PRESENCE_STATE", **at)
    state = await other.ask("PRESENCE", "PRESENCE_STATE", topic=scope.topic, op="list")
    expect("home" in str(state), "the members show their data", state)
    await client.ask("PRESENCE", "PRESENCE_STATE", topic=scope.topic, op="leave")
    await scope.counted(client, 1)


@check("3 PRESENCE", "data has at most 1 KiB, and visitors are not present")
async def presence_limits(kit: Kit) -> None:
    scope = Scope(kit)
    client = await scope.enter("ada")
    update = {"topic": scope.topic, "op": "update"}
    await client.refused("PRESENCE", 1003, **update, data={"text": "x" * 1100})
    await client.refused("PRESENCE", 1001, **update, data=[1])
    visitor = await kit.open()
    error = await visitor.ask("PRESENCE", "ERROR", topic=scope.topic, op="enter")
    expect(error["code"] in (1101, 1103), "a visitor is not present", error)


@check("3 PRESENCE", "who is incognito is seen by nobody")
async def incognito(kit: Kit) -> None:
    scope = Scope(kit)
    client = await scope.enter("ada")
    await scope.enter("eve", incognito=True)
    state = await client.ask("PRESENCE", "PRESENCE_STATE", topic=scope.topic, op="list")
    same((state["count"], len(state["members"])), (1, 1), "count and members")
    expect(scope.users[1].id not in str(state), "who is incognito is not shown", state)


@check("3 PUBLISH", "has a result for each key, and a repeated key does nothing again")
async def publish(kit: Kit) -> None:
    media = await kit.media()
    client = await kit.open(await kit.user())
    key = kit.site.name("key")
    good = {"key": key, "action": "play", "data": {"mediaFileId": media, "playDuration": 45}}
    wrong = {"key": f"{key}-x", "action": "from.the.future", "data": {}}
    found: list[Message] = []
    for _ in range(2):
        answer = await _answer(client, "PUBLISH", messages=[good, wrong])
        if answer["type"] == "ERROR" and answer["code"] == 1503:
            skip("the server takes no actions")
        same(set(answer["results"]), {key, f"{key}-x"}, "the keys of the results")
        refused = answer["results"][f"{key}-x"]
        same(refused["error"]["code"], 1402, "the refusal of an action that is none")
        found.append(answer["results"][key])
    same(found[0]["ok"], True, f"whether a play is taken: {found[0]}")
    same(found[1], found[0], "the answer to a key that was used")
    stats = (await kit.http("GET", f"/v1/media/{media}")).json()
    same(stats["playCount"], 1, "how many plays were counted")


@check("3 PUBLISH", "takes no more than publishBatch messages")
async def publish_limit(kit: Kit) -> None:
    client, welcome = await kit.welcomed(await kit.user())
    count = welcome["limits"]["publishBatch"] + 1
    messages = [{"key": f"k{n}", "action": "view", "data": {}} for n in range(count)]
    error = await client.ask("PUBLISH", "ERROR", messages=messages)
    if error["code"] == 1503:
        skip("the server takes no actions")
    expect(error["code"] in (1001, 1003), "a PUBLISH that is too large is refused", error)


@check("3 TRACK", "tells only what is about the keys that are named")
async def track(kit: Kit) -> None:
    wanted, other = await kit.media(), await kit.media()
    client = await kit.open()
    await client.hold("activity")
    await _tracking(client, "TRACK", str(wanted))
    await kit.vote(other)
    await kit.vote(wanted)
    (event,) = await client.events("activity", 1)
    same(event["data"]["mediaFileId"], wanted, "what the first event is about")


@check("3 UNTRACK", "ends what TRACK began, key by key")
async def untrack(kit: Kit) -> None:
    kept, ended = await kit.media(), await kit.media()
    client = await kit.open()
    await client.hold("activity")
    await _tracking(client, "TRACK", str(kept), str(ended))
    await _tracking(client, "UNTRACK", str(ended))
    await kit.vote(ended)
    await kit.vote(kept)
    (event,) = await client.events("activity", 1)
    same(event["data"]["mediaFileId"], kept, "what the first event is about")


async def _tracking(client: Client, kind: str, *keys: str) -> None:
    answer = await _answer(client, kind, topic="activity", keys=list(keys))
    if answer["type"] == "ERROR" and answer["code"] == 1503:
        skip(f"the server offers no {kind}")
    same(answer["type"], "SYNC", f"the answer to {kind}")


async def _answer(client: Client, kind: str, **fields: object) -> Message:
    """The answer to a request, whatever it is."""
    ref = f"{kind}-{len(client.heard)}"
    await client.say(kind, ref=ref, **fields)
    while (answer := await client.hear()).get("ref") != ref:
        pass
    return answer


@check("3 BYE", "ends presence at once")
async def bye_presence(kit: Kit) -> None:
    scope = Scope(kit)
    client, other = await scope.enter("ada"), await scope.enter("eve")
    await other.say("BYE")
    await other.end()
    await scope.counted(client, 1)


CHECKS = (
    ack,
    read,
    presence,
    presence_limits,
    incognito,
    publish,
    publish_limit,
    track,
    untrack,
    bye_presence,
)
