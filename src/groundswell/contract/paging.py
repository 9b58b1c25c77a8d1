"""Lists in pages: what a page answers with, and the cursors that lead from one to the next."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

import msgspec

from groundswell.contract.errors import Invalid

BIGGEST = 2**63 - 1
"""The largest integer that databases keep."""

NEWEST = (BIGGEST, "")
"""Where a list begins that goes back in time: everything was before."""

OLDEST = (-1, "")
"""Where a list begins that follows time: everything came after."""

Whole = Annotated[int, msgspec.Meta(ge=-BIGGEST, le=BIGGEST)]
Name = Annotated[str, msgspec.Meta(max_length=256, pattern=r"^[^\x00]*$")]
Place = tuple[int, str]
"""When something happened (microseconds), and the id that puts what happened at once in order."""

T = TypeVar("T")
R = TypeVar("R")


class Page(msgspec.Struct, Generic[T], rename="camel", frozen=True):
    """One page of a list. ``nextCursor`` is null on the last one; ``asOf`` is the instant at which
    every element was true."""

    items: list[T]
    next_cursor: str | None
    as_of: str


def encode_cursor(place: Any) -> str:
    """A place in a list as a token that says nothing to those who carry it."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).rstrip(b"=").decode()


def decode_cursor(token: str, into: Any) -> Any:
    """The place, of the type ``into``, that ``encode_cursor`` made this token of.

    Raises:
        Invalid: at ``cursor``; the token is none of ours.
    """
    try:
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        raw = base64.b64decode(padded, altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=into)
    except (UnicodeError, binascii.Error, msgspec.DecodeError, RecursionError) as error:
        raise Invalid.at("cursor", "Not a cursor of this list") from error


def place_of(cursor: str | None, start: Place = NEWEST) -> Place:
    """Where the page before ended, or where the list begins.

    Raises:
        Invalid: at ``cursor``; it is none of this list.
    """
    if cursor is None:
        return start
    found: Place = decode_cursor(cursor, tuple[Whole, Name])
    return found


def following(found: Sequence[R], limit: int, place: Callable[[R], Any]) -> str | None:
    """The cursor of the page after this one, if one more was found than it shows."""
    return encode_cursor(place(found[limit - 1])) if len(found) > limit else None


def page_of(
    found: Sequence[R],
    limit: int,
    as_of: str,
    *,
    show: Callable[[R], T],
    place: Callable[[R], Any],
) -> Page[T]:
    """The page of what was found, which is one more than ``limit`` if there is a next page."""
    return Page([show(one) for one in found[:limit]], following(found, limit, place), as_of)


def page_by_name(
    whole: Sequence[T], limit: int, cursor: str | None, as_of: str, name: Callable[[T], str]
) -> Page[T]:
    """A page of a list so short that it is read as a whole, in the order of its names.

    Raises:
        Invalid: at ``cursor``; it is none of this list.
    """
    _, after = place_of(cursor, OLDEST)
    left = sorted([one for one in whole if name(one) > after], key=name)
    return page_of(left, limit, as_of, show=lambda one: one, place=lambda one: (0, name(one)))
