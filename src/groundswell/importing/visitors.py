"""Who did what an imported file tells of, as keyed hashes."""

from __future__ import annotations

from collections.abc import Callable

from groundswell.domains.engagement.commands import Actor

HashAddress = Callable[[str], str]
"""The hash of a text under the key for logs."""


class Visitors:
    """Turns addresses and listeners into actors; neither is kept.

    Args:
        hash_for_log: the keyed hash made for logs.
        source: the name of the imported source; its listeners are its own.
        locate: the place of an address, if known.
    """

    def __init__(
        self,
        hash_for_log: HashAddress,
        source: str,
        locate: Callable[[str], str | None] = lambda _: None,
    ) -> None:
        self._hash = hash_for_log
        self._source = source
        self._locate = locate

    def at(self, address: str) -> Actor:
        """The visitor at a canonical address: the same actor as a live visitor from there."""
        hashed = self._hash(address)
        return Actor(actor=hashed, voter=hashed, ip_hash=hashed, location=self._locate(address))

    def named(self, listener: str | None) -> Actor:
        """A listener the log names, or the one nameless listener of a log that names none."""
        hashed = self._hash(f"import\n{self._source}\n{listener or ''}")
        return Actor(actor=hashed, voter=hashed)
