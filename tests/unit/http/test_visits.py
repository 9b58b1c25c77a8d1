"""Who follows links: people, and which machines."""

from __future__ import annotations

import pytest

from groundswell.http.visits import Visit, machine

CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)


def visit(agent: str = CHROME, method: str = "GET", **headers: str) -> Visit:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Visit(method=method, headers={"user-agent": agent, **named})


@pytest.mark.parametrize("agent", [CHROME, IPHONE])
def test_people(agent: str) -> None:
    assert machine(visit(agent)) is None


@pytest.mark.parametrize(
    ("seen", "name"),
    [
        (visit(method="HEAD"), "head_request"),
        (visit(sec_purpose="prefetch;prerender"), "prefetch"),
        (visit(purpose="Prefetch"), "prefetch"),
        (visit(x_moz="prefetch"), "prefetch"),
        (visit(""), "missing_agent"),
        (visit("  "), "missing_agent"),
        (visit("facebookexternalhit/1.1"), "preview"),
        (visit("http.rb/5.1 (Mastodon/4.3.0; +https://m.example/)"), "preview"),
        (visit("Mozilla/5.0 (compatible; Discordbot/2.0)"), "preview"),
        (visit("Mozilla/5.0 (compatible; Googlebot/2.1)"), "bot"),
        (visit("curl/8.5.0"), "bot"),
    ],
)
def test_machines(seen: Visit, name: str) -> None:
    assert machine(seen) == name
