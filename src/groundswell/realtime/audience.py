"""Events that are for some of those who hear a topic: looked at for each receiver, at every door.

What is told stays the same bytes for all who get it: whom it is for stands beside them.
"""

from __future__ import annotations

from typing import Final

from groundswell.access.principal import Principal
from groundswell.realtime.messages import Envelope

NOBODY: Final = Principal("visitor", None, "", None)


def is_for(envelope: Envelope, receiver: Principal) -> bool:
    """Whether the event is for this receiver. What the host says to some it may hear itself."""
    audience = envelope.publication.audience
    if audience is None:
        return True
    return receiver.user_id in audience or (receiver.kind == "host" and bool(audience))
