"""Section 2: tokens and tickets, and what they are good for."""

from __future__ import annotations

from groundswell.conformance.check import check
from groundswell.conformance.client import TurnedAway
from groundswell.conformance.kit import Kit
from groundswell.conformance.refusals import sent_away, topic_refused
from groundswell.conformance.site import User
from groundswell.conformance.verdicts import expect, fail, same


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
        topic_refused(results, topic, 1103)
    await client.refused("HISTORY", 1103, topic=user.inbox)


@check("2.5", "a grant opens nothing that is somebody else's")
async def grants_open_nothing(kit: Kit) -> None:
    other = await kit.user()
    patterns = [f"user.{other.id}.*", f"user.{other.id}.inbox"]
    actions = ["subscribe", "history", "presence"]
    user = await kit.user(grants=[{"topics": patterns, "actions": actions}])
    client = await kit.open(user)
    topic_refused(await client.subscribe(other.inbox), other.inbox, 1103)
    await client.refused("HISTORY", 1103, topic=other.inbox)


@check("2.5", "a token for one clientId is no good for another")
async def bound_client(kit: Kit) -> None:
    user = await kit.user(clientId="phone")
    client = await kit.client()
    await client.say("HELLO", protocol=1, token=user.token, clientId="tablet")
    await sent_away(client, 1105, 4001)
    _, welcome = await kit.welcomed(user, clientId="phone")
    same(welcome["user"], user.id, "the user of WELCOME")


@check("2.6", "a wrong token in HELLO is refused with 1101 and 4101")
async def wrong_token(kit: Kit) -> None:
    for wrong in ("nonsense", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", ""):
        client = await kit.client()
        await client.say("HELLO", protocol=1, token=wrong)
        await sent_away(client, 1101, 4101)


@check("2.6", "a wrong token in the Authorization header never makes a visitor")
async def wrong_header(kit: Kit) -> None:
    wrong = {"Authorization": "Bearer nonsense"}
    try:
        same(await close_code(kit, additional_headers=wrong), 4101, "the close code")
    except TurnedAway as refused:
        same(refused.status, 401, "the answer to the upgrade")


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
    await sent_away(client, 1105, 4001)


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
    wrong_token,
    wrong_header,
    refresh,
    refresh_drops,
    refresh_wrong,
    refresh_other,
)
