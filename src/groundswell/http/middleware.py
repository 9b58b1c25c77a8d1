"""The layers around the application, from the outside in."""

from __future__ import annotations

from litestar.types import ASGIApp

from groundswell.http.allowed_methods import AllowedMethods
from groundswell.http.callers import SessionCookie
from groundswell.http.cross_site import CrossSiteGuard
from groundswell.http.nul import NulGuard
from groundswell.http.refusals import Refusals
from groundswell.http.request_log import RequestLog
from groundswell.http.security_headers import SecurityHeaders


def surround(
    app: ASGIApp,
    *,
    https: bool = False,
    origins: frozenset[str] = frozenset(),
    log_requests: bool = True,
    refusals: Refusals | None = None,
) -> ASGIApp:
    """The application inside all layers.

    They stand outside of Litestar because its own middleware does not see unknown addresses.
    ``https``: the public address is https. ``origins``: foreign origins that may call.
    ``refusals`` tells what was refused.
    """
    guarded = CrossSiteGuard(AllowedMethods(NulGuard(app)), origins=origins)
    with_sessions = SessionCookie(guarded, https=https)
    decorated = SecurityHeaders(with_sessions, https=https)
    return RequestLog(decorated, log_requests=log_requests, refusals=refusals)
