"""Why a following of a link is no click, and what is kept of the client that followed it."""

from __future__ import annotations

from typing import Literal

from groundswell.http.visits import Machine

Discard = (
    Machine
    | Literal[
        "repeat",
        "rate_limited",
        "code_not_started",
        "code_exhausted",
        "program_inactive",
        "referrer_not_eligible",
    ]
)
"""A machine followed it, or it may not count."""

_FAMILIES = (
    *(("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet")),
    *(("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome")),
    *(("Safari", "Safari"), ("Mozilla", "Browser")),
)


def agent_family(agent: str, discarded: str | None = None) -> str:
    """The family of a client, with a word if it is a machine; versions are nobody's business."""
    if discarded in ("bot", "preview"):
        return discarded.capitalize()
    return next((family for mark, family in _FAMILIES if mark in agent), "Other")
