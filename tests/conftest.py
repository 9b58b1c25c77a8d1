"""Fixtures and settings that every test folder shares."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

pytest_plugins = [
    "tests.services.chromium",
    "tests.services.databases",
    "tests.services.namespaces",
    "tests.services.node",
    "tests.services.postgres",
    "tests.services.redis",
    "tests.services.server",
    "tests.soak.fixtures",
    "tests.support.fixtures",
]

# Examples that reach a database take as long as its disk does, which says nothing of the code.
settings.register_profile(
    "groundswell",
    max_examples=100,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("groundswell")
