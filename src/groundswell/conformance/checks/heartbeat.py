"""Section 1, P10: who is silent for how long."""

from __future__ import annotations

import time

from groundswell.conformance.check import check
from groundswell.conformance.client import Message
from groundswell.conformance.kit import Kit
from groundswell.conformance.verdicts import expect, fail, same, skip


@check("P10", "who says nothing is closed with 4002 after 10 s", seconds=45)
async def no_first_frame(kit: Kit) -> None:
    client = await kit.client()
    began = time.monotonic()
    same(await client.end(within=30), 4002, "the close code")
    passed = time.monotonic() - began
    expect(passed > 5, "a client has about 10 s to say something", f"{passed:.1f} s")


@check(
    "P10", "after silence comes a PING, at the interval of WELCOME give or take a tenth", seconds=90
)
async def heartbeat(kit: Kit) -> None:
    client, welcome = await kit.welcomed(None, "ping")
    interval = _interval(welcome)
    began = time.monotonic()
    await client.until("PING", within=interval * 1.1 + 5)
    passed = time.monotonic() - began
    expect(passed > interval * 0.85, f"a PING comes after {interval:g} s", f"{passed:.1f} s")
    await client.say("PONG")
    await client.alive()


@check("P10", "who promised to answer PING and says nothing is closed with 4109", seconds=120)
async def no_answer(kit: Kit) -> None:
    client, welcome = await kit.welcomed(None, "ping")
    interval = _interval(welcome)
    await client.until("PING", within=interval * 1.1 + 5)
    timeout = welcome["heartbeat"]["timeoutMs"] / 1000
    same(await client.end(within=timeout + 5), 4109, "the close code")


@check("P10", "any message counts as life", seconds=120)
async def any_frame_is_life(kit: Kit) -> None:
    client, welcome = await kit.welcomed(None, "ping")
    interval, timeout = _interval(welcome), welcome["heartbeat"]["timeoutMs"] / 1000
    await client.until("PING", within=interval * 1.1 + 5)
    await client.say("FLOW", state="foreground")
    await client.quiet(timeout + 1)
    await client.alive()


@check("P10", "a client that did not promise to answer PING is not closed for silence", seconds=120)
async def plain_clients_stay(kit: Kit) -> None:
    client, welcome = await kit.welcomed()
    interval, timeout = _interval(welcome), welcome["heartbeat"]["timeoutMs"] / 1000
    await client.quiet(interval * 1.1 + timeout + 2)
    await client.alive()


def _interval(welcome: Message) -> float:
    """The heartbeat in seconds, if there is time to wait for it."""
    interval: int = welcome["heartbeat"]["intervalMs"]
    if interval > 60_000:
        skip(f"the heartbeat is {interval} ms apart")
    if interval < 100:
        fail("a heartbeat is at least 100 ms apart", welcome["heartbeat"])
    return interval / 1000


CHECKS = (
    no_first_frame,
    heartbeat,
    no_answer,
    any_frame_is_life,
    plain_clients_stay,
)
