"""Form bodies, decoded strictly, and the places a form may send its visitor back to."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from groundswell.contract.errors import Invalid

MOST_FIELDS = 16
TOKEN_FIELD = "form_token"  # noqa: S105  (the name of a field)
LONGEST_COMMENT = 2_000
"""Characters; what the API accepts too."""


def form_of(body: bytes) -> Mapping[str, str]:
    """The fields of an ``application/x-www-form-urlencoded`` body; the last of a name counts.

    Raises:
        Invalid: it is not such a body, not UTF-8, or has too many fields.
    """
    try:
        text = body.decode("utf-8", errors="strict")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise Invalid("The form could not be read.") from error
    return dict(pairs)


def comment_problem(body: str) -> str | None:
    """What keeps this text from being a comment, in words for its author."""
    if not body.strip():
        return "Write something first."
    if len(body) > LONGEST_COMMENT:
        return f"That is {len(body):,} characters; {LONGEST_COMMENT:,} is the most."
    if "\0" in body:
        return "The text contains a character that cannot be stored."
    return None


def local_path(wanted: str) -> str:
    """``wanted`` if it is a path on this site, else the home page.

    ``//host`` and ``/\\host`` are addresses of other sites to a browser.
    """
    safe = wanted.startswith("/") and not wanted.startswith("//")
    return wanted if safe and "\\" not in wanted and wanted.isprintable() else "/"
