"""Opening a file of history: compression by its magic number, encoding, newlines, identity."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from groundswell.contract.errors import Invalid

GZIP_MAGIC = b"\x1f\x8b"
IDENTIFYING_BYTES = 64 * 1024
LONGEST_LINE = 64 * 1024
"""Longer lines are cut there and so become bad lines; memory stays bounded."""

_CHUNK = 1 << 20
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
FALLBACK_ENCODING = "cp1252"

BytesRead = Callable[[int], None]


def import_identity(path: Path, *details: str) -> str:
    """Names this import of this file: its size, its first 64 KiB, and how it is to be read.

    The same file read with another format, mapping or source is another import.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        digest.update(file.read(IDENTIFYING_BYTES))
    for detail in (str(path.stat().st_size), *details):
        digest.update(b"\x00" + detail.encode("utf-8", "surrogatepass"))
    return f"import-{digest.hexdigest()[:32]}"


class CountingReader(io.RawIOBase):
    """A raw file that tells how many of its (compressed) bytes were read, for a progress bar."""

    def __init__(self, file: BinaryIO, on_bytes: BytesRead) -> None:
        self._file = file
        self._on_bytes = on_bytes

    def readable(self) -> bool:
        """Always: this is what the class is for."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill the buffer and report how much came."""
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._on_bytes(len(data))
        return len(data)

    def close(self) -> None:
        """Close the file underneath too."""
        self._file.close()
        super().close()


def open_bytes(path: Path, on_bytes: BytesRead = lambda _: None) -> io.BufferedReader:
    """The content of the file, unpacked when it is gzip, whatever the file is called."""
    raw = path.open("rb")
    magic = raw.read(len(GZIP_MAGIC))
    raw.seek(0)
    counted: io.BufferedReader = io.BufferedReader(CountingReader(raw, on_bytes), _CHUNK)
    if magic != GZIP_MAGIC:
        return counted
    return io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=counted)), _CHUNK)


class DamagedFile(Invalid):
    """The compressed data is damaged or ends too early."""

    def __init__(self) -> None:
        super().__init__("the file is damaged or cut short here")


_DAMAGE = (EOFError, OSError, zlib.error)


def byte_lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines without their ends; an over-long one is cut, and its rest is skipped.

    Raises:
        DamagedFile: nothing more can be read. The lines before that were given.
    """
    try:
        while line := file.readline(LONGEST_LINE):
            complete = line.endswith(b"\n")
            yield line.rstrip(b"\r\n")
            while not complete and (rest := file.readline(LONGEST_LINE)):
                complete = rest.endswith(b"\n")
    except _DAMAGE as error:
        raise DamagedFile from error


def text_lines(file: TextIO) -> Iterator[str]:
    """The lines with ``\\n`` ends; an over-long one is divided.

    Raises:
        DamagedFile: nothing more can be read. The lines before that were given.
    """
    try:
        while line := file.readline(LONGEST_LINE):
            yield line
    except _DAMAGE as error:
        raise DamagedFile from error


def text_encoding(path: Path) -> str:
    """The encoding of a text file: by byte order mark, else UTF-8 if all of it is, else cp1252."""
    with open_bytes(path) as file:
        try:
            head = file.peek(4)[:4]
            marked = [name for mark, name in _BYTE_ORDER_MARKS if head.startswith(mark)]
            return marked[0] if marked else _unmarked_encoding(file)
        except _DAMAGE:
            return "utf-8"


def _unmarked_encoding(file: BinaryIO) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := file.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return FALLBACK_ENCODING
    return "utf-8"


def open_text(path: Path, encoding: str, on_bytes: BytesRead = lambda _: None) -> io.TextIOWrapper:
    """The content as text; CR, LF and CRLF all end lines, undecodable bytes become U+FFFD."""
    return io.TextIOWrapper(
        open_bytes(path, on_bytes), encoding=encoding, errors="replace", newline=None
    )
