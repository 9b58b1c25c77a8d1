"""Unmodified libraries against the real server, each going on where another stopped (section 7)."""

from __future__ import annotations

import asyncio
import json

from tests.end_to_end.service import Service
from tests.services.node import RunScript

PLAYS = 4


async def test_a_position_is_the_same_for_every_library(
    service: Service, run_node: RunScript
) -> None:
    """Over WebSocket, event streams, polls and Socket.IO on each transport, nothing is lost."""
    file = await service.register()
    printed = await asyncio.to_thread(
        run_node, "one_position_everywhere.mjs", service.url, str(file), str(PLAYS), seconds=60
    )
    turns = json.loads(printed)
    assert [turn["name"] for turn in turns] == [
        "socket.io polling,websocket",
        "eventsource",
        "poll",
        "websocket",
        "socket.io polling",
        "eventsource",
        "socket.io websocket",
    ]
    events = [event for turn in turns for event in turn["events"]]
    assert sum(turn["gaps"] for turn in turns) == 0
    assert len(events) == len(turns) * PLAYS * 2 - PLAYS
    offsets = [event["offset"] for event in events]
    assert offsets == list(range(offsets[0], offsets[0] + len(offsets)))
    assert [event["seq"] for event in events] == sorted({event["seq"] for event in events})
    assert len({event["id"] for event in events}) == len(events)
    resumed = [turn["recovery"] for turn in turns[1:] if "recovery" in turn]
    assert resumed == ["complete", "complete", "complete"]
