"""JSON Schemas of all events, in the envelope in which they are sent; made of their structs."""

from __future__ import annotations

from inspect import getdoc
from typing import Any, Final

import msgspec

from groundswell.contract.events import Event
from groundswell.contract.outward import outward_struct
from groundswell.domains.webhooks.envelope import SEQUENCE_DIGITS, schema_url

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_TEXT: Final[dict[str, Any]] = {"type": "string", "minLength": 1}
_TIME: Final[dict[str, Any]] = {"type": "string", "format": "date-time"}


def event_schema(struct: type[Event], source: str) -> dict[str, Any]:
    """The schema of one event. ``source`` is where this service is reached."""
    (data,), parts = msgspec.json.schema_components(
        [outward_struct(struct)], ref_template="#/$defs/{name}"
    )
    properties: dict[str, Any] = {
        "specversion": {"const": "1.0"},
        "id": _TEXT,
        "source": _TEXT | {"format": "uri-reference"},
        "type": {"const": struct.event_type},
        "subject": _TEXT,
        "time": _TIME,
        "recordedtime": _TIME,
        "sequence": {"type": "string", "pattern": rf"^\d{{{SEQUENCE_DIGITS}}}$"},
        "partitionkey": _TEXT,
        "privacy": {"const": struct.privacy},
        "critical": {"const": struct.critical},
        "datacontenttype": {"const": "application/json"},
        "dataschema": {"type": "string", "format": "uri"},
        "data": data,
    }
    return {
        "$schema": DIALECT,
        "$id": schema_url(source, struct.event_type),
        "title": struct.event_type,
        "description": " ".join((getdoc(struct) or "").split()),
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        "$defs": parts,
    }
