"""Which followings of a link are a person's: one named rule per kind of machine.

The first rules are the routine filtration of known machines and declared prefetching; what
behaviour reveals is for the rules about fraud.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Literal

import msgspec
from crawlerdetect import CrawlerDetect  # type: ignore[import-untyped]

Discard = Literal[
    "head_request",
    "prefetch",
    "missing_agent",
    "preview",
    "bot",
    "repeat",
    "rate_limited",
    "code_not_started",
    "code_exhausted",
    "program_inactive",
    "referrer_not_eligible",
]

_PREFETCHING = ("sec-purpose", "purpose", "x-purpose", "x-moz")
_PREVIEWS = (
    *("facebookexternalhit", "facebookcatalog", "facebot", "twitterbot", "slackbot", "slack-img"),
    *("whatsapp", "telegrambot", "discordbot", "linkedinbot", "skypeuripreview", "pinterestbot"),
    *("redditbot", "mastodon", "pleroma", "misskey", "bluesky", "cardyb", "vkshare", "viber"),
    *(
        "embedly",
        "iframely",
        "snapchat",
        "line-poker",
        "kakaotalk-scrap",
        "teams",
        "google-pagerend",
    ),
)
_FAMILIES = (
    *(("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet")),
    *(("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome")),
    *(("Safari", "Safari"), ("Mozilla", "Browser")),
)


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """A request for a link, as far as it matters who made it. Header names are in lower case."""

    method: str
    headers: Mapping[str, str]

    @property
    def agent(self) -> str:
        """What the client says it is."""
        return self.headers.get("user-agent", "").strip()


Rule = Callable[[Visit], bool]


def discard_reason(visit: Visit) -> Discard | None:
    """The first rule by which nobody followed the link; None if somebody may have."""
    return next((reason for reason, rule in MACHINES.items() if rule(visit)), None)


def _is_prefetch(visit: Visit) -> bool:
    said = " ".join(visit.headers.get(name, "").lower() for name in _PREFETCHING)
    return "prefetch" in said or "prerender" in said or "preview" in said


def _is_preview(visit: Visit) -> bool:
    agent = visit.agent.lower()
    return any(name in agent for name in _PREVIEWS)


@lru_cache(maxsize=4096)
def _is_crawler(agent: str) -> bool:
    return bool(CrawlerDetect(user_agent=agent).is_crawler())


MACHINES: Mapping[Discard, Rule] = {
    "head_request": lambda visit: visit.method == "HEAD",
    "prefetch": _is_prefetch,
    "missing_agent": lambda visit: not visit.agent,
    "preview": _is_preview,
    "bot": lambda visit: _is_crawler(visit.agent),
}


def agent_family(agent: str, discarded: str | None = None) -> str:
    """The family of a client, with a word if it is a machine; versions are nobody's business."""
    if discarded in ("bot", "preview"):
        return discarded.capitalize()
    return next((family for mark, family in _FAMILIES if mark in agent), "Other")
