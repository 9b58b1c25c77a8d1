"""Real files imported into real databases, through the writer and the live handlers."""

from __future__ import annotations

import asyncio
import gzip
import io
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from groundswell.contract import times
from groundswell.contract.errors import Unavailable
from groundswell.contract.times import from_rfc3339
from groundswell.domains.engagement.wiring import engagement_handler
from groundswell.importing.batch import BatchOutcome, ImportBatch, ImportMoved
from groundswell.importing.columns import parse_mapping
from groundswell.importing.command import import_command
from groundswell.importing.formats import Format, History
from groundswell.importing.handler import ImportBatches
from groundswell.importing.progress import standing
from groundswell.importing.session import ImportServices, run_import
from groundswell.log.journal import SqlJournal
from groundswell.store import Statement, Store, open_store
from groundswell.store.migrate import upgrade
from groundswell.store.writer import Writer

DATA = Path(__file__).parent / "data"
ACCESS_LOG = DATA / "access.log.gz"
SONGS = DATA / "songs.csv"
SONG_COLUMNS = "title=Song Clean,artist=ARTIST CLEAN,plays=PlayCount,published=Release Year"
NOW = from_rfc3339("2026-03-01T12:00:00Z")

TOTALS = Statement(
    "SELECT COUNT(*), SUM(play_count), SUM(download_count), SUM(view_count) FROM media"
)
ROWS = {
    name: Statement(f"SELECT COUNT(*) FROM {name}")
    for name in ("view_logs", "download_logs", "play_logs", "activity_feed", "event_log")
}
VIEW_TIMES = Statement("SELECT MIN(viewed_at), MAX(viewed_at) FROM view_logs")
VIEW_HASHES = Statement("SELECT COUNT(DISTINCT ip_hash), MIN(LENGTH(ip_hash)) FROM view_logs")
FIND = Statement("SELECT title, view_count FROM media WHERE external_id = :external_id")


def hashed(text: str) -> str:
    return f"{abs(hash(text)):064x}"


@asynccontextmanager
async def services_of(url: str) -> AsyncIterator[ImportServices]:
    """The store, the writer and the handlers of the service, as an import needs them."""
    store = open_store(url)
    await store.open()
    live = engagement_handler(feed_days=30)
    batches = ImportBatches([live], lambda: NOW)
    writer = Writer(store, (live, batches.handler), SqlJournal(lambda: NOW), clock=lambda: NOW)
    working = asyncio.create_task(writer.run())
    try:
        yield ImportServices(
            store=store, submit=writer.submit, hash_for_log=hashed, clock=lambda: NOW
        )
    finally:
        writer.close()
        await working
        await store.close()


@pytest.fixture
async def services(database_url: str) -> AsyncIterator[ImportServices]:
    await upgrade(database_url)
    async with services_of(database_url) as services:
        yield services


def history(path: Path, form: Format, mapping: str = "", source: str = "site") -> History:
    return History(path, form, source, parse_mapping(mapping) if mapping else {})


async def counted(store: Store, name: str) -> int:
    return int((await store.fetch(ROWS[name]))[0][0])


async def totals(store: Store) -> tuple[int, ...]:
    return tuple(int(value or 0) for value in (await store.fetch(TOTALS))[0])


async def test_the_real_access_log_becomes_media_views_and_downloads(
    services: ImportServices,
) -> None:
    """The figures of methods, statuses, assets, feeds and internal paths are awk's and grep's."""
    summary = await run_import(history(ACCESS_LOG, "combined"), services)
    assert summary.steps == 10_000
    assert summary.ignored == Counter(
        {
            "asset": 5_051,
            "bot": 1_280,
            "feed": 901,
            "status": 816,
            "internal": 180,
            "no user agent": 50,
            "method": 48,
        }
    )
    assert (summary.views, summary.downloads, summary.bad_lines) == (1_618, 55, 1)
    assert [line.number for line in summary.first_bad_lines] == [8_899]
    assert await totals(services.store) == (242, 0, 55, 1_618)
    assert await counted(services.store, "view_logs") == 1_618
    assert await counted(services.store, "event_log") == 242 + 55 + 1_618
    assert (await services.store.fetch(FIND, external_id="/projects/xdotool/"))[0][1] == 203


