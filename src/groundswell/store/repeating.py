"""Jobs that do their work again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from groundswell.contract.errors import GroundswellError

_log = structlog.get_logger(__name__)


async def repeat(
    work: Callable[[], Awaitable[Any]],
    seconds: float,
    *,
    postponed: str,
    failed: str | None = None,
    at_once: bool = True,
) -> None:
    """Do ``work`` every ``seconds``, until cancelled.

    ``postponed`` is what to log where it could not be done now. Any other failure is logged as
    ``failed`` and tried again, or ends the job where there is no word for it. Not ``at_once``: the
    first time is after a pause, too.
    """
    if not at_once:
        await asyncio.sleep(seconds)
    while True:
        try:
            await work()
        except GroundswellError as error:
            _log.warning(postponed, reason=error.code)
        except Exception as error:
            if failed is None:
                raise
            _log.error(failed, exc_info=error)
        await asyncio.sleep(seconds)
