"""What slices ask before they show what people wrote: a port, and nothing of who answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from groundswell.contract.errors import Invalid


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """Something somebody wants everybody to read.

    ``payload`` is all that is needed to publish it later, as the slice that is to do it encoded it.
    ``attempt`` is equal for repeats of the same request, if the caller promised that.
    """

    kind: str
    text: str
    author_id: str | None
    payload: bytes
    attempt: str | None = None


class ContentRejected(Invalid):
    """The text is not accepted here. Nothing was kept of it."""

    code = "content_rejected"
    title = "Content rejected"


Gate = Callable[[Submission], Awaitable[str | None]]
"""None if it may be shown now; the id under which it waits for a review, if it is held.

Raises:
    ContentRejected: it may not be shown at all.
"""

Release = Callable[[bytes, str], Awaitable[None]]
"""Publish what was approved: its payload, and the id under which it happens once."""


async def open_gate(_: Submission) -> str | None:
    """Where nothing is looked at."""
    return None
