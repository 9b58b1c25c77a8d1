"""Where the schemas of events are read."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Router, get
from litestar.params import PathParameter

from groundswell.contract.errors import NotFound
from groundswell.contract.events import EVENT_TYPES
from groundswell.domains.webhooks.schemas import event_schema

TypeInPath = Annotated[str, PathParameter(max_length=100, description="The type of an event.")]


def schema_router(source: str) -> Router:
    """The routes under ``/v1``; ``source`` is where this service is reached."""

    @get("/events/schemas", summary="The schemas of all events", sync_to_thread=False)
    def get_schemas() -> dict[str, Any]:
        """By event type: JSON Schemas of CloudEvents, as webhooks have them."""
        return {name: event_schema(one, source) for name, one in sorted(EVENT_TYPES.items())}

    @get(
        "/events/schemas/{event_type:str}",
        summary="The schema of an event",
        sync_to_thread=False,
    )
    def get_schema(event_type: TypeInPath) -> dict[str, Any]:
        """The JSON Schema of one type of event."""
        if event_type not in EVENT_TYPES:
            raise NotFound("There is no such event")
        return event_schema(EVENT_TYPES[event_type], source)

    return Router("/v1", route_handlers=[get_schemas, get_schema], tags=["Events"])
