"""The parameters that many routes share: ids in paths, page sizes and cursors."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

import msgspec
from litestar.params import PathParameter, QueryParameter

from groundswell.contract.errors import Invalid

BIGGEST_ID = 2**63 - 1
LARGEST_PAGE = 50
LONGEST_CURSOR = 512

MediaFileIdInPath = Annotated[
    int, PathParameter(ge=1, le=BIGGEST_ID, description="The media file's id.")
]
"""Declare the path as ``{media_file_id:str}``: the bounds are then checked here, as a 400."""

Limit = Annotated[
    int, QueryParameter(ge=1, le=LARGEST_PAGE, description="How many elements to answer with.")
]

CursorText = Annotated[
    str | None,
    QueryParameter(
        max_length=LONGEST_CURSOR,
        description="The `nextCursor` of the page before this one.",
        schema_extra={"format": "cursor"},
    ),
]


def encode_cursor(position: Any) -> str:
    """A position in a list as a token that says nothing to those who carry it."""
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).rstrip(b"=").decode()


def decode_cursor(token: str, into: Any) -> Any:
    """The position, of the type ``into``, that ``encode_cursor`` made this token of.

    Raises:
        Invalid: at ``cursor``; the token is none of ours.
    """
    try:
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        raw = base64.b64decode(padded, altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=into)
    except (UnicodeError, binascii.Error, msgspec.DecodeError, RecursionError) as error:
        raise Invalid.at("cursor", "Not a cursor of this list") from error
