"""Registering, changing and deleting media files: rare commands, executed one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from groundswell.contract.errors import Conflict, GroundswellError, MediaNotFound
from groundswell.contract.events.engagement import MediaDeleted, MediaRegistered, MediaUpdated
from groundswell.domains.engagement.commands import DeleteMedia, RegisterMedia, UpdateMedia
from groundswell.domains.engagement.files import (
    FILE_COLUMNS,
    GREATEST_JSON_INTEGER,
    File,
    lock_files,
)
from groundswell.domains.engagement.statements import ADD_ACTIVITY, MEDIA_COLUMNS
from groundswell.store import Statement, Transaction
from groundswell.store.commands import EventTail
from groundswell.store.persons import Discretions

FIND_EXTERNAL = Statement(
    f"""
    SELECT {MEDIA_COLUMNS} FROM media WHERE source = :source AND external_id = :external_id
    """  # noqa: S608 - column names are ours
)
NEXT_ID = Statement("SELECT COALESCE(MAX(media_file_id), 0) + 1 FROM media")
FREE_ID = Statement(
    """
    SELECT MIN(m.media_file_id) + 1 FROM media m
    WHERE NOT EXISTS (SELECT 1 FROM media n WHERE n.media_file_id = m.media_file_id + 1)
    """
)
ADD = Statement(
    f"INSERT INTO media ({', '.join(FILE_COLUMNS)}) "  # noqa: S608 - column names are ours
    f"VALUES ({', '.join(f':{name}' for name in FILE_COLUMNS)})"
)
CHANGE = Statement(
    """
    UPDATE media SET title = :title, artist = :artist, owner_id = :owner_id, url = :url,
      duration_seconds = :duration_seconds, state = :state, trendable = :trendable,
      updated_at = :updated_at, published_at = :published_at
    WHERE media_file_id = :media_file_id
    """
)
SCRUB_FEED = Statement("DELETE FROM activity_feed WHERE media_file_id = :media_file_id")
RENAME_IN_FEED = Statement(
    "UPDATE activity_feed SET media_title = :title WHERE media_file_id = :media_file_id"
)
SCRUB_COMMENTS = Statement("UPDATE comments SET body = '' WHERE media_file_id = :media_file_id")

_CHANGEABLE = ("title", "artist", "owner_id", "duration_seconds", "url", "published_at", "state")
_SAVED = (*_CHANGEABLE, "trendable", "updated_at")


class Lifecycle:
    """Handles what the host does with its files.

    Args:
        feed_retention: uploads older than this, in microseconds, make no item in the feed.
        discretions: what owners wish to be known of their uploads.
    """

    def __init__(self, feed_retention: int, discretions: Discretions) -> None:
        self._feed_retention = feed_retention
        self._discretions = discretions

    async def handle(
        self,
        transaction: Transaction,
        commands: Sequence[RegisterMedia | UpdateMedia | DeleteMedia],
        tail: EventTail,
    ) -> list[object]:
        """Execute the commands in order."""
        outcomes: list[object] = []
        for command in commands:
            try:
                outcomes.append(await self._one(transaction, command, tail))
            except GroundswellError as refusal:  # raised before anything was written
                outcomes.append(refusal)
        return outcomes

    async def _one(
        self,
        transaction: Transaction,
        command: RegisterMedia | UpdateMedia | DeleteMedia,
        tail: EventTail,
    ) -> object:
        match command:
            case RegisterMedia():
                return await self._register(transaction, command, tail)
            case UpdateMedia():
                return await self._update(transaction, command, tail)
            case DeleteMedia():
                return await self._delete(transaction, command, tail)

    async def _register(
        self, transaction: Transaction, command: RegisterMedia, tail: EventTail
    ) -> object:
        known = await self._known(transaction, command)
        if known is not None:
            return known.view()
        media_file_id = command.media_file_id
        if media_file_id is None:
            media_file_id = await _new_id(transaction)
        born = command.at if command.published_at is None else command.published_at
        published_at = None if command.draft else born
        file = File(
            media_file_id=media_file_id,
            title=command.title,
            artist=command.artist,
            owner_id=command.owner_id,
            url=command.url,
            duration_seconds=command.duration_seconds,
            state="draft" if command.draft else "published",
            trendable=1,
            source=command.source,
            external_id=command.external_id,
            created_at=command.at if command.draft else min(born, command.at),
            updated_at=command.at,
            published_at=published_at,
            initial_play_count=command.play_count,
            play_count=command.play_count,
        )
        await transaction.fetch(ADD, **_named(file))
        fresh = file.is_open(command.at) and file.created_at > command.at - self._feed_retention
        in_feed = fresh and await self._may_appear(transaction, file)
        seq = tail.append(
            MediaRegistered(
                media_file_id=media_file_id,
                owner_id=file.owner_id,
                title=file.title,
                artist=file.artist,
                duration_sec=file.duration_seconds,
                state=file.state,
                initial_play_count=file.initial_play_count,
                in_feed=in_feed,
            ),
            file.created_at,
        )
        if in_feed:
            await self._add_upload(transaction, seq, file, file.created_at)
        return file.view()

    async def _known(self, transaction: Transaction, command: RegisterMedia) -> File | None:
        """The file if it is registered already under its external id.

        Raises:
            Conflict: another file has the wanted id.
        """
        if command.source is not None and command.external_id is not None:
            rows = await transaction.fetch(
                FIND_EXTERNAL, source=command.source, external_id=command.external_id
            )
            if rows:
                return File.of(rows[0])
        if command.media_file_id is not None and await lock_files(
            transaction, [command.media_file_id]
        ):
            raise Conflict("media_exists", "A media file with this id exists already.")
        return None

    async def _may_appear(self, transaction: Transaction, file: File) -> bool:
        """Whether the owner lets everybody know of the upload."""
        if file.owner_id is None:
            return True
        wishes = (await self._discretions(transaction, [file.owner_id])).get(file.owner_id)
        return wishes is None or wishes.is_public("upload")

    async def _add_upload(self, transaction: Transaction, seq: int, file: File, at: int) -> None:
        row = (
            seq,
            "upload",
            file.media_file_id,
            file.title,
            file.owner_id,
            None,
            None,
            None,
            at,
        )
        await transaction.fetch(ADD_ACTIVITY, rows=[row])

    async def _update(
        self, transaction: Transaction, command: UpdateMedia, tail: EventTail
    ) -> object:
        file = await self._existing(transaction, command.media_file_id)
        title, unpublished = file.title, file.published_at is None
        self._change(file, command)
        await self._save(transaction, file)
        if file.state == "deleted":
            await self._scrub(transaction, file.media_file_id)
        elif file.title != title:
            await transaction.fetch(
                RENAME_IN_FEED, title=file.title, media_file_id=file.media_file_id
            )
        opens = unpublished and file.is_open(command.at)
        appears = opens and await self._may_appear(transaction, file)
        seq = tail.append(
            MediaUpdated(
                media_file_id=file.media_file_id,
                owner_id=file.owner_id,
                title=file.title,
                artist=file.artist,
                duration_sec=file.duration_seconds,
                state=file.state,
                trendable=bool(file.trendable),
                in_feed=appears,
            ),
            command.at,
        )
        if appears:
            await self._add_upload(transaction, seq, file, command.at)
        return file.view()

    def _change(self, file: File, command: UpdateMedia) -> None:
        for name in _CHANGEABLE:
            value = getattr(command, name)
            if value is not msgspec.UNSET:
                setattr(file, name, value)
        if command.trendable is not msgspec.UNSET:
            file.trendable = int(command.trendable)
        if file.state == "published" and file.published_at is None:
            file.published_at = command.at
        file.updated_at = command.at

    async def _delete(
        self, transaction: Transaction, command: DeleteMedia, tail: EventTail
    ) -> object:
        file = await self._existing(transaction, command.media_file_id)
        file.state = "deleted"
        file.updated_at = command.at
        await self._save(transaction, file)
        await self._scrub(transaction, file.media_file_id)
        tail.append(MediaDeleted(media_file_id=file.media_file_id), command.at)
        return file.view()

    async def _save(self, transaction: Transaction, file: File) -> None:
        values: dict[str, Any] = {name: getattr(file, name) for name in _SAVED}
        await transaction.fetch(CHANGE, media_file_id=file.media_file_id, **values)

    async def _existing(self, transaction: Transaction, media_file_id: int) -> File:
        file = (await lock_files(transaction, [media_file_id])).get(media_file_id)
        if file is None or file.state == "deleted":
            raise MediaNotFound
        return file

    async def _scrub(self, transaction: Transaction, media_file_id: int) -> None:
        """Titles leave the feed and comments lose their text; the logs stay for the audit."""
        await transaction.fetch(SCRUB_FEED, media_file_id=media_file_id)
        await transaction.fetch(SCRUB_COMMENTS, media_file_id=media_file_id)


async def _new_id(transaction: Transaction) -> int:
    """The id after the greatest; once a host has taken the greatest of all, one that is free."""
    following: int = (await transaction.fetch(NEXT_ID))[0][0]
    if following > GREATEST_JSON_INTEGER:
        following = (await transaction.fetch(FREE_ID))[0][0]
    return following


def _named(file: File) -> dict[str, Any]:
    return dict(zip(FILE_COLUMNS, file.row(), strict=True))
