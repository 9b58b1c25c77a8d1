"""The figures of live delivery under one set of names, whatever door or part they come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, get_args

from groundswell.app.live import Live
from groundswell.app.sockets import REALTIME
from groundswell.ops.metrics import Answered
from groundswell.realtime.codes import CloseCode
from groundswell.realtime.doors.socketio import PATH
from groundswell.realtime.gateway.topic_replies import RecoveryResult

Figures = dict[str, float]
STREAMS = ("/v1/stream", "/v1/activity/stream")
POLLS = ("/v1/poll", "/v1/poll/register")

TURNED_AWAY = frozenset(
    (
        CloseCode.SUBJECT_MISMATCH,
        CloseCode.NO_HELLO,
        CloseCode.FORBIDDEN_ORIGIN,
        CloseCode.CONNECTION_LIMIT,
        CloseCode.UNSUPPORTED_PROTOCOL,
        CloseCode.OVERLOADED,
        CloseCode.UNAUTHENTICATED,
    )
)
"""What a WebSocket is closed with when it should not, or could not, have been opened."""


@dataclass(frozen=True, slots=True)
class LiveFigures:
    """Asks the doors, the gateway and the hub."""

    live: Live
    answered: Answered

    def parts(self) -> dict[str, Callable[[], Mapping[str, float]]]:
        """By the name that comes before each figure's."""
        return {
            "connections": self.connections,
            "subscriptions": self.subscriptions,
            "deliveries": self.deliveries,
            "delivery_latency": self.latency,
            "resumes": self.resumes,
        }

    def connections(self) -> Figures:
        """Who is connected, came, went, and was not let in; by door."""
        return {
            **self._websocket(),
            **self._socketio(),
            **self._sse(),
            **self._polling(),
        }

    def subscriptions(self) -> Figures:
        """What is listened to, by pattern of topic."""
        held = self.live.exchange.hub.audience().subscriptions
        return _labelled("held", "pattern", held)

    def deliveries(self) -> Figures:
        """Messages told by door, and those that were not, by reason."""
        hub, audience = self.live.exchange.hub, self.live.exchange.hub.audience()
        gateway = self.live.sockets.gateway.statistics()
        told = dict.fromkeys(("websocket", "socketio", "sse"), 0) | dict(audience.delivered)
        # A poll is only woken by the hub; what it tells, it reads.
        told["polling"] = int(self.live.polling.statistics()["messages_total"])
        failed = {
            "slow_reader": gateway.drops["slow_consumer"] + hub.losses.dropped,
            "subscriber_failed": audience.failed,
        }
        superseded = gateway.drops["superseded"] + hub.losses.superseded
        return {
            **_labelled("total", "door", told),
            **_labelled("failed_total", "reason", failed),
            **_labelled("dropped_total", "reason", failed | {"superseded": superseded}),
        }

    def latency(self) -> Figures:
        """The histogram of the seconds from an event to its being handed to all who hear it."""
        figures = self.live.sockets.gateway.statistics()
        bounds = [*(str(bound) for bound in figures.latency_bounds), "+Inf"]
        counts = list(accumulate(figures.latency_counts))
        buckets = _labelled("seconds_bucket", "le", dict(zip(bounds, counts, strict=True)))
        return {
            **buckets,
            "seconds_count": float(counts[-1]),
            "seconds_sum": figures.latency_sum,
        }

    def resumes(self) -> Figures:
        """Subscriptions begun at the gateway, by what became of their past."""
        outcomes = dict.fromkeys(get_args(RecoveryResult), 0)
        resumes = self.live.sockets.gateway.statistics().resumes
        return _labelled("total", "outcome", outcomes | dict(resumes))

    def _websocket(self) -> Figures:
        server = self.live.sockets.server
        here, elsewhere = server.at(REALTIME), server.elsewhere
        refused = _statuses(here.refused + elsewhere.refused)
        opened = here.accepted
        return _door(
            "websocket",
            connections=opened - here.closed.total(),
            opened=opened,
            attempted=opened + refused.total(),
            closed={str(code): count for code, count in here.closed.items()},
            failed=refused + self._turned_away("websocket"),
        )

    def _socketio(self) -> Figures:
        statistics = self.live.sockets.socketio.statistics()
        upgrades = self.live.sockets.server.at(PATH).refused
        refused = _statuses(upgrades) + self._refused_by_http(PATH)
        return _door(
            "socketio",
            connections=statistics.sessions,
            opened=statistics.opened,
            attempted=statistics.opened + refused.total(),
            closed=statistics.endings,
            failed=refused + self._turned_away("socketio"),
        )

    def _sse(self) -> Figures:
        statistics, refused = self.live.sse.statistics(), self._refused_by_http(*STREAMS)
        return _door(
            "sse",
            connections=statistics.connections,
            opened=statistics.opened,
            attempted=statistics.opened + refused.total(),
            closed=statistics.endings,
            failed=refused,
        )

    def _polling(self) -> Figures:
        """A poll that waits is a connection; what opens is a cursor, and it is never closed."""
        statistics, refused = self.live.polling.statistics(), self._refused_by_http(*POLLS)
        answered = statistics["registrations_total"] + statistics["polls_total"]
        return _door(
            "polling",
            connections=int(statistics["waiting"]),
            opened=int(statistics["registrations_total"]),
            attempted=int(answered) + refused.total(),
            closed={},
            failed=refused,
        )

    def _turned_away(self, door: str) -> Counter[str]:
        """Closes of the gateway, and of its door before it, that say the client may not be here."""
        closes = Counter(self.live.sockets.gateway.statistics().closes_by_door)
        found = {code: closes[door, int(code)] for code in TURNED_AWAY}
        if door == "websocket":
            # The door itself turns away as well; what the gateway closes is closed here, too.
            found = {code: self.live.sockets.server.at(REALTIME).closed[code] for code in found}
        return Counter({code.name.lower(): count for code, count in found.items() if count})

    def _refused_by_http(self, *routes: str) -> Counter[str]:
        answered = self.answered.items()
        return _statuses(
            sum(
                (
                    Counter({status: count})
                    for (route, status), count in answered
                    if route in routes and status >= 400
                ),
                Counter[int](),
            )
        )


def _door(
    door: str,
    *,
    connections: int,
    opened: int,
    attempted: int,
    closed: Mapping[str, int],
    failed: Mapping[str, int],
) -> Figures:
    """What is told of each door. Failures of no reason are there so that the counter always is."""
    return {
        f'open{{door="{door}"}}': float(connections),
        f'opened_total{{door="{door}"}}': float(opened),
        f'attempted_total{{door="{door}"}}': float(attempted),
        _key("failed_total", door=door, reason="none"): 0.0,
        **{_key("closed_total", door=door, code=code): float(n) for code, n in closed.items()},
        **{
            _key("failed_total", door=door, reason=reason): float(n) for reason, n in failed.items()
        },
    }


def _statuses(counts: Mapping[int, int]) -> Counter[str]:
    return Counter({f"http_{status}": count for status, count in counts.items()})


def _labelled(name: str, label: str, counts: Mapping[Any, int]) -> Figures:
    return {_key(name, **{label: str(value)}): float(count) for value, count in counts.items()}


def _key(name: str, **labels: str) -> str:
    said = ",".join(f'{label}="{value}"' for label, value in labels.items())
    return f"{name}{{{said}}}"
