"""Which addresses belong to machines in a data centre rather than to people at home."""

from __future__ import annotations

from functools import lru_cache

import iporigin

from groundswell.access.addresses import host_part


@lru_cache(maxsize=16_384)
def is_hosted(address: str) -> bool:
    """Whether a canonical address is known to be a cloud's or a hosting company's.

    The ranges that these publish are part of the package ``iporigin``, as of its release; nothing
    is asked over the network. Relays and VPNs, behind which people are, do not count, nor do
    addresses of which nothing is known.
    """
    origin = iporigin.classify(host_part(address))  # type: ignore[no-untyped-call]
    return bool(origin.kind == "hosting")
