"""Section 8: critical messages are told until they are acknowledged."""

from __future__ import annotations

import time

from groundswell.conformance.check import check
from groundswell.conformance.client import Client, unpacked
from groundswell.conformance.kit import Kit
from groundswell.conformance.site import User
from groundswell.conformance.verdicts import expect, same

SETTLED = 1.0
"""Seconds in which an acknowledgement certainly counts."""


@check("8.1", "a message is stored before the request that made it is answered")
async def stored(kit: Kit) -> None:
    user = await kit.user()
    id_ = await kit.message(user)
    headers = {"authorization": f"Bearer {user.token}"}
    items = (await kit.http("GET", "/v1/me/inbox", headers=headers)).json()["items"]
    same([one["id"] for one in items], [id_], "the messages in the inbox")


@check("8.2", "a device is told every message that it has not acknowledged")
async def waiting(kit: Kit) -> None:
    user = await kit.user()
    ids = await kit.messages(user, 3)
    phone = await _device(kit, user, "phone")
    same(await _told(phone), ids, "the messages")
    (batch,) = (one for one in phone.heard if one["type"] == "BATCH")
    same(batch["reason"], "inbox", "the reason of the BATCH")
    tags = {one.get("delivery") for one in batch["messages"]}
    same(tags, {"critical"}, "the delivery of messages that wait")


@check("8.2", "each device is told for itself")
async def each_device(kit: Kit) -> None:
    user = await kit.user()
    phone = await _device(kit, user, "phone")
    tablet = await _device(kit, user, "tablet")
    id_ = await kit.message(user)
    for device in (phone, tablet):
        await device.until("EVENT", id=id_)
    await _ack(phone, user, ids=[id_])
    await tablet.leave()
    again = await _device(kit, user, "tablet")
    same(await _told(again), [id_], "what the other device is told again")


@check("8.3", "what is not acknowledged is told again after 10 s, with attempt", seconds=60)
async def redelivered(kit: Kit) -> None:
    user = await kit.user()
    phone = await _device(kit, user, "phone")
    began = time.monotonic()
    kept, acknowledged = await kit.messages(user, 2)
    await phone.until("EVENT", id=acknowledged)
    await _ack(phone, user, ids=[acknowledged])
    batch = await phone.until("BATCH", within=20, reason="redelivery")
    passed = time.monotonic() - began
    same([one["id"] for one in batch["messages"]], [kept], "the messages told again")
    expect(batch.get("attempt", 0) >= 1, "a redelivery says which attempt it is", batch)
    expect(passed > 8, "a message is told again after about 10 s", f"{passed:.1f} s")
    await _ack(phone, user, ids=[kept])


@check("8.3", "what is not acknowledged is told again on the next connect")
async def next_connect(kit: Kit) -> None:
    user = await kit.user()
    phone = await _device(kit, user, "phone")
    id_ = await kit.message(user)
    await phone.until("EVENT", id=id_)
    await phone.leave()
    again = await _device(kit, user, "phone")
    same(await _told(again), [id_], "what is told on the next connect")


@check("8.4", "an ACK by ids settles single messages")
async def ack_by_ids(kit: Kit) -> None:
    user = await kit.user()
    phone = await _device(kit, user, "phone")
    first, second, third = await kit.messages(user, 3)
    await phone.until("EVENT", id=third)
    await _ack(phone, user, ids=[first, third])
    await phone.leave()
    same(await _told(await _device(kit, user, "phone")), [second], "what is told again")


@check("8.4", "an ACK by offset settles all up to it")
async def ack_by_offset(kit: Kit) -> None:
    user = await kit.user()
    phone = await _device(kit, user, "phone")
    ids = await kit.messages(user, 3)
    events = await phone.events(user.inbox, 3)
    await _ack(phone, user, topic=user.inbox, offset=events[1]["offset"])
    await phone.leave()
    same(await _told(await _device(kit, user, "phone")), ids[2:], "what is told again")


