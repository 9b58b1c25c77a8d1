"""Reading ``Idempotency-Key``: what names one attempt, and what it tried to do."""

from __future__ import annotations

import re
from hashlib import blake2b

import msgspec

from groundswell.contract.errors import Invalid

HEADER = "Idempotency-Key"
_VISIBLE = re.compile(rb"[\x21-\x7e]{1,255}")


class IdempotencyKey(msgspec.Struct, frozen=True):
    """One attempt of one caller.

    ``key`` is a hash of caller and header, so that callers cannot meet each other's attempts and
    what is stored has a fixed size. ``fingerprint`` is a hash of what was asked: the same key with
    another fingerprint is a mistake of the client.
    """

    key: str
    fingerprint: str


def idempotency_key(
    sent: bytes | None, *, caller: str, method: str, path: str, body: bytes
) -> IdempotencyKey | None:
    """The attempt this request belongs to, or None if it names none.

    ``caller`` is a stable name of who asks that may be stored: a user id or a keyed hash.

    Raises:
        Invalid: the header is not 1-255 visible ASCII characters.
    """
    if sent is None:
        return None
    if not _VISIBLE.fullmatch(sent):
        raise Invalid.at(HEADER, "Must be 1 to 255 visible ASCII characters")
    return IdempotencyKey(
        key=digest(caller.encode(), sent),
        fingerprint=digest(method.encode(), path.encode(), body),
    )


def digest(*parts: bytes) -> str:
    """A hash in which no two lists of parts look alike: each part is preceded by its length."""
    state = blake2b(digest_size=32)
    for part in parts:
        state.update(len(part).to_bytes(8, "big") + part)
    return state.hexdigest()
