"""Between a door and the gateway: what a transport can do, and what it is given to talk to.

A door only carries. It turns frames of its protocol into JSON messages and back, and writes the
bytes it is handed; who may hear what, and in which order, is the gateway's affair.
"""

from __future__ import annotations

from typing import Literal, Protocol

from groundswell.access.principal import Principal
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.messages import Envelope

Transport = Literal["websocket", "socketio", "polling"]


class Link(Protocol):
    """One client's transport, as the gateway uses it. Nothing here blocks or raises."""

    @property
    def transport(self) -> Transport:
        """Which door this is."""
        ...

    @property
    def pending_bytes(self) -> int:
        """What was handed over and the client has not taken yet."""
        ...

    def send(self, message: bytes) -> None:
        """Write one message of the protocol, JSON in UTF-8."""
        ...

    def send_event(self, envelope: Envelope) -> None:
        """Write an EVENT. The door's own encoding of it is made once, by ``envelope.encoded``."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Say why and end the connection, after what was written before."""
        ...


class Client(Protocol):
    """One connected client, as its door uses it. Everything is called from the event loop."""

    def receive(self, message: bytes | str) -> None:
        """A message came. What has to wait for something is done in the background, in order."""
        ...

    def drained(self) -> None:
        """The transport took what was pending: the gateway may go on."""
        ...

    def gone(self) -> None:
        """The connection is over, whoever ended it."""
        ...


class Gateway(Protocol):
    """Takes connections from doors."""

    def connect(
        self,
        link: Link,
        caller: Principal,
        *,
        origin: str | None,
        credentials: Credentials | None = None,
    ) -> Client:
        """A new connection; ``caller`` is who the request itself showed, a visitor or a user.

        ``credentials`` say more about ``caller``: when the token ends, what it is limited to.

        Raises:
            Unavailable: no connection can be taken now.
        """
        ...
