"""Section 3: what a client says."""

from __future__ import annotations

from groundswell.conformance.check import check
from groundswell.conformance.client import Client, Message
from groundswell.conformance.kit import Kit
from groundswell.conformance.scope import Scope
from groundswell.conformance.verdicts import expect, fail, same, skip


@check("3 HELLO", "opens a session once")
async def hello_once(kit: Kit) -> None:
    client = await kit.open()
    await client.refused("HELLO", 1001, protocol=1)


@check("3 HELLO", "features are those both sides have")
async def hello_features(kit: Kit) -> None:
    _, welcome = await kit.welcomed(None, "batch", "ping", "from-the-future")
    expect(set(welcome["features"]) <= {"batch", "ping"}, "features both have", welcome)
    _, none = await kit.welcomed()
    same(none["features"], [], "the features of a client that has none")


@check("3 HELLO", "is implied by any other first message, and WELCOME comes first")
async def implied(kit: Kit) -> None:
    for kind, fields in (
        ("SUBSCRIBE", {"topics": ["hot"]}),
        ("HISTORY", {"topic": "activity"}),
        ("FLOW", {"state": "foreground"}),
    ):
        client = await kit.client()
        await client.say(kind, **fields)
        same((await client.hear())["type"], "WELCOME", f"the first answer to {kind}")


@check("3 SUBSCRIBE", "has a result for each topic, and one that is refused fails no other")
async def results(kit: Kit) -> None:
    client = await kit.open()
    found = await client.subscribe("activity", "user.1.inbox", "no such topic", "hot")
    same({name: one["ok"] for name, one in found.items()}, {
        "activity": True, "user.1.inbox": False, "no such topic": False, "hot": True
    }, "the results")  # fmt: skip
    seen: set[str] = set()
    while seen != {"activity", "hot"}:
        seen.add((await client.until("CAUGHT_UP"))["topic"])


@check("3 SUBSCRIBE", "may be said again, and changes the options")
async def again(kit: Kit) -> None:
    client = await kit.open()
    first = await client.hold("activity")
    second = await client.hold("activity", filter={"key": "type", "cmp": "eq", "val": "nothing"})
    same((first["contiguous"], second["contiguous"]), (True, False), "contiguous")
    third = await client.hold("activity")
    same(third["contiguous"], True, "contiguous without the filter")


@check("3 SUBSCRIBE", "without topics is refused")
async def nothing_to_subscribe(kit: Kit) -> None:
    client = await kit.open()
    await client.refused("SUBSCRIBE", 1001, topics=[])
    await client.refused("SUBSCRIBE", 1001, topics="activity")


@check("3 SUBSCRIBE history", "tells the newest events, in their order")
async def option_history(kit: Kit) -> None:
    user = await kit.user()
    ids = await kit.messages(user, 6)
    client = await kit.open(user, "batch")
    result = (await client.subscribe(user.inbox, history=4))[user.inbox]
    same((result["recovery"], result["replay"]), ("none", 4), "recovery and replay")
    past = await client.past(user.inbox)
    same([one["id"] for one in past if one["type"] == "EVENT"], ids[-4:], "the ids")


