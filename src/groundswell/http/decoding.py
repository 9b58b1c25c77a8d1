"""Untrusted JSON into typed values, and what is wrong with it in words a caller can act on."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import inspect

from groundswell.contract.errors import FieldError, Invalid
from groundswell.http.problems import MalformedBody

VISIBLE = r"[^\s\x00-\x20\x7f-\xa0\ufeff]"
"""The pattern of texts with something to see, in words that all dialects of patterns share."""

_BLANK = f"Expected `str` matching regex {VISIBLE!r}"
_PLACE = re.compile(r" - at `\$?\.?(.*?)`$")
_QUOTED = re.compile(r"`([^`]*)`")
_MISSING = re.compile(r"Object missing required field `(.+?)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(.+?)`", re.DOTALL)
_PLAIN_NAMES = {
    "int": "integer",
    "float": "number",
    "str": "string",
    "bool": "boolean",
    "Decimal": "number",
}
_LONGEST_NAME = 80
_WHOLE_BODY = "body"


def decode_json(body: bytes, into: Any) -> Any:
    """The JSON text as a value of the type ``into``, strictly.

    Raises:
        MalformedBody: not JSON, not UTF-8, or nested too deeply.
        Invalid: JSON of another shape, with the field that is wrong.
    """
    try:
        value = _decoder(into).decode(body)
    except msgspec.ValidationError as error:
        raise invalid(field_error(str(error), into)) from error
    except UnicodeDecodeError as error:
        raise MalformedBody("The body is not valid UTF-8.") from error
    except msgspec.DecodeError as error:
        raise MalformedBody(_malformed(str(error))) from error
    except RecursionError as error:
        raise MalformedBody("The JSON is nested too deeply.") from error
    if b"\\u0000" in body:
        refuse_nul(msgspec.json.decode(body))
    return value


def invalid(*errors: FieldError) -> Invalid:
    """The validation error that lists these fields."""
    return Invalid("; ".join(f"{error.field}: {error.message}" for error in errors), errors)


def field_error(message: str, into: Any = None, field: str = "") -> FieldError:
    """A validation message of msgspec as a field and a sentence that repeats none of the input.

    ``field`` is the place of the whole value, for values that are a part of the request.
    """
    place = _PLACE.search(message)
    path = place[1] if place else ""
    text = message[: place.start()] if place else message
    if missing := _MISSING.fullmatch(text):
        return FieldError(_join(field, path, missing[1]), "Missing required field")
    if unknown := _UNKNOWN.fullmatch(text):
        return FieldError(_join(field, path, unknown[1][:_LONGEST_NAME]), "Unknown field")
    where = _join(field, path) or _WHOLE_BODY
    if text == _BLANK:
        return FieldError(where, "Must not be blank")
    if text.startswith("Invalid enum value"):
        return FieldError(where, _not_one_of(where, allowed_values(into, path)))
    return FieldError(where, _QUOTED.sub(_plain, text))


def camel(name: str) -> str:
    """A Python name as it is written on the wire."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def allowed_values(into: Any, path: str) -> tuple[str, ...]:
    """The values a field of this type may take, when they are a closed list."""
    nodes: list[inspect.Type] = [] if into is None else [inspect.type_info(into)]
    for step in filter(None, re.split(r"[.\[\]]+", path)):
        nodes = [inner for node in nodes for inner in _descend(node, step)]
    return tuple(value for node in nodes for value in _values(node))


def refuse_nul(value: Any, place: str = "") -> None:
    """Refuse U+0000 in any text: PostgreSQL cannot store it, and nobody types it.

    Raises:
        Invalid: with the place of the text.
    """
    if isinstance(value, str) and "\x00" in value:
        raise Invalid.at(place or _WHOLE_BODY, "Must not contain the character U+0000")
    if isinstance(value, dict):
        for name, inner in value.items():
            refuse_nul(name, place)
            refuse_nul(inner, _join(place, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            refuse_nul(inner, f"{place}[{number}]")


@lru_cache(maxsize=256)
def _decoder(into: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(into)


def _malformed(message: str) -> str:
    reason = message.removeprefix("JSON is malformed: ")
    return f"The body is not valid JSON: {reason}."


def _join(*parts: str) -> str:
    return ".".join(part for part in parts if part).replace(".[", "[")


def _plain(match: re.Match[str]) -> str:
    names = (_PLAIN_NAMES.get(name, name) for name in match[1].split(" | "))
    return " or ".join(names)


def _not_one_of(field: str, values: tuple[str, ...]) -> str:
    noun = re.sub(r"(?<!^)([A-Z])", r" \1", field.rsplit(".", 1)[-1]).lower()
    must = f": must be one of {', '.join(values)}" if values else ""
    return f"Invalid {noun}{must}"


def _descend(node: inspect.Type, step: str) -> list[inspect.Type]:
    if isinstance(node, inspect.Metadata):
        return _descend(node.type, step)
    if isinstance(node, inspect.UnionType):
        return [inner for kind in node.types for inner in _descend(kind, step)]
    if isinstance(node, inspect.StructType):
        return [field.type for field in node.fields if field.encode_name == step]
    if isinstance(node, inspect.CollectionType):
        return [node.item_type]
    return [node.value_type] if isinstance(node, inspect.DictType) else []


def _values(node: inspect.Type) -> list[str]:
    if isinstance(node, inspect.Metadata):
        return _values(node.type)
    if isinstance(node, inspect.UnionType):
        return [value for kind in node.types for value in _values(kind)]
    if isinstance(node, inspect.LiteralType):
        return [str(value) for value in node.values]
    return [str(member.value) for member in node.cls] if isinstance(node, inspect.EnumType) else []
