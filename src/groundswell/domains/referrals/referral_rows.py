"""Referrals, people and referrers as they are kept, and how they are read and written."""

from __future__ import annotations

import msgspec

from groundswell.contract.events.intake import Identity
from groundswell.contract.events.referrals import AttributionModel
from groundswell.domains.referrals.rules import TouchKind
from groundswell.domains.referrals.views import ReferralState
from groundswell.store import TEXT, Statement, Transaction

_COLUMNS = """
    referral_id, program_id, referee_id, referrer_id, code_id, touch_id, touch_kind, touch_at,
    model, rule_version, attributed_at, recorded_at, qualifies_until, state, conversions,
    anonymous, reason
"""
FIND_BY_ID = Statement(f"SELECT {_COLUMNS} FROM referrals WHERE referral_id = :referral_id")  # noqa: S608
FIND = Statement(
    f"SELECT {_COLUMNS} FROM referrals WHERE program_id = :program_id AND referee_id = :referee_id"  # noqa: S608
)
FIND_OF_REFEREE = Statement(
    f"SELECT {_COLUMNS} FROM referrals WHERE referee_id = :referee_id ORDER BY referral_id"  # noqa: S608
)
DUE = Statement(
    f"""
    SELECT {_COLUMNS} FROM referrals
    WHERE state IN ('attributed', 'started') AND qualifies_until <= :now
    ORDER BY qualifies_until LIMIT :portion
    """  # noqa: S608
)
ADD = Statement(
    f"""
    INSERT INTO referrals ({_COLUMNS}, trace, facts) VALUES
      (:referral_id, :program_id, :referee_id, :referrer_id, :code_id, :touch_id, :touch_kind,
       :touch_at, :model, :rule_version, :attributed_at, :recorded_at, :qualifies_until,
       'attributed', 0, :anonymous, NULL, :trace, :facts)
    """  # noqa: S608
)
REBIND = Statement(
    """
    UPDATE referrals SET referrer_id = :referrer_id, code_id = :code_id, touch_id = :touch_id,
      touch_kind = :touch_kind, touch_at = :touch_at, trace = :trace, facts = :facts,
      state = 'attributed', conversions = 0, reason = NULL
    WHERE referral_id = :referral_id
    """
)
SET_STATE = Statement(
    """
    UPDATE referrals SET state = :state, reason = :reason, conversions = :conversions
    WHERE referral_id = :referral_id
    """
)
MAKE_ANONYMOUS = Statement("UPDATE referrals SET anonymous = 1 WHERE referral_id = :referral_id")
SET_FACTS = Statement("UPDATE referrals SET facts = :facts WHERE referral_id = :referral_id")
FIND_REFERRER = Statement(
    "SELECT referrer_id FROM referrals WHERE program_id = :program_id AND referee_id = :referee_id"
)
SUSPENDED = Statement(
    """
    SELECT suspended_at FROM referrers
    WHERE program_id = :program_id AND user_id = :user_id AND suspended_at IS NOT NULL
    """
)
COUNT_REFERRER = Statement(
    """
    INSERT INTO referrers (program_id, user_id, referrals, confirmed_cases)
    VALUES (:program_id, :user_id, :more, 0)
    ON CONFLICT (program_id, user_id) DO UPDATE SET referrals = referrers.referrals + :more
    """
)
REFERRALS_OF = Statement(
    "SELECT referrals FROM referrers WHERE program_id = :program_id AND user_id = :user_id"
)
SUSPEND = Statement(
    """
    INSERT INTO referrers (program_id, user_id, referrals, confirmed_cases, suspended_at)
    VALUES (:program_id, :user_id, 0, 0, :suspended_at)
    ON CONFLICT (program_id, user_id) DO UPDATE SET suspended_at = :suspended_at
    """
)
COUNT_CONFIRMED = Statement(
    """
    UPDATE referrers SET confirmed_cases = confirmed_cases + 1
    WHERE program_id = :program_id AND user_id = :user_id RETURNING confirmed_cases, suspended_at
    """
)
ADD_PERSON = Statement(
    """
    INSERT INTO referral_people (user_id, registered_at, recorded_at, email, email_domain, address,
      payment, device, visitor_id, click_id, anonymous)
    VALUES (:user_id, :registered_at, :recorded_at, :email, :email_domain, :address, :payment,
      :device, :visitor_id, :click_id, :anonymous)
    ON CONFLICT (user_id) DO NOTHING
    """
)
CHANGE_PERSON = Statement(
    """
    UPDATE referral_people SET email = COALESCE(:email, email),
      email_domain = COALESCE(:email_domain, email_domain), payment = COALESCE(:payment, payment),
      device = COALESCE(:device, device), address = COALESCE(:address, address)
    WHERE user_id = :user_id
    """
)
_PERSON = """
    user_id, registered_at, recorded_at, email, email_domain, address, payment, device,
    visitor_id, click_id, anonymous
"""
FIND_PERSON = Statement(f"SELECT {_PERSON} FROM referral_people WHERE user_id = :user_id")  # noqa: S608
FIND_PEOPLE = Statement(
    f"SELECT {_PERSON} FROM referral_people WHERE user_id IN (SELECT r.user_id FROM {{rows}} r)",  # noqa: S608
    rows={"user_id": TEXT},
)
FIND_VISITORS = Statement(
    f"SELECT {_PERSON} FROM referral_people WHERE visitor_id = :visitor_id ORDER BY user_id"  # noqa: S608
)
FIND_EARLIER = Statement(
    """
    SELECT p.email, p.email_domain, p.address, p.payment, p.device, p.visitor_id
    FROM referrals r JOIN referral_people p ON p.user_id = r.referee_id
    WHERE r.referrer_id = :referrer_id AND r.program_id = :program_id
      AND r.referee_id <> :referee_id
    ORDER BY r.recorded_at DESC LIMIT 200
    """
)
FIND_DOUBLES = Statement(
    """
    SELECT user_id FROM referral_people WHERE user_id <> :user_id AND email = :email
    UNION SELECT user_id FROM referral_people WHERE user_id <> :user_id AND payment = :payment
    UNION SELECT user_id FROM referral_people WHERE user_id <> :user_id AND device = :device
    ORDER BY 1 LIMIT 10
    """
)
COUNT_RECENT = Statement(
    """
    SELECT COUNT(CASE WHEN recorded_at > :hour_ago THEN 1 END), COUNT(*) FROM referrals
    WHERE referrer_id = :referrer_id AND program_id = :program_id
      AND recorded_at > :day_ago AND recorded_at <= :now
    """
)
PER_DAY = Statement(
    """
    SELECT COUNT(*) FROM referrals
    WHERE program_id = :program_id AND attributed_at > :since AND referrer_id <> :referrer_id
    GROUP BY referrer_id, attributed_at / 86400000000 LIMIT 10000
    """
)


