"""The seam between whoever publishes and the hubs: offsets, short history, attachment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from groundswell.realtime.messages import Envelope, Publication

Receiver = Callable[[Sequence[Envelope]], None]
"""Takes envelopes in order of publication. It must not block."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a topic stands.

    ``epoch`` names one life of its stream: offsets of different epochs do not compare. ``offset``
    is the newest, 0 if there was none; ``lowest`` the oldest still kept, ``offset + 1`` if none is.
    """

    epoch: str
    offset: int
    lowest: int


@dataclass(frozen=True, slots=True)
class History:
    """Envelopes in order of offset.

    ``complete`` says that nothing is missing between the position asked for and the first of them.
    If as many came as were asked for, there may be more after the last.
    """

    envelopes: list[Envelope]
    complete: bool


class Broker(Protocol):
    """Gives every publication its offset and hands it to all attached receivers."""

    @property
    def keeps_history(self) -> bool:
        """Whether ``history`` can answer anything at all."""

    async def publish(self, publications: Sequence[Publication]) -> None:
        """Publish in this order, which must be that of ``seq``.

        All publications of one occurrence (one ``seq``) belong in one call, so that a subscriber
        of several of their topics gets them together.
        """

    async def history(
        self,
        topic: str,
        *,
        after_offset: int | None = None,
        after_seq: int | None = None,
        limit: int = 300,
    ) -> History:
        """What followed a position, oldest first; without a position, the newest ``limit``."""

    async def position(self, topic: str) -> Position:
        """Where the topic stands; a topic never published to stands at offset 0."""

    def attach(self, receiver: Receiver) -> None:
        """Hand every later publication to ``receiver`` too."""
