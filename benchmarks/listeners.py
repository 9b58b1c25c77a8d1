"""The sides of the fan-out: servers that tell all their WebSocket clients what is published."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import node, program
from benchmarks.errors import BenchmarkError
from benchmarks.machine import SERVER_CORE, pinned
from benchmarks.processes import Service, free_port

LABELS = {
    "groundswell": "Groundswell, a vote over HTTP",
    "groundswell-broker": "Groundswell, straight to the broker",
    "ws": "Node `ws`",
    "socketio": "Node Socket.IO",
}
OURS = ("groundswell", "groundswell-broker")
PEERS = ("ws", "socketio")

DATA = (
    '{"eventType":"benchmark.vote.changed","mediaFileId":7,"voteType":"down",'
    '"previousVoteType":"up","upvotes":0,"downvotes":1,"timestamp":"2026-11-21T09:08:46.123Z"}'
)
MESSAGE = (
    '{"type":"EVENT","topic":"activity","id":"msg-01a1fd707f7c7206bf4376317f688dca",'
    f'"timestamp":"2026-11-21T09:08:46.123Z","data":{DATA},"version":1,"offset":1,"seq":1}}'
)
# The service tells the counters of a file as well, once a second; those are not counted.
VOTE = '"eventType":"engagement.vote.'
MARK = '"eventType":"benchmark.'
MESSAGE_BYTES = len(MESSAGE)


@dataclass(frozen=True)
class Listeners:
    """A running server, and how one subscribes and publishes to it.

    A subscriber connects to ``path`` and sends ``hello``; a message that begins with ``ready``
    tells that it is subscribed, one with ``event`` near its beginning is a delivery. Each of
    ``requests`` publishes one message; they are used in turn.
    """

    service: Service
    path: str
    hello: str
    ready: str
    event: str
    requests: list[str]


@contextmanager
def serving(name: str, directory: Path) -> Iterator[Listeners]:
    """A side, until the block ends.

    Raises:
        BenchmarkError: there is no such side, or it does not start.
    """
    if name not in LABELS:
        raise BenchmarkError(f"No side is called {name}: there are {', '.join(LABELS)}")
    start = {
        "groundswell": _service,
        "groundswell-broker": _broker,
        "ws": _ws,
        "socketio": _socketio,
    }
    side = start[name](directory)
    try:
        yield side
    finally:
        side.service.stop()


def _service(directory: Path) -> Listeners:
    """All of it: the vote is stored on SQLite before it is told."""
    environment = {"GROUNDSWELL_ACCEPT_RATE": "100000"}
    ours = program.Program("groundswell", f"sqlite:///{directory / 'groundswell.db'}", directory)
    service = ours.serve(environment)
    media_id = program.register(service, ["A song to measure by"])[0]
    votes = [
        _request("PUT", f"/v1/media/{media_id}/vote", f'{{"voteType":"{way}"}}')
        for way in ("up", "down")
    ]
    return _ours(service, f"media.{media_id}", VOTE, votes)


def _broker(directory: Path) -> Listeners:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.broker_server", str(port)]
    service = Service(
        "broker",
        pinned(command, SERVER_CORE),
        port=port,
        log=directory / "broker.log",
        cwd=Path(__file__).parent.parent,
    )
    service.wait_until_open()
    return _ours(service, "activity", MARK, [_request("POST", "/", DATA)])


def _ours(service: Service, topic: str, event: str, requests: list[str]) -> Listeners:
    hello = f'{{"type":"SUBSCRIBE","topics":["{topic}"]}}'
    return Listeners(service, "/v1/realtime", hello, '{"type":"SUBSCRIBED"', event, requests)


def _ws(directory: Path) -> Listeners:
    return Listeners(node.start("ws", directory), "/", "", "", MARK, [_publish_message()])


def _socketio(directory: Path) -> Listeners:
    path = "/socket.io/?EIO=4&transport=websocket"
    service = node.start("socketio", directory)
    return Listeners(service, path, "40", "40{", MARK, [_publish_message()])


def _publish_message() -> str:
    return _request("POST", "/", MESSAGE)


def _request(method: str, path: str, body: str) -> str:
    return (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )
