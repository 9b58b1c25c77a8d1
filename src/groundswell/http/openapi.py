"""The OpenAPI 3.1 document: what the routes say, completed with what all of them share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, get
from litestar.enums import RequestEncodingType
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityRequirement, SecurityScheme
from litestar.params import BodyKwarg
from litestar.typing import FieldDefinition

from groundswell.contract.paging import BIGGEST
from groundswell.http.callers import COOKIE
from groundswell.http.decoding import camel
from groundswell.http.docs.page import DocumentationPage, stylesheet
from groundswell.http.idempotency import HEADER
from groundswell.http.problems import PROBLEM_JSON, Problem, problem_of_status

ANYONE: list[SecurityRequirement] = [{}, {"user": []}, {"host": []}]
HOST_ONLY: list[SecurityRequirement] = [{"host": []}]
USER_ONLY: list[SecurityRequirement] = [{"user": []}]
USER_OR_HOST: list[SecurityRequirement] = [{"user": []}, {"host": []}]

DESCRIPTION = """\
The social layer of an application: votes, plays and comments, the lists and live activity that
follow from them, shares, referrals, rewards, leaderboards, friends, testimonials and inboxes. What
happens is told live over `/v1/realtime`, `/v1/stream`, `/v1/poll` and `/socket.io/`. Bodies are
JSON in camelCase, unknown fields are refused, times are RFC 3339 in UTC. Lists take
`limit` and `cursor` and answer `{items, nextCursor, asOf}`. Errors are `application/problem+json`.
Writes accept an `Idempotency-Key`.
"""
_NO_NUL = "^[^\\u0000]*$"
_EVERYWHERE = (400, 401, 429, 500, 503)
_OF_WRITES = (403, 409)
_OF_BODIES = (413, 415)
_OF_PATHS = (404,)
_METHODS_THAT_READ = ("get", "head", "options")


def openapi_config(version: str) -> OpenAPIConfig:
    """The configuration to give to Litestar; the page is at ``/docs``."""
    return OpenAPIConfig(
        title="Groundswell",
        version=version,
        description=DESCRIPTION,
        path="/docs",
        security=ANYONE,
        components=Components(security_schemes=_security_schemes()),
        render_plugins=[DocumentationPage(complete)],
        use_handler_docstrings=True,
    )


def openapi_routes() -> list[HTTPRouteHandler]:
    """``/openapi.json``, and the stylesheet of the page."""
    kept: dict[str, bytes] = {}

    @get("/openapi.json", include_in_schema=False, sync_to_thread=False)
    def openapi_document(request: Request[Any, Any, Any]) -> Response[bytes]:
        if not kept:
            document = complete(request.app.openapi_schema.to_schema(), request.app)
            kept["document"] = msgspec.json.encode(document)
        return Response(kept["document"], media_type="application/json")

    return [openapi_document, stylesheet]


def complete(document: dict[str, Any], app: Litestar) -> dict[str, Any]:
    """The document as it is published. The input is left alone.

    Bodies get the schemas msgspec derives, for it is msgspec that decodes them: Litestar's forget
    that unknown fields are refused, and the bounds of values that may be null. Every operation gets
    the problems it may answer with.
    """
    finished: dict[str, Any] = _with_whole_bounds(document)
    components = finished.setdefault("components", {})
    components["responses"] = {_name(status): _response(status) for status in _all_statuses()}
    bodies = list(_bodies(app))
    inputs, schemas = msgspec.json.schema_components(
        [Problem, *(body.annotation for _, _, body in bodies)],
        ref_template="#/components/schemas/{name}",
    )
    components.setdefault("schemas", {}).update(_without_nul(schemas))
    for (path, method, body), schema in zip(bodies, inputs[1:], strict=True):
        if operation := finished["paths"].get(path, {}).get(method):
            operation["requestBody"] = _request_body(schema, required=not body.is_optional)
    components["parameters"] = {"IdempotencyKey": _idempotency_key()}
    repeatable = set(_repeatable(app))
    for path, method, operation in _operations(finished):
        _finish(operation, path, method)
        if (path, method) in repeatable:
            reference = {"$ref": "#/components/parameters/IdempotencyKey"}
            operation.setdefault("parameters", []).append(reference)
    finished["paths"] = {_camel_path(path): item for path, item in finished["paths"].items()}
    return finished


def _repeatable(app: Litestar) -> Iterator[tuple[str, str]]:
    """Path and method of what happens once however often it is sent with one key."""
    for route in app.routes:
        for handler, _ in getattr(route, "route_handler_map", {}).values():
            if "idempotency" in handler.parsed_fn_signature.parameters:
                for method in handler.http_methods:
                    yield route.path_format, method.lower()


def _idempotency_key() -> dict[str, Any]:
    return {
        "name": HEADER,
        "in": "header",
        "required": False,
        "description": "Names one attempt: sent again with the same key, it happens once.",
        "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
    }


def _bodies(app: Litestar) -> Iterator[tuple[str, str, FieldDefinition]]:
    """Path, method and type of every JSON body that is documented."""
    for route in app.routes:
        for handler, _ in getattr(route, "route_handler_map", {}).values():
            field = handler.parsed_data_field
            if field is not None and handler.resolve_include_in_schema() and _is_json(field):
                for method in handler.http_methods:
                    yield route.path_format, method.lower(), field


def _is_json(field: FieldDefinition) -> bool:
    declared = field.kwarg_definition
    return not isinstance(declared, BodyKwarg) or declared.media_type == RequestEncodingType.JSON


def _request_body(schema: dict[str, Any], *, required: bool) -> dict[str, Any]:
    return {"required": required, "content": {"application/json": {"schema": schema}}}


def _without_nul(node: Any) -> Any:
    """Texts as they are accepted: anything but U+0000, which decoding refuses."""
    if isinstance(node, list):
        return [_without_nul(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    inner = {name: _without_nul(value) for name, value in node.items()}
    if node.get("type") != "string" or node.keys() & {"enum", "format"}:
        return inner
    if "pattern" not in node:
        return inner | {"pattern": _NO_NUL}
    return inner | {"allOf": [{"pattern": _NO_NUL}]} if _excludes(node["pattern"]) else inner


def _excludes(pattern: str) -> bool:
    """Whether a pattern says what a text must not have; such a one lets U+0000 pass."""
    return "[^" in pattern or r"\S" in pattern


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document.get("paths", {}).items():
        for method, operation in item.items():
            if isinstance(operation, dict) and "responses" in operation:
                yield path, method, operation


def _camel_path(path: str) -> str:
    """Placeholders under the names that errors give to them."""
    return re.sub(r"\{(\w+)\}", lambda match: f"{{{camel(match[1])}}}", path)


def _with_whole_bounds(node: Any) -> Any:
    """A copy whose whole numbers are integers: Litestar gives bounds as floats, and 2^63 - 1 has
    no float, so the document would allow one id too many.
    """
    if isinstance(node, dict):
        return {name: _with_whole_bounds(inner) for name, inner in node.items()}
    if isinstance(node, list | tuple):
        return [_with_whole_bounds(inner) for inner in node]
    if isinstance(node, float) and node.is_integer():
        return min(int(node), BIGGEST)
    return node


def _finish(operation: dict[str, Any], path: str, method: str) -> None:
    statuses = [*_EVERYWHERE]
    if method not in _METHODS_THAT_READ or operation.get("security"):
        statuses += _OF_WRITES
    if "requestBody" in operation:
        statuses += _OF_BODIES
    if "{" in path:
        statuses += _OF_PATHS
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            parameter["name"] = camel(parameter["name"])
    for status in sorted(statuses):
        operation["responses"][str(status)] = {"$ref": f"#/components/responses/{_name(status)}"}


def _all_statuses() -> list[int]:
    return sorted({*_EVERYWHERE, *_OF_WRITES, *_OF_BODIES, *_OF_PATHS})


def _name(status: int) -> str:
    return f"Problem{status}"


def _response(status: int) -> dict[str, Any]:
    response: dict[str, Any] = {
        "description": problem_of_status(status).title,
        "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status in (429, 503):
        seconds = {"type": "integer", "minimum": 1}
        response["headers"] = {
            "Retry-After": {
                "description": "Seconds to wait before trying again.",
                "schema": seconds,
            }
        }
    return response


def _security_schemes() -> dict[str, Any]:
    return {
        "user": SecurityScheme(
            type="http",
            scheme="bearer",
            bearer_format="JWT",
            description="A user's access token, issued by `POST /v1/tokens`.",
        ),
        "host": SecurityScheme(
            type="http",
            scheme="bearer",
            bearer_format="gsk_…",
            description="The host application's API key, from server to server.",
        ),
        "visitor": SecurityScheme(
            type="apiKey",
            name=COOKIE,
            security_scheme_in="cookie",
            description="A visitor's session; set by the service, never required.",
        ),
    }
