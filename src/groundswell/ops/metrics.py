"""Prometheus metrics: HTTP requests as they happen, and what the parts say when asked.

A part's ``statistics()`` is a mapping of names to numbers. How a name is written says what it is:

=============================  =========================================================
``queue_depth``                a gauge
``commits_total``              a counter
``commit_seconds_sum`` and     together one summary, ``commit_seconds``
``commit_seconds_count``
``seconds_bucket{le="0.5"}``   with sum and count beside them a histogram, ``seconds``: each
                               bucket counts what is not above its bound; ``+Inf`` counts all
``lag{consumer="delivery"}``   any of these with labels
=============================  =========================================================
"""

from __future__ import annotations

import re
from collections import Counter as Counts
from collections.abc import Callable, Iterable, Mapping
from time import perf_counter

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    SummaryMetricFamily,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from groundswell.http.asgi import ASGIApp, Message, Receive, Scope, ScopeType, Send

_log = structlog.get_logger("groundswell.ops")

Statistics = Callable[[], Mapping[str, float]]
Labels = tuple[tuple[str, str], ...]

PREFIX = "groundswell"
LATENCY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
UNMATCHED = "unmatched"
OTHER_METHOD = "OTHER"
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_LABEL = re.compile(r'([a-z][a-z0-9_]*)="([^"\\]*)"')
_NAME = re.compile(rf"(?P<name>[a-z][a-z0-9_-]*)(?:\{{(?P<labels>(?:{_LABEL.pattern},?)*)\}})?")


class Answered(Counts[tuple[str, int]]):
    """Requests answered, by route and status."""


class RequestMetrics:
    """ASGI middleware that counts requests and times them until their answer begins.

    Until it begins, not until it ends: a stream would otherwise count as a slow request.
    ``answered`` counts them by route and status for whoever looks from inside.
    """

    def __init__(
        self, app: ASGIApp, registry: CollectorRegistry, answered: Answered | None = None
    ) -> None:
        self._app = app
        self._answered = Answered() if answered is None else answered
        self._requests = Counter(
            f"{PREFIX}_http_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            f"{PREFIX}_http_request_seconds",
            "Time until the answer began.",
            ("method", "route"),
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note how its answer begins."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        started = perf_counter()

        async def send_noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._note(scope, message["status"], perf_counter() - started)
            await send(message)

        await self._app(scope, receive, send_noted)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        sent = str(scope.get("method"))
        method = sent if sent in _METHODS else OTHER_METHOD
        route = scope.get("path_template") or UNMATCHED
        # labels() takes a lock and formats its values; the finished children are few.
        children = self._children.get((method, route, status))
        if children is None:
            children = (
                self._requests.labels(method, route, status),
                self._seconds.labels(method, route),
            )
            self._children[method, route, status] = children
        self._answered[route, status] += 1
        children[0].inc()
        children[1].observe(seconds)


class PartsCollector(Collector):
    """Asks every part for its statistics when metrics are collected; a part that fails is told."""

    def __init__(self, parts: Mapping[str, Statistics]) -> None:
        self._parts = parts

    def collect(self) -> Iterable[Metric]:
        """All parts' metrics."""
        failed = GaugeMetricFamily(
            f"{PREFIX}_statistics_failed", "Parts that could not answer.", labels=("part",)
        )
        for part, statistics in self._parts.items():
            try:
                metrics = list(_families(part, statistics()))
            except Exception:
                _log.exception("statistics_failed", part=part)
                failed.add_metric((part,), 1)
            else:
                yield from metrics
                failed.add_metric((part,), 0)
        yield failed


def make_registry(parts: Mapping[str, Statistics]) -> CollectorRegistry:
    """A registry of its own (nothing global) that asks these parts."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(PartsCollector(parts))
    return registry


def _families(part: str, statistics: Mapping[str, float]) -> Iterable[Metric]:
    families: dict[str, Metric] = {}
    values = {parsed(key): value for key, value in statistics.items()}
    for family in _histograms(part, values):
        families[family.name] = family
    for (name, labels), value in values.items():
        count = values.get((f"{name.removesuffix('_sum')}_count", labels))
        if name.endswith("_sum") and count is not None:
            _summary(families, _full(part, name.removesuffix("_sum")), labels, count, value)
        elif not name.endswith("_count") or (f"{name[:-6]}_sum", labels) not in values:
            _single(families, _full(part, name), labels, value)
    return families.values()


def _histograms(part: str, values: dict[tuple[str, Labels], float]) -> Iterable[Metric]:
    """The histograms among the values, which are taken out of them."""
    names = {name.removesuffix("_bucket") for name, _ in values if name.endswith("_bucket")}
    for name in sorted(names):
        bounds = [
            (dict(labels)["le"], key)
            for key in values
            for labels in [key[1]]
            if key[0] == f"{name}_bucket"
        ]
        buckets = [(bound, values.pop(key)) for bound, key in bounds]
        del values[f"{name}_count", ()]
        total = values.pop((f"{name}_sum", ()))
        full = _full(part, name)
        yield HistogramMetricFamily(full, _sentence(full), buckets=buckets, sum_value=total)


def _full(part: str, name: str) -> str:
    return f"{PREFIX}_{part}_{name}"


def _single(families: dict[str, Metric], name: str, labels: Labels, value: float) -> None:
    kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
    family = families.setdefault(
        name, kind(name, _sentence(name), labels=[name for name, _ in labels])
    )
    family.add_metric([value for _, value in labels], value)  # type: ignore[attr-defined]


def _summary(
    families: dict[str, Metric], name: str, labels: Labels, count: float, total: float
) -> None:
    family = families.setdefault(
        name, SummaryMetricFamily(name, _sentence(name), labels=[name for name, _ in labels])
    )
    family.add_metric([value for _, value in labels], count, total)  # type: ignore[attr-defined]


def parsed(key: str) -> tuple[str, Labels]:
    """The name and the labels that the key of a statistic says.

    Raises:
        ValueError: it is not written as one.
    """
    match = _NAME.fullmatch(key)
    if match is None:
        raise ValueError(f"not a name of a statistic: {key!r}")
    return match["name"].replace("-", "_"), tuple(_LABEL.findall(match["labels"] or ""))


def _sentence(name: str) -> str:
    words = name.removeprefix(f"{PREFIX}_").removesuffix("_total").replace("_", " ")
    return f"{words.capitalize()}."
