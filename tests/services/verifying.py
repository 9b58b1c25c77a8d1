"""Verifying signed events as a stranger would: with the public keys, and the message as it came."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

import jwt
from jwt.api_jws import PyJWS

_decode = json.JSONDecoder().raw_decode


def members(text: str) -> Iterator[tuple[str, str]]:
    """Names and values of a JSON object without spaces, as they stand there."""
    at = 1
    while text[at] == '"':
        name, end = _decode(text, at)
        _, after = _decode(text, end + 1)
        yield name, text[end + 1 : after]
        at = after + 1 if text[after] == "," else after


def elements(text: str) -> list[str]:
    """The elements of a JSON array without spaces, as they stand there."""
    found, at = [], 1
    while text[at] != "]":
        _, after = _decode(text, at)
        found.append(text[at:after])
        at = after + 1 if text[after] == "," else after
    return found


def events_in(message: bytes) -> list[str]:
    """The EVENTs of a message, each as it stands there."""
    text = message.decode()
    parts = dict(members(text))
    return elements(parts["messages"]) if "messages" in parts else [text]


def verify(event: str, keys: Mapping[str, Any], data: bytes | None = None) -> dict[str, Any]:
    """The event, if its signature holds.

    Raises:
        jwt.InvalidSignatureError: it does not.
    """
    parts, told = dict(members(event)), json.loads(event)
    digest = sha256(parts["data"].encode() if data is None else data).hexdigest()
    payload = f"{told['topic']}|{told['id']}|{told['seq']}|{digest}".encode()
    header, empty, signature = told["sig"].split(".")
    assert empty == ""
    known = {key["kid"]: jwt.PyJWK(key) for key in keys["keys"]}
    kid = jwt.get_unverified_header(f"{header}.e30.{signature}")["kid"]
    whole = f"{header}.{urlsafe_b64encode(payload).rstrip(b'=').decode()}.{signature}"
    assert PyJWS().decode(whole, known[kid].key, algorithms=["EdDSA"]) == payload
    return told  # type: ignore[no-any-return]
