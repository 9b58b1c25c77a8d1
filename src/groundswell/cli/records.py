"""``groundswell migrate``, ``groundswell audit`` and ``groundswell replay``."""

from __future__ import annotations

import click

from groundswell.access.limits import RateLimits
from groundswell.app import running_core
from groundswell.app.core import Core
from groundswell.app.offers import offers_of
from groundswell.app.projections import PROJECTIONS, catch_up
from groundswell.cli.context import current_settings, finish
from groundswell.contract import times
from groundswell.domains.engagement.audit import audit_engagement
from groundswell.domains.engagement.deeds import EngagementDeeds
from groundswell.domains.engagement.hotness import HotnessJob
from groundswell.domains.engagement.rebuilding import rebuild
from groundswell.domains.inbox.audit import audit_inboxes
from groundswell.domains.recommendations.rebuilding import rebuild_tastes
from groundswell.log.replay import Outcome
from groundswell.log.replay import replay as replay_log
from groundswell.settings import Settings
from groundswell.store.migrate import current_revision, downgrade, upgrade

SHOWN = 50


@click.command()
@click.option("--to", "revision", default="head", show_default=True, help="A revision, or base.")
def migrate(revision: str) -> None:
    """Bring the database's schema to this version, or to another revision."""
    settings = current_settings()
    click.echo(f"The schema is at revision {finish(_migrate(settings, revision)) or 'base'}.")


async def _migrate(settings: Settings, revision: str) -> str | None:
    if revision == "base":
        await downgrade(settings.database_url, revision)
    else:
        await upgrade(settings.database_url, revision)
    return await current_revision(settings.database_url)


@click.command()
def audit() -> None:
    """Recompute counters, balances and attributions from the logs, check inboxes, and compare."""
    checked, differences = finish(_audit(current_settings()))
    for one in differences[:SHOWN]:
        click.echo(one)
    if len(differences) > SHOWN:
        click.echo(f"… and {len(differences) - SHOWN} more")
    if differences:
        raise click.ClickException(f"{len(differences)} differences in {checked} figures")
    click.echo(f"{checked} figures recomputed, all equal.")


async def _audit(settings: Settings) -> tuple[int, list[str]]:
    async with running_core(settings) as core:
        figures, differences = await audit_engagement(core.store)
        messages, wrong = await audit_inboxes(core.store)
        told = await offers_of(core, RateLimits(())).audit()
        return figures + messages, [*map(str, (*differences, *wrong)), *told]


@click.command()
@click.option("--from-start", is_flag=True, help="Use no snapshots: fold the whole log.")
@click.option("--dry-run", is_flag=True, help="Compare and tell, but put nothing right.")
def replay(from_start: bool, dry_run: bool) -> None:
    """Rebuild everything that follows from the log, compare row by row, and put right.

    Then hourly sums, scores and recommendations are made again from the logs.
    """
    finish(_replay(current_settings(), from_start=from_start, mend=not dry_run))


async def _replay(settings: Settings, *, from_start: bool, mend: bool) -> None:
    async with running_core(settings) as core:
        await catch_up(offers_of(core, RateLimits(())), core.log)
        outcomes = await replay_log(core.store, PROJECTIONS, mend=mend, snapshots=not from_start)
        for outcome in outcomes:
            _tell(outcome)
        if mend:
            await _rebuild(core)
    if left := sum(one.left for one in outcomes):
        raise click.ClickException(f"{left} differences are left")


async def _rebuild(core: Core) -> None:
    files = await rebuild(core.store)
    await HotnessJob(core.store, times.now).recompute_once()
    click.echo(f"Counters, hourly sums and scores of {files} files rebuilt.")
    persons = await rebuild_tastes(core.store, EngagementDeeds())
    click.echo(f"What is liked together counted again, by {persons} persons.")


def _tell(outcome: Outcome) -> None:
    origin = f"the snapshot at {outcome.begun}" if outcome.begun else "the first event"
    click.echo(
        f"{outcome.projection}: {outcome.rows} rows as of event {outcome.seq}, from {origin}: "
        f"{len(outcome.differences)} differences{' put right' if outcome.mended else ''}"
    )
    for one in outcome.differences[:SHOWN]:
        click.echo(f"  {one}")
    if len(outcome.differences) > SHOWN:
        click.echo(f"  … and {len(outcome.differences) - SHOWN} more")
