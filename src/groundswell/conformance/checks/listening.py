"""Section 2: who is listening, and what they may hear."""

from __future__ import annotations

import time
from datetime import datetime

from groundswell.conformance.check import check
from groundswell.conformance.kit import Kit
from groundswell.conformance.refusals import topic_refused
from groundswell.conformance.verdicts import expect, same, skip

PUBLIC = ("activity", "media.1", "trending.24h", "hot", "leaderboard.weekly", "testimonials.recent")
PRIVATE_PARTS = ("social", "referrals", "network", "inbox")


@check("2.6", "without a token a client is nobody and hears public topics")
async def visitor(kit: Kit) -> None:
    client, welcome = await kit.welcomed()
    same(welcome["user"], None, "the user of WELCOME")
    for topic, result in (await client.subscribe(*PUBLIC)).items():
        same(result["ok"], True, f"whether {topic} may be heard")


@check("2.7", "what concerns a user is told to that user")
async def own_topics(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.open(user)
    own = [f"user.{user.id}.{part}" for part in PRIVATE_PARTS]
    for topic, result in (await client.subscribe(*own)).items():
        same(result["ok"], True, f"whether {topic} may be heard by its user")


@check("2.7", "what concerns a user is told to nobody else")
async def others_topics(kit: Kit) -> None:
    user, other = await kit.user(), await kit.user()
    for client in (await kit.open(), await kit.open(other)):
        theirs = [f"user.{user.id}.{part}" for part in PRIVATE_PARTS]
        results = await client.subscribe(*theirs)
        for topic in theirs:
            topic_refused(results, topic, 1103)
            await client.refused("HISTORY", 1103, topic=topic)
    await kit.message(user)
    heard = [one for one in await client.quiet(1) if user.id in str(one)]
    same(heard, [], "what another user hears of a message")


@check("2.7", "private topics are refused to visitors")
async def private_to_visitors(kit: Kit) -> None:
    client = await kit.open()
    topics = [*(f"user.1.{part}" for part in PRIVATE_PARTS), "program.gold.updates"]
    results = await client.subscribe(*topics)
    for topic in topics:
        topic_refused(results, topic, 1103)
        await client.refused("HISTORY", 1103, topic=topic)


@check("2.7", "system.broadcast is a part of every connection")
async def broadcast(kit: Kit) -> None:
    client = await kit.open()
    await client.refused("UNSUBSCRIBE", 1001, topics=["system.broadcast"])


@check("2.8", "what is no topic is refused, whatever it looks like")
async def grammar(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.open(user)
    own = user.inbox
    wrong = [
        "", "*", "activity.*", f"user.{user.id}.*", "user.*.inbox", "nothing.at.all", "ACTIVITY",
        f" {own}", f"{own} ", f"{own}\n", f"{own}\x00", f"{own}.", f".{own}", f"user..{own}",
        f"user.{user.id}.1.inbox", f"user.{user.id}%2einbox", f"user/{user.id}/inbox",
        f"USER.{user.id}.inbox", own.replace("i", "\u0131", 1), "user.\u0430.inbox", "../activity",
        f"media.{'1' * 65}", "media.0", "media.-1", "media.1e3", "a" * 65, ".".join("a" * 7),
        ".".join(["a" * 50] * 6),
    ]  # fmt: skip
    results = await client.subscribe(*wrong)
    for topic in wrong:
        same(results[topic]["ok"], False, f"whether {topic!r} is a topic")
        expect(results[topic]["error"]["code"] in (1001, 1103, 1104), "it is refused", results)


@check("2.8", "a pattern tells the host application every topic that matches it, and nothing past")
async def pattern(kit: Kit) -> None:
    host = await kit.client(additional_headers=kit.site.as_host())
    user, other = await kit.user(), await kit.user()
    await kit.message(user)
    wanted = f"user.{user.id}.*"
    result = (await host.subscribe(wanted))[wanted]
    same((result["ok"], result["recovery"], result["contiguous"]), (True, "none", False), wanted)
    await kit.message(other)
    id_ = await kit.message(user)
    heard = [one for one in await host.quiet(1) if one["type"] == "EVENT"]
    same([(one["topic"], one["id"]) for one in heard], [(user.inbox, id_)], "what is told")
    place = {wanted: {"epoch": "another", "offset": 1}}
    topic_refused(await host.subscribe(wanted, resume=place), wanted, 1004)
    nothing = "nothing.of.this.*"
    topic_refused(await host.subscribe(nothing), nothing, 1104)


@check("2.8", "nobody but the host application has patterns, with whatever grants")
async def no_pattern(kit: Kit) -> None:
    name = kit.site.name("user")
    wanted = [f"user.{name}.*", "media.*", "system.*", "user.*", "*"]
    grants = [{"topics": wanted[:3], "actions": ["subscribe", "history"]}]
    user = await kit.sign_in(name, grants=grants)
    for client in (await kit.open(), await kit.open(user)):
        results = await client.subscribe(*wanted)
        for one in wanted:
            same(results[one]["ok"], False, f"whether {one} may be heard")
            expect(results[one]["error"]["code"] in (1001, 1103), "it is refused", results)


@check("2.8", "a topic of the right form that does not exist is refused with 1104")
async def unknown_topic(kit: Kit) -> None:
    client = await kit.open()
    topic_refused(await client.subscribe("nothing.of.this.kind"), "nothing.of.this.kind", 1104)


@check("2.8", "nobody is called a name with a dot, which would be a part of another's topics")
async def no_dots(kit: Kit) -> None:
    headers = kit.site.as_host()
    answer = await kit.http("POST", "/v1/tokens", json={"userId": "a.b"}, headers=headers)
    same(answer.status_code, 400, "the answer to an id with a dot")


@check("2.9", "when the sign-in is ended the connection is closed with 4005", seconds=60)
async def revoked(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.open(user)
    await client.hold(user.inbox)
    body = {"refreshToken": user.refresh}
    answer = await kit.http("POST", "/v1/tokens/revoke", json=body)
    same(answer.status_code, 204, "the answer to ending a session")
    same(await client.end(within=30), 4005, "the close code")


@check("2.10", "a token without the right to history hears no past, and is told so")
async def past_withheld(kit: Kit) -> None:
    name = kit.site.name("user")
    topics = [f"user.{name}.inbox"]
    user = await kit.sign_in(name, grants=[{"topics": topics, "actions": ["subscribe"]}])
    await kit.messages(user, 2)
    client = await kit.open(user, "batch")
    await client.subscribe(user.inbox, resume={user.inbox: {"epoch": "another", "offset": 1}})
    past = await client.past(user.inbox)
    same([one for one in past if one["type"] == "EVENT"], [], "events of the past")
    id_ = await kit.message(user)
    same([one["id"] for one in await client.events(user.inbox, 1)], [id_], "what is live")


@check("2.10", "history needs the right as it is now", seconds=60)
async def history_by_rights(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.open(user)
    await client.hold(user.inbox)
    await kit.message(user)
    await client.events(user.inbox, 1)
    less = await kit.sign_in(user.id, grants=[{"topics": ["activity"], "actions": ["subscribe"]}])
    await client.ask("REFRESH", "REFRESHED", token=less.token)
    await client.refused("HISTORY", 1103, topic=user.inbox)
    topic_refused(await client.subscribe(user.inbox, history=10), user.inbox, 1103)


@check("2.13", "with its grant a topic ends, to the moment, and not with its token", seconds=30)
async def grant_ended(kit: Kit) -> None:
    name = kit.site.name("user")
    actions = ["subscribe", "history"]
    ends = int(time.time()) + 4
    lasting, short = f"user.{name}.social", f"user.{name}.inbox"
    user = await kit.sign_in(
        name,
        grants=[
            {"topics": [lasting], "actions": actions},
            {"topics": [short], "actions": actions, "exp": ends},
        ],
    )
    client = await kit.open(user)
    results = await client.subscribe(lasting, short)
    same(_instant(results[short]["expiresAt"]), ends, "when the grant is said to end")
    await kit.message(user)
    while (told := await client.hear())["type"] != "UNSUBSCRIBED":
        pass
    same((told["topic"], told["code"], told["resubscribe"]), (short, 2501, True), "what ends")
    expect(time.time() >= ends - 0.5, "it ends no sooner than its grant", told)
    await kit.message(user)
    heard = [one for one in await client.quiet(1) if one["type"] == "EVENT"]
    same(heard, [], "what is told of it after its end")
    topic_refused(await client.subscribe(short), short, 1103)
    await client.refused("HISTORY", 1103, topic=short)


@check("2.13", "with a newer grant a topic goes on after the old one's end", seconds=30)
async def grant_renewed(kit: Kit) -> None:
    name = kit.site.name("user")
    grant = {"topics": [f"user.{name}.*"], "actions": ["subscribe", "history"]}
    first = await kit.sign_in(name, grants=[{**grant, "exp": int(time.time()) + 3}])
    second = await kit.sign_in(name, grants=[{**grant, "exp": int(time.time()) + 60}])
    client = await kit.open(first)
    await client.hold(first.inbox)
    await client.ask("REFRESH", "REFRESHED", token=second.token)
    heard = await client.quiet(4)
    same([one for one in heard if one["type"] == "UNSUBSCRIBED"], [], "what the old grant ends")
    id_ = await kit.message(first)
    same([one["id"] for one in await client.events(first.inbox, 1)], [id_], "what is told after it")


@check("2.14", "what is for some users only reaches nobody else, live or past")
async def addressed(kit: Kit) -> None:
    user, other = await kit.user(), await kit.user()
    clients = {one.id: await kit.open(one) for one in (user, other)}
    stands = {}
    for name, client in clients.items():
        result = (await client.subscribe("system.broadcast"))["system.broadcast"]
        stands[name] = {"epoch": result["epoch"], "offset": result["offset"]}
    body = {"eventType": "conformance.said", "data": {"run": user.id}, "audience": [user.id]}
    headers = kit.site.as_host()
    answer = await kit.http("POST", "/v1/announcements", json=body, headers=headers)
    same(answer.status_code, 201, "the answer to an announcement for one user")
    for name, client in clients.items():
        live = [one for one in await client.quiet(1) if user.id in str(one.get("data"))]
        same(len(live), int(name == user.id), f"how often {name} hears it")
        place = {"system.broadcast": stands[name]}
        await client.say("SUBSCRIBE", topics=["system.broadcast"], options={"resume": place})
        past = [one for one in await client.quiet(1) if user.id in str(one.get("data"))]
        same(len(past), int(name == user.id), f"how often {name} finds it in the past")
        page = await client.ask("HISTORY", "HISTORY_PAGE", topic="system.broadcast")
        found = [one for one in page["messages"] if user.id in str(one["data"])]
        same(len(found), int(name == user.id), f"how often it is in a page for {name}")


@check("2.12", "a user's newer connection with the same clientId closes the older with 4203")
async def taken_over(kit: Kit) -> None:
    user = await kit.user()
    older = await kit.open(user, clientId="phone")
    other = await kit.open(user, clientId="tablet")
    newer = await kit.open(user, clientId="phone")
    same(await older.end(), 4203, "the close code of the older connection")
    await newer.alive()
    await other.alive()


@check("2.12", "somebody else's connection with the same clientId closes nothing")
async def not_taken_over(kit: Kit) -> None:
    older = await kit.open(await kit.user(), clientId="phone")
    await kit.open(await kit.user(), clientId="phone")
    await kit.open(None, clientId="phone")
    await older.alive()


@check("2.7", "presence and programs are for whom it is permitted")
async def not_permitted(kit: Kit) -> None:
    client = await kit.open(await kit.user())
    topic = f"program.{kit.site.name('program')}.updates"
    topic_refused(await client.subscribe(topic), topic, 1103)
    scope = f"presence.{kit.site.name('scope')}"
    result = (await (await kit.open()).subscribe(scope))[scope]
    if result["ok"]:
        skip("anybody may be present anywhere")
    same(result["error"]["code"], 1103, "the refusal of a scope to a visitor")


def _instant(text: str) -> float:
    """Seconds since 1970."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


CHECKS = (
    visitor,
    own_topics,
    others_topics,
    private_to_visitors,
    broadcast,
    not_permitted,
    grammar,
    pattern,
    no_pattern,
    unknown_topic,
    no_dots,
    revoked,
    past_withheld,
    history_by_rights,
    grant_ended,
    grant_renewed,
    addressed,
    taken_over,
    not_taken_over,
)