@check("8.5", "with the policy any, the first ACK settles it for all devices")
async def any_device(kit: Kit) -> None:
    user = await kit.user()
    phone = await _device(kit, user, "phone")
    tablet = await _device(kit, user, "tablet")
    id_ = await kit.message(user, policy="any")
    for device in (phone, tablet):
        await device.until("EVENT", id=id_)
    await _ack(phone, user, ids=[id_])
    await tablet.leave()
    same(await _told(await _device(kit, user, "tablet")), [], "what the other is told again")


@check("8.6", "what was read on one device is told to the others")
async def read_elsewhere(kit: Kit) -> None:
    user = await kit.user()
    phone = await _device(kit, user, "phone")
    tablet = await _device(kit, user, "tablet")
    id_ = await kit.message(user)
    await phone.until("EVENT", id=id_)
    await tablet.until("EVENT", id=id_)
    await phone.ask("READ", "READ_STATE", ids=[id_], state="read")
    told = await tablet.hear()
    while not (id_ in str(told) and "read" in str(told)):
        told = await tablet.hear(waiting_for="word of what was read elsewhere")


@check("8.6", "of two statements the newer holds, whatever order they arrive in")
async def merged(kit: Kit) -> None:
    user = await kit.user()
    phone = await _device(kit, user, "phone")
    id_ = await kit.message(user)
    await phone.until("EVENT", id=id_)
    early, late = "2026-03-15T14:00:00Z", "2026-03-15T15:00:00Z"
    for state, at, wanted in (
        ("unread", early, "unread"),
        ("dismissed", late, "dismissed"),
        ("unread", early, "dismissed"),
        ("read", late, "dismissed"),
    ):
        await phone.ask("READ", "READ_STATE", ids=[id_], state=state, at=at)
        headers = {"authorization": f"Bearer {user.token}"}
        (item,) = (await kit.http("GET", "/v1/me/inbox", headers=headers)).json()["items"]
        same(item["state"], wanted, f"the state after {state} at {at}")


@check("8.7", "a message that is told again has the id and the data it had")
async def same_again(kit: Kit) -> None:
    user = await kit.user()
    phone = await _device(kit, user, "phone")
    await kit.message(user, data={"text": "hello", "n": 1.5})
    (live,) = await phone.events(user.inbox, 1)
    await phone.leave()
    again = await _device(kit, user, "phone")
    await _told(again)
    (batch,) = (one for one in again.heard if one["type"] == "BATCH")
    told = batch["messages"][0]
    for name in ("id", "topic", "data", "seq", "version", "delivery"):
        same(told.get(name), live.get(name), f"{name} of the message that is told again")


@check("8.8", "an ACK counts also if its sender closed the connection right behind it")
async def last_words(kit: Kit) -> None:
    user = await kit.user()
    phone = await _device(kit, user, "phone")
    id_ = await kit.message(user)
    await phone.until("EVENT", id=id_)
    await phone.say("ACK", ids=[id_])
    await phone.leave()
    same(await _told(await _device(kit, user, "phone")), [], "what is told again")


async def _device(kit: Kit, user: User, name: str) -> Client:
    """A device of the user that acknowledges, and follows the inbox."""
    client = await kit.offering("ack", user, clientId=name)
    await client.hold(user.inbox)
    # Answers about one topic come in order: after this one the device is known.
    await client.ask("HISTORY", "HISTORY_PAGE", topic=user.inbox, limit=1)
    return client


async def _ack(device: Client, user: User, **what: object) -> None:
    """Acknowledge, and wait until that counts: requests about one topic are answered in order."""
    await device.say("ACK", **what)
    await device.ask("HISTORY", "HISTORY_PAGE", topic=user.inbox, limit=1)


async def _told(device: Client) -> list[str]:
    """The ids of what the inbox told a device that has just come."""
    await device.quiet(SETTLED)
    return [one["id"] for one in unpacked(device.heard) if one["type"] == "EVENT"]


CHECKS = (
    stored,
    waiting,
    each_device,
    redelivered,
    next_connect,
    ack_by_ids,
    ack_by_offset,
    any_device,
    read_elsewhere,
    merged,
    same_again,
    last_words,
)
