"""Readiness: every part a process needs is asked whether it works, at once and briefly."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from groundswell.contract.errors import Unavailable

_log = structlog.get_logger("groundswell.ops")

Check = Callable[[], Awaitable[object]]

CHECK_SECONDS = 1.0


class NotReady(Unavailable):
    """A part that this process needs does not work."""

    code = "not_ready"
    title = "Not ready"


async def failing(checks: Mapping[str, Check], seconds: float = CHECK_SECONDS) -> list[str]:
    """The names of the checks that raise or take longer than ``seconds``, in their order."""
    outcomes = await asyncio.gather(
        *(_passes(name, check, seconds) for name, check in checks.items())
    )
    return [name for name, passed in zip(checks, outcomes, strict=True) if not passed]


async def require_ready(checks: Mapping[str, Check], seconds: float = CHECK_SECONDS) -> None:
    """Pass only if every check does.

    Raises:
        NotReady: names what fails, and nothing of why: that is in the log.
    """
    names = await failing(checks, seconds)
    if names:
        raise NotReady(f"Not ready: {', '.join(names)}.")


async def _passes(name: str, check: Check, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await check()
    except Exception as error:
        _log.warning("check_failed", check=name, error=type(error).__name__)
        return False
    return True
