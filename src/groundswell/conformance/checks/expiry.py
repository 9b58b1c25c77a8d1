"""Sections 2, 4 and 5: what happens when a token ends."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from groundswell.conformance.check import check
from groundswell.conformance.client import Client, Message
from groundswell.conformance.kit import Kit
from groundswell.conformance.refusals import sent_away, topic_refused
from groundswell.conformance.site import User
from groundswell.conformance.verdicts import expect, same

LIFE = 4.0
"""Seconds that a token lives here."""


@check("2.11", "nothing private is told after a token's end; after a REFRESH it is told in order")
async def withheld(kit: Kit) -> None:
    user, client = await _short_lived(kit)
    before = await kit.message(user)
    await client.until("EVENT", id=before)
    await asyncio.sleep(LIFE)
    missed = await kit.messages(user, 3)
    heard = [one for one in await client.quiet(1.5) if one.get("topic") == user.inbox]
    same(heard, [], "what is told after the end of a token")
    await client.ask("REFRESH", "REFRESHED", token=(await kit.sign_in(user.id)).token)
    events = await client.events(user.inbox, 3)
    same([one["id"] for one in events], missed, "what is told after the REFRESH")
    same([one["offset"] for one in events], [2, 3, 4], "the offsets")


@check("2.11", "who does not refresh is closed with 4101 when the grace is over", seconds=90)
async def grace_over(kit: Kit) -> None:
    _, client = await _short_lived(kit)
    told = await _expiring(client)
    await asyncio.sleep(LIFE)
    within = told["graceMs"] / 1000 + 5
    same(await client.end(within), 4101, "the close code")


@check("4 TOKEN_EXPIRING", "comes before the token ends, and says when that is")
async def token_expiring(kit: Kit) -> None:
    _, client = await _short_lived(kit)
    told = await _expiring(client)
    ends = datetime.fromisoformat(told["expiresAt"].replace("Z", "+00:00"))
    left = (ends - datetime.now(UTC)).total_seconds()
    expect(-1 < left < LIFE + 1, f"the token ends within {LIFE:g} s", told)
    expect(told["graceMs"] > 0, "there is a grace", told)


@check("5 1102", "token_expired: a request for something private after the token's end")
async def token_expired(kit: Kit) -> None:
    user, client = await _short_lived(kit)
    await asyncio.sleep(LIFE + 0.5)
    await client.refused("HISTORY", 1102, topic=user.inbox)
    social = f"user.{user.id}.social"
    topic_refused(await client.subscribe(social), social, 1102)


@check("5 1102", "token_expired: HELLO with a token that has ended, then 4101")
async def expired_hello(kit: Kit) -> None:
    client = await kit.client()
    token = kit.site.short_lived(kit.site.name("user"), -60)
    await client.say("HELLO", protocol=1, token=token)
    await sent_away(client, 1102, 4101)


async def _short_lived(kit: Kit) -> tuple[User, Client]:
    """A user whose token ends soon, at the inbox."""
    name = kit.site.name("user")
    user = User(name, kit.site.short_lived(name, LIFE), "")
    kit.site.as_host()
    client = await kit.client()
    await client.hello(token=user.token)
    await client.hold(user.inbox)
    return user, client


async def _expiring(client: Client) -> Message:
    """The TOKEN_EXPIRING, which may have come before something else that was waited for."""
    for one in client.heard:
        if one["type"] == "TOKEN_EXPIRING":
            return one
    return await client.until("TOKEN_EXPIRING", within=LIFE)


CHECKS = (withheld, grace_over, token_expiring, token_expired, expired_hello)
