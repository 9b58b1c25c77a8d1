"""The bodies of requests about shares."""

from __future__ import annotations

from typing import Annotated, Any, Final, get_args

import msgspec
from msgspec import Meta

from groundswell.contract.errors import Invalid, TooLarge
from groundswell.contract.paging import BIGGEST
from groundswell.domains.sharing.commands import Visibility
from groundswell.http.decoding import VISIBLE

LARGEST_METADATA = 8 * 1024
VISIBILITIES: Final[tuple[Visibility, ...]] = get_args(Visibility)

Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
"""Of a platform, a format, a kind of content: what others call it, in lower case."""
ContentId = (
    Annotated[str, Meta(min_length=1, max_length=128, pattern=VISIBLE)]
    | Annotated[int, Meta(ge=0, le=BIGGEST)]
)
ExternalId = Annotated[str, Meta(min_length=1, max_length=512, pattern=VISIBLE)]
Reason = Annotated[str, Meta(min_length=1, max_length=200, pattern=VISIBLE)]


class Body(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Base of request bodies: camelCase, unknown fields refused."""


class NewShare(Body, frozen=True, kw_only=True):
    """Something that was shared.

    `metadata` is any object of at most 8 KiB; `title`, `description`, `url` and `image` make the
    preview, and `url` is where the link leads. `visibility` is public unless it is said here or in
    `metadata`. `pending` says that the platform has still to take it: the host then reports the
    outcome.
    """

    content_type: Name
    content_id: ContentId
    platform: Name
    share_format: Name = "link"
    metadata: dict[str, Any] = {}
    visibility: Visibility | None = None
    pending: bool = False


class PublishedPost(Body, frozen=True, kw_only=True):
    """The platform took a share; `externalId` is how its webhooks call the post."""

    external_id: ExternalId | None = None


class Failure(Body, frozen=True, kw_only=True):
    """The platform did not take a share."""

    reason: Reason


def visibility_of(new: NewShare) -> Visibility:
    """For whom a share is: as its own field says, or its metadata.

    Raises:
        Invalid: the metadata says something else, or nothing that can be meant; what was to be
            hidden is not to be shown because it was said in another way.
    """
    said = new.metadata.get("visibility", new.visibility or "public")
    if said not in VISIBILITIES or new.visibility not in (None, said):
        allowed = ", ".join(sorted(VISIBILITIES))
        raise Invalid.at("metadata.visibility", f"Must be one of {allowed}, as `visibility` says")
    chosen: Visibility = said
    return chosen


def check_size(metadata: dict[str, Any]) -> None:
    """Keep what is stored small.

    Raises:
        TooLarge: the metadata has too many bytes.
    """
    if len(msgspec.json.encode(metadata)) > LARGEST_METADATA:
        raise TooLarge(f"The metadata must be at most {LARGEST_METADATA} bytes as JSON.")
