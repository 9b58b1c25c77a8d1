"""The caller of a request, and the keys under which a caller acts, votes and is limited."""

from __future__ import annotations

from typing import Literal

import msgspec

from groundswell.access.hashing import AddressHasher
from groundswell.contract.ids import ActorKey, VoterKey, user_actor

PrincipalKind = Literal["visitor", "user", "host"]


class Principal(msgspec.Struct, frozen=True):
    """Who is calling.

    Attributes:
        kind: a visitor without credentials, a user of the host application, or the host itself.
        user_id: set for users only.
        address: the canonical address of the client.
        session_id: of a user's token, else of the visitor's cookie.
        scopes: what a user's token allows beyond what every user may do.
        key_id: which key the host showed, for the host itself.
    """

    kind: PrincipalKind
    user_id: str | None
    address: str
    session_id: str | None
    scopes: frozenset[str] = frozenset()
    key_id: str | None = None


class RateKey(msgspec.Struct, frozen=True):
    """Whom a limit counts.

    Attributes:
        current: a user, or the hash of an address under today's key.
        previous: the hash of the same address under yesterday's key, if it has one.
    """

    current: str
    previous: str | None = None


def log_key(principal: Principal, hasher: AddressHasher) -> ActorKey:
    """Under which name what they do is logged: ``user:<id>``, or the hash of the address."""
    if principal.user_id is not None:
        return ActorKey(user_actor(principal.user_id))
    return ActorKey(hasher.hash("log", principal.address))


def vote_key(principal: Principal, hasher: AddressHasher, media_file_id: int) -> VoterKey:
    """Under which name they hold their one vote on a file."""
    if principal.user_id is not None:
        return VoterKey(user_actor(principal.user_id))
    return VoterKey(hasher.hash_vote(principal.address, media_file_id))


def rate_key(principal: Principal, hasher: AddressHasher) -> RateKey | None:
    """Whom a rate limit counts; None for the host, which answers for its own calls."""
    if principal.kind == "host":
        return None
    if principal.user_id is not None:
        return RateKey(user_actor(principal.user_id))
    address = principal.address
    return RateKey(hasher.hash("rate", address), hasher.previous("rate", address))
