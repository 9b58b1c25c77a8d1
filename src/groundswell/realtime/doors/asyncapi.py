"""``/asyncapi.json``: the document of everything live, encoded once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler


def asyncapi_routes(document: Mapping[str, Any]) -> list[HTTPRouteHandler]:
    """The route that answers with ``document``."""
    encoded = msgspec.json.encode(document)

    @get("/asyncapi.json", include_in_schema=False, sync_to_thread=False)
    def asyncapi() -> Response[bytes]:
        return Response(encoded, media_type="application/json")

    return [asyncapi]
