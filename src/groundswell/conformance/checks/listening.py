"""Section 2: who is listening, and what they may hear."""

from __future__ import annotations

from groundswell.conformance.check import check
from groundswell.conformance.client import Client, Closed, Message, TurnedAway
from groundswell.conformance.kit import Kit
from groundswell.conformance.site import User
from groundswell.conformance.verdicts import expect, fail, same, skip

PUBLIC = ("activity", "media.1", "trending.24h", "hot", "leaderboard.weekly", "testimonials.recent")
PRIVATE_PARTS = ("social", "referrals", "network", "inbox")


def bearer(user: User) -> dict[str, str]:
    """The header that shows a user's token."""
    return {"Authorization": f"Bearer {user.token}"}


async def close_code(kit: Kit, query: str = "", **more: object) -> int:
    """With which code a client is let in and sent away."""
    return await (await kit.client(query, **more)).end()


@check("2.1", "a token in the Authorization header names the user")
async def header(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.client(additional_headers=bearer(user))
    same((await client.hello())["user"], user.id, "the user of WELCOME")
    await client.hold(user.inbox)


@check("2.2", "a token in HELLO names the user")
async def in_hello(kit: Kit) -> None:
    user = await kit.user()
    _, welcome = await kit.welcomed(user)
    same(welcome["user"], user.id, "the user of WELCOME")
    expect("tokenExpiresAt" in welcome, "WELCOME says when the token ends", welcome)


@check("2.3", "a ticket works once")
async def ticket_once(kit: Kit) -> None:
    user = await kit.user()
    ticket = await _ticket(kit, user)
    client = await kit.client(f"ticket={ticket}")
    same((await client.hello())["user"], user.id, "the user of WELCOME")
    same(await close_code(kit, f"ticket={ticket}"), 4101, "the answer to a used ticket")


@check("2.3", "a ticket is for the origin that it was made for")
async def ticket_origin(kit: Kit) -> None:
    ticket = await _ticket(kit, await kit.user(), origin="https://elsewhere.example")
    same(await close_code(kit, f"ticket={ticket}"), 4101, "the answer without the origin")
    same(await close_code(kit, f"ticket={ticket}"), 4101, "the answer to a ticket shown before")


@check("2.3", "a ticket that is none never makes a visitor")
async def ticket_wrong(kit: Kit) -> None:
    for wrong in ("tk_" + "A" * 32, "", "nonsense"):
        same(await close_code(kit, f"ticket={wrong}"), 4101, f"the answer to {wrong!r}")


@check("2.3", "only a user gets a ticket")
async def ticket_for_users(kit: Kit) -> None:
    answer = await kit.http("POST", "/v1/realtime/tickets")
    same(answer.status_code, 401, "the answer to a visitor")


async def _ticket(kit: Kit, user: User, **headers: str) -> str:
    shown = bearer(user) | headers
    answer = await kit.http("POST", "/v1/realtime/tickets", headers=shown)
    same(answer.status_code, 201, "the answer to a user who wants a ticket")
    body = answer.json()
    expect(0 < body["expiresInMs"] <= 30_000, "a ticket lives 30 s", body)
    return str(body["ticket"])


@check("2.4", "a token in the address is refused with 400")
async def in_address(kit: Kit) -> None:
    user = await kit.user()
    for query in (f"token={user.token}", f"access_token={user.token}", f"x={user.token}"):
        try:
            await kit.client(query)
        except TurnedAway as refused:
            same(refused.status, 400, f"the answer to {query[:12]}")
        else:
            fail("a token in the address is refused")


@check("2.5", "a token is good only for the topics and actions of its grants")
async def grants(kit: Kit) -> None:
    name = kit.site.name("user")
    only = [{"topics": [f"user.{name}.inbox"], "actions": ["subscribe"]}]
    user = await kit.sign_in(name, grants=only)
    client = await kit.open(user)
    results = await client.subscribe(user.inbox, f"user.{name}.social", "activity")
    same(results[user.inbox]["ok"], True, "what is granted")
    for topic in (f"user.{name}.social", "activity"):
        _refused(results, topic, 1103)
    await client.refused("HISTORY", 1103, topic=user.inbox)


@check("2.5", "a grant opens nothing that is somebody else's")
async def grants_open_nothing(kit: Kit) -> None:
    other = await kit.user()
    patterns = [f"user.{other.id}.*", f"user.{other.id}.inbox"]
    actions = ["subscribe", "history", "presence"]
    user = await kit.user(grants=[{"topics": patterns, "actions": actions}])
    client = await kit.open(user)
    _refused(await client.subscribe(other.inbox), other.inbox, 1103)
    await client.refused("HISTORY", 1103, topic=other.inbox)


@check("2.5", "a token for one clientId is no good for another")
async def bound_client(kit: Kit) -> None:
    user = await kit.user(clientId="phone")
    client = await kit.client()
    await client.say("HELLO", protocol=1, token=user.token, clientId="tablet")
    await _sent_away(client, 1105, 4001)
    _, welcome = await kit.welcomed(user, clientId="phone")
    same(welcome["user"], user.id, "the user of WELCOME")


@check("2.6", "without a token a client is nobody and hears public topics")
async def visitor(kit: Kit) -> None:
    client, welcome = await kit.welcomed()
    same(welcome["user"], None, "the user of WELCOME")
    for topic, result in (await client.subscribe(*PUBLIC)).items():
        same(result["ok"], True, f"whether {topic} may be heard")


@check("2.6", "a wrong token in HELLO is refused with 1101 and 4101")
async def wrong_token(kit: Kit) -> None:
    for wrong in ("nonsense", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", ""):
        client = await kit.client()
        await client.say("HELLO", protocol=1, token=wrong)
        await _sent_away(client, 1101, 4101)


@check("2.6", "a wrong token in the Authorization header never makes a visitor")
async def wrong_header(kit: Kit) -> None:
    wrong = {"Authorization": "Bearer nonsense"}
    try:
        same(await close_code(kit, additional_headers=wrong), 4101, "the close code")
    except TurnedAway as refused:
        same(refused.status, 401, "the answer to the upgrade")


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
            _refused(results, topic, 1103)
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
        _refused(results, topic, 1103)
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
        f"USER.{user.id}.inbox", own.replace("i", "ı", 1), "user.\u0430.inbox", "../activity",
        f"media.{'1' * 65}", "media.0", "media.-1", "media.1e3", "a" * 65, ".".join("a" * 7),
        ".".join(["a" * 50] * 6),
    ]  # fmt: skip
    results = await client.subscribe(*wrong)
    for topic in wrong:
        same(results[topic]["ok"], False, f"whether {topic!r} is a topic")
        expect(results[topic]["error"]["code"] in (1001, 1103, 1104), "it is refused", results)


@check("2.8", "a topic of the right form that does not exist is refused with 1104")
async def unknown_topic(kit: Kit) -> None:
    client = await kit.open()
    _refused(await client.subscribe("nothing.of.this.kind"), "nothing.of.this.kind", 1104)


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
    _refused(await client.subscribe(user.inbox, history=10), user.inbox, 1103)


@check("2.11", "REFRESH goes on with a newer token of the same user")
async def refresh(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.open(user)
    await client.hold(user.inbox)
    newer = await kit.sign_in(user.id)
    answer = await client.ask("REFRESH", "REFRESHED", token=newer.token)
    expect("expiresAt" in answer, "REFRESHED says when the new token ends", answer)
    expect(not answer.get("dropped"), "a token of the same rights drops nothing", answer)
    await kit.message(user)
    await client.events(user.inbox, 1)


@check("2.11", "topics that the new token does not allow are dropped and ended with 2001")
async def refresh_drops(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.open(user)
    await client.hold(user.inbox)
    await client.hold("activity")
    less = await kit.sign_in(user.id, grants=[{"topics": ["activity"], "actions": ["subscribe"]}])
    answer = await client.ask("REFRESH", "REFRESHED", token=less.token)
    same(answer.get("dropped"), [user.inbox], "dropped")
    ended = await client.until("UNSUBSCRIBED", topic=user.inbox)
    same((ended["code"], ended["resubscribe"]), (2001, False), "why the topic was ended")
    await kit.message(user)
    heard = [one for one in await client.quiet(1) if one.get("topic") == user.inbox]
    same(heard, [], "what is told of a topic that was dropped")


@check("2.11", "a wrong token in REFRESH is refused and the old one counts on")
async def refresh_wrong(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.open(user)
    await client.refused("REFRESH", 1101, token="nonsense")  # noqa: S106 - it is wrong on purpose
    await client.hold(user.inbox)


@check("2.11", "another user's token in REFRESH closes the connection with 4001")
async def refresh_other(kit: Kit) -> None:
    client = await kit.open(await kit.user())
    await client.say("REFRESH", token=(await kit.user()).token)
    await _sent_away(client, 1105, 4001)


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


async def _sent_away(client: Client, error: int, code: int) -> None:
    """The client is told why, and the connection is closed."""
    told: list[Message] = []
    try:
        while True:
            told.append(await client.hear())
    except Closed as closed:
        same(closed.code, code, "the close code")
    if not any(one["type"] == "ERROR" and one["code"] == error for one in told):
        fail(f"ERROR {error} should come before the close", told)


def _refused(results: dict[str, Message], topic: str, code: int) -> None:
    result = results[topic]
    if result["ok"] or result["error"]["code"] != code:
        fail(f"{topic} should be refused with {code}", result)


@check("2.7", "presence and programs are for whom it is permitted")
async def not_permitted(kit: Kit) -> None:
    client = await kit.open(await kit.user())
    topic = f"program.{kit.site.name('program')}.updates"
    _refused(await client.subscribe(topic), topic, 1103)
    scope = f"presence.{kit.site.name('scope')}"
    result = (await kit_visitor(kit, scope))[scope]
    if result["ok"]:
        skip("anybody may be present anywhere")
    same(result["error"]["code"], 1103, "the refusal of a scope to a visitor")


async def kit_visitor(kit: Kit, topic: str) -> dict[str, Message]:
    """What a visitor is answered who subscribes."""
    return await (await kit.open()).subscribe(topic)


CHECKS = (
    header,
    in_hello,
    ticket_once,
    ticket_origin,
    ticket_wrong,
    ticket_for_users,
    in_address,
    grants,
    grants_open_nothing,
    bound_client,
    visitor,
    wrong_token,
    wrong_header,
    own_topics,
    others_topics,
    private_to_visitors,
    broadcast,
    not_permitted,
    grammar,
    unknown_topic,
    no_dots,
    revoked,
    history_by_rights,
    refresh,
    refresh_drops,
    refresh_wrong,
    refresh_other,
    taken_over,
    not_taken_over,
)
