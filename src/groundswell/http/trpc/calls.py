"""One HTTP request as the calls it carries: their paths, and the input of each."""

from __future__ import annotations

import msgspec

from groundswell.contract.errors import Invalid
from groundswell.http.decoding import decode_json

LARGEST_BATCH = 20
NO_INPUT = b"{}"


class Call(msgspec.Struct, frozen=True):
    """A procedure's path and its input as JSON, not yet looked at."""

    path: str
    input: bytes


def calls_of(path: str, *, batched: bool, sent: bytes) -> list[Call]:
    """The calls of a request, in order. ``sent`` is the JSON of the query or of the body.

    In a batch the inputs stand in an object under the calls' numbers; an absent one is none.

    Raises:
        Invalid: a batch that is too large or whose inputs are no object.
        MalformedBody: not JSON.
    """
    if not batched:
        return [Call(path, sent or NO_INPUT)]
    paths = path.split(",")
    if len(paths) > LARGEST_BATCH:
        raise Invalid(f"A batch may have at most {LARGEST_BATCH} calls.")
    inputs = decode_json(sent, dict[str, msgspec.Raw]) if sent else {}
    return [
        Call(name, bytes(inputs.get(str(number), NO_INPUT))) for number, name in enumerate(paths)
    ]
