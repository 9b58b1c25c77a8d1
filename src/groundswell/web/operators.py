"""Who may see the page of operators: whoever showed an API key in this session, for an hour."""

from __future__ import annotations

import hashlib
import hmac

from groundswell.contract.times import SECOND, Clock

COOKIE = "gs_operator"
PATH = "/ops"
LASTS_SECONDS = 3600

_PURPOSE = b"groundswell operator\n"


class OperatorPasses:
    """Makes and checks what the cookie holds: when it ends, and an HMAC of that and the session.

    Nothing is stored, and the key is not in it. Copied into another session it is worth nothing.
    """

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key = key
        self._clock = clock

    def issue(self, session_id: str) -> str:
        """A pass for this session from now on."""
        ends = self._clock() // SECOND + LASTS_SECONDS
        return f"{ends}.{self._seal(session_id, ends)}"

    def admits(self, session_id: str | None, shown: str | None) -> bool:
        """Whether a pass was shown that is of this session and has not ended."""
        ends, _, seal = (shown or "").partition(".")
        if session_id is None or not (ends.isascii() and ends.isdigit()) or len(ends) > 12:
            return False
        valid = hmac.compare_digest(self._seal(session_id, int(ends)).encode(), seal.encode())
        return valid and self._clock() // SECOND < int(ends)

    def _seal(self, session_id: str, ends: int) -> str:
        message = _PURPOSE + f"{ends}\n{session_id}".encode()
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()
