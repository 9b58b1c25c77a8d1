"""The description of the protocol names every message, code and feature there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundswell.realtime.codes import CloseCode, Code
from groundswell.realtime.gateway.frames import TYPES
from groundswell.realtime.gateway.gateway import FEATURES
from groundswell.realtime.gateway.replies import REPLIES

DOCUMENT = (Path(__file__).parents[4] / "docs/protocol.md").read_text()


@pytest.mark.parametrize("name", sorted(TYPES))
def test_every_message_of_a_client_is_described(name: str) -> None:
    assert f"`{name}`" in DOCUMENT


@pytest.mark.parametrize("name", [str(one.__struct_config__.tag) for one in REPLIES])
def test_every_message_of_the_server_is_described(name: str) -> None:
    assert f"`{name}`" in DOCUMENT


@pytest.mark.parametrize("code", list(Code))
def test_every_error_is_listed_with_its_name(code: Code) -> None:
    assert f"| {code.value} | `{code.name.lower()}` | {'yes' if code.retryable else ''}" in DOCUMENT


@pytest.mark.parametrize("code", [one for one in CloseCode if one >= 4000])
def test_every_reason_to_close_is_listed(code: CloseCode) -> None:
    assert f"\n| {code.value} | " in DOCUMENT


@pytest.mark.parametrize("name", sorted(FEATURES | {"ack", "readstate", "presence", "sig"}))
def test_every_feature_is_listed(name: str) -> None:
    assert f"`{name}`" in DOCUMENT