class Referral(msgspec.Struct, frozen=True):
    """One person's referral by another; fields in the order of the columns."""

    referral_id: str
    program_id: str
    referee_id: str
    referrer_id: str
    code_id: str | None
    touch_id: str
    touch_kind: TouchKind
    touch_at: int
    model: AttributionModel
    rule_version: int
    attributed_at: int
    recorded_at: int
    qualifies_until: int
    state: ReferralState
    conversions: int
    anonymous: int
    reason: str | None

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state in ("rejected", "expired")


class Person(msgspec.Struct, frozen=True):
    """Somebody the host told us of; fields in the order of the columns."""

    user_id: str
    registered_at: int
    recorded_at: int
    email: str | None
    email_domain: str | None
    address: str | None
    payment: str | None
    device: str | None
    visitor_id: str | None
    click_id: str | None
    anonymous: int

    @property
    def identity(self) -> Identity:
        """By what they can be recognised."""
        return Identity(
            email=self.email,
            email_domain=self.email_domain,
            address=self.address,
            payment=self.payment,
            device=self.device,
            cookie=self.visitor_id,
        )


async def find_referral(
    transaction: Transaction, program_id: str, referee_id: str
) -> Referral | None:
    """Who referred somebody in a program."""
    rows = await transaction.fetch(FIND, program_id=program_id, referee_id=referee_id)
    return Referral(*rows[0]) if rows else None


async def find_person(transaction: Transaction, user_id: str) -> Person | None:
    """What is known of somebody."""
    rows = await transaction.fetch(FIND_PERSON, user_id=user_id)
    return Person(*rows[0]) if rows else None


async def find_people(transaction: Transaction, *user_ids: str) -> dict[str, Person]:
    """What is known of several, by their ids."""
    rows = await transaction.fetch(FIND_PEOPLE, rows=[(one,) for one in user_ids])
    return {person.user_id: person for person in (Person(*row) for row in rows)}


async def is_suspended(transaction: Transaction, program_id: str, user_id: str) -> bool:
    """Whether a referrer's part in a program is over."""
    return bool(await transaction.fetch(SUSPENDED, program_id=program_id, user_id=user_id))
