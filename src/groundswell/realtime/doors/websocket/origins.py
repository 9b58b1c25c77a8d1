"""Which pages may open a connection from a browser."""

from __future__ import annotations

from groundswell.http.cors import ANY_ORIGIN
from groundswell.realtime.doors.websocket.endpoint import Upgrade


def allows(origins: frozenset[str], upgrade: Upgrade) -> bool:
    """Whether the request comes from our own host, from one of ``origins``, or from no page.

    Only browsers send an Origin, and they always do: a program without one acts for nobody but
    itself. Schemes are not compared with our own host's: a proxy may have taken the TLS off.
    """
    if upgrade.origin is None or ANY_ORIGIN in origins:
        return True
    origin = upgrade.origin.lower()
    host = upgrade.headers.get("Host")
    return origin in origins or (host is not None and origin.partition("://")[2] == host.lower())
