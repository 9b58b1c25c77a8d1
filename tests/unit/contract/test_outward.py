"""What leaves the service is written as all answers are, and fits what describes it."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from groundswell.contract.catalogue import sample_of
from groundswell.contract.events import EVENT_TYPES, Event, LoggedEvent
from groundswell.contract.events.intake import ProjectCreated
from groundswell.contract.events.leaderboards import LeaderboardUpdated
from groundswell.contract.events.rewards import RewardFacts, RewardPaid
from groundswell.contract.outward import outward, outward_struct

AT = 1_760_000_400_000_000
WRITTEN = "2025-10-09T09:00:00.000Z"

CATALOGUE = {
    "social.share.created": "shareId userId contentType contentId platform",
    "social.share.engaged": "shareId engagementType engagerInfo",
    "social.share.failed": "shareId reason",
    "referral.code.generated": "codeId userId programId",
    "referral.code.revoked": "codeId reason",
    "referral.link.clicked": "referralId sourceIp userAgent clickId counted discardReason",
    "referral.conversion.started": "referralId prospectId stage",
    "referral.conversion.completed": "referralId newUserId referrerId",
    "referral.conversion.rejected": "referralId reason",
    "referral.conversion.reversed": "referralId reason",
    "referral.attribution.assigned": "referralId programId referrerId refereeId model touchId",
    "referral.attribution.expired": "referralId programId referrerId refereeId model touchId",
    "referral.attribution.overridden": "referralId programId referrerId refereeId model touchId",
    **{
        f"referral.reward.{step}": "userId rewardId referralId programId amount currency type "
        "status eligibleDate reason"
        for step in (
            *("earned", "held", "released", "approved"),
            *("paid", "cancelled", "reversed", "expired"),
        )
    },
    "referral.milestone.reached": "userId programId tier count nextThreshold",
    "referral.progress.updated": "userId programId tier count nextThreshold",
    "referral.leaderboard.updated": "boardId changes version",
    "referral.leaderboard.closed": "boardId windowStart windowEnd archiveId version",
    "referral.fraud.flagged": "caseId subjectId rule severity resolution",
    "referral.fraud.resolved": "caseId subjectId rule severity resolution",
    "testimonial.published": "testimonialId projectId authorId",
    "social.friend.joined": "userId friendId via",
    "social.suggestion.created": "userId kind subjectId reason",
}


def sent(event: Event) -> dict[str, Any]:
    encoded = msgspec.json.encode(outward(LoggedEvent(1, "msg-1", AT, AT, event)))
    found: dict[str, Any] = json.loads(encoded)
    return found


def paid(amount: int, currency: str, **more: Any) -> RewardPaid:
    facts = RewardFacts(
        role="referrer",
        rule_id="thanks",
        kind="flat",
        rule_version=1,
        conversion_id=None,
        occurrence=1,
        granted_minor=amount,
        counted_at=AT,
        granted_at=AT,
    )
    return RewardPaid(
        user_id="ada",
        reward_id="reward-1",
        referral_id="ref-1",
        program_id="spring",
        amount_minor=amount,
        currency=currency,
        type="cash",
        status="paid",
        eligible_at=AT,
        referrer_id="ada",
        referee_id="bob",
        facts=facts,
        **more,
    )


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_the_fields_of_the_catalogue_are_sent_under_its_names(name: str) -> None:
    told = sent(sample_of(EVENT_TYPES[name]))
    assert {*CATALOGUE[name].split(), "timestamp"} <= told.keys()
    assert told["timestamp"] == WRITTEN


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_nothing_is_left_out_and_no_number_is_in_units_of_the_log(name: str) -> None:
    struct = EVENT_TYPES[name]
    told = sent(sample_of(struct))
    assert list(told) == [one.encode_name for one in structs.fields(outward_struct(struct))]
    assert len(told) == len(structs.fields(struct)) + 1
    assert not [field for field in told if field.endswith("Minor")]


def test_money_and_times_are_written_as_answers_write_them() -> None:
    told = sent(paid(5_000, "EUR", reason="payout", reversed_minor=1))
    assert (told["amount"], told["currency"], told["reversedAmount"]) == ("50.00", "EUR", "0.01")
    assert told["eligibleDate"] == WRITTEN
    assert told["facts"]["grantedAmount"] == "50.00", "in the currency of the whole"
    assert told["facts"]["countedAt"] == WRITTEN
    assert sent(paid(5_000, "JPY"))["amount"] == "5000"
    assert sent(paid(5_000, "EUR"))["reason"] is None


def test_what_there_is_none_of_is_null() -> None:
    project = ProjectCreated(source="/p", source_id="1", user_id="ada", project_id="roof")
    told = sent(project)
    assert (told["amount"], told["currency"], told["title"]) == (None, None, None)
    board = LeaderboardUpdated(
        board_id="b",
        changes=(),
        version=1,
        window_start=None,
        window_end=AT,
        members=0,
        entries=(),
    )
    assert (sent(board)["windowStart"], sent(board)["windowEnd"]) == (None, WRITTEN)


@given(st.integers(0, 10**15), st.sampled_from(["EUR", "JPY", "KWD", "PTS"]))
def test_whatever_is_sent_fits_what_describes_it(amount: int, currency: str) -> None:
    (_,), parts = msgspec.json.schema_components([outward_struct(RewardPaid)])
    schema = {"$ref": "#/$defs/RewardPaid", "$defs": parts}
    checked = jsonschema_rs.Draft202012Validator(json.loads(msgspec.json.encode(schema)))
    told = sent(paid(amount, currency))
    assert [str(error) for error in checked.iter_errors(told)] == []
    assert not checked.is_valid(told | {"amount": amount})
    assert not checked.is_valid({name: told[name] for name in told if name != "reason"})
