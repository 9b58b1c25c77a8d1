"""``groundswell token`` and ``groundswell key``."""

from __future__ import annotations

import click

from groundswell.access.api_keys import ApiKeys
from groundswell.access.terms import Terms
from groundswell.app import access_of, running_core
from groundswell.cli.context import current_settings, finish
from groundswell.contract import times
from groundswell.settings import Settings


@click.command()
@click.option("--user", required=True, help="The id of the user.")
@click.option("--scope", "scopes", multiple=True, help="What the token allows besides.")
def token(user: str, scopes: tuple[str, ...]) -> None:
    """Print an access token for a user."""
    click.echo(finish(_token(current_settings(), user, scopes)))


async def _token(settings: Settings, user: str, scopes: tuple[str, ...]) -> str:
    async with running_core(settings) as core:
        issuer = access_of(core).issuer
        return (await issuer.issue(user, Terms(frozenset(scopes)), times.now())).access_token


@click.group()
def key() -> None:
    """API keys of the host application."""


@key.command("create")
@click.option("--name", default="host", show_default=True, help="What it is for.")
def create_key(name: str) -> None:
    """Make a key and print it; it cannot be shown again."""
    click.echo(finish(_create(current_settings(), name)))


async def _create(settings: Settings, name: str) -> str:
    async with running_core(settings) as core:
        return (await ApiKeys(core.store).create(name, times.now())).secret


@key.command("list")
def list_keys() -> None:
    """Show the keys there are, without their secrets."""
    for line in finish(_list(current_settings())):
        click.echo(line)


async def _list(settings: Settings) -> list[str]:
    async with running_core(settings) as core:
        return [
            f"{one.key_id}  {times.to_rfc3339(one.created_at)}  "
            f"{'revoked' if one.revoked_at is not None else 'valid  '}  {one.name}"
            for one in await ApiKeys(core.store).all()
        ]


@key.command("revoke")
@click.argument("key_id")
def revoke_key(key_id: str) -> None:
    """Make a key invalid."""
    finish(_revoke(current_settings(), key_id))


async def _revoke(settings: Settings, key_id: str) -> None:
    async with running_core(settings) as core:
        await ApiKeys(core.store).revoke(key_id, times.now())
