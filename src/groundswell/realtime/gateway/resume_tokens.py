"""Resume tokens: what a session was, so that its client need not say it all again.

A token authenticates nobody: it is worth something only beside the credentials of the same user.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Final

import msgspec

from groundswell.contract.times import HOUR

LIFE: Final = 24 * HOUR
_PREFIX: Final = "rt_"
_MAC_BYTES: Final = 16


class FormerTopic(msgspec.Struct, frozen=True, array_like=True):
    """A topic of it: the newest place that is known to be told, and what was acknowledged."""

    name: str
    epoch: str = ""
    offset: int = 0
    acked: tuple[str, int] | None = None


class FormerSession(msgspec.Struct, frozen=True, array_like=True):
    """What a session was.

    ``policy`` names the state of the rights under which its ``topics`` were granted.
    """

    session_id: str
    user_id: str | None
    client_id: str | None
    topics: list[FormerTopic]
    policy: str
    expires_at: int


class ResumeTokens:
    """Signs sessions and recognizes them. ``key`` has 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._encode = msgspec.json.Encoder().encode
        self._decode = msgspec.json.Decoder(FormerSession).decode

    def issue(self, session: FormerSession) -> str:
        """The token of a session."""
        body = self._encode(session)
        return _PREFIX + urlsafe_b64encode(self._mac(body) + body).decode().rstrip("=")

    def read(self, token: str, user_id: str | None, now: int) -> FormerSession | None:
        """The session, if the token is ours, of this user, and not too old."""
        if not token.startswith(_PREFIX) or not token.isascii():
            return None
        text = token.removeprefix(_PREFIX)
        try:
            content = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except ValueError:
            return None
        mac, body = content[:_MAC_BYTES], content[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(body)):
            return None
        try:
            session = self._decode(body)
        except msgspec.DecodeError:  # of another version
            return None
        if session.user_id != user_id or now >= session.expires_at:
            return None
        return session

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, sha256)[:_MAC_BYTES]
