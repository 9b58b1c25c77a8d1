"""What changed in the visible part of a list, for those who watch it live.

Each change of a list has the next version, so that a snapshot and the changes after it make the
next snapshot: apply the removals, then put every other change at its position.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from groundswell.domains.engagement.views import RankedMedia


class ListChange(msgspec.Struct, rename="camel", frozen=True):
    """One file's new place: ``position`` is None when it left the list.

    ``delta`` is the places gained, negative when lost, and None for a file that entered or left.
    """

    media_file_id: int
    position: int | None
    delta: int | None


class ListChanged(msgspec.Struct, rename="camel", frozen=True):
    """A list has a new order. ``as_of`` is the instant of its scores, in microseconds."""

    list_id: str
    as_of: int
    version: int
    items: tuple[RankedMedia, ...]
    changes: tuple[ListChange, ...]


OnChange = Callable[[ListChanged], None]


def changes(before: Sequence[int], after: Sequence[int]) -> tuple[ListChange, ...]:
    """What leads from one order of ids to another; whoever kept the place is not mentioned."""
    return tuple(_changes(before, after))


def _changes(before: Sequence[int], after: Sequence[int]) -> Iterator[ListChange]:
    old = {one: place for place, one in enumerate(before, 1)}
    staying = set(after)
    yield from (ListChange(one, None, None) for one in before if one not in staying)
    for place, one in enumerate(after, 1):
        previous = old.get(one)
        if previous != place:
            yield ListChange(one, place, None if previous is None else previous - place)


class Announcements:
    """Remembers what was last told of each list, and tells what is new."""

    def __init__(self) -> None:
        self._last: dict[str, ListChanged] = {}
        self._listeners: list[OnChange] = []

    def subscribe(self, listener: OnChange) -> None:
        """Call ``listener`` with every change from now on; it must not block."""
        self._listeners.append(listener)

    def is_new(self, list_id: str, ids: Sequence[int]) -> bool:
        """Whether this order differs from the one last told."""
        return list(ids) != self._ids(list_id)

    def tell(self, list_id: str, as_of: int, items: Sequence[RankedMedia]) -> None:
        """Tell the list's new items, if their order is new."""
        before = self._ids(list_id)
        after = [item.media_file_id for item in items]
        if before == after:
            return
        last = self._last.get(list_id)
        version = 1 if last is None else last.version + 1
        told = ListChanged(list_id, as_of, version, tuple(items), changes(before, after))
        self._last[list_id] = told
        for listener in self._listeners:
            listener(told)

    def remove(self, media_file_id: int) -> None:
        """Tell every list that shows the file without it."""
        for list_id, last in list(self._last.items()):
            rest = [item for item in last.items if item.media_file_id != media_file_id]
            moved = [
                msgspec.structs.replace(item, position=place) for place, item in enumerate(rest, 1)
            ]
            self.tell(list_id, last.as_of, moved)

    def _ids(self, list_id: str) -> list[int]:
        last = self._last.get(list_id)
        return [] if last is None else [item.media_file_id for item in last.items]
