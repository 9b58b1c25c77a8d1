"""What slices ask before they show what people wrote: a port, and nothing of who answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal

import msgspec

from groundswell.contract.errors import Invalid

WhenHeld = Literal["queue", "refuse", "pass"]
"""What becomes of a text that a rule wants looked at: it waits in the queue; it is refused, since
it is of use at once or never; or it passes, since somebody looks at it anyway before it is shown,
or the host says it, who would be asked.
"""


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """Something somebody wants everybody to read.

    ``payload`` is all that is needed to publish it later, as the slice that is to do it encoded it.
    ``attempt`` is equal for repeats of the same request, if the caller promised that.
    """

    kind: str
    text: str
    author_id: str | None
    payload: bytes = b""
    attempt: str | None = None
    when_held: WhenHeld = "queue"


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


_ADDRESSES = frozenset({"url", "image"})


def texts_of(data: Any) -> str:
    """All that can be read in a JSON value, a line each; ``url`` and ``image`` lead elsewhere."""
    if isinstance(data, str):
        return data
    if isinstance(data, dict):
        shown = [texts_of(value) for name, value in data.items() if name not in _ADDRESSES]
    else:
        shown = [texts_of(value) for value in data] if isinstance(data, list) else []
    return "\n".join(one for one in shown if one)
