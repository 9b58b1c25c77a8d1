"""``/healthz``, ``/readyz`` and ``/metrics``."""

from __future__ import annotations

from collections.abc import Mapping

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from groundswell.ops.health import Check, require_ready

_NEVER_KEPT = {"cache-control": "no-store"}


def ops_routes(checks: Mapping[str, Check], registry: CollectorRegistry) -> list[HTTPRouteHandler]:
    """The routes that operators and their tools ask."""

    @get("/healthz", tags=["Operations"], sync_to_thread=False)
    def healthz() -> dict[str, str]:
        """Whether the process is alive. It asks nothing of anything else."""
        return {"status": "ok"}

    @get("/readyz", tags=["Operations"])
    async def readyz() -> dict[str, str]:
        """Whether requests can be served; 503 names what does not work."""
        await require_ready(checks)
        return {"status": "ready"}

    @get("/metrics", tags=["Operations"], sync_to_thread=False, media_type="text/plain")
    def metrics() -> Response[str]:
        """Metrics in Prometheus' text format."""
        text = generate_latest(registry).decode()
        return Response(text, media_type=CONTENT_TYPE_LATEST, headers=_NEVER_KEPT)

    return [healthz, readyz, metrics]