async def test_imported_events_keep_their_times_and_stay_out_of_the_feed(
    services: ImportServices,
) -> None:
    await run_import(history(ACCESS_LOG, "combined"), services)
    first, last = (await services.store.fetch(VIEW_TIMES))[0]
    assert first >= from_rfc3339("2015-05-17T10:05:00Z")
    assert last <= from_rfc3339("2015-05-20T21:06:00Z")
    assert await counted(services.store, "activity_feed") == 0


async def test_addresses_are_stored_hashed(services: ImportServices) -> None:
    await run_import(history(ACCESS_LOG, "combined"), services)
    people, shortest = (await services.store.fetch(VIEW_HASHES))[0]
    assert shortest == 64
    assert people > 500


async def test_moved_to_the_present_the_last_event_is_now_and_the_feed_lives(
    services: ImportServices,
) -> None:
    await run_import(history(ACCESS_LOG, "combined"), services, shift_to_now=True)
    _, last = (await services.store.fetch(VIEW_TIMES))[0]
    assert NOW - times.HOUR < last <= NOW
    assert await counted(services.store, "activity_feed") > 0


async def test_the_real_catalogue_brings_its_play_counts(services: ImportServices) -> None:
    summary = await run_import(history(SONGS, "csv", SONG_COLUMNS), services)
    assert (summary.media, summary.bad_lines) == (2_228, 1)
    assert summary.carried_plays == 37_624
    assert await totals(services.store) == (2_228, 37_624, 0, 0)
    assert await counted(services.store, "play_logs") == 0


async def test_a_log_of_plays_finds_the_songs_of_the_catalogue(
    services: ImportServices, tmp_path: Path
) -> None:
    log = tmp_path / "plays.csv"
    log.write_text(
        "unix_time,station,artist,song\n"
        "1402878494,WXGL,.38 SPECIAL,caught up in you\n"
        "1402878500,WAXQ,.38 Special,Caught Up in You\n"
    )
    await run_import(history(SONGS, "csv", SONG_COLUMNS), services)
    mapping = "time=unix_time,title=song,listener=station"
    await run_import(history(log, "plays", mapping), services)
    assert await totals(services.store) == (2_228, 37_626, 0, 0)
    assert await counted(services.store, "play_logs") == 2


async def test_the_same_file_again_counts_nothing(services: ImportServices) -> None:
    log = history(ACCESS_LOG, "combined")
    await run_import(log, services)
    before = await totals(services.store)
    again = await run_import(log, services)
    assert (again.resumed_at, again.steps) == (10_000, 0)
    assert await totals(services.store) == before


def stopping(services: ImportServices, after: int, *, lost_answer: bool) -> ImportServices:
    """The same services, which stop at a batch; perhaps after having stored it."""
    left = iter(range(after))

    async def submit(batch: ImportBatch) -> BatchOutcome:
        stops = next(left, None) is None
        if stops and not lost_answer:
            raise Unavailable("The database is not available.")
        outcome = await services.submit(batch)
        if stops:
            raise Unavailable("The answer is lost.")
        return outcome

    return ImportServices(
        store=services.store,
        submit=submit,
        hash_for_log=services.hash_for_log,
        clock=services.clock,
    )


@pytest.mark.parametrize("lost_answer", [False, True])
async def test_stopped_again_and_again_it_counts_every_line_once(
    services: ImportServices, *, lost_answer: bool
) -> None:
    log = history(ACCESS_LOG, "combined")
    for stop in (0, 1, 3, 2, 4):
        with pytest.raises(Unavailable):
            await run_import(
                log, stopping(services, stop, lost_answer=lost_answer), batch_steps=500
            )
    await run_import(log, services, batch_steps=700)
    assert await totals(services.store) == (242, 0, 55, 1_618)
    assert await counted(services.store, "view_logs") == 1_618
    position = await standing(services.store, log.identity())
    assert position is not None
    assert position.position == 10_000


