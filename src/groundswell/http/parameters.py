"""The parameters that many routes share: ids in paths, page sizes and cursors."""

from __future__ import annotations

from typing import Annotated

from litestar.params import PathParameter, QueryParameter

from groundswell.contract.paging import BIGGEST

LARGEST_PAGE = 50
LONGEST_CURSOR = 512

MediaFileIdInPath = Annotated[
    int, PathParameter(ge=1, le=BIGGEST, description="The media file's id.")
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
