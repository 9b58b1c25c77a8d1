"""The OpenAPI document as what a page shows: groups of operations, their fields and an example."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

_DEEPEST = 4
_METHODS = ("get", "post", "put", "patch", "delete")


class Field(msgspec.Struct, frozen=True):
    """One parameter or one property of a body; ``depth`` says how far it is nested."""

    name: str
    kind: str
    required: bool
    description: str
    depth: int = 0


class Answered(msgspec.Struct, frozen=True):
    """One status an operation answers with."""

    status: str
    description: str
    fields: list[Field]


class Operation(msgspec.Struct, frozen=True):
    """One method of one path."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    callers: str
    parameters: list[Field]
    body: list[Field]
    answers: list[Answered]
    curl: str


class Group(msgspec.Struct, frozen=True):
    """Operations under one heading."""

    name: str
    operations: list[Operation]


def outline(document: dict[str, Any]) -> list[Group]:
    """The document's operations, grouped by tag in the order in which they first appear."""
    groups: dict[str, list[Operation]] = {}
    for path, item in document.get("paths", {}).items():
        for method in _METHODS:
            if method in item:
                tag = (item[method].get("tags") or ["Other"])[0]
                groups.setdefault(tag, []).append(_operation(document, path, method))
    return [Group(name, operations) for name, operations in groups.items()]


def _operation(document: dict[str, Any], path: str, method: str) -> Operation:
    raw = document["paths"][path][method]
    body = _json_schema(document, raw.get("requestBody", {}))
    return Operation(
        anchor=re.sub(r"\W+", "-", f"{method}{path}").strip("-"),
        method=method.upper(),
        path=path,
        summary=raw.get("summary", ""),
        description=raw.get("description", ""),
        callers=_callers(raw.get("security", document.get("security", []))),
        parameters=[_parameter(document, entry) for entry in raw.get("parameters", [])],
        body=list(_fields(document, body)),
        answers=[_answered(document, *entry) for entry in sorted(raw["responses"].items())],
        curl=_curl(document, method, path, body, raw.get("security", [])),
    )


def _callers(security: list[dict[str, Any]]) -> str:
    names = [" and ".join(requirement) or "anyone" for requirement in security]
    return "anyone" if "anyone" in names else " or ".join(names) or "anyone"


def _parameter(document: dict[str, Any], entry: dict[str, Any]) -> Field:
    raw = _resolve(document, entry)
    schema = _resolve(document, raw.get("schema", {}))
    return Field(
        name=raw["name"],
        kind=f"{_kind(document, schema)} in {raw['in']}",
        required=raw.get("required", False),
        description=raw.get("description", ""),
    )


def _answered(document: dict[str, Any], status: str, raw: dict[str, Any]) -> Answered:
    response = _resolve(document, raw)
    schema = {} if status >= "400" else _json_schema(document, response)
    return Answered(status, response.get("description", ""), list(_fields(document, schema)))


def _json_schema(document: dict[str, Any], holder: dict[str, Any]) -> dict[str, Any]:
    content = holder.get("content", {}).get("application/json", {})
    return _resolve(document, content.get("schema", {}))


def _resolve(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """The node itself, or what it refers to inside of the document."""
    while "$ref" in node:
        target: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def _fields(document: dict[str, Any], schema: dict[str, Any], depth: int = 0) -> Iterator[Field]:
    if schema.get("type") == "array":
        yield from _fields(document, _resolve(document, schema.get("items", {})), depth)
    required = schema.get("required", [])
    for name, raw in schema.get("properties", {}).items():
        inner = _resolve(document, raw)
        described = raw.get("description") or inner.get("description", "")
        yield Field(name, _kind(document, inner), name in required, described, depth)
        if depth + 1 < _DEEPEST:
            yield from _fields(document, inner, depth + 1)


def _kind(document: dict[str, Any], schema: dict[str, Any]) -> str:
    """A schema in a few words: ``integer 1..50``, ``up | down``, ``list of object``."""
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if choices := schema.get("oneOf") or schema.get("anyOf"):
        kinds = (_kind(document, _resolve(document, choice)) for choice in choices)
        return " | ".join(dict.fromkeys(kinds))
    if schema.get("type") == "array":
        return f"list of {_kind(document, _resolve(document, schema.get('items', {})))}"
    kind = schema.get("type", "any")
    name = " | ".join(kind) if isinstance(kind, list) else kind
    return f"{name} {_bounds(schema)}".strip()


def _bounds(schema: dict[str, Any]) -> str:
    low = schema.get("minimum", schema.get("minLength"))
    high = schema.get("maximum", schema.get("maxLength"))
    if low is None and high is None:
        return ""
    return f"{'' if low is None else low}..{'' if high is None else high}"


def _curl(
    document: dict[str, Any],
    method: str,
    path: str,
    body: dict[str, Any],
    security: list[dict[str, Any]],
) -> str:
    """The call as the README makes its own: the host's key and a user's token are variables."""
    address = "localhost:8080" + re.sub(r"\{\w+\}", "1", path)
    parts = ["curl", address] if method == "get" else ["curl", "-X", method.upper(), address]
    if security and {} not in security:
        key = "$GROUNDSWELL_API_KEY" if {"host": []} in security else "$TOKEN"
        parts.append(f'-H "Authorization: Bearer {key}"')
    if body.get("properties"):
        example = {
            name: _example(document, _resolve(document, raw))
            for name, raw in body["properties"].items()
            if name in body.get("required", [])
        }
        parts += ["-H 'Content-Type: application/json'", f"-d '{json.dumps(example)}'"]
    return " ".join(parts)


def _example(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    if "enum" in schema:
        return schema["enum"][0]
    if choices := schema.get("oneOf") or schema.get("anyOf"):
        return _example(document, _resolve(document, choices[0]))
    kind = schema.get("type")
    examples: dict[str, Any] = {"integer": 1, "number": 1, "boolean": True, "array": []}
    return examples.get(str(kind), {} if kind == "object" else "…")
