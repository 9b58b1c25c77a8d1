"""``groundswell conformance``."""

from __future__ import annotations

import click

from groundswell.cli.context import finish
from groundswell.conformance.checks import CHECKS
from groundswell.conformance.elsewhere import ELSEWHERE
from groundswell.conformance.report import as_json, as_junit, line, summary
from groundswell.conformance.run import AT_ONCE, Unreachable, chosen, run, told
from groundswell.conformance.site import Keys
from groundswell.conformance.verdicts import Verdict


@click.command()
@click.argument("url", required=False)
@click.option(
    "--api-key",
    envvar="GROUNDSWELL_API_KEY",
    help="Of the host application; without it only what a visitor sees is checked.",
)
@click.option(
    "--jwt-secret",
    envvar="GROUNDSWELL_JWT_SECRET",
    help="With which users' tokens are signed (HS256), to make some that end soon.",
)
@click.option("--only", metavar="PATTERN", help="Checks whose name has this in it, * for anything.")
@click.option("--list", "listing", is_flag=True, help="Name the checks and run none.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "junit"]),
    default="text",
    show_default=True,
)
@click.option(
    "--at-once", default=AT_ONCE, show_default=True, type=click.IntRange(1, 64), help="Checks."
)
def conformance(
    url: str | None,
    api_key: str | None,
    jwt_secret: str | None,
    only: str | None,
    listing: bool,
    form: str,
    at_once: int,
) -> None:
    """Check a running server against the protocol groundswell.v1, rule by rule.

    Exits with 1 if a check failed.
    """
    if listing:
        names = [one.name for one in chosen(CHECKS, only)]
        names += [] if only else [one.name for one in ELSEWHERE]
        click.echo("\n".join(names))
        return
    if url is None:
        raise click.UsageError("Missing argument 'URL'.")
    checks = chosen(CHECKS, only)
    if not checks:
        raise click.UsageError(f"No check has {only!r} in its name.")

    async def judge() -> list[Verdict]:
        found: list[Verdict] = []
        async for verdict in run(url, Keys(api_key, jwt_secret), checks, at_once=at_once):
            found.append(verdict)
            if form == "text":
                click.echo(line(verdict))
        return found

    try:
        verdicts = finish(judge())
    except Unreachable as error:
        raise click.ClickException(str(error)) from error
    if only is None:
        verdicts += told(ELSEWHERE)
    if form == "text":
        click.echo(f"\n{summary(verdicts)}")
    else:
        click.echo((as_json if form == "json" else as_junit)(url, verdicts))
    if any(one.outcome == "failed" for one in verdicts):
        raise click.exceptions.Exit(1)
