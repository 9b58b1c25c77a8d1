"""Who is connected: how many of one user, and which connection a client id belongs to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from groundswell.realtime.codes import CloseCode

if TYPE_CHECKING:
    from groundswell.realtime.gateway.connection import Connection


class Registry:
    """The connections of this process. ``per_user`` and ``per_address`` 0 mean any number."""

    def __init__(self, *, per_user: int, per_address: int) -> None:
        self._per_user = per_user
        self._per_address = per_address
        self._connections: dict[Connection, tuple[str, ...]] = {}
        self._counts: Counter[str] = Counter()
        self._clients: dict[tuple[str, str], Connection] = {}

    def __len__(self) -> int:
        return len(self._connections)

    def __iter__(self) -> Iterator[Connection]:
        return iter(tuple(self._connections))

    def join(self, connection: Connection) -> bool:
        """Count a connection under its address and its user; False if there are too many."""
        address = connection.session.credentials.principal.address
        self._connections[connection] = ()
        return self._count(connection, f"address:{address}", self._per_address) and self.identify(
            connection
        )

    def identify(self, connection: Connection) -> bool:
        """Count a connection whose user is known now; False if the user has too many."""
        user_id = connection.session.credentials.user_id
        if user_id is None:
            return True
        return self._count(connection, f"user:{user_id}", self._per_user)

    def claim(self, connection: Connection) -> None:
        """Let the connection have its client id; the former one with the same is closed.

        Only users own client ids: a visitor's could be taken by anybody who guesses it.
        """
        session = connection.session
        user_id, client_id = session.credentials.user_id, session.client_id
        if user_id is None or client_id is None:
            return
        former = self._clients.get((user_id, client_id))
        self._clients[user_id, client_id] = connection
        if former is not None and former is not connection:
            former.close(CloseCode.TAKEN_OVER, "taken over by another connection of this clientId")

    def leave(self, connection: Connection) -> None:
        """Forget a connection."""
        for name in self._connections.pop(connection, ()):
            self._counts[name] -= 1
            if not self._counts[name]:
                del self._counts[name]
        session = connection.session
        key = (session.credentials.user_id or "", session.client_id or "")
        if self._clients.get(key) is connection:
            del self._clients[key]

    def _count(self, connection: Connection, name: str, most: int) -> bool:
        counted = self._connections[connection]
        if name in counted:
            return True
        if most and self._counts[name] >= most:
            return False
        self._counts[name] += 1
        self._connections[connection] = (*counted, name)
        return True
