"""``groundswell serve`` and ``groundswell demo``."""

from __future__ import annotations

import asyncio
import gc
import secrets
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import click
import msgspec
import uvicorn

from groundswell.access.issuer import TokenPair
from groundswell.access.terms import Terms
from groundswell.app import Service, running_service
from groundswell.cli.context import current_settings, finish
from groundswell.contract import times
from groundswell.demo.company import BOARD
from groundswell.demo.notice import NOTICE
from groundswell.demo.replay import DEFAULT_SPEED
from groundswell.demo.running import run_demo
from groundswell.realtime.doors.serving import AbortableHttpProtocol, DrainingServer
from groundswell.settings import Settings

GRACE_SECONDS = 10
DEMO_USER = "demo"
DEMO_DATABASE = "sqlite:///var/demo.db"

WhenUp = Callable[[Service, str], Coroutine[Any, Any, None]]


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--role",
    type=click.Choice(["all"]),
    default="all",
    show_default=True,
    help="Which parts this process runs; this version runs all of them in each process.",
)
def serve(host: str, port: int, role: str) -> None:
    """Run the service."""
    finish(_serve(current_settings(), host, port))


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535))
@click.option("--speed", default=DEFAULT_SPEED, show_default=True, type=click.FloatRange(0.01))
def demo(host: str, port: int, speed: float) -> None:
    """Run the service and replay a real week of radio plays as live traffic."""
    given = current_settings()
    # Thousands of requests would push the addresses below out of sight.
    settings = current_settings(
        log_requests=False,
        log_level="warning" if given.log_level == Settings().log_level else given.log_level,
        api_key=given.api_key or f"gsk_{secrets.token_urlsafe(32)}",
        trusted_proxies=given.trusted_proxies or "127.0.0.1,::1",
        database_url=given.database_url if _is_chosen(given) else DEMO_DATABASE,
        # A week that passes within minutes looks like nothing that people do.
        vote_quarantine=False,
    )

    async def replay(service: Service, url: str) -> None:
        pair = await service.tokens.issue(DEMO_USER, Terms(), times.now())
        _announce(url, settings.api_key, pair)
        await run_demo(
            url,
            settings.api_key,
            speed=speed,
            on_ready=lambda: click.echo(
                "  The songs are there; the week so far is loading while live plays arrive."
            ),
        )

    finish(_serve(settings, host, port, notice=NOTICE, when_up=replay))


def _is_chosen(settings: Settings) -> bool:
    return settings.database_url != Settings().database_url


def _announce(url: str, api_key: str, pair: TokenPair) -> None:
    click.echo(
        f"\n  Groundswell is running.\n\n"
        f"  Pages       {url}/\n"
        f"  API docs    {url}/docs\n"
        f"  Metrics     {url}/metrics\n"
        f"  Operations  {url}/ops (sign in with the API key below)\n"
        f"  Leaders     {url}/leaderboards/{BOARD}\n"
        f"  Your page, as the user '{DEMO_USER}' (one click signs you in):\n"
        f"  {url}/me/sign-in#{pair.access_token}\n\n"
        f"  A token of the user '{DEMO_USER}', for {pair.expires_in // 60} minutes:\n"
        f"  {pair.access_token}\n\n"
        f"  The host's API key:\n  {api_key}\n"
    )


async def _serve(
    settings: Settings,
    host: str,
    port: int,
    *,
    notice: str | None = None,
    when_up: WhenUp | None = None,
) -> None:
    listening = _listening(host) if port == 0 else None
    here = _address(host, port if listening is None else listening.getsockname()[1])
    if settings.public_url == Settings().public_url:
        settings = msgspec.structs.replace(settings, public_url=here)
    async with running_service(settings, notice) as service:
        _calm_collector()
        config = uvicorn.Config(
            service.application,
            host=host,
            port=port,
            loop="none",
            http=AbortableHttpProtocol,
            ws=service.sockets.server.protocol,  # type: ignore[arg-type]
            lifespan="off",
            log_config=None,
            access_log=False,
            # Which proxies to believe is our own setting.
            proxy_headers=False,
            server_header=False,
            backlog=4096,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        server = DrainingServer(config, drains=(service.drain,))
        following = (
            None
            if when_up is None
            else asyncio.create_task(_follow(server, service, here, when_up))
        )
        try:
            await server.serve(sockets=None if listening is None else [listening])
        finally:
            if following is not None:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)


def _calm_collector() -> None:
    """Look for cycles rarely: requests make hardly any, and each look walks all that is held.

    Connections that ended are such cycles, so the old ones are looked through now and then too.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 5)


def _listening(host: str) -> socket.socket:
    """A free port, taken before the service is made: its links have to name it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, 0), family=family)


def _address(host: str, port: int) -> str:
    """Where a browser on this machine finds what listens there."""
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - never bound here
    return f"http://[{near}]:{port}" if ":" in near else f"http://{near}:{port}"


async def _follow(server: uvicorn.Server, service: Service, here: str, when_up: WhenUp) -> None:
    """Wait until the server listens, then do what is to be done beside it."""
    while not server.started:  # noqa: ASYNC110 - uvicorn tells it by this attribute only
        await asyncio.sleep(0.05)
    try:
        await when_up(service, here)
    except Exception as error:
        click.echo(f"The demo stopped: {error}", err=True)
