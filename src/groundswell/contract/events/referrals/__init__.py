"""What happens in referral programs: codes, clicks, attributions, conversions, suspicions.

Instants in fields are in microseconds. Amounts are in minor units of their currency.
"""

from __future__ import annotations

from groundswell.contract.events.base import Event, Severity
from groundswell.contract.events.referrals.attribution import (
    AttributionAssigned,
    AttributionExpired,
    AttributionOverridden,
)
from groundswell.contract.events.referrals.common import (
    AttributionModel,
    RejectionReason,
    Resolution,
    ReversalReason,
    Side,
    program_topic,
    referrals_topic,
)
from groundswell.contract.events.referrals.conversions import (
    ConversionCompleted,
    ConversionRejected,
    ConversionReversed,
    ConversionStarted,
)
from groundswell.contract.events.referrals.programs import (
    CodeExpired,
    CodeGenerated,
    CodeRevoked,
    LinkClicked,
    ProgramCreated,
    ProgramEvent,
    ProgramUpdated,
)
from groundswell.contract.events.referrals.suspicions import (
    FraudFlagged,
    FraudResolved,
    ReferrerReinstated,
    ReferrerSuspended,
)

EVENTS: tuple[type[Event], ...] = (
    ProgramCreated,
    ProgramUpdated,
    CodeGenerated,
    CodeRevoked,
    CodeExpired,
    LinkClicked,
    AttributionAssigned,
    AttributionExpired,
    AttributionOverridden,
    ConversionStarted,
    ConversionCompleted,
    ConversionRejected,
    ConversionReversed,
    FraudFlagged,
    FraudResolved,
    ReferrerSuspended,
    ReferrerReinstated,
)

__all__ = [
    "EVENTS",
    "AttributionAssigned",
    "AttributionExpired",
    "AttributionModel",
    "AttributionOverridden",
    "CodeExpired",
    "CodeGenerated",
    "CodeRevoked",
    "ConversionCompleted",
    "ConversionRejected",
    "ConversionReversed",
    "ConversionStarted",
    "FraudFlagged",
    "FraudResolved",
    "LinkClicked",
    "ProgramCreated",
    "ProgramEvent",
    "ProgramUpdated",
    "ReferrerReinstated",
    "ReferrerSuspended",
    "RejectionReason",
    "Resolution",
    "ReversalReason",
    "Severity",
    "Side",
    "program_topic",
    "referrals_topic",
]
