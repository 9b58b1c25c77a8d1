"""Whether an EVENT is signed as the protocol says."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from groundswell.conformance.verdicts import expect, fail

_members = msgspec.json.Decoder(dict[str, msgspec.Raw])


def verify_event(text: str, keys: list[dict[str, Any]]) -> None:
    """Hold the signature of an EVENT, given as it was sent, to the public keys.

    Raises:
        Failed: it is not a detached JWS of the event by one of the keys.
    """
    event, members = json.loads(text), _members.decode(text)
    header, nothing, signature = event["sig"].split(".")
    expect(nothing == "", "a detached JWS leaves its payload out", event["sig"])
    stated = json.loads(_decoded(header))
    found = [one for one in keys if one["kid"] == stated["kid"]]
    expect(found, f"the key {stated['kid']} is among the public ones", keys)
    if stated["alg"] != "EdDSA" or found[0]["crv"] != "Ed25519":
        fail("a signature is of Ed25519", stated)
    digest = hashlib.sha256(bytes(members["data"])).hexdigest()
    payload = f"{event['topic']}|{event['id']}|{event['seq']}|{digest}".encode()
    told = base64.urlsafe_b64encode(payload).rstrip(b"=").decode()
    key = Ed25519PublicKey.from_public_bytes(_decoded(found[0]["x"]))
    try:
        key.verify(_decoded(signature), f"{header}.{told}".encode())
    except InvalidSignature:
        fail("the signature is of this event", event)


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
