"""An event as other systems have it: all its fields, with times and money as answers write them.

The log keeps microseconds and minor units. What leaves the service has RFC 3339 and decimals, the
names that go with them, and the event's ``timestamp``; no field is left out. The form is derived
from the struct that is logged, so that what is sent and its schema cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, reduce
from operator import or_
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

import msgspec
from msgspec import Meta, structs

from groundswell.contract.events import Event, LoggedEvent
from groundswell.contract.money import to_money
from groundswell.contract.times import to_rfc3339
from groundswell.contract.units import INSTANT, said_of

Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
Decimals = Annotated[str, Meta(pattern=r"^-?\d+(\.\d+)?$")]

Write = Callable[[Any, str], Any]
"""Writes a value; the text is the currency of what it is part of."""

_TIMESTAMP: Final = "timestamp"


class _Field(msgspec.Struct, frozen=True):
    """A field of the struct, the name and the type it has outside, and how it is written."""

    attribute: str
    name: str
    annotation: Any
    write: Write | None


def outward(logged: LoggedEvent) -> dict[str, Any]:
    """The event's data as they are sent, for a JSON encoder."""
    return _written(logged.event, "") | {_TIMESTAMP: to_rfc3339(logged.at)}


@cache
def outward_struct(event: type[Event]) -> type[msgspec.Struct]:
    """A struct of what is sent of an event, to describe it by."""
    return _struct(event, (_TIMESTAMP, Moment))


@cache
def _fields(struct: type[msgspec.Struct]) -> tuple[_Field, ...]:
    return tuple(_field(one) for one in structs.fields(struct))


def _field(one: structs.FieldInfo) -> _Field:
    annotation, write = _form(one.type)
    return _Field(one.name, _name(one), annotation, write)


def _name(one: structs.FieldInfo) -> str:
    said = reduce(or_, [said_of(part) for part in (one.type, *get_args(one.type))])
    if "name" in said:
        return str(said["name"])
    kind = one.encode_name.removesuffix("Minor")
    if said.get("unit") in (None, INSTANT) or kind == one.encode_name:
        return one.encode_name
    return kind if kind == "amount" else f"{kind}Amount"


def _form(annotation: Any) -> tuple[Any, Write | None]:
    """What is written of a type of field, and how; the type itself and None if it stays."""
    unit = said_of(annotation).get("unit")
    if unit is not None:
        return (Moment, _moment) if unit == INSTANT else (Decimals, _decimal)
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        changes = any(one.write is not None for one in _fields(annotation))
        return (_part(annotation), _written) if changes else (annotation, None)
    if get_origin(annotation) in (Union, UnionType):
        forms = [_form(one) for one in get_args(annotation)]
        write = next((one for _, one in forms if one is not None), None)
        return reduce(or_, [one for one, _ in forms]), write and _unless_none(write)
    return annotation, None


@cache
def _part(struct: type[msgspec.Struct]) -> type[msgspec.Struct]:
    return _struct(struct)


def _struct(struct: type[msgspec.Struct], *more: tuple[str, Any]) -> type[msgspec.Struct]:
    return msgspec.defstruct(
        struct.__name__,
        [*((one.name, one.annotation) for one in _fields(struct)), *more],
        namespace={"__doc__": struct.__doc__},
        kw_only=True,
        forbid_unknown_fields=True,
    )


def _written(value: msgspec.Struct, currency: str) -> dict[str, Any]:
    currency = getattr(value, "currency", None) or currency
    found = {}
    for one in _fields(type(value)):
        part = getattr(value, one.attribute)
        found[one.name] = part if one.write is None else one.write(part, currency)
    return found


def _unless_none(write: Write) -> Write:
    return lambda value, currency: None if value is None else write(value, currency)


def _moment(instant: int, _: str) -> str:
    return to_rfc3339(instant)


def _decimal(minor: int, currency: str) -> str:
    return str(to_money(minor, currency).amount)
