"""What RFC 6902 makes of a document."""

from __future__ import annotations

from groundswell.conformance.client import Message


def apply(document: object, patch: list[Message]) -> object:
    """What RFC 6902 makes of a document; ``test`` is not needed here."""
    copied = {"": _copy(document)}
    for one in patch:
        if one["op"] in ("move", "copy"):
            value = _copy(_found(copied, one["from"]))
            if one["op"] == "move":
                _change(copied, one["from"], "remove", None)
            _change(copied, one["path"], "add", value)
        else:
            _change(copied, one["path"], one["op"], _copy(one.get("value")))
    return copied[""]


def _steps(path: str) -> list[str]:
    return [one.replace("~1", "/").replace("~0", "~") for one in path.split("/")]


def _found(root: object, path: str) -> object:
    here = root
    for step in _steps(path):
        here = here[int(step)] if isinstance(here, list) else here[step]  # type: ignore[index]
    return here


def _change(root: object, path: str, op: str, value: object) -> None:
    *way, last = _steps(path)
    here = root
    for step in way:
        here = here[int(step)] if isinstance(here, list) else here[step]  # type: ignore[index]
    if isinstance(here, list):
        place = len(here) if last == "-" else int(last)
        if op == "add":
            here.insert(place, value)
        elif op == "replace":
            here[place] = value
        else:
            del here[place]
    elif isinstance(here, dict):
        if op == "remove":
            del here[last]
        else:
            here[last] = value


def _copy(value: object) -> object:
    if isinstance(value, dict):
        return {name: _copy(one) for name, one in value.items()}
    return [_copy(one) for one in value] if isinstance(value, list) else value
