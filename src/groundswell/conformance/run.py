"""Runs checks against a server, some at once, each within its time."""

from __future__ import annotations

import asyncio
import fnmatch
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from secrets import token_hex

import httpx

from groundswell.conformance.check import Check, Elsewhere
from groundswell.conformance.kit import Kit, Shared
from groundswell.conformance.site import Keys, Site
from groundswell.conformance.transcript import Transcript
from groundswell.conformance.verdicts import Failed, NotApplicable, Outcome, Verdict

AT_ONCE = 8
FRAMES = 60
"""So many lines of what was said and heard are shown of a failure."""


class Unreachable(Exception):
    """There is no such server."""


def chosen(checks: Sequence[Check], pattern: str | None) -> list[Check]:
    """The checks whose name contains the pattern, or matches it where it has ``*`` or ``?``."""
    if pattern is None:
        return list(checks)
    wild = any(sign in pattern for sign in "*?[")
    wanted = (pattern if wild else f"*{pattern}*").lower()
    return [one for one in checks if fnmatch.fnmatchcase(one.name.lower(), wanted)]


async def run(
    url: str, keys: Keys, checks: Sequence[Check], *, at_once: int = AT_ONCE
) -> AsyncIterator[Verdict]:
    """The verdicts, as they come.

    Raises:
        Unreachable: nothing answers at the address.
    """
    site = Site(url, token_hex(3), keys)
    try:
        await _reach(site)
        async for verdict in _all(site, checks, at_once):
            yield verdict
    finally:
        await _clean(site)


async def _reach(site: Site) -> None:
    try:
        await site.request(Transcript(), "GET", "/healthz")
    except (httpx.TransportError, httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise Unreachable(f"{site.url} does not answer: {error}") from error


async def _all(site: Site, checks: Sequence[Check], at_once: int) -> AsyncIterator[Verdict]:
    shared, room = Shared(), asyncio.Semaphore(at_once)

    async def one(check: Check) -> Verdict:
        async with room:
            return await _judge(site, shared, check)

    # Those that wait for something begin first, so that the others pass the time.
    ordered = sorted(checks, key=lambda check: -check.seconds)
    tasks = [asyncio.create_task(one(check)) for check in ordered]
    try:
        for done in asyncio.as_completed(tasks):
            yield await done
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _judge(site: Site, shared: Shared, check: Check) -> Verdict:
    began = time.monotonic()
    outcome: Outcome = "passed"
    reason = ""
    async with AsyncExitStack() as stack:
        kit = Kit(site, shared, stack)
        try:
            async with asyncio.timeout(check.seconds):
                await check.body(kit)
        except NotApplicable as error:
            outcome, reason = "not applicable", str(error)
        except Failed as error:
            outcome, reason = "failed", str(error)
        except TimeoutError:
            outcome, reason = "failed", f"it should be over within {check.seconds:g} s"
        except Exception as error:
            outcome, reason = "failed", f"{type(error).__name__}: {error}"
    frames = kit.transcript.newest(FRAMES) if outcome == "failed" else []
    return Verdict(check.name, outcome, time.monotonic() - began, reason, frames)


def told(elsewhere: Sequence[Elsewhere]) -> list[Verdict]:
    """The verdicts of what cannot be checked from outside."""
    return [
        Verdict(one.name, "needs control of the server", reason=one.reason) for one in elsewhere
    ]


async def _clean(site: Site) -> None:
    try:
        if site.keys.api_key is not None:
            await site.clean(Transcript())
    except httpx.TransportError:
        pass
    finally:
        await site.close()
