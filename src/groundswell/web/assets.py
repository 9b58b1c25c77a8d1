"""The static files, read once and addressed by a hash of their content."""

from __future__ import annotations

import hashlib
import mimetypes
from pathlib import Path

import msgspec

_CHARSET = {"text/css", "text/javascript", "image/svg+xml"}


class Asset(msgspec.Struct, frozen=True):
    """One file as it is sent."""

    content: bytes
    media_type: str


class Assets:
    """All files of a directory under one version, so that modules import each other relatively.

    A changed file changes the version and so every address; what was cached under the old one
    is never asked for again.
    """

    def __init__(self, directory: Path) -> None:
        self._files = {
            path.relative_to(directory).as_posix(): Asset(path.read_bytes(), _media_type(path))
            for path in sorted(directory.rglob("*"))
            if path.is_file()
        }
        self.version = _version(self._files)

    def url(self, name: str) -> str:
        """The address of a file.

        Raises:
            KeyError: there is no such file; a template that misspells one fails in its test.
        """
        if name not in self._files:
            raise KeyError(name)
        return f"/static/{self.version}/{name}"

    def find(self, name: str) -> Asset | None:
        """The file of this name, looked up in memory: a name cannot climb out of a directory."""
        return self._files.get(name)


def _version(files: dict[str, Asset]) -> str:
    digest = hashlib.sha256()
    for name, asset in files.items():
        digest.update(name.encode() + b"\0" + asset.content + b"\0")
    return digest.hexdigest()[:12]


def _media_type(path: Path) -> str:
    guessed = "text/javascript" if path.suffix == ".js" else mimetypes.guess_type(path.name)[0]
    media_type = guessed or "application/octet-stream"
    return f"{media_type}; charset=utf-8" if media_type in _CHARSET else media_type
