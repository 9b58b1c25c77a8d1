"""The rules of a program, as the host writes them and as a version keeps them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from groundswell.contract.events.referrals import AttributionModel
from groundswell.contract.terms import RewardTerms, faults
from groundswell.contract.times import DAY, HOUR, SECOND

TouchKind = Literal["manual", "code", "click", "cookie"]
Part = Literal["user", "owner", "contractor"]

Days = Annotated[int, Meta(ge=1, le=3650)]
Hours = Annotated[int, Meta(ge=0, le=8760)]
Limit = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
EventType = Annotated[str, Meta(max_length=100, pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$")]
Host = Annotated[str, Meta(pattern=r"^[a-z0-9.-]{1,253}$")]
Address = Annotated[
    str, Meta(max_length=2048, pattern=r"^https?://[A-Za-z0-9.\[\]:-]+([/?#][!-~]*)?$")
]
Scalar = str | int | float | bool | None


class RulesPart(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename="camel",
    forbid_unknown_fields=True,
):
    """What all parts of the rules have in common."""


class Condition(RulesPart, frozen=True, kw_only=True):
    """What a field of the reported event has to be.

    ``field`` is a path such as ``data.plan``, ``amountMinor`` or ``currency``.
    """

    field: Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_.]{0,99}$")]
    op: Literal["eq", "ne", "gt", "gte", "lt", "lte", "in", "exists"] = "eq"
    value: Scalar | Annotated[tuple[Scalar, ...], Meta(max_length=100)] = None


class Stage(RulesPart, frozen=True, kw_only=True):
    """A step on the way to a conversion.

    ``on`` is the type of the event that reaches it, ``who`` whose part in the event counts: the
    one who did it, a project's owner, or its contractor. One that ``completes`` is a conversion.
    """

    name: Name
    on: EventType
    who: Part = "user"
    completes: bool = False
    conditions: Annotated[tuple[Condition, ...], Meta(max_length=20)] = ()


class Windows(RulesPart, frozen=True, kw_only=True):
    """How long touches count, and how long there is for what follows.

    ``attribution_days`` after a touch somebody must register; ``code_days`` and ``click_days`` say
    otherwise for one kind. ``qualification_days`` after the attribution the conversion must happen.
    ``code_grace_hours`` after registering a code may still be typed.
    """

    attribution_days: Days = 30
    click_days: Days | None = None
    code_days: Days | None = None
    qualification_days: Days = 90
    code_grace_hours: Hours = 72

    def of(self, kind: TouchKind) -> int:
        """How long touches of a kind count, microseconds."""
        own = {"click": self.click_days, "code": self.code_days}.get(kind)
        return (own or self.attribution_days) * DAY

    @property
    def longest(self) -> int:
        """How long any touch may count, microseconds."""
        return max(self.of("click"), self.of("code"), self.of("cookie"))

    @property
    def qualification(self) -> int:
        """Microseconds."""
        return self.qualification_days * DAY

    @property
    def code_grace(self) -> int:
        """Microseconds."""
        return self.code_grace_hours * HOUR


class Limits(RulesPart, frozen=True, kw_only=True):
    """How many referrals and conversions there may be; None for any number."""

    referrals: Limit | None = None
    referrals_per_referrer: Limit | None = None
    conversions: Limit | None = None
    conversions_per_referee: Limit | None = 1


class FraudRules(RulesPart, frozen=True, kw_only=True):
    """What is looked at with suspicion.

    Attributes:
        off: names of rules that are not applied.
        soonest_seconds: a registration sooner than this after the click is too fast.
        per_hour, per_day: how many referrals of one referrer are usual in any case.
        burst: how many times the program's own median is unusual beyond that.
        suspend_after: so many confirmed cases end a referrer's part; None for never.
        disposable_domains, generic_domains, banned_sources, allowed_campaigns: additions to what
            is known of mail domains; hosts no visitor may come from; campaigns (``utm_campaign``)
            that may be paid for.
    """

    off: Annotated[tuple[Name, ...], Meta(max_length=40)] = ()
    soonest_seconds: Annotated[int, Meta(ge=0, le=86_400)] = 5
    per_hour: Limit = 10
    per_day: Limit = 50
    burst: Annotated[int, Meta(ge=1, le=1000)] = 5
    suspend_after: Limit | None = 3
    disposable_domains: Annotated[tuple[Host, ...], Meta(max_length=1000)] = ()
    generic_domains: Annotated[tuple[Host, ...], Meta(max_length=1000)] = ()
    banned_sources: Annotated[tuple[Host, ...], Meta(max_length=1000)] = ()
    allowed_campaigns: Annotated[
        tuple[Annotated[str, Meta(max_length=100)], ...], Meta(max_length=100)
    ] = ()

    @property
    def soonest(self) -> int:
        """Microseconds."""
        return self.soonest_seconds * SECOND


REGISTRATION = Stage(name="registration", on="user.registered", completes=True)


class ProgramRules(RulesPart, frozen=True, kw_only=True):
    """Everything a version of a program says.

    Attributes:
        landing_url: where links lead.
        model: which of several touches of one kind wins.
        windows: how long touches count, and how long there is for what follows.
        new_users_only: whether somebody must not have had an account before.
        acyclic: whether nobody may refer one of those who, over others, referred them; that two
            refer each other is never allowed.
        anonymous: whether referrers are never told whom they referred.
        stages: the way to a conversion.
        limits: how many there may be.
        rewards: what is promised; for the rewards to read.
        fraud: what is looked at with suspicion.
    """

    landing_url: Address
    model: AttributionModel = "last_touch"
    windows: Windows = Windows()
    new_users_only: bool = True
    acyclic: bool = False
    anonymous: bool = False
    stages: Annotated[tuple[Stage, ...], Meta(min_length=1, max_length=20)] = (REGISTRATION,)
    limits: Limits = Limits()
    rewards: RewardTerms = ()
    fraud: FraudRules = FraudRules()


def rule_faults(rules: ProgramRules) -> list[tuple[str, str]]:
    """What is wrong with rules beyond the types of their fields, as (path, message)."""
    found = [(f"rewards.{path}", message) for path, message in faults(rules.rewards)]
    names = [stage.name for stage in rules.stages]
    found += [
        (f"stages.{place}.name", "another stage has this name")
        for place, name in enumerate(names)
        if name in names[:place]
    ]
    if not any(stage.completes for stage in rules.stages):
        found.append(("stages", "one of them must complete the conversion"))
    return found


def holds(condition: Condition, facts: dict[str, Any]) -> bool:
    """Whether the event is as the condition wants it. What cannot be compared does not hold."""
    found = _field(facts, condition.field)
    wanted = condition.value
    if condition.op == "exists":
        return bool((found is not None) == (wanted is not False))
    if condition.op == "in":
        return isinstance(wanted, tuple) and found in wanted
    if condition.op in ("eq", "ne"):
        return bool((found == wanted) == (condition.op == "eq"))
    if not _comparable(found, wanted):
        return False
    order: dict[str, bool] = {
        "gt": found > wanted,
        "gte": found >= wanted,
        "lt": found < wanted,
        "lte": found <= wanted,
    }
    return order[condition.op]


def _comparable(found: Any, wanted: Any) -> bool:
    numbers = (int, float)
    if isinstance(found, bool) or isinstance(wanted, bool):
        return False
    both_numbers = isinstance(found, numbers) and isinstance(wanted, numbers)
    return both_numbers or (isinstance(found, str) and isinstance(wanted, str))


def _field(facts: Any, path: str) -> Any:
    for step in path.split("."):
        facts = facts.get(step) if isinstance(facts, dict) else None
    return facts
