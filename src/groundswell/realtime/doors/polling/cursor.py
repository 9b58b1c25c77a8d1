"""The cursor of a polling client: all the server needs to know of it, carried by the client.

It holds positions and no rights: those are checked at every poll. So it needs no signature, and
any process that reads the same log can answer it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Annotated, Final, NamedTuple

import msgspec

from groundswell.contract.errors import Invalid
from groundswell.realtime.recovery import LogPosition
from groundswell.realtime.topics import MAX_LENGTH

LONGEST: Final = 32_768
"""Characters of a cursor. 128 topics of the longest kinds fit; a request line holds twice this."""

PATTERN: Final = r"^[A-Za-z0-9_-]+$"
"""What a cursor consists of."""

_VERSION: Final = 1
_UNKNOWN: Final = -1

_Text = Annotated[str, msgspec.Meta(max_length=64)]
_Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Index = Annotated[int, msgspec.Meta(ge=_UNKNOWN, lt=1_000)]
_Name = Annotated[str, msgspec.Meta(max_length=MAX_LENGTH)]
_Wire = tuple[int, _Text, _Number, list[_Text], dict[_Name, tuple[_Index, _Number]]]

_decoder: Final = msgspec.json.Decoder(_Wire)
_encode = msgspec.json.Encoder().encode


class Place(NamedTuple):
    """Up to where a topic was told, in one life of its stream."""

    epoch: str
    offset: int


class Cursor(NamedTuple):
    """Up to where a client was told everything.

    ``log`` covers all topics; ``places`` says more precisely how far each was told, or None where
    only the place in the log is known.
    """

    log: LogPosition
    places: Mapping[str, Place | None]

    def encode(self) -> str:
        """The cursor as a text that fits in an address."""
        epochs: dict[str, int] = {}
        told = {
            topic: (_UNKNOWN, 0)
            if place is None
            else (epochs.setdefault(place.epoch, len(epochs)), place.offset)
            for topic, place in self.places.items()
        }
        wire = _encode((_VERSION, self.log.log_id, self.log.seq, list(epochs), told))
        return base64.urlsafe_b64encode(wire).rstrip(b"=").decode()


def decode(text: str) -> Cursor:
    """The cursor that ``encode`` wrote.

    Raises:
        Invalid: at ``cursor``; the text is none of ours.
    """
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        raw = base64.b64decode(padded, altchars=b"-_", validate=True)
        version, log_id, seq, epochs, told = _decoder.decode(raw)
        places = {topic: _place(epochs, *place) for topic, place in told.items()}
    except (UnicodeError, binascii.Error, msgspec.DecodeError, IndexError) as error:
        raise _not_ours() from error
    if version != _VERSION:
        raise _not_ours()
    return Cursor(LogPosition(log_id, seq), places)


def _place(epochs: list[str], index: int, offset: int) -> Place | None:
    return None if index == _UNKNOWN else Place(epochs[index], offset)


def _not_ours() -> Invalid:
    return Invalid.at("cursor", "Not a cursor of this service; register anew")
