"""The rules of webhooks: what is wanted, when it is tried again, when it is given up."""

from __future__ import annotations

import pytest

from groundswell.contract.errors import Invalid
from groundswell.contract.times import DAY, HOUR, SECOND
from groundswell.domains.webhooks.health import DISABLE_AFTER, THRESHOLD, Health
from groundswell.domains.webhooks.patterns import check_patterns, matches, may_have
from groundswell.domains.webhooks.schedule import Schedule
from groundswell.domains.webhooks.targets import Targets

KNOWN = ("engagement.vote.cast", "engagement.vote.removed", "user.registered")


@pytest.mark.parametrize(
    ("pattern", "count"),
    [("*", 3), ("engagement.*", 2), ("engagement.vote.cast", 1), ("user.registered", 1)],
)
def test_a_pattern_is_a_type_or_a_family(pattern: str, count: int) -> None:
    assert sum(matches((pattern,), one) for one in KNOWN) == count
    check_patterns((pattern,), KNOWN)


@pytest.mark.parametrize("pattern", ["engage*", "*.cast", "engagement", "Engagement.*", "vote.*"])
def test_a_pattern_that_can_never_match_is_refused(pattern: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_patterns(("*", pattern), KNOWN)
    assert refused.value.errors[0].field == "events[1]"


def test_a_class_allows_itself_and_what_is_less_private() -> None:
    allowed = [
        [may_have(most, one) for one in ("public", "personal", "internal")]
        for most in ("public", "personal", "internal")
    ]
    assert allowed == [[True, False, False], [True, True, False], [True, True, True]]


def test_pauses_grow_from_five_seconds_to_a_day_and_then_it_is_given_up() -> None:
    schedule = Schedule()
    pauses = [schedule.next_attempt(failed, 0, 0.5) for failed in range(1, 11)]
    assert pauses == [
        *(seconds * SECOND for seconds in (5, 20, 80, 320, 1280, 5120, 20480, 81920)),
        DAY,
        None,
    ]


def test_a_receiver_that_asks_for_more_time_gets_it_within_a_day() -> None:
    assert Schedule().next_attempt(1, 0, 0.5, 60) == 60 * SECOND
    assert Schedule().next_attempt(1, 0, 0.5, 90_000) == DAY
    assert Schedule().next_attempt(5, 0, 0.5, 1) == 1280 * SECOND


def test_the_breaker_opens_after_five_failures_and_lets_one_probe_through() -> None:
    health = Health()
    for failed in range(THRESHOLD):
        assert health.circuit(0) == "closed"
        assert health.allowance(0, 16) == (16 if failed == 0 else THRESHOLD - failed)
        health = health.after(0, taken=False)
    assert (health.circuit(0), health.allowance(0, 16)) == ("open", 0)
    assert health.circuit(30 * SECOND - 1) == "open"
    assert (health.circuit(30 * SECOND), health.allowance(30 * SECOND, 16)) == ("half_open", 1)
    assert health.probing(30 * SECOND).allowance(31 * SECOND, 16) == 0
    assert health.after(30 * SECOND, taken=True) == Health()
    assert health.after(30 * SECOND, taken=False).circuit(89 * SECOND) == "open"


def test_an_endpoint_is_hopeless_after_five_days_of_failures_alone() -> None:
    health = Health().after(7, taken=False)
    assert not health.is_hopeless(7 + DISABLE_AFTER - 1)
    assert health.is_hopeless(7 + DISABLE_AFTER)
    assert not health.after(8, taken=True).is_hopeless(10 * DISABLE_AFTER)
    assert HOUR < DISABLE_AFTER


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ftp://example.org/",
        "//example.org/",
        "https:///path",
        "https://user:secret@example.org/",
        "https://@example.org/",
        "https://example.org/#here",
        "https://exa mple.org/",
        "https://example.org:99999/",
        "https://127.0.0.1/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://[::1]/",
        "https://[::]/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[2002:7f00:1::]/",
        "https://[64:ff9b::7f00:1]/",
        "https://%31%32%37.0.0.1/",
        "https://\uff11\uff12\uff17.0.0.1/",
        "https://127\u30020\u30020\u30021/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.0.0.1/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://127.0.0.1./",
        "https://example.org\\@127.0.0.1/",
        "https://example.org\n/",
    ],
)
def test_addresses_that_may_not_be_called_are_refused(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        Targets().check(url)
    assert refused.value.errors[0].field == "url"


@pytest.mark.parametrize(
    "url", ["https://example.org/", "https://1.1.1.1/hook?a=b", "https://[2606:4700::1111]:8443/"]
)
def test_public_https_addresses_are_taken(url: str) -> None:
    assert Targets().check(url) == url


def test_networks_in_the_settings_are_allowed_in_plain_http_and_nothing_else_is() -> None:
    targets = Targets.parse("127.0.0.0/8, fd00::/8")
    assert targets.check("http://127.0.0.1:8000/")
    assert targets.check("http://[fd00::1]/")
    assert targets.allows("127.1.2.3", plain=True)
    assert targets.allows("::ffff:127.0.0.1", plain=True)
    assert targets.allows("1.1.1.1", plain=False)
    assert not targets.allows("1.1.1.1", plain=True)
    assert not targets.allows("10.0.0.1", plain=False)
    assert not targets.allows("not an address", plain=False)
    with pytest.raises(Invalid):
        targets.check("http://1.1.1.1/")
    with pytest.raises(ValueError, match="network"):
        Targets.parse("everywhere")
