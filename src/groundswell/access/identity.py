"""What the ids of users and the scopes of their tokens look like."""

from __future__ import annotations

import re
from collections.abc import Iterable

from groundswell.contract.errors import Invalid

USER_ID_PATTERN = r"^[A-Za-z0-9_-]{1,64}$"
"""No dots: a user id is one part of a topic such as ``user.{userId}.social``."""

SCOPE_PATTERN = r"^[a-z][a-z0-9:_-]{0,63}$"
MOST_SCOPES = 32

_USER_ID = re.compile(USER_ID_PATTERN.removesuffix("$") + r"\Z")
_SCOPE = re.compile(SCOPE_PATTERN.removesuffix("$") + r"\Z")


def is_user_id(text: object) -> bool:
    """Whether this may name a user."""
    return isinstance(text, str) and _USER_ID.match(text) is not None


def valid_user_id(text: str, field: str = "userId") -> str:
    """The id itself.

    Raises:
        Invalid: it is not 1 to 64 letters, digits, ``_`` or ``-``.
    """
    if not is_user_id(text):
        raise Invalid.at(field, "must be 1 to 64 letters, digits, '_' or '-'")
    return text


def valid_scopes(scopes: Iterable[str]) -> frozenset[str]:
    """The scopes as a set.

    Raises:
        Invalid: one is not a scope, or there are too many.
    """
    found = frozenset(scopes)
    if len(found) > MOST_SCOPES:
        raise Invalid.at("scopes", f"must be at most {MOST_SCOPES}")
    for scope in found:
        if not _SCOPE.match(scope):
            raise Invalid.at("scopes", "each must be lower-case letters, digits, ':', '_' or '-'")
    return found
