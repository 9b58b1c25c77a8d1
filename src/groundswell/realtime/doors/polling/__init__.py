"""The long-poll door: the same topics, for clients that can only ask."""

from groundswell.realtime.doors.polling.door import PollingDoor
from groundswell.realtime.doors.polling.pacing import Pacing
from groundswell.realtime.doors.polling.routes import polling_routes

__all__ = ["Pacing", "PollingDoor", "polling_routes"]
