"""The sides of the live benchmarks: servers that tell their subscribers what is published."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from benchmarks import live, nginx, node, program
from benchmarks.errors import BenchmarkError
from benchmarks.processes import Service

LABELS = {
    "groundswell": "Groundswell, a vote over HTTP",
    "groundswell-broker": "Groundswell, WebSocket",
    "groundswell-socketio": "Groundswell, Socket.IO",
    "groundswell-sse": "Groundswell, event stream",
    "ws": "Node `ws`",
    "socketio": "Node Socket.IO",
    "nchan": "nginx nchan",
}
OURS = ("groundswell", "groundswell-broker", "groundswell-socketio", "groundswell-sse")
PEERS = ("ws", "socketio", "nchan")

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
FIRST_TOPIC = 100_001
"""Topics are numbered from here, so that all their names have the same length."""

Protocol = Literal["websocket", "sse"]


@dataclass(frozen=True)
class Changing:
    """How a subscriber joins and leaves a topic, and how the answers begin."""

    join: str
    joined: str
    leave: str
    left: str


@dataclass(frozen=True)
class Listeners:
    """A running server, and how one subscribes and publishes to it.

    A subscriber connects to ``path``. Each of ``steps`` has what is to come first, near the
    beginning of a message (nothing, if empty), and what the subscriber then says. It is subscribed
    when ``ready`` comes near the beginning of a message; one with ``event`` there is a delivery.
    ``request`` publishes one message. In all of them ``{n}`` is the number of the topic.
    """

    service: Service
    path: str
    event: str
    request: str
    ready: str = ""
    steps: tuple[tuple[str, str], ...] = ()
    protocol: Protocol = "websocket"
    topics: int = 1
    base: int = FIRST_TOPIC
    changing: Changing | None = None

    def arguments(self) -> list[str]:
        """As the load takes it."""
        given = {
            "path": self.path,
            "protocol": self.protocol,
            "topics": self.topics,
            "base": self.base,
            "ready": self.ready,
            "event": self.event,
            "request": self.request,
            **(vars(self.changing) if self.changing else {}),
        }
        steps = [f"{name}={text}" for step in self.steps for name, text in _named(step)]
        return [*(f"{name}={value}" for name, value in given.items()), *steps]

    def with_topics(self, topics: int) -> Listeners:
        """The same, with so many topics that subscribers listen to in turn."""
        return replace(self, topics=topics)


@contextmanager
def serving(name: str, directory: Path) -> Iterator[Listeners]:
    """A side, until the block ends.

    Raises:
        BenchmarkError: there is no such side, or it does not start.
    """
    if name not in LABELS:
        raise BenchmarkError(f"No side is called {name}: there are {', '.join(LABELS)}")
    side = _STARTS[name](directory)
    try:
        yield side
    finally:
        side.service.stop()


def request(method: str, path: str, body: str, *headers: str) -> str:
    """A publication as the load takes it."""
    return "\n".join([f"{method} {path}", *headers, "", body])


def websocket(service: Service, topic: str, event: str, publication: str) -> Listeners:
    """Subscribers in our own protocol, each with a session."""
    return Listeners(
        service,
        "/v1/realtime",
        event,
        publication,
        ready='{"type":"SUBSCRIBED"',
        steps=(
            ("", '{"type":"HELLO","clientId":"client-{i}"}'),
            ("", f'{{"type":"SUBSCRIBE","topics":["{topic}"]}}'),
        ),
        changing=Changing(
            join='{"type":"SUBSCRIBE","topics":["media.9{n}"]}',
            joined='{"type":"SUBSCRIBED"',
            leave='{"type":"UNSUBSCRIBE","topics":["media.9{n}"]}',
            left='{"type":"UNSUBSCRIBED"',
        ),
    )


def _named(step: tuple[str, str]) -> Iterator[tuple[str, str]]:
    yield from zip(("after", "say"), step, strict=True)


def _service(directory: Path) -> Listeners:
    """All of it: the vote is stored on SQLite before it is told."""
    environment = {"GROUNDSWELL_ACCEPT_RATE": "100000"}
    ours = program.Program("groundswell", f"sqlite:///{directory / 'groundswell.db'}", directory)
    service = ours.serve(environment)
    media_id = program.register(service, ["A song to measure by"])[0]
    vote = request("PUT", f"/v1/media/{media_id}/vote", '{"voteType":"{way}"}')
    return websocket(service, f"media.{media_id}", VOTE, vote)


def on_broker(service: Service) -> Listeners:
    """Subscribers of a process of the live part."""
    return websocket(service, "media.{n}", MARK, request("POST", "/media.{n}", DATA))


def _broker(directory: Path) -> Listeners:
    return on_broker(live.start(directory))


def _broker_socketio(directory: Path) -> Listeners:
    return Listeners(
        live.start(directory),
        "/socket.io/?EIO=4&transport=websocket",
        MARK,
        request("POST", "/media.{n}", DATA),
        ready='42["subscribed"',
        steps=(
            ("0{", '40{"clientId":"client-{i}"}'),
            ('42["welcome"', '42["subscribe",{"topics":["media.{n}"]}]'),
        ),
    )


def _broker_sse(directory: Path) -> Listeners:
    return Listeners(
        live.start(directory),
        "/v1/stream?topics=media.{n}",
        MARK,
        request("POST", "/media.{n}", DATA),
        ready="event: CAUGHT_UP",
        protocol="sse",
    )


def _ws(directory: Path) -> Listeners:
    publication = request("POST", "/media.{n}", MESSAGE)
    return Listeners(node.start("ws", directory), "/media.{n}", MARK, publication)


def _socketio(directory: Path) -> Listeners:
    return Listeners(
        node.start("socketio", directory),
        "/socket.io/?EIO=4&transport=websocket&topic=media.{n}",
        MARK,
        request("POST", "/media.{n}", MESSAGE),
        ready="40{",
        steps=(("0{", "40"),),
        changing=Changing(
            join='421["join","media.9{n}"]',
            joined='431["joined"]',
            leave='421["leave","media.9{n}"]',
            left='431["left"]',
        ),
    )


def _nchan(directory: Path) -> Listeners:
    publication = request("POST", "/publish/media.{n}", MESSAGE)
    return Listeners(nginx.start(directory), "/media.{n}", MARK, publication)


_STARTS: dict[str, Callable[[Path], Listeners]] = {
    "groundswell": _service,
    "groundswell-broker": _broker,
    "groundswell-socketio": _broker_socketio,
    "groundswell-sse": _broker_sse,
    "ws": _ws,
    "socketio": _socketio,
    "nchan": _nchan,
}
