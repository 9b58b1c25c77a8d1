"""What happens to the endpoints that webhooks are sent to."""

from __future__ import annotations

from typing import ClassVar, Literal

from groundswell.contract.events.base import Event

DisabledReason = Literal["host", "failing", "gone"]


class EndpointEvent(Event, frozen=True, kw_only=True):
    """Something about one endpoint. ``origin`` is its address without the path."""

    endpoint_id: str
    origin: str

    @property
    def partition_key(self) -> str:
        """The life of an endpoint stays in order."""
        return f"webhook.{self.endpoint_id}"


class EndpointCreated(EndpointEvent, frozen=True, kw_only=True):
    """Events are sent to a new address; those that follow this one."""

    event_type: ClassVar[str] = "webhook.endpoint.created"
    events: tuple[str, ...]


class EndpointUpdated(EndpointEvent, frozen=True, kw_only=True):
    """An endpoint has another address, wants other events, has a new secret, or is enabled again.

    ``changed`` names what is different.
    """

    event_type: ClassVar[str] = "webhook.endpoint.updated"
    changed: tuple[str, ...]


class EndpointDisabled(EndpointEvent, frozen=True, kw_only=True):
    """Nothing is sent to an endpoint any more, because the host said so, or it did, or it did
    nothing but fail for days.
    """

    event_type: ClassVar[str] = "webhook.endpoint.disabled"
    reason: DisabledReason


class EndpointDeleted(EndpointEvent, frozen=True, kw_only=True):
    """An endpoint is gone, and what waited for it."""

    event_type: ClassVar[str] = "webhook.endpoint.deleted"


class EndpointTested(EndpointEvent, frozen=True, kw_only=True):
    """The host wants to see whether an endpoint works: sent to that endpoint alone."""

    event_type: ClassVar[str] = "webhook.endpoint.tested"


EVENTS: tuple[type[Event], ...] = (
    EndpointCreated,
    EndpointUpdated,
    EndpointDisabled,
    EndpointDeleted,
    EndpointTested,
)