@check("3 SUBSCRIBE maxRatePerSec", "tells what comes between together")
async def option_rate(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.open(user, "batch")
    await client.hold(user.inbox, maxRatePerSec=1)
    ids = await kit.messages(user, 6)
    events = await client.events(user.inbox, 6)
    same([one["id"] for one in events], ids, "the ids")
    told = [one for one in client.heard if one["type"] in ("EVENT", "BATCH")]
    expect(len(told) <= 4, "six events are told in fewer messages", len(told))


@check("3 UNSUBSCRIBE", "ends a topic with 2000, and nothing more is told of it")
async def unsubscribe(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.open(user)
    await client.hold(user.inbox)
    ended = await client.ask("UNSUBSCRIBE", "UNSUBSCRIBED", topics=[user.inbox])
    same((ended["topic"], ended["code"], ended["resubscribe"]), (user.inbox, 2000, False), "it")
    await kit.message(user)
    heard = [one for one in await client.quiet(1) if one.get("topic") == user.inbox]
    same(heard, [], "what is told of a topic that was ended")


@check("3 UNSUBSCRIBE", "of a topic that is not held is answered alike")
async def unsubscribe_unheld(kit: Kit) -> None:
    client = await kit.open()
    ended = await client.ask("UNSUBSCRIBE", "UNSUBSCRIBED", topics=["hot"])
    same(ended["code"], 2000, "the code")


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


@check("3 HISTORY", "goes through the past in either direction, without holes", seconds=60)
async def history(kit: Kit) -> None:
    user = await kit.user()
    ids = await kit.messages(user, 10)
    client = await kit.open(user)
    epoch = (await client.hold(user.inbox))["epoch"]
    start = {"after": {"epoch": epoch, "offset": 0}}
    same(await _pages(client, user.inbox, "after", order="asc", **start), ids, "from old to new")
    same(await _pages(client, user.inbox, "before", order="desc"), ids[::-1], "from new to old")


async def _pages(client: Client, topic: str, onward: str, **fields: object) -> list[str]:
    """The ids on all pages of three."""
    found: list[str] = []
    for _ in range(10):
        page = await client.ask("HISTORY", "HISTORY_PAGE", topic=topic, limit=3, **fields)
        found += [one["id"] for one in page["messages"]]
        if page["complete"]:
            return found
        fields[onward] = page["next"]
    return fail("the pages should come to an end", found)


@check("3 HISTORY", "takes a filter")
async def history_filter(kit: Kit) -> None:
    user = await kit.user()
    ids = await kit.messages(user, 5)
    client = await kit.open(user)
    await client.hold(user.inbox)
    chosen = {"key": "n", "cmp": "gte", "val": 3}
    page = await client.ask("HISTORY", "HISTORY_PAGE", topic=user.inbox, filter=chosen, order="asc")
    same([one["id"] for one in page["messages"]], ids[3:], "the ids")


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


async def _answer(client: Client, kind: str, **fields: object) -> Message:
    """The answer to a request, whatever it is."""
    ref = f"{kind}-{len(client.heard)}"
    await client.say(kind, ref=ref, **fields)
    while (answer := await client.hear()).get("ref") != ref:
        pass
    return answer


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


@check("3 REFRESH", "is refused to a client that shows no token")
async def refresh_nothing(kit: Kit) -> None:
    client = await kit.open()
    await client.refused("REFRESH", 1001)


@check("3 FLOW", "is taken without an answer, and a wrong one is refused")
async def flow(kit: Kit) -> None:
    client = await kit.open(None, "batch")
    for fields in ({"state": "background"}, {"state": "foreground", "network": "cellular"}):
        await client.say("FLOW", **fields)
    await client.alive()
    same([one["type"] for one in client.heard[1:]], ["PONG"], "what is answered to FLOW")
    await client.refused("FLOW", 1001, state="asleep")


@check("3 PING", "is answered with PONG and the same t")
async def ping(kit: Kit) -> None:
    client = await kit.open()
    for t in (1, 1.5, "abc"):
        answer = await client.ask("PING", "PONG", t=t)
        same(answer.get("t"), t, "t")


@check("3 PONG", "is taken without an answer")
async def pong(kit: Kit) -> None:
    client = await kit.open()
    await client.say("PONG", t=1)
    await client.alive()
    same([one["type"] for one in client.heard[1:]], ["PONG"], "what was answered")


@check("3 BYE", "closes the connection with 1000")
async def bye(kit: Kit) -> None:
    client = await kit.open()
    await client.say("BYE")
    same(await client.end(), 1000, "the close code")


@check("3 BYE", "ends presence at once")
async def bye_presence(kit: Kit) -> None:
    scope = Scope(kit)
    client, other = await scope.enter("ada"), await scope.enter("eve")
    await other.say("BYE")
    await other.end()
    await scope.counted(client, 1)


CHECKS = (
    hello_once,
    hello_features,
    implied,
    results,
    again,
    nothing_to_subscribe,
    option_history,
    option_rate,
    unsubscribe,
    unsubscribe_unheld,
    ack,
    read,
    history,
    history_filter,
    presence,
    presence_limits,
    incognito,
    publish,
    publish_limit,
    track,
    untrack,
    refresh_nothing,
    flow,
    ping,
    pong,
    bye,
    bye_presence,
)
