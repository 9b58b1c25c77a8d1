"""A gateway of few words, for tests of what a door makes of a gateway's messages."""

from __future__ import annotations

from typing import Any

import msgspec

from groundswell.access.principal import Principal
from groundswell.contract.errors import Unavailable
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.link import Client, Link
from groundswell.realtime.messages import Envelope, Publication

ENCODE = msgspec.json.encode


class SmallGateway:
    """Welcomes everybody but the token ``bad``; what is published goes to all who subscribed."""

    def __init__(self) -> None:
        self.clients: list[SmallClient] = []
        self.is_open = True
        self.envelopes: list[Envelope] = []

    def connect(
        self,
        link: Link,
        caller: Principal,
        *,
        origin: str | None,
        credentials: Credentials | None = None,
    ) -> Client:
        if not self.is_open:
            raise Unavailable("Come later.", retry_after=5)
        client = SmallClient(self, link, credentials or Credentials(caller), origin)
        self.clients.append(client)
        return client

    def publish(self, topic: str, data: bytes) -> None:
        """Tell `data` to all subscribers of `topic`, at the next place."""
        seq = len(self.envelopes) + 1
        publication = Publication(topic, "test", f"msg-{seq}", 0, data, seq)
        envelope = Envelope(publication, offset=seq, epoch="e1")
        self.envelopes.append(envelope)
        for client in self.clients:
            if topic in client.topics:
                client.link.send_event(envelope)


class SmallClient:
    """Answers the few messages it knows and remembers everything."""

    def __init__(
        self, gateway: SmallGateway, link: Link, caller: Credentials, origin: str | None
    ) -> None:
        self.gateway = gateway
        self.link = link
        self.caller = caller
        self.origin = origin
        self.heard: list[dict[str, Any]] = []
        self.topics: set[str] = set()
        self.drains = 0
        self.ends = 0

    def receive(self, message: bytes | str) -> None:
        told = msgspec.json.decode(message)
        self.heard.append(told)
        answer = getattr(self, "_" + told["type"].lower(), self._unknown)
        answer(told)

    def drained(self) -> None:
        self.drains += 1

    def gone(self) -> None:
        self.ends += 1
        self.gateway.clients.remove(self)

    def say(self, kind: str, told: dict[str, Any], **fields: Any) -> None:
        ref = {"ref": told["ref"]} if "ref" in told else {}
        self.link.send(ENCODE({"type": kind, **ref, **fields}))

    def _hello(self, told: dict[str, Any]) -> None:
        if told.get("token") == "bad":
            self._fail(told, 1101, "unauthenticated", "The token is not valid.")
        else:
            self.say("WELCOME", told, user=told.get("token"), protocol=told["protocol"])

    def _subscribe(self, told: dict[str, Any]) -> None:
        self.topics.update(told["topics"])
        self.say("SUBSCRIBED", told, topics={topic: {"ok": True} for topic in told["topics"]})
        for topic in told["topics"]:
            self.link.send(ENCODE({"type": "CAUGHT_UP", "topic": topic, "complete": True}))

    def _unsubscribe(self, told: dict[str, Any]) -> None:
        for topic in told["topics"]:
            self.topics.discard(topic)
            self.say("UNSUBSCRIBED", told, topic=topic, code=2000)

    def _publish(self, told: dict[str, Any]) -> None:
        self.say("RESULT", told, results={one["key"]: {"ok": True} for one in told["messages"]})
        for one in told["messages"]:
            self.gateway.publish("activity", ENCODE(one["data"]))

    def _ack(self, told: dict[str, Any]) -> None:
        """Is not answered."""

    def _kick(self, told: dict[str, Any]) -> None:
        self.link.close(told["code"], "because")

    def _unknown(self, told: dict[str, Any]) -> None:
        self._fail(told, 1002, "unknown_type", f"There is no {told['type']}.")

    def _fail(self, told: dict[str, Any], code: int, name: str, text: str) -> None:
        self.say("ERROR", told, code=code, name=name, message=text, retryable=False)
