"""Which requests for a link are a person's: one named rule per kind of machine.

The first rules are the routine filtration of known machines and declared prefetching; what
behaviour reveals is for others to judge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

import msgspec
from crawlerdetect import CrawlerDetect  # type: ignore[import-untyped]

Machine = Literal["head_request", "prefetch", "missing_agent", "preview", "bot"]

LONGEST_AGENT = 512
"""More of it is not looked at: patterns are searched in text that anybody may have written."""

_ANNOUNCEMENTS = ("sec-purpose", "purpose", "x-purpose", "x-moz")
_PURPOSES = ("prefetch", "prerender", "preview")
_PREVIEWERS = (
    *("facebookexternalhit", "facebookcatalog", "facebot", "meta-externalagent", "twitterbot"),
    *("slackbot", "slack-img", "whatsapp", "telegrambot", "discordbot", "linkedinbot", "viber"),
    *("skypeuripreview", "pinterestbot", "redditbot", "mastodon", "pleroma", "akkoma", "misskey"),
    *("bluesky", "cardyb", "vkshare", "embedly", "iframely", "snapchat", "line-poker", "tumblr"),
    *("kakaotalk-scrap", "google-pagerenderer", "bitlybot", "flipboardproxy", "xing-content"),
)


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """A request for a link, as far as it matters who made it. Names of headers in lower case."""

    method: str
    headers: Mapping[str, str]

    @property
    def agent(self) -> str:
        """What the client says it is."""
        return self.headers.get("user-agent", "").strip()[:LONGEST_AGENT]


def machine(visit: Visit) -> Machine | None:
    """The first rule by which nobody followed the link; None if somebody may have."""
    return next((name for name, rule in RULES.items() if rule(visit)), None)


def _is_prefetch(visit: Visit) -> bool:
    said = " ".join(visit.headers.get(name, "").lower() for name in _ANNOUNCEMENTS)
    return any(purpose in said for purpose in _PURPOSES)


def _is_previewer(visit: Visit) -> bool:
    agent = visit.agent.lower()
    return any(name in agent for name in _PREVIEWERS)


@lru_cache(maxsize=4096)
def _is_crawler(agent: str) -> bool:
    return bool(CrawlerDetect(user_agent=agent).is_crawler())


RULES: Mapping[Machine, Callable[[Visit], bool]] = MappingProxyType(
    {
        "head_request": lambda visit: visit.method == "HEAD",
        "prefetch": _is_prefetch,
        "missing_agent": lambda visit: not visit.agent,
        "preview": _is_previewer,
        "bot": lambda visit: _is_crawler(visit.agent),
    }
)
