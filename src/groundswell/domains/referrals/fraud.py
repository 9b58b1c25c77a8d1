"""What looks wrong about a referral: named rules over facts, each with its evidence.

Nothing here rejects anything. What is merely possible in an office or a family (a shared address)
is low and holds nothing; the rest holds rewards until somebody has looked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import msgspec

from groundswell.contract.events.intake import Identity
from groundswell.contract.events.referrals import Severity
from groundswell.domains.referrals.mail_domains import DISPOSABLE, GENERIC
from groundswell.domains.referrals.rules import FraudRules

Scope = Literal["referral", "referrer"]

PAID_PARAMETERS = frozenset(
    {"gclid", "fbclid", "twclid", "msclkid", "li_fat_id", "rdclid", "ttclid"}
)


class Facts(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is known when a referral is judged; kept, so that rules can be tried on the past.

    Attributes:
        referee, referrer: by what they can be recognised.
        earlier: the same of those the referrer referred before in this program.
        doubles: other accounts with the referee's e-mail, payment instrument or device.
        since_touch: microseconds from the touch to the registration; None for codes typed.
        touch_address: from which address the link was followed.
        source: the page the visitor came from; ``query``: what the link was followed with.
        last_hour, last_day: referrals of the referrer within the time before, this one included.
        median_per_day: the median of the program's referrers on the days they had any.
    """

    referee: Identity
    referrer: Identity
    earlier: tuple[Identity, ...] = ()
    doubles: tuple[str, ...] = ()
    since_touch: int | None = None
    touch_address: str | None = None
    source: str | None = None
    query: str = ""
    last_hour: int = 1
    last_day: int = 1
    median_per_day: float = 0.0


class Rule(msgspec.Struct, frozen=True):
    """How much a rule weighs, what it is about, and whether rewards wait for somebody to look.

    What is known from beyond a single program's referrals (``lasting``) does not expire.
    """

    severity: Severity
    holds: bool = True
    scope: Scope = "referral"
    lasting: bool = False


RULES: Mapping[str, Rule] = {
    "same_email": Rule("high"),
    "same_payment": Rule("high", lasting=True),
    "same_device": Rule("medium"),
    "same_cookie": Rule("medium"),
    "same_address": Rule("low", holds=False),
    "same_domain": Rule("low", holds=False),
    "repeated_domain": Rule("low", holds=False),
    "repeated_address": Rule("low", holds=False),
    "disposable_domain": Rule("medium"),
    "duplicate_identity": Rule("high", lasting=True),
    "banned_source": Rule("medium"),
    "paid_traffic": Rule("medium"),
    "too_fast": Rule("medium"),
    "velocity": Rule("medium", scope="referrer"),
}


class Signal(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A rule that fired, and on what."""

    rule: str
    evidence: dict[str, Any]

    @property
    def weight(self) -> Rule:
        """How much it weighs."""
        return RULES[self.rule]


Evidence = dict[str, Any] | None
Check = Callable[[Facts, FraudRules], Evidence]


def signals(facts: Facts, rules: FraudRules) -> list[Signal]:
    """Everything that looks wrong, in the order of the rules."""
    found = [
        (name, check(facts, rules)) for name, check in _CHECKS.items() if name not in rules.off
    ]
    return [Signal(rule=name, evidence=evidence) for name, evidence in found if evidence]


def _same(field: str) -> Check:
    def check(facts: Facts, _: FraudRules) -> Evidence:
        own, other = getattr(facts.referee, field), getattr(facts.referrer, field)
        return {field: own} if own is not None and own == other else None

    return check


def _same_address(facts: Facts, _: FraudRules) -> Evidence:
    seen = {facts.referee.address, facts.touch_address} - {None}
    return {"address": facts.referrer.address} if facts.referrer.address in seen else None


def _own_domain(facts: Facts, rules: FraudRules) -> str | None:
    domain = facts.referee.email_domain
    return None if domain is None or domain in GENERIC.union(rules.generic_domains) else domain


def _same_domain(facts: Facts, rules: FraudRules) -> Evidence:
    domain = _own_domain(facts, rules)
    return {"domain": domain} if domain and domain == facts.referrer.email_domain else None


def _repeated_domain(facts: Facts, rules: FraudRules) -> Evidence:
    domain = _own_domain(facts, rules)
    times = sum(one.email_domain == domain for one in facts.earlier)
    return {"domain": domain, "times": times} if domain and times else None


def _repeated_address(facts: Facts, _: FraudRules) -> Evidence:
    address = facts.referee.address
    times = sum(one.address == address for one in facts.earlier)
    return {"address": address, "times": times} if address and times else None


def _disposable_domain(facts: Facts, rules: FraudRules) -> Evidence:
    domain = facts.referee.email_domain
    known = DISPOSABLE.union(rules.disposable_domains)
    return {"domain": domain} if domain in known else None


def _duplicate_identity(facts: Facts, _: FraudRules) -> Evidence:
    return {"accounts": list(facts.doubles)} if facts.doubles else None


def _banned_source(facts: Facts, rules: FraudRules) -> Evidence:
    host = urlsplit(facts.source or "").hostname or ""
    banned = [one for one in rules.banned_sources if host == one or host.endswith(f".{one}")]
    return {"source": host} if banned else None


def _paid_traffic(facts: Facts, rules: FraudRules) -> Evidence:
    given = parse_qs(facts.query)
    paid = sorted(PAID_PARAMETERS & given.keys())
    allowed = set(given.get("utm_campaign", ())) & set(rules.allowed_campaigns)
    return {"parameters": paid} if paid and not allowed else None


def _too_fast(facts: Facts, rules: FraudRules) -> Evidence:
    if facts.since_touch is None or facts.since_touch >= rules.soonest:
        return None
    return {"milliseconds": facts.since_touch // 1000}


def _velocity(facts: Facts, rules: FraudRules) -> Evidence:
    usual = max(float(rules.per_day), rules.burst * facts.median_per_day)
    if facts.last_hour <= rules.per_hour and facts.last_day <= usual:
        return None
    return {"lastHour": facts.last_hour, "lastDay": facts.last_day, "usualPerDay": usual}


_CHECKS: Mapping[str, Check] = {
    "same_email": _same("email"),
    "same_payment": _same("payment"),
    "same_device": _same("device"),
    "same_cookie": _same("cookie"),
    "same_address": _same_address,
    "same_domain": _same_domain,
    "repeated_domain": _repeated_domain,
    "repeated_address": _repeated_address,
    "disposable_domain": _disposable_domain,
    "duplicate_identity": _duplicate_identity,
    "banned_source": _banned_source,
    "paid_traffic": _paid_traffic,
    "too_fast": _too_fast,
    "velocity": _velocity,
}
