"""Single-use tickets: how a browser shows who it is where it cannot send a header.

A ticket stands in the address of the request it opens, so it may end up in logs. That does no
harm: it works once, for half a minute, and for the page it was made for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from secrets import token_urlsafe
from typing import Final, Protocol

import msgspec

from groundswell.access.principal import Principal
from groundswell.contract.errors import Unauthenticated
from groundswell.contract.times import SECOND, Clock, now
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.grants import Grants

LIFETIME: Final = 30 * SECOND
PREFIX: Final = "tk_"
LONGEST: Final = 128

_encode = msgspec.json.Encoder().encode


class TicketStore(Protocol):
    """Keeps what tickets stand for; where several processes answer, all of them need the same."""

    async def put(self, key: str, value: bytes, lifetime: int) -> None:
        """Keep ``value`` for ``lifetime`` microseconds."""

    async def take(self, key: str) -> bytes | None:
        """The value, which is gone from then on: of several takers at once one gets it."""


class TicketsInMemory:
    """The tickets of a single process; beyond ``most`` the oldest are forgotten."""

    def __init__(self, clock: Clock, *, most: int = 100_000) -> None:
        self._clock = clock
        self._most = most
        self._kept: dict[str, tuple[int, bytes]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    async def put(self, key: str, value: bytes, lifetime: int) -> None:
        """Keep ``value`` for ``lifetime`` microseconds. All lifetimes should be the same."""
        at = self._clock()
        self._kept[key] = (at + lifetime, value)
        while self._kept:
            oldest = next(iter(self._kept))
            if len(self._kept) <= self._most and self._kept[oldest][0] > at:
                break
            del self._kept[oldest]

    async def take(self, key: str) -> bytes | None:
        """The value, if its time is not over."""
        expires_at, value = self._kept.pop(key, (0, b""))
        return value if expires_at > self._clock() else None


class _Kept(msgspec.Struct, frozen=True):
    """Whose ticket it is, and the page it was made for; ``own``: that is a page of our own.

    The rest is what limits the token that asked for it, and so the ticket.
    """

    user_id: str
    session_id: str | None
    scopes: list[str]
    origin: str | None
    own: bool
    grants: dict[str, list[str]] | None
    issued_at: int | None
    expires_at: int | None
    client_id: str | None


_decode = msgspec.json.Decoder(_Kept).decode


class Ticket(msgspec.Struct, frozen=True, rename="camel"):
    """What to put into the address as ``ticket``, and the milliseconds within which to do it."""

    ticket: str
    expires_in_ms: int


class Tickets:
    """Makes tickets and takes them back. A ticket opens no more than its token, nor for longer.

    Args:
        store: where they are kept, under a hash: who reads the store cannot use them.
        is_revoked: whether a session has ended since.
        clock: the time, by which tokens end.
    """

    def __init__(
        self,
        store: TicketStore,
        *,
        is_revoked: Callable[[str | None], bool] = lambda _: False,
        clock: Clock = now,
    ) -> None:
        self._store = store
        self._is_revoked = is_revoked
        self._clock = clock

    async def issue(self, caller: Credentials, origin: str | None, *, own: bool) -> Ticket:
        """A ticket for the user, to be shown from pages of ``origin`` only.

        Args:
            caller: a user, and what their token is limited to.
            origin: of the page that asks; None if a program does.
            own: whether that is a page of this service itself. Browsers name no origin in some
                requests to the page's own host.

        Raises:
            Unauthenticated: the caller is nobody.
        """
        if caller.user_id is None:
            raise Unauthenticated("This needs a user's access token.")
        ticket = PREFIX + token_urlsafe(24)
        await self._store.put(_key(ticket), _encode(_keep(caller, origin, own=own)), LIFETIME)
        return Ticket(ticket, LIFETIME // 1_000)

    async def redeem(
        self, ticket: str, origin: str | None, address: str = ""
    ) -> Credentials | None:
        """What the ticket stands for, once; ``origin`` is that of the request that shows it.

        A ticket that was shown is used up, even by the wrong page. ``address`` is the client's.
        """
        if len(ticket) > LONGEST or not ticket.startswith(PREFIX):
            return None
        found = await self._store.take(_key(ticket))
        if found is None:
            return None
        kept = _decode(found)
        shown = _plain(origin)
        if shown != kept.origin and not (shown is None and kept.own):
            return None
        if self._is_revoked(kept.session_id):
            return None
        if kept.expires_at is not None and kept.expires_at <= self._clock():
            return None
        return _held(kept, address)

    async def admit(self, ticket: str, origin: str | None, caller: Credentials) -> Credentials:
        """What the ticket stands for, shown by ``caller``.

        Raises:
            Unauthenticated: the ticket is unknown, used up or too old, its token or its sign-in
                has ended, it was made for another page, or the request itself shows somebody else.
        """
        found = await self.redeem(ticket, origin, caller.principal.address)
        if found is None:
            raise Unauthenticated("The ticket is unknown, used, too old, or for another page.")
        if caller.user_id not in (None, found.user_id):
            raise Unauthenticated("The ticket is another user's.")
        return found


def _keep(caller: Credentials, origin: str | None, *, own: bool) -> _Kept:
    return _Kept(
        user_id=caller.user_id or "",
        session_id=caller.session_id,
        scopes=sorted(caller.principal.scopes),
        origin=_plain(origin),
        own=own,
        grants=caller.grants.patterns(),
        issued_at=caller.issued_at,
        expires_at=caller.expires_at,
        client_id=caller.client_id,
    )


def _held(kept: _Kept, address: str) -> Credentials:
    return Credentials(
        Principal("user", kept.user_id, address, kept.session_id, frozenset(kept.scopes)),
        grants=Grants.of(kept.grants),
        issued_at=kept.issued_at,
        expires_at=kept.expires_at,
        client_id=kept.client_id,
    )


def _key(ticket: str) -> str:
    return hashlib.sha256(ticket.encode()).hexdigest()


def _plain(origin: str | None) -> str | None:
    return None if origin is None else origin.strip().rstrip("/").lower()
