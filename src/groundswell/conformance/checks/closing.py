"""Section 6: with which code, and when, the server ends a connection."""

from __future__ import annotations

import asyncio
import socket

from groundswell.conformance.check import check
from groundswell.conformance.checks import heartbeat, listening
from groundswell.conformance.client import Closed, TurnedAway
from groundswell.conformance.kit import Kit
from groundswell.conformance.site import User
from groundswell.conformance.verdicts import expect, same, skip

USERS_CONNECTIONS = 80
"""More than any server lets one user have."""


@check("6 4000", "frames that are no messages, again and again", seconds=45)
async def bad_frames(kit: Kit) -> None:
    client = await kit.open()
    try:
        for _ in range(15):
            await client.send("no message")
            await client.until("ERROR", code=1001)
    except Closed as closed:
        same(closed.code, 4000, "the close code")
        return
    same(await client.end(within=1), 4000, "the close code after 15 frames that are no messages")


@check("6 4001", "a token for another clientId")
async def subject_mismatch(kit: Kit) -> None:
    user = await kit.user(clientId="phone")
    client = await kit.client()
    await client.say("HELLO", protocol=1, token=user.token, clientId="tablet")
    same(await client.end(), 4001, "the close code")


@check("6 4001", "HELLO shows another user than the request did")
async def two_users(kit: Kit) -> None:
    first, second = await kit.user(), await kit.user()
    headers = {"Authorization": f"Bearer {first.token}"}
    client = await kit.client(additional_headers=headers)
    await client.say("HELLO", protocol=1, token=second.token)
    same(await client.end(), 4001, "the close code")


@check("6 4003", "a page of a foreign origin")
async def forbidden_origin(kit: Kit) -> None:
    for origin in ("https://evil.example", "null"):
        try:
            client = await kit.client(origin=origin)
            same(await client.end(), 4003, "the close code")
        except TurnedAway as refused:
            same(refused.status, 403, "the answer to the upgrade")


@check("6 4006", "more connections than one user may have", seconds=60)
async def connection_limit(kit: Kit) -> None:
    user = await kit.user()
    for _ in range(USERS_CONNECTIONS):
        client = await kit.client()
        await client.say("HELLO", protocol=1, token=user.token)
        try:
            await client.until("WELCOME")
        except Closed as closed:
            same(closed.code, 4006, "the close code")
            return
    skip(f"a user may have {USERS_CONNECTIONS} connections")


@check("6 4007", "a protocol that the server does not speak")
async def unsupported_protocol(kit: Kit) -> None:
    try:
        client = await kit.client(subprotocol="groundswell.v9")
        same(await client.end(), 4007, "the close code for another subprotocol")
    except TurnedAway as refused:
        expect(400 <= refused.status < 500, "it is refused", refused.status)
    client = await kit.client()
    await client.say("HELLO", protocol=2)
    same(await client.end(), 4007, "the close code for HELLO with protocol 2")


@check("6 4009", "messages that are too fast, again and again", seconds=45)
async def abuse(kit: Kit) -> None:
    client, welcome = await kit.welcomed()
    rate = welcome["limits"]["commandsPerSec"]
    if rate > 1_000:
        skip(f"the server takes {rate} messages a second")
    try:
        for n in range(rate * 50):
            await client.say("PING", t=n)
    except Closed as closed:
        same(closed.code, 4009, "the close code")
        return
    same(await client.end(), 4009, "the close code")


@check("6 4101", "a token that is wrong")
async def unauthenticated(kit: Kit) -> None:
    client = await kit.client()
    await client.say("HELLO", protocol=1, token="nonsense")  # noqa: S106 - it is wrong on purpose
    same(await client.end(), 4101, "the close code")


@check("6 4108", "critical messages that a client does not read", seconds=120)
async def slow_consumer(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.client(sock=await _narrow(kit), max_queue=1)
    await client.hello(token=user.token)
    held = await client.hold(user.inbox)
    heard: list[int] = []
    for count in (60, 120, 240, 400):
        await _publish_at_once(kit, user, count)
        try:
            while len(heard) < _total(count):
                heard += [one["offset"] for one in await client.events(user.inbox, 1)]
        except Closed as closed:
            same(closed.code, 4108, f"the close code after {count} unread messages of 30 kB")
            break
    else:
        skip("the connection holds 12 MB that nobody reads")
    same(heard, list(range(1, len(heard) + 1)), "the offsets told before the close")
    after = await kit.open(user, "batch")
    place = {"epoch": held["epoch"], "offset": len(heard)}
    result = (await after.subscribe(user.inbox, resume={user.inbox: place}))[user.inbox]
    expect(result["recovery"] in ("complete", "partial"), "what was missed is told", result)


def _total(count: int) -> int:
    """How many were published with the round of this size and those before."""
    return {60: 60, 120: 180, 240: 420, 400: 820}[count]


async def _publish_at_once(kit: Kit, user: User, count: int) -> None:
    """Messages of 30 kB, so fast that a close is heard before the server gives up waiting."""
    data = {"text": "x" * 30_000}

    async def some() -> None:
        for _ in range(count // 4):
            await kit.message(user, data=data)

    await asyncio.gather(*(some() for _ in range(4)))


async def _narrow(kit: Kit) -> socket.socket:
    """A connection that takes little at a time."""
    loop = asyncio.get_running_loop()
    host, port = kit.site.address
    family, kind, _, _, address = (await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM))[0]
    narrow = socket.socket(family, kind)
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.setblocking(False)
    await loop.sock_connect(narrow, address)
    return narrow


no_hello = check("6 4002", "nothing was said in time", seconds=45)(heartbeat.no_first_frame.body)
revoked = check("6 4005", "the sign-in was ended", seconds=60)(listening.revoked.body)
no_pong = check("6 4109", "no answer to PING", seconds=120)(heartbeat.no_answer.body)
taken_over = check("6 4203", "a newer connection has the same clientId")(listening.taken_over.body)

CHECKS = (
    no_hello,
    revoked,
    no_pong,
    taken_over,
    bad_frames,
    subject_mismatch,
    two_users,
    forbidden_origin,
    connection_limit,
    unsupported_protocol,
    abuse,
    unauthenticated,
    slow_consumer,
)
