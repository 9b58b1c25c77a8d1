"""Whether a request was made by a robot, told by its User-Agent."""

from __future__ import annotations

from functools import lru_cache

from crawlerdetect import CrawlerDetect  # type: ignore[import-untyped]

LONGEST_AGENT = 512
"""More of it is not looked at: patterns are searched in text that anybody may have written."""


class Robots:
    """Tells robots from browsers; remembers its answers, since agents repeat."""

    def __init__(self, remembered: int = 4096) -> None:
        detector = CrawlerDetect()
        self._is_robot = lru_cache(remembered)(lambda agent: bool(detector.is_crawler(agent)))

    def is_robot(self, agent: str) -> bool:
        """Whether the agent calls itself, or is known as, a crawler, fetcher or tool."""
        return self._is_robot(agent[:LONGEST_AGENT])
