"""Finding tracked links in what people write on platforms."""

from __future__ import annotations

import re

_ID = r"share-[0-9a-f]{32}"


class Mentions:
    """Knows the links of this service; ``public_url`` is without a slash at the end."""

    def __init__(self, public_url: str) -> None:
        self._link = re.compile(re.escape(public_url) + rf"/s/({_ID})(?![0-9a-f])")

    def in_text(self, text: object) -> list[str]:
        """The shares whose links stand in a text, each once, in their order."""
        return list(dict.fromkeys(self._link.findall(text))) if isinstance(text, str) else []

    def of_link(self, url: str) -> str | None:
        """The share that this is the link of."""
        found = self._link.fullmatch(url)
        return found[1] if found else None
