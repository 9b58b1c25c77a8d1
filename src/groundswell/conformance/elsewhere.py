"""What nobody can check from outside, and why."""

from __future__ import annotations

from typing import Final

from groundswell.conformance.check import Elsewhere

ELSEWHERE: Final[tuple[Elsewhere, ...]] = ()
