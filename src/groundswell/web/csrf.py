"""Tokens that prove a form came from a page of ours, bound to the visitor's session cookie."""

from __future__ import annotations

import hashlib
import hmac

from groundswell.contract.errors import Forbidden

_PURPOSE = b"groundswell form token\n"


class FormExpired(Forbidden):
    """This form is no longer valid. Please open the page again and repeat what you did."""

    code = "form_expired"
    title = "This form has expired"

    def __init__(self) -> None:
        super().__init__(
            "This form is no longer valid. Please open the page again and repeat what you did."
        )


class FormTokens:
    """Makes and checks the hidden token of every form: an HMAC of the session id.

    Another site can make a browser send our cookie, but cannot read it, so it cannot know the
    token. Nothing is stored; a token lives as long as its session.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def token(self, session_id: str) -> str:
        """The token of this session, 64 hexadecimal digits."""
        message = _PURPOSE + session_id.encode()
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()

    def check(self, session_id: str | None, token: str) -> None:
        """Pass silently if the token belongs to the session.

        Raises:
            FormExpired: it does not, or the request carries no session.
        """
        if session_id is None:
            raise FormExpired
        if not hmac.compare_digest(self.token(session_id).encode(), token.encode()):
            raise FormExpired
