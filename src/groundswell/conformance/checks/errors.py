"""Section 5: each error that can be brought about from outside."""

from __future__ import annotations

from groundswell.conformance.check import check
from groundswell.conformance.kit import Kit
from groundswell.conformance.verdicts import expect, same, skip


@check("5 1001", "bad_request: a field is missing or wrong")
async def bad_request(kit: Kit) -> None:
    client = await kit.open()
    await client.refused("SUBSCRIBE", 1001)
    await client.refused("SUBSCRIBE", 1001, topics=["hot"], options={"history": -1})
    await client.refused("HISTORY", 1001, topic=7)
    await client.refused("HISTORY", 1001, topic="activity", order="sideways")


@check("5 1002", "unknown_type: there is no such message type")
async def unknown_type(kit: Kit) -> None:
    client = await kit.open()
    for kind in ("EVENT", "subscribe", "X" * 200, ""):
        await client.refused(kind, 1002)


@check("5 1003", "too_large: a message above limits.frameBytes")
async def too_large(kit: Kit) -> None:
    client, welcome = await kit.welcomed()
    await client.send('{"type":"PING","t":"%s"}' % ("x" * welcome["limits"]["frameBytes"]))
    await client.until("ERROR", code=1003)
    await client.alive()


@check("5 1004", "unsupported_feature: a kind of delta that nobody knows")
async def unsupported(kit: Kit) -> None:
    client = await kit.open()
    await client.refused("SUBSCRIBE", 1004, topics=["hot"], options={"delta": "from-the-future"})


@check("5 1101", "unauthenticated: a token that is none")
async def unauthenticated(kit: Kit) -> None:
    client = await kit.open()
    await client.refused("REFRESH", 1101, token="nonsense")  # noqa: S106 - it is wrong on purpose


@check("5 1103", "permission_denied: a topic that is not for you")
async def permission_denied(kit: Kit) -> None:
    client = await kit.open()
    await client.refused("HISTORY", 1103, topic="user.1.inbox")


@check("5 1104", "unknown_topic: a topic that does not exist")
async def unknown_topic(kit: Kit) -> None:
    client = await kit.open()
    await client.refused("HISTORY", 1104, topic="nothing.of.this.kind")


@check("5 1105", "subject_mismatch: SUBSCRIBE under another clientId")
async def subject_mismatch(kit: Kit) -> None:
    client = await kit.open(None, clientId="phone")
    await client.refused("SUBSCRIBE", 1105, topics=["hot"], clientId="tablet")


@check("5 1201", "topic_limit: more topics than limits.topics")
async def topic_limit(kit: Kit) -> None:
    client, welcome = await kit.welcomed()
    most = welcome["limits"]["topics"]
    if most > 1_000:
        skip(f"the server takes {most} topics")
    results = await client.subscribe(*(f"media.{n + 1}" for n in range(most + 3)))
    held = [one for one in results.values() if one["ok"]]
    same(len(held), most, "how many topics are held")
    refused = {one["error"]["code"] for one in results.values() if not one["ok"]}
    same(refused, {1201}, "why the others are not")


@check("5 1202", "rate_limited: more messages than limits.commandsPerSec")
async def rate_limited(kit: Kit) -> None:
    client, welcome = await kit.welcomed()
    rate = welcome["limits"]["commandsPerSec"]
    if rate > 1_000:
        skip(f"the server takes {rate} messages a second")
    for n in range(2 * rate):
        await client.say("FLOW", state="foreground", ref=str(n))
    await client.until("ERROR", code=1202)


@check("5 1203", "subscribe_cooldown: subscriptions that change too fast", seconds=60)
async def cooldown(kit: Kit) -> None:
    client, welcome = await kit.welcomed()
    many = [f"media.{n + 1}" for n in range(min(128, welcome["limits"]["topics"]))]
    for _ in range(8):
        results = await client.subscribe(*many)
        refused = [one["error"] for one in results.values() if not one["ok"]]
        if refused:
            same({one["code"] for one in refused}, {1203}, "why topics are refused")
            expect(all(one.get("retryAfterMs") for one in refused), "they say when", refused[0])
            return
        await client.say("UNSUBSCRIBE", topics=many, ref="u")
        for _ in many:
            await client.until("UNSUBSCRIBED", ref="u")
    skip("the server let a thousand changes pass")


