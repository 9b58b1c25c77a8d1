"""Writes small files in MaxMind's format (version 2.0) of IPv4 networks, for the tests."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_MARKER = b"\xab\xcd\xefMaxMind.com"
_MAP, _TEXT, _UINT16, _UINT32, _ARRAY, _UINT64 = 7, 2, 5, 6, 11, 9
_RECORD_BYTES = 4


def write_database(path: Path, networks: Mapping[str, Any]) -> Path:
    """A database that answers each network with its record."""
    nodes: list[list[int | None]] = [[None, None]]
    data = b""
    leaves: list[tuple[int, int, int]] = []
    for network, record in networks.items():
        leaves.append((*_insert(nodes, network), len(data)))
        data += _encode(record)
    for node, side, offset in leaves:
        nodes[node][side] = len(nodes) + 16 + offset
    tree = b"".join(
        (len(nodes) if child is None else child).to_bytes(_RECORD_BYTES, "big")
        for node in nodes
        for child in node
    )
    path.write_bytes(tree + bytes(16) + data + _MARKER + _metadata(len(nodes)))
    return path


def _insert(nodes: list[list[int | None]], network: str) -> tuple[int, int]:
    """The node and side at which the network's record belongs."""
    parsed = ipaddress.IPv4Network(network)
    bits = f"{int(parsed.network_address):032b}"[: parsed.prefixlen]
    at = 0
    for bit in bits[:-1]:
        child = nodes[at][int(bit)]
        if child is None:
            nodes.append([None, None])
            child = nodes[at][int(bit)] = len(nodes) - 1
        at = child
    return at, int(bits[-1])


def _metadata(node_count: int) -> bytes:
    fields = {
        "binary_format_major_version": (_UINT16, 2),
        "binary_format_minor_version": (_UINT16, 0),
        "build_epoch": (_UINT64, 1_700_000_000),
        "ip_version": (_UINT16, 4),
        "node_count": (_UINT32, node_count),
        "record_size": (_UINT16, 8 * _RECORD_BYTES),
    }
    body = b"".join(_encode(name) + _integer(*field) for name, field in fields.items())
    body += _encode("database_type") + _encode("Test-City")
    body += _encode("description") + _encode({"en": "a test"})
    body += _encode("languages") + _control(_ARRAY, 1) + _encode("en")
    return _control(_MAP, len(fields) + 3) + body


def _encode(value: Any) -> bytes:
    if isinstance(value, str):
        return _control(_TEXT, len(value.encode())) + value.encode()
    return _control(_MAP, len(value)) + b"".join(
        _encode(name) + _encode(entry) for name, entry in value.items()
    )


def _integer(kind: int, value: int) -> bytes:
    size = (value.bit_length() + 7) // 8
    return _control(kind, size) + value.to_bytes(size, "big")


def _control(kind: int, size: int) -> bytes:
    """The byte that says what follows; kinds above 7 and sizes above 28 take another byte."""
    assert size < 29
    if kind <= 7:
        return bytes([kind << 5 | size])
    return bytes([size, kind - 7])
