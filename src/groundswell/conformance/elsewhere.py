"""What nobody can check from outside, and why; the guide says where it is proven instead."""

from __future__ import annotations

from typing import Final

from groundswell.conformance.check import Elsewhere

ELSEWHERE: Final[tuple[Elsewhere, ...]] = (
    Elsewhere(
        "2.7",
        "an announcement is heard on every connection",
        "everybody who is connected would hear it",
    ),
    Elsewhere("2.7", "members hear their program", "nobody can be made a member from outside"),
    Elsewhere(
        "2.9",
        "a right that ends in mid-stream ends the topic before the next event",
        "a right has to be taken away inside the server",
    ),
    Elsewhere("4 DRAIN", "tells each connection when to come back", "the server has to stop"),
    Elsewhere("5 1000", "internal: a failure shows nothing of itself", "the server has to fail"),
    Elsewhere("5 1106", "revoked: the sign-in was ended", "the connection is closed too soon"),
    Elsewhere("5 1501", "overloaded: too many requests wait", "the server has to be busy"),
    Elsewhere("5 1502", "degraded: history is away, live goes on", "a part has to be away"),
    Elsewhere("6 4100", "the server is full", "all its connections would be needed"),
    Elsewhere(
        "6 4110",
        "rights changed while events waited",
        "a right has to be taken away inside the server",
    ),
    Elsewhere("6 4200", "the server stops", "the server has to stop"),
    Elsewhere("6 4201", "connections are spread anew", "it would send others away"),
    Elsewhere("6 4202", "a place is not valid", "kept for servers that end such connections"),
    Elsewhere("7.7", "a full server says so before the upgrade", "it would shut others out"),
    Elsewhere(
        "8.9",
        "a device that was away for days is told what it missed",
        "days would have to pass",
    ),
    Elsewhere("9.1", "at most 1,000 messages or 1 MiB wait", "the network's own buffers hide it"),
    Elsewhere(
        "9.2",
        "of a feed the oldest are dropped and named in a GAP",
        "the network's own buffers hide it",
    ),
)
