"""The documentation names what there is: settings, commands, events and topics."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from groundswell.cli import main
from groundswell.contract.events import EVENT_TYPES
from groundswell.realtime.topics import KINDS
from groundswell.settings import Settings
from scripts.events_table import table, written

ROOT = Path(__file__).parents[2]
DOCS = "\n".join(
    page.read_text() for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
)


@pytest.mark.parametrize("name", Settings.__struct_fields__)
def test_every_setting_stands_in_the_table(name: str) -> None:
    table = (ROOT / "docs/settings.md").read_text()
    assert f"| `GROUNDSWELL_{name.upper()}` |" in table


def test_the_table_names_no_setting_that_is_gone() -> None:
    table = (ROOT / "docs/settings.md").read_text()
    rows = [line for line in table.splitlines() if line.startswith("| `GROUNDSWELL_")]
    assert len(rows) == len(Settings.__struct_fields__)


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_is_documented(name: str) -> None:
    assert isinstance(main, click.Group)
    assert f"groundswell {name}" in DOCS


def test_commands_are_shown_with_options_they_have() -> None:
    assert isinstance(main, click.Group)
    shown = re.findall(r"^(?:[A-Z_]+=\S+ )*groundswell (\w+)((?:.*\\\n)*.*)", DOCS, re.M)
    assert len(shown) > 10
    for name, rest in shown:
        options = {one for option in main.commands[name].params for one in option.opts}
        given = re.findall(r"(?<=\s)--[\w-]+", rest.split("#")[0])
        assert set(given) <= options, f"groundswell {name}{rest}"


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_every_event_is_documented(name: str) -> None:
    assert f"`{name}`" in DOCS


def test_the_fields_topics_and_privacy_of_every_event_are_as_documented() -> None:
    assert written() == table(), "run: python -m scripts.events_table"


@pytest.mark.parametrize("name", [kind.name for kind in KINDS])
def test_every_topic_is_documented(name: str) -> None:
    assert name in DOCS
