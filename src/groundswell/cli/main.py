"""All commands, collected."""

from __future__ import annotations

import click

from groundswell import __version__
from groundswell.app import running_core
from groundswell.cli.conformance import conformance
from groundswell.cli.context import current_settings, guarded
from groundswell.cli.credentials import key, token
from groundswell.cli.records import audit, migrate, replay
from groundswell.cli.serving import demo, serve
from groundswell.importing.command import import_command
from groundswell.importing.session import ImportServices


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="groundswell")
def main() -> None:
    """The social layer of an application: votes, plays, trending, live activity.

    Settings are read from GROUNDSWELL_* variables and from groundswell.toml.
    """


class _ImportServices:
    """A core that runs for the duration of an import."""

    def __init__(self) -> None:
        self._running = running_core(current_settings())

    async def __aenter__(self) -> ImportServices:
        return (await self._running.__aenter__()).import_services()

    async def __aexit__(self, *error: object) -> None:
        await self._running.__aexit__(*error)  # type: ignore[arg-type]


main.add_command(serve)
main.add_command(demo)
main.add_command(guarded(import_command(_ImportServices)))
main.add_command(migrate)
main.add_command(audit)
main.add_command(replay)
main.add_command(token)
main.add_command(key)
main.add_command(conformance)