async def test_a_shift_once_begun_stays(services: ImportServices) -> None:
    log = history(ACCESS_LOG, "combined")
    with pytest.raises(Unavailable):
        await run_import(log, stopping(services, 3, lost_answer=False), shift_to_now=True)
    begun = await standing(services.store, log.identity())
    await run_import(log, services)
    ended = await standing(services.store, log.identity())
    assert begun is not None
    assert ended is not None
    assert begun.shift == ended.shift > 0


async def test_two_imports_of_one_file_at_once_do_not_count_twice(
    services: ImportServices,
) -> None:
    log = history(ACCESS_LOG, "combined")
    runs = await asyncio.gather(
        run_import(log, services), run_import(log, services), return_exceptions=True
    )
    assert any(isinstance(one, ImportMoved) for one in runs)
    await run_import(log, services)
    assert await totals(services.store) == (242, 0, 55, 1_618)


async def test_a_common_log_counts_robots_since_it_names_no_agents(
    services: ImportServices,
) -> None:
    summary = await run_import(history(ACCESS_LOG, "common"), services)
    assert summary.bots == 0
    assert summary.views + summary.downloads > 1_618 + 55 + 1_280 - 1
    assert summary.bad_lines <= 1


async def test_a_last_line_cut_off_is_a_bad_line(services: ImportServices, tmp_path: Path) -> None:
    lines = gzip.decompress(ACCESS_LOG.read_bytes()).splitlines(keepends=True)[:50]
    log = tmp_path / "cut.log"
    log.write_bytes(b"".join(lines)[:-40])
    errors = io.StringIO()
    summary = await run_import(history(log, "combined"), services, errors_to=errors)
    assert (summary.steps, summary.bad_lines) == (50, 1)
    assert errors.getvalue() == "50: referrer or user agent is missing or cut off\n"


async def test_garbage_between_good_lines_is_counted_and_skipped(
    services: ImportServices, tmp_path: Path
) -> None:
    lines = gzip.decompress(ACCESS_LOG.read_bytes()).splitlines(keepends=True)[:1_000]
    whole = await run_import(history(_written(tmp_path / "a", lines), "combined"), services)
    spoilt = [part for line in lines for part in (line, b"\x00\xff\xfe garbage\n")]
    again = await run_import(history(_written(tmp_path / "b", spoilt), "combined"), services)
    assert again.bad_lines == whole.bad_lines + 1_000
    assert (again.views, again.downloads) == (whole.views, whole.downloads)
    assert len(again.first_bad_lines) == 20


def _written(path: Path, lines: list[bytes]) -> Path:
    path.write_bytes(b"".join(lines))
    return path


def _run(sqlite_url: str) -> Callable[..., str]:
    command = import_command(lambda: services_of(sqlite_url))

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(command, list(arguments))
        return f"{result.exit_code}\n{result.output}"

    return run


def test_the_command_tells_what_it_did(sqlite_url: str, tmp_path: Path) -> None:
    asyncio.run(upgrade(sqlite_url))
    run = _run(sqlite_url)
    listed = tmp_path / "bad.txt"
    said = run(str(ACCESS_LOG), "--format", "combined", "--errors-to", str(listed))
    assert said.startswith("0\n")
    for fact in ("10,000", "1,618", "1,280", "line 8899:"):
        assert fact in said
    assert listed.read_text().startswith("8899: ")
    assert "stored by earlier runs" in run(str(ACCESS_LOG), "--format", "combined")


def test_the_command_explains_a_mapping_that_does_not_fit(sqlite_url: str) -> None:
    asyncio.run(upgrade(sqlite_url))
    said = _run(sqlite_url)(str(SONGS), "--format", "csv", "--map", "title=Missing")
    assert said.startswith("1\n")
    assert "no column 'Missing'" in said
    assert "Traceback" not in said
