"""Whatever a file holds, reading it ends well; a stopped import goes on exactly there."""

from __future__ import annotations

import gzip
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.contract.errors import Invalid, Unavailable
from groundswell.domains.engagement.commands import RegisterMedia
from groundswell.domains.engagement.views import MediaFile
from groundswell.importing.batch import BatchOutcome, ImportBatch
from groundswell.importing.entries import BadLine, Entry
from groundswell.importing.formats import FORMATS, Format, History, read_history
from groundswell.importing.importer import Importer
from groundswell.importing.progress import Standing
from groundswell.importing.steps import Step, steps
from groundswell.importing.summary import Summary
from groundswell.importing.visitors import Visitors

NOW = 1_700_000_000_000_000
LINE = b'192.0.2.%d - - [17/May/2015:10:05:%02d +0000] "GET /%s HTTP/1.1" 200 5 "-" "Mozilla/5.0"\n'

formats = st.sampled_from(FORMATS)
log_like = st.lists(st.sampled_from(b'" [\\]-/.:0aGET\n\r\x00\xff{}'), max_size=300).map(bytes)
table_like = log_like.map(lambda rest: b"time,title,artist,plays\n" + rest)
contents = st.one_of(st.binary(max_size=400), log_like, table_like)


def entries_of(content: bytes, form: Format) -> list[Entry]:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "file"
        path.write_bytes(content)
        return list(read_history(History(path, form, "test"), now=NOW))


@given(content=contents, form=formats)
def test_no_bytes_whatever_break_the_parsers(content: bytes, form: Format) -> None:
    try:
        entries = entries_of(content, form)
    except Invalid:
        assert form in ("csv", "plays"), "only a header can be refused"
    else:
        assert all(one.number > 0 for one in entries if isinstance(one, BadLine))


@given(content=contents, form=formats, cut=st.integers(0, 400), flip=st.integers(0, 400))
def test_no_damaged_gzip_breaks_the_parsers(
    content: bytes, form: Format, cut: int, flip: int
) -> None:
    packed = bytearray(gzip.compress(content))
    packed[2 + flip % (len(packed) - 2)] ^= 0x55
    try:
        entries_of(bytes(packed[: 2 + cut % len(packed)]), form)
    except Invalid:
        assert form in ("csv", "plays")


@given(content=log_like)
def test_every_line_of_a_log_is_one_entry(content: bytes) -> None:
    lines = content.split(b"\n")
    expected = len(lines) - (lines[-1] == b"")
    if not content.startswith(b"\x1f\x8b"):
        assert len(entries_of(content, "combined")) == expected


class Service:
    """Stores batches as the real one does: all of a batch with its position, or nothing."""

    def __init__(self) -> None:
        self.position = 0
        self.media: dict[tuple[str | None, str | None], int] = {}
        self.stored: Counter[object] = Counter()
        self.carried = 0
        self.fails_after: int | None = None
        self.answer_is_lost = False

    async def submit(self, batch: ImportBatch) -> BatchOutcome:
        if self.fails_after is not None:
            self.fails_after -= 1
            if self.fails_after < 0:
                if self.answer_is_lost:
                    self._apply(batch)
                raise Unavailable("The database is not available.")
        return self._apply(batch)

    def _apply(self, batch: ImportBatch) -> BatchOutcome:
        if batch.expected_position != self.position:
            return BatchOutcome(position=self.position, applied=False)
        self.position = batch.new_position
        return BatchOutcome(
            position=self.position,
            applied=True,
            answers=tuple(self._answer(command) for command in batch.commands),
        )

    def _answer(self, command: object) -> object:
        if not isinstance(command, RegisterMedia):
            self.stored[command] += 1
            return None
        key = (command.source, command.external_id)
        if key not in self.media:
            self.media[key] = len(self.media) + 1
            self.carried += command.play_count
        return media_file(self.media[key], command.title)


def media_file(media_file_id: int, title: str) -> MediaFile:
    return MediaFile(
        play_count=0,
        qualified_play_count=0,
        download_count=0,
        view_count=0,
        comment_count=0,
        upvotes=0,
        downvotes=0,
        media_file_id=media_file_id,
        title=title,
        artist=None,
        owner_id=None,
        duration_seconds=None,
        url=None,
        state="published",
        created_at="",
        published_at=None,
        hotness_score=0,
        last_hotness_update=None,
    )


def importer(service: Service, batch_steps: int) -> Importer:
    return Importer(
        "import-1",
        service.submit,
        Visitors(lambda text: f"hash of {text}", "test"),
        "test",
        lambda: NOW,
        batch_steps=batch_steps,
    )


async def imported(service: Service, batch_steps: int, work: list[Step]) -> Summary:
    return await importer(service, batch_steps).run(Standing(service.position, 0), iter(work))


page = st.sampled_from([b"a", b"b", b"c.zip", b"d.css", b"e.html?x=1"])
log_lines = st.lists(
    st.one_of(
        st.tuples(st.integers(1, 9), st.integers(0, 59), page).map(lambda parts: LINE % parts),
        st.just(b"broken\n"),
    ),
    max_size=40,
).map(b"".join)
catalogues = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 9), st.integers(0, 9)), max_size=12
).map(
    lambda rows: (
        b"title,plays,downloads,views\n"
        + b"".join(b"Song %d,%d,%d,%d\n" % (n, *row) for n, row in enumerate(rows))
    )
)
files = st.one_of(
    log_lines.map(lambda content: (content, "combined")),
    catalogues.map(lambda content: (content, "csv")),
)


@pytest.mark.parametrize("answer_is_lost", [False, True])
@given(file=files, size=st.integers(1, 12), stops=st.lists(st.integers(0, 6), max_size=5))
async def test_stopped_anywhere_and_continued_gives_what_a_single_run_gives(
    *, answer_is_lost: bool, file: tuple[bytes, Format], size: int, stops: list[int]
) -> None:
    work = list(steps(entries_of(*file)))
    whole, interrupted = Service(), Service()
    await imported(whole, size, work)
    interrupted.answer_is_lost = answer_is_lost
    for stop in stops:
        interrupted.fails_after = stop
        try:
            await imported(interrupted, size, work)
        except Unavailable:
            continue
    interrupted.fails_after = None
    await imported(interrupted, size, work)
    again = await imported(interrupted, size, work)
    assert interrupted.stored == whole.stored
    assert interrupted.media.keys() == whole.media.keys()
    assert interrupted.carried == whole.carried
    assert interrupted.position == whole.position == len(work)
    assert again.steps == 0


@given(file=files, one=st.integers(1, 50), other=st.integers(1, 50))
async def test_the_size_of_batches_changes_nothing(
    file: tuple[bytes, Format], one: int, other: int
) -> None:
    work = list(steps(entries_of(*file)))
    first, second = Service(), Service()
    assert await imported(first, one, work) == await imported(second, other, work)
    assert first.stored == second.stored
