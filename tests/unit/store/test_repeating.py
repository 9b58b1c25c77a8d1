"""Jobs go on after what could not be done, and say so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from structlog.testing import capture_logs

from groundswell.contract.errors import DatabaseUnavailable
from groundswell.store.repeating import repeat


def failing_with(*errors: Exception | None) -> tuple[Callable[[], Awaitable[None]], asyncio.Event]:
    """Work that ends like this, one time after the other; the event says that all were done."""
    left, done = list(errors), asyncio.Event()

    async def work() -> None:
        error = left.pop(0) if left else None
        if not left:
            done.set()
        if error is not None:
            raise error

    return work, done


async def test_a_failure_is_logged_and_the_job_goes_on() -> None:
    work, done = failing_with(DatabaseUnavailable(), ValueError("broken"), None)
    with capture_logs() as logs:
        job = asyncio.create_task(repeat(work, 0.0, postponed="later", failed="wrong"))
        await asyncio.wait_for(done.wait(), 5)
        job.cancel()
    assert [(one["event"], one["log_level"]) for one in logs] == [
        ("later", "warning"),
        ("wrong", "error"),
    ]
    assert logs[0]["reason"] == "database_unavailable"


async def test_a_failure_without_a_word_for_it_ends_the_job() -> None:
    work, _ = failing_with(DatabaseUnavailable(), ValueError("broken"))
    with pytest.raises(ValueError, match="broken"), capture_logs():
        await asyncio.wait_for(repeat(work, 0.0, postponed="later"), 5)


async def test_the_first_time_may_be_after_a_pause() -> None:
    work, done = failing_with(None)
    job = asyncio.create_task(repeat(work, 3_600.0, postponed="later", at_once=False))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not done.is_set()
    job.cancel()
