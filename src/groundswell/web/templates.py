"""The Jinja environment: everything is escaped, and a name that is missing is an error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from groundswell.contract.times import Clock
from groundswell.web import formats
from groundswell.web.forms import LONGEST_COMMENT
from groundswell.web.prints import svg_of

Theme = Literal["auto", "light", "dark"]

_DIRECTORY = Path(__file__).parent / "templates"


class Templates:
    """Renders a template with what every page has besides its own contents."""

    def __init__(
        self, *, asset_url: Callable[[str], str], clock: Clock, notice: str | None = None
    ) -> None:
        self._clock = clock
        self._environment = Environment(
            loader=FileSystemLoader(_DIRECTORY),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(
            asset=asset_url, notice=notice, print_of=_print_of, longest_comment=LONGEST_COMMENT
        )
        self._environment.filters.update(
            grouped=formats.grouped,
            compact=formats.compact,
            signed=formats.signed,
            day_and_time=formats.day_and_time,
            day=formats.day,
            clock=formats.clock,
            length_of=formats.length,
            media_kind=formats.media_kind,
            host=formats.host,
            duration=formats.duration,
            rate=formats.rate,
            measure=formats.measure,
            outcome=formats.outcome,
            ago=lambda moment: formats.ago(moment, self._clock()),
        )

    def render(
        self, name: str, *, theme: Theme, form_token: str | None, values: Mapping[str, Any]
    ) -> str:
        """The page as HTML. Without a ``form_token`` it has no forms."""
        template = self._environment.get_template(name)
        return template.render(theme=theme, form_token=form_token, **values)


def _print_of(media_file_id: int) -> Markup:
    return Markup(svg_of(media_file_id))  # noqa: S704 - made of an integer alone
