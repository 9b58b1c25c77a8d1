"""Server-sent events: ``/v1/stream`` for any topics, ``/v1/activity/stream`` for the feed."""

from groundswell.realtime.doors.sse.connection import Ending, Pacing
from groundswell.realtime.doors.sse.door import SnapshotOf, SseDoor, SseStatistics
from groundswell.realtime.doors.sse.routes import sse_routes

__all__ = ["Ending", "Pacing", "SnapshotOf", "SseDoor", "SseStatistics", "sse_routes"]
