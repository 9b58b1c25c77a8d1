"""``groundswell import``: a file of history, from the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, ExitStack
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from groundswell.contract.errors import GroundswellError
from groundswell.importing.columns import parse_mapping
from groundswell.importing.formats import FORMATS, History
from groundswell.importing.report import report
from groundswell.importing.session import ImportServices, run_import
from groundswell.importing.source import FALLBACK_ENCODING
from groundswell.importing.summary import Summary

OpenServices = Callable[[], AbstractAsyncContextManager[ImportServices]]

DEFAULT_SOURCE = "import"


def import_command(open_services: OpenServices) -> click.Command:
    """The command ``import``; ``open_services`` gives a running service for its duration."""

    @click.command("import")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--format", "form", type=click.Choice(FORMATS), required=True)
    @click.option("--map", "mapping", default="", help="field=Column,… for csv and plays")
    @click.option(
        "--source", default=DEFAULT_SOURCE, show_default=True, help="name or https://site"
    )
    @click.option("--shift-to-now", is_flag=True, help="move all times; the last event is now")
    @click.option("--errors-to", type=click.Path(dir_okay=False, path_type=Path))
    def command(
        file: Path,
        form: str,
        mapping: str,
        source: str,
        shift_to_now: bool,
        errors_to: Path | None,
    ) -> None:
        """Load FILE: a web server log, a catalogue, or a log of plays.

        Run it again after an interruption: it continues where it stopped and counts nothing twice.
        """
        console = Console(stderr=True)
        try:
            history = _history(file, form, mapping, source)
            _tell_encoding(history, console)
            summary = asyncio.run(_run(history, open_services, console, shift_to_now, errors_to))
        except (GroundswellError, OSError) as error:
            raise click.ClickException(str(error)) from error
        Console().print(report(summary))

    return command


def _history(file: Path, form: str, mapping: str, source: str) -> History:
    chosen = next(known for known in FORMATS if known == form)
    return History(file, chosen, source, parse_mapping(mapping) if mapping else {})


def _tell_encoding(history: History, console: Console) -> None:
    if history.encoding() == FALLBACK_ENCODING:
        console.print(f"{history.path.name} is not UTF-8; it is read as {FALLBACK_ENCODING}.")


async def _run(
    history: History,
    open_services: OpenServices,
    console: Console,
    shift_to_now: bool,
    errors_to: Path | None,
) -> Summary:
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=console,
    )
    task = progress.add_task(history.path.name, total=history.path.stat().st_size)
    with ExitStack() as stack:
        stack.enter_context(progress)
        errors = stack.enter_context(errors_to.open("w")) if errors_to else None
        async with open_services() as services:
            return await run_import(
                history,
                services,
                shift_to_now=shift_to_now,
                errors_to=errors,
                on_bytes=lambda count: progress.advance(task, count),
            )
