"""``/healthz``, ``/readyz`` and ``/metrics``, and for the host what is behind them."""

from __future__ import annotations

from collections.abc import Mapping

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from groundswell.access.principal import Principal
from groundswell.http.callers import require_host
from groundswell.http.openapi import HOST_ONLY
from groundswell.ops.health import Check, require_ready
from groundswell.ops.operations import Operations
from groundswell.ops.overview import Health, Overview

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


def overview_routes(operations: Operations) -> list[HTTPRouteHandler]:
    """How each part does, and the figures of ``/ops``: for the host application alone."""

    @get(
        "/v1/ops/health",
        tags=["Operations"],
        summary="How each part is (host only)",
        security=HOST_ONLY,
        sync_to_thread=False,
    )
    def health(caller: NamedDependency[Principal]) -> Response[Health]:
        """Each part of this process, and which alerts would be raised now."""
        require_host(caller)
        return Response(operations.health(), headers=_NEVER_KEPT)

    @get(
        "/v1/ops/overview",
        tags=["Operations"],
        summary="Live delivery at a glance (host only)",
        security=HOST_ONLY,
        sync_to_thread=False,
    )
    def overview(caller: NamedDependency[Principal]) -> Response[Overview]:
        """Connections, deliveries, latency and what waits, as ``/ops`` shows them."""
        require_host(caller)
        return Response(operations.overview(), headers=_NEVER_KEPT)

    return [health, overview]
