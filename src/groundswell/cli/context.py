"""What the commands share: settings, logs, and errors told in a sentence."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import click
import structlog
import uvloop

from groundswell.contract.errors import GroundswellError
from groundswell.ops.logs import configure_logs
from groundswell.settings import Settings, SettingsError, load, unknown_variables

T = TypeVar("T")


def current_settings(**overrides: Any) -> Settings:
    """The settings of this process, with logs configured accordingly.

    Raises:
        click.ClickException: a setting cannot be used.
    """
    try:
        settings = load(os.environ, overrides=overrides)
        configure_logs(settings.log_level, settings.log_format)
    except (SettingsError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    for name in unknown_variables(os.environ):
        structlog.get_logger(__name__).warning("no such setting", variable=name)
    return settings


def finish(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; what is known to go wrong is told without a stack.

    Raises:
        click.ClickException: it went wrong.
    """
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work)
    except (GroundswellError, SettingsError, OSError) as error:
        raise click.ClickException(str(error)) from error


def guarded(command: click.Command) -> click.Command:
    """The command, with bad settings told like other mistakes."""
    inner: Callable[..., Any] | None = command.callback

    def callback(*arguments: Any, **options: Any) -> Any:
        try:
            return inner(*arguments, **options) if inner is not None else None
        except SettingsError as error:
            raise click.ClickException(str(error)) from error

    command.callback = callback
    return command
