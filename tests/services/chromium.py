"""Debian's Chromium, driven by Playwright, with a fresh profile for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

_PROGRAM = Path("/usr/bin/chromium")
_FLAGS = [
    # Root, as in a container, has no user namespace to build the sandbox from.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A page that loads anything from elsewhere breaks here, as it would for a reader offline.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A browser; each `await chromium.new_context()` is a visitor with cookies of its own."""
    if not _PROGRAM.exists():
        pytest.fail("Chromium is not installed (Debian: chromium).", pytrace=False)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=_PROGRAM, headless=True, args=_FLAGS
        )
        yield browser
        await browser.close()
