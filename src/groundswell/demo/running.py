"""The demo as one call: the data read, the client opened, the week replayed."""

from __future__ import annotations

from collections.abc import Callable

from groundswell.contract import times
from groundswell.contract.times import Clock
from groundswell.demo.api import Api
from groundswell.demo.audience import Audience
from groundswell.demo.company import Company
from groundswell.demo.dataset import addresses, sightings
from groundswell.demo.replay import DEFAULT_SPEED, Replay
from groundswell.demo.week import week_of

SEED = 20140616


async def run_demo(
    base_url: str,
    api_key: str,
    *,
    speed: float = DEFAULT_SPEED,
    clock: Clock = times.now,
    on_ready: Callable[[], None] = lambda: None,
) -> None:
    """Replay the week against the service at ``base_url`` until cancelled.

    The service has to trust ``X-Forwarded-For`` from this machine, since each play comes from the
    address of another visitor.

    Raises:
        RequestFailed: the service refuses the songs or the program, or cannot be reached for long.
    """
    async with Api(base_url, api_key) as api:
        await Company(api, base_url).found()
        audience = Audience(addresses(), SEED)
        replay = Replay(
            api, week_of(sightings()), audience, speed=speed, clock=clock, on_ready=on_ready
        )
        await replay.run()
