"""Holding messages to their shapes."""

from __future__ import annotations

from typing import Any

import msgspec

from groundswell.conformance.shapes import ERRORS, SHAPES, Event, Held, Refused, Shape
from groundswell.conformance.verdicts import Failed


def examine(message: Any) -> dict[str, Any]:
    """The message, if it is of the shape that its type has.

    Raises:
        Failed: it is no object with a type, or a field is missing or wrong.
    """
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise Failed(f"a message is an object with a type, and this came: {message!r}")
    kind = str(message["type"])
    shape = SHAPES.get(kind)
    if shape is None:
        return message
    _convert(message, shape, kind)
    if len(message.get("ref") or "") > 64:
        raise Failed(f"{kind}: a ref has at most 64 characters")
    for part in _events_in(message):
        _convert(part, Event, f"an EVENT in {kind}")
    if kind == "SUBSCRIBED":
        _examine_results(message["topics"])
    elif kind == "ERROR":
        examine_error(message)
    elif kind == "RESULT":
        for result in message["results"].values():
            if result.get("ok") is not True:
                examine_error(_convert_body(result))
    return message


def examine_error(body: dict[str, Any]) -> None:
    """Hold an error to the table.

    Raises:
        Failed: its code is none, or its name or verdict is another one's.
    """
    wanted = ERRORS.get(body["code"])
    if wanted != (body["name"], body["retryable"]):
        raise Failed(f"an error is {wanted} under its code, and this came: {body!r}")
    if body["code"] == 1202 and not body.get("retryAfterMs"):
        raise Failed("rate_limited says in retryAfterMs how long to wait", body)


def _events_in(message: dict[str, Any]) -> list[dict[str, Any]]:
    inside = message.get("messages") if message["type"] in ("BATCH", "HISTORY_PAGE") else None
    return [one for one in inside or [] if one.get("type") == "EVENT"]


def _examine_results(topics: dict[str, dict[str, Any]]) -> None:
    for result in topics.values():
        if result.get("ok") is True:
            _convert(result, Held, "SUBSCRIBED")
        elif result.get("ok") is False:
            examine_error(_convert_body(result))
        else:
            raise Failed(f"SUBSCRIBED: ok is true or false, and this came: {result!r}")


def _convert_body(result: dict[str, Any]) -> dict[str, Any]:
    _convert(result, Refused, "a refusal")
    body: dict[str, Any] = result["error"]
    return body


def _convert(message: dict[str, Any], shape: type[Shape], kind: str) -> None:
    try:
        msgspec.convert(message, shape)
    except msgspec.ValidationError as error:
        raise Failed(f"{kind}: {error}, and this came: {message!r}") from None
