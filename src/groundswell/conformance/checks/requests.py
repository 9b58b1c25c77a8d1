"""Section 3: what a client says."""

from __future__ import annotations

from groundswell.conformance.check import check
from groundswell.conformance.client import Client
from groundswell.conformance.kit import Kit
from groundswell.conformance.verdicts import expect, fail, same


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


@check("3 SUBSCRIBE saved", "begins what the user saved, each entry with its own answer")
async def option_saved(kit: Kit) -> None:
    user = await kit.user()
    body = {"subscriptions": [{"topics": [user.inbox]}, {"topics": ["hot", "activity"]}]}
    headers = {"authorization": f"Bearer {user.token}"}
    put = await kit.http("PUT", "/v1/me/subscriptions", json=body, headers=headers)
    same(put.status_code, 200, "the answer to saving subscriptions")
    client = await kit.open(user)
    await client.say("SUBSCRIBE", topics=[], options={"saved": True})
    seen: set[str] = set()
    while seen != {user.inbox, "hot", "activity"}:
        seen |= set((await client.until("SUBSCRIBED"))["topics"])


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


CHECKS = (
    hello_once,
    hello_features,
    implied,
    results,
    again,
    nothing_to_subscribe,
    option_history,
    option_rate,
    option_saved,
    unsubscribe,
    unsubscribe_unheld,
    history,
    history_filter,
    refresh_nothing,
    flow,
    ping,
    pong,
    bye,
)
