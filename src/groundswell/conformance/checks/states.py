"""Section 4, SNAPSHOT and DELTA: topics of which only the newest state counts."""

from __future__ import annotations

import asyncio

from groundswell.conformance.check import check
from groundswell.conformance.client import Message
from groundswell.conformance.json_patch import apply
from groundswell.conformance.kit import Kit
from groundswell.conformance.verdicts import expect, same, skip


@check("4 SNAPSHOT", "holds the state and the offset it is true at")
async def snapshot(kit: Kit) -> None:
    client = await kit.open(None, "snapshot")
    topic = "trending.24h"
    for _ in range(2):
        held = (await client.subscribe(topic, snapshot=True))[topic]
        past = await client.past(topic)
        told = [one for one in past if one["type"] == "SNAPSHOT"]
        same(bool(told), bool(held.get("snapshot")), "whether SUBSCRIBED says that one follows")
        if told:
            break
        await _move_a_list(kit)
        await client.quiet(2)
    else:
        skip("the list has no state")
    same(len(told), 1, "how many SNAPSHOTs come")
    same((told[0]["epoch"], told[0]["offset"]), (held["epoch"], past[-1]["offset"]), "its place")
    expect("id" in told[0] and "stateVersion" in told[0], "a DELTA can build on it", told[0])


@check("4 DELTA", "leads from one state to the next", seconds=60)
async def delta(kit: Kit) -> None:
    topic = "trending.24h"
    client = await kit.offering("delta-jsonpatch")
    await client.hold(topic, snapshot=True, delta="jsonpatch")
    whole = await kit.open(None, "snapshot")
    await whole.hold(topic, snapshot=True)
    files = [await _move_a_list(kit, 3) for _ in range(6)]
    deltas: list[Message] = []
    for turn in range(1, 6):
        heard = await client.quiet(3.5)
        deltas += [one for one in heard if one["type"] == "DELTA" and one["topic"] == topic]
        if deltas:
            break
        await asyncio.gather(*(kit.like(files[turn % 2]) for _ in range(3 * turn)))
    else:
        skip("the lists change too much, or too little, to be told by differences")
    await whole.quiet(0.5)
    states = [one for one in whole.heard if one.get("topic") == topic and "data" in one]
    known = {one["offset"]: one["data"] for one in states}
    for one in deltas:
        same((one["base"] + 1, one["stateVersion"]), (one["offset"],) * 2, "base and stateVersion")
        if one["base"] in known and one["offset"] in known:
            patched = apply(known[one["base"]], one["patch"])
            same(patched, known[one["offset"]], "the state that the DELTA leads to")


async def _move_a_list(kit: Kit, people: int = 6) -> int:
    """Some people like a new file."""
    media = await kit.media()
    await asyncio.gather(*(kit.like(media) for _ in range(people)))
    return media


CHECKS = (
    snapshot,
    delta,
)
