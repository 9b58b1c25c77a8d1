"""Signed events over HTTP, for those who ask for them."""

from __future__ import annotations

from typing import Annotated

from litestar.params import QueryParameter

from groundswell.contract.errors import Invalid
from groundswell.realtime.messages import Sign

Signed = Annotated[bool, QueryParameter(description="Every event with its signature.")]


def signer(sign: Sign | None, *, signed: bool) -> Sign | None:
    """What signs the events that are told to one who asked for it or did not.

    Raises:
        Invalid: nothing is signed here.
    """
    if signed and sign is None:
        raise Invalid.at("signed", "Events are not signed here")
    return sign if signed else None
