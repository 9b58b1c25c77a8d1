"""The checks, a file for each section of the protocol."""

from __future__ import annotations

from typing import Final

from groundswell.conformance.check import Check
from groundswell.conformance.checks import (
    closing,
    errors,
    listening,
    replies,
    requests,
    rules,
)

CHECKS: Final[tuple[Check, ...]] = (
    *rules.CHECKS,
    *listening.CHECKS,
    *requests.CHECKS,
    *replies.CHECKS,
    *errors.CHECKS,
    *closing.CHECKS,
)
