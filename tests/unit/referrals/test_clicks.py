"""Which followings of a link are a person's."""

from __future__ import annotations

import pytest

from groundswell.domains.referrals.clicks import agent_family
from groundswell.http.visits import RULES, Visit, machine

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/129.0.0.0 Safari/537.36"
)
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1"
)


def reason(method: str = "GET", agent: str = FIREFOX, **headers: str) -> str | None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return machine(Visit(method=method, headers={"user-agent": agent, **named}))


@pytest.mark.parametrize("agent", [FIREFOX, CHROME, SAFARI])
def test_people_are_not_discarded(agent: str) -> None:
    assert reason(agent=agent) is None


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("head_request", reason("HEAD")),
        ("prefetch", reason(sec_purpose="prefetch")),
        ("prefetch", reason(sec_purpose="prefetch;prerender")),
        ("prefetch", reason(purpose="prefetch")),
        ("prefetch", reason(x_purpose="preview")),
        ("prefetch", reason(x_moz="prefetch")),
        ("missing_agent", reason(agent="")),
        ("missing_agent", reason(agent="  ")),
        ("preview", reason(agent="facebookexternalhit/1.1")),
        ("preview", reason(agent="Slackbot-LinkExpanding 1.0")),
        ("preview", reason(agent="WhatsApp/2.23.20.0")),
        ("preview", reason(agent="TelegramBot (like TwitterBot)")),
        (
            "bot",
            reason(
                agent="Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
            ),
        ),
        ("bot", reason(agent="curl/8.5.0")),
        ("bot", reason(agent="python-requests/2.31")),
    ],
)
def test_machines_are_discarded_by_the_rule_that_knows_them(rule: str, found: str | None) -> None:
    assert found == rule


def test_a_head_request_of_an_ordinary_browser_is_no_click() -> None:
    """Networks send one GET and several HEADs with the agents of browsers for a shared link."""
    assert reason("HEAD", CHROME) == "head_request"


def test_every_rule_is_reached_by_some_request() -> None:
    seen = {
        reason("HEAD"),
        reason(sec_purpose="prefetch"),
        reason(agent=""),
        reason(agent="WhatsApp/2"),
        reason(agent="Googlebot"),
    }
    assert seen == set(RULES)


@pytest.mark.parametrize(
    ("agent", "family"),
    [(FIREFOX, "Firefox"), (CHROME, "Chrome"), (SAFARI, "Safari"), ("Lynx/2.9", "Other")],
)
def test_of_an_agent_its_family_is_kept(agent: str, family: str) -> None:
    assert agent_family(agent) == family
    assert agent_family(agent, "bot") == "Bot"
