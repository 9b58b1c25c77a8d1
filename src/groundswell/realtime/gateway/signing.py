"""Signed events, for those who ask for them."""

from __future__ import annotations

from groundswell.realtime.codes import Code
from groundswell.realtime.gateway.errors import Refused
from groundswell.realtime.gateway.shared import Shared
from groundswell.realtime.messages import Sign


def signer(shared: Shared, *, signed: bool) -> Sign | None:
    """What signs the events that are told to one who asked for it or did not.

    Raises:
        Refused: nothing is signed here.
    """
    if signed and shared.sign is None:
        raise Refused(Code.UNSUPPORTED_FEATURE, "Events are not signed here.")
    return shared.sign if signed else None
