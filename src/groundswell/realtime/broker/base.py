"""The seam between whoever publishes and the hubs: offsets, short history, attachment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from groundswell.contract.errors import Unavailable
from groundswell.realtime.messages import Envelope, Publication
from groundswell.realtime.topics import UnknownTopic, is_state

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


class Degraded(Unavailable):
    """What keeps histories does not answer: live delivery goes on, the past waits."""

    code = "degraded"

    def __init__(self) -> None:
        super().__init__("History is not available now; live delivery goes on.", retry_after=2)


class Broker(Protocol):
    """Gives every publication its offset and hands it to all attached receivers."""

    @property
    def keeps_history(self) -> bool:
        """Whether ``history`` can answer anything at all now."""

    async def publish(self, publications: Sequence[Publication]) -> None:
        """Publish in this order, which must be that of ``seq``.

        All publications of one occurrence (one ``seq``) belong in one call, so that a subscriber
        of several of their topics gets them together. What is published is known by its place in
        the log: an event that was published before, by whomever, is left out. So is a state that
        is older than the last of its topic, or is that very one (the same ``id``).
        """

    async def history(
        self,
        topic: str,
        *,
        after_offset: int | None = None,
        after_seq: int | None = None,
        limit: int = 300,
    ) -> History:
        """What followed a position, oldest first; without a position, the newest ``limit``.

        Raises:
            Degraded: the histories cannot be read now.
        """

    async def position(self, topic: str) -> Position:
        """Where the topic stands; a topic never published to stands at offset 0."""

    async def renew(self, topic: str, epoch: str, beyond: int) -> Position:
        """Begin a new epoch of a topic whose stream has lost its end; where it stands then.

        It has if it still is in ``epoch`` and does not reach ``beyond``, an offset that it gave
        before: otherwise nothing happens, so asking with ``beyond`` 0 changes nothing. The history
        of the old epoch is forgotten. The position is that for all processes, of which this one
        may not have heard everything yet.

        Raises:
            Degraded: that cannot be done now.
        """

    def attach(self, receiver: Receiver) -> None:
        """Hand every later publication to ``receiver`` too."""


def keeps_newest_only(publication: Publication) -> bool:
    """Whether nothing before the publication is worth keeping: it is the state of its topic."""
    try:
        return publication.state and is_state(publication.topic)
    except UnknownTopic:
        return False
