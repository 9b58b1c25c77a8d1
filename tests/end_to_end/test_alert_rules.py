"""The alerts for Prometheus: raised when they should be, and about series that really exist."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import promql_parser as promql
import pytest
import yaml
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from groundswell.ops.alerts import RULES, WINDOW_SECONDS
from tests.end_to_end.service import StartService
from tests.services.redis import RedisServer

DIRECTORY = Path(__file__).parents[2] / "deploy" / "prometheus"
FILE = DIRECTORY / "groundswell.rules.yml"
OF_THE_COLLECTOR = {"instance", "job"}
"""Labels that Prometheus adds."""

GROWING = {"rate", "increase"}


def rules() -> dict[str, dict[str, Any]]:
    groups = yaml.safe_load(FILE.read_text())["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def nodes(expression: Any) -> list[Any]:
    found: list[Any] = []
    promql.walk(expression, found.append)
    return found


def quarrels(expression: str, metrics: dict[str, Metric]) -> Iterator[str]:
    """What a rule says about a series that the service does not."""
    every = nodes(promql.parse(expression))
    growing = {
        inner.vector_selector.name
        for node in every
        if isinstance(node, promql.Call) and node.func.name in GROWING
        for inner in nodes(node)
        if isinstance(inner, promql.MatrixSelector)
    }
    labels = _labels_of(every)
    for node in every:
        if not isinstance(node, promql.VectorSelector):
            continue
        metric = metrics.get(node.name)
        if metric is None:
            yield f"there is no {node.name}"
            continue
        samples = [one for one in metric.samples if one.name == node.name]
        has = set(samples[0].labels) | OF_THE_COLLECTOR
        matched = {matcher.name for matcher in node.matchers.matchers}
        for label in (matched | labels) - has:
            yield f"{node.name} has no label {label}"
        grows = metric.type == "counter" or node.name.endswith("_bucket")
        if grows != (node.name in growing):
            yield f"{node.name} is a {metric.type}"


def _labels_of(every: list[Any]) -> set[str]:
    """What a rule groups by; all of its series must have these labels."""
    aggregates = [node for node in every if isinstance(node, promql.AggregateExpr)]
    return {label for node in aggregates if node.modifier for label in node.modifier.labels}


@pytest.fixture
def metrics(
    sqlite_url: str, start_service: StartService, redis_server: RedisServer
) -> dict[str, Metric]:
    """What a service of several processes tells, by the names of its samples."""
    service = start_service(sqlite_url, GROUNDSWELL_REDIS_URL=redis_server.url)

    def told() -> dict[str, Metric]:
        text = httpx.get(f"{service.url}/metrics", trust_env=False).text
        families = list(text_string_to_metric_families(text))
        return {sample.name: family for family in families for sample in family.samples}

    found = told()
    # The first look at the parts, and a first request, are what the last series wait for.
    while "groundswell_health_status" not in found:
        found = told()
    return told()


def test_every_rule_is_about_series_of_their_type_and_labels(metrics: dict[str, Metric]) -> None:
    expressions = [rule["expr"] for rule in rules().values()]
    assert expressions
    assert [found for one in expressions for found in quarrels(one, metrics)] == []


@pytest.mark.parametrize(
    ("expression", "quarrel"),
    [
        ("groundswell_renamed > 1", "there is no groundswell_renamed"),
        ("rate(groundswell_connections_open[5m])", "groundswell_connections_open is a gauge"),
        (
            'sum by (instance, part) (groundswell_consumers_lag{consumer="x"})',
            "groundswell_consumers_lag has no label part",
        ),
        ('rate(groundswell_deliveries_total{colour="red"}[5m])', "has no label colour"),
        ("groundswell_deliveries_total > 5", "groundswell_deliveries_total is a counter"),
    ],
)
def test_a_rule_about_something_else_is_noticed(expression: str, quarrel: str) -> None:
    text = """
# TYPE groundswell_connections_open gauge
groundswell_connections_open{door="sse"} 1
# TYPE groundswell_consumers_lag gauge
groundswell_consumers_lag{consumer="inbox"} 1
# TYPE groundswell_deliveries_total counter
groundswell_deliveries_total{door="sse"} 1
"""
    families = text_string_to_metric_families(text)
    metrics = {sample.name: family for family in families for sample in family.samples}
    assert quarrel in " ".join(quarrels(expression, metrics))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_page_and_prometheus_have_the_same_bounds(rule: Any) -> None:
    written = rules()[rule.name]
    compared = promql.parse(written["expr"])
    assert str(compared.op) == ">"
    assert compared.rhs.val == rule.above
    assert promql.parse_duration(written["for"]).total_seconds() == rule.seconds
    ranges = {
        node.range.total_seconds()
        for node in nodes(compared)
        if isinstance(node, promql.MatrixSelector)
    }
    assert ranges <= {WINDOW_SECONDS}


def test_the_bounds_of_the_specification_are_kept() -> None:
    above = {rule.name: rule.above for rule in RULES}
    assert above["GroundswellConnectionsFail"] == 0.05
    assert above["GroundswellDeliversSlowly"] == 2
    assert above["GroundswellBacklog"] == above["GroundswellInboxBacklog"] == 1_000
    assert above["GroundswellDeliveriesFail"] == 0.05


def test_every_alert_is_explained() -> None:
    text = (DIRECTORY.parents[1] / "docs" / "operations.md").read_text()
    assert [name for name in rules() if f"`{name}`" not in text] == []


@pytest.mark.skipif(
    shutil.which("promtool") is None and "CI" not in os.environ, reason="promtool is not installed"
)
def test_prometheus_raises_each_alert_when_it_should() -> None:
    done = subprocess.run(
        ["promtool", "test", "rules", "groundswell.tests.yml"],
        cwd=DIRECTORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_about_the_host_is_tried() -> None:
    groups = {one["name"]: one["rules"] for one in yaml.safe_load(FILE.read_text())["groups"]}
    about = {rule["alert"] for rule in groups["groundswell-host"]}
    tests = yaml.safe_load((DIRECTORY / "groundswell.tests.yml").read_text())["tests"]
    cases = [case for test in tests for case in test.get("alert_rule_test", ())]
    assert about <= {case["alertname"] for case in cases if case["exp_alerts"]}


def test_every_alert_of_live_delivery_is_tried() -> None:
    tests = yaml.safe_load((DIRECTORY / "groundswell.tests.yml").read_text())["tests"]
    raised = {
        case["alertname"]
        for test in tests
        for case in test.get("alert_rule_test", ())
        if case["exp_alerts"]
    }
    assert {rule.name for rule in RULES} <= raised
