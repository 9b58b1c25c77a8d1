"""The dependency ``idempotency`` of routes that write."""

from __future__ import annotations

from litestar.di import NamedDependency

from groundswell.access.hashing import AddressHasher
from groundswell.access.principal import Principal, log_key
from groundswell.http.body import ApiRequest
from groundswell.http.headers import header
from groundswell.http.idempotency import idempotency_key
from groundswell.store.commands import Idempotency

_SENT_AS = b"idempotency-key"


class Attempts:
    """Finds which attempt a request is, from its ``Idempotency-Key``."""

    def __init__(self, hasher: AddressHasher) -> None:
        self._hasher = hasher

    async def provide(
        self, request: ApiRequest, caller: NamedDependency[Principal]
    ) -> Idempotency | None:
        """The attempt, or None if the request names none.

        Raises:
            Invalid: the header is malformed.
        """
        sent = header(request.scope, _SENT_AS)
        if sent is None:
            return None
        name = "host" if caller.kind == "host" else log_key(caller, self._hasher)
        attempt = idempotency_key(
            sent,
            caller=name,
            method=request.method,
            path=request.url.path,
            body=await request.body(),
        )
        return None if attempt is None else Idempotency("http", attempt.key, attempt.fingerprint)
