"""Fixtures and settings that every test folder shares."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = [
    "tests.services.alone",
    "tests.services.chromium",
    "tests.services.databases",
    "tests.services.namespaces",
    "tests.services.node",
    "tests.services.orphans",
    "tests.services.postgres",
    "tests.services.redis",
    "tests.services.server",
    "tests.soak.fixtures",
    "tests.support.fixtures",
]

MOST_WORKERS = 8

# Examples that reach a database take as long as its disk does, which says nothing of the code.
settings.register_profile(
    "groundswell",
    max_examples=100,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("groundswell")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors, as many tests wait for others; each has its services."""
    return min(len(os.sched_getaffinity(0)) + 1, MOST_WORKERS)
