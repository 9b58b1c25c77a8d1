"""A stream door with all that is behind it, and clients of it without a network."""

from __future__ import annotations

from random import Random
from typing import Any

from groundswell.realtime.broker.memory import MemoryBroker
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.doors.sse import Pacing, SseDoor
from groundswell.realtime.hub import Hub
from groundswell.realtime.messages import Publication
from tests.unit.realtime.builders import person
from tests.unit.realtime.event_stream import AsgiClient, EventStreamReader, settle
from tests.unit.realtime.recorded_log import RecordedLog


class Service:
    """A door with all that is behind it; `restart` loses what is only in memory."""

    def __init__(self, **door: object) -> None:
        self.options = {"pacing": Pacing(heartbeat=(900, 900), stall=900), **door}
        self.log = RecordedLog()
        self.states: dict[str, bytes] = {}
        self.clients: list[AsgiClient] = []
        self.restart()

    def restart(self) -> None:
        self.hub = Hub()
        self.broker = MemoryBroker(after_seq=self.log.delivered)
        self.broker.attach(self.hub.deliver)
        self.door = SseDoor(
            self.hub,
            self.broker,
            self.log,
            self.states.get,
            random=Random(7),
            **self.options,  # type: ignore[arg-type]
        )

    async def publish(self, *publications: Publication) -> None:
        self.log.publications += [one for one in publications if one.seq > self.log.top]
        await self.broker.publish(publications)
        self.log.delivered = publications[-1].seq

    async def connect(
        self,
        topics: str | None = "activity",
        last: str | None = None,
        reader: EventStreamReader | None = None,
        viewer: Credentials | None = None,
        **asked: Any,
    ) -> AsgiClient:
        """A client of these topics, or of the plain activity stream."""
        client = AsgiClient(reader)
        self.clients.append(client)
        if topics is None:
            client.connect(self.door.activity(last))
        else:
            client.connect(await self.door.stream(topics, viewer or person(), last, **asked))
        await settle()
        return client


def seqs(client: AsgiClient) -> list[int]:
    return [message.data["seq"] for message in client.reader.named("EVENT")]


def names(client: AsgiClient) -> list[str]:
    return [message.event for message in client.reader.messages]
