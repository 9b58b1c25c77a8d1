from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from groundswell.ops.logs import configure_logs


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_the_bound_request_id() -> None:
    stream = io.StringIO()
    configure_logs("info", stream=stream)
    structlog.contextvars.bind_contextvars(request_id="abc")
    structlog.get_logger().info("voted", count=3, odd={1})
    [line] = lines(stream)
    assert (line["event"], line["level"], line["request_id"]) == ("voted", "info", "abc")
    assert line["count"] == 3
    assert line["timestamp"].endswith("Z")


def test_the_standard_library_is_routed_in() -> None:
    stream = io.StringIO()
    configure_logs("info", "json", stream)
    structlog.contextvars.bind_contextvars(request_id="abc")
    logging.getLogger("some.library").warning("disk %d%% full", 91)
    [line] = lines(stream)
    assert (line["event"], line["level"]) == ("disk 91% full", "warning")
    assert (line["logger"], line["request_id"]) == ("some.library", "abc")


def test_an_exception_has_its_traceback_in_the_line() -> None:
    stream = io.StringIO()
    configure_logs("info", "json", stream)
    try:
        raise ValueError("odd")
    except ValueError as error:
        structlog.get_logger().error("failed", exc_info=error)
        logging.getLogger("library").exception("failed too")
    first, second = lines(stream)
    assert "ValueError: odd" in first["exception"]
    assert "ValueError: odd" in second["exception"]


def test_what_is_below_the_level_is_not_written() -> None:
    stream = io.StringIO()
    configure_logs("warning", "json", stream)
    structlog.get_logger().info("quiet")
    logging.getLogger("library").info("quiet")
    structlog.get_logger().warning("loud")
    assert [line["event"] for line in lines(stream)] == ["loud"]


def test_the_servers_own_access_log_is_silenced() -> None:
    stream = io.StringIO()
    configure_logs("info", "json", stream)
    logging.getLogger("uvicorn.access").info('203.0.113.9 - "GET /?token=x"')
    logging.getLogger("uvicorn.error").info("Started")
    assert [line["event"] for line in lines(stream)] == ["Started"]


def test_the_console_is_for_people() -> None:
    stream = io.StringIO()
    configure_logs("info", "console", stream)
    structlog.get_logger().info("voted", count=3)
    assert "voted" in stream.getvalue()
    with pytest.raises(json.JSONDecodeError):
        json.loads(stream.getvalue())


def test_a_level_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown log level: loud"):
        configure_logs("loud")


def test_of_the_schema_only_what_changes_is_told() -> None:
    stream = io.StringIO()
    configure_logs("info", "json", stream)
    alembic = logging.getLogger("alembic.runtime.migration")
    alembic.info("Context impl %s.", "SQLiteImpl")
    alembic.info("Running %s", "upgrade -> 0001")
    alembic.warning("odd")
    assert [line["event"] for line in lines(stream)] == ["Running upgrade -> 0001", "odd"]
