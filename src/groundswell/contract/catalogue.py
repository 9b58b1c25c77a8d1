"""The catalogue of events, read off their structs: fields, topics, privacy, whether critical."""

from __future__ import annotations

from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import structs

from groundswell.contract.events import Event
from groundswell.contract.events.base import Privacy
from groundswell.contract.outward import outward_struct
from groundswell.contract.units import said_of


@dataclass(frozen=True, slots=True)
class Entry:
    """One event. ``fields``: names in what is sent; ``topics``: patterns of those it is told on
    under its own type, named by the fields that are in them.
    """

    event_type: str
    fields: tuple[str, ...]
    topics: tuple[str, ...]
    privacy: Privacy
    critical: bool


def entry_of(struct: type[Event]) -> Entry:
    """The entry of an event."""
    fields = tuple(one.encode_name for one in structs.fields(outward_struct(struct)))
    return Entry(struct.event_type, fields, topics_of(struct), struct.privacy, struct.critical)


def topics_of(struct: type[Event]) -> tuple[str, ...]:
    """Patterns of the topics, found by asking an event whose texts are their own names.

    What is told only if something is so is told by that event, which says yes to everything.
    """
    return tuple(dict.fromkeys(sample_of(struct).topics()))


def sample_of(struct: type[Any]) -> Any:
    """A struct whose texts are the names of their fields in braces; instants and amounts are 0."""
    return struct(**{one.name: _named(one.encode_name, one.type) for one in structs.fields(struct)})


def _named(name: str, annotation: Any) -> Any:
    """A value for a field: its own name in braces where a text or an id fits."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if said_of(annotation):
        return 0
    if origin is Annotated:
        return _named(name, arguments[0])
    if origin is Literal:
        return arguments[0]
    if origin is Union or origin is UnionType:
        return _named(name, next(one for one in arguments if one is not type(None)))
    if origin in (tuple, list):
        return origin((_named(name, arguments[0]),)) if arguments else origin()
    if origin in (dict, set, frozenset):
        return origin()
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return sample_of(annotation)
    if annotation is bool:
        return True
    if annotation is dict:
        return {}
    return f"{{{name}}}"