@check("5 1204", "filter_invalid: a filter that cannot be understood")
async def filter_invalid(kit: Kit) -> None:
    client = await kit.open()
    wrong: tuple[object, ...] = (
        {"key": "a"},
        {"key": "a", "cmp": "like", "val": "x"},
        {"op": "xor", "nodes": []},
        [],
        "x",
    )
    for one in wrong:
        await client.refused("SUBSCRIBE", 1204, topics=["activity"], options={"filter": one})
    await client.refused("HISTORY", 1204, topic="activity", filter={"key": "a"})


@check("5 1301", "epoch_mismatch: HISTORY from another life of the stream")
async def epoch_mismatch(kit: Kit) -> None:
    client = await kit.open()
    place = {"epoch": "another", "offset": 1}
    await client.refused("HISTORY", 1301, topic="activity", after=place)


@check("5 1302", "position_trimmed: HISTORY from before what is kept, with lowest", seconds=120)
async def position_trimmed(kit: Kit) -> None:
    user = await kit.long_stream()
    client = await kit.open(user)
    held = await client.hold(user.inbox)
    if held["lowest"] <= 2:
        skip(f"the server keeps all of {held['offset']} events")
    place = {"epoch": held["epoch"], "offset": 0}
    error = await client.refused("HISTORY", 1302, topic=user.inbox, after=place)
    same(error.get("lowest"), held["lowest"], "lowest")


@check("5 1303", "position_ahead: HISTORY from beyond the newest")
async def position_ahead(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.open(user)
    held = await client.hold(user.inbox)
    place = {"epoch": held["epoch"], "offset": 1_000_000}
    await client.refused("HISTORY", 1303, topic=user.inbox, after=place)


@check("5 1304", "page_too_large: a page of more than 100 events")
async def page_too_large(kit: Kit) -> None:
    client = await kit.open()
    for limit in (101, 0, 1_000_000):
        await client.refused("HISTORY", 1304, topic="activity", limit=limit)


@check("5 1401", "duplicate_key: a key that was used for something else")
async def duplicate_key(kit: Kit) -> None:
    media = await kit.media()
    client = await kit.open(await kit.user())
    key = kit.site.name("key")
    for vote, ok in (("up", True), ("down", False)):
        data = {"mediaFileId": media, "voteType": vote}
        await client.say(
            "PUBLISH", messages=[{"key": key, "action": "vote", "data": data}], ref=vote
        )
        while (answer := await client.hear()).get("ref") != vote:
            pass
        if answer.get("code") == 1503:
            skip("the server takes no actions")
        result = answer["results"][key]
        same(result["ok"], ok, f"whether {vote} is taken: {result}")
    same(result["error"]["code"], 1401, "the code")


@check("5 1402", "action_not_allowed: an action that clients may not report")
async def action_not_allowed(kit: Kit) -> None:
    client = await kit.open(await kit.user())
    key = kit.site.name("key")
    messages = [{"key": key, "action": "media.delete", "data": {}}]
    await client.say("PUBLISH", messages=messages, ref="p")
    while (answer := await client.hear()).get("ref") != "p":
        pass
    if answer.get("code") == 1503:
        skip("the server takes no actions")
    same(answer["results"][key]["error"]["code"], 1402, "the code")


@check("5 1503", "not_available: what the server does not offer")
async def not_available(kit: Kit) -> None:
    user = await kit.user()
    wanted = ("ack", "readstate", "presence")
    client, welcome = await kit.welcomed(user, *wanted, clientId="phone")
    missing = [one for one in wanted if one not in welcome["features"]]
    if not missing:
        skip("the server offers all there is")
    requests: dict[str, tuple[str, dict[str, object]]] = {
        "ack": ("ACK", {"ids": ["x"]}),
        "readstate": ("READ", {"ids": ["x"], "state": "read"}),
        "presence": ("PRESENCE", {"topic": "presence.x", "op": "count"}),
    }
    for one in missing:
        kind, fields = requests[one]
        await client.refused(kind, 1503, **fields)


CHECKS = (
    bad_request,
    unknown_type,
    too_large,
    unsupported,
    unauthenticated,
    permission_denied,
    unknown_topic,
    subject_mismatch,
    topic_limit,
    rate_limited,
    cooldown,
    filter_invalid,
    epoch_mismatch,
    position_trimmed,
    position_ahead,
    page_too_large,
    duplicate_key,
    action_not_allowed,
    not_available,
)
