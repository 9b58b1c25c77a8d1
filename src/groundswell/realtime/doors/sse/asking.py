"""What a client of the event streams asks for, and which of it is admitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from groundswell.contract.errors import Forbidden, GroundswellError, Invalid
from groundswell.realtime.doors.sse.blocks import Form
from groundswell.realtime.doors.sse.inbox import InboxStream
from groundswell.realtime.doors.standing import Standing
from groundswell.realtime.messages import Place
from groundswell.realtime.recovery import LogPosition


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked for."""

    topics: frozenset[str]
    form: Form
    standing: Standing
    last: LogPosition | None = None
    places: Mapping[str, Place] = field(default_factory=dict)
    refused: Mapping[str, GroundswellError] = field(default_factory=dict)
    device: InboxStream | None = None

    @property
    def resumes(self) -> bool:
        """Whether the client was here before."""
        return self.last is not None or bool(self.places)

    def names_place(self, topic: str) -> bool:
        """Whether it says up to where it has the topic, by the topic's own offsets."""
        return self.last is None and topic in self.places


def names_in(topics: str) -> list[str]:
    """The topics, separated by commas, that an address names.

    Raises:
        Invalid: it names none.
    """
    names = sorted({part.strip() for part in topics.split(",") if part.strip()})
    if not names:
        raise Invalid.at("topics", "Name at least one topic")
    return names


async def admitted_of(
    names: list[str], standing: Standing, *, returns: bool
) -> tuple[set[str], dict[str, GroundswellError]]:
    """The topics that may be heard; of a client that returns also those that may be no longer.

    A browser comes back with the address it began with: one right that ended since must not cost
    it the other topics.

    Raises:
        GroundswellError: there is no such topic, or not for this client.
    """
    admitted, refused = set[str](), dict[str, GroundswellError]()
    for name in names:
        try:
            admitted.add(await standing.admit(name))
        except Forbidden as error:
            if not returns:
                raise
            refused[name] = error
    if refused and not admitted:
        raise next(iter(refused.values()))
    return admitted, refused


def last_of(text: str | None) -> LogPosition | None:
    """The place in the log that a client heard last, if it was here before."""
    return LogPosition.parse(text) if text else None
